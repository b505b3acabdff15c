"""From a side to a larger one: several layers that do, and the classic mistakes."""

import torch


def two_or_three_strides(n, m):
    s = m // n
    k = 2 * s if s % 2 == 0 else 3 * s
    return k, s, (k - s) // 2


def always_three_strides(n, m):
    s = m // n
    return 3 * s, s, s


def searched(n, m):
    s = m // n
    for k in range(2 * s, 10 * s, s):
        for p in range(k):
            if (n - 1) * s - 2 * p + k == m:
                return [k, s, p]
    raise ValueError("no layer")


def as_a_tensor(n, m):
    return torch.tensor(two_or_three_strides(n, m))


def as_floats(n, m):
    return tuple(float(v) for v in two_or_three_strides(n, m))


def four_strides(n, m):
    s = m // n
    k = 4 * s if s % 2 == 0 else 3 * s
    return k, s, (k - s) // 2


def always_4_2_1(n, m):
    return 4, 2, 1


def kernel_3(n, m):
    return 3, m // n, 1


def kernel_two_strides(n, m):
    s = m // n
    return 2 * s, s, s // 2


def half_a_pixel(n, m):
    s = m // n
    return 2 * s, s, s / 2


def tiles(n, m):
    s = m // n
    return s, s, 0


def two_more(n, m):
    s = m // n
    return s + 2, s, 1


def stride_1(n, m):
    return m - n + 1, 1, 0


def only_a_kernel(n, m):
    return 2 * (m // n)


def downwards(n, m):
    p = (m - n) // 2 + 1
    return n + 2 * p - m + 1, 1, p


def huge(n, m):
    s = m // n
    k = (9 if s % 2 else 8) * s
    return k, s, (k - s) // 2


CORRECT = (two_or_three_strides, always_three_strides, searched, as_a_tensor, as_floats,
           four_strides)  # fmt: skip
TWICE, LARGER, EVEN = "twice the side", "three, four and five times the side", "even overlaps"
MISTAKES = {
    always_4_2_1: (LARGER, "(n - 1) s - 2p + k"),
    kernel_3: (TWICE, "the way back stops at 13"),
    kernel_two_strides: (LARGER, "(n - 1) s - 2p + k"),
    half_a_pixel: (LARGER, "k - s must be even"),
    tiles: (EVEN, "the stamps only touch"),
    two_more: (EVEN, "Checkerboard: with k = 5 and s = 3"),
    stride_1: (EVEN, "the stride should be 2"),
    only_a_kernel: (TWICE, "three numbers"),
    downwards: (TWICE, "A convolution takes 7 to 14"),
    huge: (EVEN, "the border"),
}
