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
# # Exercises 11: how good is it?
#
# **Goal:** compute four scores by hand: the distance behind FID, precision and recall, the modes
# that samples reach, and a test that asks whether fakes can be told from real pictures.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 11.1 the Fréchet distance | 15 | ● ● ○ | 6 |
# | 11.2 precision and recall | 20 | ● ● ○ | 6 |
# | 11.3 modes, quality, reverse KL | 15 | ● ○ ○ | 6 |
# | 11.4 the leave-one-out test | 15 | ● ● ○ | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.score.measures.fid`
# in 11.1; `gancourse.score.measures.precision_recall` in 11.2; `gancourse.score.modes.mode_report`
# in 11.3; `gancourse.score.copies.leave_one_out` in 11.4.
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

# %% [markdown]
# ## 11.1 The Fréchet distance
#
# Two Gaussians have means $m_1, m_2$ and covariances $S_1, S_2$. Return
# $|m_1 - m_2|^2 + \mathrm{tr}(S_1 + S_2 - 2 (S_1 S_2)^{1/2})$, with the root of the matrix. It is
# one real number, 0 for equal Gaussians, also where covariances are singular: those of fewer
# samples than dimensions are.

# %% [markdown] tags=["hint"]
# Hint: the idea
# You need only the trace of the root, and a trace is the sum of the eigenvalues. Those of the root
# are the roots of the eigenvalues of $S_1 S_2$. None is below 0, but for rounding.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.linalg.eigvals` gives complex numbers, also where they are real; `Tensor.real`,
# `Tensor.clamp(min=0)`, `Tensor.trace`.


# %% tags=["exercise:11.1"]
def frechet(m1: Tensor, S1: Tensor, m2: Tensor, S2: Tensor) -> float:
    """Return the distance, from means [d] and covariances [d, d] in float64."""
    # BEGIN SOLUTION
    roots = torch.linalg.eigvals(S1 @ S2).real.clamp(min=0).sqrt()
    apart = (m1 - m2).square().sum()
    return (apart + S1.trace() + S2.trace() - 2 * roots.sum()).item()
    # END SOLUTION


# %%
result = check("11.1", frechet)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# With the features of a network in place of x this is FID. It sees means and covariances and no
# more: two very different distributions may share both.

# %% [markdown]
# ## 11.2 Precision and recall
#
# Each sample reaches as far as its `k`-th nearest neighbour (Euclidean) of its own kind, itself not
# counted; what lies just as far is within reach. Return precision, the share of fakes within reach
# of any real sample, and recall, the share of real samples within reach of any fake.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Draw a ball around each real sample; the fakes in at least one of them are precise. The balls have
# different sizes, and none of them depends on a fake. Recall: the same with the roles exchanged.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.cdist(x, y)` has the shape `[N, M]`; in each row of the sorted `torch.cdist(x, x)` a sample
# itself comes first, at distance 0; `Tensor.any`.


# %% tags=["exercise:11.2"]
def precision_recall(fake: Tensor, real: Tensor, k: int) -> tuple[float, float]:
    """Return precision and recall, from fake [N, d], real [M, d] and k."""

    # BEGIN SOLUTION
    def among(x: Tensor, others: Tensor) -> float:
        reach = torch.cdist(others, others).sort(1).values[:, k]
        return (torch.cdist(x, others) <= reach).any(1).double().mean().item()

    return among(fake, real), among(real, fake)
    # END SOLUTION


# %%
result = check("11.2", precision_recall)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# A single outlier among the real samples has a huge ball, and every fake in it is precise: that is
# why noise scores well where neighbours are far apart.

# %% [markdown]
# ## 11.3 Modes, quality, reverse KL
#
# A sample belongs to its nearest centre (Euclidean), and is of high quality at 3 `sd` from it at
# most. Return how many centres have a sample of high quality, the share of such samples, and
# $\sum_k p_k \log(K p_k)$, in nats. Here $p_k$ is the share of centre $k$, of all $K$, among the
# samples of high quality alone.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Keep, for each sample, which centre is nearest and how far it is. Then throw away what is too far,
# and count. A centre without samples has $p_k = 0$, and $0 \log 0$ is 0.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `distance, nearest = torch.cdist(x, centres).min(1)`; `torch.bincount` with `minlength`;
# `torch.xlogy(p, q)` is $p \log q$, and 0 where p is.


# %% tags=["exercise:11.3"]
def modes(x: Tensor, centres: Tensor, sd: float) -> tuple[int, float, float]:
    """Return modes, share and reverse KL of x [N, d], for centres [K, d]."""
    # BEGIN SOLUTION
    distance, nearest = torch.cdist(x, centres).min(1)
    good = distance <= 3 * sd
    counts = torch.bincount(nearest[good], minlength=len(centres))  # [K]
    p = counts / counts.sum()
    kl = torch.xlogy(p, len(p) * p).sum()
    return int((counts > 0).sum()), good.float().mean().item(), kl.item()
    # END SOLUTION


# %%
result = check("11.3", modes)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# One stray sample reaches a mode, and so the count of modes forgives much; reverse KL does not.
# Papers differ on the histogram: over all samples, noise between the modes looks like coverage.

# %% [markdown]
# ## 11.4 The leave-one-out test
#
# Can fakes be told from real pictures that G has never seen? Guess for each picture the kind of its
# nearest other one (Euclidean) of both kinds together, which may be a copy. Return the share of
# right labels among the fakes, and among the held-out. `x_train` is what G was trained on.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Put the fakes and the held-out pictures into one pile and find each one's nearest neighbour in it.
# Every picture is nearest to itself, so make that distance infinite first.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.cat`, `Tensor.flatten(1)`, `torch.cdist`, `Tensor.fill_diagonal_(float("inf"))`,
# `Tensor.argmin(1)`.


# %% tags=["exercise:11.4"]
def leave_one_out(x_fake: Tensor, x_train: Tensor, x_held: Tensor) -> tuple[float, float]:
    """Return the shares for x_fake and for real pictures, each [N, 1, H, W] with its own N."""
    # BEGIN SOLUTION
    pile = torch.cat([x_fake, x_held]).flatten(1)
    nearest = torch.cdist(pile, pile).fill_diagonal_(float("inf")).argmin(1)
    is_fake = torch.arange(len(pile)) < len(x_fake)
    right = (is_fake[nearest] == is_fake).float()
    return right[is_fake].mean().item(), right[~is_fake].mean().item()
    # END SOLUTION


# %%
result = check("11.4", leave_one_out)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# About 1/2 and 1/2 says that the kinds are alike. Fakes that huddle have a share near 1, real
# pictures that nothing comes near to as well. Copies bring both down to 0.

# %% [markdown]
# ## What you wrote
#
# Four scores, and what each of them cannot see. Lesson 12 takes remedies that make training stable,
# and measures them by the third.
