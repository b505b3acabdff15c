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
# # Exercises 01: the game
#
# **Goal:** estimate $V(D, G)$ from samples and say how far to trust the estimate; find what moves
# G; and work out why it matters who moves first.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 01.1 V from what D says | 8 | ● ○ ○ | 6 |
# | 01.2 an error bar for V | 12 | ● ● ○ | 7 |
# | 01.3 what moves G | 15 | ● ● ● | 8 |
# | 01.4 who moves first | 10 | ● ○ ○ | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `gancourse.losses.cross_entropy_d` in 01.1.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import check

# %% [markdown]
# ## 01.1 V from what D says
#
# D has looked at a batch of real samples and at a batch of fakes, and has given each the
# probability of being real. Return the estimate of
# $V(D, G) = E_p \log D(x) + E_z \log(1 - D(G(z)))$. The batches may differ in size.

# %% [markdown] tags=["hint"]
# Hint: the idea
# An expectation is estimated by a mean over samples. There are two expectations, over two kinds of
# samples: two means, then their sum. The logarithm is taken of each sample's probability, before
# the mean.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.log` (the natural logarithm) and `Tensor.mean`. For $\log(1 - d)$ there is also
# `torch.log1p`.


# %% tags=["exercise:01.1"]
def value(prob_real: Tensor, prob_fake: Tensor) -> Tensor:
    """Return the estimate of V, a scalar, from D's probabilities [N] of real, [M] of fakes."""
    # BEGIN SOLUTION
    return prob_real.log().mean() + (1 - prob_fake).log().mean()
    # END SOLUTION


# %%
result = check("01.1", value)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 01.2 An error bar for V
#
# Another batch would give another estimate. From one batch, estimate the standard deviation of that
# scatter: the *standard error* of $\hat V$. Real and fake samples are independent. Take the
# variances from the samples themselves.

# %% [markdown] tags=["hint"]
# Hint: the idea
# The mean of $N$ independent terms has the variance of one term divided by $N$. For independent
# means, variances add. Standard deviations do not: the root comes last.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.var` on the logarithms, `len`, and `Tensor.sqrt`.


# %% tags=["exercise:01.2"]
def standard_error(prob_real: Tensor, prob_fake: Tensor) -> Tensor:
    """Return the standard error of V's estimate, a scalar, from probabilities [N] and [M]."""
    # BEGIN SOLUTION
    real, fake = prob_real.log(), (1 - prob_fake).log()
    return (real.var() / len(real) + fake.var() / len(fake)).sqrt()
    # END SOLUTION


# %%
result = check("01.2", standard_error)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 01.3 What moves G
#
# G makes $x = m + s z$. Return the slopes of $V$ by $m$ and by $s$, estimated on the noise `z`.
# The real samples are not given. `D(x)` takes points of shape `[N, 1]` and returns logits `[N]`.
# Autograd and the formula of lesson 01 are both welcome. Be exact where D is sure (logits of 100).

# %% [markdown] tags=["hint"]
# Hint: the idea
# Only the second term of $V$ contains G, so no real sample is needed. Either let
# autograd follow $\log(1 - D(m + sz))$ back to $m$ and $s$, or use $-D\,l'$ at each sample, with
# a factor $z$ for the slope by $s$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.requires_grad_` on copies of `m` and `s`, and `torch.autograd.grad`. On a logit $l$,
# $\log(1 - \sigma(l)) = -\log(1 + e^l)$ is `-softplus(l)`.


# %% tags=["exercise:01.3"]
def g_slopes(D, m: Tensor, s: Tensor, z: Tensor) -> Tensor:
    """Return dV/dm and dV/ds, shape [2], for G(z) = m + s z; m and s scalars, z [N, 1]."""
    # BEGIN SOLUTION
    m, s = m.clone().requires_grad_(), s.clone().requires_grad_()
    V_of_fakes = -softplus(D(m + s * z)).mean()
    return torch.stack(torch.autograd.grad(V_of_fakes, (m, s)))
    # END SOLUTION


# %%
result = check("01.3", g_slopes)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 01.4 Who moves first
#
# `V[i, j]` is the value when D plays its move $i$ and G its move $j$. Return two numbers: what $V$
# becomes when D must move first and G answers, and when G must move first and D answers. Each plays
# as well as it can.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Work from the end. When D has chosen row $i$, G answers with the smallest entry
# of that row. Knowing this, D picks the row whose smallest entry is largest.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.amin(dim)` and `Tensor.amax(dim)`. In a table of shape `[rows, columns]`, `dim=1` runs
# along a row.


# %% tags=["exercise:01.4"]
def orders(V: Tensor) -> tuple[Tensor, Tensor]:
    """Return max_D min_G V and min_G max_D V, two scalars, of a table V [rows, columns]."""
    # BEGIN SOLUTION
    return V.amin(1).amax(), V.amax(0).amin()
    # END SOLUTION


# %%
result = check("01.4", orders)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"
