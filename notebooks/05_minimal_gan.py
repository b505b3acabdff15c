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
# A GAN is two small networks and one loop. In this lesson you write all of it by hand, on points
# in the plane, where you can *see* what each player does.
#
# **Aims:**
#
# - write D's step and G's step, and say what `detach` is for;
# - run the loop, watch G find eight clusters, and count them;
# - break it on purpose and recognise the break.
#
# **Time:** 40 minutes to read and play, under a minute to run.

# %%
import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse import load_points, plots, seed_everything
from gancourse.score import mode_report

# %% [markdown]
# ## Points you can see
#
# Our real data are eight tight clusters on a circle. Nobody tells the generator where they are, or
# how many. It will only ever see the discriminator's opinion of its own guesses.

# %%
ring = load_points("ring", sd=0.05)
rng = seed_everything(0)
plots.points(ring.sample(1000, rng), title="Real data")

# %% [markdown]
# Why such a toy? With images you judge by eye whether samples look right, and you cannot see what
# is *missing*. Here you can count: eight clusters exist, so a generator that makes five has lost
# three. Lesson 11 brings this counting to images.

# %% [markdown]
# ## Two players
#
# The generator `G` turns noise z into points. The discriminator `D` turns points into one number
# each, the **logit**: above zero means "I believe this is real". The sigmoid of the logit is the
# probability D(x) of lesson 01.

# %%
z_dim, width = 2, 128


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
# There is no sigmoid at the end of D, on purpose: lesson 03 showed that the loss is exact when it
# is computed from logits, and can be infinite when it is computed from rounded probabilities.
#
# Before training, where do you expect the fake points to be?

# %%
G, D = make_G(), make_D()
x_fake = G(torch.randn(500, z_dim))
plots.points(ring.sample(500, rng), x_fake.detach(), D, title="Before training")

# %% [markdown]
# All in one small heap: an untrained G squeezes the noise together. The background is D's opinion,
# blue for real and orange for fake. It is almost white everywhere, because an untrained D answers
# close to one half. The next cell checks that.

# %%
opinion = torch.sigmoid(D(ring.sample(500, rng)))
assert (opinion - 0.5).abs().max() < 0.1
opinion.mean().item()

# %% [markdown]
# ## D's step
#
# D is a classifier with two piles: real points should get a high logit, fakes a low one. Its loss
# is the cross-entropy $-\log D(x) - \log(1 - D(G(z)))$, averaged. With logits l this is
# `softplus(-l)` for a real point and `softplus(l)` for a fake.


# %%
def d_step(G, D, opt_D, x_real, z):
    x_fake = G(z).detach()  # [N, 2], cut off from G
    d_loss = softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()


# %% [markdown]
# `detach` gives the same numbers without their history. D's step treats fakes as plain data, like
# a picture from a file, so nothing flows back into G. We will remove it below and see. (In the
# `g_step` that follows, `zero_grad` would save us; other loops are not so lucky.)
#
# A first test: an undecided D pays $\log 2$ on each pile, so the first loss must be near $2 \log
# 2$. And the step must leave G alone: not even a gradient may arrive there.

# %%
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.999))
d_loss = d_step(G, D, opt_D, ring.sample(256, rng), torch.randn(256, z_dim))
assert abs(d_loss - 2 * torch.tensor(2.0).log()) < 0.1
assert all(p.grad is None for p in G.parameters())
d_loss

# %% [markdown]
# ## G's step
#
# G wants the opposite: fakes that D calls real. It minimises $-\log D(G(z))$, the *non-saturating*
# loss of lesson 03. Now the history is what we need. The gradient runs from D's logit back
# *through* D, to each fake point, and from there into G's weights.


# %%
def g_step(G, D, opt_G, z):
    g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()


# %% [markdown]
# D is a guide here, not a player: `opt_G` holds G's weights and nothing else. The backward pass
# does leave gradients in D, which is why D's step clears them with `zero_grad` before its own.

# %%
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.999))
before = [p.clone() for p in D.parameters()]
g_step(G, D, opt_G, torch.randn(256, z_dim))
assert all(torch.equal(p, q) for p, q in zip(D.parameters(), before, strict=True))

# %% [markdown]
# ## The loop
#
# That is everything. Draw real points, let D take a step, let G take a step, repeat. We keep a few
# snapshots of the fakes, and four numbers a step.


# %%
def train(G, D, d_step=d_step, g_step=g_step, steps=3000, batch=256):
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.999))
    for step in range(1, steps + 1):
        x_real = ring.sample(batch, rng)
        d_loss = d_step(G, D, opt_D, x_real, torch.randn(batch, z_dim))
        g_loss = g_step(G, D, opt_G, torch.randn(batch, z_dim))
        yield step, d_loss, g_loss, x_real


# %% [markdown]
# It is a generator function, in Python's sense: whoever runs it decides what to look at, and the
# loop itself stays free of plotting. Here is the part that looks.


# %%
@torch.no_grad()
def watch(G, D, steps=3000, at=(1, 100, 300, 1000, 3000), **players):
    history = {"d_loss": [], "g_loss": [], "D(x)": [], "D(G(z))": []}
    frames, z = [], torch.randn(500, z_dim)
    with torch.enable_grad():
        for step, d_loss, g_loss, x_real in train(G, D, steps=steps, **players):
            seen = torch.sigmoid(D(x_real)), torch.sigmoid(D(G(z)))
            row = (d_loss, g_loss, *(p.mean().item() for p in seen))
            for name, value in zip(history, row, strict=True):
                history[name].append(value)
            if step in at:
                frames.append((f"step {step}", G(z).detach()))
    return history, frames


# %% [markdown]
# Predict before you run: will the heap first spread out and then sharpen, or visit the clusters
# one after another?

# %%
rng = seed_everything(0)
G, D = make_G(), make_D()
history, frames = watch(G, D)
plots.point_film(frames, ring.sample(500, rng))

# %% [markdown]
# Within a hundred steps the heap is flung outwards until it wraps the circle. Then the band breaks
# up into clusters. The same 500 values of z are shown in every picture, so you are watching one
# map being bent until noise lands where the data are.

# %%
plots.points(ring.sample(500, rng), frames[-1][1], D, title="After 3000 steps")

# %% [markdown]
# ## Did it learn?
#
# The eye is generous, so we count. A fake is of *high quality* when it lies within three standard
# deviations of a cluster's centre, and a cluster is covered when at least one such fake lies
# there. A perfect generator would score 8 clusters and 98.9 %.


# %%
@torch.no_grad()
def report(G, n=2500):
    return mode_report(G(torch.randn(n, z_dim)), ring)


found = report(G)
assert found.modes == 8
assert found.share_high_quality > 0.6
found

# %% [markdown]
# All eight, found by nothing but D's opinion. The few strays lie between clusters: G is a
# continuous map, so to reach two separate clusters it must also cross the gap between them.
#
# What do you expect the losses to look like? Falling, as in ordinary training?

# %%
plots.curves(history)

# %% [markdown]
# They do not fall: each player's loss measures it against an opponent who improves too. What you
# hope to see is balance, with D(x) and D(G(z)) both near one half and d_loss near $2\log 2 \approx
# 1.386$, because a D that cannot tell the piles apart can only guess.

# %%
late = {name: sum(values[-500:]) / 500 for name, values in history.items()}
assert abs(late["d_loss"] - 1.386) < 0.1
assert abs(late["D(x)"] - 0.5) < 0.1
assert abs(late["D(G(z))"] - 0.5) < 0.1
{name: round(value, 3) for name, value in late.items()}

# %% [markdown]
# ## What happens without detach
#
# Suppose you forget `detach`, and clear both players' gradients once, at the top of the loop. Then
# D's loss leaves a gradient in G as well. Which way does it point? D wants fakes to be
# *recognised*, so its gradient asks G to help D.


# %%
def gradient_in_G(loss):
    G.zero_grad()
    loss(D(G(z))).backward()
    return torch.cat([p.grad.flatten() for p in G.parameters()])


z = torch.randn(256, z_dim)
from_D = gradient_in_G(lambda logit: softplus(logit).mean())
from_G = gradient_in_G(lambda logit: -softplus(logit).mean())  # G's minimax loss

# %% [markdown]
# With the minimax loss of lesson 01, G's own gradient on the same fakes is the exact opposite. The
# two cancel, weight for weight, up to the step that D takes in between.

# %%
assert from_D.norm() > 0
assert torch.allclose(from_D + from_G, torch.zeros_like(from_D), atol=1e-7)


# %% [markdown]
# Here is a loop with a switch for that mistake. PyTorch does complain at first, because D's
# backward pass has used up the history of the fakes. Its message suggests `retain_graph=True`, and
# with that the complaint is gone and the mistake stays.


# %%
def careless_train(g_objective, detach, steps=500, batch=256):
    G, D = make_G(), make_D()
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.999))
    for _ in range(steps):
        opt_G.zero_grad(), opt_D.zero_grad()
        x_real, x_fake = ring.sample(batch, rng), G(torch.randn(batch, z_dim))
        logit_fake = D(x_fake.detach() if detach else x_fake)
        (softplus(-D(x_real)) + softplus(logit_fake)).mean().backward(retain_graph=True)
        opt_D.step()
        g_objective(D(x_fake)).backward()
        opt_G.step()
    return G


# %% [markdown]
# With `detach` the loop is sound, and 500 steps are enough to reach all eight clusters. Predict
# the picture without it, for the minimax loss.


# %%
def minimax(logit):
    return -softplus(logit).mean()


rng = seed_everything(0)
sound, stuck = careless_train(minimax, detach=True), careless_train(minimax, detach=False)
assert (report(sound).modes, report(stuck).modes) == (8, 0)
plots.points(ring.sample(500, rng), stuck(torch.randn(500, z_dim)).detach(), title="No detach")

# %% [markdown]
# The heap never left the middle. Now the nasty part: with the non-saturating loss the two
# gradients only partly cancel. Their sum drives every logit towards 0, so G learns to keep D
# *unsure*, which is a different aim, and it limps along.

# %%
logit = torch.tensor(1.5, requires_grad=True)
(softplus(logit) + softplus(-logit)).backward()  # what G really minimises now
assert torch.isclose(logit.grad, 2 * torch.sigmoid(logit.detach()) - 1)
assert logit.grad > 0  # a fake that D believes in is pushed back towards 0


# %%
def non_saturating(logit):
    return softplus(-logit).mean()


def unevenness(detach):
    return report(careless_train(non_saturating, detach)).reverse_kl


rng = seed_everything(0)
sound, limping = ([unevenness(detach) for _ in range(3)] for detach in (True, False))
assert sum(sound) < sum(limping) / 3
[round(kl, 3) for kl in sound], [round(kl, 3) for kl in limping]

# %% [markdown]
# These numbers say how unevenly the fakes are shared out among the clusters, 0 being perfectly
# even: three sound runs, then three without `detach`. The second group starves some clusters and
# feeds others, and no error was raised anywhere. That is why this course tests training *steps*:
# after D's step, no gradient may have arrived in G.
#
# ## Recap
#
# - D's step: `softplus(-D(x_real)) + softplus(D(G(z).detach()))`; only D moves.
# - G's step: `softplus(-D(G(z)))`; the gradient passes through D, and only G moves.
# - Losses do not fall. Balance is necessary and not sufficient: at step 1 the game is balanced
#   too, because D knows nothing yet. Count modes.
# - `detach` keeps D's loss out of G. Without it D's step wastes work; and in a loop that shares
#   its fakes and clears gradients once a turn, it silently changes what G minimises.
#
# From here on the two steps are imported: `gancourse.train.d_step` and `g_step` are the ones you
# wrote, with device, precision and averaging added. Now do [the
# sheet](../exercises/05_minimal_gan.ipynb), and then meet real digits in lesson 06.
