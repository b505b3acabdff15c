"""The cost of a stack of convolutions: correct in several styles, and the classic mistakes."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def in_a_loop(channels, side, up):
    weights = flop = 0
    for n_in, n_out in pairwise(channels):
        weights += 16 * n_in * n_out
        side = side if up else side // 2
        flop += 2 * 16 * n_in * n_out * side**2
        side = 2 * side if up else side
    return weights, flop


def counted_by_torch(channels, side, up):
    kind = nn.ConvTranspose2d if up else nn.Conv2d
    layers = [kind(a, b, 4, 2, 1, bias=False, device="meta") for a, b in pairwise(channels)]
    net = nn.Sequential(*layers)
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(1, channels[0], side, side, device="meta"))
    return sum(p.numel() for p in net.parameters()), counter.get_total_flops()


def turned_round(channels, side, up):
    """A generator costs what the discriminator does that it mirrors."""
    if up:
        return turned_round(channels[::-1], side * 2 ** (len(channels) - 1), False)
    products = torch.tensor([a * b for a, b in pairwise(channels)], dtype=torch.float64)
    sides = side / 2.0 ** torch.arange(1, len(channels), dtype=torch.float64)
    return torch.stack([16 * products.sum(), (32 * products * sides**2).sum()])


def recursive(channels, side, up):
    if len(channels) < 2:
        return [0, 0]
    n_in, n_out, *_ = channels
    positions = side**2 if up else (side // 2) ** 2
    weights, flop = recursive(channels[1:], side * 2 if up else side // 2, up)
    return [weights + 16 * n_in * n_out, flop + 32 * n_in * n_out * positions]


def sums_of_powers(channels, side, up):
    pairs = list(pairwise(channels))
    sides = [side * 2**i if up else side // 2 ** (i + 1) for i in range(len(pairs))]
    weights = [4 * 4 * a * b for a, b in pairs]
    return sum(weights), 2 * sum(w * n * n for w, n in zip(weights, sides, strict=True))


def in_numpy(channels, side, up):
    c = np.array(channels, dtype=np.int64)
    weights = 16 * c[:-1] * c[1:]
    steps = np.arange(len(weights))
    small = side * 2**steps if up else side // 2 ** (steps + 1)
    return weights.sum(), (2 * weights * small**2).sum()


def as_a_dot_product(channels, side, up):
    weights = torch.tensor([16.0 * a * b for a, b in pairwise(channels)], dtype=torch.float64)
    first = side if up else side / 2
    positions = [first**2 * (4.0 if up else 0.25) ** i for i in range(len(weights))]
    return weights.sum(), 2 * weights @ torch.tensor(positions, dtype=torch.float64)


def real_layers(channels, side, up):
    weights = flop = 0
    for a, b in pairwise(channels):
        layer = (nn.ConvTranspose2d if up else nn.Conv2d)(a, b, 4, 2, 1, bias=False)
        weights += layer.weight.numel()
        flop += 2 * layer.weight.numel() * (side if up else side // 2) ** 2
        side = side * 2 if up else side // 2
    return weights, flop


def first_block_alone(channels, side, up):
    return _counted(channels[:2], side, up)


def flop_of_a_batch(channels, side, up):
    weights, flop = in_a_loop(channels, side, up)
    return weights, 64 * flop


def _counted(channels, side, up, weight=16, flop=32, positions=None, bias=0):
    """Return the counts with one thing changed."""
    positions = positions or (lambda before, after: (before if up else after) ** 2)
    weights = total = 0
    for n_in, n_out in pairwise(channels):
        after = 2 * side if up else side // 2
        weights += weight * n_in * n_out + bias * n_out
        total += flop * n_in * n_out * positions(side, after)
        side = after
    return weights, total


def with_biases(channels, side, up):
    return _counted(channels, side, up, bias=1)


def kernel_of_four_numbers(channels, side, up):
    return _counted(channels, side, up, weight=4)


def one_number_a_pair(channels, side, up):
    return _counted(channels, side, up, weight=1)


def last_block_alone(channels, side, up):
    return 16 * channels[-2] * channels[-1], in_a_loop(channels, side, up)[1]


def kernels_of_the_outputs(channels, side, up):
    return 16 * sum(channels[1:]), in_a_loop(channels, side, up)[1]


def multiply_adds(channels, side, up):
    return _counted(channels, side, up, flop=16)


def output_positions(channels, side, up):
    return _counted(channels, side, up, positions=lambda before, after: after**2)


def input_positions(channels, side, up):
    return _counted(channels, side, up, positions=lambda before, after: before**2)


def one_row(channels, side, up):
    return _counted(channels, side, up, positions=lambda before, after: min(before, after))


def side_stays(channels, side, up):
    first = side if up else side // 2
    return _counted(channels, side, up, positions=lambda before, after: first**2)


def each_weight_once(channels, side, up):
    return _counted(channels, side, up, positions=lambda before, after: 1)


def weights_alone(channels, side, up):
    return in_a_loop(channels, side, up)[0]


def alike_once(channels, side, up):
    pairs = set(pairwise(channels))
    return sum(16 * a * b for a, b in pairs), in_a_loop(channels, side, up)[1]


def layer_by_layer_on_meta(channels, side, up):
    weights, flop, x = 0, 0, torch.empty(1, channels[0], side, side, device="meta")
    for a, b in pairwise(channels):
        layer = (nn.ConvTranspose2d if up else nn.Conv2d)(a, b, 4, 2, 1, bias=False, device="meta")
        y = layer(x)
        weights += layer.weight.numel()
        flop += 2 * layer.weight.numel() * (x if up else y).shape[-1] ** 2
        x = y
    return weights, flop


def up_guessed_from_the_channels(channels, side, up):
    return in_a_loop(channels, side, channels[0] > channels[-1])


def in_32_bits(channels, side, up):
    weights, flop = in_a_loop(channels, side, up)
    return weights, np.array([flop]).astype(np.int32)[0]


def in_single_precision(channels, side, up):
    weights, flop = in_a_loop(channels, side, up)
    return weights, torch.tensor(float(flop))


CORRECT = (
    in_a_loop, counted_by_torch, turned_round, recursive, sums_of_powers, in_numpy,
    as_a_dot_product, real_layers, layer_by_layer_on_meta,
)  # fmt: skip
WEIGHTS, DOWN, UP = "the weights", "the FLOP of a discriminator", "the FLOP of a generator"
MISTAKES = {
    with_biases: (WEIGHTS, "biases too"),
    kernel_of_four_numbers: (WEIGHTS, "it is 4 x 4, so it has 16"),
    one_number_a_pair: (WEIGHTS, "one number for each pair"),
    last_block_alone: (WEIGHTS, "the last block alone"),
    kernels_of_the_outputs: (WEIGHTS, "each pair of an input and an output channel"),
    weights_alone: (WEIGHTS, "two numbers"),
    multiply_adds: (DOWN, "multiply-adds"),
    input_positions: (DOWN, "every second position"),
    output_positions: (UP, "for each input position"),
    one_row: (UP, "one row of positions"),
    side_stays: (DOWN, "stays the same for all blocks"),
    first_block_alone: (WEIGHTS, "the first block alone"),
    flop_of_a_batch: (UP, "is not the sum over the blocks"),
    alike_once: (WEIGHTS, "counted once"),
    each_weight_once: (UP, "count each weight once"),
    up_guessed_from_the_channels: (DOWN, "`up` is not heeded"),
    in_32_bits: (DOWN, "overflowed"),
    in_single_precision: (DOWN, "lost digits"),
}
