"""The recorder's parts, on cases with a known answer."""

import math

import pytest
import torch
from torch import nn

from gancourse.clinic import calls, conditions, probes
from gancourse.clinic.clock import Clock
from gancourse.clinic.signals import Noise, Signals, load_signals
from gancourse.clinic.tally import Tally, of_answers
from gancourse.clinic.watchers import noise_of, order_of
from gancourse.data import load_images, load_points
from gancourse.errors import InputError


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_auc_counts_pairs_and_ties():
    real, fake = torch.tensor([1.0, 2.0]), torch.tensor([0.0, 2.0])
    assert probes.auc(real, fake) == (1 + 0 + 1 + 0.5) / 4
    assert math.isnan(probes.auc(real, fake + math.inf))


def test_rows_tell_equal_rows_from_others():
    x = torch.randn(50, 3, generator=rng())
    keys = probes.rows(x)
    assert torch.equal(keys, probes.rows(x.clone()))
    assert len(keys.unique()) == 50


def test_reach_finds_the_limits_of_tanh_and_none_of_a_line():
    z = torch.randn(64, 2, generator=rng())
    low, high = probes.reach(nn.Tanh(), z)
    assert (low, high) == (pytest.approx(-1), pytest.approx(1))
    assert probes.reach(nn.Identity(), z) is None


def test_noise_lies_among_no_pictures():
    """In the components of the real ones it has nothing, and so lies in their middle."""
    real = load_images("digits").scaled(slice(400)).flatten(1)
    noise = 2 * torch.rand(200, 784, generator=torch.Generator().manual_seed(0)) - 1
    assert probes.fit(noise, real[200:])["precision"] < 0.05
    assert probes.fit(real[:200], real[200:])["precision"] > 0.6


def test_a_sample_of_the_same_law_fits_and_a_copied_point_does_not():
    real, fake = torch.randn(2, 256, 2, generator=rng())
    fit, poor = probes.fit(fake, real), probes.fit(fake[:1].expand(256, 2), real)
    assert fit["precision"] > 0.8
    assert fit["spread"] == pytest.approx(1, abs=0.15)
    assert poor["coverage"] < 0.1
    assert poor["spread"] == 0


def test_given_time_a_net_tells_two_heaps_apart_and_a_line_does_not_tell_rings():
    torch.manual_seed(0)
    angle = torch.rand(256, generator=rng()) * 2 * math.pi
    ring = torch.stack([angle.cos(), angle.sin()], 1)
    line = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    assert probes.given_time(probes.judge_for(ring), 2 * ring, ring) > 0.95
    assert probes.given_time(line, 2 * ring, ring) < 0.7


def test_lookalikes_have_the_mean_and_covariance_and_not_the_shape():
    torch.manual_seed(1)  # not the seed of the angles: the same stream would tie both together
    angle = torch.rand(4000, generator=rng()) * 2 * math.pi
    ring = torch.stack([3 + angle.cos(), angle.sin()], 1)
    cloud = probes.lookalikes(ring)
    assert torch.allclose(cloud.mean(0), ring.mean(0), atol=0.05)
    assert torch.allclose(cloud.T.cov(), ring.T.cov(), atol=0.05)
    assert (cloud - cloud.mean(0)).norm(dim=1).std() > 0.3


def test_signal_by_layer_falls_with_small_weights():
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    for layer, size in zip(net, (1.0, 0.1), strict=True):
        layer.weight.data = size * torch.eye(4)
    first, last = probes.by_layer(net, net, torch.randn(500, 4, generator=rng()))
    assert last == pytest.approx(0.1 * first)


@pytest.mark.parametrize("modes", [3, 5, 7, 8])
def test_regions_are_counted_and_those_that_are_reached(modes):
    ring, rng_ = load_points("ring"), rng(1)
    real, fake = ring.sample(1500, rng_), ring.sample(2000, rng_)
    turn = torch.atan2(fake[:, 1], fake[:, 0]) + math.pi / 8
    kept = fake[(turn.remainder(2 * math.pi) / (math.pi / 4)).long() < modes][:256]
    assert probes.reached(kept, real) == (modes, 8)
    assert probes.reached(kept + 3, real) == (0, 8)


def test_regions_of_one_heap_are_ten_clusters():
    real, fake = torch.randn(2, 1000, 3, generator=rng())
    assert probes.reached(fake, real) == (10, 10)


def test_a_relu_piles_numbers_up_at_its_end():
    real = torch.randn(500, 2, generator=rng())
    assert probes.pile(real.relu(), real) == (0.0, pytest.approx(0.45, abs=0.05))
    assert probes.pile(real.tanh(), real) is None
    assert probes.pile(real.relu(), real.abs()) is None


def test_noise_of_copies_has_no_spread_within_a_batch():
    batches = [torch.full((8, 2), float(i)) for i in range(-3, 4)]
    assert noise_of(batches).within == 0
    assert noise_of(list(torch.randn(20, 64, 2, generator=rng()))).within == pytest.approx(
        1, abs=0.1
    )
    assert math.isnan(noise_of([]).sd)


@pytest.mark.parametrize(("order", "low", "high"), [("random", 0.5, 2), ("sorted", 20, math.inf)])
def test_order_of_batches(order, low, high):
    x = torch.randn(1280, 2, generator=rng())
    x = x if order == "random" else x[x[:, 0].argsort()]
    batches = x.split(64)
    assert low < order_of([(b.double().mean(0), 64) for b in batches], list(batches)) < high


def corners(n: int) -> torch.Tensor:
    return torch.randint(2, (n, 2), generator=rng()).float() * 4 - 2


@pytest.mark.parametrize("kind", ["means", "spreads", "corners"])
def test_labels_that_belong_to_samples_are_tied_to_them(kind):
    x, y = torch.randn(600, 2, generator=rng()), torch.arange(600) % 2
    if kind == "means":
        x[:, 0] += 2 * y
    elif kind == "spreads":
        x *= 1 + y[:, None]
    else:  # as an exclusive or: neither mean nor spread tells the two kinds
        c = corners(600)
        x, y = c + 0.3 * x, (c.prod(1) > 0).long()
    assert conditions.tied(x, y) > 30
    assert conditions.tied(x, y[torch.randperm(600, generator=rng(1))]) < 10


def test_too_few_samples_of_a_label_say_nothing():
    assert math.isnan(conditions.tied(torch.randn(30, 2), torch.arange(30)))


def test_labels_are_found_beside_a_sample_and_appended_to_it():
    x, y = torch.randn(9, 2), torch.arange(9) % 3
    hot = torch.nn.functional.one_hot(y, 3).float()

    def call(*args: torch.Tensor, **named: torch.Tensor) -> calls.Call:
        return calls.note(args, named, lambda x: torch.zeros(len(x)))

    for given in (call(x, y), call(x, labels=y), call(x, hot), call(torch.cat([x, hot], 1))):
        assert conditions.labels_among(given, 2).equal(y)
    assert conditions.labels_among(call(x), 2) is None
    assert conditions.labels_among(call(x, torch.randn(9, 3)), 2) is None


def test_of_two_numbers_beside_a_sample_neither_is_taken_for_its_label():
    x, y, t = torch.randn(9, 2), torch.arange(9) % 3, torch.arange(9) % 5
    two = calls.note((x, t, y), {}, lambda x: torch.zeros(len(x)))
    twice = calls.note((x, y, torch.nn.functional.one_hot(y, 3).float()), {}, lambda x: x[:, 0])
    assert conditions.labels_among(two, 2) is None
    assert conditions.labels_among(twice, 2).equal(y)


def test_signals_come_back_from_a_file(tmp_path):
    signals = Signals(turns=2, d_loss=[1.0, math.inf], training=Noise(0.0, 1.0, 1.0), order=1.5)
    signals.limits = (-1.0, 1.0)
    back = load_signals(signals.save(tmp_path / "run.json"))
    assert (back.d_loss, back.training, back.limits) == (
        [1.0, math.inf],
        Noise(0.0, 1.0, 1.0),
        (-1, 1),
    )
    assert math.isnan(back.sight)


def test_files_of_older_releases_come_back_too(tmp_path):
    path = Signals(label_gap=7.0).save(tmp_path / "run.json")
    path.write_text(path.read_text().replace('"label_gap"', '"told"'))
    assert load_signals(path).label_gap == 7.0


@pytest.mark.parametrize("text", ["{", "{}", '{"training": 1, "sampling": 2}'])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InputError, match="does not hold a recorder's signals"):
        load_signals(path)


def test_curves_hold_what_was_measured_until_the_next():
    signals = Signals(turns=5, d_loss=[1.0] * 5, g_loss=[2.0] * 5, at=[1, 3])
    signals.real, signals.fake = [0.6, 0.7], [0.1, 0.2]
    assert signals.curves()["D(x)"] == [0.6, 0.6, 0.7, 0.7]


def test_the_end_of_a_run_is_the_mean_of_two_looks():
    looks = [{"spread": value} for value in (9.0, 1.0, 2.0)]
    assert Signals(fits=looks).fit() == {"spread": 1.5}
    assert Signals().fit() == {}


def test_a_player_that_steps_in_every_fifth_turn_is_waited_for():
    clock, measured = Clock(), []
    for turn in range(1000):
        measured += [turn] * clock.measured
        clock.stepped("D")
        if turn % 5 == 0:
            clock.stepped("G")
        clock.tick()
    assert len(measured) >= 15
    assert all(turn % 5 == 0 for turn in measured[2:])


def test_the_largest_answer_of_each_turn_is_found_for_many_turns_at_once():
    first = [torch.tensor([1.0, -3.0]), torch.tensor([[2.0]])]
    last = [torch.empty(0), torch.tensor([-math.inf])]
    given = [first, [], [torch.tensor([math.nan, 0.5])], [torch.tensor([math.nan])], last]
    assert of_answers(given) == ((2, 0), [3.0, 0.0, 0.5, 0.0, math.inf])
    assert of_answers([first, [first[0], torch.tensor([math.nan])]])[0] == (1, 1)
    assert of_answers([[], [torch.empty(0)]]) == (None, [0.0, 0.0])


def test_what_lies_on_a_device_is_brought_over_at_once(monkeypatch):
    def settle(n):
        tally, asked = Tally(Signals()), []
        for turn in range(n):
            tally.real(torch.ones(3), turn)
            tally.answers += [torch.ones(3), torch.ones(3)]
            tally.close(0.0, 0.0)
        with monkeypatch.context() as patch:
            for name in ("cpu", "tolist", "item", "__bool__", "__float__"):
                plain = getattr(torch.Tensor, name)
                patch.setattr(torch.Tensor, name, lambda x, f=plain: asked.append(1) or f(x))
            tally.settle()
        return len(asked)

    assert settle(50) == settle(2) > 0


def test_the_first_nan_and_the_first_bad_batch_are_found_among_many_turns():
    tally, bad = Tally(Signals()), torch.tensor([1.0, math.nan])
    for turn in range(6):
        tally.real(bad if turn > 3 else torch.ones(2), turn)
        tally.answers += [torch.tensor([math.inf]), bad if turn > 1 else torch.zeros(2)]
        tally.close(0.0, 0.0)
    tally.settle()
    assert (tally.signals.nan_from, tally.signals.bad_batch) == ((2, 1), 4)


def test_an_answer_given_inside_of_torch_func_can_be_read_when_that_is_over():
    tally = Tally(Signals())

    def loss(x):
        out = 3 * x
        tally.answer((x,), {}, out)
        return out.sum()

    torch.func.vmap(torch.func.grad(lambda x: loss(x[None])))(torch.tensor([2.0, 1.0]))
    tally.close(0.0, 0.0)
    tally.settle()
    assert tally.signals.largest == [6.0]
