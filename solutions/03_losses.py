# %% [markdown]
# # Exercises 03: losses
#
# **Goal:** derive four small results about losses on logits, and write each one down so that it
# holds where D is very sure, too.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 03.1 cross-entropy on a logit | 10 | ● ○ ○ | 6 |
# | 03.2 one-sided label smoothing | 10 | ● ● ○ | 6 |
# | 03.3 the best score under least squares | 15 | ● ● ○ | 6 |
# | 03.4 KL from D's logits | 15 | ● ● ● | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.losses.linear_g` in
# 03.4.
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
# ## 03.1 Cross-entropy on a logit
#
# Each sample has a label $y$ between 0 (fake) and 1 (real), and D gives it a logit. Return the
# mean of $-y \log D - (1-y) \log(1-D)$ with $D = \sigma(l)$, the sigmoid of the logit. It must
# stay exact at logits of 10,000.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Write both logarithms with softplus: $-\log \sigma(l) = \mathrm{softplus}(-l)$ and
# $-\log(1-\sigma(l)) = \mathrm{softplus}(l)$. And
# $\mathrm{softplus}(-l) = \mathrm{softplus}(l) - l$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `F.softplus`, `F.logsigmoid`, or `F.binary_cross_entropy_with_logits`,
# whose targets may lie between 0 and 1.


# %% tags=["exercise:03.1"]
def cross_entropy(logit: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy, a scalar, of logits [N] with labels y [N] from 0 to 1."""
    # BEGIN SOLUTION
    return (F.softplus(logit) - y * logit).mean()
    # END SOLUTION


# %%
result = check("03.1", cross_entropy)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# $y\,\mathrm{softplus}(-l) + (1-y)\,\mathrm{softplus}(l)$, and
# $\mathrm{softplus}(-l) = \mathrm{softplus}(l) - l$, since
# $\log(1+e^{-l}) = \log(e^{-l}(e^{l}+1))$. What is left is $\mathrm{softplus}(l) - y\,l$, with the
# slope $\sigma(l) - y$: D is at rest where it says the label.

# %% [markdown]
# ## 03.2 One-sided label smoothing
#
# Give real samples the label $\alpha$, a little below 1, and leave fakes at 0: D is no longer paid
# for being endlessly sure (Salimans et al. 2016). Return the loss, the sum of two means, exact at
# logits of 10,000. Where does D's best logit on a real sample lie now, far from any fake?

# %% [markdown] tags=["hint"]
# Hint: the idea
# A real sample now costs $-\alpha\log D - (1-\alpha)\log(1-D)$. Only its label
# changes: the term of the fakes is the one you know.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.full_like(logit_real, alpha)` makes the labels; or write
# $\mathrm{softplus}(l) - \alpha\,l$ for each real logit.


# %% tags=["exercise:03.2"]
def smoothed_d_loss(logit_real: Tensor, logit_fake: Tensor, alpha: float) -> Tensor:
    """Return D's loss, a scalar, for real logits [N] with label alpha and fake ones [M] with 0."""
    # BEGIN SOLUTION
    labels = torch.full_like(logit_real, alpha)
    real = F.binary_cross_entropy_with_logits(logit_real, labels)
    return real + F.softplus(logit_fake).mean()
    # END SOLUTION


# %%
result = check("03.2", smoothed_d_loss)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The slope on a real logit is $\sigma(l) - \alpha$: at rest where D says $\alpha$, so at the
# finite logit $\log\frac{\alpha}{1-\alpha}$. With both densities, $D^* = \alpha p/(p+q)$.
# Smoothing the fakes as well would add a share of $q$ to the numerator, and D would reward fakes
# where no data are.

# %% [markdown]
# ## 03.3 The best score under least squares
#
# D minimises $E_p(D - b)^2 + E_q(D - a)^2$ on raw scores, with any targets: $b$ for real samples,
# $a$ for fakes. At a point where the densities are $p$ and $q$, which score is best? Return it for
# each point; one may be 0, and both as small as $10^{-20}$.

# %% [markdown] tags=["hint"]
# Hint: the idea
# At one point D minimises $p\,(D-b)^2 + q\,(D-a)^2$. Set the derivative by $D$ to
# 0. Where one density is 0, what must come out?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Nothing but arithmetic: the minimum of weighted squares is the weighted
# mean. Do not add an epsilon; densities can be as small as $10^{-20}$.


# %% tags=["exercise:03.3"]
def best_score(p: Tensor, q: Tensor, a: float, b: float) -> Tensor:
    """Return the best score [N] at points with densities p [N] (real) and q [N] (fake)."""
    # BEGIN SOLUTION
    return (b * p + a * q) / (p + q)
    # END SOLUTION


# %%
result = check("03.3", best_score)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# $2p(D-b) + 2q(D-a) = 0$ gives $D^* = (bp + aq)/(p+q)$. With targets 0 and 1 this is $p/(p+q)$
# again; with any others the same curve, stretched between them.

# %% [markdown]
# ## 03.4 KL from D's logits
#
# D is at its best: its logit is $\log(p/q)$. You do not know $p$ and $q$, only D's logits on real
# and on fake samples. Estimate $\mathrm{KL}(q\Vert p) = E_q \log(q/p)$ from them; from few samples
# it may come out negative. It must stay finite at logits of 10,000.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Which samples does $E_q$ average over? And how does $\log(q/p)$ follow from the
# logit?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.mean`. Write-up 002 in the lesson computes just this without
# knowing.


# %% tags=["exercise:03.4"]
def kl_fake_real(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return an estimate of KL(q || p), a scalar, from the best D's logits [N] and [M]."""
    # BEGIN SOLUTION
    return -logit_fake.mean()
    # END SOLUTION


# %%
result = check("03.4", kl_fake_real)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# $\log(q/p)$ is minus the logit, and $E_q$ averages over fakes. The real logits would give
# $E_p\log(p/q) = \mathrm{KL}(p\Vert q)$, the other direction. It is only as good as D: a trained D
# is near its best where there are samples, and free elsewhere.

# %% [markdown]
# ## What you derived
#
# Every loss here is a function of the logit, and its best D a simple function of $p$ and $q$. Go
# on with lesson 04, where D and G move at the same time.
