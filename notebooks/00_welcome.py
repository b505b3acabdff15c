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
import torch

from gancourse import claim, live, nets, plots, train

G = nets.load_shipped("mnist")
plots.image_grid(train.sample(G, 64, seed=0), alt="64 digits made by the generator.")

# %% [markdown]
# Nobody wrote these digits. A small network, the **generator** G, made each of them out of 16
# random numbers, called z. Here you choose the numbers: drag the dot in the square, or click it and
# press the arrow keys. Each place in the square is a value of z, and beside it stands what G makes
# there.

# %%
live.LatentExplorer(G)

# %% [markdown]
# (Where no page can answer, the cell shows a still picture of the square.) The tabs below it hold
# more than you need today; lesson 09 uses all of them. Now a bet, the first of many. Choose an
# answer, and only then look on.

# %% tags=["bet"]
# Bet: the same numbers twice
live.predict(
    "The same 16 numbers are given to G twice. What comes out?",
    ["the same picture", "the same digit in another hand", "another digit"],
    "the same picture",
    "G is a function: there is no chance in it. All the randomness is in drawing z.",
)

# %% [markdown]
# ## A map from noise to pictures
#
# G takes a list of numbers and returns a picture, called x, whose pixels lie between -1 (black) and
# 1 (white).

# %%
rng = torch.Generator().manual_seed(2)
z = torch.randn(1, G.z_dim, generator=rng)  # [1, 16]
with torch.no_grad():
    x = G(z)  # [1, 1, 28, 28]
x.shape

# %% tags=["bet"]
# Bet: numbers a little different
live.predict(
    "Every number in z is changed just a little. What does G make?",
    ["the same digit, slightly bent", "a different digit", "grey noise"],
    "the same digit, slightly bent",
    "Near in z means near in x. The next cell shows it.",
)

# %%
nudges = 0.15 * torch.randn(8, G.z_dim, generator=rng)
with torch.no_grad():
    near = G(z + nudges)
    far = G(torch.randn(8, G.z_dim, generator=rng))
plots.image_grid(torch.cat([near, far]), alt="Top: eight small changes of z. Below: eight new z.")

# %% [markdown]
# The upper row is one digit in eight slightly different hands; the lower row is eight strangers.
# The next cell checks it in numbers: the mean squared distance to the digit that was changed is,
# in the upper row, less than a third of what it is in the lower one. It is **folded**: you see
# its first line only. All through the course, a cell that begins with `# Proof:` checks what the
# text claims and shows nothing. Click the three dots to read one; pass it by when you came for
# the code. (Cells that begin with `# Bet:` are folded too: the answer stands in their source.)

# %% tags=["proof"]
# Proof: the same z gives the same picture, and near in z means near in x
with torch.no_grad():
    claim("the same z gives the same picture", torch.equal(x, G(z)))
ratio = (near - x).square().mean() / (far - x).square().mean()
claim("small changes move the picture less than a third as far", ratio, below=1 / 3)
claim("z has 16 numbers", G.z_dim, 16)

# %% [markdown]
# So one can *travel*: take two values of z, go from one to the other in small steps, and look at
# what G makes on the way.


# %%
def walk(start, end, steps=12):
    share = torch.linspace(0, 1, steps).view(-1, 1)
    with torch.no_grad():
        return G((1 - share) * start + share * end)


a, b, c, d = torch.randn(4, G.z_dim, generator=rng)
walks = torch.cat([walk(a, b), walk(b, c), walk(c, d)])
plots.image_grid(walks, columns=12, alt="Three walks through latent space, twelve steps each.")

# %% [markdown]
# Each row is one walk, and each row goes on where the one above it ended. One digit *becomes*
# another, and what lies between mostly looks like handwriting too. Walk yourself: in the square on
# top press **Pin this** on two digits, then open **Film** and play. No such walk was in the
# training data. How can a network learn this from nothing but separate pictures?
#
# ## How it was trained
#
# By a game. A second network, the **discriminator** D, looks at a picture and says how likely it
# is to be real. D trains to tell real digits from G's; G trains to make D say "real". Neither is
# given a name for any digit. When D can do no better than guess, G has won.
#
# $$\min_G \max_D V(D,G) = \mathbb{E}_{x \sim p} \log D(x) + \mathbb{E}_{z} \log(1 - D(G(z)))$$
#
# ($\mathbb{E}$ is the mean: over real digits $x$, drawn from $p$, and over random $z$.) That line
# is the whole idea, and the course takes it seriously: you will derive it, take it apart, program
# it in one screen of code, break it in a dozen ways, and repair it. How long did this G take? A
# card lies beside its weights:

# %%
card = nets.shipped_card("mnist")
{heading: card[heading] for heading in ("Data", "Time", "Scores")}

# %% [markdown]
# In lesson 08 you train one like it yourself. Look at the digits on top once more, with another
# `seed` in the first cell: do you find some that you would not accept? Strokes that nearly join,
# a figure halfway between a 4 and a 9? The scores say how far G is from real digits; what they
# mean is a later lesson.
#
# ## The way ahead
#
# <!-- lessons -->
#
# - **[01 the game](01_the_game.ipynb)** (45 minutes, [exercises](../exercises/01_the_game.ipynb)):
#   V(D,G): D is a classifier, G moves samples to fool it
# - **[02 the optimal discriminator](02_optimal_discriminator.ipynb)** (50 minutes,
#   [exercises](../exercises/02_optimal_discriminator.ipynb)): D* = p/(p+q); C(G) = -log 4 + 2 JSD;
#   and why that gradient can vanish
# - **[03 losses](03_losses.ipynb)** (75 minutes, [exercises](../exercises/03_losses.ipynb)): from V
#   to cross-entropy on logits; saturating, non-saturating, least squares, hinge, Wasserstein
# - **[04 dynamics](04_dynamics.ipynb)** (70 minutes, [exercises](../exercises/04_dynamics.ipynb)):
#   a game is not a minimisation: it rotates; what makes it converge
# - **[05 a minimal GAN](05_minimal_gan.ipynb)** (45 minutes,
#   [exercises](../exercises/05_minimal_gan.ipynb)): the whole algorithm in one screen, on points
#   you can see
# - **[06 an MLP GAN on MNIST](06_mlp_gan_mnist.ipynb)** (40 minutes,
#   [exercises](../exercises/06_mlp_gan_mnist.ipynb)): the same loop, real digits; how to read the
#   curves
# - **[07 the parts of a DCGAN](07_dcgan_parts.ipynb)** (60 minutes,
#   [exercises](../exercises/07_dcgan_parts.ipynb)): strided and transposed convolution, batch norm,
#   initialisation: shapes and traps
# - **[08 DCGAN on MNIST](08_dcgan_mnist.ipynb)** (50 minutes,
#   [exercises](../exercises/08_dcgan_mnist.ipynb)): GPU or CPU, precision, checkpoints, what each
#   speed lever gives
# - **[09 latent space](09_latent_space.ipynb)** (60 minutes,
#   [exercises](../exercises/09_latent_space.ipynb)): lines and arcs, directions, arithmetic,
#   truncation, inversion; is it memorising?
# - **[10 the failure clinic](10_failure_clinic.ipynb)** (50 minutes,
#   [exercises](../exercises/10_failure_clinic.ipynb)): broken runs to diagnose and repair
# - **[11 how good is it?](11_how_good.ipynb)** (60 minutes,
#   [exercises](../exercises/11_how_good.ipynb)): FID, precision and recall, coverage, memorisation,
#   and the fault to which each is blind
# - **[12 making it stable](12_stable.ipynb)** (60 minutes,
#   [exercises](../exercises/12_stable.ipynb)): gradient penalties, spectral norm, relativistic
#   loss, packing; how to read the papers' tables
# - **[13 conditional GANs](13_conditional.ipynb)** (60 minutes,
#   [exercises](../exercises/13_conditional.ipynb)): ask for a seven; data augmentation measured
# - **[14 scaling up](14_scaling.ipynb)** (50 minutes, [exercises](../exercises/14_scaling.ipynb)):
#   count first; two processes give the numbers of one; GANs beside diffusion by cost
#
# Appendices, to read when you like:
#
# - **[10a five write-ups](10a_five_writeups.ipynb)** (35 minutes): five public articles whose
#   programs do not run, made to work
# - **[10b common questions](10b_common_questions.ipynb)** (45 minutes): why unstable, why poor,
#   which nets: each answered by an experiment; where GANs are used
#
# <!-- /lessons -->
#
# The [formula sheet](formulas.ipynb) collects the results. In a hurry? Do 05 and 06 first, and come
# back to the mathematics when you wonder why.
#
# ## How exercises work
#
# Lessons 01 to 14 have a sheet each, linked above. You replace `raise NotImplementedError` by your
# own lines and run the check below it. It draws fresh inputs every time and says what a mistake
# *means*. Here is an answer to the first exercise of lesson 05 that is not right yet. Read what the
# check says, repair the line, and run the cell again.

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
{finding.name: finding.status for finding in report.findings}

# %% [markdown]
# Everything you need is there if no entry says `broken`; `missing` things are optional. A cell with
# `report` alone prints the details and a remedy for each. A GPU is used when there is one, and
# nothing in the course needs it.

# %% tags=["proof"]
# Proof: this machine is ready
claim("gancourse doctor finds nothing broken", report.ready)

# %% [markdown]
# ## Recap
#
# - A generator is a map from noise z to pictures x: same z, same picture; near z, near picture.
# - It was trained in a game against a discriminator, by the formula above.
# - Exercises check themselves, and say what a mistake means.
#
# Next: [01 the game](01_the_game.ipynb) for the mathematics from the start, or [05 a minimal
# GAN](05_minimal_gan.ipynb) for the code.
