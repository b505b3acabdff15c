"""The algorithm: a step of D, a step of G, and the loop around them. Lessons 05 and 06.

Everything a run depends on stands in its `State`, so a run that is killed and resumed from its last
checkpoint ends with the same weights, bit for bit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse import losses, nets
from gancourse.errors import at_least, choose
from gancourse.train import graphs, parallel
from gancourse.train.averages import ema_step
from gancourse.train.state import COLUMNS, State, on_its_threads


@on_its_threads
def d_step(state: State, x_real: Tensor, x_fake: Tensor | None = None) -> dict[str, Tensor]:
    """Take one step of D on real samples [N, ...] and as many fakes; return what it saw.

    The fakes are `x_fake`, or else fresh ones. Nothing reaches G: they are taken without their
    graph. Source: Goodfellow et al. 2014, algorithm 1.
    """
    if x_fake is None:
        with torch.no_grad():
            x_fake = state.fakes(len(x_real))
    x_real, x_fake = (nets.packed(x, state.recipe.pack) for x in (x_real, x_fake.detach()))
    with state.autocast():
        logit_real, logit_fake = state.D(x_real), state.D(x_fake)
        d_loss = state.loss.d_loss(logit_real.float(), logit_fake.float())
    state.opt_D.zero_grad()
    sum(_penalties(state, x_real, x_fake.float()), d_loss).backward()
    state.opt_D.step()
    if state.recipe.clip:
        clip(state.D, state.recipe.clip)
    return {"d_loss": d_loss, "D(x)": logit_real, "D(G(z))": logit_fake}


def _penalties(state: State, x_real: Tensor, x_fake: Tensor) -> Iterator[Tensor]:
    """Yield each penalty that the recipe wants of D, times its weight. Lesson 12."""
    recipe = state.recipe
    if recipe.r1:
        yield recipe.r1 * losses.r1_penalty(state.D, x_real)
    if recipe.r2:
        yield recipe.r2 * losses.r2_penalty(state.D, x_fake)
    if recipe.gp:  # a GPU draws the mixing weights itself: a step that is played back draws afresh
        rng = None if state.device.type == "cuda" else state.rng
        yield recipe.gp * losses.wgan_gp_penalty(state.D, x_real, x_fake, rng)


@torch.no_grad()
def clip(D: torch.nn.Module, limit: float) -> None:
    """Put each of D's weights back into -limit..limit (Arjovsky et al. 2017, algorithm 1)."""
    for weight in D.parameters():
        weight.clamp_(-limit, limit)


@on_its_threads
def g_step(state: State, x_real: Tensor, x_fake: Tensor | None = None) -> dict[str, Tensor]:
    """Take one step of G on N = len(x_real) fakes, `x_fake` with their graph or else fresh ones.

    Returns its loss. D's weights are frozen meanwhile: nobody uses their gradients, which cost an
    eighth of the step.
    """
    if x_fake is None:
        x_fake = state.fakes(len(x_real))
    x_real, x_fake = (nets.packed(x, state.recipe.pack) for x in (x_real, x_fake))
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
    turn = parallel.together(graphs.played_back(both_steps, state))
    for _ in range(steps):
        yield one_step(state, sample_real, turn)


@on_its_threads
def one_step(state: State, sample_real: Source, turn: "Turn | None" = None) -> Record:
    """Take a turn: the steps of D, one of G, one of the average; add a row to the history.

    `turn` is another way to compute `both_steps`, such as one that a GPU plays back.
    """
    if state.recipe.anneal:
        _set_rates(state)
    n = state.recipe.batch * state.recipe.steps_D
    x_real = sample_real(n, state.rng).to(state.device)
    row = (turn or both_steps)(state, x_real, state.noise(len(x_real)))
    ema_step(state)
    return _noted(state, row)


def both_steps(state: State, x_real: Tensor, z: Tensor) -> Tensor:
    """Take the steps of D and one of G, on real samples [N, ...] and z [N, z_dim]; return the row.

    N is `steps_D` batches, one for each step of D. G uses the last one's fakes: D's step leaves G
    alone, so G's answer to z is still right, and drawing it again would cost a tenth of the step.
    """
    turns = state.recipe.steps_D
    for x, noise in zip(x_real.chunk(turns), z.chunk(turns), strict=True):
        with state.autocast():
            x_fake = state.G(noise)
        seen = d_step(state, x, x_fake)
    return _row(seen | g_step(state, x, x_fake))


Turn = Callable[[State, Tensor, Tensor], Tensor]


def _set_rates(state: State) -> None:
    rates = zip((state.opt_G, state.opt_D), state.recipe.rates(state.step), strict=True)
    for optimiser, rate in rates:
        for group in optimiser.param_groups:
            group["lr"] = rate


def note(state: State, seen: dict[str, Tensor]) -> Record:
    """Count a step and return its Record, from what `d_step` and `g_step` saw."""
    return _noted(state, _row(seen))


@torch.no_grad()
def _row(seen: dict[str, Tensor]) -> Tensor:
    """Return d_loss, g_loss, mean D(x) and mean D(G(z)) [4], without a wait for the device."""
    shares = [seen[name].float().sigmoid().mean() for name in ("D(x)", "D(G(z))")]
    return torch.stack([seen["d_loss"], seen["g_loss"], *shares])


def _noted(state: State, row: Tensor) -> Record:
    state.step += 1
    state.history.append(row)
    return Record(state.step, row)
