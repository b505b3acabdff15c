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
# # Exercises 13: conditional GANs
#
# **Goal:** give a label to D in two ways, take a turn in which each fake is judged with the label
# it was made for, and change what D looks at where real images are few.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 13.1 a label as maps | 10 | ● ○ ○ | 6 |
# | 13.2 the projection logit | 15 | ● ● ○ | 7 |
# | 13.3 a turn with labels | 20 | ● ● ○ | 9 |
# | 13.4 differentiable augmentation | 20 | ● ● ● | 9 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.nets.label_maps` in
# 13.1; `gancourse.train.one_step`, `gancourse.train.d_step`, `gancourse.train.g_step` in 13.3;
# `gancourse.train.diff_augment`, `gancourse.train.augment.brightness` in 13.4.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from gancourse.check import check

# %% [markdown]
# ## 13.1 A label as maps
#
# A convolution sees a label best as pictures. Return `x` with `classes` more channels after its
# own: each is 1 everywhere in images with that label, 0 everywhere in the others. Images may have
# any size and number of channels; a batch need not have all labels. The gradient must reach `x`.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Write each label as a row of 0 with a single 1, [N, classes]. Then let each number of a row fill a
# whole channel.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.nn.functional.one_hot(y, classes)` gives whole numbers; `a[:, :, None, None]` adds two axes
# of size 1, `Tensor.expand(-1, -1, H, W)` fills them; `torch.cat(..., dim=1)`.


# %% tags=["exercise:13.1"]
def with_label_maps(x: Tensor, y: Tensor, classes: int) -> Tensor:
    """Return [N, C + classes, H, W] from images [N, C, H, W] and labels y, int64 [N]."""
    # BEGIN SOLUTION
    maps = one_hot(y, classes).to(x)[:, :, None, None]  # [N, classes, 1, 1]
    return torch.cat([x, maps.expand(-1, -1, *x.shape[2:])], dim=1)
    # END SOLUTION


# %%
result = check("13.1", with_label_maps)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# `expand` copies nothing: all pixels of a map are one number in memory. A convolution over constant
# maps adds to each of its channels a number that depends on the label: a bias for each class.

# %% [markdown]
# ## 13.2 The projection logit
#
# Return $\psi(h) + \langle e(y), h \rangle$ for features $h$ of images and their labels: one logit
# for each image, [N]. $\psi$ is a dense layer, $e(y)$ the label's embedding; $\langle \cdot, \cdot
# \rangle$ sums the products over the features. A batch may have one image alone. The gradient must
# reach `h`, `psi` and `embed`.

# %% [markdown] tags=["hint"]
# Hint: the idea
# Two terms: how real the image is whatever its label, and how well it fits its label. Bring both to
# the shape [N] before you add them: [N, 1] + [N] is [N, N].

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `self.psi(h)` is [N, 1], `self.embed(y)` is [N, features]; `Tensor.squeeze(1)`; `Tensor.sum(1)`.


# %% tags=["exercise:13.2"]
class ProjectionHead(nn.Module):
    """Turns features h [N, features] and labels y, int64 [N], into logits [N]."""

    def __init__(self, features: int, classes: int):
        super().__init__()
        self.psi = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features)

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        # BEGIN SOLUTION
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1)
        # END SOLUTION


# %%
result = check("13.2", ProjectionHead)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The inner product is log p(y | x) - log q(y | x) where both are softmax models on the same
# features, up to what does not depend on the image's label: so much of D* has its form given.

# %% [markdown]
# ## 13.3 A turn with labels
#
# Take one step of D down cross-entropy (two means, added): real points with `y_real` and fakes with
# the `y` that they were made for; then one of G down the mean of $-\log D$, with the new D and the
# same `y`. Either net may hold old gradients, and D may be sure and wrong (logits of 150).

# %% [markdown] tags=["hint"]
# Hint: the idea
# D is asked: is this point real, *among those of this label*? So whatever D sees comes with a
# label, and a fake has the one that G was given.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `G(joined(z, y))`, `D(joined(x, labels))`; `x_fake.detach()` in D's loss;
# `softplus(-logit).mean()` is the mean of $-\log D$, `softplus(logit).mean()` that of
# $-\log(1 - D)$.


# %% tags=["exercise:13.3"]
CLASSES = 3


def joined(x: Tensor, y: Tensor) -> Tensor:
    """Return points or z [N, C] with their labels as CLASSES more columns."""
    return torch.cat([x, one_hot(y, CLASSES).to(x)], dim=1)


def conditional_turn(G: nn.Module, D: nn.Module, opt_G, opt_D, real, fake) -> None:
    """Take a step of D, then one of G, in place; real is (x_real, y_real), fake is (z, y).

    There may be more real points than fakes.
    """
    (x_real, y_real), (z, y) = real, fake
    # BEGIN SOLUTION
    x_fake = G(joined(z, y))
    on_real, on_fake = D(joined(x_real, y_real)), D(joined(x_fake.detach(), y))
    opt_D.zero_grad()
    (softplus(-on_real).mean() + softplus(on_fake).mean()).backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(joined(x_fake, y))).mean().backward()
    opt_G.step()
    # END SOLUTION


# %%
result = check("13.3", conditional_turn)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# With `y_real` for the fakes D would see fine threes that are called sevens. It learns to refuse
# them, G learns that no three is good enough, and the label means less and less.

# %% [markdown]
# ## 13.4 Differentiable augmentation
#
# Where real images are few, D learns them by heart. So add to each image a number of its own,
# uniform from -1/2 to 1/2: real and fake, wherever D looks. Return D's loss (cross-entropy on
# logits, two means, added) and G's (the mean of $-\log D$). G's loss must reach `x_fake`, D's must
# not. Leave D as it is.

# %% [markdown] tags=["hint"]
# Hint: the idea
# If only real images are changed, G learns to make changed ones. If all are, the change tells D
# nothing, and G's gradient passes through it as through any sum.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.rand(len(x), 1, 1, 1)` is uniform from 0 to 1; `Tensor.detach`;
# `softplus(-logit).mean()`; `torch.stack([a, b])`.


# %% tags=["exercise:13.4"]
def augmented_losses(D: nn.Module, x_real: Tensor, x_fake: Tensor) -> Tensor:
    """Return torch.stack([d_loss, g_loss]) from D: [N, 1, H, W] -> [N] and images.

    There may be more real images than fakes.
    """

    # BEGIN SOLUTION
    def changed(x: Tensor) -> Tensor:
        return x + torch.rand(len(x), 1, 1, 1) - 1 / 2

    on_real, on_fake = D(changed(x_real)), D(changed(x_fake.detach()))
    d_loss = softplus(-on_real).mean() + softplus(on_fake).mean()
    return torch.stack([d_loss, softplus(-D(changed(x_fake))).mean()])
    # END SOLUTION


# %%
result = check("13.4", augmented_losses)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# This is the first of DiffAugment's changes (Zhao et al. 2020); the others are contrast, a shift
# and a hole. What counts is that the change can be undone in distribution: equal changed images
# mean equal images.

# %% [markdown]
# ## What you wrote
#
# Two ways to tell D the label, the turn that makes a label mean something, and a remedy for few
# data.
