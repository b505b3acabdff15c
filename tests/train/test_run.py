"""A run in this process: what it refuses, what it goes on with, what its bar and its files say."""

import csv
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gancourse import cli
from gancourse import train as T
from gancourse.errors import InputError
from gancourse.train import run as runs

SMALL = T.get_preset("mlp", G={"z_dim": 8, "widths": [32]}, D={"widths": [32]})
NARROW = {"width": 4}


def made(out, recipe=SMALL, preset="mlp", quiet=True, **options):
    return runs.Run(preset, "digits", out, device="cpu", recipe=recipe, quiet=quiet, **options)


def test_one_step_is_a_run(tmp_path):
    run = made(tmp_path)
    assert run.seed == 0
    run.train(1, 1, resume=False)
    rows = [*csv.reader((tmp_path / "history.csv").open())]
    assert [row[0] for row in rows] == ["step", "1"]


def test_a_seed_that_is_none_is_refused_before_data_are_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "load_images", lambda name: pytest.fail("data were loaded"))
    with pytest.raises(InputError, match="A seed is"):
        made(tmp_path, seed=-1)


def test_it_saves_every_so_many_steps_and_at_the_end(tmp_path, monkeypatch):
    steps = []
    monkeypatch.setattr(T, "save_state", lambda state, path: steps.append(state.step))
    made(tmp_path).train(8, 4, resume=False)
    assert steps == [4, 8]


def test_the_bar_shows_the_losses_and_goes_on_where_the_run_was(tmp_path, capsys):
    made(tmp_path, quiet=False).train(20, 99, resume=False)
    assert "20/20" in (bar := capsys.readouterr().err)
    made(tmp_path, quiet=False).train(21, 99, resume=True)
    assert "21/21" in capsys.readouterr().err
    assert "d_loss" in bar
    assert "mlp on cpu" in bar


@pytest.mark.parametrize(("setting", "value"), [("lr_G", 0.5), ("batch", 7), ("loss", "hinge")])
def test_a_run_with_another_setting_is_not_gone_on_with(tmp_path, setting, value):
    made(tmp_path).train(1, 1, resume=False)
    other = made(tmp_path, replace(SMALL, **{setting: value}))
    said = f"is a run with {setting} {getattr(SMALL, setting)} and not {value}"
    with pytest.raises(InputError, match=said):
        other.train(2, 1, resume=True)


def test_a_run_of_minutes_goes_on_with_its_recipe(tmp_path, monkeypatch):
    """`dcgan` is what it stood for in the minutes of the first call, and the file says so."""
    for name in ("dcgan", "dcgan-quick"):
        small = replace(T.PRESETS[name], batch=4, G=NARROW | {"z_dim": 4}, D=NARROW)
        monkeypatch.setitem(T.PRESETS, name, small)
    made(tmp_path, None, "dcgan-quick").train(1, 1, resume=False)
    on = made(tmp_path, None, "dcgan")
    on.train(2, 1, resume=True)
    assert (on.preset, on.recipe.lr_G) == ("dcgan-quick", T.PRESETS["dcgan-quick"].lr_G)
    with pytest.raises(InputError, match="give the same preset"):
        made(tmp_path, None, "dcgan-large").train(3, 1, resume=True)


def test_a_run_of_several_processes_does_not_go_on_in_one(tmp_path, monkeypatch):
    made(tmp_path).train(1, 1, resume=False)
    state, on = T.load_state(tmp_path / runs.CHECKPOINT), made(tmp_path)
    monkeypatch.setattr(T, "load_state", lambda *_: state)
    monkeypatch.setattr(runs.parallel, "world", lambda: 2)
    monkeypatch.setattr(runs.parallel, "rank", lambda: 0)
    with pytest.raises(InputError, match=r"a run on one process.*start it without torchrun"):
        on.train(2, 1, resume=True)
    state.world = 3
    with pytest.raises(InputError, match=r"on 3 processes.* 2 would go on.*--nproc-per-node 3"):
        on.train(2, 1, resume=True)


@pytest.mark.parametrize(("precision", "taken"), [("fp32", "dcgan-quick"), ("bf16", "dcgan")])
def test_three_minutes_are_short_in_fp32_alone(precision, taken, tmp_path, monkeypatch):
    started = []

    def run(preset, *_, recipe):
        started.append((preset, recipe))
        return SimpleNamespace(train=lambda *_: None)

    monkeypatch.setattr(runs, "Run", run)
    cli.train("dcgan", minutes=3, out=tmp_path, device="cpu", precision=precision)
    assert started == [(taken, T.get_preset(taken))]
