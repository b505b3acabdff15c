"""Lay out what Sphinx reads: dressed notebooks, the teacher's pages, lists, the package's pages."""

import shutil
from pathlib import Path

from gancourse.syllabus import LESSONS
from website import pages, reference
from website.dress import dressed
from website.header import files_of, header
from website.living import write_living

NOTEBOOKS = ("notebooks", "exercises", "solutions")
LEFT_OUT = ("progress",)  # a page on the learner's own machine
PICTURES = "_static/pictures"
TEACHING = ("lecturing", "grading")
DOWNLOADS = "extra/download"


def gather(root: Path, source: Path) -> None:
    """Write all that the site is made of below `source`."""
    for folder in NOTEBOOKS:
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in LEFT_OUT:
                write_notebook(root, path, source)
    for name in TEACHING:
        put(source / "docs" / f"{name}.md", (root / "docs" / f"{name}.md").read_text("utf-8"))
    shutil.copytree(root / "docs" / "grading", source / "docs" / "grading")
    write_living(source)
    for name, text in {**pages.lists(files_of(root)), **reference.pages(root)}.items():
        put(source / f"{name}.md", text)


def write_notebook(root: Path, path: Path, source: Path) -> None:
    """Write a notebook as the site shows it, its pictures, and the file as it is to download."""
    number, folder = path.stem.split("_")[0], path.parent.name
    lesson = next((found for found in LESSONS if found.number == number), None)
    top = header(lesson, path, root)
    text, pictures = dressed(path.read_text("utf-8"), folder, top)
    put(source / folder / path.name, text)
    for name, data in pictures.items():
        target = source / PICTURES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    original = source / DOWNLOADS / folder / path.name
    original.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, original)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
