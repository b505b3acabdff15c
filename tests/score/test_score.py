"""The scores of points are PacGAN's: known values of a perfect sampler, and planted failures."""

import math

import pytest
import torch

from gancourse.data.toys import load_points, mixture
from gancourse.errors import InputError
from gancourse.score import mode_report


def sampled(toy, n=2500, seed=0):
    return toy.sample(n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("name", "modes", "kl"), [("ring", 8, 0.0014), ("grid", 25, 0.0048)])
def test_a_perfect_sampler_scores_what_the_definition_says(name, modes, kl):
    toy = load_points(name)
    report = mode_report(sampled(toy, 200_000), toy)
    assert (report.modes, report.of) == (modes, modes)
    assert report.share_high_quality == pytest.approx(1 - math.exp(-4.5), abs=1e-3)
    mean_kl = sum(mode_report(sampled(toy, seed=s), toy).reverse_kl for s in range(40)) / 40
    assert mean_kl == pytest.approx(kl, rel=0.25)


def test_one_mode_only_is_seen_as_collapse():
    toy = load_points("ring")
    report = mode_report(toy.centres[:1].repeat(100, 1), toy)
    assert (report.modes, report.share_high_quality) == (1, 1.0)
    assert report.reverse_kl == pytest.approx(math.log(8))


def test_the_edge_of_high_quality_is_three_standard_deviations():
    toy = mixture([[0.0, 0.0], [10.0, 0.0]], [1.0, 2.0])
    points = torch.tensor([[2.999, 0], [3.001, 0], [10, 5.999], [10, 6.001]])
    report = mode_report(points, toy)
    assert (report.modes, report.share_high_quality) == (2, 0.5)
    assert report.reverse_kl == pytest.approx(0, abs=1e-12)


def test_two_reverse_kl_of_all_points_and_of_those_of_high_quality():
    toy = mixture([[0.0, 0.0], [10.0, 0.0]], [1.0, 1.0])
    report = mode_report(torch.tensor([[0.0, 0], [0, 1], [10, 0], [10, 9]]), toy)
    assert report.reverse_kl == pytest.approx(0, abs=1e-12)
    two_thirds = 2 / 3 * math.log(4 / 3) + 1 / 3 * math.log(2 / 3)
    assert report.reverse_kl_high_quality == pytest.approx(two_thirds)
    assert math.isnan(mode_report(torch.tensor([[5.0, 9]]), toy).reverse_kl_high_quality)


def test_points_come_to_the_cpu_where_the_toy_is(monkeypatch):
    moved, cpu = [], torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda x: moved.append(x.shape) or cpu(x))
    mode_report(torch.ones(5, 2), load_points("ring"))
    assert moved == [(5, 2)]


def test_points_between_the_modes_cover_none():
    toy = load_points("ring")
    report = mode_report(torch.zeros(10, 2) + 0.01, toy)
    assert (report.modes, report.share_high_quality) == (0, 0.0)
    assert str(report) == "0 of 8 modes, 0.0 % of high quality, reverse KL 2.079"


@pytest.mark.parametrize(
    ("points", "named"),
    [
        (torch.zeros(4, 3), "[4, 3]"),
        (torch.zeros(0, 2), "[0, 2]"),
        (torch.zeros(2), "[2]"),
        ([1.0, 2.0], "list"),
        (torch.full((2, 2), math.nan), "finite"),
    ],
)
def test_what_are_no_points_is_named(points, named):
    with pytest.raises(InputError, match=named.replace("[", r"\[")):
        mode_report(points, load_points("ring"))
