"""FID's bias: the straight line in 1/N is found, and so is the distance without it."""

import pytest
import torch

from gancourse.errors import InputError
from gancourse.score import bias, measures

D = 16


def normal(n, seed, scale=1.0):
    return scale * torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


def test_a_straight_line_is_found_from_means_and_from_draws():
    sizes = [100, 200, 400]
    fids = 3 + 50 / torch.tensor(sizes).double()
    assert bias.straight_line(sizes, fids) == pytest.approx((3, 50))
    draws = fids[:, None] + torch.tensor([-0.1, 0.1])
    assert bias.straight_line(sizes, draws) == pytest.approx((3, 50))


def test_the_exact_bell_has_the_moments_of_the_bell():
    x = bias.exact_bell(500, D, seed=3)
    assert torch.allclose(x.mean(0), torch.zeros(D, dtype=x.dtype), atol=1e-12)
    assert torch.allclose(torch.cov(x.T), torch.eye(D, dtype=x.dtype), atol=1e-10)


@pytest.mark.parametrize(("scale", "distance"), [(1.0, 0.0), (0.8, D * 0.2**2)])
def test_the_line_leads_to_the_distance_without_bias(scale, distance):
    sizes = [400, 800, 1600]
    found = bias.fids_by_size(normal(8000, 1, scale), bias.exact_bell(8000, D), sizes, draws=8)
    limit, c = bias.straight_line(sizes, found)
    assert limit == pytest.approx(distance, abs=0.05)
    assert found[0].mean() > found[-1].mean()
    assert c == pytest.approx(scale**2 * D + scale * D * (D + 1) / 4, rel=0.25)


def test_parts_have_their_sizes_and_depend_on_the_seed(monkeypatch):
    asked = []
    monkeypatch.setattr(bias, "fid", lambda x, real: asked.append(x) or float(len(x)))
    x = torch.arange(50.0)[:, None]
    found = bias.fids_by_size(x, x, [10, 50], draws=3, seed=1)
    assert found.tolist() == [[10.0] * 3, [50.0] * 3]
    assert all(len(part.unique()) == len(part) for part in asked)  # without replacement
    assert not torch.equal(asked[0], asked[1])
    first, asked[:] = asked[0], []
    bias.fids_by_size(x, x, [10], draws=1, seed=1)
    assert torch.equal(asked[0], first)


def test_a_part_is_not_larger_than_the_whole():
    with pytest.raises(InputError, match="A part of 50 features"):
        bias.fids_by_size(normal(50, 0), normal(50, 1), [10, 51])


def test_all_of_it_is_the_fid_itself():
    fake, real = normal(200, 1), normal(300, 2)
    assert bias.fids_by_size(fake, real, [200], 1).item() == pytest.approx(measures.fid(fake, real))


def test_with_labels_a_part_has_as_many_of_each_class(monkeypatch):
    labels = torch.arange(60) % 3
    asked = []
    monkeypatch.setattr(bias, "fid", lambda x, real: asked.append(x[:, 0].long()) or 0.0)
    bias.fids_by_size(labels[:, None].float(), labels, [30, 31], draws=2, labels=labels)
    counts = [part.bincount().tolist() for part in asked]
    assert counts[:2] == [[10, 10, 10]] * 2
    assert sorted(counts[2]) == [10, 10, 11]


def test_without_the_luck_of_the_classes_the_bias_is_smaller():
    """Far classes: most of the variance is between them, and asking for each in turn removes it."""
    labels = torch.arange(4000) % 2
    x = normal(4000, 1) + 6 * labels[:, None]
    lines = [bias.straight_line([50, 100, 200], bias.fids_by_size(x, x, [50, 100, 200], 20, 0, way))
             for way in (None, labels)]  # fmt: skip
    assert lines[1][1] < 0.5 * lines[0][1]
