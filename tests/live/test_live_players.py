"""The page's players beside PyTorch: 100 steps from the same weights, each loss and penalty."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gancourse import losses, nets, train
from gancourse.data import load_points
from gancourse.live.run import points_view
from gancourse.live.run.pointgan import RECIPE
from gancourse.train.recipe import Recipe
from gancourse.train.remedies import REMEDIES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import javascript  # noqa: E402

ENGINE = ROOT / "gancourse" / "live" / "static" / "src" / "engine" / "players.js"
STEPS, N = 100, 32
SIZES = {"G": [2, 64, 64, 2], "D": [2, 64, 64, 1]}


@pytest.fixture(scope="module")
def node():
    try:
        return javascript.node()
    except javascript.Missing as error:
        pytest.skip(str(error))


def weights(net: nn.Module) -> list:
    """Return each layer's W and b: of a spectrally normalised one the W that is learned."""
    layers = [m for m in net.modules() if isinstance(m, nn.Linear)]
    learned = [(getattr(m, "parametrizations", None), m) for m in layers]
    return [
        p for found, m in learned for p in (found.weight.original if found else m.weight, m.bias)
    ]


def numbers(net: nn.Module) -> list:
    return [p.detach().flatten().tolist() for p in weights(net)]


def power(D: nn.Module) -> list:
    """Return u and v of each spectrally normalised layer."""
    found = [m.parametrizations.weight[0] for m in D.modules() if hasattr(m, "parametrizations")]
    return [[norm._u.tolist(), norm._v.tolist()] for norm in found]


def draws() -> dict:
    """Return real points, z and weights between them for each step, [STEPS, N, ...]."""
    rng = torch.Generator().manual_seed(1)
    real = [load_points("ring").sample(N, rng).double() for _ in range(STEPS)]
    shape = {"z": (STEPS, N, 2), "mix": (STEPS, N)}
    return {"xReal": torch.stack(real), "z": torch.randn(shape["z"], generator=rng).double(),
            "mix": torch.rand(shape["mix"], generator=rng).double()}  # fmt: skip


def in_float64(state: train.State, monkeypatch) -> train.State:
    """Let the course's steps compute in float64, as the page does: Adam makes rounding large."""
    state.G.double(), state.D.double()
    monkeypatch.setattr(torch.Tensor, "float", lambda self: self)
    return state


def in_torch(state: train.State, drawn: dict, monkeypatch) -> None:
    """Take the course's own steps, with the page's weights between real and fake points."""
    for x_real, z, mix in zip(drawn["xReal"], drawn["z"], drawn["mix"], strict=True):
        if state.recipe.gp:
            monkeypatch.setattr(torch, "rand", lambda *size, mix=mix, **_: mix)
        train.both_steps(state, x_real, z)


CASES = {
    **{loss: {"loss": loss} for loss in losses.LOSSES},
    "r1": {"loss": "non-saturating", "r1": 0.5},
    "r1 and r2": {"loss": "relativistic", "r1": 0.3, "r2": 0.2},
    "gp": {"loss": "wasserstein", "gp": 1.0},
    **{name: {"loss": "non-saturating", **fields} for name, fields in REMEDIES.items()},
    "spectral norm of pairs": {"loss": "relativistic", "spectral": True},
    "spectral norm and R1": {"loss": "non-saturating", "spectral": True, "r1": 0.1},
    "packs of pairs with a penalty": {"loss": "relativistic", "pack": 2, "r1": 0.1},
    "momentum": {"loss": "non-saturating", "betas": [0.5, 0.9]},
}


@pytest.mark.parametrize("name", CASES)
def test_after_100_steps_both_players_are_pytorchs(node, name, monkeypatch):
    wanted = {"betas": [0.0, 0.999], "lrD": 1e-3, "lrG": 1e-3, **CASES[name]}
    options = {key: value for key, value in wanted.items() if key not in ("lrD", "lrG")}
    recipe = Recipe(**{**vars(RECIPE), **options})
    state, drawn = in_float64(train.State(recipe, 0, "cpu"), monkeypatch), draws()
    sizes = {**SIZES, "D": [2 * recipe.pack, *SIZES["D"][1:]]}
    told = {"G": numbers(state.G), "D": numbers(state.D), "sizes": sizes, "recipe": wanted,
            "n": N, "steps": STEPS, "power": power(state.D)}  # fmt: skip
    told |= {key: t.flatten(1).tolist() for key, t in drawn.items()}
    run = subprocess.run([node, ROOT / "tests" / "js" / "learn.js"], input=json.dumps(told),
                         capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    start = numbers(state.D)
    in_torch(state, drawn, monkeypatch)
    found = json.loads(run.stdout)
    for who in "GD":
        for ours, theirs in zip(found[who], numbers(getattr(state, who)), strict=True):
            assert np.abs(np.subtract(ours, theirs)).max() < 1e-6
    assert (torch.tensor(start[2]) - torch.tensor(found["D"][2])).abs().max() > 0.01
    shades = points_view.shades(points_view.slopes(state.logits, points_view.middles().double()))
    apart = (shades - torch.tensor(found["shades"])).abs()
    assert apart.quantile(0.99) < 1e-5  # on the border of two pieces of D either slope is right
    assert shades.std() > 0.01


def test_the_players_of_the_page_have_the_sizes_of_the_courses():
    for who, make in (("G", nets.make_generator), ("D", nets.make_discriminator)):
        net = make(RECIPE.net, **getattr(RECIPE, who))
        shapes = [list(p.shape) for p in net.parameters() if p.dim() == 2]
        assert [shapes[0][1], *(s[0] for s in shapes)] == SIZES[who]


def test_the_page_knows_the_remedies_of_the_course(node):
    script = f"import('{ENGINE.as_uri()}').then((m) => console.log(JSON.stringify(m.REMEDIES)))"
    run = subprocess.run([node, "-e", script], capture_output=True, encoding="utf-8", check=True)
    assert json.loads(run.stdout) == REMEDIES
