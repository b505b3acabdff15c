"""The training loop: two steps, one state that saves and resumes exactly, an iterator. Lesson 05.

`d_step` and `g_step` are the algorithm. Everything a run depends on stands in its `State`, so a run
that is killed and resumed from its last checkpoint ends with the same weights, bit for bit.
"""

import copy
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse import losses, machine, nets
from gancourse.errors import InputError, at_least, choose
from gancourse.registry import find
from gancourse.store import load_tensors, save_tensors

CHECKPOINT = "gancourse-checkpoint-2"
COLUMNS = ("d_loss", "g_loss", "D(x)", "D(G(z))")


OPTIMISERS = ("adam", "sgd")


@dataclass(frozen=True)
class Recipe:
    """All the choices of a run, as data: nets, loss, penalty, optimiser, rates, batch, EMA.

    `optimiser` is one of OPTIMISERS; for "sgd" the first of `betas` is its momentum. From the first
    to the second step of `anneal` both rates fall in a straight line to a hundredth.
    """

    net: str
    G: dict = field(default_factory=dict)
    D: dict = field(default_factory=dict)
    loss: str = "non-saturating"
    r1: float = 0.0
    r2: float = 0.0
    lr_G: float = 2e-4
    lr_D: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    batch: int = 128
    ema: float = 0.999
    precision: str | None = None  # None: what is fastest on the machine
    optimiser: str = "adam"
    anneal: tuple[int, int] | None = None

    def __post_init__(self):
        losses.get_loss(self.loss)
        choose("optimiser", self.optimiser, OPTIMISERS)
        at_least("batch", self.batch, 2)
        object.__setattr__(self, "betas", tuple(float(beta) for beta in self.betas))
        if not 0 <= self.ema < 1:
            raise InputError(f"ema is a decay from 0 to below 1, and {self.ema} was given.")
        if min(self.lr_G, self.lr_D) <= 0 or min(self.r1, self.r2) < 0:
            raise InputError(
                "Learning rates must be above 0, r1 and r2 not below, and "
                f"{self.lr_G}, {self.lr_D}, {self.r1} and {self.r2} were given: mend the recipe."
            )
        if self.anneal is not None:
            steps = tuple(int(step) for step in self.anneal)
            if len(steps) != 2 or not 0 <= steps[0] < steps[1]:
                raise InputError(
                    "anneal is the steps where rates begin and end to fall, the second after the "
                    f"first, and {self.anneal} was given: mend the recipe."
                )
            object.__setattr__(self, "anneal", steps)

    def rates(self, step: int) -> tuple[float, float]:
        """Return the learning rates of G and D after so many steps."""
        if self.anneal is None:
            return self.lr_G, self.lr_D
        first, last = self.anneal
        share = min(1.0, max(0.01, (last - step) / (last - first)))
        return share * self.lr_G, share * self.lr_D


PRESETS = {
    "mlp": Recipe("mlp", lr_G=1e-3, lr_D=1e-3, ema=0.995),
    "dcgan": Recipe(
        "dcgan",
        G={"z_dim": 16, "width": 64, "depth": 1},
        D={"width": 64, "depth": 1},
        lr_G=2e-3,
        lr_D=2e-3,
        batch=64,
    ),
    "dcgan-large": Recipe(  # for an hour and more
        "dcgan",
        G={"z_dim": 16, "width": 128, "depth": 1},
        D={"width": 128, "depth": 1},
        lr_G=1e-3,
        lr_D=1e-3,
        batch=64,
        ema=0.9998,
        anneal=(27_000, 36_000),
    ),
}


def get_preset(name: str, **changes) -> Recipe:
    """Return the recipe called `name`, of PRESETS or a write-up's, with the fields in `changes`."""
    return replace(find("preset", name, PRESETS, "PRESETS"), **changes)


class State:
    """Everything a run depends on: nets, optimisers, EMA of G, random state, step and history.

    `data` is the name of what it learns from, `threads` on how many a CPU computes its steps: that
    decides the last bits of a sum. `history` has one row for each step taken: d_loss,
    g_loss, mean D(x), mean D(G(z)), as tensors on the device, so that recording never waits for it.
    """

    def __init__(self, recipe: Recipe, seed: int = 0, device=None, precision: str | None = None):
        self.recipe, self.seed, self.step, self.data = recipe, seed, 0, ""
        self.device = machine.device(device)
        self.precision = machine.precision(precision or recipe.precision, self.device)
        self.rng = machine.seed_everything(seed)
        machine.keep_memory()
        self.G = self._placed(nets.make_generator(recipe.net, **recipe.G))
        self.D = self._placed(nets.make_discriminator(recipe.net, **recipe.D))
        self.opt_G = self._optimiser(self.G, recipe.lr_G)
        self.opt_D = self._optimiser(self.D, recipe.lr_D)
        self.ema_G = copy.deepcopy(self.G).eval().requires_grad_(False)
        for net in (self.G, self.D):
            machine.compiled(net, self.device)
        self.loss = losses.get_loss(recipe.loss)
        self.threads = machine.threads(machine.kind_of(self.G, self.D))
        self.history: list[Tensor] = []

    def _placed(self, net: nn.Module) -> nn.Module:
        return net.to(self.device, memory_format=machine.memory_format(self.device))

    def _optimiser(self, net: nn.Module, lr: float) -> torch.optim.Optimizer:
        fused = self.device.type != "mps"  # one pass over all weights
        if self.recipe.optimiser == "sgd":
            return torch.optim.SGD(net.parameters(), lr, self.recipe.betas[0], fused=fused)
        return torch.optim.Adam(net.parameters(), lr, self.recipe.betas, fused=fused)

    def curves(self) -> dict[str, list[float]]:
        """Return the history as columns, d_loss, g_loss, D(x) and D(G(z)), one number a step."""
        rows = torch.stack(self.history).tolist() if self.history else []
        return {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}

    def noise(self, n: int) -> Tensor:
        """Return z [n, z_dim], normal, drawn from the run's own random state."""
        return machine.sent(torch.randn(n, self.G.z_dim, generator=self.rng), self.device)

    def fakes(self, n: int) -> Tensor:
        """Return G(z) [n, ...] for fresh z, with its graph, in this run's precision."""
        with self.autocast():
            return self.G(self.noise(n))

    def autocast(self):
        """Return the context in which this run's nets compute: bf16 or fp32."""
        return machine.autocast(self.device, self.precision)


def _on_its_threads(step: Callable) -> Callable:
    """Let `step(state, ...)` compute on as many threads as the run has."""

    @functools.wraps(step)
    def stepped(state: State, *given, **named):
        with machine.computing(state.threads):
            return step(state, *given, **named)

    return stepped


@_on_its_threads
def d_step(state: State, x_real: Tensor, x_fake: Tensor | None = None) -> dict[str, Tensor]:
    """Take one step of D on real samples [N, ...] and as many fakes; return what it saw.

    The fakes are `x_fake`, or else fresh ones. Nothing reaches G: they are taken without their
    graph. Source: Goodfellow et al. 2014, algorithm 1.
    """
    if x_fake is None:
        with torch.no_grad():
            x_fake = state.fakes(len(x_real))
    x_fake = x_fake.detach()
    with state.autocast():
        logit_real, logit_fake = state.D(x_real), state.D(x_fake)
        d_loss = objective = state.loss.d_loss(logit_real.float(), logit_fake.float())
    if state.recipe.r1:
        objective = objective + state.recipe.r1 * losses.r1_penalty(state.D, x_real)
    if state.recipe.r2:
        objective = objective + state.recipe.r2 * losses.r2_penalty(state.D, x_fake.float())
    state.opt_D.zero_grad()
    objective.backward()
    state.opt_D.step()
    return {"d_loss": d_loss, "D(x)": logit_real, "D(G(z))": logit_fake}


@_on_its_threads
def g_step(state: State, x_real: Tensor, x_fake: Tensor | None = None) -> dict[str, Tensor]:
    """Take one step of G on N = len(x_real) fakes, `x_fake` with their graph or else fresh ones.

    Returns its loss. D's weights are frozen meanwhile: nobody uses their gradients, which cost an
    eighth of the step.
    """
    if x_fake is None:
        x_fake = state.fakes(len(x_real))
    state.D.requires_grad_(False)
    with state.autocast():
        logit_fake = state.D(x_fake)
        logit_real = state.D(x_real).float() if state.loss.pairs_real else None
        g_loss = state.loss.g_loss(logit_real, logit_fake.float())
    state.opt_G.zero_grad()
    g_loss.backward()
    state.opt_G.step()
    state.D.requires_grad_(True)
    return {"g_loss": g_loss}


@_on_its_threads
@torch.no_grad()
def ema_step(state: State) -> None:
    """Move the averaged generator a little towards G; its buffers follow G's at once.

    Early in a run the average is over the last tenth of it, so that it does not drag the start on.
    """
    decay = min(state.recipe.ema, (1 + state.step) / (10 + state.step))
    ours, theirs = list(state.ema_G.parameters()), list(state.G.parameters())
    torch._foreach_lerp_(ours, theirs, 1 - decay)
    for mine, other in zip(state.ema_G.buffers(), state.G.buffers(), strict=True):
        mine.copy_(other)


@dataclass(frozen=True)
class Record:
    """What one step saw. Its numbers are read from the device only when asked for."""

    step: int
    row: Tensor

    def __getitem__(self, name: str) -> float:
        return float(self.row[COLUMNS.index(choose("column", name, COLUMNS))])

    def __str__(self) -> str:
        numbers = zip(COLUMNS, self.row.tolist(), strict=True)
        return f"step {self.step}: " + ", ".join(f"{name} {x:.3f}" for name, x in numbers)


Source = Callable[[int, torch.Generator], Tensor]


def train(state: State, sample_real: Source, steps: int) -> Iterator[Record]:
    """Yield a Record after each of `steps` more steps of D and G.

    `sample_real(n, generator)` gives a batch of n real samples, drawn with the run's own random
    state: `ImageSet.batch` or a toy distribution's `sample`. Raises InputError for steps below 1.
    """
    return _steps(state, sample_real, at_least("steps", steps, 1))


def _steps(state: State, sample_real: Source, steps: int) -> Iterator[Record]:
    state.G.train()
    state.D.train()
    for _ in range(steps):
        yield one_step(state, sample_real)


@_on_its_threads
def one_step(state: State, sample_real: Source) -> Record:
    """Take one step of D, one of G and one of the average; add a row to the history.

    Both players use the same fakes: D's step leaves G alone, so G's answer to z is still right,
    and drawing it again would cost a tenth of the step.
    """
    if state.recipe.anneal:
        _set_rates(state)
    x_real = sample_real(state.recipe.batch, state.rng).to(state.device)
    x_fake = state.fakes(len(x_real))
    seen = d_step(state, x_real, x_fake) | g_step(state, x_real, x_fake)
    ema_step(state)
    return note(state, seen)


def _set_rates(state: State) -> None:
    rates = zip((state.opt_G, state.opt_D), state.recipe.rates(state.step), strict=True)
    for optimiser, rate in rates:
        for group in optimiser.param_groups:
            group["lr"] = rate


@torch.no_grad()
def note(state: State, seen: dict[str, Tensor]) -> Record:
    """Count a step and return its Record, from what `d_step` and `g_step` saw."""
    state.step += 1
    shares = [seen[name].float().sigmoid().mean() for name in ("D(x)", "D(G(z))")]
    state.history.append(torch.stack([seen["d_loss"], seen["g_loss"], *shares]).detach())
    return Record(state.step, state.history[-1])


STANDING = (20, 500)  # batches, samples in each


@_on_its_threads
@torch.no_grad()
def averaged_generator(state: State) -> nn.Module:
    """Return a copy of the averaged generator with batch-norm statistics of its own.

    In a run it has G's, of the last few batches. Here they are the means over 10,000 of its own
    samples from a fixed seed. Source: the standing statistics of Brock et al. 2019, appendix C.
    """
    G = copy.deepcopy(state.ema_G)
    norms = [m for m in G.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.train().momentum = None  # all batches alike
    rng = machine.seed_generator()
    for _ in range(STANDING[0] if norms else 0):
        G(machine.sent(torch.randn(STANDING[1], G.z_dim, generator=rng), state.device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.eval().momentum = momentum
    return G


@torch.no_grad()
def sample(G: nn.Module, n: int = 64, seed: int = 0) -> Tensor:
    """Return n samples [n, *shape] of a generator in evaluation mode, the same for a seed.

    z is drawn on the CPU, so that a seed means the same samples on every device. G's mode is kept.
    """
    at_least("n", n, 1)
    z = torch.randn(n, G.z_dim, generator=machine.seed_generator(seed))
    training = G.training
    with machine.threaded(machine.kind_of(G)):
        x = G.eval()(z.to(next(G.parameters()).device))
    G.train(training)
    return x


def save_state(state: State, path: str | Path) -> Path:
    """Write all of a run to one safetensors file; keep the file it replaces as `path`.previous.

    A kill at any moment leaves at least one whole checkpoint.
    """
    path = Path(path)
    tensors, notes = _pack(state)
    metadata = {"format": CHECKPOINT, "notes": json.dumps(notes)}
    new = save_tensors(_beside(path, "new"), tensors, metadata)
    if path.exists():
        path.replace(_beside(path, "previous"))
    return new.replace(path)


def load_state(path: str | Path, device=None) -> State:
    """Return the run saved at `path`; if that file is damaged, the one before, and say so.

    The damaged file is put aside as `path`.damaged. Raises InputError when neither is a whole
    checkpoint of gancourse.
    """
    path = Path(path)
    try:
        return _unpack(path, device)
    except InputError as error:
        if not _beside(path, "previous").exists():
            raise
        state = _unpack(_beside(path, "previous"), device)
        print(f"Going on from the checkpoint before, at step {state.step}: {error}")
    if path.exists():
        path.replace(_beside(path, "damaged"))
    return state


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


PARTS = ("G", "D", "ema_G", "opt_G", "opt_D")
NOTES = ("seed", "step", "data", "precision", "threads")


def _pack(state: State) -> tuple[dict[str, Tensor], dict]:
    tensors = {"rng": state.rng.get_state(), "global_rng": torch.get_rng_state()}
    if state.history:
        tensors["history"] = torch.stack(state.history)
    for part in PARTS:
        flat = _flatten(getattr(state, part).state_dict())
        tensors |= {f"{part}/{name}": tensor for name, tensor in flat.items()}
    notes = {name: getattr(state, name) for name in NOTES}
    return tensors, notes | {"recipe": asdict(state.recipe)}


def _flatten(state_dict: dict) -> dict[str, Tensor]:
    """Return a net's tensors, or an optimiser's by index and name: `3/exp_avg`."""
    if "state" not in state_dict:
        return state_dict
    slots = state_dict["state"].items()
    return {f"{index}/{name}": t for index, slot in slots for name, t in slot.items()}


def _unpack(path: Path, device) -> State:
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != CHECKPOINT:
        raise InputError(
            f"{path} is no checkpoint of gancourse: give the folder or checkpoint.safetensors of "
            "a run of `gancourse train`."
        )
    try:
        return _rebuilt(tensors, json.loads(metadata["notes"]), path, device)
    except (KeyError, TypeError, RuntimeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path} does not hold all of a run ({type(error).__name__}: {error}): start the run "
            "anew, or resume one that this version wrote."
        ) from None


def _rebuilt(tensors: dict[str, Tensor], notes: dict, path: Path, device) -> State:
    state = State(Recipe(**notes["recipe"]), notes["seed"], device, notes["precision"])
    for part in PARTS:
        _restore(getattr(state, part), _below(tensors, part), path)
    state.step, state.data = notes["step"], notes["data"]
    state.threads = _threads_of(notes)
    state.history = list(tensors.get("history", torch.empty(0, 4)).to(state.device))
    state.rng.set_state(tensors["rng"])
    torch.set_rng_state(tensors["global_rng"])
    return state


def _threads_of(notes: dict) -> int:
    """Return the run's own number of threads, unless this machine has fewer cores.

    Runs that were saved before it was noted had PyTorch's own number.
    """
    return min(notes.get("threads", torch.get_num_threads()), machine.cores())


def _below(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {n.removeprefix(f"{part}/"): t for n, t in tensors.items() if n.startswith(f"{part}/")}


def _restore(target, tensors: dict[str, Tensor], path: Path) -> None:
    if isinstance(target, nn.Module):
        return nets.load_weights(target, tensors, path)
    slots: dict[int, dict[str, Tensor]] = {}
    weights = target.param_groups[0]["params"]
    for name, tensor in tensors.items():
        index, key = name.split("/")
        slots.setdefault(int(index), {})[key] = _laid_out_as(weights[int(index)], tensor)
    groups = target.state_dict()["param_groups"]
    return target.load_state_dict({"state": slots, "param_groups": groups})


def _laid_out_as(weight: Tensor, tensor: Tensor) -> Tensor:
    """Return an average of `weight`'s gradients in its memory format: Adam walks them together."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
