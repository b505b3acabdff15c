"""DiffAugment: each policy against plain indexing, its slope, its draws, and who is augmented."""

from dataclasses import replace

import pytest
import torch

from gancourse import train as T
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.train import augment, steps

NAMES = tuple(augment.POLICIES)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n=64, side=28):
    return torch.rand(n, 1, side, side, generator=rng(1)) * 2 - 1


def constant(value):
    return lambda *shape: torch.full(shape, value)


def test_an_empty_policy_changes_nothing():
    x = images(2)
    assert T.diff_augment(x, "", rng()) is x


@pytest.mark.parametrize(("value", "shift"), [(0.0, -4), (0.5, 0), (0.999, 4)])
def test_translation_shifts_by_up_to_an_eighth_and_zeros_come_in(value, shift):
    x = images(1)
    moved = augment.translation(x, constant(value))
    kept = slice(max(0, -shift), 28 - max(0, shift)), slice(max(0, shift), 28 + min(0, shift))
    expected = torch.zeros_like(x)
    expected[:, :, kept[1], kept[1]] = x[:, :, kept[0], kept[0]]
    torch.testing.assert_close(moved, expected)


def test_translation_goes_by_every_whole_number_of_pixels_each_way():
    x = torch.zeros(2_000, 1, 28, 28)
    x[:, :, 14, 14] = 1
    moved = T.diff_augment(x, "translation", rng())
    rows, columns = moved.sum((1, 3)).argmax(1) - 14, moved.sum((1, 2)).argmax(1) - 14
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(-4, 5))
    assert torch.corrcoef(torch.stack([rows, columns]).float())[0, 1].abs() < 0.1
    assert torch.equal(moved.sum((1, 2, 3)), torch.ones(2_000))


def test_cutout_sets_one_square_of_half_the_side_to_zero():
    cut = T.diff_augment(torch.ones(500, 1, 28, 28), "cutout", rng()) == 0
    heights, widths = cut.any(3).sum(2).flatten(), cut.any(2).sum(2).flatten()
    assert torch.equal(cut.sum((1, 2, 3)), heights * widths)
    assert heights.max() == widths.max() == 14
    assert heights.min() >= 7
    assert widths.min() >= 7
    assert len(set(zip(heights.tolist(), widths.tolist(), strict=True))) > 20


def test_an_odd_cut_has_its_middle_in_the_image():
    cut = T.diff_augment(torch.ones(500, 1, 30, 30), "cutout", rng()) == 0
    heights = cut.any(3).sum(2)
    assert (heights.min(), heights.max()) == (8, 15)


def test_brightness_and_contrast_keep_what_they_should():
    x = images(400)
    added = T.diff_augment(x, "brightness", rng()) - x
    assert added.std((1, 2, 3)).max() < 1e-6
    assert -0.5 <= added.min() < -0.45
    assert 0.45 < added.max() <= 0.5
    stretched = T.diff_augment(x, "contrast", rng())
    torch.testing.assert_close(stretched.mean((1, 2, 3)), x.mean((1, 2, 3)))
    factor = stretched.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.5 <= factor.min() < 0.55
    assert 1.45 < factor.max() <= 1.5


@pytest.mark.parametrize("name", NAMES)
def test_a_slope_passes_through_and_each_image_has_its_own_draw(name):
    x = images(8).double().requires_grad_(True)
    changed = T.diff_augment(x, name, rng())
    (slope,) = torch.autograd.grad(changed.square().sum(), x)
    assert slope.abs().sum((1, 2, 3)).min() > 0
    alike = T.diff_augment(images(1).expand(8, -1, -1, -1), name, rng())
    assert len({each.numpy().tobytes() for each in alike}) > 4


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_right(name):
    """Against finite differences at one draw."""
    x = (torch.rand(2, 1, 8, 8, generator=rng(2)).double()).requires_grad_(True)
    weights = torch.randn(2, 1, 8, 8, generator=rng(3)).double()
    draw = constant(0.3)

    def value(x):
        return (augment.POLICIES[name](x, draw).double() * weights).sum()

    if name == "translation":  # its matrices are float32
        x = x.float().detach().requires_grad_(True)
        (slope,) = torch.autograd.grad((augment.translation(x, draw) * weights.float()).sum(), x)
        step = torch.zeros_like(x)
        step[0, 0, 4, 4] = 1
        change = augment.translation(step, draw) * weights.float()
        torch.testing.assert_close(slope[0, 0, 4, 4], change.sum())
    else:
        assert torch.autograd.gradcheck(value, x)


def test_policies_follow_each_other_and_draw_from_the_generator():
    x = images(4)
    once = T.diff_augment(x, "translation, cutout", rng())
    assert torch.equal(once, T.diff_augment(x, "translation,cutout", rng()))
    assert not torch.equal(once, T.diff_augment(x, "translation,cutout", rng(1)))
    state = rng()
    assert torch.equal(
        once, T.diff_augment(T.diff_augment(x, "translation", state), "cutout", state)
    )


def test_an_unknown_policy_is_named():
    with pytest.raises(InputError, match="rotation"):
        T.diff_augment(images(1), "cutout,rotation")


@pytest.mark.parametrize("labels", [True, False])
def test_real_and_fake_images_are_augmented_in_both_players_steps(labels, monkeypatch):
    """In D's step the real and the fake ones, in G's the fakes, with their graph."""
    seen = []
    monkeypatch.setattr(
        steps, "diff_augment", lambda x, policy, rng: seen.append((x, policy)) or x * 0.5
    )
    small = {"G": {"width": 8, "z_dim": 4}, "D": {"width": 8}, "batch": 4, "augment": "cutout"}
    name = "cdcgan" if labels else "dcgan"
    state = T.State(T.get_preset(name, **small, precision="fp32"))
    judged = []
    state.D.register_forward_pre_hook(lambda D, given: judged.append(given[0]))
    digits = load_images("digits")
    list(T.train(state, T.source_of(digits, state.recipe), 1))
    real, fake, again = (x for x, _ in seen)
    assert {policy for _, policy in seen} == {"cutout"}
    assert not real.requires_grad
    assert not fake.requires_grad
    assert again.requires_grad
    assert torch.equal(fake, again.detach())
    assert [torch.equal(x, 0.5 * y) for x, y in zip(judged, (real, fake, again), strict=True)]
    assert all(torch.equal(x, 0.5 * y) for x, y in zip(judged, (real, fake, again), strict=True))


def test_pairs_and_penalties_see_augmented_real_images_too(monkeypatch):
    seen = []
    monkeypatch.setattr(steps, "diff_augment", lambda x, policy, rng: seen.append(x) or x)
    recipe = T.get_preset(
        "r3gan", G={"width": 8, "z_dim": 4}, D={"width": 8, "norm": False}, batch=4
    )
    state = T.State(replace(recipe, augment="cutout", precision="fp32"))
    list(T.train(state, load_images("digits").batch, 1))
    assert len(seen) == 4  # real and fake for D, fake and real for G
