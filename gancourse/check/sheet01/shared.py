"""What D may say of a batch, for the sheet's first two exercises."""

from torch import Tensor

from gancourse.check.spec import Draw


def probabilities(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    """Return what a fair D may say of n real and m fake samples, [n] and [m] in (0.02, 0.98)."""
    real = draw.normal(n, mean=0.7, sd=1.2).clamp(-3.5, 3.5).sigmoid()
    return real, draw.normal(m, mean=-0.4, sd=1.2).clamp(-3.5, 3.5).sigmoid()


def with_mistaken(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    """Return probabilities as above, but for one real and one fake sample that D is wrong about."""
    real, fake = probabilities(draw, n, m)
    real[draw.integer(0, n - 1)] = draw.uniform(1e-4, 3e-4)
    fake[draw.integer(0, m - 1)] = 1 - draw.uniform(2e-3, 4e-3)
    return real, fake


CUT_OFF = (
    "Where D is very wrong, and gives a real sample 0.0002 or a fake 0.997, this is off: a clamp "
    "or an epsilon changes what D said. Take its probabilities as they are."
)
