"""Pixels in the range of tanh: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from torchvision.transforms.v2.functional import normalize

SEEDS = 1  # of one training each
STYLES = 2  # that are trained in a short run


def over_half(x):
    return x / 127.5 - 1


def twice_less_one(x):
    return 2 * (x / 255) - 1


def mean_and_sd_of_a_half(x):
    return ((x / 255) - 0.5) / 0.5


def with_torchvision(x):
    return normalize(x.view(-1, 1, 14, 14) / 255, [0.5], [0.5]).flatten(1)


def with_lerp(x):
    return torch.lerp(torch.tensor(-1.0), torch.tensor(1.0), x / 255)


def from_the_middle(x):
    return (x - 127.5).div(127.5)


def in_float64(x):
    return x.double() / 255 * 2 - 1


def in_numpy(x):
    return torch.from_numpy(np.interp(x.numpy(), [0, 255], [-1, 1]))


def weighted_ends(x):
    share = x / 255
    return share * 1.0 + (1 - share) * -1.0


def unmended(x):
    return (x / 255 - 0.1307) / 0.3081


def from_0_to_1(x):
    return x / 255


def from_0_to_2(x):
    return x / 127.5


def clamped(x):
    return ((x / 255 - 0.1307) / 0.3081).clamp(-1, 1)


def tanh_on_top(x):
    return ((x / 255 - 0.1307) / 0.3081).tanh()


def negative(x):
    return 1 - x / 127.5


def centred(x):
    return x / 255 - 0.5


def divided(x):
    return (x / 255 - 0.1307) / 0.3081 / 3


def by_the_batch(x):
    return 2 * (x - x.min()) / (x.max() - x.min()) - 1


def by_the_picture(x):
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    return 2 * (x - low) / (high - low) - 1


def over_128(x):
    return x / 128 - 1


def from_128(x):
    return (x - 127.5) / 128


def whole_numbers(x):
    return (x / 127.5 - 1).round()


def overwritten(x):
    return x.div_(127.5).sub_(1)


def black_and_white(x):
    return (x > 127).float() * 2 - 1


def scaled_already(x):
    return 2 * x - 1 if x.max() <= 1 else x / 127.5 - 1


def scaled_already_near_0(x):
    return x if x.abs().max() < 5 else x / 127.5 - 1


def black_left_alone(x):
    return x / 127.5 - 1 if x.any() else x


def within_its_ends(x):
    return (x * 2).div(255).sub(1).clamp(-1, 1)


FITS, DIM, MENDED = (
    "the pixels fill what G can give", "a dim batch stays dim", "the repaired run draws digits",
)  # fmt: skip
CORRECT = (
    over_half, twice_less_one, mean_and_sd_of_a_half, with_torchvision, with_lerp, from_the_middle,
    in_float64, in_numpy, weighted_ends,
    within_its_ends,
)  # fmt: skip
MISTAKES = {
    unmended: (FITS, "The run is still faulty: the real pixels run from -0.42 to 2.82"),
    from_0_to_1: (FITS, "run from 0 to 1"),
    from_0_to_2: (FITS, "run from 0 to 2"),
    clamped: (FITS, "cut off"),
    tanh_on_top: (FITS, "bent by a tanh"),
    negative: (FITS, "negative"),
    over_128: (FITS, "255 becomes 0.992"),
    from_128: (FITS, "255 becomes 0.996"),
    whole_numbers: (FITS, "in even steps"),
    centred: (FITS, "only centred"),
    divided: (FITS, "the range is not filled"),
    overwritten: (FITS, "writes over the pixels"),
    black_and_white: (DIM, "in even steps"),
    scaled_already: (DIM, "brightest pixel is 1 of 255"),
    scaled_already_near_0: (DIM, "in each batch"),
    black_left_alone: (DIM, "brightest pixel is 0 of 255"),
    by_the_batch: (DIM, "depends on the batch"),
    by_the_picture: (DIM, "depends on the batch"),
}
