"""What D may say of a batch, for the sheet's first two exercises."""

from torch import Tensor

from gancourse.check.spec import Draw


def probabilities(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    """Return what a fair D may say of n real and m fake samples, [n] and [m] in (0.02, 0.98)."""
    real = draw.normal(n, mean=0.7, sd=1.2).clamp(-3.5, 3.5).sigmoid()
    return real, draw.normal(m, mean=-0.4, sd=1.2).clamp(-3.5, 3.5).sigmoid()
