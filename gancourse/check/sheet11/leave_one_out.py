"""Exercise 11.4: the leave-one-out test by nearest neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.cases import each, telling
from gancourse.check.sheet11.shared import judge_again
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


@dataclass(frozen=True)
class Piles:
    """Fakes, and real pictures that G was trained on or has never seen."""

    fake: Tensor  # [N, 1, 3, 3]
    train: Tensor
    held: Tensor

    def given(self) -> list[Tensor]:
        return [self.fake, self.train, self.held]


def _distances(x: Tensor, p: float = 2.0) -> Tensor:
    x = x.double().flatten(1)
    return (x[:, None] - x[None]).abs().pow(p).sum(2)  # [N, N]


def _cosines(x: Tensor) -> Tensor:
    x = torch.nn.functional.normalize(x.double().flatten(1), dim=1)
    return -x @ x.T


def _test(
    fake: Tensor,
    real: Tensor,
    distances: Callable[[Tensor], Tensor] = _distances,
    nearest: Callable[[Tensor], Tensor] = lambda D: D.argmin(1),
) -> Tensor:
    """Return the share [2] of fakes, and of real pictures, whose nearest other is of their kind."""
    D = distances(torch.cat([fake, real])).fill_diagonal_(torch.inf)
    kind = torch.arange(len(D)) < len(fake)
    same = (kind[nearest(D)] == kind).double()
    return torch.stack([same[kind].mean(), same[~kind].mean()])


def right(piles: Piles) -> Tensor:
    return _test(piles.fake, piles.held)


def _zeros_hidden(piles: Piles) -> Tensor:
    """Return the shares where what `torch.cdist` calls 0 is no neighbour."""
    x = torch.cat([piles.fake, piles.held]).flatten(1)
    D, kind = torch.cdist(x, x), torch.arange(len(x)) < len(piles.fake)
    same = (kind[D.masked_fill(D == 0, torch.inf).argmin(1)] == kind).double()
    return torch.stack([same[kind].mean(), same[~kind].mean()])


def _furthest(D: Tensor) -> Tensor:
    return D.masked_fill(D.isinf(), -torch.inf).argmax(1)


def _second(D: Tensor) -> Tensor:
    return D.argsort(1)[:, 1]


def _with_train(piles: Piles) -> Tensor:
    """Return the shares where training pictures, as real ones, may be nearest too."""
    every = torch.cat([piles.fake, piles.held, piles.train])
    D = _distances(every).fill_diagonal_(torch.inf)
    nearest_fake = D.argmin(1) < len(piles.fake)
    N, end = len(piles.fake), len(piles.fake) + len(piles.held)
    return torch.stack([
        nearest_fake[:N].double().mean(), (~nearest_fake[N:end]).double().mean()
    ])  # fmt: skip


def _all_real(piles: Piles) -> Tensor:
    return _test(piles.fake, torch.cat([piles.train, piles.held]))


def _majority(D: Tensor, n: int) -> Tensor:
    """Return the index of a picture of the kind that two of three neighbours have."""
    votes = (D.argsort(1)[:, :3] < n).sum(1) >= 2
    return torch.where(votes, 0, n)


MISTAKES: dict[str, Callable[[Piles], Tensor]] = {
    "The fakes are tested against training pictures: G has seen those, and copies of them would "
    "count as faults. Take the held-out ones, `x_held`.": lambda p: _test(p.fake, p.train),
    "All real pictures are tested together: G has seen the training pictures, so leave them out.": (
        _all_real
    ),
    "Training pictures are among the neighbours: only fakes and held-out pictures are.": (
        _with_train
    ),
    "The two shares have changed places: that of the fakes comes first.": (
        lambda p: right(p).flip(0)
    ),
    "These are the shares of wrong labels: count the right ones.": lambda p: 1 - right(p),
    "These are counts: divide each by the number of its own kind.": (
        lambda p: right(p) * torch.tensor([len(p.fake), len(p.held)])
    ),
    "The shares are of all pictures: divide by the number of each kind.": (
        lambda p: right(p)
        * torch.tensor([len(p.fake), len(p.held)])
        / (len(p.fake) + len(p.held))
    ),
    "One share of both kinds together is given twice: faults of the two kinds may cancel.": (
        lambda p: (right(p) @ torch.tensor([len(p.fake), len(p.held)]).double()
                   / (len(p.fake) + len(p.held))).expand(2)
    ),
    "Each picture is its own nearest neighbour, so every label is right: leave it out.": (
        lambda p: torch.ones(2)
    ),
    "The picture itself is left out where its distance is exactly 0, and rounding makes that of "
    "`torch.cdist` a little more: leave it out by its place.": _zeros_hidden,
    "Every label is wrong: are only pictures of the other kind among the neighbours? All others "
    "are, of either kind.": lambda p: torch.zeros(2),
    "The second nearest of the others is asked: once a picture itself is left out, the nearest is "
    "the first.": lambda p: _test(p.fake, p.held, nearest=_second),
    "The furthest picture is asked: take the nearest.": (
        lambda p: _test(p.fake, p.held, nearest=_furthest)
    ),
    "Three neighbours vote: ask the nearest alone.": (
        lambda p: _test(p.fake, p.held, nearest=lambda D: _majority(D, len(p.fake)))
    ),
    "Pixels are compared by absolute differences: the distance is Euclidean.": (
        lambda p: _test(p.fake, p.held, lambda x: _distances(x, 1.0))
    ),
    "Pictures are compared by the angle between them: twice a picture is not near it, the distance "
    "is Euclidean.": lambda p: _test(p.fake, p.held, _cosines),
}  # fmt: skip


def _without_train(piles: Piles) -> Tensor:
    """Return the shares where fakes that are training pictures are left out."""
    copied = (piles.fake[:, None] == piles.train[None]).flatten(2).all(2).any(1)
    return _test(piles.fake[~copied], piles.held)


COPY_MISTAKES: dict[str, Callable[[Piles], Tensor]] = {
    "A copy is passed over, as if it were the picture itself: leave out the picture by its place, "
    "and not whatever lies at distance 0.": (lambda p: _test(p.fake, p.held, _apart_from_copies)),
    "Fakes that are in x_train are left out: a copy of a training picture is a fake, too.": (
        _without_train
    ),
}
SAME_MISTAKES: dict[str, Callable[[Piles], Tensor]] = {
    "A copy of the same kind is passed over: it is another picture, and the nearest one.": (
        lambda p: _test(p.fake, p.held, lambda x: _past_same_kind(x, len(p.fake)))
    ),
    "Equal pictures of a kind count once: each of them is a picture, with a label.": (
        lambda p: _test(p.fake.unique(dim=0), p.held.unique(dim=0))
    ),
    "Equal fakes count once: each of them is a picture, with a label.": (
        lambda p: _test(p.fake.unique(dim=0), p.held)
    ),
    "Equal held-out pictures count once: each of them is a picture, with a label.": (
        lambda p: _test(p.fake, p.held.unique(dim=0))
    ),
}
AT_HOME = (
    "Without copies the shares are right, and where fakes are copies of held-out pictures, or of "
    "training pictures, they are not. A copy is the nearest other one, at distance 0: among sorted "
    "distances the second may be the picture itself. Leave that out by its place, such as with inf "
    "on the diagonal, and leave no fake out."
)
TWINS = (
    "Without copies the shares are right, and where pictures of one kind are equal they are not: "
    "leave out the picture itself by its place, and nothing else."
)


def _past_same_kind(x: Tensor, fakes: int) -> Tensor:
    D, kind = _distances(x), torch.arange(len(x)) < fakes
    return D.masked_fill((D == 0) & (kind[:, None] == kind), torch.inf)


def _apart_from_copies(x: Tensor) -> Tensor:
    D = _distances(x)
    return D.masked_fill(D == 0, torch.inf)


def _piles(draw: Draw, spread: float, away: float) -> Piles:
    """Return piles of different sizes: fakes that are `away` from the held-out ones, and spread.

    Half of the fakes lie near training pictures, and some are larger: angles say otherwise there.
    """
    while True:
        train, held = draw.normal(draw.integer(25, 30), 9), draw.normal(draw.integer(41, 50), 9)
        fake = spread * draw.normal(draw.integer(31, 39), 9) + away
        fake[:8] = train[:8] + 0.4 * draw.normal(8, 9)
        fake[8:12] *= 1.8
        piles = Piles(*(x.view(-1, 1, 3, 3) for x in (fake, train, held)))
        if _clear(torch.cat([piles.fake, piles.held])):
            return piles


def _clear(x: Tensor) -> bool:
    """Tell whether no two pictures are nearly as near to a third one: rounding decides nothing."""
    D = _distances(x).fill_diagonal_(torch.inf).sort(1).values
    return bool((D[:, 1] > D[:, 0] + 3e-4).all())


def _copied(draw: Draw, n: int) -> Piles:
    """Return piles in which n fakes are held-out pictures, exactly, and four are training ones.

    Those n lie far out: a copy and its picture, of two kinds, are nearest to none of the others.
    """
    while True:
        train, held = (2.0 * draw.normal(12 + n, 1, 3, 3) for _ in range(2))
        held[:n] *= 8.0
        fake = torch.cat([held[:n], train[:4], 2.0 * draw.normal(5, 1, 3, 3)])
        fake = fake[torch.randperm(len(fake), generator=draw.generator())]
        if _clear(torch.cat([fake, held])):
            return Piles(fake, train, held)


def _shares(student: Student, fn: Handle, piles: Piles) -> Tensor:
    got = student.call(fn, piles.given())
    found = facts.numbers(got, "the share of the fakes", "the share of the held-out pictures")
    return torch.tensor(found, dtype=torch.float64)


def _doubled(draw: Draw, fakes: int, held: int) -> Piles:
    """Return piles in which so many fakes, and held-out pictures, have a twin of their kind.

    Those lie far out, with their twins, and with no other near.
    """
    while True:
        train, kept, fake = (2.0 * draw.normal(14, 1, 3, 3) for _ in range(3))
        kept[:held] *= 8.0
        fake[:fakes] *= 8.0
        if _clear(torch.cat([fake, kept])):
            return Piles(torch.cat([fake, fake[:fakes]]), train, torch.cat([kept, kept[:held]]))


NOT_RIGHT = (
    "These are not the shares of fakes and of held-out pictures whose nearest other one, of both "
    "kinds together, is of their own kind."
)


def _judge(
    student: Student,
    fn: Handle,
    draw: Draw,
    make: Callable[[Draw], Piles],
    mistakes: dict[str, Callable[[Piles], Tensor]] = MISTAKES,
    else_: str = NOT_RIGHT,
) -> None:
    def case() -> Piles:
        return telling(partial(make, draw), right, each(mistakes))

    judge_again(lambda p: _shares(student, fn, p), case(), case, right, mistakes, else_)


def alike(student: Student, fn: Handle, draw: Draw) -> None:
    _judge(student, fn, draw, lambda d: _piles(d, 0.9, 0.1))


def apart(student: Student, fn: Handle, draw: Draw) -> None:
    """Fakes that huddle, away from the middle."""
    _judge(student, fn, draw, lambda d: _piles(d, 0.5, 0.4))


def copies(student: Student, fn: Handle, draw: Draw) -> None:
    """Some fakes are held-out pictures, exactly; some are training pictures; then twins."""
    try:
        for n in (6, 12):
            _judge(student, fn, draw, lambda d, n=n: _copied(d, n), COPY_MISTAKES, AT_HOME)
        for both in ((5, 6), (0, 6), (5, 0)):
            _judge(student, fn, draw, lambda d, n=both: _doubled(d, *n), SAME_MISTAKES, TWINS)
    except Wrong:
        for _ in range(3):
            alike(student, fn, draw)  # or wrong without copies, too
        raise


ALIKE, APART, COPIES = "kinds that are alike", "kinds that differ", "copies"
EXERCISE = Exercise(
    "11.4",
    "the leave-one-out test",
    points=6,
    minutes=15,
    parts=(
        Part(ALIKE, 2, alike),
        Part(APART, 2, apart),
        Part(COPIES, 1, copies),
        Part("other piles", 1, Again((alike, apart, copies)), shown=False),
    ),
    names=("leave_one_out",),
    withheld=("gancourse.score.copies.leave_one_out",),
    promises=(
        ("real pictures that G has never seen", ALIKE),
        ("the kind of its nearest other one (Euclidean)", ALIKE),
        ("of both kinds together", APART),
        ("which may be a copy", COPIES),
        ("the share of right labels among the fakes, and among the held-out", APART),
        ("`x_train` is what G was trained on", COPIES),
    ),
)
