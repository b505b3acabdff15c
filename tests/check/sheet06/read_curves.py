"""Reading the curves: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch
from torch import nn


def sigmoid_then_mean(logit_real, logit_fake):
    p_real, p_fake = torch.sigmoid(logit_real), torch.sigmoid(logit_fake)
    right = torch.cat([p_real > 0.5, p_fake < 0.5]).float().mean()
    return p_real.mean().item(), p_fake.mean().item(), right.item()


def on_logits(logit_real, logit_fake):
    right = ((logit_real > 0).double().mean() + (logit_fake <= 0).double().mean()) / 2
    return logit_real.double().sigmoid().mean(), logit_fake.double().sigmoid().mean(), right


def plain_python(logit_real, logit_fake):
    def p(logit):
        e = math.exp(-abs(logit))
        return 1 / (1 + e) if logit >= 0 else e / (1 + e)

    real, fake = [p(x) for x in logit_real.tolist()], [p(x) for x in logit_fake.tolist()]
    right = sum(x >= 0.5 for x in real) + sum(x < 0.5 for x in fake)
    return [sum(real) / len(real), sum(fake) / len(fake), right / (len(real) + len(fake))]


def numpy_arrays(logit_real, logit_fake):
    real, fake = logit_real.numpy(), logit_fake.numpy()
    right = np.concatenate([real > 0, fake < 0]).mean()
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-real))).mean(), (1 / (1 + np.exp(-fake))).mean(), right


class Curves(nn.Module):
    def forward(self, logit_real, logit_fake):
        logits = torch.stack([logit_real, logit_fake])  # [2, N]
        right = (logits * torch.tensor([[1], [-1]]) > 0).to(logits).mean()
        return torch.cat([logits.sigmoid().mean(1), right[None]])


as_a_module = Curves()


def sigmoid_of_the_mean(logit_real, logit_fake):
    _, _, right = sigmoid_then_mean(logit_real, logit_fake)
    return logit_real.mean().sigmoid(), logit_fake.mean().sigmoid(), right


def mean_logits(logit_real, logit_fake):
    return logit_real.mean(), logit_fake.mean(), sigmoid_then_mean(logit_real, logit_fake)[2]


def exchanged(logit_real, logit_fake):
    p_real, p_fake, right = sigmoid_then_mean(logit_real, logit_fake)
    return p_fake, p_real, right


def fakes_turned_round(logit_real, logit_fake):
    p_real, p_fake, right = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, 1 - p_fake, right


def sigmoid_twice(logit_real, logit_fake):
    p_real, p_fake = logit_real.sigmoid().sigmoid(), logit_fake.sigmoid().sigmoid()
    return p_real.mean(), p_fake.mean(), sigmoid_then_mean(logit_real, logit_fake)[2]


def logits_above_one_half(logit_real, logit_fake):
    p_real, p_fake, _ = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, torch.cat([logit_real > 0.5, logit_fake < 0.5]).float().mean()


def accuracy_on_real_alone(logit_real, logit_fake):
    p_real, p_fake, _ = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, (logit_real > 0).float().mean()


def share_called_real(logit_real, logit_fake):
    p_real, p_fake, _ = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, (torch.cat([logit_real, logit_fake]) > 0).float().mean()


def share_of_errors(logit_real, logit_fake):
    p_real, p_fake, right = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, 1 - right


def not_averaged(logit_real, logit_fake):
    _, p_fake, right = sigmoid_then_mean(logit_real, logit_fake)
    return logit_real.sigmoid(), p_fake, right


def accuracy_on_fakes_alone(logit_real, logit_fake):
    p_real, p_fake, _ = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, (logit_fake < 0).float().mean()


def right_answers_counted(logit_real, logit_fake):
    p_real, p_fake, right = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake, right * 2 * len(logit_real)


def two_numbers(logit_real, logit_fake):
    return sigmoid_then_mean(logit_real, logit_fake)[:2]


def with_math_exp(logit_real, logit_fake):
    real, fake = ([1 / (1 + math.exp(-x)) for x in t.tolist()] for t in (logit_real, logit_fake))
    right = [p > 0.5 for p in real] + [p < 0.5 for p in fake]
    return sum(real) / len(real), sum(fake) / len(fake), sum(right) / len(right)


def overflows(logit_real, logit_fake):
    p_real, p_fake = (x.exp() / (1 + x.exp()) for x in (logit_real, logit_fake))
    return p_real.mean(), p_fake.mean(), sigmoid_then_mean(logit_real, logit_fake)[2]


def overflows_for_fakes(logit_real, logit_fake):
    _, p_fake, _ = overflows(logit_real, logit_fake)
    p_real, _, right = sigmoid_then_mean(logit_real, logit_fake)
    return p_real, p_fake.item(), right


def exp_over_one_plus_exp(logit_real, logit_fake):
    return overflows(logit_real.double(), logit_fake.double())


def softmax_with_zero(logit_real, logit_fake):
    logits = torch.stack([logit_real, logit_fake])
    p = torch.stack([logits, torch.zeros_like(logits)]).softmax(0)[0]  # [2, N]
    right = torch.cat([p[0] > 0.5, p[1] < 0.5]).float().mean()
    return p[0].mean().item(), p[1].mean().item(), right.item()


def through_tanh(logit_real, logit_fake):
    p_real, p_fake = ((1 + torch.tanh(x / 2)) / 2 for x in (logit_real, logit_fake))
    wrong = (p_real < 0.5).sum() + (p_fake > 0.5).sum()
    return p_real.mean(), p_fake.mean(), 1 - wrong / (2 * len(p_real))


def compared_in_pairs(logit_real, logit_fake):
    right = (logit_real > logit_fake).float().mean()
    return logit_real.sigmoid().mean(), logit_fake.sigmoid().mean(), right


CORRECT = (
    sigmoid_then_mean, on_logits, plain_python, numpy_arrays, as_a_module, with_math_exp,
    exp_over_one_plus_exp, through_tanh, softmax_with_zero,
)  # fmt: skip
REAL, FAKE, ACCURACY = "the mean of D(x)", "the mean of D(G(z))", "D's accuracy"
MISTAKES = {
    sigmoid_of_the_mean: (REAL, "sigmoid of the mean logit"),
    mean_logits: (FAKE, "is a mean logit"),
    exchanged: (REAL, "changed places"),
    fakes_turned_round: (FAKE, "1 minus the mean"),
    sigmoid_twice: (FAKE, "sigmoid twice"),
    logits_above_one_half: (ACCURACY, "is the logit 0"),
    accuracy_on_real_alone: (ACCURACY, "real samples alone"),
    share_called_real: (ACCURACY, "calls real"),
    share_of_errors: (ACCURACY, "share of errors"),
    not_averaged: (REAL, "average over the batch"),
    accuracy_on_fakes_alone: (ACCURACY, "fake samples alone"),
    right_answers_counted: (ACCURACY, "counts right answers"),
    two_numbers: (REAL, "should return three numbers"),
    overflows: (REAL, "the first number, the mean D(x) is NaN"),
    overflows_for_fakes: (FAKE, "e^l has overflowed"),
    compared_in_pairs: ("D's accuracy", "in pairs"),
}
