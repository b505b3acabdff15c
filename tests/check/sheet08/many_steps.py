"""Steps that bf16 cannot hold: correct in several styles, and the classic mistakes."""

import numpy as np
import torch


def row_by_row(weight, grads, lr):
    for grad in grads:
        weight = weight - lr * grad
    return weight, weight.bfloat16()


def all_at_once(weight, grads, lr):
    kept = weight - lr * grads.sum(0)
    return kept, kept.to(torch.bfloat16)


def with_an_optimiser(weight, grads, lr):
    w = torch.nn.Parameter(weight)
    opt = torch.optim.SGD([w], lr=lr)
    for grad in grads:
        w.grad = grad
        opt.step()
    return w.detach(), w.detach().bfloat16()


def in_float64(weight, grads, lr):
    kept = weight.double() - (lr * grads.double()).sum(0)
    return kept, kept.float().bfloat16().float()


def numpy_and_bits(weight, grads, lr):
    """Round to nearest, ties to even, on the bits of float32."""
    kept = weight.numpy().copy()
    for grad in grads.numpy():
        kept -= np.float32(lr) * grad
    bits = kept.view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return kept, bits.astype(np.uint32).view(np.float32)


def as_a_product(weight, grads, lr):
    kept = torch.addmv(weight, grads.T, torch.ones(len(grads)), alpha=-lr)
    return [kept, kept.type(torch.bfloat16)]


def running_sums(weight, grads, lr):
    kept = (weight - lr * grads.cumsum(0))[-1]
    return kept, torch.empty_like(kept, dtype=torch.bfloat16).copy_(kept)


def in_place_by_row(weight, grads, lr):
    kept = weight.clone()
    for row in grads:
        kept.add_(row, alpha=-lr)
    return kept, kept.bfloat16().float()


def stays_in_bf16(weight, grads, lr):
    weight = weight.bfloat16()
    for grad in grads:
        weight = weight - (lr * grad).bfloat16()
    return weight.float(), weight


def rounded_each_step(weight, grads, lr):
    for grad in grads:
        weight = (weight - lr * grad).bfloat16().float()
    return weight, weight.bfloat16()


def rounded_at_the_end(weight, grads, lr):
    kept = (weight - lr * grads.sum(0)).bfloat16()
    return kept, kept


def all_in_16_bits(weight, grads, lr):
    step = torch.zeros_like(weight, dtype=torch.bfloat16)
    for grad in grads:
        step = step + (lr * grad).bfloat16()
    kept = weight - step.float()
    return kept, kept.bfloat16()


def lr_in_16_bits(weight, grads, lr):
    lr = torch.tensor(lr * 1.0).bfloat16().float() * (1 + 2**-9)
    return all_at_once(weight, grads, lr)


def uphill(weight, grads, lr):
    return all_at_once(weight, grads, -lr)


def averaged(weight, grads, lr):
    return all_at_once(weight, grads / len(grads), lr)


def without_lr(weight, grads, lr):
    return all_at_once(weight, grads, 1.0)


def copy_in_fp16(weight, grads, lr):
    kept = weight - lr * grads.sum(0)
    return kept, kept.half()


def copy_not_rounded(weight, grads, lr):
    kept = weight - lr * grads.sum(0)
    return kept, kept


def copy_of_the_start(weight, grads, lr):
    return weight - lr * grads.sum(0), weight.bfloat16()


def digits_cut_off(weight, grads, lr):
    kept = weight - lr * grads.sum(0)
    return kept, (kept.view(torch.int32) & -65536).view(torch.float32)


def one_tensor(weight, grads, lr):
    return weight - lr * grads.sum(0)


def first_row_alone(weight, grads, lr):
    kept = weight - lr * grads[0]
    return kept, kept.bfloat16()


def last_row_left_out(weight, grads, lr):
    return all_at_once(weight, grads[:-1], lr)


def every_eleventh_row_left_out(weight, grads, lr):
    return all_at_once(weight, grads[torch.arange(len(grads)) % 11 > 0], lr)


def rounded_away_from_zero(weight, grads, lr):
    kept = weight - lr * grads.sum(0)
    return kept, ((kept.view(torch.int32) + 65535) & -65536).view(torch.float32)


def rounded_in_between(weight, grads, lr):
    change = lr * grads.sum(0)
    return weight - change, weight.bfloat16() - change.bfloat16()


CORRECT = (
    row_by_row, all_at_once, with_an_optimiser, in_float64, numpy_and_bits, as_a_product,
    running_sums, in_place_by_row,
)  # fmt: skip
KEPT, COPY = "the weight that is kept", "its copy in bf16"
MISTAKES = {
    stays_in_bf16: (KEPT, "hardly moved"),
    rounded_each_step: (KEPT, "hardly moved"),
    rounded_at_the_end: (KEPT, "rounded to bf16"),
    all_in_16_bits: (KEPT, "something is rounded to 16 bits"),
    lr_in_16_bits: (KEPT, "something is rounded to 16 bits"),
    uphill: (KEPT, "up the gradient"),
    averaged: (KEPT, "one step for each row"),
    without_lr: (KEPT, "lr is missing"),
    copy_in_fp16: (COPY, "fp16"),
    copy_not_rounded: (COPY, "numbers that bf16 does not have"),
    copy_of_the_start: (COPY, "that of the first weight"),
    digits_cut_off: (COPY, "cutting digits off"),
    one_tensor: (KEPT, "should return two tensors"),
    last_row_left_out: (KEPT, "The last row of grads is left out"),
    every_eleventh_row_left_out: (KEPT, "or where rows of grads are left out"),
    rounded_away_from_zero: (COPY, "nearest to the kept weight"),
    rounded_in_between: (COPY, "nearest to the kept weight"),
    first_row_alone: ("the weight that is kept", "Only the first row"),
}
