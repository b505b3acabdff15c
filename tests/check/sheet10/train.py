"""An optimiser with the other player's weights: correct in several styles, and classic mistakes."""

import copy

import torch
import torch.nn.functional as F
from torch.optim import Adam

from gancourse.losses import cross_entropy_d

SEEDS = 1  # of two trainings each
STYLES = 2  # that are trained in a short run
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


def lists_of_weights(G, D, x_real, turns):
    opts = [Adam([p for _, p in net.named_parameters()], **RATES) for net in (G, D)]
    loop(G, D, x_real, turns, opts)


def groups_added(G, D, x_real, turns):
    opts = []
    for net in (G, D):
        first, *others = net.parameters()
        opt = Adam([first], **RATES)
        opt.add_param_group({"params": others})
        opts.append(opt)
    loop(G, D, x_real, turns, opts)


def amsgrad(G, D, x_real, turns):
    opts = [Adam(net.parameters(), amsgrad=True, **RATES) for net in (G, D)]
    loop(G, D, x_real, turns, opts)


def fresh_fakes_for_g(G, D, x_real, turns):
    opt_G, opt_D = (Adam(net.parameters(), **RATES) for net in (G, D))
    for _ in range(turns):
        x = x_real[torch.randperm(len(x_real))[:128]]
        opt_D.zero_grad()
        cross_entropy_d(D(x), D(G(torch.randn(128, 2)).detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(torch.randn(128, 2)))).mean().backward()
        opt_G.step()


def by_player(G, D, x_real, turns):
    """A dict of optimisers, and D frozen while G steps."""
    nets = {"G": G, "D": D}
    opts = {who: Adam(net.parameters(), **RATES) for who, net in nets.items()}
    for _ in range(turns):
        x_fake = G(torch.randn(128, 2))
        for who in "DG":
            D.requires_grad_(who == "D")
            opts[who].zero_grad()
            if who == "D":
                x = x_real[torch.randint(len(x_real), (128,))]
                cross_entropy_d(D(x), D(x_fake.detach())).backward()
            else:
                F.softplus(-D(x_fake)).mean().backward()
            opts[who].step()
    D.requires_grad_(True)


def with_looks(G, D, x_real, turns):
    """Looks at the samples before and after: calls of G that are no turns."""
    z = torch.randn(100, 2)
    G(z)
    own_weights(G, D, x_real, turns)
    with torch.no_grad():
        G(z)


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


def never_stepped(G, D, x_real, turns):
    own_weights(copy.deepcopy(G), D, x_real, turns)


def no_turn(G, D, x_real, turns):
    own_weights(G, D, x_real, 0)


def cut_off(G, D, x_real, turns):
    opt_G, opt_D = (Adam(net.parameters(), **RATES) for net in (G, D))
    for _ in range(turns):
        x_fake = G(torch.randn(128, 2)).detach()
        opt_D.zero_grad()
        cross_entropy_d(D(x_real[:128]), D(x_fake)).backward()
        opt_D.step()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


def a_twentieth_of_the_turns(G, D, x_real, turns):
    own_weights(G, D, x_real, max(turns // 20, 2))


def g_too(G, D, x_real, turns):
    """opt_D holds G's weights as well: its zero_grad and its step reach them."""
    every = [*D.parameters(), *G.parameters()]
    loop(G, D, x_real, turns, (Adam(every, **RATES), Adam(every, **RATES)))


BOTH, APART = "both nets move", "each optimiser moves one net"
MENDED = "the repaired run finds the modes"
CORRECT = (
    own_weights, another_adam, in_groups, lists_of_weights, groups_added, amsgrad,
    fresh_fakes_for_g, by_player, with_looks,
)  # fmt: skip


def last_layer_alone(G, D, x_real, turns):
    *_, weight, bias = G.parameters()
    opt_G, opt_D = Adam([weight, bias], **RATES), Adam(D.parameters(), **RATES)
    for _ in range(turns):
        x_fake = G(torch.randn(128, 2))
        opt_D.zero_grad()
        real = x_real[torch.randint(len(x_real), (128,))]
        cross_entropy_d(D(real), D(x_fake.detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


def turns_of_its_own(G, D, x_real, turns):
    opt_G, opt_D = Adam(G.parameters(), **RATES), Adam(D.parameters(), **RATES)
    for _ in range(100):
        x_fake = G(torch.randn(128, 2))
        opt_D.zero_grad()
        real = x_real[torch.randint(len(x_real), (128,))]
        cross_entropy_d(D(real), D(x_fake.detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(x_fake)).mean().backward()
        opt_G.step()


def drawn_afresh(G, D, x_real, turns):
    for layer in G.body[::2]:
        layer.reset_parameters()
    own_weights(G, D, x_real, turns)


def first_batch_alone(G, D, x_real, turns):
    own_weights(G, D, x_real[:128], turns)


def one_turn_more(G, D, x_real, turns):
    own_weights(G, D, x_real, turns + 1)


def one_turn_less(G, D, x_real, turns):
    own_weights(G, D, x_real, turns - 1)


def three_turns_at_least(G, D, x_real, turns):
    own_weights(G, D, x_real, max(turns, 3))


MISTAKES = {
    first_batch_alone: (MENDED, "The run is still faulty: after its training"),
    one_turn_more: (BOTH, "Where 2 turns are asked for G takes 3"),
    one_turn_less: (BOTH, "Where 2 turns are asked for G takes 1"),
    three_turns_at_least: (BOTH, "no more and no less"),
    drawn_afresh: (APART, "G was drawn afresh"),
    unmended: (BOTH, "The run is still faulty: G has not moved at all"),
    both_in_one: (APART, "D gives in to G"),
    one_optimiser: (APART, "D gives in to G"),
    exchanged: (BOTH, "G has not moved at all"),
    of_a_copy: (BOTH, "G has not moved at all"),
    g_twice: (BOTH, "D has not moved at all"),
    larger_rate: (BOTH, "G has not moved at all"),
    never_stepped: (BOTH, "G has not moved at all"),
    no_turn: (BOTH, "G has not moved at all"),
    cut_off: (BOTH, "G has not moved at all"),
    g_too: (APART, "D gives in to G"),
    a_twentieth_of_the_turns: (MENDED, "The run is still faulty: after its training"),
    d_crawls: (MENDED, "The run is still faulty: after its training"),
    last_layer_alone: (BOTH, "G moves in part"),
    turns_of_its_own: (APART, "take `turns` of them"),
}
