"""Cross-entropy with soft labels on a logit: correct in several styles, and classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def softplus_minus_product(logit, y):
    return (F.softplus(logit) - y * logit).mean()


def bce_with_logits(logit, y):
    return F.binary_cross_entropy_with_logits(logit, y)


def two_log_sigmoids(logit, y):
    return -(y * F.logsigmoid(logit) + (1 - y) * F.logsigmoid(-logit)).mean()


class LossModule(nn.Module):
    def forward(self, logit, y):
        return nn.BCEWithLogitsLoss()(logit.double(), y.double())


as_a_module_in_float64 = LossModule()


def loop_over_samples(logit, y):
    total = 0
    for one, label in zip(logit, y, strict=True):
        total = total + torch.logaddexp(torch.zeros_like(one), one) - label * one
    return total / len(logit)


def in_numpy(logit, y):
    logit, y = logit.numpy(), y.numpy()
    return (np.logaddexp(0, logit) - y * logit).mean()


def plain_floats(logit, y):
    total = 0.0
    for one, label in zip(logit.tolist(), y.tolist(), strict=True):
        total += max(one, 0) + math.log1p(math.exp(-abs(one))) - label * one
    return total / len(logit)


def the_number_alone(logit, y):
    return softplus_minus_product(logit, y).item()


def dot_products(logit, y):
    loss = y @ F.softplus(-logit) + torch.einsum("i,i->", 1 - y, F.softplus(logit))
    return loss / logit.numel()


def maximum_and_log1p(logit, y):
    return (logit.clamp(min=0) - y * logit + torch.log1p((-logit.abs()).exp())).mean()


def log_of_sigmoid(logit, y):
    D = logit.sigmoid()
    return -(y * D.log() + (1 - y) * (1 - D).log()).mean()


def log_with_epsilon(logit, y):
    D = logit.sigmoid()
    return -(y * (D + 1e-8).log() + (1 - y) * (1 - D + 1e-8).log()).mean()


def bce_on_probabilities(logit, y):
    return F.binary_cross_entropy(logit.sigmoid(), y)


def to_be_maximised(logit, y):
    return -softplus_minus_product(logit, y)


def labels_exchanged(logit, y):
    return F.binary_cross_entropy_with_logits(logit, 1 - y)


def real_term_alone(logit, y):
    return -(y * F.logsigmoid(logit)).mean()


def summed(logit, y):
    return F.binary_cross_entropy_with_logits(logit, y, reduction="sum")


def sigmoid_twice(logit, y):
    return F.binary_cross_entropy_with_logits(logit.sigmoid(), y)


def not_reduced(logit, y):
    return F.softplus(logit) - y * logit


def squared_error(logit, y):
    return F.mse_loss(logit.sigmoid(), y)


def detached_label_term(logit, y):
    return (F.softplus(logit) - y * logit.detach()).mean()


def early_shortcut(logit, y):
    return (F.softplus(logit, threshold=8) - y * logit).mean()


def clamped_logit(logit, y):
    return softplus_minus_product(logit.clamp(-50, 50), y)


def halved(logit, y):
    return softplus_minus_product(logit, y) / 2


def bits(logit, y):
    return softplus_minus_product(logit, y) / math.log(2)


def log_of_the_mean(logit, y):
    D = logit.sigmoid()
    return -(y * D + (1 - y) * (1 - D)).mean().log()


def hard_labels(logit, y):
    return softplus_minus_product(logit, y.round())


def exponential(logit, y):
    return ((1 + logit.exp()).log() - y * logit).mean()


def floats_that_overflow(logit, y):
    pairs = zip(logit.tolist(), y.tolist(), strict=True)
    return sum(math.log(1 + math.exp(one)) - label * one for one, label in pairs) / len(logit)


CORRECT = (
    softplus_minus_product,
    bce_with_logits,
    two_log_sigmoids,
    as_a_module_in_float64,
    loop_over_samples,
    in_numpy,
    plain_floats,
    the_number_alone,
    dot_products,
    maximum_and_log1p,
)
VALUE = "both terms, averaged"
FAR = "exact at logits of 10,000"
MISTAKES = {
    log_of_sigmoid: (FAR, "not finite"),
    log_with_epsilon: (FAR, "too small"),
    bce_on_probabilities: (FAR, "too small"),
    to_be_maximised: (VALUE, "minus before all of it"),
    labels_exchanged: (VALUE, "changed places"),
    real_term_alone: (VALUE, "Only the term with log D"),
    summed: (VALUE, "sum over the batch"),
    sigmoid_twice: (VALUE, "applied twice"),
    not_reduced: (VALUE, "average over the batch"),
    squared_error: (VALUE, "squared error"),
    detached_label_term: (VALUE, "gradient by the logit"),
    early_shortcut: (FAR, "shortcut"),
    clamped_logit: (FAR, "too small"),
    halved: (VALUE, "half of the loss"),
    bits: (VALUE, "in bits"),
    log_of_the_mean: (VALUE, "logarithm is taken of a mean"),
    hard_labels: (VALUE, "labels are rounded"),
    exponential: (FAR, "not finite"),
    floats_that_overflow: (FAR, "not finite"),
}
