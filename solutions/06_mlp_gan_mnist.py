# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 06: an MLP GAN on digits
#
# **Goal:** build a generator of images, read what the curves of a GAN say, average G over its
# steps, and train a GAN on real digits.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 06.1 a generator of images | 15 | ● ○ ○ | 8 |
# | 06.2 reading the curves | 10 | ● ○ ○ | 6 |
# | 06.3 the moving average of G | 15 | ● ● ○ | 6 |
# | 06.4 a whole GAN on digits | 40 | ● ● ● | 12 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.nets.MLPGenerator`,
# `gancourse.nets.DCGANGenerator`, `gancourse.nets.writeups.dense_G`,
# `gancourse.nets.writeups.tutorial_G`, `gancourse.nets.writeups.small_G`,
# `gancourse.nets.writeups.unfinished_G` in 06.1; `gancourse.train.ema_step` in 06.3;
# `gancourse.nets.load_shipped`, `gancourse.nets.load_generator`, `gancourse.train.train`,
# `gancourse.train.one_step`, `gancourse.train.d_step`, `gancourse.train.g_step` in 06.4.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gancourse.check import check
from gancourse.nets import MLPDiscriminator, MLPGenerator

# %% [markdown]
# ## 06.1 A generator of images
#
# Write a generator: `Generator(z_dim)` maps `z [N, z_dim]` to images `[N, 1, 28, 28]` in [-1, 1],
# through a tanh at the end. Use batch norm in at least one hidden layer. Every
# weight must be reached by the gradient, and in evaluation mode an image, or one image alone, may
# depend on its own z only.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A hidden layer is linear, batch norm, then a kinked function. The last layer has 784 outputs and
# ends in the function whose range is (-1, 1). `eval()` switches batch norm to its running averages.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `nn.Sequential`, `nn.Linear`, `nn.BatchNorm1d`, `nn.LeakyReLU`, `nn.Tanh`, and `Tensor.view` or
# `nn.Unflatten` for the shape.


# %% tags=["exercise:06.1"]
class Generator(nn.Module):
    """A generator: z [N, z_dim] to images [N, 1, 28, 28] in [-1, 1]."""

    def __init__(self, z_dim: int):
        super().__init__()
        # BEGIN SOLUTION
        self.body = nn.Sequential(
            nn.Linear(z_dim, 128),
            nn.BatchNorm1d(128),
            nn.LeakyReLU(0.2),
            nn.Linear(128, 784),
            nn.Tanh(),
        )
        # END SOLUTION

    def forward(self, z: Tensor) -> Tensor:
        # BEGIN SOLUTION
        return self.body(z).view(-1, 1, 28, 28)
        # END SOLUTION


# %%
result = check("06.1", Generator)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Tanh matches images scaled to [-1, 1]. A sigmoid could never paint their background, which is -1,
# and D would know every fake by that.

# %% [markdown]
# ## 06.2 Reading the curves
#
# From the logits of N real and N fake samples, return three numbers: the mean of $D(x)$, the mean
# of $D(G(z))$, both as probabilities, and D's accuracy: the share of all 2N samples that D puts on
# the right side of 1/2. Logits of 100 occur.

# %% [markdown] tags=["hint"]
# Hint: the idea
# D(x) is a probability for each sample: first the sigmoid, then the mean. The other order gives
# another number. A probability above 1/2 is a logit above 0, and for a fake the right side is
# below.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.sigmoid`, `Tensor.mean`, `Tensor.item`; a comparison such as `logit > 0` gives booleans,
# and `.float()` makes numbers of them.


# %% tags=["exercise:06.2"]
def read_curves(logit_real: Tensor, logit_fake: Tensor) -> tuple[float, float, float]:
    """Return mean D(x), mean D(G(z)) and D's accuracy, from logits [N] and [N]."""
    # BEGIN SOLUTION
    right = torch.cat([logit_real > 0, logit_fake < 0]).float().mean()
    p_real, p_fake = torch.sigmoid(logit_real), torch.sigmoid(logit_fake)
    return p_real.mean().item(), p_fake.mean().item(), right.item()
    # END SOLUTION


# %%
result = check("06.2", read_curves)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# At equilibrium all three are 1/2. An accuracy near 1 together with $D(G(z))$ near 0 says that D is
# far ahead; G then learns only as long as its loss keeps a gradient there.

# %% [markdown]
# ## 06.3 The moving average of G
#
# G jitters from step to step, and an average over its steps is calmer. Change `G_avg` in place:
# each parameter becomes `decay` times itself plus `1 - decay` times G's. Copy the buffers; all else
# stays as it is, in `G_avg` and in G: modes, gradients and what wants one (`requires_grad`).

# %% [markdown] tags=["hint"]
# Hint: the idea
# Walk through the parameters of both nets in pairs and write into those of `G_avg`. Batch norm's
# running mean and variance are buffers, not parameters; they are averages already, so copy them.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.no_grad()`, `zip(G_avg.parameters(), G.parameters())`, `Tensor.lerp_`, or `mul_` and
# `add_`; `nn.Module.buffers()` and `Tensor.copy_`.


# %% tags=["exercise:06.3"]
def ema_update(G_avg: nn.Module, G: nn.Module, decay: float) -> None:
    """Move the weights of G_avg towards G's by 1 - decay, in place; copy G's buffers."""
    # BEGIN SOLUTION
    with torch.no_grad():
        for mine, other in zip(G_avg.parameters(), G.parameters(), strict=True):
            mine.lerp_(other, 1 - decay)
        for mine, other in zip(G_avg.buffers(), G.buffers(), strict=True):
            mine.copy_(other)
    # END SOLUTION


# %%
result = check("06.3", ema_update)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `a.lerp_(b, w)` is a + w (b - a), in place. With a decay of 0.999 the average looks back over
# about a thousand steps, and the jitter of single steps cancels.

# %% [markdown]
# ## 06.4 A whole GAN on digits
#
# Train a GAN on `x_real`, 1,437 real digits halved to 14 x 14, in [-1, 1], perhaps mirrored, turned
# or negative, and return G: `z [N, 32]`, normal, to images. A classifier must be sure of 35 in 100,
# at least 8 digits must appear, and they must vary as the real ones do, in 30 seconds on two cores.

# %% [markdown] tags=["hint"]
# Hint: the idea
# It is the loop of sheet 05 with larger nets. Batch norm in G helps. The images may be mirrored,
# turned or negative, so take sizes and values from `x_real` alone.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `MLPGenerator(32, (128, 256), shape)` and `MLPDiscriminator((256, 128), shape)` with the shape
# `x_real.shape[1:]`; two `torch.optim.Adam(..., lr=1e-3, betas=(0.5, 0.999))`; batches of 32, and
# 2,000 turns.


# %% tags=["exercise:06.4"]
def train_gan(x_real: Tensor, seed: int) -> nn.Module:
    """Return a generator, z [N, 32] to images [N, 1, 14, 14], trained on x_real [M, 1, 14, 14]."""
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    shape = x_real.shape[1:]
    G, D = MLPGenerator(32, (128, 256), shape), MLPDiscriminator((256, 128), shape)
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for _ in range(2000):
        batch = x_real[torch.randint(len(x_real), (32,))]
        x_fake = G(torch.randn(32, 32))
        loss_D = F.softplus(-D(batch)).mean() + F.softplus(D(x_fake.detach())).mean()
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = F.softplus(-D(x_fake)).mean()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
    return G
    # END SOLUTION


# %%
result = check("06.4", train_gan)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Nothing but the nets and the data changed since sheet 05. The classifier that judges
# was fitted to the real digits within the check, so it knows what those look like in any view.

# %% [markdown]
# ## What you wrote
#
# A generator, the numbers to watch, and a training that ends in digits. Go on with lesson 07: the
# same loop, with convolutions in place of dense layers.
