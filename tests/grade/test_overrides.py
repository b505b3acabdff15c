"""overrides.csv: each line is understood, or the first that is not is named."""

import pytest

from gancourse.errors import InputError
from gancourse.grade.overrides import Override, read, student_named

CLASS = ["Ada Lovelace_11", "Ada King_12", "bob", "Émilie_13"]


def overrides(tmp_path, text: str | bytes) -> list[Override]:
    path = tmp_path / "overrides.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_saves_is_read(encoding, delimiter, tmp_path):
    lines = [
        ["Student", "exercise", "points", "reason", "late", "excused"],
        ["Émilie", "90.1", '"2,5"', "oral", "", ""],
        ["bob", "", "", "", "2", "x"],
    ]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    one, two = overrides(tmp_path, text.encode(encoding))
    assert one == Override("Émilie", "90.1", 2.5, reason="oral", line=2)
    assert two == Override("bob", "", excused=True, late=2, line=3)


@pytest.mark.parametrize(("text", "said"), [
    ("name,points\nada,1\n", "Unknown column of .*'name'"),
    ("exercise,points\n90.1,1\n", "no column 'student'"),
    ("student,exercise,points\n,90.1,1\n", "row 2 names no student"),
    ("student,exercise,points\nada,90.1,two\n", "row 2: points must be a number .*'two'"),
    ("student,exercise,points\nada,90.1,-1\n", "row 2: points must be a number of at least 0"),
    ("student,exercise,points\n\nada,,1\n", "row 3 gives points and names no exercise"),
    ("student,exercise,points,excused\nada,90.1,1,yes\n", "gives points and excuses"),
    ("student,exercise,points\nada,90.1,\n", "row 2 changes nothing"),
    ("student,excused\nada,perhaps\n", "excused is yes or empty"),
    ("student,late\nada,1.5\n", "late is a whole number of days"),
    ("student,late\nada\n", "row 2 has not as many cells"),
])  # fmt: skip
def test_a_line_that_is_not_clear_is_named(text, said, tmp_path):
    with pytest.raises(InputError, match=said):
        overrides(tmp_path, text)


@pytest.mark.parametrize(("name", "student"), [
    ("Ada Lovelace_11", "Ada Lovelace_11"), ("ada lovelace", "Ada Lovelace_11"),
    ("12", "Ada King_12"), ("BOB", "bob"), ("émilie", "Émilie_13"),
])  # fmt: skip
def test_a_student_is_named_whole_by_name_or_by_number(name, student):
    assert student_named(name, CLASS, "here") == student


@pytest.mark.parametrize(("name", "said"), [
    ("Ada Lovelance", "here: no student .* did you mean 'Ada Lovelace_11'"),
    ("zzz", "as it stands in summary.csv"), ("", "no student"), ("1", "no student"),
])  # fmt: skip
def test_nobody_by_this_name_is_one_sentence(name, said):
    with pytest.raises(InputError, match=said):
        student_named(name, CLASS, "here")


def test_two_by_one_name_are_both_named():
    with pytest.raises(InputError, match="may be ada_1 or ada_2"):
        student_named("ada", ["ada_1", "ada_2"], "here")
