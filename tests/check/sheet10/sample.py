"""A look at the samples that leaves no trace: correct in several styles, and classic mistakes."""

import copy

import torch

SEEDS = 1  # of one training each


@torch.no_grad()
def there_and_back(G, z):
    G.eval()
    x = G(z)
    G.train()
    return x


def as_it_was(G, z):
    was = G.training
    with torch.inference_mode():
        x = G.eval()(z)
    G.train(was)
    return x.clone()


def of_a_copy(G, z):
    return copy.deepcopy(G).eval()(z).detach()


def in_rows(G, z):
    G.eval()
    with torch.no_grad():
        x = torch.cat([G(row) for row in z.split(8)])
    G.train()
    return x


@torch.no_grad()
def unmended(G, z):
    G.eval()
    return G(z)


@torch.no_grad()
def never_eval(G, z):
    return G(z)


@torch.no_grad()
def turned_round(G, z):
    G.train()
    x = G(z)
    G.eval()
    return x


def train_too_late(G, z):
    G.eval()
    return G(z).detach()
    G.train()


@torch.no_grad()
def train_too_early(G, z):
    G.eval()
    G.train()
    return G(z)


@torch.no_grad()
def averages_of_the_look(G, z):
    """In training mode, with the old averages put back: no trace, and still no map."""
    kept = {name: b.clone() for name, b in G.named_buffers()}
    x = G.train()(z)
    for name, b in G.named_buffers():
        b.copy_(kept[name])
    return x


@torch.no_grad()
def own_noise(G, z):
    G.eval()
    x = G(torch.randn_like(z))
    G.train()
    return x


MODE, TRACE, MAP = (
    "G goes on in training mode", "the look leaves no trace",
    "each sample depends on its z alone",
)  # fmt: skip
CORRECT = (there_and_back, as_it_was, of_a_copy, in_rows)
MISTAKES = {
    unmended: (MODE, "The patient is still ill: G comes back in evaluation mode"),
    never_eval: (TRACE, "running averages"),
    turned_round: (MODE, "evaluation mode"),
    train_too_late: (MODE, "evaluation mode"),
    train_too_early: (MAP, "in another company"),
    averages_of_the_look: ("a single z", "One z alone cannot be drawn"),
    own_noise: (MAP, "not G's samples of z"),
}
