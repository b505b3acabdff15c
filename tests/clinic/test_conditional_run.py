"""A run of the course's own conditional nets under the recorder: labels are seen, and doubted."""

from dataclasses import replace

import pytest

from gancourse import train
from gancourse.clinic import Recorder, diagnose
from gancourse.data import load_images

TURNS = 60
SMALL = {"G": {"z_dim": 4, "width": 8}, "batch": 64, "precision": "fp32"}


def watched(preset: str, spoilt: bool = False):
    """Return what a recorder saw of some turns; `spoilt` gives each image its neighbour's label."""
    recipe = train.get_preset(preset, **SMALL)
    state = train.State(replace(recipe, D=recipe.D | {"width": 8}), 0, "cpu")
    digits = load_images("digits")
    recorder = Recorder(state.G, state.D, state.opt_G, state.opt_D,
                        lambda n: train.sample(state.G, n, state.step))  # fmt: skip

    def source(n, rng):
        x, y = digits.labelled_batch(n, rng)
        return recorder.real((x, y.roll(1) if spoilt else y))

    for record in train.train(state, source, TURNS):
        recorder.step(record["d_loss"], record["g_loss"])
    return recorder.finish()


@pytest.mark.parametrize("preset", ["cdcgan", "cdcgan-concat"])
def test_the_labels_of_a_sound_run_belong_and_all_are_drawn(preset):
    signals = watched(preset)
    assert signals.asked == {"training": 10, "sampling": 10}
    assert signals.label_gap > 100
    assert "labels" not in signals.skipped
    named = {suspicion.cause for suspicion in diagnose(signals).suspicions}
    assert not named & {"labels of others", "few conditions drawn"}


def test_labels_of_other_images_are_seen():
    signals = watched("cdcgan", spoilt=True)
    assert signals.label_gap < 10
    assert "labels of others" in {suspicion.cause for suspicion in diagnose(signals).suspicions}
