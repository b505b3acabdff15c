"""Exercise 10.5: an initialisation that reaches no layer."""

import math

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.players import both_step
from gancourse.check.rings import random_ring
from gancourse.check.sheet10.shared import (
    BATCH,
    FAULTY,
    N_SAMPLES,
    in_band,
    judge_points,
    trained_here,
)
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError
from gancourse.check.withheld import Withheld

DEEP_G = {"z_dim": 2, "widths": [32] * 10, "shape": [2], "norm": False}
DEEP_D = {"widths": [32] * 4, "shape": [2]}
DEEP_LR, DEEP_TURNS = 1e-3, 900
LAYER, MIXED = "dense/layer", "dense/mixed"
OTHERS = ("dense/nested", "dense/plain", LAYER, MIXED)
OTHERWISE = (
    ", in a net that is built otherwise: a dense layer may lie at the top, or in a Sequential that "
    "lies in another one"
)
NETS = 8  # one net's signal differs widely from the next one's, the geometric mean of eight less
# The last hidden layer's size over the first one's: 2,000 draws of eight nets by the worked
# solution lie within 0.39 and 1.02 (median 0.61, sd of the logarithm 0.146, measured), so the
# band's ends are 4.8 sd away. A weight's variance times its inputs is 1.92, with an sd of 0.009.
ALIVE, WANTED, ROOM = (0.3, 1.25), 1.92, 0.04
VARIANCE = "Weights for LeakyReLU 0.2 need a variance of about 1.92 over the number of inputs."


def _initialised(student: Student, initialise: Handle, draw: Draw, net: str, options: dict):
    """Return the weights before and after, in a net here that has those after."""
    twin = twins.twin(student, draw, net, options, twins.used(draw))
    old, before = twin.weights(), student.snapshot(twin.there)
    try:
        student.call(initialise, [twin.there], seed=draw.seed())
    except StudentError as error:
        if net != MIXED or error.kind == Withheld.__name__:
            raise
        raise Wrong(
            f"In a net that has batch norm and a convolution, too, your code stops with "
            f"{error.kind} ({error.message[:120]}): draw the weights of its nn.Linear alone."
        ) from None
    after = student.snapshot(twin.there)
    _keeps_the_rest(twin.here, before, after)
    twin.here.load_state_dict(after["weights"] | after["buffers"])
    return twin.here, old


def _dense(net: nn.Module) -> list[str]:
    """Return the names of the weights and biases of dense layers."""
    layers = [(name, m) for name, m in net.named_modules() if isinstance(m, nn.Linear)]
    return [f"{at}.{name}".lstrip(".") for at, m in layers for name, _ in m.named_parameters()]


def _keeps_the_rest(net: nn.Module, before: dict, after: dict) -> None:
    """Raise Wrong where more changed than the weights of dense layers, and their biases."""
    if not all(after["requires_grad"].values()):
        raise Wrong(
            "Weights stay frozen after the draw: a net whose weights want no gradient learns "
            "nothing. Draw under no_grad, or with nn.init, and leave requires_grad as it is."
        )
    for aspect in ("weights", "buffers"):
        for name in before[aspect].keys() - _dense(net):
            if not torch.equal(before[aspect][name], after[aspect][name]):
                raise Wrong(
                    f"{name}, of another layer than a dense one, has changed: its start is its "
                    "own; go through the modules, and draw those that are nn.Linear."
                )
    if before["modes"] != after["modes"]:
        raise Wrong("The net comes back in another mode: a draw of weights needs no train or eval.")


def _sizes(net: nn.Module, z: Tensor) -> list[float]:
    """Return how far each hidden layer's outputs differ from z to z, root mean square."""
    sizes = []
    for layer in net.body:
        z = layer(z)
        sizes += [z.std(0).square().mean().sqrt().item()] * isinstance(layer, nn.LeakyReLU)
    return sizes


def start_reaches(student: Student, initialise: Handle, draw: Draw) -> None:
    others = [(net, {}) for net in OTHERS]
    for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D), *others):
        made, old = _initialised(student, initialise, draw, net, options)
        dense = _dense(made)
        weights = {n: w for n, w in made.named_parameters() if n in dense and w.dim() > 1}
        same = [n for n, w in weights.items() if torch.equal(w, old[n])]
        if same and net == LAYER:
            raise Wrong(
                "A net that is itself one dense layer keeps its weights: `children` gives what "
                "lies in a net, `modules` the net itself as well."
            )
        if len(same) == len(weights):
            raise Wrong(
                FAULTY.format(
                    "every weight is what it was before. `children` gives the layers of the first "
                    "level alone, here one Sequential, and no Linear is among them; new tensors "
                    "that no layer holds do as little."
                )
            )
        if same:
            built = "" if net not in OTHERS else OTHERWISE
            raise Wrong(
                f"{len(same)} of {len(weights)} dense layers keep their old weights{built}."
            )


def start_carries(student: Student, initialise: Handle, draw: Draw) -> None:
    made = [
        _initialised(student, initialise, draw, net, options)[0]
        for _ in range(NETS)
        for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D))
    ]
    middle = made[0].body[2].weight
    if facts.near(middle, middle[:1], 1e-9):
        raise Wrong(
            "All units of a layer have the same weights: they get the same gradient for ever, and "
            "the layer counts as one unit. Draw them at random."
        )
    if torch.equal(middle, made[2].body[2].weight):
        raise Wrong(
            "Two nets get the same weights: a seed is set inside, and whatever is drawn after it, "
            "z and batches, comes again as well. Leave seeds to whoever calls."
        )
    share = math.exp(sum(_log_share(G, draw) for G in made[::2]) / NETS)
    _check_size(share, 3.0)  # nearer to the band the weights say more than the signal
    _check_variance(made)
    _check_size(share)


def _log_share(G: nn.Module, draw: Draw) -> float:
    """Return the logarithm of the last hidden layer's size over the first one's."""
    with torch.no_grad():
        sizes = _sizes(G, draw.normal(256, 2).double())
    return math.log(max(sizes[-1], 1e-30) / max(sizes[0], 1e-30))


def _check_size(share: float, times: float = 1.0) -> None:
    """Raise Wrong where the signal lies beyond the band, by so many times."""
    ends = f"after ten layers it has {share:.2g} times the size that it had after the first. "
    if share < ALIVE[0] / times:
        raise Wrong(FAULTY.format(f"the signal dies on its way, {ends}{VARIANCE}"))
    if share > ALIVE[1] * times:
        raise Wrong(f"The signal explodes, {ends}{VARIANCE}")


def _check_variance(made: list[nn.Module]) -> None:
    """Raise Wrong unless the weights between hidden layers are those for LeakyReLU 0.2."""
    hidden = [
        layer.weight.flatten()
        for net in made
        for layer in net.modules()
        if isinstance(layer, nn.Linear) and layer.in_features == layer.out_features
    ]
    found = torch.cat(hidden).square().mean().item() * made[0].body[2].in_features
    if abs(found - WANTED) > ROOM:
        raise Wrong(
            f"The weights have a variance of {found:.2f} over the number of inputs, and for "
            "LeakyReLU 0.2 it is 2 / (1 + 0.2^2) = 1.92: give the slope, a=0.2 (with a=0 the draw "
            "is for ReLU)."
        )


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


def start_repaired(student: Student, initialise: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _deep_run(student, initialise, draw))


REACHES, CARRIES = "every layer is drawn afresh", "the signal keeps its size"
REPAIRED = "the repaired run finds the modes"
EXERCISE = Exercise(
    "10.5",
    "ten layers and no signal",
    points=8,
    minutes=20,
    parts=(
        Part(REACHES, 2, start_reaches),
        Part(CARRIES, 2, start_carries),
        Part(REPAIRED, 3, start_repaired, seconds=90.0),
        Part("a second run", 1, start_repaired, shown=False, seconds=90.0),
    ),
    names=("initialise",),
    withheld=("gancourse.clinic.working.initialise",),
    promises=(
        ("Draw the weights of every dense layer of the net", REACHES),
        ("All else stays as it is", REACHES),
        ("The net may itself be a dense layer.", REACHES),
        ("for LeakyReLU 0.2 (He et al. 2015)", CARRIES),
        ("the repaired run must reach the band of healthy runs", REPAIRED),
    ),
)
