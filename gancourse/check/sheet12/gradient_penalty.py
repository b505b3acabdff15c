"""Exercise 12.1: the gradient penalty of WGAN-GP."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.cases import each, telling
from gancourse.check.sheet12.shared import (
    SHAPES,
    discriminator,
    judge_gradient,
    judge_left,
    slopes,
)
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

NO_GRAPH = (
    "The penalty does not depend on D's weights: torch.autograd.grad needs create_graph=True, or "
    "what it gives is a number that D cannot learn from."
)


def _norms(grad: Tensor) -> Tensor:
    return grad.flatten(1).norm(dim=1)  # [N]


Of = Callable[[Tensor], Tensor]  # of gradients [N, ...]: one number
MISTAKES: dict[str, Of] = {
    "The 1 is forgotten: slopes are drawn to 0, not to 1. It is (norm - 1)^2.": (
        lambda g: _norms(g).square().mean()
    ),
    "The norm is taken over the whole batch: each sample has its own, so flatten from axis 1 on.": (
        lambda g: (g.norm() - 1).square()
    ),
    "The difference from 1 is not squared: slopes above and below 1 cancel.": (
        lambda g: (_norms(g) - 1).mean()
    ),
    "The difference from 1 is taken without its sign and is not squared.": (
        lambda g: (_norms(g) - 1).abs().mean()
    ),
    "The norm itself is squared before 1 is taken away: it is (norm - 1)^2.": (
        lambda g: (_norms(g).square() - 1).square().mean()
    ),
    "The mean norm is taken before the square: a slope of 0 and one of 2 would pass as 1.": (
        lambda g: (_norms(g).mean() - 1).square()
    ),
    "The penalties are summed over the batch: average them.": (
        lambda g: (_norms(g) - 1).square().sum()
    ),
    "Each number of the gradient is drawn to 1: take the norm of a sample's whole gradient.": (
        lambda g: (g - 1).square().mean()
    ),
    "The norm is taken along one axis of the picture: flatten each sample first.": (
        lambda g: (g.norm(dim=-1) - 1).square().mean()
    ),
    "The norm is taken over the channels alone: flatten each sample first.": (
        lambda g: (g.norm(dim=1) - 1).square().mean()
    ),
    "Each channel of a picture has a norm of its own: flatten each sample, its channels too.": (
        lambda g: (g.flatten(min(2, g.dim() - 1)).norm(dim=-1) - 1).square().mean()
    ),
    "Only slopes above 1 are punished: here those below 1 are, too.": (
        lambda g: (_norms(g) - 1).clamp(min=0).square().mean()
    ),
    "This is the gradient of the mean logit, so each slope is divided by the size of the batch: "
    "take that of the sum.": lambda g: (_norms(g) / len(g) - 1).square().mean(),
    "The penalty is halved.": lambda g: (_norms(g) - 1).square().mean() / 2,
    "The weight of 10 is in it: return the penalty alone.": (
        lambda g: 10 * (_norms(g) - 1).square().mean()
    ),
    "The norm is that of absolute values: take the Euclidean one.": (
        lambda g: (g.flatten(1).abs().sum(1) - 1).square().mean()
    ),
    "The norm is averaged over the pixels: it is the root of their sum of squares.": (
        lambda g: (g.flatten(1).square().mean(1).sqrt() - 1).square().mean()
    ),
}


def _penalty(grad: Tensor) -> Tensor:
    return (_norms(grad) - 1).square().mean()


def _judge_value(student: Student, fn: Handle, draw: Draw, D: twins.Twin, size: tuple) -> None:
    """With real and fake samples alike, x of this size, it does not matter how they are mixed."""

    def drawn() -> tuple[Tensor, Tensor]:
        x = draw.normal(*size)
        return x, slopes(D.here, x.double()).detach()

    x, grad = telling(drawn, lambda case: _penalty(case[1]), lambda case: each(MISTAKES)(case[1]))
    got = facts.number(student.call(fn, [D.there, x, x]), "The penalty")
    want = _penalty(grad).item()
    facts.diagnose(
        got, want, 2e-5 * max(1.0, want), each(MISTAKES)(grad),
        "This is not the mean over the batch of (norm of D's gradient by the sample - 1)^2.",
    )  # fmt: skip


def penalty_value(student: Student, fn: Handle, draw: Draw) -> None:
    """Steep and flat D, points and pictures, a batch of one, and slopes far above 1."""
    of_points, of_pictures = SHAPES
    for shape, grow, N in (
        (of_points, 2.2, 6), (of_pictures, 2.0, 5), (of_pictures, 0.7, 1), (of_points, 6.0, 4),
    ):  # fmt: skip
        D = discriminator(student, draw, shape, grow)
        _judge_value(student, fn, draw, D, (N, *shape))


def penalty_graph(student: Student, fn: Handle, draw: Draw) -> None:
    """The gradient by D's weights, and all of D as it was."""
    for shape in SHAPES:
        D, x = discriminator(student, draw, shape, 2.0), draw.normal(5, *shape)
        args = [D.there, x, x]
        judge_left(student, fn, args, D, draw)
        judge_gradient(student, fn, args, D, _penalty(slopes(D.here, x.double())), NO_GRAPH)


STEPS = 64  # of the staircase below
TURNS, PAIRS = 300, 40  # calls that show one weight of three, and all
MANY = 64  # pairs of those


def _staircase(net: nn.Module) -> None:
    """Make D's slope 1 + sqrt(a), in steps of 1/64, for a sample whose first number is a in 0..1.

    Then one sample's penalty is its a, and so the weight of its mixing.
    """
    first, _, last = net.body
    edges = torch.linspace(0, 1, STEPS + 1)
    rise = (edges[1:].sqrt() - edges[:-1].sqrt()) / (1 - first_slope(net))
    first.weight.zero_()
    first.weight[:, 0], first.bias[:] = 1.0, -torch.cat([torch.tensor([-9.0]), edges[:-1]])
    last.bias.zero_()
    last.weight[0, 1:] = rise
    last.weight[0, 0] = 1 - first_slope(net) * rise.sum()


def _off_the_line(net: nn.Module) -> None:
    """Make D steep where the first number differs from one in the middle, and even where not."""
    first, _, last = net.body
    middle = first.weight.shape[1] // 2 + 1  # of a picture: another channel, row and column
    first.weight.zero_()
    first.weight[:, 0] = torch.tensor([1.0, 20.0, -20.0])
    first.weight[:, middle] = torch.tensor([1.0, -20.0, 20.0])
    first.bias[:] = torch.tensor([9.0, -0.02, -0.02])
    last.weight[0], last.bias[:] = torch.ones(3), 0.0


def first_slope(net: nn.Module) -> float:
    """Return the slope of D's leaky ReLU below 0."""
    return net.body[1].negative_slope


def _built(student: Student, draw: Draw, width: int, shape, change) -> twins.Twin:
    made = {"widths": [width], "shape": list(shape)}
    return twins.twin(student, draw, "discriminator/mlp", made, change)


def penalty_between(student: Student, fn: Handle, draw: Draw) -> None:
    """Nothing is said of the points by a penalty that is wrong where they are known."""
    try:
        _between(student, fn, draw)
    except Wrong:
        try:
            penalty_value(student, fn, draw)
        except Wrong:
            raise Wrong(UNREADABLE) from None
        raise


UNREADABLE = (
    "The penalty is not right yet where real and fake samples are alike, so it does not show where "
    "the points lie."
)


def _between(student: Student, fn: Handle, draw: Draw) -> None:
    """Read a sample's mixing weight from its penalty, one for each call; then those of pairs.

    The sample is one of three: the penalties of the others, where both kinds are at 0, are 0.
    """
    for shape in SHAPES:
        D = _built(student, draw, STEPS + 1, shape, _staircase)
        ends = torch.stack([torch.ones(shape), torch.zeros(shape)])
        _judge_line(student, fn, draw, ends)
    nothing, found = torch.zeros(3, *shape), []
    for _ in range(TURNS):
        x_real = nothing.clone()
        x_real[draw.integer(0, 2)] = 1.0
        found.append(3 * _number(student, fn, D, x_real, nothing, draw.seed()))
    _judge_weights(torch.tensor(found))
    alone = [_number(student, fn, D, ends[:1], ends[1:], draw.seed()) for _ in range(8)]
    if max(alone) - min(alone) < 0.02:
        raise Wrong(
            "A batch of one pair has the same point in every call: draw its weight there, too."
        )
    many = ends.repeat(MANY // 2, *[1] * len(shape))
    _judge_each(torch.tensor([
        _number(student, fn, D, many, many.flip(0), draw.seed()) for _ in range(PAIRS)
    ]))  # fmt: skip
    _judge_reach(student, fn, draw)  # each of its samples has a weight of its own by now


def _number(student, fn: Handle, D: twins.Twin, x_real, x_fake, seed: int) -> float:
    return facts.number(student.call(fn, [D.there, x_real, x_fake], seed=seed), "The penalty")


def _judge_weights(found: Tensor) -> None:
    """Judge 300 weights of the real sample: uniform in 0..1.

    A staircase ends at 1, so weights beyond it come out as 1, and those below 0 as 0.
    """
    low, high = found.min().item(), found.max().item()
    if low > 0.97:
        raise Wrong("D's slope is taken at the real samples: take it between real and fake ones.")
    if high < 0.03:
        raise Wrong("D's slope is taken at the fake samples: take it between real and fake ones.")
    ends = ((found < 0.004) | (found > 0.996)).double().mean().item()
    if ends > 0.3:
        raise Wrong(
            "Many points lie at the ends or beyond them: draw the weight uniformly from 0 to 1, "
            "such as with torch.rand, not with torch.randn."
        )
    if high - low < 0.02:
        raise Wrong(
            f"Each point lies at the same place, {low:.2f} of the way from fake to real: draw a "
            "new weight, uniformly from 0 to 1, for each sample."
        )
    if not facts.uniform(found, 0.0, 1.0, 1 / STEPS):
        raise Wrong("The mixing weights are not uniform from 0 to 1.")


EDGE, CROWD = 0.02, 1000
SHORT = (
    f"Of {CROWD:,} mixing weights none is {{beyond}}: uniform from 0 to 1 reaches both ends, so "
    "add no margin to what torch.rand gives."
)


def _step(edge: float) -> Callable[[nn.Module], None]:
    """Return a change that makes D's slope 1, and 2 where a sample's first number is above edge."""

    def change(net: nn.Module) -> None:
        first, _, last = net.body
        s = first_slope(net)
        first.weight.zero_()
        first.weight[:, 0], first.bias[:] = 1.0, torch.tensor([9.0, -edge])
        last.weight[0] = torch.tensor([1 - s / (1 - s), 1 / (1 - s)])
        last.bias.zero_()

    return change


def _judge_reach(student: Student, fn: Handle, draw: Draw) -> None:
    """Judge both ends: of 1,000 weights none within 0.02 of an end comes once in 10^8 draws."""
    ones, zeros = torch.ones(CROWD, *SHAPES[0]), torch.zeros(CROWD, *SHAPES[0])
    D = [_built(student, draw, 2, SHAPES[0], _step(edge)) for edge in (EDGE, 1 - EDGE)]
    above = [CROWD * _number(student, fn, net, ones, zeros, draw.seed()) for net in D]
    if above[0] > CROWD - 0.5:
        raise Wrong(SHORT.format(beyond=f"below {EDGE}"))
    if above[1] < 0.5:
        raise Wrong(SHORT.format(beyond=f"above {1 - EDGE}"))


def _judge_line(student: Student, fn: Handle, draw: Draw, ends: Tensor) -> None:
    D = _built(student, draw, 3, ends.shape[1:], _off_the_line)
    grad = slopes(D.here, ends.double()).detach()
    want = _penalty(grad).item()
    for _ in range(4):
        got = _number(student, fn, D, ends[:1], ends[1:], draw.seed())
        if not facts.near(got, want, 1e-3):
            raise Wrong(
                "The points do not lie between their two samples: one weight mixes a whole sample, "
                "so it has the shape [N, 1, ...], and each pixel has the same."
            )


def _judge_each(means: Tensor) -> None:
    """Judge 40 mean penalties of 64 samples, t and 1 - s: one weight for all gives 1/2 always.

    With weights of their own the values spread by 0.036, and by 0.1 where 8 weights serve all.
    """
    if means.std() < 0.015:
        raise Wrong("One weight mixes the whole batch: each sample has its own, so draw N of them.")
    if means.std() > 0.065:
        raise Wrong(
            f"In a batch of {MANY} the weights of some pairs go together: each sample has its own, "
            "so draw N of them."
        )


VALUE, BETWEEN, GRAPH = "the penalty of known points", "points between", "D can learn from it"
EXERCISE = Exercise(
    "12.1",
    "the gradient penalty",
    points=9,
    minutes=20,
    parts=(
        Part(VALUE, 3, penalty_value),
        Part(BETWEEN, 2, penalty_between),
        Part(GRAPH, 3, penalty_graph),
        Part("other D", 1, Again((penalty_value, penalty_between, penalty_graph)), shown=False),
    ),
    names=("gradient_penalty",),
    withheld=("gancourse.losses.wgan_gp_penalty",),
    promises=(
        (r"the mean of $(|\nabla_x D(x)| - 1)^2$", VALUE),
        ("at points between `x_real` and `x_fake`", BETWEEN),
        ("with a weight of its own for each pair, uniform from 0 to 1", BETWEEN),
        ("Euclidean, of a sample's whole gradient", VALUE),
        ("D's weights must be able to learn from it", GRAPH),
        ("leave D as it is, its gradients too", GRAPH),
    ),
)
