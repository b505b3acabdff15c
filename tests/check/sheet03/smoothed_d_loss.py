"""One-sided label smoothing: correct in several styles, and classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from gancourse.losses import cross_entropy_d


def soft_targets(logit_real, logit_fake, alpha):
    real, fake = torch.full_like(logit_real, alpha), torch.zeros_like(logit_fake)
    bce = F.binary_cross_entropy_with_logits
    return bce(logit_real, real) + bce(logit_fake, fake)


def softplus_on_logits(logit_real, logit_fake, alpha):
    return (F.softplus(logit_real) - alpha * logit_real).mean() + F.softplus(logit_fake).mean()


def written_out(logit_real, logit_fake, alpha):
    real = alpha * F.logsigmoid(logit_real) + (1 - alpha) * F.logsigmoid(-logit_real)
    return -(real.mean() + F.logsigmoid(-logit_fake).mean())


def in_float64(logit_real, logit_fake, alpha):
    return softplus_on_logits(logit_real.double(), logit_fake.double(), alpha)


def one_batch(logit_real, logit_fake, alpha):
    logits = torch.cat([logit_real, logit_fake])
    labels = torch.cat([torch.full_like(logit_real, alpha), torch.zeros_like(logit_fake)])
    each = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return each[: len(logit_real)].mean() + each[len(logit_real) :].mean()


def in_numpy(logit_real, logit_fake, alpha):
    real, fake = logit_real.numpy(), logit_fake.numpy()
    return (np.logaddexp(0, real) - alpha * real).mean() + np.logaddexp(0, fake).mean()


def plain_floats(logit_real, logit_fake, alpha):
    def softplus(logit):
        return max(logit, 0.0) + math.log1p(math.exp(-abs(logit)))

    real = [softplus(logit) - alpha * logit for logit in logit_real.tolist()]
    fake = [softplus(logit) for logit in logit_fake.tolist()]
    return sum(real) / len(real) + sum(fake) / len(fake)


def the_plain_loss_and_a_correction(logit_real, logit_fake, alpha):
    return cross_entropy_d(logit_real, logit_fake) + (1 - alpha) * logit_real.mean()


def a_mixture_of_labels(logit_real, logit_fake, alpha):
    as_real, as_fake = F.softplus(-logit_real).mean(), F.softplus(logit_real).mean()
    return torch.lerp(as_fake, as_real, alpha) + F.softplus(logit_fake).mean()


def not_smoothed(logit_real, logit_fake, alpha):
    return soft_targets(logit_real, logit_fake, 1.0)


def both_sides(logit_real, logit_fake, alpha):
    bce = F.binary_cross_entropy_with_logits
    real = bce(logit_real, torch.full_like(logit_real, alpha))
    return real + bce(logit_fake, torch.full_like(logit_fake, 1 - alpha))


def fakes_instead(logit_real, logit_fake, alpha):
    fake = torch.full_like(logit_fake, 1 - alpha)
    real = F.softplus(-logit_real).mean()
    return real + F.binary_cross_entropy_with_logits(logit_fake, fake)


def only_scaled(logit_real, logit_fake, alpha):
    return alpha * F.softplus(-logit_real).mean() + F.softplus(logit_fake).mean()


def logits_scaled(logit_real, logit_fake, alpha):
    return F.softplus(-alpha * logit_real).mean() + F.softplus(logit_fake).mean()


def label_exchanged(logit_real, logit_fake, alpha):
    return soft_targets(logit_real, logit_fake, 1 - alpha)


def averaged(logit_real, logit_fake, alpha):
    logits = torch.cat([logit_real, logit_fake])
    labels = torch.cat([torch.full_like(logit_real, alpha), torch.zeros_like(logit_fake)])
    return F.binary_cross_entropy_with_logits(logits, labels)


def to_be_maximised(logit_real, logit_fake, alpha):
    return -soft_targets(logit_real, logit_fake, alpha)


def detached(logit_real, logit_fake, alpha):
    return softplus_on_logits(logit_real.detach(), logit_fake, alpha)


def log_of_sigmoid(logit_real, logit_fake, alpha):
    D_real, D_fake = logit_real.sigmoid(), logit_fake.sigmoid()
    real = alpha * D_real.log() + (1 - alpha) * (1 - D_real).log()
    return -real.mean() - (1 - D_fake).log().mean()


def real_alone(logit_real, logit_fake, alpha):
    return (F.softplus(logit_real) - alpha * logit_real).mean()


def fake_alone(logit_real, logit_fake, alpha):
    return F.softplus(logit_fake).mean()


def places_exchanged(logit_real, logit_fake, alpha):
    return soft_targets(logit_fake, logit_real, alpha)


def log_with_epsilon(logit_real, logit_fake, alpha):
    D_real, D_fake = logit_real.sigmoid(), logit_fake.sigmoid()
    real = alpha * (D_real + 1e-9).log() + (1 - alpha) * (1 - D_real + 1e-9).log()
    return -real.mean() - (1 - D_fake + 1e-9).log().mean()


def early_shortcut(logit_real, logit_fake, alpha):
    real = F.softplus(logit_real, threshold=8) - alpha * logit_real
    return real.mean() + F.softplus(logit_fake, threshold=8).mean()


def summed(logit_real, logit_fake, alpha):
    real = F.softplus(logit_real) - alpha * logit_real
    return real.sum() + F.softplus(logit_fake).sum()


def alpha_forgotten(logit_real, logit_fake, alpha):
    return soft_targets(logit_real, logit_fake, 0.9)


CORRECT = (
    soft_targets,
    softplus_on_logits,
    written_out,
    in_float64,
    one_batch,
    in_numpy,
    plain_floats,
    the_plain_loss_and_a_correction,
    a_mixture_of_labels,
)
VALUE, FAR = "the real label alone is smoothed", "exact at logits of 10,000"
MISTAKES = {
    not_smoothed: (VALUE, "not smoothed at all"),
    both_sides: (VALUE, "Both sides"),
    fakes_instead: (VALUE, "other way round"),
    only_scaled: (VALUE, "scales their loss down"),
    logits_scaled: (VALUE, "multiplies the logit"),
    label_exchanged: (VALUE, "call them fake"),
    averaged: (VALUE, "half of the loss"),
    to_be_maximised: (VALUE, "wants large"),
    detached: (VALUE, "Some logits get no gradient"),
    log_of_sigmoid: (FAR, "not finite"),
    real_alone: (VALUE, "The fakes are missing"),
    fake_alone: (VALUE, "The real samples are missing"),
    places_exchanged: (VALUE, "changed places"),
    log_with_epsilon: (FAR, "too small"),
    early_shortcut: (FAR, "shortcut"),
    summed: (VALUE, "sum over the batch"),
    alpha_forgotten: (VALUE, "This is not cross-entropy"),
}
