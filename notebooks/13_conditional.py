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
# # 13 · Conditional GANs
#
# A generator makes *some* digit. Here you ask for a seven: both players are given a label, and
# little else changes.
#
# **Aims:**
#
# - derive the best D for labelled samples, and say why a fake must be judged with the label it was
#   made for;
# - give a label to D in three ways: as maps, by projection, as a second task;
# - measure obedience and diversity apart;
# - measure whether fakes help a classifier.
#
# **Time:** 60 minutes to read and play, about a minute to run. You need lessons 02, 08 and 11.

# %% tags=["bet"]
# Bet: half a seven and half a one (and the imports)
from itertools import pairwise
from math import log

import torch
from torch import nn
from torch.nn.functional import one_hot, softplus

from gancourse import claim, live, load_images, losses, machine, nets, plots
from gancourse.check import check
from gancourse.live import classes
from gancourse.maths import divergences, labels
from gancourse.plots import Mark, Panel
from gancourse.score import image_tables, obedience, pupils, ruler, shown, tables

train_set, test_set = load_images("mnist"), load_images("mnist", "test")
has_mnist = test_set.name == "mnist"
NEEDS_MNIST = "Not checked here: what this cell claims holds for MNIST, and it is not there."
G = nets.load_shipped("mnist-conditional").eval()

live.predict(
    "A generator was trained on whole labels: 7 or 1, never between. Now it is asked for half a "
    "seven and half a one. What comes out?",
    ("a seven and a one, laid over each other in grey", "mostly one digit in between", "noise"),
    "mostly one digit in between",
    "The label is a vector that is added in G's first layer, so half of each is another point of "
    "the same space, and all later layers make one picture of it: for two hands in three a sure "
    "one or seven, with a short bar, and for the others something that is less sure.",
)

# %% [markdown]
# On the left the same `z` is asked for all ten classes: one hand writes 0 to 9. Move the **hand**.
# What stays from class to class, what changes? (In the explorer of lesson 09 the keys 0 to 9 do it,
# and the pad moves `z`: `live.LatentExplorer(G)`.)

# %%
live.ask_for()

# %% [markdown]
# On the right is one `z` asked for a mixture. Move the **share** from 0 to 1, and try 3 and 8, or 0
# and 6. Below stands what the ruler of lesson 11, a classifier, takes it for. Not every hand can do
# it, look at 4 and 20. Clothes do worse: `live.ask_for("fashion", share=0.5)` is half of each.

# %%
live.ask_for(first="7", second="1", share=0.5)

# %% tags=["proof"]
# Proof: the label says which digit, and z the hand
z = torch.randn(200, G.z_dim, generator=machine.seed_generator(13))
with torch.no_grad():
    x = G(z.repeat_interleave(10, 0), torch.arange(10).repeat(200))  # each z, all classes
    half = G(z, classes.mixed(7, 1, 0.5, 10).expand(200, -1))
asked = torch.arange(10).repeat(200)
found = ruler.classify(ruler.load_ruler(), x).argmax(1)
claim("the ruler sees the digit that was asked for", (found == asked).float().mean(), above=0.95)
ink = x.view(200, 10, -1).mean(2)  # [z, class]: how much is written
alike = torch.corrcoef(ink.T)[~torch.eye(10, dtype=bool)].mean()
claim("a z that writes one class boldly writes the others so", alike.item(), above=0.5)
grey = (half.abs() < 0.5).float().mean() / (x.abs() < 0.5).float().mean()
claim("halves are hardly greyer than whole digits", grey.item(), below=1.5)
sure, found = ruler.classify(ruler.load_ruler(), half).softmax(1).max(1)
either = ((found == 7) | (found == 1)) & (sure > 0.9)
claim("hands whose half is a sure seven or one", either.float().mean(), above=0.6, below=0.8)

# %% [markdown]
# ## What D learns, given a label
#
# Real pairs are $(x, y)$: an image and its label. For a fake, draw $y$ first, then $x = G(z, y)$,
# so that $x$ follows $q(x|y)$. D sees both and answers: is $x$ real, *among those with label y*?
#
# $$V = E_y\big[E_{x \sim p(x|y)} \log D(x, y) + E_{x \sim q(x|y)} \log(1 - D(x, y))\big]$$
#
# If $y$ is drawn alike for both, this is the game of lesson 02, once for each label:
#
# $$D^*(x|y) = \frac{p(x|y)}{p(x|y) + q(x|y)}, \qquad
# C(G) = -\log 4 + 2\,E_y\,\mathrm{JSD}\big(p(\cdot|y), q(\cdot|y)\big).$$
#
# It is least only if *each class* is right. But a program may judge a fake with another label than
# it was made for, say that of the real image beside it. Below, a G that is perfect, on a line with
# three classes; the picture is for the middle one.

# %%
x = divergences.line(-9, 9, 901)
log_p = torch.stack([divergences.log_normal(x, m, 0.7) for m in (-4, 0, 4)])  # [3, N]
panels = []
cases = {"judged with its own label": log_p, "judged with any label": labels.unmatched(log_p)}
for title, log_q in cases.items():
    best = divergences.optimal_logit(log_p, log_q).sigmoid()[1]
    real = Mark("fill", x, log_p[1].exp(), "real, this label", "p")
    fake = Mark("fill", x, log_q[1].exp(), "fake, judged with it", "q")
    D = Mark("line", x, best, "best D", "D")
    panels.append(Panel((real, fake, D), "x", "density; D", (-9, 9), (0, 1), title))
plots.panels(panels, "Best D for the middle of three classes, by the label that fakes come with.")

# %% tags=["proof"]
# Proof: with labels of their own a perfect G reaches log 4; with any labels D keeps an advantage
values = {name: divergences.best_value(x, log_p, q).mean() for name, q in cases.items()}
claim("V of a perfect G", values["judged with its own label"], -divergences.LOG4, within=1e-6)
apart = log(3 / 4) + log(1 / 4) / 3  # D is 3/4 where label and image agree, else 0
claim("V with any label, three classes", values["judged with any label"], apart, within=0.01)

# %% [markdown]
# On the right D is 0 on two thirds of the fakes, however good they are, and at most 3/4 elsewhere:
# D keeps an advantage that no G can take away. And what D says does not depend on the label that G
# was given. Try it: three clusters, a label each.


# %%
def joined(x, y):
    return torch.cat([x, one_hot(y, 3).to(x)], 1)  # the label as three more numbers


def go(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()


def turn(G, D, opts, batch, own_label):
    (x_real, y_real), (z, y), other = batch
    x_fake, told = G(joined(z, y)), y if own_label else other
    on_real, on_fake = D(joined(x_real, y_real)), D(joined(x_fake.detach(), told))
    go(opts[1], losses.cross_entropy_d(on_real, on_fake))
    go(opts[0], softplus(-D(joined(x_fake, told))).mean())


# %%
CENTRES = torch.tensor([[0.0, 1.0], [-0.87, -0.5], [0.87, -0.5]])


def batch(n=64):
    y_real, y, other = torch.randint(3, (3, n))
    return (CENTRES[y_real] + 0.15 * torch.randn(n, 2), y_real), (torch.randn(n, 2), y), other


def taught(own_label, seed):
    torch.manual_seed(seed)
    G = nets.make_generator("mlp", z_dim=2 + 3, widths=(32, 32), shape=(2,), norm=False)
    D = nets.make_discriminator("mlp", widths=(64, 64), shape=(2 + 3,))
    opts = [torch.optim.Adam(net.parameters(), 2e-3, betas=(0.5, 0.9)) for net in (G, D)]
    for _ in range(500):
        turn(G, D, opts, batch(), own_label)
    return G(joined(torch.randn(600, 2), torch.arange(600) % 3)).detach()  # asked: 0, 1, 2, 0 ...


found = {(own, seed): taught(own, seed) for own in (True, False) for seed in range(3)}
small = []
for (own, seed), x in found.items():
    for k, at in enumerate(CENTRES):
        real = Mark("points", *(at + 0.15 * torch.randn(60, 2)).T, "real, with this label", "p")
        fake = Mark("points", *x[k::3][:60].T, "fake, asked for it", "q")
        title = f"{'own' if own else 'any'} label, run {seed}: class {k}"
        small.append(Panel((real, fake), "", "", (-2, 2), (-2, 2), title, equal=True))
shown_rows = small[:3] + small[9:15]
plots.gallery(shown_rows, 3, "Points by label; fakes judged with their own label, or any.")

# %% tags=["proof"]
# Proof: judged with its own label a fake is where it was asked for; with any label by chance
right = torch.arange(600) % 3
obeys = {run: (torch.cdist(x, CENTRES).argmin(1) == right).float().mean().item()
         for run, x in found.items()}  # fmt: skip
claim(
    "own label: share in its cluster, each seed", min(obeys[True, s] for s in range(3)), above=0.95
)
claim("any label, the worst of three seeds", min(obeys[False, s] for s in range(3)), below=0.7)

# %% [markdown]
# With its own label, nearly every fake is nearest to the cluster it was asked for. With any label,
# `y` is just more noise for G: which clusters a label leads to is chance, and differs from run to
# run. In a program the bug is one word, nothing stops, and samples that are no good have many other
# causes. Exercise 13.3 catches it.
#
# ## Three ways to tell D the label
#
# **Concatenation** (Mirza and Osindero, 2014): the label as further channels. **Auxiliary
# classifier** (AC-GAN; Odena et al., 2017): D's logit does not see the label; D *says* the class
# in a second output, and both players are paid if it says the right one. Here they are, on the
# parts of lesson 08's D.


# %%
def concatenated(D, x, y):
    return D.net(torch.cat([x, nets.label_maps(y, 10, 28)], 1))


def with_classes(D, x):
    h = D.net.features(x)  # [N, features]
    return D.net.last(h).squeeze(1), D.head(h)  # a logit, and ten for the classes


def acgan_losses(D, x_real, y_real, x_fake, y):
    (real, says_real), (fake, says_fake) = with_classes(D, x_real), with_classes(D, x_fake)
    right = losses.auxiliary_loss(says_fake, y)  # cross-entropy of the classes
    d_loss = losses.cross_entropy_d(real, fake) + losses.auxiliary_loss(says_real, y_real) + right
    return d_loss, losses.non_saturating_g(None, fake) + right


x_real, y_real = train_set.labelled_batch(64, machine.seed_generator(0))
kinds = ("concatenation", "auxiliary", "projection")
made = {how: nets.ConditionalDiscriminator(width=16, how=how) for how in kinds}
plots.bars({how: 3 * (sum(p.numel() for p in D.parameters()),) for how, D in made.items()},
           "parameters of D")  # fmt: skip

# %% tags=["proof"]
# Proof: these lines are the package's; an untrained AC-GAN's losses
D = made["concatenation"]
claim("concatenation", concatenated(D, x_real, y_real), D(x_real, y_real))
D, fakes = made["auxiliary"], G(torch.randn(64, G.z_dim), y_real).detach()
claim("auxiliary: the logit", with_classes(D, x_real)[0], D(x_real, y_real))
claim("auxiliary: the classes", with_classes(D, x_real)[1], D.classify(x_real))
d_loss, g_loss = acgan_losses(D, x_real, y_real, fakes, y_real)
chance = log(10)
claim("d_loss near log 4 and twice log 10", d_loss.item(), 1.386 + 2 * chance, within=1.0)
claim("g_loss near log 2 and log 10", g_loss.item(), 0.693 + chance, within=1.0)

# %% [markdown]
# **Projection** (Miyato and Koyama, 2018) asks what form D* has. Its logit is
#
# $$\log \frac{p(x|y)}{q(x|y)} = \log \frac{p(y|x)}{q(y|x)} + \log \frac{p(x)}{q(x)}.$$
#
# If both $p(y|x)$ and $q(y|x)$ are softmax classifiers on the same features $h(x)$, the first term
# is an inner product with a vector of the class, plus something without $y$. So let D be
#
# $$D(x, y) = \langle e(y), h(x) \rangle + \psi(h(x)).$$
#
# **Your turn.** This is exercise 13.2, whose sheet has hints. You may go on without it.


# %%
class ProjectionHead(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.psi = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features)

    def forward(self, h, y):
        """Return logits [N] from features h [N, features] and labels y, int64 [N]."""
        raise NotImplementedError("your turn")


check("13.2", ProjectionHead)

# %% tags=["proof"]
# Proof: for bells of one width the best logit is exactly a projection of h = (x, 1)
m, n = torch.randn(2, 5, 2, dtype=torch.float64, generator=machine.seed_generator(1))
y, at = torch.arange(100) % 5, torch.randn(100, 2, dtype=torch.float64)
bell = torch.distributions.Normal
exact = (bell(m[y], 1.0).log_prob(at) - bell(n[y], 1.0).log_prob(at)).sum(1)
e = torch.cat([m - n, (n.square() - m.square()).sum(1, keepdim=True) / 2], 1)  # [5, 3]
h = torch.cat([at, torch.ones(100, 1, dtype=torch.float64)], 1)
claim("log p(x|y) / q(x|y) is <e(y), h>", (e[y] * h).sum(1), exact)

# %% [markdown]
# AC-GAN plays another game. Its D compares *all* real images with all fakes, and the label enters
# only through a term that pays G for fakes that are easy to classify. Where classes overlap, the
# real ones are not easy. (Shu et al. 2017 and Gong et al. 2019 found what follows from that.)

# %% tags=["bet"]
# Bet: what AC-GAN's payment does to overlapping classes
live.predict(
    "Two real classes overlap: bells of width 1 at -1 and 1. G is paid for fakes whose class is "
    "easy to see. Where does it do best?",
    ("exactly at the real classes", "further apart, and narrower", "further apart, and wider"),
    "further apart, and narrower",
    "Away from the border a class is easy to see. G gives up samples near the border for that, "
    "the more, the higher the payment.",
)

# %%
grid = divergences.line(-5, 5, 201)
at, sd = torch.arange(0.8, 1.81, 0.05), torch.arange(0.5, 1.21, 0.05)
best = {weight: labels.narrowed(weight, grid, at, sd) for weight in (0.0, 0.3, 1.0)}
panels = []
for weight, (m, s) in best.items():
    real, fake = [
        [Mark(kind, grid, divergences.log_normal(grid, sign * m, s).exp(), name * (sign > 0), role)
         for sign in (-1, 1)]
        for m, s, kind, name, role in ((1, 1, "fill", "real", "p"), (m, s, "line", "fake", "q"))
    ]  # fmt: skip
    panels.append(Panel((*real, *fake), "x", "density of each class", (-5, 5), (0, 0.7),
                        f"paid {weight:g} for the class"))  # fmt: skip
plots.panels(panels, "Two real classes that overlap, and the best fakes for three payments.")

# %% tags=["proof"]
# Proof: without the payment G is right; the more it is paid, the further apart and the narrower
claim("unpaid, G's centre and sd are the real ones", torch.tensor(best[0.0]), torch.ones(2))
claim("at AC-GAN's payment of 1, the centre", best[1.0][0], above=1.2)
claim("and the sd", best[1.0][1], below=0.8)
claim("each payment narrows", all(a[1] > b[1] for a, b in pairwise(best.values())))

# %% [markdown]
# ## Obedience and diversity, apart
#
# A G that knows one perfect seven obeys, and a G of lovely digits may not listen. So two numbers.
# *Obedience*: the share of samples in which the ruler sees their label; the ruler errs on real
# images too, and that is the ceiling. *Coverage within a class*, as in lesson 11: the share of real
# test images of a class that have a fake of it in their neighbourhood.

# %%
asked = image_tables.fakes_like(G, train_set, 5_000, seed=5)  # images and labels, as a data set
seen = ruler.classify(ruler.load_ruler(), asked.images).argmax(1)
counts = [seen[asked.labels == k].bincount(minlength=10) for k in range(10)]
plots.number_grids({"samples": torch.stack(counts)}, axes=("asked for", "seen by the ruler"))

# %%
report = obedience.labels_report(asked.images, asked.labels)
bars = {
    "obedience": report.obedience,
    "  of real test images": report.ceiling,
    "coverage within classes": report.class_coverage,
    "  of as many real images": report.class_coverage_of_real,
}
plots.bars({name: 3 * (value,) for name, value in bars.items()}, "share",
           marked=("obedience", "coverage within classes"))  # fmt: skip

# %% tags=["proof"]
# Proof: the shipped generator obeys nearly as often as real images do, and covers less
claim("obedience", report.obedience, above=0.95)
if has_mnist:
    claim("the ruler's own ceiling", report.ceiling, above=0.98, below=1.0)
    claim(
        "coverage, of that of real images",
        report.class_coverage,
        below=report.class_coverage_of_real,
    )
else:
    print(NEEDS_MNIST)

# %% [markdown]
# Now the three ways, on nets of half that width. `python tools/tables conditional` trains and
# scores them (on a GPU here); look at seeds and steps first.

# %%
shown.beside("conditional", {"fid": "FID", "obedience": "obedience", "ceiling": "real images obey",
                             "class_coverage": "coverage within classes"})  # fmt: skip

# %% [markdown]
# Rows that differ by less than twice their errors (±, of the mean) are not ordered. Concatenation
# lies far behind, and longer training does not help it: from 3,000 to 6,000 steps its FID rises for
# each seed, by 70 % and more, while the others' falls. (The table does not say why.) AC-GAN obeys
# best, which is what it is paid for, and covers less of each class than projection, by little more
# than twice the errors: the narrowing that theory promises, on digits, which hardly overlap, is
# small.

# %% tags=["proof"]
# Proof: concatenation gets worse with more steps, for each seed, and the others better
for run in tables.measured("conditional")["runs"].values():
    early, late = (run["scores"][k]["fid"] for k in (0, -1))
    above, below = (1.5, 4.0) if run["row"] == "concatenation" else (0.5, 1.0)
    claim(f"FID at the end, of that half way: {run['row']}", late / early, above=above, below=below)

# %% [markdown]
# ## Do fakes teach a classifier?
#
# A strict examiner of samples: let a classifier learn from them *alone*, and test it on real
# images. Radford et al. (2016) took the nearest neighbour, Ravuri and Vinyals (2019) a net
# (*classification accuracy score*). A classifier that never saw a real image inherits what the
# fakes lack.

# %%
shown.beside("fakes", {"nearest_error": "error of the nearest neighbour",
                       "accuracy": "accuracy of a small CNN"})  # fmt: skip

# %% tags=["proof"]
# Proof: 10,000 samples of the shipped generator teach less than as many images
for score, worse in (("nearest_error", 1), ("accuracy", -1)):
    real, fake = (shown.mean("fakes", row, "10,000", score) for row in ("real images", "samples"))
    claim(f"{score}, samples against images", worse * (fake - real), above=0.005)

# %% [markdown]
# Samples teach nearly as well as images while there are few. With more, both go on to gain, and
# samples stay behind: 50,000 teach no more than 10,000 images. (Radford et al. print, as
# remembered, an error of 3.1 % for real images and 2.98 % for 50,000 samples of their conditional
# DCGAN.)
#
# So may one sell fakes as more data? Take 100 real digits, ten of each, and 5,000 samples of our
# generator beside them.

# %%
few = image_tables.some_of("mnist", 100)
lessons = {
    "100 real images": [few],
    "100 real images and 5,000 fakes": [few, asked],
    "5,000 fakes alone": [asked],
    "5,000 real images": [image_tables.some_of("mnist", 5_000)],
}
right = {name: pupils.accuracy(pupils.fit(sets, 400), test_set) for name, sets in lessons.items()}
plots.bars({name: 3 * (100 * share,) for name, share in right.items()}, "% of test images right",
           marked=[name for name in right if "fakes" in name])  # fmt: skip

# %% tags=["proof"]
# Proof: fakes of a G that saw 60,000 images beat 100 real ones
if has_mnist:
    alone, both, *_ = right.values()
    claim("100 real images", alone, below=0.9)
    claim("with the fakes", both, above=alone + 0.03)
else:
    print(NEEDS_MNIST)

# %% [markdown]
# A triumph? It is the classic cheat: this G saw *60,000* labelled images, and the classifier was
# meant to have 100. What it learnt of the others came in through G. An honest trial gives G the
# same 100 images, and no more.

# %% tags=["bet"]
# Bet: the honest trial
live.predict(
    "Now G learns from the same 100 images, for 150 steps. Its fakes fill half of each of the "
    "classifier's batches. What becomes of the test accuracy?",
    ("it rises, as above", "it hardly changes", "it falls"),
    "it falls",
    "So young a G makes poor digits, and half of each batch teaches a label for a blot. A good G "
    "needs many images; and who has many needs no fakes.",
)

# %%
table = image_tables.IMAGE_TABLES["augmentation"]  # on 100 images, with DiffAugment: exercise 13.4
run = table.scores(table.start("DiffAugment", seed=0), "100", 150)
honest = next(iter(live.progress(run, "G on 100 images", 1)))
bars = {
    "real images alone": honest["accuracy_real"],
    "real images and fakes": honest["accuracy_real_and_fakes"],
    "fakes alone": honest["accuracy_fakes"],
}
plots.bars({name: 3 * (100 * v,) for name, v in bars.items()}, "% of test images right",
           marked=[name for name in bars if "fakes" in name])  # fmt: skip

# %% tags=["proof"]
# Proof: a G that is young and saw the same images does not help
if has_mnist:
    claim("the gain", honest["gain"], below=-0.02)
    claim("what is taught by the fakes alone", honest["accuracy_fakes"], below=0.7)
else:
    print(NEEDS_MNIST)

# %% [markdown]
# More steps make better fakes, up to what 100 images teach: then D knows them by heart. Against
# that DiffAugment (Zhao et al. 2020, arXiv 2006.10738) moves and cuts real and fake images at
# random, each time that D looks, so that G's gradient passes through the change.
# `python tools/tables augmentation` goes on from here, with and without it, on 100, 1,000 and
# 10,000 images; below are five seeds of 6,000 steps. A gain within twice its error (±) is none.

# %%
shown.beside("augmentation", {"accuracy_real": "accuracy, real images alone",
                              "accuracy_real_and_fakes": "and fakes", "gain": "gain",
                              "fid": "FID of the fakes"})  # fmt: skip

# %% [markdown]
# Of 100 images DiffAugment makes far better fakes, as their FID shows, and they still teach the
# classifier nothing sure that the 100 images did not. On 1,000 images the plain fakes give a gain
# of 0.4 of a point, two and a half times its error, the only one here. On 10,000 all fakes cost
# accuracy, and DiffAugment's cost more: its FID is the worse one where D has enough to see.

# %% tags=["proof"]
# Proof: on 100 images no gain, and DiffAugment has the lower FID; on 10,000 fakes do harm
found = shown.ends("augmentation")
for row in ("plain", "DiffAugment"):
    gains = torch.tensor([end["gain"] for end in found[row, "100"]])
    claim(f"gain over its error, {row}", (gains.mean() / gains.std() * len(gains) ** 0.5).item(),
          above=-3.0, below=2.0)  # fmt: skip
plain, with_it = (shown.mean("augmentation", row, "100", "fid") for row in ("plain", "DiffAugment"))
claim("FID with DiffAugment, of that without", with_it / plain, below=0.85)
for row in ("plain", "DiffAugment"):
    claim(f"gains on 10,000 images, {row}", max(end["gain"] for end in found[row, "10,000"]),
          below=0)  # fmt: skip

# %% [markdown]
# A G adds no images to those that it saw; it adds what its architecture knows of images, as
# shifting digits by a pixel would do more cheaply. Where somebody reports a gain, count the images
# that G saw.
#
# ## Recap
#
# - Given a label, the best D compares $p(x|y)$ with $q(x|y)$; a fake is judged with the label that
#   it was made for, or the label means nothing.
# - Maps join a label to an image; projection adds $\langle e(y), h(x) \rangle$ to the logit; AC-GAN
#   pays for easy classes, and narrows those that overlap.
# - Obedience and coverage within a class are two numbers, each with its ceiling.
# - Fakes carry what G has seen: count its images with the classifier's.
#
# Now do [the exercises](../exercises/13_conditional.ipynb). [Lesson 14](14_scaling.ipynb) goes from
# one core to many.
