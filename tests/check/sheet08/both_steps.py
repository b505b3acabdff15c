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


def for_d_alone(G, D, opt_G, opt_D, x_real, z):
    """The graph is kept, and D's loss asks for D's gradients only."""
    x_fake = G(z)
    weights = list(D.parameters())
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    for p, g in zip(weights, torch.autograd.grad(d_loss, weights, retain_graph=True), strict=True):
        p.grad = g
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward(inputs=list(G.parameters()))
    opt_G.step()
    return [d_loss, g_loss]


def real_and_fake_in_turn(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad(set_to_none=False)
    on_real = F.softplus(-D(x_real)).mean()
    on_real.backward()
    on_fake = F.softplus(D(x_fake.data)).mean()
    on_fake.backward()
    opt_D.step()
    G.zero_grad()
    g_loss = torch.logaddexp(-D(x_fake), torch.zeros(())).mean()
    g_loss.backward()
    opt_G.step()
    return (on_real + on_fake).item(), g_loss.item()


def both_cleared_first(G, D, opt_G, opt_D, x_real, z):
    for opt in (opt_D, opt_G):
        opt.zero_grad()
    x_fake = G(z)
    logits = D(torch.cat([x_real, x_fake.detach()]))
    labels = torch.cat([torch.ones(len(x_real)), torch.zeros(len(z))])
    d_loss = 2 * F.binary_cross_entropy_with_logits(logits, labels)
    d_loss.backward()
    opt_D.step()
    g_loss = F.binary_cross_entropy_with_logits(D(x_fake), torch.ones(len(z)))
    g_loss.backward()
    opt_G.step()
    opt_D.zero_grad()
    return d_loss.detach(), g_loss.detach()


def probabilities(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    with torch.no_grad():
        seen = x_fake.clone()
    d_loss = -(D(x_real).sigmoid().log().mean() + (1 - D(seen).sigmoid()).log().mean())
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    for p in G.parameters():
        p.grad = None
    g_loss = F.binary_cross_entropy(D(x_fake).sigmoid(), torch.ones(len(z)))
    g_loss.backward()
    opt_G.step()
    return torch.stack([d_loss, g_loss])


def clamped_probabilities(G, D, opt_G, opt_D, x_real, z):
    def log(p):
        return p.clamp(min=1e-7).log().mean()

    x_fake = G(z)
    d_loss = -log(D(x_real).sigmoid()) - log(1 - D(x_fake.detach()).sigmoid())
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    g_loss = -log(D(x_fake).sigmoid())
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def clamped_for_g_alone(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    g_loss = -D(x_fake).sigmoid().clamp(min=1e-7).log().mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


def d_evaluating_for_g(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    D.eval()
    g_loss = _g(D, opt_G, x_fake)
    D.train()
    return d_loss, g_loss


def by_closures(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)

    def for_d():
        opt_D.zero_grad()
        loss = -F.logsigmoid(D(x_real)).mean() - F.logsigmoid(-D(x_fake.detach())).mean()
        loss.backward()
        return loss

    def for_g():
        opt_G.zero_grad()
        loss = -F.logsigmoid(D(x_fake)).mean()
        loss.backward()
        return loss

    return opt_D.step(for_d), opt_G.step(for_g)


def lazily_logged(G, D, opt_G, opt_D, x_real, z):
    logs = []
    x_fake = G(z)
    for who, opt, loss in (
        ("D", opt_D, lambda: F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()),
        ("G", opt_G, lambda: F.softplus(-D(x_fake)).mean()),
    ):
        opt.zero_grad()
        value = loss()
        value.backward()
        opt.step()
        logs.append((who, value.item()))
    return tuple(value for _, value in logs)


def graph_kept_and_cleared(G, D, opt_G, opt_D, x_real, z):
    """D's loss is sent through G, and G's gradients are cleared after."""
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


def own_step_for_g(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    g_loss = F.softplus(-D(x_fake)).mean()
    G.zero_grad()
    g_loss.backward()
    for p in G.parameters():
        p.data -= opt_G.param_groups[0]["lr"] * p.grad
    return d_loss, g_loss


def d_left_in_eval(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = _d(D, opt_D, x_real, x_fake.detach())
    D.eval()
    return d_loss, _g(D, opt_G, x_fake)


def halved_for_d(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = (F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()) / 2
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss, _g(D, opt_G, x_fake)


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


def gradients_clipped(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    nn.utils.clip_grad_norm_(D.parameters(), 1.0)
    opt_D.step()
    g_loss = F.softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    nn.utils.clip_grad_norm_(G.parameters(), 1.0)
    opt_G.step()
    return d_loss, g_loss


CORRECT = (
    detached_for_d,
    frozen_d_and_labels,
    through_the_fakes_by_hand,
    for_d_alone,
    real_and_fake_in_turn,
    both_cleared_first,
    lazily_logged,
    by_closures,
)
MOVES_D, MOVES_G = "D moves one step down its loss", "G moves one step, against the new D"
ONCE, CLEARED = "one call of G, and one way back", "old gradients are cleared"
RETURNED = "both losses are returned"
MISTAKES = {
    gradients_clipped: (MOVES_D, "by one step of opt_D"),
    not_detached: (MOVES_D, "backward through the graph a second time"),
    graph_kept: (MOVES_G, "also pushed down D's loss"),
    detached_for_both: (MOVES_G, "detach the fakes for D's loss only"),
    fresh_fakes: (ONCE, "G was called 2 times"),
    g_first: (MOVES_G, "against the old D"),
    both_losses_first: (MOVES_G, "modified by an inplace operation"),
    saturating: (MOVES_G, "saturating loss"),
    d_uphill: (MOVES_D, "went up its loss"),
    d_moves_twice: (MOVES_D, "moved in G's step too"),
    d_left_frozen: (MOVES_D, "left frozen"),
    nothing_cleared: (CLEARED, "With old gradients left in both nets, D goes elsewhere"),
    cleared_after_g_alone: (CLEARED, "With old gradients left"),
    g_in_evaluation_mode: (ONCE, "not called in training mode"),
    graph_kept_and_cleared: (ONCE, "went back through G"),
    own_step_for_g: (MOVES_G, "not the one that opt_G takes"),
    d_left_in_eval: (MOVES_D, "D comes back in another mode"),
    halved_for_d: (MOVES_D, "half as long"),
    exchanged: (RETURNED, "the other player's"),
    probabilities: (MOVES_D, "Where D is sure"),
    clamped_probabilities: (MOVES_D, "Where D is sure"),
    clamped_for_g_alone: (MOVES_G, "Where D is sure"),
    d_evaluating_for_g: (ONCE, "D was called in evaluation mode"),
    one_loss: (RETURNED, "should return d_loss and g_loss"),
}
