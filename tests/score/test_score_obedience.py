"""Obedience and coverage by class: known sets, and sets with a fault of a known size."""

from dataclasses import replace
from math import isnan

import pytest
import torch

from gancourse import nets, score
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.score import images as reports
from gancourse.score import measures
from gancourse.score import obedience as O


@pytest.fixture(scope="module")
def digits():
    return load_images("digits", "test")


def test_the_ceiling_is_the_obedience_of_the_test_images(digits):
    assert O.ceiling("digits") == O.obedience(digits.images, digits.labels, "digits")
    assert 0.9 < O.ceiling("digits") <= 1


def test_labels_that_are_one_off_are_never_obeyed_but_for_the_rulers_errors(digits):
    found = O.obedience(digits.images, (digits.labels + 1) % 10, "digits")
    assert found <= 1 - O.ceiling("digits")


def test_a_known_share_of_wrong_labels_lowers_obedience_by_as_much(digits):
    y = digits.labels.clone()
    wrong = torch.arange(0, len(y), 4)
    y[wrong] = (y[wrong] + 5) % 10
    lost = O.ceiling("digits") - O.obedience(digits.images, y, "digits")
    assert lost == pytest.approx(0.25, abs=0.02)


def test_one_picture_for_each_class_obeys_and_covers_nothing(digits):
    """What obedience alone does not see."""
    ruled = score.classify(score.load_ruler("digits"), digits.images).argmax(1) == digits.labels
    firsts = [int(((digits.labels == k) & ruled).nonzero()[0]) for k in range(10)]
    index = torch.tensor(firsts).repeat_interleave(30)
    found = O.labels_report(digits.images[index], digits.labels[index], "digits")
    assert found.obedience == 1
    assert found.class_coverage < 0.4
    whole = O.labels_report(digits.images, digits.labels, "digits")
    assert whole.class_coverage == 1  # each image lies in its own neighbourhood
    assert whole.obedience == whole.ceiling


def test_coverage_is_counted_within_the_class_that_was_asked_for(digits):
    """Images of class 3 under the label 8 cover no eight worth the name."""
    threes = digits.images[digits.labels == 3]
    y = torch.full((len(threes),), 8)
    covered = O.coverage_by_class(threes, y, "digits")
    assert covered[8] < 0.5
    assert [covered[k] for k in range(10) if k != 8] == [0.0] * 9
    right = O.coverage_by_class(threes, torch.full((len(threes),), 3), "digits")
    assert right[3] == 1


def test_more_images_cover_more_and_what_is_expected_follows_their_number(digits):
    real = load_images("digits", "train")
    few, many = (O.labels_report(real.images[:n], real.labels[:n], "digits") for n in (200, 800))
    assert few.class_coverage < many.class_coverage
    for found, n in ((few, 200), (many, 800)):
        mine, theirs = (torch.bincount(y).tolist() for y in (real.labels[:n], digits.labels))
        expected = map(measures.expected_coverage, theirs, mine)
        assert found.expected_by_class == pytest.approx(tuple(expected))


def test_a_class_with_too_few_real_images_is_left_out_of_the_means(digits):
    few = (digits.labels != 4) | ((digits.labels == 4).cumsum(0) <= measures.NEIGHBOURS_DC)
    fake, real = torch.rand(300, 8), torch.rand(int(few.sum()), 8)
    y, y_real = torch.arange(300) % 10, digits.labels[few]
    covered, expected = O._coverage(fake, y, real, y_real, 10)
    assert [k for k in range(10) if isnan(covered[k])] == [4]
    assert [k for k in range(10) if isnan(expected[k])] == [4]
    report = O.Labels(1.0, 1.0, (1.0,) * 10, tuple(covered), tuple(expected))
    assert report.class_coverage == pytest.approx(sum(covered[:4] + covered[5:]) / 9)


@pytest.mark.parametrize("y", [torch.tensor([1]), torch.ones(2), [1, 2], None])
def test_labels_that_do_not_fit_are_named(digits, y):
    with pytest.raises(InputError, match="one int64 label for each of 2 images"):
        O.obedience(digits.images[:2], y, "digits")


def test_the_report_of_a_conditional_generator_knows_its_labels():
    torch.manual_seed(0)
    G = nets.make_generator("cdcgan", z_dim=4, width=8)
    report = score.score_generator(G, "digits", n=100)
    x, y = reports.draw(G, 100), torch.arange(100) % 10
    assert report.labels == O.labels_report(x, y, "digits")
    assert report.of("obedience") == report.labels.obedience
    assert report.of_real("obedience") == report.labels.ceiling
    text = str(report)
    assert "fits its label" in text
    assert "coverage in its class" in text
    assert "least of its labels obeyed: " in text
    shares = (float("nan"), 0.25, *(0.5,) * 8)
    odd = replace(report, labels=replace(report.labels, obedience_by_class=shares))
    assert "least of its labels obeyed: 1 (25.0%)" in str(odd)  # and not the one not measured
    assert report.facts()["labels"]["obedience"] == report.labels.obedience


def test_the_report_of_another_says_nothing_of_labels():
    G = nets.make_generator("dcgan", z_dim=4, width=8)
    report = score.score_generator(G, "digits", n=100)
    assert report.labels is None
    assert "label" not in str(report)
    assert "labels" not in report.facts()


def test_draw_asks_for_each_class_in_turn_whatever_the_chunk():
    torch.manual_seed(0)
    G = nets.make_generator("cdcgan", z_dim=4, width=8, classes=7)
    x = reports.draw(G, 20, chunk=6)
    asked = reports.draw(G, 20, chunk=6, y=torch.arange(20) % 7)
    assert torch.equal(x, asked)
    threes = reports.draw(G, 20, chunk=6, y=3)
    assert torch.equal(threes[3], x[3])
    assert not torch.equal(threes[4], x[4])
    assert torch.equal(reports.draw(G, 50, chunk=6)[:20], x)
