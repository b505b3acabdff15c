"""Losses on logits are judged by their numbers; gradients only where the graph comes with them."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from gancourse.check import Draw, Student, Wrong, logits


def judged(loss, by=logits.judge_gradients):
    """Judge the gradient of a loss of two logits, which is to be that of softplus."""
    at, student = torch.tensor([1.0, -2.0]), Student()
    more = (1e-6, "elsewhere") if by is logits.judge_gradients else ()
    by(student, student.admit(loss), [at], [at.sigmoid()], *more)


@pytest.mark.parametrize(
    "loss",
    [
        lambda t: softplus(t).sum(),
        lambda t: softplus(t).sum().item(),
        lambda t: torch.tensor(t.numpy().sum()),
        lambda t: sum(math.log1p(math.exp(one)) for one in t.tolist()),
    ],
)
def test_a_right_gradient_and_none_at_all_are_welcome(loss):
    judged(loss)
    judged(loss, logits.judge_far_gradients)


def test_another_gradient_is_told():
    with pytest.raises(Wrong, match="elsewhere"):
        judged(lambda t: t.sum())


@pytest.mark.parametrize("sign", [0, -1])
def test_a_lost_gradient_is_told(sign):
    with pytest.raises(Wrong, match="lost or has the wrong sign"):
        judged(lambda t: sign * softplus(t).sum(), logits.judge_far_gradients)


def test_logits_that_alone_get_no_gradient_are_told():
    student, at = Student(), torch.ones(1)
    half = student.admit(lambda a, b: a.sum() + b.detach().sum())
    with pytest.raises(Wrong, match="Some logits get no gradient"):
        logits.judge_gradients(student, half, [at, at], [at, at], 1e-6, "")


@pytest.mark.parametrize(
    "loss",
    [
        lambda t: math.log(1 + math.exp(t.item())),
        lambda t: -math.log(1 / (1 + math.exp(min(t.item(), 700)))) / 0,
        lambda t: (1 + t.exp()).log(),
        lambda t: float("inf"),
        lambda t: -(1 - t.sigmoid()).log(),
    ],
)
def test_what_overflows_is_not_finite(loss):
    student = Student()
    with pytest.raises(Wrong, match="not finite"):
        logits.value(student, student.admit(loss), logits.one(logits.FAR), "It")


@pytest.mark.parametrize(
    ("got", "meaning"),
    [
        (9000.0, "half"),
        (18.4, "clamp or an epsilon"),
        (18000.003, "digits are lost"),
        (-1.0, "not the loss that is asked for"),
        (7.0, "not the loss that is asked for"),
    ],
)
def test_a_wrong_loss_is_told_by_what_it_amounts_to(got, meaning):
    mistakes = {"half": 9000.0, "one": 7.0, "another": 7.0}
    logits.judge_sure(18000.0, 18000.0, 1e-3, 1e4, mistakes)
    with pytest.raises(Wrong, match=meaning):
        logits.judge_sure(got, 18000.0, 1e-3, 1e4, mistakes)


def test_each_size_is_drawn_wrong_and_right():
    pairs = list(logits.sure(Draw(0)))
    assert len(pairs) == 3 * len(logits.SIZES)
    assert max(max(map(abs, pair)) for pair in pairs) > 9_800
    assert {(a > 0, b > 0) for a, b in pairs} == {(False, True), (True, False), (True, True)}
