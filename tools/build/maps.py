"""The maps of the course, written between two comments from the records in gancourse/syllabus.py.

    README.md           lessons     a table of all lessons
    notebooks/00_*.py   lessons     a list of the lessons that are there
    solutions/NN_*.py   exercises   the table at the top of a sheet

`<!-- lessons -->` and `<!-- /lessons -->` hold such a map. What an exercise is called, and its
minutes and points, are those of its check.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from build.notebooks import write
from build.sources import REMEDY, BuildError, targets
from gancourse import syllabus
from gancourse.syllabus import Lesson

RECORDS = "gancourse/syllabus.py"
RULE = (
    "**Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the "
    "course may be used; the course's own version of what is asked is not there while your answer "
    "is checked or graded, and a sentence says so where you call it."
)
APPENDICES = "Appendices, to read when you like:"
WIDTH = 98  # of a line in a source, without its "# "


@dataclass(frozen=True)
class Map:
    """A map: the file that holds it, the name in its two comments, and what makes its text."""

    path: Path
    name: str
    make: Callable[[], str]

    def filled(self, text: str) -> str:
        """Return the file's text with the map as the records give it.

        Raises BuildError unless its comments stand there, each on a line, once.
        """
        start, end = f"<!-- {self.name} -->", f"<!-- /{self.name} -->"
        found = list(re.finditer(rf"^((?:# )?){start}$.*?^\1{end}$", text, re.M | re.S))
        if len(found) != 1:
            raise BuildError(
                f"its map stands between a line {start!r} and a line {end!r}, once, and there are "
                f"{len(found)} such pairs: put them where the map belongs."
            )
        lines = [start, "", *self.make().split("\n"), "", end]
        whole = "\n".join((found[0][1] + line).rstrip() for line in lines)
        return text[: found[0].start()] + whole + text[found[0].end() :]


def maps(root: Path, names: Iterable[str] = ()) -> list[Map]:
    """Return the maps below `root`, or those in the sources of the notebooks `names`."""
    names = list(names)
    wanted = {target.source for target in targets(root, names)}
    welcome = syllabus.LESSONS[0]
    found = [] if names else [Map(root / "README.md", "lessons", table_of_lessons)]
    found.append(Map(root / "notebooks" / f"{welcome.name}.py", "lessons", list_of_lessons))
    found += [sheet_map(root, lesson) for lesson in syllabus.LESSONS if lesson.difficulty]
    return [m for m in found if m.path in wanted or (m.path.suffix == ".md" and m.path.exists())]


def sheet_map(root: Path, lesson: Lesson) -> Map:
    """Return the map at the top of the lesson's sheet."""
    path = root / "solutions" / f"{lesson.name}.py"
    return Map(path, "exercises", lambda: table_of_exercises(lesson))


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["|" + "".join(f" {cell} |" if cell else " |" for cell in row) for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def table_of_lessons() -> str:
    """Return README's map."""
    head = ["lesson", "the one thing to remember", "minutes", "builds on", "notebook", "exercises"]
    return table(head, map(row_of, syllabus.LESSONS))


def row_of(lesson: Lesson) -> list[str]:
    name, title = f"{lesson.name}.ipynb", f"{lesson.number} {lesson.title}"
    title = f"appendix {title}" if lesson.appendix else title
    sheet = f"[sheet](exercises/{name}), [solution](solutions/{name})" if lesson.difficulty else ""
    if lesson.planned:
        return [title, lesson.remember, "", "", "in preparation", sheet]
    needs = ", ".join(lesson.needs)
    notebook = f"[lesson](notebooks/{name})"
    return [title, lesson.remember, str(lesson.minutes), needs, notebook, sheet]


def list_of_lessons() -> str:
    """Return the map in lesson 00: the others that are there, appendices by themselves."""
    there = [lesson for lesson in syllabus.LESSONS[1:] if not lesson.planned]
    main = [item_of(lesson) for lesson in there if not lesson.appendix]
    behind = [item_of(lesson) for lesson in there if lesson.appendix]
    return "\n".join([*main, *(["", APPENDICES, "", *behind] if behind else [])])


def item_of(lesson: Lesson) -> str:
    name = f"{lesson.name}.ipynb"
    sheet = f", [exercises](../exercises/{name})" if lesson.difficulty else ""
    link = f"**[{lesson.number} {lesson.title}]({name})** ({lesson.minutes} minutes{sheet})"
    text = f"- {link}: {lesson.remember}"
    return fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def table_of_exercises(lesson: Lesson) -> str:
    """Return the table at the top of a sheet; raise BuildError without one difficulty for each."""
    from gancourse.check import sheet  # it takes seconds: only where a sheet is built

    exercises = sheet(lesson.number)
    if len(exercises) != len(lesson.difficulty):
        raise BuildError(
            f"its checks are {len(exercises)} exercises, and {RECORDS} gives "
            f"{len(lesson.difficulty)} difficulties for lesson {lesson.number}: give one for each."
        )
    levels = map(dots, lesson.difficulty)
    rows = (
        [f"{e.id} {e.title}", str(e.minutes), level, str(e.points)]
        for e, level in zip(exercises, levels, strict=True)
    )
    head = table(["exercise", "minutes", "difficulty", "points"], rows)
    return f"{head}\n\n{rule_of_work(exercises)}"


def rule_of_work(exercises: Iterable) -> str:
    """Return the rule of a sheet on whose work an answer is, and what it withholds."""
    names = {e.id: [f"`{name}`" for name in e.withheld] for e in exercises if e.withheld}
    listed = "; ".join(f"{', '.join(found)} in {id}" for id, found in names.items())
    text = f"{RULE} Withheld are {listed}." if listed else RULE
    return fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def dots(level: int) -> str:
    return " ".join("●" * level + "○" * (3 - level))


def write_maps(root: Path, names: Iterable[str] = ()) -> list[str]:
    """Write each map that is not what the records give; return a line for each file written."""
    written = []
    for found in maps(root, names):
        text = found.path.read_text(encoding="utf-8")
        new = filled(found, text, root)
        if new != text:
            write(found.path, new)
            written.append(f"{shown(found.path, root)}: map written")
    return written


def filled(found: Map, text: str, root: Path) -> str:
    """Return the text with its map; raise BuildError with the file's name."""
    try:
        return found.filled(text)
    except BuildError as error:
        raise BuildError(f"{shown(found.path, root)}: {error}") from None


def shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def map_problems(root: Path, names: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each map or opening that is not what the records give."""
    names = list(names)
    found = [map_problem(m, root) for m in maps(root, names)]
    sources = {t.source.stem: t.source for t in targets(root, names) if t.kind == "lesson"}
    records = {lesson.name: lesson for lesson in syllabus.LESSONS}
    found += [opening_problem(sources[n], records[n]) for n in sources if n in records]
    return [problem for problem in found if problem]


def map_problem(found: Map, root: Path) -> str:
    text = found.path.read_text(encoding="utf-8")
    try:
        same = filled(found, text, root) == text
    except BuildError as error:
        return str(error)
    where = shown(found.path, root)
    return "" if same else f"{where}: its map is not what {RECORDS} gives: {REMEDY}."


def opening_problem(source: Path, lesson: Lesson) -> str:
    """Return a sentence where a lesson opens with another title or time than its record has."""
    text = "".join(re.split(r"^# %%", source.read_text(encoding="utf-8"), flags=re.M)[:2])
    where, wanted = f"{source.parent.name}/{source.name}", f"{lesson.number} · {lesson.title}"
    title = next((line[4:] for line in text.splitlines() if line.startswith("# # ")), "")
    if not title.casefold().startswith(wanted.casefold()):
        return f"{where} opens with {title!r}, and {RECORDS} has {wanted!r}: make them equal."
    minutes = re.search(r"\b(\d+) minutes", text)
    if not minutes or int(minutes[1]) != lesson.minutes:
        said = minutes[0] if minutes else "no minutes"
        return f"{where} says {said}, and {RECORDS} has {lesson.minutes}: make them equal."
    return ""
