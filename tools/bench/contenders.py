"""What the benchmark measures: each entry makes (step, units a step), images or operations."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from bench import textbook
from gancourse import machine, nets, train
from gancourse.data import load_images

Step = tuple[Callable[[], object], int]
Makers = dict[str, Callable[[], Step]]

# The net of the targets: 128 and 64 channels at 28 x 28, batch 128.
CLASSIC = train.get_preset("dcgan", G={"z_dim": 64, "width": 128}, D={"width": 128}, batch=128)
MLP = train.get_preset("mlp")


def ours(recipe=CLASSIC, change=None, take=train.one_step) -> Step:
    """Return the course's loop; `change` alters the state, `take` is another way to take a step."""
    state = train.State(recipe)
    if change:
        change(state)
    images = load_images("mnist").to(state.device)
    return partial(take, state, images.batch), recipe.batch


def theirs(make: Callable[..., textbook.Textbook], **options) -> Step:
    """Return a textbook loop."""
    run = make(**options)
    run.step()  # it knows its batch after one
    return run.step, run.batch


def fresh_fakes(state: train.State, sample_real) -> None:
    """Take a step in which G draws fakes of its own."""
    x_real = sample_real(state.recipe.batch, state.rng)
    seen = train.d_step(state, x_real) | train.g_step(state, x_real)
    train.ema_step(state)
    train.note(state, seen)


def bare(state: train.State, sample_real) -> None:
    """Take the steps alone: no record, no history, no iterator."""
    x_real = sample_real(state.recipe.batch, state.rng)
    x_fake = state.fakes(len(x_real))
    train.d_step(state, x_real, x_fake)
    train.g_step(state, x_real, x_fake)
    train.ema_step(state)


def channels_first(state: train.State) -> None:
    """Let weights and activations lie as PyTorch lays them unless told."""
    for net in (state.G, state.D):
        net.to(memory_format=torch.contiguous_format)
    state.G.body.register_forward_pre_hook(lambda layer, x: x[0].contiguous())


def plain_adam(state: train.State) -> None:
    """Give both players Adam as PyTorch makes it unless told."""
    recipe = state.recipe
    state.opt_G = torch.optim.Adam(state.G.parameters(), recipe.lr_G, recipe.betas)
    state.opt_D = torch.optim.Adam(state.D.parameters(), recipe.lr_D, recipe.betas)


def memory_given_back() -> Step:
    """Return the course's loop with the C library's own way of keeping memory."""
    machine.keep_memory = lambda: None  # this process measures nothing else
    return ours()


def iterated(recipe=MLP) -> Step:
    """Return the course's iterator, as a lesson uses it."""
    state = train.State(recipe)
    images = load_images("mnist").to(state.device)
    records = train.train(state, images.batch, 10**9)
    return lambda: next(records), recipe.batch


def under(make: Callable[[], Step], **environment: str) -> Step:
    """Return what `make` makes under these environment variables, in a process of its own."""
    os.environ |= environment
    return make()


def loading(batches: Iterator[Tensor]) -> Step:
    """Return loading alone, in images."""
    return lambda: next(batches), len(next(batches))


def product(side: int, dtype: torch.dtype) -> Step:
    """Return a product of two square matrices, in operations: what the machine can do at most."""
    a, b, out = (torch.randn(side, side, device=machine.device()).to(dtype) for _ in range(3))
    return lambda: torch.mm(a, b, out=out), 2 * side**3


def changed(**fields) -> Callable[[], Step]:
    return lambda: ours(replace(CLASSIC, **fields))


def ceilings() -> Makers:
    """Return matrix products: three sizes in bf16, the middle one in fp32 as well."""
    sides = (4096, 8192, 16384) if machine.device().type == "cuda" else (1024, 2048, 4096)
    makers = {f"ceiling, bf16, {n}": partial(product, n, torch.bfloat16) for n in sides}
    return makers | {f"ceiling, fp32, {sides[1]}": partial(product, sides[1], torch.float32)}


# Each group is measured in turns; nothing is compared across groups.
DCGANS: Makers = {
    "ours": ours,
    "ours, fp32": changed(precision="fp32"),
    "ours, channels first": partial(ours, change=channels_first),
    "ours, fresh fakes for G": partial(ours, take=fresh_fakes),
    "ours, Adam not fused": partial(ours, change=plain_adam),
    "ours, memory given back": memory_given_back,
    "ours, batch 64": changed(batch=64),
    "ours, batch 256": changed(batch=256),
    "ours, batch 512": changed(batch=512),
    "ours, the default recipe": lambda: ours(train.get_preset("dcgan")),
    "textbook": partial(theirs, textbook.same_network),
    "textbook, 2 loader processes": partial(
        theirs, textbook.same_network, loader=partial(textbook.pil_loader, workers=2)
    ),
    "textbook, data in memory": partial(
        theirs, textbook.same_network, loader=textbook.memory_loader
    ),
    "textbook, 24 channels, data in memory": partial(theirs, textbook.tiny),
    "TensorFlow's tutorial": partial(theirs, textbook.tensorflow_tutorial),
    "PyTorch's example, 64 px": partial(theirs, textbook.pytorch_example),
    **ceilings(),
}
MLPS: Makers = {
    "ours, MLP": lambda: ours(MLP),
    "textbook, MLP": partial(theirs, textbook.mlp),
    "MLP, bare steps": lambda: ours(MLP, take=bare),
    "MLP, iterator": iterated,
}
LOADING: Makers = {
    "loading, ours": lambda: loading(textbook.memory_loader(128)),
    "loading, PIL": lambda: loading(textbook.pil_loader(128)),
    "loading, PIL, 2 processes": lambda: loading(textbook.pil_loader(128, workers=2)),
}
SPEED = {"DCGAN": DCGANS, "MLP": MLPS, "loading": LOADING}
WAYS = {  # of taking a step on a GPU: environment
    "eager": {"GANCOURSE_GRAPHS": "0"},
    "compiled": {"GANCOURSE_GRAPHS": "0", "GANCOURSE_COMPILE": "1"},
    "graphs": {},
    "compiled, graphs": {"GANCOURSE_COMPILE": "1"},
}
BATCHES = (64, 128, 512, 4096)
ON_GPU: Makers = {
    **{f"{way}, batch {n}": partial(under, partial(iterated, replace(CLASSIC, batch=n)), **given)
       for way, given in WAYS.items() for n in BATCHES if "compiled" not in way or n == 128},
    "fp32, graphs, batch 128": lambda: iterated(replace(CLASSIC, precision="fp32")),
    "the default recipe, graphs": lambda: iterated(train.get_preset("dcgan")),
    "the default recipe, eager": partial(
        under, lambda: iterated(train.get_preset("dcgan")), **WAYS["eager"]
    ),
    "MLP, eager": partial(under, iterated, **WAYS["eager"]),
    "MLP, graphs": iterated,
    **{name: DCGANS[name] for name in ("textbook", "textbook, data in memory")},
    **ceilings(),
}  # fmt: skip


class ScaledGenerator(nn.Sequential):
    """The course's DCGAN generator with more doublings: z [N, 64] to [N, 1, size, size].

    The side is doubled `stages` times from size / 2**stages; channels halve from `width`, down to
    8 at least.
    """

    def __init__(self, width: int, stages: int, size: int):
        side, channels = size >> stages, _channels(width, stages)
        layers = [nn.Linear(64, side**2 * width, bias=False), nn.Unflatten(1, (width, side, side))]
        for n_in, n_out in pairwise(channels):
            up = nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=n_out == 1)
            layers += [nn.BatchNorm2d(n_in), nn.ReLU(), up]
        super().__init__(*layers, nn.Tanh())
        self.z_dim = 64
        nets.init_dcgan(self)


class ScaledDiscriminator(nn.Sequential):
    """The discriminator for it: [N, 1, size, size] to logits [N]."""

    def __init__(self, width: int, stages: int, size: int):
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(_channels(width, stages)[::-1]):
            norm = [] if n_in == 1 else [nn.BatchNorm2d(n_out)]
            layers += [nn.Conv2d(n_in, n_out, 4, 2, 1, bias=not norm), *norm, nn.LeakyReLU(0.2)]
        last = nn.Linear((size >> stages) ** 2 * width, 1)
        super().__init__(*layers, nn.Flatten(), last, nn.Flatten(0))
        nets.init_dcgan(self)


def _channels(width: int, stages: int) -> list[int]:
    return [max(8, width >> i) for i in range(stages)] + [1]


nets.GENERATORS["scaled"], nets.DISCRIMINATORS["scaled"] = ScaledGenerator, ScaledDiscriminator


def scaled(batch=128, width=128, stages=2, size=28) -> train.Recipe:
    """Return the recipe of the course's DCGAN at another batch, width or image size."""
    options = {"width": width, "stages": stages, "size": size}
    return replace(CLASSIC, net="scaled", G=options, D=options, batch=batch)


# What grows: name on the axis and the recipe.
COSTS: dict[str, dict[int, train.Recipe]] = {
    "batch": {n: scaled(batch=n) for n in (8, 16, 32, 64, 128, 256, 512, 1024)},
    "width": {n: scaled(width=n) for n in (16, 32, 64, 128, 256)},
    "size": {28: scaled(), 32: scaled(size=32), 64: scaled(size=64, width=256, stages=3)},
}


def costs(axis: str) -> Makers:
    """Return the course's loop on images that cost no loading, for each case of an axis."""
    return {f"{axis} {n}": partial(_worked, recipe) for n, recipe in COSTS[axis].items()}


def _worked(recipe: train.Recipe) -> Step:
    state, size = train.State(recipe), recipe.G["size"]
    x_real = torch.rand(recipe.batch, 1, size, size, generator=state.rng).mul(2).sub(1)
    x_real = x_real.to(state.device)
    return lambda: train.one_step(state, lambda n, generator: x_real), recipe.batch


def maker(name: str) -> Callable[[], Step]:
    """Return what makes the contender `name`, of any group."""
    groups = [*SPEED.values(), ON_GPU, *map(costs, COSTS)]
    return next(group[name] for group in groups if name in group)


def flops(recipe: train.Recipe = CLASSIC) -> float:
    """Return the floating-point operations of one training image in our loop, as PyTorch counts.

    It counts matrix products and convolutions, 2 for a multiply-add.
    """
    from torch.utils.flop_counter import FlopCounterMode

    step, n = _worked(recipe) if recipe.net == "scaled" else ours(recipe)
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops() / n
