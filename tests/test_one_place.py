"""One place to change: each test adds one entry to one table and finds it wherever it is wanted."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gancourse import cli, doctor, live, losses, nets, train
from gancourse.data import IMAGE_SETS, TOYS, load_points, mixture
from gancourse.errors import InputError
from gancourse.maths import dynamics

ROOT = Path(__file__).resolve().parents[1]


def helped(capsys, monkeypatch, command: str) -> str:
    monkeypatch.setattr(sys, "argv", ["gancourse", command, "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture
def cubic(monkeypatch):
    """A loss that nobody knew before: cubes of the logits' distances to 1 and -1."""

    def d_loss(logit_real, logit_fake):
        return (1 - logit_real).abs().pow(3).mean() + (1 + logit_fake).abs().pow(3).mean()

    def g_loss(logit_real, logit_fake):
        return (1 - logit_fake).abs().pow(3).mean()

    monkeypatch.setitem(losses.LOSSES, "cubic", losses.Loss(d_loss, g_loss))


def test_a_new_loss_has_slopes_a_rest_and_a_game(cubic):
    pair = losses.get_loss("cubic")
    real, fake = np.array([0.6]), np.array([-1.7])
    assert pair.slopes.d_real(real, fake) == pytest.approx(-3 * 0.4**2)
    assert pair.slopes.d_fake(real, fake) == pytest.approx(-3 * 0.7**2)
    assert pair.rest == pytest.approx(0, abs=1e-9)
    velocity = dynamics.dirac("cubic")(np.array([1.0, 0.5]))
    assert velocity == pytest.approx([3 * 0.5**2 * 0.5, -3 * 1.5**2])


def test_a_new_loss_is_in_each_widget_that_offers_losses(cubic):
    for widget in (live.move_logits, live.phase_plane):
        assert "cubic" in widget(loss="cubic").controls["loss"].options


def test_a_new_loss_trains(cubic):
    points = {"shape": (2,), "widths": (8,)}
    recipe = train.Recipe("mlp", {"z_dim": 2, **points}, points, loss="cubic", batch=8)
    state = train.State(recipe, 0, "cpu", "fp32")
    (record,) = train.train(state, load_points("ring").sample, 1)
    assert np.isfinite(record["d_loss"])


def test_lesson_03_draws_its_table_from_the_losses():
    source = (ROOT / "notebooks" / "03_losses.py").read_text(encoding="utf-8")
    loops = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.DictComp)]
    assert any("losses.LOSSES.items()" in ast.unparse(loop.generators[0].iter) for loop in loops)


def test_a_new_preset_is_known_and_named_in_the_help(capsys, monkeypatch):
    monkeypatch.setitem(train.PRESETS, "brandnew", train.Recipe("mlp"))
    assert train.get_preset("brandnew").net == "mlp"
    assert "brandnew" in helped(capsys, monkeypatch, "train")


@pytest.fixture
def kuzushiji(monkeypatch):
    """A record of an image set without files here and without a ruler."""
    record = replace(IMAGE_SETS["mnist"], title="KMNIST", torchvision="KMNIST", ruler=None)
    monkeypatch.setitem(IMAGE_SETS, "kmnist", record)


def test_a_new_image_set_is_named_by_command_line_and_doctor(kuzushiji, capsys, monkeypatch):
    assert "kmnist" in helped(capsys, monkeypatch, "train")
    assert "kmnist" in helped(capsys, monkeypatch, "score")
    assert "KMNIST" in str(doctor.examine())


def test_an_image_set_without_a_ruler_says_so_and_has_no_class_directions(kuzushiji):
    from gancourse.score import load_ruler

    with pytest.raises(InputError, match="'kmnist' has no ruler"):
        load_ruler("kmnist")
    explorer = live.LatentExplorer(nets.MLPGenerator(4, widths=(8,)), "kmnist")
    assert not [name for name in explorer.steering.directions.names if name.startswith("class")]


def test_a_new_toy_distribution_is_loaded_by_name(monkeypatch):
    monkeypatch.setitem(TOYS, "pair", lambda: mixture([[0.0, 0.0], [1.0, 1.0]], 0.1))
    assert load_points("pair").sample(3, torch.Generator()).shape == (3, 2)
