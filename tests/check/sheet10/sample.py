"""A look at the samples that leaves no trace: correct in several styles, and classic mistakes."""

import copy

import torch

SEEDS = 1  # of one training each
STYLES = 2  # that are trained in a short run


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
def finally_back(G, z):
    was = G.training
    try:
        return G.train(False)(z)
    finally:
        G.train(was)


@torch.no_grad()
def module_by_module(G, z):
    modes = {m: m.training for m in G.modules()}
    G.eval()
    x = G(z)
    for m, mode in modes.items():
        m.training = mode
    return x


def functional(G, z):
    frozen = copy.deepcopy(G).eval()
    state = {**dict(G.named_parameters()), **dict(G.named_buffers())}
    return torch.func.functional_call(frozen, state, (z,)).detach()


@torch.no_grad()
def layers_of_two_modes(G, z):
    """All layers without parts of their own, batch norm and dropout among them."""
    layers = [m for m in G.modules() if not list(m.children())]
    for m in layers:
        m.eval()
    x = G(z)
    for m in layers:
        m.train()
    return x


def _evaluating(kinds, G, z):
    """Return G's samples where only layers of these kinds are in evaluation mode."""
    layers = [m for m in G.modules() if isinstance(m, kinds)]
    for m in layers:
        m.eval()
    x = G(z)
    for m in layers:
        m.train()
    return x


@torch.no_grad()
def norms_alone(G, z):
    return _evaluating(torch.nn.BatchNorm1d, G, z)


@torch.no_grad()
def norms_and_not_dropout(G, z):
    return _evaluating((torch.nn.BatchNorm1d, torch.nn.BatchNorm2d), G, z)


@torch.no_grad()
def norms_of_units_and_dropout(G, z):
    return _evaluating((torch.nn.BatchNorm1d, torch.nn.Dropout), G, z)


@torch.no_grad()
def cut_off(G, z):
    return there_and_back(G, z).clamp(-1, 1)


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


@torch.no_grad()
def drawn_beside(G, z):
    torch.randperm(len(z))
    return there_and_back(G, z)


def gradients_cleared(G, z):
    G.zero_grad()
    return there_and_back(G, z)


@torch.no_grad()
def top_alone(G, z):
    G.eval()
    x = G(z)
    G.training = True
    return x


@torch.no_grad()
def first_picture_alone(G, z):
    return there_and_back(G, z[:1]).expand(len(z), *G.shape)


@torch.no_grad()
def sorted_looks(G, z):
    return there_and_back(G, z.sort(0).values)


@torch.no_grad()
def averages_reset(G, z):
    x = there_and_back(G, z)
    for m in G.modules():
        if isinstance(m, torch.nn.BatchNorm1d):
            m.reset_running_stats()
    return x


@torch.no_grad()
def first_norm_alone(G, z):
    """With the averages of all norms put back: no trace, and still no map."""
    kept = {name: b.clone() for name, b in G.named_buffers()}
    norm = next(m for m in G.modules() if isinstance(m, torch.nn.BatchNorm1d))
    norm.eval()
    x = G(z)
    norm.train()
    for name, b in G.named_buffers():
        b.copy_(kept[name])
    return x


@torch.no_grad()
def last_norm_alone(G, z):
    norm = [m for m in G.modules() if isinstance(m, torch.nn.BatchNorm1d)][-1].eval()
    x = G(z)
    norm.train()
    return x


def gradients_off(G, z):
    torch.set_grad_enabled(False)
    return there_and_back(G, z)


MODE, TRACE, MAP = (
    "G goes on in training mode", "the look leaves no trace",
    "each sample depends on its z alone",
)  # fmt: skip
CORRECT = (
    there_and_back, as_it_was, of_a_copy, in_rows, finally_back, module_by_module, functional,
    layers_of_two_modes,
)  # fmt: skip


@torch.no_grad()
def with_a_seed(G, z):
    torch.manual_seed(0)
    return there_and_back(G, z)


MISTAKES = {
    with_a_seed: (TRACE, "has set a seed"),
    unmended: (MODE, "The run is still faulty: G comes back in evaluation mode"),
    never_eval: (TRACE, "running averages"),
    turned_round: (MODE, "evaluation mode"),
    train_too_late: (MODE, "evaluation mode"),
    train_too_early: (MAP, "in another company"),
    averages_of_the_look: (MAP, "in another company"),
    drawn_beside: (TRACE, "has drawn random numbers"),
    gradients_cleared: (TRACE, "has changed G's gradients"),
    top_alone: (MODE, "Parts of G come back in evaluation mode"),
    first_picture_alone: (MAP, "not G's samples of z"),
    sorted_looks: (MAP, "not G's samples of z"),
    averages_reset: (TRACE, "running averages"),
    first_norm_alone: (MAP, "Only some of G's batch norms"),
    last_norm_alone: (TRACE, "running averages"),
    norms_alone: (MAP, "some layers stay in training mode"),
    norms_and_not_dropout: (MAP, "some layers stay in training mode"),
    norms_of_units_and_dropout: (MAP, "some layers stay in training mode"),
    cut_off: (MAP, "not G's samples of z"),
    gradients_off: (TRACE, "switched gradients off"),
    own_noise: (MAP, "not G's samples of z"),
}
