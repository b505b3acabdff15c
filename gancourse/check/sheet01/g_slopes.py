"""Sheet 01, the game: V from samples, its error, what moves G, and who moves first."""

import math

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong

# 01.1: V from what D says


def _probabilities(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    """Return what a fair D may say of n real and m fake samples, [n] and [m] in (0.02, 0.98)."""
    real = draw.normal(n, mean=0.7, sd=1.2).clamp(-3.5, 3.5).sigmoid()
    return real, draw.normal(m, mean=-0.4, sd=1.2).clamp(-3.5, 3.5).sigmoid()


def _value(real: Tensor, fake: Tensor) -> Tensor:
    return real.log().mean() + (1 - fake).log().mean()


V_MISTAKES = {
    "This is -V, D's loss: V is what D makes large, a sum of logarithms below 0.": (
        lambda real, fake: -_value(real, fake)
    ),
    "Real and fake have changed places: D is paid for calling real samples real.": (
        lambda real, fake: _value(fake, real)
    ),
    "On fakes D is paid for log(1 - D), not for log D: it should say 'not real' there.": (
        lambda real, fake: real.log().mean() + fake.log().mean()
    ),
    "The fakes' term is subtracted: V is the sum of two expectations.": (
        lambda real, fake: real.log().mean() - (1 - fake).log().mean()
    ),
    "This is the logarithm of a mean; V is the mean of logarithms (one logarithm a sample).": (
        lambda real, fake: real.mean().log() + (1 - fake).mean().log()
    ),
    "This sums over the batch: an expectation is estimated by the mean.": (
        lambda real, fake: real.log().sum() + (1 - fake).log().sum()
    ),
    "This is half of V: each term is an expectation of its own; add the two means, do not average "
    "them.": (lambda real, fake: _value(real, fake) / 2),
    "Only the real samples count: the second expectation, over fakes, is missing.": (
        lambda real, fake: real.log().mean()
    ),
    "Only the fake samples count: the first expectation, over real samples, is missing.": (
        lambda real, fake: (1 - fake).log().mean()
    ),
    "The logarithm has another base: V uses the natural one (that is why a coin scores -log 4).": (
        lambda real, fake: _value(real, fake) / math.log(2)
    ),
}


def _judge_value(got: object, real: Tensor, fake: Tensor) -> None:
    facts.diagnose(
        facts.number(got, "V"),
        _value(real, fake),
        facts.rounding(len(real) + len(fake), 5.0),
        {meaning: v(real, fake) for meaning, v in V_MISTAKES.items()},
        "This is not the mean of log D(x) over real plus the mean of log(1 - D(x)) over fake "
        "samples.",
    )


def value_of_batch(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        n = draw.integer(5, 40)
        real, fake = _probabilities(draw, n, n)
        _judge_value(bench.call(fn, [real, fake]), real.double(), fake.double())


def value_of_coin(bench: Bench, fn: Handle, draw: Draw) -> None:
    coin = torch.full((draw.integer(2, 30),), 0.5)
    got = facts.number(bench.call(fn, [coin, coin]), "V")
    if not facts.near(got, -math.log(4), 1e-5):
        raise Wrong("A D that says 1/2 to everything scores -log 4 = -1.386, whatever the samples.")


def value_uneven(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _probabilities(draw, draw.integer(3, 9), draw.integer(20, 40))
    for dtype in (torch.float32, torch.float64):
        got = bench.call(fn, [real.to(dtype), fake.to(dtype)])
        _judge_value(got, real.double(), fake.double())


# 01.2: its error bar


def _errors(real: Tensor, fake: Tensor, unbiased: bool = True) -> tuple[Tensor, Tensor]:
    """Return the variances of the two means."""
    terms = real.log(), (1 - fake).log()
    return tuple(term.var(unbiased=unbiased) / len(term) for term in terms)


def _standard_error(real: Tensor, fake: Tensor) -> Tensor:
    return sum(_errors(real, fake)).sqrt()


SE_MISTAKES = {
    "This is the scatter of single terms: the mean of N of them scatters less; divide each "
    "variance by its N.": (lambda real, fake: (real.log().var() + (1 - fake).log().var()).sqrt()),
    "Standard deviations do not add up; variances of independent means do. Add, then take the "
    "root.": (lambda real, fake: sum(v.sqrt() for v in _errors(real, fake))),
    "This is the variance of the estimate: its square root is the standard error.": (
        lambda real, fake: sum(_errors(real, fake))
    ),
    "N stands outside of the root: the error falls like 1 / sqrt(N), not like 1 / N.": (
        lambda real, fake: (
            real.log().var() / len(real) ** 2 + (1 - fake).log().var() / len(fake) ** 2
        ).sqrt()
    ),
    "This is the scatter of D's probabilities: V averages their logarithms, so the scatter of the "
    "logarithms counts.": (
        lambda real, fake: (real.var() / len(real) + fake.var() / len(fake)).sqrt()
    ),
    "Only the real samples' error is in it: the fakes' average is random, too.": (
        lambda real, fake: _errors(real, fake)[0].sqrt()
    ),
    "Only the fake samples' error is in it: the real samples' average is random, too.": (
        lambda real, fake: _errors(real, fake)[1].sqrt()
    ),
    "Real and fake terms are thrown into one pot: each average has its own mean and variance.": (
        lambda real, fake: (
            torch.cat([real.log(), (1 - fake).log()]).std() / math.sqrt(len(real) + len(fake))
        )
    ),
    "This divides by all samples together: each variance is divided by the size of its own "
    "batch.": (
        lambda real, fake: (
            (real.log().var() + (1 - fake).log().var()) / (len(real) + len(fake))
        ).sqrt()
    ),
}


def _judge_error(got: object, real: Tensor, fake: Tensor) -> None:
    error = facts.number(got, "The standard error")
    tolerance = facts.rounding(len(real) + len(fake), 1.0)
    if facts.near(error, sum(_errors(real, fake, unbiased=False)).sqrt(), tolerance):
        return  # dividing by N, not by N - 1, is as good
    facts.diagnose(
        error,
        _standard_error(real, fake),
        tolerance,
        {meaning: e(real, fake) for meaning, e in SE_MISTAKES.items()},
        "This is not the root of Var(log D(x)) / N plus Var(log(1 - D(G(z)))) / M.",
    )


def error_even(bench: Bench, fn: Handle, draw: Draw) -> None:
    n = draw.integer(15, 40)
    real, fake = _probabilities(draw, n, n)
    _judge_error(bench.call(fn, [real, fake]), real.double(), fake.double())


def error_uneven(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _probabilities(draw, draw.integer(8, 12), draw.integer(30, 60))
    _judge_error(bench.call(fn, [real, fake]), real.double(), fake.double())


def error_float64(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _probabilities(draw, draw.integer(40, 60), draw.integer(8, 12))
    _judge_error(bench.call(fn, [real.double(), fake.double()]), real.double(), fake.double())


# 01.3: what moves G


def _sharper(D: torch.nn.Module) -> None:
    for weight in D.parameters():
        weight *= 2.5


def _slopes(D: torch.nn.Module, m: Tensor, s: Tensor, z: Tensor, of=None) -> Tensor:
    """Return the slopes by m and s, [2], of the mean of `of` (log(1 - D) unless given)."""
    of = of or (lambda logit: -torch.nn.functional.softplus(logit))
    m, s = m.double().requires_grad_(), s.double().requires_grad_()
    return torch.stack(torch.autograd.grad(of(D(m + s * z.double())).mean(), (m, s)))


G_MISTAKES = {
    "This is the way G walks, downhill: the slope of V itself has the other sign.": (
        lambda *given: -_slopes(*given)
    ),
    "This sums over the batch: V is an expectation, so its slope is a mean.": (
        lambda *given: len(given[3]) * _slopes(*given)
    ),
    "The factor D(G(z)) is missing: log(1 - D) has the slope -D times that of the logit.": (
        lambda *given: _slopes(*given, lambda logit: -logit)
    ),
    "This is the slope of -log D(G(z)), another loss: V contains log(1 - D(G(z))).": (
        lambda *given: _slopes(*given, lambda logit: torch.nn.functional.softplus(-logit))
    ),
    "This is the slope of D(G(z)): the logarithm in V is missing.": (
        lambda *given: _slopes(*given, torch.sigmoid)
    ),
    "The logit was taken for the probability: D(x) is its sigmoid.": (
        lambda *given: _slopes(*given, lambda logit: (1 - logit).abs().log())
    ),
}
NO_CHAIN = (
    "Both slopes are the same: s multiplies z, so the chain rule puts a z under the mean of the "
    "slope by s."
)


def _pair(got: object) -> Tensor:
    """Return the two slopes, [2]: from a tensor of shape [2], or from two numbers."""
    if isinstance(got, list) and len(got) == 2:
        return torch.tensor([facts.number(g, "Each slope") for g in got], dtype=torch.float64)
    return facts.tensor(got, [2], "What g_slopes returns")


def _judge_slopes(bench: Bench, fn: Handle, draw: Draw, which: tuple[int, ...]) -> None:
    D = twins.twin(bench, draw, "discriminator/mlp", {"widths": [8], "shape": [1]}, _sharper)
    m, s = draw.normal(), torch.tensor(draw.uniform(0.5, 1.5))
    z = draw.normal(draw.integer(8, 40), 1)
    got = _pair(bench.call(fn, [D.there, m, s, z]))
    given = (D.here, m, s, z)
    want, at = _slopes(*given), list(which)
    tolerance = facts.rounding(8 * len(z), max(want.abs().max().item(), 0.1))
    if facts.near(got[at], want[at], tolerance):
        return
    if not got.any():
        raise Wrong(
            "Both slopes are 0: the way from m and s through G(z) and D to V was cut, by detach, "
            "no_grad or .item()."
        )
    if facts.near(got[1], got[0], tolerance):
        raise Wrong(NO_CHAIN)
    for meaning, mistake in G_MISTAKES.items():
        wrong = mistake(*given)
        if facts.near(got[at], wrong[at], tolerance * max(1.0, wrong.abs().max().item())):
            raise Wrong(meaning)
    name = "m" if which == (0,) else "s"
    raise Wrong(f"This is not the slope by {name} of the mean of log(1 - D(m + s z)).")


def slope_by_m(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_slopes(bench, fn, draw, (0,))


def slope_by_s(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_slopes(bench, fn, draw, (1,))


def slope_again(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        _judge_slopes(bench, fn, draw, (0, 1))


# 01.4: who moves first


def _orders(V: Tensor) -> list[Tensor]:
    return [V.min(1).values.max(), V.max(0).values.min()]


ORDER_MISTAKES = {
    "The two have changed places: first the value when D moves first, max over D of min over G.": (
        lambda V: _orders(V)[::-1]
    ),
    "Rows and columns have changed places: D picks the row, G the column.": (
        lambda V: _orders(V.T)
    ),
    "Here the players have changed sides: D wants V large, G wants it small.": (
        lambda V: [V.max(1).values.min(), V.min(0).values.max()]
    ),
    "Whoever answers sees the other's move and picks within that row or column: first the answer, "
    "row by row or column by column, then the first move.": (lambda V: [V.min(), V.max()]),
    "This averages over the answers: the answer is the other player's best, not a random move.": (
        lambda V: [V.mean(1).max(), V.mean(0).min()]
    ),
}


def _table(draw: Draw, rows: int, columns: int) -> Tensor:
    """Return a table without a saddle point, also none for players who have changed sides."""
    for _ in range(1000):
        V = draw.normal(rows, columns)
        values = torch.stack([*_orders(V), *_orders(V.T)]).sort().values
        if values.diff().min() > 0.01:
            return V
    raise RuntimeError("no table without a saddle point was drawn")


def _two_values(got: object) -> list[float]:
    if isinstance(got, Tensor) and got.dim() == 1:
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(f"Two numbers are asked for, and the answer is {facts.describe(got)}.")
    return [facts.number(g, "Each value") for g in got]


def _judge_orders(bench: Bench, fn: Handle, V: Tensor, which: tuple[int, ...]) -> None:
    got = _two_values(bench.call(fn, [V]))

    def same(want: list[Tensor], at: tuple[int, ...] = (0, 1)) -> bool:
        return all(facts.near(got[i], want[i], 1e-6) for i in at)

    if same(_orders(V), which):
        return
    for meaning, mistake in ORDER_MISTAKES.items():
        if same(mistake(V)):
            raise Wrong(meaning)
    if any(same([value, value]) for value in _orders(V)):
        raise Wrong(
            "Both orders give the same here: that holds only where there is a saddle point."
        )
    first, other = ("D", "G") if which == (0,) else ("G", "D")
    raise Wrong(
        f"This is not the value when {first} moves first and {other} answers with its best."
    )


def d_first(bench: Bench, fn: Handle, draw: Draw) -> None:
    n = draw.integer(3, 5)
    _judge_orders(bench, fn, _table(draw, n, n), (0,))


def g_first(bench: Bench, fn: Handle, draw: Draw) -> None:
    n = draw.integer(3, 5)
    _judge_orders(bench, fn, _table(draw, n, n), (1,))


def any_table(bench: Bench, fn: Handle, draw: Draw) -> None:
    for shape in ((3, 6), (6, 3)):
        V = _table(draw, *shape)
        _judge_orders(bench, fn, V, (0,))
        _judge_orders(bench, fn, V, (1,))


EXERCISES = (
    Exercise(
        "01.1",
        "V from what D says",
        points=6,
        minutes=8,
        parts=(
            Part("both terms, as means", 3, value_of_batch),
            Part("a coin scores -log 4", 1, value_of_coin),
            Part("batches of two sizes, in float32 and float64", 2, value_uneven, shown=False),
        ),
        names=("value",),
    ),
    Exercise(
        "01.2",
        "an error bar for V",
        points=7,
        minutes=12,
        parts=(
            Part("as many real as fake samples", 3, error_even),
            Part("batches of two sizes", 3, error_uneven),
            Part("in float64, more real than fake", 1, error_float64, shown=False),
        ),
        names=("standard_error",),
    ),
    Exercise(
        "01.3",
        "what moves G",
        points=8,
        minutes=15,
        parts=(
            Part("the slope by m", 3, slope_by_m),
            Part("the slope by s", 3, slope_by_s),
            Part("other D and other batches", 2, slope_again, shown=False),
        ),
        names=("g_slopes",),
    ),
    Exercise(
        "01.4",
        "who moves first",
        points=6,
        minutes=10,
        parts=(
            Part("D moves first", 2, d_first),
            Part("G moves first", 2, g_first),
            Part("tables that are not square", 2, any_table, shown=False),
        ),
        names=("orders",),
    ),
)
