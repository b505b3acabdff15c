"""The quadrature of lessons 01 to 03 against closed forms, and the notebooks against it."""

import ast
import math
from pathlib import Path

import pytest
import torch
from scipy.stats import wasserstein_distance
from torch.nn.functional import logsigmoid

from gancourse import losses
from gancourse.errors import InputError
from gancourse.maths import divergences

ROOT = Path(__file__).resolve().parents[2]
X = divergences.line(-12, 12, 2401)
P, Q = divergences.log_normal(X, 0.0), divergences.log_normal(X, 1.5, 0.7)
LOG2 = math.log(2)


def defined_in(notebook: str, **names) -> dict:
    """Return the functions that a lesson defines, with `names` as its globals."""
    tree = ast.parse((ROOT / "notebooks" / f"{notebook}.py").read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    space = {"torch": torch, "divergences": divergences, "x": X, **names}
    exec(compile(tree, notebook, "exec"), space)
    return space


def test_line_needs_an_interval():
    with pytest.raises(InputError, match="goes up"):
        divergences.line(1, 1)


def test_line_is_from_minus_10_to_10_in_steps_of_a_200th():
    torch.testing.assert_close(divergences.line() * 200, torch.arange(-2000.0, 2001).double())


def test_the_uniform_density_is_on_0_to_1_and_1_over_the_length():
    x = divergences.line(-0.5, 4.5, 6)  # -0.5, 0.5, ..., 4.5
    assert divergences.log_uniform(x).exp().tolist() == [0, 1, 0, 0, 0, 0]
    found = divergences.log_uniform(x, 1.5, 3.5).exp()  # both ends belong to it
    torch.testing.assert_close(found, torch.tensor([0, 0, 0.5, 0.5, 0.5, 0]).double())


def test_a_line_has_two_points_at_least():
    assert divergences.line(0, 1, 2).tolist() == [0, 1]
    with pytest.raises(InputError, match="at least 2 points"):
        divergences.line(0, 1, 1)


def test_the_logarithms_of_2_and_4():
    assert math.exp(divergences.LOG2) == pytest.approx(2)
    assert math.exp(divergences.LOG4) == pytest.approx(4)


def test_where_neither_has_mass_the_best_logit_is_0_and_infinite_where_one_has():
    log_p = torch.tensor([-math.inf, -math.inf, 0.0, -1.0])
    log_q = torch.tensor([-math.inf, 0.0, -math.inf, -3.0])
    assert divergences.optimal_logit(log_p, log_q).tolist() == [0, -math.inf, math.inf, 2]


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (-3.0, 0.1), (2.0, 1.7)])
def test_normal_density_has_mass_mean_and_variance(mean, sd):
    log_p = divergences.log_normal(X, mean, sd)
    moments = [divergences.expectation(X, log_p, (X - mean) ** k).item() for k in range(3)]
    assert moments == pytest.approx([1, 0, sd**2], abs=1e-6)


def test_a_coin_scores_minus_log_4():
    assert divergences.value(X, P, Q, 0 * X).item() == pytest.approx(-math.log(4), abs=1e-9)


def test_value_is_minus_the_loss_of_the_same_logits():
    z = torch.randn(2, 200_000, generator=torch.Generator().manual_seed(0))
    loss = losses.cross_entropy_d(1 - z[0], 1 - (1.5 + 0.7 * z[1]))
    assert loss.item() == pytest.approx(-divergences.value(X, P, Q, 1 - X).item(), abs=0.02)


def test_value_takes_many_densities_at_once():
    many = divergences.log_normal(X, torch.tensor([[0.0], [1.0]], dtype=X.dtype))
    one = [divergences.value(X, P, log_q, 1 - X) for log_q in many]
    assert torch.allclose(divergences.value(X, P, many, 1 - X), torch.stack(one))


def test_through_takes_the_values_it_was_given():
    logit = divergences.through(torch.tensor([-2.0, 0.0, 2.0]), (-2, 0, 2), (0.1, 0.5, 0.8))
    assert torch.allclose(logit.sigmoid(), torch.tensor([0.1, 0.5, 0.8]))


def test_the_best_logit_scores_more_than_any_other():
    best = divergences.best_value(X, P, Q)
    for a, b in torch.randn(50, 2, dtype=X.dtype):
        assert divergences.value(X, P, Q, divergences.optimal_logit(P, Q) + a + b * X) < best


def test_best_value_is_minus_log_4_plus_2_jsd():
    expected = -math.log(4) + 2 * divergences.jsd(X, P, Q)
    assert divergences.best_value(X, P, Q).item() == pytest.approx(expected.item(), abs=1e-9)


def test_kl_of_two_bells_is_the_closed_form():
    expected = math.log(0.7) + (1 + 1.5**2) / (2 * 0.7**2) - 0.5
    assert divergences.kl(X, P, Q).item() == pytest.approx(expected, abs=1e-7)


def test_kl_of_bells_so_far_apart_that_densities_round_to_zero():
    x = divergences.line(-5, 65, 7001)
    far = divergences.log_normal(x, 60.0)
    assert divergences.kl(x, divergences.log_normal(x), far).item() == pytest.approx(1800, rel=1e-6)


def test_disjoint_boxes():
    x = divergences.line(-5.005, 5.005, 1002)
    a, b = divergences.log_uniform(x, 0, 1), divergences.log_uniform(x, -3, -2)
    assert divergences.jsd(x, a, b).item() == pytest.approx(LOG2, abs=1e-9)
    assert divergences.kl(x, a, b) == math.inf
    assert divergences.wasserstein1(x, a, b).item() == pytest.approx(3, abs=1e-9)
    assert divergences.total_variation(x, a, b).item() == pytest.approx(1, abs=1e-9)
    assert divergences.best_value(x, a, b).item() == pytest.approx(0, abs=1e-9)


def test_equal_densities_are_at_no_distance():
    d = divergences
    for distance in (d.kl, d.jsd, d.total_variation, d.wasserstein1):
        assert distance(X, P, P).item() == pytest.approx(0, abs=1e-12)


def test_wasserstein_agrees_with_samples():
    x, y = torch.randn(2, 20_000, generator=torch.Generator().manual_seed(0))
    found = wasserstein_distance(x, 1.5 + 0.7 * y)
    assert divergences.wasserstein1(X, P, Q).item() == pytest.approx(found, abs=0.05)


def test_mean_push_is_minus_the_slope_of_c():
    def C(theta):
        return divergences.best_value(X, P, divergences.log_normal(X, theta))

    log_q = divergences.log_normal(X, 2.0)
    push = divergences.push(X, divergences.optimal_logit(P, log_q))
    slope = (C(2.001) - C(1.999)) / 0.002
    assert divergences.expectation(X, log_q, push).item() == pytest.approx(-slope.item(), abs=1e-6)


def test_both_pushes_add_up_to_the_slope_of_the_logit():
    logit = divergences.optimal_logit(P, divergences.log_normal(X, 2.0))
    total = divergences.push(X, logit) + divergences.push(X, logit, "non-saturating")
    assert torch.allclose(total, torch.full_like(X, -2.0))


def test_push_needs_a_known_loss():
    with pytest.raises(InputError, match="loss of G"):
        divergences.push(X, X, "hinge")


def test_lesson_01_defines_the_same_value():
    taught = defined_in("01_the_game")["value"](torch.sigmoid, P.exp(), Q.exp())
    assert torch.isclose(taught, divergences.value(X, P, Q, X))
    assert torch.isclose(
        taught, divergences.integral(X, P.exp() * logsigmoid(X) + Q.exp() * logsigmoid(-X))
    )


def test_lesson_02_defines_the_same_divergences():
    lesson = defined_in("02_optimal_discriminator")
    assert lesson["kl"](P, Q) == divergences.kl(X, P, Q)
    assert torch.isclose(lesson["jsd"](P, Q), divergences.jsd(X, P, Q))


def test_lesson_02_defines_the_slope_that_the_push_has():
    lesson = defined_in("02_optimal_discriminator")
    log_q = divergences.log_normal(X, 3.0)
    push = divergences.push(X, divergences.optimal_logit(P, log_q))
    assert torch.isclose(lesson["slope"](3.0), -divergences.expectation(X, log_q, push))


def test_a_distribution_function_for_each_row():
    x = torch.linspace(0, 1, 11, dtype=torch.float64)
    found = divergences.cdf(x, torch.stack([0 * x, (2 * x + 1e-300).log()]))
    assert found.shape == (2, 11)
    assert torch.allclose(found, torch.stack([x, x**2]), atol=1e-12)
