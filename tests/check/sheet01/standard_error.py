"""An error bar for V: correct in several styles, and the classic mistakes."""

import math
import statistics

import numpy as np
import torch
from scipy import stats


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


def plain_floats(prob_real, prob_fake):
    real = [math.log(d) for d in prob_real.tolist()]
    fake = [math.log(1 - d) for d in prob_fake.tolist()]
    return sum(statistics.variance(terms) / len(terms) for terms in (real, fake)) ** 0.5


def second_moments(prob_real, prob_fake):
    total = 0
    for t in (prob_real.double().log(), (1 - prob_fake.double()).log()):
        total += (t.square().mean() - t.mean().square()) / (len(t) - 1)
    return total.sqrt()


def with_scipy(prob_real, prob_fake):
    return np.hypot(stats.sem(np.log(prob_real.numpy())), stats.sem(np.log1p(-prob_fake.numpy())))


def population_variance(prob_real, prob_fake):
    terms = prob_real.log(), (1 - prob_fake).log()
    return torch.stack([t.var(correction=0) / t.numel() for t in terms]).sum().sqrt()


def norm_of_errors(prob_real, prob_fake):
    terms = prob_real.log(), (1 - prob_fake).log()
    return torch.linalg.vector_norm(torch.stack([t.std() / math.sqrt(len(t)) for t in terms]))


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


def log_fake(prob_real, prob_fake):
    real, fake = prob_real.log(), prob_fake.log()
    return (real.var() / len(real) + fake.var() / len(fake)).sqrt()


def exchanged(prob_real, prob_fake):
    return root_of_variances(prob_fake, prob_real)


def in_pairs(prob_real, prob_fake):
    n = min(len(prob_real), len(prob_fake))
    return (prob_real[:n].log() + (1 - prob_fake[:n]).log()).std() / n**0.5


def base_two(prob_real, prob_fake):
    return root_of_variances(prob_real, prob_fake) / math.log(2)


def halved(prob_real, prob_fake):
    return root_of_variances(prob_real, prob_fake) / 2


def fake_alone(prob_real, prob_fake):
    return (1 - prob_fake).log().std() / len(prob_fake) ** 0.5


def the_estimate(prob_real, prob_fake):
    return prob_real.log().mean() + (1 - prob_fake).log().mean()


def clamped(prob_real, prob_fake):
    return root_of_variances(prob_real.clamp(0.01, 0.99), prob_fake.clamp(0.01, 0.99))


CORRECT = (
    root_of_variances,
    in_numpy,
    hypot_of_errors,
    by_hand,
    plain_floats,
    second_moments,
    with_scipy,
    population_variance,
    norm_of_errors,
)
EVEN, UNEVEN = "as many real as fake samples", "batches of two sizes"
MISTAKES = {
    clamped: (EVEN, "D is very wrong"),
    not_divided: (EVEN, "scatter of single terms"),
    deviations_added: (EVEN, "do not add up"),
    no_root: (EVEN, "variance of the estimate"),
    n_outside: (EVEN, "outside of the root"),
    of_probabilities: (EVEN, "D's probabilities"),
    real_alone: (EVEN, "Only the real samples"),
    one_pot: (UNEVEN, "one pot"),
    all_samples: (EVEN, "all samples together"),
    size_of_real: (UNEVEN, "size of the real batch"),
    log_fake: (EVEN, "not log D: the scatter of another term"),
    exchanged: (EVEN, "changed places"),
    in_pairs: (EVEN, "paired with fakes"),
    base_two: (EVEN, "another base"),
    halved: (EVEN, "halved"),
    fake_alone: (EVEN, "Only the fake samples"),
    the_estimate: (EVEN, "This is not the root"),
    not_reduced: (EVEN, "average over the batch"),
}
