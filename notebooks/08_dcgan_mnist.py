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
# # 08 · DCGAN on MNIST
#
# Lesson 07 took the layers of a DCGAN apart. Here the whole net learns digits, on a graphics card
# if there is one and on the processor if there is not, and nobody edits a cell.
#
# **Aims:**
#
# - follow a picture through both nets, and say where the work lies;
# - train and watch, and know what the average of G is good for;
# - save a run, kill it, and go on bit for bit;
# - measure what precision, memory layout, batch and one trick in the loop give on *your* machine.
#
# **Time:** 50 minutes to read, a bit over a minute to run on two cores.

# %%
import copy
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gancourse import claim, live, load_images, nets, plots, score, train
from gancourse.check import check

# %% [markdown]
# ## Train it first
#
# `gancourse.device()` takes CUDA, Apple's MPS or the processor, and `State` puts nets and averages
# there, in bf16 (numbers of 16 bits: see *Precision* below) where the hardware has instructions for
# it. In JupyterLab the cell returns at once
# and the nets train in the background; without a page it trains and shows the end.

# %%
recipe = train.get_preset("dcgan-quick")  # what `gancourse train dcgan --minutes 1` takes
state = train.State(recipe, seed=0)
digits = load_images("mnist").to(state.device)
state.data = digits.name
dashboard = live.TrainingDashboard(state, digits.batch, steps=1500)
dashboard

# %% tags=["bet"]
# Bet: the first digit
live.predict(
    "The film of lesson 06 had 2,000 steps. After how many will you read a first digit here?",
    ("about 10", "about 200", "about 2,000"),
    answer="about 200",
    why="The film below has the steps. Neighbouring pixels share kernels, so strokes come soon.",
)

# %% [markdown]
# Pause it, and let one player step alone, several times. What does D say of the fakes when only D
# learns? Raise a learning rate while it runs, and put it back. With `dashboard.explorer()` in a new
# cell you steer z while G learns; lesson 09 is about that.

# %% [markdown]
# ## The net, layer by layer
#
# While it trains: a recipe holds the choices of a run as plain data.

# %%
recipe

# %% [markdown]
# What does each layer give out, how many weights has it, and how much work is it? A kernel is put
# down once for each pixel of the smaller side, input or output, and each weight then costs one
# multiplication and one addition: 2 FLOP. Predict: which layer has the most weights? Is it also the
# one with the most work?


# %%
def layers(net, x):
    """Return (name, shape of the output, weights, MFLOP an image) for each layer with weights."""
    rows = []

    def note(layer, given, out):
        places = min(given[0][0, 0].numel(), out[0, 0].numel())
        size = layer.weight.numel()
        rows.append((type(layer).__name__, [*out.shape[1:]], size, 2e-6 * size * places))

    for layer in net.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            layer.register_forward_hook(note)
    net(x)
    return rows


# %%
G = nets.make_generator(recipe.net, **recipe.G)
D = nets.make_discriminator(recipe.net, **recipe.D)
of_G, of_D = layers(G, torch.randn(2, G.z_dim)), layers(D, torch.rand(2, 1, 28, 28))
for name, shape, weights, mflop in [*of_G, *of_D]:
    print(f"{name:16}{shape!s:>14}{weights:>10,} weights{mflop:8.2f} MFLOP")
work_of_G, work_of_D = (sum(row[3] for row in rows) for rows in (of_G, of_D))

# %% tags=["proof"]
# Proof: G's dense layer has the most weights, and 3 % of the work at most
claim("no layer of G has more weights", of_G[0][2], max(row[2] for row in of_G))
for rows, dense, work in ((of_G, 0, work_of_G), (of_D, -1, work_of_D)):
    claim("the dense layer's share of the work", rows[dense][3] / work, below=0.03)

# %% [markdown]
# The dense layer of G holds more weights than any other and does almost nothing: its weights are
# used once, those of a kernel at every place. The convolutions do the work. D has G's layers the
# other way round. New since lesson 07 are the 3 x 3 convolutions that keep size and channels.

# %% [markdown]
# And a training step? Going back through a layer costs twice as much as going forward: once for the
# gradient of the weights, once for that of the input. G goes forward and back: 3 G. D does so for
# real and for fake samples, 6 D; in G's step it goes forward and back to its input, 2 D more. The
# sum is 3 G + 8 D. PyTorch counts a little less, since nobody needs the gradient of a real picture
# or of z.

# %%
trial = train.State(replace(recipe, r1=0.0, r2=0.0), seed=1)  # no penalty
with FlopCounterMode(display=False) as counter:
    train.one_step(trial, digits.batch)
counted = counter.get_total_flops() / recipe.batch / 1e6
formula = 3 * work_of_G + 8 * work_of_D
print(f"{counted:.1f} MFLOP an image; the formula gives {formula:.1f}")
claim("PyTorch counts a little less", counted / formula, above=0.8, below=1.0)

# %% [markdown]
# **Your turn.** Exercise 08.1 of the sheet asks for this count: a stack of 4 x 4 blocks, which
# double the side (`up`) or halve it. The check knows the usual slips. You may go on without it.


# %%
def cost(channels, side, up):
    """Return (weights, FLOP); channels [1, 64, 128] are two blocks, and side is the input's."""
    raise NotImplementedError("your turn")


check("08.1", cost)

# %% [markdown]
# ## What it drew on its way
#
# The next cell waits for the end of the run. Each row of the film has the same 16 z.

# %%
state = dashboard.wait()
print(state.device.type, state.precision, f"{state.step} steps")
dashboard.film()

# %% [markdown]
# Grey, then stripes, as strides make them (lesson 07), then strokes, then digits. Compare them with
# those of the MLP: smooth, because neighbouring pixels share their kernels.

# %% tags=["proof"]
# Proof: the border turned black, the middle did not, and the contrast grew
first, last = dashboard.frames[0][1], dashboard.frames[-1][1]  # [16, 1, 28, 28] each
claim("the upper border is black", last[:, :, :3].mean(), below=-0.8)
claim("ink is in the middle", last[:, :, 10:18, 10:18].mean() - last[:, :, :3].mean(), above=0.4)
claim("the contrast grew", (last.std() / first.std()).item(), above=3)

# %%
plots.image_grid(train.sample(state.ema_G, 64, seed=0), columns=16, alt="64 samples: digits.")

# %% [markdown]
# ## A calmer copy, and how good it is
#
# G chases D and never sits still. The grid above was drawn by `state.ema_G`, the **exponential
# moving average** of G: after each step, every weight of it goes a small part of the way to G's
# weight, $\bar\theta \leftarrow \beta \bar\theta + (1 - \beta)\, \theta$ (for GANs: Yazıcı et al.
# 2019). Take 20 steps more and draw the same z with both, before and after. Which one changes?

# %%
pair = (state.G, state.ema_G)
before = [train.sample(net, 16, seed=1) for net in pair]
for _ in train.train(state, digits.batch, 20):
    pass
change = [train.sample(net, 16, seed=1) - old for net, old in zip(pair, before, strict=True)]
moved, moved_average = (x.abs().mean().item() for x in change)
claim("the average moves less than G", moved_average / moved, below=0.6)
print(f"a pixel changed by {moved:.3f} in G and by {moved_average:.3f} in its average")
rows = before[0], change[0] / 2, change[1] / 2
names = "samples of G", "changed in G", "in its average"
plots.image_film(list(zip(names, rows, strict=True)), "16 samples and what 20 steps changed")

# %% [markdown]
# G's samples above; then what 20 steps changed in them, and in those of the average (grey means
# nothing). The average has one trap. Batch norm's running mean and variance are no weights but
# *buffers*, and the average of G needs them too: `ema_step` averages them like the weights where
# the recipe says `ema_buffers`, and copies G's last ones where it does not. Here is the same
# average with buffers that nobody brought along.

# %% tags=["bet"]
# Bet: an average without its buffers
live.predict(
    "All weights of the average of G are right; only batch norm's running averages are those of an "
    "untrained net. What does it draw?",
    ("the same digits", "paler digits", "torn digits among scraps"),
    answer="torn digits among scraps",
    why="Each layer divides by a variance of 1 that is far from the true one, and the error "
    "multiplies through the layers.",
)


# %%
def forget_buffers(net):
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()


forgetful = copy.deepcopy(state.ema_G)
forget_buffers(forgetful)
plots.image_grid(train.sample(forgetful, 32, seed=1), columns=16, alt="32 samples: torn digits.")

# %% [markdown]
# Eyes are quickly satisfied, so here is a number. **FID** compares the mean and the covariance of
# generated and of real digits in the features of a small classifier; 0 is perfect. Lesson 11 builds
# it. The first line is as good as it gets: training digits against test digits.

# %%
contenders = {"shipped with the course": nets.load_shipped("mnist"), "average of G": state.ema_G,
              "G itself": state.G, "buffers forgotten": forgetful}  # fmt: skip
fid = {"real digits": score.fid(digits.images[:2500], digits.name)}
for name, net in live.progress(contenders.items(), "generators"):
    fid[name] = score.fid(train.sample(net, 2500), digits.name)
claim("real digits are best", fid["real digits"], below=fid["average of G"])
claim("the average is no worse than G", fid["average of G"], below=1.2 * fid["G itself"])
claim(
    "without its buffers it is far worse", fid["buffers forgotten"], above=2 * fid["average of G"]
)
{name: round(value, 1) for name, value in fid.items()}

# %% [markdown]
# Compare numbers of this ruler only with each other, and for equally many samples. The generator
# that is shipped is four times as wide and was trained for more than an hour; the end of this
# lesson has the command.
#
# ## Save, kill, resume
#
# What must be in the file, so that a killed run goes on *as if nothing had happened*? Weights, of
# course. What else does the next step depend on? Make a list before you go on.

# %%
folder = tempfile.TemporaryDirectory()
path = train.save_state(state, Path(folder.name) / "checkpoint.safetensors")
resumed = train.load_state(path)
for _ in range(3):
    one, other = (train.one_step(run, digits.batch).row for run in (state, resumed))
    same = torch.equal(one, other) or state.device.type != "cpu"  # a GPU sums in any order
    claim("the resumed run takes the same step", same)
f"{path.stat().st_size / 1e6:.1f} MB, saved at step {resumed.step - 3}"

# %% [markdown]
# Three steps of the run that never stopped, three of the one from the file: the same bits. Now take
# one thing away at a time. Which omissions change G within three steps, and which do not?

# %%
omissions = {
    "Adam's averages": lambda run: (run.opt_G.state.clear(), run.opt_D.state.clear()),
    "random state": lambda run: run.rng.manual_seed(123),
    "batch norm's buffers": lambda run: (forget_buffers(run.G), forget_buffers(run.D)),
    "average of G": lambda run: run.ema_G.load_state_dict(run.G.state_dict()),
}
off = {}
for name, leave_out in omissions.items():
    leave_out(run := train.load_state(path))
    for _ in train.train(run, digits.batch, 3):
        pass
    off[name] = (run.G.dense.weight - state.G.dense.weight).abs().max().item()
folder.cleanup()
claim(
    "without either it is another run", min(off["Adam's averages"], off["random state"]), above=1e-4
)
unused = max(off["batch norm's buffers"], off["average of G"])
claim("training does not read these two", unused == 0 or state.device.type != "cpu")
off

# %% [markdown]
# Without Adam's averages, or with other random numbers, it is another run. Batch norm's buffers and
# the average of G take no part in training: without them the *training* is the same and the
# *samples* are spoilt. A checkpoint holds all four. It is written beside the old one and then
# renamed, so a kill at any moment leaves a whole file.

# %% [markdown]
# ## What makes it fast
#
# Speed depends on the machine, so measure it here. Two traps: the machine may be busy with
# something else for a moment, and a graphics card works on after the call has returned. So the
# contenders take short turns, each turn ends by reading a number, and the best one counts: others
# can only slow a turn down. The first turn warms up.


# %%
def rate(state, step, seconds=0.25):
    """Return the images a second that go through `step` in a short turn."""
    start, steps = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        record, steps = step(state, digits.batch), steps + 1
    record.row.tolist()  # waits for the device
    return steps * state.recipe.batch / (time.perf_counter() - start)


def race(contenders, rounds=5):
    """Print the best images/s of each (state, step) and its ratio to the first; return them."""
    each = live.progress(range(rounds), "rounds")
    turns = [[rate(*who) for who in contenders.values()] for _ in each][1:]
    best = dict(zip(contenders, map(max, zip(*turns, strict=True)), strict=True))
    for name, images in best.items():
        print(f"{name:16}{images:8.0f} images/s{images / next(iter(best.values())):8.2f} x")
    return best


# %% [markdown]
# **Precision.** bf16 has float32's range with 8 significant bits in place of 24. Half as many bytes
# move, and some processors and most graphics cards have units for it. Others must imitate it, and
# there it is *slower*: the course then stays with fp32 by itself.

# %%
kinds = {kind: train.State(recipe, precision=kind) for kind in ("fp32", "bf16")}
speeds = race({kind: (made, train.one_step) for kind, made in kinds.items()})
claim("the chosen one is no bad choice", speeds[state.precision] / max(speeds.values()), above=0.4)

# %% [markdown]
# **Memory format.** A batch [N, C, H, W] can lie in memory channel by channel, or with all channels
# of a pixel side by side: *channels last*. It holds the same numbers. A convolution adds over
# the channels of a pixel, so it likes to find them together. Does it pay here?

# %%
formats = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
runs = {name: train.State(recipe) for name in formats}
for name, form in formats.items():
    runs[name].G.to(memory_format=form), runs[name].D.to(memory_format=form)
speeds = race({name: (run, train.one_step) for name, run in runs.items()})

# %% [markdown]
# **One batch of fakes.** Goodfellow et al.'s algorithm (2014) draws new z for G's step. But D's
# step does not change G, so the fakes that D has seen are still G(z), and their graph is still
# there: `one_step` uses them twice. New fakes cost G forward once more, 4 G + 8 D in all.


# %%
def fresh_fakes(state, source):
    x_real = source(state.recipe.batch, state.rng)
    seen = train.d_step(state, x_real) | train.g_step(state, x_real)
    train.ema_step(state)
    return train.note(state, seen)


steps = {"new fakes for G": fresh_fakes, "the same fakes": train.one_step}
speeds = race({name: (train.State(recipe), step) for name, step in steps.items()})
print(f"by the count of FLOP: {1 + work_of_G / formula:.2f} x")

# %% [markdown]
# **Size.** Each step has a fixed cost: some hundred calls, the optimiser, on a graphics card the
# launches. A larger batch shares it among more pictures. And what do the 3 x 3 convolutions cost,
# which the recipe calls `depth`?

# %%
shallow = replace(recipe, G={**recipe.G, "depth": 0}, D={**recipe.D, "depth": 0})
recipes = {f"batch {n}": replace(recipe, batch=n) for n in (recipe.batch, 16, 512)}
recipes["no 3 x 3"] = shallow
speeds = race({name: (train.State(r), train.one_step) for name, r in recipes.items()})
claim("a batch of 16 is not the fastest", speeds["batch 16"], below=max(speeds.values()))
{name: f"{speeds[name] / r.batch:.1f} steps/s" for name, r in recipes.items()}

# %% [markdown]
# A large batch has its price in the last line: fewer steps in the same time, and learning happens
# in steps. A shallow net is faster, but is it better? Images a second are a means. What counts is
# quality after a given time, and to measure that takes minutes: `python tools/bench ablation` does
# it.
#
# **Learning rate.** The other way to save time is a larger step. In its first steps Adam moves each
# weight by about the learning rate, whatever the gradient, and the weights were drawn with a
# standard deviation of 0.02. So what do D and G do with a learning rate of 0.1?

# %%
wild = train.State(replace(recipe, lr_G=0.1, lr_D=0.1), seed=0)
torn = live.TrainingDashboard(wild, digits.batch, steps=60)
torn

# %%
torn.wait()
highest, healthy = (max(run.curves()["g_loss"][:60]) for run in (wild, state))
claim("g_loss goes far beyond the healthy run's", highest, above=max(20, 2 * healthy))
print(f"g_loss went up to {highest:.0f}, in the healthy run to {healthy:.1f}")
plots.image_grid(train.sample(wild.G, 32, seed=1), columns=16, alt="32 samples: torn scraps.")

# %% [markdown]
# D became sure of everything, and g_loss went far beyond any value of the healthy run. What G draws
# is torn, where the healthy run had strokes at step 60. Is it lost? In the dashboard above put both
# learning rates back to the recipe's, and press **Start** for 60 more steps, again and again. It
# comes back, hundreds of steps late.
#
# ## What bf16 must not touch
#
# With 8 bits, 1 and 1 + 1/128 are neighbours. What becomes of a sum of small steps? Let a weight of
# G jump from 1 to 2, and let two averages follow it, one kept in float32 and one in bf16.


# %%
def follow(dtype):
    path = [torch.ones((), dtype=dtype)]
    for _ in range(3000):
        path.append(path[-1].lerp(torch.tensor(2, dtype=dtype), 1 - 0.999))
    return [value.item() for value in path]


kept = {"average in float32": follow(torch.float32), "average in bf16": follow(torch.bfloat16)}
claim("in float32 it follows", kept["average in float32"][-1], above=1.9)
claim("in bf16 it never moves", set(kept["average in bf16"]), {1.0})
held = {p.dtype for p in (*state.G.parameters(), *state.ema_G.parameters())}
claim("weights and their average are float32", held, {torch.float32})
plots.lines(range(3001), {"G's weight": [2.0] * 3001, **kept}, "step", "weight")

# %% [markdown]
# The average in bf16 never moves: a thousandth of the distance is less than half of 1/128 and is
# rounded away, in every step. Small steps of a weight die in the same way. So `autocast` computes
# products in bf16, while weights, Adam's averages, the average of G and the losses stay in float32.

# %% [markdown]
# ## An hour elsewhere
#
# A recipe runs from a terminal for as long as you like. The run saves itself, stops at Ctrl-C and
# goes on with `--resume`. (In the project's folder the command is `.venv/bin/gancourse`.) How wide
# a net should be depends on the time that it has, and this lesson's is for minutes: with a short
# `--minutes` the command line takes it for `dcgan` (`gancourse train --help` says how short), and
# else nets twice as wide at a smaller rate.
#
# ```
# gancourse train dcgan --data mnist --minutes 60 --out runs/dcgan
# gancourse score runs/dcgan
# ```
#
# With `dcgan-large` in place of `dcgan` and `--steps 36000` the nets are wider still, the rates
# smaller and the average longer. From step 27,000 on both rates fall, down to a hundredth: G then
# stops circling where it is good. It is slower by the step and ends better.
#
# How often does your machine see all digits in an hour?

# %%
round(3600 * speeds[f"batch {recipe.batch}"] / len(digits))

# %% [markdown]
# Keep the net that you trained: in your copy of the course, lesson 09 opens with it.

# %%
nets.keep_mine(state.ema_G, data=digits.name, step=str(state.step)) or "no copy, nothing is kept"

# %% [markdown]
# The generator that lesson 00 opens with comes from `gancourse train` too. Lesson 14 goes on to
# larger nets and several machines.
#
# ## Recap
#
# - The convolutions in the middle do the work; a step costs 3 G + 8 D.
# - No cell names a device. Precision, layout and batch are measured, not believed.
# - Draw samples from the average of G, and let it take batch norm's buffers along.
# - A checkpoint is more than weights: Adam's averages, random state, buffers, the average of G.
# - Products may be rounded to 16 bits. Whatever sums up small steps may not.
#
# Now open [the sheet](../exercises/08_dcgan_mnist.ipynb). Lesson 09 walks through the space of z.
