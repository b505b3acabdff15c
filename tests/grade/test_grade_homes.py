"""Collecting from a hub's home folders: the sheets of working copies, and nobody else's files."""

import os
import sys
from pathlib import Path

import pytest

from gancourse.course import MARK
from gancourse.grade.collect import MAX_DELIVERED, MAX_NOTEBOOKS, collect
from gancourse.grade.ipynb import read
from gancourse.grade.notebook import sheets_of
from gancourse.grade.plan import Options, plan
from gancourse.jupyter.working_copy import sources

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

import toy_checks

from notebooks import solved, untouched

SHEET, NEW = "01_the_game.ipynb", "01_the_game (new edition).ipynb"
DELIVERED = sources()[f"exercises/{SHEET}"].read_bytes()
KNOWN = {"90": toy_checks.sheet("90")}


def a_copy(folder: Path, sheets: dict[str, bytes]) -> Path:
    """Make a working copy with an untouched sheet, worked solutions, and these sheets."""
    (folder / MARK).mkdir(parents=True)
    for name in ("exercises", "solutions"):
        (folder / name).mkdir()
        (folder / name / SHEET).write_bytes(DELIVERED if name == "exercises" else solved())
    for name, data in sheets.items():
        (folder / "exercises" / name).write_bytes(data)
    return folder


def found(root: Path) -> list[tuple[str, str, str]]:
    return [(s.student, s.file, s.status) for s in collect(root)]


def test_of_a_hubs_home_folders_the_sheets_that_were_worked_on_are_taken(tmp_path):
    ada = a_copy(tmp_path / "ada" / "my_course", {SHEET: solved(), "own.ipynb": DELIVERED})
    a_copy(tmp_path / "bob" / "my_course", {})
    for name in ("ada", "bob", "tom"):  # tom has no copy, as from a platform
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "notes.ipynb").write_bytes(solved())
    eve = tmp_path / "eve" / "my_course"
    (eve / MARK).mkdir(parents=True)
    (eve / "exercises").symlink_to(ada / "exercises")  # to what another has written
    all_ = found(tmp_path)
    eves = [each for each in all_ if each[0] == "eve"]
    assert {each[2] for each in eves} == {"a link"}
    assert [each for each in all_ if each not in eves] == [
        ("ada", SHEET, ""), ("bob", "", "no notebook"), ("tom", "notes.ipynb", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["ada/work/my_course", "ada", "class/ada/work/my_course"])
def test_of_a_copy_anywhere_in_a_home_the_sheets_alone_are_taken(place, tmp_path):
    a_copy(tmp_path / place, {SHEET: solved()})
    tom = tmp_path / place.partition("ada")[0] / "tom"
    tom.mkdir()
    (tom / "s.ipynb").write_bytes(solved())
    assert found(tmp_path) == [("ada", SHEET, ""), ("tom", "s.ipynb", "")]


def test_two_copies_of_one_user_are_two_files(tmp_path):
    for name in ("my_course", "old"):
        a_copy(tmp_path / "ada" / name, {SHEET: solved()})
    assert found(tmp_path) == [("ada", f"{n} {SHEET}", "") for n in ("my_course", "old")]


def test_a_new_edition_that_was_worked_on_is_handed_in_and_the_last_saved_counts(tmp_path):
    a_copy(tmp_path / "ada" / "my_course", {NEW: solved()})
    assert found(tmp_path) == [("ada", NEW, "")]
    sheets = a_copy(tmp_path / "bob" / "my_course", {SHEET: untouched(), NEW: solved()})
    for name, last in ((SHEET, SHEET), (NEW, NEW)):
        for each in (SHEET, NEW):
            os.utime(sheets / "exercises" / each, (each == name,) * 2)
        both = [s for s in collect(tmp_path) if s.student == "bob"]
        assert [sheets_of(s.cells, KNOWN) for s in both] == [["90"], ["90"]]
        tasks = list(plan(both, Options(checks="toy_checks"), KNOWN, "7"))
        assert [t.file for t in tasks] == [last]
        best = plan(both, Options(checks="toy_checks", attempt="best"), KNOWN, "7")
        assert {t.file for t in best} == {SHEET, NEW}


def test_a_bad_sheet_costs_its_own_student(tmp_path):
    ada = a_copy(tmp_path / "ada" / "my_course", {SHEET: b"[" * 200_000})
    (ada / "exercises" / "folder.ipynb").mkdir()
    a_copy(tmp_path / "bob" / "my_course", {SHEET: solved()})
    assert found(tmp_path) == [
        ("ada", SHEET, "not a notebook"), ("ada", "folder.ipynb", "not a file"), ("bob", SHEET, ""),
    ]  # fmt: skip


def test_a_large_sheet_is_not_compared_and_of_many_the_first_are_read(tmp_path):
    a_copy(tmp_path / "ada" / "my_course", {SHEET: DELIVERED + b" " * MAX_DELIVERED})
    many = {f"0{k:03d}.ipynb": solved() if k else DELIVERED for k in range(90)}
    a_copy(tmp_path / "bob" / "my_course", many)
    mine, *rest, last = found(tmp_path)
    assert mine == ("ada", SHEET, "")
    assert [status for _, _, status in rest] == [""] * (MAX_NOTEBOOKS - 1)  # one is the course's
    assert last == ("bob", f"0{MAX_NOTEBOOKS:03d}.ipynb", "too many files")


def test_a_folder_that_becomes_a_link_while_it_is_read_gives_nothing_of_another(
    tmp_path, monkeypatch
):
    mine = a_copy(tmp_path / "homes" / "ada" / "my_course", {SHEET: untouched()}) / "exercises"
    other = a_copy(tmp_path / "other", {SHEET: solved()}) / "exercises"
    opened, really = [], os.open

    def swapping(path, *args, **options):
        opened.extend([path] * str(path).endswith(SHEET))
        if len(opened) == 2 and not mine.is_symlink():  # the first only compares
            mine.rename(mine.with_name("aside"))
            mine.symlink_to(other)
        return really(path, *args, **options)

    monkeypatch.setattr(os, "open", swapping)
    (sheet,) = collect(tmp_path / "homes")
    assert mine.is_symlink()
    assert sheet.cells == read(untouched())


def test_a_closed_folder_in_a_home_hides_no_copy_beside_it(tmp_path, monkeypatch):
    a_copy(tmp_path / "ada" / "my_course", {SHEET: solved()})
    closed = [tmp_path / "ada" / "private", tmp_path / "bob"]
    for folder in closed:
        folder.mkdir()

    def refusing(really):  # since tests may run as root, to whom nothing is closed
        def asked(path=".", *args, **options):
            if any(Path(os.fspath(path)).is_relative_to(f) and path != f for f in closed):
                raise PermissionError(13, "Permission denied", str(path))
            return really(path, *args, **options)

        return asked

    def listing(path=".", really=os.scandir):
        if Path(path) in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "stat", refusing(os.stat))
    monkeypatch.setattr(os, "scandir", listing)
    assert found(tmp_path) == [("ada", SHEET, ""), ("bob", "", "no notebook")]


def test_who_has_a_copy_and_worked_on_nothing_in_it_is_told_so(tmp_path):
    a_copy(tmp_path / "ada" / "my_course", {})
    (ada,) = collect(tmp_path)
    assert (ada.status, ada.notes) == (
        "no notebook", ["The sheets in this copy of the course are as they were delivered."],
    )  # fmt: skip
