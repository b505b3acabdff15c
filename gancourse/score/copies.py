"""Is a sample a copy of a training image? Distances pixel by pixel. Lesson 11.

The search is exact: 1,000 images against 60,000 take 2 seconds of one core, so that the features,
which do not see how thick a stroke is, are not needed to shorten it. Most copies that are blurred
or shifted go unseen.
"""

from torch import Tensor

from gancourse.data import ImageSet
from gancourse.score.measures import distances

RATIO = 0.5  # of the distances to the nearest and the second nearest training image
PROBED = 1000  # images that are looked at: the first ones


def nearest(pixels: Tensor, train_set: ImageSet, k: int = 1) -> tuple[Tensor, Tensor]:
    """Return distances [N, k] and indices [N, k] of the k nearest training images, nearest first.

    pixels are uint8 [N, 1, 28, 28]; a distance is the Euclidean one of grey values in 0..1.
    """
    return distances(pixels.float() / 255, train_set.images.float() / 255, k)


def copied(pixels: Tensor, train_set: ImageSet) -> float:
    """Return the share of uint8 images [N, 1, 28, 28] that are copies of a training image.

    A copy is at most half as far from its nearest training image as from the second nearest.
    That flags none of MNIST's 10,000 test images and 0.29 % of Fashion-MNIST's, all copies, and
    94 % of MNIST's training images with noise of sd 0.05 on them. The idea, with a third in place
    of a half: Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to
    memorize.
    """
    distance, _ = nearest(pixels[:PROBED], train_set, k=2)
    return (distance[:, 0] <= RATIO * distance[:, 1]).double().mean().item()
