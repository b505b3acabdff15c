"""Exercise 13.4: differentiable augmentation."""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.players import uneven
from gancourse.check.sheet05.shared import D_MISTAKES
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d, saturating_g

SHAPE = (1, 3, 5)  # of an image
FAR = 20.0  # a logit whose softplus is 0 to float32, or the logit itself
TURNS = 200  # calls of one image

G_MISTAKES: dict[str, Callable[[Tensor], Tensor]] = {
    "This is the saturating loss: G should go down the mean of -log D.": (
        lambda fake: saturating_g(None, fake)
    ),
    "g_loss has the sign of D's: G wants its fakes called real.": lambda f: softplus(f).mean(),
    "g_loss sums over the batch: take the mean.": lambda f: softplus(-f).sum(),
    "g_loss is negated: G would go away from what it wants.": lambda f: -softplus(-f).mean(),
}
OTHER_CHANGE = (
    "This D does not see whether an image is bright, and yet its verdict changes from draw to "
    "draw: one number is added to all pixels of an image. It is no factor, not one number for each "
    "pixel, and nothing is clamped."
)
POOLED = (
    "Real and fake images are averaged together: each kind has a mean of its own, over its own "
    "number, and the two are added."
)
NO_GRAPH = (
    "g_loss does not reach x_fake: the change must let the gradient through, so make it without "
    "no_grad, detach or .data, or G has nothing to learn from."
)
WHERE = {
    "real": "the real images in D's loss",
    "fake": "the fakes in D's loss",
    "g": "the fakes in G's loss",
}
ONLY = (
    "Not changed: {missed}. Real and fake are changed alike wherever D looks. Else D tells them "
    "apart by the change, or G learns to imitate it."
)


def _discriminator(student: Student, draw: Draw, change, width: int = 8) -> twins.Twin:
    made = {"widths": [width], "shape": list(SHAPE)}
    return twins.twin(student, draw, "discriminator/mlp", made, change)


def _blind(net: nn.Module) -> None:
    """Make D blind to a number that is added to all pixels."""
    w = net.body[0].weight
    w.copy_(3 * (w - w.mean(1, keepdim=True)))


def _light_meter(net: nn.Module) -> None:
    """Make D's logit twice the mean pixel."""
    first, _, last = net.body
    first.weight.fill_(2 / first.weight.shape[1])
    first.bias.fill_(2 * FAR)
    last.weight.fill_(1.0)
    last.bias.fill_(-2 * FAR)


def _losses(student: Student, fn: Handle, given: list, seed: int | None = None) -> list[float]:
    return facts.numbers(student.call(fn, given, seed=seed), "d_loss", "g_loss")


def losses_of_both(student: Student, fn: Handle, draw: Draw) -> None:
    """With a D that is blind to the change both losses are known."""
    for N, M in ((draw.integer(5, 7), 0), (1, 0), (draw.integer(3, 4), draw.integer(3, 5))):
        D = _discriminator(student, draw, _blind)
        x_real, x_fake = draw.normal(N + M, *SHAPE), 0.5 * draw.normal(N, *SHAPE)
        given = [D.there, x_real, x_fake]
        with uneven() if M else nullcontext():
            got, again = (_losses(student, fn, given, draw.seed()) for _ in range(2))
        if any(not facts.near(a, b, 1e-4) for a, b in zip(got, again, strict=True)):
            raise Wrong(OTHER_CHANGE)
        with torch.no_grad():
            real, fake = D.here(x_real.double()), D.here(x_fake.double())
        _judge_losses(got, real, fake)


def _judge_losses(got: list[float], real: Tensor, fake: Tensor) -> None:
    d_loss, g_loss = cross_entropy_d(real, fake).item(), softplus(-fake).mean().item()
    near = 1e-5 * max(1.0, d_loss, g_loss)
    facts.diagnose(
        got[0], d_loss, near,
        {what: of(real, fake).item() for what, of in D_MISTAKES.items()}
        | {"d_loss is G's: return D's loss first, then G's.": g_loss}
        | {POOLED: 2 * softplus(torch.cat([-real, fake])).mean().item()},
        "d_loss is not the cross-entropy of D's logits of changed images: two means, added.",
    )  # fmt: skip
    facts.diagnose(
        got[1], g_loss, near,
        {what: of(fake).item() for what, of in G_MISTAKES.items()}
        | {"g_loss asks for the real images: G is judged by its fakes.": softplus(-real).mean()},
        "g_loss is not the mean of -log D of changed fakes.",
    )  # fmt: skip


def change_of_all(student: Student, fn: Handle, draw: Draw) -> None:
    """Read what was added from the verdict of a D that measures light: in each of three places."""
    D = _discriminator(student, draw, _light_meter, 1)
    added = _added(student, fn, D, draw)
    _judge_missed(added)
    for where, b in added.items():
        _judge_uniform(b, WHERE[where])
    _judge_each(student, fn, D, draw)
    _judge_reach(student, fn, draw)
    student.apply(D.there, _grey(1, FAR), train=False)
    _judge_missed(_added(student, fn, D, draw, 4), " while D is in evaluation mode")


def _judge_missed(added: dict[str, Tensor], when: str = "") -> None:
    missed = [WHERE[where] for where, b in added.items() if b.abs().max() < 1e-3]
    if missed:
        raise Wrong(ONLY.format(missed=" and ".join(missed) + when))


def _grey(n: int, logit: float) -> Tensor:
    """Return n images which the light meter gives this logit."""
    return torch.full((n, *SHAPE), logit / 2)


def _added(
    student: Student, fn: Handle, D: twins.Twin, draw: Draw, turns: int = TURNS
) -> dict[str, Tensor]:
    """Return the number added to one image of three in each of some calls, by place.

    Of all others D is right and sure, so that their losses are 0.
    """
    found: dict[str, list[float]] = {where: [] for where in WHERE}
    real, fake = _grey(3, FAR), _grey(3, -FAR)
    for _ in range(turns):
        one = draw.integer(0, 2)
        odd_real, odd_fake = real.clone(), fake.clone()
        odd_real[one], odd_fake[one] = fake[one], real[one]
        for where, x_real, x_fake in (
            ("real", odd_real, fake), ("fake", real, odd_fake), ("g", real, odd_real),
        ):  # fmt: skip
            d_loss, g_loss = _losses(student, fn, [D.there, x_real, x_fake], draw.seed())
            darker = (FAR - 3 * (g_loss if where == "g" else d_loss)) / 2
            found[where].append(-darker if where == "fake" else darker)
    return {where: torch.tensor(numbers) for where, numbers in found.items()}


def _judge_uniform(b: Tensor, where: str) -> None:
    """Judge 200 numbers: uniform in -1/2..1/2, and not of a few values."""
    low, high = b.min().item(), b.max().item()
    if high - low < 1e-3 and max(-low, high) > 0.51:
        raise Wrong(
            f"By D's verdict {high:.2f} is added to {where} in every call, and that is not between "
            "-1/2 and 1/2: are pixels, or D's logits, clamped or scaled? Add a number to each "
            "image, and no more."
        )
    if high - low < 1e-3:
        raise Wrong(f"The same number is added in every call to {where}: draw it each time.")
    if low > -1e-3 and high > 0.5:
        raise Wrong(
            f"What is added to {where} is never negative: torch.rand lies in 0 to 1, so take 1/2 "
            "away, or the images only get brighter."
        )
    if low < -0.5005 or high > 0.5005:
        raise Wrong(
            f"What is added to {where} reaches {max(-low, high):.2f}: it is uniform from -1/2 to "
            "1/2 (torch.randn has no bounds)."
        )
    if not facts.uniform(b, -0.5, 0.5, 1e-3) or len(b.unique()) < TURNS / 2:
        raise Wrong(f"What is added to {where} is not uniform from -1/2 to 1/2.")


EDGE, MANY, STEEPLY = 0.48, 1000, 1000.0
SHORT = (
    f"Of {MANY:,} numbers that are added to {{where}} none lies between {{low}} and {{high}}: "
    "uniform from -1/2 to 1/2 reaches both ends."
)


def _alarm(sign: float) -> Callable[[nn.Module], None]:
    """Return a change that makes D's logit 0, and large where sign times the mean is above EDGE."""

    def change(net: nn.Module) -> None:
        first, leaky, last = net.body
        s, each = leaky.negative_slope, sign / first.weight.shape[1]
        first.weight.copy_(torch.tensor([[each], [-each]]).expand_as(first.weight))
        first.bias.copy_(torch.tensor([-EDGE, EDGE]))
        last.weight.copy_(STEEPLY / (1 - s**2) * torch.tensor([[1.0, s]]))
        last.bias.zero_()

    return change


def _judge_reach(student: Student, fn: Handle, draw: Draw) -> None:
    """Judge both ends: of 1,000 numbers none within 0.02 of an end comes once in 10^8 draws."""
    for sign in (1.0, -1.0):
        D, grey = _discriminator(student, draw, _alarm(sign), 2), torch.zeros(MANY, *SHAPE)
        far, half = grey - sign, torch.tensor(2.0).log().item()
        real, _ = _losses(student, fn, [D.there, grey, far], draw.seed())
        fake, g = _losses(student, fn, [D.there, far, grey], draw.seed())
        found = {"real": 2 * half - real, "fake": fake - 2 * half, "g": half - g}
        low, high = sorted((sign * EDGE, sign / 2))
        for where, more in found.items():
            if more < 2e-4:  # one image alone makes 7e-4
                raise Wrong(SHORT.format(where=WHERE[where], low=low, high=high))


def _judge_each(student: Student, fn: Handle, D: twins.Twin, draw: Draw) -> None:
    """Judge the mean over 64 images: it spreads by 0.036 where each has its own, else by 0.29.

    And that of fakes less that of real images, one of each: 0 where they share theirs.
    """
    n, found, between = 64, [], []
    for _ in range(20):
        real, g = _losses(student, fn, [D.there, _grey(n, -FAR), _grey(n, -FAR)], draw.seed())
        fake, _ = _losses(student, fn, [D.there, _grey(n, FAR), _grey(n, FAR)], draw.seed())
        found.append([FAR - real, fake - FAR, FAR - g])
        both, _ = _losses(student, fn, [D.there, _grey(1, -FAR), _grey(1, FAR)], draw.seed())
        between.append(both - 2 * FAR)
    for where, spread in zip(WHERE, torch.tensor(found).std(0) / 2, strict=True):
        if spread > 0.1:
            raise Wrong(
                f"One number is added to the whole batch of {WHERE[where]}: each image has its "
                "own, so draw [N, 1, 1, 1] of them."
            )
    if torch.tensor(between).std() < 1e-3:
        raise Wrong(
            "A fake has the number of the real image in its place: each image has its own, so draw "
            "afresh for the fakes."
        )


def gradients_of_both(student: Student, fn: Handle, draw: Draw) -> None:
    """With a blind D the gradient by x_fake is known, and the one by D's last layer."""
    D = _discriminator(student, draw, _blind)
    x_real, x_fake = draw.normal(6, *SHAPE), 0.5 * draw.normal(6, *SHAPE)
    twins.leave_grads(student, D, draw)  # of an earlier step
    given = [D.there, x_real, x_fake]
    for train in (False, True):
        student.apply(D.there, x_real, train=train)
        before = student.snapshot(D.there)
        got = student.call(fn, given, seed=0)
        twins.judge_untouched(before, student.snapshot(D.there), "D")
    twins.judge_kept_frozen(student, D, "D", lambda: student.call(fn, given, seed=0))
    if not isinstance(got, Tensor):
        raise Wrong(
            "Return both losses as one tensor, torch.stack([d_loss, g_loss]), so that either can "
            "be learned from."
        )
    _judge_for_g(student, fn, given, D)
    _judge_for_d(student, fn, given, D)


def _gradients(student: Student, fn: Handle, given: list, D: twins.Twin, which: int) -> list:
    along = torch.nn.functional.one_hot(torch.tensor(which), 2).float()
    return student.call_with_grads(fn, given, [2, D.there], along)["grads"]


def _judge_for_g(student: Student, fn: Handle, given: list, D: twins.Twin) -> None:
    got, _ = _gradients(student, fn, given, D, 1)
    if got is None or not got.any():
        raise Wrong(NO_GRAPH)
    x = given[2].double().requires_grad_()
    (want,) = torch.autograd.grad(softplus(-D.here(x)).mean(), x)
    if not facts.near(facts.tensor(got, want.shape, "The gradient by x_fake"), want, 1e-5):
        raise Wrong("The gradient of g_loss by x_fake is not the one that passes through D.")


def _judge_for_d(student: Student, fn: Handle, given: list, D: twins.Twin) -> None:
    by_x, by_D = _gradients(student, fn, given, D, 0)
    if by_x is not None and by_x.any():
        raise Wrong(
            "d_loss reaches x_fake, and so G: it would pull G the wrong way. Detach the fakes for "
            "D's loss, before or after the change."
        )
    logits = (D.here(x.double()) for x in given[1:])
    name, weight = list(D.here.named_parameters())[-2]
    (want,) = torch.autograd.grad(cross_entropy_d(*logits), weight)
    got = by_D[name]
    if got is None or not facts.near(got, want, 1e-4):
        raise Wrong("D cannot learn from d_loss: its gradient by D's weights is cut, or wrong.")


LOSSES, CHANGED, FLOWS = "both losses", "real and fake are changed", "the gradient flows"
EXERCISE = Exercise(
    "13.4",
    "differentiable augmentation",
    points=9,
    minutes=20,
    parts=(
        Part(LOSSES, 2, losses_of_both),
        Part(CHANGED, 4, change_of_all),
        Part(FLOWS, 2, gradients_of_both),
        Part(
            "other images",
            1,
            Again((losses_of_both, change_of_all, gradients_of_both)),
            shown=False,
        ),
    ),
    names=("augmented_losses",),
    withheld=("gancourse.train.diff_augment", "gancourse.train.augment.brightness"),
    promises=(
        ("cross-entropy on logits, two means, added", LOSSES),
        ("There may be more real images than fakes", LOSSES),
        ("the mean of $-\\log D$", LOSSES),
        ("a number of its own, uniform from -1/2 to 1/2", CHANGED),
        ("real and fake, wherever D looks", CHANGED),
        ("G's loss must reach `x_fake`, D's must not", FLOWS),
        ("Leave D as it is", FLOWS),
    ),
)
