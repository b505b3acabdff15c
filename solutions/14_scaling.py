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
# # Exercises 14: scaling up
#
# **Goal:** write what lets many devices do the work of one: shards, averaged gradients,
# accumulation; and count what a step costs before you run it.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 14.1 shards | 15 | ● ● ○ | 7 |
# | 14.2 averaging gradients | 15 | ● ○ ○ | 6 |
# | 14.3 accumulation | 20 | ● ● ○ | 9 |
# | 14.4 the cost of a step | 20 | ● ● ○ | 8 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are
# `torch.utils.data.DistributedSampler`, `gancourse.train.parallel.shard_of` in 14.1;
# `gancourse.train.parallel.average_gradients` in 14.2; `gancourse.maths.cost.step_cost`,
# `gancourse.maths.cost.dcgan_players`, `gancourse.maths.cost.kept_bytes` in 14.4.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.check import check

# %% [markdown]
# ## 14.1 Shards
#
# Return the indices below n that a `rank` reads in an epoch. Together they read every index;
# all ranks read equally many, and no more than needed: where `world` does not divide n, some are
# read twice. The order of all n is shuffled in each epoch, by `seed` and `epoch` alone; leave the
# global random states as they are.

# %% [markdown] tags=["hint"]
# Hint: the idea
# All ranks make the *same* order, without talking to each other, and each takes its share of it:
# each `world`-th index, from its own place on. Make the order long enough first.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `np.random.default_rng((seed, epoch)).permutation(n)`; `-n % world` is how many are missing to a
# multiple; `order[rank::world]`.


# %% tags=["exercise:14.1"]
def shard(n: int, rank: int, world: int, seed: int, epoch: int) -> list[int]:
    """Return the indices of rank 0, 1, ..., world - 1, in their order; n is at least `world`."""
    # BEGIN SOLUTION
    order = np.random.default_rng((seed, epoch)).permutation(n).tolist()
    order += order[: -n % world]
    return order[rank::world]
    # END SOLUTION


# %%
result = check("14.1", shard)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `torch.utils.data.DistributedSampler` does this, and its `set_epoch` is the line that people
# forget: without it each epoch has the order of the first.

# %% [markdown]
# ## 14.2 Averaging gradients
#
# The copies of a net have equal weights. A batch was cut into parts, part `i` has `sizes[i]`
# samples, and copy `i` has in its `.grad` the gradient of its own part's mean loss. Leave in each
# copy's `.grad`, a tensor of its own, that of the mean loss of the whole batch; leave the weights
# as they are.

# %% [markdown] tags=["hint"]
# Hint: the idea
# The mean over the whole batch is the parts' means, each weighed by its share of the samples, and a
# gradient is linear. First read all copies, then write.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `zip(*(net.parameters() for net in copies))` gives the same parameter of all copies;
# `p.grad.copy_(mean)`.


# %% tags=["exercise:14.2"]
def average_gradients(copies: Sequence[nn.Module], sizes: Sequence[int]) -> None:
    """Give all copies the gradient of the whole batch."""
    # BEGIN SOLUTION
    for same in zip(*(net.parameters() for net in copies), strict=True):
        total = sum(n * p.grad for n, p in zip(sizes, same, strict=True))
        for p in same:
            p.grad = total / sum(sizes)
    # END SOLUTION


# %%
result = check("14.2", average_gradients)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `torch.distributed.all_reduce` adds up over processes; DistributedDataParallel divides by their
# number, and so takes all parts as equally large: a reason for shards of equal length.

# %% [markdown]
# ## 14.3 Accumulation
#
# A batch x is too large. Take one step of `opt` on D's loss on real samples,
# $\mathrm{softplus}(-D(x))$, in parts of `size` samples; the last part may be smaller. D ends as
# after one backward pass of the mean over all N samples, whatever gradients D had before; keep the
# graph of one part at a time. Return that mean.

# %% [markdown] tags=["hint"]
# Hint: the idea
# `backward` adds to the gradients that are there. Clear them once, call it once for each part, and
# let each sample count 1/N.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `x.split(size)`; `opt.zero_grad()`; `.sum() / len(x)`; `loss.item()` is a number without a graph.


# %% tags=["exercise:14.3"]
def accumulated_step(D: nn.Module, opt: torch.optim.Optimizer, x: Tensor, size: int) -> float:
    """Take one step on all of x [N, ...], from D: [n, ...] -> [n]; return the mean loss."""
    # BEGIN SOLUTION
    opt.zero_grad()
    loss = 0.0
    for part in x.split(size):
        share = softplus(-D(part)).sum() / len(x)
        share.backward()
        loss += share.item()
    opt.step()
    return loss
    # END SOLUTION


# %%
result = check("14.3", accumulated_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Memory for one part, the numbers of the whole batch: as long as no layer looks at the batch. Batch
# norm does.

# %% [markdown]
# ## 14.4 The cost of a step
#
# D is a stack of convolutions 4 x 4, stride 2, padding 1, without bias. Return what a step of it
# costs on `batch` images: its FLOP forward and backward (2 for a multiply-add, borders in full; the
# images need no gradient), and its bytes in float32: weights, gradients, Adam's two averages, the
# images and each layer's output.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A layer has one product forward and two backward, for its weights' gradient and its input's, each
# as dear as the first. Four numbers for each weight; the rest grows with the batch.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `itertools.pairwise`; a kernel stands once on each place of the *output*, whose side is half of
# the input's, rounded down; exercise 08.1.


# %% tags=["exercise:14.4"]
def step_cost(channels: Sequence[int], side: int, batch: int) -> tuple[int, int]:
    """Return (FLOP, bytes) of a step on images [batch, channels[0], side, side].

    Channels [1, 64, 128] are two layers.
    """
    # BEGIN SOLUTION
    flop, weights, kept = 0, 0, channels[0] * side**2
    for a, b in pairwise(channels):
        side //= 2
        products = 3 if flop else 2
        flop += products * 2 * 16 * a * b * side**2
        weights += 16 * a * b
        kept += b * side**2
    return batch * flop, 4 * (4 * weights + batch * kept)
    # END SOLUTION


# %%
result = check("14.4", step_cost)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Weights are few and activations many: what fills the memory of a convolutional net is the batch.

# %% [markdown]
# ## What you wrote
#
# The numbers of one process from many: each reads its share, and gradients are averaged, over
# devices or over time. And a count that says what it will cost before it runs.
