"""Steps and the run that takes them: who moves, what the textbook says, what is recorded."""

import copy
import inspect
import math
import time
from dataclasses import replace

import pytest
import torch
from ring_runs import PENALISED, POINTS, RING, TINY, run, same, weights

from gancourse import losses, machine, nets
from gancourse import train as T
from gancourse.errors import InputError
from gancourse.train.steps import TRIM


def moved(net, before):
    return any(not torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


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


@pytest.mark.parametrize("steps", [0, -1, 1.5, True])
def test_steps_below_one_are_refused_at_once(steps):
    with pytest.raises(InputError, match="steps must be a whole number of at least 1"):
        T.train(T.State(TINY), RING.sample, steps)


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


def test_steps_are_computed_on_the_runs_threads():
    state, before, seen = T.State(TINY, device="cpu"), torch.get_num_threads(), []
    state.threads = before + 1
    state.D.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    T.one_step(state, RING.sample)
    T.d_step(state, RING.sample(4, state.rng)), T.g_step(state, RING.sample(4, state.rng))
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


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
