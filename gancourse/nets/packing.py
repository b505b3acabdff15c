"""Several samples side by side as one input of D (PacGAN). Lesson 12."""

from torch import Tensor

from gancourse.errors import InputError, at_least


def packed_shape(shape: tuple[int, ...], pack: int) -> tuple[int, ...]:
    """Return the shape of `pack` samples of this shape side by side: (C, ...) to (pack C, ...)."""
    channels, *rest = shape
    return (at_least("pack", pack, 1) * channels, *rest)


def packed(x: Tensor, pack: int) -> Tensor:
    """Return samples [N, C, ...] in packs, [N / pack, pack C, ...]: neighbours share one.

    So points [N, 2] become rows of coordinates, and images [N, 1, 28, 28] channels of one image.
    Raises InputError where N is no multiple of `pack`. Source: PacGAN, arXiv 1712.04086, section 3.
    """
    if len(x) % at_least("pack", pack, 1):
        raise InputError(
            f"Packs hold {pack} samples each, and {len(x)} samples were given: give a multiple."
        )
    return x if pack == 1 else x.reshape(len(x) // pack, *packed_shape(x.shape[1:], pack))
