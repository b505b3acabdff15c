"""An error bar for V: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch


def root_of_variances(prob_real, prob_fake):
    real, fake = prob_real.log(), (1 - prob_fake).log()
    return (real.var() / len(real) + fake.var() / len(fake)).sqrt()


def in_numpy(prob_real, prob_fake):
    terms = np.log(prob_real.numpy()), np.log1p(-prob_fake.numpy())
    return math.sqrt(sum(t.var() / len(t) for t in terms))


def hypot_of_errors(prob_real, prob_fake):
    a = prob_real.log().std() / len(prob_real) ** 0.5
    b = (1 - prob_fake).log().std() / len(prob_fake) ** 0.5
    return torch.hypot(a, b)


def by_hand(prob_real, prob_fake):
    total = 0
    for t in (prob_real.log(), torch.log1p(-prob_fake)):
        total = total + ((t - t.mean()) ** 2).sum() / (len(t) - 1) / len(t)
    return total**0.5


def not_divided(prob_real, prob_fake):
    return (prob_real.log().var() + (1 - prob_fake).log().var()).sqrt()


def deviations_added(prob_real, prob_fake):
    n, m = len(prob_real), len(prob_fake)
    return prob_real.log().std() / n**0.5 + (1 - prob_fake).log().std() / m**0.5


def no_root(prob_real, prob_fake):
    return root_of_variances(prob_real, prob_fake) ** 2


def n_outside(prob_real, prob_fake):
    a, b = prob_real.log().std() / len(prob_real), (1 - prob_fake).log().std() / len(prob_fake)
    return torch.hypot(a, b)


def of_probabilities(prob_real, prob_fake):
    return (prob_real.var() / len(prob_real) + prob_fake.var() / len(prob_fake)).sqrt()


def real_alone(prob_real, prob_fake):
    return prob_real.log().std() / len(prob_real) ** 0.5


def one_pot(prob_real, prob_fake):
    terms = torch.cat([prob_real.log(), (1 - prob_fake).log()])
    return terms.std() / len(terms) ** 0.5


def all_samples(prob_real, prob_fake):
    n = len(prob_real) + len(prob_fake)
    return ((prob_real.log().var() + (1 - prob_fake).log().var()) / n).sqrt()


def size_of_real(prob_real, prob_fake):
    return ((prob_real.log().var() + (1 - prob_fake).log().var()) / len(prob_real)).sqrt()


def not_reduced(prob_real, prob_fake):
    return prob_real.log() - prob_real.log().mean()


CORRECT = (root_of_variances, in_numpy, hypot_of_errors, by_hand)
EVEN, UNEVEN = "as many real as fake samples", "batches of two sizes"
MISTAKES = {
    not_divided: (EVEN, "scatter of single terms"),
    deviations_added: (EVEN, "do not add up"),
    no_root: (EVEN, "variance of the estimate"),
    n_outside: (EVEN, "outside of the root"),
    of_probabilities: (EVEN, "D's probabilities"),
    real_alone: (EVEN, "Only the real samples"),
    one_pot: (UNEVEN, "one pot"),
    all_samples: (EVEN, "all samples together"),
    size_of_real: (UNEVEN, "This is not the root"),
    not_reduced: (EVEN, "average over the batch"),
}
