"""Toy distributions with exact samplers and exact densities: points that one can see.

Two kinds: mixtures of round Gaussians, and curves with Gaussian noise around them. To add one: a
function that builds it, and an entry in `TOYS`.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from scipy.special import roots_legendre
from torch import Tensor

from gancourse.errors import InputError, at_least, choose

_KERNELS = 1 << 20  # evaluated at once: bounds the memory of a density to some 50 MB


def on_cpu(generator: torch.Generator) -> torch.Generator:
    """Return `generator` if it is a torch.Generator on the CPU; else raise InputError."""
    if not isinstance(generator, torch.Generator) or generator.device.type != "cpu":
        raise InputError(
            f"Random draws need a torch.Generator on the CPU, and {generator!r} was given: "
            "give torch.Generator().manual_seed(0)."
        )
    return generator


@dataclass(frozen=True, eq=False, repr=False)
class Toy:
    """A distribution that is a weighted sum of round Gaussians; here lies what all toys share."""

    name: str
    centres: Tensor  # [K, dim] float64: the modes, or points equally spaced along a curve
    sds: Tensor  # [K] float64
    weights: Tensor  # [K] float64, sum 1

    @property
    def dim(self) -> int:
        return self.centres.shape[1]

    @property
    def sd(self) -> float:
        """The standard deviation around each centre: the largest one where they differ."""
        return self.sds.max().item()

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.centres)} centres in {self.dim}-D, sd {self.sd:g}>"

    def sample(
        self, n: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Return n independent exact draws, [n, dim], on the CPU.

        The same seed gives the same points in each dtype. Raises InputError for n below 1 and for
        anything but a CPU generator.
        """
        at_least("The number of samples", n, 1)
        mean, sd = self._draw(n, on_cpu(generator))
        noise = torch.randn(n, self.dim, generator=generator, dtype=torch.float64)
        return (mean + sd * noise).to(dtype)

    def log_density(self, x: Tensor) -> Tensor:
        """Return log p(x), [n], for x [n, dim] in float32 or float64: in x's dtype, on its device.

        log p(x) = logsumexp_k (log w_k - |x - c_k|^2 / 2 s_k^2 - dim log(s_k sqrt(2 pi))).
        Finite far away from all centres too, and differentiable. Raises InputError for another
        shape or dtype.
        """
        self._check(x)
        centres, sds, weights = (a.to(x) for a in self._kernels())
        scale = weights.log() - self.dim * (sds * math.sqrt(2 * math.pi)).log()  # [M]
        parts = []
        for rows in x.split(max(1, _KERNELS // len(centres))):
            gaps = (rows[:, d, None] - centres[:, d] for d in range(self.dim))
            squares = sum(gap.square() for gap in gaps)  # [rows, M]; 3 times as fast as sum(-1)
            parts.append(torch.logsumexp(scale - squares / (2 * sds.square()), 1))
        return torch.cat(parts)

    def density(self, x: Tensor) -> Tensor:
        """Return p(x), [n], for x [n, dim]: the exponential of `log_density`."""
        return self.log_density(x).exp()

    def _check(self, x: Tensor) -> None:
        wanted = f"Points of {self.name} are a float32 or float64 tensor of shape [n, {self.dim}]"
        if not isinstance(x, Tensor) or x.dtype not in (torch.float32, torch.float64):
            kind = getattr(x, "dtype", type(x).__name__)
            raise InputError(f"{wanted}, and {kind} was given: convert with torch.as_tensor().")
        if x.ndim != 2 or x.shape[1] != self.dim:
            hint = "x[:, None]" if self.dim == 1 else "one point a row"
            raise InputError(f"{wanted}, and the shape {[*x.shape]} was given: give {hint}.")

    def _draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the means [n, dim] and standard deviations [n, 1] of n draws."""
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        return self.centres[k], self.sds[k, None]

    def _kernels(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the Gaussians that the density is the sum of: centres [M, dim], sds, weights."""
        return self.centres, self.sds, self.weights


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Toy):
    """A point uniform along a curve, plus round Gaussian noise.

    Its density is an integral along the curve. Gauss-Legendre quadrature turns it into a
    sum, as exact as float64 since its nodes are closer together than the noise is wide.
    """

    along: Callable[[Tensor], Tensor]  # [n] share of the length, 0..1 -> [n, dim] point
    nodes: Tensor  # [M, dim]
    node_weights: Tensor  # [M], sum 1

    def _draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        share = torch.rand(n, generator=generator, dtype=torch.float64)
        return self.along(share), self.sds[:1, None]

    def _kernels(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.nodes, self.sds[:1].expand(len(self.nodes)), self.node_weights


def mixture(
    means: Sequence | Tensor,
    sds: float | Sequence | Tensor,
    weights: Sequence | Tensor | None = None,
    name: str = "mixture",
) -> Toy:
    """Return a mixture of K round Gaussians: p(x) = sum_k w_k N(x; mean_k, sd_k^2 I).

    `means` [K] (1-D) or [K, dim], `sds` one number or [K], `weights` [K] (equal by default; made to
    sum to 1). Raises InputError for other shapes, for an sd that is not positive, and for weights
    that are negative or all zero.
    """
    centres = _numbers("The means", means)
    centres = centres[:, None] if centres.ndim == 1 else centres
    if centres.ndim != 2 or not centres.numel():
        raise InputError(
            f"The means of a mixture have the shape [K] or [K, dim], and {[*centres.shape]} was "
            "given: give a list of numbers or of points."
        )
    sds = _one_each("The sds", sds, len(centres))
    weights = _one_each("The weights", 1 if weights is None else weights, len(centres))
    if not (sds > 0).all():
        raise InputError(
            f"The sds of a mixture must be positive, and {sds.min():g} was given: give more than 0."
        )
    if (weights < 0).any() or not weights.sum() > 0:
        raise InputError(
            "The weights of a mixture must be 0 or more with a positive sum, and "
            f"{weights.tolist()} was given: give such weights, or none for equal ones."
        )
    return Toy(name, centres, sds, weights / weights.sum())


def ring(modes: int = 8, radius: float = 1.0, sd: float = 0.01) -> Toy:
    """Return `modes` equal Gaussians on a circle (PacGAN, arXiv 1712.04086, section 4.1)."""
    at_least("The number of modes", modes, 1)
    _positive("The radius of the ring", radius)
    angle = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    # not linspace(0, 2 pi, modes): its last point is its first again, one mode less
    return mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), sd, name="ring")


def grid(side: int = 5, gap: float = 2.0, sd: float = 0.05) -> Toy:
    """Return side x side equal Gaussians, `gap` apart, around 0 (PacGAN, section 4.1)."""
    at_least("The side of the grid", side, 1)
    _positive("The gap of the grid", gap)
    ticks = gap * (torch.arange(side, dtype=torch.float64) - (side - 1) / 2)
    return mixture(torch.cartesian_prod(ticks, ticks), sd, name="grid")


def moons(sd: float = 0.05, centres: int = 16) -> Curve:
    """Return two interleaved half circles, where sklearn.datasets.make_moons puts them."""

    def along(share: Tensor) -> Tensor:
        t = math.pi * (2 * share).remainder(1)
        upper = torch.stack([t.cos(), t.sin()], -1)
        lower = torch.stack([1 - t.cos(), 0.5 - t.sin()], -1)
        return torch.where(share[:, None] < 0.5, upper, lower)

    half, weight = _legendre(math.pi, sd)
    share = torch.cat([half / 2, (1 + half) / 2])
    return _curve("moons", along, (share, weight.repeat(2)), sd, centres)


def spiral(turns: float = 1.5, sd: float = 0.02, centres: int = 16) -> Curve:
    """Return a spiral with arms an equal distance apart, from near 0 out to radius 1.

    The involute of a circle, a (cos t + t sin t, sin t - t cos t), since its length a t^2 / 2 has
    an inverse: a point uniform along it needs no approximation.
    """
    end = 2 * math.pi * _positive("The number of turns", turns)
    a = 1 / math.hypot(1, end)

    def along(share: Tensor) -> Tensor:
        t = end * share.sqrt()
        return a * torch.stack([t.cos() + t * t.sin(), t.sin() - t * t.cos()], -1)

    # along t from 0 to 1 the speed is a end^2 t; times the nodes' spacing, at most 0.65 a end^2
    t, weight = _legendre(0.65 * a * end**2, sd)
    return _curve("spiral", along, (t.square(), 2 * t * weight), sd, centres)


def two_bumps(gap: float = 3.0, sd: float = 0.5, left: float = 0.5) -> Toy:
    """Return two Gaussians on a line, `gap` apart around 0; `left` is the share of the left one."""
    _positive("The gap of the bumps", gap)
    return mixture([-gap / 2, gap / 2], sd, [left, 1 - left], "two_bumps")


def narrow(mean: float = 0.0, sd: float = 0.1) -> Toy:
    """Return one narrow Gaussian on a line: moved aside, it shares no ground with where it was."""
    return mixture([mean], sd, name="narrow")


TOYS: dict[str, Callable[..., Toy]] = {
    "ring": ring,
    "grid": grid,
    "moons": moons,
    "spiral": spiral,
    "two_bumps": two_bumps,
    "narrow": narrow,
}


def load_points(name: str, **options: float) -> Toy:
    """Return the toy distribution `name` (see TOYS), e.g. load_points("ring", modes=6, sd=0.05).

    Raises InputError for an unknown name or option and for values that make no distribution.
    """
    build = TOYS[choose("toy distribution", name, TOYS)]
    for option in options:
        choose(f"option of {name}", option, inspect.signature(build).parameters)
    return build(**options)


def _curve(
    name: str,
    along: Callable[[Tensor], Tensor],
    nodes: tuple[Tensor, Tensor],
    sd: float,
    centres: int,
) -> Curve:
    share, weight = nodes
    at_least("The number of centres", centres, 1)
    middle = (torch.arange(centres, dtype=torch.float64) + 0.5) / centres
    equal = torch.full((centres,), 1 / centres, dtype=torch.float64)
    return Curve(
        name=name,
        centres=along(middle),
        sds=torch.full((centres,), sd, dtype=torch.float64),
        weights=equal,
        along=along,
        nodes=along(share),
        node_weights=weight / weight.sum(),
    )


def _legendre(length: float, sd: float) -> tuple[Tensor, Tensor]:
    """Return Gauss-Legendre nodes and weights on 0..1, close enough for a curve of this length.

    Nodes are furthest apart in the middle, by length * pi / 2M. At 2/3 sd the error of a sum of
    Gaussians is below 2 exp(-2 pi^2 (3/2)^2), 1e-19.
    """
    _positive("The sd of a curve", sd)
    at, weight = roots_legendre(math.ceil(0.75 * math.pi * length / sd) + 8)
    return torch.from_numpy((at + 1) / 2), torch.from_numpy(weight / 2)


def _positive(what: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(
            f"{what} must be a positive number, and {value!r} was given: give more than 0."
        )
    return value


def _numbers(what: str, values: object) -> Tensor:
    try:
        numbers = torch.as_tensor(values, dtype=torch.float64, device="cpu").detach().clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{what} of a mixture must be numbers, and {values!r} was given: give a list of them."
        ) from error
    if not numbers.isfinite().all():
        raise InputError(
            f"{what} of a mixture must be finite, and {numbers.tolist()} was given: give others."
        )
    return numbers


def _one_each(what: str, values: object, count: int) -> Tensor:
    """Return one number for each of `count` components, [count], from one number or a list."""
    numbers = _numbers(what, values)
    if numbers.shape not in ((), (count,)):
        raise InputError(
            f"{what} of a mixture must be one number or {count}, one for each mean, and the shape "
            f"{[*numbers.shape]} was given: give {count}."
        )
    return numbers.expand(count).contiguous()
