"""The sets of 28 pixels at a larger side: what is drawn, what stands in, what is refused, a run."""

import sys
from dataclasses import replace

import pytest
import torch

from gancourse import cli, nets
from gancourse import train as T
from gancourse.data import enlarged, image_set, load_images
from gancourse.errors import InputError
from gancourse.score import image_tables, load_ruler, tables
from gancourse.train import averages


@pytest.mark.parametrize("side", [32, 64])
def test_a_set_is_drawn_larger_with_its_own_labels_and_names(side):
    small, large = load_images("digits"), load_images(f"digits@{side}")
    assert large.images.shape == (len(small), 1, side, side)
    assert large.images.dtype == torch.uint8
    assert torch.equal(large.labels, small.labels)
    assert (large.name, large.class_names) == (f"digits@{side}", small.class_names)
    assert image_set(f"digits@{side}").shape == (1, side, side)


def test_drawn_small_again_it_is_nearly_the_same_picture():
    small = load_images("digits", "test").images
    again = enlarged.shrunk(load_images("digits@64", "test").images, 28)
    assert again.shape == small.shape
    assert (again.float() - small.float()).abs().mean() < 4  # of 255
    assert enlarged.shrunk(small, 28) is small


def test_white_stays_white_when_it_is_enlarged():
    white = torch.full((1, 1, 28, 28), 255, dtype=torch.uint8)
    assert (enlarged.resized(white, 64) == 255).all()


def test_the_digits_stand_in_at_the_same_side(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    monkeypatch.setattr("gancourse.data.sets.cache_folder", lambda: tmp_path)
    monkeypatch.setattr("gancourse.data.images._missed", set())
    found = load_images("fashion@64", "test")
    assert (found.name, tuple(found.images.shape[1:])) == ("digits@64", (1, 64, 64))
    assert "stand in for it" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["mnist@28", "fashion@48", "digits@64-colour", "mnist@x"])
def test_another_side_is_refused_in_a_sentence(name):
    key = name.split("@")[0]
    with pytest.raises(InputError, match=rf"drawn 32 or 64 pixels wide, and {name} .* {key}@64"):
        load_images(name)


def test_a_folder_of_that_name_comes_first(monkeypatch, tmp_path):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="digits holds 0 pictures"):
        load_images("digits@64")


def test_a_run_at_64_pixels_trains_and_its_samples_are_scored_by_pixels(monkeypatch, tmp_path):
    recipe = T.PRESETS["dcgan-quick"]
    small = {player: getattr(recipe, player) | {"width": 8} for player in "GD"}
    monkeypatch.setitem(T.PRESETS, "dcgan-quick", replace(recipe, batch=8, **small))
    monkeypatch.setattr(averages, "STANDING", (2, 50))
    out = tmp_path / "run"
    words = ["train", "dcgan-quick", "--data", "digits@64", "--steps", "1", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", ["gancourse", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    G = nets.load_any(out)
    assert (G.shape, G.card["data"]) == ((1, 64, 64), "digits@64")
    assert "a weaker ruler" in load_ruler("digits@64").note


def test_the_table_of_sides_has_nets_and_scores_for_both(monkeypatch):
    table = tables.TABLES["sides"]
    rows = {name: replace(recipe, batch=8) for name, recipe in table.rows.items()}
    data = {"small": {"name": "digits"}, "large": {"name": "digits@64"}}
    few = replace(table, rows=rows, data=data, every=1)
    monkeypatch.setattr("gancourse.score.image_tables.SAMPLES", 120)
    for name, side in (("small", 28), ("large", 64)):
        state = few.start("dcgan-quick", 0, data=name)
        assert state.fakes(2).shape == (2, 1, side, side)
        (score,) = few.scores(state, name, 1)
        assert score["fid"] > 2 * score["fid_of_real"]
        assert image_tables.unpacked(score["samples"]).shape == (6, 1, side, side)


def test_kept_samples_come_back_as_they_were():
    x = load_images("digits", "test").images[:6]
    assert torch.equal(image_tables.unpacked(image_tables.packed(x)), x)
