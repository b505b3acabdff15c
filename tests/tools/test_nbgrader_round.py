"""nbgrader's exchange on a hub: what a round writes and compares, and once a whole round."""

import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import nbgrader_export  # noqa: E402
import nbgrader_round  # noqa: E402

SHEET = ROOT / "solutions" / "01_the_game.py"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A round in which each student has answered; nobody's command has run."""
    found = nbgrader_round.Round(tmp_path_factory.mktemp("round"), SHEET)
    nbgrader_export.export(found.course, [SHEET])
    for student in nbgrader_round.STUDENTS:
        fetched = nbgrader_export.exported(SHEET)
        for cell in fetched.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                head = cell.source.split("    ### BEGIN SOLUTION")[0]
                cell.source = head + '    raise NotImplementedError("your turn")'
        path = found.notebook(student)
        path.parent.mkdir(parents=True)
        nbformat.write(fetched, path)
        found._answer(student)
    return found


@pytest.mark.filterwarnings("ignore:a warning is no mistake")
def test_the_three_answers_are_worth_all_a_part_and_nothing(played):
    points = {s: nbgrader_round.points_by_check(played.notebook(s)) for s in ("ada", "bob", "eve")}
    assert points["ada"] == {"01.1": 5, "01.2": 6, "01.3": 6, "01.4": 5}
    assert points["bob"] == {"01.1": 3, "01.2": 6, "01.3": 0, "01.4": 0}
    assert set(points["eve"].values()) == {0}


def test_what_is_done_is_not_done_again(tmp_path):
    done = []
    for _ in range(2):
        found = nbgrader_round.Round(tmp_path, SHEET)
        found._step("a step", lambda: done.append(1))
    with pytest.raises(RuntimeError):
        found._step("another", lambda: (_ for _ in ()).throw(RuntimeError))
    assert done == [1]
    assert list(nbgrader_round.Round(tmp_path, SHEET).seconds) == ["a step"]


def test_without_nbgrader_one_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setattr(nbgrader_round, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["nbgrader_round.py"])
    assert nbgrader_round.main() == 0
    assert capsys.readouterr().out.startswith("nbgrader is not installed here")


@pytest.mark.long
@pytest.mark.skipif(find_spec("nbgrader") is None, reason="nbgrader is not installed")
def test_a_round_on_a_hub_gives_the_points_of_check(tmp_path):
    report = nbgrader_round.played(tmp_path, SHEET)
    assert {s: row["nbgrader"] for s, row in report["students"].items()} == {
        "ada": 22, "bob": 9, "eve": 0
    }  # fmt: skip
    assert all(row["nbgrader"] == row["check"] for row in report["students"].values())
    assert all(len(row["feedback"]) == 1 for row in report["students"].values())
