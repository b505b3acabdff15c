"""What a learner reads of a check: the verdict first, then the one part to look at first.

One slip often spoils several parts. So one part alone says why it does not hold, and the others are
named, as the same slip where they say the same; on a page other reasons are folded below.
"""

import html
import sys
from collections.abc import Iterable, Sequence
from textwrap import fill

from gancourse.check.spec import ERROR, HELD, NOT_DONE, WRONG, PartResult, Verdict

WORDS = {HELD: "holds", WRONG: "does not hold yet", ERROR: "stopped", NOT_DONE: "not yet done"}
SAME = "the same slip"  # of a part whose reason an earlier one gave: perhaps it was never reached
PASSED, NOT_PASSED, OPEN = "✓", "✗", "○"  # each beside the word that it stands for
WIDTH, INDENT = 88, " " * 6


class CheckResult:
    """How an answer did: `passed`, `score`, `maximum`, and `report` with every part shown.

    `more` is how many points the parts have that run in grading alone; the inputs were drawn from
    `seed`, with which `evaluate` draws them again.
    """

    def __init__(self, report: Verdict, more: int = 0, seed: int | None = None):
        self.report, self.passed, self.more, self.seed = report, report.passed, more, seed
        self.shown_in: int | None = None  # the cell whose output has all of it, by its count
        self.score, self.maximum = report.score, report.maximum

    @property
    def mark(self) -> str:
        """The verdict in one character."""
        return OPEN if self.report.not_done else PASSED if self.passed else NOT_PASSED

    def __repr__(self) -> str:
        if self.report.not_done:
            return f"{self.report.id} {self.report.title}: not yet done"
        done = "passed" if self.passed else "not passed yet"
        points = points_of(self.score, self.maximum)
        points += f" ({self.more} more in grading)" if self.more else ""
        return f"{self.report.id} {self.report.title}: {done}, {points}"

    def _repr_html_(self) -> str:
        """The same words for a page and a screen reader; nothing is said by colour alone."""
        return self._headline() + self._folded()

    def _ipython_display_(self) -> None:
        """Show the verdict, once: nothing where the check itself has shown it in this cell."""
        if self.shown_in is None or self.shown_in != cell_count():
            _display({"text/plain": repr(self), "text/html": self._repr_html_()})

    def page(self) -> str:
        """Return what `text` says for a page, with the reasons of other parts folded below."""
        parts = "\n".join(self.text().split("\n")[1:])
        pre = f'<pre style="white-space: pre-wrap">{html.escape(parts)}</pre>'
        return self._headline() + pre + self._folded()

    def _headline(self) -> str:
        line = f"{self.mark} {html.escape(repr(self))}"
        return f'<p role="status"><strong>{line}</strong></p>'

    def text(self) -> str:
        """Return all that is said of the answer: the verdict, the first part to look at, the rest.

        Empty for a stub that is not done.
        """
        if self.report.not_done:
            return ""
        first = self._failed()[:1]
        lines = [f"{self.mark} {self!r}"]
        lines += [f"  Look first at: {r.name}\n{_wrapped(r.message)}" for r in first if r.message]
        return "\n".join([*lines, *lines_of(self.report.results)])

    def _failed(self) -> list[PartResult]:
        return [r for r in self.report.results if r.status in (WRONG, ERROR)]

    def _folded(self) -> str:
        """Return the reasons of the other parts that say another thing, folded, or ''."""
        first, *others = self._failed() or [None]
        others = [r for r in others if r.message not in ("", first.message)]
        if not others:
            return ""
        rows = "".join(
            f"<dt>{html.escape(r.name)}</dt><dd>{html.escape(r.message)}</dd>" for r in others
        )
        title = "What the other parts say (often the same slip)"
        return f"<details><summary>{title}</summary><dl>{rows}</dl></details>"


def _wrapped(message: str) -> str:
    return fill(message, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)


def points_of(score: int, maximum: int) -> str:
    """Return e.g. "1 of 2 points"."""
    return f"{score} of {maximum} point{'' if maximum == 1 else 's'}"


def lines_of(results: Iterable[PartResult]) -> list[str]:
    """Return what the learner reads of each part, e.g. "  holds: both terms (2 of 2 points)"."""
    lines, reasons = [], set()
    for r in results:
        word = SAME if r.status == WRONG and r.message in reasons else WORDS[r.status]
        lines.append(f"  {word}: {r.name} ({points_of(r.points, r.maximum)})")
        if r.status in (WRONG, ERROR) and r.message:
            reasons.add(r.message)
    return lines


def cell_count() -> int | None:
    """Return the number of the cell that runs; None outside of IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "execution_count", None)


def _display(data: dict[str, str], **more):
    from IPython.display import display

    return display(data, raw=True, **more)


class Board:
    """Where a check is shown: in a notebook its parts appear one by one, and then the verdict.

    Elsewhere the text is printed once, when it is whole: its first line is the verdict.
    """

    def __init__(self):
        ipython = sys.modules.get("IPython")
        self._notebook = bool(ipython and getattr(ipython.get_ipython(), "kernel", None))
        self._shown = None

    def follow(self, results: Iterable[PartResult]) -> Sequence[PartResult]:
        """Return the results; in a notebook each is shown as soon as it is known."""
        seen: list[PartResult] = []
        for result in results:
            seen.append(result)
            if self._notebook and result.status != NOT_DONE:
                self._show({"text/plain": "\n".join(lines_of(seen))})
        return seen

    def finish(self, result: CheckResult) -> None:
        """Show all that is said of the answer, in place of the parts."""
        text = result.text()
        if not text:
            return
        if self._notebook:
            self._show({"text/plain": text, "text/html": result.page()})
        else:
            print(text, flush=True)
        result.shown_in = cell_count()

    def _show(self, data: dict[str, str]) -> None:
        """Put the data where the last stood."""
        if self._shown:
            self._shown.update(data, raw=True)
        else:
            self._shown = _display(data, display_id=True)
