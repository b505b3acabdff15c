"""The learner's copy: replaced where it is untouched, kept where it is theirs, whatever ends it."""

import errno
import json
import os
from pathlib import Path

import pytest

from gancourse import course
from gancourse.course import MARK
from gancourse.errors import InputError
from gancourse.jupyter import working_copy
from gancourse.jupyter.working_copy import EARLIER, update

A, B = "notebooks/01_a.ipynb", "exercises/01_a.ipynb"


def notebook(text: str, output: str = "", kind: str = "code") -> bytes:
    cell = {"cell_type": kind, "source": [text], "metadata": {}}
    if output:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": output}]
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}).encode()


class Course:
    """A course of a few notebooks, whose editions a test writes."""

    def __init__(self, root: Path):
        self.root = root
        for folder in working_copy.FOLDERS:
            (root / folder).mkdir(parents=True)

    def edition(self, text: str) -> None:
        for name in (A, B):
            (self.root / name).write_bytes(notebook(f"{name} {text}", "as built"))


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    made = Course(tmp_path / "course")
    monkeypatch.setattr(course, "HOMES", (made.root,))
    made.edition("first")
    return made


@pytest.fixture
def copy(tmp_path, lessons):
    update(tmp_path / "mine")
    return tmp_path / "mine"


def texts(copy: Path) -> dict[str, str]:
    found = sorted(p for p in copy.rglob("*.ipynb") if MARK not in p.parts)
    return {
        p.relative_to(copy).as_posix(): "".join(json.loads(p.read_bytes())["cells"][0]["source"])
        for p in found
    }


def leftovers(copy: Path) -> list[str]:
    return [p.name for p in copy.rglob(".*") if p.name != MARK]


def test_the_first_update_makes_it_and_the_second_says_nothing(lessons, tmp_path):
    first = update(tmp_path / "mine")
    assert sorted(first.made) == [B, A]
    assert first.sentences(Path("mine"))[0].startswith("Your copy of the course is in mine")
    assert not update(tmp_path / "mine").sentences(Path("mine"))


def test_a_notebook_that_is_untouched_is_replaced(copy, lessons):
    lessons.edition("second")
    done = update(copy)
    assert texts(copy) == {A: f"{A} second", B: f"{B} second"}
    assert done.sentences(copy) == [f"Brought up to date: {A}, {B}."] or done.replaced == [A, B]
    assert not list((copy / MARK / EARLIER).iterdir())


def test_a_notebook_that_was_only_run_is_replaced_and_kept(copy, lessons):
    (copy / A).write_bytes(notebook(f"{A} first", "what a training of an hour gave"))
    lessons.edition("second")
    update(copy)
    assert texts(copy)[A] == f"{A} second"
    (kept,) = (copy / MARK / EARLIER).iterdir()
    assert b"an hour" in kept.read_bytes()


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_notebook_that_was_changed_stays_and_the_new_edition_lies_beside(copy, lessons, kind):
    mine = notebook(f"{A} first" if kind == "markdown" else "my answer", kind=kind)
    (copy / A).write_bytes(mine)
    lessons.edition("second")
    done = update(copy)
    assert (copy / A).read_bytes() == mine
    assert texts(copy)["notebooks/01_a (new edition).ipynb"] == f"{A} second"
    assert (
        f"You changed {A}, so it stays; the new edition is notebooks/01_a (new edition).ipynb."
        in done.sentences(copy)
    )


def test_the_edition_that_was_changed_is_not_laid_beside_its_change(copy, lessons):
    (copy / A).write_bytes(notebook("my answer"))
    assert not update(copy).sentences(copy)
    assert len(texts(copy)) == 2


def test_a_new_edition_is_laid_once(copy, lessons):
    (copy / A).write_bytes(notebook("my answer"))
    lessons.edition("second")
    update(copy)
    (copy / "notebooks/01_a (new edition).ipynb").unlink()
    assert not update(copy).sentences(copy)
    assert len(texts(copy)) == 2


def test_a_third_edition_replaces_the_second_that_lies_beside_and_no_change_in_it(copy, lessons):
    (copy / A).write_bytes(notebook("my answer"))
    (copy / B).write_bytes(notebook("my answer"))
    lessons.edition("second")
    update(copy)
    (copy / "exercises/01_a (new edition).ipynb").write_bytes(notebook("my second answer"))
    lessons.edition("third")
    update(copy)
    assert texts(copy) == {
        A: "my answer", "notebooks/01_a (new edition).ipynb": f"{A} third",
        B: "my answer", "exercises/01_a (new edition).ipynb": "my second answer",
        "exercises/01_a (new edition 2).ipynb": f"{B} third",
    }  # fmt: skip


def test_what_was_deleted_comes_back(copy, lessons):
    (copy / A).unlink()
    assert update(copy).made == [A]


def test_lost_notes_make_nothing_look_untouched(copy, lessons):
    (copy / MARK / working_copy.DELIVERED).write_text("{")
    lessons.edition("second")
    update(copy)
    assert texts(copy)[A] == f"{A} first"
    assert texts(copy)["notebooks/01_a (new edition).ipynb"] == f"{A} second"


def test_what_is_saved_while_it_is_replaced_stays(copy, lessons, monkeypatch):
    lessons.edition("second")
    replace = os.replace

    def saved_just_before(a, b):
        if Path(a).name == "01_a.ipynb":
            Path(a).write_bytes(notebook("saved now"))
            monkeypatch.setattr(os, "replace", replace)
        return replace(a, b)

    monkeypatch.setattr(os, "replace", saved_just_before)
    update(copy)
    assert "saved now" in texts(copy).values()


class Killed(BaseException):
    """In place of a kill."""


STEPS = ("replace", "link", "rename", "fsync", "unlink", "chmod")


@pytest.mark.parametrize("at", range(40))
def test_a_kill_at_any_step_loses_nothing_and_the_next_update_goes_on(
    at, copy, lessons, monkeypatch
):
    answer = notebook("my answer")
    (copy / B).write_bytes(answer)
    lessons.edition("second")
    calls = []

    def killing(real):
        def call(*args, **kwargs):
            calls.append(real)
            if len(calls) > at:
                raise Killed
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for step in STEPS:
            patched.setattr(os, step, killing(getattr(os, step)))
        try:
            update(copy)
        except Killed:
            assert (copy / B).read_bytes() == answer
    lessons.edition("third")
    update(copy)
    found = texts(copy)
    assert (copy / B).read_bytes() == answer
    assert found[A] == f"{A} third"
    assert f"{B} third" in found.values()


def test_a_folder_with_other_things_is_refused(tmp_path, lessons):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(InputError, match="no copy of the course"):
        update(tmp_path)
    assert not (tmp_path / "notebooks").exists()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, lessons):
    (tmp_path / "mine").touch()
    with pytest.raises(InputError, match="is a file"):
        update(tmp_path / "mine")


@pytest.mark.parametrize("kind", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("made", [True, False])
def test_a_folder_that_is_read_alone_is_named(tmp_path, lessons, monkeypatch, kind, made):
    """A test may run as root, whom no mode of a folder stops: so the system's calls refuse here."""
    if made:
        update(tmp_path / "mine")
        (tmp_path / "mine" / "notebooks").rename(tmp_path / "gone")

    def refuse(path, *_, **__):
        raise OSError(kind, os.strerror(kind), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(InputError, match=r"mine.* cannot be (written|made): no permission; name"):
        update(tmp_path / "mine")


def test_the_course_itself_has_a_page_on_progress_at_the_top():
    assert "progress.ipynb" in working_copy.sources()
    assert "notebooks/00_welcome.ipynb" in working_copy.sources()


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"cells": [1]}', b"\xff", b""])
def test_a_file_that_is_no_notebook_has_a_hash(content):
    assert working_copy.text_hash(content) != working_copy.text_hash(content + b" ")
