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
# # 06 · An MLP GAN on MNIST
#
# The loop of lesson 05 does not care what it is fed. Give it 784 pixels in place of two
# coordinates, and digits appear. Both nets stay *multilayer perceptrons* (MLPs): dense layers, and
# no convolution yet. The new skill of this lesson is *reading* a run: telling from four curves and
# a grid whether it is healthy.
#
# **Aims:**
#
# - train the same two steps on real digits and watch them form;
# - read d_loss, g_loss, D(x) and D(G(z)), and know what good looks like, and for which loss;
# - recognise from the curves a discriminator that has won.
#
# **Time:** 40 minutes to read, about a minute to run on two cores.

# %%
import copy

import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse import claim, live, load_images, losses, plots, score, train
from gancourse.check import check

# %% [markdown]
# ## It trains
#
# Run the next cell and look: samples of always the same noise, what each player minimises, and what
# D says about real and fake digits. Meanwhile bet below. **Step by step** lets one player move
# alone. Without MNIST and without a network, the digits are scikit-learn's small ones, and a line
# says so.

# %%
digits = load_images("mnist")
state = train.State(train.get_preset("mlp"), seed=0)
dashboard = live.TrainingDashboard(state, digits.batch, steps=1000)
dashboard

# %% tags=["bet"]
# Bet: the samples after 100 steps
live.predict(
    "After 100 steps, a few seconds, what will the samples show?",
    ["grey noise all over", "a speckled blob on a darker border", "digits that one can read"],
    "a speckled blob on a darker border",
    "Where the ink is on average comes first, then strokes, and only then strokes that agree with "
    "each other.",
)

# %% tags=["bet"]
# Bet: what D says in the end
live.predict(
    "Where will the means of D(x) and D(G(z)) settle?",
    [
        "D(x) near 1, D(G(z)) near 0",
        "both near one half, D(x) a little higher",
        "D(G(z)) above D(x)",
    ],
    "both near one half, D(x) a little higher",
    "Each player's progress makes the other's task harder, so neither runs away; and D keeps a "
    "small edge. The section on the curves measures it.",
)

# %% [markdown]
# ## What goes in
#
# MNIST is 60,000 small grey pictures. At rest a pixel is a whole number u from 0 to 255. The
# networks see $x = u / 127.5 - 1$, so black is -1 and white is 1. Why these limits? G ends in a
# tanh, and tanh can reach nothing else. A range that G cannot reach would let D win by looking at
# the brightness alone.

# %%
plots.image_grid(digits.images[:32], columns=16, alt="The first 32 digits of the training set.")

# %% tags=["proof"]
# Proof: a batch lies in [-1, 1]; classifiers' normalisation goes far beyond what tanh reaches
x_real = digits.batch(128, torch.Generator().manual_seed(0))
claim("shape of a batch", tuple(x_real.shape), (128, 1, 28, 28))
claim("black and white", (x_real.min().item(), x_real.max().item()), (-1.0, 1.0))
claim("white under (x - 0.1307) / 0.3081", (1 - 0.1307) / 0.3081, above=2.8)

# %% [markdown]
# What else changes from lesson 05? The sizes, and in G **batch norm**: it shifts and scales each
# hidden number to mean 0 and variance 1 over the batch, then applies a scale and a shift that are
# learned. So the samples of one batch influence each other, and `eval()` uses running averages
# instead. Lesson 07 takes it apart. Check the shapes before anything else.


# %%
def make_G(z_dim=64):
    return nn.Sequential(
        nn.Linear(z_dim, 256), nn.BatchNorm1d(256), nn.LeakyReLU(0.2),
        nn.Linear(256, 512), nn.BatchNorm1d(512), nn.LeakyReLU(0.2),
        nn.Linear(512, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip


def make_D():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.LeakyReLU(0.2),
        nn.Linear(512, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 1), nn.Flatten(0),
    )  # fmt: skip


G, D = make_G(), make_D()
x_fake = G(torch.randn(5, 64))
x_fake.shape, D(x_fake).shape

# %% [markdown]
# A `Recipe` holds the choices of a run as plain data, and a preset is a recipe with a name. A
# `State` is everything that the run depends on: nets, optimisers, random numbers, history. One more
# thing comes with it: `state.ema_G`, a running average of G's weights. G wobbles from step to step
# as it chases D, and the average wobbles less. It draws all grids here.

# %%
state = dashboard.wait()
state.recipe

# %% tags=["proof"]
# Proof: the preset's nets are those above
for mine, theirs in ((make_G(), state.G), (make_D(), state.D)):
    shapes = [[tuple(p.shape) for p in net.parameters()] for net in (mine, theirs)]
    claim("shapes of the weights", shapes[0], shapes[1])

# %% [markdown]
# ## Your own loop
#
# These are your two steps of lesson 05, without a change. They do not know whether a sample is a
# point or a picture. Feed the dashboard with them: the same run goes on for 1,000 steps. Change
# something in a step and run its cell while the dashboard runs: it takes the new one at once.


# %%
def d_step(G, D, opt_D, x_real, z):
    x_fake = G(z).detach()
    d_loss = softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()


def g_step(G, D, opt_G, z):
    g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()


# %%
early = train.sample(state.ema_G, 1000, seed=2)  # for later: how good is it after 1,000 steps?
mine = live.TrainingDashboard(state, digits.batch, steps=1000, d_step=d_step, g_step=g_step)
mine

# %%
state = mine.wait()
frames = dashboard.frames + mine.frames
plots.image_film(frames, "The same 16 samples")

# %% [markdown]
# Each row shows the same 16 values of z. First the background darkens and a speckled blob is left
# in the middle; then come strokes, and only then strokes that agree with each other: digits. The
# grain is typical of an MLP: to it a picture is a list of 784 numbers, and it has no idea that
# neighbouring pixels belong together. The convolutions of lesson 07 cure exactly that.

# %% tags=["proof"]
# Proof: by step 300 the border has darkened, and the middle is brighter than it
steps = dict(frames)
first, later = steps["step 1"], steps["step 300"]
edge = torch.ones(28, 28, dtype=torch.bool)
edge[3:-3, 3:-3] = False
claim("the border is grey at the start", first[:, 0, edge].mean().item(), 0.0, within=0.3)
claim("it has darkened", later[:, 0, edge].mean().item(), below=-0.6)
middle = later[:, 0, 10:18, 10:18].mean() - later[:, 0, edge].mean()
claim("the middle is brighter", middle.item(), above=0.3)

# %% [markdown]
# ## Reading the curves

# %%
plots.curves(state.curves())

# %% [markdown]
# Single steps jump about, so read the thick lines. Neither loss falls towards zero, and that is
# good news: whenever one player improves, the other's task gets harder.
#
# | number | balanced at | a healthy run, cross-entropy |
# |---|---|---|
# | d_loss | $2 \log 2 \approx 1.39$ | a little below: D has a small edge |
# | g_loss | $\log 2 \approx 0.69$ | somewhat above |
# | D(x) | 0.5 | 0.5 to 0.75 |
# | D(G(z)) | 0.5 | 0.3 to 0.5 |


# %%
def late(state, steps=500):
    return {name: sum(c[-steps:]) / len(c[-steps:]) for name, c in state.curves().items()}


healthy = late(state)
{name: round(value, 2) for name, value in healthy.items()}

# %% tags=["proof"]
# Proof: the last 500 steps lie in the table's bands
if (state.recipe.lr_D, state.recipe.lr_G) == (1e-3, 1e-3):
    claim("d_loss is a little below 1.39", healthy["d_loss"], above=1.0, below=1.39)
    claim("g_loss is somewhat above 0.69", healthy["g_loss"], above=0.69, below=1.4)
    claim("D(x)", healthy["D(x)"], above=0.5, below=0.75)
    claim("D(G(z))", healthy["D(G(z))"], above=0.3, below=0.5)
else:
    print("Not checked: the bands are those of the preset's learning rates, which you moved.")

# %% [markdown]
# **Your turn.** D gives logits; how do the curves come from them? This is exercise 06.2 of the
# sheet, with one number that no curve shows: D's accuracy, the share of all 2N samples that it puts
# on the right side of one half.


# %%
def read_curves(logit_real, logit_fake):
    """Return mean D(x), mean D(G(z)) and D's accuracy, from logits [N] and [N]."""
    raise NotImplementedError  # yours


check("06.2", read_curves)

# %% [markdown]
# The bands are those of cross-entropy. Where a D that knows nothing comes to rest depends on its
# loss; `sigmoid` of that number is what the curve D(x) shows. A Wasserstein critic has no such
# place: only differences of its numbers mean anything.

# %%
rest = {name: torch.tensor(loss.rest).sigmoid().item() for name, loss in losses.LOSSES.items()}
{
    name: round(value, 2)
    for name, value in rest.items()
    if name not in ("wasserstein", "relativistic")
}

# %% [markdown]
# Why does D keep an edge? One often reads that its task is the easier one: it is simpler to spot a
# flaw than to draw without one. Test each player alone, on a copy of our run: D against a G that
# stands still, until D is right in nine of ten cases; then G against this D, until it fools it in
# nine of ten.


# %%
pair = copy.deepcopy(state)
alone = {who: train.steps_alone(pair, digits.batch, who) for who in ("D", "G")}
{f"steps of {who} alone": steps for who, steps in alone.items()}

# %% [markdown]
# Neither: some steps each. Whoever moves wins against one who stands still, so all depends on who
# has moved last and how fast. Lesson 10b repeats this on the ring, where D takes much longer: it
# must first find eight tight clusters.

# %% tags=["proof"]
# Proof: on digits either player alone needs only some steps
if (state.recipe.lr_D, state.recipe.lr_G) == (1e-3, 1e-3):
    for who, steps in alone.items():
        claim(f"steps of {who} alone", steps, below=50)
else:
    print("Not checked: this holds at the preset's learning rates, which you moved.")

# %% [markdown]
# Can you tell from the losses how good the pictures are? Here are step 1,000 and step 2,000: both
# losses, and the FID of lesson 11, a distance between samples and real digits.

# %%
fid = [score.fid(x) for x in (early, train.sample(state.ema_G, 1000, seed=2))]
c = state.curves()
table = {
    f"step {at:,}": {name: sum(c[name][at - 500 : at]) / 500 for name in ("d_loss", "g_loss")}
    | {"FID": distance}
    for at, distance in zip((1000, 2000), fid, strict=True)
}
{step: {name: round(value, 2) for name, value in row.items()} for step, row in table.items()}

# %% tags=["proof"]
# Proof: the distance falls by more than a quarter, and no loss changes by a fifth
then, now = table.values()
if (state.recipe.lr_D, state.recipe.lr_G) != (1e-3, 1e-3):
    print("Not checked: this holds at the preset's learning rates, which you moved.")
elif digits.name == "mnist":
    claim("d_loss hardly moves", now["d_loss"] / then["d_loss"], 1.0, within=0.2)
    claim("g_loss hardly moves", now["g_loss"] / then["g_loss"], 1.0, within=0.2)
    claim("the samples have improved: FID", now["FID"] / then["FID"], below=0.75)
else:
    print("Not checked: the FID is a distance to MNIST, and these are the embedded digits.")

# %% [markdown]
# Losses say whether the *game* is balanced. For quality you need eyes, or the scores of lesson 11.
#
# ## A discriminator that has won
#
# Now break the balance: let G learn fifty times more slowly than D, and use the minimax loss of
# lesson 01, where G minimises $\log(1 - D(G(z)))$.

# %% tags=["bet"]
# Bet: a slow G, with minimax
live.predict(
    "How will the run look after 600 steps?",
    [
        "both losses near 0, the samples noise",
        "both losses high, the samples noise",
        "slower, but the same curves and digits",
    ],
    "both losses near 0, the samples noise",
    "D is right about everything, so its loss is 0, and where D is sure minimax leaves G no slope.",
)

# %%
unfair = train.State(train.get_preset("mlp", lr_G=2e-5, loss="minimax"), seed=0)
beaten = live.TrainingDashboard(unfair, digits.batch, steps=600)
beaten

# %% [markdown]
# A d_loss of 0 looks like success to anyone used to ordinary training, and it is the picture of a
# run that is dead: D(x) is 1, D(G(z)) is 0, and the samples stay noise. Raise G's learning rate on
# the dashboard and press **Go on**. Does it come back? Now the same rates and seed with the
# non-saturating loss.

# %%
unfair = beaten.wait()
saved = train.State(train.get_preset("mlp", lr_G=2e-5), seed=0)
alive = live.TrainingDashboard(saved, digits.batch, steps=600)
alive

# %% [markdown]
# D(G(z)) falls to almost nothing and g_loss climbs. But where D is surest, this loss is steepest,
# so G keeps moving, and after some hundred steps it breaks through: D is suddenly wrong, and d_loss
# jumps. The fakes are far from digits, but the game is alive. Lesson 03 derives the two slopes.

# %% tags=["proof"]
# Proof: with minimax D has won for good; with the non-saturating loss G breaks through
lost, fooled = late(unfair, 200), alive.wait().curves()["D(G(z))"]
claim("D(x) is 1", lost["D(x)"], above=0.99)
claim("D(G(z)) is 0", lost["D(G(z))"], below=0.01)
claim("D was as sure with the other loss", min(fooled), below=0.02)
claim("and then it is fooled", max(fooled[fooled.index(min(fooled)) :]), above=0.5)

# %% [markdown]
# ## Keep it, and train for longer
#
# A run in a notebook ends with the kernel. `train.save_state(state, path)` writes all of it, and
# after `train.load_state(path)` it goes on bit for bit. From a terminal, in the project's folder,
# the same recipe writes checkpoints, the grid, the curves and the weights, and goes on after Ctrl-C
# with `--resume`:
#
# ```
# .venv/bin/gancourse train mlp --data mnist --steps 3000 --out runs/mlp
# .venv/bin/gancourse sample runs/mlp --n 64 --out grid.png --seed 1
# ```

# %%
plots.image_grid(train.sample(state.ema_G, 32, seed=0), 16, alt="32 samples after 2000 steps.")

# %% [markdown]
# ## Recap
#
# - The loop is that of lesson 05. New are the sizes, tanh with pixels in [-1, 1], and batch norm in
#   G.
# - With cross-entropy a healthy run has D(x) between 0.5 and 0.75, and D(G(z)) between 0.3 and 0.5.
#   Other losses rest elsewhere.
# - Losses show balance, not quality. A d_loss of 0 is a bad sign: D has won.
# - Against an opponent that stands still either player wins within some tens of steps. Balance is a
#   matter of pace.
#
# Now open [the sheet](../exercises/06_mlp_gan_mnist.ipynb). The convolutional networks of lessons
# 07 and 08 take it from here.
