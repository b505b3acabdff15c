"""Exercise 05.3: a step of G."""

from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.sheet05.shared import loss_after
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.losses import non_saturating_g, saturating_g

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
    want = loss_after(scene, _g_objective(scene))
    if not facts.near(got, want, facts.rounding(8 * len(scene.z), 1.0)):
        raise Wrong("What g_step returns is not the loss that its step went down.")


EXERCISE = Exercise(
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
)
