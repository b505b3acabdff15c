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


def swa_utils(G_avg, G, decay):
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    average([p.detach() for p in G_avg.parameters()], [p.detach() for p in G.parameters()], 1)
    for avg, b in zip(G_avg.buffers(), G.buffers(), strict=True):
        avg.data.copy_(b)


def buffers_by_load(G_avg, G, decay):
    old = {name: p.detach().clone() for name, p in G_avg.named_parameters()}
    G_avg.load_state_dict(G.state_dict())
    with torch.no_grad():
        for name, p in G_avg.named_parameters():
            p += decay * (old[name] - p)


def layer_by_layer(G_avg, G, decay):
    with torch.inference_mode():
        for mine, other in zip(G_avg.modules(), G.modules(), strict=True):
            for name, p in mine.named_parameters(recurse=False):
                p.copy_(p * decay + getattr(other, name) * (1 - decay))
            for name, b in mine.named_buffers(recurse=False):
                b.copy_(getattr(other, name))


def in_float64(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        mixed = decay * avg.detach().double() + (1 - decay) * p.detach().double()
        avg.data = mixed.float()
    with torch.no_grad():
        _buffers(G_avg, G)


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


@torch.no_grad()
def eval_left_on(G_avg, G, decay):
    G.eval()
    lerp(G_avg, G, decay)


@torch.no_grad()
def average_in_training_mode(G_avg, G, decay):
    G_avg.train()
    lerp(G_avg, G, decay)


def left_frozen(G_avg, G, decay):
    G.requires_grad_(False)
    lerp(G_avg, G, decay)


def gradients_cleared(G_avg, G, decay):
    G.zero_grad()
    lerp(G_avg, G, decay)


@torch.no_grad()
def decay_of_its_own(G_avg, G, decay):
    lerp(G_avg, G, min(decay, 0.99))


@torch.no_grad()
def first_layer_alone(G_avg, G, decay):
    for avg, p in list(zip(G_avg.parameters(), G.parameters(), strict=True))[:2]:
        avg.lerp_(p, 1 - decay)
    _buffers(G_avg, G)


@torch.no_grad()
def trained_weights_alone(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        if avg.requires_grad:
            avg.lerp_(p, 1 - decay)
    _buffers(G_avg, G)


@torch.no_grad()
def weights_that_g_trains(G_avg, G, decay):
    for avg, p in zip(G_avg.parameters(), G.parameters(), strict=True):
        if p.requires_grad:
            avg.mul_(decay).add_(p, alpha=1 - decay)
    _buffers(G_avg, G)


CORRECT = (
    lerp, through_data, state_dicts, foreach, swa_utils, buffers_by_load, layer_by_layer,
    in_float64,
)  # fmt: skip


def average_frozen(G_avg, G, decay):
    G_avg.requires_grad_(False)
    lerp(G_avg, G, decay)


def averages_gradients_cleared(G_avg, G, decay):
    G_avg.zero_grad()
    lerp(G_avg, G, decay)


def average_in_evaluation(G_avg, G, decay):
    G_avg.eval()
    lerp(G_avg, G, decay)


def parameters_replaced(G_avg, G, decay):
    new = {name: b.clone() for name, b in G.state_dict().items()}
    mine = G_avg.state_dict()
    for name, p in G.named_parameters():
        new[name] = decay * mine[name] + (1 - decay) * p.detach()
    G_avg.load_state_dict(new, assign=True)


def shared_where_nothing_is_kept(G_avg, G, decay):
    """A decay of 0 makes the average G's own tensors, which go on changing."""
    if decay:
        return lerp(G_avg, G, decay)
    for mine, other in zip(G_avg.parameters(), G.parameters(), strict=True):
        mine.data = other.data
    for mine, other in zip(G_avg.buffers(), G.buffers(), strict=True):
        mine.copy_(other)


MIXES, ALONE = "the average moves a little towards G", "nothing else changes"
BUFFERS, TWICE = "the buffers follow G", "two updates, with G moving in between"
MISTAKES = {
    decay_exchanged: (MIXES, "changed places"),
    copied: (MIXES, "copies G"),
    new_tensors: (MIXES, "in place"),
    shares_above_one: (MIXES, "add up to 1"),
    written_into_g: (MIXES, "G moved, and the average did not"),
    in_place_with_graph: (MIXES, "write under torch.no_grad()"),
    decay_of_its_own: (MIXES, "with a decay of 0.999"),
    trained_weights_alone: (MIXES, "An average that wants no gradients"),
    weights_that_g_trains: (MIXES, "Weights of G that want no gradient are left out"),
    first_layer_alone: (MIXES, "in each of its parameters"),
    eval_left_on: (ALONE, "G comes back in another mode"),
    average_in_training_mode: (ALONE, "G_avg comes back in another mode"),
    left_frozen: (ALONE, "left frozen"),
    gradients_cleared: (ALONE, "G's gradients have changed"),
    g_pulled_along: (ALONE, "G itself changed"),
    average_frozen: (ALONE, "left frozen"),
    averages_gradients_cleared: (ALONE, "G_avg's gradients have changed"),
    average_in_evaluation: (ALONE, "G_avg comes back in another mode"),
    parameters_replaced: (ALONE, "weights that were replaced"),
    buffers_forgotten: (BUFFERS, "stayed behind"),
    buffers_averaged: (BUFFERS, "are not G's"),
    shared_where_nothing_is_kept: (TWICE, "shares its weights with G"),
    buffers_shared: (BUFFERS, "shares its buffers"),
}
