"""The five write-ups rebuilt: shapes, names, exact resume, and what was wrong with them."""

import json
import math
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gancourse import losses, nets
from gancourse import train as T
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.nets import writeups
from gancourse.train import checkpoint

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

SMALL = {"batch": 4, "precision": "fp32"}
X = torch.rand(4, 1, 28, 28) * 2 - 1


def run(preset, steps, **changes):
    state = T.State(T.get_preset(preset, **{**SMALL, **changes}), 0, "cpu")
    for _ in T.train(state, lambda n, rng: X, steps):
        pass
    return state


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def weights(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name", T.WRITEUP_PRESETS)
def test_every_preset_makes_nets_that_fit_each_other(name):
    recipe = T.get_preset(name)
    G = nets.make_generator(recipe.net, **recipe.G)
    x = G(torch.randn(3, G.z_dim))
    assert x.shape == (3, 1, 28, 28)
    assert x.abs().max() <= 1
    assert nets.make_discriminator(recipe.net, **recipe.D)(x).shape == (3,)


@pytest.mark.parametrize("name", T.WRITEUP_PRESETS)
def test_every_preset_is_named_after_its_system(name):
    assert name.startswith(T.get_preset(name).net)


@pytest.mark.parametrize("name", writeups.GENERATORS)
def test_each_system_trains_and_resumes_exactly(name, tmp_path):
    saved = T.save_state(run(name, 1), tmp_path / "c.safetensors")
    torch.rand(5)  # what the caller draws meanwhile does not matter, not even to dropout
    resumed = T.load_state(saved, "cpu")
    for _ in T.train(resumed, lambda n, rng: X, 2):
        pass
    assert same(resumed, run(name, 3))


def test_sgd_with_momentum_resumes_exactly(tmp_path):
    half = run("writeup-000-sgd", 2)
    assert all("momentum_buffer" in slot for slot in half.opt_G.state.values())
    resumed = T.load_state(T.save_state(half, tmp_path / "c.safetensors"), "cpu")
    for _ in T.train(resumed, lambda n, rng: X, 2):
        pass
    assert same(resumed, run("writeup-000-sgd", 4))


def test_sgd_steps_as_torchs():
    state = run("writeup-000-sgd", 1)
    assert isinstance(state.opt_D, torch.optim.SGD)
    assert state.opt_D.param_groups[0]["momentum"] == state.recipe.betas[0]


def test_unknown_optimiser_is_named():
    with pytest.raises(InputError, match=r"Unknown optimiser 'agd'.*did you mean 'sgd'"):
        T.get_preset("mlp", optimiser="agd")


def test_a_mistyped_write_up_is_named():
    with pytest.raises(InputError, match="did you mean 'writeup-000'"):
        T.get_preset("writup-000")
    with pytest.raises(InputError, match="did you mean 'writeup-003'"):
        nets.make_generator("writeup-0003")


def test_a_saved_write_up_is_loaded_without_naming_its_module(tmp_path):
    G = nets.make_generator("writeup-000", squash="tanh").eval()
    again = nets.load_generator(nets.save_generator(G, tmp_path / "g.safetensors"))
    z = torch.randn(2, 100)
    assert torch.equal(G(z), again(z))


@pytest.mark.parametrize(("name", "bad"), [("writeup-000", {"squash": "relu"}),
                                           ("writeup-002", {"remedy": "hope"}),
                                           ("writeup-002", {"depth": 0}),
                                           ("writeup-003", {"momentum": 1.0})])  # fmt: skip
def test_bad_options_are_named(name, bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        nets.make_generator(name, **bad)


def test_weights_of_the_systems_by_hand():
    counts = {n: weights(nets.make_generator(n)) for n in ("writeup-000", "writeup-001")}
    assert counts["writeup-000"] == 100 * 128 + 128 + 2 * 128 + 128 * 784 + 784
    kernels = 25 * (256 * 128 + 128 * 64 + 64)
    assert counts["writeup-001"] == 12544 * 100 + kernels + 2 * (256 + 128 + 64)


def test_the_stack_as_printed_has_324_dense_layers():
    G = nets.make_generator("writeup-002", depth=324, remedy="none")
    assert len(G.stack) == 324
    assert G.stack[0].dense.in_features == 100 + 8 * 8 * 256


def gradients(remedy, depth=324):
    torch.manual_seed(0)
    G = writeups.StackGenerator(depth=depth, remedy=remedy)
    G(torch.randn(16, 100)).square().sum().backward()
    return [layer.dense.weight.grad.norm().item() for layer in G.stack]


def test_the_gradient_of_the_printed_stack_is_zero_in_every_layer():
    assert max(gradients("none")) == 0.0


@pytest.mark.parametrize("remedy", ["he", "skips"])
def test_a_remedy_brings_a_gradient_to_every_layer(remedy):
    found = gradients(remedy)
    assert min(found) > 0
    assert max(found) < 1e6


def test_signed_sigmoid_is_tanh_of_half():
    h = torch.linspace(-9, 9, 101, dtype=torch.float64)
    torch.testing.assert_close(writeups.SignedSigmoid()(h), torch.tanh(h / 2))


def test_keras_momentum_is_the_other_share():
    norm, old = writeups.keras_norm(1, 0.8), 0.0
    x = torch.full((2, 1, 3, 3), 5.0)
    norm(x)
    assert norm.running_mean.item() == pytest.approx(0.8 * old + 0.2 * 5.0)


@torch.no_grad()
def test_batch_norm_before_the_last_layer_gives_every_batch_the_same_mean_logit():
    D = writeups.dense_D(norm="last").train()
    logits = [D(x).mean().item() for x in (torch.rand(64, 1, 28, 28), torch.randn(64, 1, 28, 28))]
    assert logits[0] == pytest.approx(logits[1], abs=1e-4)
    free = writeups.dense_D().train()
    apart = [free(x).mean().item() for x in (torch.rand(64, 1, 28, 28), X.repeat(16, 1, 1, 1))]
    assert abs(apart[0] - apart[1]) > 1e-3


ZERO = torch.zeros(5, dtype=torch.float64)


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [("squared-probability", 0.5, 0.25), ("squared-generator", 2 * math.log(2), 0.25)],
)
def test_values_of_the_squared_losses_at_logit_zero(name, d, g):
    pair = losses.get_loss(name)
    assert pair.d_loss(ZERO, ZERO).item() == pytest.approx(d)
    assert pair.g_loss(None, ZERO).item() == pytest.approx(g)


def test_squared_losses_equal_the_mean_squared_error_of_probabilities():
    real, fake = torch.randn(2, 50, dtype=torch.float64)
    mse = nn.functional.mse_loss
    p, q = real.sigmoid(), fake.sigmoid()
    one, none = torch.ones_like(p), torch.zeros_like(q)
    torch.testing.assert_close(losses.squared_d(real, fake), mse(p, one) + mse(q, none))
    torch.testing.assert_close(losses.squared_g(None, fake), mse(q, one))


def test_the_slope_of_squared_g_is_zero_where_d_is_sure():
    logit = torch.tensor([-20.0, 0.0], dtype=torch.float64, requires_grad=True)
    (losses.squared_g(None, logit) * 2).backward()
    s = logit.detach().sigmoid()
    torch.testing.assert_close(logit.grad, -2 * s * (1 - s) ** 2)
    assert abs(logit.grad[0]) < 1e-8


@pytest.mark.parametrize("name", losses.WRITEUP_LOSSES)
def test_squared_losses_stay_finite(name):
    pair, huge = losses.get_loss(name), torch.full((3,), 1e4)
    for sign in (1, -1):
        total = pair.d_loss(sign * huge, -sign * huge) + pair.g_loss(None, sign * huge)
        assert torch.isfinite(total)


def test_presets_are_found_from_the_command_line(tmp_path):
    from gancourse.train import run as runs

    made = runs.Run("writeup-000-sgd", "digits", tmp_path / "r", device="cpu")
    made.train(2, 100, resume=False)
    G = nets.load_generator(tmp_path / "r" / "generator.safetensors")
    assert G.recipe["net"] == "writeup-000"
    assert (tmp_path / "r" / "samples.png").exists()


@pytest.fixture
def tool(monkeypatch, tmp_path):
    import writeups as tool

    scores = {"fid": 9.0, "shares": [0.1] * 10, "class_kl": 0.0}
    monkeypatch.setattr(tool, "scored", lambda x, data: scores)
    monkeypatch.setattr(tool, "floor", lambda images: 1.0)
    monkeypatch.setattr(tool, "SAMPLES", 20)
    return lambda *args: tool.main([*args, "--seconds", "0.01", "--out", str(tmp_path)])


def test_the_tool_measures_each_preset_once(tool, tmp_path, capsys):
    tool("writeup-000", "writeup-000-sgd")
    first = json.loads((tmp_path / "results.json").read_text())
    assert first["runs"].keys() == {"writeup-000", "writeup-000-sgd"}
    tool("writeup-000", "writeup-000-sgd")
    assert capsys.readouterr().out.count("measured already") == 2
    assert json.loads((tmp_path / "results.json").read_text()) == first


def test_a_run_by_epochs_goes_on_after_a_kill_to_the_same_end(tool, tmp_path, monkeypatch):
    import writeups

    monkeypatch.setattr(writeups, "load_images", lambda name: load_images("digits"))
    monkeypatch.setattr(writeups, "KEPT", tmp_path / "whole")
    tool("writeup-000", "--epochs", "1")
    (tmp_path / "results.json").rename(tmp_path / "whole.json")

    def killed(state, path, save=T.save_state):
        save(state, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(writeups, "KEPT", tmp_path / "cut")
    monkeypatch.setattr(writeups, "EVERY", 0)
    with monkeypatch.context() as once:
        once.setattr(T, "save_state", killed)
        with pytest.raises(KeyboardInterrupt):
            tool("writeup-000", "--epochs", "1")
    assert not (tmp_path / "results.json").exists()
    tool("writeup-000", "--epochs", "1")
    runs = [json.loads((tmp_path / f).read_text())["runs"] for f in ("whole.json", "results.json")]
    spent = [run["writeup-000"].pop("spent") for run in runs]
    assert runs[0] == runs[1]
    assert min(spent) > 0
    assert runs[0]["writeup-000"]["steps"] == round(1437 / 128)


def test_the_tool_names_an_unknown_preset(tool):
    with pytest.raises(InputError, match="Unknown preset 'writeup-005'"):
        tool("writeup-005")
