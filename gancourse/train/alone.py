"""One player alone, against an opponent that stands still. Lesson 06."""

import torch

from gancourse.errors import at_least, choose
from gancourse.train.state import State
from gancourse.train.steps import Source, d_step, g_step, real_batch

SEEN = 512  # samples of each kind that D judges after each step


@torch.no_grad()
def _called_real(state: State, source: Source) -> tuple[float, float]:
    """Return the shares of real and of fake samples that D calls real, with a logit above 0."""
    real, y = real_batch(state, source, SEEN), state.labels(SEEN)
    kinds = real, (state.fakes(SEEN, y), *(() if y is None else (y,)))
    with state.autocast():
        real, fake = ((state.D(*given) > 0).float().mean().item() for given in kinds)
    return real, fake


def steps_alone(state: State, source: Source, who: str, share: float = 0.9, most: int = 200) -> int:
    """Return the steps that player `who` ("D" or "G") alone takes until it wins; `most` if never.

    D wins when it is right about this `share` of real and fake samples together, G when D calls
    this share of the fakes real. Only that player's net changes; give a copy of a state to keep it.
    """
    choose("player", who, ("D", "G"))
    for taken in range(1, at_least("most", most, 1) + 1):
        x_real, *y = real_batch(state, source, state.recipe.batch)
        labels = {"y_real": y[0]} if y else {}
        d_step(state, x_real, **labels) if who == "D" else g_step(state, x_real, **labels)
        real, fake = _called_real(state, source)
        if (fake if who == "G" else (real + 1 - fake) / 2) >= share:
            return taken
    return most
