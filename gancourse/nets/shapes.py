"""What the nets take: the shape of an image, and the sentence for an input of another shape."""

from torch import Tensor

from gancourse.errors import InputError

IMAGE = (1, 28, 28)


def expect(name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(x.shape[1:]) != shape or not x.is_floating_point():
        expected = ", ".join(map(str, ("N", *shape)))
        raise InputError(
            f"{name} must be a float tensor of shape [{expected}], and {x.dtype} "
            f"{list(x.shape)} was given: check what you pass in."
        )
    return x
