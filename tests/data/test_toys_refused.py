"""Toy distributions: what is refused, each in one sentence."""

import math

import pytest
import torch

from gancourse.data import TOYS, load_points, mixture
from gancourse.errors import InputError


def refused(match, call, *args, **options):
    with pytest.raises(InputError, match=match) as caught:
        call(*args, **options)
    assert str(caught.value).count(". ") == 0


def test_unknown_toy():
    refused("toy distribution 'rings'.* did you mean 'ring'", load_points, "rings")


def test_unknown_option():
    refused("option of ring 'mode'; there are modes, radius, sd", load_points, "ring", mode=3)


@pytest.mark.parametrize("n", [0, -5, 1.5, None])
def test_no_samples(n):
    refused(
        "number of samples must be a whole number", load_points("ring").sample, n, torch.Generator()
    )


def test_no_generator():
    refused(r"a torch.Generator on the CPU, and None", load_points("ring").sample, 5, None)


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("sd", [0, -0.1, float("nan"), "wide"])
def test_sd_that_is_no_sd(name, sd):
    refused("sd.* must be|sds of a mixture", load_points, name, sd=sd)


OPTIONS = [("ring", "modes", 0), ("ring", "radius", 0), ("grid", "side", 0), ("grid", "gap", -1),
           ("moons", "centres", 0), ("spiral", "turns", 0), ("two_bumps", "gap", "a"),
           ("two_bumps", "left", 1.5), ("narrow", "mean", math.inf)]  # fmt: skip


@pytest.mark.parametrize(("name", "option", "value"), OPTIONS)
def test_options_out_of_range(name, option, value):
    refused("given: ", load_points, name, **{option: value})


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2], [float("nan"), 1]])
def test_weights_that_are_no_weights(weights):
    refused("weights of a mixture must be", mixture, [0, 1], 1.0, weights)


@pytest.mark.parametrize(("sds", "weights"), [([1, 2, 3], None), (1.0, [1, 1, 1])])
def test_a_number_for_each_component(sds, weights):
    refused("one number or 2, one for each mean", mixture, [0, 1], sds, weights)


@pytest.mark.parametrize("means", [[], 3.0, [[[1.0]]], "abc", [[1.0], [1.0, 2.0]], None])
def test_means_that_are_no_points(means):
    refused("means of a mixture", mixture, means, 1.0)


SHAPES = [torch.zeros(2), torch.zeros(5, 3), torch.zeros(1, 5, 2), torch.tensor(1.0)]


@pytest.mark.parametrize("x", SHAPES)
def test_points_of_another_shape(x):
    refused(r"shape \[n, 2\], and the shape", load_points("ring").density, x)


def test_points_on_a_line_need_a_column():
    refused(r"give x\[:, None\]", load_points("narrow").density, torch.zeros(5))


@pytest.mark.parametrize("x", [torch.zeros(5, 2).half(), torch.zeros(5, 2).long(), [[0.0, 1.0]]])
def test_points_of_another_type(x):
    refused("float32 or float64", load_points("ring").log_density, x)


def test_one_number_that_is_none_is_refused():
    with pytest.raises(InputError, match="finite"):
        mixture([0.0, math.nan], 0.1)
