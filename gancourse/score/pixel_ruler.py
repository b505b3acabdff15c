"""A weaker ruler for images on which no classifier was trained: what pixels alone say. Lesson 14.

Its features are the principal components of the training images' pixels, its classes come from a
linear discriminant in them. They see brightness, colours and large shapes; of strokes, textures and
small parts, which a trained classifier's features are made of, they see little.
"""

import functools

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gancourse import machine
from gancourse.data import ImageSet, load_images

WEAKER = (
    "No classifier was trained on these images: the features are {n} principal components of their "
    "pixels, a weaker ruler than that of MNIST, and its scores compare with no other's."
)
FEATURES, SIDE, FITTED = 64, 32, 5000  # numbers; pixels that are looked at; images that it is of


class PixelRuler(nn.Module):
    """Images [N, C, S, S] in [-1, 1] to principal components [N, F]; linear logits of classes."""

    def __init__(self, shape: tuple[int, ...], mean: Tensor, axes: Tensor, classes: int):
        super().__init__()
        self.shape, self.num_features = tuple(shape), axes.shape[1]
        self.register_buffer("mean", mean)
        self.register_buffer("axes", axes)
        self.head = nn.Linear(self.num_features, classes)
        self.note = WEAKER.format(n=self.num_features)

    def forward(self, x: Tensor) -> Tensor:
        return (_seen(x) - self.mean) @ self.axes


def _seen(x: Tensor) -> Tensor:
    """Return images [N, C, S, S] as rows of at most 32 x 32 pixels."""
    side = min(SIDE, x.shape[-1])
    return adaptive_avg_pool2d(x, side).flatten(1)


@torch.no_grad()
def pixel_ruler(images: ImageSet) -> PixelRuler:
    """Return the ruler of an image set, of at most 5,000 of its images; the same each time."""
    from sklearn.decomposition import PCA  # slow to import

    index = torch.randperm(len(images), generator=machine.seed_generator())[:FITTED]
    x = _seen(images.scaled(index.sort().values))
    n = min(FEATURES, len(x) - 1, x.shape[1])
    with machine.threaded("scores"):
        found = PCA(n, svd_solver="randomized", random_state=0).fit(x.numpy())
    mean, axes = (torch.from_numpy(part).float() for part in (found.mean_, found.components_.T))
    ruler = PixelRuler(images.images.shape[1:], mean, axes.contiguous(), len(images.class_names))
    _discriminate(ruler, (x - mean) @ axes, images.labels[index.sort().values])
    return ruler.eval().requires_grad_(False)


def _discriminate(ruler: PixelRuler, h: Tensor, labels: Tensor) -> None:
    """Set the head to the linear discriminant of features [N, F] with labels [N].

    Normal classes of one covariance: Hastie et al. 2009, equation 4.10.
    """
    classes = ruler.head.out_features
    shares = torch.bincount(labels, minlength=classes).float() / len(labels)
    means = torch.stack(
        [h[labels == k].mean(0) if shares[k] else h.mean(0) for k in range(classes)]
    )
    within = h - means[labels]
    cov = within.T @ within / len(h)
    least = 1e-6 * h.var()  # where each class has one picture
    cov += (1e-3 * cov.diagonal().mean() + least) * torch.eye(len(cov))
    weights = torch.linalg.solve(cov, means.T).T
    ruler.head.weight.copy_(weights)
    ruler.head.bias.copy_(shares.clamp(min=1e-6).log() - (weights * means).sum(1) / 2)


@functools.cache
def ruler_of(data: str) -> PixelRuler:
    """Return the weaker ruler of the image set `data`."""
    return pixel_ruler(load_images(data))
