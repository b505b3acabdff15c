"""Two players and one batch: on the learner's side for their step, here to say where it leads."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse.check import facts, twins
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student, StudentError
from gancourse.check.twins import Twin
from gancourse.check.withheld import Withheld
from gancourse.losses import cross_entropy_d, non_saturating_g


class Game:
    """G and D here, with an optimiser each and a batch, and the parts of a step in any order."""

    def __init__(self, G: nn.Module, D: nn.Module, opt_G: Optimizer, opt_D: Optimizer):
        self.nets, self.opts = {"G": G, "D": D}, {"G": opt_G, "D": opt_D}
        self.G, self.D, self.losses = G, D, []

    def deal(self, x_real: Tensor, z: Tensor) -> None:
        """Take this batch for the next steps: x_real [N, ...] and z [N, z_dim]."""
        self.x_real, self.z = x_real, z

    def fakes(self) -> None:
        """Let G make x_fake [N, ...] from z; its graph stays for both players."""
        self.x_fake = self.G(self.z)

    def d_loss(self, loss=cross_entropy_d) -> Tensor:
        return loss(self.D(self.x_real), self.D(self.x_fake.detach()))

    def g_loss(self, loss=non_saturating_g) -> Tensor:
        return loss(None, self.D(self.x_fake))

    def go(self, who: str, loss: Tensor) -> None:
        """Move "G" or "D" alone one step down a loss, which is added to `losses`."""
        self.losses.append(loss.item())
        self.opts[who].zero_grad()
        loss.backward(inputs=list(self.nets[who].parameters()), retain_graph=True)
        self.opts[who].step()

    def weights(self, who: str) -> dict[str, Tensor]:
        return {name: p.detach() for name, p in self.nets[who].named_parameters()}


Step = Callable[[Game], None]
STEEP = 20.0
SURE = 15.0  # of a float32 logit: from 17 on its sigmoid is exactly 1
HELD_BACK = (
    "Where gradients are large {who} moved, but not by one step of opt_{who}: something holds them "
    "back, such as clipping, or an epsilon before a logarithm. Take them as they are."
)
SURELY = 1e-4  # of weights where D's last bias is 150 and more: that is rounded to 8e-6
LOST = (
    "Where D is sure and calls {kind} (logits of {at}) {who} moved, but not by one step of its "
    "optimiser: a sigmoid, a clamp or an epsilon before the logarithm loses the gradient there. "
    "Stay with the logits (softplus, a loss 'with logits')."
)
KINDS = {"real samples fake": 1, "fakes real": -1}
UNEVEN = (
    "Where there are more real samples than fakes D moved, but not by one step of opt_D: each kind "
    "has a mean of its own, over its own number, and the two are added."
)


def evaluating(step: Step) -> Step:
    """Return the step, but of a G in evaluation mode: its batch norm uses the running averages."""

    def other(game: Game) -> None:
        game.G.eval()
        step(game)

    return other


def judge_mode(student: Student, net: Twin, meaning: str) -> None:
    """Raise Wrong where a net, watched before the step, was called in evaluation mode."""
    if student.watch(net.there)["evaluating"]:
        raise Wrong(meaning)


@contextmanager
def uneven() -> Iterator[None]:
    """Where there are more real samples than fakes, say so of an error of the learner's code."""
    try:
        yield
    except StudentError as error:
        if error.kind == Withheld.__name__:
            raise
        raise Wrong(
            f"Where there are more real samples than fakes your code stops with {error.kind} "
            f"({error.message[:150]}): each kind has its own number."
        ) from None


def both_step(game: Game) -> None:
    """One fake batch, a step of D, and a step of G through the new D."""
    game.fakes()
    game.go("D", game.d_loss())
    game.go("G", game.g_loss())


@dataclass(frozen=True)
class Players:
    """G and D on points, an optimiser each, and one batch, on the learner's side and on ours."""

    G: Twin
    D: Twin
    opt_G: Handle
    opt_D: Handle
    settings: dict[str, dict]  # of the optimisers, torch.optim.SGD, by player
    x_real: Tensor  # [N, 2]
    z: Tensor  # [N, z_dim]
    made: dict[str, tuple[str, dict]]  # how the nets are made: kind and options, by player

    def renewed(self, student: Student) -> "Players":
        """Return players with the weights of the moment, and neither gradients nor momentum."""
        nets = {who: self._renewed(student, who) for who in "GD"}
        opts = {
            f"opt_{who}": student.build_optimizer("SGD", net.there, self.settings[who])
            for who, net in nets.items()
        }
        return replace(self, **nets, **opts)

    def _renewed(self, student: Student, who: str) -> Twin:
        net = getattr(self, who)
        now, here = student.snapshot(net.there), copy.deepcopy(net.here)
        here.load_state_dict(now["weights"] | now["buffers"])
        return Twin(here, student.build_net(*self.made[who], now["weights"] | now["buffers"]))

    def all(self) -> list:
        """Return both nets, both optimisers and the batch, for a step to be called with."""
        return [self.G.there, self.D.there, self.opt_G, self.opt_D, self.x_real, self.z]

    def tolerance(self) -> float:
        """Weights: rounding of a gradient, a sum over N samples and 8 units, and of their own.

        The inputs are of size 1, so gradients and weights are too; a step is at most 0.2 of one.
        Where D is steep its weights are up to 8.
        """
        largest = max(1.0, *(w.abs().max().item() for w in self.D.here.parameters()))
        return 0.2 * facts.rounding(8 * len(self.z)) + facts.EPS * largest

    def played(self, step: Step, times: int = 1) -> Game:
        """Return the game, in float64, after steps from where both players were built."""
        G, D = copy.deepcopy((self.G.here, self.D.here))
        opt_G = torch.optim.SGD(G.parameters(), **self.settings["G"])
        opt_D = torch.optim.SGD(D.parameters(), **self.settings["D"])
        game = Game(G, D, opt_G, opt_D)
        game.deal(self.x_real.double(), self.z.double())
        for _ in range(times):
            step(game)
        return game


def two_players(
    student: Student,
    draw: Draw,
    norm: bool = False,
    momentum: float = 0.0,
    sure: float = 0.0,
    decay: float = 0.0,
    steep: float = 1.0,
) -> Players:
    """Return fresh players in training mode and a batch of 6 to 16 samples.

    `norm` gives G batch norm, which needs more: 16 to 32. `sure` is taken off all of D's logits.
    `decay` is the optimisers' weight decay, by which a step shows that one of them took it.
    `steep` multiplies D's slopes, and so all gradients, and makes steps shorter by as much: D is
    wrong about real samples and undecided about fakes, so that neither gradient dies.
    """
    z_dim, N = draw.integer(2, 4), draw.integer(16, 32) if norm else draw.integer(6, 16)

    def lower(D: nn.Module) -> None:
        D.body[-1].bias -= sure
        if steep != 1:
            turn_wrong(D, steep, x_real, copy.deepcopy(G.here)(z.double()).float())

    size = {"widths": [8], "shape": [2]}
    made = {
        "G": ("generator/mlp", {"z_dim": z_dim, "norm": norm, **size}),
        "D": ("discriminator/mlp", size),
    }
    G = twins.twin(student, draw, *made["G"])
    x_real, z = draw.normal(N, 2) + draw.normal(2), draw.normal(N, z_dim)
    D = twins.twin(student, draw, *made["D"], lower)
    fixed = {"momentum": momentum, "weight_decay": decay}
    settings = {who: {"lr": draw.uniform(0.1, 0.2) / steep, **fixed} for who in "GD"}
    opt_G = student.build_optimizer("SGD", G.there, settings["G"])
    opt_D = student.build_optimizer("SGD", D.there, settings["D"])
    return Players(G, D, opt_G, opt_D, settings, x_real, z, made)


def turn_wrong(D: nn.Module, steep: float, x_real: Tensor, x_fake: Tensor) -> None:
    """Make D steeper, and its logits 0 on average for fakes and no more for real samples.

    No more steep than keeps all logits within SURE: a loss of probabilities is exact to there, and
    an exercise that asks for more says so, and has a part for it.
    """
    head = D.body[-1]
    head.weight *= -steep if D(x_real).mean() > D(x_fake).mean() else steep
    head.bias -= D(x_fake).mean()
    largest = max(D(x).abs().max().item() for x in (x_real, x_fake))
    for p in head.parameters():
        p *= min(1.0, SURE / largest)


def judge_step(
    student: Student, players: Players, who: str, right: Step, wrong: dict[str, Step], else_: str
) -> None:
    """Raise Wrong unless a player's weights are where the right step leads, with what that means.

    `wrong` maps what a mistake means to the step that it amounts to.
    """
    twins.judge_weights(
        student.snapshot(getattr(players, who).there)["weights"],
        players.played(right).weights(who),
        players.tolerance(),
        {meaning: players.played(step).weights(who) for meaning, step in wrong.items()},
        else_,
    )


def surely(take: Callable[[], dict], seen: Callable[[], dict]) -> dict:
    """Return what `take` does where D is sure, or `seen` where a loss of probabilities stops.

    Such a loss has made D NaN by then.
    """
    try:
        return take()
    except StudentError as error:
        if "between 0 and 1" not in error.message:
            raise
        return seen()


def judge_where_sure(
    who: str, kind: str, got: dict[str, Tensor], *wants: dict, at: int = 150
) -> None:
    """Raise Wrong where weights are near none of `wants` after a step with a D that is sure."""
    if not any(facts.all_near(got, want, SURELY) for want in wants):
        raise Wrong(LOST.format(kind=kind, who=who, at=at))
