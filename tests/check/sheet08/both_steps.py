"""One batch of fakes for both players: correct in several styles, and the classic mistakes."""

import torch
import torch.nn.functional as F
from torch import nn


def detached_for_d(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss.item(), g_loss.item()


def frozen_d_and_labels(G, D, opt_G, opt_D, x_real, z):
    bce = nn.BCEWithLogitsLoss()
    x_fake = G(z)
    one, zero = torch.ones(len(z)), torch.zeros(len(z))
    D.zero_grad()
    d_loss = bce(D(x_real), one) + bce(D(x_fake.detach()), zero)
    d_loss.backward()
    opt_D.step()
    D.requires_grad_(False)
    G.zero_grad()
    g_loss = bce(D(x_fake), one)
    g_loss.backward()
    opt_G.step()
    D.requires_grad_(True)
    return d_loss, g_loss


def through_the_fakes_by_hand(G, D, opt_G, opt_D, x_real, z):
    """D's gradient by its input, handed on to G."""
    x_fake = G(z)
    leaf = x_fake.detach().requires_grad_(True)
    opt_D.zero_grad()
    d_loss = -F.logsigmoid(D(x_real)).mean() - F.logsigmoid(-D(leaf)).mean()
    d_loss.backward()
    opt_D.step()
    g_loss = -F.logsigmoid(D(leaf)).mean()
    (slope,) = torch.autograd.grad(g_loss, leaf)
    opt_G.zero_grad()
    x_fake.backward(slope)
    opt_G.step()
    return torch.stack([d_loss, g_loss]).detach()


def graph_kept_and_cleared(G, D, opt_G, opt_D, x_real, z):
    """Wasteful, and right: D's loss is sent through G, and G's gradients are cleared after."""
    x_fake = G(z)
    opt_D.zero_grad()
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    d_loss.backward(retain_graph=True)
    opt_D.step()
    opt_G.zero_grad()
    g_loss = F.softplus(-D(x_fake)).mean()
    g_loss.backward()
    opt_G.step()
    return [d_loss, g_loss]


def _d(D, opt_D, x_real, x_fake, sign=1):
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    (sign * d_loss).backward()
    opt_D.step()
    return d_loss


def _g(D, opt_G, x_fake):
    g_loss = F.softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss


def not_detached(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    return _d(D, opt_D, x_real, x_fake), _g(D, opt_G, x_fake)


def graph_kept(G, D, opt_G, opt_D, x_real, z):
    opt_G.zero_grad()
    opt_D.zero_grad()
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    d_loss.backward(retain_graph=True)
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def detached_for_both(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z).detach()
    return _d(D, opt_D, x_real, x_fake), _g(D, opt_G, x_fake)


def fresh_fakes(G, D, opt_G, opt_D, x_real, z):
    return _d(D, opt_D, x_real, G(z).detach()), _g(D, opt_G, G(z))


def g_first(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    g_loss = _g(D, opt_G, x_fake)
    return _d(D, opt_D, x_real, x_fake.detach()), g_loss


def both_losses_first(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    g_loss = F.softplus(-D(x_fake)).mean()
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def saturating(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    g_loss = -F.softplus(D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def d_uphill(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    return _d(D, opt_D, x_real, x_fake.detach(), sign=-1), _g(D, opt_G, x_fake)


def d_moves_twice(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    g_loss = _g(D, opt_G, x_fake)
    opt_D.step()
    return d_loss, g_loss


def d_left_frozen(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    D.requires_grad_(False)
    return d_loss, _g(D, opt_G, x_fake)


def nothing_cleared(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    d_loss.backward()
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def cleared_after_g_alone(G, D, opt_G, opt_D, x_real, z):
    losses = nothing_cleared(G, D, opt_G, opt_D, x_real, z)
    opt_G.zero_grad()
    return losses


def g_in_evaluation_mode(G, D, opt_G, opt_D, x_real, z):
    x_fake = G.eval()(z)
    losses = _d(D, opt_D, x_real, x_fake.detach()), _g(D, opt_G, x_fake)
    G.train()
    return losses


def exchanged(G, D, opt_G, opt_D, x_real, z):
    return detached_for_d(G, D, opt_G, opt_D, x_real, z)[::-1]


def one_loss(G, D, opt_G, opt_D, x_real, z):
    return detached_for_d(G, D, opt_G, opt_D, x_real, z)[0]


CORRECT = (
    detached_for_d,
    frozen_d_and_labels,
    through_the_fakes_by_hand,
    graph_kept_and_cleared,
)
MOVES_D, MOVES_G = "D moves one step down its loss", "G moves one step, against the new D"
ONCE, CLEARED = "G is called once", "old gradients are cleared"
RETURNED = "both losses are returned"
MISTAKES = {
    not_detached: (MOVES_D, "backward through the graph a second time"),
    graph_kept: (MOVES_G, "also pushed down D's loss"),
    detached_for_both: (MOVES_G, "detach the fakes for D's loss only"),
    fresh_fakes: (ONCE, "G was called 2 times"),
    g_first: (MOVES_G, "against the old D"),
    both_losses_first: (MOVES_G, "modified by an inplace operation"),
    saturating: (MOVES_G, "saturating loss"),
    d_uphill: (MOVES_D, "went up its loss"),
    d_moves_twice: (MOVES_D, "moved in G's step too"),
    d_left_frozen: (MOVES_D, "stays frozen"),
    nothing_cleared: (CLEARED, "With old gradients left in both nets, D goes elsewhere"),
    cleared_after_g_alone: (CLEARED, "With old gradients left"),
    g_in_evaluation_mode: (ONCE, "not called in training mode"),
    exchanged: (RETURNED, "the other player's"),
    one_loss: (RETURNED, "should return d_loss and g_loss"),
}
