"""The GAN losses on logits, as interchangeable pairs, and gradient penalties. Lessons 03 and 12.

Every pair has one signature: `d_loss(logit_real, logit_fake)` and `g_loss(logit_real, logit_fake)`
take logits of shape [N] (any float dtype) and return a scalar to minimise. With s the sigmoid,
softplus(l) = -log s(-l), so each logarithm below is exact at any finite logit.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, relu, softplus

from gancourse.errors import InputError, choose

Array = np.ndarray


class Slopes(NamedTuple):
    """A pair's derivatives by the logits: each takes (logit_real, logit_fake), float64 [N] both.

    `d_real` and `d_fake` are d_loss's for one real and one fake sample, `g_fake` is g_loss's.
    """

    d_real: Callable[[Array, Array], Array]
    d_fake: Callable[[Array, Array], Array]
    g_fake: Callable[[Array, Array], Array]


class Loss(NamedTuple):
    """A pair of losses; `pairs_real` says that G's loss also looks at the real samples.

    `closed` may give its slopes in closed form: autograd gives the same, ten times as slowly.
    """

    d_loss: Callable[[Tensor, Tensor], Tensor]
    g_loss: Callable[[Tensor | None, Tensor], Tensor]
    pairs_real: bool = False
    closed: Slopes | None = None

    @property
    def slopes(self) -> Slopes:
        """The derivatives by the logits: in closed form, or else by autograd."""
        by_grad = _by_grad(self.d_loss, 0), _by_grad(self.d_loss, 1), _by_grad(self.g_loss, 1)
        return self.closed or Slopes(*by_grad)

    @property
    def rest(self) -> float:
        """The logit that minimises d_loss where real and fake samples are equally frequent.

        By Newton's method from 0, which stays there if d_loss is flat.
        """
        at = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        for _ in range(20):
            (first,) = torch.autograd.grad(self.d_loss(at, at), at, create_graph=True)
            second = torch.autograd.grad(first, at)[0] if first.requires_grad else 0 * at
            if first == 0 or second == 0:
                break
            at = (at - first / second).detach().requires_grad_()
        return at.item()


def _by_grad(loss: Callable[[Tensor, Tensor], Tensor], of: int) -> Callable[[Array, Array], Array]:
    """Return the derivative of a loss, a mean over samples, by one logit of each sample.

    torch.func.grad would do the same, and imports SymPy and a compiler: a second in each kernel.
    """

    def slope(*logits: Array) -> Array:
        pair = np.broadcast_arrays(*logits)
        flat = [torch.tensor(a, dtype=torch.float64).flatten().requires_grad_() for a in pair]
        (found,) = torch.autograd.grad(loss(*flat) * flat[of].numel(), flat[of])
        return found.numpy().reshape(pair[of].shape)

    return slope


def cross_entropy_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return -V(D, G) = -E log D(x) - E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1)."""
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


def saturating_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return E log(1 - D(G(z))): no gradient where D is sure (Goodfellow et al. 2014, alg. 1)."""
    return -softplus(logit_fake).mean()


def non_saturating_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return -E log D(G(z)): the same fixed point, a gradient where D is sure (2014, sec. 3)."""
    return softplus(-logit_fake).mean()


def least_squares_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return E (D(x) - 1)^2 + E D(G(z))^2: Mao et al. 2017, arXiv 1611.04076, without its 1/2."""
    return (logit_real - 1).square().mean() + logit_fake.square().mean()


def least_squares_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return E (D(G(z)) - 1)^2 on raw scores: Mao et al. 2017, without its 1/2."""
    return (logit_fake - 1).square().mean()


def hinge_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))) (Lim and Ye 2017, arXiv 1705.02894)."""
    return relu(1 - logit_real).mean() + relu(1 + logit_fake).mean()


def wasserstein_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return E D(G(z)) - E D(x), for a 1-Lipschitz D (Arjovsky et al. 2017, arXiv 1701.07875)."""
    return logit_fake.mean() - logit_real.mean()


def linear_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return -E D(G(z)): what G minimises in the hinge and the Wasserstein game."""
    return -logit_fake.mean()


def relativistic_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return E softplus(D(G(z)) - D(x)) over pairs.

    Jolicoeur-Martineau 2018, arXiv 1807.00734; in this form R3GAN, arXiv 2501.05441, eq. 2.
    """
    return softplus(logit_fake - _paired(logit_real, logit_fake)).mean()


def relativistic_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return E softplus(D(x) - D(G(z))) over pairs (sources as for `relativistic_d`)."""
    return softplus(_paired(logit_real, logit_fake) - logit_fake).mean()


def _paired(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    shape = None if logit_real is None else list(logit_real.shape)
    if shape != list(logit_fake.shape):
        raise InputError(
            "The relativistic loss compares real with fake samples one to one, and the logits have "
            f"the shapes {shape} and {list(logit_fake.shape)}: give as many real as fake ones."
        )
    return logit_real


def squared_d(logit_real: Tensor, logit_fake: Tensor) -> Tensor:
    """Return E (1 - D(x))^2 + E D(G(z))^2 with D = s(logit), a probability."""
    return (-logit_real).sigmoid().square().mean() + logit_fake.sigmoid().square().mean()


def squared_g(logit_real: Tensor | None, logit_fake: Tensor) -> Tensor:
    """Return E (1 - D(G(z)))^2 with D = s(logit): its slope is -2 D (1 - D)^2, 0 where D is sure.

    Least squares (lesson 03) takes the logit itself, and has no such flat end.
    """
    return (-logit_fake).sigmoid().square().mean()


def _s(logit: Array) -> Array:
    return (1 + np.tanh(logit / 2)) / 2  # the sigmoid, without overflow


def _slopes(d_real: Callable, d_fake: Callable, g_fake: Callable) -> Slopes:
    """Return the slopes of a loss that does not compare: each depends on its own logit alone."""
    return Slopes(lambda r, f: d_real(r), lambda r, f: d_fake(f), lambda r, f: g_fake(f))


LOSSES = {
    "minimax": Loss(
        cross_entropy_d, saturating_g, closed=_slopes(lambda r: -_s(-r), _s, lambda f: -_s(f))
    ),
    "non-saturating": Loss(
        cross_entropy_d, non_saturating_g, closed=_slopes(lambda r: -_s(-r), _s, lambda f: -_s(-f))
    ),
    "least-squares": Loss(
        least_squares_d,
        least_squares_g,
        closed=_slopes(lambda r: 2 * (r - 1), lambda f: 2 * f, lambda f: 2 * (f - 1)),
    ),
    "hinge": Loss(
        hinge_d,
        linear_g,
        closed=_slopes(lambda r: -1.0 * (r < 1), lambda f: 1.0 * (f > -1), lambda f: -1.0 + 0 * f),
    ),
    "wasserstein": Loss(
        wasserstein_d,
        linear_g,
        closed=_slopes(lambda r: -1.0 + 0 * r, lambda f: 1.0 + 0 * f, lambda f: -1.0 + 0 * f),
    ),
    "relativistic": Loss(
        relativistic_d,
        relativistic_g,
        pairs_real=True,
        closed=Slopes(lambda r, f: -_s(f - r), lambda r, f: _s(f - r), lambda r, f: -_s(r - f)),
    ),
}
WRITEUP_LOSSES = {
    "squared-probability": Loss(squared_d, squared_g),  # 001: of both players
    "squared-generator": Loss(cross_entropy_d, squared_g),  # 000: of G alone
}


def get_loss(name: str) -> Loss:
    """Return the pair called `name`, of LOSSES or WRITEUP_LOSSES; else raise InputError."""
    known = LOSSES | WRITEUP_LOSSES
    return known[choose("loss", name, known)]


def auxiliary_loss(class_logits: Tensor, y: Tensor) -> Tensor:
    """Return -E log p(y | x) of class logits [N, classes] and labels y [N] (or weights of them).

    Both players of an AC-GAN add it, of real samples and of fakes. Source: Odena et al. 2017,
    arXiv 1610.09585, eq. 3.
    """
    return cross_entropy(class_logits, y)


def slope(D: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of D's logit by its input at each sample, [N, ...], differentiable."""
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        logit = D(x)
        return torch.autograd.grad(logit.sum(), x, create_graph=True)[0]


def r1_penalty(D: Callable[[Tensor], Tensor], x_real: Tensor) -> Tensor:
    """Return 1/2 E |grad D(x)|^2 at real samples (Mescheder et al. 2018, arXiv 1801.04406, eq. 9).

    x_real is [N, ...]; multiply the scalar by the weight gamma. The half belongs to the definition.
    """
    return slope(D, x_real).flatten(1).square().sum(1).mean() / 2


def r2_penalty(D: Callable[[Tensor], Tensor], x_fake: Tensor) -> Tensor:
    """Return 1/2 E |grad D(x)|^2 at fake samples (Mescheder et al. 2018, eq. 10)."""
    return r1_penalty(D, x_fake)


def wgan_gp_penalty(
    D: Callable[[Tensor], Tensor],
    x_real: Tensor,
    x_fake: Tensor,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return E (|grad D(x)| - 1)^2 at points between the two (Gulrajani et al. 2017, eq. 3).

    x_real and x_fake are [N, ...]; each pair is mixed with one uniform random weight, drawn from
    `generator` (a CPU generator) or else on their device. Multiply by lambda (10 for images).
    Raises InputError when the shapes differ.
    """
    if x_real.shape != x_fake.shape:
        raise InputError(
            "The WGAN-GP penalty mixes real with fake samples one to one, and their shapes are "
            f"{list(x_real.shape)} and {list(x_fake.shape)}: give batches of the same shape."
        )
    where = x_real.device if generator is None else "cpu"
    weight = torch.rand(len(x_real), generator=generator, device=where).to(x_real)
    weight = weight.view(-1, *[1] * (x_real.dim() - 1))  # [N, 1, ...]
    between = weight * x_real + (1 - weight) * x_fake
    return (slope(D, between).flatten(1).norm(dim=1) - 1).square().mean()
