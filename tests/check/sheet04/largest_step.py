"""The largest step that converges: correct in several styles, and classic mistakes."""

import numpy as np
import torch


def smallest_bound(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs() ** 2).min().clamp(min=0)


def loop_over_eigenvalues(J):
    best = float("inf")
    for v in torch.linalg.eigvals(J.double()).tolist():
        if v.real >= -1e-9:
            return 0.0
        best = min(best, -2 * v.real / abs(v) ** 2)
    return best


def in_numpy(J):
    values = np.linalg.eigvals(J.numpy().astype(float))
    return max(0.0, (-2 * (1 / values).real).min())


def real_part_of_the_inverse(J):
    return torch.relu((-2 * torch.linalg.eigvals(torch.linalg.inv(J)).real).min())


def by_bisection(J):
    values = torch.linalg.eigvals(J.double())
    low, high = 0.0, 1.0
    while ((1 + high * values).abs() < 1).all():
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        converges = ((1 + middle * values).abs() < 1).all()
        low, high = (middle, high) if converges else (low, middle)
    return low


def circles(J):
    """The circle of radius 1/h around -1/h holds an eigenvalue: h is 2 / (its diameter)."""
    values = np.linalg.eigvals(np.asarray(J, dtype=np.float64))
    if values.real.max() > -1e-8:
        return torch.tensor(0.0)
    diameters = np.abs(values) ** 2 / -values.real
    return torch.tensor(2 / diameters.max())


def on_a_grid_to_ten(J):
    values, steps = torch.linalg.eigvals(J), torch.linspace(0, 10, 100_001)
    converge = ((1 + steps[:, None] * values).abs() < 1).all(1)
    return steps[converge].max() if converge.any() else 0.0


def at_most_two(J):
    return smallest_bound(J).clamp(max=2.0)


def slow_is_none(J):
    values = torch.linalg.eigvals(J)
    return smallest_bound(J) * (values.real < -1e-2).all()


def half_plane(J):
    values = torch.linalg.eigvals(J.double())
    if (values.real > -1e-6).any():
        return torch.zeros(())
    return (2 / (-(1 / values)).real.reciprocal()).min()


def plain_python(J):
    values = [complex(v) for v in np.linalg.eigvals(J.double().numpy())]
    return max(0.0, min(-2 * v.real / (v.real**2 + v.imag**2) for v in values))


def where(J):
    values = torch.linalg.eigvals(J)
    bounds = -2 * values.real / (values * values.conj()).real
    return torch.where(bounds > 0, bounds, 0.0).min()


def roots_of_the_parabola(J):
    values = torch.linalg.eigvals(J.double()).numpy()
    return max(0.0, min(max(np.roots([abs(v) ** 2, 2 * v.real, 0.0]).real) for v in values))


def most_patient(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs() ** 2).max().clamp(min=0)


def no_factor_two(J):
    return smallest_bound(J) / 2


def not_squared(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs()).min().clamp(min=0)


def as_in_a_minimisation(J):
    values = torch.linalg.eigvals(J)
    return (2 / values.abs()).min() * (values.real < 0).all()


def imaginary_part_forgotten(J):
    return (-2 / torch.linalg.eigvals(J).real).min().clamp(min=0)


def mean_of_the_bounds(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs() ** 2).mean().clamp(min=0)


def negative_steps(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs() ** 2).min()


def sign_forgotten(J):
    values = torch.linalg.eigvals(J)
    return (2 * values.real.abs() / values.abs() ** 2).min()


def all_of_them(J):
    values = torch.linalg.eigvals(J)
    return (-2 * values.real / values.abs() ** 2).clamp(min=0)


def squared(J):
    return smallest_bound(J) ** 2


def doubled(J):
    return 2 * smallest_bound(J)


def infinite_without_bound(J):
    values = torch.linalg.eigvals(J)
    bounds = -2 * values.real / values.abs() ** 2
    return bounds[bounds > 0].min() if (bounds > 0).any() else torch.tensor(torch.inf)


def one_where_none(J):
    bound = smallest_bound(J)
    return bound if bound > 1e-6 else 1.0


def of_the_symmetric_part(J):
    return (2 / -torch.linalg.eigvalsh((J + J.T) / 2)).min()


def of_the_largest_modulus(J):
    values = torch.linalg.eigvals(J)
    bounds = -2 * values.real / values.abs() ** 2
    return bounds[values.abs().argmax()].clamp(min=0)


def little_friction_is_none(J):
    values = torch.linalg.eigvals(J)
    return smallest_bound(J) if values.real.max() < -0.05 else torch.zeros(())


CORRECT = (
    smallest_bound,
    loop_over_eigenvalues,
    in_numpy,
    real_part_of_the_inverse,
    by_bisection,
    half_plane,
    plain_python,
    where,
    roots_of_the_parabola,
    circles,
)
SIZES = "one player, two and four"
VALUE, NONE = "a spiral and a slow direction", "0 where no step converges"
MISTAKES = {
    most_patient: (VALUE, "slowest eigenvalue"),
    no_factor_two: (VALUE, "factor 2 is missing"),
    not_squared: (VALUE, "to be squared"),
    as_in_a_minimisation: (VALUE, "bound of a minimisation"),
    imaginary_part_forgotten: (VALUE, "imaginary part is forgotten"),
    mean_of_the_bounds: (VALUE, "mean of the bounds"),
    negative_steps: (NONE, "no step converges"),
    sign_forgotten: (NONE, "no step converges"),
    all_of_them: (VALUE, "should be one number"),
    squared: (VALUE, "bound squared"),
    doubled: (VALUE, "twice the bound"),
    infinite_without_bound: (NONE, ""),
    one_where_none: (NONE, "no step converges"),
    of_the_symmetric_part: (VALUE, "largest modulus of I + h J is not 1"),
    of_the_largest_modulus: (VALUE, "whose modulus is largest"),
    on_a_grid_to_ten: (SIZES, "no fixed number limits it"),
    at_most_two: (SIZES, "no fixed number limits it"),
    slow_is_none: (SIZES, "and yours is 0"),
    little_friction_is_none: (VALUE, "and yours is 0"),
}
