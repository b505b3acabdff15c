"""f-GAN's bound: each loss's f by search against its closed form, its divergence, its conjugate."""

import math

import pytest
import torch

from gancourse.errors import InputError
from gancourse.losses import LOSSES
from gancourse.maths import divergences, fgan

R = torch.tensor([0.2, 0.5, 1.0, 2.0, 5.0], dtype=torch.float64)
KNOWN = {  # f(r), and the range of D's logit over all r
    "minimax": (lambda r: r * r.log() - (1 + r) * ((1 + r) / 2).log(), (-6.0, 6.0)),
    "non-saturating": (lambda r: r * r.log() - (1 + r) * ((1 + r) / 2).log(), (-6.0, 6.0)),
    "least-squares": (lambda r: (r - 1) ** 2 / (4 * (r + 1)), (0.02, 0.98)),
    "hinge": (lambda r: (r - 1).abs(), (-1.0, 1.0)),
}
BEST = {
    "minimax": -R.log(),
    "least-squares": 1 / (1 + R),
    "hinge": torch.sign(1 - R),
}


@pytest.mark.parametrize("name", KNOWN)
def test_f_is_found_from_the_loss_alone(name):
    found = fgan.best(LOSSES[name], R)[1]
    torch.testing.assert_close(found, KNOWN[name][0](R), atol=1e-5, rtol=0)
    assert found[2].abs() < 1e-12  # f(1) = 0


@pytest.mark.parametrize("name", BEST)
def test_the_best_logit_is_that_of_lesson_03(name):
    torch.testing.assert_close(fgan.best(LOSSES[name], R)[0], BEST[name], atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", KNOWN)
def test_what_D_pays_on_a_real_sample_is_the_conjugate_of_what_it_saves_on_a_fake(name):
    f, (low, high) = KNOWN[name]
    T, F = fgan.terms(LOSSES[name], torch.linspace(low, high, 9, dtype=torch.float64))
    torch.testing.assert_close(fgan.conjugate(f, T), F, atol=1e-6, rtol=0)


def test_outside_of_the_range_of_best_logits_a_loss_pays_more_than_the_conjugate():
    T, F = fgan.terms(LOSSES["least-squares"], torch.tensor([-1.0, 2.0], dtype=torch.float64))
    assert (fgan.conjugate(KNOWN["least-squares"][0], T) < F - 0.1).all()


def test_without_a_bound_on_its_slope_the_wasserstein_loss_has_no_finite_f():
    logit, f = fgan.best(LOSSES["wasserstein"], R)
    assert f.tolist() == [math.inf, math.inf, 0.0, math.inf, math.inf]
    assert logit.round().sign().tolist() == [1, 1, 0, -1, -1]


@pytest.mark.parametrize(
    ("name", "share"), [("minimax", 2.0), ("least-squares", 0.25), ("hinge", 2.0)]
)
def test_d_loss_at_its_best_is_what_it_is_at_rest_minus_the_divergence(name, share):
    x = divergences.line(-14, 14, 801)
    log_p, log_q = divergences.log_normal(x), divergences.log_normal(x, mean=1.0, sd=1.5)
    p, q = log_p.exp(), log_q.exp()
    known = {
        "minimax": divergences.jsd(x, log_p, log_q),
        "least-squares": divergences.integral(x, (p - q) ** 2 / (p + q)),
        "hinge": divergences.total_variation(x, log_p, log_q),
    }
    _, f = fgan.best(LOSSES[name], (log_q - log_p).exp())
    found = divergences.expectation(x, log_p, f)
    torch.testing.assert_close(found, share * known[name], atol=2e-4, rtol=0)


def test_a_loss_of_pairs_is_no_such_bound():
    with pytest.raises(InputError, match="in pairs"):
        fgan.terms(LOSSES["relativistic"], R)
