"""Exercise 09.4: copies of training pictures, or chance?"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.cases import telling
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


@dataclass(frozen=True)
class Pile:
    """Fakes, and two piles of real pictures; `fake` nearest neighbours are set by construction."""

    fake: Tensor  # [N, 1, 4, 4]
    train: Tensor
    held: Tensor

    def given(self) -> list[Tensor]:
        return [self.fake, self.train, self.held]


def _offsets(draw: Draw, n: int, spread: bool) -> Tensor:
    """Return n steps [n, 16]: of length 2 over all pixels, or of length 3 in one pixel."""
    if spread:
        return 0.5 * draw.normal(n, 16).sign()
    steps = torch.zeros(n, 16)
    steps[torch.arange(n), torch.randint(16, (n,), generator=draw.generator())] = 3.0
    return steps


def _pile(draw: Draw, near_train: int, near_held: int, more: tuple[int, int]) -> Pile:
    """Return as many fakes near a picture of each pile; `more` real ones lie far from them all.

    Each fake has a picture in either pile. The nearest one is at a distance of 2 and the other of
    3 or more. For three fakes near training pictures sums of absolute differences say otherwise,
    and for four others angles do: there the held-out picture is twice the fake. For two the
    held-out picture is the fake, brighter by 0.7; for one the largest difference says otherwise.
    The held-out pictures that lie far away lie furthest.
    """
    N = near_train + near_held
    fake = 4.0 * draw.normal(N, 16)
    ahead, behind = _offsets(draw, N, spread=True), _offsets(draw, N, spread=False)
    clear = torch.arange(N) >= 3  # there the other one is further by any measure
    behind[clear] *= 3.0
    behind[3:7], behind[7:9] = fake[3:7], 0.7
    ahead[9], ahead[9, 0], behind[9] = 0.0, 2.0, 0.7 * draw.normal(16).sign()
    nearer = (torch.arange(N) < near_train)[:, None]
    train = torch.where(nearer, fake + ahead, fake + behind)
    held = torch.where(nearer, fake + behind, fake + ahead)
    far = [at + 4.0 * draw.normal(n, 16) for n, at in zip(more, (40.0, 80.0), strict=True)]
    piles = [fake, torch.cat([train, far[0]]), torch.cat([held, far[1]])]
    return Pile(*(_shuffled(draw, x).view(-1, 1, 4, 4) for x in piles))


def _shuffled(draw: Draw, x: Tensor) -> Tensor:
    return x[torch.randperm(len(x), generator=draw.generator())]


def _apart(x: Tensor, y: Tensor, p: float = 2.0) -> Tensor:
    x, y = x.double().flatten(1), y.double().flatten(1)
    return (x[:, None] - y[None]).abs().pow(p).sum(2)  # [N, M]


def _angles(x: Tensor, y: Tensor) -> Tensor:
    x, y = (torch.nn.functional.normalize(t.double().flatten(1), dim=1) for t in (x, y))
    return -x @ y.T  # [N, M], the cosines


def _largest(x: Tensor, y: Tensor) -> Tensor:
    return (x.double().flatten(1)[:, None] - y.double().flatten(1)[None]).abs().amax(2)


def _even(x: Tensor) -> Tensor:
    return x - x.flatten(1).mean(1)[:, None, None, None]


def _share(pile: Pile) -> float:
    return _nearer(_apart(pile.fake, pile.train).amin(1), _apart(pile.fake, pile.held).amin(1))


def _nearer(to_train: Tensor, to_held: Tensor) -> float:
    return (to_train < to_held).double().mean().item()


def _share_mistakes(pile: Pile) -> dict[str, float]:
    share, (fake, train, held) = _share(pile), pile.given()
    return {
        "This is the share of fakes whose nearest picture is held out: count the others.": (
            1 - share
        ),
        "This is a count: divide it by the number of fakes.": share * len(fake),
        "Pixels are compared by absolute differences, or row by row: the distance is Euclidean, "
        "of all pixels at once.": _nearer(
            _apart(fake, train, 1).amin(1), _apart(fake, held, 1).amin(1)
        ),
        "Pictures are compared by the angle between them: twice a picture is not near it, the "
        "distance is Euclidean.": _nearer(
            _angles(fake, train).amin(1), _angles(fake, held).amin(1)
        ),
        "Pixels are compared by their largest difference: the distance is Euclidean.": _nearer(
            _largest(fake, train).amin(1), _largest(fake, held).amin(1)
        ),
        "Each picture's mean is taken off first: the distance is that of all pixels as they are.": (
            _nearer(*(_apart(_even(fake), _even(x)).amin(1) for x in (train, held)))
        ),
        "No fake comes out nearer to a training picture. Are mean or largest distances compared? "
        "It is the nearest picture of each pile that matters.": 0.0,
        "Every fake comes out nearer to a training picture. Are mean or largest distances "
        "compared? It is the nearest picture of each pile that matters.": 1.0,
    }


def _chance(pile: Pile) -> float:
    return len(pile.train) / (len(pile.train) + len(pile.held))


def _score(pile: Pile) -> float:
    return _of_chance(pile, _chance(pile))


def _of_chance(pile: Pile, p: float) -> float:
    return (_share(pile) - p) / (p * (1 - p) / len(pile.fake)) ** 0.5


def _score_mistakes(pile: Pile) -> dict[str, float]:
    share, p, N = _share(pile), _chance(pile), len(pile.fake)
    return {
        "The score compares with 1/2: by chance the nearest picture is a training one as often as "
        "there are more of those, M / (M + H).": 2 * (share - 0.5) * N**0.5,
        "The mean is right, and the sd is that of a fair coin: it is sqrt(p (1 - p) / N) with the "
        "p of chance.": 2 * (share - p) * N**0.5,
        "The sd takes the share that was found: chance is tested, so it takes chance's p.": (
            (share - p) / max(share * (1 - share) / N, 1e-12) ** 0.5
        ),
        "The score divides by the variance: take its root.": (share - p) / (p * (1 - p) / N),
        "The sd is that of one fake: of a mean over N of them it is smaller by sqrt(N).": (
            (share - p) / (p * (1 - p)) ** 0.5
        ),
        "The score has no sign: below 0 the fakes keep away from the training pictures.": abs(
            _score(pile)
        ),
        "The score has the wrong sign: above 0 the fakes are too near to training pictures.": (
            -_score(pile)
        ),
        "The chance counts the piles the wrong way round: it is M / (M + H), with M training "
        "pictures.": (share - (1 - p)) / (p * (1 - p) / N) ** 0.5,
        "Equal training pictures count once: M is how many there are, copies too.": _of_chance(
            pile, _chance(Pile(pile.fake, pile.train.unique(dim=0), pile.held))
        ),
        "Equal held-out pictures count once: H is how many there are, copies too.": _of_chance(
            pile, _chance(Pile(pile.fake, pile.train, pile.held.unique(dim=0)))
        ),
        "The score is only the difference from chance: divide it by its sd.": share - p,
    }


def _found(student: Student, fn: Handle, pile: Pile) -> tuple[float, float]:
    got = student.call(fn, pile.given())
    score = got[1] if isinstance(got, list) and len(got) == 2 else None
    if isinstance(score, float) and not -1e300 < score < 1e300:
        raise Wrong("The score is NaN or inf: its sd must not come from the share that was found.")
    share, score = facts.numbers(got, "the share", "the score")
    return share, score


def _drawn(draw: Draw, more: tuple[int, int]) -> Pile:
    """Return a pile, more than half of it near training pictures, that tells mistakes apart."""
    return telling(
        lambda: _pile(draw, draw.integer(13, 16), draw.integer(5, 8), more), _share, _share_mistakes
    )


def _judge_share(got: float, pile: Pile, tells: bool = True) -> None:
    """`tells`: in this pile each mistake leads to a share of its own."""
    facts.diagnose(
        got, _share(pile), 1e-5, _share_mistakes(pile) if tells else {},
        "This is not the share of fakes whose nearest training picture is nearer than their "
        "nearest held-out picture.",
    )  # fmt: skip


def _judge_score(got: float, pile: Pile) -> None:
    facts.diagnose(
        got, _score(pile), 1e-4 * max(1.0, abs(_score(pile))), _score_mistakes(pile),
        "The score is not (share - p) / sqrt(p (1 - p) / N) with p = M / (M + H).",
    )  # fmt: skip


def copies_share(student: Student, fn: Handle, draw: Draw) -> None:
    pile = _drawn(draw, (6, 12))
    _judge_share(_found(student, fn, pile)[0], pile)


def copies_score(student: Student, fn: Handle, draw: Draw) -> None:
    pile = _drawn(draw, (2, draw.integer(70, 80)))
    share, score = _found(student, fn, pile)
    _judge_share(share, pile)
    _judge_score(score, pile)


def copies_extremes(student: Student, fn: Handle, draw: Draw) -> None:
    """Nothing but copies, of either pile; fewer training pictures; some pictures twice; a crowd.

    In the crowd many fakes lie near the same training picture, and each counts.
    """
    train, held, new = (3.0 * draw.normal(n, 1, 5, 5) for n in (24, 9, 12))
    twice = Pile(new[[*range(12), 0, 1, 2]], *(torch.cat([x, x[:7]]) for x in (train, held)))
    copied = Pile(train[:7], train, held), Pile(held[:7], train, held)
    near = train[[0] * 5], held[:2]
    crowd = Pile(torch.cat(near) + 0.1 * draw.normal(7, 1, 5, 5), train, held)
    for pile in (*copied, Pile(new, held, train), twice, Pile(new, twice.train, held), crowd):
        share, score = _found(student, fn, pile)
        _judge_share(share, pile, tells=False)
        _judge_score(score, pile)


SHARE, SCORE, EITHER = "the share", "the score", "copies of either pile"
EXERCISE = Exercise(
    "09.4",
    "copies or chance",
    points=6,
    minutes=15,
    parts=(
        Part(SHARE, 2, copies_share),
        Part(SCORE, 2, copies_score),
        Part(EITHER, 1, copies_extremes),
        Part("other piles", 1, Again((copies_share, copies_score, copies_extremes)), shown=False),
    ),
    names=("copied",),
    promises=(
        ("its nearest real picture (Euclidean)", SHARE),
        ("among the training pictures, not among the held-out ones", EITHER),
        ("$p = M / (M + H)$", SCORE),
        ("how many standard deviations of a mean of N draws it lies above $p$", SCORE),
    ),
)
