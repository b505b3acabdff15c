"""A generator is a continuous map: the same z gives the same sample, nearby z nearby samples."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student

HALVINGS = 18


def samples(student: Student, G: Handle, z: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return G(z) [N, *shape] in evaluation mode, float64."""
    return facts.tensor(student.apply(G, z, train=False), (len(z), *shape), "G(z)")


def check_map(student: Student, G: Handle, draw: Draw, z_dim: int, shape: tuple[int, ...]) -> None:
    """Raise Wrong unless G is a continuous map from z that is not constant."""
    z = draw.normal(64, z_dim)
    x = samples(student, G, z, shape)
    # float32 sums of at most a few thousand terms; a noise that matters is far larger
    if not facts.near(x, samples(student, G, z, shape), 1e-4 * x.abs().max().item()):
        raise Wrong("The same z gave another sample: all randomness of a generator is in z.")
    if facts.near(x, x[:1], 1e-3 * x.abs().max().item()):
        raise Wrong("All z give the same sample: G does not use its z, or it collapsed.")
    _check_jumps(student, G, z, x)


def _distance(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).flatten(1).norm(dim=1)  # [N]


def _check_jumps(student: Student, G: Handle, z: Tensor, x: Tensor) -> None:
    """Raise Wrong where G jumps. Each pair of z is halved, keeping the half that x differs more in.

    After 18 halvings two z of distance 2 lie 1e-5 apart. There a net's samples are close, unless
    its slope is 1000 times what it takes to cross the whole data; a lookup table's jump is left.
    """
    low, high, x_low, x_high = z[::2], z[1::2], x[::2], x[1::2]
    size = _distance(x_low, x_high).mean()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        x_mid = samples(student, G, middle, tuple(x.shape[1:]))
        left = _distance(x_low, x_mid) >= _distance(x_mid, x_high)  # [N/2]
        rows, cells = left[:, None], left.view(-1, *[1] * (x.dim() - 1))
        low, high = torch.where(rows, low, middle), torch.where(rows, middle, high)
        x_low, x_high = torch.where(cells, x_low, x_mid), torch.where(cells, x_mid, x_high)
    if (_distance(x_low, x_high) > 0.1 * size).any():
        both = samples(student, G, torch.cat([low, high]), tuple(x.shape[1:]))
        if not (_distance(*both.chunk(2)) > 0.1 * size).any():  # no jump in one batch
            raise Wrong(
                "In evaluation mode a sample depends on its batch, so that the same z is no longer "
                "the same sample: there a generator is a map from each z alone."
            )
        raise Wrong(
            "Your generator jumps: z that hardly differ give distant samples. That is a lookup of "
            "stored points; a generator is a continuous map, and that is why latent space works."
        )
