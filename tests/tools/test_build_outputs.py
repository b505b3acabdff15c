"""tools/build: how a notebook is executed, and which outputs are refused."""

from pathlib import Path

import nbformat
import pytest
from build import execute, notebooks, outputs
from build.command import main
from course import LESSON, edited, put, set_cell
from nbformat.v4 import new_code_cell, new_notebook, new_output

pytest_plugins = ["built_course"]


def stream(text):
    return new_output("stream", name="stdout", text=text)


def problem(output, root, tag=None):
    cell = new_code_cell("1", metadata={"tags": [tag]} if tag else {})
    return outputs.problem_of(output, cell, outputs.machine_paths(root))


@pytest.mark.parametrize("text", ["<Line2D at 0x7f01>", "/tmp/ipykernel_12/3.py:1: UserWarning"])
def test_text_that_changes_on_every_build_is_refused(tmp_path, text):
    assert "not the same" in problem(stream(text), tmp_path)
    assert "not the same" in problem(new_output("execute_result", {"text/plain": text}), tmp_path)


def test_no_path_of_this_machine_gets_into_a_notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", "/some/data")
    for path in (tmp_path, Path.home(), "/some/data"):
        assert "not the same" in problem(stream(f"in {path}/x"), tmp_path)
    assert not problem(stream("in /other/some/data or /some/database"), tmp_path)


def test_a_relative_data_folder_does_not_forbid_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", "data")
    assert not problem(stream("the data"), tmp_path)


def test_the_bytes_of_a_picture_are_not_text(tmp_path):
    assert not problem(new_output("display_data", {"image/png": " at 0x7f"}), tmp_path)


def test_an_error_is_refused_where_none_is_announced(tmp_path):
    error = new_output("error", ename="KeyError", evalue="x", traceback=["KeyError: x"])
    assert "KeyError" in problem(error, tmp_path)
    assert not problem(error, tmp_path, "raises-exception")


def test_a_widget_without_a_picture_is_refused(tmp_path):
    assert "widget" in problem(new_output("display_data", {outputs.WIDGET_VIEW: {}}), tmp_path)


def test_consecutive_prints_become_one_output():
    picture = new_output("display_data", {"text/plain": "p"})
    cell = new_code_cell("1", outputs=[stream("a"), stream("b"), picture, stream("c")])
    execute.tidy(new_notebook(cells=[cell]))
    assert [o.get("text") for o in cell.outputs] == ["ab", None, "c"]


def test_kernels_find_the_data_beside_the_checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    (tmp_path / "shared/data").mkdir(parents=True)
    environment = execute.kernel_environment(tmp_path / "course")
    assert environment["GANCOURSE_DATA"] == str(tmp_path / "shared/data")


def test_a_build_passes_its_own_check(built_once, capsys):
    assert main(["--root", str(built_once), "--check"]) == 0, capsys.readouterr().out


def test_a_notebook_keeps_the_outputs_of_its_headless_execution(built_once):
    cells = nbformat.read(built_once / "notebooks/01_x.ipynb", 4).cells
    assert [c.get("execution_count") for c in cells] == [None, 1, 2, 3]
    assert cells[1].outputs[0].text == "one\ntwo\n"
    assert cells[2].outputs[0].data["text/plain"] == "('none', '0', 'notebooks')"


def test_of_an_announced_error_only_the_last_line_is_kept(built_once):
    output = nbformat.read(built_once / "notebooks/01_x.ipynb", 4).cells[3].outputs[0]
    assert output.traceback == ["ZeroDivisionError: division by zero"]


def test_the_exercise_is_handed_out_without_outputs(built_once):
    cells = nbformat.read(built_once / "exercises/01_x.ipynb", 4).cells
    assert not any(c.get("outputs") or c.get("execution_count") for c in cells)


def test_a_second_execution_gives_the_same_bytes(built):
    path = built / "notebooks/01_x.ipynb"
    before = path.read_bytes()
    path.unlink()
    assert main(["--root", str(built), "01"]) == 0
    assert path.read_bytes() == before


def test_the_file_says_nothing_of_this_machine_or_moment(built_once):
    metadata = nbformat.read(built_once / "notebooks/01_x.ipynb", 4).metadata
    assert metadata.kernelspec == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    assert "version" not in metadata.language_info
    assert set(metadata) == {"gancourse", "kernelspec", "language_info"}


def test_new_prose_is_built_without_an_execution(built, no_kernel):
    put(built, LESSON.replace("A lesson", "Better"), "notebooks/01_x.py")
    assert main(["--root", str(built)]) == 0
    text = (built / "notebooks/01_x.ipynb").read_text()
    assert "# Better" in text
    assert "one\\n" in text


@pytest.mark.parametrize(
    ("code", "options"), [("1 / 0", ["--force"]), ("2 / 0", [])], ids=["forced", "new code"]
)
def test_new_code_or_force_executes(built, no_kernel, capsys, code, options):
    put(built, LESSON.replace("1 / 0", code), "notebooks/01_x.py")
    assert main(["--root", str(built), "01", *options]) == 1
    assert "executed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "says"),
    [("{}['key']", "KeyError: 'key'"), ("os._exit(1)", "Kernel died")],
    ids=["error", "dead kernel"],
)
def test_a_failing_cell_is_named_and_the_old_notebook_stays(built, capsys, code, says):
    path = built / "notebooks/01_x.ipynb"
    before = path.read_bytes()
    put(built, LESSON.replace('print("two")', code), "notebooks/01_x.py")
    assert main(["--root", str(built), "01"]) == 1
    message = capsys.readouterr().err
    assert "notebooks/01_x.ipynb, cell 2 ('import os')" in message
    assert says in message
    assert path.read_bytes() == before


def test_a_notebook_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = put(tmp_path, "old", "notebooks/01_x.ipynb")
    monkeypatch.delattr(Path, "replace")  # as if the process ended before this step
    with pytest.raises(AttributeError):
        notebooks.write(path, "new")
    assert [p.read_text() for p in path.parent.iterdir()] == ["old"]


def test_outputs_that_the_build_did_not_make_are_made_anew(built, no_kernel, capsys):
    edited(built / "notebooks/01_x.ipynb", lambda nb: nb["cells"][1]["outputs"].pop())
    assert main(["--root", str(built), "01"]) == 1
    assert "executed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "work", [{"execution_count": 1}, {"source": "my_answer = 1"}], ids=["run", "typed, never run"]
)
def test_a_learners_work_is_not_overwritten_unless_forced(built, no_kernel, capsys, work):
    path = built / "exercises/01_x.ipynb"
    as_built = path.read_text()
    edited(path, set_cell(1, **work))
    kept = path.read_text()
    assert main(["--root", str(built)]) == 1
    assert "work" in capsys.readouterr().err
    assert path.read_text() == kept
    main(["--root", str(built), "--force"])
    assert path.read_text() == as_built
