# %% [markdown]
# # 01 · The game
#
# Two players share one number. D tries to make it large, G tries to make it small, and out of this
# game comes a machine that makes new samples.
#
# After this lesson you can
# - write $V(D, G)$ down, compute it, and estimate it from samples with an error bar;
# - read $V$ as the cross-entropy of a classifier, with the right sign and the right factor;
# - say what G sees of the real data (less than you think);
# - tell $\min_G \max_D$ from $\max_D \min_G$, and say why the order matters.
#
# 45 minutes. You need integrals, expectations and a little PyTorch. Cells that begin with
# `# Proof:` are folded: they check what the text claims, and you can pass them by.

# %%
import sympy as sp
import torch
from torch.nn.functional import binary_cross_entropy, logsigmoid

from gancourse import claim, live, plots, seed_everything
from gancourse.check import check
from gancourse.maths import divergences

rng = seed_everything(1)

# %% [markdown]
# ## Play first
#
# Real samples come from the blue bell, fakes from the orange one. You are D: the green curve says,
# for each $x$, how likely a sample seen there is to be real. The number $V$ is your score, at most
# 0. Bend D by its three grips, with the mouse or the sliders, until the gap is below 0.01.

# %%
live.bend_D()

# %% [markdown]
# Now change sides. You are G, you may only move the orange bell, and you want $V$ to be *small*.
# Bet first, then try it on the chart above: the orange dot on the right is where you stand.

# %% tags=["bet"]
# Bet: G against a D that holds still
live.predict(
    "D rises from left to right and holds still. The fakes slide to the right, past the real bell. "
    "What does V do?",
    ["it falls up to the real bell, then rises", "it falls and falls", "it stays as it is"],
    "it falls and falls",
    "A D that holds still is a slope, and at its lower end there need be no data. This lesson "
    "says why, and what has to be different.",
)

# %% [markdown]
# ## One number
#
# Call the density of real samples $p$; nobody knows it, here it is a bell around 1. G takes noise
# $z \sim N(0, 1)$ and moves it: $G(z) = m + s z$. Its samples have a density of their own, $q$.
# $D(x) = \sigma(l(x))$ is a probability, $l$ its *logit*, and $\sigma(l) = 1/(1+e^{-l})$. The
# score on the chart is
#
# $$V(D, G) = E_{x \sim p} \log D(x) + E_{z} \log (1 - D(G(z))).$$
#
# This is the objective of the first GAN (Goodfellow et al. 2014, arXiv 1406.2661). The first term
# rewards D for large values on real samples, the second for small values on fakes. As an integral
# over $x$, for the D you began with (one half everywhere) and for one whose logit is $x$ itself:

# %%
x = z = divergences.line(-8, 8)
p, q = divergences.log_normal(x, 1.0).exp(), divergences.log_normal(x, -1.0).exp()
noise = divergences.log_normal(z).exp()  # the density of z


def value(D, p, q):
    return divergences.integral(x, p * D(x).log() + q * (1 - D(x)).log())


def coin(x):
    return torch.full_like(x, 0.5)


{"D = 1/2": value(coin, p, q).item(), "logit x": value(torch.sigmoid, p, q).item()}

# %% [markdown]
# $\log\frac12 + \log\frac12 = -\log 4 \approx -1.3863$, whatever $p$ and $q$ are: the value of a D
# that knows nothing. You will meet this number in one training curve after another. The best score
# is 0, for a D that is never wrong; where the bells overlap, no D is.
#
# Why may we integrate over $x$, when the second average runs over $z$? Put $x = m + s z$ with
# $s > 0$, so $dz = dx / s$, and write $g$ for the density of $z$:
#
# $$E_z f(G(z)) = \int f(m + s z)\, g(z)\, dz = \int f(x)\, \tfrac1s
#   g\!\left(\tfrac{x-m}{s}\right) dx = \int f(x)\, q(x)\, dx,$$
#
# for $g((x-m)/s)/s$ is the density of $N(m, s^2)$.

# %% tags=["proof"]
# Proof: the average over z is the integral over x, and D = 1/2 scores -log 4
narrow = divergences.log_normal(x, -1.0, 0.5).exp()  # G(z) = -1 + z / 2
over_z = divergences.integral(z, noise * (1 - torch.sigmoid(z / 2 - 1)).log())
over_x = divergences.integral(x, narrow * (1 - torch.sigmoid(x)).log())
claim("E over z equals the integral over x", over_z, over_x)
claim("a D that knows nothing scores -log 4", value(coin, p, q), -divergences.LOG4)
claim("the D with logit x scores -0.81", value(torch.sigmoid, p, q), -0.81, within=0.005)

# %% [markdown]
# ## What a batch tells
#
# Nobody can integrate over pictures. We draw $n$ of each kind and average:
#
# $$\hat V = \frac1n \sum_i \log D(x_i) + \frac1n \sum_i \log(1 - D(G(z_i))).$$


# %%
def estimate(n, rng):
    x_real = 1 + torch.randn(n, generator=rng, dtype=x.dtype)
    x_fake = -1 + torch.randn(n, generator=rng, dtype=x.dtype)
    return logsigmoid(x_real).mean() + logsigmoid(-x_fake).mean()  # the logit is x


[round(estimate(64, rng).item(), 3) for _ in range(5)]

# %% [markdown]
# Five batches, five answers around $-0.81$. An average has the expectation of one of its terms, so
# $\hat V$ is unbiased. The samples are independent, hence variances add, and each average has the
# variance of one term divided by $n$:
#
# $$\mathrm{sd}(\hat V) = \sqrt{\frac{\mathrm{Var}_p \log D + \mathrm{Var}_q \log(1-D)}{n}}.$$

# %% tags=["bet"]
# Bet: a hundred times the samples
live.predict(
    "At n = 64 the standard deviation of the estimate is 0.058. What is it at n = 6400?",
    ["0.029", "0.0058", "0.00058"],
    "0.0058",
    "A hundred times the samples give one more digit: the root has a price.",
)

# %%
n = 2.0 ** torch.arange(4, 14)
terms = (p, logsigmoid(x)), (q, logsigmoid(-x))
means = [divergences.integral(x, f * y) for f, y in terms]
var = sum(divergences.integral(x, f * (y - m) ** 2) for (f, y), m in zip(terms, means, strict=True))
V, band = sum(means), (var / n).sqrt()
tries = torch.stack([estimate(int(k), rng) for k in n])
marks = (plots.Mark("fill", n.log2(), V + band, "V, plus and minus one sd", "D", y2=V - band),
         plots.Mark("points", n.log2(), tries, "one estimate", "D"))  # fmt: skip
plots.panels([plots.Panel(marks, "log2 of n", "V")], alt="Estimates close in on V as n grows.")

# %% [markdown]
# A single batch of 64 says little about $V$; keep that in mind before you read meaning into the
# wiggles of a loss curve.

# %% tags=["proof"]
# Proof: 4,000 batches scatter as the formula says
batches, sd = torch.stack([estimate(64, rng) for _ in range(4000)]), (var / 64).sqrt()
claim("the estimate is unbiased", batches.mean(), V, within=4 * sd.item() / 4000**0.5)
claim("its scatter is the formula's, within 6 %", batches.std() / sd, 1.0, within=0.06)
claim("one sd is 0.058 at n = 64", sd, 0.058, within=0.0005)
claim("no estimate is 3.5 sd away", (tries - V).abs() / band, below=3.5)

# %% [markdown]
# ## D is a classifier
#
# Give each sample a label, $y = 1$ for real and $y = 0$ for fake. If D gives it probability $d$,
# the likelihood of the label is $d^{\,y} (1-d)^{1-y}$, which is $d$ or $1 - d$. Its logarithm is
# $y \log d + (1 - y) \log(1 - d)$, and minus the average of that is the *binary cross-entropy*
# $H$. For $n$ real and $n$ fake samples it averages over $2n$, where $\hat V$ has two averages over
# $n$: $H = -\tfrac12 \hat V$. Does it hold for a batch with three fakes for each real sample?

# %%
d_real, d_fake = torch.sigmoid(torch.tensor([[2.0], [0.0]]) + torch.randn(2, 500, generator=rng))
V_hat = d_real.log().mean() + (1 - d_fake).log().mean()
H = {}
for fakes in 1, 3:
    label = torch.cat([torch.ones(500), torch.zeros(500 * fakes)])
    H[fakes] = binary_cross_entropy(torch.cat([d_real, *[d_fake] * fakes]), label).item()
{"minus V / 2": -V_hat.item() / 2, "H, one fake for each real": H[1], "H, three": H[3]}

# %% [markdown]
# So training D is plain logistic classification, and every tool for it works here. But with three
# fakes for each real sample the plain average gives fakes three times the weight. That is why GAN
# code averages real and fake samples *separately* and adds the two means.

# %% tags=["proof"]
# Proof: cross-entropy is minus V / 2 in a balanced batch, and in no other
d, y = sp.symbols("d y", positive=True)
log_likelihood = sp.expand_log(sp.log(d**y * (1 - d) ** (1 - y)), force=True)
same = sp.simplify(log_likelihood - (y * sp.log(d) + (1 - y) * sp.log(1 - d))) == 0
claim("the log likelihood is y log d + (1 - y) log(1 - d)", same)
claim("balanced, H = -V / 2", H[1], -V_hat / 2)
claim("unbalanced, it is not", abs(H[3] + V_hat / 2), above=0.01)

# %% [markdown]
# What one player wins, the other loses: D receives $V$ and G receives $-V$. The sum is zero, hence
# the name *zero-sum game*. But an optimiser makes its number *smaller*. So D's loss is $-V$. G's
# loss is $V$, and of it only the second term, since the first does not contain G.
#
# Two of the five articles that lesson 10a puts right print $V$ itself as D's loss.

# %% tags=["bet"]
# Bet: the sign forgotten
live.predict(
    "A program lets D descend V itself, the sign forgotten. What becomes of V?",
    ["it ends near -0.7, as it should", "it stops at -1.39", "it falls without end"],
    "it falls without end",
    "V has a ceiling and no floor. The curve on the screen falls nicely all the while.",
)


# %%
def descend(sign, steps=100):
    ab = torch.zeros(2, dtype=x.dtype, requires_grad=True)  # the logit is a x + b
    for _ in range(steps):
        logit = ab[0] * x + ab[1]
        V = divergences.integral(x, p * logsigmoid(logit) + q * logsigmoid(-logit))
        (slope,) = torch.autograd.grad(sign * V, ab)
        ab = (ab - 0.2 * slope).detach().requires_grad_()
    return V.item(), torch.sigmoid(ab[0] * x + ab[1]).detach()


(V_right, right), (V_wrong, wrong) = descend(-1), descend(+1)
marks = (plots.Mark("fill", x, p, "p, real", "p"), plots.Mark("fill", x, q, "q, fake", "q"),
         plots.Mark("line", x, right, f"D, loss -V: V = {V_right:.2f}", "D"),
         plots.Mark("dashed", x, wrong, f"D, loss V: V = {V_wrong:.0f}", "D"))  # fmt: skip
panel = plots.Panel(marks, "x", "density; D(x)", (-5, 5), (0, 1.45))
plots.panels([panel], alt="With the sign forgotten D falls where it should rise.")

# %% [markdown]
# With the sign forgotten, D works hard at being wrong: it calls fakes real. The program runs, the
# "loss" falls nicely, everything is broken. A falling curve proves nothing until you know what it
# measures.

# %% tags=["proof"]
# Proof: descending -V trains D, descending V turns it round
claim("loss -V: V ends near its best, -0.71", V_right, above=-0.72, below=-0.70)
claim("loss V: V is below -40 and still falls", V_wrong, below=-40)
claim("and it falls on", descend(+1, steps=120)[0], below=V_wrong)
claim("the right D rises from left to right", right.diff(), above=-1e-12)
claim("the wrong one falls", wrong.diff(), below=1e-12)

# %% [markdown]
# ## What G sees
#
# In which direction does G move? Write $1 - \sigma(l) = 1/(1 + e^{l})$. The chain rule gives the
# slope of what G pays for a sample at $x$, with $l = l(x)$:
#
# $$\frac{d}{dx} \log(1 - \sigma(l)) = -\frac{e^{l}}{1 + e^{l}}\, l'(x) = -D(x)\, l'(x).$$
#
# G moves its sample $x = m + sz$ by $m$, with slope 1, and by $s$, with slope $z$. The chain rule
# once more, under the expectation:
#
# $$\frac{\partial V}{\partial m} = -E_z[D\, l'], \qquad
#   \frac{\partial V}{\partial s} = -E_z[z\, D\, l'] \qquad \text{at } x = G(z).$$
#
# Does autograd get the same, for a D with the curved logit $l(x) = 2x - x^2/10$ and for
# $G(z) = -1 + z/2$?


# %%
def curved(x):
    return 2 * x - x**2 / 10


m, s = torch.tensor([-1.0, 0.5], dtype=x.dtype, requires_grad=True)
paid = divergences.integral(z, noise * logsigmoid(-curved(m + s * z)))
V = divergences.integral(x, p * logsigmoid(curved(x))) + paid
slopes = torch.stack(torch.autograd.grad(V, (m, s)))
at = z / 2 - 1
pull = curved(at).sigmoid() * (2 - at / 5)  # D l' at x = G(z)
formula = torch.stack([-divergences.integral(z, noise * f * pull) for f in (1, z)])
{"autograd": slopes.tolist(), "formula": formula.tolist()}

# %% [markdown]
# It does. Look at the formula once more: $p$ is not in it. **Through $V$, G never sees the real
# data.** All it knows is D's slope at its own samples.
#
# Here is your bet, with the D whose logit is $x$. The green line on the right is $V$ for each place
# of the orange bell while D holds still: straight past the real mean, 1, and on.

# %%
live.bend_D(left=0.12, middle=0.5, right=0.88, mean=3.0)

# %% [markdown]
# *This* D, held still, is a slope without a valley. Another D may have one, but wherever D put it,
# whether or not the data are there. Only a D that *answers* ties G to the data: the dashed line is
# what G faces then. So who answers whom must be part of the rules.

# %% tags=["proof"]
# Proof: G's slope is -D l', and V falls on past q = p while D holds still
t, logit = sp.symbols("t"), sp.Function("l")
of_one = sp.log(1 - 1 / (1 + sp.exp(-logit(t))))
rest = sp.simplify(of_one.diff(t) + logit(t).diff(t) / (1 + sp.exp(-logit(t))))
claim("d/dx log(1 - D) = -D l'", rest == 0)
claim("autograd agrees with the formula", slopes, formula)
centres = divergences.line(-4, 4, 81)
bells = divergences.log_normal(x, centres[:, None]).exp()  # [81, 4001]
falling = torch.stack([value(torch.sigmoid, p, bell) for bell in bells])
claim("V falls from each mean of q to the next", falling.diff(), below=0)

# %% [markdown]
# ## Who moves first?
#
# In $\min_G \max_D V$, G moves first and D answers with the best it has. In $\max_D \min_G V$, D
# moves first. To move first is never an advantage:
#
# $$\max_D \min_G V \;\le\; \min_G \max_D V.$$
#
# For take any $D_0$ and $G_0$. Then $\min_G V(D_0, G) \le V(D_0, G_0) \le \max_D V(D, G_0)$, as a
# minimum is at most each value and a maximum at least. The outer two are in order for *every* pair:
# choose the $D_0$ that makes the left largest, the $G_0$ that makes the right smallest (where none
# is attained, read sup and inf).
#
# **Your turn** (exercise 01.4, ten minutes): in a table `V[i, j]`, D plays row $i$, G column $j$.
# Put your own line in place of `raise` and run the cell.


# %%
def orders(V):
    """Return max_D min_G V and min_G max_D V, two scalars, of a table V [rows, columns]."""
    raise NotImplementedError("your turn")


check("01.4", orders)

# %% [markdown]
# In matching pennies, the table with rows $(1, -1)$ and $(-1, 1)$, the two are $-1$ and $1$:
# whoever moves first loses. And in our game, with *every* function allowed? There the gap is zero,
# and two moves show it.
#
# - If G plays $q = p$, then $V = E_p[\log D + \log(1-D)] = E_p \log (D(1-D)) \le -\log 4$ for
#   each D, because $d(1-d) = \frac14 - (d - \frac12)^2 \le \frac14$.
# - If D plays $\frac12$, then $V = -\log 4$ for each G.
#
# So $-\log 4 \le \max_D \min_G V \le \min_G \max_D V \le -\log 4$. (Between two nets, which are
# not every function, there may be no equilibrium at all: Farnia and Ozdaglar 2020. And a D of
# limited size cannot tell $p$ from some $q$ that sits on a limited number of points: Arora et al.
# 2017.)

# %% tags=["proof"]
# Proof: moving first is no advantage; both orders are worth -log 4
pairs = [(V.amin(1).amax(), V.amax(0).amin()) for V in torch.randn(1000, 3, 4, generator=rng)]
claim("max min is at most min max in 1000 tables", all(a <= b for a, b in pairs))
pennies = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
claim("matching pennies", [pennies.amin(1).max().item(), pennies.amax(0).min().item()], [-1, 1])
rest = sp.expand(sp.Rational(1, 4) - (d - sp.Rational(1, 2)) ** 2 - d * (1 - d))
claim("d (1 - d) = 1/4 - (d - 1/2)^2", rest == 0)
for a, b in torch.randn(500, 2, generator=rng, dtype=x.dtype):
    V = divergences.integral(x, p * (logsigmoid(a * x + b) + logsigmoid(-a * x - b)))
    claim("no D with a straight logit beats q = p", V, below=-divergences.LOG4 + 1e-9)
for bell in bells:
    claim(
        "D = 1/2 scores -log 4 against each G", value(coin, p, bell), -divergences.LOG4, within=1e-4
    )

# %% [markdown]
# The value is the same, the *players* are not. Against $D = \frac12$ every G is equally good, so
# the answer says nothing about $p$. And against a D with a peak? Since $D \le \max D$ everywhere,
# $E_q \log(1 - D) \ge \log(1 - \max D)$, with equality only if all of $q$ lies where D is largest.
# If that is one point, G's best answer is this single point. What G pays, by the width of its bell:


# %%
def bump(x, at=1.0):
    return 0.9 * torch.exp(-((x - at) ** 2) / 2)  # largest at x = at: 0.9


widths = (1.0, 0.5, 0.1, 0.01)
thinner = {s: divergences.log_normal(x, 1.0, s).exp() for s in widths}
paid = {s: divergences.integral(x, q * (1 - bump(x)).log()).item() for s, q in thinner.items()}
{f"width {s}": round(price, 3) for s, price in paid.items()}

# %% [markdown]
# The narrower G's bell, the less G pays, down to $\log 0.1 = -2.303$ for a point. Meet *mode
# collapse* in its purest form: G answering a D that does not answer back.
#
# Training alternates small steps of both, and is neither order. What if each plays its *best*
# answer in turn? D may choose between the two logits $\pm 2(x - 1)$, G any mean from -2 to 4.

# %%
grid = divergences.line(-2, 4, 61)
slope = torch.tensor([[2.0], [-2.0]], dtype=x.dtype)
fakes, logits = divergences.log_normal(x, grid[:, None]), (slope * (x - 1))[:, None]
table = divergences.value(x, p.log(), fakes, logits)  # [2, 61]
row, visited = 0, []
for _ in range(8):
    column = table[row].argmin()
    row = table[:, column].argmax()
    visited.append(grid[column].item())
marks = (plots.Mark("points", range(1, 9), visited, "mean of q, G's best answer", "q"),
         plots.Mark("dashed", [1, 8], [1, 1], "mean of p", "p"))  # fmt: skip
panel = plots.Panel(marks, "round", "mean of q", ylim=(-3, 6))
plots.panels([panel], alt="G jumps from 4 to -2 and back, eight times.")

# %% [markdown]
# G jumps from 4 to -2 and back, and the real mean, 1, is never even visited. With so few moves for
# D there is a gap between the two orders, and best answers chase each other in it. Lesson 04 is
# about this chase.

# %% tags=["proof"]
# Proof: a D with a peak draws G onto it, and best answers go round in a circle
for peak in 1.0, -3.0:
    best = divergences.integral(x, bells * (1 - bump(x, peak)).log()).argmin()
    claim("a bell of fixed width pays least on the peak", centres[best], peak, within=1e-9)
prices = list(paid.values())
claim("narrower is cheaper", sorted(prices, reverse=True) == prices)
claim("a point pays log 0.1", paid[0.01], torch.tensor(0.1).log(), within=0.01)
claim("G's answers are 4 and -2 in turn", [round(v, 1) for v in visited], [4.0, -2.0] * 4)
claim("there is a gap", table.amax(0).min() - table.amin(1).max(), above=0.1)

# %% [markdown]
# ## Back to the chart
#
# Here is a D with no gap left. On the right its line touches the dashed curve of the best D at G's
# place, and lies below it elsewhere: what is best against one G is not best against another. Move
# the orange bell a little, and bend D again. Training does the same, with a net in the place of
# your hand.

# %%
live.bend_D(left=0.02, middle=0.5, right=0.98)

# %% [markdown]
# The dashed curve is what G faces when D always answers: a valley, with its floor of $-\log 4$ at
# the real mean. Which D gives that curve, and why is its lowest point exactly at $q = p$?
#
# ## Recap
#
# - $V(D,G) = E_p \log D + E_z \log(1 - D(G(z)))$ lies at or below 0; $D = \frac12$ scores
#   $-\log 4$.
# - A batch estimates it with an error that falls like $1/\sqrt n$.
# - D is a classifier; its loss is $-V$, twice a balanced cross-entropy. Mind the sign.
# - Through $V$, G never sees the data, only D's slope at its own samples.
# - Both orders of play have the value $-\log 4$, but only $\min_G \max_D$ ties G to the data.
#
# Now do [the exercises](../exercises/01_the_game.ipynb), then go on to
# [lesson 02](02_optimal_discriminator.ipynb), which finds the best D with a pencil.
