"""The cost of a step: by hand, by PyTorch's counter, by autograd's own books; what hours buy."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from gancourse import machine, nets, train
from gancourse.errors import InputError
from gancourse.maths import cost

SIZES = pytest.mark.parametrize(
    ("side", "width", "depth"), [(28, 64, 1), (28, 128, 0), (28, 32, 2), (32, 64, 1), (64, 32, 1)]
)


def players(side, width, depth):
    """Return G and D of the package with an input of two images each, on the meta device."""
    made = {"width": width, "depth": depth, "side": side}
    with torch.device("meta"):
        G = nets.make_generator("dcgan", z_dim=16, **made)
        D = nets.make_discriminator("dcgan", **made)
        return (G, torch.empty(2, 16)), (D, torch.empty(2, 1, side, side))


def test_a_layer_by_hand():
    """3 x 3, 2 to 5 channels, 6 x 6 places, 4 images: 2 x 9 x 2 x 5 x 36 x 4."""
    assert cost.flops(nn.Conv2d(2, 5, 3, 1, 1), torch.ones(4, 2, 6, 6)) == 25_920
    assert cost.flops(nn.Linear(3, 7), torch.ones(4, 3)) == 2 * 3 * 7 * 4


def test_what_autograd_keeps_by_hand():
    """A dense layer keeps its input, ReLU its output, which is the next layer's input."""
    net = nn.Sequential(nn.Linear(3, 7), nn.ReLU(), nn.Linear(7, 2))
    x = torch.ones(4, 3)
    assert cost.kept_bytes(net, x) == 4 * 4 * (3 + 7)


def test_what_a_net_is_given_and_keeps_twice_counts_once():
    class Square(nn.Module):
        def forward(self, x):
            return (x * x).sum() + (3 * x).exp().sum()

    x = torch.ones(5, requires_grad=True)
    assert cost.kept_bytes(Square(), x) == 4 * (5 + 5)  # x, and exp's result


@SIZES
def test_weights_and_flop_by_hand_are_those_of_the_nets(side, width, depth):
    counted = cost.dcgan_players(side, width, depth)
    for (net, x), player in zip(players(side, width, depth), counted, strict=True):
        assert player.weights == sum(p.numel() for p in net.parameters())
        assert player.flop == cost.flops(net, x) / 2
        first = next(m for m in net.modules() if isinstance(m, nn.Linear | nn.Conv2d))
        shape = (2, 16) if isinstance(first, nn.Linear) else (2, 1, side, side)
        assert player.first == cost.flops(first, torch.empty(*shape, device="meta")) / 2


@SIZES
def test_what_is_kept_by_hand_is_what_autograd_keeps(side, width, depth):
    """But for the statistics of batch norm: two numbers a channel, whatever the batch."""
    counted = cost.dcgan_players(side, width, depth)
    for (net, x), player in zip(players(side, width, depth), counted, strict=True):
        norms = [m.num_features for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
        assert 4 * (2 * player.kept + 2 * sum(norms)) == cost.kept_bytes(net, x)


@SIZES
def test_the_flop_of_a_step_by_hand_are_those_that_are_counted(side, width, depth):
    made = {"width": width, "depth": depth, "side": side}
    recipe = train.get_preset("dcgan", G={"z_dim": 16, **made}, D=made, batch=4)
    assert cost.step_cost(side, width, 4, depth).flop == cost.counted_flop(recipe)


def test_a_net_of_64_pixels_by_hand():
    """Its D, width 8, no 3 x 3: 1 to 2 at 32 x 32, 2 to 4 at 16 x 16, 4 to 8 at 8 x 8, dense."""
    _, D = cost.dcgan_players(64, 8, 0)
    kernels = (16 * 2, 16 * 2 * 4, 16 * 4 * 8)
    assert D.weights == sum(kernels) + 2 + 2 * 4 + 2 * 8 + 512 + 1
    places = (32**2, 16**2, 8**2)
    assert D.flop == 2 * sum(k * p for k, p in zip(kernels, places, strict=True)) + 2 * 512
    assert D.first == 2 * kernels[0] * places[0]


def test_a_step_grows_with_its_batch_and_its_weights_do_not():
    small, large = cost.step_cost(batch=16), cost.step_cost(batch=64)
    assert large.flop == 4 * small.flop
    assert large.activations == 4 * small.activations
    assert (large.weights, large.adam) == (small.weights, small.adam)
    assert large.bytes - large.activations == small.bytes - small.activations
    G, D = cost.dcgan_players(28, 64)
    assert small.bytes - small.activations == 16 * (G.weights + D.weights) + 4 * G.weights


def test_a_penalty_costs_more():
    recipe = train.get_preset("dcgan", batch=4)
    plain = cost.counted_flop(recipe)
    assert cost.counted_flop(replace(recipe, r1=1.0)) > 1.2 * plain


def test_counting_and_measuring_leave_the_random_states_alone():
    before = machine.random_digest()
    cost.counted_flop(train.get_preset("mlp", batch=4))
    assert cost.measured_rate(0.01) > 1e6
    assert machine.random_digest() == before


def test_one_device_waits_for_nobody():
    step = cost.step_cost()
    alone = cost.budget(step, rate=step.flop, devices=1, hours=2.0)
    assert (alone.seconds_a_step, alone.waiting, alone.speedup) == (1.0, 0.0, 1.0)
    assert alone.images == 7200 * step.batch


def test_a_ring_sends_twice_the_gradients_at_most():
    """Eight devices: 14 / 8 of the gradients; a link that takes a second for them."""
    step = cost.step_cost()
    eight = cost.budget(step, step.flop, 8, 1.0, link=14 / 8 * step.gradients)
    assert eight.waiting == 1.0
    assert eight.rate == pytest.approx(8 * step.batch / 2)
    assert eight.speedup == 4.0


@pytest.mark.parametrize("changed", [{"rate": 0.0}, {"hours": 0.0}, {"link": -1.0}, {"devices": 0}])
def test_a_budget_of_nothing_is_refused(changed):
    with pytest.raises(InputError):
        cost.budget(cost.step_cost(), **{"rate": 1.0, "devices": 1, "hours": 1.0} | changed)


@pytest.mark.parametrize("changed", [{"side": 30}, {"width": 4}, {"batch": 0}])
def test_sizes_that_no_net_has_are_refused(changed):
    with pytest.raises(InputError):
        cost.step_cost(**changed)
