"""The worksheet and the zip of feedback files, held to the rules of Moodle's importers."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.platforms.moodle import SIGNED, ZIP, Worksheet

sys.path.insert(0, str(Path(__file__).parents[2] / "grading"))

import importers
from marked import result, unreadable

HEADER = (
    'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"'
)
LINE = (
    '"Participant {n}","{name}",0{n},{n}@x.org,"Submitted for grading",{grade},{most},{free},'
    '"Monday, 3 November 2025, 9:00 AM",-,{said}'
)
GERMAN = (
    'ID;"Vollständiger Name";E-Mail-Adresse;Status;Bewertung;Bestwertung;'
    '"Bewertung kann geändert werden";"Zuletzt geändert (Abgabe)";"Zuletzt geändert (Bewertung)";'
    '"Feedback als Kommentar"'
)
GERMAN_LINE = (
    'Teilnehmer/in{n};"{name}";{n}@x.de;"Zur Bewertung abgegeben";{grade};{most};Ja;'
    '"Montag, 3. November 2025, 09:00";-;{said}'
)
NAMES = {11: "Ada Lovelace", 12: "Émilie du Châtelet", 13: "Böb O'Neil", 14: "Zoé Away"}
ADA, EMILIE, BOB = "Ada Lovelace_11", "Émilie du Châtelet_12", "Böb O'Neil_13"
CLASS = {
    ADA: [result(ADA, 3, 2, 0, message="λ > 2 & <b>x</b>")],
    EMILIE: [result(EMILIE, 3, 3, 3)],
    BOB: [result(BOB, 0, 0, 0)],
}


def text(header=HEADER, line=LINE, end="\n", **cells) -> str:
    cells = {"grade": "", "most": "100.00", "free": "Yes", "said": ""} | cells
    rows = [line.format(n=n, name=name, **cells) for n, name in NAMES.items()]
    return end.join([header, *rows, ""])


def sheet(tmp_path, content: str | bytes = "", **options) -> Worksheet:
    path = tmp_path / "moodle.csv"
    content = content or text()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Worksheet(path, **options)


def filled(tmp_path, worksheet: Worksheet, marks=CLASS) -> tuple[bytes, list[str]]:
    worksheet.check(marks)
    said = worksheet.write(tmp_path / "out", marks)
    return (tmp_path / "out" / "moodle to upload.csv").read_bytes(), said


@pytest.mark.parametrize("escape", ["\\", ""])
def test_moodle_takes_each_grade_and_comment(escape, tmp_path):
    data, said = filled(tmp_path, sheet(tmp_path))
    taken = importers.moodle(data, NAMES, escape=escape)
    grades = {user: grade for user, (grade, _) in taken.items()}
    assert grades == {"Ada Lovelace": 55.56, "Émilie du Châtelet": 100.0, "Böb O'Neil": 0.0,
                      "Zoé Away": None}  # fmt: skip
    assert taken["Zoé Away"] == (None, "")
    assert taken["Ada Lovelace"][1].startswith(
        f"{SIGNED}5 of 9 points.<br>90.1 twice, first: 3 of 3<br>90.2 twice, answer: 2 of 3"
    )
    assert any("Zoé Away_14: nothing was handed in" in sentence for sentence in said)


def test_only_grade_and_comment_change(tmp_path):
    data, _ = filled(tmp_path, sheet(tmp_path))
    before, after = text().splitlines(), data.decode().splitlines()
    assert before[0] == after[0]
    assert before[-1] == after[-1]
    head = '"Participant 11","Ada Lovelace",011,11@x.org,"Submitted for grading",'
    tail = '100.00,Yes,"Monday, 3 November 2025, 9:00 AM",-,'
    assert after[1].startswith(f"{head}55.56,{tail}")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_german_worksheet_with_semicolons_and_decimal_commas(end, bom, tmp_path):
    content = bom + text(GERMAN, GERMAN_LINE, end, most="100,00").encode()
    data, _ = filled(tmp_path, sheet(tmp_path, content))
    assert data.startswith(bom + GERMAN.encode() + end.encode())
    assert data.count(end.encode()) == content.count(end.encode())
    assert b";55,56;100,00;" in data
    taken = importers.moodle(data, NAMES, words=importers.GERMAN, delimiter=";")
    assert taken["Ada Lovelace"][0] == 55.56
    assert "5 of 9 points" in taken["Ada Lovelace"][1]


def test_a_german_worksheet_with_commas_quotes_the_decimal_comma(tmp_path):
    content = text(GERMAN.replace(";", ","), GERMAN_LINE.replace(";", ","), most='"100,00"')
    data, _ = filled(tmp_path, sheet(tmp_path, content))
    assert importers.moodle(data, NAMES, words=importers.GERMAN)["Ada Lovelace"][0] == 55.56


def test_a_decimal_point_where_the_worksheet_shows_none(tmp_path):
    data, _ = filled(tmp_path, sheet(tmp_path, text(most="9")))
    marks = CLASS | {ADA: [result(ADA, 3, 1.5, 0)]}
    assert importers.moodle(data, NAMES, maximum=9)["Ada Lovelace"][0] == 5
    data, _ = filled(tmp_path, sheet(tmp_path, text(most="9")), marks)
    for words in (importers.ENGLISH, importers.ENGLISH | {"point": ","}):
        assert importers.moodle(data, NAMES, maximum=9, words=words)["Ada Lovelace"][0] == 4.5


def test_no_grade_is_above_the_maximum_however_it_is_rounded(tmp_path):
    for most in ("1", "3.33", "7", "100.00"):
        data, _ = filled(tmp_path, sheet(tmp_path, text(most=most)))
        taken = importers.moodle(data, NAMES, maximum=float(most))
        assert taken["Émilie du Châtelet"][0] == float(most)


def test_a_western_encoding_stays_what_it_is(tmp_path):
    data, _ = filled(tmp_path, sheet(tmp_path, text().encode("cp1252")))
    taken = importers.moodle(data, NAMES, encoding="cp1252")
    assert taken["Émilie du Châtelet"][0] == 100


@pytest.mark.parametrize("escape", ["\\", ""])
@pytest.mark.parametrize(
    "note", ["a\\", 'say \\"x\\" and \\', '"', "\\\\", "a\nb\r\nc", "=1+1", "</p><script>alert(1)"]
)
def test_text_from_a_student_breaks_no_row_and_is_no_markup(note, escape, tmp_path):  # fmt: skip
    odd = [replace(r, notes=[note]) for r in CLASS[ADA]]
    odd[0].exercises[0].by_teacher = note
    data, _ = filled(tmp_path, sheet(tmp_path), CLASS | {ADA: odd})
    taken = importers.moodle(data, NAMES, escape=escape)
    assert {user: grade for user, (grade, _) in taken.items()}["Böb O'Neil"] == 0
    comment = taken["Ada Lovelace"][1]
    assert "<script" not in comment
    assert comment.startswith(SIGNED)


def test_what_the_teacher_wrote_stays_and_what_we_wrote_is_written_anew(tmp_path):
    old = f'"Well done.<br>{SIGNED}1 of 9 points.<br>old"'
    data, _ = filled(tmp_path, sheet(tmp_path, text(said=old, grade="11.00")))
    taken = importers.moodle(data, NAMES)
    assert taken["Ada Lovelace"][1].startswith(f"Well done.<br>{SIGNED}5 of 9")
    assert "old" not in taken["Ada Lovelace"][1]
    assert taken["Zoé Away"] == (11, old.strip('"'))


def test_a_locked_grade_and_unknown_points_stay_and_are_told(tmp_path):
    locked = text().replace("100.00,Yes", "100.00,No", 1)
    marks = CLASS | {BOB: [result(BOB, 1, None, 2)], EMILIE: [unreadable(EMILIE)]}
    data, said = filled(tmp_path, sheet(tmp_path, locked), marks)
    taken = importers.moodle(data, NAMES)
    assert [taken[NAMES[n]][0] for n in (11, 12, 13)] == [None, None, None]
    assert any("Ada Lovelace_11: the grade is locked" in s for s in said)
    assert any(s.startswith(f"{BOB}, {EMILIE}: no points are known") for s in said)
    assert "not a notebook: It is a PDF." in taken["Émilie du Châtelet"][1]


def test_blind_marking_has_no_names(tmp_path):
    rows = ["Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (grade)"]
    rows += [f"Participant {n},Submitted,,9.00,Yes,-" for n in NAMES]
    marks = {f"Participant_{n}": [result(f"Participant_{n}", 3, 2, 0)] for n in NAMES}
    data, _ = filled(tmp_path, sheet(tmp_path, "\n".join(rows)), marks)
    taken = importers.moodle(data, NAMES, maximum=9)
    assert {grade for grade, _ in taken.values()} == {5}


def test_moodle_takes_the_zip_and_gives_each_page_to_its_student(tmp_path):
    odd = "Under_Score_13"
    marks = {ADA: CLASS[ADA], odd: [result(odd, 0, 0, 0)], "Not There_99": CLASS[BOB]}
    worksheet = sheet(tmp_path, text().replace("Böb O'Neil", "Under_Score"))
    _, said = filled(tmp_path, worksheet, marks)
    files = importers.moodle_zip((tmp_path / "out" / ZIP).read_bytes(), NAMES)
    assert set(files) == {"Ada Lovelace", "Böb O'Neil"}
    (page,) = files["Ada Lovelace"].items()
    assert page[0].endswith(".html")
    assert b"Feedback for Ada Lovelace_11" in page[1]
    assert b"Feedback for Under_Score_13" in next(iter(files["Böb O'Neil"].values()))
    assert any("Not There_99: not in the worksheet" in s for s in said)


@pytest.mark.parametrize(
    "column", ["Identifier", "Grade", "Maximum grade", "Last modified (grade)"]
)
def test_a_column_that_is_missing_is_named(column, tmp_path):
    content = text().replace(f'"{column}"', column).replace(f"{column},", "Something else,", 1)
    with pytest.raises(InputError, match=rf"no column '{column[:5]}.*download the grading"):
        sheet(tmp_path, content)


@pytest.mark.parametrize(("content", "said"), [
    (text().replace("Participant 12", "Participant 11"), "two rows for participant 11"),
    (text().replace("Participant 12", "Ada"), "names no participant"),
    (text(most=""), "no maximum grade"),
    (text(GERMAN, GERMAN_LINE, most="nicht bestanden"), "no column 'Identifier'"),
])  # fmt: skip
def test_a_worksheet_that_cannot_be_filled_is_refused(content, said, tmp_path):
    with pytest.raises(InputError, match=said):
        sheet(tmp_path, content)


@pytest.mark.parametrize("marks", [
    {"Ada Lovelace_99": CLASS[ADA]}, {"ada": CLASS[ADA]}, {"Kurt Gödel_11": CLASS[ADA]}, {},
])  # fmt: skip
def test_a_worksheet_of_another_assignment_is_refused(marks, tmp_path):
    with pytest.raises(InputError, match="the worksheet of another assignment"):
        sheet(tmp_path).check(marks)


def test_one_participant_with_two_folders_is_refused(tmp_path):
    marks = CLASS | {"Ada King_11": CLASS[ADA]}
    with pytest.raises(InputError, match="Ada King_11 and Ada Lovelace_11 have the same number"):
        sheet(tmp_path).check(marks)


def test_two_sheets_for_one_grade_ask_which(tmp_path):
    other = [replace(CLASS[BOB][0], sheet="91")]
    with pytest.raises(InputError, match=r"not all students handed in the same.*--sheet 90"):
        sheet(tmp_path).check(CLASS | {BOB: other})
    sheet(tmp_path, sheets=["90"]).check(CLASS | {BOB: other})
    data, _ = filled(tmp_path, sheet(tmp_path, sheets=["90"]), CLASS | {BOB: other})
    assert importers.moodle(data, NAMES)["Böb O'Neil"][0] is None


def test_a_worksheet_that_was_filled_and_changed_is_kept_beside(tmp_path):
    filled(tmp_path, sheet(tmp_path))
    upload = tmp_path / "out" / "moodle to upload.csv"
    upload.write_bytes(upload.read_bytes().replace(b"55.56", b"60"))
    _, said = filled(tmp_path, sheet(tmp_path))
    assert any("changed by hand 1.csv" in s and "overrides.csv" in s for s in said)
    assert b",60," in (tmp_path / "out" / "moodle to upload changed by hand 1.csv").read_bytes()
