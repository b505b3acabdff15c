"""No probe may cost the run: what fails in a look ends that look, with a sentence, and no more."""

import copy
import io
import itertools
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse.clinic import (
    Recorder,
    aside,
    calls,
    comparison,
    diagnose,
    gradients,
    ledger,
    probes,
    watchers,
)
from gancourse.clinic.steps import Effects
from gancourse.errors import InputError

TURNS = 43  # with turns 1, 21 and 41 looked at


class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, z):
        return self.net(z)


class OwnNoise(G):
    """Draws its own z, of as many rows as it is asked for."""

    def forward(self, n):
        return super().forward(torch.randn(int(n), 3))


class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 1))

    def forward(self, x):
        return self.net(x)


class Counting(D):
    """Keeps count in every way, and lets its answer depend on it."""

    def __init__(self):
        super().__init__()
        self.calls, self.total, self.log = 0, torch.zeros(()), []
        self.register_buffer("seen", torch.zeros(()))
        self.rng, self.np_rng = torch.Generator().manual_seed(1), np.random.default_rng(1)

    def forward(self, x):
        self.calls += 1
        self.total += 1
        self.seen += 1
        self.log.append(float(self.np_rng.normal()))
        noise = torch.rand(len(x), 1, generator=self.rng) + sum(self.log) / len(self.log)
        count = self.calls + self.total.item() + self.seen.item() + len(self.log)
        return super().forward(x) + 0.1 * noise + 0.001 * count


class NoEval(D):
    def train(self, mode=True):
        if not mode:
            raise RuntimeError("this net cannot be evaluated")
        return super().train(mode)


class NoCopy(D):
    def __deepcopy__(self, memo):
        raise TypeError("this net cannot be copied")


class Mean(D):
    def forward(self, x):
        return super().forward(x).mean()


class Complex(D):
    def forward(self, x):
        return super().forward(x).to(torch.complex64)


class Half(D):
    def forward(self, x):
        return super().forward(x).half()


class NoCopyG(G):
    __deepcopy__ = NoCopy.__deepcopy__


class Game:
    """A short loop on points; `train(watch)` returns everything that a recorder might change."""

    def __init__(self, make_G=G, make_D=D, sample=None, batch=lambda turn: 16, dtype=torch.float32):
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - the global state is meant
        self.G, self.D, self.batch = make_G().to(dtype), make_D().to(dtype), batch
        self.opts = [torch.optim.Adam(net.parameters(), 1e-2) for net in (self.G, self.D)]
        self.rng, self.dtype, self.history = torch.Generator().manual_seed(0), dtype, []
        self.draw = sample or (lambda game, n: game.fake(n))

    def fake(self, n):
        own = isinstance(self.G, OwnNoise)
        return self.G(torch.tensor(float(n)) if own else torch.randn(n, 3, dtype=self.dtype))

    def turn(self, real, turn):
        n = self.batch(turn)
        x = real(torch.randn(n, 2, generator=self.rng).to(self.dtype) + 1)
        fake = self.fake(n)
        d_loss = (softplus(-self.D(x).real).mean() + softplus(self.D(fake.detach()).real)).mean()
        g_loss = softplus(-self.D(fake).real).mean()
        for opt, loss in zip(self.opts, (g_loss, d_loss), strict=True):
            opt.zero_grad()
            loss.backward(retain_graph=loss is g_loss)
        for opt in self.opts:
            opt.step()
        self.history.append((d_loss.item(), g_loss.item()))
        return d_loss.detach(), g_loss.detach()

    def train(self, watched):
        recorder = None
        if watched:
            recorder = Recorder(self.G, self.D, *self.opts, lambda n: self.draw(self, n))
        for turn in range(TURNS):
            losses = self.turn(recorder.real if watched else lambda x: x, turn)
            if watched:
                recorder.step(*losses)
        told = str(diagnose(recorder.finish())) if watched else ""
        return told, self.state()

    def state(self):
        nets = [x for net in (self.G, self.D) for x in net.state_dict().values()]
        modes = [m.training for net in (self.G, self.D) for m in net.modules()]
        rngs = [torch.get_rng_state(), self.rng.get_state(), torch.tensor(random.getstate()[1])]
        state = np.random.get_state()[1]  # noqa: NPY002
        numbers = torch.tensor(state.astype(np.int64))
        return [*nets, *rngs, numbers, torch.tensor(modes), torch.tensor(self.history)]


def unharmed(**changes) -> str:
    """Return what is said of a run that ended as it does without a recorder."""
    told, after = Game(**changes).train(watched=True)
    _, alone = Game(**changes).train(watched=False)
    assert all(torch.equal(a.nan_to_num(7), b.nan_to_num(7)) if a.is_floating_point()
               else torch.equal(a, b) for a, b in zip(after, alone, strict=True))  # fmt: skip
    return told


def broken(*_, **__):
    raise RuntimeError("this probe is broken")


PROBES = [
    *((probes, name) for name in ("rows", "auc", "fit", "reached", "best_fit", "pile", "by_layer",
                                  "reach", "given_time", "lookalikes")),
    *((calls, name) for name in ("samples_of", "logits_of", "looked_at", "as_samples")),
    *((watchers.Witness, name) for name in ("whose", "close")),
    *((ledger.Ledger, name) for name in ("_audit", "_note_moves", "_book", "attend")),
    (gradients, "by_layer"), (gradients, "decay"),
    (aside, "reachable"), (Effects, "_answer"), (comparison, "is_poor"), (watchers.Real, "saw"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "name"), PROBES, ids=[name for _, name in PROBES])
def test_a_probe_that_breaks_costs_itself(place, name, monkeypatch):
    monkeypatch.setattr(place, name, broken)
    assert "this probe is broken" in unharmed()


def of_other_shape(game, n):
    return torch.zeros(n, 1, 28, 28)


NETS = {
    "G is not deep-copyable": ({"make_G": NoCopyG}, "this net cannot be copied"),
    "D is not deep-copyable": ({"make_D": NoCopy}, "this net cannot be copied"),
    "D cannot be evaluated": ({"make_D": NoEval}, ""),
    "D gives one number": ({"make_D": Mean}, "D gave float32 [], and no real number for each"),
    "D is complex": ({"make_D": Complex}, "D gave complex64 [16, 1], and no real number"),
    "D gives half": ({"make_D": Half}, ""),
    "D keeps count": ({"make_D": Counting}, ""),
    "G draws z": ({"make_G": OwnNoise}, ""),
    "float64": ({"dtype": torch.float64}, ""),
    "an empty batch": ({"batch": lambda turn: 0 if turn in (1, 30) else 16}, ""),
    "other shape": ({"sample": of_other_shape}, "a sample has 784 numbers, and a real one 2"),
    "NumPy": ({"sample": lambda game, n: game.fake(n).detach().numpy()}, ""),
    "few": ({"sample": lambda game, n: game.fake(3)}, "must give n samples"),
    "complex": ({"sample": lambda game, n: torch.zeros(n, 2) * 1j}, "must give n samples"),
    "raises": ({"sample": lambda game, n: 1 / 0}, "division by zero"),
}


@pytest.mark.parametrize("case", NETS)
def test_an_odd_program_is_watched_as_far_as_it_goes(case):
    changes, sentence = NETS[case]
    assert sentence in unharmed(**changes)


def draws_from_everywhere(game, n):
    """Sampling that uses every random state at hand, the loop's own too, and changes modes."""
    game.G.eval()
    game.rng.set_state(torch.Generator().manual_seed(5).get_state())
    torch.manual_seed(3)
    x = game.fake(n) + torch.randn(n, 2, generator=game.rng) + random.random()
    x = x + np.random.rand()  # noqa: NPY002 - as people do
    game.history.append((1.0, 2.0))
    return x


def test_sampling_leaves_no_trace():
    unharmed(sample=draws_from_everywhere)


def test_what_a_function_closes_over_is_put_back():
    rng, counter, noise = np.random.default_rng(0), [0], torch.zeros(2)
    ema, calls_made = nn.Sequential(nn.BatchNorm1d(2)), 0

    def sample():
        nonlocal calls_made
        calls_made += 1
        counter[0] += 1
        noise.normal_()
        return ema(torch.from_numpy(rng.normal(size=(4, 2))).float())

    before = copy.deepcopy(rng.bit_generator.state)
    with aside.undisturbed(sample):
        sample()
        assert (calls_made, counter) == (1, [1])
    assert (calls_made, counter, noise.tolist()) == (0, [0], [0, 0])
    assert rng.bit_generator.state == before
    assert ema[0].num_batches_tracked == 0
    assert ema[0].running_mean.tolist() == [0, 0]


def parts():
    game = Game()
    return game, Recorder(game.G, game.D, *game.opts, lambda n: game.fake(n))


def test_a_net_that_is_watched_can_be_copied_and_saved():
    game, recorder = parts()
    game.turn(recorder.real, 0)
    twin, file = copy.deepcopy(game.G), io.BytesIO()
    torch.save([game.G, game.D], file)
    file.seek(0)
    back = torch.load(file, weights_only=False)[0]
    before = recorder.witness.seen.copy(), len(recorder.witness.calls)
    recorder.clock.tick()
    recorder.step(0.0, 0.0)
    for net in (twin, back):  # neither is the net that is trained
        net(torch.randn(4, 3)).sum().backward()
    assert (recorder.witness.seen, len(recorder.witness.calls)) == before
    assert recorder.signals.skipped == {}


def test_methods_in_another_order_do_not_end_the_run():
    game, recorder = parts()
    recorder.step(0.5, torch.tensor([0.5]))  # no batch yet
    recorder.real(torch.randn(4, 2))
    recorder.real(torch.randn(4, 2))
    recorder.step(*game.turn(recorder.real, 1))
    recorder.step(None, torch.zeros(3))
    recorder.real("no batch")
    signals = recorder.finish()
    assert recorder.finish() is signals
    assert recorder.real("x") == "x"
    recorder.step(1.0, 1.0)
    assert (signals.turns, len(signals.d_loss), len(signals.largest)) == (3, 3, 3)
    told = ("some losses", "some real batches", "the turns after finish()")
    assert all(what in signals.skipped for what in told)


def test_a_look_that_fails_says_whose_program_it_did_not_suit():
    recorder = parts()[1]
    recorder._tried("G's limits", lambda: len(7))
    for what, error in (("z", InputError("Give more z.")), ("D", KeyError())):
        recorder._note_failure(what, error)
    assert recorder.signals.skipped == {
        "G's limits": "it cannot be tried on this program, TypeError: object of type 'int' has no "
        "len()",
        "z": "Give more z.",
        "D": "it cannot be tried on this program, KeyError: no reason given",
    }


@pytest.mark.parametrize("loss", [None, "low", torch.zeros(3), torch.zeros(()) * 1j])
def test_first_losses_that_are_none_are_refused(loss):
    with pytest.raises(InputError, match=r"recorder\.step takes both losses as numbers"):
        parts()[1].step(0.5, loss)


@pytest.mark.parametrize("case", ["meta", "lazy", "sample"])
def test_what_holds_no_numbers_is_refused(case):
    game = Game()
    net = {"meta": D().to("meta"), "lazy": nn.LazyLinear(1)}.get(case, game.D)
    sentence = "sample must be a function" if case == "sample" else "D has weights without numbers"
    with pytest.raises(InputError, match=sentence):
        Recorder(game.G, net, *game.opts, 7 if case == "sample" else lambda n: game.fake(n))


def test_a_loader_is_wrapped_once_for_many_epochs():
    _, recorder = parts()
    loader = torch.utils.data.DataLoader(torch.randn(12, 2), 4)
    batches = recorder.loader(loader)
    assert (len(batches), batches.batch_size) == (3, 4)
    assert [len(list(batches)) for _ in range(3)] == [3, 3, 3]
    assert len(next(batches)) == 4
    assert len(list(itertools.islice(recorder.loader(iter(loader)), 2))) == 2
    assert recorder.signals.handed_in == 12
