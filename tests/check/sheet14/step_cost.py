"""FLOP and bytes of a step: correct in several styles, and the classic mistakes."""

from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def in_a_loop(channels, side, batch):
    flop, weights, kept = 0, 0, channels[0] * side**2
    for i, (a, b) in enumerate(pairwise(channels)):
        side //= 2
        weights += 16 * a * b
        flop += 2 * 16 * a * b * side**2 * (2 if i == 0 else 3)
        kept += b * side**2
    return batch * flop, 4 * (4 * weights + batch * kept)


def counted_by_torch(channels, side, batch):
    layers = [nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(channels)]
    net = nn.Sequential(*layers).to("meta")
    x = torch.empty(batch, channels[0], side, side, device="meta")
    kept = x.numel()
    with FlopCounterMode(display=False) as counter:
        for layer in net:
            x = layer(x)
            kept += x.numel()
        x.sum().backward()
    numbers = 4 * sum(p.numel() for p in net.parameters()) + kept
    return counter.get_total_flops(), numbers * 4


def in_numpy(channels, side, batch):
    c = np.array(channels, dtype=np.int64)
    sides = side // 2 ** np.arange(len(c))
    kernels = 16 * c[:-1] * c[1:]
    products = np.full(len(kernels), 3)
    products[0] = 2
    flop = 2 * batch * (products * kernels * sides[1:] ** 2).sum()
    kept = (c * sides**2).sum()
    return flop, 16 * kernels.sum() + 4 * batch * kept


def three_less_one(channels, side, batch):
    forward, weights, kept = [], 0, [channels[0] * side * side]
    for i, b in enumerate(channels[1:]):
        a = channels[i]
        side = side // 2
        forward.append(32 * a * b * side * side * batch)
        weights += 16 * a * b
        kept.append(b * side * side)
    return [3 * sum(forward) - forward[0], 16 * weights + 4 * batch * sum(kept)]


def recursive(channels, side, batch, first=True):
    if len(channels) == 1:
        return 0, 4 * batch * channels[0] * side**2
    a, b, *_ = channels
    flop, size = recursive(channels[1:], side // 2, batch, False)
    flop += (4 if first else 6) * 16 * a * b * (side // 2) ** 2 * batch
    return flop, size + 16 * 16 * a * b + 4 * batch * a * side**2


def with_real_tensors(channels, side, batch):
    x = torch.empty(1, channels[0], side, side)
    flop, size = 0, 4 * batch * x.numel()
    for i, (a, b) in enumerate(pairwise(channels)):
        layer = nn.Conv2d(a, b, 4, stride=2, padding=1, bias=False)
        x = layer(x)
        forward = 2 * layer.weight.numel() * x.shape[2] * x.shape[3]
        flop += batch * forward * (3 - (i == 0))
        size += 4 * layer.weight.numel() * layer.weight.element_size()
        size += batch * x.numel() * x.element_size()
    return flop, size


def sums_of_lists(channels, side, batch):
    sides = list(accumulate(range(len(channels) - 1), lambda s, _: s // 2, initial=side))
    kernels = [16 * a * b for a, b in pairwise(channels)]
    forward = [2 * batch * k * s * s for k, s in zip(kernels, sides[1:], strict=True)]
    weights_too, inputs_too = sum(forward), sum(forward[1:])
    activations = batch * sum(c * s * s for c, s in zip(channels, sides, strict=True))
    return sum(forward) + weights_too + inputs_too, 4 * (4 * sum(kernels) + activations)


def as_a_tensor(channels, side, batch):
    c = torch.tensor(channels, dtype=torch.float64)
    area = (side // 2 ** torch.arange(len(c))).double().square()
    kernels = 16 * c[:-1] * c[1:]
    forward = 2 * batch * kernels * area[1:]
    flop = 3 * forward.sum() - forward[0]
    return torch.stack([flop, 16 * kernels.sum() + 4 * batch * c @ area])


def popped(channels, side, batch):
    left, flop, numbers = list(channels), 0, 0
    while left:
        a = left.pop(0)
        numbers += batch * a * side**2
        side //= 2
        if left:
            flop += (3 if flop else 2) * 32 * a * left[0] * side**2
            numbers += 64 * a * left[0]
    return batch * flop, 4 * numbers


def _counted(channels, side, batch, times=(2, 3), state=4, number=4, kept=1.0, flop=2):
    """Return both counts with one thing changed."""
    weights, total, floats = 0, 0, channels[0] * side**2
    for i, (a, b) in enumerate(pairwise(channels)):
        side //= 2
        weights += 16 * a * b
        total += flop * 16 * a * b * side**2 * times[min(i, 1)]
        floats += b * side**2
    return batch * total, number * (state * weights + kept * batch * floats)


def forward_alone(channels, side, batch):
    return _counted(channels, side, batch, times=(1, 1))


def backward_as_dear_as_forward(channels, side, batch):
    return _counted(channels, side, batch, times=(2, 2))


def images_gradient_too(channels, side, batch):
    return _counted(channels, side, batch, times=(3, 3))


def last_layer_less(channels, side, batch):
    return _counted(channels[:1], side, batch)[0] + _flop_from_the_end(channels, side, batch), 0


def _flop_from_the_end(channels, side, batch):
    forward = []
    for a, b in pairwise(channels):
        side //= 2
        forward.append(32 * a * b * side**2 * batch)
    return 3 * sum(forward) - forward[-1]


def no_gradient_of_weights(channels, side, batch):
    return _counted(channels, side, batch, times=(1, 2))


def multiply_adds(channels, side, batch):
    return _counted(channels, side, batch, flop=1)


def one_image(channels, side, batch):
    return in_a_loop(channels, side, 1)


def input_places(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    return 4 * flop, size


def each_weight_once(channels, side, batch):
    kernels = [16 * a * b for a, b in pairwise(channels)]
    return 2 * batch * (3 * sum(kernels) - kernels[0]), in_a_loop(channels, side, batch)[1]


def flop_alone(channels, side, batch):
    return in_a_loop(channels, side, batch)[0]


def numbers_not_bytes(channels, side, batch):
    return _counted(channels, side, batch, number=1)


def in_half(channels, side, batch):
    return _counted(channels, side, batch, number=2)


def in_double(channels, side, batch):
    return _counted(channels, side, batch, number=8)


def without_adam(channels, side, batch):
    return _counted(channels, side, batch, state=2)


def one_average(channels, side, batch):
    return _counted(channels, side, batch, state=3)


def weights_alone(channels, side, batch):
    return _counted(channels, side, batch, state=1)


def without_activations(channels, side, batch):
    return _counted(channels, side, batch, kept=0)


def activations_of_one(channels, side, batch):
    flop, _ = in_a_loop(channels, side, batch)
    return flop, in_a_loop(channels, side, 1)[1]


def a_batch_of_weights(channels, side, batch):
    flop, _ = in_a_loop(channels, side, batch)
    return flop, batch * in_a_loop(channels, side, 1)[1]


def without_images(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    return flop, size - 4 * batch * channels[0] * side**2


def without_the_last_output(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    last = side // 2 ** (len(channels) - 1)
    return flop, size - 4 * batch * channels[-1] * last**2


def activations_twice(channels, side, batch):
    return _counted(channels, side, batch, kept=2)


def state_alone(channels, side, batch):
    """What grows with the batch is right, and the rest of the bytes is not."""
    flop, size = in_a_loop(channels, side, batch)
    return flop, size + 4 * batch**2


def flop_with_an_offset(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    return flop + 10, size


def three_where_images_have_two_channels(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    first = 32 * channels[0] * channels[1] * (side // 2) ** 2 * batch
    return flop + first * (channels[0] not in (1, 3)), size


def at_least_two_images(channels, side, batch):
    return in_a_loop(channels, side, max(batch, 2))[0], in_a_loop(channels, side, batch)[1]


def sides_of_two_at_least(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    last = side >> len(channels) - 1
    places = max(last, 2) ** 2 - last**2
    return flop + 96 * channels[-2] * channels[-1] * places * batch, size


def first_by_its_channels(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    for i, (a, b) in enumerate(pairwise(channels)):
        side //= 2
        if i and a == channels[0]:
            flop -= 32 * a * b * side**2 * batch
    return flop, size


def equal_layers_once(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    repeated = sum(a * b for a, b in pairwise(channels))
    repeated -= sum(a * b for a, b in set(pairwise(channels)))
    return flop, size - 256 * repeated


def halves_of_odd_sides(channels, side, batch):
    c = torch.tensor(channels, dtype=torch.float64)
    area = side**2 / 4.0 ** torch.arange(len(c), dtype=torch.float64)
    kernels = 16 * c[:-1] * c[1:]
    forward = 2 * batch * kernels * area[1:]
    flop = 3 * forward.sum() - forward[0]
    return torch.stack([flop, 16 * kernels.sum() + 4 * batch * c @ area])


def odd_sides_rounded_up(channels, side, batch):
    sides = list(accumulate(channels[1:], lambda s, _: -(-s // 2), initial=side))
    forward = [32 * a * b * s**2 for (a, b), s in zip(pairwise(channels), sides[1:], strict=True)]
    size = 4 * batch * sum(c * s**2 for c, s in zip(channels, sides, strict=True))
    size += 256 * sum(a * b for a, b in pairwise(channels))
    return batch * (3 * sum(forward) - forward[0]), size


def in_32_bits(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    return np.array([flop]).astype(np.int32)[0], size


def in_single_precision(channels, side, batch):
    flop, size = in_a_loop(channels, side, batch)
    return torch.tensor(float(flop)), size


CORRECT = (
    in_a_loop, counted_by_torch, in_numpy, three_less_one, recursive, with_real_tensors,
    sums_of_lists, as_a_tensor, popped,
)  # fmt: skip
FLOP, BYTES, GROWTH = "the FLOP", "the bytes", "twice the batch"
MISTAKES = {
    forward_alone: (FLOP, "the forward pass alone"),
    backward_as_dear_as_forward: (FLOP, "as dear as forward"),
    images_gradient_too: (FLOP, "images' own gradient"),
    last_layer_less: (FLOP, "it is the first"),
    no_gradient_of_weights: (FLOP, "No weights' gradient"),
    multiply_adds: (FLOP, "multiply-adds"),
    one_image: (FLOP, "one image"),
    input_places: (FLOP, "four times too many"),
    each_weight_once: (FLOP, "each weight once"),
    flop_alone: (FLOP, "2 numbers"),
    numbers_not_bytes: (BYTES, "These are numbers"),
    in_half: (BYTES, "16 bits"),
    in_double: (BYTES, "float64"),
    without_adam: (BYTES, "Adam's averages are missing"),
    one_average: (BYTES, "two averages"),
    weights_alone: (BYTES, "come on top"),
    without_activations: (BYTES, "activations are missing"),
    activations_of_one: (BYTES, "those of one image"),
    a_batch_of_weights: (BYTES, "all images share them"),
    without_images: (BYTES, "images are missing"),
    without_the_last_output: (BYTES, "last layer's output"),
    activations_twice: (BYTES, "counted twice"),
    state_alone: (GROWTH, "only the activations grow"),
    flop_with_an_offset: (GROWTH, "each image costs as much"),
    three_where_images_have_two_channels: (FLOP, "images' own gradient"),
    at_least_two_images: (FLOP, "two backward"),
    sides_of_two_at_least: (FLOP, "two backward"),
    first_by_its_channels: (FLOP, "tell the first one by its place"),
    equal_layers_once: (BYTES, "counted once"),
    halves_of_odd_sides: (FLOP, "Halves of pixels"),
    odd_sides_rounded_up: (FLOP, "rounded up"),
    in_32_bits: (FLOP, "overflowed"),
    in_single_precision: (FLOP, "lost digits"),
}
