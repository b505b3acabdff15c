"""What a step costs, counted: FLOP, bytes, and what a budget of hours buys. Lesson 14."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from gancourse import machine, train
from gancourse.errors import InputError, at_least
from gancourse.nets.shapes import SIDES

GRIDS = {  # by side: those of the layers below it
    side: tuple(start * 2**i for i in range(doublings))
    for side, (start, doublings) in SIDES.items()
}
LINK = 1.25e9  # bytes a second: ten gigabits
BYTES = 4  # of a number in float32


def flops(net: nn.Module, *inputs: torch.Tensor) -> int:
    """Return the FLOP of net(*inputs): convolutions and matrix products, 2 for a multiply-add.

    They are PyTorch's own count (FlopCounterMode). It leaves out norms, activations and sums, and
    counts a kernel's borders in full.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(*inputs)
    return counter.get_total_flops()


def kept_bytes(net: nn.Module, *inputs: torch.Tensor) -> int:
    """Return the bytes that net(*inputs) keeps for its backward pass, besides its weights.

    The tensors that autograd saves, each piece of memory once: in a batch norm's statistics, too.
    """
    own = {t.untyped_storage()._cdata for t in (*net.parameters(), *net.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}  # holding them keeps each address its own

    def pack(t: torch.Tensor) -> torch.Tensor:
        storage = t.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        out = net(*inputs)  # alive until all is counted
    del out
    return sum(storage.nbytes() for storage in kept.values())


@dataclass(frozen=True)
class Player:
    """A net, counted by hand: weights, FLOP of an image forward, those of its first layer, floats.

    `kept` are the numbers of an image that its backward pass needs.
    """

    weights: int
    flop: int
    first: int
    kept: int


@dataclass(frozen=True)
class StepCost:
    """A training step on one device: FLOP, and bytes in float32 by what they hold."""

    batch: int
    flop: int
    weights: int  # of G and D
    gradients: int
    adam: int  # two averages for each weight
    average: int  # the averaged generator
    activations: int  # kept for the backward passes, at their most

    @property
    def bytes(self) -> int:
        return self.weights + self.gradients + self.adam + self.average + self.activations

    @property
    def flop_an_image(self) -> float:
        return self.flop / self.batch


def dcgan_players(side: int, width: int, depth: int = 1, z_dim: int = 16) -> tuple[Player, Player]:
    """Return G and D of `gancourse.nets.dcgan`, counted by hand.

    `side` is one of GRIDS; the layers on the smallest grid have `width` channels, and each doubling
    of the grid halves them. Raises InputError for another side and for a width below 8.
    """
    if side not in GRIDS:
        raise InputError(f"side is one of {', '.join(map(str, GRIDS))}, and {side!r} was given.")
    smallest = GRIDS[side][0] ** 2 * at_least("width", width, 8)
    blocks = [*_blocks(side, width)]
    dense, first = z_dim * smallest, blocks[-1]
    G = Player(
        weights=dense + 2 * width + sum(b.weights(depth) + 2 * b.c * depth for b in blocks)
        + sum(1 if b is first else 2 * b.after for b in blocks),
        flop=2 * dense + sum(b.flop(depth) for b in blocks),
        first=2 * dense,
        kept=z_dim + 2 * smallest + side**2
        + sum(2 * b.c * depth * b.area + 8 * b.after * b.area * (b is not first) for b in blocks),
    )  # fmt: skip
    D = Player(
        weights=smallest + 1
        + sum(b.weights(depth) + b.c * (1 + depth) * (1 if b is first else 2) for b in blocks),
        flop=2 * smallest + sum(b.flop(depth) for b in blocks),
        first=2 * 16 * first.c * first.area,
        kept=side**2
        + sum(b.c * (1 + depth) * b.area * (2 if b is first else 3) for b in blocks),
    )  # fmt: skip
    return G, D


@dataclass(frozen=True)
class _Block:
    """The layers on one grid: 3 x 3 with c channels, then 4 x 4 between them and `after`."""

    c: int
    after: int
    area: int

    def weights(self, depth: int) -> int:
        return 9 * self.c**2 * depth + 16 * self.c * self.after

    def flop(self, depth: int) -> int:
        """Return the FLOP of an image: each kernel is put down once for each place of the grid."""
        return 2 * self.weights(depth) * self.area


def _blocks(side: int, width: int) -> Iterator[_Block]:
    grids = GRIDS[side]
    for i, grid in enumerate(grids):
        yield _Block(width >> i, 1 if grid == grids[-1] else width >> (i + 1), grid**2)


def step_cost(side: int = 28, width: int = 64, batch: int = 64, depth: int = 1) -> StepCost:
    """Return what a step of the preset "dcgan" costs with nets of this side and width, by hand.

    A forward pass costs F, and backward F for the weights' gradient and F for the input's, which a
    first layer need not give. G: 3 F. D: 3 F for each kind, and in G's step 2 F, since its weights
    are frozen there. The graphs of G and of both passes of D are kept at the same time; statistics
    of batch norm and what the library works with are not counted.
    """
    at_least("batch", batch, 1)
    G, D = dcgan_players(side, width, depth)
    flop = 3 * G.flop - G.first + 8 * D.flop - 2 * D.first
    weights = BYTES * (G.weights + D.weights)
    kept = BYTES * batch * (G.kept + 2 * D.kept - side**2)  # a fake is G's output and D's input
    return StepCost(
        batch, batch * flop, weights, weights, 2 * weights, BYTES * G.weights, kept
    )  # fmt: skip


def counted_flop(recipe: train.Recipe) -> int:
    """Return the FLOP of one step of a recipe, counted by PyTorch on its `meta` device."""
    with machine.rng_untouched():
        state = train.State(recipe, device="meta", precision="fp32")
        shape = state.G.shape
        with _Counter() as counter:
            train.one_step(state, lambda n, rng: torch.empty(n, *shape, device="meta"))
    return counter.flop


class _Counter(TorchDispatchMode):
    """Counts as FlopCounterMode does, which stops at the inner gradient of a penalty."""

    flop = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula:
            self.flop += formula(*args, **(kwargs or {}), out_val=out)
        return out


@cache
def measured_rate(seconds: float = 1.0) -> float:
    """Return the FLOP a second of this machine in steps of the preset "dcgan" on noise.

    In its own precision and on its own threads; the first two steps are not timed. The same number
    for all calls in a process.
    """
    recipe = train.get_preset("dcgan")
    with machine.rng_untouched():
        state = train.State(recipe)
        x = torch.rand(recipe.batch, *state.G.shape, generator=state.rng) * 2 - 1
        for _ in train.train(state, lambda n, rng: x, 2):
            pass
        float(state.history[-1][0])  # waits for a device
        start, taken = time.perf_counter(), 0.0
        while taken < seconds:
            for _ in train.train(state, lambda n, rng: x, 2):
                pass
            float(state.history[-1][0])
            taken = time.perf_counter() - start
    return step_cost(batch=recipe.batch).flop * (state.step - 2) / taken


@dataclass(frozen=True)
class Budget:
    """What some hours on some devices buy."""

    step: StepCost
    devices: int
    hours: float
    seconds_a_step: float  # of which
    waiting: float  # go into averaging the gradients

    @property
    def rate(self) -> float:
        """Images a second, of all devices together."""
        return self.devices * self.step.batch / self.seconds_a_step

    @property
    def images(self) -> float:
        return 3600 * self.hours * self.rate

    @property
    def speedup(self) -> float:
        """How many times the images of one device."""
        return self.devices * (1 - self.waiting / self.seconds_a_step)


def budget(step: StepCost, rate: float, devices: int, hours: float, link: float = LINK) -> Budget:
    """Return what `hours` on so many devices buy, each at `rate` FLOP/s with a batch of its own.

    `link` joins them, in bytes a second. In a ring each device sends 2 (d - 1) / d times the
    gradients in each step (Patarasu and Yuan 2009), and nothing is computed meanwhile: an engine
    that does both at once is faster. Raises InputError for a number that is not above 0.
    """
    if min(rate, hours, link) <= 0:
        raise InputError(
            f"A rate, hours and a link are above 0, and {rate}, {hours} and {link} were given: "
            "correct them."
        )
    waiting = 2 * (at_least("devices", devices, 1) - 1) / devices * step.gradients / link
    return Budget(step, devices, hours, step.flop / rate + waiting, waiting)
