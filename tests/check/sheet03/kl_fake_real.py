"""KL(q || p) from the best D's logits: correct in several styles, and classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def minus_the_mean(logit_real, logit_fake):
    return -logit_fake.mean()


def both_of_g_s_losses(logit_real, logit_fake):
    return (F.softplus(-logit_fake) - F.softplus(logit_fake)).mean()


def log_ratio_in_float64(logit_real, logit_fake):
    log_q_over_p = -logit_fake.double()
    return log_q_over_p.sum() / logit_fake.numel()


def log_sigmoids(logit_real, logit_fake):
    return (F.logsigmoid(-logit_fake) - F.logsigmoid(logit_fake)).mean()


def plain_python(logit_real, logit_fake):
    return -math.fsum(logit_fake.tolist()) / len(logit_fake)


def in_numpy(logit_real, logit_fake):
    return np.mean(-logit_fake.numpy())


def mean_of_negatives(logit_real, logit_fake):
    return torch.stack([-one for one in logit_fake]).mean()


def dot_product(logit_real, logit_fake):
    share = torch.full_like(logit_fake, -1 / len(logit_fake))
    return share @ logit_fake


def a_difference_of_logs(logit_real, logit_fake):
    log_p, log_q = F.logsigmoid(logit_fake.double()), F.logsigmoid(-logit_fake.double())
    return torch.nanmean(log_q - log_p)


def wrong_sign(logit_real, logit_fake):
    return logit_fake.mean()


def the_other_kl(logit_real, logit_fake):
    return logit_real.mean()


def other_samples_and_sign(logit_real, logit_fake):
    return -logit_real.mean()


def symmetric(logit_real, logit_fake):
    return logit_real.mean() - logit_fake.mean()


def non_saturating(logit_real, logit_fake):
    return F.softplus(-logit_fake).mean()


def saturating(logit_real, logit_fake):
    return F.logsigmoid(-logit_fake).mean()


def two_jsd(logit_real, logit_fake):
    V = F.logsigmoid(logit_real).mean() + F.logsigmoid(-logit_fake).mean()
    return V + math.log(4)


def summed(logit_real, logit_fake):
    return -logit_fake.sum()


def sizes(logit_real, logit_fake):
    return logit_fake.abs().mean()


def through_probabilities(logit_real, logit_fake):
    D = logit_fake.sigmoid()
    return ((1 - D) / D).log().mean()


def weighted_by_d(logit_real, logit_fake):
    return -(torch.sigmoid(logit_fake) * logit_fake).mean()


def absolute(logit_real, logit_fake):
    return logit_fake.mean().abs()


def cut_at_zero(logit_real, logit_fake):
    return (-logit_fake.mean()).clamp(min=0)


def all_samples(logit_real, logit_fake):
    return -torch.cat([logit_real, logit_fake]).mean()


def no_logarithm(logit_real, logit_fake):
    return (-logit_fake).exp().mean()


def median(logit_real, logit_fake):
    return -logit_fake.median()


def each_of_them(logit_real, logit_fake):
    return -logit_fake


CORRECT = (
    minus_the_mean,
    both_of_g_s_losses,
    log_ratio_in_float64,
    log_sigmoids,
    plain_python,
    in_numpy,
    mean_of_negatives,
    dot_product,
    a_difference_of_logs,
)
VALUE = "the right average of the logits"
MISTAKES = {
    wrong_sign: (VALUE, "The sign is wrong"),
    the_other_kl: (VALUE, "estimates KL(p||q)"),
    other_samples_and_sign: (VALUE, "average over the fakes"),
    symmetric: (VALUE, "symmetric divergence"),
    non_saturating: (VALUE, "non-saturating loss"),
    saturating: (VALUE, "saturating loss"),
    two_jsd: (VALUE, "2 JSD"),
    summed: (VALUE, "sum over the batch"),
    sizes: (VALUE, "The sizes are averaged"),
    through_probabilities: ("finite at logits of 10,000", "not finite"),
    weighted_by_d: (VALUE, "weighs each fake with D"),
    absolute: (VALUE, "lost its sign"),
    cut_at_zero: (VALUE, "cut off at 0"),
    all_samples: (VALUE, "averaged together"),
    no_logarithm: (VALUE, "without the logarithm"),
    median: (VALUE, "This is not the mean"),
    each_of_them: (VALUE, "average over the batch"),
}
