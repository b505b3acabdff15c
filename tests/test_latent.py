"""Ways through latent space: geometry, directions, inversion."""

from functools import partial

import pytest
import torch
from torch import nn

from gancourse import load_images, nets, score
from gancourse.errors import InputError
from gancourse.maths import latent as L


def two(z_dim=8, seed=0):
    return torch.randn(2, z_dim, generator=torch.Generator().manual_seed(seed))


def tiny():
    torch.manual_seed(0)
    return nets.make_generator("mlp", z_dim=6, widths=(32,))


@pytest.mark.parametrize("path", [L.lerp, L.slerp])
def test_a_path_starts_at_a_and_ends_at_b(path):
    a, b = two()
    t = torch.tensor([0.0, 1.0])
    torch.testing.assert_close(path(a, b, t), torch.stack([a, b]))
    torch.testing.assert_close(path(a, b, 0.3), path(a, b, torch.tensor([0.3]))[0])


def test_an_arc_keeps_the_norm_and_a_line_cuts_it_short():
    a, b = L.on_shell(two())
    b = L.on_shell(b - (a @ b) / (a @ a) * a)  # at right angles
    t = torch.linspace(0, 1, 9)
    torch.testing.assert_close(L.slerp(a, b, t).norm(dim=1), torch.full((9,), 8**0.5))
    assert L.lerp(a, b, 0.5).norm().item() == pytest.approx(8**0.5 * 0.5**0.5, rel=1e-5)
    at = L.slerp(a, b, t) @ a / 8
    torch.testing.assert_close(at.clamp(-1, 1).acos(), t * torch.pi / 2, atol=2e-3, rtol=0)


def test_an_arc_between_points_of_one_direction_is_the_line():
    a = two()[0]
    torch.testing.assert_close(L.slerp(a, 2 * a, 0.5), 1.5 * a)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda a, b: L.slerp(a, -a, 0.5), "opposite directions"),
        (lambda a, b: L.slerp(a, 0 * b, 0.5), "not 0"),
        (lambda a, b: L.lerp(a, b[:3], 0.5), r"\[8\] and \[3\]"),
        (lambda a, b: L.combine(a, b, b[:3]), "vectors of one length"),
        (lambda a, b: L.average(a), r"\[N, z_dim\]"),
        (lambda a, b: L.average(torch.empty(0, 8)), r"\[0, 8\]"),
        (lambda a, b: L.truncate(a, -1), "psi"),
        (lambda a, b: L.random_plane(1), "z_dim"),
        (lambda a, b: L.pca_directions(tiny(), 7), "7 directions"),
        (lambda a, b: L.pca_directions(nn.Tanh(), 1), "dense layer"),
        (lambda a, b: L.class_directions(tiny(), lambda x: x, n=3), "n must be"),
        (lambda a, b: L.invert(tiny(), torch.zeros(1, 28, 28)), r"\[1, 28, 28\]"),
        (lambda a, b: L.invert(tiny(), torch.zeros(1, 1, 28, 28), steps=0), "steps"),
    ],
)
def test_what_cannot_be_used_is_named(ask, words):
    with pytest.raises(InputError, match=words):
        ask(*two())


def test_average_and_arithmetic_end_on_the_shell():
    z = torch.randn(5, 16, generator=torch.Generator().manual_seed(1))
    assert L.average(z).norm().item() == pytest.approx(4, rel=1e-5)
    found = L.combine(z[0], z[1], z[2])
    assert found.norm().item() == pytest.approx(4, rel=1e-5)
    cosine = torch.cosine_similarity(found, z[0] - z[1] + z[2], dim=0)
    assert cosine.item() == pytest.approx(1, abs=1e-5)


def test_a_plane_is_flat_and_its_grid_reads_from_the_top_left():
    plane = L.random_plane(8, seed=3)
    assert plane.right.norm().item() == pytest.approx(1, abs=1e-5)
    assert (plane.right @ plane.up).item() == pytest.approx(0, abs=1e-5)
    grid = plane.grid(3, reach=2.0)
    torch.testing.assert_close(grid[0], plane.origin - 2 * plane.right + 2 * plane.up)
    torch.testing.assert_close(grid[4], plane.origin)
    torch.testing.assert_close(grid[5], plane.at(2.0, 0.0))
    torch.testing.assert_close(L.random_plane(8, seed=3).origin, plane.origin)
    assert not torch.equal(L.random_plane(8, seed=4).origin, plane.origin)


def test_principal_directions_are_those_of_the_first_layers_outputs():
    G = tiny()
    first = G.body[0]
    with torch.no_grad():
        first.weight[:, 2] *= 20
        h = first(torch.randn(20000, 6, generator=torch.Generator().manual_seed(0)))
    found = L.pca_directions(G, 6)
    torch.testing.assert_close(found @ found.T, torch.eye(6), atol=1e-5, rtol=0)
    assert found[0, 2] > 0.99
    moved = ((h - h.mean(0)) @ (first.weight @ found.T)).square().mean(0)
    assert moved.argsort(descending=True).tolist() == list(range(6))


def test_a_class_direction_raises_its_logit():
    G = tiny()
    W = torch.randn(784, 3, generator=torch.Generator().manual_seed(0))
    found = L.class_directions(G, lambda x: x.flatten(1) @ W, n=500)
    assert found.shape == (3, 6)
    z = torch.randn(200, 6, generator=torch.Generator().manual_seed(9))
    G.eval()
    for k in range(3):
        ahead, behind = (G(z + step * found[k]).flatten(1) @ W for step in (1, -1))
        rise = (ahead - behind).mean(0)
        assert rise[k] - rise.mean() > 0


def test_steering_the_shipped_generator_asks_for_a_digit():
    G, classify = nets.load_shipped("mnist"), partial(score.classify, score.load_ruler())
    directions = L.class_directions(G, classify)
    z = L.on_shell(torch.randn(100, G.z_dim, generator=torch.Generator().manual_seed(5)))
    with torch.no_grad():
        hits = [
            (classify(G(L.on_shell(z + 4 * d))).argmax(1) == k).double().mean().item()
            for k, d in enumerate(directions)
        ]
    assert min(hits) > 0.5


def test_inversion_finds_an_image_that_g_can_make():
    G = nets.load_shipped("mnist")
    z = torch.randn(2, G.z_dim, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        x = G(z)
    found = L.invert(G, x, steps=150, prior=0.0)
    assert found.z.shape == (2, G.z_dim)
    assert found.errors.shape == (151, 2)
    torch.testing.assert_close(found.error, found.errors[-1])
    assert found.error.max() < 0.05 * found.errors[0].mean()
    again = L.invert(G, x, steps=150, prior=0.0)
    torch.testing.assert_close(again.z, found.z, rtol=0, atol=0)


def test_inversion_leaves_the_generator_and_the_random_numbers_alone():
    G = tiny().train()
    before, state = {k: t.clone() for k, t in G.state_dict().items()}, torch.get_rng_state()
    L.invert(G, torch.zeros(1, 1, 28, 28), steps=2)
    L.class_directions(G, lambda x: x.flatten(1)[:, :3], n=20)
    assert torch.equal(torch.get_rng_state(), state)
    assert G.training
    assert all(p.requires_grad and p.grad is None for p in G.parameters())
    assert all(torch.equal(before[k], t) for k, t in G.state_dict().items())


def test_truncation_moves_towards_the_mean():
    z = two()
    torch.testing.assert_close(L.truncate(z, 0.5), z / 2)
    torch.testing.assert_close(L.truncate(z, 1), z)


def test_nearest_finds_the_image_itself():
    digits = load_images("digits")
    distance, index = L.nearest(digits.scaled(slice(5, 8)), digits)
    assert index.flatten().tolist() == [5, 6, 7]
    assert distance.max() < 1e-3


def test_an_inversion_that_fails_leaves_the_weights_as_they_were():
    G = tiny()
    G.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        L.invert(G, torch.zeros(1, 1, 28, 28))
    assert all(p.requires_grad for p in G.parameters())


def test_images_that_are_out_of_range_have_no_nearest():
    with pytest.raises(InputError, match="end G with a tanh"):
        L.nearest(torch.full((1, 1, 28, 28), 3.0), load_images("digits"))
