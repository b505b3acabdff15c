"""The algorithm: a step of D, a step of G, and the loop around them. Lessons 05 and 06.

Everything a run depends on stands in its `State`, so a run that is killed and resumed from its last
checkpoint ends with the same weights, bit for bit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse import losses, machine, nets
from gancourse.data import ImageSet
from gancourse.errors import InputError, at_least, choose
from gancourse.train import graphs, parallel
from gancourse.train.augment import diff_augment
from gancourse.train.averages import ema_step
from gancourse.train.recipe import Recipe
from gancourse.train.state import COLUMNS, State, on_its_threads

TRIM = 200  # steps after which a processor's memory is handed back


@on_its_threads
def d_step(
    state: State,
    x_real: Tensor,
    x_fake: Tensor | None = None,
    y_real: Tensor | None = None,
    y_fake: Tensor | None = None,
) -> dict[str, Tensor]:
    """Take one step of D on real samples [N, ...] and as many fakes; return what it saw.

    The fakes are `x_fake`, or else fresh ones. Nothing reaches G: they are taken without their
    graph. A conditional D is given the real samples' labels y_real [N], and with the fakes those
    that G was asked for, y_fake [N]. Source: Goodfellow et al. 2014, algorithm 1.
    """
    if x_fake is None:
        with torch.no_grad():
            y_fake = asked(state, len(x_real), y_real)
            x_fake = state.fakes(len(x_real), y_fake)
    x_real, x_fake = (shown(state, x) for x in (x_real, x_fake.detach()))
    with state.autocast():
        logit_real, error_real = judged(state, x_real, y_real)
        logit_fake, error_fake = judged(state, x_fake, y_fake)
        d_loss = state.loss.d_loss(logit_real, logit_fake)
    state.opt_D.zero_grad()
    extra = [*_penalties(state, (x_real, y_real), (x_fake.float(), y_fake)), error_real, error_fake]
    sum((term for term in extra if term is not None), d_loss).backward()
    state.opt_D.step()
    if state.recipe.clip:
        clip(state.D, state.recipe.clip)
    return {"d_loss": d_loss, "D(x)": logit_real, "D(G(z))": logit_fake}


def asked(state: State, n: int, y_real: Tensor | None) -> Tensor | None:
    """Return the labels that G is asked for beside real samples with the labels y_real.

    They are fresh ones; where each fake is held against a real sample, they are that sample's.
    """
    in_pairs = state.loss.pairs_real or state.recipe.gp > 0
    return y_real if in_pairs else state.labels(n)


def shown(state: State, x: Tensor) -> Tensor:
    """Return samples [N, ...] as D sees them: augmented and in packs, where the recipe says so."""
    if state.recipe.augment:
        x = diff_augment(x, state.recipe.augment, _drawing(state))
    return nets.packed(x, state.recipe.pack)


def judged(state: State, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return D's logits [N] of samples with labels y, and how wrong an AC-GAN's D classifies them.

    The second is `losses.auxiliary_loss`, None where D does not classify.
    """
    if not state.recipe.classes:
        return state.D(x).float(), None
    if state.D.how != "auxiliary":
        return state.D(x, y).float(), None
    logit, classes = state.D.both(x)
    return logit.float(), losses.auxiliary_loss(classes.float(), y)


def _drawing(state: State) -> torch.Generator | None:
    """Return whence a step draws: a GPU by itself, so that a step that is played back draws afresh.

    Elsewhere from the run's own random state.
    """
    return None if state.device.type == "cuda" else state.rng


Labelled = tuple[Tensor, Tensor | None]  # samples and their labels


def _penalties(state: State, real: Labelled, fake: Labelled) -> Iterator[Tensor]:
    """Yield each penalty that the recipe wants of D, times its weight. Lesson 12.

    A conditional D's slope is that by x alone, at the sample's own label.
    """
    recipe, (x_real, y_real), (x_fake, y_fake) = state.recipe, real, fake
    if recipe.r1:
        yield recipe.r1 * losses.r1_penalty(_at(state, y_real), x_real)
    if recipe.r2:
        yield recipe.r2 * losses.r2_penalty(_at(state, y_fake), x_fake)
    if recipe.gp:
        D = _at(state, y_real)  # a mixture lies between two samples of one label: see `asked`
        yield recipe.gp * losses.wgan_gp_penalty(D, x_real, x_fake, _drawing(state))


def _at(state: State, y: Tensor | None) -> Callable[[Tensor], Tensor]:
    return (lambda x: state.D(x, y)) if state.recipe.classes else state.D


@torch.no_grad()
def clip(D: torch.nn.Module, limit: float) -> None:
    """Put each of D's weights back into -limit..limit (Arjovsky et al. 2017, algorithm 1)."""
    for weight in D.parameters():
        weight.clamp_(-limit, limit)


@on_its_threads
def g_step(
    state: State,
    x_real: Tensor,
    x_fake: Tensor | None = None,
    y_real: Tensor | None = None,
    y_fake: Tensor | None = None,
) -> dict[str, Tensor]:
    """Take one step of G on N = len(x_real) fakes, `x_fake` with their graph or else fresh ones.

    Labels are `d_step`'s. Returns its loss. D's weights are frozen meanwhile: nobody uses their
    gradients, which cost an eighth of the step.
    """
    if x_fake is None:
        y_fake = asked(state, len(x_real), y_real)
        x_fake = state.fakes(len(x_real), y_fake)
    state.D.requires_grad_(False)
    with state.autocast():
        logit_fake, error = judged(state, shown(state, x_fake), y_fake)
        pairs = state.loss.pairs_real
        logit_real = judged(state, shown(state, x_real), y_real)[0] if pairs else None
        g_loss = state.loss.g_loss(logit_real, logit_fake)
    state.opt_G.zero_grad()
    (g_loss if error is None else g_loss + error).backward()
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


Source = Callable[[int, torch.Generator], Tensor | tuple[Tensor, Tensor]]


def train(state: State, sample_real: Source, steps: int) -> Iterator[Record]:
    """Yield a Record after each of `steps` more steps of D and G.

    `sample_real(n, generator)` gives a batch of n real samples, drawn with the run's own random
    state: `ImageSet.batch` or a toy distribution's `sample`; with labels, for a recipe that has
    classes, as `ImageSet.labelled_batch` does. Raises InputError for steps below 1.
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
    x_real, *y_real = real_batch(state, sample_real, state.recipe.batch * state.recipe.steps_D)
    z = state.noise(len(x_real))
    labels = (*y_real, asked(state, len(x_real), *y_real)) if y_real else ()
    row = (turn or both_steps)(state, x_real, z, *labels)
    ema_step(state)
    record = _noted(state, row)
    if record.step % TRIM == 0 and state.device.type == "cpu":
        machine.trim_memory()
    return record


def source_of(images: ImageSet, recipe: Recipe) -> Source:
    """Return how a run of this recipe draws from an image set: with labels where it wants them."""
    return images.labelled_batch if recipe.classes else images.batch


def real_batch(state: State, sample_real: Source, n: int) -> tuple[Tensor, ...]:
    """Return n real samples on the run's device, and their labels where the recipe has classes.

    Raises InputError where a source gives no labels to such a recipe, or labels to another.
    """
    drawn = sample_real(n, state.rng)
    with_labels = isinstance(drawn, tuple)
    if with_labels != bool(state.recipe.classes):
        raise InputError(
            "A recipe with classes learns from images with labels, and one without from images "
            f"alone, and this source gave {'both' if with_labels else 'images alone'}: give "
            f"{'batch' if with_labels else 'labelled_batch'} of an image set."
        )
    return tuple(t.to(state.device) for t in (drawn if with_labels else (drawn,)))


def both_steps(
    state: State,
    x_real: Tensor,
    z: Tensor,
    y_real: Tensor | None = None,
    y_fake: Tensor | None = None,
) -> Tensor:
    """Take the steps of D and one of G, on real samples [N, ...] and z [N, z_dim]; return the row.

    N is `steps_D` batches, one for each step of D. G uses the last one's fakes: D's step leaves G
    alone, so G's answer to z is still right, and drawing it again would cost a tenth of the step.
    With labels, G makes the fakes for y_fake [N], and D judges them with these same labels.
    """
    batch = (x_real, z) if y_real is None else (x_real, z, y_real, y_fake)
    for x, noise, *y in zip(*(t.chunk(state.recipe.steps_D) for t in batch), strict=True):
        with state.autocast():
            x_fake = state.G(noise, *y[1:])
        seen = d_step(state, x, x_fake, *y)
    return _row(seen | g_step(state, x, x_fake, *y))


Turn = graphs.Turn


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
