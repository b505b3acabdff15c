"""Several draws: their range, and two generators told apart only beyond the chance of a draw."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.nets import make_generator
from gancourse.score import draws, fid, images, score_generator, score_images
from gancourse.score.draws import Draws, better, score_draws, table


@pytest.fixture(scope="module")
def G():
    torch.manual_seed(0)
    return make_generator("dcgan", width=8)


@pytest.fixture(scope="module")
def three(G):
    return score_draws("mine", G, "digits", 200, seed=4, draws=3)


def with_fids(drawn, *fids, name="other"):
    """Return a generator whose draws have these FIDs."""
    return Draws(name, tuple(replace(drawn.reports[0], fid=fid) for fid in fids))


def test_each_draw_is_the_report_of_its_own_seed(G, three):
    assert three.reports[1] == score_generator(G, "digits", 200, seed=5)
    assert [report.seed for report in three.reports] == [4, 5, 6]
    assert len(set(three.of("fid"))) == 3


def test_the_table_has_the_median_and_the_range_in_the_line_of_the_sample_size(three):
    known = with_fids(three, 3.0, 1.0, 2.5)
    line = next(line for line in table([known]).splitlines() if line.startswith("FID"))
    assert (
        line.split()
        == f"FID of 200 images 2.50 (1.00 to 3.00) {three.reports[0].real.fid:.2f} 0".split()
    )
    assert "the median of 3 draws and their range, seeds 4 to" in table([known])


def test_one_draw_has_no_range(three):
    said = table([with_fids(three, 2.0)])
    assert "200 images against 360 test images of digits, seed 4\n" in said
    assert " to " not in said


def test_generators_are_told_apart_beyond_the_chance_of_the_draws_alone(three):
    mine = with_fids(three, 2.0, 2.1, 2.2, name="mine")
    assert better(mine, with_fids(three, 3.0, 3.1, 3.2), "fid") == "mine"
    assert better(with_fids(three, 3.0, 3.1, 3.2), mine, "fid") == "mine"
    assert better(mine, with_fids(three, 2.0, 2.15, 2.3), "fid") == ""
    assert better(mine, mine, "fid") == ""
    assert better(with_fids(three, 2.0, 2.0), with_fids(three, 1.0, 1.0), "fid") == "other"


def test_a_share_is_better_where_it_is_nearer_to_one(three):
    low, high = (
        Draws(
            name, tuple(replace(r, density=base + 0.001 * i) for i, r in enumerate(three.reports))
        )
        for name, base in (("low", 0.9), ("high", 1.3))
    )
    assert better(low, high, "density") == "low"


def test_two_columns_name_the_better_one(three):
    said = table([with_fids(three, 2.0, 2.1, 2.2, name="mine"), with_fids(three, 5.0, 5.1, 5.2)])
    assert next(line for line in said.splitlines() if line.startswith("FID")).endswith("  mine")
    assert next(line for line in said.splitlines() if line.startswith("recall")).endswith("  -")


def test_json_has_every_draw(three):
    facts = json.loads(draws.to_json([three]))
    assert facts["fid"] == facts["draws"][0]["fid"]
    assert [draw["recall"] for draw in facts["draws"]] == three.of("recall")
    assert len(json.loads(draws.to_json([three, three]))["generators"]) == 2


HALF_SCALES = {
    "[0, 1]": (lambda x: (x + 1) / 2, "floats in [0, 1]: scale them with 2 * x - 1"),
    "[-0.5, 0.5]": (lambda x: x / 2, "floats in [-0.5, 0.5]: scale them with 2 * x"),
    "0 and 1": (lambda x: (x > 0).byte(), "bytes of 0 and 1: scale them with 255 * x"),
}


class Scaled(nn.Module):
    """A generator that draws real digits in a scale of its own."""

    z_dim = 2

    def __init__(self, scale):
        super().__init__()
        self.scale, self.weight = scale, nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return self.scale(load_images("digits").scaled(slice(len(z))))


@pytest.mark.parametrize("name", HALF_SCALES)
def test_a_scale_that_fits_and_is_wrong_is_refused(name):
    scale, message = HALF_SCALES[name]
    wrong = scale(load_images("digits").scaled(slice(200)))
    for function in (score_images, fid):
        with pytest.raises(InputError) as refused:
            function(wrong, "digits")
        assert message in str(refused.value)
    with pytest.raises(InputError, match="look as if they were"):
        score_generator(Scaled(scale), "digits", 200)


@pytest.mark.parametrize("grey", [-1.0, 0.0, 1.0])
def test_a_generator_that_has_collapsed_to_one_grey_is_scored(grey):
    assert images.score_images(torch.full((200, 1, 28, 28), grey), "digits").fid > 0


def test_an_untrained_generator_is_scored(G):
    assert score_generator(G, "digits", 100).fid > 0


def test_bad_requests_are_named(G):
    with pytest.raises(InputError, match="draws must be a whole number of at least 1"):
        score_draws("mine", G, "digits", 200, draws=0)


def test_a_last_seed_that_is_none_is_refused_before_the_first_draw(monkeypatch):
    monkeypatch.setattr(images, "score_generator", lambda *_: pytest.fail("it has drawn"))
    with pytest.raises(InputError, match="A seed is a whole number from 0 to 2\\*\\*32 - 1"):
        score_draws("mine", None, "digits", 200, seed=2**32 - 2, draws=3)


def test_two_runs_files_are_told_apart_by_their_folders(three):
    names = "runs/a/generator.safetensors", "runs/b/generator.safetensors"
    said = table([with_fids(three, 2.0, 2.1, 2.2, name=name) for name in names])
    assert said.splitlines()[1].split() == ["runs/a", "runs/b", "real", "perfect", "better"]


def test_a_name_that_fits_into_its_column_is_whole(three):
    fits, long = "a" * 24, "a" * 25
    said = table([with_fids(three, 2.0, 2.1, 2.2, name=name) for name in (fits, long)])
    assert said.splitlines()[1].split()[:2] == [fits, "..." + "a" * 21]


def test_a_generator_that_has_collapsed_to_black_is_scored():
    nearly = torch.full((200, 1, 28, 28), -1.0)
    nearly[:, :, 3] = -0.993  # byte 1
    assert score_images(nearly, "digits").fid > 0
