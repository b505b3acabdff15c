"""Exercise 06.1: a generator of images."""

import torch
from torch import Tensor

from gancourse.check import facts, maps
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

IMAGE = (1, 28, 28)


def _made(student: Student, cls: Handle, draw: Draw) -> tuple[Handle, int]:
    """Return a new generator of the learner's class, and its z_dim."""
    z_dim = draw.choice([8, 16, 24, 32])
    G = student.call(cls, [z_dim], seed=draw.seed())
    if not isinstance(G, Handle) or G.kind != "module":
        raise Wrong(f"Generator(z_dim) should be a torch.nn.Module, and is {facts.describe(G)}.")
    return G, z_dim


def _images(student: Student, G: Handle, z: Tensor, train: bool = False) -> Tensor:
    return facts.tensor(student.apply(G, z, train), (len(z), *IMAGE), "G(z)")


def generator_range(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    x = _images(student, G, draw.normal(draw.integer(3, 9), z_dim), train=True)
    far = _images(student, G, 30 * draw.normal(16, z_dim))  # drives the last layer to both ends
    x = torch.cat([x, far])
    if x.abs().max() > 1 + facts.EPS:
        raise Wrong(
            "G leaves [-1, 1], where no real pixel is: D would know it by that; end in tanh."
        )
    if x.min() > -0.1:
        raise Wrong(
            "No pixel gets below 0, but the background of the real images is -1: a sigmoid ends in "
            "[0, 1]; take tanh."
        )
    if x.max() < 0.1:
        raise Wrong("No pixel gets above 0, but the strokes of the real images are near +1.")


def generator_learns(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    z = draw.normal(32, z_dim)
    x = _images(student, G, z)  # in evaluation mode: a bias before batch norm has an effect
    (grads,) = student.call_with_grads(G, [z], [G], along=draw.normal(32, *IMAGE))["grads"]
    idle = [name for name, g in grads.items() if g is None or not g.any()]
    if not grads or idle:
        named = ", ".join(idle[:3]) or "there are none"
        raise Wrong(
            f"No gradient reaches some of G's weights ({named}): a layer that forward leaves out, "
            "or that is cut off, never learns."
        )
    other, state = student.call(cls, [z_dim], seed=draw.seed()), student.snapshot(G)
    student.load(other, {**state["weights"], **state["buffers"]})
    if not facts.near(
        _images(student, other, z), x, 1e-4
    ):  # pixels are at most 1; sums of hundreds
        raise Wrong(
            "Two generators with the same parameters give different images: some layers are not "
            "registered (a Python list hides them from the optimiser) or draw noise of their own."
        )


def generator_norm(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    z, others = draw.normal(8, z_dim), draw.normal(8, z_dim)
    mixed = torch.cat([z[:1], others[1:]])
    before = student.snapshot(G)["buffers"]
    first = [_images(student, G, batch, train=True)[0] for batch in (z, z, mixed)]
    if not facts.near(first[0], first[1], 1e-4):
        raise Wrong("The same batch gave other images: all randomness of a generator is in z.")
    if facts.near(first[0], first[2], 1e-4):
        raise Wrong(
            "In training mode an image does not depend on its batch: there is no batch norm, or it "
            "is switched off."
        )
    if not facts.near(_images(student, G, z)[0], _images(student, G, mixed)[0], 1e-4):
        raise Wrong(
            "In evaluation mode an image still depends on its neighbours in the batch: batch norm "
            "should use its running mean and variance there."
        )
    if facts.all_near(student.snapshot(G)["buffers"], before, 0.0):
        raise Wrong("Batch norm keeps no running mean and variance, which evaluation mode needs.")


def generator_uses_z(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    maps.check_map(student, G, draw, z_dim, IMAGE)
    _images(student, G, draw.normal(1, z_dim))


EXERCISE = Exercise(
    "06.1",
    "a generator of images",
    points=8,
    minutes=15,
    parts=(
        Part("images of the right shape and range", 2, generator_range),
        Part("every weight learns", 2, generator_learns),
        Part("batch norm, in training mode only", 2, generator_norm),
        Part("a map from z, for one image too", 2, generator_uses_z, shown=False),
    ),
    names=("Generator",),
)
