"""The best D: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F
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


def maximum_of_each_point(log_p, log_q):
    top = torch.maximum(log_p, log_q)
    p, q = (log_p - top).exp(), (log_q - top).exp()
    return p / (p + q)


def tanh_of_half(log_p, log_q):
    return (1 + torch.tanh((log_p - log_q) / 2)) / 2


def plain_floats(log_p, log_q):
    def one(a, b):
        return 1 / (1 + math.exp(min(b - a, 700.0)))

    pairs = zip(log_p.flatten().tolist(), log_q.flatten().tolist(), strict=True)
    return torch.tensor([one(a, b) for a, b in pairs]).reshape(log_p.shape)


def log_softmax(log_p, log_q):
    return F.log_softmax(torch.stack([log_p, log_q], -1).double(), -1)[..., 0].exp()


def bernoulli(log_p, log_q):
    return torch.distributions.Bernoulli(logits=log_p - log_q, validate_args=False).probs


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


def one_maximum_for_all(log_p, log_q):
    top = max(log_p.max(), log_q.max())
    p, q = (log_p - top).exp(), (log_q - top).exp()
    return p / (p + q)


def nan_to_half(log_p, log_q):
    return torch.nan_to_num(of_densities(log_p, log_q), nan=0.5)


def negative_logit(log_p, log_q):
    return 1 - torch.sigmoid(log_p - log_q) * 1.0


def ratio_of_logits(log_p, log_q):
    return torch.sigmoid(log_p / log_q)


def flattened(log_p, log_q):
    return torch.sigmoid(log_p - log_q).flatten()


def softmax_over_points(log_p, log_q):
    return torch.softmax(log_p - log_q, 0)


def infinity_is_a_thousand(log_p, log_q):
    return torch.sigmoid(log_p.clamp(min=-1000) - log_q.clamp(min=-1000))


def in_double(log_p, log_q):
    p, q = log_p.double().exp(), log_q.double().exp()
    return (p / (p + q)).float()


def nan_is_zero(log_p, log_q):
    p, q = log_p.exp(), log_q.exp()
    return torch.nan_to_num(p / (p + q))


CORRECT = (
    sigmoid_of_ratio,
    normalised,
    softmax_of_two,
    by_division,
    in_numpy,
    maximum_of_each_point,
    tanh_of_half,
    plain_floats,
    log_softmax,
    bernoulli,
)
NEAR, FAR, ALONE = "p / (p + q)", "far from both bells", "where one side has no mass"


def logarithms_cut_off(log_p, log_q):
    return torch.sigmoid(log_p.clamp(min=-100) - log_q.clamp(min=-100))


MISTAKES = {
    logarithms_cut_off: (FAR, "are cut off at one number"),
    fake_share: (NEAR, "probability of being fake"),
    the_logit: (NEAR, "This is the logit"),
    the_ratio: (NEAR, "a ratio"),
    of_logarithms: (NEAR, "divides the logarithms"),
    sure: (NEAR, "0 or 1 only"),
    difference: (NEAR, "This is p - q"),
    of_densities: (FAR, "0 / 0"),
    with_epsilon: (FAR, "added to p + q"),
    average: (NEAR, "This is not p / (p + q)"),
    clamped: (ALONE, "D* is 0"),
    one_maximum_for_all: (FAR, "one factor for all points"),
    nan_to_half: (FAR, "this says 1/2"),
    negative_logit: (NEAR, "probability of being fake"),
    ratio_of_logits: (NEAR, "This is not p / (p + q)"),
    flattened: (NEAR, "should be a tensor of shape [4, 6]"),
    softmax_over_points: (NEAR, "This is not p / (p + q)"),
    infinity_is_a_thousand: ("where one side has no mass", "Where p has no mass"),
    in_double: ("far from both bells", "0 / 0"),
    nan_is_zero: ("far from both bells", "put in place of 0 / 0"),
}
