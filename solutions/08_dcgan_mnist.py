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
# # Exercises 08: training a DCGAN
#
# **Goal:** count what a stack of convolutions costs, let one batch of fakes serve both players,
# write an optimiser step that a checkpoint can resume, and see what 16 bits cannot hold.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 08.1 what a stack of convolutions costs | 15 | ● ○ ○ | 6 |
# | 08.2 one batch of fakes for both players | 20 | ● ● ○ | 8 |
# | 08.3 a step that can be resumed | 25 | ● ● ○ | 8 |
# | 08.4 steps that bf16 cannot hold | 15 | ● ● ● | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.train.one_step`,
# `gancourse.train.d_step`, `gancourse.train.g_step`, `gancourse.losses.cross_entropy_d`,
# `gancourse.losses.non_saturating_g` in 08.2; `torch.optim.Adam`, `torch.optim.adam.adam`,
# `torch._fused_adam_` in 08.3.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gancourse.check import check

# %% [markdown]
# ## 08.1 What a stack of convolutions costs
#
# Each block has 4 x 4 kernels, stride 2, padding 1, no bias. With `up` it is a transposed
# convolution that doubles the side, else a convolution that halves it. Return the stack's weights
# and its FLOP for one image: two for each multiply-add, borders counted in full.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Each pair of an input and an output channel has one kernel. A convolution puts it down once for
# each pixel of its *output*, a transposed convolution once for each pixel of its *input*.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `itertools.pairwise(channels)` gives the channels into and out of each block. Keep the side in a
# variable and double or halve it (`//`) as you go.


# %% tags=["exercise:08.1"]
def cost(channels: list[int], side: int, up: bool) -> tuple[int, int]:
    """Return (weights, FLOP); channels [1, 64, 128] are two blocks, and side is the input's."""
    # BEGIN SOLUTION
    weights = flop = 0
    for n_in, n_out in pairwise(channels):
        side = side if up else side // 2  # where kernels are put down
        weights += 16 * n_in * n_out
        flop += 2 * 16 * n_in * n_out * side**2
        side = 2 * side if up else side
    return weights, flop
    # END SOLUTION


# %%
result = check("08.1", cost)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"
assert cost([128, 64, 1], 7, up=True) == cost([1, 64, 128], 28, up=False)

# %% [markdown] tags=["solution"]
# A generator costs exactly what the discriminator does that mirrors it: a transposed convolution is
# the same matrix, transposed. Most weights sit in one block, and so does most of the work.

# %% [markdown]
# ## 08.2 One batch of fakes for both players
#
# Take one step of D down cross-entropy, by `opt_D`, then one of G down the mean of $-\log D(G(z))$,
# against the new D, both exact where D is sure. Both use the same fakes: call G once, and let
# nothing of D's loss go back through G. Either net may hold old gradients. Return d_loss and
# g_loss.

# %% [markdown] tags=["hint"]
# Hint: the idea
# D's step must not reach G, so it gets the fakes without their graph. The graph is still there for
# G's step: send the same fakes, with it, through the D that has just moved.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.detach`, `F.softplus(-logit)` for $-\log D$, and `zero_grad`, `backward`, `step` for each
# player in turn.


# %% tags=["exercise:08.2"]
def both_steps(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    x_real: Tensor,
    z: Tensor,
) -> tuple[Tensor, Tensor]:
    """Take a step of D, which returns logits [N], then one of G; return (d_loss, g_loss)."""
    # BEGIN SOLUTION
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss
    # END SOLUTION


# %%
result = check("08.2", both_steps)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# D's step leaves G as it was, so the fakes are still what G makes of z. Drawing them again would
# cost one more forward pass of G, and would update its batch norm twice.

# %% [markdown]
# ## 08.3 A step that can be resumed
#
# Write one step of Adam with $\beta_1 = 0.5$, $\beta_2 = 0.999$, for a weight of any shape. All
# that it must remember goes into `state`, which is `{}` at first. Between two steps the check takes
# weight and state out of your process and brings them back, as a checkpoint would: plain numbers
# and tensors only.

# %% [markdown] tags=["hint"]
# Hint: the formula
# With t = 1, 2, ... the count of steps: $m \leftarrow \beta_1 m + (1 - \beta_1) g$ and
# $v \leftarrow \beta_2 v + (1 - \beta_2) g^2$, both from 0. The weight moves by
# $-\mathrm{lr}\, \hat m / (\sqrt{\hat v} + 10^{-8})$ with $\hat m = m / (1 - \beta_1^t)$ and
# $\hat v = v / (1 - \beta_2^t)$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `state.get("m", 0.0)` reads what may not be there yet. Build and return a new dict, and count the
# steps in it.


# %% tags=["exercise:08.3"]
def adam_step(weight: Tensor, grad: Tensor, state: dict, lr: float) -> tuple[Tensor, dict]:
    """Return the weight after one step of Adam, and the new state."""
    # BEGIN SOLUTION
    t = state.get("t", 0) + 1
    m = 0.5 * state.get("m", 0.0) + 0.5 * grad
    v = 0.999 * state.get("v", 0.0) + 0.001 * grad**2
    ratio = (m / (1 - 0.5**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return weight - lr * ratio, {"t": t, "m": m, "v": v}
    # END SOLUTION


# %%
result = check("08.3", adam_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Two tensors for each weight, and a count: Adam's state is twice as large as the net. A checkpoint
# without it starts the averages from zero, and the run goes elsewhere from the first step on.

# %% [markdown]
# ## 08.4 Steps that bf16 cannot hold
#
# Take one step of plain gradient descent for each row of `grads`, from `weight`. Return the weight
# to keep, exact to float32, and the copy that the net would compute with: the nearest bf16 numbers.
# Each single step here is smaller than bf16 can see.

# %% [markdown] tags=["hint"]
# Hint: the idea
# bf16 has 8 significant bits, so next to 1 it knows 1 + 1/128 and nothing in between. A sum that
# is rounded after each small step stays where it is. Which of the two results may be rounded, and
# when?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.sum(0)` or a loop over the rows, and `Tensor.bfloat16()`, which rounds to nearest.


# %% tags=["exercise:08.4"]
def many_steps(weight: Tensor, grads: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    """Return the weight [n] after a step for each row of grads [T, n], and its bf16 copy [n]."""
    # BEGIN SOLUTION
    kept = weight - lr * grads.sum(0)
    return kept, kept.bfloat16()
    # END SOLUTION


# %%
result = check("08.4", many_steps)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Hence "mixed" precision: the products run in 16 bits, and the weights, the optimiser's averages
# and the running average of G stay in 32.

# %% [markdown]
# ## What you wrote
#
# The arithmetic of a net's cost, the course's own training step, an optimiser that survives a kill,
# and the reason why weights keep 32 bits. Go on with lesson 09: what lies between two values of z.
