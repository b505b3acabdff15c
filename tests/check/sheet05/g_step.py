"""A step of G: correct in several styles, and the classic mistakes."""

import torch
import torch.nn.functional as F
from torch import nn


def freeze_d_meanwhile(G, D, opt_G, z):
    D.requires_grad_(False)
    loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()
    D.requires_grad_(True)
    return loss


def clear_d_afterwards(G, D, opt_G, z):
    logit_fake = D(G(z))
    loss = nn.functional.binary_cross_entropy_with_logits(logit_fake, torch.ones_like(logit_fake))
    G.zero_grad()
    loss.backward()
    opt_G.step()
    D.zero_grad()
    return loss.item()


def gradients_by_hand(G, D, opt_G, z):
    loss = -F.logsigmoid(D(G(z)).double()).mean()
    weights = list(G.parameters())
    for p, g in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        p.grad = g.clone()
    opt_G.step()
    return loss.detach()


def backward_into_g_alone(G, D, opt_G, z):
    opt_G.zero_grad(set_to_none=False)
    loss = F.softplus(-D(G(z))).sum() / len(z)
    loss.backward(inputs=list(G.parameters()))
    opt_G.step()
    return loss


def _step(loss, opt, D):
    opt.zero_grad()
    loss.backward()
    opt.step()
    D.zero_grad()
    return loss


def saturating(G, D, opt_G, z):
    return _step(-F.softplus(D(G(z))).mean(), opt_G, D)


def uphill(G, D, opt_G, z):
    return _step(F.logsigmoid(D(G(z))).mean(), opt_G, D)


def fakes_labelled_fake(G, D, opt_G, z):
    logit_fake = D(G(z))
    loss = F.binary_cross_entropy_with_logits(logit_fake, torch.zeros_like(logit_fake))
    return _step(loss, opt_G, D)


def both_losses(G, D, opt_G, z):
    logit_fake = D(G(z))
    return _step((F.softplus(-logit_fake) - F.softplus(logit_fake)).mean(), opt_G, D)


def fakes_detached(G, D, opt_G, z):
    return _step(F.softplus(-D(G(z).detach())).mean(), opt_G, D)


def gradients_left_in_d(G, D, opt_G, z):
    loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()
    return loss


def d_left_frozen(G, D, opt_G, z):
    D.requires_grad_(False)
    return _step(F.softplus(-D(G(z))).mean(), opt_G, D)


def d_moves_too(G, D, opt_G, z):
    opt_D = torch.optim.SGD(D.parameters(), lr=0.1)
    loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()
    opt_D.step()
    D.zero_grad()
    return loss


def gradients_not_cleared(G, D, opt_G, z):
    loss = F.softplus(-D(G(z))).mean()
    loss.backward()
    opt_G.step()
    D.zero_grad()
    return loss


def log_of_sigmoid(G, D, opt_G, z):
    return _step(-D(G(z)).sigmoid().log().mean(), opt_G, D)


def log_with_epsilon(G, D, opt_G, z):
    return _step(-(D(G(z)).sigmoid() + 1e-8).log().mean(), opt_G, D)


def summed(G, D, opt_G, z):
    return _step(F.softplus(-D(G(z))).sum(), opt_G, D)


CORRECT = (freeze_d_meanwhile, clear_d_afterwards, gradients_by_hand, backward_into_g_alone)
MOVES, LEFT = "G moves one step down -log D(G(z))", "D is left as it was"
CLEARED, SURE = "old gradients are cleared", "G learns where D is sure"
MISTAKES = {
    saturating: (MOVES, "saturating loss"),
    uphill: (MOVES, "uphill"),
    fakes_labelled_fake: (MOVES, "learns to be caught"),
    both_losses: (MOVES, "another divergence"),
    fakes_detached: (MOVES, "did not move"),
    summed: (MOVES, "sums over the batch"),
    gradients_left_in_d: (LEFT, "D holds gradients of G's step"),
    d_left_frozen: (LEFT, "stays frozen"),
    d_moves_too: (LEFT, "D moved in G's step"),
    gradients_not_cleared: (CLEARED, "old gradients"),
    log_of_sigmoid: (SURE, "NaN"),
    log_with_epsilon: (SURE, "no gradient at all"),
}
