"""Toy distributions: samples and densities are exact, and agree."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.datasets import make_moons

import gancourse
from gancourse.data import TOYS, load_points, mixture

PLANE = [name for name in TOYS if load_points(name).dim == 2]
LINE = [name for name in TOYS if load_points(name).dim == 1]
CURVES = ["moons", "spiral"]
F64 = torch.float64


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def mesh(toy, per_sd=2):
    """Return the axes of a grid that holds all of a 2-D toy, and its spacing."""
    low = toy.centres.min().item() - 0.6
    high = toy.centres.max().item() + 0.6
    step = toy.sd / per_sd
    axis = torch.arange(low, high, step, dtype=F64)
    return axis, step


def masses(toy):
    """Return the probability of each cell of a grid by its midpoint, [A, A], and its axis."""
    axis, step = mesh(toy)
    cells = toy.density(torch.cartesian_prod(axis, axis).float()).double() * step**2
    return cells.reshape(len(axis), -1), axis


def within(toy, x, sds):
    """Return the share of the points x that lie within so many sd of the nearest centre."""
    return (torch.cdist(x.double(), toy.centres).amin(1) < sds * toy.sd).double().mean().item()


@pytest.mark.parametrize("name", PLANE)
def test_density_integrates_to_one_and_fits_samples(name):
    toy = load_points(name)
    cells, axis = masses(toy)
    assert cells.sum() == pytest.approx(1, abs=1e-4)
    n, block, edge = 100_000, 8, axis - toy.sd / 4
    index = torch.bucketize(toy.sample(n, rng(), F64).contiguous(), edge) - 1
    counts = torch.zeros_like(cells).index_put_(tuple(index.T), torch.ones(n, dtype=F64), True)
    coarse = [torch.nn.functional.avg_pool2d(a[None], block)[0] * block**2
              for a in (cells, counts / n)]  # fmt: skip
    noise = (coarse[0] * (2 / math.pi / n)).sqrt().sum()  # what a perfect sampler differs by
    assert (coarse[0] - coarse[1]).abs().sum() < 1.15 * noise


@pytest.mark.parametrize("name", LINE)
def test_density_on_a_line_integrates_to_one(name):
    x = torch.linspace(-9, 9, 20_001, dtype=F64)[:, None]
    assert load_points(name).density(x).sum() * 18 / 20_000 == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", LINE)
def test_samples_on_a_line_follow_the_distribution(name):
    toy, n = load_points(name), 50_000
    x = toy.sample(n, rng(), F64)[:, 0].sort().values.numpy()
    expected = sum(
        w * norm.cdf(x, c, s) for w, c, s in np.stack([toy.weights, toy.centres[:, 0], toy.sds], 1)
    )
    assert abs(expected - (np.arange(n) + 0.5) / n).max() < 1.63 / math.sqrt(n)  # Kolmogorov, 1 %


def test_ring_has_eight_distinct_modes_on_radius_one():
    ring = load_points("ring")
    assert torch.pdist(ring.centres).min() == pytest.approx(2 * math.sin(math.pi / 8))
    assert torch.allclose(ring.centres.norm(dim=1), torch.ones(8, dtype=F64))
    assert (ring.sd, ring.dim) == (0.01, 2)
    assert type(ring.sd) is float


def test_grid_has_the_modes_of_the_paper():
    grid = load_points("grid")
    ticks = (-4.0, -2.0, 0.0, 2.0, 4.0)
    assert sorted(map(tuple, grid.centres.tolist())) == [(a, b) for a in ticks for b in ticks]
    assert grid.sd == 0.05
    thirds = load_points("grid", gap=0.1).centres.unique().double()  # exact, no float32
    assert thirds.sub(torch.tensor([-0.2, -0.1, 0, 0.1, 0.2], dtype=F64)).abs().max() < 1e-15


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_perfect_sampler_is_of_high_quality_as_often_as_it_should(name):
    toy = load_points(name)
    share = within(toy, toy.sample(200_000, rng()), 3)
    assert share == pytest.approx(1 - math.exp(-4.5), abs=1e-3)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_modes_are_equally_likely(name):
    toy = load_points(name)
    nearest = torch.cdist(toy.sample(100_000, rng()).double(), toy.centres).argmin(1)
    share = nearest.bincount() / 100_000
    assert (share - 1 / len(toy.centres)).abs().max() < 0.005


def test_what_each_toy_is_by_default():
    sds = {
        "ring": 0.01,
        "grid": 0.05,
        "moons": 0.05,
        "spiral": 0.02,
        "two_bumps": 0.5,
        "narrow": 0.1,
    }
    sizes = {"ring": 8, "grid": 25, "moons": 16, "spiral": 16, "two_bumps": 2, "narrow": 1}
    assert {name: load_points(name).sd for name in TOYS} == sds
    assert {name: len(load_points(name).centres) for name in TOYS} == sizes
    assert load_points("two_bumps").centres.tolist() == [[-1.5], [1.5]]
    assert load_points("two_bumps").weights.tolist() == [0.5, 0.5]
    assert load_points("narrow").centres.tolist() == [[0.0]]


def test_options_override():
    ring = load_points("ring", modes=6, radius=2.0, sd=0.1)
    assert ring.centres.shape == (6, 2)
    assert torch.allclose(ring.centres.norm(dim=1), torch.full((6,), 2.0, dtype=F64))
    assert ring.sd == pytest.approx(0.1)


def test_the_package_offers_it():
    assert gancourse.load_points is load_points


def test_repr_is_short():
    assert repr(load_points("ring")) == "<ring: 8 centres in 2-D, sd 0.01>"


# mixtures


def test_mixture_density_is_the_formula():
    toy = mixture([-1, 2], [0.5, 1.5], [3, 1])
    x = np.linspace(-4, 6, 50)
    expected = 0.75 * norm.pdf(x, -1, 0.5) + 0.25 * norm.pdf(x, 2, 1.5)
    assert np.allclose(toy.density(torch.from_numpy(x)[:, None]), expected, rtol=1e-12)


def test_mixture_respects_weights():
    toy = mixture([-5, 0, 5], 0.1, [1, 0, 3])
    x = toy.sample(40_000, rng())
    assert (x > 0).double().mean() == pytest.approx(0.75, abs=0.01)
    assert (x.abs() > 4).all()


def test_mixture_respects_each_sd():
    x = mixture([-50, 50], [0.1, 2.0]).sample(40_000, rng())
    assert x[x < 0].std() == pytest.approx(0.1, rel=0.03)
    assert x[x > 0].std() == pytest.approx(2.0, rel=0.03)


def test_mixture_in_three_dimensions():
    toy = mixture(torch.zeros(1, 3), 2.0)
    peak = toy.density(torch.zeros(1, 3, dtype=F64)).item()
    assert peak == pytest.approx((2 * math.pi * 4) ** -1.5)


def test_mixture_keeps_its_own_numbers():
    means = torch.zeros(2, 2, dtype=F64)
    toy = mixture(means, 1.0)
    means += 1
    assert (toy.centres == 0).all()


def test_two_bumps_share():
    x = load_points("two_bumps", left=0.2, sd=0.1).sample(40_000, rng())
    assert (x < 0).double().mean() == pytest.approx(0.2, abs=0.01)


# curves


@pytest.mark.parametrize("name", CURVES)
def test_quadrature_error_is_that_of_float64(name):
    toy = load_points(name)
    t = (torch.arange(40_000, dtype=F64) + 0.5) / 40_000
    brute = mixture(toy.along(t), toy.sd)
    x = toy.sample(200, rng(), F64)
    assert torch.allclose(toy.density(x), brute.density(x), rtol=2e-6)


@pytest.mark.parametrize("name", CURVES)
def test_quadrature_agrees_with_an_adaptive_one(name):
    toy = load_points(name)
    at = toy.along(torch.tensor([0.3], dtype=F64)) + toy.sd

    def integrand(t):
        gap = (toy.along(torch.tensor([t], dtype=F64)) - at).square().sum()
        return math.exp(-gap / (2 * toy.sd**2)) / (2 * math.pi * toy.sd**2)

    expected, _ = quad(integrand, 0.1, 0.49, points=[0.3], epsabs=0, epsrel=1e-11, limit=200)
    assert toy.density(at).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("sd", [0.01, 0.3])
def test_quadrature_holds_for_thin_and_thick_curves(name, sd):
    toy, finer = load_points(name, sd=sd), load_points(name, sd=sd / 2)
    x = toy.sample(200, rng(), F64)
    fine = mixture(finer.nodes, sd, finer.node_weights)
    assert torch.allclose(toy.density(x), fine.density(x), rtol=1e-11)


@pytest.mark.parametrize("name", CURVES)
def test_curve_is_walked_at_constant_speed(name):
    toy = load_points(name)
    points = toy.along(torch.linspace(0, 0.499, 1000, dtype=F64))
    steps = (points[1:] - points[:-1]).norm(dim=1)
    assert steps[10:].max() / steps[10:].min() < 1.001


def test_moons_lie_where_sklearn_puts_them():
    theirs = torch.from_numpy(make_moons(200, noise=None)[0])
    ours = load_points("moons").along(torch.arange(5000, dtype=F64) / 5000)
    assert torch.cdist(theirs, ours).amin(1).max() < 2e-3


def test_moons_begin_at_an_end_of_each_half_circle():
    begin = load_points("moons").along(torch.tensor([0.0, 0.5], dtype=F64))
    torch.testing.assert_close(begin, torch.tensor([[1.0, 0.0], [0.0, 0.5]], dtype=F64))


def test_spiral_makes_one_turn_and_a_half():
    spiral, end = load_points("spiral"), 3 * math.pi
    begin, last = spiral.along(torch.tensor([0.0, 1.0], dtype=F64)) * math.hypot(1, end)
    torch.testing.assert_close(begin, torch.tensor([1.0, 0.0], dtype=F64))
    torch.testing.assert_close(last, torch.tensor([-1.0, end], dtype=F64))


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("sd", [0.01, 0.05])
def test_quadrature_takes_no_more_nodes_than_it_needs(name, sd):
    gaps = load_points(name, sd=sd).nodes.diff(dim=0).norm(dim=1) / sd
    assert 0.5 < gaps[gaps < 2].max() < 2 / 3  # without the way from one moon to the other


def test_spiral_ends_on_radius_one_and_keeps_its_arms_apart():
    spiral = load_points("spiral", turns=3)
    radius = spiral.along(torch.linspace(0, 1, 9, dtype=F64)).norm(dim=1)
    assert radius[-1] == pytest.approx(1)
    assert (radius.diff() > 0).all()
    rest = spiral.along(torch.linspace(0, 4 / 9, 2000, dtype=F64))  # without the last turn
    assert torch.cdist(spiral.along(torch.ones(1, dtype=F64)), rest).min() > 0.3


@pytest.mark.parametrize("name", CURVES)
def test_curve_centres_are_equally_spaced_on_it(name):
    toy = load_points(name, centres=50)
    gaps = (toy.centres[1:25] - toy.centres[:24]).norm(dim=1)
    assert toy.centres.shape == (50, 2)
    assert gaps.max() / gaps.min() < 1.1  # chords: shorter than the arcs near the spiral's start
    assert toy.density(toy.centres).min() > 0.5 * toy.density(toy.centres).max()


# all toys


@pytest.mark.parametrize("name", TOYS)
def test_sample_shape_and_dtype(name):
    toy = load_points(name)
    assert toy.sample(7, rng()).shape == (7, toy.dim)
    assert toy.sample(7, rng()).dtype == torch.float32
    assert toy.name == name


@pytest.mark.parametrize("name", TOYS)
def test_seed_gives_the_same_points_in_each_dtype(name):
    toy = load_points(name)
    assert torch.equal(toy.sample(9, rng(3)), toy.sample(9, rng(3), F64).float())


@pytest.mark.parametrize("name", TOYS)
def test_sampling_ignores_the_global_state(name):
    toy, first = load_points(name), load_points(name).sample(9, rng())
    torch.manual_seed(99)
    assert torch.equal(toy.sample(9, rng()), first)


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_density_follows_the_dtype(name, dtype):
    toy = load_points(name)
    x = toy.sample(500, rng(), dtype)
    assert toy.density(x).dtype == dtype
    assert torch.allclose(toy.log_density(x).double(), toy.log_density(x.double()), atol=2e-4)


@pytest.mark.parametrize("name", TOYS)
def test_log_density_is_finite_far_away(name):
    toy = load_points(name)
    far = torch.full((1, toy.dim), 1e4)
    assert toy.log_density(far).isfinite().all()
    assert toy.density(far) == 0


def test_density_in_pieces_is_the_same(monkeypatch):
    toy = load_points("spiral")
    x = toy.sample(50, rng(), F64)
    whole = toy.log_density(x)
    monkeypatch.setattr(gancourse.data.toys, "_KERNELS", 1)
    assert torch.equal(toy.log_density(x), whole)


def test_a_density_takes_at_most_a_million_kernels_at_once(monkeypatch):
    sizes, logsumexp = [], torch.logsumexp
    monkeypatch.setattr(torch, "logsumexp", lambda x, d: sizes.append(x.numel()) or logsumexp(x, d))
    load_points("grid").density(torch.zeros(60_000, 2))
    assert sum(sizes) == 25 * 60_000
    assert len(sizes) == 2
    assert 1_000_000 < max(sizes) <= 2**20


def test_log_density_has_a_gradient():
    x = torch.tensor([[0.3]], dtype=F64, requires_grad=True)
    mixture([1.0], 0.5).log_density(x).sum().backward()
    assert x.grad.item() == pytest.approx((1 - 0.3) / 0.25)


def test_density_of_no_points():
    assert load_points("ring").density(torch.zeros(0, 2)).shape == (0,)


# what cannot be used


def test_sd_is_the_largest_one():
    assert mixture([0.0, 1.0], [0.1, 0.4]).sd == pytest.approx(0.4)


def test_a_ring_of_one_mode():
    assert load_points("ring", modes=1).centres.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("name", ["moons", "spiral"])
def test_centres_are_the_middles_of_equal_parts(name):
    toy = load_points(name, centres=4)
    middles = torch.tensor([1, 3, 5, 7], dtype=torch.float64) / 8
    assert torch.allclose(toy.centres, toy.along(middles))
