"""Exercise 08.2: one batch of fakes for both players."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g


@dataclass(frozen=True)
class Pair:
    """Both players, their optimisers and one batch, in the bench and here."""

    G: twins.Twin
    D: twins.Twin
    opts: tuple[Handle, Handle]
    settings: tuple[dict, dict]
    x_real: Tensor  # [N, 2]
    z: Tensor  # [N, z_dim]

    def take(self, bench: Bench, fn: Handle) -> object:
        return bench.call(fn, [self.G.there, self.D.there, *self.opts, self.x_real, self.z])


def _pair(bench: Bench, draw: Draw, momentum: float = 0.0) -> Pair:
    """Return a pair in training mode; G has batch norm, which counts how often G is called."""
    z_dim, N = draw.integer(2, 4), draw.integer(16, 32)
    made = {"widths": [8], "shape": [2]}
    G = twins.twin(bench, draw, "generator/mlp", {"z_dim": z_dim, "norm": True, **made})
    D = twins.twin(bench, draw, "discriminator/mlp", made)
    settings = tuple({"lr": draw.uniform(0.1, 0.2), "momentum": momentum} for _ in "GD")
    opts = tuple(
        bench.build_optimizer("SGD", net.there, options)
        for net, options in zip((G, D), settings, strict=True)
    )
    x_real = draw.normal(N, 2) + 2 * draw.normal(2)
    return Pair(G, D, opts, settings, x_real, draw.normal(N, z_dim))


Step = Callable[["Game"], None]


class Game:
    """The pair once more, in float64, with the parts of a step in any order."""

    def __init__(self, pair: Pair):
        self.G, self.D = copy.deepcopy((pair.G.here, pair.D.here))
        nets = zip((self.G, self.D), pair.settings, strict=True)
        self.opts = [torch.optim.SGD(net.parameters(), **options) for net, options in nets]
        self.x_real, self.z = pair.x_real.double(), pair.z.double()
        self.losses: list[float] = []

    def fakes(self) -> None:
        self.x_fake = self.G(self.z)

    def d_loss(self) -> Tensor:
        return cross_entropy_d(self.D(self.x_real), self.D(self.x_fake.detach()))

    def g_loss(self) -> Tensor:
        return non_saturating_g(None, self.D(self.x_fake))

    def go(self, loss: Tensor, who: int) -> None:
        """Move one player down a loss: who is 0 for G, 1 for D."""
        self.losses.append(loss.item())
        self.opts[who].zero_grad()
        loss.backward(inputs=list((self.G, self.D)[who].parameters()), retain_graph=True)
        self.opts[who].step()

    def weights(self) -> list[dict[str, Tensor]]:
        return [{n: p.detach() for n, p in net.named_parameters()} for net in (self.G, self.D)]


def _right(game: Game) -> None:
    game.fakes()
    game.go(game.d_loss(), 1)
    game.go(game.g_loss(), 0)


def _g_first(game: Game) -> None:
    game.fakes()
    game.go(game.g_loss(), 0)
    game.go(game.d_loss(), 1)


def _g_saturating(game: Game) -> None:
    game.fakes()
    game.go(game.d_loss(), 1)
    game.go(saturating_g(None, game.D(game.x_fake)), 0)


def _g_pushed_by_both(game: Game) -> None:
    game.fakes()
    pull = cross_entropy_d(game.D(game.x_real), game.D(game.x_fake))
    pull = torch.autograd.grad(
        pull, list(game.G.parameters()), retain_graph=True
    )  # D's loss, through the fakes
    game.go(game.d_loss(), 1)
    both = sum((p * g).sum() for p, g in zip(game.G.parameters(), pull, strict=True))
    game.go(game.g_loss() + both, 0)


def _d_against_new_fakes(game: Game) -> None:
    game.fakes()
    game.go(game.g_loss(), 0)
    game.fakes()
    game.go(game.d_loss(), 1)


def _d_helps(game: Game) -> None:
    game.fakes()
    game.go(game.d_loss(), 1)
    loss = game.g_loss()
    game.go(loss, 0)
    loss.backward(inputs=list(game.D.parameters()))  # on top of its own gradient
    game.opts[1].step()


def _d_uphill(game: Game) -> None:
    game.fakes()
    game.go(-game.d_loss(), 1)
    game.go(game.g_loss(), 0)


G_STEPS: dict[str, Step] = {
    "G moved against the old D: D's step comes first, and G then asks the new D.": _g_first,
    "This is the saturating loss: G should go down the mean of -log D(G(z)).": _g_saturating,
    "G was also pushed down D's loss, which makes its fakes easier to catch: detach the fakes in "
    "D's step.": _g_pushed_by_both,
    "D went up its loss, not down, and G followed that D.": _d_uphill,
}
D_STEPS: dict[str, Step] = {
    "D went up its loss, not down.": _d_uphill,
    "D moved in G's step too, and helped G to fool it: only opt_G may step there.": _d_helps,
    "D learned from fakes that G drew after its own step: D comes first.": _d_against_new_fakes,
}


def _played(pair: Pair, step: Step, times: int = 1) -> Game:
    game = Game(pair)
    for _ in range(times):
        step(game)
    return game


# Weights of two correct steps differ by 1.2e-7 at most (150 draws against float64, measured), those
# of the mistakes below by 6e-5 and more.
TOLERANCE = 20 * facts.EPS


def _judge_player(bench: Bench, pair: Pair, who: int, steps: dict[str, Step], else_: str) -> None:
    twins.judge_weights(
        bench.snapshot((pair.G, pair.D)[who].there)["weights"],
        _played(pair, _right).weights()[who],
        TOLERANCE,
        {told: _played(pair, step).weights()[who] for told, step in steps.items()},
        else_,
    )


def step_of_d(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.take(bench, fn)
    if twins.same_weights(bench, pair.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))
    else_ = "D moved, but not by one step of opt_D down its loss on x_real and G(z)."
    _judge_player(bench, pair, 1, D_STEPS, else_)
    if not twins.still_learns(bench, pair.D, pair.x_real):
        raise Wrong("D stays frozen after the step: give its weights requires_grad back.")


def step_of_g(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.take(bench, fn)
    if twins.same_weights(bench, pair.G):
        raise Wrong(
            "G did not move: detach the fakes for D's loss only; G's loss needs the way from D's "
            "logits back through the fakes, and then opt_G.step()."
        )
    else_ = "G moved, but not by one step of opt_G down the mean of -log D(G(z)), with the new D."
    _judge_player(bench, pair, 0, G_STEPS, else_)


def step_one_call(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    before = bench.snapshot(pair.G.there)["buffers"]
    pair.take(bench, fn)
    if twins.same_weights(bench, pair.G):
        raise Wrong("G did not move, so there is nothing to say about its fakes yet.")
    after = bench.snapshot(pair.G.there)["buffers"]
    name = next(name for name in before if name.endswith("num_batches_tracked"))
    calls = facts.number(after[name], "G's count of batches") - before[name].item()
    if calls == 0:
        raise Wrong("G was not called in training mode: leave its mode as it is.")
    if calls > 1:
        raise Wrong(
            f"G was called {calls:g} times: D's step does not change G, so the fakes of D's step "
            "are still G(z), and with their graph they serve G's step too."
        )


def step_clears(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    for net in (pair.G, pair.D):
        stale = {name: draw.normal(*w.shape) for name, w in net.weights().items()}
        bench.set_grads(net.there, stale)
    pair.take(bench, fn)
    want = _played(pair, _right).weights()
    for who, net in (("D", pair.D), ("G", pair.G)):
        got = bench.snapshot(net.there)["weights"]
        if not facts.all_near(got, want[who == "D"], TOLERANCE):
            raise Wrong(
                f"With old gradients left in both nets, {who} goes elsewhere: clear a player's "
                "gradients before the backward pass of its own loss."
            )


def step_returns(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    got = pair.take(bench, fn)
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(f"The step should return d_loss and g_loss, and gave {facts.describe(got)}.")
    want = _played(pair, _right).losses
    for what, value, right in zip(("d_loss", "g_loss"), got, want, strict=True):
        _judge_loss(pair, what, facts.number(value, what), right, want)


def _judge_loss(pair: Pair, what: str, got: float, right: float, both: list[float]) -> None:
    game = Game(pair)
    game.fakes()
    old = {"d_loss": -game.d_loss().item(), "g_loss": game.g_loss().item()}
    facts.diagnose(
        got,
        right,
        facts.rounding(8 * len(pair.z), right),
        {
            f"{what} is the other player's: return d_loss first, then g_loss.": (
                both[what == "d_loss"]
            ),
            f"{what} is taken with the old D: G asks D after D's step."
            if what == "g_loss"
            else "d_loss has the wrong sign.": old[what],
        },
        f"{what} is not the loss that this step went down.",
    )


def step_again(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw, momentum=0.5)
    for _ in range(3):
        pair.take(bench, fn)
    want = _played(pair, _right, times=3).weights()
    for who, net in (("D", pair.D), ("G", pair.G)):
        got = bench.snapshot(net.there)["weights"]
        if not facts.all_near(got, want[who == "D"], 4 * TOLERANCE):  # errors grow
            raise Wrong(
                f"Three steps in a row, with momentum, do not take {who} where its optimiser "
                "leads: use the optimisers that were given, and clear the gradients each time."
            )


EXERCISE = Exercise(
    "08.2",
    "one batch of fakes for both players",
    points=8,
    minutes=20,
    parts=(
        Part("D moves one step down its loss", 2, step_of_d),
        Part("G moves one step, against the new D", 2, step_of_g),
        Part("G is called once", 1, step_one_call),
        Part("old gradients are cleared", 1, step_clears),
        Part("both losses are returned", 1, step_returns),
        Part("three steps with momentum", 1, step_again, shown=False),
    ),
    names=("both_steps",),
)
