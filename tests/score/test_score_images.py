"""The report on images: known faults are seen, the numbers are repeatable, mistakes are named."""

import json
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from gancourse import machine, plots
from gancourse.data import IMAGE_SETS, load_images
from gancourse.errors import InputError
from gancourse.nets import make_generator
from gancourse.score import copies, fid, images, known, load_ruler, score_generator, score_images

REAL = "test half against half"


def some(images, n):
    """Return n random images of a set, or all where there are fewer: the first are no fair part."""
    index = torch.randperm(len(images), generator=machine.seed_generator(0))[:n]
    return replace(images, images=images.images[index], labels=images.labels[index])


@pytest.fixture(scope="module", params=["mnist", "fashion", "digits"])
def reference(request):
    """4,000 training and 1,500 test images of each set, all where there are fewer."""
    if request.param != "digits" and not IMAGE_SETS[request.param].here():
        pytest.skip(f"no {request.param} here")
    train, test = load_images(request.param), load_images(request.param, "test")
    return images.Reference(load_ruler(request.param), some(train, 4000), some(test, 1500))


@pytest.fixture(scope="module")
def cases(reference):
    return known.known_cases(reference, 1500)


def test_real_against_real_is_the_floor(cases):
    real = cases[REAL]
    faulty = [r.fid for name, r in cases.items() if name not in ("training images", REAL)]
    assert real.fid < 0.75 * min(faulty)
    assert abs(real.kid) < 0.02
    assert min(real.precision, real.recall, real.density, real.coverage) > 0.8
    assert real.copies <= 0.01
    assert not real.memorised


def test_the_table_of_known_cases_says_what_is_memorised(cases):
    names = ("training images", REAL)
    _, memorised, real = known.table({name: cases[name] for name in names}).splitlines()
    assert (memorised.split()[-1], real.split()[-1]) == ("yes", "no")


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.5), (0.5, 0.0)])
def test_floats_of_half_the_scale_are_refused(reference, scale, shift):
    x = reference.test_set.batch(200, machine.seed_generator(0))
    with pytest.raises(InputError, match="floats in"):
        images._pixels(scale * x + shift, reference)


def test_training_images_score_what_the_report_calls_real(cases, reference):
    mine = cases["training images"]
    assert mine.fid == pytest.approx(mine.real.fid, abs=3)
    assert mine.precision == pytest.approx(mine.real.precision, abs=0.05)
    assert min(mine.precision, mine.recall) > 0.65
    assert mine.fid < 13
    assert mine.fid < 8 or reference.train_set.name == "digits"  # its test images are other hands


def test_copies_are_flagged_and_test_images_are_not(cases, reference):
    for name in ("training images", "50 of them, repeated", "no class 0"):
        assert cases[name].copies == 1
        assert cases[name].memorised
    assert reference.false_alarms <= 0.005


def test_a_few_images_again_and_again_lack_recall_but_not_precision(cases):
    few, real = cases["50 of them, repeated"], cases["training images"]
    assert few.recall < 0.02
    assert few.coverage < 0.45
    assert few.precision > 0.65
    assert few.fid > 3 * real.fid


def test_a_dropped_class_shows_in_the_shares_the_fid_and_the_recall(cases):
    dropped, real = cases["no class 0"], cases["training images"]
    assert dropped.shares[0] < 0.03
    assert 0.05 < dropped.class_kl < 0.13  # log(10 / 9) = 0.105 where nothing is taken for a 0
    assert dropped.fid > 2.5 * real.fid
    assert dropped.recall < real.recall - 0.01
    assert dropped.precision == pytest.approx(real.precision, abs=0.06)


def test_blurred_images_are_far_from_real_ones(cases):
    blurred, real = cases["blurred"], cases["training images"]
    assert blurred.fid > 10 * real.fid
    assert blurred.kid > 0.3
    assert blurred.recall < 0.1
    assert blurred.copies < 0.05  # a blind spot: they are copies, and hardly any is seen as one


def test_one_image_is_a_collapse(cases):
    one = cases["one image, repeated"]
    assert one.class_kl == pytest.approx(math.log(10))
    assert one.recall < 0.01
    assert one.coverage < 0.05
    assert one.fid > 300


def test_noise_is_the_worst_in_everything_but_fashions_precision(cases, reference):
    noise = cases["noise"]
    assert noise.fid > 400
    assert noise.kid > 1
    assert noise.recall == 0
    assert noise.coverage < 0.02
    assert noise.precision == 0 or reference.train_set.name == "fashion"


def test_the_table_of_known_cases_has_a_line_for_each(cases):
    lines = known.table(cases).splitlines()
    assert len(lines) == 1 + len(known.CASES) + 1
    assert len({len(line) for line in lines}) == 1
    assert f"{cases['blurred'].fid:.2f}" in known.table(cases)


def test_each_known_case_is_as_many_images_and_has_the_fault_it_names(cases, reference):
    labels = reference.train_set.labels
    there = {"no class 0": int((labels != 0).sum())}
    wanted = {name: min(1500, there.get(name, len(labels))) for name in known.CASES}
    assert {name: cases[name].n for name in known.CASES} == wanted
    few = known.few(reference.train_set, 120, machine.seed_generator(0))
    assert len(few) == 120
    assert len(few.flatten(1).unique(dim=0)) == 50
    one = known.collapsed(reference.train_set, 3, machine.seed_generator(0))
    assert (one == one[0]).all()


def test_halves_of_the_test_images_share_none(cases, reference):
    half, n = cases[REAL], len(reference.test_set)
    assert (half.n, half.n_real) == (n - n // 2, n // 2)
    assert half.fid == known.half_against_half(reference).fid
    assert half.fid != known.half_against_half(reference, seed=1).fid


def test_the_blur_is_gaussian_of_one_pixel_and_the_noise_has_every_grey():
    x = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    x[..., 14] = 255  # a line
    rng = machine.seed_generator(0)
    row = known.blurred(replace(load_images("digits"), images=x), 1, rng)[0, 0, 14].double()
    at = torch.arange(28.0) - 14
    assert (row * at.square()).sum() / row.sum() == pytest.approx(1, abs=0.05)
    assert row.nonzero().flatten().tolist() == list(range(11, 18))
    grey = known.noise(load_images("digits"), 100, rng).flatten()
    assert grey.bincount(minlength=256).min() > 0.7 * len(grey) / 256


def test_the_floor_is_of_training_images_drawn_from_seed_0():
    train, test = load_images("digits"), load_images("digits", "test")
    reference = images.Reference(load_ruler("digits"), train, test)
    index = torch.randperm(len(train), generator=machine.seed_generator(0))[:150]
    assert images.floor(reference, 150) == reference.scores(train.images[index], 0)


def test_the_known_cases_command_prints_their_table(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(known, "known_cases", lambda *given: asked.append(given) or {})
    for options in ([], ["--n", "300", "--seed", "5"]):
        monkeypatch.setattr("sys.argv", ["", "digits", *options])
        known.main()
    assert [given[1:] for given in asked] == [(10_000, 0), (300, 5)]
    assert asked[0][0].ruler is load_ruler("digits")
    assert [len(asked[0][0].train_set), len(asked[0][0].test_set)] == [1437, 360]
    assert capsys.readouterr().out == 2 * (known.table({}) + "\n")


def test_the_known_cases_command_says_what_it_is_for(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["", "--help"])
    with pytest.raises(SystemExit):
        known.main()
    assert "Known cases: what the scores say" in capsys.readouterr().out


# copies


def test_slightly_noisy_copies_are_copies_too(reference):
    rng = machine.seed_generator(0)
    x = reference.train_set.images[:500].float() / 255
    noisy = (x + 0.05 * torch.randn(x.shape, generator=rng)).clamp(0, 1).mul(255).round()
    assert copies.copied(noisy.to(torch.uint8), reference.train_set) > 0.9


def test_only_the_first_thousand_are_looked_at():
    train = load_images("digits")
    x = torch.zeros(1100, 1, 28, 28, dtype=torch.uint8)
    x[1000:] = train.images[:100]
    assert copies.copied(x, train) == 0
    x[:10] = train.images[:10]
    assert copies.copied(x, train) == 0.01


def test_the_nearest_training_image_of_a_training_image_is_itself():
    train = load_images("digits")
    distance, index = copies.nearest(train.images[5:8], train, k=2)
    assert index[:, 0].tolist() == [5, 6, 7]
    assert distance[:, 0].abs().max() < 1e-3
    x, second = train.images[5].float() / 255, train.images[index[0, 1]].float() / 255
    assert distance[0, 1].item() == pytest.approx((x - second).norm().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("share", "alarms", "verdict"),
    [
        (0.0, 0.0, False),
        (0.01, 0.0, False),
        (0.011, 0.0, True),
        (0.02, 0.005, False),
        (0.026, 0.005, True),
        (0.024, 0.005, False),
    ],
)
def test_the_verdict_allows_for_false_alarms(share, alarms, verdict):
    report = score_images(load_images("digits").scaled(slice(200)), "digits")
    report = replace(report, copies=share, false_alarms=alarms)
    assert report.memorised is verdict
    assert ("training set is copied" in str(report)) is verdict


# the report


@pytest.fixture(scope="module")
def G():
    torch.manual_seed(0)
    return make_generator("dcgan", width=8)


def test_the_same_seed_gives_the_same_numbers_and_the_global_state_does_not_matter(G):
    a = score_generator(G, "digits", 300, seed=3)
    torch.manual_seed(99)
    assert score_generator(G, "digits", 300, seed=3).to_json() == a.to_json()
    assert score_generator(G, "digits", 300, seed=4).fid != a.fid


def test_more_samples_only_add_and_the_mode_of_g_is_kept(G):
    G.train()
    first, more = images.draw(G, 100, seed=1), images.draw(G, 700, seed=1)
    assert torch.equal(first, more[:100])
    assert G.training
    assert len(images.draw(G.eval(), 10, seed=1)) == 10
    assert not G.training


def test_samples_are_drawn_500_at_a_time_from_the_seeds_own_z():
    G = make_generator("mlp", z_dim=5, widths=(8,))  # randn goes on alike after multiples of 16
    rng = torch.Generator().manual_seed(2)
    z = torch.cat([torch.randn(500, 5, generator=rng) for _ in range(2)])[:510]
    with torch.no_grad():
        wanted = G.eval()(z).add(1).mul(127.5)
    drawn = images.draw(G, 510, seed=2)
    assert drawn.dtype == torch.uint8
    assert (drawn - wanted).abs().max() < 0.51


def test_a_generator_is_judged_by_10000_samples_of_seed_0(G, monkeypatch):
    monkeypatch.setattr(images, "draw", lambda G, n, seed, shape: (n, seed))
    monkeypatch.setattr(images, "score_images", lambda *given: given)
    assert score_generator(G) == ((10_000, 0), "mnist", 0)


def test_the_table_and_the_json_say_the_same():
    report = score_images(load_images("digits").images[:500], "digits")
    facts = json.loads(report.to_json())
    assert facts["fid"] == report.fid
    assert facts["real"]["fid"] == report.real.fid
    assert facts["memorised"] is report.memorised is True
    assert [facts[name] for name in ("data", "n", "n_real", "seed")] == ["digits", 500, 360, 0]
    assert f"classes in %: 0 {100 * report.shares[0]:.1f}, 1 " in str(report)
    assert sum(facts["shares"]) == pytest.approx(1)
    for said in ("500 images against 360 test images of digits", f"{report.fid:.2f}", "classes in"):
        assert said in str(report)


def test_floats_are_scored_as_the_bytes_they_stand_for():
    digits = load_images("digits")
    floats = (digits.scaled(slice(300)) + 0.003).clamp(-1, 1)
    assert score_images(floats, "digits") == score_images(digits.images[:300], "digits")


def test_fid_alone_is_the_reports():
    x = (load_images("digits").scaled(slice(300)) + 0.003).clamp(-1, 1)
    assert fid(x, "digits") == score_images(x, "digits").fid


def test_the_floor_is_of_as_many_images(G):
    few, many = (score_generator(G, "digits", n).real.fid for n in (120, 1200))
    assert few > 1.3 * many


BAD = {
    "few": (torch.zeros(99, 1, 28, 28), r"at least 100, and the shape \[99, 1, 28, 28\]"),
    "flat": (torch.zeros(200, 784), r"\[200, 784\]"),
    "a number": (torch.tensor(1.0), r"\[\] was given"),
    "colours": (torch.zeros(200, 3, 28, 28), r"\[200, 3, 28, 28\]"),
    "too bright": (2 * torch.ones(200, 1, 28, 28), "end G with a tanh"),
    "NaN": (torch.full((200, 1, 28, 28), math.nan), "the generator diverged"),
    "infinity": (torch.full((200, 1, 28, 28), math.inf), "the generator diverged"),
    "whole numbers": (torch.zeros(200, 1, 28, 28, dtype=torch.int64), "int64 was given"),
    "a list": ([1.0] * 200, "list was given"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_scored_is_named(case):
    x, message = BAD[case]
    for function in (score_images, fid):
        with pytest.raises(InputError, match=message):
            function(x, "digits")


def test_bad_requests_are_named(G):
    with pytest.raises(InputError, match="n must be a whole number of at least 100"):
        score_generator(G, "digits", 99)
    with pytest.raises(InputError, match="did you mean 'mnist'"):
        score_images(torch.zeros(200, 1, 28, 28), "mnits")
    with pytest.raises(InputError, match="A seed is"):
        score_images(torch.zeros(200, 1, 28, 28), "digits", seed=-1)


def test_a_generator_of_nan_is_named_and_left_in_its_mode():
    G = make_generator("dcgan", width=8)
    nn.init.constant_(G.dense.weight, math.nan)
    with pytest.raises(InputError, match="the generator diverged"):
        score_generator(G.train(), "digits", 200)
    assert G.training


# the picture


@pytest.mark.parametrize("n", [1, 16, 20, 32])
def test_the_card_shows_any_number_of_samples(n):
    x = load_images("digits").images[:n]
    picture = plots.score_card(x, x, {"0": 0.25, "1": 0.75}, "a title")
    assert (picture.width, picture.height) == (800, 464)
    assert f"{n} samples above their nearest" in picture.alt
    assert "1 75 %" in picture.alt


def test_images_in_0_to_1_are_noticed_by_what_is_nearly_white_too():
    x = torch.linspace(0, 0.996, 28 * 28).view(1, 1, 28, 28).expand(images.LEAST, -1, -1, -1)
    with pytest.raises(InputError, match=r"floats in \[0, 1\]"):
        score_images(x, "digits")


def test_as_many_images_as_scores_need_are_looked_at_when_drawn():
    class Halved(nn.Module):
        z_dim = 2

        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, z):
            return self.scale * torch.linspace(0, 1, 784).view(1, 1, 28, 28).repeat(len(z), 1, 1, 1)

    assert len(images.draw(Halved(), images.LEAST - 1)) == images.LEAST - 1
    with pytest.raises(InputError, match=r"floats in \[0, 1\]"):
        images.draw(Halved(), images.LEAST)
