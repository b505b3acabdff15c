"""The moving average of G: correct in several styles, and the classic mistakes."""

import torch


@torch.no_grad()
def lerp(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.lerp_(p, 1 - decay)
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.copy_(b)


def through_data(G_avg, G, decay):
    theirs = dict(G.named_parameters())
    for name, avg in G_avg.named_parameters():
        avg.data = decay * avg.data + (1 - decay) * theirs[name].data
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.data = b.data.clone()
    return G_avg


def state_dicts(G_avg, G, decay):
    state, names = G.state_dict(), {name for name, _ in G.named_parameters()}
    mixed = {
        name: (decay * old.double() + (1 - decay) * state[name].double())
        if name in names
        else state[name].clone()
        for name, old in G_avg.state_dict().items()
    }
    G_avg.load_state_dict(mixed)


@torch.no_grad()
def foreach(G_avg, G, decay):
    ours = list(G_avg.parameters())
    torch._foreach_mul_(ours, decay)
    torch._foreach_add_(ours, list(G.parameters()), alpha=1 - decay)
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.data.copy_(b.data)


def _buffers(G_avg, G):
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.copy_(b)


@torch.no_grad()
def decay_exchanged(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.lerp_(p, decay)
    _buffers(G_avg, G)


@torch.no_grad()
def copied(G_avg, G, decay):
    G_avg.load_state_dict(G.state_dict())


@torch.no_grad()
def new_tensors(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg = decay * avg + (1 - decay) * p
    _buffers(G_avg, G)


@torch.no_grad()
def shares_above_one(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.add_((1 - decay) * p)
    _buffers(G_avg, G)


@torch.no_grad()
def buffers_forgotten(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.mul_(decay).add_(p, alpha=1 - decay)


@torch.no_grad()
def buffers_averaged(G_avg, G, decay):
    state = G.state_dict()
    for name, avg in G_avg.state_dict().items():
        avg.copy_(decay * avg + (1 - decay) * state[name])


@torch.no_grad()
def buffers_shared(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.lerp_(p, 1 - decay)
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.data = b.data


@torch.no_grad()
def g_pulled_along(G_avg, G, decay):
    lerp(G_avg, G, decay)
    G.load_state_dict(G_avg.state_dict())


@torch.no_grad()
def written_into_g(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        p.lerp_(avg, decay)
    _buffers(G_avg, G)


def in_place_with_graph(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        avg.mul_(decay).add_(p, alpha=1 - decay)


CORRECT = (lerp, through_data, state_dicts, foreach)
MIXES, ALONE = "the average moves a little towards G", "G is left alone"
BUFFERS = "the buffers follow G"
MISTAKES = {
    decay_exchanged: (MIXES, "changed places"),
    copied: (MIXES, "copies G"),
    new_tensors: (MIXES, "in place"),
    shares_above_one: (MIXES, "add up to 1"),
    written_into_g: (MIXES, "did not change"),
    in_place_with_graph: (MIXES, "leaf Variable"),
    g_pulled_along: (ALONE, "G itself changed"),
    buffers_forgotten: (BUFFERS, "stayed behind"),
    buffers_averaged: (BUFFERS, "are not G's"),
    buffers_shared: (BUFFERS, "shares its buffers"),
}
