"""What happens to pictures on their way into files and back, which scores notice. Lesson 11."""

import io
from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor, to_pil_image

from gancourse.errors import choose

FILTERS = {f.name.lower(): f for f in Image.Resampling}


def jpeg(x: Tensor, quality: int) -> Tensor:
    """Return uint8 images [N, 1, H, W] as they come back from JPEG files of this quality."""

    def saved(picture: Image.Image) -> Image.Image:
        picture.save(file := io.BytesIO(), "jpeg", quality=quality)
        return Image.open(file)

    return _each(saved, x)


def resized(x: Tensor, side: int, by: str) -> Tensor:
    """Return uint8 images [N, 1, H, W] made `side` pixels large and back, by one of FILTERS.

    The filters are Pillow's. Raises InputError for an unknown one.
    """
    how = FILTERS[choose("filter", by, FILTERS)]
    back = (x.shape[3], x.shape[2])
    return _each(lambda picture: picture.resize((side, side), how).resize(back, how), x)


def _each(change: Callable[[Image.Image], Image.Image], x: Tensor) -> Tensor:
    return torch.stack([pil_to_tensor(change(to_pil_image(picture))) for picture in x])
