"""Exercise 09.3: inversion by gradient descent."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


@dataclass(frozen=True)
class Search:
    """A generator in evaluation mode, the pictures to find, and where to start."""

    G: twins.Twin
    x: Tensor  # [N, 1, 3, 3], or [N, 7]
    z: Tensor  # [N, z_dim]
    steps: int
    lr: float
    prior: float

    def take(self, student: Student, fn: Handle) -> object:
        return student.call(fn, [self.G.there, self.x, self.z, self.steps, self.lr, self.prior])


def _search(
    student: Student, draw: Draw, N: int, steps: int, prior: float = 0.0, shape=(1, 3, 3)
) -> Search:
    z_dim = draw.integer(3, 5)
    options = {"z_dim": z_dim, "widths": [12], "shape": list(shape), "norm": True}
    G = twins.twin(student, draw, "generator/mlp", options, twins.used(draw))
    G.here.eval()
    student.apply(G.there, torch.zeros(2, z_dim))  # and so is its twin
    x, z = 0.8 * draw.normal(N, *shape).tanh(), 1.5 * draw.normal(N, z_dim)
    z[0, 0] = draw.uniform(3.5, 4.5)  # far out, where a clamp would show
    return Search(G, x, z, steps, draw.uniform(1.0, 1.4), prior)


Loss = Callable[[nn.Module, Tensor, Tensor, float], Tensor]  # G, x, z, prior -> one number


def _pixel_loss(G: nn.Module, x: Tensor, z: Tensor, prior: float) -> Tensor:
    return ((G(z) - x).square().flatten(1).mean(1) + prior * z.square().mean(1)).sum()


def _descended(search: Search, loss: Loss, train: bool = False, opt: str = "SGD") -> Tensor:
    G, z = copy.deepcopy(search.G.here).train(train), search.z.double().requires_grad_()
    optimizer = getattr(torch.optim, opt)([z], lr=search.lr)
    for _ in range(search.steps):
        optimizer.zero_grad()
        loss(G, search.x.double(), z, search.prior).backward()
        optimizer.step()
    return z.detach()


def _piled_up(search: Search) -> Tensor:
    """Return what comes of gradients that are never set to zero."""
    z, total = search.z.double(), torch.zeros_like(search.z.double())
    for _ in range(search.steps):
        leaf = z.clone().requires_grad_()
        _pixel_loss(search.G.here, search.x.double(), leaf, search.prior).backward()
        total = total + leaf.grad
        z = z - search.lr * total
    return z


def _first_gradient(search: Search) -> Tensor:
    z = search.z.double().requires_grad_()
    _pixel_loss(search.G.here, search.x.double(), z, search.prior).backward()
    return (z - search.steps * search.lr * z.grad).detach()


def _once(search: Search) -> Tensor:
    z = search.z.double().requires_grad_()
    _pixel_loss(search.G.here, search.x.double(), z, search.prior).backward()
    return (z - search.lr * z.grad).detach()


def _drawn_towards(pull: Callable[[Tensor], Tensor]) -> Callable[[Search], Tensor]:
    """Return a search whose prior is another term pull(z) [N]."""

    def loss(G: nn.Module, x: Tensor, z: Tensor, prior: float) -> Tensor:
        return _pixel_loss(G, x, z, 0.0) + prior * pull(z).sum()

    return lambda search: _descended(search, loss)


SEARCH_MISTAKES: dict[str, Callable[[Search], Tensor]] = {
    "z has not moved at all: its gradient must be applied to it, and the new z returned.": (
        lambda s: s.z.double()
    ),
    "This goes uphill: the pictures get further away. Subtract the gradient.": lambda s: _descended(
        s, lambda G, x, z, prior: -_pixel_loss(G, x, z, prior)
    ),
    "The errors of the pixels are summed: the error is their mean, so the step is too long by the "
    "number of pixels.": lambda s: _descended(
        s, lambda G, x, z, p: (G(z) - x).square().sum() + p * z.square().mean(1).sum()
    ),
    "The loss is averaged over the batch, so each picture's step is divided by how many others "
    "there are: sum over the batch, so that each goes its way alone.": lambda s: _descended(
        s, lambda G, x, z, prior: _pixel_loss(G, x, z, prior) / len(z)
    ),
    "The error is halved, or not squared as it should be: it is the mean of (G(z) - x)^2.": (
        lambda s: _descended(s, lambda G, x, z, p: _pixel_loss(G, x, z, 2 * p) / 2)
    ),
    "This is the mean of absolute differences: square them.": lambda s: _descended(
        s, lambda G, x, z, p: (
            (G(z) - x).abs().flatten(1).mean(1) + p * z.square().mean(1)).sum()
    ),
    "G ran in training mode: batch norm mixes the pictures, and each z depends on its "
    "neighbours.": lambda s: _descended(s, _pixel_loss, train=len(s.z) > 1),
    "The gradients pile up: set z's gradient to zero before each step.": _piled_up,
    "Every step takes the first gradient again: run G again at the z of the moment.": (
        _first_gradient
    ),
    "Only one step was taken: go on for `steps` steps.": _once,
    "This is Adam: it moves each number by about lr, whatever its gradient. Take plain gradient "
    "descent here.": lambda s: _descended(s, _pixel_loss, opt="Adam"),
    "The prior does not pull: add prior times |z|^2 / z_dim to the error.": _drawn_towards(
        lambda z: torch.zeros(len(z), dtype=z.dtype)
    ),
    "The prior pushes away from 0: add it to the error.": _drawn_towards(
        lambda z: -z.square().mean(1)
    ),
    "The prior takes |z|^2 and does not divide it by z_dim.": _drawn_towards(
        lambda z: z.square().sum(1)
    ),
    "The prior is halved: it is |z|^2 / z_dim.": _drawn_towards(lambda z: z.square().mean(1) / 2),
    "The prior takes |z|, without the square: near 0 it should hardly pull.": _drawn_towards(
        lambda z: z.norm(dim=1) / z.shape[1]
    ),
    "The prior is averaged over the batch too: each picture has its own.": _drawn_towards(
        lambda z: z.square().mean(1) / len(z)
    ),
}  # fmt: skip


NOT_DESCENT = (
    "This is not where gradient descent on each picture's own error arrives from the given z."
)
STEEP = (
    "Where the prior is so strong that the error rises in a step, this is not plain gradient "
    "descent: take each step whole, with no shorter ones, none left out, and no gradient cut off."
)


def _judge_search(student: Student, fn: Handle, search: Search, else_: str = NOT_DESCENT) -> None:
    got = facts.tensor(search.take(student, fn), search.z.shape, "The z that was found")
    want = _descended(search, _pixel_loss)
    tolerance = 2e-5 * max(1.0, want.abs().max().item()) * (1 + search.steps)
    if facts.near(got, want, tolerance):
        return
    facts.diagnose(
        got, want, tolerance,
        {} if else_ == STEEP else {what: path(search) for what, path in SEARCH_MISTAKES.items()},
        else_,
    )  # fmt: skip


def search_step(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_search(student, fn, _search(student, draw, N=1, steps=1))


def search_many(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_search(student, fn, _search(student, draw, N=3, steps=draw.integer(5, 7)))


def search_prior(student: Student, fn: Handle, draw: Draw) -> None:
    """Of pictures, and of rows of pixels; then one so strong that each step overshoots."""
    for shape in ((1, 3, 3), (7,)):
        steps, prior = draw.integer(2, 4), draw.uniform(0.2, 0.4)
        _judge_search(student, fn, _search(student, draw, 3, steps, prior, shape))
    search = _search(student, draw, 3, 3)
    strong = replace(search, prior=1.25 * search.z.shape[1] / search.lr)  # z goes to -1.5 z
    _judge_search(student, fn, strong, STEEP)


LEFT = {
    "weights": "G's weights have moved: inversion looks for z, and G stays what it is.",
    "grads": "G's gradients are not what they were: backward() fills them on its way to z, "
    "zero_grad() clears them, and they belong to whoever trains G. torch.autograd.grad(loss, z) "
    "touches nothing else.",
}


def search_leaves(student: Student, fn: Handle, draw: Draw) -> None:
    """All of G as it was, the global random state too; and no steps leave z alone."""
    for old_grads in (False, True):
        search = _search(student, draw, N=4, steps=3, prior=0.1)
        if old_grads:
            twins.leave_grads(student, search.G, draw)
        before, random_state = student.snapshot(search.G.there), student.random_state()
        search.take(student, fn)
        after, drawn = student.snapshot(search.G.there), student.random_state()
        twins.judge_untouched(before, after, "G", **LEFT)
        if drawn != random_state:
            raise Wrong("Random numbers were drawn: the descent starts from the z that is given.")
    still = _search(student, draw, N=2, steps=0)
    got = facts.tensor(still.take(student, fn), still.z.shape, "With no steps z")
    if not facts.near(got, still.z, 1e-6):
        raise Wrong("With no steps the answer should be the z that was given.")


ONE, MANY, PRIOR = "one step for one picture", "several steps and pictures", "with a prior"
AFTER = "G as it was"
EXERCISE = Exercise(
    "09.3",
    "back to z",
    points=9,
    minutes=20,
    parts=(
        Part(ONE, 2, search_step),
        Part(MANY, 3, search_many),
        Part(PRIOR, 2, search_prior),
        Part(AFTER, 1, search_leaves),
        Part(
            "other pictures",
            1,
            Again((search_step, search_many, search_prior, search_leaves)),
            shown=False,
        ),
    ),
    names=("invert",),
    withheld=("gancourse.maths.latent.invert",),
    promises=(
        ("go down the error of each picture by itself", MANY),
        ("the mean of $(G(z) - x)^2$ over pixels", ONE),
        ("pictures `x [N, ...]`", PRIOR),
        ("plus `prior` times $|z|^2 / z_{dim}$", PRIOR),
        ("Plain gradient descent, `steps` times", MANY),
        ("`G` comes in evaluation mode", MANY),
        ("leave it as it was: weights, mode, gradients", AFTER),
    ),
)
