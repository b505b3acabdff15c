"""Exercise 13.2: the projection logit."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError

NAMES = ("psi.weight", "psi.bias", "embed.weight")
KEPT = (
    "The module should have `psi` and `embed` as the stub makes them: "
    "psi.weight, psi.bias and embed.weight."
)


@dataclass(frozen=True)
class Case:
    """A head's weights, features and labels, in float64."""

    weights: dict[str, Tensor]
    h: Tensor  # [N, features]
    y: Tensor  # int64 [N]

    @property
    def psi(self) -> Tensor:
        w, b, _ = (self.weights[name] for name in NAMES)
        return self.h @ w[0] + b  # [N]

    @property
    def e(self) -> Tensor:
        return self.weights["embed.weight"][self.y]  # [N, features]

    @property
    def inner(self) -> Tensor:
        return (self.e * self.h).sum(1)  # [N]


def _logit(c: Case) -> Tensor:
    return c.psi + c.inner


def _cosine(c: Case) -> Tensor:
    return c.psi + (normalize(c.e, dim=1) * normalize(c.h, dim=1)).sum(1)


def _through_psi(c: Case) -> Tensor:
    w, b, _ = (c.weights[name] for name in NAMES)
    return (c.h * c.e) @ w[0] + b


def _added_before(c: Case) -> Tensor:
    w, b, _ = (c.weights[name] for name in NAMES)
    return (c.h + c.e) @ w[0] + b


MISTAKES: dict[str, Callable[[Case], Tensor]] = {
    "The label makes no difference: the inner product with its embedding is missing.": (
        lambda c: c.psi
    ),
    "psi(h) is missing: it says how real the image is, whatever its label.": lambda c: c.inner,
    "The inner product is averaged over the features: it is their sum.": (
        lambda c: c.psi + c.inner / c.h.shape[1]
    ),
    "The inner product is divided by the root of the number of features, as in attention: it is "
    "their plain sum here.": lambda c: c.psi + c.inner / c.h.shape[1] ** 0.5,
    "The two terms are multiplied: add them.": lambda c: c.psi * c.inner,
    "The inner product is subtracted: add it.": lambda c: c.psi - c.inner,
    "psi(h) is subtracted: add it.": lambda c: c.inner - c.psi,
    "psi is applied to the product of h and the embedding: the inner product is a term of its own, "
    "beside psi(h).": _through_psi,
    "The embedding is added to the features: it is an inner product with them.": _added_before,
    "This is the cosine of h and the embedding: leave their lengths in.": _cosine,
    "This is a probability: return the logit, without a sigmoid.": lambda c: _logit(c).sigmoid(),
    "All inner products are summed over the batch: sum over the features of each image alone.": (
        lambda c: c.psi + c.inner.sum()
    ),
    "The embeddings are summed and the features are not: multiply first, then sum.": (
        lambda c: c.psi + (c.e.sum(1, keepdim=True) * c.h).sum(1)
    ),
    "The labels stand in the opposite order: image i has label y[i].": (
        lambda c: c.psi + (c.e.flip(0) * c.h).sum(1)
    ),
    "All images are judged with the label of the first one.": (
        lambda c: c.psi + (c.e[:1] * c.h).sum(1)
    ),
    "Each image is compared with all classes, and the largest is taken: the label says which.": (
        lambda c: c.psi + (c.h @ c.weights["embed.weight"].T).amax(1)
    ),
    "The label's embedding is summed by itself: take its inner product with h.": (
        lambda c: c.psi + c.e.sum(1)
    ),
}
ALL_PAIRS = (
    "This has a number for every pair of images, [N, N]: either a logit [N, 1] met an inner "
    "product [N] and was spread over it, or all h met all embeddings (a product of matrices). "
    "Bring both to [N] and add them."
)
OVER_BATCH = (
    "The sum runs over the batch, and leaves one number for each feature: sum over the features "
    "(axis 1), so that one logit is left for each image."
)
COLUMN = "The logits have the shape [N, 1]: squeeze psi's axis of size 1, so that they are [N]."
BATCH_LOST = (
    "With a batch of one image its axis is gone: squeeze() takes away every axis of size 1. Name "
    "the axis: squeeze(1)."
)
MISFITS = (
    "With {N} images of {features} features two tensors do not fit ({message}): is the sum taken "
    "over the features (axis 1), and psi(h) squeezed to [N]?"
)
NEVER_LEARNS = (
    "No gradient reaches the embedding of label {label}, though an image has that label: it never "
    "learns. Each label is a class here, 0 too: is padding_idx set?"
)
NOT_LOGIT = "This is not psi(h) plus the inner product of h with the embedding of its label."


def _case(draw: Draw, N: int, features: int, classes: int) -> Case:
    """Return a case in which labels differ, and read otherwise from behind."""
    shapes = ((1, features), (1,), (classes, features))
    weights = {n: draw.normal(*s).double() for n, s in zip(NAMES, shapes, strict=True)}
    while True:
        y = torch.tensor([draw.integer(0, classes - 1) for _ in range(N)])
        if N == 1 or not (len(y.unique()) == 1 or torch.equal(y, y.flip(0))):
            return Case(weights, draw.normal(N, features).double(), y)


def _made(student: Student, cls: Handle, c: Case) -> Handle:
    """Return the learner's module with the case's weights."""
    classes, features = c.weights["embed.weight"].shape
    net = student.call(cls, [features, classes], seed=0)
    if not isinstance(net, Handle) or net.kind != "module":
        raise Wrong(
            f"ProjectionHead(...) should be a torch.nn.Module, and is {facts.describe(net)}."
        )
    has = student.snapshot(net)["weights"]
    if any(not isinstance(has.get(n), Tensor) or has[n].shape != c.weights[n].shape for n in NAMES):
        raise Wrong(KEPT)
    student.load(net, {name: w.float() for name, w in c.weights.items()})
    return net


def _logits(student: Student, net: Handle, c: Case) -> Tensor:
    """Return logits [N]; Wrong that says what another shape means."""
    N, features = c.h.shape
    try:
        got = student.call(net, [c.h.float(), c.y])
    except StudentError as error:
        if error.kind == "RuntimeError" and "must match" in error.message:
            raise Wrong(MISFITS.format(N=N, features=features, message=error.message)) from None
        raise
    shape = tuple(got.shape) if isinstance(got, Tensor) else None
    if shape == () and N == 1:
        raise Wrong(BATCH_LOST)
    known = {(features,): OVER_BATCH, (N, 1): COLUMN, (1,): BATCH_LOST}
    known |= {(1, features): OVER_BATCH}
    if features != N:  # else [N, N] may be either
        known |= {(N, N): ALL_PAIRS, (N, features): OVER_BATCH}
    if shape != (N,) and shape in known:
        raise Wrong(known[shape])
    return facts.tensor(got, (N,), "What comes back")


def _judge(student: Student, cls: Handle, c: Case) -> None:
    got, want = _logits(student, _made(student, cls, c), c), _logit(c)
    mistakes = {meaning: of(c) for meaning, of in MISTAKES.items()}
    facts.diagnose(got, want, 1e-4 * max(1.0, want.abs().max().item()), mistakes, NOT_LOGIT)


def head_logit(student: Student, cls: Handle, draw: Draw) -> None:
    """More images than features, and the other way round."""
    features = draw.integer(5, 7)
    _judge(student, cls, _case(draw, features + 2, features, draw.integer(3, 5)))
    _judge(student, cls, _case(draw, features - 2, features, draw.integer(3, 5)))


def head_batches(student: Student, cls: Handle, draw: Draw) -> None:
    """As many images as features: a sum along the wrong axis has the right shape. One image."""
    n = draw.integer(4, 6)
    _judge_square(student, cls, _case(draw, n, n, 3))
    _judge(student, cls, _case(draw, 1, draw.integer(5, 7), 4))


def _judge_square(student: Student, cls: Handle, c: Case) -> None:
    got = _logits(student, _made(student, cls, c), c)
    if facts.near(got, c.psi + (c.e * c.h).sum(0), 1e-4):
        raise Wrong(OVER_BATCH)
    _judge(student, cls, c)


def head_gradient(student: Student, cls: Handle, draw: Draw) -> None:
    """The gradient by h, by psi and by the embeddings: of some labels, and of all, 0 too."""
    c = _case(draw, 5, 6, 8)
    net = _made(student, cls, c)
    _judge_gradient(student, net, c, draw.normal(5))
    everyone = Case(
        c.weights, draw.normal(8, 6).double(), torch.randperm(8, generator=draw.generator())
    )
    _judge_gradient(student, net, everyone, draw.normal(8))
    with suppress(StudentError):  # without labels the call may stop, and yet it sets the mode
        student.apply(net, c.h.float(), train=False)
    try:
        _judge_gradient(student, net, c, draw.normal(5))
    except Wrong as error:
        raise Wrong(f"{error} (This is in evaluation mode.)") from None


def _judge_gradient(student: Student, net: Handle, c: Case, along: Tensor) -> None:
    logits, want = _logits(student, net, c), _logit(c)
    if not facts.near(logits, want, 1e-4 * max(1.0, want.abs().max().item())):
        raise Wrong("The logits are not right yet, so their gradients are not, either.")
    found = student.call_with_grads(net, [c.h.float(), c.y], [0, net], along)["grads"]
    leaves = {"h": c.h, **c.weights}
    leaves = {name: t.clone().requires_grad_() for name, t in leaves.items()}
    here = Case({n: leaves[n] for n in NAMES}, leaves["h"], c.y)
    want = torch.autograd.grad((along.double() * _logit(here)).sum(), list(leaves.values()))
    got = {"h": found[0], **{name: found[1].get(name) for name in NAMES}}
    for (name, grad), right in zip(got.items(), want, strict=True):
        if grad is None or not grad.any():
            raise Wrong(
                f"No gradient reaches {name}: G learns through h, D by its weights; nothing on the "
                "way may cut the graph (detach, no_grad, .data, .item())."
            )
        grad = facts.tensor(grad, right.shape, f"The gradient by {name}")
        silent = [k for k in range(len(right)) if right[k].any() and not grad[k].any()]
        if name == "embed.weight" and silent:
            raise Wrong(NEVER_LEARNS.format(label=silent[0]))
        if not facts.near(grad, right, 1e-4):
            raise Wrong(
                f"The logits are right, and the gradient by {name} is not that of psi(h) + "
                "<embed(y), h>: a part of the graph on the way to it is cut off."
            )


LOGIT, BATCHES, GRADIENT = "the logit", "batches of any size", "the gradient"
EXERCISE = Exercise(
    "13.2",
    "the projection logit",
    points=7,
    minutes=15,
    parts=(
        Part(LOGIT, 3, head_logit),
        Part(BATCHES, 1, head_batches),
        Part(GRADIENT, 2, head_gradient),
        Part("other heads", 1, Again((head_logit, head_batches, head_gradient)), shown=False),
    ),
    names=("ProjectionHead",),
    promises=(
        (r"$\psi(h) + \langle e(y), h \rangle$", LOGIT),
        ("one logit for each image", LOGIT),
        ("A batch may have one image alone", BATCHES),
        ("The gradient must reach `h`, `psi` and `embed`", GRADIENT),
    ),
)
