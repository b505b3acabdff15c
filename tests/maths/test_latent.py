"""Ways through latent space: geometry, directions, inversion."""

import math
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
        (lambda a, b: L.slerp(a, b[:3], 0.5), r"\[8\] and \[3\]"),
        (lambda a, b: L.combine(a, b, b[:3]), "vectors of one length"),
        (lambda a, b: L.combine(a, b[:3], b), "vectors of one length"),
        (lambda a, b: L.average(a), r"\[N, z_dim\]"),
        (lambda a, b: L.average(torch.empty(0, 8)), r"\[0, 8\]"),
        (lambda a, b: L.truncate(a, -1), "psi"),
        (lambda a, b: L.random_plane(1), "z_dim"),
        (lambda a, b: L.pca_directions(tiny(), 7), "7 directions"),
        (lambda a, b: L.pca_directions(tiny(), 0), "n must be"),
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


def f64(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def test_a_line_and_an_arc_at_a_generic_point():
    a, b = f64(2.0, 0.0), f64(0.0, 3.0)
    torch.testing.assert_close(L.lerp(a, b, 0.25), f64(1.5, 0.75))
    s, c = (f(0.25 * torch.pi / 2) for f in (math.sin, math.cos))
    torch.testing.assert_close(L.slerp(a, b, 0.25), f64(2 * c, 3 * s))


def test_a_way_is_as_exact_as_its_ends():
    a, b = f64(1.0, 0.0), f64(0.0, 1.0)
    assert L.lerp(a, b, 0.3).tolist() == [0.7, 0.3]
    angle = 0.3 * math.pi / 2
    wanted = f64(math.cos(angle), math.sin(angle))
    torch.testing.assert_close(L.slerp(a, b, 0.3), wanted, rtol=1e-14, atol=0)


def test_an_arc_of_less_than_a_right_angle_has_the_closed_form():
    angle, t = 0.8, 0.3
    a, b = f64(1.0, 0.0), f64(math.cos(angle), math.sin(angle))
    wanted = f64(math.cos(t * angle), math.sin(t * angle))
    torch.testing.assert_close(L.slerp(a, b, t), wanted)


@pytest.mark.parametrize("angle", [2e-4, 0.5e-4, math.pi - 2e-4])
def test_an_arc_ends_at_b_also_near_nothing_and_near_half_a_turn(angle):
    a, b = f64(1.0, 0.0), 2 * f64(math.cos(angle), math.sin(angle))
    torch.testing.assert_close(L.slerp(a, b, f64(0, 1)), torch.stack([a, b]))
    assert L.slerp(a, b, 0.5).norm() > (1.4 if angle < 1 else 0.1)


def test_nearly_opposite_directions_have_no_arc():
    angle = math.pi - 0.5e-4
    with pytest.raises(InputError, match="opposite"):
        L.slerp(f64(1.0, 0.0), f64(math.cos(angle), math.sin(angle)), 0.5)


def test_two_points_are_two_vectors():
    with pytest.raises(InputError, match="vectors of one length"):
        L.lerp(torch.ones(2, 3), torch.ones(2, 3), 0.5)


def test_the_shell_keeps_directions_and_stays_finite_at_zero():
    z = torch.tensor([[3.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, -5.0], [0.0] * 4])
    wanted = torch.tensor([[1.2, 1.6, 0.0, 0.0], [0.0, 0.0, 0.0, -2.0], [0.0] * 4])
    torch.testing.assert_close(L.on_shell(z), wanted)


def test_the_shell_takes_what_is_longer_than_1e_12():
    assert L.on_shell(f64(1.5e-12, 0, 0, 0)).tolist() == [2, 0, 0, 0]


@pytest.mark.parametrize("psi", [0, 2])
def test_the_ends_of_psi_are_allowed(psi):
    assert torch.equal(L.truncate(torch.ones(3), psi), torch.full((3,), float(psi)))


def test_psi_above_two_is_refused():
    with pytest.raises(InputError, match="psi"):
        L.truncate(torch.ones(3), 2.1)


def test_an_average_points_where_the_mean_points():
    z = f64([1.0, 0.0], [3.0, 2.0])
    torch.testing.assert_close(L.average(z), f64(2.0, 1.0) * (2 / 5) ** 0.5)
    torch.testing.assert_close(L.average(z[:1]), f64(2.0**0.5, 0.0))


PLANE = L.Plane(f64(1.0, 2.0, 3.0), f64(1.0, 0.0, 0.0), f64(0.0, 0.0, 1.0))


def test_a_plane_maps_numbers_and_tensors_of_any_shape():
    torch.testing.assert_close(PLANE.at(0.5, -2), f64(1.5, 2.0, 1.0))
    u, v = f64([0, 1], [2, 3]), f64([4, 5], [6, 7])
    torch.testing.assert_close(PLANE.at(u, v)[1, 0], f64(3.0, 2.0, 9.0))


def test_a_grid_reaches_three_to_each_side_and_keeps_the_type():
    grid = PLANE.grid(2)
    torch.testing.assert_close(grid[0], f64(-2.0, 2.0, 6.0))
    torch.testing.assert_close(grid[3], f64(4.0, 2.0, 0.0))
    assert PLANE.grid(1).shape == (1, 3)


def test_the_smallest_plane_has_two_numbers():
    assert L.random_plane(2).up.shape == (2,)
    assert torch.equal(L.random_plane(4).up, L.random_plane(4, seed=0).up)


class LinearG(nn.Module):
    """A generator whose images [N, 1, 1, 4] are A z."""

    z_dim, shape = 3, (1, 1, 4)

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4, bias=False)
        rows = [[1.0, 0.2, 0.0], [0.0, -0.7, 0.3], [0.4, 0.0, 0.9], [0.1, 0.5, -0.2]]
        self.layer.weight.data = torch.tensor(rows)

    def forward(self, z):
        return self.layer(z).view(-1, 1, 1, 4)


def test_principal_directions_of_a_known_layer_with_a_sign_that_does_not_jump():
    G = LinearG()
    G.layer.weight.data = torch.diag_embed(torch.tensor([2.0, -5.0, 3.0]))
    wanted = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(L.pca_directions(G), wanted)
    assert L.pca_directions(G, 3).shape == (3, 3)
    assert L.pca_directions(G, 1).dtype == torch.float32


def test_class_directions_of_a_linear_game_are_the_centred_slopes():
    G = LinearG()
    W = torch.tensor([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [-1.0, 0.3]])
    found = L.class_directions(G, lambda x: x.flatten(1) @ W + torch.tensor([5.0, -3.0]), n=6)
    slopes = (G.layer.weight.detach().T @ W).T  # [classes, z_dim]
    slopes = slopes - slopes.mean(0)
    torch.testing.assert_close(found, slopes / slopes.norm(dim=1, keepdim=True))


def test_class_directions_are_the_same_for_a_seed():
    G, square = LinearG(), lambda x: x.flatten(1)[:, :2] ** 2
    a, b, c = (L.class_directions(G, square, 50, seed) for seed in (0, 0, 1))
    assert torch.equal(a, b)
    assert torch.equal(a, L.class_directions(G, square, 50))
    assert not torch.equal(a, c)
    assert not a.requires_grad


@pytest.mark.parametrize("training", [True, False])
def test_images_come_in_evaluation_mode_and_the_mode_is_kept(training):
    G, z = tiny().train(training), torch.randn(3, 6)
    x = L.images_of(G, z)
    assert G.training is training
    assert torch.equal(x, G.eval()(z))


def test_inversion_of_a_linear_generator_finds_z():
    G, z = LinearG(), torch.tensor([[0.5, -1.0, 0.3], [1.2, 0.1, -0.4]])
    found = L.invert(G, G(z).detach(), steps=300, prior=0.0)
    torch.testing.assert_close(found.z, z, atol=0.02, rtol=0)
    error = (G(found.z) - G(z)).square().flatten(1).mean(1).detach()
    torch.testing.assert_close(found.error, error, atol=1e-7, rtol=1e-3)


def test_the_prior_draws_z_towards_zero_as_far_as_ridge_regression_says():
    G, z, prior = LinearG(), torch.tensor([[0.5, -1.0, 0.3]]), 0.2
    x = G(z).detach()
    A = G.layer.weight.detach()
    ridge = torch.linalg.solve(A.T @ A / 4 + prior * torch.eye(3) / 3, A.T @ x.flatten() / 4)
    found = L.invert(G, x, steps=300, prior=prior)
    torch.testing.assert_close(found.z[0], ridge, atol=0.01, rtol=0)


def test_of_several_starts_the_one_that_ends_best_is_kept_for_each_image(monkeypatch):
    errors = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.6], [0.4, 0.7]]])  # steps, starts, N
    monkeypatch.setattr(L, "_descend", lambda G, z, *rest: kept.append(z) or errors)
    kept = []
    found = L.invert(LinearG(), torch.zeros(2, 1, 1, 4), steps=1, starts=2)
    assert torch.equal(found.z, torch.stack([kept[0][1, 0], kept[0][0, 1]]))
    assert found.error.tolist() == pytest.approx([0.4, 0.6])
    assert found.errors.tolist() == [pytest.approx([3.0, 2.0]), pytest.approx([0.4, 0.6])]


def test_inversion_takes_200_steps_from_4_starts_by_default(monkeypatch):
    def descend(G, z, x, steps, prior):
        seen.append((tuple(z.shape), steps, prior))
        return torch.zeros(steps + 1, *z.shape[:2])

    seen = []
    monkeypatch.setattr(L, "_descend", descend)
    L.invert(LinearG(), torch.zeros(2, 1, 1, 4))
    assert seen == [((4, 2, 3), 200, 1e-3)]


@pytest.mark.parametrize("shape", [(0, 1, 1, 4), (2, 1, 4), (4,), (1, 1, 4, 1)])
def test_inversion_of_other_shapes_is_refused(shape):
    with pytest.raises(InputError, match="makes images of shape"):
        L.invert(LinearG(), torch.zeros(shape))


def test_a_generator_may_give_its_shape_as_a_list():
    G = LinearG()
    G.shape = [1, 1, 4]
    assert L.invert(G, torch.zeros(2, 1, 1, 4), steps=1).z.shape == (2, 3)


def test_the_search_is_where_the_generator_is_and_what_it_finds_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: torch.zeros(t.shape, dtype=t.dtype))
    G, seen = LinearG().to("meta"), []  # where tensors have a shape and no numbers
    G.register_forward_pre_hook(lambda net, given: seen.append(given[0].device.type))
    found = L.invert(G, torch.zeros(2, 1, 1, 4), steps=1)
    assert {x.device.type for x in (found.z, found.error, found.errors)} == {"cpu"}
    assert L.images_of(G, torch.zeros(2, 3)).device.type == "meta"
    assert seen == ["meta"] * 3
    assert L.pca_directions(G).device.type == "cpu"


@pytest.mark.parametrize("training", [True, False])
def test_inversion_thaws_only_what_was_not_frozen(training):
    G = tiny().train(training)
    G.body[0].weight.requires_grad_(False)
    L.invert(G, torch.zeros(1, 1, 28, 28), steps=1, starts=1)
    frozen = [name for name, p in G.named_parameters() if not p.requires_grad]
    assert frozen == ["body.0.weight"]
    assert G.training is training


def test_nearest_gives_so_many_with_the_nearest_first():
    digits = load_images("digits")
    distance, index = L.nearest(digits.scaled(slice(5, 8)), digits, 3)
    assert index.shape == distance.shape == (3, 3)
    assert (distance.diff(dim=1) >= 0).all()
    assert L.nearest(digits.scaled(slice(1)), digits)[0].shape == (1, 1)


def test_errors_on_the_way_hold_no_graph():
    found = L.invert(tiny(), torch.zeros(1, 1, 28, 28), steps=2)
    assert not any(t.requires_grad for t in vars(found).values())
