"""What is measured for lesson 10b: which claims hold with a seed, and pieces that go on."""

import json

import pytest
import questions

LESSON = """
# %% [markdown]
# words

# %%
from gancourse import claim
SEED = 0

# %% tags=["proof"]
# Proof: two claims
claim("the seed is small", SEED, below=3)
claim("one is one", 1, 1)

# %% [markdown]
# ## Would another seed say so too?

# %%
raise RuntimeError("what follows is not run")
"""


def test_the_code_of_a_lesson_is_its_code_cells():
    first, proof, last = questions.code_of(LESSON)
    assert first.startswith("from gancourse import claim")
    assert "one is one" in proof
    assert "RuntimeError" in last


@pytest.mark.parametrize(("seed", "held"), [(1, True), (5, False)])
def test_a_claim_that_fails_is_noted_and_stops_nothing(seed, held):
    import gancourse

    before = gancourse.claim
    found = questions.claims_of(LESSON, seed)
    assert found == {"the seed is small": held, "one is one": True}
    assert gancourse.claim is before


def test_what_was_measured_is_not_measured_again(monkeypatch, tmp_path):
    out, calls = tmp_path / "questions.json", []
    monkeypatch.setattr(questions, "OUT", out)
    monkeypatch.chdir(tmp_path)  # put back afterwards: main goes to the lessons' folder
    monkeypatch.setattr(
        questions, "claims_of", lambda text, seed: calls.append(seed) or {"a": True}
    )
    questions.main(["seeds", "1", "2"])
    questions.main(["seeds", "1", "2", "3"])
    assert calls == [1, 2, 3]
    questions.main(["seeds", "1", "--again"])
    assert calls == [1, 2, 3, 1]
    assert list(json.loads(out.read_text())["seeds"]) == ["1"]


def test_the_games_of_the_losses_are_the_lessons():
    space = {}
    text = questions.LESSON.read_text(encoding="utf-8").split(questions.GAME_ENDS)[0]
    for cell in questions.code_of(text):
        exec(cell.replace("../docs", str(questions.OUT.parent)), space)
    for name, gamma in (("non-saturating", 0.0), ("wasserstein", 0.1)):
        shares = questions.played(space, name, 1e-3, gamma, turns=2)
        assert len(shares) == 8
        assert all(0 <= share <= 1 for share in shares)
