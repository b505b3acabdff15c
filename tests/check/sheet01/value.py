"""V from what D says: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def means_of_logs(prob_real, prob_fake):
    return prob_real.log().mean() + (1 - prob_fake).log().mean()


def log1p_and_sums(prob_real, prob_fake):
    real = torch.log(prob_real).sum() / len(prob_real)
    return real + torch.log1p(-prob_fake).sum() / prob_fake.numel()


def cross_entropies(prob_real, prob_fake):
    bce = torch.nn.BCELoss()
    real = bce(prob_real, torch.ones_like(prob_real))
    return -(real + bce(prob_fake, torch.zeros_like(prob_fake)))


def in_numpy(prob_real, prob_fake):
    return np.log(prob_real.numpy()).mean() + np.log(1 - prob_fake.numpy()).mean()


def a_loop(prob_real, prob_fake):
    V = 0.0
    for d in prob_real:
        V += math.log(d) / len(prob_real)
    for d in prob_fake:
        V += math.log(1 - d) / len(prob_fake)
    return V


def expectations_as_dot_products(prob_real, prob_fake):
    real, fake = torch.log(prob_real), torch.log(1 - prob_fake)
    weights = real.new_full(real.shape, 1 / len(real)), fake.new_full(fake.shape, 1 / len(fake))
    return weights[0] @ real + torch.einsum("i,i->", weights[1], fake)


def through_logits(prob_real, prob_fake):
    real, fake = torch.logit(prob_real.double()), torch.logit(prob_fake.double())
    return -F.softplus(-real).mean() - F.softplus(fake).mean()


def in_a_column(prob_real, prob_fake):
    return (prob_real[:, None].log().mean(0) + (1 - prob_fake[:, None]).log().mean(0)).squeeze()


def geometric_means(prob_real, prob_fake):
    real, fake = prob_real.double(), 1 - prob_fake.double()
    return (real.prod() ** (1 / len(real)) * fake.prod() ** (1 / len(fake))).log()


def negative(prob_real, prob_fake):
    return -means_of_logs(prob_real, prob_fake)


def exchanged(prob_real, prob_fake):
    return means_of_logs(prob_fake, prob_real)


def log_d_on_fakes(prob_real, prob_fake):
    return prob_real.log().mean() + prob_fake.log().mean()


def subtracted(prob_real, prob_fake):
    return prob_real.log().mean() - (1 - prob_fake).log().mean()


def log_of_means(prob_real, prob_fake):
    return prob_real.mean().log() + (1 - prob_fake.mean()).log()


def summed(prob_real, prob_fake):
    return prob_real.log().sum() + (1 - prob_fake).log().sum()


def one_mean(prob_real, prob_fake):
    return torch.cat([prob_real, 1 - prob_fake]).log().mean()


def real_alone(prob_real, prob_fake):
    return prob_real.log().mean()


def base_two(prob_real, prob_fake):
    return prob_real.log2().mean() + (1 - prob_fake).log2().mean()


def not_reduced(prob_real, prob_fake):
    return prob_real.log() + (1 - prob_fake).log()


def log_with_epsilon(prob_real, prob_fake):
    return (prob_real + 1e-2).log().mean() + (1 - prob_fake + 1e-2).log().mean()


def pairs_only(prob_real, prob_fake):
    n = min(len(prob_real), len(prob_fake))
    return (prob_real[:n] * (1 - prob_fake[:n])).log().mean()


def fake_alone(prob_real, prob_fake):
    return (1 - prob_fake).log().mean()


def without_logarithm(prob_real, prob_fake):
    return prob_real.mean() + (1 - prob_fake).mean()


def size_of_real_for_both(prob_real, prob_fake):
    return (prob_real.log().sum() + (1 - prob_fake).log().sum()) / len(prob_real)


def medians(prob_real, prob_fake):
    return prob_real.log().median() + (1 - prob_fake).log().median()


def nothing_returned(prob_real, prob_fake):
    means_of_logs(prob_real, prob_fake)


def two_numbers(prob_real, prob_fake):
    return prob_real.log().mean(), (1 - prob_fake).log().mean()


def clamped(prob_real, prob_fake):
    real, fake = prob_real.clamp(0.01, 0.99), prob_fake.clamp(0.01, 0.99)
    return real.log().mean() + (1 - fake).log().mean()


def with_epsilon(prob_real, prob_fake):
    return (prob_real + 1e-3).log().mean() + (1 - prob_fake + 1e-3).log().mean()


CORRECT = (
    means_of_logs,
    log1p_and_sums,
    cross_entropies,
    in_numpy,
    a_loop,
    expectations_as_dot_products,
    through_logits,
    in_a_column,
    geometric_means,
)
BATCH, COIN = "both terms, as means", "a coin scores -log 4"
UNEVEN = "batches of two sizes, in float32 and float64"
MISTAKES = {
    clamped: (BATCH, "D is very wrong"),
    with_epsilon: (BATCH, ""),
    negative: (BATCH, "This is -V"),
    exchanged: (BATCH, "changed places"),
    log_d_on_fakes: (BATCH, "not for log D"),
    subtracted: (BATCH, "subtracted"),
    log_of_means: (BATCH, "logarithm of a mean"),
    summed: (BATCH, "sums over the batch"),
    one_mean: (BATCH, "half of V"),
    real_alone: (BATCH, "Only the real samples"),
    base_two: (BATCH, "another base"),
    not_reduced: (BATCH, "average over the batch"),
    log_with_epsilon: (COIN, "-1.386"),
    pairs_only: (UNEVEN, "This is not the mean"),
    fake_alone: (BATCH, "Only the fake samples"),
    without_logarithm: (BATCH, "This is not the mean of log D"),
    size_of_real_for_both: (UNEVEN, "This is not the mean"),
    medians: (BATCH, "This is not the mean of log D"),
    nothing_returned: (BATCH, "is there a `return`?"),
    two_numbers: (BATCH, "should be one number"),
}
