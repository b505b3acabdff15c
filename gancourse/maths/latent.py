"""Ways through latent space: lines, planes, directions, arithmetic, inversion. Lesson 09.

z is [..., z_dim], drawn from N(0, I) in training. Directions have length 1. Nothing here changes a
generator, and random numbers come from a generator of their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse import machine
from gancourse.data import ImageSet
from gancourse.errors import InputError, at_least
from gancourse.evaluation import evaluating
from gancourse.pixels import to_pixels

PARALLEL = 1e-4  # radians: below that, or so near to half a turn, two directions make no arc


def lerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Return the points t of the straight line from a to b [z_dim]: [z_dim], or [T, z_dim]."""
    t = torch.as_tensor(t, dtype=a.dtype)[..., None]
    return (1 - t) * _alike(a, b) + t * b


def slerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Return the points t of the arc from a to b [z_dim], seen from 0: [z_dim], or [T, z_dim].

    Where both have the same norm, so has every point between. Source: Shoemake 1985; for latent
    spaces White 2016, arXiv 1609.04468. Raises InputError for opposite directions, which no arc
    joins rather than another, and for 0.
    """
    _alike(a, b)
    if not (a.norm() > 0 and b.norm() > 0):
        raise InputError("An arc has no direction at 0: give two points that are not 0.")
    ahead, aside = a / a.norm() + b / b.norm(), a / a.norm() - b / b.norm()
    angle = 2 * torch.atan2(aside.norm(), ahead.norm())  # exact also near 0 and half a turn
    if angle < PARALLEL:
        return lerp(a, b, t)
    if angle > torch.pi - PARALLEL:
        raise InputError(
            "The two points lie in opposite directions, and no arc between them is the shortest: "
            "go by way of a third point."
        )
    t = torch.as_tensor(t, dtype=a.dtype)[..., None]
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def _alike(a: Tensor, b: Tensor) -> Tensor:
    if a.dim() != 1 or a.shape != b.shape:
        raise InputError(
            f"Two points of one latent space are vectors of one length, and {list(a.shape)} and "
            f"{list(b.shape)} were given: give two vectors [z_dim]."
        )
    return a


def on_shell(z: Tensor) -> Tensor:
    """Return z [..., z_dim] brought to the norm sqrt(z_dim), where most of N(0, I) lies."""
    return z * (z.shape[-1] ** 0.5 / z.norm(dim=-1, keepdim=True).clamp(min=1e-12))


def truncate(z: Tensor, psi: float) -> Tensor:
    """Return z moved towards the mean 0: psi 1 leaves it, psi 0 makes them all alike.

    Source: the truncation of Karras et al. 2019, arXiv 1812.04948, in z where it has w. Brock et
    al. 2019, arXiv 1809.11096, draw numbers beyond a threshold again instead.
    """
    if not 0 <= psi <= 2:
        raise InputError(f"psi is a factor from 0 to 2, and {psi!r} was given: try 0.7.")
    return psi * z


def average(z: Tensor) -> Tensor:
    """Return the mean of some z [N, z_dim], brought back to the shell: [z_dim]."""
    if z.dim() != 2 or not len(z):
        raise InputError(
            f"An average needs points [N, z_dim], and {list(z.shape)} was given: stack your z."
        )
    return on_shell(z.mean(0))


def combine(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Return a - b + c, brought back to the shell: what a has and b has not, put on c.

    Source: Radford et al. 2016, arXiv 1511.06434, sec. 6.3.2, where each is an average of three.
    """
    return on_shell(_alike(a, b) - b + _alike(c, a))


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat cut through latent space: a point [z_dim] and two directions [z_dim]."""

    origin: Tensor
    right: Tensor
    up: Tensor

    def at(self, u: float | Tensor, v: float | Tensor) -> Tensor:
        """Return origin + u right + v up: [z_dim], or [..., z_dim] for tensors u and v [...]."""
        u, v = (torch.as_tensor(t, dtype=self.origin.dtype)[..., None] for t in (u, v))
        return self.origin + u * self.right + v * self.up

    def grid(self, n: int, reach: float = 3.0) -> Tensor:
        """Return n x n points [n * n, z_dim] from -reach to reach, from the top left by rows."""
        steps = torch.linspace(-reach, reach, at_least("n", n, 1), dtype=self.origin.dtype)
        v, u = torch.meshgrid(steps.flip(0), steps, indexing="ij")
        return self.at(u.flatten(), v.flatten())


def random_plane(z_dim: int, seed: int = 0) -> Plane:
    """Return a plane through a random z, along two random directions at right angles."""
    at_least("z_dim", z_dim, 2)
    generator = machine.seed_generator(seed)
    origin = torch.randn(z_dim, generator=generator)
    right, up = torch.linalg.qr(torch.randn(z_dim, 2, generator=generator)).Q.T
    return Plane(origin, right, up)


def pca_directions(G: nn.Module, n: int = 2) -> Tensor:
    """Return the n directions [n, z_dim] of z that move G's first layer most, the largest first.

    The first layer is linear and z ~ N(0, I), so the principal components of its outputs are the
    right singular vectors of its weights. Source: Harkonen et al. 2020, arXiv 2004.02546; Shen and
    Zhou 2021, arXiv 2007.06600. Raises InputError where G has no dense layer, or for more
    directions than z has numbers.
    """
    layer = next((m for m in G.modules() if isinstance(m, nn.Linear)), None)
    if layer is None:
        raise InputError(
            "Principal directions are read from a generator's first dense layer, and "
            f"{type(G).__name__} has none: use class_directions or a random plane."
        )
    z_dim = min(layer.in_features, getattr(G, "z_dim", layer.in_features))
    if at_least("n", n, 1) > z_dim:
        raise InputError(
            f"z has {z_dim} numbers, and {n} directions were asked for: ask for fewer."
        )
    weight = layer.weight.detach()[:, :z_dim].double()  # of a conditional G the label follows z
    right = torch.linalg.svd(weight, full_matrices=False).Vh[:n]
    largest = right.abs().argmax(1, keepdim=True)
    return (right * right.gather(1, largest).sign()).float().cpu()  # a sign that does not jump


@torch.no_grad()
def class_directions(
    G: nn.Module, classify: Callable[[Tensor], Tensor], n: int = 2000, seed: int = 0
) -> Tensor:
    """Return for each class the direction [classes, z_dim] along which its logit rises fastest.

    By least squares of the logits of n samples on their z, each centred over the classes.
    `classify` maps images [n, ...] to logits [n, classes], as
    `partial(score.classify, score.load_ruler())` does.
    """
    z = torch.randn(at_least("n", n, 2 * G.z_dim), G.z_dim, generator=machine.seed_generator(seed))
    logits = classify(images_of(G, z)).cpu().double()
    logits = logits - logits.mean(1, keepdim=True)
    inputs = torch.cat([z.double(), torch.ones(n, 1, dtype=torch.float64)], 1)
    slopes = torch.linalg.lstsq(inputs, logits).solution[:-1].T  # [classes, z_dim]
    return (slopes / slopes.norm(dim=1, keepdim=True)).float()


def images_of(G: nn.Module, z: Tensor) -> Tensor:
    """Return G(z) in evaluation mode, its mode left as it was."""
    with evaluating(G):
        return G(z.to(next(G.parameters(), z).device))


@dataclass(frozen=True, eq=False)
class Inversion:
    """What `invert` found: for each target the best z, and its way there.

    `error` [N] is the mean squared error over pixels in [-1, 1]; `errors` [steps, N] that of the
    same start in each step.
    """

    z: Tensor  # [N, z_dim]
    error: Tensor
    errors: Tensor


def invert(
    G: nn.Module, x: Tensor, steps: int = 200, starts: int = 4, seed: int = 0, prior: float = 1e-3
) -> Inversion:
    """Return for each image of x [N, ...] in [-1, 1] a z for which G(z) is as near as can be found.

    Adam goes down the mean squared error from several random starts; the best is kept. `prior`
    weighs |z|^2 / z_dim against the error, so that z stays where G was trained. Raises InputError
    for images of another shape. Source: Creswell and Bharath 2016, arXiv 1611.05644.
    """
    if x.dim() < 2 or tuple(x.shape[1:]) != tuple(G.shape) or not len(x):
        raise InputError(
            f"This generator makes images of shape {list(G.shape)}, and {list(x.shape)} was given: "
            f"give a batch [N, {', '.join(map(str, G.shape))}]."
        )
    weight = next(G.parameters())
    shape = (at_least("starts", starts, 1), len(x), G.z_dim)
    z = torch.randn(shape, generator=machine.seed_generator(seed)).to(weight.device)
    errors = _descend(G, z.requires_grad_(), x.to(weight), at_least("steps", steps, 1), prior)
    best = errors[-1].argmin(0)  # [N]
    rows = torch.arange(len(x))
    found = z.detach()[best, rows].cpu(), errors[-1, best, rows], errors[:, best, rows]
    return Inversion(*found)


def _descend(G: nn.Module, z: Tensor, x: Tensor, steps: int, prior: float) -> Tensor:
    """Move z [starts, N, z_dim] in place; return the errors [steps + 1, starts, N] on the way."""
    opt, errors = torch.optim.Adam([z], lr=0.1), []
    with evaluating(G), _frozen(G):
        for step in range(steps + 1):
            x_fake = G(z.flatten(0, 1)).view(*z.shape[:2], *x.shape[1:])
            error = (x_fake - x).square().flatten(2).mean(2)
            errors.append(error.detach().cpu())
            if step < steps:
                opt.zero_grad()
                (error + prior * z.square().mean(2)).sum().backward()
                opt.step()
    return torch.stack(errors)


@contextmanager
def _frozen(net: nn.Module) -> Iterator[None]:
    """Take no gradients of a net's weights while the block runs, also where it raises."""
    weights = [p for p in net.parameters() if p.requires_grad]
    net.requires_grad_(False)
    try:
        yield
    finally:
        for p in weights:
            p.requires_grad_(True)


def nearest(x: Tensor, images: ImageSet, k: int = 1) -> tuple[Tensor, Tensor]:
    """Return the k images nearest to x [N, C, S, S] in [-1, 1]: distances, indices [N, k].

    Euclidean, of grey values in 0..1: `gancourse.score` looks for copies with the same.
    """
    from gancourse.score.copies import nearest as search

    return search(to_pixels(x, tuple(images.images.shape[1:])), images, k)
