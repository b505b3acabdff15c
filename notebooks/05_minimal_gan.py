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
# # 05 · A minimal GAN
#
# A GAN is two small networks and one loop. You play with a whole one first, on points in the plane,
# where you can *see* what each player does. Then you write the step of each, and play with yours.
#
# **Aims:**
#
# - write D's step and G's step, and say what `detach` is for;
# - run the loop, watch G find eight clusters, and count them;
# - know which numbers follow the quality of the samples, and which do not;
# - break it on purpose and recognise the break.
#
# **Time:** 45 minutes to read and play, a minute or two to run.

# %%
import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse import claim, live, load_points, plots, seed_everything
from gancourse.check import check
from gancourse.losses import wgan_gp_penalty
from gancourse.maths.matching import matched_distance
from gancourse.score import mode_report

# %% [markdown]
# ## A whole GAN to play with
#
# Blue dots are real data: eight clusters on a circle. Orange points are the generator's. The map is
# the discriminator's opinion: blue where it says "real", orange where it says "fake", white where
# it cannot tell. Press **Step D** ten times and watch the map. Press **Step G** ten times and watch
# the points. Then press **Run**.

# %%
live.PointGan()

# %% tags=["bet"]
# Bet: a D that nearly stands still
live.predict(
    "Run 300 turns: the orange points lie on the circle. Then nearly stop D: pull its learning "
    "rate to the left end, give G five steps in a turn, and run on. What will they do?",
    [
        "stay where they are: they fit",
        "crowd where D likes them best",
        "spread out more and more evenly",
    ],
    "crowd where D likes them best",
    "D's map says which places look real, not how many points each should get. Only a D that "
    "answers can say that there are too many in one place. The eye hardly sees it: a later cell "
    "counts.",
)

# %% [markdown]
# The orange points only ever see the arrows, and those come from D. Why points, and not pictures?
# With pictures you judge by eye whether samples look right, and you cannot see what is *missing*.
# Here you can count to eight.
#
# The generator `G` turns noise z into points. The discriminator `D` turns points into one number
# each, the **logit**: above zero means "I believe this is real", and its sigmoid is the probability
# D(x) of lesson 01.

# %%
ring, z_dim, width = load_points("ring", sd=0.05), 2, 128


def make_G():
    return nn.Sequential(
        nn.Linear(z_dim, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, 2),
    )  # fmt: skip


def make_D():
    return nn.Sequential(
        nn.Linear(2, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, 1), nn.Flatten(0),
    )  # fmt: skip


# %% [markdown]
# There is no sigmoid at the end of D: lesson 03 shows that the loss is exact when it is computed
# from logits, and can be infinite when it is computed from rounded probabilities. Untrained, G
# squeezes all noise into one small heap, and D answers close to one half everywhere.

# %%
rng = seed_everything(0)
G, D = make_G(), make_D()
x_fake = G(torch.randn(500, z_dim)).detach()
plots.points(ring.sample(500, rng), x_fake, D, title="Before training")

# %% [markdown]
# ## D's step: yours
#
# D is a classifier with two piles: real points should get a high logit, fakes a low one. Its loss
# is the cross-entropy $-\log D(x) - \log(1 - D(G(z)))$, each term averaged over its own batch. On a
# logit $l$, $-\log \sigma(l)$ is the softplus of $-l$, and $-\log(1 - \sigma(l))$ that of $l$.
#
# A step, in order: draw the fakes from z and cut them off from G (`detach`: the same numbers
# without their history), compute the loss, clear D's old gradients, go backward, let `opt_D` step.
# For D, fakes are plain data, like a picture from a file: nothing may flow back into G. Return the
# loss. (Exercise 05.2 of the sheet, with the same check. Not now? A folded cell below stands in.)


# %%
def d_step(G, D, opt_D, x_real, z):
    """Take one step of D on x_real [N, 2] and G(z), z [N, 2]; return D's loss before the step."""
    raise NotImplementedError("your turn")


D_written = check("05.2", d_step)
D_written

# %% [markdown] tags=["hint"]
# Hint: the idea
# Each term of the loss is one `softplus(...)` with its `.mean()`. Which of the two logits gets the
# minus?

# %% [markdown]
# ## G's step: yours
#
# G wants the opposite: fakes that D calls real. It minimises $-\log D(G(z))$, the *non-saturating*
# loss of lesson 03. Here the history is what we need: the gradient runs from D's logit back
# *through* D, to each fake point, and from there into G's weights. (Exercise 05.3 of the sheet.)


# %%
def g_step(G, D, opt_G, z):
    """Take one step of G on the fakes of z [N, 2]; return G's loss before the step."""
    raise NotImplementedError("your turn")


G_written = check("05.3", g_step)
G_written

# %% [markdown] tags=["hint"]
# Hint: the idea
# D's step had two terms, and G's has one: the fakes, with the label "real". Nothing is detached.
# Clear, go backward, step, with `opt_G`, which holds G's weights and nothing else.

# %% jupyter={"source_hidden": true}
# One way to write them: open this cell to see it. Each stands in only where yours does not pass.
if not D_written.passed:

    def d_step(G, D, opt_D, x_real, z):
        x_fake = G(z).detach()  # [N, 2], cut off from G
        d_loss = softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()
        opt_D.zero_grad()
        d_loss.backward()
        opt_D.step()
        return d_loss.item()


if not G_written.passed:

    def g_step(G, D, opt_G, z):
        g_loss = softplus(-D(G(z))).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        return g_loss.item()


whose = {True: "yours", False: "the one in this cell"}
f"from here on d_step is {whose[D_written.passed]}, and g_step is {whose[G_written.passed]}"

# %% [markdown]
# Take one step of D. Untrained, it is undecided and pays $\log 2$ on each pile: its first loss must
# be near $2 \log 2 \approx 1.386$.


# %%
def adam(net):
    return torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.0, 0.999))


opt_G, opt_D = adam(G), adam(D)
d_loss = float(d_step(G, D, opt_D, ring.sample(256, rng), torch.randn(256, z_dim)))
d_loss

# %% tags=["proof"]
# Proof: an undecided D pays 2 log 2, and its step leaves not even a gradient in G
claim("D's first loss is 2 log 2", d_loss, 1.386, within=0.1)
claim("no gradient reached G", all(p.grad is None for p in G.parameters()))

# %% [markdown]
# **Your steps, live.** The widget is the one from above, and the steps are those of the cells
# above. Change one, run its cell again, and the widget takes the new form at its next step. Leave
# out `opt_G.step()`, return nothing, misspell a name: each time, press **Step G** and read what the
# widget says.

# %%
live.PointGan(d_step=d_step, g_step=g_step, steps=600)

# %% [markdown]
# ## The loop
#
# Draw real points, let D take a step, let G take a step, repeat: that is all. `train` is a
# generator function, in Python's sense: whoever runs it decides what to look at.


# %%
def train(d_step, g_step, turns=2000, d_steps=1, seed=0):
    rng = seed_everything(seed)
    G, D = make_G(), make_D()
    opt_G, opt_D = adam(G), adam(D)
    for turn in range(1, turns + 1):
        for _ in range(d_steps):
            x_real, z = ring.sample(256, rng), torch.randn(256, z_dim)
            d_loss = d_step(G, D, opt_D, x_real, z)
        g_loss = g_step(G, D, opt_G, torch.randn(256, z_dim))
        yield turn, G, D, float(d_loss), float(g_loss)


# %%
x, z, frames = ring.sample(300, rng), torch.randn(300, z_dim), []
history = {"d_loss": [], "g_loss": [], "D(x)": [], "D(G(z))": []}
for turn, G, D, d_loss, g_loss in live.progress(train(d_step, g_step), "turns", 2000):
    with torch.no_grad():
        says = (D(points).sigmoid().mean().item() for points in (x, G(z)))
    for name, value in zip(history, (d_loss, g_loss, *says), strict=True):
        history[name].append(value)
    if turn in (1, 30, 100, 300, 1000, 2000):
        frames.append((f"turn {turn}", G(z).detach()))
plots.point_film(frames, x)

# %% [markdown]
# The heap is flung outwards, by turn 100 it is a band along the circle, and then the band breaks
# up into clusters. The same 300 values of z stand in every picture, so you are watching one map
# being bent until noise lands where the data are. The eye is generous, so count: a fake is of
# *high quality* within three standard deviations of a cluster's centre, and a cluster (a *mode*)
# is covered when at least one such fake lies there. A perfect generator has 8 modes and 98.9 %.
# The *reverse KL* says how unevenly the modes share the samples: 0 where all get equally many.
# Its first number counts all fakes, the second those of high quality.


# %%
@torch.no_grad()
def report(G, n=2500):
    return mode_report(G(torch.randn(n, z_dim)), ring)


found = report(G)
found

# %% [markdown]
# All eight. The few strays lie between clusters: G is a
# continuous map, so to reach two separate clusters it must also cross the gap between them.

# %% tags=["proof"]
# Proof: all eight modes, and most samples of high quality
claim("all modes are covered", found.modes, 8)
claim("the share of high quality", found.share_high_quality, above=0.6)

# %% tags=["bet"]
# Bet: d_loss while the samples improve
live.predict(
    "The samples became better and better. What did d_loss do meanwhile?",
    ["it fell towards 0", "it stayed near 1.39", "it rose, as the fakes got better"],
    "it stayed near 1.39",
    "Each loss measures a player against an opponent who improves too. A D that cannot tell the "
    "piles apart pays log 2 on each, at the start as at the end.",
)

# %%
plots.curves(history)

# %% [markdown]
# Both D(x) and D(G(z)) end near one half. That is balance, and balance is not quality: at turn 1
# the game was balanced too, because D knew nothing yet.

# %% tags=["proof"]
# Proof: in the last 500 turns the game is balanced
late = {name: sum(values[-500:]) / 500 for name, values in history.items()}
claim("d_loss is near 2 log 2", late["d_loss"], 1.386, within=0.1)
claim("D(x) is near 1/2", late["D(x)"], 0.5, within=0.1)
claim("D(G(z)) is near 1/2", late["D(G(z))"], 0.5, within=0.1)

# %% [markdown]
# ## Back to the game
#
# First the bet from the top: 300 turns of both players, then 200 in which D learns a hundred
# times more slowly and G takes five steps. Above the picture stand the shares of 2,500 fakes that
# are nearest to each cluster, in per cent: an even sharing would be 12.5.

# %%
many = torch.randn(2500, z_dim)


def shares(game):
    """Return the per cent of fakes that lie nearest to each cluster."""
    nearest = torch.cdist(game.state.G(many), ring.centres.float()).argmin(1)
    return [round(x / 25, 1) for x in torch.bincount(nearest, minlength=8).tolist()]


slow_D = live.PointGan(d_step=d_step, g_step=g_step).take_turns(300)
before = shares(slow_D)
slow_D.set(lr_D=1e-5, steps_G=5).take_turns(200)
print("after 300 turns of both:       ", before)
print("after 200 more, D nearly still:", shares(slow_D))
slow_D

# %% tags=["bet"]
# Bet: five steps of D
live.predict(
    "And the other way round: D takes five steps for each one of G's. Where does d_loss settle?",
    ["near 1.39 again", "clearly below 1.39", "at 0: D has won"],
    "clearly below 1.39",
    "D is always a little ahead of the fakes that it has just seen, and G still learns from it.",
)

# %%
live.PointGan(d_step=d_step, g_step=g_step, steps=400).set(steps_D=5)

# %% [markdown]
# Press **Run**. After some hundred turns the map has sharp islands and long arrows, and they
# change from turn to turn: G runs after D's latest complaint. Try three steps of G, or draw your
# own points.


# %% tags=["proof"]
# Proof: with a slow D the samples crowd, with a fast D d_loss stays below 1.39; three seeds
for seed in range(3):
    same, slow, fast = (
        live.PointGan(seed=seed).take_turns(300).set(**values).take_turns(200)
        for values in ({}, {"lr_D": 1e-5, "steps_G": 5}, {"steps_D": 5})
    )
    uneven = [mode_report(game.state.G(many), ring).reverse_kl for game in (same, slow)]
    claim("a slow D lets the samples crowd: reverse KL", uneven[1], above=5 * uneven[0])
    lead = torch.tensor(fast.state.curves()["d_loss"][-100:]).mean()
    claim("a fast D keeps a lead: d_loss", lead, below=1.25)

# %% [markdown]
# ## A loss that does follow quality
#
# Give D another task: not to classify, but to pull the mean of its numbers for real and fake
# samples apart, with slopes of about 1 (lesson 03). The difference then estimates a *distance*, the
# Wasserstein distance between the two clouds. The penalty that holds the slopes near 1 is WGAN-GP's
# (Gulrajani et al. 2017, arXiv 1704.00028).


# %%
def critic_step(G, D, opt_D, x_real, z):
    x_fake = G(z).detach()
    d_loss = D(x_fake).mean() - D(x_real).mean()
    opt_D.zero_grad()
    (d_loss + wgan_gp_penalty(D, x_real, x_fake)).backward()
    opt_D.step()
    return d_loss.item()


def follow_step(G, D, opt_G, z):
    g_loss = -D(G(z)).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()


live.PointGan(loss="wasserstein", d_step=critic_step, g_step=follow_step, steps=200).set(steps_D=5)


# %% [markdown]
# Does it hold? On so few points the true distance can be computed: match 500 fakes with 500 real
# points so that the mean distance within pairs is smallest. Left the critic, right the
# cross-entropy of above, each beside the distance measured.


# %%
def measured(d_step, g_step, d_steps, seed=0, turns=120):
    rows, losses = [], []
    for turn, G, _, d_loss, _ in train(d_step, g_step, turns, d_steps, seed):
        losses.append(d_loss)
        if turn % 10 == 0:
            x_fake = G(torch.randn(500, z_dim)).detach()
            apart = matched_distance(ring.sample(500, rng), x_fake)
            rows.append((turn, sum(losses[-10:]) / 10, apart))
    return torch.tensor(rows).T  # [3, times]


steps = [(critic_step, follow_step, 5)] * 3 + [(d_step, g_step, 1)] * 3
found = [measured(*each, seed=i % 3) for i, each in enumerate(live.progress(steps, "runs"))]
critic, entropy = found[:3], found[3:]
pairs = {"critic's estimate": (critic[0], -1), "d_loss": (entropy[0], 1)}
shown = [
    plots.Panel((plots.Mark("line", turn, sign * loss, name, "D"),
                 plots.Mark("dashed", turn, apart, "distance measured")),
                "turn", "", None, (0, 1.7))
    for name, ((turn, loss, apart), sign) in pairs.items()
]  # fmt: skip
plots.panels(shown, "The critic's estimate falls with the distance measured; d_loss stays level.")

# %% [markdown]
# After some fifty turns the critic has learned enough: its estimate lies close to the distance
# and comes down with it; it is never quite the best critic. The cross-entropy stays where it is
# while the same distance shrinks. So a falling Wasserstein loss is good news; any other loss of a
# GAN needs eyes, or a score, beside it.

# %% tags=["proof"]
# Proof: on seeds 0, 1 and 2 both distances halve, the estimate halves too, and d_loss stays
for (_, estimate, apart), (_, d_loss, apart_too) in zip(critic, entropy, strict=True):
    claim("the distance halves", max(apart[-1] / apart[0], apart_too[-1] / apart_too[0]), below=0.6)
    claim("the critic's estimate halves", estimate[-3:].mean() / estimate[0], below=0.6)
    claim("d_loss stays", d_loss[-3:].mean() / d_loss[0], 1.0, within=0.06)

# %% [markdown]
# ## What happens without detach
#
# PyTorch complains at first, because D's backward pass has used up the history of the fakes. Its
# message suggests `retain_graph=True`, and with that the complaint is gone and the mistake stays:
# in a loop that clears all gradients once a turn, D's loss leaves a gradient in G as well. D wants
# fakes to be *recognised*, so it asks G to help D.
#
# With lesson 01's minimax loss, $\log(1 - D(G(z)))$, G's own gradient is the exact opposite of the
# one that D's loss leaves: both cancel, up to the step that D takes in between.


# %%
def careless_train(g_loss, detach, turns=500):
    G, D = make_G(), make_D()
    opt_G, opt_D = adam(G), adam(D)
    for _ in range(turns):
        opt_G.zero_grad(), opt_D.zero_grad()
        x_real, x_fake = ring.sample(256, rng), G(torch.randn(256, z_dim))
        logit_fake = D(x_fake.detach() if detach else x_fake)
        (softplus(-D(x_real)) + softplus(logit_fake)).mean().backward(retain_graph=True)
        opt_D.step()
        g_loss(D(x_fake)).backward()
        opt_G.step()
    return G


rng = seed_everything(0)
sound, stuck = (
    careless_train(lambda logit: -softplus(logit).mean(), detach) for detach in (True, False)
)
z = torch.randn(300, z_dim)
plots.point_film([("with detach", sound(z).detach()), ("without", stuck(z).detach())], x)

# %% tags=["proof"]
# Proof: with detach all eight modes after 500 turns, without it none
claim("modes with and without detach", (report(sound).modes, report(stuck).modes), (8, 0))

# %% [markdown]
# Now the nasty part: with the non-saturating loss the two gradients only partly cancel. Their sum
# drives every logit towards 0, so G learns to keep D *unsure*, and limps along. How unevenly are
# the samples shared out among the modes? Three sound runs, then three without `detach`; 0 is even.

# %%
kl = [report(careless_train(lambda logit: softplus(-logit).mean(), detach)).reverse_kl
      for detach in live.progress([True] * 3 + [False] * 3, "runs")]  # fmt: skip
claim("without detach some modes starve", sum(kl[3:]), above=3 * sum(kl[:3]))
{"with detach": [round(value, 3) for value in kl[:3]],
 "without": [round(value, 3) for value in kl[3:]]}  # fmt: skip

# %% [markdown]
# No error was raised anywhere. That is why this course tests training *steps*: after D's step, no
# gradient may have arrived in G.
#
# ## Recap
#
# - D's step: `softplus(-D(x_real)) + softplus(D(G(z).detach()))`; only D moves.
# - G's step: `softplus(-D(G(z)))`; the gradient passes through D, and only G moves.
# - A D that stands still is fooled in one place; a D that runs ahead is chased. They must move
#   together.
# - Cross-entropy shows balance, not quality. A Wasserstein critic's loss follows the distance.
# - `detach` keeps D's loss out of G.
#
# From here on the steps may be imported: `gancourse.train.d_step` and `g_step` are these, with
# device, precision and averaging added. Now do [the sheet](../exercises/05_minimal_gan.ipynb), and
# then meet real digits in lesson 06.
