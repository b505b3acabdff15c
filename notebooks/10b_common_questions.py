# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10b · Common questions, answered by experiment
#
# Every article about GANs asks the same questions: why is training unstable, is it stuck in a local
# optimum, which nets should I take? The usual answers are opinions. Here each gets a small
# experiment, and some of the usual answers turn out wrong.
#
# **Aims:**
#
# - answer seven questions with numbers, over several runs and several seeds;
# - tell a game that is stuck from one that goes round;
# - use a trained generator to fill a hole in a picture, and judge the result honestly.
#
# **Time:** 45 minutes to read and play, about a minute to run.

# %%
import copy
import json
import math
from functools import partial
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, softplus

from gancourse import (
    claim,
    course,
    live,
    load_images,
    load_points,
    nets,
    plots,
    score,
    seed_everything,
)
from gancourse.maths import latent
from gancourse.score import mode_report

SEED = 0  # change it: the last section says which conclusions survive that
MEASURED = json.loads(course.path("docs/questions.json").read_text())

# %% [markdown]
# One run proves little, because the next seed may differ. So we train several GANs side by side:
# all weights get one more dimension, the *run*, and a batched matrix product serves all of them.


# %%
class Nets(nn.Module):
    """Dense nets of these sizes, one for each run: points [runs, N, sizes[0]]."""

    def __init__(self, runs, *sizes):
        super().__init__()
        pairs = list(pairwise(sizes))
        self.W = nn.ParameterList(torch.randn(runs, i, o) * (2 / i) ** 0.5 for i, o in pairs)
        self.b = nn.ParameterList(torch.zeros(runs, 1, o) for _, o in pairs)

    def forward(self, h):
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            h = torch.baddbmm(b, leaky_relu(h, 0.2) if layer else h, W)
        return h


# %% [markdown]
# Do the runs really keep apart? A change of run 0's weights must not touch run 1. Then the game
# itself: both steps are those of lesson 05, summed over runs. Adam works number by number, so each
# run is trained as if it were alone.

# %% tags=["proof"]
# Proof: the runs keep apart
twins = Nets(2, 2, 32, 1)
twins(torch.randn(2, 64, 2))[0].sum().backward()
apart = [p.grad[1].abs().max() == 0 < p.grad[0].abs().max() for p in twins.parameters()]
claim("a loss of run 0 leaves run 1 without a gradient", all(apart))


# %%
class Game:
    def __init__(self, G=(2, 32, 32, 2), D=(2, 32, 32, 1), rates=(2e-3, 2e-3), runs=8):
        self.rng = seed_everything(SEED)
        self.G, self.D, self.runs, self.z_dim = Nets(runs, *G), Nets(runs, *D), runs, G[0]
        self.opt_G = torch.optim.Adam(self.G.parameters(), rates[0], (0.5, 0.999))
        self.opt_D = torch.optim.Adam(self.D.parameters(), rates[1], (0.5, 0.999))

    def fake(self, n=64):
        return self.G(torch.randn(self.runs, n, self.z_dim))

    def d_step(self, x):  # [runs, N, 2]
        x_fake = self.fake(x.shape[1]).detach()
        loss = (softplus(-self.D(x)) + softplus(self.D(x_fake))).mean((1, 2))
        self.opt_D.zero_grad()
        loss.sum().backward()
        self.opt_D.step()
        return loss.detach()  # [runs]

    def g_step(self, n=64):
        loss = softplus(-self.D(self.fake(n))).mean((1, 2)).sum()
        self.opt_G.zero_grad()
        loss.backward()
        self.opt_G.step()


# %% [markdown]
# The data are the ring of lesson 05. `play` takes turns, and `marks` counts as there: the modes
# that each run covers, the share of samples of high quality, and the reverse KL, which is 0 where
# all modes get equally many.

# %%
ring = load_points("ring", sd=0.05)


def batch(game, n=64):
    return ring.sample(game.runs * n, game.rng).view(game.runs, n, 2)


def play(game, turns, d=1, g=1):
    for _ in range(turns):
        for _ in range(d):
            game.d_step(batch(game))
        for _ in range(g):
            game.g_step()
    return game


@torch.no_grad()
def marks(game):
    found = [mode_report(x, ring) for x in game.fake(2000)]
    rows = [(r.modes, r.share_high_quality, r.reverse_kl) for r in found]
    return torch.tensor(rows, dtype=torch.float64).T  # [3, runs]


plots.points(batch(Game(runs=1), 400)[0], title="400 points of the ring")

# %% [markdown]
# ## Why is training unstable?
#
# Lesson 04 gave each player one number, and they rotated. Here is the next larger GAN, with random
# batches. Real and fake samples are round clouds, G can only *move* its cloud, D is a linear
# function, and both take simultaneous minimax steps.


# %%
def duel(sizes=(2, 1), sd=0.1, momentum=0.0, gamma=0.0):
    seed_everything(SEED)
    D, at = Nets(8, *sizes), torch.tensor([1.0, 0.0]).repeat(8, 1, 1).requires_grad_()
    opt = torch.optim.SGD([*D.parameters(), at], 0.1, momentum, dampening=momentum)
    path = []
    for _ in range(600):
        x = (sd * torch.randn(8, 64, 2)).requires_grad_()  # real, around 0
        logit, logit_fake = D(x), D(at + sd * torch.randn(8, 64, 2))
        (slope,) = torch.autograd.grad(logit.sum(), x, create_graph=True)
        r1 = gamma / 2 * slope.square().sum(2, keepdim=True)
        loss = (softplus(-logit) + softplus(logit_fake) + r1).mean((1, 2)).sum()
        opt.zero_grad()
        loss.backward()
        at.grad.neg_()  # G climbs what D descends
        opt.step()
        path.append(at[:, 0].detach().clone())
    return torch.stack(path), D  # [turns, runs, 2]


# %% [markdown]
# G starts at distance 1 from the data. Six games follow. (Momentum makes a steady step ten times as
# large; `dampening` takes that back, so that the rates are comparable.)

# %% tags=["bet"]
# Bet: what brings the game to rest
live.predict(
    "The plain game goes round for ever. What brings it to rest?",
    ("momentum 0.9", "a penalty on D's gradient", "both do"),
    "a penalty on D's gradient",
    "It is friction. Momentum makes a player go on towards where the other one was.",
)

# %%
cases = {
    "narrow cloud": {},
    "with momentum 0.9": {"momentum": 0.9},
    "with R1, weight 0.5": {"gamma": 0.5},
    "wide cloud, sd 1": {"sd": 1.0},
    "D with hidden layer": {"sizes": (2, 16, 1)},
    "hidden, momentum 0.9": {"sizes": (2, 16, 1), "momentum": 0.9},
}
duels = {name: duel(**options) for name, options in cases.items()}
dots = plots.Mark("points", [0], [0], "data", "p"), plots.Mark("points", [1], [0], "start")
shown = [
    plots.Panel((plots.Mark("line", *path[:, 0].T, "G's cloud", "q"), *dots), "$x_1$", "$x_2$",
                (-3, 3), (-3, 3), name, equal=True)
    for name, (path, _) in duels.items()
]  # fmt: skip
plots.gallery(shown, 3, "Where G's cloud goes in six games: three leave, three come to rest.")

# %%
end = {name: path[-100:].norm(dim=2).amax(0) for name, (path, _) in duels.items()}  # [runs]
restless = ("narrow cloud", "with momentum 0.9", "hidden, momentum 0.9")
for name, farthest in end.items():
    print(f"{name:22} largest distance at the end, median of 8 runs: {farthest.median():.2f}")

# %% tags=["proof"]
# Proof: three of the games never come to rest, three do (in seven of eight runs at least)
for name, farthest in end.items():
    if name in restless:
        claim(f"{name}: runs that stay away", (farthest > 0.9).sum(), above=6)
    else:
        claim(f"{name}: runs that come to rest", (farthest < 0.25).sum(), above=6)

# %% [markdown]
# Rotation is the cause, and friction the cure: from a penalty, or from data that are spread out.
# The DCGAN paper (arXiv 1511.06434) sets Adam's first beta to 0.5 instead of 0.9, since training
# oscillated, and Gidel et al. (2019, arXiv 1807.04740) show that in alternating games a *negative*
# momentum helps.
#
# The hidden layer surprised us: rest without any remedy. What can its D do that a linear one
# cannot? Look at D at the data, and on a circle of radius 0.5 around them.

# %%
turn = torch.linspace(0, 2 * torch.pi, 33)[:-1]
around = 0.5 * torch.stack([turn.cos(), turn.sin()], 1).expand(8, -1, -1)  # [runs, 32, 2]


@torch.no_grad()
def higher_at_data(D):
    """Return the share of the circle on which D is lower than at the data, by run."""
    return (D(around) < D(torch.zeros(8, 1, 2))).double().mean((1, 2))


linear, hidden = (
    higher_at_data(duels[name][1]) for name in ("narrow cloud", "D with hidden layer")
)
claim("a linear D is higher at the data than on half of the circle", linear, 0.5, within=0.1)
claim("runs in which a hidden layer makes a peak", (hidden > 0.9).sum(), above=6)
print(f"lower than at the data, mean share of the circle: linear D {linear.mean():.2f}, "
      f"with a hidden layer {hidden.mean():.2f}")  # fmt: skip

# %% [markdown]
# A peak. A linear D pushes all places the same way, so it must turn round each time that G has run
# past the data. A D with a peak there sends G back from every side. So theory's smallest games
# rotate more than these, and momentum can still ruin a run.
#
# ## Why do the players learn at different speeds?
#
# One often reads that D's task is easy and G's is hard. Test each player alone: train D against a
# G that stands still, then G against this D, until 90 % of the answers, or of the fakes, are what
# the player wants. Sizes and rates are equal. Who is faster?


# %%
@torch.no_grad()
def called_real(game, x):
    return (game.D(x) > 0).double().mean((1, 2))  # [runs]


def turns_to(shares, goal=0.9):
    """Return the median over runs of the turns until a share reached the goal; all if never."""
    reached = torch.stack(shares) >= goal
    return torch.where(reached.any(0), reached.double().argmax(0) + 1, len(shares)).median().item()


game, right, fooled = Game(), [], []
for _ in range(400):
    game.d_step(batch(game, 256))
    right.append((called_real(game, batch(game, 256)) + 1 - called_real(game, game.fake(256))) / 2)
for _ in range(400):
    game.g_step(256)
    fooled.append(called_real(game, game.fake(256)))
print(f"D alone: {turns_to(right):.0f} turns; then G alone: {turns_to(fooled):.0f} turns")

# %% [markdown]
# Here G, by far: D must first find eight tight clusters, and to fool a D that stands still *one*
# place that D likes is enough. (On lesson 06's digits, too, G needs fewer steps than D, some ten
# against some thirty.) What is that victory worth?

# %%
modes, good, uneven = marks(game)
claim("G alone is over three times as fast", turns_to(fooled), below=turns_to(right) / 3)
claim("and has little of high quality", good.median(), below=0.15)
claim("unevenly shared out", uneven.median(), above=0.3)
print(f"{100 * good.median():.0f} % of high quality, {modes.median():.0f} modes (medians)")

# %% [markdown]
# Next to nothing. G is only as good as its latest critic, so what limits it is news from D. That
# speaks for a larger rate of D. Keep the product of both rates and change their ratio: is more
# always better?

# %%
ratios = torch.tensor([0.1, 0.3, 1, 3, 10])  # D's rate over G's
each = live.progress(ratios.sqrt().tolist(), "ratios")
raced = [play(Game(rates=(2e-3 / r, 2e-3 * r)), 600) for r in each]
modes, good, uneven = torch.stack([marks(game).mean(1) for game in raced]).T
claim("a slow D gives poor samples", 1.5 * good[0], below=good[2])
claim("a D three times as fast gives better ones than an equal one", good[3], above=good[2])
claim("a slow D misses modes", modes[0], below=modes[2] - 1)
claim("a slow D shares unevenly", uneven[0], above=2 * uneven[2])
claim("so does a D ten times as fast", uneven[4], above=1.5 * uneven[3])
results = {
    "modes": (modes, (0, 8.4)),
    "share of high quality": (good, (0, 0.7)),
    "unevenness: reverse KL": (uneven, (0, 1)),
}
shown = [
    plots.Panel((plots.Mark("line", range(5), y, role="D"),
                 plots.Mark("points", range(5), y, role="D")),
                "D's rate over G's", "mean of 8 runs", None, limits, name,
                names=("0.1", "0.3", "1", "3", "10"))
    for name, (y, limits) in results.items()
]  # fmt: skip
plots.panels(shown, "Modes, share of high quality and reverse KL by the ratio of the two rates.")

# %% [markdown]
# A slow D gives blurred samples and misses modes. A fast D gives sharp ones, unevenly shared out
# (the reverse KL rises again): G runs after D's latest complaint. Best is a D somewhat faster than
# G. More *steps* of one player work alike. These three games had 1,800 steps each:

# %%
same_work = {"1 : 5": (300, 1, 5), "1 : 1": (900, 1, 1), "5 : 1": (300, 5, 1)}
each = live.progress(same_work.items(), "games")
by_steps = {name: marks(play(Game(), *turns)).mean(1) for name, turns in each}
for name, (modes, good, uneven) in by_steps.items():
    print(f"D : G = {name}: {modes:.1f} modes, {100 * good:.0f} % good, KL {uneven:.2f}")
few, even, many = by_steps.values()
claim("more steps of G: fewer good samples", few[1], below=0.7 * even[1])
claim("more steps of D: less even", many[2], above=1.5 * even[2])

# %% [markdown]
# ## Why is the quality poor?
#
# Three suspects: time, noise in the steps, and resolution. First longer training. Beside
# G we keep a running **average** of its weights, as `gancourse.train` does for its samples.

# %%
game = Game()
averaged = copy.copy(game)
averaged.G, by_time = copy.deepcopy(game.G), {"G as it is": [], "average of its weights": []}
for turn in live.progress(range(1, 1801), "turns"):
    play(game, 1)
    for kept, now in zip(averaged.G.parameters(), game.G.parameters(), strict=True):
        kept.data.lerp_(now.data, 0.01)
    if turn % 300 == 0:
        for name, shown in zip(by_time, (game, averaged), strict=True):
            by_time[name].append(marks(shown)[1].mean().item())
now, kept = by_time.values()
claim("three times the turns help", now[-1], above=now[1] + 0.2)
claim("early the average lags behind", kept[1], below=now[1])
claim("at the end it is ahead", kept[-1], above=now[-1] + 0.03)
plots.lines(range(300, 1801, 300), by_time, "turns", "share of high quality")

# %% [markdown]
# Time helps most. Then a good part of what is left is jitter: at the end the average beats the very
# net whose weights it averages, and costs nothing. Early, while G still travels, it lags behind.
#
# And resolution? Shrink *real* test digits and enlarge them again, in three ways, of which the best
# counts: a score sees how a picture was enlarged, too. Where does a perfect generator with fewer
# pixels stand, measured with the FID, beside the one that comes with the course?

# %%
G, test_set = nets.load_shipped("mnist"), load_images("mnist", "test")
rng = seed_everything(SEED)
x = test_set.batch(1000, rng)
fid = {"real, 28 x 28": score.fid(x)}
for side in (14, 7):
    small = interpolate(x, size=side, mode="area")
    ways = ("nearest", "bilinear", "bicubic")
    large = [interpolate(small, size=28, mode=way).clamp(-1, 1) for way in ways]
    fid[f"real, {side} x {side}"] = min(score.fid(y) for y in large)
fid["ours, 28 x 28"] = score.fid(latent.images_of(G, torch.randn(1000, G.z_dim)).detach())
if test_set.name == "mnist":  # and no stand-in for want of a network
    order = "real, 28 x 28", "ours, 28 x 28", "real, 14 x 14", "real, 7 x 7"
    claim("FID in this order", sorted(fid, key=fid.get), list(order))
{name: round(value, 1) for name, value in fid.items()}

# %% [markdown]
# A G whose layers end at 14 x 14 could not win against ours if it were perfect: ask for the
# resolution before you blame the training.
#
# ## Which loss should I take?
#
# Lesson 03 has six. Lucic et al. (2018, arXiv 1711.10337) gave seven kinds of GAN the same budget
# for tuning: with it the best of each were about equally good, and none won consistently. Our
# small version: four settings for each loss, two rates with and without R1, eight runs each. It
# takes minutes, so `python tools/questions.py losses` made it.

# %%
by_loss = {
    name: {setting: torch.tensor(runs) for setting, runs in row.items()}
    for name, row in MEASURED["losses"].items()
}
best = {n: max(row.values(), key=torch.mean) for n, row in by_loss.items()}
worst = {n: min(row.values(), key=torch.mean).mean() for n, row in by_loss.items()}
shown = {n: (r.min(), r.mean(), r.max()) for n, r in best.items()}
plots.bars(dict(sorted(shown.items(), key=lambda item: -item[1][1])),
           "share of high quality", "Each loss at the best of its four settings")  # fmt: skip

# %%
means = torch.stack([r.mean() for r in best.values()])
between, within = means.max() - means.min(), torch.stack([best[n].mean() - worst[n] for n in best])
print(f"from the best loss to the worst, each at its best setting: {between:.2f}")
print(f"from a loss's best setting to its worst, median: {within.median():.2f}")
claim("settings matter more than the loss", within.median(), above=between)
claim("losses whose best is near the top", (means > means.max() - 0.02).sum(), above=3)
pays = [row["rate 0.003, R1 0.1"].mean() > row["rate 0.003, R1 0"].mean()
        for row in by_loss.values()]  # fmt: skip
claim("losses for which R1 pays at the larger rate", sum(pays), below=2)

# %% [markdown]
# Four of the six are level, and what one sets matters more than which loss one takes. So take the
# non-saturating one, and spend the time on its settings. (R1 did not pay here, in 600 turns.)
#
# Nor is the divergence that a loss minimises on paper a guide. Fedus et al. (2018, arXiv
# 1710.08446) put the data on a line and the fakes on a parallel one. The Jensen-Shannon divergence
# is log 2 at *any* distance and gives no gradient. What does a GAN do that can move its line?

# %%
apart, path = torch.ones(8, 1, 1, requires_grad=True), []  # 8 runs


def on_line(at, n=64):
    return torch.cat([at.expand(8, n, 1), torch.rand(8, n, 1)], 2)  # [runs, n, 2]


game = Game()
game.fake, game.opt_G = partial(on_line, apart), torch.optim.Adam([apart], 4e-3, (0.5, 0.999))
for _ in live.progress(range(900), "turns"):
    game.d_step(on_line(torch.zeros(1)))
    game.g_step()
    path.append(apart.detach().abs().flatten().clone())
path = torch.stack(path)  # [turns, runs]
claim("all lines end near the data's", path[-100:].max(), below=0.3)
flat = plots.Mark("line", [0, 900], [math.log(2)] * 2)
runs = tuple(plots.Mark("line", range(900), run, role="q") for run in path.T)
shown = [
    plots.Panel((flat,), "turn", "in nats", None, (0, 1.3), "Jensen-Shannon divergence"),
    plots.Panel(runs, "turn", "in units of x", None, (0, 1.3), "distance of the lines"),
]
plots.panels(shown, "The divergence stays at log 2 while the distance falls to nearly 0.")

# %% [markdown]
# It comes to the data: D is not the best one, and its slope shows the way.
#
# ## Is it stuck in a local optimum?
#
# Take a game that looks stuck: G's rate is twenty times D's, and after a thousand turns modes are
# still missing. In a local optimum little would move. Here is one run, every 40 turns.


# %%
@torch.no_grad()
def shares(game):
    k = torch.cdist(game.fake(1000), ring.centres.float()).argmin(2)  # [runs, N]
    return nn.functional.one_hot(k, 8).double().mean(1)  # [runs, 8]


game, seen, frames = play(Game(rates=(8e-3, 4e-4)), 1000), [], []
for turn in live.progress(range(1000, 1800, 40), "pictures"):
    seen.append(shares(play(game, 40)))
    frames.append((f"turn {turn + 40}", game.fake(400)[0].detach()))
plots.point_film(frames[:4], ring.sample(400, game.rng), limit=2.0)

# %% [markdown]
# It is not still at all. In forty turns, how large a part of the fakes changes its mode? How many
# modes did each run cover at the end, and near how many was it on the way, with 2 % of its fakes?

# %%
seen = torch.stack(seen)  # [times, runs, 8]
moved = seen.diff(dim=0).abs().sum(2).mean(0) / 2  # [runs]
visited = (seen > 0.02).any(0).sum(1)
covered, _, uneven_before = marks(game)
names = "covered at the end", "visited on the way"
print(f"of the fakes {moved.median():.2f} change their mode in 40 turns (median of 8 runs)")
for name, modes in zip(names, (covered, visited), strict=True):
    print(f"{name:20} modes by run: {' '.join(str(int(m)) for m in modes)}")
claim("fakes that change their mode", moved.median(), above=0.2)
claim("runs that visit all modes", (visited == 8).sum(), above=6)
claim("some run misses modes at the end", (covered < 8).any())

# %% [markdown]
# A chase, and no trap. There is a second test. At an equilibrium D has nothing to gain: d_loss
# stays where it is, however long D learns. Freeze G and try. And a third: go on with the better
# rates found above, and see whether the lost modes come back. Kodali et al. (2017, arXiv
# 1705.07215) trace collapse to a D that is steep around the data: how steep is ours?


# %%
dice = torch.Generator().manual_seed(0)  # of these pictures alone
x, z = ring.sample(500, dice), torch.randn(8, 300, 2, generator=dice)


def look(game, title):
    """Return a picture of run 0, and the mean slope of D at the data by run."""
    at = x.expand(8, -1, -1).requires_grad_()
    slope = torch.autograd.grad(game.D(at).sum(), at)[0].norm(dim=2).mean(1)
    picture = plots.points(x, game.G(z)[0].detach(),
                           lambda x: game.D(x.expand(8, -1, -1))[0, :, 0], 1.6, title)  # fmt: skip
    return picture, slope


frozen = copy.deepcopy(game)
d_loss = torch.stack([frozen.d_step(batch(frozen)) for _ in range(400)])  # [steps, runs]
first, best = d_loss[:10].mean(0), d_loss[-50:].mean(0)
before, flat = look(game, "modes are missing")
game.opt_G.param_groups[0]["lr"], game.opt_D.param_groups[0]["lr"] = 1.2e-3, 3.5e-3
modes, _, uneven = marks(play(game, 800))
after, slope = look(game, "after the better rates")
print(f"d_loss against the frozen G: from {first.median():.2f} to {best.median():.2f}")
print(f"modes afterwards, by run: {' '.join(str(int(m)) for m in modes)}")
print(f"D's slope at the data: {flat.median():.1f}, and {slope.median():.1f} afterwards")
plots.beside([before, after])

# %% tags=["proof"]
# Proof: D could gain, the modes come back, and D is the steeper where none is missing
claim("runs in which D could gain", (best < first - 0.05).sum(), above=6)
claim("runs that cover all modes afterwards", (modes == 8).sum(), above=6)
claim("and share them more evenly", uneven.median(), below=0.3 * uneven_before.median())
claim("runs whose D is steeper afterwards", (slope > 2 * flat).sum(), above=6)

# %% [markdown]
# D could gain, and the runs recover without a restart. Here collapse goes with a *flat* D: tight
# clusters need a steep one. "Local optimum" is a word from minimisation.
# A game can also cycle, and then balance helps, not luck. Where it does not, look for a mistake:
# [the clinic](10_failure_clinic.ipynb) shows seventeen.
#
# ## How to choose the nets?
#
# Width and depth of both players, one at a time, after equally many turns, with the better rates
# found above. Each bar is the mean of four runs, the thin line goes from the worst to the best.

# %% tags=["bet"]
# Bet: whose layers are wide
live.predict(
    "One player may have hidden layers of width 128, the other one of width 8. Whose are wide?",
    ("D's", "G's", "it makes no difference"),
    "D's",
    "With a narrow D no G is good: G can learn only what D can see.",
)


# %%
def quality(G, D):
    """Return the share of high quality, worst, mean and best of four runs, for hidden sizes."""
    found = marks(play(Game((2, *G, 2), (2, *D, 1), (1.2e-3, 3.5e-3), runs=4), 600))[1]
    return found.min().item(), found.mean().item(), found.max().item()


sizes = (8, 32, 128)
pairs = live.progress([(G, D) for G in sizes for D in sizes], "pairs of nets")
grid = {(G, D): quality((G, G), (D, D)) for G, D in pairs}
deep = {depth: quality((32, 32), (32,) * depth) for depth in (1, 3)}
mean = {key: row[1] for key, row in grid.items()}
named = {f"G {G} wide, D {D} wide": row for (G, D), row in grid.items()}
named |= {f"G 32 wide, D 32 wide, {n} hidden": row for n, row in deep.items()}
best_first = dict(sorted(named.items(), key=lambda item: -item[1][1]))
plots.bars(
    best_first, "share of high quality", "Two hidden layers each, where nothing else is said"
)

# %% tags=["proof"]
# Proof: D's width counts more than G's, its depth counts, and the largest pair is not the best
claim("best share with a narrow D", max(mean[G, 8] for G in sizes), below=min(0.25, mean[32, 32]))
claim("32 in D beats 8, for each G", all(mean[G, 8] < mean[G, 32] for G in sizes))
claim("wide D, narrow G, over the reverse", mean[8, 128], above=1.5 * mean[128, 8])
claim("the largest pair is not the best", mean[128, 128], below=mean[32, 128])
claim("one hidden layer in D is too few", deep[1][1], below=0.5 * mean[32, 32])

# %% [markdown]
# D matters more. With a D of width 8 no G is good; a G of width 8 with a large D is better than
# the reverse. Depth in D counts too: with one hidden layer it does not learn to see such small
# clusters. And the largest pair is *not* the best here, in 600 turns at this rate. So begin with a
# D at least as large as G, and enlarge G last.
#
# ## Overfitting: who memorises?
#
# The data are finite, and nobody ever shows G a real picture. So which player can memorise? Small
# digits, 14 x 14, two games side by side: one knows 40 training pictures, the other 1,437. Held-out
# digits that no player ever sees are the test.


# %%
class Pictures(Game):
    def fake(self, n=64):
        return super().fake(n).tanh()


def flat(split):
    return avg_pool2d(load_images("digits", split).scaled(), 2).flatten(1)  # [N, 196]


game = Pictures((16, 64, 196), (196, 64, 1), (1e-3, 2e-3), runs=2)
x, held_out = flat("train"), flat("test").expand(2, -1, -1)
few = x[torch.randperm(len(x), generator=game.rng)[:40]]
plots.image_grid(few.view(-1, 1, 14, 14), columns=20, alt="The 40 training digits, 14 x 14.")


# %%
def draw(n=64):
    picks = [part[torch.randint(len(part), (n,), generator=game.rng)] for part in (few, x)]
    return torch.stack(picks)  # [2, n, 196]


names = {"training digits": "p", "held-out digits": "D", "fakes": "q"}
said, far = [], []
for turn in live.progress(range(1, 1501), "turns"):
    game.d_step(draw())
    game.g_step()
    if turn % 50 == 0:
        with torch.no_grad():
            fakes = game.fake(500)
            piles = draw(500), held_out, fakes
            said.append(torch.stack([game.D(pile).sigmoid().mean((1, 2)) for pile in piles]))
            far.append(torch.cdist(held_out, fakes).amin(2).mean(1))
said, far = torch.stack(said), torch.stack(far)  # [times, 3, 2], [times, 2]
drawn = zip(("40 digits", "1,437 digits"), fakes[:, :16], strict=True)
plots.image_film([(name, row.view(-1, 1, 14, 14)) for name, row in drawn], "What each G draws")

# %%
times = torch.arange(50, 1501, 50)
shown = [
    plots.Panel(tuple(plots.Mark("line", times, said[:, i, k], name if k else "", role)
                      for i, (name, role) in enumerate(names.items())),
                "turn", "D's mean answer", None, (0, 1), title)
    for k, title in enumerate(("40 training digits", "1,437 training digits"))
]  # fmt: skip
plots.panels(shown, "What D says of training digits, held-out digits and fakes, for both games.")

# %%
trained, unseen, fooled = said[-6:].mean(0)  # the last 300 turns, [2] each
for k, title in enumerate(("40 digits", "1,437 digits")):
    print(f"{title:12} D's answer to training digits {trained[k]:.2f}, to held-out ones "
          f"{unseen[k]:.2f}, to fakes {fooled[k]:.2f}")  # fmt: skip
claim("with 40 digits D knows them from others", (trained - unseen)[0], above=0.25)
claim("with 1,437 it does not", (trained - unseen)[1], below=0.1)
claim("with 40, held-out digits look less real than fakes", unseen[0], below=fooled[0])

# %% [markdown]
# D memorises. (One run of each.) With 40 pictures it calls those real, and digits that it never
# saw less real than the *fakes*. What does such a critic teach G? The distance from each held-out
# digit to the nearest of 500 fakes tells how well the fakes cover them. And does G copy the 40?

# %%
to_few = [torch.cdist(y, few).amin(1).mean().item() for y in (game.fake(500)[0], held_out[0])]
claim("with 40 digits the fakes get worse again", far[-1, 0], above=1.05 * far[:, 0].min())
claim("and worse than with 1,437", far[-1, 0], above=1.1 * far[-1, 1])
claim("but they are no copies", to_few[0], above=0.9 * to_few[1])
print(f"nearest of the 40: {to_few[0]:.1f} from fakes, {to_few[1]:.1f} from held-out digits")
by_set = {"40 digits": far[7:, 0], "1,437 digits": far[7:, 1]}
plots.lines(times[7:], by_set, "turn", "distance from held-out digit to fakes")

# %% [markdown]
# G does not copy: copies would be at distance 0, and these fakes are no nearer to the 40 than
# digits are that nobody trained on. But towards the end they get *worse* again, and in the other
# game they do not. So in a GAN overfitting begins in D, and shows as falling quality. Remedies give
# D more to see: Karras et al. (2020, arXiv 2006.06676) change real and fake pictures at random
# before D sees them.
#
# ## Where GANs are used
#
# **Editing and repair.** A trained G knows what digits look like. Cut a hole into test digits and
# search for the z whose picture agrees *outside of the hole*, as in lesson 09 (the idea: Yeh et al.
# 2017, arXiv 1607.07539). To judge it, two rivals: the training digit that agrees best, and the
# mean of the ten best.


# %%
class Outside(nn.Module):
    """G with a part of its pictures hidden, for `latent.invert`."""

    def __init__(self, G, mask):
        super().__init__()
        self.G, self.mask, self.z_dim, self.shape = G, mask, G.z_dim, G.shape

    def forward(self, z):
        return self.G(z) * self.mask


mask = torch.ones(28, 28)
mask[9:19, 9:19] = 0
x, pool = test_set.batch(24, rng), load_images("mnist").scaled(slice(20_000))
z = latent.invert(Outside(G, mask), x * mask, steps=80, starts=6, seed=SEED).z
nearby = (
    torch.cdist((x * mask).flatten(1), (pool * mask).flatten(1)).topk(10, largest=False).indices
)
filled = {"G": latent.images_of(G, z).detach(), "the nearest": pool[nearby[:, 0]],
          "the mean of ten": pool[nearby].mean(1)}  # fmt: skip

# %% [markdown]
# Which row would you hand out?

# %%
rows = {"the digit": x, "what was shown": x * mask - (1 - mask)}
rows |= {f"filled by {name}": x * mask + y * (1 - mask) for name, y in filled.items()}
plots.image_film([(name, row[:12]) for name, row in rows.items()])

# %%
hole = mask == 0
error = {name: (y - x)[..., hole].square().mean().item() for name, y in filled.items()}
grey = {name: (y[..., hole].abs() < 0.5).double().mean().item() for name, y in filled.items()}
grey_real = (x[..., hole].abs() < 0.5).double().mean().item()
claim("the mean has the smaller error", error["the mean of ten"], below=error["G"])
claim("and is blurred", grey["the mean of ten"], above=1.5 * grey_real)
claim("G is not", grey["G"], below=1.5 * grey_real)
for name in filled:
    print(f"{name:16} squared error {error[name]:.2f}, grey pixels {100 * grey[name]:.0f} %")
print(f"real digits: grey pixels {100 * grey_real:.0f} %")

# %% [markdown]
# Honestly: G's strokes mostly join, and are as crisp as real ones. But by both
# numbers the nearest training digit does as well, and the blurred mean has the smaller error, since
# G commits itself to *one* answer, at times the wrong one. What it draws is
# plausible and not known. On a photo of a person or a scan of a patient, that difference matters.
#
# What else, and how does it stand today?
#
# - **Pictures.** With what you know you can train on small grey images; lessons 13 and 14 go
#   further. For large varied pictures diffusion has overtaken GANs (Dhariwal and Nichol 2021, arXiv
#   2105.05233). GANs need one step where diffusion needs many, so an adversarial loss is used to
#   make diffusion fast (Sauer et al. 2023, arXiv 2311.17042). A modern GAN without tricks: R3GAN
#   (Huang et al. 2025, arXiv 2501.05441).
# - **Translation and sharpening.** pix2pix (arXiv 1611.07004), CycleGAN (1703.10593) and SRGAN
#   (1609.04802) add a D to an ordinary loss, against blur or for want of pairs. This use is alive:
#   also the decoders of latent diffusion are trained with a D (Rombach et al. 2022, arXiv
#   2112.10752).
# - **Data augmentation.** Be careful: fakes hold no more than the training set did. Classifiers
#   trained only on BigGAN's samples were much worse than on real ones (Ravuri and Vinyals 2019,
#   arXiv 1905.10887). Test on real held-out data.
# - **Text.** A word is a choice, and a choice has no gradient to pass on. SeqGAN (arXiv 1609.05473)
#   goes round that; plain likelihood did better (Caccia et al. 2020, arXiv 1811.02549).
# - **Audio.** Vocoders, from spectrogram to sound, are a success of GANs: HiFi-GAN (Kong et al.
#   2020, arXiv 2010.05646).
#
# ## Would another seed say so too?
#
# All of the above was seed 0. `python tools/questions.py seeds` runs the lesson with others, and
# notes which of its claims hold there; the line below says which have been tried. What holds for
# all of them is safer to repeat. What fails somewhere is listed: you may see it, and you may not.

# %%
tried = json.loads(course.path("docs/questions.json").read_text())["seeds"]  # {seed: {claim: held}}
held = {
    text: [run.get(text, False) for run in tried.values()] for text in next(iter(tried.values()))
}
print(f"{sum(map(all, held.values()))} of {len(held)} claims hold with seed {', '.join(tried)}")
for text, each in held.items():
    if not all(each):
        print(f"  only for {sum(each)} of {len(each)} seeds: {text}")

# %% [markdown]
# ## Recap
#
# - Unstable: rotation without friction. Momentum makes it worse; R1, spread, or a D with a peak at
#   the data help.
# - Speeds: on the ring G alone is the faster one, and its victory is empty. Keep D somewhat ahead.
# - Quality: time, then averaged weights, and a resolution that allows it.
# - The loss: none wins with equal budgets. The settings matter more.
# - "Stuck": see whether samples move, whether D can gain, and whether balance cures it.
# - Nets: D first. Larger is not better at once.
# - Overfitting: D memorises, and G gets worse without copying.
#
# All this was measured on toys. Change the data and the nets: these questions deserve your own
# numbers. [Lesson 10](10_failure_clinic.ipynb) has the mistakes, [10a](10a_five_writeups.ipynb) the
# articles, and [lesson 11](11_how_good.ipynb) goes on: how good is it?
