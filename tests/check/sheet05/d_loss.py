"""D's loss on logits: correct in several styles, and the classic mistakes."""

import torch
import torch.nn.functional as F
from torch import nn


def softplus_means(logit_real, logit_fake):
    return F.softplus(-logit_real).mean() + F.softplus(logit_fake).mean()


def bce_with_logits(logit_real, logit_fake):
    real = F.binary_cross_entropy_with_logits(logit_real, torch.ones_like(logit_real))
    return real + F.binary_cross_entropy_with_logits(logit_fake, torch.zeros_like(logit_fake))


def log_sigmoids(logit_real, logit_fake):
    return -(F.logsigmoid(logit_real).mean() + F.logsigmoid(-logit_fake).mean())


class LossModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.bce = nn.BCEWithLogitsLoss()

    def forward(self, logit_real, logit_fake):
        one, zero = logit_real.new_ones(()), logit_fake.new_zeros(())
        real = self.bce(logit_real, one.expand_as(logit_real))
        return real + self.bce(logit_fake, zero.expand_as(logit_fake))


as_a_module = LossModule()


def in_float64(logit_real, logit_fake):
    real, fake = logit_real.double(), logit_fake.double()
    zero = torch.zeros((), dtype=torch.float64)
    return (torch.logaddexp(zero, -real).sum() / len(real) + torch.logaddexp(zero, fake).mean())[
        None
    ]


def loop_over_samples(logit_real, logit_fake):
    total = 0
    for logit in logit_real:
        total = total + F.softplus(-logit) / len(logit_real)
    for logit in logit_fake:
        total = total + F.softplus(logit) / len(logit_fake)
    return total


def labels_exchanged(logit_real, logit_fake):
    return softplus_means(logit_fake, logit_real)


def v_itself(logit_real, logit_fake):
    return F.logsigmoid(logit_real).mean() + F.logsigmoid(-logit_fake).mean()


def summed(logit_real, logit_fake):
    return F.softplus(-logit_real).sum() + F.softplus(logit_fake).sum()


def real_alone(logit_real, logit_fake):
    return F.softplus(-logit_real).mean()


def fakes_as_g_wants_them(logit_real, logit_fake):
    return F.softplus(-logit_real).mean() - F.softplus(logit_fake).mean()


def sigmoid_twice(logit_real, logit_fake):
    return softplus_means(logit_real.sigmoid(), logit_fake.sigmoid())


def averaged(logit_real, logit_fake):
    logits = torch.cat([logit_real, logit_fake])
    target = torch.cat([torch.ones_like(logit_real), torch.zeros_like(logit_fake)])
    return F.binary_cross_entropy_with_logits(logits, target)


def log_of_sigmoid(logit_real, logit_fake):
    return -(logit_real.sigmoid().log().mean() + (1 - logit_fake.sigmoid()).log().mean())


def log_with_epsilon(logit_real, logit_fake):
    real, fake = logit_real.sigmoid(), 1 - logit_fake.sigmoid()
    return -((real + 1e-8).log().mean() + (fake + 1e-8).log().mean())


def plain_number(logit_real, logit_fake):
    return softplus_means(logit_real, logit_fake).item()


def detached(logit_real, logit_fake):
    return softplus_means(logit_real, logit_fake.detach())


def not_reduced(logit_real, logit_fake):
    return F.softplus(-logit_real) + F.softplus(logit_fake)


CORRECT = (
    softplus_means,
    bce_with_logits,
    log_sigmoids,
    as_a_module,
    in_float64,
    loop_over_samples,
)
VALUE, GRADIENT = "both terms, as means, to be minimised", "the gradient reaches the logits"
FAR = "exact at logits of 10,000"
MISTAKES = {
    labels_exchanged: (VALUE, "changed places"),
    v_itself: (VALUE, "V(D, G) itself"),
    summed: (VALUE, "sums over the batch"),
    real_alone: (VALUE, "Only the real samples"),
    fakes_as_g_wants_them: (VALUE, "G's sign"),
    sigmoid_twice: (VALUE, "applied twice"),
    averaged: (VALUE, "half of the loss"),
    log_of_sigmoid: (FAR, "not finite"),
    log_with_epsilon: (FAR, "epsilon"),
    plain_number: (GRADIENT, "No gradient comes back"),
    detached: (GRADIENT, "No gradient comes back"),
    not_reduced: (VALUE, "average over the batch"),
}
