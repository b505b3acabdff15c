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
# # 14 · Scaling up
#
# One core has carried this course. Your own pictures will want more: a larger side, a larger net,
# several processes, a GPU. What changes then, what must stay the same, and what does it cost?
#
# **Aims:**
#
# - count FLOP, memory and money before you run;
# - get from two processes the numbers of one, and know which layer spoils it;
# - say what a larger batch gives, by images and by seconds;
# - place GANs beside diffusion by the cost of a sample.
#
# **Time:** 50 minutes to read and play, about a minute to run. You need lesson 08, and
# lessons 11 and 12.

# %% tags=["bet"]
# Bet: what do eight devices give? (and the imports)
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import softplus

from gancourse import claim, course, live, load_images, load_points, losses, nets, plots, train
from gancourse.check import check
from gancourse.maths import cost, diffusion
from gancourse.plots import Mark, Panel
from gancourse.score import mode_report, shown, tables

live.predict(
    "Eight devices train one GAN together. In each step they average their gradients over an "
    "ordinary network cable of ten gigabits a second. How many times the images of one device?",
    ("always nearly eight", "about four", "nearly eight for slow devices, less than one for fast"),
    "nearly eight for slow devices, less than one for fast",
    "The cable takes as long whatever it joins. A slow device hardly notices; a fast one waits for "
    "most of its time.",
)

# %% [markdown]
# Below is a budget sheet. The speed is that of *this* machine, measured just now in a second. Click
# on the line to choose the number of devices; change the side, the width, the batch. What fills the
# memory? (A device's hour costs 0.1 here: `live.budget(price=...)` takes yours, `link=` the cable.)

# %%
live.budget(devices=8)

# %% [markdown]
# And now eight devices of 100 TFLOP/s each, on the same cable. Does the line come back to 1?
# Give them more work in each step, a batch of 1,024, and look again.

# %%
live.budget(rate=1e14, devices=8)

# %% tags=["proof"]
# Proof: eight slow devices give nearly eight times as much, eight fast ones less than one
step = cost.step_cost(side=28, width=64, batch=64)
slow, fast = (cost.budget(step, rate, devices=8, hours=1) for rate in (5e10, 1e14))
claim("eight devices of 50 GFLOP/s", slow.speedup, above=7.5)
claim("eight devices of 100 TFLOP/s", fast.speedup, below=1.0)
more = cost.budget(cost.step_cost(batch=1024), 1e14, devices=8, hours=1)
claim("the same with a batch of 1,024", more.speedup, above=2.5)
claim("share of the activations", step.activations / step.bytes, above=0.8)

# %% [markdown]
# ## Count before you run
#
# A layer has one product of matrices forward, and two backward: one for its weights' gradient, one
# for its input's. So a net costs three times its forward pass. With $G$ and $D$ the FLOP of a
# forward pass, a step of the course's loop is about $3G + 8D$ an image: G once, D on real, on
# fakes, and once more frozen. Here is that count, by hand, beside PyTorch's own.

# %%
G, D = cost.dcgan_players(side=28, width=64)
by_hand = 3 * G.flop - G.first + 8 * D.flop - 2 * D.first  # a first layer's input needs no gradient
counted = cost.counted_flop(train.get_preset("dcgan")) / 64
print(f"G {G.flop:,}   D {D.flop:,}   a step {by_hand:,} by hand, {counted:,.0f} by PyTorch")

# %% [markdown]
# How does it grow? The channels enter squared, and so does the side; but a net for 64 pixels has
# one doubling more, with half the channels: it costs twice as much as one for 28, and not five
# times. Memory grows with the batch, because backward needs each layer's output, and less with the
# weights: with all that is kept of them, a ninth here, a sixth at twice the width.

# %%
print("side  width  batch   MFLOP an image      MB")
for side, width, batch in ((28, 64, 64), (28, 128, 64), (28, 64, 512), (64, 64, 64)):
    step = cost.step_cost(side, width, batch)
    print(f"{side:4}{width:7}{batch:7}{step.flop_an_image / 1e6:17.0f}{step.bytes / 1e6:8.0f}")

# %% tags=["proof"]
# Proof: by hand is what PyTorch counts; twice the width costs nearly four times as much
claim("FLOP of a step, by hand and counted", by_hand, counted)
wide = cost.step_cost(width=128).flop_an_image / cost.step_cost(width=64).flop_an_image
claim("twice the width", wide, above=3.5, below=4.0)
large = cost.step_cost(side=64).flop_an_image / cost.step_cost(side=28).flop_an_image
claim("64 pixels against 28", large, above=1.5, below=3.0)

# %% [markdown]
# ## Two processes, one gradient
#
# A batch is cut in two halves; two copies of D each take the gradient of their half's mean loss.
# The mean of these two *is* the gradient of the whole batch, because a gradient is linear, as long
# as no sample looks at another. One layer does. In float64, so that rounding hides nothing:


# %%
def gradient(D, x):
    """Return the gradient of D's mean loss on real samples, as one vector."""
    found = torch.autograd.grad(softplus(-D(x)).mean(), list(D.parameters()))
    return torch.cat([g.flatten() for g in found])


def apart(D, x, parts):
    """Return how far the mean over parts is from the whole gradient, of the largest entry."""
    whole, mean = gradient(D, x), sum(gradient(D, part) for part in x.chunk(parts)) / parts
    return ((whole - mean).abs().max() / whole.abs().max()).item()


torch.manual_seed(0)
x = load_images("mnist").batch(64, torch.Generator().manual_seed(0)).double()
plain, normed = (
    nets.make_discriminator("dcgan", width=16, norm=norm).double() for norm in (False, True)
)
print(f"two halves: without batch norm {apart(plain, x, 2):.1e}, with it {apart(normed, x, 2):.1e}")

# %% tags=["bet"]
# Bet: does it help to send more than gradients?
live.predict(
    "With batch norm, two halves do not give the gradient of the whole. Which number would the "
    "copies have to share as well, to get it back?",
    ("their weights", "each channel's mean and spread", "their losses"),
    "each channel's mean and spread",
    "Batch norm subtracts the mean of the batch and divides by its spread. Summed over the copies, "
    "both are the whole batch's: synchronised batch norm sends the sums in each forward pass.",
)

# %% [markdown]
# Try it: give all parts the mean and the spread of the whole, by two sums for each channel, and
# take the gradient of the mean of their losses.


# %%
def shared_norm(layer, parts):
    """Return batch norm of parts [n, C, H, W] whose statistics are those of all of them."""
    count = sum(h.numel() for h in parts) / parts[0].shape[1]
    mean = sum(h.sum((0, 2, 3), keepdim=True) for h in parts) / count  # sum one, [1, C, 1, 1]
    var = sum((h - mean).square().sum((0, 2, 3), keepdim=True) for h in parts) / count  # sum two
    gain, bias = (p.view(1, -1, 1, 1) for p in (layer.weight, layer.bias))
    return [gain * (h - mean) / (var + layer.eps).sqrt() + bias for h in parts]


def synchronised(D, parts):
    """Return the mean loss of the parts, D's batch norm shared between them."""
    for layer in D.body:
        is_norm = isinstance(layer, torch.nn.BatchNorm2d)
        parts = shared_norm(layer, parts) if is_norm else [layer(h) for h in parts]
    logits = [D.last(h.permute(0, 2, 3, 1).flatten(1)) for h in parts]
    return sum(softplus(-logit).mean() for logit in logits) / len(parts)


found = torch.autograd.grad(synchronised(normed, x.chunk(2)), list(normed.parameters()))
whole, shared = gradient(normed, x), torch.cat([g.flatten() for g in found])
again = ((whole - shared).abs().max() / whole.abs().max()).item()
print(f"two halves with shared statistics: {again:.1e}")

# %% [markdown]
# That was one process playing two. Now two real ones, started as `torchrun` starts them on a
# hundred machines. Each runs the same file, knows its rank, reads its own half, and waits at the
# sum for the other.

# %%
SCRIPT = """
import torch, torch.distributed as dist
from gancourse import nets

def gradient(D, x):
    loss = torch.nn.functional.softplus(-D(x)).mean()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(D.parameters()))])

dist.init_process_group("gloo")  # all processes meet here
rank, world = dist.get_rank(), dist.get_world_size()
for name, norm in ("without batch norm", False), ("with batch norm", True):
    torch.manual_seed(0)  # the same net and the same batch in each
    D = nets.make_discriminator("dcgan", width=16, norm=norm)
    x = torch.randn(64, 1, 28, 28)
    whole, mine = gradient(D, x), gradient(D, x.chunk(world)[rank])
    dist.all_reduce(mine)  # the sum over all processes
    if rank == 0:
        print(f"{name}: {(mine / world - whole).abs().max() / whole.abs().max():.1e}")
dist.destroy_process_group()
"""
with tempfile.TemporaryDirectory() as folder:
    (file := Path(folder) / "two.py").write_text(SCRIPT)
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    ran = subprocess.run([sys.executable, *command, file], capture_output=True, text=True)
lines = [line.split(": ") for line in ran.stdout.splitlines() if "batch norm: " in line]
processes = {name: float(value) for name, value in lines}
print(ran.stdout or ran.stderr)

# %% tags=["proof"]
# Proof: one gradient from two processes; batch norm spoils it, shared statistics restore it
claim("two copies without batch norm", apart(plain, x, 2), below=1e-6)
claim("two copies with it", apart(normed, x, 2), above=1e-3)
claim("two copies with shared statistics", again, below=1e-6)
claim("two processes without batch norm, in float32", processes["without batch norm"], below=1e-5)
claim("two processes with it", processes["with batch norm"], above=1e-3)

# %% [markdown]
# The parts may be unequal: the data run out, or a process has less memory. Then a plain mean is
# wrong. Write the one that is right; it is exercise 14.2 of the sheet, too, which has hints.


# %%
def average_gradients(copies, sizes):
    """Give all copies the gradient of the whole batch; copy i has that of sizes[i] samples."""
    raise NotImplementedError("your turn")


check("14.2", average_gradients)

# %% [markdown]
# You need not write a loop for this. `torchrun --nproc-per-node 2 -m gancourse train dcgan` trains
# any preset on two processes: process 0 writes the files, each reads its *shard*, its own part of
# the images, a killed one ends the run, and `--resume` goes on. `--sync-norm` shares the
# statistics. (`docs/bench/README.md` has the images a second of one process, of two, and of one
# with two threads.) The sums above went through gloo, a library for CPUs. On GPUs NCCL takes its
# place; it has run on one GPU, and on several not yet.
#
# ## One process, several passes
#
# The same sum in time instead of space: if a batch does not fit, take it in parts, and let
# `backward` add up. One pass of 512 images or eight of 64 are the same step without batch norm, at
# an eighth of the memory for activations. (The differences below are of the 64 images above.)

# %%
print("parts   MB kept   apart without batch norm   with it")
for parts in (1, 2, 4, 8):
    kept = cost.step_cost(batch=512 // parts).activations / 1e6
    print(f"{parts:5}{kept:10.0f}{apart(plain, x, parts):27.1e}{apart(normed, x, parts):10.1e}")

# %% tags=["proof"]
# Proof: parts give the same gradient without batch norm, and with it the more parts, the worse
claim("eight parts without batch norm", apart(plain, x, 8), below=1e-6)
claim("eight parts with it", apart(normed, x, 8), above=apart(normed, x, 2))

# %% [markdown]
# ## A larger batch
#
# Eight devices with a batch each are one step on eight times the batch. Is that better? Two fair
# questions: after as many *images*, and after as many *seconds*. `python tools/tables batch`
# trained the small GAN on 25 clusters with three seeds for 1.2 million points each.

# %% tags=["bet"]
# Bet: which batch wins?
live.predict(
    "After the same 1.2 million points, with the same learning rates: which batch has the largest "
    "share of samples of high quality?",
    ("32", "512", "2,048", "they are alike"),
    "32",
    "It took 64 times as many steps as the batch of 2,048. Its steps are noisier, but each goes as "
    "far. It also took the longest.",
)

# %%
runs = [r for r in tables.measured("batch")["runs"].values() if "rates" not in r["row"]]
rows = dict.fromkeys(tables.TABLES["batch"].rows)


def curves(x_of):
    """Return for each row its runs as pairs (x, share of high quality)."""
    found = {row: [x_of(r) for r in runs if r["row"] == row] for row in rows}
    return {row: curve for row, curve in found.items() if curve}


def good(run):
    return [max(score["share_high_quality"], 1e-3) for score in run["scores"]]


by_points = curves(lambda r: [(s["step"] * r["recipe"]["batch"], g)
                              for s, g in zip(r["scores"], good(r), strict=True)])  # fmt: skip
seconds = curves(lambda r: list(zip(r["clock"], good(r), strict=True)))
plots.races(by_points, "real points", "share of high quality")

# %%
plots.races(seconds, "seconds of one core", "share of high quality")

# %% tags=["proof"]
# Proof: at equal images small batches win by far; at equal seconds the smallest does not
end = {row: float(np.mean([curve[-1][1] for curve in c])) for row, c in by_points.items()}
claim("32 against 2,048 at equal images", end["batch 32"] / end["batch 2,048"], above=3.0)
claim("in order", sorted(end, key=end.get, reverse=True), list(end))
at = {row: float(np.mean([[y for t, y in curve if t <= 10][-1] for curve in c]))
      for row, c in seconds.items()}  # fmt: skip
claim("128 against 32 after ten seconds", at["batch 128"], above=at["batch 32"])

# %% [markdown]
# By images each row loses to the smaller batch; by seconds the first three are close, for each
# step has a fixed cost (lesson 08), which a small batch pays more often. On a wide device that
# effect is far larger, and it is why batches grow. They also allow larger rates, up to a point:
# the table has rows with the rates raised, which did not help here. On ImageNet BigGAN reports (as
# remembered) FID 18.65, 15.30, 14.88 and 12.39 for batches of 256 to 2,048, after up to a million
# *steps* each: many times the images in the last row. Read which axis a claim has.
#
# ## Averages are counted in images
#
# The averaged G of lesson 08 keeps 0.999 of itself in each step. Change the batch, and the same
# number means another memory. So write the decay for images: $0.999^{n/64}$ for a batch of $n$.
# With 0.992 a batch of 512 lies on the curve of 64.

# %%
ago = np.linspace(0, 400_000, 201)  # images
left = {
    "batch 512, decay 0.999": 0.999 ** (ago / 512),
    "batch 64, decay 0.999": 0.999 ** (ago / 64),
}
plots.lines(ago / 1000, left, "thousands of images ago", "weight that is left")

# %% tags=["proof"]
# Proof: counted in images the average forgets as fast at each batch
half = np.log(0.5) / np.log(0.999)
claim("images until half is forgotten, batch 64", float(64 * half), above=44_000, below=45_000)
claim("the same at 512", float(512 * half), above=350_000)
images_512 = (0.999 ** (512 / 64)) ** (ago / 512)
same = np.abs(left["batch 64, decay 0.999"] - images_512).max()
claim("counted in images, the curves differ by", float(same), below=1e-9)
claim("the decay at 512", 0.999 ** (512 / 64), 0.992, within=0.0001)

# %% [markdown]
# ## The same clothes at 64 pixels
#
# By the count above, at equal width a net for 64 pixels costs twice as much an image. And by the
# clock? `fashion@64` is Fashion-MNIST drawn larger; your own pictures would be `FOLDER@64`. The
# nets follow the side by themselves.

# %%
table, clock = tables.TABLES["sides"], {}
for data in table.data:
    state = table.start("dcgan-quick", seed=0, data=data)
    for record in train.train(state, load_images(data).batch, 30):
        if record.step == 10:  # the first steps warm up
            start = time.process_time()
    clock[data] = 20 * state.recipe.batch / (time.process_time() - start)
    print(f"{data:12}{clock[data]:7,.0f} images in a second of one core")

# %% [markdown]
# Each step costs more, and G has more to learn: are as many images enough? `python tools/tables
# sides` trains two presets of this course on both (one seed; steps of 64 images each). One ruler
# measures all: large samples are drawn 28 pixels wide before it sees them, test images too, and the
# last column has training images that went the same way.

# %%
shown.beside("sides", {"fid": "FID", "fid_of_real": "of real clothes"})

# %%
plots.image_film(
    shown.samples("sides", "dcgan-quick", "fashion@64")[-1:]
    + shown.samples("sides", "dcgan", "fashion@64")[-1:],
    "Clothes of 64 pixels: dcgan-quick, then dcgan",
)

# %% tags=["proof"]
# Proof: with as many images 64 pixels are far behind 28, for both presets
fid = {(run["row"], run["data"]): {s["step"]: s["fid"] for s in run["scores"]}
       for run in tables.measured("sides")["runs"].values()}  # fmt: skip
for row in table.rows:
    small, large = fid[row, "fashion"], fid[row, "fashion@64"]
    step = max(small.keys() & large.keys())
    claim(f"{row}: FID at 64 pixels, of that at 28", large[step] / small[step], above=3.0)

# %% [markdown]
# No: shapes are there soon (the upper row is `dcgan-quick`), and the ruler is far from content with
# their grain. The quick preset, whose high rate was chosen at 28 pixels, is far behind after 9,000.
# More images, and rates of their own, are what a larger side costs on top of its FLOP. A recipe is
# tuned for a side as much as for a minute.
#
# ## bf16, and why not fp16
#
# Half the bytes, and more speed where the hardware has units for it. Both formats have 16 bits:
# bf16 spends eight of them on the exponent, as float32 does, and fp16 five. What does a GAN need?
# Here are the gradients that reach G, pixel by pixel, after a short training.

# %%
state = train.State(train.get_preset("dcgan"), 0, "cpu", "fp32")
for _ in live.progress(train.train(state, load_images("mnist").batch, 20), "training", 20):
    pass
fakes = state.fakes(64)
loss = losses.non_saturating_g(None, state.D(fakes))
(slopes,) = torch.autograd.grad(loss, fakes)  # [64, 1, 28, 28]
sizes = slopes.abs().flatten().log10().clamp(-8, -2)
share, edges = np.histogram(sizes, np.linspace(-8, -2, 61))
share = share / share.sum()
seen = Mark("line", (edges[1:] + edges[:-1]) / 2, share, "gradients by a pixel", "G")
limit = Mark("dashed", 2 * [np.log10(6.1e-5)], [0, share.max()], "fp16 loses digits below this")
words = "How large the gradients by pixels are, and where fp16 begins to lose digits."
plots.panels([Panel((seen, limit), "size, as a power of ten", "share of all")], alt=words)

# %% [markdown]
# A loss is a mean over N samples, so each sample's gradient is N times smaller: a large batch
# pushes the curve to the left. What is left of these numbers in 16 bits?

# %%
print("batch   format    become 0    lose digits    usual error")
for n in (64, 512, 4096):
    for kind in (torch.float16, torch.bfloat16):
        small = slopes * 64 / n  # as in a batch of n
        kept, least = small.to(kind).float(), torch.finfo(kind).smallest_normal
        error = ((kept - small).abs() / small.abs().clamp(min=1e-30)).median()
        gone, few = (kept == 0).float().mean(), (small.abs() < least).float().mean()
        print(f"{n:5}   {str(kind)[6:]:9}{gone:8.2%}{few:13.0%}{error:17.1e}")

# %% tags=["proof"]
# Proof: fp16 loses the small gradients, bf16 has float32's range and fewer digits
least = {k: torch.finfo(k).smallest_normal for k in (torch.float16, torch.bfloat16, torch.float32)}
claim("fp16's smallest number with all digits", least[torch.float16], above=6e-5, below=6.2e-5)
claim("bf16's is float32's", least[torch.bfloat16], least[torch.float32])
large = slopes.abs() * 64 / 4096
claim("lose digits in fp16, 64", (slopes.abs() < least[torch.float16]).float().mean(), above=0.02)
claim("lose digits in fp16, 4,096", (large < least[torch.float16]).float().mean(), above=0.8)
claim("in bf16", (large < least[torch.bfloat16]).float().mean(), below=0.01)
claim("70,000 in fp16 is infinite", torch.tensor(7e4).half().isinf())
claim("the step next to 1", torch.finfo(torch.bfloat16).eps / torch.finfo(torch.float16).eps, 8.0)

# %% [markdown]
# At 64 and 512 the usual error of fp16 is the smaller one; at 4,096 hardly any number has all its
# digits. bf16 has few digits, and the same few at each size: a step of training averages such
# errors out.
#
# The usual cure for fp16 is to multiply the loss by some thousands and divide before the step,
# which moves the curve to the right; then the squares of a penalty overflow at 65,504. R3GAN's
# authors report that bf16 works for them and fp16 does not. The course uses bf16 where the machine
# has instructions for it (lesson 08).
#
# ## Beside diffusion
#
# A diffusion model learns to *remove noise*: from $x + \sigma\varepsilon$ the expected $x$, for
# each size of noise. That is plain regression, no game. To sample it starts from noise and goes
# down in steps, each a whole pass of its net. So compare by the cost of a sample. Both nets below
# have two layers of 64 and train with equally many FLOP on the ring.

# %%
ring = load_points("ring", sd=0.05)
small = {"widths": (64, 64), "shape": (2,)}
recipe = train.Recipe("mlp", G={"z_dim": 2, "norm": False, **small}, D=small, lr_G=1e-3, lr_D=1e-3,
                      betas=(0.0, 0.999), batch=256, ema=0.99, precision="fp32")  # fmt: skip
gan = train.State(recipe, 0, "cpu")
for _ in live.progress(train.train(gan, ring.sample, 1000), "the GAN", 1000):
    pass
torch.manual_seed(0)
denoiser = diffusion.Denoiser(small["widths"])
a_pass = cost.flops(denoiser, torch.zeros(1, 2), torch.ones(1))
steps = round(1000 * cost.counted_flop(recipe) / (3 * 512 * a_pass))
diffusion.fit(denoiser, ring.sample, steps, batch=512)
print(f"1,000 steps of the GAN cost as much as {steps:,} of the denoiser")

# %% tags=["bet"]
# Bet: how many passes does the denoiser need?
live.predict(
    "Of G's samples about one half are of high quality, with its one pass. From how many passes "
    "on is the denoiser, trained at the same cost, ahead?",
    ("1", "4", "16", "never"),
    "16",
    "In one step from pure noise it can only say the mean of all data, the middle of the ring. "
    "Four steps find the modes roughly; with 16 it is ahead.",
)

# %%
samples = {"G, 1 pass": train.sample(gan.ema_G, 2500, 1)}
for k in (1, 4, 16, 64):
    samples[f"denoiser, {k} pass{'es' * (k > 1)}"] = diffusion.sample(denoiser, 2500, k)
drawn = [plots.points(ring.centres, s[:500], limit=1.6, title=n) for n, s in samples.items()]
plots.beside([drawn[i] for i in (0, 2, 3)])

# %% [markdown]
# The denoiser's path from noise bends, and each step goes straight: few steps cut the corners. What
# does a sample cost?

# %%
reports = {name: mode_report(x, ring) for name, x in samples.items()}
passes = {name: int(name.split(", ")[1].split()[0]) for name in samples}
one = {"G": cost.flops(gan.G, torch.zeros(1, 2)), "denoiser": a_pass}
for name, report in reports.items():
    flop = passes[name] * one[name.split(",")[0]]
    print(f"{name:20}{flop:9,} FLOP a sample: {report.modes} of {report.of} modes, "
          f"{report.share_high_quality:.1%} of high quality")  # fmt: skip

# %% tags=["proof"]
# Proof: one pass of G beats one of the denoiser, and 16 of the denoiser beat G
quality = {name: report.share_high_quality for name, report in reports.items()}
claim("the denoiser in one pass", quality["denoiser, 1 pass"], below=0.05)
claim("G in one pass", quality["G, 1 pass"], above=quality["denoiser, 4 passes"] + 0.1)
claim(
    "the denoiser in 16 passes", quality["denoiser, 16 passes"], above=quality["G, 1 pass"] + 0.05
)
claim("64 passes", quality["denoiser, 64 passes"], above=quality["denoiser, 16 passes"] - 0.02)

# %% [markdown]
# Two points on a plane prove little about pictures, but the trade is the real one. Diffusion trains
# steadily, covers all modes, and pays at each sample; a GAN pays once, in training, with all that
# lessons 04, 10 and 12 are about, and then draws a picture in one pass. So today they meet: a
# net of few steps learns from a denoiser of many, and from a D that compares its pictures with real
# ones (Sauer et al. 2023, arXiv 2311.17042).
#
# ## What has been proven, and how
#
# On a CPU all above ran while this page was built. In the test suite each preset's step runs on
# PyTorch's `meta` device, which proves that no operation mixes devices or waits for one. `make
# gpu-check` ran on one NVIDIA H200: numbers against the CPU's, resume and exactness held for every
# recipe that it tries, and twelve of the sixteen lessons that were tried ran from top to bottom
# (`docs/gpu/README.md` says what stopped the others). Its speed, beside a loop as textbooks have
# it:

# %%
rates = json.loads(course.path("docs/gpu/NVIDIA-H200.json").read_text())["speed"]["rates"]
for name in ("textbook", "eager, batch 128", "graphs, batch 128", "graphs, batch 4096"):
    rate = np.median(rates[name])
    times = rate / np.median(rates["textbook"])
    print(f"{name:20}{rate:10,.0f} images a second, {times:4.0f} times")

# %% [markdown]
# In *graphs* the card plays a recorded step back, and need not be told of each operation. At small
# batches the telling is most of the time. Even so, nets as small as these use a twelfth of what the
# card's matrix units can do; the project had aimed at 30 %. Several GPUs and Apple's MPS nobody has
# tried. Run it on yours.
#
# ## Recap
#
# - Count first: $3G + 8D$ an image; memory is activations; a cable is a budget, too.
# - The mean of gradients is the gradient of the whole, but for batch norm.
# - Accumulation is the same sum in time.
# - A batch, an average, a claim: counted in images, steps or seconds? They disagree.
# - bf16 has float32's range; fp16 has not.
# - A GAN samples in one pass; diffusion buys quality with passes.
#
# Read on: Goyal et al. 2017 (arXiv 1706.02677) on large batches; Brock et al. 2019 (1809.11096),
# BigGAN; Karras et al. 2022 (2206.00364), the denoiser above; Kang et al. 2023 (2303.05511), a GAN
# of a billion weights. Now do [the exercises](../exercises/14_scaling.ipynb), and then take your
# own pictures, at 64 pixels if time allows: `gancourse train dcgan --data FOLDER@64`.
