"""Exercise 14.2: averaging the gradients of copies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Student

NET = {"widths": [6, 5], "shape": [3]}
Grads = dict[str, Tensor]


@dataclass(frozen=True)
class Ranks:
    """Copies of one net here and there, each with its part of a batch and that part's gradient."""

    copies: list[twins.Twin]
    sizes: list[int]
    parts: list[Grads]  # the gradient of the mean loss of each part
    whole: Grads  # that of the whole batch

    def given(self) -> list:
        return [[copy.there for copy in self.copies], self.sizes]

    @property
    def near(self) -> float:
        return 1e-5 * max(
            1.0, *(g.abs().max().item() for part in self.parts for g in part.values())
        )

    def mixed(self, weights: Sequence[float]) -> Grads:
        """Return the sum of the parts' gradients with these weights."""
        return {name: sum(w * part[name] for w, part in zip(weights, self.parts, strict=True))
                for name in self.whole}  # fmt: skip


def _gradient(net: torch.nn.Module, x: Tensor) -> Grads:
    """Return the gradient of D's mean loss on real samples."""
    named = dict(net.named_parameters())
    found = torch.autograd.grad(softplus(-net(x)).mean(), list(named.values()))
    return dict(zip(named, found, strict=True))


def _ranks(student: Student, draw: Draw, sizes: Sequence[int]) -> Ranks:
    seed = draw.seed()

    def grow(net: torch.nn.Module) -> None:
        for p in net.parameters():
            p.mul_(2.0)

    copies = [twins.twin(student, Draw(seed), "discriminator/mlp", NET, grow) for _ in sizes]
    net = copies[0].here
    x = [(draw.normal(n, 3) + draw.normal(3)).double() for n in sizes]
    parts = [_gradient(net, part) for part in x]
    for copy, part in zip(copies, parts, strict=True):
        student.set_grads(copy.there, {name: g.float() for name, g in part.items()})
    return Ranks(copies, list(sizes), parts, _gradient(net, torch.cat(x)))


def _one(n: int, at: int) -> list[float]:
    return [float(i == at) for i in range(n)]


MIXTURES: dict[str, Callable[[list[int]], list[float]]] = {
    "The gradients are added: the mean loss of the whole batch has their mean. A sum makes each "
    "step as many times longer as there are copies.": lambda s: [1.0] * len(s),
    "The gradients are averaged as if all parts had as many samples: weigh each by its size.": (
        lambda s: [1 / len(s)] * len(s)
    ),
    "The weighted sum is not divided by the number of all samples.": lambda s: [
        float(n) for n in s
    ],
    "The sum is divided by the number of samples: the parts' gradients are means already.": (
        lambda s: [1 / sum(s)] * len(s)
    ),
    "Small parts count more than large ones: weigh each by its size, not by one over it.": (
        lambda s: [1 / n / sum(1 / m for m in s) for n in s]
    ),
    "The weighted sum is divided by the number of copies too.": (
        lambda s: [n / sum(s) / len(s) for n in s]
    ),
    "The sum is divided by one copy less.": lambda s: [1 / max(1, len(s) - 1)] * len(s),
    "The sizes stand in the opposite order.": lambda s: [n / sum(s) for n in reversed(s)],
    "All copies have the first one's gradient: it is copied, and not averaged.": (
        lambda s: _one(len(s), 0)
    ),
    "All copies have the last one's gradient.": lambda s: _one(len(s), len(s) - 1),
    "The gradients are gone: 0 everywhere.": lambda s: [0.0] * len(s),
}


ONE_TENSOR = (
    "The average is right, and copies share one tensor as their .grad: what the next backward adds "
    "for one of them is in the others too. Give each a tensor of its own, by copy_ or clone."
)


def _judge(student: Student, ranks: Ranks) -> None:
    """Raise Wrong unless each copy has the whole batch's gradient."""
    found = [student.snapshot(copy.there)["grads"] for copy in ranks.copies]
    right = [facts.all_near(grads, ranks.whole, ranks.near) for grads in found]
    if all(right):
        if student.share_grads([copy.there for copy in ranks.copies]):
            raise Wrong(ONE_TENSOR)
        return
    left = [facts.all_near(g, p, ranks.near) for g, p in zip(found, ranks.parts, strict=True)]
    if all(left):
        raise Wrong("Each copy still has its own gradient: write the average into .grad.")
    if any(right):
        raise Wrong(
            f"{sum(right)} of {len(right)} copies have the whole batch's gradient: each must have "
            "it, or the copies drift apart after one step. Has an average been overwritten before "
            "all copies were read?"
        )
    mixtures = {what: ranks.mixed(weights(ranks.sizes)) for what, weights in MIXTURES.items()}
    for what, mixture in mixtures.items():
        if all(facts.all_near(grads, mixture, ranks.near) for grads in found):
            raise Wrong(what)
    if any(left):
        raise Wrong(
            f"{sum(left)} of {len(left)} copies still have their own gradient: average over all of "
            "them, and write into each."
        )
    for what, mixture in mixtures.items():
        if any(facts.all_near(grads, mixture, ranks.near) for grads in found):
            raise Wrong(what)
    raise Wrong("This is not the gradient of the mean loss of the whole batch.")


def average_halves(student: Student, fn, draw: Draw) -> None:
    """Two halves, and four quarters."""
    for copies in (2, 4):
        ranks = _ranks(student, draw, [draw.integer(3, 6)] * copies)
        student.call(fn, ranks.given())
        _judge(student, ranks)


def average_unequal(student: Student, fn, draw: Draw) -> None:
    """Three and two parts of unlike sizes; one copy alone."""
    few = draw.integer(2, 3)
    for sizes in ([few + 6, few + 3, few], [few, few + 5], [few]):
        ranks = _ranks(student, draw, sizes)
        student.call(fn, ranks.given())
        _judge(student, ranks)


def average_leaves(student: Student, fn, draw: Draw) -> None:
    ranks = _ranks(student, draw, [draw.integer(3, 4), 5])
    before = [student.snapshot(copy.there) for copy in ranks.copies]
    student.call(fn, ranks.given())
    for copy, old in zip(ranks.copies, before, strict=True):
        twins.judge_untouched(
            old, student.snapshot(copy.there), "A copy", but=("grads",),
            weights="A copy's weights have changed: only gradients are averaged here, and a step "
            "is the optimiser's work.",
        )  # fmt: skip


HALVES, UNEQUAL, LEFT = "equal parts", "unequal parts", "the weights"
EXERCISE = Exercise(
    "14.2",
    "averaging gradients",
    points=6,
    minutes=15,
    parts=(
        Part(HALVES, 2, average_halves),
        Part(UNEQUAL, 2, average_unequal),
        Part(LEFT, 1, average_leaves),
        Part(
            "other copies",
            1,
            Again((average_halves, average_unequal, average_leaves)),
            shown=False,
        ),
    ),
    names=("average_gradients",),
    withheld=("gancourse.train.parallel.average_gradients",),
    promises=(
        ("Leave in each copy's `.grad`, a tensor of its own, that of the mean loss", HALVES),
        ("part `i` has `sizes[i]` samples", UNEQUAL),
        ("leave the weights as they are", LEFT),
    ),
)
