"""A step of D: correct in several styles, and the classic mistakes."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from gancourse.losses import cross_entropy_d


def detach_the_fakes(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()
    return loss


def fakes_under_no_grad(G, D, opt_D, x_real, z):
    with torch.no_grad():
        x_fake = G(z)
    opt_D.zero_grad(set_to_none=False)
    loss = cross_entropy_d(D(x_real).double(), D(x_fake).double())
    loss.backward()
    opt_D.step()
    return loss.item()


def one_batch_for_both(G, D, opt_D, x_real, z):
    both = torch.cat([x_real, G(z).detach()])
    logit_real, logit_fake = D(both).split(len(x_real))
    loss = F.softplus(-logit_real).mean() + F.softplus(logit_fake).mean()
    D.zero_grad()
    loss.backward()
    opt_D.step()
    return loss.detach()


def two_backward_passes(G, D, opt_D, x_real, z):
    D.zero_grad()
    errD_real = nn.BCEWithLogitsLoss()(D(x_real), torch.ones(len(x_real)))
    errD_real.backward()
    errD_fake = nn.BCEWithLogitsLoss()(D(G(z).detach()), torch.zeros(len(z)))
    errD_fake.backward()
    opt_D.step()
    return (errD_real + errD_fake).item()


def freeze_g_meanwhile(G, D, opt_D, x_real, z):
    G.requires_grad_(False)
    opt_D.zero_grad()
    loss = cross_entropy_d(D(x_real), D(G(z)))
    loss.backward()
    opt_D.step()
    G.requires_grad_(True)
    return loss


def gradients_by_hand(G, D, opt_D, x_real, z):
    weights = list(D.parameters())
    loss = cross_entropy_d(D(x_real), D(G(z)))
    for p, g in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        p.grad = g
    opt_D.step()
    return loss


def cleared_by_hand(G, D, opt_D, x_real, z):
    x_fake = G(z).clone().detach()
    loss = F.softplus(torch.cat([-D(x_real), D(x_fake)])).sum() / len(z)
    for group in opt_D.param_groups:
        for p in group["params"]:
            p.grad = None
    loss.backward()
    opt_D.step()
    return loss.item()


def in_a_closure(G, D, opt_D, x_real, z):
    with torch.no_grad():
        x_fake = G(z)

    def closure():
        opt_D.zero_grad()
        loss = cross_entropy_d(D(x_real), D(x_fake))
        loss.backward()
        return loss

    return opt_D.step(closure).item()


def backward_into_d_alone(G, D, opt_D, x_real, z):
    opt_D.zero_grad()
    loss = cross_entropy_d(D(x_real), D(G(z)))
    loss.backward(inputs=list(D.parameters()))
    opt_D.step()
    return loss.detach().numpy()


def a_copy_of_g_draws(G, D, opt_D, x_real, z):
    with torch.inference_mode():
        x_fake = copy.deepcopy(G)(z)
    return _step(cross_entropy_d(D(x_real), D(x_fake.clone())), opt_D)


def modes_set_and_put_back(G, D, opt_D, x_real, z):
    modes = G.training, D.training
    G.train()
    D.train()
    loss = detach_the_fakes(G, D, opt_D, x_real, z)
    G.train(modes[0])
    D.train(modes[1])
    return loss


def g_s_gradients_cleared_too(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z)))
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()
    G.zero_grad(set_to_none=False)
    return loss.item()


def _step(loss, opt):
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss


def with_logsigmoid(G, D, opt_D, x_real, z):
    x_fake = G(z).detach()
    return _step(-F.logsigmoid(D(x_real)).mean() - F.logsigmoid(-D(x_fake)).mean(), opt_D)


def _of_probabilities(loss):
    """Return a step down a loss of D(x) and D(G(z)) as probabilities."""

    def step(G, D, opt_D, x_real, z):
        p_real, p_fake = D(x_real).sigmoid(), D(G(z).detach()).sigmoid()
        return _step(loss(p_real) + loss(1 - p_fake), opt_D).detach()

    return step


def cross_entropy_of_probabilities(G, D, opt_D, x_real, z):
    def loss(p):
        return F.binary_cross_entropy(p, torch.ones_like(p))

    return _of_probabilities(loss)(G, D, opt_D, x_real, z)


def probabilities_clamped(G, D, opt_D, x_real, z):
    loss = _of_probabilities(lambda p: -p.clamp(min=1e-7).log().mean())
    return loss(G, D, opt_D, x_real, z)


def logarithm_of_a_sigmoid(G, D, opt_D, x_real, z):
    return _of_probabilities(lambda p: -p.log().mean())(G, D, opt_D, x_real, z)


def logits_clamped(G, D, opt_D, x_real, z):
    logits = (D(x).clamp(-50, 50) for x in (x_real, G(z).detach()))
    return _step(cross_entropy_d(*logits), opt_D)


def fakes_attached(G, D, opt_D, x_real, z):
    return _step(cross_entropy_d(D(x_real), D(G(z))), opt_D)


def gradients_not_cleared(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    loss.backward()
    opt_D.step()
    return loss


def cleared_too_late(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    loss.backward()
    opt_D.step()
    opt_D.zero_grad()
    return loss


def cleared_before_the_step(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    loss.backward()
    opt_D.zero_grad()
    opt_D.step()
    return loss


def no_step(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    opt_D.zero_grad()
    loss.backward()
    return loss


def uphill(G, D, opt_D, x_real, z):
    return _step(-cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)


def labels_exchanged(G, D, opt_D, x_real, z):
    return _step(cross_entropy_d(D(G(z).detach()), D(x_real)), opt_D)


def real_alone(G, D, opt_D, x_real, z):
    return _step(F.softplus(-D(x_real)).mean(), opt_D)


def loss_after_the_step(G, D, opt_D, x_real, z):
    _step(cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)
    return cross_entropy_d(D(x_real), D(G(z).detach()))


def nothing_returned(G, D, opt_D, x_real, z):
    _step(cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)


def g_moves_too(G, D, opt_D, x_real, z):
    opt_G = torch.optim.SGD(G.parameters(), lr=0.1)
    loss = cross_entropy_d(D(x_real), D(G(z)))
    opt_G.zero_grad()
    _step(loss, opt_D)
    opt_G.step()
    return loss


def g_left_frozen(G, D, opt_D, x_real, z):
    G.requires_grad_(False)
    return _step(cross_entropy_d(D(x_real), D(G(z))), opt_D)


def an_optimiser_of_its_own(G, D, opt_D, x_real, z):
    return detach_the_fakes(G, D, torch.optim.Adam(D.parameters(), lr=1e-2), x_real, z)


def d_left_in_evaluation(G, D, opt_D, x_real, z):
    D.eval()
    return _step(cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)


def g_left_in_evaluation(G, D, opt_D, x_real, z):
    G.eval()
    return _step(cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)


def g_draws_in_evaluation(G, D, opt_D, x_real, z):
    G.eval()
    x_fake = G(z).detach()
    G.train()
    return _step(cross_entropy_d(D(x_real), D(x_fake)), opt_D)


def d_judges_in_evaluation(G, D, opt_D, x_real, z):
    D.eval()
    loss = detach_the_fakes(G, D, opt_D, x_real, z)
    D.train()
    return loss


def d_judges_fakes_in_evaluation(G, D, opt_D, x_real, z):
    logit_real = D(x_real)
    logit_fake = D.eval()(G(z).detach())
    D.train()
    return _step(cross_entropy_d(logit_real, logit_fake), opt_D)


def first_layer_frozen(G, D, opt_D, x_real, z):
    loss = _step(cross_entropy_d(D(x_real), D(G(z).detach())), opt_D)
    next(D.parameters()).requires_grad_(False)
    return loss


def fake_alone(G, D, opt_D, x_real, z):
    return _step(F.softplus(D(G(z).detach())).mean(), opt_D)


def summed(G, D, opt_D, x_real, z):
    logits = -D(x_real), D(G(z).detach())
    return _step(sum(F.softplus(logit).sum() for logit in logits), opt_D)


def own_noise(G, D, opt_D, x_real, z):
    return _step(cross_entropy_d(D(x_real), D(G(torch.randn_like(z)).detach())), opt_D)


def own_sgd_at_the_same_rate(G, D, opt_D, x_real, z):
    own = torch.optim.SGD(D.parameters(), lr=opt_D.param_groups[0]["lr"])
    return detach_the_fakes(G, D, own, x_real, z)


def two_steps(G, D, opt_D, x_real, z):
    detach_the_fakes(G, D, opt_D, x_real, z)
    return detach_the_fakes(G, D, opt_D, x_real, z)


def v_returned(G, D, opt_D, x_real, z):
    return -detach_the_fakes(G, D, opt_D, x_real, z)


def gradients_clipped(G, D, opt_D, x_real, z):
    loss = cross_entropy_d(D(x_real), D(G(z).detach()))
    opt_D.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(D.parameters(), 1.0)
    opt_D.step()
    return loss


CORRECT = (
    detach_the_fakes,
    fakes_under_no_grad,
    one_batch_for_both,
    two_backward_passes,
    freeze_g_meanwhile,
    gradients_by_hand,
    cleared_by_hand,
    in_a_closure,
    backward_into_d_alone,
    a_copy_of_g_draws,
    modes_set_and_put_back,
    g_s_gradients_cleared_too,
    with_logsigmoid,
)
SURE = "D learns where it is sure and wrong"
MOVES, ALONE = "D moves one step down its loss", "G is left alone"
CLEARED, RETURNED = "old gradients are cleared", "the loss is returned"
MISTAKES = {
    cross_entropy_of_probabilities: (SURE, "gets no gradient at all"),
    probabilities_clamped: (SURE, "gets no gradient at all"),
    logarithm_of_a_sigmoid: (SURE, "become NaN"),
    logits_clamped: (SURE, "gets no gradient at all"),
    gradients_clipped: (MOVES, "by one step of opt_D"),
    fakes_attached: (ALONE, "still attached"),
    g_moves_too: (ALONE, "G moved in D's step"),
    g_left_frozen: (ALONE, "stays frozen"),
    gradients_not_cleared: (CLEARED, "an earlier step left"),
    cleared_too_late: (CLEARED, "an earlier step left"),
    cleared_before_the_step: (MOVES, "did not move"),
    no_step: (MOVES, "did not move"),
    uphill: (MOVES, "V(D, G) itself"),
    labels_exchanged: (MOVES, "changed places"),
    real_alone: (MOVES, "Only the real samples"),
    an_optimiser_of_its_own: (MOVES, "not by one step of opt_D"),
    loss_after_the_step: (RETURNED, "after its step"),
    nothing_returned: (RETURNED, "is there a `return`?"),
    d_left_in_evaluation: (ALONE, "D comes back in another mode"),
    g_left_in_evaluation: (ALONE, "G comes back in another mode"),
    g_draws_in_evaluation: (MOVES, "G drew the fakes in evaluation mode"),
    d_judges_in_evaluation: (ALONE, "D was called in evaluation mode"),
    d_judges_fakes_in_evaluation: (ALONE, "D was called in evaluation mode"),
    first_layer_frozen: (ALONE, "D stays frozen"),
    fake_alone: (MOVES, "Only the fake samples"),
    summed: (MOVES, "sums over the batch"),
    own_noise: (MOVES, "not by one step of opt_D"),
    own_sgd_at_the_same_rate: ("two steps in a row", "optimiser that was given"),
    two_steps: (MOVES, "not by one step"),
    v_returned: (RETURNED, "is not D's loss"),
}
