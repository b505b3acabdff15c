"""The slope left for G: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from scipy.integrate import quad
from torch.nn.functional import logsigmoid, softplus

from gancourse.maths import divergences

X = torch.linspace(-14, 16, 3001, dtype=torch.float64)


def log_bell(x, mean=0.0):
    return -((x - mean) ** 2) / 2 - 0.9189385332046727


def share(theta, x=X):
    """Return E_q D* for each theta, [M]."""
    log_q = log_bell(x, theta[:, None])
    return torch.trapezoid(log_q.exp() * torch.sigmoid(log_bell(x) - log_q), x)


def C(theta):
    log_p, log_q = log_bell(X), log_bell(X, theta[:, None])
    logit = log_p - log_q
    f = log_p.exp() * logsigmoid(logit) + log_q.exp() * logsigmoid(-logit)
    return torch.trapezoid(f, X)


def the_formula(theta):
    return theta * share(theta)


def autograd_of_c(theta):
    theta = theta.clone().requires_grad_()
    return torch.autograd.grad(C(theta).sum(), theta)[0]


def differences(theta):
    return (C(theta + 1e-3) - C(theta - 1e-3)) / 2e-3


def autograd_with_d_held(theta):
    slopes = []
    for t in theta:
        t = t.clone().requires_grad_()
        z = torch.linspace(-8, 8, 1601, dtype=torch.float64)
        x = t + z
        logit = t.detach() ** 2 / 2 - t.detach() * x  # log p - log q, held still
        V = torch.trapezoid(log_bell(z).exp() * -softplus(logit), z)
        slopes.append(torch.autograd.grad(V, t)[0])
    return torch.stack(slopes)


def with_scipy(theta):
    def f(x, t):
        p, q = np.exp(-(x**2) / 2), np.exp(-((x - t) ** 2) / 2)
        return p * q / (p + q) / np.sqrt(2 * np.pi)

    return torch.tensor([t * quad(f, t / 2 - 8, t / 2 + 8, args=(t,))[0] for t in theta.tolist()])


def in_numpy(theta):
    t = theta.numpy()[:, None]
    x = np.linspace(-16, 16, 4001)
    log_p, log_q = -(x**2) / 2, -((x - t) ** 2) / 2
    weight = np.exp(log_p + log_q - np.logaddexp(log_p, log_q)) / np.sqrt(2 * np.pi)
    return torch.as_tensor((t * weight).sum(1) * (x[1] - x[0]))


def one_by_one(theta):
    slopes = [t * torch.trapezoid((log_bell(X, t) + logsigmoid(t * (t / 2 - X))).exp(), X)
              for t in theta]  # fmt: skip
    return torch.stack(slopes)


def gauss_hermite(theta):
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    z = torch.as_tensor(nodes)
    share = torch.sigmoid(-(theta[:, None] ** 2) / 2 - theta[:, None] * z)  # at x = theta + z
    found = share @ torch.as_tensor(weights) / np.sqrt(2 * np.pi)
    return theta * found


def through_the_course(theta):
    x = divergences.line(-16, 16)
    theta = theta.clone().requires_grad_()
    log_q = divergences.log_normal(x, theta[:, None])
    C = divergences.best_value(x, divergences.log_normal(x).expand_as(log_q), log_q)
    return torch.autograd.grad(C.sum(), theta)[0]


def downhill(theta):
    return -the_formula(theta)


def slope_of_jsd(theta):
    return the_formula(theta) / 2


def factor_missing(theta):
    return share(theta)


def non_saturating(theta):
    return theta * (1 - share(theta))


def d_at_one_half(theta):
    return theta / 2


def slope_of_kl(theta):
    return theta


def c_itself(theta):
    return C(theta)


def from_samples(theta):
    x = theta[:, None] + torch.randn(len(theta), 4000, dtype=torch.float64)
    return theta * torch.sigmoid(theta[:, None] ** 2 / 2 - theta[:, None] * x).mean(1) + 0.01


def short_grid(theta):
    return theta * share(theta, torch.linspace(-8, 3, 2001, dtype=torch.float64))


def rounded_densities(theta):
    x = torch.linspace(-40, 40, 4001)
    p, q = log_bell(x).exp(), log_bell(x, theta[:, None].float()).exp()
    return theta * torch.trapezoid(q * p / (p + q), x)


def one_number(theta):
    return the_formula(theta).mean()


def honest_samples(theta):
    x = theta[:, None] + torch.randn(len(theta), 4000, dtype=torch.float64)
    return theta * torch.sigmoid(theta[:, None] ** 2 / 2 - theta[:, None] * x).mean(1)


def share_of_fake(theta):
    return 1 - share(theta)


def doubled(theta):
    return 2 * the_formula(theta)


def coarse_grid(theta):
    return theta * share(theta, torch.linspace(-16, 16, 17, dtype=torch.float64))


def size_alone(theta):
    return the_formula(theta).abs()


def one_side_of_the_grid(theta):
    return theta * share(theta, torch.linspace(-2.5, 16, 4001, dtype=torch.float64))


CORRECT = (
    the_formula,
    autograd_of_c,
    differences,
    autograd_with_d_held,
    with_scipy,
    in_numpy,
    one_by_one,
    gauss_hermite,
    through_the_course,
)
SIDES, FAR = "on both sides of p", "far out, where it dies"
MISTAKES = {
    downhill: (SIDES, "downhill"),
    slope_of_jsd: (SIDES, "slope of JSD"),
    factor_missing: (SIDES, "This is E_q D*"),
    non_saturating: (SIDES, "non-saturating"),
    d_at_one_half: (SIDES, "held at 1/2"),
    slope_of_kl: (SIDES, "slope of KL"),
    c_itself: (SIDES, "This is C itself"),
    from_samples: (SIDES, "This samples"),
    honest_samples: (SIDES, "This samples"),
    share_of_fake: (SIDES, "This is E_q (1 - D*)"),
    doubled: (SIDES, "twice the slope"),
    coarse_grid: (SIDES, "Close, but not within"),
    size_alone: (SIDES, "size without its sign"),
    one_side_of_the_grid: (FAR, "off by more than a tenth"),
    short_grid: (FAR, "off by more than a tenth"),
    rounded_densities: (FAR, "not finite"),
    one_number: (SIDES, "shape [5]"),
}
