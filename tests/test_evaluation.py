"""A net in evaluation mode for a while: each part's mode comes back, whatever happens."""

import pytest
import torch
from torch import nn

from gancourse import live, train
from gancourse.evaluation import evaluating
from gancourse.maths import latent
from gancourse.nets import make_generator
from gancourse.score import images

DRAWN = {
    "train.sample": lambda G: train.sample(G, 2),
    "score.draw": lambda G: images.draw(G, 2),
    "latent.images_of": lambda G: latent.images_of(G, torch.zeros(2, 4)),
    "latent.invert": lambda G: latent.invert(G, torch.zeros(1, 1, 28, 28)),
    "LatentExplorer": lambda G: live.LatentExplorer(G),
}


def mixed() -> nn.Module:
    """Return a net in training mode with one part that somebody froze."""
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout()).train()
    net[1].eval()
    return net


def modes(net: nn.Module) -> list[bool]:
    return [part.training for part in net.modules()]


def test_inside_every_part_evaluates():
    with evaluating(mixed()) as net:
        assert modes(net) == [False] * 4


def test_afterwards_each_part_is_in_its_own_mode():
    net = mixed()
    with evaluating(net):
        pass
    assert modes(net) == [True, True, False, True]


def test_an_error_inside_leaves_the_modes_as_they_were():
    net = mixed()
    with pytest.raises(ZeroDivisionError), evaluating(net):
        raise ZeroDivisionError
    assert modes(net) == [True, True, False, True]


@pytest.mark.parametrize("draw", DRAWN)
def test_whoever_draws_keeps_the_modes_of_a_generator_that_fails(draw):
    G, seen = make_generator("mlp", z_dim=4, widths=(8,)).train(), []
    G.body[1].eval()
    G.squash.register_forward_hook(lambda *_: (seen.extend(modes(G)), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        DRAWN[draw](G)
    assert not any(seen)
    assert [part for part in G.modules() if not part.training] == [G.body[1]]
