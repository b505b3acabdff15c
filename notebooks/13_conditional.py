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
import torch
from torch import nn
from torch.nn.functional import one_hot, softplus

from gancourse import claim, live, load_images, losses, machine, nets, plots, train
from gancourse.check import check
from gancourse.live import classes
from gancourse.maths import divergences, labels
from gancourse.plots import Mark, Panel
from gancourse.score import ruler

live.predict(
    "A generator was trained on whole labels: 7 or 1, never between. Now it is asked for half a "
    "seven and half a one. What comes out?",
    ("a seven and a one, laid over each other in grey", "one clear digit in between", "noise"),
    "one clear digit in between",
    "The label is a vector that is added in G's first layer, so half of each is another point of "
    "the same space, and all later layers make a digit of it: a one with a short bar.",
)

# %% [markdown]
# On the left the same `z` is asked for all ten classes: one hand writes 0 to 9. Move the **hand**.
# What stays from class to class, what changes?

# %%
live.ask_for()

# %% [markdown]
# On the right is one `z` asked for a mixture. Move the **share** from 0 to 1, and try 3 and 8, or 0
# and 6. Below stands what the ruler of lesson 11, a classifier, takes it for.

# %%
live.ask_for(first="7", second="1", share=0.5)

# %% tags=["proof"]
# Proof: the label says which digit, and z the hand
G = nets.load_shipped("mnist-conditional").eval()
z, eye = torch.randn(200, G.z_dim, generator=machine.seed_generator(13)), torch.eye(10)
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

# %% [markdown]
# ## What D learns, given a label
#
# Real pairs are $(x, y)$: an image and its label. For a fake, draw $y$ first, then $x = G(z, y)$, so
# that $x$ follows $q(x|y)$. D sees both and answers: is $x$ real, *among those with label y*?
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
shown = []
cases = {"judged with its own label": log_p, "judged with any label": labels.unmatched(log_p)}
for title, log_q in cases.items():
    best = divergences.optimal_logit(log_p, log_q).sigmoid()[1]
    real = Mark("fill", x, log_p[1].exp(), "real, this label", "p")
    fake = Mark("fill", x, log_q[1].exp(), "fake, judged with it", "q")
    D = Mark("line", x, best, "best D", "D")
    shown.append(Panel((real, fake, D), "x", "density; D", (-9, 9), (0, 1), title))
plots.panels(shown, "Best D for the middle of three classes, by the label that fakes come with.")

# %% tags=["proof"]
# Proof: with labels of their own a perfect G reaches log 4; with any labels D keeps an advantage
values = {name: divergences.best_value(x, log_p, q).mean() for name, q in cases.items()}
claim("V of a perfect G", values["judged with its own label"], -divergences.LOG4, within=1e-6)
three_quarters = torch.tensor([0.75, 1 / 4], dtype=torch.float64).log()
apart = three_quarters[0] + three_quarters[1] / 3  # D is 3/4 where classes agree, else 0
claim("V with any label, three classes", values["judged with any label"], apart, within=1e-3)

# %% [markdown]
# On the right D is 0 on two thirds of the fakes, however good they are, and at most 3/4 elsewhere.
# What can G do? Its label is not the one that D is told, so D's answer does not depend on it: G may
# as well ignore it. Try: three clusters, a label each.

# %%
CENTRES = torch.tensor([[0.0, 1.0], [-0.87, -0.5], [0.87, -0.5]])


def joined(x, y):
    return torch.cat([x, one_hot(y, 3).to(x)], 1)  # the label as three more numbers


def taught(own_label, turns=500):
    torch.manual_seed(13)
    G = nets.make_generator("mlp", z_dim=2 + 3, widths=(32, 32), shape=(2,), norm=False)
    D = nets.make_discriminator("mlp", widths=(64, 64), shape=(2 + 3,))
    opts = [torch.optim.Adam(net.parameters(), 2e-3, betas=(0.5, 0.9)) for net in (G, D)]
    for _ in range(turns):
        y_real, y, other = torch.randint(3, (3, 128))
        x_real = CENTRES[y_real] + 0.15 * torch.randn(128, 2)
        x, told = G(joined(torch.randn(128, 2), y)), y if own_label else other
        verdicts = D(joined(x_real, y_real)), D(joined(x.detach(), told))
        for opt, loss in zip(opts[::-1], (lambda: losses.cross_entropy_d(*verdicts),
                                          lambda: softplus(-D(joined(x, told))).mean())):  # fmt: skip
            opt.zero_grad()
            loss().backward()
            opt.step()
    return G
