"""The best D: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from scipy.special import expit


def sigmoid_of_ratio(log_p, log_q):
    return torch.sigmoid(log_p - log_q)


def normalised(log_p, log_q):
    return (log_p - torch.logaddexp(log_p, log_q)).exp()


def softmax_of_two(log_p, log_q):
    return torch.softmax(torch.stack([log_p, log_q]), 0)[0]


def by_division(log_p, log_q):
    return 1 / (1 + (log_q - log_p).exp())


def in_numpy(log_p, log_q):
    return expit(np.subtract(log_p.numpy(), log_q.numpy()))


def fake_share(log_p, log_q):
    return torch.sigmoid(log_q - log_p)


def the_logit(log_p, log_q):
    return log_p - log_q


def the_ratio(log_p, log_q):
    return (log_p - log_q).exp()


def of_logarithms(log_p, log_q):
    return log_p / (log_p + log_q)


def sure(log_p, log_q):
    return (log_p > log_q).float()


def difference(log_p, log_q):
    return log_p.exp() - log_q.exp()


def of_densities(log_p, log_q):
    return log_p.exp() / (log_p.exp() + log_q.exp())


def with_epsilon(log_p, log_q):
    return log_p.exp() / (log_p.exp() + log_q.exp() + 1e-12)


def average(log_p, log_q):
    return (log_p.exp() + log_q.exp()) / 2


def clamped(log_p, log_q):
    return torch.sigmoid(log_p - log_q).clamp(0.01, 0.99)


CORRECT = (sigmoid_of_ratio, normalised, softmax_of_two, by_division, in_numpy)
NEAR, FAR, ALONE = "p / (p + q)", "far from both bells", "where one side has no mass"
MISTAKES = {
    fake_share: (NEAR, "probability of being fake"),
    the_logit: (NEAR, "This is the logit"),
    the_ratio: (NEAR, "a ratio"),
    of_logarithms: (NEAR, "divides the logarithms"),
    sure: (NEAR, "0 or 1 only"),
    difference: (NEAR, "This is p - q"),
    of_densities: (FAR, "0 / 0"),
    with_epsilon: (FAR, "outweighs both densities"),
    average: (NEAR, "This is not p / (p + q)"),
    clamped: (ALONE, "D* is 0"),
}
