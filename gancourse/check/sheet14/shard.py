"""Exercise 14.1: which indices a rank reads."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

Shards = list[list[int]]  # one for each rank
FURTHER = 1, 2, 10  # epochs, or seeds, that are compared
EPOCHS = 60


@dataclass(frozen=True)
class Setting:
    """The arguments of a call, but for the rank."""

    n: int
    world: int
    seed: int
    epoch: int

    def given(self, rank: int) -> list[int]:
        return [self.n, rank, self.world, self.seed, self.epoch]

    @property
    def length(self) -> int:
        return -(-self.n // self.world)


def _setting(draw: Draw, world: int, over: int) -> Setting:
    """Return a setting where `over` indices are too many for whole rows of `world`."""
    n = world * draw.integer(8, 11) + over
    return Setting(n, world, draw.integer(1, 10**6), draw.integer(1, 50))


def _whole_number(value: object) -> int | None:
    if isinstance(value, Tensor) and value.numel() == 1 and not value.is_floating_point():
        value = value.item()
    return value if type(value) is int else None


def _read(
    student: Student, fn: Handle, given: list, seed: int | None = None, process: int | None = None
) -> list[int]:
    """Return what one call gives, as whole numbers."""
    got = student.call(fn, given, seed=seed, process=process)
    found = list(got) if isinstance(got, Tensor) and got.dim() == 1 else got
    numbers = [_whole_number(v) for v in found] if isinstance(found, list) else [None]
    if None in numbers or not numbers:
        odd = found[numbers.index(None)] if isinstance(found, list) and found else got
        inside = f"a list with {facts.describe(odd)} in it" if odd is not got else ""
        raise Wrong(
            "shard should return a list of whole numbers, and gave "
            f"{inside or facts.describe(got)}."
        )
    return numbers


def _shards(student: Student, fn: Handle, s: Setting, apart: bool = True) -> Shards:
    """Return what each rank reads, in a process of its own where they are `apart`."""
    ranks = range(s.world)
    return [_read(student, fn, s.given(r), seed=r, process=r if apart else 0) for r in ranks]


def _judge_whole(s: Setting, shards: Shards) -> None:
    """Raise Wrong unless every index is read, and none more often than the rule allows."""
    times = Counter(i for shard in shards for i in shard)
    missing = [i for i in range(s.n) if i not in times]
    beyond = [i for i in times if not 0 <= i < s.n]
    if beyond:
        raise Wrong(f"{beyond[0]} is no index of {s.n} samples: they go from 0 to {s.n - 1}.")
    if s.world > 1 and all(sorted(shard) == sorted(shards[0]) for shard in shards):
        raise Wrong(
            "All ranks read the same indices: they do one rank's work several times over. Each "
            "takes its own share of one order."
        )
    if missing:
        _judge_missing(s, shards, missing)
    if max(times.values()) > 1 + bool(s.n % s.world):
        most = max(times, key=times.get)
        raise Wrong(
            f"Index {most} is read {times[most]} times by {s.world} ranks of {s.n} samples: each "
            "is read once, and where world does not divide n some are read twice."
        )


def _judge_missing(s: Setting, shards: Shards, missing: list[int]) -> None:
    if len(missing) == s.n % s.world and len({len(shard) for shard in shards}) == 1:
        raise Wrong(
            f"Of {s.n} samples no rank reads {len(missing)}: the end of the order is cut "
            "off where world does not divide n. Let some be read twice."
        )
    if sum(map(len, shards)) >= s.n:
        raise Wrong(
            f"Of {s.n} samples no rank reads {len(missing)}, and several read others: each "
            "rank has an order of its own. Shuffle alike on all ranks, without the rank and "
            "without the global random state."
        )
    raise Wrong(f"{len(missing)} of {s.n} samples, index {missing[0]} among them, are not read.")


def shard_whole(student: Student, fn: Handle, draw: Draw) -> None:
    """One that divides, one and two too many, all but one too many, one rank alone.

    Then so few that the last two ranks would have none of a plain cut.
    """
    _judge_processes(student, fn, _setting(draw, 4, 1))
    for world, over in ((4, 0), (3, 1), (5, 2), (4, 3), (1, 0)):
        s = _setting(draw, world, over)
        _judge_whole(s, _shards(student, fn, s))
    for world in (4, 5):
        s = replace(_setting(draw, world, 1), n=world + 1)
        _judge_whole(s, _shards(student, fn, s))


def _judge_processes(student: Student, fn: Handle, s: Setting) -> None:
    """Raise Wrong where the ranks agree in one process, and not in a process for each."""
    if _shards(student, fn, s, apart=False) == _shards(student, fn, s):
        return
    raise Wrong(
        "Each rank is a process of its own, and Python salts the hash() of a text differently in "
        "each: there the ranks have other orders. Make the seed from the numbers."
    )


def shard_equal(student: Student, fn: Handle, draw: Draw) -> None:
    for world, over in ((3, 0), (3, 1), (5, 2), (4, 3)):
        s = _setting(draw, world, over)
        lengths = [len(shard) for shard in _shards(student, fn, s)]
        if len(set(lengths)) > 1:
            raise Wrong(
                f"The ranks read {', '.join(map(str, lengths))} samples of {s.n}: a rank that has "
                "one more batch waits for gradients that the others never send."
            )
        if lengths[0] != s.length:
            raise Wrong(
                f"Each of {s.world} ranks reads {lengths[0]} of {s.n} samples: {s.length} are "
                "enough and needed."
            )


def shard_shuffled(student: Student, fn: Handle, draw: Draw) -> None:
    """A rank reads 8 to 11 indices: by chance they rise or fall in 2 of 8! to 2 of 11! draws."""
    s = _setting(draw, 3, 0)
    mine = _read(student, fn, s.given(1), seed=1)
    if mine != _read(student, fn, s.given(1), seed=2):
        raise Wrong(
            "The same call gives other indices: the order is drawn from the global random state, "
            "which differs from rank to rank. Take it from seed and epoch alone."
        )
    if len({(b - a) % s.n for a, b in pairwise(mine)}) == 1:
        raise Wrong("The order is not shuffled: the indices go on in equal steps.")
    if mine in (sorted(mine), sorted(mine, reverse=True)):
        raise Wrong(
            "A rank reads its indices in rising or falling order: then a batch holds what stands "
            "together in the data. Keep the shuffled order; a set or a sort loses it."
        )
    for further in FURTHER:
        for at in (s, replace(s, seed=0)):
            later = replace(at, epoch=at.epoch + further)
            _judge_other(student, fn, at, later, "epoch")
        for at in (s, replace(s, epoch=0)):
            _judge_other(student, fn, at, replace(at, seed=at.seed + further), "seed")
    _judge_few(student, fn, draw)
    _judge_alone(student, fn, draw)


def _judge_few(student: Student, fn: Handle, draw: Draw) -> None:
    """Judge the order of as many ranks as samples: by chance it rises or falls in 2 of 12!."""
    s = replace(_setting(draw, 12, 0), n=12)
    order = [i for shard in _shards(student, fn, s) for i in shard]
    if order in (sorted(order), sorted(order, reverse=True)):
        raise Wrong(
            "Where each rank has one index alone, rank after rank reads them in rising or falling "
            "order: shuffle there, too."
        )


def _judge_alone(student: Student, fn: Handle, draw: Draw) -> None:
    """Judge the orders of many samples that one rank reads alone, in many epochs and seeds."""
    s = Setting(2 * draw.integer(70, 80), 1, draw.integer(1, 10**6), draw.integer(1, 50))
    epochs = [replace(s, epoch=s.epoch + i) for i in range(EPOCHS)]
    orders = [_read(student, fn, at.given(0), seed=0) for at in epochs]
    seeds = [replace(s, seed=s.seed + 2**k) for k in range(12)]
    others = [_read(student, fn, at.given(0), seed=0) for at in seeds]
    for what, found in (("epoch", orders), ("seed", [orders[0], *others])):
        if len({*map(tuple, found)}) < len(found):
            raise Wrong(
                f"The order is the same for several of {len(found)} {what}s when one rank reads "
                "alone: it must come from seed and epoch, whole numbers of any size (a generator "
                "of PyTorch's keeps 32 bits of its seed)."
            )
    _judge_anywhere(s.n, orders)
    places = {index: place for place, index in enumerate(orders[0])}
    _judge_world(places, _shards(student, fn, replace(s, world=2)))


def _judge_anywhere(n: int, orders: Shards) -> None:
    """Raise Wrong where an index stays in 6 of 10 parts of the order: by chance in 1 of 10^9."""
    found: dict[int, list[int]] = {}
    for order in orders:
        for place, index in enumerate(order):
            found.setdefault(index, []).append(place)
    for index, places in found.items():
        if max(places) - min(places) < 0.6 * n:
            raise Wrong(
                f"Index {index} of {n} is at places {min(places)} to {max(places)} of the order in "
                f"each of {len(orders)} epochs: only pieces are shuffled. Shuffle all n, so that "
                "each may come anywhere."
            )


def _judge_world(places: dict[int, int], shards: Shards) -> None:
    """Raise Wrong unless the samples of a rank stand in equal steps in one rank's order.

    Of 4 neighbours one does, at the least, however the order is dealt; by chance one in 75.
    """
    steps = [abs(places[b] - places[a]) for shard in shards for a, b in pairwise(shard)]
    if 4 * Counter(steps).most_common(1)[0][1] < len(steps):
        raise Wrong(
            "Two ranks share out another order than the one that a single rank reads: it must come "
            "from seed and epoch alone, and not from world."
        )


def _judge_blocks(s: Setting, shards: Shards) -> None:
    """Raise Wrong where most neighbours in the order, dealt out or cut into parts, are i, i + 1.

    By chance two of all are.
    """
    dealt = [i for row in zip(*shards, strict=False) for i in row]
    for order in (dealt, [i for shard in shards for i in shard]):
        if 2 * sum(abs(a - b) == 1 for a, b in pairwise(order)) > s.n:
            raise Wrong("Only blocks are shuffled, and inside of one the indices go on as before.")


def _judge_other(student: Student, fn: Handle, s: Setting, t: Setting, what: str) -> None:
    """Raise Wrong unless the order of the other epoch, or with the other seed, is another one."""
    orders = [_shards(student, fn, at) for at in (s, t)]
    mine, other = (shards[1] for shards in orders)
    where = f"{what}s {getattr(s, what)} and {getattr(t, what)}"
    if mine == other:
        raise Wrong(
            f"The order is the same for {where}: it must come from seed and epoch, so that no "
            "epoch repeats another."
        )
    alike = _follow_alike(*orders) or _shifted(s.n, *orders)
    if sorted(mine) == sorted(other) and not alike:
        raise Wrong(
            f"A rank reads the same samples for {where}, in another order: shuffle all n first, "
            "and then deal them out."
        )
    _judge_blocks(s, orders[0])
    if alike:
        raise Wrong(
            f"The order for {where} is one and the same: moved on, turned round, counted on or "
            "dealt to other ranks. Shuffle afresh: a new permutation for each."
        )


def _follow_alike(mine: Shards, other: Shards) -> bool:
    """Tell whether most samples follow each other in both, perhaps the other way round.

    By chance one pair in n does.
    """
    pairs, found = ({frozenset(p) for shard in s for p in pairwise(shard)} for s in (mine, other))
    return 2 * len(pairs & found) > len(pairs)


def _shifted(n: int, mine: Shards, other: Shards) -> bool:
    """Tell whether most indices are those of the other order, all moved by one number."""
    moved = [(b - a) % n for ones, others in zip(mine, other, strict=True)
             for a, b in zip(ones, others, strict=False)]  # fmt: skip
    return 2 * max(Counter(moved).values()) > len(moved)


def shard_alone(student: Student, fn: Handle, draw: Draw) -> None:
    s = _setting(draw, 4, 1)
    before = student.stir(draw.seed())
    student.call(fn, s.given(2))
    if student.random_state() != before:
        raise Wrong(
            "The global random state has changed: what the loop draws next, z and fakes, would "
            "depend on it. Use a generator of your own, with its own seed."
        )


WHOLE, EQUAL = "all indices", "equal lengths"
SHUFFLED, ALONE = "shuffled by seed and epoch", "the global random states"
EXERCISE = Exercise(
    "14.1",
    "shards",
    points=7,
    minutes=15,
    parts=(
        Part(WHOLE, 2, shard_whole),
        Part(EQUAL, 1, shard_equal),
        Part(SHUFFLED, 2, shard_shuffled),
        Part(ALONE, 1, shard_alone),
        Part(
            "other numbers",
            1,
            Again((shard_whole, shard_equal, shard_shuffled, shard_alone)),
            shown=False,
        ),
    ),
    names=("shard",),
    withheld=("torch.utils.data.DistributedSampler", "gancourse.train.parallel.shard_of"),
    promises=(
        ("Together they read every index", WHOLE),
        ("some are read twice", WHOLE),
        ("all ranks read equally many, and no more than needed", EQUAL),
        ("The order of all n is shuffled in each epoch, by `seed` and `epoch` alone", SHUFFLED),
        ("leave the global random states as they are", ALONE),
    ),
)
