"""tools/measure.py: each figure counts what the style means, and marks what is outside of it."""

import importlib
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
measure = importlib.import_module("measure")

OPENING = """\
# %% [markdown]
# # The game
# After these 40 minutes you can:
# - write the loss
# - train a net

"""
LESSON = OPENING + "# %%\n1 + 1\n\n# %% [markdown]\n# ## Recap\n# Losses differ.\n"
LONG_CELL = "# %%\n" + "1\n" * 26


def figures(cells):
    return {f.name: f.value for f in measure.prose_figures(cells) + measure.code_figures(cells)}


def run(root, lesson, *options):
    (root / "notebooks").mkdir()
    (root / "notebooks/01_x.py").write_text(lesson)
    return measure.main(["--root", str(root), *options])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("three short words", 3),
        ("a formula $V(D, G)$ and `some code`", 3),
        ("a [link](there/is) here", 3),
        ("<details><summary>hint</summary>", 1),
        ("before\n```\nx = y\n```\nafter", 2),
        ("$$ a b $$ it's 12 %", 1),
    ],
)
def test_words_are_prose_only(text, count):
    assert measure.words(text) == count


def test_a_comment_in_a_code_block_is_no_heading():
    assert measure.headings(["# One\n```\n# not one\n```\n## Two"], 1) == 1


@pytest.mark.parametrize(("values", "expected"), [([7], 7), (range(1, 11), 9), (range(1, 12), 10)])
def test_nine_in_ten_do_not_exceed_the_quantile(values, expected):
    assert measure.quantile_90(list(values)) == expected


def test_code_is_counted_without_blank_lines():
    cells = [new_code_cell("a\n\nb"), new_code_cell("c")]
    assert figures(cells)["lines of code"] == 3
    assert figures(cells)["lines in a code cell, longest"] == 2


def test_the_share_of_code_after_prose():
    prose, code = new_markdown_cell("p"), new_code_cell("1")
    assert figures([prose, code, code, prose, code, code])["code cells after prose, %"] == 50


def test_the_opening_names_aims_and_minutes_and_the_end_recaps(tmp_path, capsys):
    run(tmp_path, LESSON)
    table = capsys.readouterr().out
    values = {line[:36].strip(): line[36:].split()[0] for line in table.splitlines()[1:] if line}
    assert values["aims at the top"] == "2"
    assert values["minutes at the top"] == "1"
    assert values["recap at the end"] == "1"


def test_a_lesson_without_them_is_marked(tmp_path, capsys):
    run(tmp_path, "# %% [markdown]\n# # The game\n")
    marked = [line for line in capsys.readouterr().out.splitlines() if "<-" in line]
    assert [m for m in marked if "minutes" in m]
    assert [m for m in marked if "recap" in m]


@pytest.mark.parametrize(("lesson", "code"), [(LESSON, 0), (LESSON + LONG_CELL, 1), ("1\n", 1)])
def test_only_strict_fails_and_only_over_a_hard_limit(tmp_path, lesson, code):
    assert run(tmp_path, lesson, "--strict") == code
    assert measure.main(["--root", str(tmp_path)]) == 0


def test_a_built_notebook_that_is_too_large_breaks_a_hard_limit(tmp_path):
    assert run(tmp_path, LESSON) == 0
    (tmp_path / "notebooks/01_x.ipynb").write_text("x" * 1_600_000)
    assert measure.main(["--root", str(tmp_path), "--strict"]) == 1


def test_the_time_of_execution_is_measured_and_nothing_is_kept(tmp_path, capsys):
    run(tmp_path, LESSON.replace("1 + 1", "import time\ntime.sleep(1)"), "--time")
    line = next(x for x in capsys.readouterr().out.splitlines() if "seconds" in x)
    assert 1 < float(line.split()[3]) < 30
    assert not list(tmp_path.rglob("*.ipynb"))


def test_the_first_widget_and_what_shows_something():
    cells = [
        new_markdown_cell("live.bend_D() is only named"),
        new_code_cell("x = 1"),
        new_code_cell("live.bend_D()", outputs=[new_output("stream", text="1")]),
        new_code_cell("# Proof: x is 1\nclaim('x', x, 1)", metadata={"tags": ["proof"]}),
    ]
    assert measure.first_live(cells) == 3
    assert measure.first_live(cells[:2]) == 3
    assert measure.showing(measure.NotebookNode(cells=cells)) == 0.5


def test_what_is_folded_counts_as_no_code():
    tagged = [new_code_cell("# Proof: x\n1\n2\n3", metadata={"tags": ["proof"]}),
              new_code_cell("# Bet: x\n1\n2\n3", metadata={"tags": ["bet"]})]  # fmt: skip
    found = figures([*tagged, new_code_cell("1")])
    assert found["lines of code"] == 1
    assert found["lines in a code cell, longest"] == 1
