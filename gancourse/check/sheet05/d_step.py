"""Sheet 05, a minimal GAN on points: D's loss, the two steps, the whole algorithm."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, maps, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong, timed
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g
from gancourse.score import ModeReport, mode_report
from gancourse.toys import Toy, mixture

# What each mistake means, and the loss that it amounts to: used for values and for steps.
D_MISTAKES = {
    "This is V(D, G) itself, which D wants large; a loss is made small: put a minus before it.": (
        lambda real, fake: -cross_entropy_d(real, fake)
    ),
    "Real and fake have changed places: D would learn to call the fakes real.": (
        lambda real, fake: cross_entropy_d(fake, real)
    ),
    "The term of the fakes has G's sign: D would be paid for being fooled.": (
        lambda real, fake: softplus(-real).mean() - softplus(fake).mean()
    ),
    "Only the real samples count: D could call everything real and lose nothing.": (
        lambda real, fake: softplus(-real).mean()
    ),
    "Only the fake samples count: D could call everything fake and lose nothing.": (
        lambda real, fake: softplus(fake).mean()
    ),
    "This sums over the batch: a larger batch would mean larger steps; take the mean of each "
    "term.": (lambda real, fake: softplus(-real).sum() + softplus(fake).sum()),
    "This is half of the loss: each term is an expectation of its own; add the two means, do not "
    "average them.": (lambda real, fake: cross_entropy_d(real, fake) / 2),
    "The sigmoid is applied twice: these are logits, and a loss 'with logits' applies it itself.": (
        lambda real, fake: cross_entropy_d(real.sigmoid(), fake.sigmoid())
    ),
}
G_MISTAKES = {
    "This is the saturating loss, log(1 - D(G(z))): where D is sure, it leaves G without gradient; "
    "minimise -log D(G(z)).": (lambda fake: saturating_g(None, fake)),
    "G walks uphill: -log D(G(z)) must become smaller, and this step makes it larger.": (
        lambda fake: -non_saturating_g(None, fake)
    ),
    "G learns to be caught: its target for D on fakes is 'real', and this step aims at 'fake'.": (
        lambda fake: softplus(fake).mean()
    ),
    "This adds the saturating and the non-saturating loss: together they are -logit, another "
    "divergence.": (lambda fake: -fake.mean()),
    "This sums over the batch: a larger batch would mean larger steps; take the mean.": (
        lambda fake: softplus(-fake).sum()
    ),
}
NO_LOG = (
    "At logits of 10,000 the loss is not finite: a sigmoid is exactly 0 there before its log, or "
    "an exp has overflowed; stay with logits (softplus, logsigmoid or a loss 'with logits')."
)
CLAMPED = (
    "At logits of 10,000 the loss is too small: a clamp or an epsilon inside the log hides how "
    "wrong D is, and its gradient; stay with logits."
)


# 05.1: D's loss on logits


def _logits(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    return draw.normal(n, mean=1.0, sd=2.0), draw.normal(m, mean=-1.0, sd=2.0)


def _judge_d_loss(got: object, real: Tensor, fake: Tensor) -> None:
    mistakes = {meaning: loss(real, fake) for meaning, loss in D_MISTAKES.items()}
    facts.diagnose(
        facts.number(got, "d_loss"),
        cross_entropy_d(real, fake),
        facts.rounding(len(real) + len(fake), 5.0),  # softplus of these logits stays below 10
        mistakes,
        "This is not the mean of -log D(x) plus the mean of -log(1 - D(G(z))), with D the sigmoid "
        "of the logit.",
    )


def d_loss_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        n = draw.integer(4, 40)
        real, fake = _logits(draw, n, n)
        _judge_d_loss(bench.call(fn, [real, fake]), real.double(), fake.double())


def d_loss_gradient(bench: Bench, fn: Handle, draw: Draw) -> None:
    n = draw.integer(4, 40)
    real, fake = _logits(draw, n, n)
    result = bench.call_with_grads(fn, [real, fake], [0, 1])
    facts.number(result["value"], "d_loss")
    found = result["grads"]
    if None in [g if g is None else 0 for g in found]:
        raise Wrong(
            "No gradient comes back to the logits: .item(), float(), .detach() or no_grad cuts the "
            "graph, and D cannot learn."
        )
    wanted = [-(1 - real.double().sigmoid()) / n, fake.double().sigmoid() / n]
    for got, want in zip(found, wanted, strict=True):
        if not facts.near(facts.tensor(got, [n], "The gradient"), want, facts.rounding(8, 1 / n)):
            raise Wrong(
                "The gradient by the logits is not (D(x) - 1) / N for real and D(G(z)) / N for "
                "fake samples: D would be pushed elsewhere."
            )


def d_loss_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    far = 1e4 * torch.tensor([1.0, -1.0]) * draw.uniform(0.9, 1.1)  # one right, one wrong
    found = bench.call_with_grads(fn, [far, far], [0, 1])
    value = found["value"]
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise Wrong(NO_LOG)
    value, pair = facts.number(value, "d_loss"), (far.double(), far.double())
    wanted = cross_entropy_d(*pair).item()
    mistakes = {meaning: loss(*pair) for meaning, loss in D_MISTAKES.items()}
    other = CLAMPED if 0 <= value < wanted else "At logits of 10,000 the loss is another one."
    facts.diagnose(value, wanted, facts.rounding(8, wanted), mistakes, other)
    _judge_far_gradient([g for g in found["grads"] if isinstance(g, Tensor)])


def _judge_far_gradient(grads: list[Tensor]) -> None:
    if len(grads) < 2 or not any(g.any() for g in grads):
        raise Wrong("At logits of 10,000 the gradient is lost: D could never mend its worst error.")
    if not facts.near(torch.stack(grads).sum(1), [-0.5, 0.5], 1e-5):
        raise Wrong("At logits of 10,000 the gradient is lost in part, or has the wrong sign.")


def d_loss_uneven(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _logits(draw, draw.integer(2, 9), draw.integer(20, 40))
    for dtype in (torch.float32, torch.float64):
        got = bench.call(fn, [real.to(dtype), fake.to(dtype)])
        _judge_d_loss(got, real.double(), fake.double())


# 05.2: a step of D


def _d_scene(bench: Bench, step: Handle, draw: Draw, **options) -> tuple[twins.Scene, object]:
    scene = twins.scene(bench, draw, "D", **options)
    return scene, _take_d(bench, step, scene)


def _take_d(bench: Bench, step: Handle, scene: twins.Scene) -> object:
    return bench.call(step, [scene.G.there, scene.D.there, scene.opt, scene.x_real, scene.z])


def _d_objective(scene: twins.Scene, loss=cross_entropy_d):
    x_real, z = scene.x_real.double(), scene.z.double()
    return lambda G, D: loss(D(x_real), D(G(z).detach()))


def _d_moved(bench: Bench, scene: twins.Scene) -> None:
    if twins.same_weights(bench, scene.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))


def d_step_moves(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _d_scene(bench, step, draw)
    _d_moved(bench, scene)
    losses = {meaning: _d_objective(scene, loss) for meaning, loss in D_MISTAKES.items()}
    twins.judge_weights(
        bench.snapshot(scene.D.there)["weights"],
        scene.outcome(_d_objective(scene)),
        scene.tolerance(),
        {meaning: scene.outcome(loss) for meaning, loss in losses.items()},
        "D moved, but not by one step of opt_D down the gradient of its loss on x_real and G(z).",
    )


def d_step_leaves_g(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _d_scene(bench, step, draw)
    _d_moved(bench, scene)
    if not twins.same_weights(bench, scene.G):
        raise Wrong("G moved in D's step: only opt_D may step here.")
    if not facts.empty_grads(bench.snapshot(scene.G.there)["grads"]):
        raise Wrong(
            "Your fake batch is still attached: G's weights got a gradient in D's step; detach the "
            "fakes, or make them under no_grad."
        )
    if not twins.still_learns(bench, scene.G, scene.z):
        raise Wrong("G stays frozen after D's step: give its weights requires_grad back.")


def d_step_clears(bench: Bench, step: Handle, draw: Draw) -> None:
    seed, moved = draw.seed(), []
    for stale in (False, True):
        scene = twins.scene(bench, Draw(seed), "D")
        if stale:
            old = {name: draw.normal(*w.shape) for name, w in scene.D.weights().items()}
            bench.set_grads(scene.D.there, old)
        _take_d(bench, step, scene)
        _d_moved(bench, scene)
        moved.append(bench.snapshot(scene.D.there)["weights"])
    if not facts.all_near(moved[1], moved[0], scene.tolerance()):
        raise Wrong(
            "Gradients that an earlier step left in D are added to yours (G's step leaves some): "
            "clear them before backward."
        )


def d_step_returns(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, got = _d_scene(bench, step, draw)
    _d_moved(bench, scene)
    objective, G, D = _d_objective(scene), scene.G.here, scene.D.here
    before = objective(G, D).item()
    after = _after(scene, objective)
    meaning = "This is D's loss after its step: return the loss that the step went down."
    facts.diagnose(
        facts.number(got, "What d_step returns"),
        before,
        facts.rounding(8 * len(scene.z), before),
        {meaning: after},
        "What d_step returns is not D's loss on x_real and G(z).",
    )


def _after(scene: twins.Scene, objective) -> float:
    """Return the objective with the mover's weights after one step."""
    moved = scene.outcome(objective)
    nets = {"G": scene.G.here, "D": scene.D.here}
    with torch.no_grad():
        kept = {k: v.clone() for k, v in scene.mover.here.state_dict().items()}
        scene.mover.here.load_state_dict(moved)
        value = objective(nets["G"], nets["D"]).item()
        scene.mover.here.load_state_dict(kept)
    return value


def d_step_twice(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _d_scene(bench, step, draw, momentum=0.5)
    _take_d(bench, step, scene)
    twins.judge_weights(
        bench.snapshot(scene.D.there)["weights"],
        scene.outcome(_d_objective(scene), steps=2),
        4 * scene.tolerance(),  # the second step adds its own rounding to the first one's
        {},
        "Two steps in a row, with momentum, do not lead where opt_D leads: step with the optimiser "
        "that was given, and clear the gradients each time.",
    )


# 05.3: a step of G


def _g_scene(bench: Bench, step: Handle, draw: Draw, **options) -> tuple[twins.Scene, object]:
    scene = twins.scene(bench, draw, "G", **options)
    return scene, _take_g(bench, step, scene)


def _take_g(bench: Bench, step: Handle, scene: twins.Scene) -> object:
    return bench.call(step, [scene.G.there, scene.D.there, scene.opt, scene.z])


def _g_objective(scene: twins.Scene, loss=lambda fake: non_saturating_g(None, fake)):
    z = scene.z.double()
    return lambda G, D: loss(D(G(z)))


def _g_moved(bench: Bench, scene: twins.Scene) -> None:
    if twins.same_weights(bench, scene.G):
        raise Wrong(
            "G did not move: the way from the loss through D to G must stay whole (no detach, no "
            "no_grad), and opt_G must step after backward."
        )


def _judge_g(bench: Bench, scene: twins.Scene, else_: str) -> None:
    losses = {meaning: _g_objective(scene, loss) for meaning, loss in G_MISTAKES.items()}
    twins.judge_weights(
        bench.snapshot(scene.G.there)["weights"],
        scene.outcome(_g_objective(scene)),
        scene.tolerance(),
        {meaning: scene.outcome(loss) for meaning, loss in losses.items()},
        else_,
    )


def g_step_moves(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _g_scene(bench, step, draw)
    _g_moved(bench, scene)
    _judge_g(bench, scene, "G moved, but not by one step of opt_G down the mean of -log D(G(z)).")


def g_step_leaves_d(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _g_scene(bench, step, draw)
    _g_moved(bench, scene)
    if not twins.same_weights(bench, scene.D):
        raise Wrong("D moved in G's step: D would help G to fool it; only opt_G may step here.")
    if not facts.empty_grads(bench.snapshot(scene.D.there)["grads"]):
        raise Wrong(
            "D holds gradients of G's step, which D's next step would add to its own: freeze D "
            "meanwhile, or clear them."
        )
    if not twins.still_learns(bench, scene.D, scene.x_real):
        raise Wrong("D stays frozen after G's step: give its weights requires_grad back.")


def g_step_clears(bench: Bench, step: Handle, draw: Draw) -> None:
    seed, moved = draw.seed(), []
    for stale in (False, True):
        scene = twins.scene(bench, Draw(seed), "G")
        if stale:
            old = {name: draw.normal(*w.shape) for name, w in scene.G.weights().items()}
            bench.set_grads(scene.G.there, old)
        _take_g(bench, step, scene)
        _g_moved(bench, scene)
        moved.append(bench.snapshot(scene.G.there)["weights"])
    if not facts.all_near(moved[1], moved[0], scene.tolerance()):
        raise Wrong("G's old gradients are added to the new ones: clear them before backward.")


def g_step_where_d_is_sure(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _g_scene(bench, step, draw, sure=draw.uniform(150.0, 200.0))
    if twins.same_weights(bench, scene.G):
        raise Wrong(
            "Where D is sure (logit -150), G gets no gradient at all and never recovers: "
            "-log D(G(z)) still has the slope -1 there."
        )
    weights = bench.snapshot(scene.G.there)["weights"]
    if not all(isinstance(w, Tensor) and w.isfinite().all() for w in weights.values()):
        raise Wrong(
            "Where D is sure (logit -150), G's weights become NaN: sigmoid is exactly 0 there and "
            "its log infinite; stay with logits (softplus, logsigmoid, a loss 'with logits')."
        )
    _judge_g(bench, scene, "Where D is sure, G's step is not the one down -log D(G(z)).")


def g_step_twice(bench: Bench, step: Handle, draw: Draw) -> None:
    scene, _ = _g_scene(bench, step, draw, momentum=0.5)
    got = facts.number(_take_g(bench, step, scene), "What g_step returns")
    twins.judge_weights(
        bench.snapshot(scene.G.there)["weights"],
        scene.outcome(_g_objective(scene), steps=2),
        4 * scene.tolerance(),  # the second step adds its own rounding to the first one's
        {},
        "Two steps in a row, with momentum, do not lead where opt_G leads: step with the optimiser "
        "that was given, and clear the gradients each time.",
    )
    want = _after(scene, _g_objective(scene))
    if not facts.near(got, want, facts.rounding(8 * len(scene.z), 1.0)):
        raise Wrong("What g_step returns is not the loss that its step went down.")


# 05.4: the whole GAN

# The band. Measured with the four correct solutions of tests/quality/ex05_4.py, 20 random rings
# each, the worst of all 80 runs: no mode missed, 0.53 of high quality, reverse KL 0.06 (the worked
# solution: 0.64 and 0.02). The other side: noise spread over the square has less than 0.1 of high
# quality, and a G that collapsed to half of the modes a reverse KL of log 2 = 0.69.
MISSING_MODES, HIGH_QUALITY, REVERSE_KL = 1, 0.4, 0.6
LIMIT = 30.0  # seconds on two cores
Z_DIM = 2


@dataclass(frozen=True)
class Run:
    """One training on a ring: the toy, the generator, and how its samples do."""

    toy: Toy
    G: Handle
    report: ModeReport


def random_ring(draw: Draw) -> Toy:
    """Return a ring whose number of modes, radius and rotation are drawn: none can be known."""
    modes, radius, turn = draw.integer(5, 8), draw.uniform(0.8, 1.5), draw.uniform(0, 2 * math.pi)
    angle = turn + torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    centres = radius * torch.stack([angle.cos(), angle.sin()], 1)
    return mixture(centres, 0.05 * radius, name="ring")


def _trained(bench: Bench, fn: Handle, draw: Draw) -> Run:
    toy, seed = random_ring(draw), draw.seed()
    x_real = toy.sample(10_000, draw.generator())
    made = timed(bench, LIMIT, "train_gan", lambda: bench.call(fn, [x_real, seed], seed=seed))
    G = facts.net(made, "What train_gan returns")
    x = maps.samples(bench, G, draw.normal(2500, Z_DIM), (2,))
    return Run(toy, G, mode_report(x, toy))


def _check_modes(report: ModeReport) -> None:
    if report.modes < report.of - MISSING_MODES or report.reverse_kl > REVERSE_KL:
        raise Wrong(
            "Mode collapse: your generator leaves out modes of the ring, or hardly goes there "
            "(with at most one missed mode and a reverse KL of at most 0.6 this holds). Is z drawn "
            "anew for each step? Does D get both of its terms?"
        )


def _check_quality(report: ModeReport) -> None:
    if report.share_high_quality < HIGH_QUALITY:
        raise Wrong(
            "Fewer than 40 in 100 of your samples lie within 3 sd of a mode: G has not learned "
            "where the data is. Do G and D step in turn, each down its own loss, for enough steps?"
        )


def gan_covers(bench: Bench, fn: Handle, draw: Draw) -> None:
    _check_modes(draw.once("ring 1", lambda d: _trained(bench, fn, d)).report)


def gan_quality(bench: Bench, fn: Handle, draw: Draw) -> None:
    _check_quality(draw.once("ring 1", lambda d: _trained(bench, fn, d)).report)


def gan_is_a_map(bench: Bench, fn: Handle, draw: Draw) -> None:
    run = draw.once("ring 1", lambda d: _trained(bench, fn, d))
    maps.check_map(bench, run.G, draw, Z_DIM, (2,))


def gan_again(bench: Bench, fn: Handle, draw: Draw) -> None:
    run = _trained(bench, fn, draw)
    _check_modes(run.report)
    _check_quality(run.report)
    maps.check_map(bench, run.G, draw, Z_DIM, (2,))


EXERCISES = (
    Exercise(
        "05.1",
        "D's loss on logits",
        points=6,
        minutes=10,
        parts=(
            Part("both terms, as means, to be minimised", 2, d_loss_value),
            Part("the gradient reaches the logits", 1, d_loss_gradient),
            Part("exact at logits of 10,000", 2, d_loss_far),
            Part("batches of two sizes, in float32 and float64", 1, d_loss_uneven, shown=False),
        ),
        names=("d_loss",),
    ),
    Exercise(
        "05.2",
        "a step of D",
        points=8,
        minutes=15,
        parts=(
            Part("D moves one step down its loss", 2, d_step_moves),
            Part("G is left alone", 2, d_step_leaves_g),
            Part("old gradients are cleared", 2, d_step_clears),
            Part("the loss is returned", 1, d_step_returns),
            Part("two steps with momentum", 1, d_step_twice, shown=False),
        ),
        names=("d_step",),
    ),
    Exercise(
        "05.3",
        "a step of G",
        points=8,
        minutes=15,
        parts=(
            Part("G moves one step down -log D(G(z))", 2, g_step_moves),
            Part("D is left as it was", 2, g_step_leaves_d),
            Part("old gradients are cleared", 1, g_step_clears),
            Part("G learns where D is sure", 2, g_step_where_d_is_sure),
            Part("two steps with momentum", 1, g_step_twice, shown=False),
        ),
        names=("g_step",),
    ),
    Exercise(
        "05.4",
        "a whole GAN on the ring",
        points=12,
        minutes=30,
        parts=(
            Part("the modes are covered", 3, gan_covers, seconds=90.0),
            Part("the samples are good", 3, gan_quality),
            Part("G is a map from z", 2, gan_is_a_map),
            Part("a second ring", 2, gan_again, shown=False, seconds=90.0),
            Part("a third ring", 2, gan_again, shown=False, seconds=90.0),
        ),
        names=("train_gan",),
    ),
)
