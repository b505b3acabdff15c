"""What moves G: correct in several styles, and the classic mistakes."""

import torch
from torch.nn.functional import logsigmoid, softplus


def _leaves(m, s):
    return m.clone().requires_grad_(), s.clone().requires_grad_()


def autograd_of_v(D, m, s, z):
    m, s = _leaves(m, s)
    V = (1 - D(m + s * z).sigmoid()).log().mean()
    return torch.stack(torch.autograd.grad(V, (m, s)))


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


CORRECT = (autograd_of_v, the_formula, backward_on_parameters, both_at_once, functional)
M, S = "the slope by m", "the slope by s"
MISTAKES = {
    downhill: (M, "downhill"),
    summed: (M, "sums over the batch"),
    logit_alone: (M, "factor D(G(z)) is missing"),
    non_saturating: (M, "another loss"),
    no_logarithm: (M, "logarithm in V is missing"),
    no_chain: (S, "chain rule"),
    cut: (M, "was cut"),
    exchanged: (M, "not the slope by m"),
    v_itself: (M, "shape [2]"),
}
