"""First weights of a transposed convolution: correct in several styles, and classic mistakes."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def by_fan_in(c_in, c_out, k, s, a):
    fan_in = c_in * (k // s) ** 2
    return (2 / ((1 + a**2) * fan_in)) ** 0.5


def with_torchs_gain(c_in, c_out, k, s, a):
    gain = nn.init.calculate_gain("leaky_relu", a)
    return gain * s / (k * math.sqrt(c_in))


def as_a_tensor(c_in, c_out, k, s, a):
    return torch.sqrt(torch.tensor(2.0 * s * s / (c_in * k * k * (1 + a * a))))


def overlap_counted(c_in, c_out, k, s, a):
    counts = F.conv_transpose2d(torch.ones(1, 1, 9, 9), torch.ones(1, 1, k, k), stride=s)
    return math.sqrt(2 / (1 + a * a) / (c_in * counts.max().item()))


def by_the_variance(c_in, c_out, k, s, a):
    products = c_in * (k / s) ** 2
    left = 0.5 + 0.5 * a * a  # LeakyReLU's share of a mean square
    return math.exp(-0.5 * math.log(products * left))


def in_numpy(c_in, c_out, k, s, a):
    return np.sqrt(2.0 / (1 + np.square(a)) / (c_in * np.square(k // s)))


def rescaled_kaiming(c_in, c_out, k, s, a):
    """The sd of a plain convolution with that fan-in, times the stride."""
    return s * math.sqrt(2 / (1 + a**2)) / math.sqrt(c_in * k**2)


def stamp_by_stamp(c_in, c_out, k, s, a):
    overlap = len(range(0, k, s))
    return 1 / math.sqrt(c_in * overlap * overlap * (1 + a * a) / 2)


def overlap_once(c_in, c_out, k, s, a):
    return (2 / ((1 + a**2) * c_in * (k // s))) ** 0.5


def overlap_doubled(c_in, c_out, k, s, a):
    return (2 / ((1 + a**2) * c_in * (k // s) * 2)) ** 0.5


def fan(c_in, c_out, k, s, a):
    return c_in * k * k / s**2


def stride_forgotten(c_in, c_out, k, s, a):
    return (2 / ((1 + a**2) * c_in * k * k)) ** 0.5


def stride_once(c_in, c_out, k, s, a):
    return (2 * s / ((1 + a**2) * c_in * k * k)) ** 0.5


def outputs_channels(c_in, c_out, k, s, a):
    return by_fan_in(c_out, c_in, k, s, a)


def torchs_fan(c_in, c_out, k, s, a):
    layer = nn.ConvTranspose2d(c_in, c_out, k, s, bias=False)
    fan_in = nn.init._calculate_fan_in_and_fan_out(layer.weight)[0]
    return (2 / ((1 + a**2) * fan_in)) ** 0.5


def slope_forgotten(c_in, c_out, k, s, a):
    return (2 / fan(c_in, c_out, k, s, a)) ** 0.5


def no_kink(c_in, c_out, k, s, a):
    return fan(c_in, c_out, k, s, a) ** -0.5


def two_missing(c_in, c_out, k, s, a):
    return (1 / ((1 + a**2) * fan(c_in, c_out, k, s, a))) ** 0.5


def a_variance(c_in, c_out, k, s, a):
    return 2 / ((1 + a**2) * fan(c_in, c_out, k, s, a))


def slope_not_squared(c_in, c_out, k, s, a):
    return (2 / ((1 + a) * fan(c_in, c_out, k, s, a))) ** 0.5


def kernel_in_one_direction(c_in, c_out, k, s, a):
    return (2 * s * s / ((1 + a**2) * c_in * k)) ** 0.5


def both_ways(c_in, c_out, k, s, a):
    return (4 * s * s / ((1 + a**2) * (c_in + c_out) * k * k)) ** 0.5


def dcgan(c_in, c_out, k, s, a):
    return 0.02


CORRECT = (
    by_fan_in, with_torchs_gain, as_a_tensor, overlap_counted, by_the_variance, in_numpy,
    rescaled_kaiming, stamp_by_stamp,
)  # fmt: skip
LEAKY, RELU = "with LeakyReLU", "with ReLU"
MISTAKES = {
    stride_forgotten: (LEAKY, "The stride is forgotten"),
    stride_once: (LEAKY, "in both directions"),
    outputs_channels: (LEAKY, "counts the output's channels"),
    torchs_fan: (LEAKY, "PyTorch's own initialisers"),
    slope_forgotten: (LEAKY, "The slope is forgotten"),
    no_kink: (LEAKY, "The kinked function is forgotten"),
    two_missing: (RELU, "The 2 is missing"),
    a_variance: (LEAKY, "take the root"),
    slope_not_squared: (LEAKY, "(1 + a) / 2"),
    kernel_in_one_direction: (LEAKY, "not k."),
    both_ways: (LEAKY, "counts both ways"),
    overlap_once: (LEAKY, "is not that of the input"),
    overlap_doubled: (LEAKY, "is not that of the input"),
    dcgan: (LEAKY, "is not that of the input"),
}
