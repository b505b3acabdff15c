"""Exercise 12.3: relativistic pairs with R1 and R2."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.sheet12.shared import (
    SHAPES,
    discriminator,
    judge_gradient,
    judge_left,
    slopes,
)
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student

NO_GRAPH = (
    "The penalties do not reach D's weights: torch.autograd.grad needs create_graph=True, or what "
    "it gives is a number that D cannot learn from."
)


@dataclass(frozen=True)
class Round:
    """D, a batch of each kind, and the weight of both penalties."""

    D: twins.Twin
    x_real: Tensor  # [N, ...]
    x_fake: Tensor
    gamma: float

    def given(self) -> list:
        return [self.D.there, self.x_real, self.x_fake, self.gamma]


Loss = Callable[[Tensor, Tensor], Tensor]  # logits of real and fake, [N] each
Penalty = Callable[[Tensor], Tensor]  # slopes [N, ...]


def _pairs(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake - real).mean()


def _square(grad: Tensor) -> Tensor:
    return grad.flatten(1).square().sum(1).mean() / 2


def _slopes_at(r: Round) -> tuple[Tensor, Tensor, Tensor]:
    """Return D's slopes at real samples, at fake ones, and in the middle between."""
    real, fake = r.x_real.double(), r.x_fake.double()
    return tuple(slopes(r.D.here, x) for x in (real, fake, (real + fake) / 2))


def _loss(r: Round, loss: Loss = _pairs) -> Tensor:
    return loss(r.D.here(r.x_real.double()), r.D.here(r.x_fake.double()))


def _objective(r: Round, loss: Loss = _pairs, penalty: Penalty = _square) -> Tensor:
    at_real, at_fake, _ = _slopes_at(r)
    return _loss(r, loss) + r.gamma * (penalty(at_real) + penalty(at_fake))


LOSSES: dict[str, Loss] = {
    "The sign is turned round: D wants D(x_real) above D(x_fake), so it goes down "
    "softplus(D(x_fake) - D(x_real)). This is G's loss.": lambda a, b: softplus(a - b).mean(),
    "Each logit is compared with the mean of the other kind: pairs compare one real sample with "
    "one fake.": lambda a, b: (softplus(b.mean() - a) + softplus(b - a.mean())).mean() / 2,
    "Each logit is compared with the mean of the other kind, and both terms are added: pairs "
    "compare one real sample with one fake.": (
        lambda a, b: (softplus(b.mean() - a) + softplus(b - a.mean())).mean()
    ),
    "Real logits are compared with the mean of the fake ones: pairs compare one with one.": (
        lambda a, b: softplus(b.mean() - a).mean()
    ),
    "Fake logits are compared with the mean of the real ones: pairs compare one with one.": (
        lambda a, b: softplus(b - a.mean()).mean()
    ),
    "The mean is taken before softplus: take softplus of each pair's difference, then the mean.": (
        lambda a, b: softplus((b - a).mean())
    ),
    "This is cross-entropy, which judges each sample by itself: a pair has one difference.": (
        lambda a, b: (softplus(-a) + softplus(b)).mean()
    ),
    "Every real sample is compared with every fake one: pairs go by their place in the batch. Have "
    "[N, 1] and [N] been subtracted?": lambda a, b: softplus(b[:, None] - a).mean(),
    "The losses of the pairs are summed: average them.": lambda a, b: softplus(b - a).sum(),
    "This is the mean difference: softplus of it is missing.": lambda a, b: (b - a).mean(),
    "A softplus is log(1 + e^l), and this is log sigmoid, with its sign turned round.": (
        lambda a, b: -softplus(b - a).mean()
    ),
}
SQUARES: dict[str, Penalty] = {  # apart where N is neither twice 3 nor a third of 3 x 2 x 4
    "Both penalties are twice too large: each is gamma / 2 times the mean squared norm.": (
        lambda g: 2 * _square(g)
    ),
    "Both penalties are half as large. The half is there twice, or real and fake samples are "
    "averaged together: each penalty is gamma / 2 times its own mean squared norm.": (
        lambda g: _square(g) / 2
    ),
    "Both penalties are summed over the batch: average them.": lambda g: len(g) * _square(g),
    "The squares are averaged over the numbers of a sample: their sum is the squared norm.": (
        lambda g: g.square().mean() / 2
    ),
    "Each channel of a picture counts as a sample: the squared norm is the sum over all of them.": (
        lambda g: _square(g) / g.shape[1]
    ),
    "A picture's squares are summed over axis 1 alone, its channels, and averaged over its pixels: "
    "flatten each sample first.": lambda g: g.square().sum(1).mean() / 2,
    "The squares are summed over the samples, axis 0, and averaged over the numbers of one: it is "
    "the other way round.": lambda g: g.square().sum(0).mean() / 2,
    "The norms are not squared.": lambda g: g.flatten(1).norm(dim=1).mean() / 2,
    "The mean norm is squared: square each, then take the mean.": (
        lambda g: g.flatten(1).norm(dim=1).mean().square() / 2
    ),
    "1 is taken from the norms, as in WGAN-GP: R1 and R2 draw them to 0.": (
        lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean() / 2
    ),
    "The slopes are those of the mean logit, N times too small: take the gradient of the sum.": (
        lambda g: _square(g) / len(g) ** 2
    ),
    "The penalties are subtracted: add them.": lambda g: -_square(g),
    "The penalties are missing.": lambda g: torch.zeros(()),
}
PLACES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "R2 is taken at the real samples, so R1 is there twice: it belongs to the fake ones.": (
        lambda real, fake, mid: 2 * _square(real)
    ),
    "R1 is taken at the fake samples, so R2 is there twice: it belongs to the real ones.": (
        lambda real, fake, mid: 2 * _square(fake)
    ),
    "R2 is missing: punish D's slope at the fake samples too.": lambda real, fake, mid: _square(
        real
    ),
    "R1 is missing: punish D's slope at the real samples too.": lambda real, fake, mid: _square(
        fake
    ),
    "The slope is taken between real and fake samples: R1 and R2 are at the samples themselves.": (
        lambda real, fake, mid: _square(mid)
    ),
    "The two penalties are averaged: add them, gamma / 2 each.": lambda real, fake, mid: (
        (_square(real) + _square(fake)) / 2
    ),
    "R2 is subtracted: both penalties are added.": lambda real, fake, mid: (
        _square(real) - _square(fake)
    ),
}


def _mistakes(r: Round) -> dict[str, float]:
    at = _slopes_at(r)
    found = {m: _objective(r, loss=loss) for m, loss in LOSSES.items()}
    found |= {m: _objective(r, penalty=penalty) for m, penalty in SQUARES.items()}
    found |= {m: _loss(r) + r.gamma * of(*at) for m, of in PLACES.items()}
    return {meaning: value.item() for meaning, value in found.items()}


def _round(student: Student, draw: Draw, shape, gamma: float, N: int | None = None) -> Round:
    """Return a D whose slopes at real samples differ from those at fake ones."""
    D, N = discriminator(student, draw, shape, 2.0), N or draw.choice((5, 7))  # see SQUARES
    x_fake = 0.3 * draw.normal(N, *shape) - 0.5
    return Round(D, draw.normal(N, *shape), x_fake, gamma)


def _judge(student: Student, fn: Handle, r: Round, mistakes: dict[str, float]) -> None:
    want = _objective(r).item()
    got = facts.number(student.call(fn, r.given()), "D's objective")
    facts.diagnose(
        got, want, 2e-5 * max(1.0, abs(want)), mistakes,
        "This is not the mean of softplus(D(x_fake) - D(x_real)) over pairs, plus gamma / 2 times "
        "the mean squared slope at the real and at the fake samples.",
    )  # fmt: skip


def pairs_alone(student: Student, fn: Handle, draw: Draw) -> None:
    """Without penalties: gamma is 0."""
    for shape in SHAPES:
        r = _round(student, draw, shape, 0.0)
        _judge(student, fn, r, {m: _loss(r, loss).item() for m, loss in LOSSES.items()})


def with_penalties(student: Student, fn: Handle, draw: Draw) -> None:
    for shape, N in ((SHAPES[0], None), (SHAPES[1], None), (SHAPES[1], 1)):
        r = _round(student, draw, shape, draw.uniform(0.6, 1.5), N)
        _judge(student, fn, r, _mistakes(r))


def graph_of_both(student: Student, fn: Handle, draw: Draw) -> None:
    for shape in SHAPES:
        r = _round(student, draw, shape, draw.uniform(0.6, 1.5))
        judge_left(student, fn, r.given(), r.D, draw)
        judge_gradient(student, fn, r.given(), r.D, _objective(r), NO_GRAPH, rest=_loss(r))


PAIRS, PENALTIES, GRAPH = "pairs, without penalties", "with R1 and R2", "D can learn from it"
EXERCISE = Exercise(
    "12.3",
    "pairs with R1 and R2",
    points=9,
    minutes=20,
    parts=(
        Part(PAIRS, 3, pairs_alone),
        Part(PENALTIES, 3, with_penalties),
        Part(GRAPH, 2, graph_of_both),
        Part("other rounds", 1, Again((pairs_alone, with_penalties, graph_of_both)), shown=False),
    ),
    names=("d_objective",),
    withheld=(
        "gancourse.losses.relativistic_d",
        "gancourse.losses.relativistic_g",
        "gancourse.losses.r1_penalty",
        "gancourse.losses.r2_penalty",
    ),
    promises=(
        (r"$\mathrm{softplus}(D(x_{fake}) - D(x_{real}))$", PAIRS),
        ("averaged over pairs", PAIRS),
        (r"$\frac{\gamma}{2} |\nabla_x D(x)|^2$", PENALTIES),
        ("averaged over the real samples (R1), and again over the fake ones (R2)", PENALTIES),
        ("D's weights must be able to learn from it", GRAPH),
        ("leave D as it is, its gradients too", GRAPH),
    ),
)
