"""The games of lesson 04 against autograd of the losses, and against closed forms."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import expit

from gancourse import losses
from gancourse.errors import InputError
from gancourse.maths import dynamics

STATES = np.array([[0.7, -0.4], [-1.3, 0.2], [0.05, 2.0]])
ORDER = "alternating"
CROSS_ENTROPIES = ("minimax", "non-saturating", "relativistic")


def by_autograd(name, state):
    pair, offset = losses.get_loss(name), losses.get_loss(name).rest
    theta, psi = torch.tensor(state, requires_grad=True)
    logits = offset + 0 * psi, offset + psi * theta
    (by_theta,) = torch.autograd.grad(pair.g_loss(*logits), theta, retain_graph=True)
    (by_psi,) = torch.autograd.grad(pair.d_loss(*logits), psi)
    return [-by_theta.item(), -by_psi.item()]


def eigenvalues(*game, **options):
    return np.sort(np.linalg.eigvals(dynamics.jacobian(dynamics.dirac(*game, **options))))


@pytest.mark.parametrize("name", losses.LOSSES)
def test_the_field_is_minus_the_gradient_of_each_players_loss(name):
    wanted = [by_autograd(name, state) for state in STATES]
    np.testing.assert_allclose(dynamics.dirac(name)(STATES), wanted, atol=1e-12)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_slopes_are_those_of_the_losses_in_both_logits(name):
    pair = losses.get_loss(name)
    slopes = pair.slopes
    logits = torch.tensor([0.6, -1.7], dtype=torch.float64, requires_grad=True)
    d = torch.autograd.grad(pair.d_loss(*logits), logits)[0]
    g = torch.autograd.grad(pair.g_loss(*logits), logits)[0]
    at = tuple(np.array(v) for v in logits.tolist())
    found = [slopes.d_real(*at), slopes.d_fake(*at), slopes.g_fake(*at)]
    np.testing.assert_allclose(found, [*d.tolist(), g[1].item()], atol=1e-12)


def test_r1_and_r2_are_the_penalties_of_the_losses_module():
    psi = torch.tensor(-0.4, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[0.0], [0.7]], dtype=torch.float64)
    for name, penalty in (("R1", losses.r1_penalty), ("R2", losses.r2_penalty)):
        (slope,) = torch.autograd.grad(3.0 * penalty(lambda x: psi * x, x), psi)
        state = np.array([0.7, -0.4])
        friction = dynamics.dirac("minimax", name, 3.0)(state) - dynamics.dirac("minimax")(state)
        np.testing.assert_allclose(friction, [0, -slope.item()], atol=1e-12)


def test_wgan_gp_is_the_penalty_of_the_losses_module():
    psi = torch.tensor(-0.4, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[0.0]], dtype=torch.float64)
    penalty = losses.wgan_gp_penalty(lambda x: psi * x, x, x + 0.7, torch.Generator())
    (slope,) = torch.autograd.grad(0.5 * penalty, psi)
    state = np.array([0.7, -0.4])
    found = dynamics.dirac("minimax", "WGAN-GP", 0.5)(state) - dynamics.dirac("minimax")(state)
    np.testing.assert_allclose(found, [0, -slope.item()], atol=1e-12)


def test_wgan_gp_does_not_push_a_discriminator_that_sees_nothing():
    np.testing.assert_array_equal(dynamics.dirac("minimax", "WGAN-GP", 0.5)(np.zeros(2)), [0, 0])


def test_instance_noise_is_an_expectation():
    theta, psi, sd = 0.8, 1.3, 0.7

    def mean(f, centre):
        def weighted(x):
            return f(x) * np.exp(-(((x - centre) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))

        return quad(weighted, centre - 10, centre + 10)[0]

    by_psi = mean(lambda x: x * expit(-psi * x), 0) - mean(lambda x: x * expit(psi * x), theta)
    by_theta = mean(lambda x: psi * expit(-psi * x), theta)
    found = dynamics.dirac("non-saturating", "instance noise", sd)(np.array([theta, psi]))
    np.testing.assert_allclose(found, [by_theta, by_psi], atol=1e-5)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_without_penalty_all_losses_only_rotate(name):
    speed = 0.5 if name in CROSS_ENTROPIES else 1.0
    np.testing.assert_allclose(eigenvalues(name), [-1j * speed, 1j * speed], atol=1e-9)


@pytest.mark.parametrize("weight", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("penalty", ["R1", "R2"])
def test_r1_and_r2_have_the_closed_form(penalty, weight):
    root = np.sqrt(complex(weight**2 / 4 - 1 / 4))
    wanted = np.sort([-weight / 2 - root, -weight / 2 + root])
    np.testing.assert_allclose(eigenvalues("minimax", penalty, weight), wanted, atol=1e-4)


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
@pytest.mark.parametrize("sd", [0.5, 1.0, 1.6])
def test_instance_noise_has_the_closed_form(name, sd):
    root = np.sqrt(complex(sd**4 / 16 - 1 / 4))
    wanted = np.sort([-(sd**2) / 4 - root, -(sd**2) / 4 + root])
    np.testing.assert_allclose(eigenvalues(name, "instance noise", sd), wanted, atol=1e-8)


@pytest.mark.parametrize("h", [0.1, 0.7, 1.5])
def test_steps_of_the_bilinear_game_have_the_closed_form(h):
    J = dynamics.jacobian(dynamics.bilinear)
    assert dynamics.modulus(J, h) == pytest.approx(np.sqrt(1 + h**2))
    assert type(dynamics.modulus(J, h)) is float
    assert dynamics.modulus(J, h, "alternating") == pytest.approx(1)


def test_alternating_dirac_steps_have_modulus_one_up_to_four():
    J = dynamics.jacobian(dynamics.dirac())
    assert dynamics.modulus(J, 4.0, "alternating") == pytest.approx(1)
    assert dynamics.modulus(J, 4.2, "alternating") > 1.8
    assert dynamics.modulus(J, 0.2) == pytest.approx(np.sqrt(1 + 0.2**2 / 4))


@pytest.mark.parametrize("order", dynamics.ORDERS)
@pytest.mark.parametrize("h", [0.2, (0.1, 0.4)])
def test_the_step_matrix_is_the_jacobian_of_the_step(order, h):
    field, width = dynamics.dirac("minimax", "R1", 0.3), 1e-6
    matrix = dynamics.step_matrix(dynamics.jacobian(field), h, order)
    for unit in np.eye(len(matrix)):  # of the state, and where it counts of the one before
        here, before = (width * unit[:2], width * unit[2:] if len(unit) == 4 else None)
        moved = dynamics.step(field, here, h, order, before) / width
        np.testing.assert_allclose(moved, (matrix @ unit)[:2], atol=1e-6)


def test_a_path_follows_the_steps_and_stays_put_once_it_has_left():
    states = dynamics.path(dynamics.bilinear, (1, 0), 3.0, 30)
    np.testing.assert_allclose(states[1], [1, 3])
    assert np.isfinite(states).all()
    np.testing.assert_array_equal(states[-1], states[-2])


def test_a_path_has_left_at_a_million():
    def away(state):
        return state  # each step of size 1 doubles it

    assert dynamics.path(away, (1.0, 0.0), 1.0, 30).max() == 2**20  # the first above 1e6


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.8, 0.95])
def test_wgan_gp_ends_on_a_cycle_of_the_derived_size(weight):
    rho = np.exp(-np.pi * weight / np.sqrt(1 - weight**2))
    size = 2 * weight * (1 + rho) / (1 - rho)
    field = dynamics.dirac("wasserstein", "WGAN-GP", weight)
    for start in ((0.1, 0.1), (2.5, 0.0)):
        states = dynamics.path(field, start, 0.02, 6000, "alternating")
        assert np.abs(states[-400:, 0]).max() == pytest.approx(size, abs=0.006)


TURNING = np.array([[0.0, -1.0], [1.0, 0.0]])  # the bilinear game's Jacobian


@pytest.mark.parametrize("h", [0.1, 0.5, 1.1])
def test_extragradient_multiplies_by_1_plus_hi_minus_h_squared(h):
    wanted = np.sqrt(1 - h**2 + h**4)  # |1 + h i + (h i)^2|
    assert dynamics.modulus(TURNING, h, "extragradient") == pytest.approx(wanted)


@pytest.mark.parametrize("h", [0.1, 0.5, 0.6])
def test_optimistic_steps_have_the_roots_of_their_quadratic(h):
    roots = [np.roots([1, -(1 + 2 * turn), turn]) for turn in (1j * h, -1j * h)]
    found = np.poly(dynamics.step_matrix(TURNING, h, "optimistic"))  # both as polynomials
    np.testing.assert_allclose(found, np.poly(np.concatenate(roots)), atol=1e-12)


def test_optimistic_steps_turn_for_ever_at_one_over_root_three():
    assert dynamics.modulus(TURNING, 1 / np.sqrt(3), "optimistic") == pytest.approx(1)
    assert dynamics.modulus(TURNING, 0.57, "optimistic") < 1
    assert dynamics.modulus(TURNING, 0.59, "optimistic") > 1


@pytest.mark.parametrize("order", ["extragradient", "optimistic"])
def test_steps_that_look_ahead_shrink_as_their_modulus_says(order):
    states = dynamics.path(dynamics.bilinear, (1, 0), 0.2, 200, order)
    shrunk = np.hypot(*states[-1]) / np.hypot(*states[-101])
    assert shrunk == pytest.approx(dynamics.modulus(TURNING, 0.2, order) ** 100, rel=1e-6)


def test_an_optimistic_step_follows_the_papers_formula():
    here, before = np.array([0.7, -0.4]), np.array([0.5, 0.1])
    found = dynamics.step(dynamics.bilinear, here, (0.1, 0.3), "optimistic", before)
    x = 0.7 - 2 * 0.1 * -0.4 + 0.1 * 0.1  # x - 2 h y + h (y before)
    y = -0.4 + 2 * 0.3 * 0.7 - 0.3 * 0.5
    np.testing.assert_allclose(found, [x, y])
    first = dynamics.step(dynamics.bilinear, here, 0.1, "optimistic")
    np.testing.assert_allclose(first, dynamics.step(dynamics.bilinear, here, 0.1))


def test_five_steps_of_D_are_one_of_five_times_the_size_where_D_sees_a_straight_line():
    order = "alternating, 5 steps of D"
    here = np.array([0.7, -0.4])
    five = dynamics.step(dynamics.bilinear, here, 0.1, order)
    np.testing.assert_allclose(five, dynamics.step(dynamics.bilinear, here, (0.1, 0.5), ORDER))
    J = dynamics.jacobian(dynamics.dirac("minimax", "R1", 1.0))
    D_half = np.linalg.matrix_power(np.array([[1, 0], [-0.05, 0.9]]), 5)
    wanted = D_half @ np.array([[1, 0.05], [0, 1]])
    np.testing.assert_allclose(dynamics.step_matrix(J, 0.1, order), wanted, atol=1e-9)


@pytest.mark.parametrize("weight", [0.3, 1.0, 4.0])
def test_consensus_adds_friction_to_both(weight):
    found = eigenvalues("minimax", "consensus", weight)
    np.testing.assert_allclose(found, [-weight / 4 - 0.5j, -weight / 4 + 0.5j], atol=1e-6)
    fast = eigenvalues("wasserstein", "consensus", weight)
    np.testing.assert_allclose(fast, [-weight - 1j, -weight + 1j], atol=1e-6)


def test_consensus_goes_down_the_slope_of_the_speed():
    state = np.array([0.7, -0.4])  # by hand: v = (s psi, -s theta), s = sigmoid(psi theta)
    s = expit(state.prod())
    by_theta = s**2 * state[0] + s**2 * (1 - s) * state[1] * (state**2).sum()
    by_psi = s**2 * state[1] + s**2 * (1 - s) * state[0] * (state**2).sum()
    found = dynamics.dirac("minimax", "consensus", 2.0)(state) - dynamics.dirac("minimax")(state)
    np.testing.assert_allclose(found, [-2 * by_theta, -2 * by_psi], atol=1e-9)
    many = dynamics.dirac("minimax", "consensus", 2.0)(STATES)
    np.testing.assert_allclose(many[0], dynamics.dirac("minimax", "consensus", 2.0)(STATES[0]))


def test_losses_along_a_path_are_the_losses():
    d_loss, g_loss = dynamics.losses_along("least-squares", np.array([[0.0, 3.0], [1.0, 0.5]]))
    np.testing.assert_allclose(d_loss, [0.5, 1.25])  # (1/2 - 1)^2 + (1/2 + psi theta)^2
    np.testing.assert_allclose(g_loss, [0.25, 0.0])
    whole = dynamics.losses_along("minimax", np.array([[2, 1]]))  # in float64, whatever is given
    np.testing.assert_allclose(whole, [[-np.log(0.5 * expit(-2))], [np.log(expit(-2))]], rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dynamics.dirac("hing"), "Unknown loss 'hing'"),
        (lambda: dynamics.dirac("hinge", "r1"), "Unknown penalty 'r1'"),
        (lambda: dynamics.dirac("hinge", "R1", -1.0), "weight must be 0 or more"),
        (lambda: dynamics.path(dynamics.bilinear, (1, 0), 0.1, 0), "steps must be a whole number"),
        (lambda: dynamics.path(dynamics.bilinear, (1, 0), 0.1, 5, "both"), "Unknown order"),
        (lambda: dynamics.step_matrix(np.eye(2), 0.1, "both"), "Unknown order"),
    ],
)
def test_what_cannot_be_used_is_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
