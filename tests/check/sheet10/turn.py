"""A turn whose D loss must not reach G: correct in several styles, and the classic mistakes."""

import torch
import torch.nn.functional as F

from gancourse.losses import cross_entropy_d

SEEDS = 1  # of two trainings each
STYLES = 2  # that are trained in a short run


def detached(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    g_loss = -F.softplus(D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()


def made_twice(G, D, opt_G, opt_D, x_real, z):
    with torch.no_grad():
        x_fake = G(z)
    bce = F.binary_cross_entropy_with_logits
    real, fake = D(x_real), D(x_fake)
    opt_D.zero_grad()
    (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))).backward()
    opt_D.step()
    D.requires_grad_(False)
    opt_G.zero_grad()
    F.logsigmoid(-D(G(z))).mean().backward()
    opt_G.step()
    D.requires_grad_(True)


def cleared_in_time(G, D, opt_G, opt_D, x_real, z):
    """The leak is not cut, but its gradients are cleared before G's own come."""
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake)).backward(retain_graph=True)
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def only_the_gradients_wanted(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    for opt, net, loss in (
        (opt_D, D, lambda: cross_entropy_d(D(x_real), D(x_fake))),
        (opt_G, G, lambda: -F.softplus(D(x_fake)).mean()),
    ):
        weights = list(net.parameters())
        grads = torch.autograd.grad(loss(), weights, retain_graph=True)
        for weight, grad in zip(weights, grads, strict=True):
            weight.grad = grad
        opt.step()


def d_frozen_meanwhile(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    (-F.logsigmoid(D(x_real)).mean() - F.logsigmoid(-D(x_fake.detach())).mean()).backward()
    opt_D.step()
    for p in D.parameters():
        p.requires_grad_(False)
    opt_G.zero_grad()
    torch.log(1 - torch.sigmoid(D(x_fake))).mean().backward()
    opt_G.step()
    for p in D.parameters():
        p.requires_grad_(True)


def cleared_after_each_step(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()
    G.zero_grad()
    D.zero_grad()


def inputs_named(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    d_loss = cross_entropy_d(D(x_real), D(x_fake))
    d_loss.backward(inputs=list(D.parameters()), retain_graph=True)
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward(inputs=list(G.parameters()))
    opt_G.step()


def real_then_fake(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    F.softplus(-D(x_real)).mean().backward()
    F.softplus(D(x_fake.data)).mean().backward()
    opt_D.step()
    opt_G.zero_grad()
    loss = F.binary_cross_entropy_with_logits(D(x_fake), torch.zeros(len(z)))
    (-loss).backward()
    opt_G.step()


def unmended(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    d_loss.backward(retain_graph=True)
    opt_D.step()
    g_loss = -F.softplus(D(x_fake)).mean()
    g_loss.backward()
    opt_G.step()
    opt_G.zero_grad()


def detached_for_both(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z).detach()
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake)).backward()
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def cleared_too_late(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake)).backward(retain_graph=True)
    opt_D.step()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.zero_grad()
    opt_G.step()


def verdict_detached(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake).detach()).backward()
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def d_without_clearing(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def louder(G, D, opt_G, opt_D, x_real, z):
    """Three times G's loss against the leak, in place of a cut."""
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake)).backward(retain_graph=True)
    opt_D.step()
    (-3 * F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()
    opt_G.zero_grad()


def other_loss(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake)).backward(retain_graph=True)
    opt_D.step()
    F.softplus(-D(x_fake)).mean().backward()
    opt_G.step()
    opt_G.zero_grad()


def other_loss_detached(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()
    opt_G.zero_grad()
    F.softplus(-D(x_fake)).mean().backward()
    opt_G.step()


def g_never_cleared(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def d_uphill(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    (-cross_entropy_d(D(x_real), D(x_fake.detach()))).backward()
    opt_D.step()
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def d_left_frozen(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()
    D.requires_grad_(False)
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()


def eval_left_on(G, D, opt_G, opt_D, x_real, z):
    detached(G, D, opt_G, opt_D, x_real, z)
    G.eval()


MOVES, LEARNS = "G moves down its own loss alone", "D learns from real and fake"
MENDED = "the repaired run finds the modes"


def gradients_clipped(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    d_loss = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    torch.nn.utils.clip_grad_norm_(D.parameters(), 1.0)
    opt_D.step()
    g_loss = -F.softplus(D(x_fake)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    torch.nn.utils.clip_grad_norm_(G.parameters(), 1.0)
    opt_G.step()


CORRECT = (
    detached, made_twice, cleared_in_time, only_the_gradients_wanted, d_frozen_meanwhile,
    cleared_after_each_step, inputs_named, real_then_fake,
)  # fmt: skip


def g_first(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_G.zero_grad()
    (-F.softplus(D(x_fake)).mean()).backward()
    opt_G.step()
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(x_fake.detach())).backward()
    opt_D.step()


def g_first_and_fakes_anew(G, D, opt_G, opt_D, x_real, z):
    opt_G.zero_grad()
    (-F.softplus(D(G(z))).mean()).backward()
    opt_G.step()
    opt_D.zero_grad()
    cross_entropy_d(D(x_real), D(G(z).detach())).backward()
    opt_D.step()


MISTAKES = {
    gradients_clipped: (LEARNS, "step of opt_D"),
    unmended: (MOVES, "The run is still faulty: D's loss still reaches G"),
    detached_for_both: (MOVES, "G stands still"),
    cleared_too_late: (MOVES, "G stands still"),
    verdict_detached: (LEARNS, "D no longer learns from the fakes"),
    d_without_clearing: (LEARNS, "D's gradients pile up"),
    other_loss: (MOVES, "Another loss of G only hides"),
    other_loss_detached: (MOVES, "the fault was not there"),
    g_never_cleared: (MOVES, "G's gradients pile up"),
    d_uphill: (LEARNS, "D goes up its loss"),
    d_left_frozen: (LEARNS, "left frozen"),
    eval_left_on: (MOVES, "G comes back in another mode"),
    louder: (MOVES, "G did not move down its own loss"),
    g_first: (MOVES, "G moved against the old D"),
    g_first_and_fakes_anew: (LEARNS, "D learned from fakes that G drew after its own step"),
}
