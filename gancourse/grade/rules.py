"""What becomes of the checks' points: which attempt counts, what a teacher set, weights, lateness.

Nothing here changes what is kept in `private/`: the same rules are applied again on each run.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gancourse.check.spec import Exercise
from gancourse.errors import InputError, choose
from gancourse.grade.job import EXCUSED, NOT_HANDED_IN, Graded, Result, whole
from gancourse.grade.overrides import Override, points_set, read, student_named
from gancourse.grade.platforms.cells import number, written
from gancourse.grade.report import OVERRIDES

Known = Mapping[str, Sequence[Exercise]]
ATTEMPTS = ("last", "best")
LATE = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*%\s*(?:a|per)\s+day(?:,?\s*at\s+most\s+(\d+(?:[.,]\d+)?)\s*%)?"
)


@dataclass(frozen=True)
class Late:
    """So many per cent off for each day, and at most so many."""

    a_day: float
    most: float

    @classmethod
    def of(cls, text: str) -> "Late":
        """Return what a text such as "10% a day, at most 50%" says."""
        found = LATE.fullmatch(text.strip().casefold())
        percent = [number(p) if p else 100.0 for p in found.groups()] if found else [101.0]
        if max(percent) > 100:
            raise InputError(
                f'--late {text!r} is not understood: write it as "10% a day, at most 50%".'
            )
        return cls(*percent)

    def percent(self, days: int) -> float:
        return min(days * self.a_day, self.most)


@dataclass(frozen=True)
class Rules:
    """The rules of one run; see `Rules.of`."""

    attempt: str = "last"
    late: Late | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    known: Known = field(default_factory=dict)
    sheets: frozenset[str] = frozenset()  # that the class was asked for, or handed in

    @classmethod
    def of(
        cls, known: Known, out: Path, *, attempt="last", late=None, weights=(), overrides=None
    ) -> "Rules":
        """Return the rules that the command line gives; raise InputError for what is not clear.

        `weights` are texts such as "05.3=2". Without `overrides`, a file of that name in `out` is
        read where there is one.
        """
        choose("attempt", attempt, ATTEMPTS)
        path = Path(overrides) if overrides else out / OVERRIDES
        lines = read(path) if overrides or path.is_file() else []
        for o in lines:
            where = f"{path}, row {o.line}"
            _check_exercise(o.exercise, known, where, o.points)
        policy = Late.of(late) if late else None
        return cls(attempt, policy, dict(_weight(w, known) for w in weights), tuple(lines), known)

    def named(self, students: Collection[str], sheets: Collection[str]) -> "Rules":
        """Return rules whose overrides name these students; raise InputError for any other."""
        lines = [
            replace(o, student=student_named(o.student, students, f"{OVERRIDES}, row {o.line}"))
            for o in self.overrides
        ]
        for k, o in enumerate(lines):
            if any((o.student, o.exercise) == (p.student, p.exercise) for p in lines[:k]):
                raise InputError(
                    f"{OVERRIDES}, row {o.line}: there is a row before it for {o.student} "
                    f"{o.exercise or 'as a whole'}: keep one of them."
                )
        return replace(self, overrides=tuple(lines), sheets=frozenset(sheets))

    def apply(self, student: str, results: Sequence[Result]) -> list[Result]:
        """Return a student's results as they count; the given ones stay as they are."""
        mine = [o for o in self.overrides if o.student == student]
        chosen = self._attempts(results)
        chosen += [absent(student, s, self.known[s]) for s in self._missing(mine, chosen)]
        return [self._finished(r, mine) for r in chosen]

    def _missing(self, mine: Sequence[Override], results: Sequence[Result]) -> list[str]:
        """Return the sheets that a teacher decided about and the student did not hand in."""
        named = {o.exercise.split(".")[0] for o in mine if o.points is not None or o.excused}
        if any(o.excused and not o.exercise for o in mine):
            named |= self.sheets
        return sorted(named & set(self.known) - {r.sheet for r in results})

    def _attempts(self, results: Sequence[Result]) -> list[Result]:
        """Return the results with one attempt for each sheet."""
        sheets: dict[str, list[Result]] = {}
        for r in results:
            sheets.setdefault(r.sheet or f"file {r.file}", []).append(r)
        return [self._attempt(sorted(rs, key=lambda r: r.attempt)) for rs in sheets.values()]

    def _attempt(self, attempts: list[Result]) -> Result:
        if len(attempts) == 1:
            return attempts[0]
        waiting = [r for r in attempts if not r.known]
        best = waiting[0] if waiting else max(attempts, key=lambda r: r.score)
        others = ", ".join(f"{r.file}: {written(r.score)}" for r in attempts if r is not best)
        note = f"{len(attempts)} attempts were graded: the best counts (the others: {others})."
        return replace(best, notes=[*best.notes, note])

    def _finished(self, result: Result, mine: Sequence[Override]) -> Result:
        rows = [self._row(e, result.sheet, mine) for e in result.exercises]
        done = replace(result, exercises=rows)
        if rows and all(e.by_teacher or e.excused for e in rows):
            done = replace(done, status="graded")
        days = [o for o in mine if o.late is not None and o.covers(result.sheet)]
        return self._late(done, max(days, key=lambda o: o.late)) if days and rows else done

    def _row(self, row: Graded, sheet: str, mine: Sequence[Override]) -> Graded:
        for o in mine:
            if not o.covers(sheet, row.id):
                continue
            if o.excused:
                said = f"Excused by the teacher, so it does not count{o.said}"
                row = replace(row, score=0, maximum=0, status=EXCUSED, by_teacher=said)
            elif o.points is not None:
                said = points_set(o, row.score, row.maximum)
                row = replace(row, score=whole(o.points), status="graded", by_teacher=said)
        return self._weighted(row, sheet)

    def _weighted(self, row: Graded, sheet: str) -> Graded:
        weight = self.weights.get(row.id, self.weights.get(sheet, 1.0))
        if weight == 1 or row.excused:
            return row
        score = None if row.score is None else whole(row.score * weight)
        got = "?" if row.score is None else written(row.score)
        maximum = whole(row.maximum * weight)
        note = (
            f"Weight {written(weight)}: {got} of {written(row.maximum)} points count as "
            f"{'?' if score is None else written(score)} of {written(maximum)}."
        )
        return replace(row, score=score, maximum=maximum, notes=[*row.notes, note])

    def _late(self, result: Result, override: Override) -> Result:
        days = f"{override.late} day{'s' * (override.late != 1)}"
        percent = self.late.percent(override.late) if self.late else 0
        off = whole(result.score * percent / 100)
        taken = f"{written(percent)} % off, {written(off)} points" if off else "no points taken off"
        said = f"Late by {days}: {taken}{override.said}"
        return replace(result, off=off, late=said, notes=[*result.notes, said])


def absent(student: str, sheet: str, exercises: Sequence[Exercise]) -> Result:
    """Return the result of a sheet that was not handed in."""
    rows = [Graded(e.id, e.title, 0, e.points, NOT_HANDED_IN) for e in exercises]
    return Result(student, sheet, "", NOT_HANDED_IN, [], rows)


def _check_exercise(name: str, known: Known, where: str, points: float | None) -> None:
    """Raise InputError where a line names no exercise or sheet, or gives too many points."""
    exercises = {e.id: e for es in known.values() for e in es}
    if not name or (name in known and points is None):
        return
    if name not in exercises:
        sheets = () if points is not None else known
        raise InputError(f"{where}: {_unknown(name, (*exercises, *sheets))}")
    if points is not None and points > exercises[name].points:
        most = exercises[name].points
        raise InputError(f"{where}: {name} has {most} points, and {written(points)} were given.")


def _unknown(name: str, options: Collection[str]) -> str:
    try:
        return choose("exercise", name, options)
    except InputError as error:
        return str(error)


def _weight(text: str, known: Known) -> tuple[str, float]:
    """Return (exercise or sheet, weight) of a text such as "05.3=2"."""
    name, sign, value = text.partition("=")
    weight = number(value) if sign else None
    if weight is None or weight < 0:
        raise InputError(f"--weight {text!r} is not understood: write it as 05.3=2.")
    options = [*known, *(e.id for es in known.values() for e in es)]
    return choose("exercise or sheet", name.strip(), options), weight
