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
# # 10a · Five write-ups made to work
#
# This course began with five public articles that teach GANs. Each prints formulas and a program,
# and none of the programs runs as printed. Here you break each of them again on purpose, in a few
# lines of our own, and then see it work. Lesson 03 put their formulas right.
#
# **Aims:**
#
# - tell a program that stops from one that runs and does not learn, and find the cause of each;
# - make the smallest correction, and no larger one;
# - read what a single change gives (loss, optimiser, output, dropout, depth) after equal training.
#
# **Time:** 35 minutes to read, half a minute to run on two cores.

# %%
import json
import math

import torch
from IPython.display import Markdown
from torch import nn

from gancourse import claim, course, load_images, losses, nets, plots, store, train
from gancourse.nets import writeups

# %% [markdown]
# ## Programs that stop
#
# Most errors in print are errors of shape, and PyTorch names them at once. This helper returns its
# words, and fails where a program runs after all.


# %%
def refusal(program):
    """Return the first line that PyTorch says when `program` runs; it must not run through."""
    try:
        program()
    except RuntimeError as error:
        return str(error).splitlines()[0]
    raise AssertionError("it ran")


# %% [markdown]
# **Write-up 002** makes an 8 x 8 x 256 tensor from z and then joins it with z itself. **Write-up
# 003** makes 256 numbers and reshapes them to 4 x 4 x 1. Predict: what is wrong with each?

# %%
torch.manual_seed(0)
z, wide, h = torch.randn(2, 100), torch.randn(2, 8, 8, 256), torch.randn(2, 256)
refusal(lambda: torch.cat([z, wide], -1)), refusal(lambda: h.view(2, 1, 4, 4))

# %% [markdown]
# The first two are of different rank. The smallest correction is to leave a line out: without the
# reshape the wide layer stays flat, and the two lie side by side. And 4 x 4 x 1 is a place for 16
# numbers. Perhaps 16 channels were meant: 4 x 4 x 16 is 256.

# %%
torch.cat([z, wide.flatten(1)], 1).shape, h.view(2, 16, 4, 4).shape

# %% [markdown]
# With that corrected, 003 goes on, and stops one net later. Its layers keep the side, double it,
# and double it again. D is built for 28 x 28. Which side does G reach from 4 x 4?

# %%
up = writeups.up  # 5 x 5 transposed convolution: channels in, channels out, stride
to_image = nn.Sequential(up(16, 128, 1), up(128, 64, 2), up(64, 3, 2), nn.Tanh())
first, second = nn.Conv2d(3, 64, 5, 2, 2), nn.Conv2d(64, 128, 5, 2, 2)
D = nn.Sequential(first, second, nn.Flatten(), nn.Linear(49 * 128, 1))
x_fake = to_image(h.view(2, 16, 4, 4))
claim("the shape of its pictures", list(x_fake.shape), [2, 3, 16, 16])
refusal(lambda: D(x_fake))

# %% [markdown]
# It reaches 16; from 7 x 7 it would reach 28. And D wants three colours, as it does in **write-up
# 001**, where MNIST has one shade of grey. **Write-up 004** leaves the rest to the reader: G ends
# at 7 x 7 with 256 channels, before any picture, and D wants 32 x 32 in colour.

# %%
digits = load_images("mnist")
x_real = digits.batch(64, torch.Generator().manual_seed(0))
refusal(lambda: D(x_real)), refusal(lambda: D(torch.randn(2, 256, 7, 7)))

# %% [markdown]
# Two more layers up, one channel at the end, a D for 28 x 28 x 1: then they fit. A test of this
# project sends the pictures of every recipe's G through its D.
#
# ## Programs that run and do not learn
#
# An error of shape is the kind one, for it says so. The others run to the end.
#
# **000 and 002** call a value to be *maximised* the discriminator's loss: it lacks its minus. An
# optimiser goes down. Let two logits, one of a real and one of a fake sample, take 100 such steps.

# %%
ends = {}
for sign in (-1, 1):  # -V, which D minimises, and V as printed
    logit = torch.zeros(2, requires_grad=True)
    for _ in range(100):
        minus_V = losses.cross_entropy_d(logit[:1], logit[1:])
        (slope,) = torch.autograd.grad(-sign * minus_V, logit)
        logit = (logit - 0.5 * slope).detach().requires_grad_(True)
    ends[sign] = logit.sigmoid().tolist()
{"with the minus": ends[-1], "as printed": ends[1]}

# %% tags=["proof"]
# Proof: with the minus D is right about both samples, without it wrong about both
claim("D(x) and 1 - D(G(z)), with the minus", [ends[-1][0], 1 - ends[-1][1]], above=0.9)
claim("1 - D(x) and D(G(z)), as printed", [1 - ends[1][0], ends[1][1]], above=0.9)

# %% [markdown]
# With the minus D says "real" of the real sample. Without it D learns to call it fake, and the fake
# one real: it lies perfectly, and G is trained by a liar.
#
# **001** prints $-\sum D(x_i)$ over *real* samples as the loss of G. Which weights of G does it
# move?

# %%
G, D = nets.make_generator("writeup-000"), nets.make_discriminator("writeup-000")
as_printed = -D(x_real).sigmoid().sum()
slopes = torch.autograd.grad(as_printed, list(G.parameters()), allow_unused=True)
f"{sum(s is not None for s in slopes)} of {len(slopes)} tensors of weights have a slope"

# %% [markdown]
# None: G does not occur in it. With G(z) in place of x it would move G, and with the logarithm it
# is the non-saturating loss; the program below the formula has both.
#
# **003** ends D in a sigmoid and takes a logarithm afterwards. In float32, what is 1 - D where D is
# sure? Keras cuts probabilities off 0.0000001 before both ends, unless it finds the sigmoid and
# goes back to the logit: that saves this program in Keras, and no other loop of the kind. Look at
# the slope where they are cut off.

# %%
logit = torch.tensor([3.0, 20.0], requires_grad=True)  # of fakes that D takes for real
p = logit.sigmoid()
cut = -(1 - p.clamp(1e-7, 1 - 1e-7)).log().sum()
(slope_cut,) = torch.autograd.grad(cut, logit)
(slope,) = torch.autograd.grad(nn.functional.softplus(logit).sum(), logit)
claim(
    "1 - D and the slope that is cut off, at logit 20",
    [(1 - p[1]).item(), slope_cut[1].item()],
    [0, 0],
)
{"cut off": slope_cut.tolist(), "on logits": slope.tolist()}

# %% [markdown]
# At logit 20, 1 - D is rounded to 0. Cut off, its logarithm is finite, but its slope is 0: D cannot
# learn from its worst mistake. On logits the slope is 1, as it should be. The smallest correction:
# leave the sigmoid out.

# %% [markdown]
# ## Batch norm in the wrong place
#
# **000** is the quiet one. Its program is cut off, so take it at its word: D is dense, LeakyReLU,
# batch norm, dense, and real and fake batches go through one after the other. Compare the mean
# logit that an untrained D gives to digits, to noise and to stripes.

# %%
stripes = (torch.arange(28.0) * torch.rand(64, 1, 1, 1)).sin().expand(-1, 1, 28, 28)
piles = {"digits": x_real, "noise": torch.rand_like(x_real) * 2 - 1, "stripes": stripes}
D_printed = nets.make_discriminator("writeup-000", norm="last")
means = {name: D_printed(x).mean().item() for name, x in piles.items()}
claim("the means differ by", max(means.values()) - min(means.values()), below=1e-5)
{name: round(mean, 4) for name, mean in means.items()}

# %% [markdown]
# The same, whatever comes in: batch norm has just moved the mean of each feature to the same place,
# and the last layer is linear. By Jensen's inequality D can then do no better than a constant:
# $\mathrm E\,\mathrm{softplus}(-l) + \mathrm E\,\mathrm{softplus}(l') \ge \mathrm{softplus}(-m) +
# \mathrm{softplus}(m) \ge 2 \log 2$ with $m$ the mean of both. Train it, and train D without batch
# norm beside it. What will d_loss be?

# %%
d_loss = {}
for name in ("writeup-000-printed", "writeup-000"):
    state = train.State(train.get_preset(name))
    for _ in train.train(state, digits.batch, 150):
        pass
    d_loss[name] = state.curves()["d_loss"]
claim("the printed d_loss", min(d_loss["writeup-000-printed"]), above=2 * math.log(2) - 0.01)
claim("the median of the other", sorted(d_loss["writeup-000"][-50:])[25], below=1.2)
names = {"as printed": "writeup-000-printed", "no batch norm in D": "writeup-000"}
plots.lines(range(1, 151), {k: d_loss[v] for k, v in names.items()}, "step", "d_loss")

# %% [markdown]
# The printed D stays at 2 log 2 = 1.386, and D(x) at one half. In another article that might be
# shown as the happy end, where D cannot tell any more. Here it never could. The smallest correction
# is to leave batch norm out of D.

# %% [markdown]
# ## 324 layers
#
# **002** prints `Dense(256)` 324 times in a row: no normalisation, no skips, and no output layer,
# discriminator or training either. Add an output, and measure how large the gradient is in each of
# the 324 layers before any training. We do it in float64, for a reason that you will see.


# %%
def gradients(remedy, dtype):
    """Return the norm of the gradient of each layer's weights, for the sum of squared pixels."""
    torch.manual_seed(0)
    G = nets.make_generator("writeup-002", depth=324, remedy=remedy).to(dtype)
    G(torch.randn(16, 100, dtype=dtype)).square().sum().backward()
    return torch.stack([layer.dense.weight.grad.norm() for layer in G.stack])


# %%
names = {"none": "as printed", "he": "He's weights", "norm": "batch norm", "skips": "skips"}
size = {remedy: gradients(remedy, torch.float64) for remedy in writeups.REMEDIES}
layer = torch.arange(1, 325)
panels = [
    plots.Panel((plots.Mark("line", layer, g.log10()),), "layer", "gradient, power of ten",
                None, (-60, 40), names[remedy])
    for remedy, g in size.items()
]  # fmt: skip
plots.gallery(panels, 4, alt="The gradient by layer of 324, as printed and with three remedies.")

# %% [markdown]
# **As printed**, the weights are as Keras draws them. Each layer with ReLU halves the variance, so
# what comes out of 324 layers is smaller by about $2^{-162}$, and the gradient with it. Float32 has
# no such numbers: there the gradient is exactly zero in *every* layer, and only the output layer
# learns.
#
# **He's weights** are larger by the square root of 2, which makes up for the half that ReLU takes
# (He et al. 2015, arXiv 1502.01852). **Batch norm** holds what goes *forward* at one size; going
# back it multiplies, layer by layer, and the first ones explode (Yang et al. 2019, arXiv
# 1902.08129). **Skips** give the signal a way around each layer (He et al. 2016, arXiv 1603.05027).

# %%
claim("gradients as printed, in float64", size["none"].max(), below=1e-45)
claim("and in float32", gradients("none", torch.float32).max(), 0)
change = {name: (g[1] / g[-1]).item() for name, g in size.items()}  # second layer over last
claim("norm: the first are larger by", change["norm"], above=1e10)
claim("he, skips: by", [change["he"], change["skips"]], above=1e-3, below=1e3)
{names[remedy]: f"{ratio:.1e}" for remedy, ratio in change.items()}

# %% [markdown]
# He's weights and skips give all layers gradients of about one size. Is that enough? A generator
# must also tell one z from another. Predict: what becomes of the difference between two z on its
# way through 324 layers? Here is the mean cosine between pictures of different z; 1 means that
# they differ in nothing but brightness.


# %%
@torch.no_grad()
def alike(remedy):
    torch.manual_seed(0)
    G = nets.make_generator("writeup-002", depth=324, remedy=remedy)
    x = nn.functional.normalize(G(torch.randn(64, 100)).flatten(1))
    return ((x @ x.T).sum().item() - 64) / (64 * 63)


cosine = {remedy: round(alike(remedy), 3) for remedy in ("he", "norm", "skips")}
claim("he: one picture for all z", cosine["he"], above=0.98)
claim("norm, skips: many", [cosine["norm"], cosine["skips"]], below=0.6)
{names[remedy]: value for remedy, value in cosine.items()}

# %% [markdown]
# With He's weights z is forgotten on the way: sixty-four z, one picture. Only with skips do both
# signal and gradient survive. But do 324 layers then draw better digits? There is a fourth remedy,
# and it is the smallest: fewer layers. Ours has four, with batch norm.
#
# ## All five, after their epochs
#
# Two of the articles train for 50 epochs, passes over the data. `tools/writeups.py --epochs 50`
# gave as many to each system with its corrections (20 to 001 and 003: then the time on the GPU was
# over), several at once, and scored 2,500 samples by the ruler of lesson 11. One row each.


# %%
def measured(folder):
    """Return the results and samples that tools/writeups.py left in `folder`."""
    told = json.loads((folder / "results.json").read_text())
    return told, store.load_tensors(folder / "samples.safetensors")[0]


long, samples = measured(course.path("docs/writeups/epochs"))
varied = [samples[name].float().std(0).mean().item() for name in writeups.GENERATORS]
claim("none draws one picture only: sd of a pixel", varied, above=10)
drawn = [(f"write-up {name[-3:]}", samples[name]) for name in writeups.GENERATORS]
plots.image_film(drawn, "16 samples of each of the five systems")

# %% [markdown]
# And the table. FID: 0 is perfect. KL is that of the ten classes' shares from equal shares, in
# nats: 0 is perfect balance, and all in one class would be log 10 = 2.30.


# %%
def score_of(run):
    """Return a run's FID and KL of classes as text."""
    return f"{run['fid']:.0f}, {run['class_kl']:.2f}" if run["fid"] else "diverged"


table = {
    "000": ("D learns nothing; losses without minus; layer calls that do not exist; cut off",
            "batch norm as D's last but one layer; maximised values called losses",
            "no batch norm in D; cross-entropy on logits; images to [-1, 1]"),
    "001": ("G's loss moves no weight; 3 channels meet 1; names that nobody defined",
            "real samples where G(z) belongs; a program for colour", "G(z) and log; 1 channel"),
    "002": ("error of rank; gradient 0 in all 324 layers; no output, no D, no training",
            "[z] joined with [8, 8, 256]; weights that halve the variance in each layer",
            "no reshape; 4 layers with batch norm; an output layer; a D"),
    "003": ("error of size twice; slope 0 where D is sure, but for Keras; an undefined optimiser",
            "256 is not 4 x 4; 16 x 16 is not 28 x 28; a logarithm after a sigmoid",
            "7 x 7 x 16; 1 channel; logits"),
    "004": ("7 x 7 x 256 meets 32 x 32 x 3", "G has no layer after the first; D is for colour",
            "two layers up; D for 28 x 28 x 1"),
}  # fmt: skip


def cost_of(run):
    """Return epochs, millions of images, steps and minutes as text."""
    parts = run["spec"]["epochs"], f"{run['images'] / 1e6:.1f} M", f"{run['steps']:,}"
    return " | ".join(map(str, (*parts, f"{run['spent'] / 60:.1f}")))


names = ("", "as printed", "cause", "smallest correction", "epochs", "images", "steps", "minutes",
         "FID, KL")  # fmt: skip
ran = {n: long["runs"][f"writeup-{n}"] for n in table}
lines = [f"| {n} | {' | '.join(t)} | {cost_of(ran[n])} | {score_of(ran[n])} |"
         for n, t in table.items()]  # fmt: skip
Markdown("\n".join([f"| {' | '.join(names)} |", "|---" * len(names) + "|", *lines]))

# %% [markdown]
# 001, 003 and 004 have batches of 8, 002 of 64 and 000 of 128, for the articles print none; with
# small batches an epoch takes many more steps.

# %%
on = sorted({run["on"] for run in ran.values()})
print(f"Real digits have an FID of {long['real']:.1f}. Trained on: {', '.join(on)}.")
kl = {name: run["class_kl"] for name, run in long["runs"].items()}
claim("000 and 001 draw all kinds: KL", [kl["writeup-000"], kl["writeup-001"]], below=0.1)
claim("002 does not", kl["writeup-002"], above=0.1)

# %% [markdown]
# 000 and 001 draw all ten digits. 003 and 004 nearly do: some kinds are rare. 002 repeats a few
# pictures. What would somebody change today, before touching the nets? For all four batches of 64,
# Adam with a first beta of 0.5 and a rate of 0.0005, and a longer average of G. For 002, whose D of
# convolutions is far stronger than its dense G, also a penalty on D's slope, the R1 of lesson 04.

# %%
today = [f"writeup-{n}-today" for n in ("001", "002", "003", "004")]
for name in today:
    run, before = (long["runs"][n] for n in (name, name.removesuffix("-today")))
    print(f"{name}: FID, KL {score_of(run)}, before {score_of(before)}; {run['spec']['epochs']} "
          f"epochs, {run['spent'] / 60:.0f} minutes of {run['on']}")  # fmt: skip
drawn = [(f"{name[8:11]}, today's choices", samples[name]) for name in today]
plots.image_film(drawn, "16 samples of 001 to 004 with today's choices")

# %% tags=["proof"]
# Proof: with today's choices each is better than before, and draws all ten kinds
for name in today:
    claim(f"KL of {name}", kl[name], below=min(0.1, kl[name.removesuffix("-today")]))
    now, then = (long["runs"][n]["fid"] for n in (name, name.removesuffix("-today")))
    claim(f"FID of {name}", now, below=then)

# %% [markdown]
# All gain, and all ten kinds are there. 002 gains most: held by the penalty, D no longer runs away
# from a G that was thought too weak. One run each, so small differences mean nothing.
# `gancourse train writeup-002-today --data mnist --minutes 60` does it for you.
#
# ## One change at a time
#
# The articles say "cross-entropy or squared error", "Adam or SGD", as if it were all one. Each of
# these runs differs from its system by what its name says (`fast`: a rate of 0.001 and a first beta
# of 0.5; `sgd` at a rate of 0.05), and had 45 s. Before you look: which of them fail?

# %%
short, samples = measured(course.path("docs/writeups"))
runs = short["runs"]
print(f"{'':24}{'steps':>12}{'FID, KL':>14}")
for name in sorted(runs):
    print(f"{name:24}{runs[name]['steps']:>12,}{score_of(runs[name]):>14}")

# %% tags=["proof"]
# Proof: as printed neither draws anything; 324 layers with He's weights draw one picture
spread = {name: x.float().std(0).max().item() for name, x in samples.items()}  # grey levels
across = {name: x.float().std(0).mean().item() for name, x in samples.items()}
for n, factor in (("000", 1.5), ("002", 1)):
    printed, corrected = (runs[f"writeup-{n}{end}"]["fid"] for end in ("-printed", ""))
    claim(f"FID of {n} as printed", printed, above=factor * corrected)
claim("002 as printed, sd of any pixel", spread["writeup-002-printed"], below=5)
claim("002, sd of some pixel", spread["writeup-002"], above=5)
same = [across[f"writeup-002-{end}"] for end in ("he", "shallow")]
claim("He's weights, four layers without batch norm: mean sd of a pixel", same, below=2)
claim("002: mean sd of a pixel", across["writeup-002"], above=2)

# %% [markdown]
# Many need more time. Two can never draw anything: 000 with its batch norm, and 002 with its 324
# layers, whose samples are all the same grey picture. Two of 002's draw one picture for every z:
# 324 layers with He's weights, and the `shallow` one, four layers without batch norm. One run
# each, so do not read anything into small differences. Now the choices with a reason you can
# compute.
#
# **Squared error.** On a *probability*, it is flat where D is sure, as in the saturating loss. How
# large is the slope for G when D says 0.1 % real?

# %%
logit = torch.linspace(-8, 8, 161, dtype=torch.float64, requires_grad=True)
slope = {}
for name in ("non-saturating", "squared-generator", "least-squares"):
    total = losses.get_loss(name).g_loss(None, logit) * len(logit)
    (slope[name],) = torch.autograd.grad(total, logit)
sure = 10  # logit -7, D = 0.1 %
claim("cross-entropy's slope", slope["non-saturating"][sure], below=-0.99)
claim("squared error's", slope["squared-generator"][sure], above=-0.002, below=0)
claim("least squares'", slope["least-squares"][sure], 2 * (logit[sure] - 1))
claim("000-squared: D(G(z))", runs["writeup-000-squared"]["end"]["D(G(z))"], above=0.2)
names = {"cross-entropy": "non-saturating", "squared error": "squared-generator"}
plots.lines(logit.detach(), {k: slope[v] for k, v in names.items()}, "logit", "slope of G's loss")

# %% [markdown]
# Cross-entropy has slope -1 there, squared error next to nothing. (000-squared did not suffer: its
# D was never that sure of the fakes.) *Least squares* (lesson 03) is squared error too, but of the
# logit itself, and it is steeper the surer D is.
#
# **Sigmoid or tanh.** The articles use both as G's last layer. Moved to [-1, 1], one is the other:
# $2 s(h) - 1 = \tanh(h/2)$. The only difference is that its last layer must be twice as large.

# %%
h = torch.linspace(-9, 9, 101, dtype=torch.float64)
claim("2 s(h) - 1 is tanh(h / 2)", 2 * h.sigmoid() - 1, torch.tanh(h / 2))
{name: score_of(runs[name]) for name in ("writeup-000", "writeup-000-tanh")}

# %% [markdown]
# Not moved, a sigmoid cannot draw black: the data's black is -1, and it ends at 0. Lesson 10
# has its mirror image: data brighter than a tanh can draw.
#
# **Batch-norm momentum 0.8.** Keras names the share of the *old* mean, PyTorch that of the *new*
# one: 0.8 there is 0.2 here. How many steps until the mean has forgotten 99 % of its start?

# %%
norm = writeups.keras_norm(1, 0.8)
claim("PyTorch's momentum", norm.momentum, 0.2)
memory = {m: math.ceil(math.log(0.01) / math.log(m)) for m in (0.8, 0.9, 0.99)}
for momentum, steps in memory.items():
    print(f"momentum {momentum}: 99 % of the start is forgotten after {steps} steps")
print({name: score_of(runs[name]) for name in ("writeup-003", "writeup-003-momentum")})

# %% [markdown]
# Samples are drawn with those means. At 0.99, Keras' default, they remember a G of hundreds of
# steps ago, so the first samples of a run suffer. After two thousand steps, as here, that has worn
# off, and the scores do not speak for 0.8.
#
# **Dropout in D** makes D's verdict random: the same picture, two answers. It draws from torch's
# global random state, so a checkpoint must hold that as well; ours do, and a test resumes such a
# run bit for bit.

# %%
D, logits = nets.make_discriminator("writeup-001"), {}
for seed in (1, 2, 1):
    torch.manual_seed(seed)
    logits[f"seed {seed}, call {len(logits) + 1}"] = round(D(x_real[:1]).item(), 2)
logits

# %% [markdown]
# **Depth.** What did each remedy give 002 in the same time? Four layers with batch norm first, then
# 324 layers: as printed, with He's weights, with batch norm, with skips.

# %%
remedies = {"4 layers, batch norm": "writeup-002", "324, as printed": "writeup-002-printed",
            "324, He's weights": "writeup-002-he", "324, batch norm": "writeup-002-norm",
            "324, skips": "writeup-002-skips"}  # fmt: skip
for name, run in remedies.items():
    print(f"{name:20}{runs[run]['steps']:>6,} steps   FID, KL {score_of(runs[run])}")
steps = [runs[name]["steps"] for name in ("writeup-002", "writeup-002-skips")]
claim("four layers take more steps in the time", steps[0] / steps[1], above=1.5)
drawn = [(name, samples[run]) for name, run in remedies.items()]
plots.image_film(drawn, "16 samples each, of 4 layers, then of 324 with each remedy")

# %% [markdown]
# In the time of one step of 324 layers, four layers take several. A remedy that lets a gradient
# through does not make depth useful: nothing in a digit asks for 324 dense layers.
#
# ## Recap
#
# - A shape that does not fit is the friendly error. Follow shapes layer by layer, both nets.
# - A loss must be something to minimise, must contain G(z), and takes logits.
# - d_loss at 2 log 2 from the first step on means that D *cannot* learn, not that G has won.
# - A gradient must survive depth: look at it by layer before you train.
# - Compare systems only after equal training, and say how much it was.
#
# [10b](10b_common_questions.ipynb) answers the articles' common questions by experiment.
