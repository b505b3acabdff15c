"""Films: the run that the clinic trains, filmed without a trace, and the text that one may edit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gancourse import clinic
from gancourse.clinic import faults, films
from gancourse.errors import InputError


def short(name: str, steps: int = 40) -> clinic.Setting:
    fault = clinic.FAULTS.get(name)
    return replace(clinic.get_setting(fault.setting if fault else name), steps=steps)


@pytest.mark.parametrize("name", ["ring", "one z", "not shuffled", "batch norm in eval"])
def test_the_filmed_run_is_the_clinics_own(name):
    fault, setting = clinic.FAULTS.get(name), short(name)
    run = films.Filming(setting, clinic.program(fault), seed=1)
    while not run.finished:
        run.step()
    wanted = faults.trained(setting, fault, 1)
    assert torch.equal(run.code.sample(run.G, run.own_z), wanted.frames[-1][1])
    assert run.film().outcome == str(wanted.outcome)


def test_a_run_draws_from_a_random_state_of_its_own():
    torch.manual_seed(3)
    wanted = torch.randn(4)
    torch.manual_seed(3)
    run = films.Filming(short("ring"), clinic.program())
    run.step()
    assert torch.equal(torch.randn(4), wanted)
    torch.manual_seed(9)  # nor does it hear of others' draws
    again = films.Filming(short("ring"), clinic.program())
    again.step()
    torch.randn(7)
    for each in (run, again):
        each.step()
    assert run.losses == again.losses


@pytest.mark.parametrize("fault", clinic.FAULTS.values(), ids=lambda f: f.name)
def test_the_statement_with_the_mistake_is_shown_and_can_be_put_right(fault):
    before, lines, after = films.excerpt(fault)
    assert before + lines + after == clinic.program(fault)
    assert lines.count("\n") <= 12
    assert before + films.repaired_excerpt(fault) + after == clinic.program()


@pytest.mark.parametrize("name", [*clinic.FAULTS, "ring", "far", "deep", "digits", "plain"])
def test_each_run_has_a_film_of_the_present_program(name, monkeypatch):
    monkeypatch.setattr(films, "trained_film", lambda *_: pytest.fail("it is trained again"))
    film = films.film_of(name)
    assert film.at[-1] == film.setting.steps == len(film.losses)
    assert film.sound == (name not in clinic.FAULTS)
    assert len(film.samples) == len(film.at) == len(film.says)


def test_a_film_of_another_program_is_not_shown(monkeypatch):
    monkeypatch.setattr(films, "trained_film", lambda *_: "trained")
    assert films.film_of("ring").setting.name == "ring"
    monkeypatch.setattr(faults, "WORKING", faults.WORKING.with_name("cases.py"))
    assert films.film_of("ring") == "trained"


def test_a_recorded_film_is_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(films, "HOME", tmp_path)
    monkeypatch.setitem(films.settings.SETTINGS, "ring", short("ring"))
    path = films.record("no detach")
    monkeypatch.setattr(films, "trained_film", lambda *_: pytest.fail("it is trained again"))
    film = films.film_of("no detach")
    assert path.parent == tmp_path
    assert film.at[-1] == len(film.losses) == 40
    assert "of 8 modes" in film.outcome
    assert np.isfinite(film.losses).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [("def turn(", "This is no program"), ("def scaled(x, setting):\n    return nothing", "start")],
)
def test_a_text_that_is_no_program_is_told(text, said):
    with pytest.raises(InputError, match=said):
        films.Filming(short("ring"), clinic.program() + "\n" + text)
