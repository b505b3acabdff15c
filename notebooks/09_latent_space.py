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
# # 09 · Latent space
#
# G was given numbers $z$ that mean nothing, and made them mean something. Here you walk through
# them: along lines and arcs, in directions that you find, by adding and subtracting, and back from
# a picture to its z. Then you ask whether G invents or remembers.
#
# **Aims:**
#
# - steer a generator, and say where in latent space its z lie;
# - find directions that change one thing, and measure what they change;
# - measure what truncation does, and see when it fails;
# - go from a picture to its z, and tell a new picture from a copy.
#
# **Time:** 60 minutes to read and play, a minute or two to run.

# %%
from dataclasses import replace
from functools import partial

import torch

from gancourse import claim, live, load_images, nets, plots, score, seed_everything
from gancourse.check import check
from gancourse.maths import latent
from gancourse.score.measures import precision_recall

G = nets.load_shipped("mnist")
rng = seed_everything(0)


@torch.no_grad()
def draw(z):
    return torch.cat([G(part) for part in z.split(250)])  # [N, 1, 28, 28]


# %% [markdown]
# ## Steer it yourself
#
# The pad below is a plane through latent space: drag the point, or press the arrow keys. The small
# pictures show where you would get to. The net is yours, if lesson 08 kept one; all numbers further
# down are of the one that comes with the course. Bet first, then move slowly from one digit to
# another.

# %% tags=["bet"]
# Bet: between two digits
live.predict(
    "On the border between two digits: what will you see?",
    ("a jump from one to the other", "pictures that are neither", "noise"),
    answer="pictures that are neither",
    why="G is continuous, so on the way from one digit to another lies everything in between.",
)

# %%
live.LatentExplorer(nets.load_mine() or G, data="mnist")

# %% [markdown]
# The other tabs hold most of what this lesson is about; come back to them after each section. How
# fast does a picture change on such a walk? Take 20 walks of a hundred steps, and measure each step
# as a trained classifier sees it (the distance of its features, which lesson 11 explains), divided
# by the step's size. The mean of its square is the *perceptual* **path length**, by which Karras et
# al. (2019) compare generators. Here are three of the walks, with a dot at each new digit.

# %%
ruler, test_set = score.load_ruler("mnist"), load_images("mnist", "test")
t, pairs = torch.linspace(0, 1, 101), torch.randn(60, 2, 16)[:20]
pictures = draw(torch.cat([latent.slerp(a, b, t) for a, b in pairs]))
named = score.classify(ruler, pictures).argmax(1).view(20, 101)
speed = 100 * score.features(ruler, pictures).view(20, 101, -1).diff(dim=1).norm(dim=2)  # [20, 100]
crossing, shown = named.diff(dim=1) != 0, []
for digits, fast, at in zip(named[:3], speed, crossing, strict=False):
    title = " to ".join(str(digit) for digit in digits.unique_consecutive().tolist())
    marks = (plots.Mark("line", t[1:], fast, role="q"),
             plots.Mark("points", t[1:][at], fast[at], "another digit"))  # fmt: skip
    shown.append(plots.Panel(marks, "t", "speed: features by t", None, (0, 1500), title))
print(f"path length: {speed.square().mean():,.0f}")
plots.panels(shown, "How fast three walks go, as the classifier sees it: most where digits change.")

# %% tags=["proof"]
# Proof: borders are crossed faster
claim("speed at a border over elsewhere", speed[crossing].mean() / speed[~crossing].mean(), above=2)

# %% [markdown]
# Continuous, and yet quick at the borders: to the classifier the walk is there some four times as
# fast. A generator with a shorter path for the same pictures is easier to steer.
#
# ## The shell, lines and arcs
#
# In training every z was drawn from $N(0, I)$. Its most likely *point* is 0. But how far from 0 are
# the draws? The squares of $d$ numbers add up, so $|z|^2$ is about $d$ and $|z|$ about $\sqrt d$.
# Compare our G, with $d = 16$, to a net of 512.


# %%
def norms(d, n=20_000):
    return torch.randn(n, d).norm(dim=1) / d**0.5


def shell(d):
    height, edges = norms(d).histogram(60, range=(0.0, 2.0), density=True)
    filled = plots.Mark("fill", edges[:-1] + 1 / 60, height)
    return plots.Panel((filled,), r"norm of z / $\sqrt{d}$", "density", title=f"d = {d}")


plots.panels([shell(16), shell(512)], "The norms of z in units of the root of d, for d 16 and 512.")

# %% tags=["proof"]
# Proof: near the shell lie all z of 512 numbers, fewer than half of 16; both are equally thick
near = {d: ((norms(d) - 1).abs() < 0.1).float().mean() for d in (16, 512)}
claim("of 16 numbers, the share within a tenth of the radius", near[16], below=0.5)
claim("of 512 numbers", near[512], above=0.99)
for d in (16, 512):
    claim("the sd of the norm is 0.7", d**0.5 * norms(d).std(), 0.5**0.5, within=0.03)

# %% [markdown]
# With 512 numbers practically every z lies in a shell around 0 that is thin *for its radius*, and
# nothing near 0 itself. That of our G is thick for its radius: fewer than half of its z come
# within a tenth of $\sqrt{16} = 4$. In the numbers of z themselves, not in units of the radius as
# drawn, both shells are equally thick, with an sd of about 0.7; it is the radius that grows.
#
# The straight line between two draws is `lerp`: $(1 - t)\,a + t\,b$. Its middle is the mean of two
# independent draws, so its variance is half of theirs. How long is the middle?


# %%
def lerp(a, b, t):
    return (1 - t) * a + t * b


def along(path):
    rows = torch.stack([path(a, b, t) for a, b in torch.randn(200, 2, 512)])
    return rows.norm(dim=2).mean(0) / 512**0.5  # [21]


t = torch.linspace(0, 1, 21)
norm = {"line": along(lambda a, b, t: lerp(a, b, t[:, None])), "arc": along(latent.slerp)}
claim("the middle of the line", norm["line"][10], 0.5**0.5, within=0.02)
claim("the arc keeps the norm", norm["arc"], 1, within=0.02)
plots.lines(t, norm, "t", r"mean norm of z / $\sqrt{512}$")

# %% [markdown]
# It shrinks by $\sqrt{1/2} = 0.71$: the line cuts through the shell. The dashed line is an **arc**,
# `slerp` (Shoemake 1985), which turns from $a$ to $b$ at an even pace and keeps the norm.
#
# **Your turn.** Write it: this is exercise 09.1. With $\theta$ the angle between $a$ and $b$, the
# weights are sines over $\sin \theta$. You may go on without it.


# %%
def slerp(a, b, t):
    """Return the points t [T] of the arc from a to b [z_dim]: [T, z_dim]."""
    raise NotImplementedError("your turn")


check("09.1", slerp)

# %% [markdown]
# How strange is a z of 0.71 times the usual norm? Ask how many draws are as short.

# %%
short = {d: (norms(d, 100_000) < 0.5**0.5).float().mean().item() for d in (16, 512)}
claim("of 16 numbers about one in twenty is", short[16], above=0.03, below=0.07)
claim("of 512 numbers none is", short[512], 0.0)
short

# %% [markdown]
# With 512 numbers, none: on the line a G meets z that it never saw in training, which is why papers
# take the arc (White 2016). With our 16, one draw in twenty is as short. So does it matter here?
# Look first: the line above, the arc below.

# %%
a, b = latent.on_shell(torch.randn(2, G.z_dim))
t = torch.linspace(0, 1, 11)
ways = {"line": lerp(a, b, t[:, None]), "arc": latent.slerp(a, b, t)}
plots.image_film([(name, draw(way)) for name, way in ways.items()], "From z to z")

# %% [markdown]
# Hard to tell. (Try your own two ends: in the explorer above press **Pin this** at two places, then
# **Film** plays the way between them, as a line or as an arc.) So measure, with a ruler that lesson
# 11 explains: a classifier's features of pictures. **Precision** is the share of our pictures that
# lie among real ones, **recall** the share of real ones that lie among ours. Which middles are
# better, those of lines or of arcs?

# %%
n, has_mnist = 1500, test_set.name == "mnist"
NEEDS_MNIST = "Not checked here: what this cell claims holds for MNIST, and it is not there."
real = score.features(ruler, test_set.scaled(slice(n)))


def quality(z):
    return precision_recall(score.features(ruler, draw(z)), real)


ends = torch.randn(n, 2, G.z_dim)
middles = {"draws": ends[:, 0], "arcs": torch.stack([latent.slerp(a, b, 0.5) for a, b in ends]),
           "lines": ends.mean(1)}  # fmt: skip
found = {name: quality(z) for name, z in middles.items()}
claim("arcs are as precise as draws", found["arcs"][0], found["draws"][0], within=0.1)
claim("lines lose little precision", found["arcs"][0] - found["lines"][0], below=0.2)
if has_mnist:  # the digits that come with the course are too few to tell this
    claim("lines lose recall", found["lines"][1], below=found["arcs"][1])
else:
    print(NEEDS_MNIST)
{name: [round(v, 2) for v in pair] for name, pair in found.items()}

# %% [markdown]
# Lines lose recall, and hardly any precision: their middles are less varied. Is it a rule that
# lines are bad? For our 16 numbers it is a small thing, since training went there now and then.
# Take the arc where you can, it costs nothing; and measure before you blame the line.
#
# ## Directions
#
# Which directions matter to G? Its first layer is a matrix $W$, and $Wz$ is all that the rest of
# the net learns of z. The singular vectors of $W$ are the directions along which $Wz$ moves most,
# and least (Shen and Zhou 2021, arXiv 2007.06600). The largest singular value is only a few times
# the smallest: no direction is idle. Walk along the first three and the last, from one z. Does one
# of them change a single property?

# %%
W = G.dense.weight.detach()  # as many columns as z has numbers
_, sizes, directions = torch.linalg.svd(W, full_matrices=False)
claim("the largest is a few times the smallest", sizes[0] / sizes[-1], below=6)
start, steps = latent.on_shell(torch.randn(G.z_dim)), torch.linspace(-3, 3, 11)[:, None]
rows = [(f"direction {i + 1}", draw(start + steps * directions[i])) for i in (0, 1, 2, 15)]
plots.image_film(rows, "Along main directions")

# %% [markdown]
# Nobody asked them to change one property, and they do not. Which share of samples even becomes
# another digit, by a step of 3 along each of these directions?


# %%
def digit_of(z):
    return score.classify(ruler, draw(z)).argmax(1)


z = torch.randn(2000, G.z_dim)
before = digit_of(z[:300])
after = [digit_of(z[:300] + 3 * directions[i]) for i in (0, 1, 2, 15)]
changed = [(digits != before).float().mean().item() for digits in after]
claim("along the worst, many change", max(changed), above=0.3)
claim("along the last, some do", min(changed), above=0.05)
[round(share, 2) for share in changed]

# %% [markdown]
# Step by step many a digit is lost, and some even along the last one. So ask for what you want:
# along which direction does a *classifier's* opinion move? Give it 2,000 samples, and fit each
# class's logit by a plane: slopes times z, plus an offset. The slopes are the direction. Below,
# each row has moved one further towards "3". When does each column get there?

# %%
logits = score.classify(ruler, draw(z))  # [2000, 10]
inputs = torch.cat([z, torch.ones(len(z), 1)], 1)
slopes = torch.linalg.lstsq(inputs, logits - logits.mean(1, keepdim=True)).solution[:-1].T
towards = slopes / slopes.norm(dim=1, keepdim=True)  # [10, z_dim]
theirs = latent.class_directions(G, partial(score.classify, ruler))
claim("the package finds the same directions", (towards * theirs).sum(1), above=0.9)
rows = [(f"by {step}", draw(z[:12] + step * towards[3])) for step in range(5)]
plots.image_film(rows, "Twelve z, moved towards 3")

# %% [markdown]
# And in numbers: of 300 samples, which share is of class $k$ before, after a step of 2, and after a
# step of 4 towards $k$? First the means over the ten classes, then each class after 4.


# %%
def share_of(k, moved):
    return (digit_of(moved) == k).float().mean().item()


table = {step: [share_of(k, z[:300] + step * towards[k]) for k in range(10)] for step in (0, 2, 4)}
mean = {step: round(sum(row) / 10, 2) for step, row in table.items()}
claim("before, a tenth is of each class", mean[0], below=0.15)
claim("a step of 2 helps", mean[2], above=0.25)
claim("a step of 4 does for most", mean[4], above=max(0.5, mean[2]))
mean, [round(share, 2) for share in table[4]]

# %% [markdown]
# One direction for each class does for most z. It is no law: G is not flat, and a plane fits it
# only so far. Look at the pictures again: slant and weight of the stroke change too, and nothing
# here holds them. The second exercise holds one score fast while another one moves.
#
# ## Arithmetic with averages
#
# Radford et al. (2016) subtracted a man without glasses from a man with glasses, and added a woman:
# a woman with glasses. Try bold 7 − thin 7 + thin 3. They noticed that single z do badly and that
# averages of three do well. The mean of several z is short, so bring it back to the shell.


# %%
def average(z):
    mean = z.mean(0)
    return mean * z.shape[1] ** 0.5 / mean.norm()


pool = torch.randn(3000, G.z_dim)
pictures = draw(pool)
digit, ink = score.classify(ruler, pictures).argmax(1), pictures.mean((1, 2, 3))


def extremes(k, n, bold):
    members = (digit == k).nonzero().flatten()
    return pool[members[ink[members].argsort(descending=bold)[:n]]]


bold_7, thin_7, thin_3 = extremes(7, 30, True), extremes(7, 30, False), extremes(3, 30, False)
a, b, c = average(bold_7), average(thin_7), average(thin_3)
found = latent.combine(a, b, c)
plots.image_grid(draw(torch.stack([a, b, c, found])), columns=4, scale=3, alt="a, b, c, a - b + c.")

# %% [markdown]
# Is the last one a bold 3? One picture proves little. So take all 90 pairs of digits: how often
# does $a - b + c$ keep the digit of $c$ *and* gain ink (0.1 in the mean of pixels), with single z,
# with averages of three and of 30?


# %%
def works(n):
    made = []
    for k in range(10):
        a, b = average(extremes(k, n, True)), average(extremes(k, n, False))
        for j in set(range(10)) - {k}:
            c = average(extremes(j, n, False))
            x = draw(torch.stack([c, latent.combine(a, b, c)]))
            kept = score.classify(ruler, x)[1].argmax() == j
            made.append((kept & (x[1].mean() > x[0].mean() + 0.1)).item())
    return sum(made) / len(made)


rate = {n: round(works(n), 2) for n in (1, 3, 30)}
claim("averages of 30 work more often", rate[30] - rate[1], above=0.1)
rate

# %% [markdown]
# Averages wash out what the members have not in common, so that mostly ink is left in $a - b$. With
# single z the difference carries everything else along. It does not always work, even so: nobody
# taught G to add. **Add and subtract** in the explorer does it with your pins, one or several in a
# group.
#
# ## Truncation
#
# Many published samples are **truncated**: numbers of z beyond a limit are drawn again (Brock et
# al. 2019), or, simpler, z is multiplied by a factor $\psi < 1$ before it enters G. The hope is
# that likely z make likely pictures: one would lose variety and gain quality. The same twelve z,
# times 1, 0.7, 0.4 and 0.1 by row.

# %% tags=["bet"]
# Bet: z times 0.4
live.predict(
    "z times 0.4 lies where the density of z is highest. What becomes of the digits?",
    ("cleaner digits, all alike", "the same digits, as good as before", "several fall apart"),
    answer="several fall apart",
    why="The likeliest point is not where draws lie: fewer than one draw in a thousand is so "
    "short, and training hardly ever cared what G does there.",
)

# %%
rows = [(f"times {psi:g}", draw(psi * z[:12])) for psi in (1.0, 0.7, 0.4, 0.1)]
plots.image_film(rows, "The same twelve z")

# %% [markdown]
# The digits do not get better at 0.7, at 0.4 several fall apart, and at 0.1 none is left. Precision
# and recall of 1,500 samples for each $\psi$:

# %%
psis = torch.tensor([0.3, 0.5, 0.7, 0.85, 1.0])
pairs = [quality(psi * z[:n]) for psi in live.progress(psis, "factors")]
curves = {"Precision": [p for p, _ in pairs], "Recall": [r for _, r in pairs]}
plots.lines(psis, curves, r"$\psi$", "share of pictures")

# %% tags=["proof"]
# Proof: draws as short as 0.4 are rare; truncation buys no precision and costs recall
claim("draws below 0.4", (norms(G.z_dim, 100_000) < 0.4).float().mean(), below=0.001)
p, r = curves["Precision"], curves["Recall"]
if has_mnist:  # the digits that come with the course are too few to tell the rest
    claim("no psi is clearly more precise", max(p) - p[-1], below=0.06)
    claim("0.3 is far less precise", p[-1] - p[0], above=0.2)
    claim("0.7 loses recall", r[-1] - r[2], above=0.03)
else:
    print(NEEDS_MNIST)

# %% [markdown]
# At 0.7 some variety is gone and the quality is what it was; further down quality goes, too. So
# here truncation costs and buys nothing. That is no odd case: Brock et al. (2019) found most of
# their nets like this, and added a penalty to train nets that bear it. Karras et al. (2019)
# truncate elsewhere, behind layers that learn where typical pictures lie. So measure it, and ask
# for $\psi$ when somebody shows you samples.
#
# ## From a picture back to z
#
# G has no inverse, but it has gradients. Start at a random z and let Adam go down $|G(z) - x|^2$
# with the weights held fixed (Zhu et al. 2016, arXiv 1609.03552): the third exercise. Here it is
# tried on eight of G's own samples, on eight test digits, and on those moved up and left by four
# pixels. Each has four starts. Which will be found?

# %%
x_own, x_test = draw(torch.randn(8, G.z_dim)), test_set.scaled(slice(8))
targets = torch.cat([x_own, x_test, x_test.roll((-4, -4), (2, 3))])
found = latent.invert(G, targets.repeat(4, 1, 1, 1), steps=250, starts=1)
errors = found.errors.view(-1, 4, 3, 8)  # step, start, kind, picture
best = errors[-1].argmin(0).flatten()  # [24]
z_found = found.z.view(4, 24, G.z_dim)[best, torch.arange(24)]
rows = []
for i, name in enumerate(("own samples", "test digits", "moved ones")):
    eight = slice(8 * i, 8 * i + 8)
    rows += [(name, targets[eight]), ("found", draw(z_found[eight]))]
plots.image_film(rows, "Targets and what was found")

# %% [markdown]
# G's own samples come back, and test digits as G would write them. (One start would not do: from a
# bad one the search may end as another digit.) To you the moved ones are the same digits, but G has
# never drawn one there, and covers what pixels it can. (In the explorer, **Real images** looks for
# the z of a test digit and takes you there.) The errors over the steps, of each picture's best
# start, medians of eight:

# %%
curve = errors.amin(1).median(2).values  # [steps + 1, 3]
names = "G's own samples", "test digits", "test digits, moved"
own, digits, moved = curve[-1].tolist()
claim("its own are nearest", own, below=digits / 1.5)
claim("moved ones are farthest", moved, above=1.3 * digits)
curves = dict(zip(names, curve.T, strict=True))
plots.lines(range(len(curve)), curves, "step of Adam", "mean squared error of pixels")

# %% [markdown]
# Why several starts? The error has valleys that lead nowhere. For G's own samples an error of 0 is
# possible: single starts come below a tenth of the first error less often than the best of four.
#
# How good are 16 numbers for 784 pixels? Compare with a memory of 60,000 pictures: the training
# image nearest to each test digit.

# %%
train_set = load_images("mnist")
distance = latent.nearest(x_test, train_set)[0]
solved = (errors[-1, :, 0] < 0.1 * errors[0, :, 0].mean()).float()  # [4 starts, 8 pictures]
claim("four starts find more than one", solved.amax(0).mean(), above=max(solved.mean(), 0.5))
by_memory = (4 * distance[:, 0].square() / 784).median().item()  # of pixels in [-1, 1]
if has_mnist:  # among few training images the nearest is farther, and proves nothing
    claim("G comes nearer", digits, below=by_memory)
else:
    print(NEEDS_MNIST)
{"G, 16 numbers": round(digits, 3), "the nearest training image": round(by_memory, 3)}

# %% [markdown]
# With 16 numbers G comes nearer to digits that it never saw than the best of all training examples
# does. What it learnt is not a list.
#
# ## Is it memorising?
#
# That was about digits that G can reach. What about those that it makes? Look at twelve samples,
# each with the nearest of all training images below.

# %%
x_fake = draw(torch.randn(500, G.z_dim))
index = latent.nearest(x_fake[:12], train_set)[1][:, 0]
pairs = [("samples", x_fake[:12]), ("nearest", train_set.scaled(index))]
plots.image_film(pairs, "Samples of G, and below each its nearest training image")

# %% [markdown]
# Alike, and not the same. But everybody's nearest neighbour is alike: 60,000 are a crowd. A fair
# test needs pictures that G *cannot* have copied. Take 10,000 training and 10,000 test images. To
# which are the samples nearer? And what would copies do, here training images with a little noise?

# %%
part = replace(train_set, images=train_set.images[:10_000], labels=train_set.labels[:10_000])
x_copy = train_set.scaled(slice(500))
x_copy = (x_copy + 0.1 * torch.randn_like(x_copy)).clamp(-1, 1)


def reach(x):
    return [latent.nearest(x, images)[0].mean().item() for images in (part, test_set)]


found = {"samples": reach(x_fake), "copies": reach(x_copy)}
if has_mnist:  # without it, training and test digits are other digits than G has learnt
    claim("samples are as far from both", found["samples"][0] / found["samples"][1], 1, within=0.05)
else:
    print(NEEDS_MNIST)
claim("copies are nearer to what they copy", found["copies"][0], below=0.5 * found["copies"][1])
{name: [round(v, 2) for v in pair] for name, pair in found.items()}

# %% [markdown]
# To G's samples the training images are as far as test images, to within a few per cent. Copies are
# far nearer to what they copy. The fourth exercise makes a test of it. `gancourse.score` asks each
# sample by itself: is the nearest training image at most half as far as the second nearest?


# %%
def copies(x):
    distance = latent.nearest(x, train_set, k=2)[0]
    return (distance[:, 0] <= 0.5 * distance[:, 1]).float().mean().item()


caught = {"samples": copies(x_fake), "copies": copies(x_copy), "shifted": copies(x_copy.roll(1, 3))}
claim("no sample is flagged", caught["samples"], below=0.02)
claim("most copies are", caught["copies"], above=0.6)
claim("shifted copies pass", caught["shifted"], below=0.1)
caught

# %% [markdown]
# No sample of G is flagged, most copies are. The last number is the honest failure: the same
# copies, moved by one pixel, pass unseen. Distances between pixels do not know what a shift is. So
# "no copying is seen" means no more than it says.
#
# ## How many pictures can it make?
#
# Among 23 people two share a birthday, more often than not. Of $s$ draws from $N$ equally likely
# pictures, $s(s-1)/2N$ pairs are equal on average. Arora and Zhang (2017) turn this over: count
# equal pairs, and you know $N$. First for a "generator" that only knows 2,000 training images:

# %%
picked = torch.randint(0, 2000, (1000,), generator=rng)
repeats = torch.unique(picked, return_counts=True)[1]
pairs = int((repeats * (repeats - 1) / 2).sum())
estimate = 1000 * 999 / 2 / pairs
claim("the birthday test finds 2,000 within a quarter", estimate, above=1500, below=2500)
{"equal pairs": pairs, "estimate of N": round(estimate)}


# %% [markdown]
# G never makes exactly the same picture twice, so look at the closest pairs of 1,000 samples. Are
# they the same digit, by the same hand? Below them, the closest pairs of 1,000 test digits.


# %%
def closest_pairs(x, k=8):
    apart = torch.cdist(x.flatten(1), x.flatten(1)) + torch.full((len(x), len(x)), torch.inf).tril()
    near, at = apart.flatten().topk(k, largest=False)
    return near, x[at // len(x)], x[at % len(x)]


near, *twins = closest_pairs(draw(torch.randn(1000, G.z_dim)))
near_real, *real_twins = closest_pairs(test_set.scaled(slice(1000)))
claim("G's closest pair is no closer than half of the real one", near[0], above=near_real[0] / 2)
names = "one of G's", "its twin", "a test digit", "its twin"
plots.image_film(list(zip(names, [*twins, *real_twins], strict=True)), "Closest pairs")

# %% [markdown]
# Ones, mostly: a stroke has few ways to differ, and real people's ones are as alike. No pair looks
# like one picture drawn twice, so 1,000 samples show no limit: $N$ is no small number. (A thousand
# can see limits up to some 100,000. It is a test of how *many*, not of how good.)
#
# ## Recap
#
# - z lie in a shell of radius $\sqrt d$; with 512 numbers it is thin, with 16 it is thick. Lines
#   leave it, arcs do not. Here that matters little.
# - Singular vectors say where G moves most; a fit to a classifier says where a class lies. Averages
#   make arithmetic work more often, not always.
# - Truncation takes z where training never went. Measure precision and recall before you use it.
# - Gradient descent finds a z for what G can make, from some starts. What G cannot make stays far.
# - New pictures are as far from training images as from test images; among 1,000 samples no two are
#   the same.
#
# Now do [the exercises](../exercises/09_latent_space.ipynb). Lesson 10 is the clinic: GANs that
# fail, and how to find out why.
