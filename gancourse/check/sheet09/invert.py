"""Sheet 09, latent space: the arc, a direction that keeps another, inversion, memorisation."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong

# 09.1: the arc between two points of a shell

Path = Callable[[Tensor, Tensor, Tensor], Tensor]  # a, b [z_dim], t [T] -> [T, z_dim]


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return ((a / a.norm()) @ (b / b.norm())).clamp(-1, 1)


def _arc(a: Tensor, b: Tensor, t: Tensor, angle: Tensor | None = None) -> Tensor:
    angle = _cosine(a, b).acos() if angle is None else angle
    return _weighed(a, b, ((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin())


def _weighed(a: Tensor, b: Tensor, of_a: Tensor, of_b: Tensor) -> Tensor:
    return of_a[:, None] * a + of_b[:, None] * b


def _line(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _weighed(a, b, 1 - t, t)


def _to_norm(z: Tensor, norm: Tensor | float) -> Tensor:
    return z / z.norm(dim=1, keepdim=True) * norm


def _undivided(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _arc(a, b, t) * _cosine(a, b).acos().sin()


def _quarter(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _weighed(a, b, (t * pi / 2).cos(), (t * pi / 2).sin())


ARC_MISTAKES: dict[str, Path] = {
    "This is the straight line: between the ends its points have a smaller norm, and leave the "
    "shell.": _line,
    "The ends have changed places: t = 0 is a, and t = 1 is b.": lambda a, b, t: _arc(b, a, t),
    "The straight line is pushed out to the shell: the arc is right, the pace is not. It hurries "
    "through the middle, and equal steps of t should turn by equal angles.": (
        lambda a, b, t: _to_norm(_line(a, b, t), a.norm())
    ),
    "The weights are not divided by sin(angle): at t = 0 they should give a itself.": _undivided,
    "The cosine is taken for the angle: the angle is its arc cosine.": (
        lambda a, b, t: _arc(a, b, t, _cosine(a, b))
    ),
    "The angle is in degrees, and sin expects radians.": (
        lambda a, b, t: _arc(a, b, t, torch.rad2deg(_cosine(a, b).acos()))
    ),
    "The weights are cos and sin of a quarter turn: they keep the norm only where a and b are at "
    "right angles.": _quarter,
    "This is the arc between the directions a/|a| and b/|b|: its points should have the norm of a "
    "and b.": lambda a, b, t: _to_norm(_arc(a, b, t), 1.0),
    "The points are brought to the norm sqrt(z_dim): keep the norm that a and b have.": (
        lambda a, b, t: _to_norm(_arc(a, b, t), len(a) ** 0.5)
    ),
    "An angle of more than 90 degrees comes out as what it lacks to 180: an arc sine cannot tell "
    "them apart, take the arc cosine.": (lambda a, b, t: _arc(a, b, t, pi - _cosine(a, b).acos())),
}


def _ends(draw: Draw, angle: float, z_dim: int) -> tuple[Tensor, Tensor]:
    """Return two points of one norm, neither 1 nor sqrt(z_dim), `angle` apart."""
    u, v = torch.linalg.qr(draw.normal(z_dim, 2).double()).Q.T
    norm = z_dim**0.5 * draw.choice([0.6, 1.5])
    a, b = (
        norm * u,
        norm * (torch.cos(torch.tensor(angle)) * u + torch.sin(torch.tensor(angle)) * v),
    )
    return a.float(), b.float()


def _judge_arc(bench: Bench, fn: Handle, a: Tensor, b: Tensor, t: Tensor) -> None:
    got = bench.call(fn, [a, b, t])
    if isinstance(got, Tensor) and got.shape == (len(t), len(a)) and got.isnan().any():
        raise Wrong(
            "The arc is NaN: the cosine must lie within -1 and 1, so divide a's product with b by "
            "both norms before you take the arc cosine."
        )
    got = facts.tensor(got, (len(t), len(a)), "The arc")
    a, b, t = a.double(), b.double(), t.double()
    facts.diagnose(
        got, _arc(a, b, t), 1e-4 * a.norm().item(),
        {meaning: path(a, b, t) for meaning, path in ARC_MISTAKES.items()},
        "These are not the points sin((1 - t) angle)/sin(angle) a + sin(t angle)/sin(angle) b.",
    )  # fmt: skip


def _angles(draw: Draw) -> tuple[float, float]:
    """Return a narrow and a wide angle, far from 1 radian, a right angle and half a turn.

    In degrees, the sine of the narrow one is far from 0: whoever forgets to convert gets numbers
    of moderate size, which can be told.
    """
    narrow = pi / 180 * pi * (draw.choice([11, 12, 13]) + 0.5)
    return narrow + draw.uniform(-0.01, 0.01), draw.uniform(2.0, 2.4)


def arc_middle(bench: Bench, fn: Handle, draw: Draw) -> None:
    for angle in _angles(draw):
        _judge_arc(bench, fn, *_ends(draw, angle, draw.integer(6, 16)), torch.tensor([0.5]))


def arc_pace(bench: Bench, fn: Handle, draw: Draw) -> None:
    for angle in _angles(draw):
        t = torch.linspace(0, 1, draw.choice([5, 8, 11]))
        _judge_arc(bench, fn, *_ends(draw, angle, draw.integer(12, 16)), t)


def arc_still(bench: Bench, fn: Handle, draw: Draw) -> None:
    """From a point to itself: the cosine may round to more than 1, and sin(angle) is 0."""
    t = torch.linspace(0, 1, 6)
    for a in (2 * torch.eye(3)[draw.integer(0, 2)], draw.normal(64), draw.normal(512)):
        z_dim = len(a)
        got = bench.call(fn, [a, a.clone(), t])
        if not (isinstance(got, Tensor) and got.shape == (6, z_dim) and got.isfinite().all()):
            raise Wrong(
                "From a point to itself the arc is NaN, inf, or of another shape: the cosine "
                "rounds to 1 or more, and sin(angle) is 0, so take the straight line there."
            )
        if not facts.near(got, a.expand(6, -1), 1e-3 * a.norm().item()):
            raise Wrong("From a point to itself every point of the arc should be that point.")


# 09.2: a direction that raises one score and keeps another


def _unit(w: Tensor) -> Tensor:
    return w / w.norm().clamp(min=1e-30)


def _slopes(z: Tensor, y: Tensor, offset: bool = True) -> Tensor:
    """Return the slopes [z_dim] of the plane that fits y [N] best, in float64."""
    if offset:
        z, y = z - z.mean(0), y - y.mean()
    return torch.linalg.lstsq(z, y[:, None]).solution[:, 0]


def _without(w: Tensor, k: Tensor) -> Tensor:
    return w - (w @ k) / (k @ k) * k


def _steered(z: Tensor, y: Tensor, other: Tensor) -> Tensor:
    return _without(_slopes(z, y), _slopes(z, other))


def _from_means(z: Tensor, y: Tensor) -> Tensor:
    high = y > y.mean()
    return z[high].mean(0) - z[~high].mean(0)


def _correlated(z: Tensor, y: Tensor) -> Tensor:
    return (z - z.mean(0)).T @ (y - y.mean())


Direction = Callable[[Tensor, Tensor, Tensor], Tensor]  # z [N, z_dim], y, other [N] -> [z_dim]


def _both(make: Callable[[Tensor, Tensor], Tensor]) -> Direction:
    """Return the direction that comes of another way to find slopes."""
    return lambda z, y, other: _without(make(z, y), make(z, other))


DIRECTION_MISTAKES: dict[str, Direction] = {
    "The direction is turned round: along it y falls.": lambda z, y, o: -_steered(z, y, o),
    "The other score moves along it: take away the part of y's slopes along the other's.": (
        lambda z, y, o: _slopes(z, y)
    ),
    "This raises the other score and keeps y: the two have changed places.": (
        lambda z, y, o: _steered(z, o, y)
    ),
    "This is the other score's direction: the part along it should be taken away.": (
        lambda z, y, o: _slopes(z, o)
    ),
    "The part along the other score's slopes k is (w.k) k / (k.k): without that division it is of "
    "the wrong size, unless k has length 1.": (
        lambda z, y, o: _slopes(z, y) - (_slopes(z, y) @ _slopes(z, o)) * _slopes(z, o)
    ),
    "The one direction is subtracted from the other: take away only the part that lies along it.": (
        lambda z, y, o: _unit(_slopes(z, y)) - _unit(_slopes(z, o))
    ),
    "The slopes are subtracted: that raises y minus the other score, and the other one falls.": (
        lambda z, y, o: _slopes(z, y - o)
    ),
    "The fit has no offset: scores and z whose mean is not 0 tilt it. Add a column of ones, or "
    "take the means off first.": _both(lambda z, y: _slopes(z, y, offset=False)),
    "This sums z times y and does not solve for the slopes: the numbers of z are correlated, and "
    "each takes credit for the others.": _both(_correlated),
    "This is the way from the mean of low scores to that of high ones, not the slopes of a fit.": (
        _both(_from_means)
    ),
}


@dataclass(frozen=True)
class Scored:
    """Some z with two scores of each."""

    z: Tensor  # [N, z_dim]
    y: Tensor  # [N]
    other: Tensor  # [N]

    def given(self) -> list[Tensor]:
        return [self.z, self.y, self.other]


def _scored(draw: Draw, angle: float, noise: float = 0.0, far: float = 0.0, z_dim=5) -> Scored:
    """Return z and scores whose true slopes are `angle` apart, and whose means are about `far`."""
    N = draw.integer(40, 60)
    u, v = torch.linalg.qr(draw.normal(z_dim, 2)).Q.T
    mixed = torch.eye(z_dim) + 0.5 * draw.normal(z_dim, z_dim) / z_dim**0.5
    z = draw.normal(N, z_dim) @ mixed + 0.3 * far
    along = torch.cos(torch.tensor(angle)) * u + torch.sin(torch.tensor(angle)) * v
    y, other = 2.0 * z @ u + far, draw.uniform(2.0, 3.0) * z @ along - far
    return Scored(z, y + noise * draw.normal(N), other + noise * draw.normal(N))


def _judge_direction(bench: Bench, fn: Handle, scored: Scored) -> None:
    got = bench.call(fn, scored.given())
    got = facts.tensor(got, (scored.z.shape[1],), "The direction")
    data = [t.double() for t in scored.given()]
    facts.diagnose(
        _unit(got), _unit(_steered(*data)), 2e-3,
        {meaning: _unit(wrong(*data)) for meaning, wrong in DIRECTION_MISTAKES.items()},
        "This is not the direction along which the fitted y rises most while the other fitted "
        "score stays.",
    )  # fmt: skip
    if not facts.near(got.norm(), 1.0, 2e-3):
        raise Wrong(
            f"The direction is right, and its length is {got.norm().item():.3g}: make it 1, after "
            "the part along the other score is gone."
        )


def direction_alone(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_direction(bench, fn, _scored(draw, pi / 2))


def direction_keeps(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_direction(bench, fn, _scored(draw, draw.uniform(0.5, 1.0)))


def direction_noisy(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_direction(bench, fn, _scored(draw, draw.uniform(0.5, 1.0), noise=1.0, far=4.0))


def direction_opposed(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Two numbers z leave only two directions; then scores that go nearly against each other."""
    _judge_direction(bench, fn, _scored(draw, draw.uniform(0.8, 1.2), z_dim=2))
    _judge_direction(bench, fn, _scored(draw, draw.uniform(2.2, 2.6), noise=0.5, far=2.0, z_dim=8))


# 09.3: inversion by gradient descent


@dataclass(frozen=True)
class Search:
    """A generator in evaluation mode, the pictures to find, and where to start."""

    G: twins.Twin
    x: Tensor  # [N, 1, 3, 3]
    z: Tensor  # [N, z_dim]
    steps: int
    lr: float
    prior: float

    def take(self, bench: Bench, fn: Handle) -> object:
        return bench.call(fn, [self.G.there, self.x, self.z, self.steps, self.lr, self.prior])


def _search(bench: Bench, draw: Draw, N: int, steps: int, prior: float = 0.0) -> Search:
    def used(G: nn.Module) -> None:
        """Give the batch norm averages that no batch here has."""
        for name, b in G.named_buffers():
            if b.is_floating_point():
                b.copy_(0.5 * draw.normal(*b.shape).abs() + (0.5 if "var" in name else 0.0))

    z_dim = draw.integer(3, 5)
    options = {"z_dim": z_dim, "widths": [12], "shape": [1, 3, 3], "norm": True}
    G = twins.twin(bench, draw, "generator/mlp", options, used)
    G.here.eval()
    bench.apply(G.there, torch.zeros(2, z_dim))  # and so is its twin
    x, z = 0.8 * draw.normal(N, 1, 3, 3).tanh(), 1.5 * draw.normal(N, z_dim)
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
    "Every step takes the first gradient again: run G anew at the z of the moment.": (
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


def _judge_search(bench: Bench, fn: Handle, search: Search) -> None:
    got = facts.tensor(search.take(bench, fn), search.z.shape, "The z that was found")
    want = _descended(search, _pixel_loss)
    tolerance = 2e-5 * max(1.0, want.abs().max().item()) * (1 + search.steps)
    if facts.near(got, want, tolerance):
        return
    facts.diagnose(
        got, want, tolerance,
        {meaning: path(search) for meaning, path in SEARCH_MISTAKES.items()},
        "This is not where gradient descent on each picture's own error arrives from the given z.",
    )  # fmt: skip


def search_step(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_search(bench, fn, _search(bench, draw, N=1, steps=1))


def search_many(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_search(bench, fn, _search(bench, draw, N=3, steps=draw.integer(5, 7)))


def search_prior(bench: Bench, fn: Handle, draw: Draw) -> None:
    search = _search(bench, draw, N=3, steps=draw.integer(2, 4), prior=draw.uniform(0.2, 0.4))
    _judge_search(bench, fn, search)


def search_leaves(bench: Bench, fn: Handle, draw: Draw) -> None:
    """G keeps weights, averages and mode, and still learns; and no steps leave z alone."""
    search = _search(bench, draw, N=4, steps=3, prior=0.1)
    search.take(bench, fn)
    after = bench.snapshot(search.G.there)
    if not facts.all_near(after["weights"], search.G.weights(), 0.0):
        raise Wrong("G's weights have moved: inversion looks for z, and G stays what it is.")
    averages = {name: b.detach() for name, b in search.G.here.named_buffers()}
    if after["training"] or not facts.all_near(after["buffers"], averages, 0.0):
        raise Wrong("G was put in training mode: its batch norm's averages or its mode changed.")
    if not twins.still_learns(bench, search.G, search.z):
        raise Wrong("G's weights were left frozen: give them requires_grad back.")
    still = _search(bench, draw, N=2, steps=0)
    got = facts.tensor(still.take(bench, fn), still.z.shape, "With no steps z")
    if not facts.near(got, still.z, 1e-6):
        raise Wrong("With no steps the answer should be the z that was given.")


# 09.4: is it memorising?


@dataclass(frozen=True)
class Pile:
    """Fakes, and two piles of real pictures; `fake` nearest neighbours are set by construction."""

    fake: Tensor  # [N, 1, 4, 4]
    train: Tensor
    held: Tensor

    def given(self) -> list[Tensor]:
        return [self.fake, self.train, self.held]


def _offsets(draw: Draw, n: int, spread: bool) -> Tensor:
    """Return n steps [n, 16]: of length 2 over all pixels, or of length 3 in one pixel."""
    if spread:
        return 0.5 * draw.normal(n, 16).sign()
    steps = torch.zeros(n, 16)
    steps[torch.arange(n), torch.randint(16, (n,), generator=draw.generator())] = 3.0
    return steps


def _pile(draw: Draw, near_train: int, near_held: int, more: tuple[int, int]) -> Pile:
    """Return as many fakes near a picture of each pile; `more` real ones lie far from them all.

    Each fake has a picture in either pile. The nearest one is at a distance of 2 and the other of
    3 or more. For three fakes near training pictures sums of absolute differences say otherwise.
    The held-out pictures that lie far away lie furthest.
    """
    N = near_train + near_held
    fake = 4.0 * draw.normal(N, 16)
    ahead, behind = _offsets(draw, N, spread=True), _offsets(draw, N, spread=False)
    clear = torch.arange(N) >= 3  # there the other one is further by any measure
    behind[clear] *= 3.0
    nearer = (torch.arange(N) < near_train)[:, None]
    train = torch.where(nearer, fake + ahead, fake + behind)
    held = torch.where(nearer, fake + behind, fake + ahead)
    far = [at + 4.0 * draw.normal(n, 16) for n, at in zip(more, (40.0, 80.0), strict=True)]
    piles = [fake, torch.cat([train, far[0]]), torch.cat([held, far[1]])]
    return Pile(*(_shuffled(draw, x).view(-1, 1, 4, 4) for x in piles))


def _shuffled(draw: Draw, x: Tensor) -> Tensor:
    return x[torch.randperm(len(x), generator=draw.generator())]


def _apart(x: Tensor, y: Tensor, p: float = 2.0) -> Tensor:
    x, y = x.double().flatten(1), y.double().flatten(1)
    return (x[:, None] - y[None]).abs().pow(p).sum(2)  # [N, M]


def _share(pile: Pile) -> float:
    return _nearer(_apart(pile.fake, pile.train).amin(1), _apart(pile.fake, pile.held).amin(1))


def _nearer(to_train: Tensor, to_held: Tensor) -> float:
    return (to_train < to_held).double().mean().item()


def _share_mistakes(pile: Pile) -> dict[str, float]:
    share, (fake, train, held) = _share(pile), pile.given()
    return {
        "This is the share of fakes whose nearest picture is held out: count the others.": (
            1 - share
        ),
        "This is a count: divide it by the number of fakes.": share * len(fake),
        "Pixels are compared by absolute differences: the distance is Euclidean.": _nearer(
            _apart(fake, train, 1).amin(1), _apart(fake, held, 1).amin(1)
        ),
        "No fake comes out nearer to a training picture. Are mean or largest distances compared? "
        "It is the nearest picture of each pile that matters.": 0.0,
        "Every fake comes out nearer to a training picture. Are mean or largest distances "
        "compared? It is the nearest picture of each pile that matters.": 1.0,
    }


def _chance(pile: Pile) -> float:
    return len(pile.train) / (len(pile.train) + len(pile.held))


def _score(pile: Pile) -> float:
    p = _chance(pile)
    return (_share(pile) - p) / (p * (1 - p) / len(pile.fake)) ** 0.5


def _score_mistakes(pile: Pile) -> dict[str, float]:
    share, p, N = _share(pile), _chance(pile), len(pile.fake)
    return {
        "The score compares with 1/2: by chance the nearest picture is a training one as often as "
        "there are more of those, M / (M + H).": 2 * (share - 0.5) * N**0.5,
        "The mean is right, and the sd is that of a fair coin: it is sqrt(p (1 - p) / N) with the "
        "p of chance.": 2 * (share - p) * N**0.5,
        "The sd takes the share that was found: chance is tested, so it takes chance's p.": (
            (share - p) / max(share * (1 - share) / N, 1e-12) ** 0.5
        ),
        "The score divides by the variance: take its root.": (share - p) / (p * (1 - p) / N),
        "The sd is that of one fake: of a mean over N of them it is smaller by sqrt(N).": (
            (share - p) / (p * (1 - p)) ** 0.5
        ),
        "The score has no sign: below 0 the fakes keep away from the training pictures.": abs(
            _score(pile)
        ),
        "The score has the wrong sign: above 0 the fakes are too near to training pictures.": (
            -_score(pile)
        ),
        "The chance counts the piles the wrong way round: it is M / (M + H), with M training "
        "pictures.": (share - (1 - p)) / (p * (1 - p) / N) ** 0.5,
        "The score is only the difference from chance: divide it by its sd.": share - p,
    }


def _found(bench: Bench, fn: Handle, pile: Pile) -> tuple[float, float]:
    got = bench.call(fn, pile.given())
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(
            "The answer should be two numbers, the share and the score, and is "
            f"{facts.describe(got)}."
        )
    share = facts.number(got[0], "The share")
    if isinstance(got[1], float) and not -1e300 < got[1] < 1e300:
        raise Wrong("The score is NaN or inf: its sd must not come from the share that was found.")
    return share, facts.number(got[1], "The score")


def _judge_share(got: float, pile: Pile) -> None:
    facts.diagnose(
        got, _share(pile), 1e-5, _share_mistakes(pile),
        "This is not the share of fakes whose nearest training picture is nearer than their "
        "nearest held-out picture.",
    )  # fmt: skip


def _judge_score(got: float, pile: Pile) -> None:
    facts.diagnose(
        got, _score(pile), 1e-4 * max(1.0, abs(_score(pile))), _score_mistakes(pile),
        "The score is not (share - p) / sqrt(p (1 - p) / N) with p = M / (M + H).",
    )  # fmt: skip


def copies_share(bench: Bench, fn: Handle, draw: Draw) -> None:
    """More than half of the fakes lie near training pictures."""
    pile = _pile(draw, draw.integer(13, 16), draw.integer(5, 8), (6, 12))
    _judge_share(_found(bench, fn, pile)[0], pile)


def copies_score(bench: Bench, fn: Handle, draw: Draw) -> None:
    pile = _pile(draw, draw.integer(13, 16), draw.integer(5, 8), (2, draw.integer(70, 80)))
    share, score = _found(bench, fn, pile)
    _judge_share(share, pile)
    _judge_score(score, pile)


def copies_extremes(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Nothing but copies; nothing but copies of the other pile; fewer training pictures."""
    train, held, new = (3.0 * draw.normal(n, 1, 5, 5) for n in (24, 9, 12))
    for pile in (Pile(train[:7], train, held), Pile(held[:7], train, held), Pile(new, held, train)):
        share, score = _found(bench, fn, pile)
        _judge_share(share, pile)
        _judge_score(score, pile)


EXERCISES = (
    Exercise(
        "09.1",
        "the arc",
        points=6,
        minutes=15,
        parts=(
            Part("halfway", 2, arc_middle),
            Part("an even pace", 3, arc_pace),
            Part("from a point to itself", 1, arc_still, shown=False),
        ),
        names=("slerp",),
    ),
    Exercise(
        "09.2",
        "one score up, another kept",
        points=9,
        minutes=20,
        parts=(
            Part("scores that do not meet", 2, direction_alone),
            Part("scores that go together", 3, direction_keeps),
            Part("noise and offsets", 2, direction_noisy),
            Part("scores that go against each other", 2, direction_opposed, shown=False),
        ),
        names=("direction",),
    ),
    Exercise(
        "09.3",
        "back to z",
        points=9,
        minutes=20,
        parts=(
            Part("one step for one picture", 2, search_step),
            Part("several steps and pictures", 3, search_many),
            Part("with a prior", 2, search_prior),
            Part("G as it was", 2, search_leaves, shown=False),
        ),
        names=("invert",),
    ),
    Exercise(
        "09.4",
        "copies or chance",
        points=6,
        minutes=15,
        parts=(
            Part("the share", 2, copies_share),
            Part("the score", 3, copies_score),
            Part("copies of either pile", 1, copies_extremes, shown=False),
        ),
        names=("copied",),
    ),
)
