"""What is noted of D's part in a turn, in short runs of loops that are sound."""

import pytest
import torch
from loops import Loop, mlp
from torch import nn
from torch.nn.functional import softplus
from upkeep_loops import Clamped, NotHeard, OldFakes, OwnLabels, Short

from gancourse.clinic.answers import Pull
from gancourse.clinic.holdings import end_of
from gancourse.clinic.shown import of_D, one_rule


def signals(loop):
    """Return the signals of turns 1, 21 and 41."""
    loop.turns = 43
    return loop.run().finish()


class Matching(Short):
    """G is to match the mean of D's features; D's answer is computed, and not used."""

    freeze = False

    def loss_of_G(self, x):
        fake = self.fakes()
        self.D.requires_grad_(not self.freeze)
        self.D(fake)
        body = self.D[:-2]
        loss = (body(fake).mean(0) - body(x).mean(0)).square().sum()
        self.D.requires_grad_(True)
        return loss


class FrozenMatching(Matching):
    freeze = True


@pytest.mark.parametrize(
    ("loop", "through", "hidden"),
    [(Matching, 1.0, 0.0), (FrozenMatching, 0.0, 1.0), (NotHeard, 0.0, 0.0)],
)
def test_what_reaches_g_through_the_layers_of_d(loop, through, hidden):
    heard = signals(loop()).heard
    assert set(heard["through D"]) == {through}
    assert set(heard["hidden"]) == {hidden}


class EveryOther(OldFakes):
    """Old fakes in the turns that are looked at, and new ones in the turns between."""

    turn = 0

    def shown(self, x):
        self.part = float(self.turn % 2)
        self.turn += 1
        return super().shown(x)


@pytest.mark.parametrize(("loop", "fresh"), [(EveryOther, 1.0), (OldFakes, 0.0), (Short, 1.0)])
def test_new_fakes_in_the_turn_before_are_seen(loop, fresh):
    assert set(signals(loop()).heard["fresh ahead"][1:]) == {fresh}  # a pool is made in turn 0


class WideClamp(Short):
    def nets(self):
        return mlp(2, 2), mlp(2, 1, nn.Hardtanh(-50.0, 50.0), nn.Flatten(0))


def test_answers_at_the_ends_of_a_clamp_are_counted():
    assert max(signals(WideClamp()).heard["at an end"]) < 0.05
    assert signals(Clamped()).heard["at an end"][-1] > 0.2


def test_a_clamp_that_keeps_a_sigmoid_off_its_ends_is_a_sigmoid():
    x = torch.zeros(4, requires_grad=True)
    assert end_of(x.sigmoid().clamp(1e-7, 1 - 1e-7)) == "sigmoid"
    assert end_of(x.sigmoid().clamp(min=1e-6).view(2, 2)) == "sigmoid"
    assert end_of(x.sigmoid().clamp(0.2, 0.8)) == "clamp"
    assert end_of(x.clamp(1e-7, 1 - 1e-7)) == "clamp"


def test_pulls_of_gs_own_backward_are_not_those_of_ds_loss():
    x = torch.linspace(-1, 1, 16)
    real, fake, own = (
        Pull(kind, slopes, True, x)
        for kind, slopes in (("real", x.sigmoid() - 1), ("fake", x.sigmoid()),
                             ("own", x.sigmoid() - 1))
    )  # fmt: skip
    assert of_D([[real, fake], [own]]) == [real, fake]
    assert of_D([[real, own]]) == [real, own]
    assert one_rule(of_D([[real], [own]])) is None
    assert one_rule(of_D([[real, fake], [own]])) is False


class BothBackwardsFirst(Short):
    """G's backward comes before D's step, too; D's own fakes are noisy ones."""

    def d_step(self, x):
        real, fake = self.D(x), self.fakes()
        self.opt_D.zero_grad()
        self.opt_G.zero_grad()
        loss = softplus(-real).mean() + softplus(self.D(fake.detach() + torch.rand(128, 2))).mean()
        loss.backward()
        theirs = self.D[0].weight.grad.clone()
        softplus(-self.D(fake)).mean().backward()
        self.D[0].weight.grad.copy_(theirs)
        self.opt_D.step()
        self.opt_G.step()
        return loss.detach()

    def g_step(self, x):
        return torch.zeros(())


def test_both_backwards_before_both_steps_are_two_rules():
    assert 1.0 not in signals(BothBackwardsFirst()).same_target


class FourCorners(nn.Module):
    """A G that is saturated: it gives four samples, whatever it is asked for."""

    def __init__(self):
        super().__init__()
        self.net = mlp(2, 2)

    def forward(self, z, y):
        return z.sign() + 0.0 * self.net(z)


class FewRows(OwnLabels):
    def nets(self):
        return FourCorners(), super().nets()[1]


def test_equal_rows_with_several_labels_have_none():
    assert signals(FewRows()).fake_labels == []
    assert set(signals(OwnLabels()).fake_labels) == {1.0}


def test_a_way_over_the_weights_that_are_not_frozen_is_the_longer_one():
    run = Loop("frozen layer")
    with torch.no_grad():
        run.D[0].weight.mul_(1000)
    moved = signals(run).moved
    assert len(moved["D that asks"]) == len(moved["D by opt_D"]) == 3
    assert moved["D that asks"][-1] > 100 * moved["D by opt_D"][-1] > 0
    assert moved["G that asks"] == moved["G by opt_G"]
