"""Exercise 06.1: a generator of images."""

import torch
from torch import Tensor

from gancourse.check import facts, maps
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

IMAGE = (1, 28, 28)
SLOW_ENDS = {  # the inverses of functions that near -1 and 1 far more slowly than tanh
    "softsign": lambda x: x / (1 - x.abs()),
    "an arc tangent": lambda x: (torch.pi / 2 * x).tan(),
    "x / sqrt(1 + x^2)": lambda x: x / (1 - x.square()).sqrt(),
}


def _made(student: Student, cls: Handle, draw: Draw) -> tuple[Handle, int]:
    """Return a new generator of the learner's class, and its z_dim."""
    z_dim = draw.choice([8, 16, 24, 32])  # of 2, a hidden layer of as many may be dead from birth
    G = student.call(cls, [z_dim], seed=draw.seed())
    if not isinstance(G, Handle) or G.kind != "module":
        raise Wrong(f"Generator(z_dim) should be a torch.nn.Module, and is {facts.describe(G)}.")
    return G, z_dim


def _images(student: Student, G: Handle, z: Tensor, train: bool = False) -> Tensor:
    return facts.tensor(student.apply(G, z, train), (len(z), *IMAGE), "G(z)")


def _trained_images(student: Student, G: Handle, z: Tensor, seed: int) -> Tensor:
    """Return G(z) in training mode, where dropout draws from the seed."""
    student.apply(G, z, train=True)  # sets the mode
    return facts.tensor(student.call(G, [z], seed=seed), (len(z), *IMAGE), "G(z)")


def generator_range(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    x = _images(student, G, draw.normal(draw.integer(2, 9), z_dim), train=True)
    far = _images(student, G, 30 * draw.normal(16, z_dim))  # drives the last layer to both ends
    x = torch.cat([x, far])
    if x.abs().max() > 1 + facts.EPS:
        raise Wrong(
            "G leaves [-1, 1], where no real pixel is: D would know it by that; end in tanh."
        )
    if not x.any():
        raise Wrong("All pixels of all images are 0: weights that start at 0 let nothing through.")
    if x.min() > -0.1:
        raise Wrong(
            "No pixel gets below 0, but the background of the real images is -1: a sigmoid or a "
            "ReLU at the end stays in "
            "[0, 1]; take tanh."
        )
    if x.max() < 0.1:
        raise Wrong("No pixel gets above 0, but the strokes of the real images are near +1.")
    _check_end(student, G, draw.normal(32, z_dim))


def _check_end(student: Student, G: Handle, z: Tensor) -> None:
    """Raise Wrong for pixels that are cut off at -1 and 1, or come there slowly, unlike tanh's.

    z is scaled until an average pixel is halfway to an end; there tanh has hardly any at 1, which
    in float32 it is from 9 on.
    """
    for power in range(-2, 9):
        x = _images(student, G, 2.0**power * z)
        if x.abs().mean() > 0.5:
            if (x.abs() >= 1).double().mean() > 0.05:
                raise Wrong(
                    "The pixels are cut off at -1 and 1: a clamp has slope 0 there, and what lies "
                    "beyond learns nothing. tanh has a slope everywhere."
                )
            break
    _check_tanh(student, G, 2.0**power * z)


def _check_tanh(student: Student, G: Handle, z: Tensor) -> None:
    """Raise Wrong where the last function is one of SLOW_ENDS, known by the weights before it.

    What goes into the last function is linear in the weights and in the bias of the last layer: so
    the true inverse shows equal steps where one of them grows in equal steps. Where nothing does,
    nothing is said.
    """
    found = None
    for name, w in reversed(student.snapshot(G)["weights"].items()):
        x = []
        for share in (0.5, 1.0, 1.5):
            student.load(G, {name: share * w})
            x.append(_images(student, G, z))
        student.load(G, {name: w})
        x = torch.stack(x)[:, torch.stack(x).abs().amax(0) < 0.999]  # [3, pixels]
        bends = {end: _bend(back(x)) for end, back in SLOW_ENDS.items()}
        if _bend(x.atanh()) < 1e-3 and min(bends.values()) > 1e-2:  # else it moves x too little
            return
        if found is None and _bend(x.atanh()) > 2e-2:
            found = next((end for end, bend in bends.items() if bend < 1e-3), None)
    if found:
        raise Wrong(
            f"At the end stands {found}, not tanh: it nears -1 and 1 so slowly that G hardly gets "
            "to the black and white of which real images are full."
        )


def _bend(u: Tensor) -> float:
    """Return how unequal two steps [3, n] are, as a share of their sum; 1 where there is none."""
    whole = (u[2] - u[0]).norm().item() if u.numel() else 0.0
    return (u[2] - 2 * u[1] + u[0]).norm().item() / whole if whole > 1e-2 else 1.0


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
    z, others, seed = draw.normal(8, z_dim), draw.normal(8, z_dim), draw.seed()
    mixed = torch.cat([z[:1], others[1:]])
    before = student.snapshot(G)["buffers"]
    first = [_trained_images(student, G, batch, seed)[0] for batch in (z, mixed)]
    if facts.near(first[0], first[1], 1e-4):
        raise Wrong(
            "In training mode an image does not depend on its batch: there is no batch norm, or it "
            "is switched off."
        )
    x, again = (_images(student, G, z) for _ in range(2))
    if not facts.near(x, again, 1e-4):
        raise Wrong(
            "In evaluation mode the same z gives another image each time: dropout, or noise of its "
            "own, is at work there."
        )
    if not facts.near(x[0], _images(student, G, mixed)[0], 1e-4):
        raise Wrong(
            "In evaluation mode an image still depends on its neighbours in the batch: batch norm "
            "should use its running mean and variance there."
        )
    if facts.all_near(student.snapshot(G)["buffers"], before, 0.0):
        raise Wrong("Batch norm keeps no running mean and variance, which evaluation mode needs.")
    _check_alone(student, G, draw, z)
    _check_hidden(student, G, draw, 0.5 * draw.normal(64, z_dim))


def _check_alone(student: Student, G: Handle, draw: Draw, z: Tensor) -> None:
    """Raise Wrong where one image alone comes out otherwise than among others.

    In a new G the averages are nearly 0 and 1, and to leave batch norm out changes little: so they
    are moved meanwhile.
    """
    kept = student.snapshot(G)["buffers"]
    moved = {name: b + 1 + draw.normal(*b.shape).abs() for name, b in kept.items() if b.dim()}
    student.load(G, moved)
    alone, among = _images(student, G, z[:1]), _images(student, G, z)[:1]
    student.load(G, kept)
    if not facts.near(alone, among, 1e-4):
        raise Wrong(
            "In evaluation mode one image alone comes out otherwise than among others: batch norm "
            "normalises it by the same running mean and variance."
        )


def _heights(student: Student, G: Handle, z: Tensor) -> Tensor:
    """Return what goes into the tanh [N, 784], in evaluation mode."""
    return _images(student, G, z).clamp(-1 + 1e-6, 1 - 1e-6).atanh().flatten(1)


def _check_hidden(student: Student, G: Handle, draw: Draw, z: Tensor) -> None:
    """Raise Wrong where G has no hidden layer, or normalises nothing but z or its output.

    A changed average shifts and stretches whatever is normalised. Of the output that is all that
    happens; in a hidden layer it is more, since a kink comes after.
    """
    u, origin = _heights(student, G, z), _heights(student, G, 0 * z[:2])[:1]
    sums = _heights(student, G, z[::2] + z[1::2])
    if facts.near(sums + origin, u[::2] + u[1::2], _small(u)):
        raise Wrong(
            "Before its tanh G is a linear map of z: a hidden layer is linear, batch norm and then "
            "a function with a kink."
        )
    if not any(_is_hidden(student, G, draw, z, u, owner) for owner in _norms(student, G)):
        raise Wrong(
            "Batch norm stands only on z or on the output: take it between a hidden layer's linear "
            "map and its kink, where it keeps the signal from dying or exploding."
        )


def _small(u: Tensor) -> float:
    """Return what is little beside the spread of u [N, 784], but no rounding of float32 images."""
    return 1e-3 * (u - u.mean(0)).abs().max().item() + 1e-5


def _norms(student: Student, G: Handle) -> dict[str, dict[str, Tensor]]:
    """Return the floating-point buffers of G, by the module that owns them."""
    owners: dict[str, dict[str, Tensor]] = {}
    for name, b in student.snapshot(G)["buffers"].items():
        if b.is_floating_point():
            owners.setdefault(name.rpartition(".")[0], {})[name] = b
    return owners


def _is_hidden(student: Student, G: Handle, draw: Draw, z: Tensor, u: Tensor, owner: str) -> bool:
    buffers, small = _norms(student, G)[owner], _small(u)
    hidden = False
    for name, b in buffers.items():
        shift = 0.2 + 0.3 * draw.normal(*b.shape).abs()
        student.load(G, {name: b + shift})
        moved, back = (
            _heights(student, G, z),
            _heights(student, G, z + shift.flatten()) if (b.numel() == z.shape[1]) else None,
        )
        student.load(G, {name: b})
        if back is not None and facts.near(back, u, small):
            return False  # the mean of z itself
        hidden |= not facts.near(_beyond_affine(moved - u, u), torch.zeros_like(u), small)
    return hidden


def _beyond_affine(change: Tensor, u: Tensor) -> Tensor:
    """Return what is left of the change [N, 784] when each pixel's best line in u is taken off."""
    change, u = change - change.mean(0), u - u.mean(0)
    slope = (change * u).sum(0) / u.square().sum(0).clamp(min=1e-12)
    return change - slope * u


def generator_uses_z(student: Student, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(student, cls, draw)
    maps.check_map(student, G, draw, z_dim, IMAGE)
    _images(student, G, draw.normal(1, z_dim))


RANGE, LEARNS = "images of the right shape and range", "every weight learns"
NORM, MAP = "batch norm, in training mode only", "a map from z, for one image too"
EXERCISE = Exercise(
    "06.1",
    "a generator of images",
    points=8,
    minutes=15,
    parts=(
        Part(RANGE, 2, generator_range),
        Part(LEARNS, 2, generator_learns),
        Part(NORM, 2, generator_norm),
        Part(MAP, 1, generator_uses_z),
        Part(
            "another generator",
            1,
            Again((generator_range, generator_learns, generator_norm, generator_uses_z)),
            shown=False,
        ),
    ),
    names=("Generator",),
    withheld=(
        "gancourse.nets.MLPGenerator",
        "gancourse.nets.DCGANGenerator",
        "gancourse.nets.writeups.dense_G",
        "gancourse.nets.writeups.tutorial_G",
        "gancourse.nets.writeups.small_G",
        "gancourse.nets.writeups.unfinished_G",
    ),
    promises=(
        (
            "maps `z [N, z_dim]` to images `[N, 1, 28, 28]` in [-1, 1], through a tanh at the end",
            RANGE,
        ),
        ("Use batch norm in at least one hidden layer", NORM),
        ("Every weight must be reached by the gradient", LEARNS),
        ("in evaluation mode an image, or one image alone, may depend on its own z only", NORM),
        ("A generator: z [N, z_dim] to images", MAP),
    ),
)
