"""A learner's own steps of D and G (lesson 05) in a widget: called, and judged in one sentence."""

import inspect
import traceback
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from gancourse import machine
from gancourse.errors import InputError
from gancourse.train import State

CALLED = {"D": ("G", "D", "opt_D", "x_real", "z"), "G": ("G", "D", "opt_G", "z")}
NOTEBOOK = "__main__"  # the module of what a notebook's cells define


class StepError(InputError):
    """A learner's step cannot be called, stopped with an error, or returned something else."""


class OwnStep:
    """`step` of player `who` ("D" or "G"), as lesson 05 writes it; a call of this takes it.

    D's is called as `step(G, D, opt_D, x_real, z)` with x_real [N, 2] and z [N, 2], G's as
    `step(G, D, opt_G, z)`; each returns its loss before the step, a number or a tensor of one. A
    function that a notebook defines again under the same name is taken in its new form from the
    next step on. Raises StepError for a step that cannot be called so.
    """

    def __init__(self, who: str, step: Callable):
        self.who, self.name, self._step = who, f"{who.lower()}_step", step
        self._named = _named_now(step) is step
        self._check(step)

    def take(self, state: State, x_real: Tensor) -> dict[str, Tensor]:
        """Take the step on real samples [N, 2] and N fresh z; return what it saw, as train's do."""
        step, z = self._newest(), state.noise(len(x_real))
        optimiser = getattr(state, f"opt_{self.who}")
        given = (state.G, state.D, optimiser, *([x_real] if self.who == "D" else []), z)
        seen = _says(state, x_real, z) if self.who == "D" else {}
        try:
            with machine.computing(state.threads):
                loss = step(*given)
        except Exception as error:
            for net in given[:2]:
                net.requires_grad_(True)  # it may have stopped with a frozen player
            raise StepError(self._stopped(step, error)) from error
        return seen | {f"{self.who.lower()}_loss": self._number(loss).to(state.device)}

    def said_of(self, moved: str) -> str:
        """Return what to say of a step after which the weights of `moved` ("DG") had changed."""
        other = "G" if self.who == "D" else "D"
        if self.who not in moved:
            return (f"Your {self.name} ran, and {self.who}'s weights are as they were: does it "
                    f"call opt_{self.who}.step(), and does a gradient reach {self.who} "
                    "before?")  # fmt: skip
        return f"Your {self.name} changed {other}'s weights too." if other in moved else ""

    def _newest(self) -> Callable:
        now = _named_now(self._step) if self._named else None
        if inspect.isfunction(now) and now is not self._step and now.__module__ == NOTEBOOK:
            self._check(now)
            return now
        return self._step

    def _check(self, step) -> None:
        call = f"{self.name}({', '.join(CALLED[self.who])})"
        if not callable(step):
            raise StepError(f"{self.name} must be a function {call}, and {step!r} was given.")
        try:
            signature = inspect.signature(step)
        except (TypeError, ValueError):
            return  # a builtin, say: the call will tell
        try:
            signature.bind(*CALLED[self.who])
        except TypeError:
            raise StepError(
                f"{self.name} is called as {call}, and yours takes {signature}: give it these "
                f"{len(CALLED[self.who])} arguments in this order."
            ) from None

    def _stopped(self, step: Callable, error: Exception) -> str:
        where = _where(step, error)
        if isinstance(error, NotImplementedError):
            return f"{self.name} is still to be written: it raises NotImplementedError{where}."
        return f"{self.name} stopped{where}: {type(error).__name__}: {_text(error)}"

    def _number(self, loss) -> Tensor:
        if isinstance(loss, Tensor) and loss.numel() == 1:
            return loss.detach().float().reshape(())
        if isinstance(loss, int | float | np.number) and not isinstance(loss, bool):
            return torch.tensor(float(loss))
        what = "nothing" if loss is None else _kind(loss)
        raise StepError(
            f"{self.name} must return {self.who}'s loss, one number, and it returned {what}: end "
            f"it with `return {self.who.lower()}_loss.item()`."
        )


@torch.no_grad()
def _says(state: State, x_real: Tensor, z: Tensor) -> dict[str, Tensor]:
    return {"D(x)": state.D(x_real), "D(G(z))": state.D(state.G(z))}


def weights(state: State) -> dict[str, Tensor]:
    """Return a copy of each player's weights, "D" and "G", as one vector."""
    flat = nn.utils.parameters_to_vector
    return {who: flat(getattr(state, who).parameters()).detach().clone() for who in "DG"}


def moved(before: dict[str, Tensor], state: State) -> str:
    """Return which players' weights are not those of `before`: "", "D", "G" or "DG"."""
    after = weights(state)
    return "".join(who for who in "DG" if not torch.equal(before[who], after[who]))


def _named_now(step):
    """Return what the name of a notebook's function stands for at present, or None."""
    if getattr(step, "__module__", "") != NOTEBOOK:
        return None
    return getattr(step, "__globals__", {}).get(getattr(step, "__name__", ""))


def _where(step: Callable, error: Exception) -> str:
    """Return the line at which a step stopped, in its own file: " in line 3, `...`"."""
    code = getattr(inspect.unwrap(step), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first one is ours
    mine = [f for f in frames if code is not None and f.filename == code.co_filename]
    if not mine:
        return ""
    line = f", `{mine[-1].line}`," if mine[-1].line else ""
    return f" in line {mine[-1].lineno}{line}".removesuffix(",")


def _text(error: Exception) -> str:
    text = (str(error).strip().splitlines() or ["no more is known"])[0][:300]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _kind(value) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {list(value.shape)}"
    return f"a {type(value).__name__}"
