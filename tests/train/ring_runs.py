"""A small run on the ring, and what compares two of them."""

from dataclasses import replace

import torch

from gancourse import train as T
from gancourse.data import load_points
from gancourse.train import checkpoint

POINTS = {"shape": (2,), "widths": (16,)}
TINY = T.Recipe("mlp", G={"z_dim": 2, **POINTS}, D=POINTS, batch=16, precision="fp32")
RING = load_points("ring")
PENALISED = replace(
    TINY, G={"norm": False, "z_dim": 2, **POINTS}, lr_G=0.01, lr_D=0.04, r1=0.3, r2=0.7, ema=0.9
)  # all choices differ, so that none can stand in for another


def weights(net):
    return [p.detach().clone() for p in net.parameters()]


def run(steps, recipe=TINY, seed=0):
    state = T.State(recipe, seed, "cpu")
    for _ in T.train(state, RING.sample, steps):
        pass
    return state


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def flat(G):
    return torch.cat([x.flatten().float() for x in G.state_dict().values()])
