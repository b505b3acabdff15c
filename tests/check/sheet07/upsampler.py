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


def from_the_padding(n, m):
    """k = s + 2p with the smallest p that makes k a multiple of s, two strides at least."""
    s = m // n
    p = next(p for p in range(2 * s) if (s + 2 * p) % s == 0 and p > 0)
    return s + 2 * p, s, p


def in_a_table(n, m):
    return {2: (4, 2, 1), 3: (9, 3, 3), 4: (8, 4, 2), 5: (15, 5, 5), 6: (12, 6, 3),
            7: (21, 7, 7)}[m // n]  # fmt: skip


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


def output_padding_needed(n, m):
    s = m // n
    return (2 * s if s % 2 == 0 else 2 * s + 1), s, (s + 1) // 2


def one_pixel_less(n, m):
    s = m // n
    return 2 * s, s, s // 2 + 1


def negative_padding(n, m):
    s = m // n
    return s - 2, s, -1


CORRECT = (two_or_three_strides, always_three_strides, searched, as_a_tensor, as_floats,
           four_strides, from_the_padding, in_a_table)  # fmt: skip
TWICE, LARGER, EVEN = "twice the side", "up to seven times the side", "even overlaps"
MISTAKES = {
    always_4_2_1: (LARGER, "(n - 1) s - 2p + k"),
    kernel_3: (TWICE, "the way back stops at 15"),
    kernel_two_strides: (LARGER, "(n - 1) s - 2p + k"),
    half_a_pixel: (LARGER, "k - s must be even"),
    tiles: (EVEN, "the stamps only touch"),
    two_more: (EVEN, "Checkerboard: with k = 6 and s = 4"),
    stride_1: (EVEN, "the stride should be 2"),
    only_a_kernel: (TWICE, "three numbers"),
    downwards: (TWICE, "A convolution takes 8 to 16"),
    output_padding_needed: (EVEN, "Checkerboard"),
    one_pixel_less: (TWICE, "(n - 1) s - 2p + k"),
    negative_padding: (LARGER, "a padding is not below 0"),
    huge: (EVEN, "the border"),
}
