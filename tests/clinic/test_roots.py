"""What lies behind symptoms: each fact beside a sound habit, and a symptom that stays one."""

from dataclasses import replace

import alike_loops
import beside_loops
import common_loops
import data_loops
import order_loops
import pytest
import roots_loops
import targets_loops
import torch
from loops import RING, Unwatched
from test_diagnose import signals
from torch import nn
from upkeep_loops import Short

from gancourse.clinic import (
    Recorder,
    closer,
    comparison,
    conversions,
    diagnose,
    load_signals,
    optimisers,
    probes,
    roots,
)
from gancourse.clinic.explanations import in_order

TURN = torch.linalg.qr(torch.randn(48, 48, generator=torch.Generator().manual_seed(1)))[0]
SAMPLES = torch.randn(64, 3, 4, 4, generator=torch.Generator().manual_seed(0)).tanh()


LOOPS = (roots_loops, targets_loops, beside_loops, order_loops, alike_loops, common_loops,
         data_loops)  # fmt: skip
FAULTY = {loop: fault for module in LOOPS for loop, fault in module.FAULTY.items()}


@pytest.mark.parametrize("loop", FAULTY)
def test_the_first_statement_is_the_fault_and_was_seen(loop):
    found = diagnose(loop().run().finish())
    assert found.first == FAULTY[loop], str(found)
    assert found.suspicions[0].seen


@pytest.mark.parametrize("loop", [common_loops.FromBytes, common_loops.BackToBytes])
def test_samples_are_held_against_real_ones_in_the_same_units(loop):
    """Bytes beside what a G gives would be samples that have collapsed."""
    spread = [kind().run().finish().fit()["spread"] for kind in (loop, Short)]
    assert spread[0] == pytest.approx(spread[1], abs=0.25)


@pytest.mark.parametrize(
    ("root", "cause"),
    [("huge weight decay", "steps too long"),  # over the size of weights that are next to nothing
     ("a player frozen", "real left out")],
)  # fmt: skip
def test_the_root_stands_first_and_explains_what_looks_surer(root, cause):
    assert in_order({cause: 0.94, root: 0.9}) == [(root, ""), (cause, root)]


@pytest.mark.parametrize(("moved", "causes"), [(0.2, []), (0.01, ["another net draws"])])
def test_an_average_that_keeps_up_with_a_g_in_circles_is_no_other_net(moved, causes):
    lag = {"apart": [0.0, *[0.2] * 9], "moved": [moved] * 9}
    lag |= {"buffers of copy": [], "buffers of G": []}
    found = diagnose(signals(drawn="other", far=0.01, regions=(4, 8), copy=lag))
    assert [s.cause for s in found.suspicions] == causes


@pytest.mark.parametrize(("regions", "first"), [((3, 8), "wrong weights"), ((8, 8), "sound")])
def test_weights_of_both_nets_that_both_step_are_accused_where_samples_suffer(regions, first):
    held = {"own": 8642, "other": 8320, "nobody": 0, "frozen": 0, "all": 8642}
    fits = [{"precision": 0.6, "coverage": 0.6, "spread": 0.9, "closeness": 1.0}] * 3
    found = diagnose(signals(owned={"G": held, "D": held}, regions=regions, fits=fits))
    assert found.first == first
    assert ("8320 weights in common" in str(found)) == (first == "wrong weights")


def test_fifteen_steps_of_g_that_all_go_the_wrong_way_are_enough():
    """A run that diverges is looked at in few turns."""
    up, down = [0.1] * 15, [-(2.0**k) for k in range(15)]
    wishes = {"D of real": up, "D of fakes": [-x for x in up], "G of fakes": up}
    pull = {"G on fakes": down, "D on real": up, "D on fakes": [-x for x in up]}
    found = diagnose(signals(wishes=wishes, pull=pull))
    assert found.first == "G steps the wrong way"
    assert "in 15 of 15 telling turns" in str(found)


@pytest.mark.parametrize(("bounded", "causes"), [("", ["D too weak"]), ("spectral norm", [])])
def test_a_d_that_spectral_norm_holds_back_is_not_called_too_weak(bounded, causes):
    poor = {"precision": 0.05, "coverage": 0.1, "spread": 0.8, "closeness": 1.0}
    found = diagnose(signals(fits=[poor] * 3, sight=0.55, fresh_sight=0.99, bounded=bounded))
    assert [s.cause for s in found.suspicions] == causes


def test_a_sample_that_is_not_ds_first_argument_is_found():
    signals = data_loops.ConditionFirst().run().finish()
    assert signals.unknown == 0
    assert not any("what D sees" in why for why in signals.skipped.values())


def test_samples_beside_real_ones_that_repeat_have_a_place_among_them():
    """Between rows that stand there twice a neighbourhood has no size."""
    real, others = (RING.sample(n, torch.Generator().manual_seed(n)) for n in (64, 256))
    repeated = real.repeat(4, 1)
    assert probes.fit(others, repeated)["precision"] < 0.05
    assert probes.fit(others, comparison.distinct(repeated))["precision"] > 0.9
    found, regions = probes.reached(others, repeated)
    assert found >= 0.9 * regions


def test_columns_of_unlike_scale_count_alike_beside_real_ones():
    """By the widest column alone, all samples at its middle would lie among the real ones."""
    fit = data_loops.Table().run().finish().fit()
    assert fit["precision"] < 0.2


def test_rows_that_are_mixed_up_inside_of_d_are_no_sum_over_the_numbers_of_a_sample():
    """A sum is what both look like where all pairs of samples exchange the same numbers."""
    mixed, apart = (
        str(diagnose(loop().run().finish())) for loop in (order_loops.TornInside, roots_loops.Apart)
    )
    assert "mixed up inside of D" in mixed
    assert "a sum over the numbers" not in mixed
    assert "a sum over the numbers" in apart


@pytest.mark.parametrize("loop", [loop for module in LOOPS for loop in module.SOUND])
def test_the_sound_program_beside_it_is_accused_of_nothing_that_is_seen(loop):
    found = diagnose(loop().run().finish())
    assert [s.cause for s in found.suspicions if s.seen] == [], str(found)


@pytest.mark.parametrize("loop", [loop for module in LOOPS for loop in module.BITS])
def test_each_runs_the_same_bits_with_a_recorder(loop):
    watched, alone = loop(), loop()
    for one, watch in ((watched, Recorder), (alone, Unwatched)):
        torch.manual_seed(1)
        one.turns = 45
        one.run(watch)
    for net in ("G", "D"):
        ours, theirs = (getattr(one, net).state_dict() for one in (watched, alone))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


SOUND_WAYS = {
    "scaled": lambda x: (x + 1) / 2,
    "bytes": lambda x: ((x + 1) * 127.5).round(),
    "channels last": lambda x: x.permute(0, 2, 3, 1),
    "transposed, in bytes": lambda x: ((x.permute(0, 3, 2, 1) + 1) * 127.5).round(),
    "flat": lambda x: x.flatten(1),
    "a few cut off": lambda x: (1.1 * x).clamp(-1, 1),
    "black and white": lambda x: (x > 0).float(),
    "darker": lambda x: ((x + 1) / 2) ** 2.2,
    "upside down": lambda x: -x.flip(2),
    "others": lambda x: x.roll(5, 0),
    "turned back": lambda x: x.flatten(1) @ TURN,
    "counts": lambda x: (9 * x).floor().clamp(min=0),
    "sizes": lambda x: x.abs(),
}
SPOILT_WAYS = {
    "reshape in place of permute": (lambda x: x.reshape(64, 4, 4, 3), "in the order that they had"),
    "across the batch": (lambda x: x.reshape(3, 4, 4, 64).movedim(-1, 0), "several of its samples"),
    "negative ones are gone": (lambda x: x.clamp(0, 1), "cut off"),
    "bytes that overflow": (lambda x: (x * 255).to(torch.uint8).float(), "overflow"),
}


@pytest.mark.parametrize("way", SOUND_WAYS)
def test_a_sound_conversion_is_left_alone(way):
    assert conversions.spoilt(SAMPLES, SOUND_WAYS[way](SAMPLES)) == ""


@pytest.mark.parametrize("way", SPOILT_WAYS)
def test_what_spoils_samples_after_G_is_named(way):
    spoil, told = SPOILT_WAYS[way]
    assert told in conversions.spoilt(SAMPLES, spoil(SAMPLES))


def test_numbers_may_be_cut_off_where_the_data_lie():
    shown, counts = SAMPLES.clamp(0, 1), SAMPLES.flatten(1).clamp(0, 1)
    assert "cut off" in conversions.spoilt(SAMPLES, shown, SAMPLES.flatten(1))
    assert conversions.spoilt(SAMPLES, shown, counts) == ""


@pytest.mark.parametrize("way", [torch.exp, torch.sigmoid, lambda x: -(x**3), lambda x: x > 0])
def test_what_follows_the_order_of_the_numbers_is_a_conversion(way):
    x = torch.randn(64, 6, generator=torch.Generator().manual_seed(0))
    assert closer.left_of(x, way(x).float()) == 0
    assert closer.left_of(x, x + 0.5 * torch.randn(64, 6)) > roots.CHANGED


def test_a_norm_of_the_whole_batch_is_no_penalty_of_each_sample():
    told = closer.Closer.__new__(closer.Closer)
    told.signals = signals()
    slope = 0.1 * torch.rand(64, 2, generator=torch.Generator().manual_seed(0))
    told._asked(slope, -2 * slope)
    assert "penalty" not in told.signals.closer
    told._asked(slope, -2 * slope * slope.norm(dim=1, keepdim=True))
    assert told.signals.closer["penalty"][0] < -roots.AGREE


def test_units_that_are_not_trained_or_that_another_layer_tells_apart_are_no_copies():
    blur = nn.Conv2d(8, 8, 3, groups=8, bias=False)
    one, other = nn.Linear(2, 8), nn.Linear(8, 8)
    for layer in (blur, one):
        nn.init.constant_(layer.weight, 0.1)
    assert closer.copies(blur, optimisers.noted(blur))[0] == 0
    for layers, apart, units in (([one], 1.0, 8), ([one, other], 1.0, 0), ([one, other], 0.0, 8)):
        net = nn.Sequential(*layers)
        start = optimisers.noted(net)
        with torch.no_grad():
            one.weight[0] += apart
        assert closer.copies(net, start)[0] == units
        nn.init.constant_(one.weight, 0.1)


def test_a_recorder_holds_what_is_drawn_against_what_G_made():
    class Spoilt(roots_loops.Short):
        @torch.no_grad()
        def sample(self, n):
            return self.fakes(n).clamp(min=0).numpy()

    found = diagnose(Spoilt().run().finish())
    assert found.first == "samples converted wrongly", str(found)


def test_a_symptom_without_a_cause_is_no_cause():
    poor = {"precision": 0.02, "coverage": 0.01, "spread": 0.8, "closeness": 0.1}
    strong = signals(fits=[poor] * 3, auc=[1.0] * 50, fake=[1e-4] * 50)
    found = diagnose(strong)
    assert (found.first, found.suspicions) == ("unknown", ())
    assert "A symptom, and why was not seen: D too strong: D ranks 100.0 %" in str(found)
    faded = replace(strong, wishes={"G of fakes": [0.9] * 5 + [0.01] * 45})
    for why in (replace(strong, steps={"G": 1000, "D": 5000}), faded):
        assert diagnose(why).first == "D too strong"


def test_a_D_past_its_soft_target_is_not_taken_for_one_with_labels_swapped():
    up, down = [0.1] * 50, [-0.1] * 50
    asks = {"D of real": down, "D of fakes": down, "G of fakes": up}  # real: 0.9, and it gives 1
    for ranks, first in ((1.0, "healthy"), (0.3, "fakes called real")):
        found = diagnose(signals(wishes=asks, auc=[ranks] * 50))
        assert found.first == first, str(found)
    swapped = diagnose(signals(wishes=asks | {"D of fakes": up}, auc=[0.1] * 50))
    assert swapped.first == "labels swapped", str(swapped)


def test_signals_are_kept_whole(tmp_path):
    told = signals(spoilt="cut", closer={"penalty": [1.0], "together": [0.5, 0.1]})
    assert repr(load_signals(told.save(tmp_path / "run.json"))) == repr(told)


class Conditioned(nn.Module):
    def __init__(self, width, numbers):
        super().__init__()
        self.names, self.body = nn.Embedding(10, 4), nn.Linear(width + 4, numbers)

    def forward(self, x, y):
        return self.body(torch.cat([x, self.names(y)], 1))


@pytest.mark.parametrize(("every", "told"), [(1, 1), (10**9, 0)])
def test_classes_that_take_turns_are_told_from_one_class_alone(every, told):
    G, D = Conditioned(2, 2), Conditioned(2, 1)
    opts = [torch.optim.SGD(net.parameters(), 0.01) for net in (G, D)]
    recorder = Recorder(G, D, *opts, lambda n: G(torch.randn(n, 2), torch.arange(n) % 10))
    for turn in range(45):
        y = torch.full((16,), turn // every % 10)
        x = recorder.real(torch.randn(16, 2))
        fake = G(torch.randn(16, 2), y)
        d_loss = (D(fake.detach(), y) - D(x, y)).mean()
        opts[1].zero_grad()
        d_loss.backward()
        opts[1].step()
        g_loss = -D(fake, y).mean()
        opts[0].zero_grad()
        g_loss.backward()
        opts[0].step()
        recorder.step(d_loss, g_loss)
    asked = recorder.finish().asked
    asked.pop("real", None)
    assert asked == {"training": 1, "sampling": 10} | ({"in turns": 1} if told else {})


def test_a_part_of_G_that_draws_is_no_other_net():
    class Inside(roots_loops.Short):
        @torch.no_grad()
        def sample(self, n):
            return self.G[1:](self.G[0](torch.randn(n, self.G[0].in_features))) + 1

    loop = Inside()
    loop.turns = 12
    assert loop.run().finish().drawn == "part"


def test_a_slope_that_has_norm_1_over_the_batch_by_chance_is_no_penalty_over_an_axis():
    penalty = {"graph": [1.0] * 12, "rows": [0.9] * 12, "size": [0.1] * 12, "axes": [0.05] * 12}
    asked = {"axis of the norm": [-1.0] * 12}  # what the loss asks: the norm of a whole slope
    assert roots.penalty_axis(signals(penalty=penalty))
    assert roots.penalty_axis(signals(penalty=penalty, closer=asked)) is None


def test_a_condition_from_the_data_is_not_taken_for_the_sample_behind_it():
    seen = alike_loops.BesideReal().run().finish().closer
    assert {*seen["real at"]} == {0.0}
    assert "fake at" not in seen
