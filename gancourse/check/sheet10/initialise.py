"""Exercise 10.5: an initialisation that reaches no layer."""

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.players import both_step
from gancourse.check.rings import random_ring
from gancourse.check.sheet10.shared import (
    BATCH,
    ILL,
    N_SAMPLES,
    in_band,
    judge_points,
    trained_here,
)
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

DEEP_G = {"z_dim": 2, "widths": [32] * 10, "shape": [2], "norm": False}
DEEP_D = {"widths": [32] * 4, "shape": [2]}
DEEP_LR, DEEP_TURNS = 1e-3, 900
ALIVE = (0.3, 3.0)  # the last hidden layer's size over the first one's
VARIANCE = "Weights for LeakyReLU 0.2 need a variance of about 1.92 over the number of inputs."


def _initialised(student: Student, initialise: Handle, draw: Draw, net: str, options: dict):
    """Return the weights before and after, in a net here that has those after."""
    twin = twins.twin(student, draw, net, options)
    student.call(initialise, [twin.there], seed=draw.seed())
    old = twin.weights()
    twin.here.load_state_dict(student.snapshot(twin.there)["weights"])
    return twin.here, old


def _sizes(net: nn.Module, z: Tensor) -> list[float]:
    """Return how far each hidden layer's outputs differ from z to z, root mean square."""
    sizes = []
    for layer in net.body:
        z = layer(z)
        sizes += [z.std(0).square().mean().sqrt().item()] * isinstance(layer, nn.LeakyReLU)
    return sizes


def start_reaches(student: Student, initialise: Handle, draw: Draw) -> None:
    for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D)):
        made, old = _initialised(student, initialise, draw, net, options)
        weights = {n: w for n, w in made.named_parameters() if w.dim() > 1}
        same = [n for n, w in weights.items() if torch.equal(w, old[n])]
        if len(same) == len(weights):
            raise Wrong(
                ILL.format(
                    "every weight is what it was before. `children` gives the layers of the first "
                    "level alone, here one Sequential, and no Linear is among them; new tensors "
                    "that no layer holds do as little."
                )
            )
        if same:
            raise Wrong(f"{len(same)} of {len(weights)} dense layers keep their old weights.")


def start_carries(student: Student, initialise: Handle, draw: Draw) -> None:
    made, _ = _initialised(student, initialise, draw, "generator/mlp", DEEP_G)
    with torch.no_grad():
        sizes = _sizes(made, draw.normal(256, 2).double())
    middle = made.body[2].weight
    if facts.near(middle, middle[:1], 1e-9):
        raise Wrong(
            "All units of a layer have the same weights: they get the same gradient for ever, and "
            "the layer counts as one unit. Draw them at random."
        )
    share = sizes[-1] / max(sizes[0], 1e-30)
    ends = f"after ten layers it has {share:.2g} times the size that it had after the first. "
    if share < ALIVE[0]:
        raise Wrong(ILL.format(f"the signal dies on its way, {ends}{VARIANCE}"))
    if share > ALIVE[1]:
        raise Wrong(f"The signal explodes, {ends}{VARIANCE}")


def _deep_run(student: Student, initialise: Handle, draw: Draw) -> None:
    toy, source = random_ring(draw), draw.generator()
    data = toy.sample(8192, draw.generator())
    G, D = (
        _initialised(student, initialise, draw, net, options)[0].float()
        for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D))
    )
    game = trained_here(G, D, DEEP_LR)
    for _ in range(DEEP_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        game.deal(x_real, torch.randn(BATCH, 2, generator=source))
        both_step(game)
    with torch.no_grad():
        judge_points(G(draw.normal(N_SAMPLES, 2)).double(), toy)


def start_mended(student: Student, initialise: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _deep_run(student, initialise, draw))


EXERCISE = Exercise(
    "10.5",
    "ten layers and no signal",
    points=8,
    minutes=20,
    parts=(
        Part("every layer is drawn anew", 2, start_reaches),
        Part("the signal keeps its size", 2, start_carries),
        Part("the mended run finds the modes", 3, start_mended, seconds=90.0),
        Part("a second run", 1, start_mended, shown=False, seconds=90.0),
    ),
    names=("initialise",),
)
