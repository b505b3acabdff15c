"""From the platform's download to the platform's upload, through the one command."""

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade import batch, grade, report, terminal
from gancourse.grade.platforms.moodle import ZIP

HELPERS = Path(__file__).parents[1] / "grading"
sys.path.insert(0, str(HELPERS))

import importers  # noqa: E402

from notebooks import solved, untouched, with_answer  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Student code runs without a sandbox")
OPTIONS = {"checks": "toy_checks", "sandbox": "none"}
NAMES = {11: "Ada Lovelace", 12: "Böb O'Neil", 13: "Zoé Away"}
ADA, BOB, ZOE = (f"{name}_{n}" for n, name in NAMES.items())
MOODLE = (
    "Identifier,Full name,Grade,Maximum grade,Last modified (grade),Feedback comments\n"
    + "".join(f'Participant {n},"{name}",,100.00,-,\n' for n, name in NAMES.items())
)
CANVAS = "Student,ID,SIS Login ID,Section,Sheet 90 (500)\n    Points Possible,,,,9\n" + "".join(
    f'"{name}",{n},x{n},A,\n' for n, name in NAMES.items()
)


@pytest.fixture
def place(tmp_path) -> Path:
    """A download of two students, and the two platforms' files for three."""
    for student, data in ((ADA, solved()), (BOB, with_answer("def answer(x):\n    return x"))):
        folder = tmp_path / "in" / f"{student}_assignsubmission_file"
        folder.mkdir(parents=True)
        (folder / "sheet.ipynb").write_bytes(data)
    (tmp_path / "moodle.csv").write_text(MOODLE)
    (tmp_path / "canvas.csv").write_text(CANVAS)
    return tmp_path


def run(place: Path, **options) -> list[str]:
    said: list[str] = []
    list(grade(place / "in", place / "out", **OPTIONS, saying=said.append, **options))
    return said


def worksheet(place: Path) -> dict[str, tuple]:
    return importers.moodle((place / "out" / "moodle to upload.csv").read_bytes(), NAMES)


def table(place: Path, name: str) -> list[dict]:
    text = (place / name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def overrides(place: Path, *lines: str) -> None:
    text = "\n".join(["student,exercise,points,excused,late,reason", *lines])
    (place / "out").mkdir(exist_ok=True)
    (place / "out" / "overrides.csv").write_text(text)


@pytest.fixture
def judged(monkeypatch):
    """Give full points at once, or those of `scores` for a file; list who was graded."""
    graded, scores = [], {}

    def quick(task):
        graded.append((task.student, task.file))
        result = batch.without_points(task, "graded")
        for row in result.exercises:
            row.score, row.status = scores.get(task.file, row.maximum), "graded"
        return replace(result, version=task.version, attempt=task.attempt)

    monkeypatch.setattr(batch, "grade_task", quick)
    return graded, scores


def test_a_class_goes_from_download_to_upload(place, capsys):
    """The one test here that really grades."""
    overrides(place, "Bob O'Neil,,,,1,", "Zoé Away,,,yes,,ill")
    options = {"worksheet": place / "moodle.csv", "gradebook": place / "canvas.csv",
               "csv": place / "all.csv", "late": "10% a day, at most 50%"}  # fmt: skip
    with pytest.raises(InputError, match=r"row 2: no student is named .*: did you mean .Böb"):
        run(place, **options)
    assert [p.name for p in (place / "out").iterdir()] == ["overrides.csv"]
    overrides(place, "Böb O'Neil,,,,1,", "Zoé Away,,,yes,,ill")
    assert terminal.show(place / "in", place / "out", **OPTIONS, **options) == 0
    said = capsys.readouterr().out
    assert f"{BOB}: 5.4 of 9" in said
    assert "moodle to upload.csv" in said
    assert "canvas to upload.csv" in said
    assert "class.html shows how the class did" in said
    taken = worksheet(place)
    assert [taken[name][0] for name in NAMES.values()] == [100, 60, None]
    assert "Late by 1 day: 10 % off, 0.6 points" in taken["Böb O'Neil"][1]
    pages = importers.moodle_zip((place / "out" / ZIP).read_bytes(), NAMES)
    assert set(pages) == set(NAMES.values())
    filled = (place / "out" / "canvas to upload.csv").read_bytes()
    assert importers.canvas(filled, NAMES, {500: ""}) == {
        "Ada Lovelace": {500: "9"}, "Böb O'Neil": {500: "5.4"}, "Zoé Away": {500: "EX"},
    }  # fmt: skip
    wide = {row["student"]: row for row in table(place, "all.csv")}
    assert (wide[BOB]["90.2"], wide[BOB]["points"], wide[ZOE]["90.1"]) == ("0", "5.4", "excused")
    assert (
        "Excused by the teacher"
        in (place / "out/feedback" / f"{report.slug(ZOE)}.html").read_text()
    )
    page = (place / "out" / "private" / "class.html").read_text()
    assert "That is not twice x." in page


def test_a_teachers_mark_survives_regrading(place, judged):
    overrides(place, f"{ADA},90.1,1,,,copied")
    for again in (False, True):
        run(place, again=again)
        rows = [r for r in table(place, "out/grades.csv") if r["student"] == ADA]
        assert [r["score"] for r in rows] == ["1", "3", "3"]
        assert rows[0]["note"] == "Set by the teacher to 1 of 3 (the checks gave 3): copied"
    (place / "out" / "overrides.csv").unlink()
    run(place)
    assert table(place, "out/summary.csv")[0]["score"] == "9"
    assert len(judged[0]) == 4


def test_only_one_student_is_graded_again(place, judged):
    graded, scores = judged
    run(place, only="Ada Lovelace")
    assert [who for who, _ in graded] == [ADA]
    rows = {r["student"]: (r["score"], r["status"]) for r in table(place, "out/summary.csv")}
    assert rows == {ADA: ("9", "graded"), BOB: ("", "not graded yet")}
    run(place)
    scores["sheet.ipynb"] = 1
    run(place, only="12", again=True)
    assert [who for who, _ in graded] == [ADA, BOB, BOB]
    assert [r["score"] for r in table(place, "out/summary.csv")] == ["9", "3"]
    with pytest.raises(InputError, match="--only: no student is named 'Eve'"):
        run(place, only="Eve")


def test_whose_notebook_changed_meanwhile_keeps_the_old_mark_and_says_so(place, judged):
    run(place)
    (place / "in" / f"{BOB}_assignsubmission_file" / "sheet.ipynb").write_bytes(untouched())
    run(place, only=ADA, again=True)
    assert [r["score"] for r in table(place, "out/summary.csv")] == ["9", "9"]
    page = (place / "out" / "feedback" / f"{report.slug(BOB)}.html").read_text()
    assert "Not graded again" in page


@pytest.mark.parametrize(("attempt", "score", "count"), [("last", "3", 1), ("best", "9", 2)])
def test_the_best_attempt_or_the_last(attempt, score, count, tmp_path, judged):
    graded, scores = judged
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada_11_1_s.ipynb").write_bytes(solved())
    (tmp_path / "in" / "ada_11_2_s-1.ipynb").write_bytes(untouched())
    scores["s-1.ipynb"] = 1
    for _ in range(2):  # the second time from memory
        run(tmp_path, attempt=attempt)
        (row,) = table(tmp_path, "out/summary.csv")
        assert (row["score"], row["maximum"]) == (score, "9")
    assert len(graded) == count


def test_who_is_late_by_the_platforms_word_needs_days(tmp_path, judged):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada_LATE_11_1_s.ipynb").write_bytes(solved())
    assert "ada_11: late, says the platform" in run(tmp_path, late="10% a day")[0]
    assert not any("ada_11" in said for said in run(tmp_path))
    overrides(tmp_path, "ada,,,,3,")
    assert not any("ada_11" in said for said in run(tmp_path, late="10% a day"))
    assert table(tmp_path, "out/summary.csv")[0]["score"] == "6.3"


@pytest.mark.parametrize(("options", "said"), [
    ({"worksheet": "canvas.csv"}, "no column 'Identifier'"),
    ({"gradebook": "moodle.csv"}, "no columns Student, ID and Section"),
    ({"worksheet": "none.csv"}, "is not a file"),
    ({"gradebook": "canvas.csv", "assignments": ("5",)}, "no assignment 5 "),
    ({"gradebook": "canvas.csv", "assignments": ("x=y",)}, "write it as 1234 or 05=1234"),
    ({"assignments": ("500",)}, "give one"),
    ({"csv": "in/all.csv"}, "lies inside"),
    ({"worksheet": "in/moodle.csv"}, "lies inside"),
    ({"late": "much"}, "10% a day"),
    ({"weights": ("90.9=2",)}, "exercise or sheet"),
    ({"attempt": "first"}, "best, last"),
    ({"overrides": "none.csv"}, "is not a file"),
])  # fmt: skip
def test_what_cannot_be_used_is_one_sentence_and_writes_nothing(options, said, place, judged):
    files = ("worksheet", "gradebook", "csv", "overrides")
    options = {k: place / v if k in files else v for k, v in options.items()}
    with pytest.raises(InputError, match=said) as refused:
        run(place, **options)
    assert "\n" not in str(refused.value)
    assert not (place / "out").exists()
    assert judged[0] == []


def test_a_stopped_run_writes_no_file_for_a_platform(place, judged):
    steps = grade(place / "in", place / "out", **OPTIONS, worksheet=place / "moodle.csv")
    next(steps)
    steps.close()
    assert not list((place / "out").glob("moodle*"))
    assert not (place / "out" / "private" / "class.html").exists()
