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
# coordinates, and digits appear. The new skill of this lesson is *reading* a run: telling from
# four curves and a grid whether it is healthy.
#
# **Aims:**
#
# - train the same two steps on real digits and watch them form;
# - read d_loss, g_loss, D(x) and D(G(z)), and know what good looks like;
# - recognise from the curves a discriminator that has won.
#
# **Time:** 40 minutes to read, about a minute to run on two cores.

# %%
import torch
from torch import nn

from gancourse import load_images, plots, train

# %% [markdown]
# ## Digits as numbers
#
# MNIST is 60,000 small grey pictures. If the files are not on your machine and there is no
# network, the course goes on with scikit-learn's embedded digits and says so in the output.

# %%
digits = load_images("mnist")
plots.image_grid(digits.images[:32], columns=16, alt="The first 32 digits of the training set.")

# %% [markdown]
# At rest a pixel is a whole number from 0 to 255. The networks see $x = u / 127.5 - 1$, so black
# is -1 and white is 1. Why these limits? G will end in a tanh, and tanh can reach nothing else. A
# range that G cannot reach would let D win by looking at the brightness alone.

# %%
rng = torch.Generator().manual_seed(0)
x_real = digits.batch(128, rng)
assert x_real.shape == (128, 1, 28, 28)
assert (x_real.min(), x_real.max()) == (-1, 1)

# %% [markdown]
# The normalisation that classifiers use on MNIST, $(x - 0.1307) / 0.3081$ on pixels in [0, 1], is
# the classic trap: its white lies far outside what tanh can draw.

# %%
white = (1 - 0.1307) / 0.3081
assert white > 2.8
round(white, 2)

# %% [markdown]
# ## What changes from lesson 05
#
# Two things: the sizes, and two tricks in G. The tanh keeps pixels in range. **Batch norm** shifts
# and scales each hidden number to mean 0 and variance 1 over the batch, then applies a scale and a
# shift that are learned. So the samples of one batch influence each other, and `eval()` uses
# running averages instead. Lesson 07 takes it apart.


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


# %% [markdown]
# Check the shapes before anything else: from noise to pictures, from pictures to one logit each.

# %%
G, D = make_G(), make_D()
x_fake = G(torch.randn(5, 64))
assert x_fake.shape == (5, 1, 28, 28)
assert D(x_fake).shape == (5,)
sum(p.numel() for p in G.parameters()), sum(p.numel() for p in D.parameters())

# %% [markdown]
# ## Training
#
# You wrote `d_step` and `g_step` in lesson 05. From here on they come from `gancourse.train`,
# together with a `State`: everything a run depends on (nets, optimisers, random state, history),
# so that a run can be saved and resumed exactly. A `Recipe` holds the choices as plain data, and a
# preset is a recipe with a name.

# %%
recipe = train.get_preset("mlp")
state = train.State(recipe, seed=0)
ours, theirs = ([p.shape for p in net.parameters()] for net in (make_G(), state.G))
assert ours == theirs  # the package's G is the one above

# %% [markdown]
# One more thing comes with it: `state.ema_G`, a running average of G's weights. G itself wobbles
# from step to step as it chases D, and the average wobbles less. All grids below are drawn by it.
#
# Predict: what will be visible first, the black border, the strokes, or whole digits?


# %%
def run(state, steps, at=()):
    frames = []
    for record in train.train(state, digits.batch, steps):
        if record.step in at:
            frames.append(train.sample(state.ema_G, 16, seed=1))
    return torch.cat(frames) if frames else None


# %%
moments = (1, 30, 100, 300, 1000, 3000)
film = run(state, 3000, at=moments)
plots.image_grid(film, columns=16, alt=f"The same 16 samples at steps {moments}, one row each.")

# %% [markdown]
# Each row shows the same 16 values of z, at steps 1, 30, 100, 300, 1000 and 3000. Between steps 1
# and 300 the background darkens and a grey blob is left in the middle; then come strokes, and only
# then strokes that agree with each other: digits. The next cell checks the first part: the border
# is dark by step 300, and it was grey at the start.

# %%
rows = film.view(6, 16, 28, 28)
border = torch.cat([rows[:, :, :3].flatten(1), rows[:, :, -3:].flatten(1)], 1).mean(1)
middle = rows[:, :, 10:18, 10:18].flatten(1).mean(1)
assert border[0].abs() < 0.3
assert border[3] < -0.7
assert middle[3] > border[3] + 0.3

# %%
plots.image_grid(train.sample(state.ema_G, 64, seed=0), alt="64 samples after 3000 steps.")

# %% [markdown]
# Most are digits; some are half of two. The grain is typical of an MLP: it has no idea that
# neighbouring pixels belong together, since to it a picture is a list of 784 numbers. The
# convolutions of lesson 07 cure exactly that.
#
# ## Reading the curves

# %%
plots.curves(state.curves())

# %% [markdown]
# Left, what each player minimises; right, what D says on average about real and fake samples.
# Neither loss falls towards zero, and that is good news: whenever one player improves, the other's
# task gets harder. Here is how to read the four numbers.


# %%
def late(state, steps=500):
    return {name: sum(c[-steps:]) / len(c[-steps:]) for name, c in state.curves().items()}


healthy = late(state)
{name: round(value, 2) for name, value in healthy.items()}

# %% [markdown]
# | sign | balanced at | what a healthy run shows |
# |---|---|---|
# | d_loss | $2 \log 2 \approx 1.39$ | a little below: D has a small edge |
# | g_loss | $\log 2 \approx 0.69$ | a little above |
# | D(x) | 0.5 | 0.5 to 0.8 |
# | D(G(z)) | 0.5 | 0.2 to 0.5 |
#
# On images D nearly always keeps a small edge: it is easier to spot a flaw than to draw without
# one.

# %%
assert 0.7 < healthy["d_loss"] < 1.45
assert 0.6 < healthy["g_loss"] < 2.5
assert 0.5 < healthy["D(x)"] < 0.85
assert 0.15 < healthy["D(G(z))"] < 0.5

# %% [markdown]
# Can you tell from the losses how good the pictures are? Compare step 1000 with step 3000 in the
# film and in the curves: the samples improve clearly, and the losses hardly move. Losses say
# whether the *game* is balanced. For quality you need eyes, or the scores of lesson 11.
#
# ## A discriminator that has won
#
# Now break the balance: let G learn fifty times more slowly than D, and use the minimax loss of
# lesson 01, where G minimises $\log(1 - D(G(z)))$. Predict the four curves before you run it.

# %%
unfair = train.State(train.get_preset("mlp", lr_G=2e-5, loss="minimax"), seed=0)
run(unfair, 600)
plots.curves(unfair.curves())

# %%
lost = late(unfair, 200)
assert lost["D(x)"] > 0.99
assert lost["D(G(z))"] < 0.01
{name: round(value, 4) for name, value in lost.items()}

# %% [markdown]
# D is right about everything: D(x) is 1, D(G(z)) is 0, and both losses are 0. Careful: a d_loss of
# 0 looks like success to anyone used to ordinary training, and it is the picture of a run that is
# dead. G's loss is flat where D is sure, so G gets no gradient and the samples stay noise.

# %%
plots.image_grid(train.sample(unfair.G, 16, seed=1), columns=16, alt="16 samples: noise.")

# %% [markdown]
# Now the same learning rates and the same seed with the non-saturating loss, $-\log D(G(z))$. D
# wins at first here as well. What happens then?

# %%
saved = train.State(train.get_preset("mlp", lr_G=2e-5), seed=0)
run(saved, 600)
plots.curves(saved.curves())

# %% [markdown]
# D(G(z)) falls to almost nothing and g_loss climbs. But where D is surest, this loss is steepest,
# so G keeps moving, and after some hundred steps it breaks through: D is suddenly wrong, and
# d_loss jumps. The fakes are far from digits, as the grid shows, but the game is alive. With
# minimax it was over. Lesson 03 derives the two slopes.

# %%
fooled = saved.curves()["D(G(z))"]
assert min(fooled) < 0.02
assert max(fooled[fooled.index(min(fooled)) :]) > 0.5  # on every seed and device that we tried
plots.image_grid(train.sample(saved.G, 16, seed=1), columns=16, alt="16 samples: a blob appears.")

# %% [markdown]
# ## Keep it, and train for longer
#
# A run in a notebook ends with the kernel. The same recipe from a terminal writes checkpoints, the
# grid, the curves and the weights, and goes on after Ctrl-C with `--resume`:
#
# ```
# .venv/bin/gancourse train mlp --data mnist --steps 3000 --out runs/mlp
# .venv/bin/gancourse sample runs/mlp --n 64 --out grid.png --seed 1
# ```
#
# In a notebook, a state is saved and loaded like this, and the copy goes on bit for bit as the
# original would have:

# %%
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    path = train.save_state(state, Path(folder) / "checkpoint.safetensors")
    copy = train.load_state(path)
run(state, 3), run(copy, 3)
assert all(
    torch.equal(p, q) for p, q in zip(state.G.parameters(), copy.G.parameters(), strict=True)
)

# %% [markdown]
# ## Recap
#
# - The loop is that of lesson 05. New are the sizes, tanh with pixels in [-1, 1], and batch norm
#   in G.
# - Losses show balance, not quality. Watch D(x) and D(G(z)): both between 0.2 and 0.8 is healthy.
# - D(x) at 1 and D(G(z)) at 0 for good: D has won. A d_loss of 0 is a bad sign.
# - An MLP does not know that pixels have neighbours, and its grain shows it.
#
# Now open [the sheet](../exercises/06_mlp_gan_mnist.ipynb). The convolutional networks of lessons
# 07 and 08 take it from here.
