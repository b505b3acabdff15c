"""D's loss on logits: correct in several styles, and the classic mistakes."""

import math

import numpy as np
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


def plain_number(logit_real, logit_fake):
    return softplus_means(logit_real, logit_fake).item()


def in_numpy(logit_real, logit_fake):
    return np.logaddexp(0, -logit_real.numpy()).mean() + np.logaddexp(0, logit_fake.numpy()).mean()


def plain_floats(logit_real, logit_fake):
    def softplus(logit):
        return max(logit, 0.0) + math.log1p(math.exp(-abs(logit)))

    real = [softplus(-logit) for logit in logit_real.tolist()]
    return sum(real) / len(real) + sum(map(softplus, logit_fake.tolist())) / len(logit_fake)


def one_einsum(logit_real, logit_fake):
    logits = torch.cat([-logit_real, logit_fake])
    n, m = len(logit_real), len(logit_fake)
    weights = torch.cat([torch.full((n,), 1 / n), torch.full((m,), 1 / m)]).to(logits)
    return torch.einsum("n,n->", weights, F.softplus(logits))


def the_sum_of_maximum_and_log1p(logit_real, logit_fake):
    def softplus(logit):
        return logit.clamp(min=0) + torch.log1p((-logit.abs()).exp())

    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


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


def early_shortcut(logit_real, logit_fake):
    real = F.softplus(-logit_real, threshold=8).mean()
    return real + F.softplus(logit_fake, threshold=8).mean()


def clamped_logits(logit_real, logit_fake):
    return softplus_means(logit_real.clamp(-100, 100), logit_fake.clamp(-100, 100))


def clamped_probabilities(logit_real, logit_fake):
    real, fake = logit_real.sigmoid(), 1 - logit_fake.sigmoid()
    return -(real.clamp(min=1e-12).log().mean() + fake.clamp(min=1e-12).log().mean())


def fake_alone(logit_real, logit_fake):
    return F.softplus(logit_fake).mean()


def bits(logit_real, logit_fake):
    return softplus_means(logit_real, logit_fake) / math.log(2)


def logs_of_means(logit_real, logit_fake):
    return -logit_real.sigmoid().mean().log() - (1 - logit_fake.sigmoid().mean()).log()


def exponentials(logit_real, logit_fake):
    return (1 + (-logit_real).exp()).log().mean() + (1 + logit_fake.exp()).log().mean()


def floats_that_overflow(logit_real, logit_fake):
    real = [math.log(1 + math.exp(-logit)) for logit in logit_real.tolist()]
    fake = [math.log(1 + math.exp(logit)) for logit in logit_fake.tolist()]
    return sum(real) / len(real) + sum(fake) / len(fake)


def one_size(logit_real, logit_fake):
    return (F.softplus(-logit_real).sum() + F.softplus(logit_fake).sum()) / len(logit_real)


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
    plain_number,
    in_numpy,
    plain_floats,
    one_einsum,
    the_sum_of_maximum_and_log1p,
)
VALUE, UNEVEN = (
    "both terms, as means, to be minimised",
    "batches of two sizes, in float32 and float64",
)
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
    early_shortcut: (FAR, "shortcut"),
    clamped_logits: (FAR, "too small"),
    clamped_probabilities: (FAR, "too small"),
    fake_alone: (VALUE, "Only the fake samples"),
    bits: (VALUE, "in bits"),
    logs_of_means: (VALUE, "taken of means"),
    exponentials: (FAR, "not finite"),
    floats_that_overflow: (FAR, "not finite"),
    one_size: (UNEVEN, "This is not the mean"),
    detached: (VALUE, "Some logits get no gradient"),
    not_reduced: (VALUE, "average over the batch"),
}
