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
# # Exercises 10: five patients
#
# **Goal:** repair five programs that run without an error and do not learn: read what their runs
# show, name the cause, and change as little as it takes.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 10.1 a G that hardly moves | 15 | ● ● ○ | 8 |
# | 10.2 a G that does not move at all | 15 | ● ○ ○ | 8 |
# | 10.3 a D that never doubts | 10 | ● ○ ○ | 6 |
# | 10.4 a look that spoils the run | 15 | ● ● ○ | 8 |
# | 10.5 ten layers and no signal | 20 | ● ● ● | 8 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.clinic.working.turn`,
# `gancourse.clinic.working.d_step`, `gancourse.clinic.working.g_step` in 10.1;
# `gancourse.clinic.working.scaled` in 10.3; `gancourse.train.sample`,
# `gancourse.clinic.working.sample`, `gancourse.maths.latent.images_of` in 10.4;
# `gancourse.clinic.working.initialise` in 10.5.
#
# <!-- /exercises -->
#
# Each patient is a few lines of code, with a mistake in it. Run them, look, then repair them where
# they stand. The check tests the lines alone, and then trains with them: the repaired run must
# reach the band of healthy runs in one of four tries, since a healthy GAN can have bad luck too.
# Grading runs some of these parts again on other draws, for the points that are left, and asks for
# nothing more. The exercises do not depend on each other.

# %%
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gancourse import plots
from gancourse.check import check
from gancourse.data import load_images
from gancourse.nets import MLPDiscriminator, MLPGenerator
from gancourse.data.toys import ring

points = ring(sd=0.05).sample(8192, torch.Generator().manual_seed(0))  # around 8 modes
pixels = F.avg_pool2d(load_images("digits").images.float(), 2).flatten(1)  # [1437, 196], 0 to 255

# %% [markdown]
# Three of the patients lie in this program, which works. `look(turn)` is called every 100 turns. If
# you want facts first, the lesson's recorder goes into `play` with its four lines.


# %%
def play(G, D, x_real, turns, look=lambda turn: None, lr=1e-3):
    """Train G and D on x_real [N, ...] with the losses of lesson 05."""
    opt_G, opt_D = (torch.optim.Adam(net.parameters(), lr, (0.5, 0.99)) for net in (G, D))
    for turn in range(turns):
        if turn % 100 == 0:
            look(turn)
        x_fake = G(torch.randn(64, G.z_dim))
        d_loss = F.softplus(-D(x_real[torch.randint(len(x_real), (64,))])).mean()
        opt_D.zero_grad()
        (d_loss + F.softplus(D(x_fake.detach())).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


def ring_nets():
    return MLPGenerator(2, (64, 64), shape=(2,), norm=False), MLPDiscriminator((64, 64), shape=(2,))


def digit_nets():
    return MLPGenerator(32, (128, 128), (1, 14, 14)), MLPDiscriminator((128, 128), (1, 14, 14))


# %% [markdown]
# ## 10.1 A G that hardly moves
#
# One turn of the minimax game. After 600 turns no mode is found; $D(x)$ is 1.00 and $D(G(z))$ 0.00.
# The gradient that `opt_G` uses is a tenth to a half of that of G's loss in the first turns, a few
# hundredths later. Repair it, with no gradients left over from another loss; leave both losses as
# they are.

# %% [markdown] tags=["hint"]
# Hint: the idea
# G's gradients add up until somebody clears them. Which losses have filled them by the time that
# `opt_G` steps, and with which signs?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.detach()`, and what `backward` does with every tensor on its way.


# %% tags=["exercise:10.1"]
def turn(
    G: nn.Module, D: nn.Module, opt_G: torch.optim.Optimizer, opt_D: torch.optim.Optimizer,
    x_real: Tensor, z: Tensor,
) -> None:  # fmt: skip
    """Take a step of D on x_real [N, 2] and G(z), then one of G down E log(1 - D(G(z)))."""
    # BEGIN SOLUTION
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    g_loss = -F.softplus(D(x_fake)).mean()
    g_loss.backward()
    opt_G.step()
    opt_G.zero_grad()
    # INSTEAD
    # x_fake = G(z)
    # d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    # opt_D.zero_grad()
    # d_loss.backward(retain_graph=True)
    # opt_D.step()
    # g_loss = -F.softplus(D(x_fake)).mean()
    # g_loss.backward()
    # opt_G.step()
    # opt_G.zero_grad()
    # END SOLUTION


# %% [markdown]
# The run, as the lines above stand:

# %%
torch.manual_seed(0)
G, D = ring_nets()
opts = [torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.99)) for net in (G, D)]
frames = []
for number in range(601):
    if number % 200 == 0:
        frames.append((f"turn {number}", G(torch.randn(500, 2)).detach()))
    turn(G, D, *opts, points[torch.randint(8192, (128,))], torch.randn(128, 2))
plots.point_film(frames, points)

# %%
result = check("10.1", turn)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# D's loss holds $-\log(1 - D(G(z)))$, which is G's loss with the other sign. Without `detach` it
# lies in G's gradients when G's own arrives, and the two nearly cancel. What is left comes from D's
# step between them. `retain_graph=True` was the trace: somebody had silenced PyTorch's complaint.

# %% [markdown]
# ## 10.2 A G that does not move at all
#
# The samples of the last turn are those of the first. D finds the real points, $D(x)$ is 0.98, yet
# $D(G(z))$ stays at 0.45, though these fakes are easy to tell. Gradients reach both nets, and those
# of G are of a healthy size.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A gradient moves nothing. Who moves the weights, and which ones does it know?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# The first argument of `torch.optim.Adam`, and `nn.Module.parameters()`.


# %% tags=["exercise:10.2"]
def train(G: nn.Module, D: nn.Module, x_real: Tensor, turns: int) -> None:
    """Train G, z [N, 2] to points, and D in place on x_real [N, 2], for so many turns."""
    # BEGIN SOLUTION
    opt_G = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99))
    # INSTEAD
    # opt_G = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99))
    # opt_D = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99))
    # END SOLUTION
    for _ in range(turns):
        x_fake = G(torch.randn(128, 2))
        logit_real = D(x_real[torch.randint(len(x_real), (128,))])
        opt_D.zero_grad()
        (F.softplus(-logit_real).mean() + F.softplus(D(x_fake.detach())).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


# %%
torch.manual_seed(0)
G, D = ring_nets()
first = G(torch.randn(500, 2)).detach()
train(G, D, points, 600)
last = G(torch.randn(500, 2)).detach()
plots.point_film([("turn 0", first), ("turn 600", last)], points)

# %%
result = check("10.2", train)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `opt_G` held D's weights: G's backward filled G's gradients, nobody used them, and each "step of
# G" dragged D towards calling fakes real. A step that moves nothing is worth an assert: note a
# weight of each net before and after it.

# %% [markdown]
# ## 10.3 A D that never doubts
#
# G ends in a tanh. After 600 turns $D(x)$ is 0.99 and $D(G(z))$ 0.02: D never doubts. One in seven
# of G's pixels stands above 0.98, where tanh is flat, and still the real strokes are brighter.
# Return the pixels as D should see them: all of tanh's range, and no more.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Compare the range of what goes into D as real with the range of what G can give at all.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Mean 0.1307 and standard deviation 0.3081 are MNIST's: good for a classifier's input. For tanh, 0
# should become -1 and 255 should become 1.


# %% tags=["exercise:10.3"]
def scaled(x: Tensor) -> Tensor:
    """Return pixels [N, 196] from 0 to 255, floats, in the range of a G that ends in tanh."""
    # BEGIN SOLUTION
    return x / 127.5 - 1
    # INSTEAD
    # return (x / 255 - 0.1307) / 0.3081
    # END SOLUTION


# %%
torch.manual_seed(0)
G, D = digit_nets()
x_real = scaled(pixels).view(-1, 1, 14, 14)
play(G, D, x_real, 600)
print(f"real: {x_real.min():.2f} to {x_real.max():.2f}")
plots.image_grid(G.eval()(torch.randn(32, 32)).detach(), columns=16)

# %%
result = check("10.3", scaled)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# White was 2.82, and tanh ends at 1: one look at the brightest pixel told D everything. The range
# of the data and the range of G's last layer are one decision; write it in one place.

# %% [markdown]
# ## 10.4 A look that spoils the run
#
# G has batch norm (another G may have dropout, too). Trained without a look at its samples it comes
# to a Fréchet distance of 0.22; with a look every 100 turns, and the same seed, to 0.62. $D(x)$ of
# 0.60 and $D(G(z))$ of 0.49 show nothing. Repair the look, so that the run goes on as without it.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Batch norm has two modes. In which should the look draw, and in which should training go on?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `nn.Module.eval()` and `train()` change the net itself, until somebody changes it back.


# %% tags=["exercise:10.4"]
@torch.no_grad()
def sample(G: nn.Module, z: Tensor) -> Tensor:
    """Return G's samples of z [N, z_dim], each a function of its own z, for people to look at."""
    # BEGIN SOLUTION
    G.eval()
    x = G(z)
    G.train()
    return x
    # INSTEAD
    # G.eval()
    # return G(z)
    # END SOLUTION


# %%
torch.manual_seed(0)
G, D = digit_nets()
z, looks = torch.randn(16, 32), []
play(G, D, (pixels / 127.5 - 1).view(-1, 1, 14, 14), 600, lambda turn: looks.append(sample(G, z)))
plots.image_grid(torch.cat(looks[1::2]), columns=16)

# %%
result = check("10.4", sample)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# From the first look on G trained in evaluation mode: it was normalised by averages of before the
# training, and these never moved again. Without `eval` the look would do no such harm, but show
# each z in the company of the others. `was = G.training` and `G.train(was)` is safer still.

# %% [markdown]
# ## 10.5 Ten layers and no signal
#
# G has ten hidden layers. At the start the samples' sd is 0.0001, where the ring's is 0.7, and
# the gradient of G's first layer is less than a thousandth of that of its last. After 700 turns
# all samples lie in one place. The initialisation is called, and raises no error.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Print what the loop visits, and compare a weight before and after. Then: each layer should hand on
# a signal of the size that it got.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `nn.Module.children()` against `modules()` or `apply`. The draw itself, `kaiming_normal_` with
# `a=0.2`, is right.


# %% tags=["exercise:10.5"]
def initialise(net: nn.Module) -> None:
    """Draw the weights of every dense layer of the net for LeakyReLU 0.2 (He et al. 2015).

    All else stays as it is (those layers' biases may be set). The net may itself be a dense layer.
    """
    # BEGIN SOLUTION
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.2)
            nn.init.zeros_(layer.bias)
    # INSTEAD
    # for layer in net.children():
    #     if isinstance(layer, nn.Linear):
    #         nn.init.kaiming_normal_(layer.weight, a=0.2)
    #         nn.init.zeros_(layer.bias)
    # END SOLUTION


# %%
torch.manual_seed(0)
G = MLPGenerator(2, (32,) * 10, shape=(2,), norm=False)
D = MLPDiscriminator((32,) * 4, shape=(2,))
initialise(G)
initialise(D)
first = G(torch.randn(500, 2)).detach()
play(G, D, points, 700)
last = G(torch.randn(500, 2)).detach()
plots.point_film([("turn 0", first), ("turn 700", last)], points)

# %%
result = check("10.5", initialise)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `children` stops at the first level, and there stands one `Sequential`. With PyTorch's own draw a
# layer of this kind passes on about four tenths of its signal: after ten, a ten-thousandth.
# Fast check: the spread of the samples at turn 0.

# %% [markdown]
# ## What you repaired
#
# A gradient that reached the wrong net, an optimiser with the wrong weights, a range that G cannot
# reach, a mode that nobody set back, an initialisation that touched nothing. None raised an error;
# each shows in one number that costs a line to print.
