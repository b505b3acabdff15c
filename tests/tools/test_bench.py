"""The benchmark compares what it says it compares, and its report says what was measured."""

import io
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from bench import command, contenders, quality, report, results, textbook, turns

from gancourse import nets, plots, train
from gancourse.data import IMAGE_SETS

ROOT = Path(__file__).resolve().parents[2]
MACHINE = turns.Place(2, "cpu").about()
needs_mnist = pytest.mark.skipif(IMAGE_SETS["mnist"].here() is None, reason="MNIST is not here")


def noise(batch, size=28):
    while True:
        yield torch.rand(batch, 1, size, size) * 2 - 1


@pytest.mark.parametrize(
    ("make", "size", "millions"),
    [("tensorflow_tutorial", 28, (2.31, 0.21)), ("pytorch_example", 64, (3.57, 2.76))],
)
def test_the_nets_have_the_published_sizes_and_take_a_step(make, size, millions):
    run = getattr(textbook, make)(2, lambda batch: noise(batch, size))
    sizes = [sum(p.numel() for p in net.parameters()) / 1e6 for net in (run.G, run.D)]
    assert sizes == pytest.approx(millions, abs=0.006)
    before = [p.clone() for p in run.G.parameters()]
    run.step()
    assert any((p != q).any() for p, q in zip(run.G.parameters(), before, strict=True))


def test_textbook_and_ours_have_the_same_network():
    theirs, ours = textbook.same_network(loader=noise), train.State(contenders.CLASSIC)
    for net, other in ((theirs.G, ours.G), (theirs.D.D, ours.D)):
        assert [p.shape for p in net.parameters()] == [p.shape for p in other.parameters()]


@needs_mnist
def test_pil_pictures_are_scaled_as_those_in_memory():
    x = next(textbook.pil_loader(64))
    assert x.shape == (64, 1, 28, 28)
    assert (x.min(), x.max()) == (-1, 1)


def test_every_ablation_row_is_a_recipe_that_differs_from_the_default():
    default = quality.changed({})
    assert default == train.get_preset("dcgan")
    for name, change in quality.ROWS.items():
        assert (quality.changed(change) == default) == (name == "the default")


@pytest.mark.parametrize("size", [28, 32, 64])
def test_each_scaled_net_makes_images_of_its_size(size):
    recipe = contenders.COSTS["size"][size]
    G, D = (
        nets.make_generator(recipe.net, **recipe.G),
        nets.make_discriminator(recipe.net, **recipe.D),
    )
    x = G(torch.randn(2, G.z_dim))
    assert x.shape == (2, 1, size, size)
    assert D(x).shape == (2,)


def test_ratios_are_taken_round_by_round():
    rates = {"a": [2.0, 30.0], "b": [1.0, 10.0]}
    assert turns.ratios(rates, "a", "b") == [2.0, 3.0]
    assert turns.spread([1.0, 2.0, 3.0]) == (1.5, 2.0, 2.5)


def test_a_contender_is_timed_for_what_it_is_asked():
    calls = []
    rate = turns.work(lambda: calls.append(1), units=10, seconds=0.05)
    assert rate == pytest.approx(10 * len(calls) / 0.05, rel=0.5)


def test_an_interrupted_quality_run_goes_on_and_is_reported(tmp_path, monkeypatch):
    calls = []

    def run(spec, place):
        calls.append((spec["name"], spec["seed"]))
        rows = [[10.0, 9.0], [20.0, 5.0]]
        return {"name": spec["name"], "seed": spec["seed"], "rows": rows, "rate": 1.0, "spec": spec}

    monkeypatch.setattr(quality, "run_apart", run)
    asked = ["quality", "--seconds", "20", "--seeds", "0", "1", "--only", "ours", "textbook"]
    for _ in range(2):
        command.main([*asked, "--out", str(tmp_path)])
    assert calls == [("ours", 0), ("textbook", 0), ("ours", 1), ("textbook", 1)]
    assert "by 20 s, 100% of its time" in (tmp_path / "README.md").read_text()


def test_presets_of_the_budgets_are_measured_and_held_against_each_other(tmp_path, monkeypatch):
    fids = {"dcgan": [30.0, 10.0], "dcgan-quick": [11.0, 5.0]}
    fids |= {name: [70.0, 20.0] for name in quality.REMEDIES}
    fids |= {"dcgan in fp32": [50.0, 20.0], "dcgan-quick in fp32": [25.0, 10.0]}

    def run(spec, place):
        name = spec["change"]["preset"]
        precision = "fp32" if "fp32" in name else None
        recipe = train.get_preset(name.split()[0], precision=precision)
        assert train.Recipe(**spec["recipe"]) == recipe
        rows = [[t, f] for t, f in zip((120.0, 300.0), fids[name], strict=True)]
        return {"name": spec["name"], "seed": spec["seed"], "rows": rows, "rate": 1.0, "spec": spec}

    monkeypatch.setattr(quality, "run_apart", run)
    command.main(["budgets", "--seeds", "0", "1", "--out", str(tmp_path)])
    command.main(["budgets", "--seeds", "2", "--only", "dcgan", "--out", str(tmp_path)])
    said = (tmp_path / "README.md").read_text()
    assert "| 120 s | 2 | dcgan-quick: 11.0 | dcgan: 30.0 | 37% | at most 40%: met |" in said
    assert "| 300 s | 2 | dcgan-quick in fp32: 10.0 | dcgan in fp32: 20.0 | 50% |" in said
    assert "| dcgan | 3 | 30.0 | 10.0 |\n| wgan-gp | 2 | 70.0 | 20.0 |" in said
    fids["dcgan-quick"] = [13.0, 5.0]
    command.main(["budgets", "--fresh", "--seeds", "0", "1", "--out", str(tmp_path)])
    said = (tmp_path / "README.md").read_text()
    assert "| 43% | at most 40%: not met |" in said
    assert "| 50% | at most 50%: met |" in said


def test_a_field_that_recipes_gained_later_makes_no_run_stale():
    place = turns.Place(1)
    options = command.parse(["quality"])
    now = quality.specify(options, place, "ours", 0)
    then = json.loads(json.dumps(now))
    del then["recipe"]["anneal"]
    assert results.as_now(then) == now
    then["recipe"]["batch"] = 7
    assert results.as_now(then) != now
    assert results.as_now({}) == {}


def test_the_report_says_which_targets_are_met(tmp_path):
    rates = {name: [10.0, 10.0] for pair in report.PAIRS.values() for name in pair[:2]}
    rates |= {"ours": [40.0, 40.0], "ceiling, bf16, 2048": [1e12] * 2}
    rates |= {"ceiling, fp32, 2048": [1e11] * 2}
    result = {"machine": MACHINE, "rates": rates, "flops": 5e9, "profile": {}, "MB": {}}
    (tmp_path / "speed.json").write_text(json.dumps(result | {"seconds": 1}))
    said = report.write(tmp_path)
    rows = (tmp_path / "README.md").read_text().splitlines()
    row = next(line for line in rows if line.startswith("| DCGAN against the textbook"))
    assert row.endswith("| met |")
    assert next(x for x in rows if x.startswith("| loading against")).endswith("| not met |")
    assert next(x for x in rows if x.startswith("| share of the")).endswith("| not met |")
    assert said


def test_memory_is_that_of_the_worker_not_of_who_started_it():
    held = torch.ones(2**26)  # more than is asked for below
    code = (
        "import torch; from bench import turns; before = turns.peak(); x = torch.ones(2**25);"
        "print(turns.peak() - before)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "tools", capture_output=True, check=True
    )
    assert len(held) == 2**26
    assert 100 < float(told.stdout) < 200


def test_a_worker_answers_each_request_with_one_line():
    lines = []
    asked = io.StringIO('{"seconds": 0.01}\n{"profile": 1}\n')
    turns.serve(lambda: (lambda: torch.ones(2) + 1, 7), asked, lines.append)
    ready, worked, profiled = map(json.loads, lines)
    assert ready == {"ready": True}
    assert worked["rate"] > 7
    assert profiled["profile"]


def test_the_words_of_a_race_name_the_median_of_the_ends():
    runs = {"one": [[[1, 9.0], [2, end]] for end in (3.0, 4.0, 8.0)]}
    assert plots.races(runs, "s", "FID").alt == "FID over s: one ends at 4."


def test_each_run_of_a_race_is_drawn_however_many_there_are(monkeypatch):
    drawn, curves = [], import_module("gancourse.plots.curves")  # plots.curves is a function
    monkeypatch.setattr(curves, "as_picture", lambda figure, alt: drawn.append(figure))
    plots.races({f"run {n}": [[[1, 9.0 + n], [2, 3.0 + n]]] for n in range(12)}, "s", "FID")
    (axis,) = drawn[0].axes
    assert len(axis.get_legend().get_texts()) == len(axis.lines) == 12
    assert len({(line.get_color(), line.get_linestyle()) for line in axis.lines}) == 12
