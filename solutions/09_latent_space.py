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
# # Exercises 09: latent space
#
# **Goal:** walk from z to z along an arc, find a direction that changes one thing and keeps
# another, go back from a picture to its z, and tell copies from chance.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 09.1 the arc | 15 | ● ○ ○ | 6 |
# | 09.2 one score up, another kept | 20 | ● ● ○ | 9 |
# | 09.3 back to z | 20 | ● ● ● | 9 |
# | 09.4 copies or chance | 15 | ● ● ○ | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.maths.latent.slerp`
# in 09.1; `gancourse.maths.latent.invert` in 09.3.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor, nn

from gancourse.check import check

# %% [markdown]
# ## 09.1 The arc
#
# `a` and `b` have one norm and are $\theta$ apart, less than half a turn. Return the points `t` of
# the shorter arc from `a` (t = 0) to `b` (t = 1) around 0, one in each row: all of that norm, and
# equal steps of `t` turn by equal angles. Think of `a = b` too.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Look for weights, $w_a a + w_b b$. Each is a sine over $\sin \theta$: $w_a$ falls from 1 to 0
# while the angle to $b$ shrinks, and $w_b$ rises from 0 to 1. Both angles together are $\theta$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Shoemake's slerp, $\frac{\sin((1 - t)\theta)}{\sin\theta} a + \frac{\sin(t\theta)}{\sin\theta} b$;
# `Tensor.norm`, `Tensor.acos`, `Tensor.clamp`; `t[:, None] * a` has the shape `[T, z_dim]`.


# %% tags=["exercise:09.1"]
def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Return the points t [T] of the arc from a to b [z_dim]: [T, z_dim]."""
    # BEGIN SOLUTION
    cosine = (a @ b / (a.norm() * b.norm())).clamp(-1, 1)
    angle, t = cosine.acos(), t[:, None]
    if angle < 1e-4:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    # END SOLUTION


# %%
result = check("09.1", slerp)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The clamp matters: in float32 the cosine of a vector with itself may be 1.0000001, and its arc
# cosine NaN. Below a hair's breadth, arc and line are the same.

# %% [markdown]
# ## 09.2 One score up, another kept
#
# `y` and `other` are scores of the samples of `z`. Fit each by least squares with a plane:
# slopes times z, plus an offset. Return the direction of length 1 along which the fitted `y` rises
# fastest, of all those along which the fitted `other` stays as it is.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Let $w$ and $k$ be the slopes of both fits. Going along $d$, the scores change by $w \cdot d$ and
# $k \cdot d$. Take away from $w$ its part along $k$; what is left is at right angles to $k$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.linalg.lstsq(A, B).solution` fits all columns of B `[N, 2]` at once; a column of ones in A
# makes the offset. The part of $w$ along $k$ is $\frac{w \cdot k}{k \cdot k} k$.


# %% tags=["exercise:09.2"]
def direction(z: Tensor, y: Tensor, other: Tensor) -> Tensor:
    """Return the direction [z_dim] that raises y [N] and keeps other [N], from z [N, z_dim]."""
    # BEGIN SOLUTION
    inputs = torch.cat([z, torch.ones(len(z), 1)], 1)
    fit = torch.linalg.lstsq(inputs, torch.stack([y, other], 1)).solution  # [z_dim + 1, 2]
    w, k = fit[:-1].T
    d = w - (w @ k) / (k @ k) * k
    return d / d.norm()
    # END SOLUTION


# %%
result = check("09.2", direction)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# This is how a face is made to smile and stay of one age. It is exact for the planes that were
# fitted, and G is not flat: the further you go, the less it holds.

# %% [markdown]
# ## 09.3 Back to z
#
# Given pictures `x [N, ...]` and starts `z [N, z_dim]`, go down the error of each picture by
# itself: the mean of $(G(z) - x)^2$ over pixels, plus `prior` times $|z|^2 / z_{dim}$. Plain
# gradient descent, `steps` times. `G` comes in evaluation mode; leave it as it was: weights, mode,
# gradients.

# %% [markdown] tags=["hint"]
# Hint: the idea
# The weights stay and z moves: z is the leaf. Each picture's error depends on its own z alone, so
# the gradient of their *sum* has each picture's own gradient in its row.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `z.clone().requires_grad_()`; `torch.autograd.grad(loss, z)` returns a tuple and touches nothing
# else; `Tensor.flatten(1).mean(1)` averages over pixels; `Tensor.detach`.


# %% tags=["exercise:09.3"]
def invert(G: nn.Module, x: Tensor, z: Tensor, steps: int, lr: float, prior: float) -> Tensor:
    """Return z [N, z_dim] after so many steps down the errors of the pictures x [N, ...]."""
    # BEGIN SOLUTION
    for _ in range(steps):
        z = z.detach().requires_grad_()
        error = (G(z) - x).square().flatten(1).mean(1) + prior * z.square().mean(1)  # [N]
        (grad,) = torch.autograd.grad(error.sum(), z)
        z = z - lr * grad
    return z.detach()
    # END SOLUTION


# %%
result = check("09.3", invert)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Averaged over the batch, the gradient would be N times smaller, and how far one picture gets would
# depend on how many others are there. In training mode batch norm would mix them.

# %% [markdown]
# ## 09.4 Copies or chance
#
# Which share of the fakes has its nearest real picture (Euclidean) among the training pictures,
# not among the held-out ones? A G that copies nothing gets one as often as their numbers say,
# $p = M / (M + H)$. Return the share, and how many standard deviations of a mean of N draws it lies
# above $p$.

# %% [markdown] tags=["hint"]
# Hint: the idea
# One distance for each fake to its nearest training picture, one to its nearest held-out one, then
# compare. Under chance each fake is a coin that shows "training" with probability $p$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.cdist(x.flatten(1), y.flatten(1))` has the shape `[N, M]`; `Tensor.amin(1)`. The variance
# of one coin is $p (1 - p)$, and that of a mean of N is N times smaller.


# %% tags=["exercise:09.4"]
def copied(x_fake: Tensor, x_train: Tensor, x_held: Tensor) -> tuple[float, float]:
    """Return the share and the score of x_fake [N, 1, H, W], given both piles of real pictures."""
    # BEGIN SOLUTION
    to_train, to_held = (
        torch.cdist(x_fake.flatten(1), x.flatten(1)).amin(1) for x in (x_train, x_held)
    )
    share = (to_train < to_held).float().mean().item()
    p = len(x_train) / (len(x_train) + len(x_held))
    return share, (share - p) / (p * (1 - p) / len(x_fake)) ** 0.5
    # END SOLUTION


# %%
result = check("09.4", copied)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# A score near 0 says that G knows no training picture better than one it never saw, and nothing of
# quality. Fakes that share a nearest picture are no independent coins, so doubt small scores.

# %% [markdown]
# ## What you wrote
#
# Ways through latent space and back, and a test for copies. Lesson 10 takes sick GANs and finds out
# what ails them.
