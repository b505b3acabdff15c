"""Cross-entropy with soft labels on a logit: correct in several styles, and classic mistakes."""

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


def plain_number(logit, y):
    return softplus_minus_product(logit, y).item()


CORRECT = (
    softplus_minus_product,
    bce_with_logits,
    two_log_sigmoids,
    as_a_module_in_float64,
    loop_over_samples,
)
VALUE, GRADIENT = "both terms, averaged", "the gradient is (D - y) / N"
FAR = "exact at logits of 10,000"
MISTAKES = {
    log_of_sigmoid: (FAR, "not finite"),
    log_with_epsilon: (FAR, "epsilon"),
    bce_on_probabilities: (FAR, "too small"),
    to_be_maximised: (VALUE, "minus before it"),
    labels_exchanged: (VALUE, "changed places"),
    real_term_alone: (VALUE, "Only the term with log D"),
    summed: (VALUE, "sum over the batch"),
    sigmoid_twice: (VALUE, "applied twice"),
    not_reduced: (VALUE, "average over the batch"),
    squared_error: (VALUE, "squared error"),
    plain_number: (GRADIENT, "No gradient comes back"),
}
