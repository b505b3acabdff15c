"""Real images with a fault: the fault is the one named, and the scores notice what they can."""

from dataclasses import replace

import pytest
import torch

from gancourse.errors import InputError
from gancourse.score import measures, spoilt


@pytest.fixture(scope="module")
def evaluator():
    return spoilt.evaluator("digits")


@pytest.mark.parametrize("fault", spoilt.FAULTS)
def test_no_fault_leaves_the_same_images(fault, evaluator):
    plain, _ = spoilt.blurred(evaluator, 0.0)
    images, what = spoilt.FAULTS[fault](evaluator, 0.0)
    assert torch.equal(images, plain)
    assert what


@pytest.mark.parametrize("fault", spoilt.FAULTS)
def test_more_of_a_fault_changes_more_and_stays_an_image(fault, evaluator):
    images, _ = spoilt.FAULTS[fault](evaluator, 1.0)
    assert images.dtype == torch.uint8
    assert images.shape[1:] == (1, 28, 28)
    assert not torch.equal(images, spoilt.FAULTS[fault](evaluator, 0.3)[0])


def test_what_is_measured_is_not_among_what_it_is_measured_with(evaluator):
    both = torch.cat([spoilt.features(evaluator.ruler, evaluator.pool.images), evaluator.real])
    assert len(evaluator.pool) + len(evaluator.real) == 360
    assert len(both.unique(dim=0)) == len(both)


@pytest.mark.parametrize(("amount", "lost"), [(0.1, 1), (0.3, 3), (1.0, 9)])
def test_classes_are_lost(amount, lost, evaluator):
    kept = [
        tuple(x.flatten().tolist()) for x in evaluator.pool.images[evaluator.pool.labels >= lost]
    ]
    images, what = spoilt.without_classes(evaluator, amount)
    assert {tuple(x.flatten().tolist()) for x in images} <= set(kept)
    assert what == f"classes lost: {', '.join('0123456789'[:lost])}"


def test_copies_are_training_images_and_as_many_as_said(evaluator):
    training = {tuple(x.flatten().tolist()) for x in evaluator.train_set.images}
    images, what = spoilt.with_copies(evaluator, 0.5)
    share = sum(tuple(x.flatten().tolist()) in training for x in images) / len(images)
    assert share == pytest.approx(0.5, abs=0.12)
    assert what == f"{share:.0%} are training images"


def test_fewer_are_the_first_ones(evaluator):
    full, half, least = (spoilt.fewer(evaluator, amount)[0] for amount in (0.0, 0.5, 1.0))
    assert len(least) == spoilt.FEWEST
    assert len(least) < len(half) < len(full)
    assert torch.equal(half, full[: len(half)])


def test_each_score_is_the_measure_of_its_name(evaluator):
    found = spoilt.spoil("blur", 0.2, "digits")
    fake = spoilt.features(evaluator.ruler, found.images)
    assert found.scores["FID"] == measures.fid(fake, evaluator.real)
    precision_recall = found.scores["precision"], found.scores["recall"]
    assert precision_recall == measures.precision_recall(fake, evaluator.real)
    assert found.scores["coverage"] == measures.density_coverage(fake, evaluator.real)[1]
    assert found.scores["MNIST score"] == measures.class_score(evaluator.ruler.head(fake))
    assert found.scores["new"] == 1


def test_only_the_share_of_new_images_sees_copies():
    left = spoilt.kept(spoilt.spoil("copies", 1.0, "digits"), spoilt.spoil("copies", 0.0, "digits"))
    assert left.pop("new") == 0
    assert min(left.values()) > 0.5


def test_what_is_kept_is_a_ratio_turned_over_for_fid(evaluator):
    before = spoilt.spoil("blur", 0.0, "digits")
    worse = replace(before, scores={name: v / 2 for name, v in before.scores.items()})
    assert spoilt.kept(before, before) == pytest.approx(dict.fromkeys(before.scores, 1.0))
    left = spoilt.kept(worse, before)
    assert left.pop("FID") == pytest.approx(2)
    assert set(left.values()) == {0.5}


def test_an_unknown_fault_is_named():
    with pytest.raises(InputError, match="did you mean 'blur'"):
        spoilt.spoil("blurr", 0.5, "digits")
