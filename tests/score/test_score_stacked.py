"""Stacked digits: what is learnt from, and how many of the 1,000 kinds are counted."""

from dataclasses import replace
from math import log

import pytest
import torch

from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.score import image_tables, stacked


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def test_a_picture_has_three_digits_and_their_number(digits):
    three = stacked.stack(digits, 200, seed=1)
    assert three.images.shape == (200, 3, 28, 28)
    for x, label in zip(three.images, three.labels.tolist(), strict=True):
        for colour, digit in zip(x, (label // 100, label // 10 % 10, label % 10), strict=True):
            same = (digits.images[:, 0] == colour).flatten(1).all(1)
            assert digit in digits.labels[same]
    assert three.class_names[407] == "407"
    assert torch.equal(three.images, stacked.stack(digits, 200, seed=1).images)
    assert len(three.labels.unique()) > 150  # colours are drawn apart


def test_the_ruler_reads_each_colour(digits):
    three = stacked.stack(digits, 501, seed=2)  # more than one chunk
    assert (stacked.kinds(three.images) == three.labels).float().mean() > 0.7


def test_the_report_is_that_of_the_closed_form():
    every = stacked.stacked_report(torch.arange(1000).repeat(3))
    assert (every.modes, every.of) == (1000, 1000)
    assert every.reverse_kl == pytest.approx(0, abs=1e-12)
    two = stacked.stacked_report(torch.tensor([7, 7, 7, 999]))
    assert two.modes == 2
    assert two.reverse_kl == pytest.approx(0.75 * log(750) + 0.25 * log(250))
    assert str(two) == "2 of 1000 kinds, reverse KL 6.345"


def test_a_perfect_sampler_has_the_floor_of_its_number():
    drawn = torch.randint(1000, (26_000,), generator=torch.Generator().manual_seed(0))
    assert stacked.stacked_report(drawn).reverse_kl == pytest.approx(0.0192, abs=0.002)


def test_only_grey_images_of_ten_classes_are_stacked(digits):
    coloured = replace(digits, images=digits.images.expand(-1, 3, -1, -1))
    with pytest.raises(InputError, match="Grey images of ten classes"):
        stacked.stack(coloured, 5)
    with pytest.raises(InputError):
        stacked.stack(digits, 0)


def test_real_pictures_show_what_the_ruler_misreads():
    found = stacked.of_real("digits", 300)
    assert 0 < found["misread"] < 0.3
    assert found["modes_of_real"] > 200
    assert found["reverse_kl_of_real"] > 999 / 600 / 2


@pytest.mark.parametrize("row", ["PacGAN2", "RpGAN + R1 + R2"])
def test_a_row_is_trained_and_its_kinds_are_counted(row, monkeypatch):
    monkeypatch.setattr(stacked, "SAMPLES", 200)
    table, small = image_tables.IMAGE_TABLES["stacked"], {"width": 8, "channels": 3}
    recipe = replace(table.rows[row], G={"z_dim": 4, **small}, batch=4)
    recipe = replace(recipe, D=recipe.D | small)
    few = replace(table, rows={row: recipe}, data={"few": {"name": "digits", "n": 40}}, every=2)
    (score,) = few.scores(few.start(row, 0), "few", 2)
    assert (score["step"], score["of"]) == (2, 1000)
    assert 1 <= score["modes"] <= 200
    assert 0 < score["reverse_kl"] <= 6.91  # ln 1000
    assert "reverse_kl " in few.said(score)


def test_rows_differ_by_what_their_names_say():
    rows = image_tables.IMAGE_TABLES["stacked"].rows
    assert rows["PacGAN2"].batch == 2 * rows["GAN"].batch  # as many packs
    assert replace(rows["PacGAN2"], pack=1, batch=rows["GAN"].batch) == rows["GAN"]
    pairs = rows["RpGAN + R1 + R2"]
    assert replace(pairs, loss="non-saturating") == rows["GAN + R1 + R2"]
    assert (pairs.loss, pairs.r1, pairs.r2) == ("relativistic", 1.0, 1.0)


def test_without_a_seed_the_same_pictures_come(digits):
    assert torch.equal(stacked.stack(digits, 5).images, stacked.stack(digits, 5, seed=0).images)
