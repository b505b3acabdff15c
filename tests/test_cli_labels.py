"""The command line with labels: train, sample and score a conditional generator."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from gancourse import nets
from gancourse.cli import app
from gancourse.errors import InputError

TRAIN = ["train", "cdcgan-diffaug", "--data", "digits", "--steps", "2", "--device", "cpu"]


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    assert run(*TRAIN, "--out", out).exit_code == 0
    return out


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "generator.safetensors"
    return nets.save_generator(nets.make_generator("dcgan", width=8), path, data="digits")


def test_train_shows_a_column_for_each_class(trained):
    assert nets.load_any(trained).classes == 10
    assert Image.open(trained / "samples.png").size == (604, 484)


def test_a_conditional_run_goes_on(trained):
    assert run(*TRAIN[:5], "3", *TRAIN[6:], "--out", trained, "--resume").exit_code == 0


def test_sample_draws_the_label_alone_or_each_in_its_column(trained, tmp_path):
    for name, label in (("seven", ["--label", 7]), ("again", ["--label", 7]), ("each", [])):
        path = tmp_path / f"{name}.png"
        assert run("sample", trained, "--n", 20, "--out", path, *label).exit_code == 0
    seven, again, each = (tmp_path / f"{name}.png" for name in ("seven", "again", "each"))
    assert seven.read_bytes() == again.read_bytes() != each.read_bytes()
    assert Image.open(each).width == 604
    assert Image.open(seven).width < 604


@pytest.mark.parametrize("label", [10, -1])
def test_a_label_that_there_is_not_gets_one_sentence(trained, tmp_path, label):
    found = run("sample", trained, "--label", label, "--out", tmp_path / "x.png")
    assert isinstance(found.exception, InputError)
    said = f"A label is a whole number from 0 to 9 here, and {label} was given"
    assert str(found.exception).startswith(said)
    assert not (tmp_path / "x.png").exists()


def test_a_label_for_a_net_that_takes_none_gets_one_sentence(plain, tmp_path):
    found = run("sample", plain, "--label", 7, "--out", tmp_path / "x.png")
    assert isinstance(found.exception, InputError)
    assert "takes no label, and 7 was asked for: leave the label out" in str(found.exception)


def test_score_says_whether_it_obeys(trained, tmp_path):
    found = run("score", trained, "--n", 120, "--draws", 2, "--out", tmp_path)
    assert found.exit_code == 0
    assert "fits its label" in found.stdout
    assert "coverage in its class" in found.stdout
    facts = json.loads((tmp_path / "score.json").read_text())
    assert 0 <= facts["labels"]["obedience"] <= 1
    assert len(facts["labels"]["coverage_by_class"]) == 10
    assert [set(draw) > {"labels", "fid"} for draw in facts["draws"]] == [True, True]
    assert (tmp_path / "score.png").exists()


def test_with_another_that_takes_no_label_only_what_both_have_is_compared(trained, plain, tmp_path):
    for pair in ((trained, plain), (plain, trained)):
        found = run("score", *pair, "--n", 120, "--draws", 2, "--out", tmp_path)
        assert found.exit_code == 0
        assert "fits its label" not in found.stdout
        assert "least of its labels obeyed" in found.stdout
