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
# # Exercises 05: a minimal GAN
#
# **Goal:** write the whole algorithm yourself: D's loss, a step of each player, and the training of
# a GAN that finds all modes of a ring of points.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 05.1 D's loss on logits | 10 | ● ○ ○ | 6 |
# | 05.2 a step of D | 15 | ● ● ○ | 8 |
# | 05.3 a step of G | 15 | ● ● ○ | 8 |
# | 05.4 a whole GAN on the ring | 30 | ● ● ● | 12 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `gancourse.losses.cross_entropy_d` in 05.1; `gancourse.train.d_step`,
# `gancourse.clinic.working.d_step` in 05.2; `gancourse.train.g_step`,
# `gancourse.clinic.working.g_step` in 05.3; `gancourse.train.train`, `gancourse.train.one_step`,
# `gancourse.train.d_step`, `gancourse.train.g_step` in 05.4.
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
# ## 05.1 D's loss on logits
#
# D returns a logit for each sample; $D(x)$ is its sigmoid. Return the loss that D makes small,
# $-\mathbb{E} \log D(x) - \mathbb{E} \log (1 - D(G(z)))$, a scalar, from the logits of real and
# fake samples. It must stay exact at logits of 10,000.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Each expectation is the mean over its own batch. The sigmoid of a very negative logit rounds to
# 0, and log 0 is infinite. On the logit, $-\log \sigma(l) = \log(1 + e^{-l})$; written out, the
# $e^{-l}$ overflows instead, so use a function that computes the whole expression.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `F.softplus(l)` is $\log(1 + e^l)$. `F.logsigmoid` and `F.binary_cross_entropy_with_logits` lead
# to the same place. And $1 - \sigma(l) = \sigma(-l)$.


# %% tags=["exercise:05.1"]
def d_loss(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return D's loss, a scalar, from logits [N] of real and [M] of fake samples."""
    # BEGIN SOLUTION
    return F.softplus(-logit_real).mean() + F.softplus(logit_fake).mean()
    # END SOLUTION


# %%
result = check("05.1", d_loss)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Softplus is the negative logarithm of a sigmoid, so each term is one call. Its slope is a sigmoid:
# where D is wrong by 10,000, the gradient is still 1, and D can correct its error.

# %% [markdown]
# ## 05.2 A step of D
#
# Take one step of D on `x_real` and the fakes `G(z)`, both nets in training mode throughout, also
# where D is sure and wrong (logits of 150), with the given optimiser, and return the loss it
# went down. Clear D's old gradients first. G must come out as it went in: unmoved (but for
# batch norm's averages), without gradient, trainable.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Backward follows the graph wherever it leads. The loss reaches G through the fakes, so cut the
# graph between G and D. Gradients add up from call to call until somebody clears them.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.detach()` or `torch.no_grad()` for the fakes; `Optimizer.zero_grad()`, `backward()` and
# `Optimizer.step()`, in this order.


# %% tags=["exercise:05.2"]
def d_step(
    G: nn.Module, D: nn.Module, opt_D: torch.optim.Optimizer, x_real: Tensor, z: Tensor
) -> Tensor:
    """Take one step of D on x_real [N, 2] and G(z), z [N, z_dim]; return D's loss before it."""
    # BEGIN SOLUTION
    x_fake = G(z).detach()  # [N, 2]
    loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()
    return loss.detach()
    # END SOLUTION


# %%
result = check("05.2", d_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `detach` gives the same numbers without their history, so backward stops at the fakes. Making them
# under `no_grad` is as good, and saves the memory of G's graph.

# %% [markdown]
# ## 05.3 A step of G
#
# Take one step of G down the mean of $-\log D(G(z))$, both nets in training mode throughout, also
# where D is sure (logits of -150), with the given optimiser, and return that loss. Clear G's old
# gradients first. D must come out unmoved and trainable. D's next step clears D's gradients.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Here nothing may be cut: G learns only what D's slope tells it. Backward fills the gradients of
# every weight on its way, D's too, and nobody uses those. You may let D's weights want none
# meanwhile; then give them back.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# The loss is the label "real" for fakes: `F.softplus(-logit)`. Then `Optimizer.zero_grad()`,
# `backward()`, `Optimizer.step()`. To save D's gradients: `nn.Module.requires_grad_(False)`.


# %% tags=["exercise:05.3"]
def g_step(G: nn.Module, D: nn.Module, opt_G: torch.optim.Optimizer, z: Tensor) -> Tensor:
    """Take one step of G on the fakes of z [N, z_dim]; return G's loss before it."""
    # BEGIN SOLUTION
    D.requires_grad_(False)
    loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()
    D.requires_grad_(True)
    return loss.detach()
    # END SOLUTION


# %%
result = check("05.3", g_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Freezing D's weights does not freeze D's slope: the gradient still runs through its layers to the
# fakes and on to G. It only saves the work that nobody would use, one
# product in six of G's step where D is as large as G.

# %% [markdown]
# ## 05.4 A whole GAN on the ring
#
# Train a GAN on `x_real`, points around 5 to 8 modes on a circle, and return G. It maps `z [N, 2]`,
# normal, to points. At most one mode may be missed (reverse KL at most 0.6), and at least 40 in
# 100 samples must lie within 3 sd of a mode, in 30 seconds on two cores.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Each turn: a random batch of real points, fresh z, one step of D, one step of G. Radius, rotation
# and number of modes change with every check, so only the data can tell.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `MLPGenerator(2, (64, 64), shape=(2,), norm=False)`, `MLPDiscriminator((64, 64), shape=(2,))`, two
# `torch.optim.Adam(..., lr=1e-3, betas=(0.5, 0.99))`, batches of 256 through `torch.randint`, and
# 2,000 turns.


# %% tags=["exercise:05.4"]
def train_gan(x_real: Tensor, seed: int) -> nn.Module:
    """Return a generator, z [N, 2] to points [N, 2], trained on x_real [10000, 2]."""
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    G = MLPGenerator(2, (64, 64), shape=(2,), norm=False)
    D = MLPDiscriminator((64, 64), shape=(2,))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
    for _ in range(2000):
        batch = x_real[torch.randint(len(x_real), (256,))]
        x_fake = G(torch.randn(256, 2))
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
result = check("05.4", train_gan)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The twenty lines are Goodfellow's algorithm 1 with one step of D for each step of G and the
# non-saturating loss. D and G share the fakes of a turn: detached for D, attached for G.

# %% [markdown]
# ## What you wrote
#
# A loss, two steps and a loop: every GAN of this course is these four, with other nets and other
# losses. Go on with sheet 06, where the points become pictures of digits.
