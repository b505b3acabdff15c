"""What moves G: correct in several styles, and the classic mistakes."""

import copy

import numpy as np
import torch
from torch.nn.functional import logsigmoid, softplus


def _leaves(m, s):
    return m.clone().requires_grad_(), s.clone().requires_grad_()


def _of(loss, D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(loss(D(m + s * z)).mean(), (m, s)))


def autograd_of_v(D, m, s, z):
    return _of(lambda logit: -softplus(logit), D, m, s, z)


def with_logaddexp(D, m, s, z):
    return _of(lambda logit: -torch.logaddexp(logit, torch.zeros(())), D, m, s, z)


def log_of_the_other_sigmoid(D, m, s, z):
    """Its slope is right to logits of 100, in float64: there sigmoid(-l) is 4e-44, not 0."""
    return _of(lambda logit: torch.sigmoid(-logit.double()).log(), D, m, s, z)


def naive_log(D, m, s, z):
    return _of(lambda logit: (1 - logit.sigmoid()).log(), D, m, s, z)


def epsilon_in_the_log(D, m, s, z):
    return _of(lambda logit: (1 - logit.sigmoid() + 1e-12).log(), D, m, s, z)


def probability_clamped(D, m, s, z):
    return _of(lambda logit: (1 - logit.sigmoid()).clamp(min=1e-7).log(), D, m, s, z)


def logits_clamped(D, m, s, z):
    return _of(lambda logit: -softplus(logit.clamp(-20, 20)), D, m, s, z)


def exponential_in_the_log(D, m, s, z):
    return _of(lambda logit: -(1 + logit.exp()).log(), D, m, s, z)


def bounded_cross_entropy(D, m, s, z):
    """PyTorch's loss of probabilities, which cuts its logarithms off at -100."""

    def loss(logit):
        p = logit.sigmoid()
        return -torch.nn.functional.binary_cross_entropy(p, torch.zeros_like(p))

    return _of(loss, D, m, s, z)


def the_formula(D, m, s, z):
    x = (m + s * z).requires_grad_()
    logit = D(x)
    (slope,) = torch.autograd.grad(logit.sum(), x)
    push = -logit.sigmoid().detach() * slope[:, 0]
    return push.mean(), (z[:, 0] * push).mean()


def backward_on_parameters(D, m, s, z):
    m, s = torch.nn.Parameter(m), torch.nn.Parameter(s)
    logsigmoid(-D(m + s * z)).mean().backward()
    return [m.grad, s.grad]


def both_at_once(D, m, s, z):
    ms = torch.stack([m, s]).requires_grad_()
    design = torch.cat([torch.ones_like(z), z], 1)  # [N, 2]
    (-softplus(D((design @ ms)[:, None]))).mean().backward()
    return ms.grad


def functional(D, m, s, z):
    def V(m, s):
        return -softplus(D(m + s * z)).mean()

    return torch.func.grad(V, argnums=(0, 1))(m, s)


def two_grads(D, m, s, z):
    found = []
    for leaf in (m, s):
        leaf.requires_grad_(True)
        V = logsigmoid(-D(m + s * z).double()).mean()
        found.append(torch.autograd.grad(V, leaf)[0].item())
    return found


def differences_in_float64(D, m, s, z):
    D, z, h = copy.deepcopy(D).double(), z.double(), 1e-7

    def V(m, s):
        with torch.no_grad():
            return -softplus(D(m + s * z)).mean().item()

    m, s = m.item(), s.item()
    return np.array([V(m + h, s) - V(m - h, s), V(m, s + h) - V(m, s - h)]) / (2 * h)


def sample_by_sample(D, m, s, z):
    total = torch.zeros(2)
    for one in z:
        x = (m + s * one)[None].requires_grad_(True)  # [1, 1]
        logit = D(x)
        (slope,) = torch.autograd.grad(logit.sum(), x)
        total += -logit.sigmoid().item() * slope.item() * torch.stack([one.new_tensor(1), one[0]])
    return total / len(z)


def jacobian_of_x(D, m, s, z):
    x = (m + s * z).detach().requires_grad_()
    (logsigmoid(-D(x)).sum() / z.shape[0]).backward()
    return torch.cat([torch.ones_like(z), z], 1).T @ x.grad[:, 0]


def downhill(D, m, s, z):
    return -autograd_of_v(D, m, s, z)


def summed(D, m, s, z):
    return len(z) * autograd_of_v(D, m, s, z)


def logit_alone(D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(-D(m + s * z).mean(), (m, s)))


def non_saturating(D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(softplus(-D(m + s * z)).mean(), (m, s)))


def no_logarithm(D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(D(m + s * z).sigmoid().mean(), (m, s)))


def no_chain(D, m, s, z):
    by_m, _ = the_formula(D, m, s, z)
    return torch.stack([by_m, by_m])


def cut(D, m, s, z):
    m, s = _leaves(m, s)
    V = -softplus(D((m + s * z).detach())).mean() + 0 * (m + s)
    return torch.stack(torch.autograd.grad(V, (m, s)))


def exchanged(D, m, s, z):
    return autograd_of_v(D, m, s, z).flip(0)


def v_itself(D, m, s, z):
    return -softplus(D(m + s * z)).mean()


def log_d(D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(logsigmoid(D(m + s * z)).mean(), (m, s)))


def slope_of_the_logit(D, m, s, z):
    m, s = _leaves(m, s)
    return torch.stack(torch.autograd.grad(D(m + s * z).mean(), (m, s)))


def log_of_the_mean(D, m, s, z):
    m, s = _leaves(m, s)
    V = (1 - D(m + s * z).sigmoid().mean()).log()
    return torch.stack(torch.autograd.grad(V, (m, s)))


def logit_for_probability(D, m, s, z):
    m, s = _leaves(m, s)
    V = (1 - D(m + s * z)).abs().log().mean()
    return torch.stack(torch.autograd.grad(V, (m, s)))


def z_of_the_first(D, m, s, z):
    by_m, _ = the_formula(D, m, s, z)
    return by_m, by_m * z[0, 0]


def z_outside_of_the_mean(D, m, s, z):
    by_m, _ = the_formula(D, m, s, z)
    return by_m, by_m * z.mean()


def z_of_all(D, m, s, z):
    x = (m + s * z).requires_grad_()
    logit = D(x)
    (slope,) = torch.autograd.grad(logit.sum(), x)
    push = -logit.sigmoid().detach() * slope[:, 0]  # [N]
    return push.mean(), (z * push).mean()


def share_of_all(D, m, s, z):
    x = (m + s * z).requires_grad_()
    logit = D(x)
    (slope,) = torch.autograd.grad(logit.sum(), x)  # [N, 1]
    push = -logit.sigmoid().detach() * slope
    return push.mean(), (z * push).mean()


def m_alone(D, m, s, z):
    return the_formula(D, m, s, z)[0]


CORRECT = (
    autograd_of_v,
    the_formula,
    backward_on_parameters,
    both_at_once,
    functional,
    two_grads,
    differences_in_float64,
    sample_by_sample,
    jacobian_of_x,
    with_logaddexp,
    log_of_the_other_sigmoid,
)
SURE = "where D is sure"
M, S = "the slope by m", "the slope by s"
MISTAKES = {
    downhill: (M, "downhill"),
    summed: (M, "sums over the batch"),
    logit_alone: (M, "factor D(G(z)) is missing"),
    non_saturating: (M, "another loss"),
    no_logarithm: (M, "logarithm in V is missing"),
    no_chain: (S, "chain rule"),
    cut: (M, "was cut"),
    exchanged: (M, "changed places"),
    log_d: (M, "slope of log D(G(z))"),
    slope_of_the_logit: (M, "slope of the logit"),
    log_of_the_mean: (M, "taken of the mean"),
    logit_for_probability: (M, "taken for the probability"),
    z_of_the_first: (S, "not the slope by s"),
    z_outside_of_the_mean: (S, "mean outside of the product"),
    z_of_all: (S, "meets the z of all samples"),
    share_of_all: (M, "meets the slopes of all samples"),
    naive_log: (SURE, "the slopes are NaN or inf"),
    epsilon_in_the_log: (SURE, "the slopes are others"),
    probability_clamped: (SURE, "A clamp or an epsilon has slope 0"),
    logits_clamped: (SURE, "A clamp or an epsilon has slope 0"),
    exponential_in_the_log: (SURE, "e^l infinite from 89 on"),
    bounded_cross_entropy: (SURE, "the slopes are others"),
    m_alone: (M, "shape [2]"),
    v_itself: (M, "shape [2]"),
}
