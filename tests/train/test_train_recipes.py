"""Recipes and presets: what each chooses, what is refused, what it makes of a run."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from ring_runs import TINY

from gancourse import train as T
from gancourse.data import ImageSet
from gancourse.errors import InputError
from gancourse.train.presets import WRITEUP_PRESETS


@pytest.mark.parametrize(
    ("change", "word"),
    [({"loss": "best"}, "Unknown loss"), ({"batch": 1}, "batch"), ({"ema": 1.0}, "ema"),
     ({"lr_G": 0.0}, "Learning rates"), ({"r1": -1.0}, "r1"), ({"anneal": (5,)}, "anneal"),
     ({"gp": -1.0}, "gp"), ({"clip": -0.1}, "clip"), ({"steps_D": 0}, "steps_D"),
     ({"pack": 0}, "pack"), ({"pack": 3}, "no multiple"),
     ({"anneal": (5, 5)}, "anneal"), ({"anneal": (-1, 5)}, "anneal")],
)  # fmt: skip
def test_bad_recipes_are_named(change, word):
    with pytest.raises(InputError, match=word):
        T.get_preset("mlp", **change)


@pytest.mark.parametrize("name", T.PRESETS)
def test_each_preset_takes_a_step(name):
    state = T.State(T.get_preset(name, batch=4), 0, "cpu")
    nothing = (torch.zeros(20, *state.G.shape), torch.arange(20) % 10)
    images = ImageSet(*nothing, "none", "train", "nowhere", tuple("0123456789"))
    (record,) = T.train(state, T.source_of(images, state.recipe), 1)
    assert record.row.isfinite().all()


def test_unknown_preset_device_and_precision_are_named():
    with pytest.raises(InputError, match="Unknown preset 'gan'"):
        T.get_preset("gan")
    with pytest.raises(InputError, match="Unknown device"):
        T.State(TINY, device="gpu")
    with pytest.raises(InputError, match="Unknown precision"):
        T.State(TINY, precision="fp8")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "a"])
def test_bad_seeds_are_named(seed):
    with pytest.raises(InputError, match="A seed is a whole number"):
        T.State(TINY, seed)


@pytest.mark.parametrize("good", [{"ema": 0.0}, {"batch": 2}, {"anneal": (0, 1)}, {"r1": 0.0}])
def test_the_ends_of_what_a_recipe_allows(good):
    assert replace(TINY, **good)


@pytest.mark.parametrize("bad", [{"ema": -0.1}, {"lr_D": 0.0}, {"lr_G": -1.0}, {"r2": -0.1}])
def test_both_players_and_both_penalties_are_looked_at(bad):
    with pytest.raises(InputError):
        replace(TINY, **bad)


def test_a_recipe_read_from_json_is_the_one_that_was_written():
    recipe = replace(TINY, anneal=(2, 6), betas=(0, 0.9))
    again = T.Recipe(**json.loads(json.dumps(asdict(recipe))))
    assert repr(again.betas) == "(0.0, 0.9)"
    assert repr(again.anneal) == repr(replace(TINY, anneal=[2.0, 6.0]).anneal) == "(2, 6)"
    assert again.rates(4) == recipe.rates(4)


def test_a_recipe_is_dcgans_unless_it_says_otherwise():
    """Radford et al. 2016, sec. 4: Adam, 2e-4, beta1 0.5, batch 128; no penalty."""
    recipe, wanted = asdict(T.Recipe("mlp")), {
        "net": "mlp", "G": {}, "D": {}, "loss": "non-saturating", "r1": 0.0, "r2": 0.0,
        "lr_G": 2e-4, "lr_D": 2e-4, "betas": (0.5, 0.999), "batch": 128, "ema": 0.999,
        "precision": None, "optimiser": "adam", "anneal": None,
        "gp": 0.0, "spectral": False, "clip": 0.0, "pack": 1, "steps_D": 1,
        "classes": 0, "augment": "", "sync_norm": False, "ema_buffers": False,
    }  # fmt: skip
    assert recipe == wanted


def test_what_each_preset_chooses():
    shape = {"width": 64, "depth": 1}
    large = {"width": 128, "depth": 1}
    dcgan = T.Recipe("dcgan", {"z_dim": 16, **shape}, shape, lr_G=2e-3, lr_D=2e-3, batch=64)
    wanted = {
        "mlp": T.Recipe("mlp", lr_G=1e-3, lr_D=1e-3, ema=0.995),
        "dcgan": dcgan,
        "dcgan-quick": T.Recipe(
            "dcgan",
            {"z_dim": 16, "width": 32, "depth": 1},
            {"width": 32, "depth": 1},
            lr_G=6e-3,
            lr_D=6e-3,
            betas=(0.0, 0.99),
            batch=64,
            ema_buffers=True,
        ),
        "dcgan-large": replace(
            dcgan,
            G={"z_dim": 16, **large},
            D=large,
            lr_G=1e-3,
            lr_D=1e-3,
            ema=0.9998,
            anneal=(27_000, 36_000),
        ),
    }
    steady = replace(dcgan, D={**shape, "norm": False}, lr_G=5e-4, lr_D=5e-4, betas=(0.0, 0.9))
    wanted |= {
        "wgan-gp": replace(steady, loss="wasserstein", gp=10.0, steps_D=5),
        "sn-hinge": replace(steady, loss="hinge", spectral=True),
        "r3gan": replace(steady, loss="relativistic", r1=1.0, r2=1.0, betas=(0.0, 0.99)),
    }  # fmt: skip
    ways = {how: replace(dcgan, net="cdcgan", classes=10, D={**shape, "how": how})
            for how in ("projection", "concatenation", "auxiliary")}  # fmt: skip
    wanted |= {
        "cdcgan": ways["projection"],
        "cdcgan-long": replace(ways["projection"], anneal=(4500, 6000)),
        "cdcgan-concat": ways["concatenation"],
        "acgan": ways["auxiliary"],
        "cdcgan-diffaug": replace(ways["projection"], augment="translation,cutout"),
    }
    assert wanted == T.PRESETS


def test_a_budget_chooses_a_preset_that_there_is():
    for name, rows in T.BUDGETS.items():
        assert {name, *(row.preset for row in rows)} <= set(T.PRESETS)
        for precision in ("bf16", "fp32"):
            limits = [getattr(row, precision) for row in rows]
            assert limits == sorted(limits)
            for row, limit in zip(rows, limits, strict=True):
                assert T.within(name, limit, precision) == row.preset != name
            assert T.within(name, limits[-1] + 1, precision) == name
            assert T.within(name, None, precision) == name
    assert T.within("mlp", 1, "fp32") == "mlp"
    assert T.BUDGETS["dcgan"] == ((2.0, 5.0, "dcgan-quick"),)  # minutes, by docs/bench's table


def test_what_each_writeup_chooses():
    """The articles' own choices where they name one (lesson 10a), and what a variant changes."""
    keras, deep = {"lr_G": 1e-4, "lr_D": 1e-4, "betas": (0.9, 0.999), "batch": 8}, {"depth": 324}
    today = {"lr_G": 5e-4, "lr_D": 5e-4, "betas": (0.5, 0.999), "batch": 64, "ema": 0.999}
    own = {"000": {}, "001": keras, "002": {"batch": 64}, "003": keras, "004": keras}
    variants = {
        "000": {}, "000-printed": {"D": {"norm": "last"}},
        "000-squared": {"loss": "squared-generator"},
        "000-sgd": {"optimiser": "sgd", "lr_G": 0.05, "lr_D": 0.05},
        "000-tanh": {"G": {"squash": "tanh"}}, "000-conv": {"D": {"conv": True}},
        "001": {}, "001-squared": {"loss": "squared-probability"},
        "001-no-dropout": {"D": {"dropout": 0.0}},
        "001-fast": {"lr_G": 1e-3, "lr_D": 1e-3, "betas": (0.5, 0.999)},
        "001-today": today, "002-today": today | {"r1": 1.0}, "003-today": today,
        "004-today": today,
        "002": {}, "002-printed": {"G": {**deep, "remedy": "none"}},
        "002-he": {"G": {**deep, "remedy": "he"}}, "002-norm": {"G": {**deep, "remedy": "norm"}},
        "002-skips": {"G": {**deep, "remedy": "skips"}}, "002-shallow": {"G": {"remedy": "none"}},
        "003": {}, "003-momentum": {"G": {"momentum": 0.99}}, "003-mlp": {"D": {"mlp": True}},
        "004": {}, "004-no-dropout": {"D": {"dropout": 0.0}},
    }  # fmt: skip
    wanted = {}
    for name, changes in variants.items():
        choices = {"lr_G": 1e-3, "lr_D": 1e-3, "ema": 0.995} | own[name[:3]] | changes
        wanted[f"writeup-{name}"] = T.Recipe(f"writeup-{name[:3]}", **choices)
    assert wanted == WRITEUP_PRESETS


def test_sgd_takes_its_momentum_from_the_first_beta():
    optimiser = T.State(replace(TINY, optimiser="sgd", betas=(0.3, 0.9), lr_D=0.5)).opt_D
    assert isinstance(optimiser, torch.optim.SGD)
    assert optimiser.param_groups[0]["momentum"] == 0.3
    assert optimiser.param_groups[0]["lr"] == 0.5


def test_adam_takes_both_betas_and_the_faster_kernel():
    optimiser = T.State(replace(TINY, betas=(0.3, 0.9)), device="cpu").opt_G
    assert optimiser.param_groups[0]["betas"] == (0.3, 0.9)
    assert optimiser.defaults["fused"] is True


def test_precision_is_the_callers_or_else_the_recipes():
    recipe = replace(TINY, precision="bf16")
    assert T.State(recipe, device="cpu").precision == "bf16"
    assert T.State(recipe, device="cpu", precision="fp32").precision == "fp32"


def test_a_recipe_fits_other_images():
    recipe = T.get_preset("dcgan").fitted((3, 64, 64))
    for given in (recipe.G, recipe.D):
        assert (given["channels"], given["side"], given["width"]) == (3, 64, 64)


def test_a_recipe_names_an_optimiser_that_there_is():
    with pytest.raises(InputError, match="Unknown optimiser 'rmsprop'"):
        replace(TINY, optimiser="rmsprop")
