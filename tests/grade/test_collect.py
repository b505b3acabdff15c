"""Collecting what students handed in: folders, zips, platforms' names, and what cannot be read."""

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.collect import collect
from gancourse.grade.ipynb import MAX_BYTES

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from notebooks import put, solved, zipped

LAYOUTS = {
    "plain": ("ada/sheet.ipynb", "ada"),
    "deeper": ("ada/work/week 1/sheet.ipynb", "ada"),
    "moodle": ("Ada Lovelace_12345_assignsubmission_file_/sheet.ipynb", "Ada Lovelace_12345"),
    "moodle 4": ("Ada Lovelace_12345_assignsubmission_file/sheet.ipynb", "Ada Lovelace_12345"),
    "moodle flat": ("Ada Lovelace_12345_assignsubmission_file_sheet.ipynb", "Ada Lovelace_12345"),
    "canvas": ("lovelaceada_12345_67890_sheet.ipynb", "lovelaceada_12345"),
    "canvas late": ("lovelaceada_LATE_12345_67890_sheet.ipynb", "lovelaceada_12345"),
    "canvas again": ("lovelaceada_12345_67890_sheet-1.ipynb", "lovelaceada_12345"),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_each_layout_gives_the_student(name, kind, tmp_path):
    path, student = LAYOUTS[name]
    files = {path: solved(), "__MACOSX/._x.ipynb": b"junk"}
    source = put(tmp_path, files) if kind == "folder" else zipped(tmp_path / "a.zip", files)
    (found,) = collect(source)
    assert (found.student, found.status, found.late) == (student, "", "LATE" in path)
    assert len(found.cells) == 5


def test_a_folder_around_all_students_is_passed_through(tmp_path):
    files = {"class/ada/s.ipynb": solved(), "class/bob/s.ipynb": solved()}
    assert [s.student for s in collect(put(tmp_path, files))] == ["ada", "bob"]


def statuses(source: Path) -> dict[str, str]:
    return {s.student: s.status for s in collect(source)}


def test_what_cannot_be_read_gets_a_status(tmp_path):
    files = {
        "garbage/s.ipynb": b"\x89PNG\r\n\xff",
        "list/s.ipynb": b"[1, 2]",
        "deep/s.ipynb": b"[" * 200_000,
        "huge/s.ipynb": b"",
        "pdf/answers.pdf": b"%PDF",
    }
    os.truncate(put(tmp_path, files) / "huge/s.ipynb", MAX_BYTES + 1)
    found = statuses(tmp_path)
    assert found.pop("huge") == "too large"
    assert found.pop("pdf") == "no notebook"
    assert set(found.values()) == {"not a notebook"}


def test_outputs_are_dropped(tmp_path):
    data = json.loads(solved())
    data["cells"][0]["outputs"] = [{"output_type": "stream", "text": "x" * 10**7}]
    (found,) = collect(put(tmp_path, {"ada/s.ipynb": json.dumps(data).encode()}))
    assert (found.status, len(found.cells)) == ("", 5)


def test_links_pipes_and_empty_folders_are_refused(tmp_path):
    secret = put(tmp_path / "elsewhere", {"s.ipynb": solved()}) / "s.ipynb"
    source = put(tmp_path / "in", {"ok/s.ipynb": solved()})
    for name in ("link", "folder", "pipe", "nothing"):
        (source / name).mkdir()
    (source / "link" / "s.ipynb").symlink_to(secret)
    (source / "folder" / "s.ipynb").symlink_to(secret.parent)
    os.mkfifo(source / "pipe" / "s.ipynb")
    found = statuses(source)
    assert found == {"folder": "a link", "link": "a link", "nothing": "no notebook", "ok": "",
                     "pipe": "not a file"}  # fmt: skip


def test_a_zip_with_a_bomb_a_link_and_a_path_outside(tmp_path):
    path = zipped(tmp_path / "a.zip", {"bomb/s.ipynb": b" " * 20_000_000, "ok/s.ipynb": solved()})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link/s.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("up/../../../tmp/evil.ipynb", solved())
    found = statuses(path)
    assert found == {"bomb": "a zip bomb", "link": "a link", "ok": "", "up": "a path outside"}


def test_a_damaged_zip_entry_costs_one_student(tmp_path):
    path = zipped(tmp_path / "a.zip", {"ada/s.ipynb": solved(), "bob/s.ipynb": solved()})
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(bytes(data))
    assert statuses(path) == {"ada": "not readable", "bob": ""}


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_submissions_is_one_sentence(name, tmp_path):
    put(tmp_path, {"file.txt": b"hello"})
    with pytest.raises(InputError, match="neither a folder nor a zip"):
        list(collect(tmp_path / name))
