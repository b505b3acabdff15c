"""tools/build: what a source becomes, and what is refused in it."""

import pytest
from build import exercises, notebooks
from build.command import main
from build.sources import BuildError, targets
from course import LESSON, blank, put

pytest_plugins = ["built_course"]


def sources(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def ids(notebook):
    return [cell.id for cell in notebook.cells]


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
    assert exercises.with_stub(code) == f"{head}spoil(a)  # so{end}"
    assert exercises.with_solution(code) == f"{head}use(a){end}"


def test_each_of_two_solutions_in_one_cell_becomes_a_stub():
    region = "# BEGIN SOLUTION\nsecret\n# END SOLUTION\n"
    assert (
        exercises.with_stub(f"a\n{region}b\n{region}c")
        == f"a\n{exercises.STUB}\nb\n{exercises.STUB}\nc"
    )


@pytest.mark.parametrize("secret", ["secret", "assert double", "Because of this"])
def test_what_the_learner_must_not_see_is_only_in_the_solution(sheet, secret):
    assert secret in sources(blank(sheet, "solution"))
    assert secret not in notebooks.serialise(blank(sheet, "exercise"))


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
    assert main(["--root", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert says in message
    assert message.startswith("error: solutions/01_x.py, cell ")
    assert message.count("\n") == 1
    assert not list(tmp_path.rglob("*.ipynb"))


def test_tags_that_are_no_list_are_refused(tmp_path):
    put(tmp_path, '# %% tags="hidden"\n1\n')
    with pytest.raises(BuildError, match=r"solutions/01_x\.py.*'hidden'.*list"):
        blank(tmp_path, "solution")


@pytest.mark.parametrize("source", [f"# %%\n{REGION}\n", '# %% tags=["hidden"]\n1\n'])
def test_a_lesson_takes_nothing_of_a_sheet(tmp_path, source):
    put(tmp_path, source, "notebooks/01_x.py")
    with pytest.raises(BuildError, match="sheet"):
        blank(tmp_path, "lesson")


def test_a_proof_is_folded_and_its_title_stays_in_sight(tmp_path):
    put(tmp_path, LESSON + '\n# %% tags=["proof"]\n# Proof: one is one\nassert 1 == 1\n')
    proof = exercises.blank(targets(tmp_path)[0]).cells[-1]
    assert proof.metadata["jupyter"] == {"source_hidden": True}
    assert proof.source.startswith("# Proof: one is one\n")


def test_a_bet_is_folded_so_that_its_answer_is_not_read_above_it(tmp_path):
    put(tmp_path, LESSON + '\n# %% tags=["bet"]\n# Bet: heads or tails?\n1\n')
    bet = exercises.blank(targets(tmp_path)[0]).cells[-1]
    assert bet.metadata["jupyter"] == {"source_hidden": True}
    put(tmp_path, LESSON + '\n# %% tags=["bet"]\n1\n')
    with pytest.raises(BuildError, match="a bet's first line is its title"):
        exercises.blank(targets(tmp_path)[0])


@pytest.mark.parametrize("header", ["# %%", '# %% jupyter={"source_hidden": true}'])
def test_a_bet_without_its_tag_is_refused(tmp_path, header):
    put(tmp_path, f"{LESSON}\n{header}\nlive.predict('Which?', ['a', 'b'], 'a', 'So.')\n")
    with pytest.raises(BuildError, match="tag it 'bet'"):
        exercises.blank(targets(tmp_path)[0])


def test_a_proof_without_a_title_is_refused(tmp_path):
    put(tmp_path, LESSON + '\n# %% tags=["proof"]\nassert 1 == 1\n')
    with pytest.raises(BuildError, match="first line is its title"):
        exercises.blank(targets(tmp_path)[0])


def test_a_name_that_a_cell_id_cannot_hold_is_refused(tmp_path):
    put(tmp_path, "# %%\n1\n", f"notebooks/01_{'x' * 70}.py")
    with pytest.raises(BuildError, match="not valid"):
        blank(tmp_path, "lesson")


@pytest.mark.parametrize("name", ["01", "01_x", "notebooks/01_x.py"])
def test_names_choose_notebooks(tmp_path, name):
    put(tmp_path, LESSON, "notebooks/01_x.py")
    put(tmp_path, LESSON, "notebooks/02_y.py")
    assert [t.path.name for t in targets(tmp_path, [name])] == ["01_x.ipynb"]


def test_an_unknown_name_is_answered_with_the_known_ones(sheet, capsys):
    assert main(["--root", str(sheet), "99"]) == 1
    assert "'99'" in (message := capsys.readouterr().err)
    assert "01_x" in message
