"""What stands below the title of a notebook's page: minutes, what it needs, where it opens."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from gancourse.syllabus import LESSONS, Lesson
from website.dress import shown

KINDS = {"notebooks": "lesson", "exercises": "exercises", "solutions": "solutions"}
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?labpath={path}"


def settings(root: Path) -> dict[str, str]:
    """Return the site's settings: `repository` as "owner/name", "" where none is set."""
    found = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return {"repository": "", "branch": "main", **found.get("tool", {}).get("website", {})}


def files_of(root: Path) -> dict[str, set[str]]:
    """Return which notebooks there are in each folder, by stem."""
    return {kind: {p.stem for p in (root / kind).glob("*.ipynb")} for kind in KINDS}


def header(lesson: Lesson | None, path: Path, root: Path) -> str:
    """Return the HTML of a page's header; `lesson` is None for a page that is no lesson's."""
    facts = list(said(lesson, path, root)) if lesson else []
    buttons = list(links(path, settings(root)))
    return f'<div class="gc-head">\n<p>{" · ".join(facts)}</p>\n<p>{" ".join(buttons)}</p>\n</div>'


def said(lesson: Lesson, path: Path, root: Path) -> Iterator[str]:
    """Yield what is said of a page: for a lesson minutes and what it builds on, and its kin."""
    folder, files = path.parent.name, files_of(root)
    if folder == "notebooks":
        yield f"{lesson.minutes} minutes"
        if lesson.needs:
            yield "builds on " + ", ".join(
                f'<a href="{other.name}.html">{other.number} {shown(other.title)}</a>'
                for other in LESSONS
                if other.number in lesson.needs
            )
        else:
            yield "needs no other lesson"
    for kind, word in KINDS.items():
        if kind != folder and lesson.name in files[kind]:
            yield f'<a href="../{kind}/{lesson.name}.html">{word}</a>'


def links(path: Path, chosen: dict[str, str]) -> Iterator[str]:
    """Yield the buttons: the notebook to download, and where it opens if a repository is set."""
    file = f"{path.parent.name}/{path.name}"
    yield f'<a class="gc-open" href="../download/{file}" download>Download the notebook</a>'
    if chosen["repository"]:
        for name, address in {"Colab": COLAB, "Binder": BINDER}.items():
            href = shown(address.format(path=file, **chosen))
            yield f'<a class="gc-open" href="{href}">Open in {name}</a>'
