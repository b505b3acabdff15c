"""What the nets take: the shape of an image, and the sentence for an input of another shape."""

from torch import Tensor

from gancourse.errors import InputError

IMAGE = (1, 28, 28)
SIDES = {28: (7, 2), 32: (8, 2), 64: (8, 3)}  # of images: a DCGAN's least side, and its doublings
CHANNELS = (1, 3)  # grey, colour


def image_shape(side: int, channels: int) -> tuple[int, int, int]:
    """Return [C, S, S]; raise InputError for what no net here draws."""
    if side not in SIDES or channels not in CHANNELS:
        raise InputError(
            "Images are 28, 32 or 64 pixels wide, with 1 channel or 3, and "
            f"{side!r} pixels with {channels!r} were asked for: choose among these."
        )
    return channels, side, side


def expect(name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(x.shape[1:]) != shape or not x.is_floating_point():
        expected = ", ".join(map(str, ("N", *shape)))
        raise InputError(
            f"{name} must be a float tensor of shape [{expected}], and {x.dtype} "
            f"{list(x.shape)} was given: check what you pass in."
        )
    return x
