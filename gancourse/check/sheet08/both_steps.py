"""Sheet 08, training a DCGAN: cost, one batch of fakes, a step to resume, what bf16 loses."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle, Odd
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g

# 08.1: what a stack of convolutions costs


def _blocks(channels: Sequence[int], side: int, up: bool) -> Iterator[tuple[int, int, int, int]]:
    """Yield for each block its channels in and out, and the sides of its input and its output."""
    for n_in, n_out in pairwise(channels):
        after = side * 2 if up else side // 2
        yield n_in, n_out, side, after
        side = after


def _weights(channels: Sequence[int], kernel: int = 16) -> int:
    return sum(kernel * n_in * n_out for n_in, n_out in pairwise(channels))


def _flop(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (before if up else after) ** 2 for a, b, before, after in blocks)


WEIGHT_MISTAKES: dict[str, Callable[[Sequence[int]], int]] = {
    "The weights count the biases too: these blocks have none.": (
        lambda c: _weights(c) + sum(c[1:])
    ),
    "The weights count one 4 x 4 kernel for each output channel: there is one for each pair of an "
    "input and an output channel.": lambda c: 16 * sum(c[1:]),
    "The weights count one number for each pair of channels: each pair has a kernel of 4 x 4.": (
        lambda c: _weights(c, 1)
    ),
    "The weights take 4 numbers for a kernel: it is 4 x 4, so it has 16.": (
        lambda c: _weights(c, 4)
    ),
    "The weights are those of the last block alone: add all blocks.": lambda c: _weights(c[-2:]),
    "The weights are those of the first block alone: add all blocks.": lambda c: _weights(c[:2]),
}


def _swapped(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (after if up else before) ** 2 for a, b, before, after in blocks)


def _constant_side(channels: Sequence[int], side: int, up: bool) -> int:
    return 2 * _weights(channels) * (side if up else side // 2) ** 2


def _linear_side(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (before if up else after) for a, b, before, after in blocks)


def _wrong_positions(up: bool) -> str:
    if up:
        return (
            "The FLOP are four times too many: a transposed convolution puts one kernel down for "
            "each input position, not for each output position."
        )
    return (
        "The FLOP are four times too many: a convolution of stride 2 puts its kernel on every "
        "second position, so count the output's positions."
    )


def _flop_mistakes(channels: Sequence[int], side: int, up: bool) -> dict[str, float]:
    right = _flop(channels, side, up)
    return {
        "These are multiply-adds: each is two FLOP, one multiplication and one addition.": (
            right / 2
        ),
        _wrong_positions(up): _swapped(channels, side, up),
        "The side stays the same for all blocks here: each block doubles or halves it.": (
            _constant_side(channels, side, up)
        ),
        "The FLOP count one row of positions: a picture has side x side of them.": (
            _linear_side(channels, side, up)
        ),
        "The FLOP count each weight once: it is used at each position of the kernel.": (
            2 * _weights(channels)
        ),
    }


def _stack(draw: Draw, up: bool, blocks: int = 2) -> list:
    """Return the arguments of a call: channels, side and up; no two mistakes give one number."""
    steps = [draw.integer(3, 40) * 4 + 1 for _ in range(blocks)]
    channels = [*steps, 1] if up else [1, *reversed(steps)]
    return [channels, draw.choice([3, 5, 7]) * (1 if up else 2**blocks), up]


def _cost(bench: Bench, fn: Handle, given: list) -> list:
    got = bench.call(fn, given)
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(
            f"cost should return two numbers, weights and FLOP, and gave {facts.describe(got)}."
        )
    return got


def _judge_weights(got: list, channels: Sequence[int]) -> None:
    facts.diagnose(
        facts.number(got[0], "The number of weights"),
        _weights(channels),
        0.5,  # a whole number
        {told: wrong(channels) for told, wrong in WEIGHT_MISTAKES.items()},
        "The number of weights is not the sum of 16 x channels in x channels out over the blocks.",
    )


def _judge_flop(got: list, channels: Sequence[int], side: int, up: bool) -> None:
    facts.diagnose(
        facts.number(got[1], "The number of FLOP"),
        _flop(channels, side, up),
        0.5,
        _flop_mistakes(channels, side, up),
        "The number of FLOP is not the sum over the blocks of 2 x weights x positions of the "
        "kernel.",
    )


def cost_weights(bench: Bench, fn: Handle, draw: Draw) -> None:
    for up in (False, True):
        given = _stack(draw, up)
        _judge_weights(_cost(bench, fn, given), given[0])


def cost_down(bench: Bench, fn: Handle, draw: Draw) -> None:
    given = _stack(draw, up=False)
    _judge_flop(_cost(bench, fn, given), *given)


def cost_up(bench: Bench, fn: Handle, draw: Draw) -> None:
    given = _stack(draw, up=True)
    _judge_flop(_cost(bench, fn, given), *given)


def cost_long(bench: Bench, fn: Handle, draw: Draw) -> None:
    for up in (False, True):
        for blocks in (1, 4):
            given = _stack(draw, up, blocks)
            got = _cost(bench, fn, given)
            _judge_weights(got, given[0])
            _judge_flop(got, *given)


# 08.2: one batch of fakes for both players


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


# 08.3: a step that can be resumed

BETA1, BETA2, TINY = 0.5, 0.999, 1e-8


@dataclass(frozen=True)
class Adam:
    """Adam as written down, with one thing changed for each mistake."""

    beta1: float = BETA1
    beta2: float = BETA2
    correct: tuple[bool, bool] = (True, True)  # the bias of each average
    counts: bool = True  # else each step takes itself for the first
    keeps: tuple[bool, bool] = (True, True)  # whether each average outlives its step
    root: bool = True
    inside: bool = False  # the small number inside of the root
    sign: float = 1.0

    def run(self, weight: Tensor, grads: Sequence[Tensor], lr: float) -> Tensor:
        """Return the weight after one step for each gradient."""
        weight, m, v = weight.double(), 0.0, 0.0
        for t, g in enumerate(grads, 1):
            m, v = (average * keep for average, keep in zip((m, v), self.keeps, strict=True))
            m = self.beta1 * m + (1 - self.beta1) * g.double()
            v = self.beta2 * v + (1 - self.beta2) * g.double() ** 2
            weight = weight - self.sign * lr * self.ratio(m, v, t if self.counts else 1)
        return weight

    def ratio(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        m = m / (1 - self.beta1**t) if self.correct[0] else m
        v = v / (1 - self.beta2**t) if self.correct[1] else v
        if not self.root:
            return m / (v + TINY)
        return m / (v + TINY).sqrt() if self.inside else m / (v.sqrt() + TINY)


ADAMS = {
    "This goes up the gradient: a step is minus lr times the ratio.": Adam(sign=-1.0),
    "Neither average is divided by 1 - beta^t: both start at 0 and are too small at first.": (
        Adam(correct=(False, False))
    ),
    "m is not divided by 1 - beta1^t: it starts at 0 and is too small at first.": (
        Adam(correct=(False, True))
    ),
    "v is not divided by 1 - beta2^t: it starts at 0, and dividing by something too small makes "
    "the first steps huge.": Adam(correct=(True, False)),
    "beta1 and beta2 have changed places: m forgets fast (0.5), v slowly (0.999).": (
        Adam(beta1=BETA2, beta2=BETA1)
    ),
    "beta1 is 0.9 here: GANs use 0.5.": Adam(beta1=0.9),
    "The square root of v is missing: a step should not depend on the gradient's size.": (
        Adam(root=False)
    ),
    "1e-8 stands inside of the root: it belongs outside, else it drowns small gradients.": (
        Adam(inside=True)
    ),
    "The count of steps is lost between calls: t is always 1, so keep it in the state.": (
        Adam(counts=False)
    ),
    "m is lost between calls: keep it in the state, as a checkpoint must.": (
        Adam(keeps=(False, True))
    ),
    "v is lost between calls: keep it in the state, as a checkpoint must.": (
        Adam(keeps=(True, False))
    ),
    "The state is not used: each call starts anew, as a run does whose checkpoint holds the "
    "weights alone.": Adam(keeps=(False, False), counts=False),
}


@dataclass
class Resumed:
    """A run that lives in plain data alone: its weight and what the learner's step gave as state.

    Between two steps it goes out of the learner's process and back, as through a file.
    """

    weight: Tensor
    lr: float
    state: object

    def step(self, bench: Bench, fn: Handle, grad: Tensor) -> None:
        got = bench.call(fn, [self.weight, grad, self.state, self.lr])
        if not isinstance(got, list) or len(got) != 2:
            raise Wrong(f"adam_step should return (weight, state), and gave {facts.describe(got)}.")
        weight = facts.tensor(got[0], self.weight.shape, "The new weight")
        self.weight, self.state = weight.to(self.weight.dtype), _plain(got[1])


def _plain(state: object) -> object:
    """Return the state; Wrong where something in it cannot be written to a file as it is."""
    if state is None or isinstance(state, bool | int | float | str | Tensor):
        return state
    if isinstance(state, list | dict):
        for part in state.values() if isinstance(state, dict) else state:
            _plain(part)
        return state
    what = state.what if isinstance(state, Odd) else f"a {state.kind}"
    raise Wrong(
        f"The state holds {what}: a checkpoint keeps numbers and tensors under names that are "
        "text, since live objects die with their process."
    )


def _gradients(draw: Draw, shape: Sequence[int], n: int) -> list[Tensor]:
    """Return n gradients: some places of size 1, some small, some below the 1e-8 of the formula."""
    size = 10.0 ** torch.tensor([draw.choice([0, 0, -3, -8]) for _ in range(max(1, shape[-1]))])
    return [size * (draw.normal(*shape) + 0.5) for _ in range(n)]


def _run(draw: Draw, shape: Sequence[int] = (6,)) -> Resumed:
    return Resumed(draw.normal(*shape), draw.uniform(0.01, 0.03), {})


def _judge_adam(run: Resumed, start: Tensor, grads: list[Tensor], else_: str) -> None:
    """Raise Wrong unless the weight is Adam's. A step is at most 10 lr, and errs by some eps."""
    want = Adam().run(start, grads, run.lr)
    tolerance = 8 * len(grads) * facts.EPS * (1 + float(start.abs().max()))
    if facts.near(run.weight, want, tolerance):
        return
    for meaning, other in ADAMS.items():
        if facts.near(run.weight, other.run(start, grads, run.lr), 4 * tolerance):
            raise Wrong(meaning)
    raise Wrong(else_)


def _taken(bench: Bench, fn: Handle, run: Resumed, grads: list[Tensor], else_: str) -> None:
    start = run.weight
    for grad in grads:
        run.step(bench, fn, grad)
    if facts.near(run.weight, start, 0.0):
        raise Wrong("The weight that comes back did not move: return the new one, then the state.")
    _judge_adam(run, start, grads, else_)


def adam_first(bench: Bench, fn: Handle, draw: Draw) -> None:
    run = _run(draw)
    _taken(bench, fn, run, _gradients(draw, (6,), 1), "The first step, from {}, is not Adam's.")


def adam_on(bench: Bench, fn: Handle, draw: Draw) -> None:
    else_ = "The first step is right and later ones are not: look at what the state hands on."
    _taken(bench, fn, _run(draw), _gradients(draw, (6,), draw.integer(8, 12)), else_)


def adam_two_runs(bench: Bench, fn: Handle, draw: Draw) -> None:
    runs = [_run(draw) for _ in range(2)]
    starts = [run.weight for run in runs]
    grads = [_gradients(draw, (6,), 6) for _ in runs]
    for pair in zip(*grads, strict=True):
        for run, grad in zip(runs, pair, strict=True):
            run.step(bench, fn, grad)
    else_ = (
        "Two runs that take turns disturb each other: something is kept outside of the state, and "
        "a killed process would lose it."
    )
    for run, start, own in zip(runs, starts, grads, strict=True):
        _judge_adam(run, start, own, else_)


def adam_shapes(bench: Bench, fn: Handle, draw: Draw) -> None:
    for dtype in (torch.float32, torch.float64):
        run = _run(draw, (3, 4))
        run.weight = run.weight.to(dtype)
        grads = [g.to(dtype) for g in _gradients(draw, (3, 4), 30)]
        _taken(bench, fn, run, grads, "Thirty steps of a matrix do not lead where Adam leads.")


# 08.4: steps that bf16 cannot hold


def _bf16(x: Tensor) -> Tensor:
    """Return the nearest bf16 numbers, as float64."""
    return x.float().bfloat16().double()


def _walk(weight: Tensor, grads: Tensor, lr: float, kept: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the weight after one step for each row, passed through `kept` after each."""
    weight = kept(weight.double())
    for grad in grads.double():
        weight = kept(weight - lr * grad)
    return weight


def _descent(draw: Draw, n: int, steps: int, size: float = 1.0) -> list:
    """Return weight, grads and lr whose single steps are too small for bf16.

    Next to a weight w of bf16 lie numbers at a distance of |w| / 256 to |w| / 128: a step of less
    than |w| / 512 is rounded away. Here 300 steps or more, of |w| / 1500 at most on average, move a
    weight by a fifth.
    """
    sign = torch.where(draw.normal(n) > 0, 1.0, -1.0)
    weight = size * sign * (1.2 + 0.7 * torch.rand(n, generator=draw.generator()))
    lr = draw.uniform(0.05, 0.1)
    grads = weight / (lr * 5 * steps) * (1 + 0.3 * draw.normal(steps, n))
    return [weight, grads, lr]


def _both(bench: Bench, fn: Handle, given: list) -> list[Tensor]:
    got = bench.call(fn, given)
    if isinstance(got, Tensor) and got.shape == (2, *given[0].shape):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(
            "many_steps should return two tensors, the weight to keep and its bf16 copy, and gave "
            f"{facts.describe(got)}."
        )
    shape = given[0].shape
    return [facts.tensor(got[0], shape, "The weight to keep"),
            facts.tensor(got[1], shape, "The copy in bf16")]  # fmt: skip


STALLED = (
    "The weight hardly moved: it was kept in bf16, where a step of less than half the distance to "
    "the next number is rounded away; keep it in float32."
)


def _judge_kept(got: Tensor, given: list) -> None:
    weight, grads, lr = given
    want = _walk(weight, grads, lr, lambda w: w)
    # each step rounds a number of size |w|, by half an eps or less; the product adds a little
    tolerance = 0.6 * len(grads) * facts.EPS * float(weight.abs().max())
    if facts.near(got, want, tolerance):
        return
    mistakes = {
        "The weight went up the gradient: subtract lr times the gradient.": (
            2 * weight.double() - want
        ),
        "The weight to keep is rounded to bf16: the next steps would start from there; round only "
        "the copy.": _bf16(want),
        "The gradients were averaged: take one step for each row.": (
            weight.double() - lr * grads.double().mean(0)
        ),
        "lr is missing.": weight.double() - grads.double().sum(0),
    }
    for meaning, value in mistakes.items():
        if facts.near(got, value, tolerance):
            raise Wrong(meaning)
    way = (want - weight.double()).abs().max()
    if (got - weight.double()).abs().max() < 0.1 * way:
        raise Wrong(STALLED)
    if (got - want).abs().max() < 0.5 * way:
        raise Wrong(
            "The weight goes the right way and misses: something was rounded to 16 bits, the "
            "gradients, lr or their sum."
        )
    raise Wrong("The weight to keep is not weight minus lr times each row of grads.")


def _judge_copy(got: Tensor, given: list) -> None:
    want = _walk(*given, lambda w: w)
    step = _bf16(want).abs() / 128  # at least the distance to the next bf16 number
    if not facts.near(got, _bf16(got), 0.0):
        sixteen = facts.near(got, got.half().double(), 0.0)
        also = " (these are fp16, which has more digits and a smaller range)" if sixteen else ""
        raise Wrong(f"The copy holds numbers that bf16 does not have{also}: bfloat16 is asked.")
    if not (got - want).abs().le(step).all():
        if facts.near(got, _bf16(given[0]), 0.0):
            raise Wrong("The copy is that of the first weight: round after the steps.")
        raise Wrong("The copy is not the kept weight rounded to bf16.")
    # within rounding of the kept weight itself, either neighbour may be the nearest
    surely = (want - _bf16(want)).abs() < 0.45 * step / 2
    if not facts.near(got[surely], _bf16(want)[surely], 0.0):
        raise Wrong(
            "The copy is not always the nearest bf16 number: cutting digits off makes each weight "
            "too small, by up to twice the error of rounding."
        )


def steps_kept(bench: Bench, fn: Handle, draw: Draw) -> None:
    given = _descent(draw, 64, draw.integer(300, 400))
    _judge_kept(_both(bench, fn, given)[0], given)


def steps_copy(bench: Bench, fn: Handle, draw: Draw) -> None:
    given = _descent(draw, 64, draw.integer(300, 400))
    _judge_copy(_both(bench, fn, given)[1], given)


def steps_sizes(bench: Bench, fn: Handle, draw: Draw) -> None:
    for size in (2.0**-9, 2.0**9):
        given = _descent(draw, 64, 300, size)
        kept, rounded = _both(bench, fn, given)
        _judge_kept(kept, given)
        _judge_copy(rounded, given)


EXERCISES = (
    Exercise(
        "08.1",
        "what a stack of convolutions costs",
        points=6,
        minutes=15,
        parts=(
            Part("the weights", 1, cost_weights),
            Part("the FLOP of a discriminator", 2, cost_down),
            Part("the FLOP of a generator", 2, cost_up),
            Part("stacks of one and of four blocks", 1, cost_long, shown=False),
        ),
        names=("cost",),
    ),
    Exercise(
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
    ),
    Exercise(
        "08.3",
        "a step that can be resumed",
        points=8,
        minutes=25,
        parts=(
            Part("the first step", 2, adam_first),
            Part("the steps after it", 2, adam_on),
            Part("two runs in turn", 2, adam_two_runs),
            Part("a matrix, 30 steps, float64", 2, adam_shapes, shown=False),
        ),
        names=("adam_step",),
    ),
    Exercise(
        "08.4",
        "steps that bf16 cannot hold",
        points=6,
        minutes=15,
        parts=(
            Part("the weight that is kept", 3, steps_kept),
            Part("its copy in bf16", 2, steps_copy),
            Part("small and large weights", 1, steps_sizes, shown=False),
        ),
        names=("many_steps",),
    ),
)
