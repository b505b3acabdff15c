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
# # Exercises 12: making it stable
#
# **Goal:** write four remedies that make training stable: a gradient penalty, the spectral norm,
# relativistic pairs with R1 and R2, and packing.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 12.1 the gradient penalty | 20 | ● ● ○ | 9 |
# | 12.2 the spectral norm | 25 | ● ● ● | 9 |
# | 12.3 pairs with R1 and R2 | 20 | ● ● ○ | 9 |
# | 12.4 packing | 15 | ● ○ ○ | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `gancourse.losses.wgan_gp_penalty` in 12.1; `gancourse.nets.spectral.spectrally_normalised`,
# `torch.nn.utils.parametrizations.spectral_norm`, `torch.nn.utils.parametrizations._SpectralNorm`,
# `torch.nn.utils.spectral_norm` in 12.2; `gancourse.losses.relativistic_d`,
# `gancourse.losses.relativistic_g`, `gancourse.losses.r1_penalty`, `gancourse.losses.r2_penalty` in
# 12.3; `gancourse.nets.packing.packed` in 12.4.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from gancourse.check import check

# %% [markdown]
# ## 12.1 The gradient penalty
#
# Return the mean of $(|\nabla_x D(x)| - 1)^2$ at points between `x_real` and `x_fake`, with a
# weight of its own for each pair, uniform from 0 to 1. The norm is Euclidean, of a sample's whole
# gradient. D's weights must be able to learn from it; leave D as it is, its gradients too.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A pair's point is $t x_{real} + (1 - t) x_{fake}$ with one $t$ for all of its pixels. A logit
# depends on its own sample alone, so the gradient of the *sum* of logits has each one's in its row.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.rand(N, 1)` for points, `torch.rand(N, 1, 1, 1)` for pictures, `x.dim()` for both;
# `x.requires_grad_()`;
# `torch.autograd.grad(D(x).sum(), x, create_graph=True)` returns a tuple; `Tensor.flatten(1)`.


# %% tags=["exercise:12.1"]
def gradient_penalty(D: nn.Module, x_real: Tensor, x_fake: Tensor) -> Tensor:
    """Return the penalty, without its weight, from D: [N, ...] -> [N] and samples [N, ...]."""
    # BEGIN SOLUTION
    t = torch.rand(len(x_real), *[1] * (x_real.dim() - 1))  # [N, 1, ...]
    x = (t * x_real + (1 - t) * x_fake).requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
    # END SOLUTION


# %%
result = check("12.1", gradient_penalty)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The gradient is itself a function of D's weights: `create_graph` keeps it one. Batch norm in D
# would mix the samples, and then the sum's gradient has no sample's own slope in its rows.

# %% [markdown]
# ## 12.2 The spectral norm
#
# Take one step of power iteration from the `u` that is kept: $v=W^Tu$, $u=Wv$, both of length 1.
# Keep the new `u`; in evaluation mode `u` stays and only $v$ is computed. Return $W / \sigma$ with
# $\sigma = u \cdot W v$. The gradient takes $u$ and $v$ as constants. A kernel counts as a matrix
# with `rows` rows.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Find $v$ and $u$ first, without gradients. Then compute $\sigma$ from them with gradients: so W
# reaches it, and D feels that a larger W is divided by a larger $\sigma$.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `Tensor.flatten(1)` makes a kernel `[out, in, h, w]` a matrix; `torch.no_grad`;
# `torch.nn.functional.normalize(x, dim=0)`; `self.training`; `self.u = ...` keeps a buffer.


# %% tags=["exercise:12.2"]
class SpectralNorm(nn.Module):
    """Divides a weight [rows, ...] by the estimate of its largest singular value."""

    def __init__(self, rows: int):
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(rows), dim=0))

    def forward(self, W: Tensor) -> Tensor:
        # BEGIN SOLUTION
        matrix = W.flatten(1)  # [rows, columns]
        with torch.no_grad():
            v = normalize(matrix.T @ self.u, dim=0)
            if self.training:
                self.u = normalize(matrix @ v, dim=0)
        return W / (self.u @ matrix @ v)
        # END SOLUTION


# %%
result = check("12.2", SpectralNorm)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# One step is little, but W moves little between steps, and `u` goes on from where it was.
# `torch.nn.utils.parametrize.register_parametrization(layer, "weight", SpectralNorm(rows))` puts it
# on a layer.

# %% [markdown]
# ## 12.3 Pairs with R1 and R2
#
# Return D's objective: $\mathrm{softplus}(D(x_{fake}) - D(x_{real}))$, averaged over pairs, plus
# $\frac{\gamma}{2} |\nabla_x D(x)|^2$, averaged over the real samples (R1), and again over the fake
# ones (R2). D's weights must be able to learn from it; leave D as it is, its gradients too.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Three numbers are added: a loss of N differences, and the same penalty twice, at two places. The
# square of a norm is the sum of squares: no root is needed.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.nn.functional.softplus`; `x.clone().requires_grad_()`;
# `torch.autograd.grad(D(x).sum(), x, create_graph=True)` returns a tuple.


# %% tags=["exercise:12.3"]
def d_objective(D: nn.Module, x_real: Tensor, x_fake: Tensor, gamma: float) -> Tensor:
    """Return what D goes down, from D: [N, ...] -> [N] and samples [N, ...]."""
    # BEGIN SOLUTION
    objective = softplus(D(x_fake) - D(x_real)).mean()
    for x in (x_real, x_fake):
        x = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        objective = objective + gamma / 2 * slope.flatten(1).square().sum(1).mean()
    return objective
    # END SOLUTION


# %%
result = check("12.3", d_objective)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# A D that raises all logits alike gains nothing: only differences count. R2 keeps D flat where
# there are fakes, which is where G reads its slope.

# %% [markdown]
# ## 12.4 Packing
#
# D judges packs of `m` samples of one kind that follow each other, joined along axis 1. Return D's
# loss: cross-entropy on logits, exact where D is sure, with one label for each pack, real 1, fake
# 0; the mean over each kind, added. Where `m` does not divide a kind's N, raise a `ValueError`
# whose sentence names both.

# %% [markdown] tags=["hint"]
# Hint: the idea
# The samples of a pack lie next to each other in memory: a reshape moves nothing and joins them. A
# real sample says nothing in a pack of fakes, so pack the two kinds separately.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `x.reshape(N // m, m * C, H, W)`; `x.shape[2:]` is empty for points; `%`; for a real pack the
# cross-entropy is `softplus(-logit)`, for a fake one `softplus(logit)`.


# %% tags=["exercise:12.4"]
def packed_d_loss(D: nn.Module, x_real: Tensor, x_fake: Tensor, m: int) -> Tensor:
    """Return the loss, from D: [N / m, m C, ...] -> [N / m] and samples [N, C, ...].

    There may be more real samples than fakes.
    """

    # BEGIN SOLUTION
    def packs(x: Tensor) -> Tensor:
        N, C, *size = x.shape
        if N % m:
            raise ValueError(f"A batch of {N} samples makes no whole packs of {m}.")
        return x.reshape(N // m, m * C, *size)

    return softplus(-D(packs(x_real))).mean() + softplus(D(packs(x_fake))).mean()
    # END SOLUTION


# %%
result = check("12.4", packed_d_loss)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Two samples of one collapsed G are nearly the same, and two real ones hardly ever: a D that sees
# both at once notices what no single sample shows.

# %% [markdown]
# ## What you wrote
#
# Four remedies, each a few lines: two keep D's slope in bounds, one compares pairs, one shows D
# more than one sample at a time.
