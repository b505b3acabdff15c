"""A step of G: correct in several styles, and the classic mistakes."""

import copy

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


def as_lesson_05_has_it(G, D, opt_G, z):
    g_loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()


def through_a_copy_of_d(G, D, opt_G, z):
    guide = copy.deepcopy(D).requires_grad_(False)
    return _step(nn.BCEWithLogitsLoss()(guide(G(z)), torch.ones(len(z))), opt_G, guide)


def gradient_of_the_fakes(G, D, opt_G, z):
    x_fake = G(z)
    held = x_fake.detach().requires_grad_()
    loss = F.softplus(-D(held)).mean()
    (slope,) = torch.autograd.grad(loss, held)
    opt_G.zero_grad()
    x_fake.backward(slope)
    opt_G.step()
    return loss


def in_a_closure(G, D, opt_G, z):
    def closure():
        opt_G.zero_grad()
        loss = -F.logsigmoid(D(G(z))).sum() / z.shape[0]
        loss.backward()
        return loss

    return opt_G.step(closure).detach()


def logaddexp(G, D, opt_G, z):
    logit_fake = D(G(z))
    return _step(torch.logaddexp(torch.zeros_like(logit_fake), -logit_fake).mean(), opt_G, D)


def functional_d(G, D, opt_G, z):
    held = {name: p.detach() for name, p in D.named_parameters()}
    logit_fake = torch.func.functional_call(D, held, G(z))
    return _step(F.softplus(-logit_fake).mean(), opt_G, D)


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


def d_left_in_evaluation(G, D, opt_G, z):
    D.eval()
    return freeze_d_meanwhile(G, D, opt_G, z)


def g_left_in_evaluation(G, D, opt_G, z):
    loss = freeze_d_meanwhile(G, D, opt_G, z)
    G.eval()
    return loss


def g_draws_in_evaluation(G, D, opt_G, z):
    G.eval()
    loss = freeze_d_meanwhile(G, D, opt_G, z)
    G.train()
    return loss


def d_judges_in_evaluation(G, D, opt_G, z):
    D.eval()
    loss = freeze_d_meanwhile(G, D, opt_G, z)
    D.train()
    return loss


def through_a_copy_in_evaluation(G, D, opt_G, z):
    judge = copy.deepcopy(D).eval().requires_grad_(False)
    return _step(F.softplus(-judge(G(z))).mean(), opt_G, judge)


def loss_after_the_step(G, D, opt_G, z):
    freeze_d_meanwhile(G, D, opt_G, z)
    return F.softplus(-D(G(z))).mean()


def nothing_returned(G, D, opt_G, z):
    freeze_d_meanwhile(G, D, opt_G, z)


def logits_returned(G, D, opt_G, z):
    freeze_d_meanwhile(G, D, opt_G, z)
    return D(G(z))


def own_sgd_at_the_same_rate(G, D, opt_G, z):
    own = torch.optim.SGD(G.parameters(), lr=opt_G.param_groups[0]["lr"])
    return freeze_d_meanwhile(G, D, own, z)


def fakes_under_no_grad(G, D, opt_G, z):
    with torch.no_grad():
        x_fake = G(z)
    return _step(F.softplus(-D(x_fake)).mean(), opt_G, D)


def own_noise(G, D, opt_G, z):
    return freeze_d_meanwhile(G, D, opt_G, torch.randn_like(z))


def through_the_probability(G, D, opt_G, z):
    return _step((1 - D(G(z)).sigmoid()).mean(), opt_G, D)


def gradients_clipped(G, D, opt_G, z):
    loss = F.softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(G.parameters(), 1.0)
    opt_G.step()
    return loss


CORRECT = (
    freeze_d_meanwhile,
    clear_d_afterwards,
    gradients_by_hand,
    backward_into_g_alone,
    as_lesson_05_has_it,
    through_a_copy_of_d,
    gradient_of_the_fakes,
    in_a_closure,
    logaddexp,
    functional_d,
)
MOVES, LEFT = "G moves one step down -log D(G(z))", "D is left as it was"
CLEARED, SURE = "old gradients are cleared", "G learns where D is sure"
MISTAKES = {
    gradients_clipped: (MOVES, "by one step of opt_G"),
    saturating: (MOVES, "saturating loss"),
    uphill: (MOVES, "uphill"),
    fakes_labelled_fake: (MOVES, "learns to be caught"),
    both_losses: (MOVES, "another divergence"),
    fakes_detached: (MOVES, "did not move"),
    summed: (MOVES, "sums over the batch"),
    d_left_frozen: (LEFT, "stays frozen"),
    d_moves_too: (LEFT, "D moved in G's step"),
    gradients_not_cleared: (CLEARED, "old gradients"),
    log_of_sigmoid: (SURE, "NaN"),
    log_with_epsilon: (SURE, "no gradient at all"),
    d_left_in_evaluation: (LEFT, "D comes back in another mode"),
    g_left_in_evaluation: (LEFT, "G comes back in another mode"),
    g_draws_in_evaluation: (MOVES, "G was called in evaluation mode"),
    d_judges_in_evaluation: (LEFT, "D was called in evaluation mode"),
    through_a_copy_in_evaluation: (LEFT, "D was called in evaluation mode"),
    loss_after_the_step: ("the loss is returned", "after its step"),
    nothing_returned: ("the loss is returned", "is there a `return`?"),
    logits_returned: ("the loss is returned", "should be one number"),
    own_sgd_at_the_same_rate: ("two steps in a row", "optimiser that was given"),
    fakes_under_no_grad: (MOVES, ""),
    own_noise: (MOVES, "not by one step of opt_G"),
    through_the_probability: (MOVES, "not by one step of opt_G"),
}
