"""One-sided label smoothing: correct in several styles, and classic mistakes."""

import torch
import torch.nn.functional as F


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


CORRECT = (soft_targets, softplus_on_logits, written_out, in_float64, one_batch)
VALUE, REST = "the real label alone is smoothed", "D rests where it says alpha"
MISTAKES = {
    not_smoothed: (VALUE, "not smoothed at all"),
    both_sides: (VALUE, "Both sides"),
    fakes_instead: (VALUE, "other way round"),
    only_scaled: (VALUE, "scales their loss down"),
    logits_scaled: (VALUE, "multiplies the logit"),
    label_exchanged: (VALUE, "call them fake"),
    averaged: (VALUE, "half of the loss"),
    to_be_maximised: (VALUE, "wants large"),
    detached: (REST, "No gradient comes back"),
    log_of_sigmoid: ("alpha of 1, two sizes, far logits", "not finite"),
}
