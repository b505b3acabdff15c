"""D's step under R1 in the Dirac-GAN: correct in several styles, and classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from gancourse.losses import r1_penalty


def closed_form(theta, psi, h, gamma):
    return psi - h * (theta * torch.sigmoid(psi * theta) + gamma * psi)


def by_autograd(theta, psi, h, gamma):
    psi = psi.detach().requires_grad_(True)
    loss = F.softplus(psi * theta) + gamma / 2 * psi**2
    (slope,) = torch.autograd.grad(loss.sum(), psi)
    return (psi - h * slope).detach()


def with_an_optimiser(theta, psi, h, gamma):
    psi = nn.Parameter(psi.double())
    optimiser = torch.optim.SGD([psi], lr=h)
    (F.softplus(psi * theta).sum() + gamma / 2 * psi.square().sum()).backward()
    optimiser.step()
    return psi


def with_weight_decay(theta, psi, h, gamma):
    psi = nn.Parameter(psi.clone())
    optimiser = torch.optim.SGD([psi], lr=h, weight_decay=gamma)
    F.softplus(psi * theta).sum().backward()
    optimiser.step()
    return psi.detach()


def in_place(theta, psi, h, gamma):
    push = theta * (-F.softplus(-psi * theta)).exp()
    psi *= 1 - h * gamma
    psi -= h * push
    return psi


def exponential(theta, psi, h, gamma):
    return psi - h * (theta / (1 + torch.exp(-psi * theta)) + gamma * psi)


def through_tanh(theta, psi, h, gamma):
    return (1 - h * gamma) * psi - h * theta * (1 + torch.tanh(psi * theta / 2)) / 2


def overflows(theta, psi, h, gamma):
    e = torch.exp(psi * theta)
    return psi - h * (theta * e / (1 + e) + gamma * psi)


def log_of_the_exponential(theta, psi, h, gamma):
    psi = psi.clone().requires_grad_()
    loss = torch.log1p((psi * theta).exp()) + gamma / 2 * psi**2
    return (psi - h * torch.autograd.grad(loss.sum(), psi)[0]).detach()


def plain_floats(theta, psi, h, gamma):
    new = []
    for t, p in zip(theta.tolist(), psi.tolist(), strict=True):
        D = 1 / (1 + math.exp(-p * t))
        new.append(p - h * (t * D + gamma * p))
    return torch.tensor(new)


def in_numpy(theta, psi, h, gamma):
    theta, psi = theta.numpy(), psi.numpy()
    return psi - h * (theta / (1 + np.exp(-psi * theta)) + gamma * psi)


def differences(theta, psi, h, gamma):
    theta, psi = theta.double(), psi.double()

    def loss(psi):
        return F.softplus(psi * theta) + gamma / 2 * psi**2

    return psi - h * (loss(psi + 1e-5) - loss(psi - 1e-5)) / 2e-5


def through_the_courses_penalty(theta, psi, h, gamma):
    psi = psi.clone().requires_grad_()
    new = []
    for t, p in zip(theta, psi, strict=True):
        loss = F.softplus(p * t) + gamma * r1_penalty(
            lambda x, p=p: (p * x).sum(1), torch.zeros(1, 1)
        )
        new.append(p - h * torch.autograd.grad(loss, psi)[0].sum())
    return torch.stack(new).detach()


def uphill(theta, psi, h, gamma):
    return 2 * psi - closed_form(theta, psi, h, gamma)


def label_of_real(theta, psi, h, gamma):
    return psi - h * (-theta * torch.sigmoid(-psi * theta) + gamma * psi)


def no_chain_rule(theta, psi, h, gamma):
    return psi - h * (torch.sigmoid(psi * theta) + gamma * psi)


def slope_by_theta(theta, psi, h, gamma):
    return psi - h * (psi * torch.sigmoid(psi * theta) + gamma * psi)


def half_lost(theta, psi, h, gamma):
    return closed_form(theta, psi, h, 2 * gamma)


def half_twice(theta, psi, h, gamma):
    return closed_form(theta, psi, h, gamma / 2)


def penalty_pushes_away(theta, psi, h, gamma):
    return closed_form(theta, psi, h, -gamma)


def no_penalty(theta, psi, h, gamma):
    return closed_form(theta, psi, h, 0.0)


def penalty_on_theta(theta, psi, h, gamma):
    return psi - h * (theta * torch.sigmoid(psi * theta) + gamma * theta)


def penalty_without_step_size(theta, psi, h, gamma):
    return psi - h * theta * torch.sigmoid(psi * theta) - gamma * psi


def penalty_not_its_slope(theta, psi, h, gamma):
    return psi - h * (theta * torch.sigmoid(psi * theta) + gamma / 2 * psi**2)


def no_step_size(theta, psi, h, gamma):
    return closed_form(theta, psi, 1.0, gamma)


def the_gradient(theta, psi, h, gamma):
    return theta * torch.sigmoid(psi * theta) + gamma * psi


def real_sample_too(theta, psi, h, gamma):
    push = theta * (torch.sigmoid(psi * theta) - torch.sigmoid(-psi * theta))
    return psi - h * (push + gamma * psi)


def slope_of_the_sigmoid(theta, psi, h, gamma):
    D = torch.sigmoid(psi * theta)
    return psi - h * (theta * D * (1 - D) + gamma * psi)


def one_number(theta, psi, h, gamma):
    return closed_form(theta, psi, h, gamma).mean()


CORRECT = (
    closed_form,
    by_autograd,
    with_an_optimiser,
    with_weight_decay,
    in_place,
    exponential,
    through_tanh,
    plain_floats,
    in_numpy,
    differences,
    through_the_courses_penalty,
)
PLAIN, PENALTY = "D's own loss, without penalty", "with the penalty"
MISTAKES = {
    uphill: (PLAIN, "uphill"),
    label_of_real: (PLAIN, "label of a real one"),
    no_chain_rule: (PLAIN, "chain rule"),
    slope_by_theta: (PLAIN, "slope by theta"),
    half_lost: (PENALTY, "lost its half"),
    half_twice: (PENALTY, "half is there twice"),
    penalty_pushes_away: (PENALTY, "away from 0"),
    no_penalty: (PENALTY, "penalty is missing"),
    penalty_on_theta: (PENALTY, "penalty is on theta"),
    penalty_without_step_size: (PENALTY, "lacks the step size"),
    penalty_not_its_slope: (PENALTY, "not its slope"),
    no_step_size: (PLAIN, "step size is missing"),
    the_gradient: (PLAIN, "This is the gradient"),
    real_sample_too: (PLAIN, "both kinds of sample"),
    slope_of_the_sigmoid: (PLAIN, "sigmoid's own slope"),
    overflows: ("one game, and many", "e^l has overflowed"),
    log_of_the_exponential: ("one game, and many", "e^l has overflowed"),
    one_number: (PLAIN, "should be a tensor of shape [6]"),
}
