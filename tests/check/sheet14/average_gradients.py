"""One gradient of the whole batch from those of its parts: correct styles, classic mistakes."""

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from gancourse.train.parallel import average_gradients as the_courses_own


def by_parameter(copies, sizes):
    total = sum(sizes)
    for same in zip(*(net.parameters() for net in copies), strict=True):
        mean = sum(n / total * p.grad for n, p in zip(sizes, same, strict=True))
        for p in same:
            p.grad.copy_(mean)


def by_name(copies, sizes):
    named = [dict(net.named_parameters()) for net in copies]
    for name in named[0]:
        grads = torch.stack([params[name].grad for params in named])
        shares = torch.tensor(sizes, dtype=grads.dtype) / sum(sizes)
        mean = torch.einsum("c,c...->...", shares, grads)
        for params in named:
            params[name].grad = mean.clone()


def as_one_vector(copies, sizes):
    flat = torch.stack([torch.cat([p.grad.flatten() for p in n.parameters()]) for n in copies])
    mean = torch.tensor(sizes, dtype=torch.float32) @ flat / sum(sizes)
    for net in copies:
        start = 0
        for p in net.parameters():
            p.grad = mean[start : start + p.numel()].view_as(p).clone()
            start += p.numel()


def in_place(copies, sizes):
    """The first copy gathers, then gives: an all-reduce by hand."""
    total = sum(sizes)
    first, *others = copies
    with torch.no_grad():
        for p in first.parameters():
            p.grad *= sizes[0] / total
        for net, n in zip(others, sizes[1:], strict=True):
            for p, q in zip(first.parameters(), net.parameters(), strict=True):
                p.grad += n / total * q.grad
        for net in others:
            for p, q in zip(first.parameters(), net.parameters(), strict=True):
                q.grad.copy_(p.grad)


def in_numpy(copies, sizes):
    for same in zip(*(net.parameters() for net in copies), strict=True):
        mean = np.average([p.grad.numpy() for p in same], axis=0, weights=sizes)
        for p in same:
            p.grad = torch.from_numpy(mean).to(p.dtype)


def running_mean(copies, sizes):
    """Welford's way: each further part moves the mean by its share of what is gathered so far."""
    means = [p.grad.clone() for p in copies[0].parameters()]
    seen = sizes[0]
    for net, n in zip(copies[1:], sizes[1:], strict=True):
        seen += n
        for mean, p in zip(means, net.parameters(), strict=True):
            mean.lerp_(p.grad, n / seen)
    for net in copies:
        for mean, p in zip(means, net.parameters(), strict=True):
            p.grad = mean.clone()


def all_at_once(copies, sizes):
    grads = [[p.grad for p in net.parameters()] for net in copies]
    for own, n in zip(grads, sizes, strict=True):
        torch._foreach_mul_(own, float(n))
    for own in grads[1:]:
        torch._foreach_add_(grads[0], own)
    torch._foreach_div_(grads[0], float(sum(sizes)))
    for own in grads[1:]:
        torch._foreach_copy_(own, grads[0])


def sums_first(copies, sizes):
    """From means to sums, the sums added, and back."""
    sums = [[n * p.grad for p in net.parameters()] for net, n in zip(copies, sizes, strict=True)]
    total = [torch.stack(grads).sum(0) for grads in zip(*sums, strict=True)]
    for net in copies:
        for p, g in zip(net.parameters(), total, strict=True):
            p.grad = g / sum(sizes)


def through_a_container(copies, sizes):
    """The vector helpers of torch, on a list of gradients."""
    flat = [parameters_to_vector([p.grad for p in net.parameters()]) for net in copies]
    mean = sum(n * v for n, v in zip(sizes, flat, strict=True)) / sum(sizes)
    for net in copies:
        grads = [torch.empty_like(p) for p in net.parameters()]
        vector_to_parameters(mean, grads)
        for p, g in zip(net.parameters(), grads, strict=True):
            p.grad = g.clone()


def _mixed(copies, weights, into=None):
    for same in zip(*(net.parameters() for net in copies), strict=True):
        mean = sum(w * p.grad for w, p in zip(weights, same, strict=True))
        for p in same if into is None else [same[i] for i in into]:
            p.grad = mean.clone()


def summed(copies, sizes):
    _mixed(copies, [1.0] * len(copies))


def plain_mean(copies, sizes):
    _mixed(copies, [1 / len(copies)] * len(copies))


def not_divided(copies, sizes):
    _mixed(copies, sizes)


def divided_by_samples(copies, sizes):
    _mixed(copies, [1 / sum(sizes)] * len(copies))


def one_over_the_size(copies, sizes):
    _mixed(copies, [1 / n / sum(1 / m for m in sizes) for n in sizes])


def divided_twice(copies, sizes):
    _mixed(copies, [n / sum(sizes) / len(sizes) for n in sizes])


def one_copy_less(copies, sizes):
    _mixed(copies, [1 / max(1, len(sizes) - 1)] * len(sizes))


def sizes_reversed(copies, sizes):
    _mixed(copies, [n / sum(sizes) for n in reversed(sizes)])


def first_to_all(copies, sizes):
    _mixed(copies, [1.0] + [0.0] * (len(copies) - 1))


def last_to_all(copies, sizes):
    _mixed(copies, [0.0] * (len(copies) - 1) + [1.0])


def first_alone(copies, sizes):
    _mixed(copies, [n / sum(sizes) for n in sizes], into=[0])


def overwritten_as_it_goes(copies, sizes):
    """Each copy averages with what the copies before it have already written."""
    for net in copies:
        for p, *same in zip(net.parameters(), *(c.parameters() for c in copies), strict=True):
            p.grad = sum(n / sum(sizes) * q.grad for n, q in zip(sizes, same, strict=True))


def nothing(copies, sizes):
    for net in copies:
        [p.grad for p in net.parameters()]


def cleared(copies, sizes):
    for net in copies:
        for p in net.parameters():
            p.grad = torch.zeros_like(p)


def steps_as_well(copies, sizes):
    by_parameter(copies, sizes)
    for net in copies:
        torch.optim.SGD(net.parameters(), lr=0.1).step()


def frozen_afterwards(copies, sizes):
    by_parameter(copies, sizes)
    for net in copies:
        net.requires_grad_(False)


def weights_by_size(copies, sizes):
    by_parameter(copies, sizes)
    with torch.no_grad():
        for net, n in zip(copies, sizes, strict=True):
            for p in net.parameters():
                p.mul_(n / sum(sizes))


def biases_forgotten(copies, sizes):
    for same in zip(*(net.parameters() for net in copies), strict=True):
        if same[0].dim() > 1:
            mean = sum(n / sum(sizes) * p.grad for n, p in zip(sizes, same, strict=True))
            for p in same:
                p.grad = mean.clone()


def from_the_package(copies, sizes):
    for net in copies:
        the_courses_own(net)


def first_two_copies(copies, sizes):
    for p, q in zip(copies[0].parameters(), copies[1].parameters(), strict=True):
        p.grad = (sizes[0] * p.grad + sizes[1] * q.grad) / (sizes[0] + sizes[1])
        q.grad = p.grad.clone()


CORRECT = (
    by_parameter, by_name, as_one_vector, in_place, in_numpy, running_mean, all_at_once, sums_first,
    through_a_container,
)  # fmt: skip
HALVES, UNEQUAL, LEFT = "equal parts", "unequal parts", "the weights"


def one_tensor_for_all(copies, sizes):
    for same in zip(*(net.parameters() for net in copies), strict=True):
        mean = sum(n / sum(sizes) * p.grad for n, p in zip(sizes, same, strict=True))
        for p in same:
            p.grad = mean


def views_of_one_vector(copies, sizes):
    flat = [parameters_to_vector([p.grad for p in net.parameters()]) for net in copies]
    mean = torch.tensor(sizes, dtype=torch.float32) @ torch.stack(flat) / sum(sizes)
    for net in copies:
        params = list(net.parameters())
        pieces = mean.split([p.numel() for p in params])
        for p, piece in zip(params, pieces, strict=True):
            p.grad = piece.view_as(p)


MISTAKES = {
    summed: (HALVES, "The gradients are added"),
    not_divided: (HALVES, "not divided by the number of all samples"),
    divided_by_samples: (HALVES, "are means already"),
    divided_twice: (HALVES, "divided by the number of copies too"),
    one_copy_less: (HALVES, ""),
    first_to_all: (HALVES, "the first one's gradient"),
    last_to_all: (HALVES, "the last one's gradient"),
    first_alone: (HALVES, "drift apart"),
    overwritten_as_it_goes: (HALVES, "drift apart"),
    nothing: (HALVES, "still has its own"),
    from_the_package: (HALVES, "gancourse.train.parallel.average_gradients"),
    cleared: (HALVES, "gone"),
    biases_forgotten: (HALVES, "is not the gradient"),
    plain_mean: (UNEQUAL, "as if all parts had as many samples"),
    one_over_the_size: (UNEQUAL, "Small parts count more"),
    sizes_reversed: (UNEQUAL, "opposite order"),
    steps_as_well: (LEFT, "only gradients are averaged"),
    frozen_afterwards: (LEFT, "frozen"),
    weights_by_size: (LEFT, "only gradients are averaged"),
    first_two_copies: (HALVES, "2 of 4 copies still have their own"),
    one_tensor_for_all: (HALVES, "share one tensor"),
    views_of_one_vector: (HALVES, "share one tensor"),
}
