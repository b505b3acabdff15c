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
# # 00 · Welcome
#
# Run the first cell (Shift+Enter). Everything after it explains what you will have seen.
#
# **Aims:**
#
# - make digits with a trained generator, and move through the space they come from;
# - see what the course teaches, and how its exercises work;
# - find out whether your machine is ready.
#
# **Time:** 15 minutes.

# %%
from gancourse import nets, plots, train

G = nets.load_shipped("mnist")
plots.image_grid(train.sample(G, 64, seed=0), alt="64 digits made by the generator.")

# %% [markdown]
# Nobody wrote these digits. A small network, the **generator** G, made each of them out of 16
# random numbers. It was trained on MNIST by the program that comes with this course, in about a
# quarter of an hour on one CPU core, and in lesson 08 you train one like it yourself.

# %%
assert G.z_dim == 16
G.card

# %% [markdown]
# Try another seed in the first cell. Do you find digits you would not accept? They are worth a
# look: strokes that nearly join, a figure halfway between a 4 and a 9. Lesson 11 measures how many
# there are, and lesson 12 is about having fewer.
#
# ## A map from noise to pictures
#
# G is a function. It takes a list of numbers, called z, and returns a picture, called x. There is
# no chance inside: the same z always gives the same picture. All the randomness is in drawing z.

# %%
import torch

rng = torch.Generator().manual_seed(2)
z = torch.randn(1, G.z_dim, generator=rng)  # [1, 16]
with torch.no_grad():
    x = G(z)  # [1, 1, 28, 28]
    assert torch.equal(x, G(z))
x.shape

# %% [markdown]
# The pixels lie between -1 (black) and 1 (white). Before the next cell, predict: if every number
# in z is changed just a little, does a different digit appear, or the same one, slightly bent?

# %%
nudges = 0.15 * torch.randn(8, G.z_dim, generator=rng)
with torch.no_grad():
    near = G(z + nudges)
    far = G(torch.randn(8, G.z_dim, generator=rng))
plots.image_grid(torch.cat([near, far]), alt="Top: eight small changes of z. Below: eight new z.")

# %% [markdown]
# The upper row is one digit in eight slightly different hands; the lower row is eight strangers.
# Near in z means near in x. The next cell says it in numbers: the mean squared distance to the
# first picture is several times smaller in the upper row.


# %%
def distance(a, b):
    return (a - b).square().mean().item()


assert distance(near, x) < distance(far, x) / 3
round(distance(near, x), 3), round(distance(far, x), 3)

# %% [markdown]
# ## You can steer it
#
# So one can *travel*. Drag the dot in the square, or click it and press the arrow keys: each place
# in the square is a value of z, and beside it stands what G makes there.

# %%
from gancourse import live

live.LatentExplorer(G)

# %% [markdown]
# (Where no page can answer, the cell shows a still picture of the square.) The tabs below it hold
# more than you need today; lesson 09 uses all of them. On foot it goes like this: take two values
# of z, go from one to the other in small steps, and look at what G makes on the way.


# %%
def walk(start, end, steps=12):
    share = torch.linspace(0, 1, steps).view(-1, 1)
    with torch.no_grad():
        return G((1 - share) * start + share * end)


# %%
from itertools import pairwise

stops = torch.randn(5, G.z_dim, generator=rng)
walks = torch.cat([walk(a, b) for a, b in pairwise(stops)])
plots.image_grid(walks, columns=12, alt="Four walks through latent space, twelve steps each.")

# %% [markdown]
# Each row is one walk, and each row goes on where the one above it ended. One digit *becomes*
# another, and what lies between mostly looks like handwriting too. No such walk was in the
# training data. How can a network learn this from nothing but separate pictures?
#
# ## How it was trained
#
# By a game. A second network, the **discriminator** D, looks at a picture and says how likely it
# is to be real. D trains to tell real digits from G's; G trains to make D say "real". Neither is
# told what a digit is. When D can do no better than guess, G has won.
#
# $$\min_G \max_D V(D,G) = \mathbb{E}_{x \sim p} \log D(x) + \mathbb{E}_{z} \log(1 - D(G(z)))$$
#
# That line is the whole idea, and the course takes it seriously: you will derive it, take it
# apart, program it in one screen of code, break it in a dozen ways, and mend it.
#
# ## The way ahead
#
# <!-- lessons -->
#
# - **[01 the game](01_the_game.ipynb)** (45 minutes): V(D,G): D is a classifier, G moves samples to
#   fool it
# - **[02 the optimal discriminator](02_optimal_discriminator.ipynb)** (50 minutes): D* = p/(p+q);
#   C(G) = -log 4 + 2 JSD; and why that gradient can vanish
# - **[03 losses](03_losses.ipynb)** (60 minutes): from V to cross-entropy on logits; saturating,
#   non-saturating, least squares, hinge, Wasserstein
# - **[04 dynamics](04_dynamics.ipynb)** (60 minutes): a game is not a minimisation: it rotates;
#   what makes it converge
# - **[05 a minimal GAN](05_minimal_gan.ipynb)** (40 minutes): the whole algorithm in one screen, on
#   points you can see
# - **[06 an MLP GAN on MNIST](06_mlp_gan_mnist.ipynb)** (40 minutes): the same loop, real digits;
#   how to read the curves
# - **[07 the parts of a DCGAN](07_dcgan_parts.ipynb)** (60 minutes): strided and transposed
#   convolution, batch norm, initialisation: shapes and traps
# - **[08 DCGAN on MNIST](08_dcgan_mnist.ipynb)** (50 minutes): GPU or CPU, precision, checkpoints,
#   what each speed lever gives
# - **[09 latent space](09_latent_space.ipynb)** (60 minutes): lines and arcs, directions,
#   arithmetic, truncation, inversion; is it memorising?
# - **[10 the failure clinic](10_failure_clinic.ipynb)** (50 minutes): broken runs to diagnose and
#   mend
# - **[10a five write-ups](10a_five_writeups.ipynb)** (35 minutes): five public articles whose
#   programs do not run, made to work
# - **[10b common questions](10b_common_questions.ipynb)** (45 minutes): why unstable, why poor,
#   which nets: each answered by an experiment; where GANs are used
#
# <!-- /lessons -->
#
# Lessons on measuring quality and on stability come next; the README says which are ready. In a
# hurry? Do 05 and 06 first, and come back to the mathematics when you wonder why.
#
# ## How exercises work
#
# Lessons 01 to 10 have a sheet each in `exercises/`. You replace `raise NotImplementedError` by
# your own lines and run the check below it. It draws fresh inputs every time and tells you what a
# mistake *means*. Here is a wrong answer to the first exercise of lesson 05, to see one:

# %%
from torch.nn.functional import softplus

from gancourse.check import check


def d_loss(logit_real, logit_fake):
    return -softplus(-logit_real).mean() - softplus(logit_fake).mean()


check("05.1", d_loss)

# %% [markdown]
# Two hints are folded under every exercise, and the worked solutions are in `solutions/`. Looking
# there is fine, once you have been stuck for a while.
#
# ## Is my machine ready?

# %%
from gancourse.doctor import examine

report = examine()
assert report.ready
{finding.name: finding.status for finding in report.findings}

# %% [markdown]
# Everything you need is there if no entry says `broken`; `missing` things are optional. In a
# terminal, `gancourse doctor` prints the details and a remedy for each. A GPU is used when there
# is one, and nothing in the course needs it.
#
# ## Recap
#
# - A generator is a map from noise z to pictures x: same z, same picture; near z, near picture.
# - It was trained in a game against a discriminator, by the formula above.
# - Exercises check themselves, and say what a mistake means.
#
# Next: [01 the game](01_the_game.ipynb) for the mathematics from the start, or [05 a minimal
# GAN](05_minimal_gan.ipynb) for the code.
