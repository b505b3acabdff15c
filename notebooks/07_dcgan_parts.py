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
# # 07 · The parts of a DCGAN
#
# The generator that drew the digits of lesson 00 is a DCGAN, a *deep convolutional GAN*: the game
# of lesson 06 with four new parts. They are strided convolution in D, transposed convolution in G,
# batch norm, and a rule for the first weights. Each part has a trap. Here you take them apart;
# lesson 08 trains the whole.
#
# **Aims:**
#
# - do a convolution and its transpose by hand, and predict the size of what comes out;
# - say where checkerboards come from;
# - explain why samples change in evaluation mode, and what a batch does inside batch norm;
# - see a bad initialisation in the activations, and measure what a feature sees.
#
# **Time:** 60 minutes to read and play, half a minute to run.

# %%
import copy

import torch
from torch import nn
from torch.nn import functional as F

from gancourse import claim, live, load_images, losses, nets, plots, seed_everything
from gancourse.check import check

# %% [markdown]
# ## A convolution by hand
#
# A small kernel lies on a picture. Drag the grip on the right, or take it with the arrow keys, and
# read the sentence below: nine products, one sum. That sum is one pixel of the output. What does
# this kernel look for? Choose another one, and say what it will show before it does.

# %%
live.slide_kernel("left edges")

# %% tags=["bet"]
# Bet: stride 2 on 14 x 14
live.predict(
    "Stride 2 moves the window by two pixels at a time. How large is what comes out of 14 x 14?",
    ("12 x 12", "7 x 7", "6 x 6"),
    answer="6 x 6",
    why="Without padding the window has 12 places in a row, and every other one is taken. With one "
    "row of zeros around the picture it is 7 x 7: half the side, as in D.",
)

# %%
live.slide_kernel("upper edges", s=2, p=1)

# %% [markdown]
# So: lay the kernel on a corner, multiply number by number, add up, move on by the **stride** $s$.
# **Padding** $p$ first puts $p$ rows and columns of zeros around the picture. As code it is four
# lines. The picture below is an L. What are the four outputs?


# %%
def conv(x, w, s=1, p=0):
    windows = F.pad(x, (p, p, p, p)).unfold(0, len(w), s).unfold(1, len(w), s)
    return (windows * w).sum((2, 3))  # [out, out], from windows [out, out, k, k]


x = torch.tensor([[0.0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 1]])
w = torch.arange(1.0, 10).view(3, 3)
plots.number_grids({"picture": x, "kernel": w, "output": conv(x, w)})

# %% [markdown]
# In the upper left corner the L covers the kernel's middle column: $2 + 5 + 8 = 15$. PyTorch
# agrees, at every stride and padding. (Mathematicians turn the kernel round first and call ours
# a cross-correlation. A kernel that is learned does not care.)

# %% tags=["proof"]
# Proof: four strides and paddings give what PyTorch's layer gives
claim("the first output is 2 + 5 + 8", conv(x, w)[0, 0], 15)
for s, p in ((1, 0), (1, 1), (2, 1), (3, 2)):
    theirs = F.conv2d(x[None, None], w[None, None], stride=s, padding=p)[0, 0]
    claim(f"stride {s}, padding {p} give PyTorch's numbers", conv(x, w, s, p), theirs)

# %% [markdown]
# It only multiplies and adds, so it is a **matrix**. Column $j$ is what the layer makes of a
# picture whose pixel $j$ is 1 and all others 0. Sixteen pixels in, four out: how many of the 64
# entries are not zero?

# %%
C = torch.stack([conv(unit, w).flatten() for unit in torch.eye(16).view(16, 4, 4)], 1)
claim("the matrix does what the convolution does", C @ x.flatten(), conv(x, w).flatten())
claim("36 of its 64 entries are not zero", (C != 0).sum(), 36)
plots.number_grids({"C, the convolution as a matrix [4, 16]": C})

# %% [markdown]
# Each row is the kernel at one place: nine numbers, shared by all rows. A dense layer would have
# 64 numbers of its own, and would have to learn each place by itself.
#
# Now turn the matrix over. $C^T$ makes 16 pixels out of 4, and that is the **transposed
# convolution** in G. Which picture comes out of the numbers 1, 0, 0, 10?

# %%
y = torch.tensor([[1.0, 0], [0, 10]])
stamped = (C.T @ y.flatten()).view(4, 4)
claim("it is PyTorch's layer", stamped, F.conv_transpose2d(y[None, None], w[None, None])[0, 0])
plots.number_grids({"small picture": y, "transposed convolution": stamped})

# %% [markdown]
# Each input stamps the kernel onto the output, times its own value; where stamps overlap, they
# add: $5 + 10 \cdot 1 = 15$. The shapes go backwards, and no more than the shapes: it is *not* an
# inverse. It is how a convolution's gradient comes back.

# %% tags=["proof"]
# Proof: the transpose is no inverse, and it is the convolution's gradient
back = (C.T @ conv(x, w).flatten()).view(4, 4)
claim("there and back is another picture", not torch.allclose(back, x))
leaf = x.clone().requires_grad_()
(conv(leaf, w) * y).sum().backward()
claim("the gradient is the transposed convolution", leaf.grad, stamped)

# %% [markdown]
# ## Sizes: predict, then check
#
# A kernel of side $k$ on a padded side of $n + 2p$ can move on $(n + 2p - k) / s$ times, rounded
# down, so the output has $\lfloor (n + 2p - k) / s \rfloor + 1$ pixels. The transposed layer
# turns this count over: $(n - 1) s - 2p + k$. Write down six numbers before you run the cell:
#
# | layer | from | k | s | p | to |
# |---|---|---|---|---|---|
# | convolution | 28 | 4 | 2 | 1 | ? |
# | convolution | 7 | 3 | 2 | 1 | ? |
# | convolution | 8 | 3 | 2 | 1 | ? |
# | transposed | 7 | 4 | 2 | 1 | ? |
# | transposed | 4 | 3 | 2 | 1 | ? |
# | transposed | 1 | 7 | 1 | 0 | ? |


# %%
def side(layer, n, k, s, p):
    return (n + 2 * p - k) // s + 1 if layer is nn.Conv2d else (n - 1) * s - 2 * p + k


down, up = nn.Conv2d, nn.ConvTranspose2d
game = [(down, 28, 4, 2, 1), (down, 7, 3, 2, 1), (down, 8, 3, 2, 1),
        (up, 7, 4, 2, 1), (up, 4, 3, 2, 1), (up, 1, 7, 1, 0)]  # fmt: skip
[side(*row) for row in game]

# %% tags=["proof"]
# Proof: PyTorch's layers have these sides, and output_padding=1 makes 8 of 4
for layer, n, *ksp in game:
    found = layer(1, 1, *ksp)(torch.zeros(1, 1, n, n)).shape[-1]
    claim(f"{layer.__name__} from {n} has the side of the formula", found, side(layer, n, *ksp))
found = up(1, 1, 3, 2, 1, output_padding=1)(torch.zeros(1, 1, 4, 4)).shape[-1]
claim("one more row at one end makes 8", found, 8)

# %% [markdown]
# Kernel 4, stride 2, padding 1 halves a side or doubles it: remember this one. Rows two and three
# show a trap. 7 and 8 both become 4, so the way back is not unique: the transposed layer makes 7,
# and only `output_padding=1` makes 8, by one more row and column at one end.
#
# Now play, with one row of pixels. Arrows show which outputs each input feeds, bars how often an
# output is fed. Choose another pixel with the grip. Find every kernel up to 7 for which stride 2
# makes *even* bars in the middle, then try stride 3. What is the rule?

# %%
live.feed_pixels(k=3, s=2, p=1)

# %% [markdown]
# ## Checkerboards
#
# The bars are even in the middle when the stride divides the kernel. In a picture the counts of
# both directions multiply. Here a transposed convolution of stride 2, all of whose weights are 1,
# is fed a 4 x 4 picture of ones: its output *is* the count.

# %%
ones = torch.ones(1, 1, 4, 4)
counts = {f"k = {k}": F.conv_transpose2d(ones, torch.ones(1, 1, k, k), stride=2)[0, 0]
          for k in (3, 4, 5)}  # fmt: skip
middle = [sorted(set(count[4:6, 4:6].flatten().tolist())) for count in counts.values()]
claim("the counts in the middle, for k = 3, 4, 5", middle, [[1, 2, 4], [4], [4, 6, 9]])
plots.number_grids(counts)

# %% [markdown]
# **Your turn.** This is exercise 07.2 of the sheet, and its check tells you whether you have the
# rule: for any side $n \ge 8$ and any stride $s = m / n$ from 2 to 7, choose kernel and padding so
# that the layer makes $m$ pixels of $n$ and the counts in the middle are even, two or more. You may
# go on without it.


# %%
def upsampler(n, m):
    """Return kernel, stride and padding of a transposed convolution from side n to side m."""
    raise NotImplementedError("your turn")


check("07.2", upsampler)

# %% [markdown]
# With $k = 3$ some pixels are fed four times, their neighbours once. Training can repair this, but
# an untrained G starts out with it, and gradients come back through D's strided layers in the same
# pattern. Feed many random kernels something flat. How much larger is the sd of the pixels that
# are fed four times?

# %%
rng = seed_everything(0)
flat = torch.randn(256, 64, 1, 1).expand(-1, -1, 4, 4)  # the same everywhere in each picture
sds = {k: up(64, 256, k, 2, bias=False)(flat).std((0, 1))[4:6, 4:6] for k in (3, 4, 5)}
ratios = {k: (sd.max() / sd.min()).item() for k, sd in sds.items()}
claim("the ratios are 2, 1 and 1.5", torch.tensor([*ratios.values()]),
      torch.tensor([2.0, 1.0, 1.5]), within=0.1)  # fmt: skip
{k: round(ratio, 2) for k, ratio in ratios.items()}

# %% [markdown]
# Variances add, so the sd grows with the root of the count: $\sqrt{4/1} = 2$ and
# $\sqrt{9/4} = 1.5$. With $k = 4$ all pixels have the same chance. But what of *one* net? Two
# random layers are fed something flat, and a second remedy takes part: enlarge by repeating each
# pixel, then convolve.


# %%
def enlarge(c_in, c_out):
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c_in, c_out, 3, 1, 1, bias=False))


def twice(layer, *options):
    h = layer(64, 64, *options)(flat[:8]).relu()
    x = layer(64, 1, *options)(h).detach()  # [8, 1, 16, 16]
    return x / x.abs().max()


made = [twice(up, 3, 2, 1, 1), twice(up, 4, 2, 1), twice(enlarge)]
uneven = [(x[..., 5:11, 5:11].std((2, 3)).mean() / x.std()).item() for x in made]
claim("both transposed layers are uneven inside", torch.tensor(uneven[:2]), above=0.3)
claim("what is enlarged stays flat inside", uneven[2], below=1e-4)
plots.image_film(list(zip(("k = 3", "k = 4", "enlarged"), made, strict=True)), "Flat inputs")

# %% [markdown]
# Checkerboards were named and drawn by Odena, Dumoulin and Olah (2016). Rows one ($k = 3$) and two
# ($k = 4$) both show a checkerboard. Even counts make an even picture *possible*; each of the four
# positions has weights of its own, and they must learn to agree. Row three is flat but for the
# border: it cannot do otherwise. Our G takes $k = 4$ all the same: an output costs 4 products for
# each pair of channels there, and 9 in row three.
#
# ## Batch norm: the others in your picture
#
# For each channel, batch norm takes the mean $\mu$ and the variance $\sigma^2$ over all pictures
# and pixels of the batch, makes $(h - \mu) / \sqrt{\sigma^2 + \epsilon}$ of each number, then
# applies a gain and a shift that are learned (Ioffe and Szegedy 2015). On the side it keeps
# running averages, a tenth new at each step.

# %%
norm, h = nn.BatchNorm2d(3), 5 + 2 * torch.randn(8, 3, 7, 7)
mean, var = h.mean((0, 2, 3)), h.var((0, 2, 3), unbiased=False)
by_hand = (h - mean.view(3, 1, 1)) / (var.view(3, 1, 1) + norm.eps).sqrt()
made = norm(h)
claim("batch norm by hand is PyTorch's", made, by_hand, within=1e-5)
f"sizes before: mean {h.mean():.2f}, sd {h.std():.2f}; after: {made.mean():.2f}, {made.std():.2f}"

# %% tags=["proof"]
# Proof: a tenth of the batch's mean and of its unbiased variance goes to the running averages
claim("the running mean, from 0", norm.running_mean, 0.1 * mean)
claim("the running variance, from 1", norm.running_var, 0.9 + 0.1 * h.var((0, 2, 3)))

# %% [markdown]
# A detail: the running average takes the unbiased variance, the division the biased one. In
# evaluation mode the running averages stand in for $\mu$ and $\sigma^2$. Hence the
# most asked question: **why do samples change when I call `eval()`?** The same eight z, in four
# ways:

# %%
G = nets.load_shipped("mnist")
z, others = torch.randn(8, G.z_dim), torch.randn(120, G.z_dim)
with torch.no_grad():
    trained = copy.deepcopy(G).train()  # a forward pass in this mode changes its averages
    crowd = trained(torch.cat([z, others]))[:8]
    alone = torch.cat([trained(v[None]) for v in z])
    ways = {"eval": G(z), "in 128": crowd, "in 8": trained(z), "alone": alone}
moved = [(x - ways["eval"]).abs().mean().item() for x in ways.values()]
claim("the fewer neighbours, the more a sample moves", moved, sorted(moved))
plots.image_film(list(ways.items()), "Eight digits")

# %% [markdown]
# By row: evaluation mode, then training mode in a batch of 128, of 8, and of one. Only in
# evaluation mode is a sample a function of its own z. In training mode its neighbours take part
# through $\mu$ and $\sigma^2$, and the fewer there are, the more it moves.
#
# The second reason is an average that lags. After $n$ batches it still holds $0.9^n$ of where it
# started, mean 0 and variance 1. How much of its contrast does an untrained G keep in evaluation
# mode, after 0, 10 and 100 batches?


# %%
@torch.no_grad()
def contrast(batches):
    G, z = nets.make_generator("dcgan"), torch.randn(32, 64)
    for _ in range(batches):
        G(torch.randn(32, 64))
    return (G.eval()(z).std() / G.train()(z).std()).item()


found = {n: round(contrast(n), 2) for n in (0, 10, 100)}
claim("it is grey at first", max(found[0], found[10]), below=0.3)
claim("after 100 batches both modes agree", found[100], above=0.9, below=1.1)
found

# %% [markdown]
# At first the samples are grey; after 100 batches ($0.9^{100} < 0.0001$) both modes agree.
# **A batch of one** is the extreme: with no pixels to average over either, there is no variance to
# divide by. And of two numbers, only the sign of their difference survives.

# %%
norm = nn.BatchNorm1d(4)
try:
    norm(torch.randn(1, 4))
except ValueError as error:
    print(error)
norm(torch.randn(2, 4)).detach().round(decimals=2)

# %% [markdown]
# In D the batch decides more. Let real digits and fakes pass D *separately*, and each pile is
# normalised by itself: what tells the piles apart as wholes is taken away. Take fakes that are
# real digits at half the contrast: anybody sees that. Can D learn to tell?

# %% tags=["bet"]
# Bet: a D with batch norm and half-bright digits
live.predict(
    "D has batch norm and sees real digits and half-bright ones in separate batches. Its loss?",
    ("it falls to nearly 0", "it stays at that of a coin toss", "it explodes"),
    answer="it stays at that of a coin toss",
    why="Each pile is divided by its own sd, and after that both are equally bright.",
)

# %%
digits, d_loss = load_images("mnist"), losses.get_loss("minimax").d_loss


def logits(D, mixed):
    x_real, x_fake = digits.batch(64, rng), 0.5 * digits.batch(64, rng)
    return D(torch.cat([x_real, x_fake])).chunk(2) if mixed else (D(x_real), D(x_fake))


def trained_D(mixed):
    first = nn.Conv2d(1, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.LeakyReLU(0.2)
    D = nn.Sequential(*first, nn.Flatten(), nn.Linear(16 * 14 * 14, 1), nn.Flatten(0))
    opt_D = torch.optim.Adam(D.parameters(), 1e-3)
    for _ in range(100):
        loss = d_loss(*logits(D, mixed))
        opt_D.zero_grad(), loss.backward(), opt_D.step()
    return D, loss.item()


(apart, loss_apart), (together, loss_together) = trained_D(False), trained_D(True)
claim("apart, D's loss is that of a coin toss", loss_apart, above=1.3, below=1.5)
claim("in one batch, D is sure", loss_together, below=0.05)
{"apart": round(loss_apart, 3), "together": round(loss_together, 3)}

# %% [markdown]
# Apart: about $2 \log 2$, a coin toss, for good, since the first batch norm erases contrast.
# Concatenated into one batch, D is all but perfect. So mix them? Look what the mixed D says to G,
# whose step shows it fakes alone:

# %%
with torch.no_grad():
    x_real, x_fake = digits.batch(64, rng), 0.5 * digits.batch(64, rng)
    claim("D sees no contrast", apart(x_fake), apart(2 * x_fake), within=0.02)
    mixed, alone = together(torch.cat([x_real, x_fake]))[64:], together(x_fake)
said = mixed.sigmoid().mean().item(), alone.sigmoid().mean().item()
claim("among real ones it calls them fake", said[0], below=0.1)
claim("alone it calls them real", said[1], above=0.5)
{"among real ones": round(said[0], 3), "alone": round(said[1], 3)}

# %% [markdown]
# "Real": G would learn from a D that it never meets. Practice, and `gancourse.train`, keep the
# piles apart, in D's step and in G's, and live with the blind spot. Penalties on D's gradient at
# each sample (lessons 04 and 12) want no batch norm in D at all.
#
# ## The first weights, seen through depth
#
# An output adds up $f$ products, the **fan-in**: $c_{in} k^2$ for a convolution. With weights of sd
# $\sigma_w$ the mean square grows by $f \sigma_w^2$, and LeakyReLU of slope $a$ keeps
# $\frac{1 + a^2}2$ of it. So $\sigma_w = \sqrt{2 / ((1 + a^2) f)}$ keeps the size (He et al. 2015).
# Ten layers, four choices: which ones survive, on the way forward and on the way back?


# %%
def sizes(sd, norm=False, c=64):
    """Return the root mean square of each layer's outputs, and of the gradient there."""
    h, kept = torch.randn(32, c, 14, 14, requires_grad=True), []
    for _ in range(10):
        layer = nn.Conv2d(c, c, 3, 1, 1, bias=False)
        nn.init.normal_(layer.weight, 0, sd)
        h = F.leaky_relu(nn.BatchNorm2d(c)(layer(h)) if norm else layer(h), 0.2)
        h.retain_grad(), kept.append(h)
    (h * torch.randn_like(h)).sum().backward()
    return [
        [v.square().mean().sqrt().item() for v in row] for row in (kept, [h.grad for h in kept])
    ]


rng = seed_everything(0)
f, own = 64 * 3**2, nn.Conv2d(64, 64, 3).weight.std().item()
choices = {"N(0, 0.02)": 0.02, "PyTorch's own": own, "He": (2 / 1.04 / f) ** 0.5, "N(0, 0.2)": 0.2}
plain = {name: sizes(sd) for name, sd in choices.items()}
normed = {name: sizes(sd, norm=True) for name, sd in choices.items()}
all_five = plain | {"0.02 with batch norm": normed["N(0, 0.02)"]}
forward, back = ({name: row[i] for name, row in all_five.items()} for i in (0, 1))
plots.by_layer(forward, "root mean square of the outputs")

# %%
plots.by_layer(back, "root mean square of the gradient")

# %% tags=["proof"]
# Proof: He's value keeps the size both ways; batch norm makes every choice the same, both ways
claim("He's value for 64 channels of 3 x 3", round(choices["He"], 3), 0.058)
ends = [forward[-1] for forward, _ in plain.values()]
starts = [back[0] for _, back in plain.values()]
for kept in (ends, starts):
    claim("0.02 loses four powers of ten", kept[0], below=1e-4)
    claim("He's value keeps the size", kept[2], above=0.3, below=3)
    claim("0.2 gains four", kept[3], above=1e4)
rms = torch.tensor([row[0] for row in normed.values()])
claim("with batch norm all outputs have one size", rms, rms[0, 0], within=0.02)
back = torch.tensor([row[1] for row in normed.values()])
claim("and the gradients agree between choices", back / back[0], 1, within=0.2)

# %% [markdown]
# DCGAN's 0.02 loses almost five powers of ten in ten layers, 0.2 gains a little over five, and He's
# value, here 0.058, keeps the size; the gradient on its way back does the same. Batch norm divides
# the size out: with it all four choices are one line, forward and back. So 0.02 is harmless where
# batch norm follows, and it matters where none does.
#
# A transposed convolution differs: $c_{in} k^2 / s^2$ products feed an output, the overlap count
# times the channels. (PyTorch's initialisers take $c_{out} k^2$ there, the count of the way back.)

# %% tags=["proof"]
# Proof: with 64 x 16 / 4 products the size stays, and PyTorch counts 16 x 16
layer = up(64, 16, 4, 2, 1, bias=False)
theirs = nn.init._calculate_fan_in_and_fan_out(layer.weight)[0]
claim("PyTorch's fan-in of this layer", theirs, 16 * 4**2)
nn.init.normal_(layer.weight, 0, (64 * 4**2 / 2**2) ** -0.5)
inside = layer(torch.randn(64, 64, 14, 14))[..., 2:-2, 2:-2]
claim("the mean square stays 1", inside.square().mean(), above=0.9, below=1.1)

# %% [markdown]
# ## The whole G and D
#
# Put the parts together as Radford et al. (2016) advise: no pooling, batch norm except at G's
# output and D's input, ReLU in G, LeakyReLU in D, tanh at the end. (The package's nets are these,
# with the dense layers' numbers in another order, which suits the memory.)


# %%
def make_G(z_dim=64, width=128):
    return nn.Sequential(
        nn.Linear(z_dim, 7 * 7 * width, bias=False), nn.Unflatten(1, (width, 7, 7)),
        nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False),
        nn.BatchNorm2d(width // 2), nn.ReLU(),
        nn.ConvTranspose2d(width // 2, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip


def make_D(width=128):
    return nn.Sequential(
        nn.Conv2d(1, width // 2, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width // 2, width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(width), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(7 * 7 * width, 1), nn.Flatten(0),
    )  # fmt: skip


# %% [markdown]
# Layer by layer, with the shape of what comes out (without the batch) and the number of weights.
# Where are most of them?


# %%
def walk(net, x):
    for layer in net:
        x = layer(x)
        count = sum(p.numel() for p in layer.parameters())
        print(f"{type(layer).__name__:16}{list(x.shape[1:])!s:16}{count:>8,}")
    return x


G, D = nets.init_dcgan(make_G()), nets.init_dcgan(make_D())
said = walk(D, walk(G, torch.randn(16, 64)))

# %% tags=["proof"]
# Proof: one logit for each image, and the package's nets have the same weights
claim("D gives one number for each image", said.shape, (16,))
theirs = nets.make_generator("dcgan"), nets.make_discriminator("dcgan")
for ours, other in zip((G, D), theirs, strict=True):
    a, b = ([p.shape for p in net.parameters()] for net in (ours, other))
    claim("the same shapes", a, b)

# %% [markdown]
# In G's dense layer and in the two convolutions between 64 and 128 channels; the layers next to
# the picture are tiny.
#
# ## What a feature sees
#
# One number in D's first layer sees 4 x 4 pixels. Each further layer adds $k - 1$ steps, and a
# step is as long as all strides before it, multiplied. How much does a number in D's second layer
# see? Say it first; the cell then measures the gradient from one number back to the pixels.


# %%
def seen(net, training=False):
    x = torch.rand(1, 1, 28, 28, requires_grad=True)
    h = net.train(training)(x)
    (h[0, :, 3, 3] if h.dim() == 4 else h).sum().backward()
    return x.grad[0, 0].abs()


maps = {"first layer": seen(D[:2]), "second layer": seen(D[:5]), "the logit": seen(D)}
wide = [int(m.any(0).sum()) for m in maps.values()]
claim("the sides that are seen", wide, [4, 4 + (4 - 1) * 2, 28])
plots.number_grids({name: m / m.max() for name, m in maps.items()})

# %% [markdown]
# (Below, in training mode, every pixel gets in through batch norm: measure in evaluation mode.)

# %% tags=["proof"]
# Proof: training mode lets all pixels in, and the deeper net sees 22 of 28
claim("in training mode all pixels count", seen(D[:5], training=True), above=0)
deeper = seen(nets.make_discriminator("dcgan", depth=1).body)
claim("4 + 2 x 2 + 3 x 2 + 2 x 4", int(deeper.any(0).sum()), 22)

# %% [markdown]
# $4 + 3 \cdot 2 = 10$ pixels; only the dense layer sees all. D's convolutions judge strokes, and
# the last layer alone judges digits. One 3 x 3 convolution more at each size makes it
# $4 + 2 \cdot 2 + 3 \cdot 2 + 2 \cdot 4 = 22$: that is the net of lesson 08.
#
# ## Recap
#
# - A convolution is a matrix with few numbers; the transposed convolution is that matrix turned
#   over. Kernel 4, stride 2, padding 1 halves and doubles.
# - Uneven overlaps make checkerboards. A kernel that the stride divides makes an even picture
#   possible; enlarging and convolving makes a flat one stay flat.
# - Batch norm makes samples depend on their batch in training, and on averages that lag in
#   evaluation. D sees real and fake batches apart, and is blind to what that takes away.
# - Weights of sd $\sqrt{2 / ((1 + a^2) f)}$ keep the size; batch norm forgives others.
#
# Now do [the exercises](../exercises/07_dcgan_parts.ipynb). Lesson 08 trains such a G and D.
