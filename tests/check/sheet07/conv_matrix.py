"""A convolution as a matrix: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from torch.nn import functional as F


def unit_pictures(w, n, s, p):
    units = torch.eye(n * n).view(-1, 1, n, n)
    return F.conv2d(units, w[None, None], stride=s, padding=p).flatten(1).T


def four_loops(w, n, s, p):
    k = len(w)
    out = (n + 2 * p - k) // s + 1
    C = torch.zeros(out * out, n * n)
    for row in range(out):
        for column in range(out):
            for i in range(k):
                for j in range(k):
                    y, x = row * s + i - p, column * s + j - p
                    if 0 <= y < n and 0 <= x < n:
                        C[row * out + column, y * n + x] = w[i, j]
    return C


def by_autograd(w, n, s, p):
    x = torch.zeros(n, n)
    return torch.autograd.functional.jacobian(
        lambda x: F.conv2d(x.view(1, 1, n, n), w[None, None], stride=s, padding=p).flatten(),
        x.flatten(),
    )


def windows(w, n, s, p):
    pictures = F.pad(torch.eye(n * n, dtype=torch.float64).view(-1, n, n), (p, p, p, p))
    tiles = pictures.unfold(1, len(w), s).unfold(2, len(w), s)
    return torch.einsum("ncdij,ij->cdn", tiles, w.double()).flatten(0, 1)


def in_numpy(w, n, s, p):
    w, k = np.asarray(w, dtype=np.float64), len(w)
    wide = n + 2 * p
    rows = []
    for i in range(0, wide - k + 1, s):
        for j in range(0, wide - k + 1, s):
            picture = np.zeros((wide, wide))
            picture[i : i + k, j : j + k] = w
            rows.append(picture[p : p + n, p : p + n].ravel())
    return np.stack(rows)


def from_the_way_back(w, n, s, p):
    out = (n + 2 * p - len(w)) // s + 1
    units = torch.eye(out * out).view(-1, 1, out, out)
    rest = (n + 2 * p - len(w)) % s
    up = F.conv_transpose2d(units, w[None, None], stride=s, padding=p, output_padding=rest)
    return up.flatten(1)


def with_im2col(w, n, s, p):
    units = torch.eye(n * n, dtype=w.dtype).view(-1, 1, n, n)
    columns = F.unfold(units, len(w), padding=p, stride=s)  # [n * n, k * k, out * out]
    return (w.flatten() @ columns).T


def one_picture_at_a_time(w, n, s, p):
    columns = []
    for j in range(n * n):
        x = torch.zeros(n * n)
        x[j] = 1
        columns.append(F.conv2d(x.view(1, 1, n, n), w[None, None], None, s, p).flatten())
    return torch.stack(columns, 1)


def as_a_module(w, n, s, p):
    layer = torch.nn.Conv2d(1, 1, len(w), s, p, bias=False)
    layer.weight.data[0, 0] = w
    return layer(torch.eye(n * n).view(-1, 1, n, n)).view(n * n, -1).t()


def turned_over(w, n, s, p):
    return unit_pictures(w, n, s, p).T


def flipped(w, n, s, p):
    return unit_pictures(w.flip(0, 1), n, s, p)


def kernel_transposed(w, n, s, p):
    return unit_pictures(w.T, n, s, p)


def padding_forgotten(w, n, s, p):
    return unit_pictures(w, n, s, 0)


def stride_forgotten(w, n, s, p):
    return unit_pictures(w, n, 1, p)


def columns_first(w, n, s, p):
    C = unit_pictures(w, n, s, p)
    return C.view(-1, n, n).transpose(1, 2).flatten(1)


def applied_to_ones(w, n, s, p):
    return F.conv2d(torch.ones(1, 1, n, n), w[None, None], stride=s, padding=p)


def wrapped_round(w, n, s, p):
    units = torch.eye(n * n).view(-1, 1, n, n)
    if p:
        units = F.pad(units, (p, p, p, p), mode="circular")
    return F.conv2d(units, w[None, None], stride=s).flatten(1).T


def border_shifted(w, n, s, p):
    units = F.pad(torch.eye(n * n).view(-1, 1, n, n), (0, 2 * p, 0, 2 * p))
    return F.conv2d(units, w[None, None], stride=s).flatten(1).T


def transposed_layer(w, n, s, p):
    units = torch.eye(n * n).view(-1, 1, n, n)
    return F.conv_transpose2d(units, w[None, None], stride=s, padding=p).flatten(1).T


def ceiling_of_the_side(w, n, s, p):
    return unit_pictures(w, n + (-(n + 2 * p - len(w))) % s, s, p)


def outputs_columns_first(w, n, s, p):
    C = unit_pictures(w, n, s, p)
    out = int(len(C) ** 0.5)
    return C.view(out, out, -1).transpose(0, 1).flatten(0, 1)


def three_by_three_alone(w, n, s, p):
    units = torch.eye(n * n).view(-1, 1, n, n)
    return F.conv2d(units, w[None, None, :3, :3], stride=s, padding=p).flatten(1).T


CORRECT = (
    unit_pictures, four_loops, by_autograd, windows, in_numpy, from_the_way_back, with_im2col,
    one_picture_at_a_time, as_a_module,
)  # fmt: skip
HAND, STRIDED = "a 3 x 3 kernel on a 4 x 4 picture", "with stride and padding"
MISTAKES = {
    turned_over: (HAND, "turned over"),
    flipped: (HAND, "do not flip it"),
    kernel_transposed: (HAND, "Rows and columns of the kernel"),
    columns_first: (HAND, "The inputs stand in another order"),
    applied_to_ones: (HAND, "should be a tensor of shape [4, 16]"),
    padding_forgotten: (STRIDED, "The padding is forgotten"),
    stride_forgotten: (STRIDED, "The stride is forgotten"),
    wrapped_round: (STRIDED, "column j should be"),
    border_shifted: (STRIDED, "column j should be"),
    ceiling_of_the_side: (STRIDED, "should be a tensor of shape"),
    outputs_columns_first: (HAND, "The outputs stand in another order"),
    transposed_layer: (HAND, "should be a tensor of shape [4, 16]"),
    three_by_three_alone: ("with stride and padding", "should be a tensor of shape"),
}
