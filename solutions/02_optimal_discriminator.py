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
# # Exercises 02: the optimal discriminator
#
# **Goal:** compute what lesson 02 derives, and make it hold in floating point: the best D,
# the divergence it measures, a distance that does better far away, and the slope that is left for
# G.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 02.1 the best D | 10 | ● ○ ○ | 7 |
# | 02.2 Jensen and Shannon | 12 | ● ● ○ | 7 |
# | 02.3 how far the sand travels | 10 | ● ○ ○ | 6 |
# | 02.4 the slope that is left for G | 20 | ● ● ● | 8 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `gancourse.maths.divergences.optimal_logit` in 02.1; `gancourse.maths.divergences.jsd`,
# `gancourse.maths.divergences.kl` in 02.2; `gancourse.maths.divergences.wasserstein1` in 02.3.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor

from gancourse.check import check
from gancourse.maths.divergences import integral, line, log_normal

# %% [markdown]
# ## 02.1 The best D
#
# Return $D^*(x) = p(x)/(p(x)+q(x))$, as probabilities, from the *logarithms* of both densities. It
# must hold where both densities are rounded to 0, and where one of them is 0 (a logarithm of
# $-\infty$).

# %% [markdown] tags=["hint"]
# Hint: the idea
# Divide numerator and denominator by $p$: only the ratio $q/p$ is left, and its logarithm is a
# difference of what you were given. What is the logit of $D^*$?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.sigmoid`. It knows what to do with infinite logits.


# %% tags=["exercise:02.1"]
def optimal_D(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return D*(x), in the shape of log_p and log_q, the log densities of real and fake."""
    # BEGIN SOLUTION
    return torch.sigmoid(log_p - log_q)
    # END SOLUTION


# %%
result = check("02.1", optimal_D)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 02.2 Jensen and Shannon
#
# Real and fake now have only $K$ possible values, with probabilities `p` and `q` (each sums to 1;
# zeros are allowed). Return $\mathrm{JSD}(p, q)$ in natural units: 0 for equals, $\log 2$ where
# they share nothing.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Form the mixture $m$ first. Each KL is a sum of $a \log(a/m)$ over the values that do occur. A
# value with $a = 0$ contributes nothing, and must not become $0 \cdot \infty$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.special.xlogy(a, b)` is $a \log b$, and 0 where $a = 0$. Or choose with `a[a > 0]`.


# %% tags=["exercise:02.2"]
def jsd(p: Tensor, q: Tensor) -> Tensor:
    """Return the Jensen-Shannon divergence, a scalar, of probabilities p and q, [K] each."""
    # BEGIN SOLUTION
    m = (p + q) / 2
    both = torch.stack([p, q])
    return (torch.special.xlogy(both, both) - torch.special.xlogy(both, m)).sum() / 2
    # END SOLUTION


# %%
result = check("02.2", jsd)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 02.3 How far the sand travels
#
# `x` and `y` are samples of equal size on a line. Each point carries the mass $1/N$. Return
# $W_1$ between the two heaps: the mean way under the best plan that takes each point of `x` to one
# point of `y`.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Two ways that cross can be swapped without becoming longer. So the best plan never needs to cross:
# the smallest goes to the smallest, the next to the next.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.sort` returns values and positions; you need the values of both.


# %% tags=["exercise:02.3"]
def wasserstein1(x: Tensor, y: Tensor) -> Tensor:
    """Return the Wasserstein-1 distance, a scalar, between two samples of shape [N]."""
    # BEGIN SOLUTION
    return (x.sort().values - y.sort().values).abs().mean()
    # END SOLUTION


# %%
result = check("02.3", wasserstein1)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown]
# ## 02.4 The slope that is left for G
#
# Let $p = N(0, 1)$ and $q = N(\theta, 1)$, and let D always be the best one. Return
# $dC/d\theta$ for each $\theta$ in `theta` (up to 8 in size), within 0.001, and within a tenth of
# itself where it is tiny. Integrate, do not sample.

# %% [markdown] tags=["hint"]
# Hint: the idea
# When $\theta$ moves, D* moves along, but that does not change $V$ in first order: D* sits on a
# maximum. So hold D* still and let only the samples $\theta + z$ move: the slope is $-E_q[D^* l']$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Here $l(x) = (\theta^2 - 2\theta x)/2$, so $l' = -\theta$. `log_normal(x, mean)` gives log
# densities on a grid `x = line(-16, 16)`, `integral(x, y)` integrates; with `theta[:, None]` as the
# mean you get all of them at once.


# %% tags=["exercise:02.4"]
def slope_of_C(theta: Tensor) -> Tensor:
    """Return dC/dtheta at each theta, [M] float64, for p = N(0, 1) and q = N(theta, 1)."""
    # BEGIN SOLUTION
    x = line(-16, 16)
    log_q = log_normal(x, theta[:, None])  # [M, N]
    best = torch.sigmoid(log_normal(x) - log_q)
    return theta * integral(x, log_q.exp() * best)
    # END SOLUTION


# %%
result = check("02.4", slope_of_C)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"
