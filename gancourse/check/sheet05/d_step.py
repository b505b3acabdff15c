"""Exercise 05.2: a step of D."""

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.sheet05.shared import D_MISTAKES, loss_after
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.losses import cross_entropy_d


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
    after = loss_after(scene, objective)
    meaning = "This is D's loss after its step: return the loss that the step went down."
    facts.diagnose(
        facts.number(got, "What d_step returns"),
        before,
        facts.rounding(8 * len(scene.z), before),
        {meaning: after},
        "What d_step returns is not D's loss on x_real and G(z).",
    )


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


EXERCISE = Exercise(
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
)
