"""An optimiser with the other player's weights: correct in several styles, and classic mistakes."""

import copy

import torch
import torch.nn.functional as F
from torch.optim import Adam

from gancourse.losses import cross_entropy_d

SEEDS = 1  # of two trainings each
RATES = {"lr": 2e-3, "betas": (0.5, 0.99)}


def loop(G, D, x_real, turns, opts):
    opt_G, opt_D = opts
    for _ in range(turns):
        x_fake = G(torch.randn(128, 2))
        batch = x_real[torch.randint(len(x_real), (128,))]
        opt_D.zero_grad()
        cross_entropy_d(D(batch), D(x_fake.detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


def own_weights(G, D, x_real, turns):
    loop(G, D, x_real, turns, (Adam(G.parameters(), **RATES), Adam(D.parameters(), **RATES)))


def another_adam(G, D, x_real, turns):
    opts = [torch.optim.AdamW(net.parameters(), **RATES) for net in (G, D)]
    loop(G, D, x_real, turns, opts)


def in_groups(G, D, x_real, turns):
    """Weights and biases in groups of their own."""
    opts = []
    for net in (G, D):
        weights = [p for p in net.parameters() if p.dim() > 1]
        biases = [p for p in net.parameters() if p.dim() == 1]
        opts.append(Adam([{"params": weights}, {"params": biases}], **RATES))
    loop(G, D, x_real, turns, opts)


def unmended(G, D, x_real, turns):
    loop(G, D, x_real, turns, (Adam(D.parameters(), **RATES), Adam(D.parameters(), **RATES)))


def both_in_one(G, D, x_real, turns):
    every = [*G.parameters(), *D.parameters()]
    loop(G, D, x_real, turns, (Adam(every, **RATES), Adam(D.parameters(), **RATES)))


def one_optimiser(G, D, x_real, turns):
    opt = Adam([*G.parameters(), *D.parameters()], **RATES)
    loop(G, D, x_real, turns, (opt, opt))


def exchanged(G, D, x_real, turns):
    loop(G, D, x_real, turns, (Adam(D.parameters(), **RATES), Adam(G.parameters(), **RATES)))


def of_a_copy(G, D, x_real, turns):
    opts = Adam(copy.deepcopy(G).parameters(), **RATES), Adam(D.parameters(), **RATES)
    loop(G, D, x_real, turns, opts)


def g_twice(G, D, x_real, turns):
    loop(G, D, x_real, turns, (Adam(G.parameters(), **RATES), Adam(G.parameters(), **RATES)))


def larger_rate(G, D, x_real, turns):
    fast = RATES | {"lr": 2e-2}
    loop(G, D, x_real, turns, (Adam(D.parameters(), **fast), Adam(D.parameters(), **RATES)))


def d_crawls(G, D, x_real, turns):
    slow = RATES | {"lr": 2e-5}
    loop(G, D, x_real, turns, (Adam(G.parameters(), **RATES), Adam(D.parameters(), **slow)))


BOTH, APART = "both nets move", "each optimiser moves one net"
MENDED = "the mended run finds the modes"
CORRECT = (own_weights, another_adam, in_groups)
MISTAKES = {
    unmended: (BOTH, "The patient is still ill: G has not moved at all"),
    both_in_one: (APART, "D gives in to G"),
    one_optimiser: (APART, "D gives in to G"),
    exchanged: (BOTH, "G has not moved at all"),
    of_a_copy: (BOTH, "G has not moved at all"),
    g_twice: (BOTH, "D has not moved at all"),
    larger_rate: (BOTH, "G has not moved at all"),
    d_crawls: (MENDED, "The patient is still ill: after its training"),
}
