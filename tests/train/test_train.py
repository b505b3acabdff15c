"""Steps, state, iterator, checkpoints: who moves, what repeats, what survives a kill."""

import copy
import inspect
import json
import math
import multiprocessing
import os
import random
import signal
import time
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file

from gancourse import losses, machine, nets
from gancourse import train as T
from gancourse.data import ImageSet, load_points
from gancourse.errors import InputError
from gancourse.store import load_tensors, save_tensors
from gancourse.train import checkpoint
from gancourse.train import run as runs
from gancourse.train.presets import WRITEUP_PRESETS
from gancourse.train.steps import TRIM

LONG = os.environ.get("GANCOURSE_LONG") == "1"
POINTS = {"shape": (2,), "widths": (16,)}
TINY = T.Recipe("mlp", G={"z_dim": 2, **POINTS}, D=POINTS, batch=16, precision="fp32")
RING = load_points("ring")


def weights(net):
    return [p.detach().clone() for p in net.parameters()]


def moved(net, before):
    return any(not torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


def run(steps, recipe=TINY, seed=0):
    state = T.State(recipe, seed, "cpu")
    for _ in T.train(state, RING.sample, steps):
        pass
    return state


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_d_step_moves_d_alone():
    state = T.State(TINY)
    g, d = weights(state.G), weights(state.D)
    T.d_step(state, RING.sample(16, state.rng))
    assert moved(state.D, d)
    assert not moved(state.G, g)
    assert all(p.grad is None for p in state.G.parameters())


def test_g_step_moves_g_alone_and_leaves_d_no_gradient():
    state = T.State(TINY)
    g, d = weights(state.G), weights(state.D)
    T.g_step(state, RING.sample(16, state.rng))
    assert moved(state.G, g)
    assert not moved(state.D, d)
    assert all(p.grad is None and p.requires_grad for p in state.D.parameters())


def textbook_step(G, D, opts, x_real, z):
    """The loop as lesson 05 writes it: detach, binary cross-entropy, gradients everywhere."""
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(len(x_real)), torch.zeros(len(x_real))
    opts["D"].zero_grad()
    (bce(D(x_real), ones) + bce(D(G(z).detach()), zeros)).backward()
    opts["D"].step()
    opts["G"].zero_grad()
    bce(D(G(z)), ones).backward()
    opts["G"].step()


def test_one_step_equals_the_textbook_step():
    # No batch norm: a bias before it has a gradient of rounding errors, which Adam blows up.
    recipe = replace(TINY, G={"norm": False, "z_dim": 2, **POINTS})
    ours, theirs = T.State(recipe), T.State(recipe)
    opts = {"G": theirs.opt_G, "D": theirs.opt_D}
    x_real = RING.sample(16, torch.Generator().manual_seed(3))
    z = theirs.noise(16)  # the same fakes for both players
    textbook_step(theirs.G, theirs.D, opts, x_real, z)
    T.one_step(ours, lambda n, generator: x_real)
    for a, b in zip(weights(ours.G) + weights(ours.D), weights(theirs.G) + weights(theirs.D),
                    strict=True):  # fmt: skip
        torch.testing.assert_close(a, b)


PENALISED = replace(
    TINY, G={"norm": False, "z_dim": 2, **POINTS}, lr_G=0.01, lr_D=0.04, r1=0.3, r2=0.7, ema=0.9
)  # all choices differ, so that none can stand in for another


def squared_slope(D, x):
    """Return 1/2 E |grad D(x)|^2 as autograd has it."""
    x = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope**2).sum(1).mean() / 2


class Textbook:
    """A run of PENALISED by plain autograd: both penalties, two rates, an average with warm-up."""

    def __init__(self, state):
        self.G, self.D, self.average = (copy.deepcopy(n) for n in (state.G, state.D, state.ema_G))
        self.opt_G = torch.optim.Adam(self.G.parameters(), 0.01, betas=(0.5, 0.999))
        self.opt_D = torch.optim.Adam(self.D.parameters(), 0.04, betas=(0.5, 0.999))
        self.step, self.history = 0, []

    def take(self, x_real, z):
        x_fake = self.G(z)
        logit_real, logit_fake = self.D(x_real), self.D(x_fake.detach())
        d_loss = (
            -torch.log(logit_real.sigmoid()).mean() - torch.log(1 - logit_fake.sigmoid()).mean()
        )
        r1, r2 = squared_slope(self.D, x_real), squared_slope(self.D, x_fake.detach())
        self.move(self.opt_D, d_loss + 0.3 * r1 + 0.7 * r2)
        g_loss = -torch.log(self.D(x_fake).sigmoid()).mean()
        self.move(self.opt_G, g_loss)
        self.follow(min(0.9, (1 + self.step) / (10 + self.step)))
        self.step += 1
        shares = logit_real.sigmoid().mean(), logit_fake.sigmoid().mean()
        self.history.append([x.item() for x in (d_loss, g_loss, *shares)])

    def move(self, optimiser, loss):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def follow(self, decay):
        for mine, other in zip(self.average.parameters(), self.G.parameters(), strict=True):
            mine.data = decay * mine.data + (1 - decay) * other.data


@pytest.fixture(scope="module")
def both():
    """Four steps of PENALISED, by the package and by the textbook, from the same draws."""
    ours = T.State(PENALISED, 3, "cpu")
    theirs, rng = Textbook(ours), torch.Generator().manual_seed(3)
    for _ in range(4):
        T.one_step(ours, RING.sample)
        theirs.take(RING.sample(16, rng), torch.randn(16, 2, generator=rng))
    return ours, theirs


@pytest.mark.parametrize(("net", "name"), [("G", "G"), ("D", "D"), ("ema_G", "average")])
def test_with_penalties_and_two_rates_the_weights_are_the_textbooks(both, net, name):
    ours, theirs = (weights(getattr(run, n)) for run, n in zip(both, (net, name), strict=True))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_with_penalties_and_two_rates_the_history_is_the_textbooks(both):
    ours, theirs = both
    torch.testing.assert_close(
        torch.stack(ours.history), torch.tensor(theirs.history), rtol=1e-4, atol=1e-6
    )
    assert list(ours.curves()) == ["d_loss", "g_loss", "D(x)", "D(G(z))"]


def test_steps_are_short_enough_to_read():
    for step in (T.d_step, T.g_step):
        lines = inspect.getsource(step).split('"""')[2].strip().splitlines()
        assert len(lines) <= 16


def test_gaps_in_memory_are_handed_back_now_and_then(monkeypatch):
    times = []
    monkeypatch.setattr(machine, "trim_memory", lambda: times.append(1))
    run(2 * TRIM + 1)
    assert len(times) == 2


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_every_loss_trains(loss):
    record = list(T.train(T.State(replace(TINY, loss=loss, r1=0.1)), RING.sample, 3))[-1]
    assert all(math.isfinite(record[name]) for name in T.COLUMNS)


def test_record_holds_what_was_seen():
    state = T.State(TINY)
    record = next(T.train(state, RING.sample, 1))
    assert record.step == state.step == 1
    assert 0 < record["D(x)"] < 1
    assert str(record).startswith("step 1: d_loss ")
    assert state.curves()["d_loss"] == [record["d_loss"]]
    with pytest.raises(InputError, match="Unknown column"):
        record["loss"]


def test_same_seed_gives_the_same_run_and_another_seed_another():
    assert same(run(5), run(5))
    assert not same(run(5), run(5, seed=1))


def test_ema_follows_g_slowly_and_its_buffers_at_once():
    state = T.State(T.Recipe("mlp", batch=8, ema=0.9, precision="fp32"), device="cpu")
    state.step = 10_000
    with torch.no_grad():
        for p, q in zip(state.G.parameters(), state.ema_G.parameters(), strict=True):
            p.fill_(1.0), q.fill_(0.0)
        next(state.G.buffers()).fill_(5.0)
    T.ema_step(state)
    assert all(torch.allclose(q, torch.tensor(0.1)) for q in state.ema_G.parameters())
    assert (next(state.ema_G.buffers()) == 5).all()


def test_ema_averages_the_statistics_where_the_recipe_says_so():
    recipe = T.Recipe("mlp", batch=8, ema=0.9, precision="fp32", ema_buffers=True)
    state = T.State(recipe, device="cpu")
    state.step = 10_000
    with torch.no_grad():
        for p, q in zip(state.G.buffers(), state.ema_G.buffers(), strict=True):
            p.fill_(5)
            q.fill_(0)
    T.ema_step(state)
    for q in state.ema_G.buffers():  # a count of batches is no statistic: it is G's
        assert torch.allclose(q, torch.tensor(0.5)) if q.is_floating_point() else q == 5


def test_saved_and_resumed_run_ends_as_if_never_interrupted(tmp_path):
    path = T.save_state(run(4), tmp_path / "c.safetensors")
    torch.randn(7)  # what the caller draws meanwhile does not matter
    resumed = T.load_state(path, "cpu")
    for _ in T.train(resumed, RING.sample, 3):
        pass
    assert same(resumed, run(7))


def test_resume_of_a_dcgan_in_bf16_is_exact_too(tmp_path):
    recipe = T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=4)
    states, x = [], torch.rand(4, 1, 28, 28) * 2 - 1
    for pause in (False, True):
        state = T.State(recipe, 0, "cpu", "bf16")
        list(T.train(state, lambda n, g: x, 2))
        if pause:
            state = T.load_state(T.save_state(state, tmp_path / "c.safetensors"), "cpu")
        list(T.train(state, lambda n, g: x, 2))
        states.append(state)
    assert same(*states)


def test_halved_checkpoint_is_not_loaded_the_one_before_is(tmp_path, capsys):
    path = tmp_path / "c.safetensors"
    T.save_state(run(2), path)
    T.save_state(run(4), path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert T.load_state(path).step == 2
    assert "the checkpoint before, at step 2" in capsys.readouterr().out


def test_damaged_checkpoint_is_not_saved_over_the_good_one_before(tmp_path):
    path = tmp_path / "c.safetensors"
    T.save_state(run(2), path)
    T.save_state(run(4), path)
    path.write_bytes(path.read_bytes()[:-1000])
    state = T.load_state(path)
    T.save_state(state, path)
    path.unlink()
    assert T.load_state(path).step == 2


def test_two_damaged_checkpoints_are_named(tmp_path):
    for name in ("c.safetensors", "c.safetensors.previous"):
        (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(InputError, match="not a whole safetensors file"):
        T.load_state(tmp_path / "c.safetensors")


@pytest.mark.parametrize("damage", ["notes", "rng", "recipe"])
def test_a_checkpoint_that_lacks_something_is_named(tmp_path, damage):
    path = T.save_state(run(1), tmp_path / "c.safetensors")
    tensors, metadata = load_tensors(path)
    if damage == "rng":
        del tensors["rng"]
    else:
        wrong = {"notes": "{", "recipe": metadata["notes"].replace('"batch"', '"lot"')}
        metadata["notes"] = wrong[damage]
    save_tensors(path, tensors, metadata)
    with pytest.raises(InputError, match="does not hold all of a run"):
        T.load_state(path)


def test_a_generator_is_no_checkpoint(tmp_path):
    from gancourse.nets import save_generator

    save_generator(run(1).ema_G, tmp_path / "g.safetensors")
    with pytest.raises(InputError, match="no checkpoint of gancourse"):
        T.load_state(tmp_path / "g.safetensors")


def test_rates_fall_in_a_straight_line_and_a_resumed_run_goes_on_with_them(tmp_path):
    falling = replace(TINY, lr_G=1e-3, lr_D=2e-3, anneal=(2, 6))
    assert [falling.rates(step)[0] / 1e-3 for step in (0, 2, 4, 6, 99)] == [1, 1, 0.5, 0.01, 0.01]
    assert falling.rates(4) == (0.5e-3, 1e-3)
    assert TINY.rates(99) == (TINY.lr_G, TINY.lr_D)
    resumed = T.load_state(T.save_state(run(4, falling), tmp_path / "c.safetensors"), "cpu")
    for _ in T.train(resumed, RING.sample, 3):
        pass
    assert same(resumed, run(7, falling))
    assert not same(resumed, run(7, replace(falling, anneal=None)))
    assert resumed.opt_G.param_groups[0]["lr"] == pytest.approx(1e-5)


def test_the_averaged_generator_has_statistics_of_its_own():
    state = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=4), 0, "cpu")
    before = checkpoint.contents(state)[0]
    G = T.averaged_generator(state)
    assert all(torch.equal(p, q) for p, q in zip(weights(G), weights(state.ema_G), strict=True))
    norm, old = (next(m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d))
                 for net in (G, state.ema_G))  # fmt: skip
    assert (old.running_var == 1).all()
    assert norm.momentum == old.momentum
    assert not G.training
    assert not norm.training
    z = torch.randn(4000, G.z_dim, generator=torch.Generator().manual_seed(5))
    seen = []
    norm.register_forward_pre_hook(lambda m, x: seen.append(x[0]))
    with torch.no_grad():
        G(z)
    variance = seen[0].var((0, 2, 3))
    assert torch.allclose(norm.running_var, variance, rtol=0.1)
    assert torch.equal(flat(T.averaged_generator(state)), flat(G))
    assert all(
        torch.equal(checkpoint.contents(state)[0][name], before[name])
        for name in ("rng", "global_rng")
    )


def flat(G):
    return torch.cat([x.flatten().float() for x in G.state_dict().values()])


def test_sample_is_the_same_for_a_seed_and_keeps_the_mode():
    G = nets.make_generator("mlp").train()
    assert torch.equal(T.sample(G, 4, 1), T.sample(G, 4, 1))
    assert not torch.equal(T.sample(G, 4, 1), T.sample(G, 4, 2))
    assert G.training


@pytest.mark.parametrize("steps", [0, -1, 1.5, True])
def test_steps_below_one_are_refused_at_once(steps):
    with pytest.raises(InputError, match="steps must be a whole number of at least 1"):
        T.train(T.State(TINY), RING.sample, steps)


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
        limits = [limit for limit, _ in rows]
        assert limits == sorted(limits)
        assert {name, *(quick for _, quick in rows)} <= set(T.PRESETS)
        for limit, quick in rows:
            assert T.within(name, limit) == quick != name
        assert T.within(name, limits[-1] + 1) == T.within(name, None) == name
    assert T.within("mlp", 1) == "mlp"
    assert T.BUDGETS["dcgan"] == ((2.0, "dcgan-quick"),)  # minutes, by docs/bench's table


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


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float)])
def test_fakes_come_in_the_runs_precision_with_their_graph(precision, dtype):
    x = T.State(TINY, 0, "cpu", precision).fakes(5)
    assert x.shape == (5, 2)
    assert x.dtype == dtype
    assert x.requires_grad


def test_a_new_run_has_taken_no_step_and_knows_no_data():
    state = T.State(TINY, device="cpu")
    assert (state.step, state.seed, state.data) == (0, 0, "")
    assert state.curves() == {name: [] for name in T.COLUMNS}
    assert not state.ema_G.training
    assert not any(p.requires_grad for p in state.ema_G.parameters())
    assert all(
        torch.equal(p, q) for p, q in zip(weights(state.G), weights(state.ema_G), strict=True)
    )


def test_nets_lie_in_memory_as_the_machine_wants_them():
    state = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}), device="cpu")
    kernel = next(p for p in state.D.parameters() if p.dim() == 4 and min(p.shape[:2]) > 1)
    assert kernel.is_contiguous(memory_format=torch.channels_last)


def test_steps_draw_their_own_fakes_where_none_are_given():
    """D's step on fresh fakes is its step on the fakes of the same draws."""
    one, other = T.State(TINY, 5, "cpu"), T.State(TINY, 5, "cpu")
    x_real = RING.sample(16, torch.Generator().manual_seed(3))
    for step, name in ((T.d_step, "d_loss"), (T.g_step, "g_loss")):
        fresh, given = step(one, x_real), step(other, x_real, other.fakes(16))
        torch.testing.assert_close(fresh[name], given[name])  # summed in another order, maybe
    assert torch.equal(one.rng.get_state(), other.rng.get_state())


@pytest.mark.parametrize("loss", ["minimax", "relativistic"])
def test_steps_report_the_losses_of_the_logits_they_saw(loss):
    state = T.State(replace(TINY, loss=loss, r1=1.0), 5, "cpu")
    pair, x_real, z = losses.get_loss(loss), RING.sample(16, state.rng), state.noise(16)
    logits = [state.D(x).detach() for x in (x_real, state.G(z))]
    seen = T.d_step(state, x_real, state.G(z))
    assert torch.equal(seen["D(x)"], logits[0])
    assert seen["d_loss"].item() == pytest.approx(pair.d_loss(*logits).item(), rel=1e-5)
    logits = [state.D(x).detach() for x in (x_real, state.G(z))]
    seen = T.g_step(state, x_real, state.G(z))
    assert seen["g_loss"].item() == pytest.approx(pair.g_loss(*logits).item(), rel=1e-5)


def test_losses_are_of_float32_whatever_the_nets_compute_in(monkeypatch):
    state, seen = T.State(TINY, 0, "cpu", "bf16"), []
    pair = losses.get_loss("relativistic")
    d_loss, g_loss = (lambda r, f, own=own: seen.extend((r.dtype, f.dtype)) or own(r, f)
                      for own in (pair.d_loss, pair.g_loss))  # fmt: skip
    state.loss = losses.Loss(d_loss, g_loss, pairs_real=True)
    T.one_step(state, RING.sample)
    assert seen == [torch.float32] * 4


def test_training_puts_both_nets_into_training_mode_and_takes_so_many_steps():
    state = T.State(TINY, device="cpu")
    state.G.eval(), state.D.eval()
    assert len(list(T.train(state, RING.sample, 3))) == 3
    assert state.G.training
    assert state.D.training
    assert [record.step for record in T.train(state, RING.sample, 2)] == [4, 5]


def test_a_record_says_its_four_numbers():
    record = T.Record(7, torch.tensor([0.5, 1.25, 0.75, 0.1]))
    assert str(record) == "step 7: d_loss 0.500, g_loss 1.250, D(x) 0.750, D(G(z)) 0.100"
    assert [record[name] for name in T.COLUMNS] == pytest.approx([0.5, 1.25, 0.75, 0.1])
    assert isinstance(record["D(x)"], float)


def test_the_history_is_of_float32_whatever_the_nets_compute_in():
    state, logit = T.State(TINY, 0, "cpu", "bf16"), torch.linspace(-3, 2, 7, dtype=torch.bfloat16)
    both = dict.fromkeys(["d_loss", "g_loss"], torch.ones(()))
    T.note(state, both | {"D(x)": logit, "D(G(z))": logit})
    shares = [1 / (1 + math.exp(-t)) for t in logit.tolist()]
    assert state.history[0].tolist() == pytest.approx([1, 1, *[sum(shares) / 7] * 2], rel=1e-6)


def test_a_run_computes_on_its_device(elsewhere):
    recipe = T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=4, r1=0.1, precision="fp32")
    state = T.State(recipe, 0, elsewhere)
    state.opt_G, state.opt_D = (torch.optim.Adam(net.parameters()) for net in (state.G, state.D))
    record = T.one_step(state, lambda n, generator: torch.randn(n, 1, 28, 28, generator=generator))
    asked = []
    for norm in (m for m in state.ema_G.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.forward = lambda x: asked.append(x) or x  # a mean of batches needs their numbers
    G = T.averaged_generator(state)
    found = [record.row, state.noise(2), T.sample(G, 2), *asked, *G.parameters()]
    assert {x.device for x in found} == {elsewhere}
    assert len(asked) >= 20


def test_a_run_keeps_freed_memory_for_its_next_step(monkeypatch):
    asked = []
    monkeypatch.setattr(machine, "keep_memory", lambda: asked.append("keep"))
    T.State(TINY, device="cpu")
    assert asked == ["keep"]


def test_the_history_needs_no_gradient():
    assert not any(row.requires_grad for row in run(1).history)


def test_standing_statistics_are_the_mean_over_20_batches_of_500():
    G = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}), 0, "cpu")
    asked = []
    G.ema_G.register_forward_pre_hook(lambda net, args: asked.append(args[0].detach()))
    found = T.averaged_generator(G)
    assert [len(z) for z in asked] == [500] * 20
    z = torch.randn(500, found.z_dim, generator=torch.Generator().manual_seed(0))
    assert torch.equal(asked[0], z)
    batches = [m.num_batches_tracked for m in found.modules() if hasattr(m, "num_batches_tracked")]
    assert {int(n) for n in batches} == {20}


def test_a_net_without_batch_norm_needs_no_standing_statistics():
    state = T.State(PENALISED, device="cpu")
    state.ema_G.register_forward_pre_hook(lambda net, args: pytest.fail("asked in vain"))
    assert torch.equal(flat(T.averaged_generator(state)), flat(state.ema_G))


@pytest.mark.parametrize("training", [True, False])
def test_samples_are_drawn_in_evaluation_mode_from_the_seeds_own_z(training):
    G = nets.make_generator("mlp").train(training)
    x = T.sample(G, 3, 4)
    assert G.training is training
    z = torch.randn(3, G.z_dim, generator=torch.Generator().manual_seed(4))
    assert torch.equal(x, G.eval()(z).detach())
    assert not x.requires_grad
    assert torch.equal(T.sample(G), T.sample(G, 64, 0))
    assert T.sample(G, 1).shape == (1, 1, 28, 28)
    with pytest.raises(InputError, match="n must be"):
        T.sample(G, 0)


def test_a_checkpoint_keeps_the_one_before_and_nothing_else(tmp_path):
    path = tmp_path / "c.safetensors"
    for steps in (1, 2, 3):
        assert T.save_state(run(steps), str(path)) == path
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, f"{path.name}.previous"]
    assert T.load_state(f"{path}.previous").step == 2


def test_a_damaged_checkpoint_is_put_aside(tmp_path):
    path = tmp_path / "c.safetensors"
    T.save_state(run(1), path)
    T.save_state(run(2), path)
    path.write_bytes(b"damaged")
    T.load_state(str(path), "cpu")
    assert (tmp_path / "c.safetensors.damaged").read_bytes() == b"damaged"
    assert not path.exists()


def test_a_run_that_has_taken_no_step_is_saved_and_goes_on(tmp_path):
    state = T.State(TINY, 9, "cpu")
    state.data = "ring"
    again = T.load_state(T.save_state(state, tmp_path / "c.safetensors"), "cpu")
    assert (again.history, again.step, again.seed, again.data) == ([], 0, 9, "ring")
    list(T.train(again, RING.sample, 2))
    assert same(again, run(2, seed=9))


def test_resuming_keeps_curves_precision_and_the_global_random_state(tmp_path):
    state = T.State(TINY, 0, "cpu", "bf16")
    list(T.train(state, RING.sample, 3))
    torch.rand(5)  # as dropout would: the global state is no longer what the seed made it
    path, drawn = T.save_state(state, tmp_path / "c.safetensors"), torch.rand(3)
    again = T.load_state(path, "cpu")
    assert torch.equal(torch.rand(3), drawn)
    assert again.curves() == state.curves()
    assert again.precision == "bf16"


@pytest.mark.parametrize(("noted", "cores", "wanted"), [(3, 4, 3), (3, 2, 2), (None, 9, 5)])
def test_a_resumed_run_has_its_own_threads_or_what_cores_there_are(
    noted, cores, wanted, tmp_path, monkeypatch
):
    path = T.save_state(T.State(TINY, device="cpu"), tmp_path / "c.safetensors")
    tensors, metadata = load_tensors(path)
    notes = {**json.loads(metadata["notes"]), "threads": noted}
    if noted is None:
        del notes["threads"]  # a run of an older version had PyTorch's number
    save_tensors(path, tensors, {**metadata, "notes": json.dumps(notes)})
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    assert T.load_state(path, "cpu").threads == wanted


def test_steps_are_computed_on_the_runs_threads():
    state, before, seen = T.State(TINY, device="cpu"), torch.get_num_threads(), []
    state.threads = before + 1
    state.D.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    T.one_step(state, RING.sample)
    T.d_step(state, RING.sample(4, state.rng)), T.g_step(state, RING.sample(4, state.rng))
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


SMALL = T.get_preset("mlp", G={"z_dim": 8, "widths": [32]}, D={"widths": [32]})


def train_digits(out, steps, resume):
    runs.Run("mlp", "digits", out, device="cpu", recipe=SMALL, quiet=True).train(steps, 3, resume)


@pytest.fixture(scope="module")
def processes():
    """Processes that start at once: a server that has imported what they need forks them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gancourse.train.run", "gancourse.data"])
    return context


def started(processes, out, steps, resume=False):
    process = processes.Process(target=train_digits, args=(out, steps, resume))
    process.start()
    return process


def written_at(path):
    """Return when a file was written, 0 where it is not there: while one replaces it, too."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def kill_after_next_checkpoint(processes, out, delay):
    """Go on with a run that would not end, and kill it: whenever that is, it is at work."""
    checkpoint = out / "checkpoint.safetensors"
    before = written_at(checkpoint)
    process = started(processes, out, 10**7, resume=T.begun(checkpoint))
    while process.is_alive() and written_at(checkpoint) <= before:
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_killed_again_and_again_it_ends_with_the_same_bits(processes, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for _ in range(10 if LONG else 3):
        kill_after_next_checkpoint(processes, killed, random.uniform(0, 0.1))
    steps = T.load_state(killed / "checkpoint.safetensors", "cpu").step + 10
    started(processes, killed, steps, resume=True).join()
    started(processes, whole, steps).join()
    for name in ("generator", "checkpoint"):
        a, b = (load_file(f / f"{name}.safetensors") for f in (whole, killed))
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a)
    assert (whole / "history.csv").read_bytes() == (killed / "history.csv").read_bytes()


def fastest(action, times):
    """Return the seconds of the fastest of many calls: the one that other work disturbed least."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        spent.append(time.perf_counter() - start)
    return min(spent)


@pytest.mark.clock
@pytest.mark.parametrize(
    ("recipe", "x_real"),
    [
        (T.get_preset("mlp"), torch.zeros(128, 1, 28, 28)),
        (replace(TINY, D={"shape": (2,), "widths": (128, 128)}), torch.zeros(256, 2)),
    ],
)
def test_records_cost_under_five_percent_of_the_steps(recipe, x_real):
    state = T.State(recipe, 0, "cpu")
    steps = fastest(lambda: T.d_step(state, x_real) | T.g_step(state, x_real), 40)
    seen = T.d_step(state, x_real) | T.g_step(state, x_real)
    assert fastest(lambda: T.note(state, seen), 200) < 0.05 * steps


def test_standing_statistics_forget_those_of_the_run():
    state = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}), 0, "cpu")
    before = flat(T.averaged_generator(state))
    for norm in (m for m in state.ema_G.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.fill_(1e3)
        norm.num_batches_tracked.fill_(1000)
    buffers = torch.cat([b.flatten() for b in T.averaged_generator(state).buffers()])
    assert torch.equal(flat(T.averaged_generator(state)), before)
    assert buffers.abs().max() < 1e3


def test_a_recipe_fits_other_images():
    recipe = T.get_preset("dcgan").fitted((3, 64, 64))
    for given in (recipe.G, recipe.D):
        assert (given["channels"], given["side"], given["width"]) == (3, 64, 64)


def test_a_recipe_names_an_optimiser_that_there_is():
    with pytest.raises(InputError, match="Unknown optimiser 'rmsprop'"):
        replace(TINY, optimiser="rmsprop")


def test_a_light_penalty_needs_pairs_too():
    state = T.State(replace(TINY, gp=0.5), device="cpu")
    y = torch.arange(3)
    assert T.steps.asked(state, 3, y) is y


def test_d_in_packs_is_shown_copies_of_each_sample():
    state = T.State(replace(TINY, pack=2), device="cpu")
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    with torch.no_grad():
        want = state.D(nets.packed(x[[0, 0, 1, 1]], 2))
    assert torch.equal(state.logits(x), want)
