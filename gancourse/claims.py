"""What a lesson claims, held against what comes out; a claim that fails says both."""

import numpy as np
import torch

from gancourse.errors import InputError

MISSING = object()


class ClaimFailed(AssertionError):
    """What a lesson claims is not what came out here."""


def claim(sentence: str, found, expected=MISSING, *, within=None, above=None, below=None) -> None:
    """Raise ClaimFailed, which says what was claimed and what came out, unless `found` fits.

    `found` is a number, a tensor or anything with ==. With `expected` it must equal it: numbers and
    tensors to `within` (absolute), or by default to float32's usual 1e-5; without `expected` it
    must lie strictly between the bounds `above` and `below`, all of its numbers, or, with no bound
    either, be true.
    """
    bounds = (above, below) != (None, None)
    if expected is not MISSING and bounds:
        raise InputError(
            "claim takes an expected value or bounds, and both were given: leave one out."
        )
    if expected is not MISSING:
        fits, wanted = _equal(found, expected, within), f"{_text(expected)}"
    elif bounds:
        x = torch.as_tensor(found)
        low = True if above is None else bool((x > above).all())
        high = True if below is None else bool((x < below).all())
        fits = low and high
        wanted = " and ".join(
            f"{word} {_text(bound)}"
            for word, bound in (("above", above), ("below", below))
            if bound is not None
        )
    else:
        fits, wanted = bool(found), "true"
    if not fits:
        raise ClaimFailed(f"Claimed: {sentence}. Came out: {_text(found)}, and not {wanted}.")


def _equal(found, expected, within: float | None) -> bool:
    numbers = all(isinstance(v, int | float | torch.Tensor) for v in (found, expected))
    if not numbers:
        return bool(found == expected)
    a, b = (torch.as_tensor(v, dtype=torch.float64) for v in (found, expected))
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if within is None else {"rtol": 0.0, "atol": within}
    # PyTorch's own broadcast_shapes imports sympy: 28 MB and some seconds of a kernel.
    return np.broadcast_shapes(a.shape, b.shape) == tuple(a.shape) and bool(
        torch.allclose(a, b.expand_as(a), **tolerance)
    )


def _text(value) -> str:
    if isinstance(value, torch.Tensor) and value.numel() > 6:
        x = value.detach().double()
        return f"numbers from {x.min():.4g} to {x.max():.4g}"
    if isinstance(value, torch.Tensor):
        value = value.detach().tolist()
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:.5g}" if isinstance(value, float) else f"{value}"
