"""The learner's check says what holds and why, in words, and leaves everything as it was."""

import random

import IPython
import IPython.display
import pytest
import torch

from gancourse.check import (
    ERROR,
    HELD,
    WRONG,
    CheckResult,
    PartResult,
    Student,
    Verdict,
    check,
    evaluate,
    get_exercise,
    sheet,
    sheet05,
    sheets,
)
from gancourse.errors import InputError

softplus = torch.nn.functional.softplus
ALL = [exercise for number in sheets() for exercise in sheet(number)]


def right(logit_real, logit_fake):
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


def not_yet(*args, **kwargs):
    raise NotImplementedError


def test_a_right_answer_passes_and_says_so(capsys):
    result = check("05.1", right)
    assert (result.passed, result.score, result.maximum) == (True, 5, 5)
    assert repr(result) == "05.1 D's loss on logits: passed, 5 of 5 points (1 more in grading)"
    assert capsys.readouterr().out.count("holds") == 3


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.id)
def test_what_is_shown_and_what_grading_adds_are_all_points(exercise):
    result = check(exercise.id, *[not_yet] * len(exercise.names))
    assert result.maximum + result.more == exercise.points


def test_where_grading_adds_nothing_nothing_is_said():
    report = Verdict("05.1", "D's loss", (PartResult("value", 2, 2, HELD),))
    assert repr(CheckResult(report)) == "05.1 D's loss: passed, 2 of 2 points"


def test_the_seed_of_a_result_draws_the_same_inputs_again():
    def wrong(logit_real, logit_fake):
        seen.append(logit_real.clone())
        return right(logit_real, logit_fake) + 1

    seen: list[torch.Tensor] = []
    result = check("05.1", wrong)
    first, student = [*seen], Student()
    seen.clear()
    verdict = evaluate(get_exercise("05.1"), student, {"d_loss": student.admit(wrong)}, result.seed)
    assert verdict == result.report
    assert len(seen) == len(first) > 0
    assert all(map(torch.equal, seen, first))


def test_a_mistake_is_told_by_its_meaning(capsys):
    result = check("05.1", lambda real, fake: -right(real, fake))
    assert not result.passed
    assert "V(D, G) itself" in capsys.readouterr().out


def test_an_error_that_stops_every_part_is_told_once(capsys):
    check("05.1", lambda real, fake: {}["gone"])
    shown = capsys.readouterr().out
    assert (shown.count("stopped:"), shown.count("KeyError")) == (3, 1)


def test_the_first_line_is_the_verdict_in_words_and_a_mark(capsys):
    check("05.1", right)
    check("05.1", lambda real, fake: -right(real, fake))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✓ 05.1 D's loss on logits: passed, ")
    assert next(line for line in lines if line.startswith("✗")).startswith(
        "✗ 05.1 D's loss on logits: not passed yet, "
    )


def result_of(*parts):
    """Return what is said of an exercise whose parts went so: (name, status, message)."""
    results = tuple(PartResult(n, int(s == HELD), 1, s, m) for n, s, m in parts)
    return CheckResult(Verdict("05.1", "D's loss", results))


SLIP = result_of(
    ("a", HELD, ""),
    ("b", WRONG, "The sign."),
    ("c", WRONG, "The <end>."),
    ("d", ERROR, "The sign."),
)


def test_then_comes_the_one_part_to_look_at_first():
    assert SLIP.text().splitlines() == [
        "✗ 05.1 D's loss: not passed yet, 1 of 4 points",
        "  Look first at: b",
        "      The sign.",
        "  holds: a (1 of 1 point)",
        "  does not hold yet: b (0 of 1 point)",
        "  does not hold yet: c (0 of 1 point)",
        "  stopped: d (0 of 1 point)",
    ]


def test_a_part_that_says_what_one_before_it_said_is_the_same_slip():
    slip = result_of(("a", WRONG, "No gradient."), ("b", HELD, ""), ("c", WRONG, "No gradient."))
    assert slip.text().splitlines()[3:] == [
        "  does not hold yet: a (0 of 1 point)",
        "  holds: b (1 of 1 point)",
        "  the same slip: c (0 of 1 point)",
    ]


def test_what_other_parts_say_is_folded_on_the_page():
    page = SLIP._repr_html_()
    assert page.startswith('<p role="status"><strong>✗ 05.1')
    assert "<details>" in page
    assert (page.count("The sign."), page.count("The &lt;end&gt;.")) == (0, 1)
    assert "<details>" not in result_of(("a", HELD, ""), ("b", WRONG, "x"))._repr_html_()


@pytest.fixture
def notebook(monkeypatch):
    """What a notebook's page shows: a list for each output, of the data that stood there in turn.

    `run()` begins a cell.
    """

    class Kernel:
        kernel, execution_count, shown = True, 1, []

        def update(self, data, raw):
            self.shown[-1].append(data)

        def run(self):
            self.execution_count += 1

    def display(data, raw, display_id=None):
        page.shown.append([data])
        return page

    page = Kernel()
    monkeypatch.setattr(IPython, "get_ipython", lambda: page)
    monkeypatch.setattr(IPython.display, "display", display)
    return page


def test_in_a_notebook_the_verdict_takes_the_place_of_the_parts(notebook, capsys):
    check("05.1", right)
    ((first, *_, last),) = notebook.shown
    assert first["text/plain"].count("holds:") == 1
    assert last["text/plain"].startswith("✓ 05.1 D's loss on logits: passed")
    assert capsys.readouterr().out == ""


def test_a_result_that_ends_the_cell_of_its_check_says_nothing_twice(notebook):
    result = check("05.1", lambda real, fake: right(real, fake) / 2)
    result._ipython_display_()
    ((*_, last),) = notebook.shown
    for said in last.values():
        assert (said.count("not passed yet"), said.count("half of the loss")) == (1, 1)
    assert last["text/html"].startswith('<p role="status"><strong>✗ 05.1')


def test_a_result_shows_its_verdict_in_a_later_cell(notebook):
    result = check("05.1", right)
    notebook.run()
    result._ipython_display_()
    assert notebook.shown[1] == [{"text/plain": repr(result), "text/html": result._repr_html_()}]


def test_a_stub_shows_its_verdict_once(notebook):
    check("05.1", not_yet)._ipython_display_()
    assert [data["text/plain"] for (data,) in notebook.shown] == [
        "05.1 D's loss on logits: not yet done"
    ]


def test_the_page_says_the_same_in_words():
    page = check("05.1", lambda real, fake: 0.0)._repr_html_()
    assert "not passed yet, 0 of 5 points (1 more in grading)" in page
    assert 'role="status"' in page


def test_the_learners_random_state_stays_as_it_is():
    torch.manual_seed(0)
    random.seed(0)
    states = torch.get_rng_state(), random.getstate()
    check("05.1", lambda real, fake: torch.rand(()) + random.random())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


@pytest.mark.parametrize("id", ["05.9", "99.1", "d_loss", 5])
def test_an_unknown_exercise_is_named(id):
    with pytest.raises(InputError, match="Unknown exercise"):
        check(id, len)


def test_the_number_of_answers_is_checked():
    with pytest.raises(InputError, match=r"call check\('05.1', d_loss\)"):
        check("05.1")


ONE_MORE = """
from gancourse.check.spec import Exercise, Part
EXERCISE = Exercise("05.10", "one more", 1, 1, (Part("a", 1, lambda *given: None),), ("more",))
"""


def test_a_file_in_a_sheets_folder_is_an_exercise_of_it(tmp_path, monkeypatch):
    (tmp_path / "more.py").write_text(ONE_MORE)
    monkeypatch.setattr(sheet05, "__path__", [*sheet05.__path__, str(tmp_path)])
    found = [exercise.id for exercise in sheet.__wrapped__("05")]
    assert found == ["05.1", "05.2", "05.3", "05.4", "05.10"]
