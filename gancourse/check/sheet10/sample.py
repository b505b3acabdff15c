"""Exercise 10.4: a look at the samples that changes the run."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.sheet10.digits import (
    DIGIT_TURNS,
    DISTANCE,
    SHAPE,
    Z_DIM,
    digit_G,
    frechet,
    pixels,
    train_digits,
)
from gancourse.check.sheet10.shared import FAULTY, N_SAMPLES, in_band
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError
from gancourse.check.twins import Twin


def _small_G(student: Student, draw: Draw) -> Twin:
    """Return a used G with batch norm, whose samples reach beyond [-1, 1]."""
    options = {"z_dim": 3, "widths": [12, 10], "shape": [2], "norm": True}

    def change(G: nn.Module) -> None:
        twins.used(draw)(G)
        G.body[-1].weight *= 3.0 / G.eval()(draw.normal(64, 3)).std()
        G.train()

    return twins.twin(student, draw, "generator/mlp", options, change)


def look_leaves_mode(student: Student, sample: Handle, draw: Draw) -> None:
    G = _small_G(student, draw)
    student.call(sample, [G.there, draw.normal(8, 3)])
    _back_in_training(student, G)


def _back_in_training(student: Student, G: Twin) -> None:
    """Raise Wrong where a look has left G in evaluation mode; no part holds for the faulty run."""
    modes = student.snapshot(G.there)["modes"]
    if not any(modes.values()):
        raise Wrong(
            FAULTY.format(
                "G comes back in evaluation mode. From the first look on it trains on old averages "
                "in place of its batches' own."
            )
        )
    if not all(modes.values()):
        raise Wrong("Parts of G come back in evaluation mode: G.train() sets all of it.")


LEFT = {
    "weights": "The look has changed G's weights: it should only call G.",
    "buffers": "The look has moved a batch norm's running averages: G, or a part of it, ran in "
    "training mode, and each look leaves its trace in the samples.",
    "grads": "The look has changed G's gradients: whoever trains it may still need them.",
}


def look_leaves_state(student: Student, sample: Handle, draw: Draw) -> None:
    """All of G, and the global random state: a look that draws changes the run after it."""
    G = _small_G(student, draw)
    twins.leave_grads(student, G, draw)
    before, random_state = student.snapshot(G.there), student.random_state()
    student.call(sample, [G.there, draw.normal(8, 3)])
    after, drawn = student.snapshot(G.there), student.random_state()
    if not student.left()["grad_mode"]:
        raise Wrong(
            "The look has switched gradients off for good: the training after it has none. "
            "`with torch.no_grad():` switches them on again."
        )
    _back_in_training(student, G)
    twins.judge_untouched(before, after, "G", ("modes",), **LEFT)
    if drawn != random_state:
        raise Wrong(
            "The look has drawn random numbers, or has set a seed: the run after it draws others "
            "than it would have without a look. Take the z that is given, and leave seeds alone."
        )


def look_is_a_map(student: Student, sample: Handle, draw: Draw) -> None:
    _look_at_many(student, sample, draw)
    _look_at_one(student, sample, draw)
    _look_at_other_layers(student, sample, draw)


def _look_at_many(student: Student, sample: Handle, draw: Draw) -> None:
    G, z = _small_G(student, draw), draw.normal(32, 3)
    got = facts.tensor(student.call(sample, [G.there, z]), (32, 2), "What sample returns")
    with torch.no_grad():
        want, batch = G.here.eval()(z.double()), copy.deepcopy(G.here).train()(z.double())
    if facts.near(got, want, 1e-4 * want.abs().max().item()):
        return _back_in_training(student, G)
    if facts.near(got, batch, 1e-3 * batch.abs().max().item()):
        raise Wrong(
            "G ran in training mode: batch norm normalises by the z that are drawn together, so "
            "that the same z gives another sample in another company."
        )
    if any(facts.near(got, some, 1e-3 * some.abs().max().item()) for some in _in_part(G, z)):
        raise Wrong(
            "Only some of G's batch norms ran in evaluation mode: G.eval() sets all of them. One "
            "that is left in training mode makes each sample depend on its company."
        )
    raise Wrong("These are not G's samples of z in evaluation mode, in the order of z.")


def _in_part(G: Twin, z: Tensor) -> Iterator[Tensor]:
    """Yield G's samples where one batch norm alone is in training mode."""
    for n in [n for n, m in enumerate(G.here.body) if isinstance(m, nn.BatchNorm1d)]:
        part = copy.deepcopy(G.here).eval()
        part.body[n].train()
        with torch.no_grad():
            yield part(z.double())


def _look_at_one(student: Student, sample: Handle, draw: Draw) -> None:
    G, z = _small_G(student, draw), draw.normal(1, 3)
    try:
        got = facts.tensor(student.call(sample, [G.there, z]), (1, 2), "What sample returns")
    except StudentError as error:
        if "more than 1 value per channel" not in error.message:
            raise
        raise Wrong(
            "One z alone cannot be drawn: in training mode batch norm needs a batch to normalise "
            "by."
        ) from None
    with torch.no_grad():
        want = G.here.eval()(z.double())
        if not facts.near(got, want, 1e-4 * max(1.0, want.abs().max().item())):
            raise Wrong("One z alone gives another sample than G does in evaluation mode.")
    _back_in_training(student, G)


def _look_at_other_layers(student: Student, sample: Handle, draw: Draw) -> None:
    """A G with dropout, and with batch norm of channels."""
    G, z = twins.twin(student, draw, "dense/mixed", {}, twins.used(draw)), draw.normal(16, 3)
    got = facts.tensor(student.call(sample, [G.there, z]), (16, 2), "What sample returns")
    with torch.no_grad():
        want = G.here.eval()(z.double())
    if not facts.near(got, want, 1e-4 * max(1.0, want.abs().max().item())):
        raise Wrong(
            "In a G with dropout, and with batch norm of channels, some layers stay in training "
            "mode: G.eval() sets every layer, whatever its kind, and G.train() sets it back."
        )
    _back_in_training(student, G)


@dataclass(frozen=True)
class Looked:
    """The learner's look at a G that is trained here: its mode and averages go there and back."""

    student: Student
    sample: Handle
    G: nn.Module
    there: Handle
    z: Tensor

    def __call__(self, turn: int) -> Tensor:
        self.student.load(self.there, dict(self.G.state_dict()))
        x = self.student.call(self.sample, [self.there, self.z])
        seen = self.student.snapshot(self.there)
        self.G.train(seen["training"])
        self.G.load_state_dict(seen["weights"] | seen["buffers"])
        return facts.tensor(x, (len(self.z), *SHAPE), "What sample returns")


def _looked_run(student: Student, sample: Handle, draw: Draw) -> None:
    x_real, twin = pixels() / 127.5 - 1, digit_G(student, draw)
    G = twin.here.float().train()
    look = Looked(student, sample, G, twin.there, draw.normal(N_SAMPLES, Z_DIM))
    train_digits(G, x_real, draw, look)
    distance = frechet(look(DIGIT_TURNS).flatten(1).float(), x_real)
    if distance > DISTANCE:
        mode = "in training mode" if G.training else "in evaluation mode"
        raise Wrong(
            FAULTY.format(
                f"after its training, with a look every 100 turns, the samples lie {distance:.2f} "
                f"from the data (in health {DISTANCE} at most), and the last look left G {mode}."
            )
        )


def look_repaired(student: Student, sample: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _looked_run(student, sample, draw))


MODE, TRACE = "G goes on in training mode", "the look leaves no trace"
MAP, REPAIRED = "each sample depends on its z alone", "the repaired run draws digits"
EXERCISE = Exercise(
    "10.4",
    "a look that spoils the run",
    points=8,
    minutes=15,
    parts=(
        Part(MODE, 2, look_leaves_mode),
        Part(TRACE, 1, look_leaves_state),
        Part(MAP, 2, look_is_a_map),
        Part(REPAIRED, 2, look_repaired, seconds=90.0),
        Part(
            "other looks",
            1,
            Again((look_leaves_mode, look_leaves_state, look_is_a_map)),
            shown=False,
        ),
    ),
    names=("sample",),
    withheld=(
        "gancourse.train.sample",
        "gancourse.clinic.working.sample",
        "gancourse.maths.latent.images_of",
    ),
    promises=(
        ("Repair the look, so that the run goes on as without it", MODE),
        ("so that the run goes on as without it", TRACE),
        ("each a function of its own z", MAP),
        ("G has batch norm (another G may have dropout, too).", MAP),
        ("the repaired run must reach the band of healthy runs", REPAIRED),
    ),
)
