"""What one step changed in a GAN on points, large enough to be seen: samples, D's field."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.live.drawings import float_bytes
from gancourse.live.run.points_view import ARROWS, LIMIT, field
from gancourse.plots import Mark, Panel
from gancourse.train import State

SIGNS = 13  # cells along a side in which it is said whether D went up or down
TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # how many times as long a move is drawn
LONG = 0.3  # of what is drawn, nine moves in ten are at most so long


@dataclass(frozen=True)
class Look:
    """How a GAN stands: D's `field`, its fixed samples [N, 2], and what D says of both kinds."""

    field: Tensor  # [SIGNS, SIGNS], the top row first
    fakes: Tensor
    says: dict[str, float]  # mean D(x) and D(G(z))

    @classmethod
    @torch.no_grad()
    def at(cls, state: State, x_real: Tensor, x_fake: Tensor) -> "Look":
        """Look at a state: real samples [M, 2], none at all perhaps, and its samples [N, 2]."""
        says = {"D(x)": state.logits(x_real), "D(G(z))": state.logits(x_fake)}
        means = {name: logit.sigmoid().mean().item() for name, logit in says.items() if len(logit)}
        return cls(field(state.logits, SIGNS), x_fake, means)


@dataclass(frozen=True)
class LastStep:
    """A step of `who` ("D", "G" or both, "DG"), and how things stood `before` and `after` it."""

    who: str
    before: Look
    after: Look

    @property
    def moves(self) -> Tensor:
        """How far each sample went, [N, 2]."""
        return self.after.fakes - self.before.fakes

    @property
    def times(self) -> int:
        """How many times as long the moves are drawn, so that they are seen."""
        long = self.moves.norm(dim=1).quantile(0.9).item()
        return max(n for n in TIMES if n == 1 or n * long <= LONG)

    @property
    def rise(self) -> Tensor:
        """How far D(x) went up, [SIGNS, SIGNS]."""
        return self.after.field - self.before.field

    def described(self) -> dict:
        """Return the part of a frame that shows the step: ghosts, moves, signs from -1 to 1."""
        x, arrow = self.before.fakes[:ARROWS], self.times * self.moves[:ARROWS]
        seen = {"who": self.who, "times": self.times, "signs_side": SIGNS}
        if "G" in self.who:
            moves = torch.cat([x, arrow], 1)
            seen |= {"ghosts": float_bytes(self.before.fakes), "moves": float_bytes(moves)}
        if "D" in self.who:
            largest = self.rise.abs().max().clamp(min=1e-12)
            seen |= {"signs": float_bytes(self.rise / largest)}
        return {"step": seen}

    def sentence(self) -> str:
        """Return in words what the step changed."""
        named = "One turn of both" if len(self.who) == 2 else f"{self.who} alone took a step"
        said = [f"{name} went from {old:.3f} to {self.after.says[name]:.3f}"
                for name, old in self.before.says.items()]  # fmt: skip
        shown = []
        if "D" in self.who:
            shown.append(f"+ and − show where D(x) rose and fell, by {self.rise.abs().max():.2g} "
                         "at most")  # fmt: skip
        if "G" in self.who:
            mean = self.moves.norm(dim=1).mean()
            long = f", drawn {self.times} times as long" if self.times > 1 else ""
            shown.append(f"arrows go from where samples were, {mean:.2g} on average{long}")
        return f"{named}: {', '.join(said)}; {'; '.join(shown)}."

    def panel(self) -> Panel:
        """Return a panel of the step for a still picture: moves, or D's rise and fall as arrows."""
        square = (-LIMIT, LIMIT)
        if "G" in self.who:
            x, arrow = self.before.fakes[:ARROWS], self.times * self.moves[:ARROWS]
            mark = Mark("arrows", *x.T, "", "G", *arrow.T)
            title = f"The step of G, {self.times} times as long"
        else:
            cell = 2 * LIMIT / SIGNS
            at = torch.linspace(-LIMIT + cell / 2, LIMIT - cell / 2, SIGNS)
            x, y = (grid.flatten() for grid in torch.meshgrid(at, -at, indexing="xy"))
            up = cell * (self.rise / self.rise.abs().max().clamp(min=1e-12)).flatten()
            mark = Mark("arrows", x, y - up / 2, "", "D", 0 * up, up)
            title = "Where the step of D raised D(x)"
        return Panel((mark,), "$x_1$", "$x_2$", square, square, title, equal=True)
