"""The ruler: what the shipped classifiers reach, and that training one is repeatable."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gancourse.data import IMAGE_SETS, load_images
from gancourse.errors import InputError
from gancourse.score import Ruler, classify, features, fit_ruler, load_ruler
from gancourse.score.ruler import WEIGHTS

DATA = Path(os.environ.get("GANCOURSE_DATA") or Path(__file__).parents[3] / "shared" / "data")
FOLDERS = {"mnist": "MNIST", "fashion": "FashionMNIST"}


def card_of(data):
    return (WEIGHTS / f"{data}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("data", "least"), [("mnist", 0.992), ("fashion", 0.92)])
def test_it_names_test_images_as_well_as_its_card_says(data, least, monkeypatch):
    if not (DATA / FOLDERS[data] / "raw").is_dir():
        pytest.skip(f"no {data} here")
    monkeypatch.setenv("GANCOURSE_DATA", str(DATA))
    reached = fit_ruler.accuracy(load_ruler(data), load_images(data, "test"))
    assert reached >= least
    stated = float(re.search(r"([\d.]+) % on the 10,000", card_of(data))[1])
    assert stated == pytest.approx(100 * reached, abs=0.02)
    assert float(load_ruler(data).card["accuracy"]) == stated


def test_it_knows_the_embedded_digits_too():
    digits = load_images("digits", "test")
    assert fit_ruler.accuracy(load_ruler("digits"), digits) > 0.85


@pytest.mark.parametrize("data", ["fashion", "mnist"])
def test_weights_are_small_and_the_card_says_how_they_came_to_be(data):
    ruler = load_ruler(data)
    parameters = sum(p.numel() for p in ruler.parameters())
    assert (WEIGHTS / f"{data}.safetensors").stat().st_size < 1e6
    assert parameters < 250_000
    assert f"{parameters:,} parameters" in card_of(data)
    assert f"{parameters:,} parameters" in Ruler.__doc__
    assert f"python -m gancourse.score.fit_ruler {data} --seed {ruler.card['seed']}" in card_of(
        data
    )


def test_a_set_without_a_ruler_says_so(monkeypatch):
    bare = replace(IMAGE_SETS["digits"], ruler=None)
    monkeypatch.setitem(IMAGE_SETS, "bare", bare)
    with pytest.raises(InputError, match="'bare' has no ruler"):
        load_ruler("bare")


def test_an_unknown_set_is_named():
    with pytest.raises(InputError, match="did you mean 'mnist'"):
        load_ruler("mnits")


def test_features_and_logits_have_their_shapes_and_do_not_depend_on_the_company():
    digits, ruler = load_images("digits"), load_ruler("digits")
    found = features(ruler, digits.images[:600])
    assert found.shape == (600, Ruler.num_features)
    assert not found.requires_grad
    assert torch.allclose(found[590:], features(ruler, digits.images[590:600]), atol=1e-4)
    logits = classify(ruler, digits.images[:600])
    assert logits.shape == (600, 10)
    assert torch.equal(logits, ruler.head(found))


def test_floats_and_bytes_of_the_same_images_have_the_same_features():
    digits, ruler = load_images("digits", "test"), load_ruler("digits")
    assert torch.equal(features(ruler, digits.images), features(ruler, digits.scaled()))


def test_no_images_have_no_features_and_other_shapes_are_named():
    assert features(load_ruler("digits"), torch.zeros(0, 1, 28, 28)).shape == (0, 64)
    with pytest.raises(InputError, match=r"\[2, 28, 28\]"):
        classify(load_ruler("digits"), torch.zeros(2, 28, 28))


def test_the_same_seed_trains_the_same_ruler():
    digits = load_images("digits")
    a, b, c = (fit_ruler.train_ruler(digits, seed, epochs=1).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


def test_training_learns_and_its_files_load(tmp_path, monkeypatch):
    digits, test = load_images("digits"), load_images("digits", "test")
    ruler = fit_ruler.train_ruler(digits, epochs=8)
    reached = 100 * fit_ruler.accuracy(ruler, test)
    assert reached > 80
    facts = {"data": "mnist", "source": "", "seed": 0, "n": len(digits), "n_test": len(test),
             "accuracy": reached, "minutes": 0.1, "threads": 1}  # fmt: skip
    path = fit_ruler.write(ruler, facts, tmp_path)
    monkeypatch.setattr("gancourse.score.ruler.WEIGHTS", tmp_path)
    again = load_ruler.__wrapped__("mnist")
    assert torch.equal(features(again, test.images), features(ruler, test.images))
    assert f"{reached:.2f} % on the 360 test images" in path.with_suffix(".md").read_text()


def test_no_ruler_is_trained_on_what_stands_in_for_mnist(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    with pytest.raises(InputError, match="needs mnist itself"):
        fit_ruler.real_images("mnist")


def test_points_are_scored_without_loading_what_only_images_need():
    code = (
        "import sys; from gancourse.score import mode_report, ModeReport, HIGH_QUALITY; "
        "print({'sklearn', 'torchmetrics', 'torchvision'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
