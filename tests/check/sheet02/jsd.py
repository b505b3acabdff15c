"""Jensen-Shannon: correct in several styles, and the classic mistakes."""

import math

import torch
import torch.nn.functional as F
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr


def _kl(p, q):
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum()


def two_xlogy(p, q):
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)) / 2


def where_there_is_mass(p, q):
    m = (p + q) / 2
    total = sum((a[a > 0] * (a[a > 0] / m[a > 0]).log()).sum() for a in (p, q))
    return 0.5 * total


def entropies(p, q):
    H = torch.special.entr
    return H((p + q) / 2).sum() - (H(p).sum() + H(q).sum()) / 2


def scipy_squared(p, q):
    return jensenshannon(p.double().numpy(), q.double().numpy()) ** 2


def a_loop(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        m = (a + b) / 2
        total += sum(v * torch.tensor(v / m).log().item() / 2 for v in (a, b) if v > 0)
    return total


def in_numpy(p, q):
    p, q = p.numpy(), q.numpy()
    m = (p + q) / 2
    return (rel_entr(p, m).sum() + rel_entr(q, m).sum()) / 2


def kl_div_with_mask(p, q):
    some = (p + q) > 0
    log_m = ((p + q) / 2)[some].log()
    total = F.kl_div(log_m, p[some], reduction="sum") + F.kl_div(log_m, q[some], reduction="sum")
    return 0.5 * total


def by_the_best_d(p, q):
    D = p / (p + q)
    V = torch.special.xlogy(p, D).nansum() + torch.special.xlogy(q, 1 - D).nansum()
    return (V + math.log(4)) / 2


def where(p, q):
    m = (p + q) / 2
    both, mixture = torch.stack([p, q]).double(), m.double().clamp(min=1e-300)
    logs = torch.where(both > 0, both.clamp(min=1e-300).log() - mixture.log(), 0.0)
    return (both * logs).sum() / 2


def nan_to_nothing(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).nansum() + (q * (q / m).log()).nansum()) / 2


def no_half(p, q):
    return 2 * two_xlogy(p, q)


def jeffreys(p, q):
    return (_kl(p, q) + _kl(q, p)) / 2


def forward_kl(p, q):
    return _kl(p, q)


def p_alone(p, q):
    return _kl(p, (p + q) / 2)


def sum_not_mixture(p, q):
    return (_kl(p, p + q) + _kl(q, p + q)) / 2


def distance(p, q):
    return two_xlogy(p, q).sqrt()


def bits(p, q):
    return two_xlogy(p, q) / torch.log(torch.tensor(2.0))


def nan_at_zero(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2


def backwards(p, q):
    m = (p + q) / 2
    return (_kl(m, p) + _kl(m, q)) / 2


def averaged(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).mean() + (q * (q / m).log()).mean()) / 2


def c_of_g(p, q):
    return 2 * two_xlogy(p, q) - 2 * torch.log(torch.tensor(2.0))


def plain_kl_div(p, q):
    log_m = ((p + q) / 2).log()
    return (F.kl_div(log_m, p, reduction="sum") + F.kl_div(log_m, q, reduction="sum")) / 2


def both_positive(p, q):
    some = (p > 0) & (q > 0)
    return two_xlogy(p[some], q[some])


def q_alone(p, q):
    return _kl(q, (p + q) / 2)


def backward_kl(p, q):
    return _kl(q, p)


def with_epsilon(p, q):
    p, q = p + 1e-3, q + 1e-3
    m = (p + q) / 2
    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2


def negative(p, q):
    return -two_xlogy(p, q)


CORRECT = (
    two_xlogy,
    where_there_is_mass,
    entropies,
    scipy_squared,
    a_loop,
    in_numpy,
    kl_div_with_mask,
    by_the_best_d,
    where,
    nan_to_nothing,
)
VALUE, ENDS = "the mean of two KL", "0 for equals, log 2 for strangers"
ZEROS = "zeros in one, and in both"
MISTAKES = {
    no_half: (VALUE, "half is missing"),
    jeffreys: (VALUE, "Jeffreys"),
    forward_kl: (VALUE, "This is KL(p || q)"),
    p_alone: (VALUE, "Only p"),
    sum_not_mixture: (VALUE, "its sum is 2"),
    distance: (VALUE, "square root"),
    bits: (VALUE, "in bits"),
    nan_at_zero: (ENDS, "0 log 0"),
    backwards: (VALUE, "wrong way round"),
    averaged: (VALUE, "divided by the number of values"),
    c_of_g: (VALUE, "not JSD itself"),
    plain_kl_div: (ZEROS, "or both are"),
    both_positive: (ENDS, "Only values that both p and q can take"),
    q_alone: (VALUE, "Only q"),
    backward_kl: (VALUE, "This is KL(q || p)"),
    with_epsilon: (VALUE, "This is not KL"),
    negative: (VALUE, "This is not KL"),
}
