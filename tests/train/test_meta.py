"""Steps on PyTorch's `meta` device, which computes nothing: what mixes or awaits devices fails."""

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gancourse import losses
from gancourse import train as T
from gancourse.data import load_images
from gancourse.train import graphs, steps

SMALL = T.Recipe("dcgan", G={"width": 8}, D={"width": 8, "norm": False}, batch=4)
RECIPES = {name: replace(T.get_preset(name), batch=4) for name in T.PRESETS | T.WRITEUP_PRESETS}
for name, recipe in RECIPES.items():  # six of the 324 layers show as much
    if "depth" in recipe.G:
        RECIPES[name] = replace(recipe, G=recipe.G | {"depth": min(6, recipe.G["depth"])})
RECIPES |= {f"loss {name}": replace(SMALL, loss=name) for name in losses.LOSSES}
RECIPES["R1 and R2"] = replace(SMALL, r1=1.0, r2=2.0)
RECIPES["penalty, packed, clipped"] = replace(SMALL, gp=10.0, pack=2, clip=0.1, steps_D=2)
RECIPES["spectral norm, packed"] = replace(SMALL, spectral=True, pack=4)
LABELS = replace(T.get_preset("cdcgan"), G={"width": 8}, D={"width": 8, "norm": False}, batch=4)
RECIPES["labels, R1 and R2"] = replace(LABELS, r1=1.0, r2=2.0, augment="brightness,contrast")
RECIPES["labels, penalty, steps of D"] = replace(LABELS, gp=10.0, steps_D=2, spectral=True)
RECIPES["labels in pairs"] = replace(LABELS, loss="relativistic", augment="translation,cutout")
RECIPES["sgd, annealed"] = replace(SMALL, optimiser="sgd", anneal=(0, 2))
LABELLED = tuple(name for name in RECIPES if name.startswith("labels"))
PLAYED = ("R1 and R2", "sgd, annealed", "writeup-001", "mlp", "acgan")
REMEDIES = ("penalty, packed, clipped", "spectral norm, packed")


class NoWaiting(TorchDispatchMode):
    """Fails on what makes a program wait for its device."""

    WAITS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "unique2")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        on_device = any(isinstance(x, torch.Tensor) and x.device.type == "meta" for x in args)
        assert not (on_device and name in self.WAITS), f"{name} waits for the device"
        if name in ("_to_copy", "copy_"):
            source, target = args[-1 if name == "copy_" else 0], kwargs or {}
            to = args[0].device if name == "copy_" else target.get("device", source.device)
            assert source.device.type != "meta" or to.type == "meta", "a copy leaves the device"
        return func(*args, **(kwargs or {}))


@pytest.fixture(scope="module")
def digits():
    return load_images("digits").to("meta")


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_stays_on_its_device_and_never_waits(name, digits):
    state = T.State(RECIPES[name], device="meta", precision="fp32")
    with NoWaiting():
        taken = list(T.train(state, T.source_of(digits, state.recipe), 2))
    assert {p.device.type for net in (state.G, state.D) for p in net.parameters()} == {"meta"}
    assert [record.step for record in taken] == [1, 2]
    assert all(row.device.type == "meta" and row.shape == (4,) for row in state.history)


@pytest.mark.parametrize("fault", ["reads a number", "mixes devices", "leaves the device"])
def test_a_step_that_waits_or_mixes_devices_fails(fault, digits, monkeypatch):
    """The test above falls for each of these."""
    spoilt = {
        "reads a number": lambda state: state.G.dense.weight.sum().item(),
        "mixes devices": lambda state: state.G.dense.weight + torch.ones(3, 1, 1),
        "leaves the device": lambda state: state.G.dense.weight.cpu(),
    }
    monkeypatch.setattr(steps, "ema_step", lambda state: spoilt[fault](state))
    state = T.State(SMALL, device="meta", precision="fp32")
    with pytest.raises((AssertionError, RuntimeError, NotImplementedError)), NoWaiting():
        list(T.train(state, T.source_of(digits, state.recipe), 1))


def test_only_cuda_plays_back(monkeypatch):
    """Elsewhere a step is computed as it stands, and so it is where hooks watch or one says so."""
    state = T.State(SMALL, device="meta", precision="fp32")
    assert graphs.played_back(T.both_steps, state) is T.both_steps
    monkeypatch.setattr(graphs, "Playback", lambda turn, state: "played back")
    monkeypatch.setattr(state, "device", torch.device("cuda"))
    assert graphs.played_back(T.both_steps, state) == "played back"
    monkeypatch.setenv("GANCOURSE_GRAPHS", "0")
    assert graphs.played_back(T.both_steps, state) is T.both_steps
    monkeypatch.delenv("GANCOURSE_GRAPHS")
    state.D.body[0].register_forward_hook(lambda *_: None)
    assert graphs.played_back(T.both_steps, state) is T.both_steps


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
@pytest.mark.parametrize("name", [*PLAYED, *REMEDIES, *LABELLED])
def test_a_step_played_back_is_the_step(name, monkeypatch):
    def trained():
        state = T.State(RECIPES[name], device="cuda", precision="fp32")
        images = load_images("digits").to("cuda")
        list(T.train(state, T.source_of(images, state.recipe), 12))
        return [*state.G.parameters(), *state.ema_G.parameters(), *state.history]

    played = trained()
    monkeypatch.setenv("GANCOURSE_GRAPHS", "0")
    assert all(map(torch.equal, played, trained()))
