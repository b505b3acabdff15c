"""The ruler: what the shipped classifiers reach, and that training one is repeatable."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from gancourse import machine
from gancourse.data import IMAGE_SETS, load_images
from gancourse.errors import InputError
from gancourse.score import Ruler, classify, features, fit_ruler, load_ruler
from gancourse.score.ruler import WEIGHTS
from gancourse.store import load_tensors


def card_of(data):
    return (WEIGHTS / f"{data}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("data", "least"), [("mnist", 0.992), ("fashion", 0.92)])
def test_it_names_test_images_as_well_as_its_card_says(data, least):
    if not IMAGE_SETS[data].here():
        pytest.skip(f"no {data} here")
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


def test_a_ruler_keeps_freed_memory_for_the_next_images(monkeypatch):
    asked = []
    monkeypatch.setattr(machine, "keep_memory", lambda: asked.append("keep"))
    load_ruler.__wrapped__("mnist")
    assert asked == ["keep"]


def test_a_loaded_ruler_learns_and_drops_nothing():
    ruler = load_ruler("mnist")
    assert not ruler.training
    assert not any(p.requires_grad for p in ruler.parameters())
    assert [m.p for m in Ruler().modules() if isinstance(m, torch.nn.Dropout)] == [0.3]


def test_images_are_measured_500_at_a_time():
    digits, ruler, sizes = load_images("digits"), load_ruler.__wrapped__("digits"), []
    ruler.register_forward_pre_hook(lambda net, given: sizes.append(len(given[0])))
    features(ruler, digits.images[:1100])
    assert sizes == [500, 500, 100]


def test_images_are_shifted_all_alike_by_up_to_two_pixels_each_way():
    x = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    x[:, 0, 10, 12] = 255
    places = set()
    for seed in range(300):
        moved = fit_ruler.shifted(x, torch.Generator().manual_seed(seed))
        assert moved.shape == x.shape
        (_, _, *first), (_, _, *second) = (moved == 1).nonzero().tolist()
        assert first == second
        assert (moved == -1).sum() == 2 * (28 * 28 - 1)
        places.add(tuple(first))
    assert places == {(row, column) for row in range(8, 13) for column in range(10, 15)}


class Line(torch.nn.Module):
    """A ruler in one layer, which trains in no time."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(28 * 28, 10)
        self.seen = []

    def logits(self, x):
        self.seen.append(len(x))
        return self.layer(x.flatten(1))


def test_training_is_ten_epochs_of_adam_with_one_cycle_of_the_rate(monkeypatch):
    digits, seed = load_images("digits"), 3
    few = replace(digits, images=digits.images[:300], labels=digits.labels[:300])
    monkeypatch.setattr(fit_ruler, "Ruler", Line)
    found = fit_ruler.train_ruler(few, seed)
    assert found.seen == [128] * 20  # the 44 that fill no batch wait for the next epoch
    assert not found.training
    rng, theirs = machine.seed_everything(seed), Line()
    adam = torch.optim.Adam(theirs.parameters(), weight_decay=1e-5)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=4e-3, total_steps=20)
    for _ in range(10):
        for index in torch.randperm(300, generator=rng)[:256].split(128):
            logits = theirs.logits(fit_ruler.shifted(few.images[index], rng))
            adam.zero_grad()
            torch.nn.functional.cross_entropy(logits, few.labels[index]).backward()
            adam.step()
            cycle.step()
    torch.testing.assert_close(found.layer.weight, theirs.layer.weight, rtol=0, atol=0)


@pytest.mark.parametrize("out", [[], ["--out"]])
def test_the_command_writes_weights_and_a_card_that_says_how(out, tmp_path, monkeypatch, capsys):
    digits, test, ruler = load_images("digits"), load_images("digits", "test"), load_ruler("mnist")
    clock = iter([100.0, 190.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(fit_ruler, "real_images", lambda data: (replace(digits, name=data), test))
    trained = {(digits.images, 7 if out else 0): ruler}
    monkeypatch.setattr(fit_ruler, "train_ruler", lambda x, seed: trained[x.images, seed])
    monkeypatch.setattr(machine, "keep_memory", lambda: asked.append("keep"))
    asked = []
    monkeypatch.setattr(fit_ruler, "WEIGHTS", tmp_path / "own")
    folder = tmp_path / "other" if out else tmp_path / "own"
    options = ["--seed", "7", *out, str(folder)] if out else []
    monkeypatch.setattr(sys, "argv", ["", "fashion", *options])
    fit_ruler.main()
    assert asked == ["keep"]
    reached = f"{100 * fit_ruler.accuracy(ruler, test):.2f} %"
    card = (folder / "fashion.md").read_text()
    for said in (
        "The ruler of fashion", "1,437 training images of fashion (H. Xiao", "138,474",
        f"--seed {7 if out else 0}`", f"{reached} on the 360 test images", "1.5 minutes of",
    ):  # fmt: skip
        assert said in card
    assert capsys.readouterr().out.startswith(f"{reached} of the test images are named rightly")
    assert load_tensors(folder / "fashion.safetensors")[1]["seed"] == ("7" if out else "0")


def test_the_command_says_what_it_is_for(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["", "--help"])
    with pytest.raises(SystemExit):
        fit_ruler.main()
    assert "Train a ruler" in capsys.readouterr().out


def test_a_ruler_is_trained_on_the_training_images_and_judged_on_the_others():
    images, test = fit_ruler.real_images("digits")
    assert [(part.split, len(part)) for part in (images, test)] == [("train", 1437), ("test", 360)]


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
