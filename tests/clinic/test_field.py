"""The recorder on loops as other people write them: facts are seen, sound habits left alone."""

import more_loops
import pytest
import torch
from loops import RING, Loop, Unwatched
from torch import nn

from gancourse.clinic import Recorder, diagnose
from gancourse.clinic.causes import CAUSES, FACTS
from gancourse.errors import InputError

FAULTY = {
    "D never stepped": "a player not stepped",
    "opt_G in D's step": "a player not stepped",
    "half of D unowned": "weights nobody owns",
    "detach in G's step": "no gradient arrives",
    "G's loss on real": "no gradient arrives",
    "wrong sign": "G steps the wrong way",
    "both targets 1": "fakes called real",
    "sigmoid": "probabilities as logits",
    "one batch": "one batch for ever",
    "NaN in a batch": "bad real batch",
    "SGD, rate 5": "steps too long",
    "ReLU at G's end": "range",
    "huge weight decay": "huge weight decay",
    "a stale net draws": "another net draws",
}
SOUND = (
    "clipped gradients", "scaled loss", "WGAN-GP, penalty first", "instance noise", "D counts down",
    "for display", "NumPy samples", "labels", "two heads", "old spectral norm", "frozen layer",
    "one optimiser", "gradients written by hand", "",
)  # fmt: skip


@pytest.mark.parametrize("change", FAULTY)
def test_the_first_statement_is_the_fault(change):
    found = diagnose(Loop(change).run().finish())
    assert found.first == FAULTY[change]
    assert found.suspicions[0].seen


@pytest.mark.parametrize("loop", more_loops.FAULTY)
def test_the_first_statement_is_the_fault_of_a_larger_change(loop):
    found = diagnose(loop().run().finish())
    assert found.first == more_loops.FAULTY[loop]
    assert found.suspicions[0].seen


@pytest.mark.parametrize("loop", more_loops.SOUND)
def test_a_sound_habit_is_accused_of_nothing_that_is_seen(loop):
    found = diagnose(loop().run().finish())
    assert [s.cause for s in found.suspicions if s.seen] == []
    assert found.skipped == ()


class OnSome(nn.Module):
    """A generator as good as real samples on the first k of eight modes, and nowhere else."""

    def __init__(self, k):
        super().__init__()
        self.register_buffer("centres", RING.centres[:k].float())
        self.stretch = nn.Parameter(torch.ones(2))

    def forward(self, z):
        at = len(self.centres) * torch.special.ndtr(z[:, 0])
        across = torch.special.ndtri(at.frac().clamp(1e-3, 1 - 1e-3))
        offset = RING.sd * torch.stack([across, z[:, 1]], 1)
        which = at.long().clamp(max=len(self.centres) - 1)
        return (self.centres[which] + offset) * (1 + 1e-3 * (self.stretch - 1))


@pytest.mark.parametrize("k", [3, 4, 5, 7, 8])
def test_a_part_of_the_distribution_is_never_healthy(k):
    class OfSome(Loop):
        def nets(self):
            return OnSome(k), super().nets()[1]

    found = diagnose(OfSome().run().finish())
    assert (found.verdict == "healthy") == (k == 8)
    assert f"they reach {k} of 8 regions" in str(found)
    assert [s.cause for s in found.suspicions if s.seen] == []


def test_weights_that_a_call_puts_in_place_are_not_looked_at_and_not_accused():
    found = diagnose(more_loops.Functional().run().finish())
    assert [s.cause for s in found.suspicions if s.seen] == []
    assert "G's weights (each call puts other ones in their place)" in str(found)


@pytest.mark.parametrize("loop", [*more_loops.FAULTY, *more_loops.SOUND, more_loops.Functional])
def test_a_larger_change_runs_the_same_bits_with_a_recorder(loop):
    watched, alone = loop(), loop()
    for one, watch in ((watched, Recorder), (alone, Unwatched)):
        torch.manual_seed(1)
        one.turns = 45
        one.run(watch)
    for net in ("G", "D"):
        ours, theirs = (getattr(one, net).state_dict() for one in (watched, alone))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_what_G_s_loss_left_in_a_D_without_gradient_of_its_own_may_be_cleared():
    signals = more_loops.HingeWithoutSlope().run().finish()
    assert len(signals.cleared["D"]) >= 10
    assert not any(signals.cleared["D"])


def test_softmax_over_one_unit_is_one_number_and_so_no_gradient():
    found = diagnose(Loop("softmax").run().finish()).suspicions
    said = {s.cause: s.follows for s in found if s.seen}
    assert next(iter(said)) == "D says one number"
    assert said["no gradient arrives"] == "D says one number"


@pytest.mark.parametrize("change", SOUND)
def test_a_sound_loop_is_accused_of_nothing_that_is_seen(change):
    found = diagnose(Loop(change).run().finish())
    assert [s.cause for s in found.suspicions if s.seen] == []


@pytest.mark.parametrize("change", [*SOUND, "wrong sign", "sigmoid", "a stale net draws"])
def test_the_run_is_the_same_bits_with_a_recorder(change):
    watched = Loop(change, 45)
    watched.run().finish()
    after = torch.get_rng_state()
    alone = Loop(change, 45)
    alone.run(Unwatched)
    assert torch.equal(after, torch.get_rng_state())
    for net in ("G", "D"):
        ours, theirs = (getattr(loop, net).state_dict() for loop in (watched, alone))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert torch.equal(watched.rng.get_state(), alone.rng.get_state())


def test_a_look_that_fails_costs_itself_and_is_named(monkeypatch):
    from gancourse.clinic import probes

    def broken(*_):
        raise RuntimeError("this probe is broken")

    for name in ("rows", "by_layer", "reached", "fit"):
        monkeypatch.setattr(probes, name, broken)
    found = diagnose(Loop("", 45).run().finish())
    assert "this probe is broken" in str(found)
    assert "Not looked at:" in str(found)


def test_without_real_batches_nothing_is_said_of_the_samples():
    loop = Loop("", 240)
    recorder = Recorder(loop.G, loop.D, loop.opt_G, loop.opt_D, loop.sample)
    for turn in range(loop.turns):
        x = loop.batch(turn)
        recorder.step(loop.d_step(x), loop.g_step(x))
    found = diagnose(recorder.finish())
    assert (found.verdict, found.suspicions) == ("sound", ())
    assert "none was handed in with recorder.real" in str(found)


def test_a_loader_is_wrapped_once_and_its_labels_stay():
    loop = Loop()
    recorder = Recorder(loop.G, loop.D, loop.opt_G, loop.opt_D, loop.sample)
    batches = [(RING.sample(8, loop.rng), torch.arange(8)) for _ in range(3)]
    assert [y for _, y in recorder.loader(batches)] == [y for _, y in batches]
    assert recorder.signals.handed_in == 3


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"G": lambda z: z}, "Recorder's G must be a torch Module"),
     ({"opt_D": None}, "Recorder's opt_D must be a torch Optimizer")],
)  # fmt: skip
def test_what_is_no_net_or_optimiser_is_refused(given, sentence):
    loop = Loop()
    parts = {"G": loop.G, "D": loop.D, "opt_G": loop.opt_G, "opt_D": loop.opt_D}
    with pytest.raises(InputError, match=sentence):
        Recorder(**parts | given, sample=loop.sample)


def test_a_batch_that_is_none_is_refused():
    loop = Loop()
    recorder = Recorder(loop.G, loop.D, loop.opt_G, loop.opt_D, loop.sample)
    with pytest.raises(InputError, match=r"recorder\.real takes a batch of real samples"):
        recorder.real("x")


def test_images_may_lie_in_another_shape_than_d_takes():
    """Samples [N, 1, 8, 8], D on [N, 64]."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    D = nn.Sequential(nn.Linear(64, 16), nn.LeakyReLU(), nn.Linear(16, 1))
    opts = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    recorder = Recorder(G, D, *opts, lambda n: G(torch.randn(n, 4)))
    for _ in range(45):
        x = recorder.real(torch.rand(16, 1, 8, 8) * 2 - 1)
        fake = G(torch.randn(16, 4))
        opts[1].zero_grad()
        d_loss = D(fake.detach().flatten(1)).mean() - D(x.flatten(1)).mean()
        d_loss.backward()
        opts[1].step()
        opts[0].zero_grad()
        g_loss = -D(fake.flatten(1)).mean()
        g_loss.backward()
        opts[0].step()
        recorder.step(d_loss.detach(), g_loss.detach())
    signals = recorder.finish()
    assert signals.unknown == 0
    assert signals.fits
    assert diagnose(signals).skipped == ()


def test_every_fact_has_a_lesson_and_a_remedy():
    assert not CAUSES.keys() & FACTS.keys()
    assert all(fact.lesson and fact.remedy for fact in FACTS.values())
