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
# # Exercises 07: the parts of a DCGAN
#
# **Goal:** write a convolution as a matrix, choose a layer that leaves no checkerboard, take batch
# norm through both of its modes, and draw first weights that keep the size.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 07.1 a convolution as a matrix | 15 | ● ● ○ | 6 |
# | 07.2 choosing kernel, stride, padding | 15 | ● ● ○ | 6 |
# | 07.3 batch norm in both modes | 20 | ● ● ○ | 9 |
# | 07.4 the first weights of G | 15 | ● ● ● | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `torch.nn.functional.batch_norm`, `torch.batch_norm`, `torch.native_batch_norm` in 07.3.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.check import check

# %% [markdown]
# ## 07.1 A convolution as a matrix
#
# Return the matrix $C$ of a convolution with kernel `w [k, k]`, stride `s` and padding `p` on
# pictures of `n` by `n` pixels: $C$ times the flattened picture is the flattened output. Both are
# flattened row by row, as `flatten()` does. Then $C^T$ is the transposed convolution.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Column $j$ of any matrix is what it makes of the vector whose entry $j$ is 1 and all others 0. As
# a picture, that is one white pixel. There are $n^2$ such pictures.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.eye(n * n).view(-1, 1, n, n)` is a batch of all of them; `F.conv2d` takes a kernel of shape
# `[1, 1, k, k]`; `Tensor.flatten(1)` and `.T` lay the answers out.


# %% tags=["exercise:07.1"]
def conv_matrix(w: Tensor, n: int, s: int, p: int) -> Tensor:
    """Return C [outputs, n * n] of a convolution with the kernel w [k, k] on one channel."""
    # BEGIN SOLUTION
    units = torch.eye(n * n).view(-1, 1, n, n)
    outputs = F.conv2d(units, w[None, None], stride=s, padding=p)  # [n * n, 1, out, out]
    return outputs.flatten(1).T
    # END SOLUTION


# %%
result = check("07.1", conv_matrix)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# It works for every layer that only multiplies and adds. Nobody computes with this matrix, it is
# nearly all zeros; but it tells at once what the way back is: $C^T$, in G and in every gradient.

# %% [markdown]
# ## 07.2 Choosing kernel, stride, padding
#
# Choose a transposed convolution that makes $m = s\,n$ pixels of $n$, for $n \ge 8$ and $s$ from 2
# to 7: return `k, s, p`. Along a row, every pixel in the middle half of the output must be fed by
# the same number of inputs, two or more. No `output_padding`.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Solve $(n - 1)\,s - 2p + k = s\,n$ for $k$: it does not depend on $n$. Then the stride must divide
# the kernel, and $k - s$ must be even. Try strides 2 and 3 by hand.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `//` divides whole numbers, `%` gives the remainder. Lesson 07's widget shows the counts for
# strides up to 3.


# %% tags=["exercise:07.2"]
def upsampler(n: int, m: int) -> tuple[int, int, int]:
    """Return kernel, stride and padding of a transposed convolution from side n to side m."""
    # BEGIN SOLUTION
    s = m // n
    k = 2 * s if s % 2 == 0 else 3 * s
    return k, s, (k - s) // 2
    # END SOLUTION


# %%
result = check("07.2", upsampler)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# $k = s + 2p$, so kernel and stride are both even or both odd: $k = 2s$ does for an even stride, an
# odd one needs $3s$. Twice 4, 2, 1 takes 7 to 14 to 28.

# %% [markdown]
# ## 07.3 Batch norm in both modes
#
# Normalise `x [N, C, H, W]`, whose means may be in the thousands, without gain and shift, with
# `eps = 1e-5` below the root. Return the output and both running averages, each `[C]`. Training:
# use the batch's own moments, move the averages a tenth of the way, the variance to the unbiased
# one. Evaluation: use the averages, leave them alone.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A channel's moments are over batch, rows and columns. The output divides by the biased variance
# (the mean of squares), the running average takes the unbiased one, divided by $NHW - 1$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `x.mean((0, 2, 3))`; `x.var((0, 2, 3), correction=0)` is the biased variance, `correction=1` the
# unbiased one; `Tensor.lerp`; `.view(-1, 1, 1)` makes `[C]` fit `[N, C, H, W]`.


# %% tags=["exercise:07.3"]
def batch_norm(
    x: Tensor, running_mean: Tensor, running_var: Tensor, training: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the normalised x [N, C, H, W], the new running mean and running variance [C]."""
    # BEGIN SOLUTION
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
        running_mean = running_mean.lerp(mean, 0.1)
        running_var = running_var.lerp(x.var((0, 2, 3), correction=1), 0.1)
    y = (x - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1) + 1e-5).sqrt()
    return y, running_mean, running_var
    # END SOLUTION


# %%
result = check("07.3", batch_norm)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# All that a sample can know of its batch passes through two numbers for each channel. In evaluation
# mode they are constants, so there batch norm is only a scale and a shift.

# %% [markdown]
# ## 07.4 The first weights of G
#
# A transposed convolution (`c_in` to `c_out` channels, kernel `k`, stride `s` that divides `k`) is
# followed by LeakyReLU of slope `a`. Its weights are drawn from $N(0, \sigma^2)$. Which $\sigma$
# keeps the mean square, from its input to LeakyReLU's output, away from the border?

# %% [markdown] tags=["hint"]
# Hint: the idea
# Count the products that one output adds up: it is the overlap count, in both directions, times
# the channels that take part. Then ask what LeakyReLU leaves of a mean square, when half of its
# inputs are negative.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Lesson 07, "The first weights, seen through depth": $\sigma = \sqrt{2 / ((1 + a^2) f)}$ with the
# fan-in $f$ of a convolution. The fan-in of a transposed one is there too.


# %% tags=["exercise:07.4"]
def weight_sd(c_in: int, c_out: int, k: int, s: int, a: float) -> float:
    """Return the sd of the weights that keeps the mean square; a = 0 is ReLU."""
    # BEGIN SOLUTION
    fan_in = c_in * (k // s) ** 2
    return (2 / ((1 + a**2) * fan_in)) ** 0.5
    # END SOLUTION


# %%
result = check("07.4", weight_sd)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `c_out` does not enter: it matters for the gradient's way back. Where kernel and stride do not
# divide, no $\sigma$ serves all pixels, which is the checkerboard again.

# %% [markdown]
# ## What you wrote
#
# The parts that a DCGAN is made of. Lesson 08 puts them together and trains.
