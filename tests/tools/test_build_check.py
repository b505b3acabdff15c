"""tools/build --check: what it finds, and that it writes nothing."""

import json

import nbformat
import pytest
from build import notebooks
from build.check import check
from build.command import main
from course import LESSON, SHEET, edited, put, set_cell
from nbformat.v4 import new_code_cell

pytest_plugins = ["built_course"]


def error_output(nb):
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    nb["cells"][1]["outputs"] = [error]


def noted(change):
    """Make a change that the notebook's own notes do not betray."""

    def spoil(content):
        change(content)
        outputs = notebooks.digest(nbformat.reads(json.dumps(content), 4), "outputs")
        content["metadata"]["gancourse"]["outputs"] = outputs

    return spoil


SPOILT = {
    "source": (set_cell(1, source="print(3)"), "01_x-002"),
    "type": (lambda nb: nb["cells"][1].update(new_code_cell("x", id="01_x-002")), "01_x-002"),
    "id": (set_cell(1, id="other"), "01_x-002"),
    "tags": (set_cell(3, metadata={}), "01_x-004"),
    "cell too few": (lambda nb: nb["cells"].pop(), "01_x-004"),
    "outputs of other code": (
        lambda nb: nb["metadata"].update(gancourse={"source": "0"}),
        "other code",
    ),
    "not executed": (noted(set_cell(1, execution_count=None, outputs=[])), "in order"),
    "executed out of order": (set_cell(1, execution_count=7), "in order"),
    "outputs edited": (lambda nb: nb["cells"][1]["outputs"].pop(), "changed after"),
    "error": (noted(error_output), "an error"),
    "widget state": (lambda nb: nb["metadata"].update(widgets={"a": {}}), "widget state"),
    "too large": (lambda nb: nb["metadata"].update(x="x" * 1_600_000), "resolution"),
    "saved by an editor": (lambda nb: nb["metadata"]["language_info"].update(version="3"), "saved"),
}


@pytest.mark.parametrize(("spoil", "says"), SPOILT.values(), ids=SPOILT)
def test_the_check_finds_a_spoilt_notebook(built, capsys, spoil, says):
    edited(built / "notebooks/01_x.ipynb", spoil)
    assert main(["--root", str(built), "--check"]) == 1
    line = capsys.readouterr().out
    assert line.startswith("notebooks/01_x.ipynb")
    assert says in line
    assert line.count("\n") == 1


def test_the_check_finds_a_missing_notebook(built):
    (built / "exercises/01_x.ipynb").unlink()
    assert check(built) == ["exercises/01_x.ipynb is missing: `make build` mends it."]


def test_the_check_finds_half_a_notebook(built):
    path = built / "notebooks/01_x.ipynb"
    path.write_text(path.read_text()[:500])
    assert check(built) == ["notebooks/01_x.ipynb is no notebook: `make build` mends it."]


def test_the_check_finds_a_notebook_without_a_source(built):
    (built / "notebooks/01_x.py").unlink()
    assert "no source" in check(built)[0]


def test_the_check_finds_an_exercise_in_which_somebody_worked(built):
    edited(built / "exercises/01_x.ipynb", set_cell(1, execution_count=1))
    assert "blank" in check(built)[0]


def test_the_check_finds_new_prose_in_all_that_it_builds(built):
    put(built, SHEET.replace("A sheet", "Better"))
    assert [line.split()[0] for line in check(built)] == [
        "solutions/01_x.ipynb",
        "exercises/01_x.ipynb",
    ]


def test_the_check_writes_and_executes_nothing(built, no_kernel):
    put(built, LESSON + "# %%\n3\n", "notebooks/01_x.py")
    before = {p: p.read_bytes() for p in built.rglob("*") if p.is_file()}
    check(built)
    assert {p: p.read_bytes() for p in built.rglob("*") if p.is_file()} == before
