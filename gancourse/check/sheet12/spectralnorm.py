"""Exercise 12.2: the spectral norm by power iteration."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError

NO_GRADIENT = "No gradient reaches W: sigma's own graph may not be cut off from W / sigma."


SMALL = 0.01  # times: then W v is far below 1


@dataclass(frozen=True)
class Case:
    """A weight and the vector that is carried along."""

    W: Tensor  # [rows, ...], float64
    u: Tensor  # [rows], of length 1

    @property
    def flat(self) -> Tensor:
        return self.W.flatten(1)  # [rows, columns]


def _stepped(flat: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return sigma and the new u and v of one step."""
    v = normalize(flat.T @ u, dim=0)
    u = normalize(flat @ v, dim=0)
    return u @ flat @ v, u, v


def _sigma(case: Case) -> Tensor:
    return _stepped(case.flat, case.u)[0]


def _again(case: Case) -> Tensor:
    return _stepped(case.flat, _stepped(case.flat, case.u)[1])[0]


def _along_old(case: Case) -> Tensor:
    return case.u @ case.flat @ _stepped(case.flat, case.u)[2]


def _by_lengths(case: Case, u_too: bool) -> Tensor:
    """Return u W v with v not of length 1, and u too or not."""
    v = case.flat.T @ case.u
    u = case.flat @ v
    return (u if u_too else normalize(u, dim=0)) @ case.flat @ v


SIGMA_MISTAKES: dict[str, Callable[[Case], Tensor]] = {
    "W comes back as it was: divide it by sigma.": lambda c: torch.ones(()),
    "W is divided by the Frobenius norm: that bounds sigma, and shrinks W too much.": (
        lambda c: c.flat.norm()
    ),
    "W is divided by sigma squared: |W v| is sigma, and u W v is its square where u is W v and was "
    "not brought to length 1.": (lambda c: _sigma(c).square()),
    "W is divided by the root of sigma.": lambda c: _sigma(c).sqrt(),
    "W is multiplied by sigma: divide.": lambda c: 1 / _sigma(c),
    "This is the exact largest singular value: take one step of the iteration, whose estimate gets "
    "better from call to call.": lambda c: torch.linalg.matrix_norm(c.flat, 2),
    "Two steps are taken: one for each call is enough, since u is carried along.": _again,
    "sigma takes the old u: it is u W v with both vectors of this step.": _along_old,
    "v is not brought to length 1: then u W v is no singular value.": (
        lambda c: _by_lengths(c, u_too=False)
    ),
    "Neither v nor u is brought to length 1: the numbers grow with every step.": (
        lambda c: _by_lengths(c, u_too=True)
    ),
    "The largest sum of a row's absolute values is no singular value.": (
        lambda c: torch.linalg.matrix_norm(c.flat, torch.inf)
    ),
    "The largest number of W is no singular value.": lambda c: c.flat.abs().max(),
    "This is the sum of all singular values: take the largest.": (
        lambda c: torch.linalg.matrix_norm(c.flat, "nuc")
    ),
}
KERNEL_MISTAKES: dict[str, Callable[[Case], Tensor]] = {
    "The kernel's numbers are shuffled: reshape(-1, rows).T cuts it across. Its first axis is the "
    "rows, and the others follow: flatten from axis 1 on.": (
        lambda c: _stepped(c.W.reshape(-1, len(c.u)).T, c.u)[0]
    ),
    "sigma is that of the kernel summed over its places: flatten them.": (
        lambda c: _stepped(c.W.flatten(2).sum(2), c.u)[0]
    ),
    "sigma is that of the kernel averaged over its places: flatten them.": (
        lambda c: _stepped(c.W.flatten(2).mean(2), c.u)[0]
    ),
}
NOT_SIGMA = (
    "This is not W / sigma, with sigma = u W v after one step from the u that was there. (A fresh "
    "vector in each call starts over, and never gets near.)"
)
NOT_FLAT = (
    "This is not kernel / sigma, with the kernel [{axes}] as a matrix with a row for each `out`."
)
FLATTEN = (
    "Your code stopped at a kernel [{axes}]: u has `out` numbers, so flatten all axes but the "
    "first for the iteration."
)


KERNELS_OF = {"out, in, h, w": (3, 2, 2), "out, in, length": (3, 4)}


def _case(draw: Draw, kernel: tuple[int, ...] = (), size: float = 1.0) -> Case:
    rows = draw.integer(4, 7)
    W = draw.normal(rows, *(kernel or (draw.integer(8, 10),))).double()
    W = size * W * draw.uniform(0.5, 0.7) * (1 if kernel else 1.3)
    return Case(W, normalize(draw.normal(rows).double(), dim=0))


def _made(student: Student, cls: Handle, case: Case, seed: int) -> Handle:
    """Return the learner's module with the case's u, in training mode."""
    net = student.call(cls, [len(case.u)], seed=seed)
    if not isinstance(net, Handle) or net.kind != "module":
        raise Wrong(
            f"SpectralNorm(rows) should be a torch.nn.Module, and is {facts.describe(net)}."
        )
    if "u" not in student.snapshot(net)["buffers"]:
        raise Wrong("The module should have a buffer `u`, as the stub has it.")
    student.load(net, {"u": case.u.float()})
    return net


def _divided(student: Student, net: Handle, case: Case, train: bool = True) -> Tensor:
    got = student.apply(net, case.W.float(), train)
    return facts.tensor(got, case.W.shape, "W / sigma")


def _judge_sigma(got: Tensor, case: Case, mistakes: dict, else_: str) -> None:
    facts.diagnose(
        got, case.W / _sigma(case), 1e-4 * max(1.0, got.abs().max().item()),
        {meaning: case.W / of(case) for meaning, of in mistakes.items()}, else_,
    )  # fmt: skip


def _u(student: Student, net: Handle, case: Case) -> Tensor:
    return facts.tensor(student.snapshot(net)["buffers"].get("u"), case.u.shape, "The buffer u")


def norm_step(student: Student, cls: Handle, draw: Draw) -> None:
    """A weight whose sigma is above 1, and one whose sigma is far below."""
    for size in (1.0, SMALL):
        case = _case(draw, size=size)
        net = _made(student, cls, case, draw.seed())
        _judge_sigma(_divided(student, net, case), case, SIGMA_MISTAKES, NOT_SIGMA)


def norm_carried(student: Student, cls: Handle, draw: Draw) -> None:
    """u after one step, of a small W too, after many, and in evaluation mode, where it stays."""
    small = _case(draw, size=SMALL)
    net = _made(student, cls, small, draw.seed())
    _divided(student, net, small)
    _judge_u(_u(student, net, small), small)
    case = _case(draw)
    net = _made(student, cls, case, draw.seed())
    _divided(student, net, case)
    _judge_u(_u(student, net, case), case)
    for _ in range(60):
        got = _divided(student, net, case)
    if not facts.near(got, case.W / _after(case, 61), 1e-3 * got.abs().max().item()):
        raise Wrong(
            "After 61 calls W / sigma is not what 61 steps give: each call starts from the u that "
            "the last one left."
        )
    _judge_eval(student, cls, case, draw)


def _after(case: Case, steps: int) -> Tensor:
    u = case.u
    for _ in range(steps):
        sigma, u, _ = _stepped(case.flat, u)
    return sigma


def _judge_u(got: Tensor, case: Case) -> None:
    u, v = _stepped(case.flat, case.u)[1:]
    facts.diagnose(
        got, u, 1e-4,
        {
            "u is what it was: keep the new one in self.u, so that the estimate gets better from "
            "call to call.": case.u,
            "u is kept without being brought to length 1: it grows, or vanishes, from step to "
            "step.": case.flat @ v,
            "u is kept without being brought to length 1, and so is v: u grows, or vanishes, from "
            "step to step.": case.flat @ (case.flat.T @ case.u),
            "u points the other way: it should be W v, without the sign.": -u,
        },
        "The u that is kept is not W v, brought to length 1: does a call draw a fresh vector?",
    )  # fmt: skip


def _judge_eval(student: Student, cls: Handle, case: Case, draw: Draw) -> None:
    """Judge a fresh module; then, after a step with another W, this W and a third one."""
    net = _made(student, cls, case, draw.seed())
    _judge_held(student, net, case)
    other, third = (replace(case, W=draw.normal(*case.W.shape).double()) for _ in range(2))
    _divided(student, net, other)
    u = _stepped(other.flat, case.u)[1]
    for W in (case.W, third.W):
        _judge_held(student, net, Case(W, u))


def _judge_held(student: Student, net: Handle, case: Case) -> None:
    """In evaluation mode u stays; sigma is u W v with v from that u."""
    got = _divided(student, net, case, train=False)
    if not facts.near(_u(student, net, case), case.u, 1e-5):
        raise Wrong("In evaluation mode u has changed: there it stays, and only v is computed.")
    if not facts.near(got, case.W / _along_old(case), 1e-4 * got.abs().max().item()):
        raise Wrong(
            "In evaluation mode this is not W / sigma with sigma = u W v, u as it was kept and v "
            "computed from it and from the W of this call."
        )


def norm_kernels(student: Student, cls: Handle, draw: Draw) -> None:
    """Kernels of pictures, and of sequences."""
    for axes, shape in KERNELS_OF.items():
        case = _case(draw, shape)
        net = _made(student, cls, case, draw.seed())
        try:
            got = _divided(student, net, case)
        except StudentError as error:
            if error.kind in ("RuntimeError", "ValueError", "IndexError"):
                raise Wrong(FLATTEN.format(axes=axes)) from None
            raise
        mistakes = KERNEL_MISTAKES | SIGMA_MISTAKES
        _judge_sigma(got, case, mistakes, NOT_FLAT.format(axes=axes))


def norm_gradient(student: Student, cls: Handle, draw: Draw) -> None:
    """The gradient by W where u and v are held, in either mode; and after two calls."""
    case = _case(draw, kernel=draw.choice([(), (3, 2, 2)]))
    net, along = _made(student, cls, case, draw.seed()), draw.normal(*case.W.shape)
    for train in (True, False):
        _judge_gradient(student, net, case, along, train)
    _judge_two_calls(student, cls, draw)


TWO_CALLS = (
    "Two calls and then one backward pass, as D's loss has them, stop: self.u is written over in "
    "place while the first call's graph still holds it. Use a copy of u in sigma (clone), or keep "
    "a new tensor."
)


def _judge_two_calls(student: Student, cls: Handle, draw: Draw) -> None:
    """Judge the gradient of the sum of what two calls give, one after the other."""
    case = _case(draw)
    net, along = _made(student, cls, case, draw.seed()), draw.normal(*case.W.shape)
    second = Case(case.W, _stepped(case.flat, case.u)[1])
    try:
        got = student.call_with_grads(net, [case.W.float()], [0], along, times=2)["grads"][0]
    except StudentError as error:
        if "inplace operation" not in error.message:
            raise
        raise Wrong(TWO_CALLS) from None
    want = sum(_gradient(c, along.double(), "held", True) for c in (case, second))
    size = max(1.0, want.abs().max().item())
    if not facts.near(facts.tensor(got, case.W.shape, "The gradient by W"), want, 2e-4 * size):
        raise Wrong("After two calls the gradient by W is not the sum of both calls' gradients.")


def _judge_gradient(student: Student, net: Handle, case: Case, along: Tensor, train: bool) -> None:
    student.apply(net, case.W.float(), train)  # sets the mode
    student.load(net, {"u": case.u.float()})
    got = student.call_with_grads(net, [case.W.float()], [0], along)["grads"][0]
    if got is None:
        raise Wrong(NO_GRADIENT)
    ways = ("held", "through", "cut")
    wanted = {how: _gradient(case, along.double(), how, train) for how in ways}
    at = "" if train else " (This is in evaluation mode.)"
    size = max(1.0, wanted["held"].abs().max().item())
    facts.diagnose(
        facts.tensor(got, case.W.shape, "The gradient by W"), wanted["held"], 1e-4 * size,
        {
            "The gradient goes through u and v: hold both fixed (torch.no_grad or detach), and let "
            f"W reach sigma = u W v directly.{at}": wanted["through"],
            "sigma is cut off from W: its part of the gradient keeps W from growing. Detach u and "
            f"v, not sigma.{at}": wanted["cut"],
        },
        f"The gradient by W is not that of W / (u W v) with u and v held fixed.{at}",
    )  # fmt: skip


def _gradient(case: Case, along: Tensor, how: str, train: bool) -> Tensor:
    """Return the gradient by W of the sum of along * W / sigma; "held": u and v are constants."""
    W = case.W.clone().requires_grad_()
    sigma, u, v = _stepped(W.flatten(1), case.u)
    if not train:
        u, sigma = case.u, case.u @ W.flatten(1) @ v
    if how != "through":
        sigma = u.detach() @ W.flatten(1) @ v.detach()
    sigma = sigma.detach() if how == "cut" else sigma
    return torch.autograd.grad((along * W / sigma).sum(), W)[0]


STEP, CARRIED = "one step", "u from call to call"
KERNELS, GRADIENT = "kernels of a convolution", "the gradient"
EXERCISE = Exercise(
    "12.2",
    "the spectral norm",
    points=9,
    minutes=25,
    parts=(
        Part(STEP, 3, norm_step),
        Part(CARRIED, 2, norm_carried),
        Part(KERNELS, 1, norm_kernels),
        Part(GRADIENT, 2, norm_gradient),
        Part(
            "other weights",
            1,
            Again((norm_step, norm_carried, norm_kernels, norm_gradient)),
            shown=False,
        ),
    ),
    names=("SpectralNorm",),
    withheld=(
        "gancourse.nets.spectral.spectrally_normalised",
        "torch.nn.utils.parametrizations.spectral_norm",
        "torch.nn.utils.parametrizations._SpectralNorm",
        "torch.nn.utils.spectral_norm",
    ),
    promises=(
        (r"$W / \sigma$ with $\sigma = u \cdot W v$", STEP),
        ("one step of power iteration from the `u` that is kept", STEP),
        ("both of length 1", CARRIED),
        ("Keep the new `u`", CARRIED),
        ("in evaluation mode `u` stays and only $v$ is computed", CARRIED),
        ("A kernel counts as a matrix with `rows` rows", KERNELS),
        ("The gradient takes $u$ and $v$ as constants", GRADIENT),
    ),
)
