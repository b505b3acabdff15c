"""Images as uint8, and one sentence for what cannot be an image."""

import torch
from torch import Tensor

from gancourse.errors import InputError

SLACK = 1e-3  # how far outside of [-1, 1] rounding may take an image


def to_pixels(x: Tensor, shape: tuple[int, ...] | None = None, least: int = 1) -> Tensor:
    """Return images [N, C, H, W], uint8 or floats in [-1, 1], as uint8 in 0..255 on the CPU.

    C is 1 or 3; `shape` names the one [C, H, W] that is wanted. Raises InputError for another shape
    or type, for fewer than `least` images, for NaN and infinity, and for values outside of [-1, 1]
    by more than 1e-3.
    """
    x = x.detach().cpu() if isinstance(x, Tensor) else x
    fault = _fault(x, shape, least)
    if fault:
        size = ", ".join(map(str, shape or (1, "H", "W")))
        number = f", at least {least}" if least > 1 else ""
        raise InputError(
            f"Images must be uint8 or floats in [-1, 1] of shape [N, {size}]{number}, and {fault}."
        )
    if x.dtype == torch.uint8:
        return x
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def _fault(x: Tensor, shape: tuple[int, ...] | None, least: int) -> str:
    """Return what was given in place of images, and what to do about it; "" for images."""
    if not isinstance(x, Tensor):
        return f"{type(x).__name__} was given: give a tensor"
    fits = tuple(x.shape[1:]) == shape if shape else x.dim() == 4 and x.shape[1] in (1, 3)
    if not fits or len(x) < least or not x.numel():
        advice = "give more" if fits else "reshape them"
        return f"the shape {list(x.shape)} was given: {advice}"
    if x.dtype == torch.uint8:
        return ""
    if not x.is_floating_point():
        return f"{x.dtype} was given: give what a generator returns"
    return _fault_of_values(x)


def _fault_of_values(x: Tensor) -> str:
    low, high = (edge.item() for edge in x.aminmax())
    if not x.isfinite().all():
        return (
            f"these hold values that are not finite ({low:.4g} to {high:.4g}): the generator "
            "diverged; train it again with smaller learning rates"
        )
    if low < -1 - SLACK or high > 1 + SLACK:
        return (
            f"these go from {low:.4g} to {high:.4g}: end G with a tanh, or scale pixels with "
            "x / 127.5 - 1"
        )
    return ""
