"""What a classifier learns from images: real ones, samples of a generator, or both. Lesson 13.

A generator is as good as what can be learnt from its samples: the nearest neighbour's error
(Radford et al. 2016, arXiv 1511.06434, appendix), and the classification accuracy score, of a net
trained on samples alone and tested on real images (Ravuri and Vinyals 2019, arXiv 1905.10887).
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from gancourse import machine
from gancourse.data import ImageSet
from gancourse.errors import InputError, at_least
from gancourse.evaluation import evaluating
from gancourse.score.copies import nearest

BATCH, RATE = 64, 1e-3


def small_cnn(classes: int = 10) -> nn.Module:
    """Return a classifier of images [N, 1, 28, 28]: two convolutions of stride 2, then dense."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(),  # 14 x 14
        nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),  # 7 x 7
        nn.Flatten(), nn.Linear(32 * 49, classes),
    )  # fmt: skip


def fit(learnt: list[ImageSet], steps: int = 1_000, seed: int = 0) -> nn.Module:
    """Return a `small_cnn` after so many steps of Adam on batches of 64 images.

    Of several sets each gives the same share of every batch: so as many steps cost as much with
    fakes as without. The same seed gives the same net. Raises InputError for no set or an empty
    one, and for steps below 1.
    """
    if not learnt or not all(map(len, learnt)):
        raise InputError("A classifier learns from images, and none were given: give a set.")
    rng, sizes = machine.seed_generator(seed), _shares(len(learnt))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = small_cnn(len(learnt[0].class_names))
    optimiser = torch.optim.Adam(net.parameters(), RATE)
    for _ in range(at_least("steps", steps, 1)):
        drawn = [each.labelled_batch(n, rng) for each, n in zip(learnt, sizes, strict=True)]
        x, y = (torch.cat(parts) for parts in zip(*drawn, strict=True))
        optimiser.zero_grad()
        cross_entropy(net(x), y).backward()
        optimiser.step()
    return net


def _shares(sets: int) -> list[int]:
    return [BATCH // sets + (i < BATCH % sets) for i in range(sets)]


@torch.no_grad()
def accuracy(net: nn.Module, images: ImageSet) -> float:
    """Return the share of images that a classifier gives their label."""
    with evaluating(net):
        parts = torch.arange(len(images)).split(1_000)
        right = [(net(images.scaled(i)).argmax(1) == images.labels[i]).sum().item() for i in parts]
    return sum(right) / len(images)


def nearest_error(learnt: ImageSet, test: ImageSet) -> float:
    """Return how often the nearest image of `learnt`, by its pixels, is of another class."""
    index = nearest(test.images, learnt)[1][:, 0]
    return (learnt.labels[index] != test.labels).double().mean().item()
