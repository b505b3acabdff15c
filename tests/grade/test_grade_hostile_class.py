"""One class with an attacker for each way that once ended a batch, or could: none stops another."""

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest
from markupsafe import escape

from gancourse.errors import InputError
from gancourse.grade import grade
from gancourse.grade.box.sandbox import Limits, require
from gancourse.grade.report import slug

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from notebooks import SOLVED, answers, cell, notebook, sources, with_answer

LIMITS = Limits(submission=20.0, cell=3.0, part=2.0, memory=700 << 20, scratch=8 << 20)
HONEST = ("Ada", "Zoë")  # the first and the last of the class

RAISED = {  # what an answer may raise or give back, as a line of it
    "half a character in an error": r'raise ValueError("\ud800")',
    "half a character in an exit": r'raise SystemExit("\ud800")',
    "half a character in an error's class": r'raise type("E\x1b[2J", (Exception,), {})("\udfff")',
    "a NUL in an error": r'raise ValueError("a\0b")',
    "orders to a terminal": r'raise ValueError("\x1b]0;owned\x07\x1b[2J")',
    "text that runs backwards": r'raise ValueError("\u202e9 of 9")',
    "ten million letters": 'raise ValueError("x" * 10**7)',
    "an error that cannot be told": "raise Mute()",
    "an error that lies about its line": r'raise SyntaxError("\ud800", ("", "x", 1, "\ud800"))',
    "an error with a huge number": "raise SyntaxError(10**10000)",
    "a group of errors": r'raise BaseExceptionGroup("\ud800", [KeyError("\ud800")])',
    "half a character as the answer": r'return "\ud800"',
    "half a character as a key": r'return {"\ud800": x}',
    "a key of a million letters": r'return {"k" * 10**6: x}',
    "a text of ten million letters": 'return "x" * 10**7',
    "a fork that raises": r'raise ValueError("\ud800") if os.fork() else KeyError("\ud800")',
    "an error while the last one is told": "raise Angry()",
    "ten thousand frames": "return answer(x)",
    "markup in an error": 'raise ValueError("</li><script>alert(1)</script>")',
    "a formula in an error": "raise ValueError('=cmd|calc!A0')",
}
FORKED = "two right answers from a fork"  # of which one comes through
BEFORE = """import os
class Mute(Exception):
    def __str__(self): raise SystemExit
class Angry(Exception):
    __cause__ = property(lambda self: 1 / 0)
    def __str__(self): return self
"""


def _notebook(**changes) -> bytes:
    """Return a solved sheet whose second exercise's cell has been changed."""
    cells = answers(*sources(SOLVED))
    cells[1] |= changes
    return notebook(cells)


def _deep() -> bytes:
    return b'{"cells": [{"outputs": [' + b"[" * 300_000


FILES = {  # what may lie in a notebook's file
    "half a character in the code": _notebook(source="def answer(x):\n    return '\ud800' + x"),
    "half a character in id and tag": _notebook(id="\ud800", metadata={"tags": ["\udfff"]}),
    "a NUL in the code": _notebook(source="def answer(x):\n    return 2 * x\0"),
    "an id that is no text": _notebook(id={"\ud800": [None]}),
    "numbers that no machine holds": _notebook(execution_count=10**4000),
    "brackets without end": _deep(),
    "a text without end": b'{"cells": [{"outputs": ["' + b'\\"' * 400_000,
    "thousands of conflicts": _notebook(source="<<<<<<< mine\n" * 20_000),
    "a number without end in the output": notebook(
        [
            cell("check('90.1', first)")
            | {"outputs": [{"output_type": "stream", "text": "9" * 300_000}]}
        ]
    ),
    "a thousand cells that fail": notebook([cell("1 / 0")] * 400),
    "nothing": b"",
}  # fmt: skip
NAMES = {  # file names, in bytes, below the student's folder
    "a file name in no encoding": b"\xff\xfe.ipynb",
    "a file name of two lines": b"a\n\x1b[31mb.ipynb",
}
ATTACKERS = (*RAISED, *FILES, *NAMES, FORKED)


def write_class(root: Path) -> None:
    files = {
        name: with_answer(f"{BEFORE}def answer(x):\n    {line}") for name, line in RAISED.items()
    }
    files[FORKED] = with_answer("import os\ndef answer(x):\n    os.fork()\n    return 2 * x")
    files |= FILES | dict.fromkeys(HONEST, notebook(answers(*sources(SOLVED))))
    for student, data in files.items():
        (root / student).mkdir(parents=True)
        (root / student / "s.ipynb").write_bytes(data)
    for student, name in NAMES.items():
        (root / student).mkdir()
        path = os.path.join(os.fsencode(root / student), name)
        Path(os.fsdecode(path)).write_bytes(_notebook())


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder with the grades of the class, after one batch."""
    try:
        require("bwrap", LIMITS)
    except InputError as error:
        pytest.skip(str(error))
    source, out = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out")
    write_class(source)
    steps = list(grade(source, out, checks="toy_checks", limits=LIMITS))
    assert (len(steps), steps[-1].done) == (len(ATTACKERS) + 2, steps[-1].total)
    return out


def lines(out: Path, name: str) -> dict[str, list[dict]]:
    text = (out / name).read_text(encoding="utf-8-sig")
    found: dict[str, list[dict]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        found.setdefault(row["student"], []).append(row)
    return found


@pytest.mark.parametrize("student", HONEST)
def test_the_honest_get_all_their_points(student, out):
    (row,) = lines(out, "summary.csv")[student]
    assert (row["score"], row["maximum"], row["status"], row["note"]) == ("9", "9", "graded", "")


@pytest.mark.parametrize("student", ATTACKERS)
def test_an_attacker_costs_itself_at_most(student, out):
    (row,) = lines(out, "summary.csv")[student]
    assert row["status"] not in ("", "not graded", "not graded yet")
    assert row["score"] in ({"6"} if student in RAISED else {"0", "6", "9"})
    text = (out / row["feedback"]).read_text(encoding="utf-8")
    assert f"Feedback for {escape(student)}" in text
    assert len(text) < 40_000
    assert not set(text) & set("\0\x07\x1b\u202e\ud800")
    assert "<script>" not in text


def test_a_fork_answers_once(out):
    assert lines(out, "summary.csv")[FORKED][0]["score"] == "9"


def test_what_each_file_was_is_said(out):
    found = {name: lines(out, "summary.csv")[name][0]["status"] for name in FILES}
    assert found["nothing"] == "empty"
    assert found["brackets without end"] == found["a text without end"] == "not a notebook"
    assert found["a NUL in the code"] == "syntax error"
    assert found["thousands of conflicts"] == "syntax error"


def test_all_that_is_kept_can_be_read_again(out):
    for path in (out / "private" / "results").glob("*.json"):
        json.loads(path.read_text())
    assert (out / "feedback" / f"{slug('Ada')}.html").is_file()
