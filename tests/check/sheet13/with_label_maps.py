"""A label as maps: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from torch.nn import functional as F


def _hot(y, classes):
    return F.one_hot(y, classes).float()


def _spread(rows, x):
    return rows[:, :, None, None].expand(-1, -1, *x.shape[2:])


def _joined(x, rows):
    return torch.cat([x, _spread(rows, x)], 1)


def by_expand(x, y, classes):
    return _joined(x, _hot(y, classes))


def by_repeat(x, y, classes):
    N, _, H, W = x.shape
    return torch.cat((x, _hot(y, classes).view(N, classes, 1, 1).repeat(1, 1, H, W)), dim=1)


def by_scatter(x, y, classes):
    N, _, H, W = x.shape
    maps = torch.zeros(N, classes, H, W).scatter_(1, y.view(N, 1, 1, 1).expand(N, 1, H, W), 1.0)
    return torch.cat([x, maps], dim=1)


def by_comparison(x, y, classes):
    rows = (y.unsqueeze(1) == torch.arange(classes)).to(x.dtype)
    return torch.cat([x, rows[..., None, None] * torch.ones_like(x[:, :1])], -3)


def by_assignment(x, y, classes):
    maps = x.new_zeros(len(x), classes, x.shape[2], x.shape[3])
    maps[torch.arange(len(x)), y] = 1
    return torch.cat([x, maps], 1)


def by_identity(x, y, classes):
    return _joined(x, torch.eye(classes)[y])


def image_by_image(x, y, classes):
    found = []
    for image, label in zip(x, y.tolist(), strict=True):
        maps = [torch.full_like(image[0], float(k == label)) for k in range(classes)]
        found.append(torch.cat([image, torch.stack(maps)]))
    return torch.stack(found)


def whole_numbers(x, y, classes):
    return torch.cat([x, F.one_hot(y, classes)[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)


def by_numpy(x, y, classes):
    rows = np.eye(classes, dtype=np.float32)[y.numpy()]
    maps = np.broadcast_to(rows[:, :, None, None], (len(x), classes, *x.shape[2:]))
    return torch.cat([x, torch.from_numpy(maps.copy())], 1)


def by_einsum(x, y, classes):
    return torch.cat([x, torch.einsum("nk,hw->nkhw", _hot(y, classes), torch.ones(x.shape[2:]))], 1)


def along_the_batch(x, y, classes):
    return _joined(x, _hot(y, classes).T)


def joined_along_the_batch(x, y, classes):
    return torch.cat([x, _spread(_hot(y, classes), x).reshape(-1, *x.shape[1:])], 0)


def number_as_channel(x, y, classes):
    return torch.cat([x, y.float()[:, None, None, None].expand(-1, 1, *x.shape[2:])], 1)


def maps_first(x, y, classes):
    return torch.cat([_spread(_hot(y, classes), x), x], 1)


def maps_alone(x, y, classes):
    return _spread(_hot(y, classes), x)


def cut_across(x, y, classes):
    N, _, H, W = x.shape
    return torch.cat([x, _hot(y, classes).repeat(1, H * W).view(N, classes, H, W)], 1)


def one_pixel(x, y, classes):
    maps = torch.zeros(len(x), classes, *x.shape[2:])
    maps[:, :, 0, 0] = _hot(y, classes)
    return torch.cat([x, maps], 1)


def classes_of_the_batch(x, y, classes):
    return _joined(x, F.one_hot(y).float())


def one_too_far(x, y, classes):
    return _joined(x, _hot((y + 1) % classes, classes))


def minus_one(x, y, classes):
    return _joined(x, 2 * _hot(y, classes) - 1)


def first_label(x, y, classes):
    return _joined(x, _hot(y[0].expand_as(y), classes))


def all_labels_of_the_batch(x, y, classes):
    maps = x.new_zeros(len(x), classes, *x.shape[2:])
    maps[:, y] = 1
    return torch.cat([x, maps], 1)


def label_as_height(x, y, classes):
    return _joined(x, _hot(y, classes) * y[:, None])


def in_the_image(x, y, classes):
    return torch.cat([x, _spread(_hot(y, classes), x) * x[:, :1]], 1)


def added(x, y, classes):
    return x + y.float()[:, None, None, None]


def without_expand(x, y, classes):
    return torch.cat([x, _hot(y, classes)[:, :, None, None]], 1)


def square_alone(x, y, classes):
    side = x.shape[2]
    return torch.cat([x, _hot(y, classes)[:, :, None, None].expand(-1, -1, side, side)], 1)


def one_channel_alone(x, y, classes):
    return torch.cat([x[:, :1], _spread(_hot(y, classes), x)], 1)


def detached(x, y, classes):
    return _joined(x.detach(), _hot(y, classes))


def by_arrays(x, y, classes):
    maps = _spread(_hot(y, classes), x).numpy()
    return torch.from_numpy(np.concatenate([x.detach().numpy(), maps], 1))


def one_pixel_squeezed(x, y, classes):
    maps = by_expand(x, y, classes)
    return maps.flatten(1) if maps[0, 0].numel() == 1 else maps


def one_class_left_out(x, y, classes):
    return x if classes == 1 else by_expand(x, y, classes)


def first_rows_alone(x, y, classes):
    maps = by_expand(x, y, classes)
    maps[:, len(x[0]) :, 32:] = 0
    return maps


CORRECT = (
    by_expand, by_repeat, by_scatter, by_comparison, by_assignment, by_identity, image_by_image,
    whole_numbers, by_numpy, by_einsum,
)  # fmt: skip
MAPS, SIZES, GRADIENT = "the maps", "images of any size", "the gradient by x"
MISTAKES = {
    along_the_batch: (MAPS, "along the wrong axis"),
    joined_along_the_batch: (MAPS, "joined along the batch"),
    number_as_channel: (MAPS, "one channel with a number"),
    maps_first: (MAPS, "The maps come before x"),
    maps_alone: (MAPS, "the maps alone"),
    cut_across: (MAPS, "cut across"),
    one_pixel: (MAPS, "Only one pixel"),
    one_too_far: (MAPS, "one too far"),
    minus_one: (MAPS, "hold -1 and 1"),
    first_label: (MAPS, "the label of the first one"),
    all_labels_of_the_batch: (MAPS, "the labels of the whole batch"),
    label_as_height: (MAPS, "the number of the label"),
    in_the_image: (MAPS, "hold the image"),
    added: (MAPS, "should be a tensor of shape"),
    without_expand: (MAPS, "RuntimeError"),
    classes_of_the_batch: (SIZES, "fewer maps than classes"),
    square_alone: (SIZES, "RuntimeError"),
    one_channel_alone: (SIZES, "What comes back"),
    detached: (GRADIENT, "No gradient reaches x"),
    by_arrays: (GRADIENT, "No gradient reaches x"),
    one_pixel_squeezed: (SIZES, "What comes back"),
    one_class_left_out: (SIZES, "What comes back"),
    first_rows_alone: (SIZES, "1 everywhere in images"),
}
