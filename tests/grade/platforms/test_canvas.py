"""A filled gradebook, held to the rules of Canvas's importer."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.job import EXCUSED
from gancourse.grade.platforms.canvas import Gradebook

sys.path.insert(0, str(Path(__file__).parents[2] / "grading"))

import importers
from marked import result, unreadable

STUDENTS = {11: "Lovelace, Ada", 12: "du Châtelet, Émilie", 13: "O'Neil, Böb", 14: "Away, Zoé"}
ASSIGNMENTS = {500: "Sheet 90", 501: "Essay (final)"}
ROWS = [
    ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Sheet 90 (500)",
     "Essay (final) (501)", "Assignments Current Score", "Final Grade"],
    ["", "", "", "", "", "Manual Posting", "", "", ""],
    ["    Points Possible", "", "", "", "", "18.00", "10.00", "(read only)", "(read only)"],
    ["Lovelace, Ada", "11", "s11", "ada", "A", "", "4.00", "40.0", "F"],
    ["du Châtelet, Émilie", "12", "s12", "emilie", "A", "1.00", "", "", ""],
    ["O'Neil, Böb", "13", "s13", "bob", "A and B", "N/A", "", "", ""],
    ["Away, Zoé", "14", "s14", "zoe", "B", "3.00", "", "", ""],
]  # fmt: skip
ADA, EMILIE, BOB = "lovelaceada_11", "duchateletemilie_12", "oneilbob_13"
CLASS = {
    ADA: [result(ADA, 3, 2, 0)],
    EMILIE: [result(EMILIE, 3, 3, 1)],
    BOB: [result(BOB, 0, 0, 0)],
}


def text(rows=ROWS, delimiter=",") -> str:
    quoted = [[f'"{c}"' if delimiter in c or "," in c else c for c in row] for row in rows]
    return "\n".join(delimiter.join(row) for row in quoted) + "\n"


def book(tmp_path, content="", **options) -> Gradebook:
    path = tmp_path / "canvas.csv"
    path.write_bytes((content or text()).encode())
    return Gradebook(path, **({"columns": {"": "500"}} | options))


def filled(tmp_path, gradebook: Gradebook, marks=CLASS) -> tuple[bytes, list[str]]:
    gradebook.check(marks)
    said = gradebook.write(tmp_path / "out", marks)
    return (tmp_path / "out" / "canvas to upload.csv").read_bytes(), said


def taken(data: bytes, assignment=500) -> dict[str, str]:
    found = importers.canvas(data, STUDENTS, ASSIGNMENTS)
    return {student: grades[assignment] for student, grades in found.items()}


def test_canvas_takes_each_grade_scaled_to_its_points(tmp_path):
    data, said = filled(tmp_path, book(tmp_path))
    assert taken(data) == {
        "Lovelace, Ada": "10", "du Châtelet, Émilie": "14", "O'Neil, Böb": "N/A",
        "Away, Zoé": "3.00",
    }  # fmt: skip
    assert taken(data, 501)["Lovelace, Ada"] == "4.00"
    assert any("Away, Zoé_14: nothing was handed in" in s for s in said)
    assert any(f"{BOB}: not assigned in Canvas" in s for s in said)


def test_only_the_grades_change(tmp_path):
    data, _ = filled(tmp_path, book(tmp_path))
    before, after = text().splitlines(), data.decode().splitlines()
    assert before[:3] == after[:3]
    assert after[3] == '"Lovelace, Ada",11,s11,ada,A,10,4.00,40.0,F'
    assert before[5:] == after[5:]


def test_semicolons_decimal_commas_and_a_bom(tmp_path):
    rows = [[c.replace("18.00", "18,00").replace("3.00", "3,00") for c in row] for row in ROWS]
    marks = CLASS | {ADA: [result(ADA, 3, 2, 0.25)]}
    data, _ = filled(tmp_path, book(tmp_path, "\ufeff" + text(rows, ";")), marks)
    assert b";10,5;" in data
    assert taken(data)["Lovelace, Ada"] == "10.5"
    assert data.startswith(b"\xef\xbb\xbfStudent;ID")


def test_commas_with_decimal_commas_are_quoted(tmp_path):
    rows = [[c.replace("18.00", "18,00") for c in row] for row in ROWS]
    marks = CLASS | {ADA: [result(ADA, 3, 2, 0.25)]}
    data, _ = filled(tmp_path, book(tmp_path, text(rows)), marks)
    assert taken(data)["Lovelace, Ada"] == "10.5"


def test_excused_is_ex_and_unknown_points_leave_the_cell(tmp_path):
    excused = result(ADA, 0, 0, 0)
    rows = [replace(e, status=EXCUSED, maximum=0) for e in excused.exercises]
    marks = {ADA: [replace(excused, exercises=rows)], EMILIE: [result(EMILIE, None, 1, 1)],
             "awayzoe_14": [unreadable("awayzoe_14")]}  # fmt: skip
    data, said = filled(tmp_path, book(tmp_path), marks)
    grades = taken(data)
    assert (grades["Lovelace, Ada"], grades["du Châtelet, Émilie"]) == ("EX", "1.00")
    assert grades["Away, Zoé"] == "3.00"
    assert any(s.startswith(f"awayzoe_14, {EMILIE}: no points are known") for s in said)


@pytest.mark.parametrize("name", ["ada", "ADA", "s11", "Lovelace, Ada", "x_11"])
def test_a_student_is_found_by_number_login_sis_number_or_name(name, tmp_path):
    data, _ = filled(tmp_path, book(tmp_path), {name: [result(name, 3, 2, 0)]})
    assert taken(data)["Lovelace, Ada"] == "10"


def test_the_column_is_found_by_the_sheet_in_its_title(tmp_path):
    data, said = filled(tmp_path, book(tmp_path, columns={}))
    assert taken(data)["Lovelace, Ada"] == "10"
    assert "the marks are under Sheet 90 (500)." in said[0]
    data, _ = filled(tmp_path, book(tmp_path, columns={"90": "501"}))
    assert taken(data, 501)["Lovelace, Ada"] == "5.56"


def test_each_sheet_goes_into_its_own_column(tmp_path):
    other = replace(result(ADA, 1, 1, 1), sheet="7")
    marks = CLASS | {ADA: [*CLASS[ADA], other]}
    content = text().replace("Essay (final)", "Homework 07")
    data, _ = filled(tmp_path, book(tmp_path, content, columns={}), marks)
    assert (taken(data)["Lovelace, Ada"], taken(data, 501)["Lovelace, Ada"]) == ("10", "3.33")
    assert taken(data, 501)["du Châtelet, Émilie"] == ""


@pytest.mark.parametrize(("columns", "title", "said"), [
    ({}, "Homework (500)", r"0 assignments with 90.*--assignment 90=NUMBER.*Homework \(500\)"),
    ({}, "Sheet 190 (500)", "0 assignments with 90"),
    ({"": "999"}, "Sheet 90 (500)", r"no assignment 999 .*Sheet 90 \(500\)"),
])  # fmt: skip
def test_no_clear_column_is_one_sentence(columns, title, said, tmp_path):
    with pytest.raises(InputError, match=said):
        book(tmp_path, text().replace("Sheet 90 (500)", title), columns=columns).check(CLASS)


def test_a_column_that_canvas_computes_is_never_written(tmp_path):
    content = text().replace("18.00", "(read only)")
    with pytest.raises(InputError, match="no assignment 500 that can be written"):
        book(tmp_path, content).check(CLASS)


@pytest.mark.parametrize(("content", "said"), [
    (text().replace("Student,", "Name,"), "no columns Student, ID and Section"),
    (text().replace("Section", "Group"), "no columns Student, ID and Section"),
    (text().replace("    Points Possible", "Lovelace"), "no row 'Points Possible'"),
    (text().replace(",12,", ",11,"), "two rows for student 11"),
    (text().replace("(500)", "").replace("(501)", ""), "no column of an assignment"),
])  # fmt: skip
def test_a_gradebook_that_cannot_be_filled_is_refused(content, said, tmp_path):
    with pytest.raises(InputError, match=said):
        book(tmp_path, content)


def test_another_course_and_a_student_twice_are_refused(tmp_path):
    with pytest.raises(InputError, match="gradebook of another course"):
        book(tmp_path).check({"kurt_99": [result("kurt_99", 1, 1, 1)]})
    with pytest.raises(InputError, match="ada and lovelaceada_11 are one student"):
        book(tmp_path).check(CLASS | {"ada": CLASS[ADA]})


def test_last_and_first_names_in_two_columns(tmp_path):
    rows = [["LastName", "FirstName", *ROWS[0][1:]], ["    Points Possible", "", *ROWS[2][1:]],
            ["Lovelace", "Ada", *ROWS[3][1:]]]  # fmt: skip
    gradebook = book(tmp_path, text(rows))
    gradebook.check({"x_11": CLASS[ADA]})
    assert gradebook.absent([]) == {"Ada Lovelace_11"}
