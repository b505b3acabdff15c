"""tools/build.py: what a source becomes, what is refused, and what the check finds."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
build = importlib.import_module("build")

LESSON = """\
# %% [markdown]
# # A lesson

# %%
import os
print("one")
print("two")

# %%
os.environ["GANCOURSE_FRONTEND"], os.environ["PYTHONHASHSEED"], os.path.basename(os.getcwd())

# %% tags=["raises-exception"]
1 / 0
"""
SHEET = """\
# %% [markdown]
# # A sheet

# %% tags=["exercise:01.1"]
def double(x):
    # BEGIN SOLUTION
    secret = 2
    return secret * x
    # END SOLUTION


# %% [markdown] tags=["hint"]
# Hint: the idea
# Add it to itself.

# %% [markdown] tags=["solution"]
# Because of this.

# %% tags=["hidden"]
assert double(2) == 4

# %%
print("the end")
"""


def put(root, text, name="solutions/01_x.py"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def blank(root, kind):
    return build.blank(next(t for t in build.targets(root) if t.kind == kind))


def sources(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def ids(notebook):
    return [cell.id for cell in notebook.cells]


def edited(path, change):
    """Change a notebook's JSON in place."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


@pytest.fixture
def sheet(tmp_path):
    put(tmp_path, SHEET)
    return tmp_path


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    put(root, LESSON, "notebooks/01_x.py")
    put(root, SHEET)
    assert build.main(["--root", str(root), "-j", "2"]) == 0
    return root


@pytest.fixture
def built(built_once, tmp_path):
    """A course that is built, for one test to spoil."""
    return shutil.copytree(built_once, tmp_path / "course")


@pytest.fixture
def no_kernel(monkeypatch):
    def execute(notebook, target):
        raise build.BuildError("executed")

    monkeypatch.setattr(build, "execute", execute)


# What a sheet becomes


def test_the_exercise_has_a_stub_in_place_of_the_solution(sheet):
    code = blank(sheet, "exercise").cells[1].source
    assert code == 'def double(x):\n    raise NotImplementedError("your turn")'


def test_the_solution_has_no_markers(sheet):
    code = blank(sheet, "solution").cells[1].source
    assert code == "def double(x):\n    secret = 2\n    return secret * x"


def test_a_patient_stands_in_place_of_its_mended_lines():
    code = (
        "def f(x):\n    # BEGIN SOLUTION\n    for a in x:\n        use(a)\n    # INSTEAD\n"
        "    # for a in x:\n    #     spoil(a)  # so\n    # END SOLUTION\n    return x"
    )
    head, end = "def f(x):\n    for a in x:\n        ", "\n    return x"
    assert build.with_stub(code) == f"{head}spoil(a)  # so{end}"
    assert build.with_solution(code) == f"{head}use(a){end}"


def test_each_of_two_solutions_in_one_cell_becomes_a_stub():
    region = "# BEGIN SOLUTION\nsecret\n# END SOLUTION\n"
    assert build.with_stub(f"a\n{region}b\n{region}c") == f"a\n{build.STUB}\nb\n{build.STUB}\nc"


@pytest.mark.parametrize("secret", ["secret", "assert double", "Because of this"])
def test_what_the_learner_must_not_see_is_only_in_the_solution(sheet, secret):
    assert secret in sources(blank(sheet, "solution"))
    assert secret not in build.serialise(blank(sheet, "exercise"))


@pytest.mark.parametrize("kind", ["exercise", "solution"])
def test_a_hint_is_folded(sheet, kind):
    folded = "<details><summary>Hint: the idea</summary>\n\nAdd it to itself.\n\n</details>"
    assert folded in sources(blank(sheet, kind))


@pytest.mark.parametrize("kind", ["exercise", "solution"])
def test_the_grader_finds_an_exercise_by_its_tag(sheet, kind):
    tagged = [c for c in blank(sheet, kind).cells if "exercise:01.1" in c.metadata.get("tags", [])]
    assert [c.id for c in tagged] == ["01_x-002"]


def test_ids_name_the_position_in_the_source(sheet):
    assert ids(blank(sheet, "solution")) == [f"01_x-00{n}" for n in range(1, 7)]
    assert ids(blank(sheet, "exercise")) == [f"01_x-00{n}" for n in (1, 2, 3, 6)]


# What is refused in a source

REGION = "# BEGIN SOLUTION\n1\n# END SOLUTION"
BAD_SHEETS = {
    "no end": ('# %% tags=["exercise:01.1"]\n# BEGIN SOLUTION\n1', "pairs"),
    "no begin": ('# %% tags=["exercise:01.1"]\n1\n# END SOLUTION', "pairs"),
    "two begins": (f'# %% tags=["exercise:01.1"]\n# BEGIN SOLUTION\n{REGION}', "pairs"),
    "misspelt": (f'# %% tags=["exercise:01.1"]\n{REGION.replace("BEGIN ", "Begin-")}', "pairs"),
    "no markers": ('# %% tags=["exercise:01.1"]\n1', "needs"),
    "in prose": ("# %% [markdown]\n# # BEGIN SOLUTION\n# # END SOLUTION", "code cell"),
    "id twice": (f'# %% tags=["exercise:01.1"]\n{REGION}\n' * 2, "used twice"),
    "other sheet": (f'# %% tags=["exercise:02.1"]\n{REGION}', "exercise:01.1"),
    "unknown tag": ('# %% tags=["hiden"]\n1', "'hiden' is unknown"),
    "colon": ('# %% tags=["hidden:1"]\n1', "unknown"),
    "tag on code": ('# %% tags=["hint"]\n1', "code cell"),
    "hint, no title": ('# %% [markdown] tags=["hint"]\n# Add it.', "Hint: title"),
    "empty cell": ("# %%\n1\n# %%\n", "empty"),
}


@pytest.mark.parametrize(("source", "says"), BAD_SHEETS.values(), ids=BAD_SHEETS)
def test_a_bad_source_is_one_sentence_with_file_and_cell(tmp_path, capsys, source, says):
    put(tmp_path, source + "\n")
    assert build.main(["--root", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert says in message
    assert message.startswith("error: solutions/01_x.py, cell ")
    assert message.count("\n") == 1
    assert not list(tmp_path.rglob("*.ipynb"))


def test_tags_that_are_no_list_are_refused(tmp_path):
    put(tmp_path, '# %% tags="hidden"\n1\n')
    with pytest.raises(build.BuildError, match=r"solutions/01_x\.py.*'hidden'.*list"):
        blank(tmp_path, "solution")


@pytest.mark.parametrize("source", [f"# %%\n{REGION}\n", '# %% tags=["hidden"]\n1\n'])
def test_a_lesson_takes_nothing_of_a_sheet(tmp_path, source):
    put(tmp_path, source, "notebooks/01_x.py")
    with pytest.raises(build.BuildError, match="sheet"):
        blank(tmp_path, "lesson")


def test_a_name_that_a_cell_id_cannot_hold_is_refused(tmp_path):
    put(tmp_path, "# %%\n1\n", f"notebooks/01_{'x' * 70}.py")
    with pytest.raises(build.BuildError, match="not valid"):
        blank(tmp_path, "lesson")


@pytest.mark.parametrize("name", ["01", "01_x", "notebooks/01_x.py"])
def test_names_choose_notebooks(tmp_path, name):
    put(tmp_path, LESSON, "notebooks/01_x.py")
    put(tmp_path, LESSON, "notebooks/02_y.py")
    assert [t.path.name for t in build.targets(tmp_path, [name])] == ["01_x.ipynb"]


def test_an_unknown_name_is_answered_with_the_known_ones(sheet, capsys):
    assert build.main(["--root", str(sheet), "99"]) == 1
    assert "'99'" in (message := capsys.readouterr().err)
    assert "01_x" in message


# What is refused in an output


def stream(text):
    return new_output("stream", name="stdout", text=text)


def problem(output, root, tag=None):
    cell = new_code_cell("1", metadata={"tags": [tag]} if tag else {})
    return build.problem_of(output, cell, build.machine_paths(root))


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
    assert "widget" in problem(new_output("display_data", {build.WIDGET_VIEW: {}}), tmp_path)


def test_consecutive_prints_become_one_output():
    picture = new_output("display_data", {"text/plain": "p"})
    cell = new_code_cell("1", outputs=[stream("a"), stream("b"), picture, stream("c")])
    build.tidy(new_notebook(cells=[cell]))
    assert [o.get("text") for o in cell.outputs] == ["ab", None, "c"]


# What is executed


def test_a_build_passes_its_own_check(built_once, capsys):
    assert build.main(["--root", str(built_once), "--check"]) == 0, capsys.readouterr().out


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
    assert build.main(["--root", str(built), "01"]) == 0
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
    assert build.main(["--root", str(built)]) == 0
    text = (built / "notebooks/01_x.ipynb").read_text()
    assert "# Better" in text
    assert "one\\n" in text


@pytest.mark.parametrize(
    ("code", "options"), [("1 / 0", ["--force"]), ("2 / 0", [])], ids=["forced", "new code"]
)
def test_new_code_or_force_executes(built, no_kernel, capsys, code, options):
    put(built, LESSON.replace("1 / 0", code), "notebooks/01_x.py")
    assert build.main(["--root", str(built), "01", *options]) == 1
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
    assert build.main(["--root", str(built), "01"]) == 1
    message = capsys.readouterr().err
    assert "notebooks/01_x.ipynb, cell 2 ('import os')" in message
    assert says in message
    assert path.read_bytes() == before


def test_a_notebook_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = put(tmp_path, "old", "notebooks/01_x.ipynb")
    monkeypatch.delattr(Path, "replace")  # as if the process ended before this step
    with pytest.raises(AttributeError):
        build.write(path, "new")
    assert [p.read_text() for p in path.parent.iterdir()] == ["old"]


def test_outputs_that_the_build_did_not_make_are_made_anew(built, no_kernel, capsys):
    edited(built / "notebooks/01_x.ipynb", lambda nb: nb["cells"][1]["outputs"].pop())
    assert build.main(["--root", str(built), "01"]) == 1
    assert "executed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "work", [{"execution_count": 1}, {"source": "my_answer = 1"}], ids=["run", "typed, never run"]
)
def test_a_learners_work_is_not_overwritten_unless_forced(built, no_kernel, capsys, work):
    path = built / "exercises/01_x.ipynb"
    as_built = path.read_text()
    edited(path, set_cell(1, **work))
    kept = path.read_text()
    assert build.main(["--root", str(built)]) == 1
    assert "work" in capsys.readouterr().err
    assert path.read_text() == kept
    build.main(["--root", str(built), "--force"])
    assert path.read_text() == as_built


# What the check finds


def set_cell(number, **values):
    return lambda nb: nb["cells"][number].update(values)


def error_output(nb):
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    nb["cells"][1]["outputs"] = [error]


def noted(change):
    """Make a change that the notebook's own notes do not betray."""

    def spoil(content):
        change(content)
        outputs = build.digest(nbformat.reads(json.dumps(content), 4), "outputs")
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
    assert build.main(["--root", str(built), "--check"]) == 1
    line = capsys.readouterr().out
    assert line.startswith("notebooks/01_x.ipynb")
    assert says in line
    assert line.count("\n") == 1


def test_the_check_finds_a_missing_notebook(built):
    (built / "exercises/01_x.ipynb").unlink()
    assert build.check(built) == ["exercises/01_x.ipynb is missing: `make build` mends it."]


def test_the_check_finds_half_a_notebook(built):
    path = built / "notebooks/01_x.ipynb"
    path.write_text(path.read_text()[:500])
    assert build.check(built) == ["notebooks/01_x.ipynb is no notebook: `make build` mends it."]


def test_the_check_finds_a_notebook_without_a_source(built):
    (built / "notebooks/01_x.py").unlink()
    assert "no source" in build.check(built)[0]


def test_the_check_finds_an_exercise_in_which_somebody_worked(built):
    edited(built / "exercises/01_x.ipynb", set_cell(1, execution_count=1))
    assert "blank" in build.check(built)[0]


def test_the_check_finds_new_prose_in_all_that_it_builds(built):
    put(built, SHEET.replace("A sheet", "Better"))
    assert [line.split()[0] for line in build.check(built)] == [
        "solutions/01_x.ipynb",
        "exercises/01_x.ipynb",
    ]


def test_the_check_writes_and_executes_nothing(built, no_kernel):
    put(built, LESSON + "# %%\n3\n", "notebooks/01_x.py")
    before = {p: p.read_bytes() for p in built.rglob("*") if p.is_file()}
    build.check(built)
    assert {p: p.read_bytes() for p in built.rglob("*") if p.is_file()} == before
