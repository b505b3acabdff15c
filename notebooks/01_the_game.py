# %% [markdown]
# # 01 · The game
#
# Two players share one number. D tries to make it large, G tries to make it small, and out of this
# quarrel comes a machine that makes new samples.
#
# After this lesson you can
# - write $V(D, G)$ down, compute it, and estimate it from samples with an error bar;
# - read $V$ as the cross-entropy of a classifier, with the right sign and the right factor;
# - say what G sees of the real data (less than you think);
# - tell $\min_G \max_D$ from $\max_D \min_G$, and say why the order matters.
#
# 45 minutes. You need integrals, expectations and a little PyTorch.

# %%
import sympy as sp
import torch
from torch.nn.functional import binary_cross_entropy, logsigmoid

from gancourse import live, plots, seed_everything
from gancourse.maths import divergences

rng = seed_everything(1)

# %% [markdown]
# ## Two players, one number
#
# Real samples come from a density $p$ that nobody knows; here it is a bell around 1. G takes
# noise $z \sim N(0, 1)$ and moves it: $G(z) = m + s z$. Its samples have a density of their own,
# $q$. D looks at one $x$ and returns the probability that it is real, $D(x) = \sigma(l(x))$,
# where $l$ is the logit and $\sigma(l) = 1/(1+e^{-l})$.
#
# Which $x$ does the D below get wrong?

# %%
x = z = divergences.line(-8, 8)
p, q = divergences.log_normal(x, 1.0).exp(), divergences.log_normal(x, -1.0).exp()


def D(x):
    return torch.sigmoid(x)  # the logit is x itself


plots.densities(x, {"p, real": p, "q, fake": q, "D(x)": D(x)}, ylabel="density; D(x)")

# %% [markdown]
# Around $x = 0$ both kinds of sample occur, and D says about one half. It is sure only far out. No
# other D could avoid all errors here, because the bells overlap.
#
# The game is about this number:
#
# $$V(D, G) = E_{x \sim p} \log D(x) + E_{z} \log (1 - D(G(z))).$$
#
# The first term rewards D for large values on real samples, the second for small values on fakes.
#
# The second average runs over $z$, yet we can take it over $x = G(z)$ with density $q$. Put
# $x = m + s z$ with $s > 0$, so $dz = dx / s$, and write $\varphi$ for the density of $z$:
#
# $$E_z f(G(z)) = \int f(m + s z)\, \varphi(z)\, dz = \int f(x)\, \tfrac1s
#   \varphi\!\left(\tfrac{x-m}{s}\right) dx = \int f(x)\, q(x)\, dx,$$
#
# for $\varphi((x-m)/s)/s$ is the density of $N(m, s^2)$. So $V$ is one integral.


# %%
def value(D, p, q):
    return divergences.integral(x, p * D(x).log() + q * (1 - D(x)).log())


noise = divergences.log_normal(z).exp()
over_z = divergences.integral(z, noise * (1 - D(z / 2 - 1)).log())  # G(z) = -1 + z / 2
narrow = divergences.log_normal(x, -1.0, 0.5).exp()
assert torch.isclose(over_z, divergences.integral(x, narrow * (1 - D(x)).log()))
assert round(value(D, p, q).item(), 2) == -0.81
value(D, p, q)

# %% [markdown]
# Both ways agree. How large can $V$ get? Logarithms of probabilities are at most 0, so $V \le 0$,
# and 0 would mean a D that is never wrong. And a D that knows nothing, $D = 1/2$? Guess before
# you run.


# %%
def coin(x):
    return torch.full_like(x, 0.5)


assert torch.isclose(value(coin, p, q), torch.tensor(-divergences.LOG4, dtype=x.dtype))
value(coin, p, q)

# %% [markdown]
# $\log\frac12 + \log\frac12 = -\log 4 \approx -1.3863$, whatever $p$ and $q$ are. Remember this
# number: you will meet it in one training curve after another.
#
# ## What a batch tells
#
# Nobody can integrate over pictures. We draw $n$ of each kind and average:
#
# $$\hat V = \frac1n \sum_i \log D(x_i) + \frac1n \sum_i \log(1 - D(G(z_i))).$$


# %%
def estimate(n, rng):
    x_real = 1 + torch.randn(n, generator=rng, dtype=x.dtype)
    x_fake = -1 + torch.randn(n, generator=rng, dtype=x.dtype)
    return D(x_real).log().mean() + (1 - D(x_fake)).log().mean()


[round(estimate(64, rng).item(), 3) for _ in range(5)]

# %% [markdown]
# Five batches, five answers around $-0.81$. An average has the expectation of one of its terms, so
# $\hat V$ is unbiased. The samples are independent, hence variances add, and each average has the
# variance of one term divided by $n$:
#
# $$\mathrm{sd}(\hat V) = \sqrt{\frac{\mathrm{Var}_p \log D + \mathrm{Var}_q \log(1-D)}{n}}.$$
#
# Do 4,000 batches scatter as much as the formula says?


# %%
def variance(density, f):
    mean = divergences.integral(x, density * f)
    return divergences.integral(x, density * (f - mean) ** 2)


spread = (variance(p, D(x).log()) + variance(q, (1 - D(x)).log())).sqrt()
batches = torch.stack([estimate(64, rng) for _ in range(4000)])
assert abs(batches.mean() - value(D, p, q)) < 4 * spread / (64 * 4000) ** 0.5
assert abs(batches.std() / (spread / 8) - 1) < 0.06
assert round(spread.item() / 8, 3) == 0.058
print(f"measured {batches.std():.4f}, formula {spread / 8:.4f}")

# %% [markdown]
# They do, within 6 %. The root has a price: one more digit costs a hundred times the samples. How
# wide will the band be at $n = 6400$, if one sd is 0.058 at 64?

# %%
n = 2.0 ** torch.arange(4, 14)
V, band = value(D, p, q), spread / n.sqrt()
tries = torch.stack([estimate(int(k), rng) for k in n])
assert ((tries - V).abs() < 3.5 * band).all()
marks = (plots.Mark("fill", n.log2(), V + band, "V, plus and minus one sd", "D", y2=V - band),
         plots.Mark("points", n.log2(), tries, "one estimate", "D"))  # fmt: skip
plots.panels([plots.Panel(marks, "log2 of n", "V")], alt="Estimates close in on V as n grows.")

# %% [markdown]
# Ten times narrower, 0.0058. A single batch of 64 says little about $V$; keep that in mind before
# you read meaning into the wiggles of a loss curve.
#
# ## D is a classifier
#
# Give each sample a label, $y = 1$ for real and $y = 0$ for fake. If D gives it probability $d$,
# the likelihood of the label is $d^{\,y} (1-d)^{1-y}$, for this is $d$ when $y = 1$ and $1 - d$
# when $y = 0$.

# %%
d, y = sp.symbols("d y", positive=True)
log_likelihood = sp.expand_log(sp.log(d**y * (1 - d) ** (1 - y)), force=True)
assert sp.simplify(log_likelihood - (y * sp.log(d) + (1 - y) * sp.log(1 - d))) == 0

# %% [markdown]
# So its logarithm is $y \log d + (1 - y) \log(1 - d)$. Minus the average of that over the samples
# is the *binary cross-entropy* $H$. Take $n$ real and $n$ fake samples: the average runs over
# $2n$, where $\hat V$ has two averages over $n$. Hence
#
# $$H = -\tfrac12 \hat V.$$

# %%
real, fake = D(1 + torch.randn(500, generator=rng)), D(-1 + torch.randn(500, generator=rng))
V_hat = real.log().mean() + (1 - fake).log().mean()
label = torch.cat([torch.ones(500), torch.zeros(500)])
assert torch.isclose(binary_cross_entropy(torch.cat([real, fake]), label), -V_hat / 2)

# %% [markdown]
# So training D is plain logistic classification, and every tool for it works here. Two traps: the
# factor 2, and the balance. What happens to the identity when the batch holds three fakes for each
# real sample?

# %%
label = torch.cat([torch.ones(500), torch.zeros(1500)])
H = binary_cross_entropy(torch.cat([real, fake, fake, fake]), label)
by_hand = -(real.log().mean() + 3 * (1 - fake).log().mean()) / 4
assert torch.isclose(H, by_hand)
assert not torch.isclose(H, -V_hat / 2, rtol=1e-3)

# %% [markdown]
# It breaks: the plain average gives fakes three times the weight. That is why GAN code averages
# real and fake samples *separately* and adds the two means.
#
# ## The word "loss"
#
# What one player wins, the other loses: D receives $V$ and G receives $-V$, the sum is zero. Hence
# the name *zero-sum game*.

# %% [markdown]
# An optimiser makes its number *smaller*. So D's loss is $-V$. G's loss is $V$, and of it only the
# second term, since the first does not contain G.
#
# Two of the five write-ups that this course mends print $V$ itself as D's loss. Let D have the
# logit $ax + b$ and do gradient descent on each. Which $V$ will the two D reach?


# %%
def descend(sign, steps=100):
    ab = torch.zeros(2, dtype=x.dtype, requires_grad=True)
    for _ in range(steps):
        logit = ab[0] * x + ab[1]
        V = divergences.integral(x, p * logsigmoid(logit) + q * logsigmoid(-logit))
        (slope,) = torch.autograd.grad(sign * V, ab)
        ab = (ab - 0.2 * slope).detach().requires_grad_()
    return V.item(), ab[0].item()


right, wrong = descend(-1), descend(+1)
assert right[0] > -0.72
assert wrong[0] < -40 < 0 < right[1]
assert wrong[1] < 0
print(f"loss -V: V = {right[0]:.2f}, a = {right[1]:.1f};  loss V: V = {wrong[0]:.0f}")

# %% [markdown]
# With the sign forgotten, D works hard at being wrong: $a < 0$ calls fakes real, and since $V$
# has no floor, it falls without end. The program runs, the "loss" falls nicely, everything is
# broken. A falling curve proves nothing until you know what it measures.
#
# ## What G sees
#
# In which direction does G move?

# %% [markdown]
# Write $1 - \sigma(l) = 1/(1 + e^{l})$. The chain rule gives the slope of what G pays for a sample
# at $x$, with $l = l(x)$:
#
# $$\frac{d}{dx} \log(1 - \sigma(l)) = -\frac{e^{l}}{1 + e^{l}}\, l'(x) = -D(x)\, l'(x).$$

# %%
t, logit = sp.symbols("t"), sp.Function("l")
paid = sp.log(1 - 1 / (1 + sp.exp(-logit(t))))
assert sp.simplify(paid.diff(t) + logit(t).diff(t) / (1 + sp.exp(-logit(t)))) == 0

# %% [markdown]
# G moves its sample $x = m + sz$ by $m$, with slope 1, and by $s$, with slope $z$. The chain rule
# once more, under the expectation:
#
# $$\frac{\partial V}{\partial m} = -E_z[D\, l'], \qquad
#   \frac{\partial V}{\partial s} = -E_z[z\, D\, l'] \qquad \text{at } x = G(z).$$
#
# Try it on a D with a curved logit, $l(x) = 2x - x^2/10$, so that $l' = 2 - x/5$ is not the same
# everywhere, and on $G(z) = -1 + z/2$. Does autograd get the same from $V$?


# %%
def curved(x):
    return 2 * x - x**2 / 10


m, s = torch.tensor([-1.0, 0.5], dtype=x.dtype, requires_grad=True)
paid = divergences.integral(z, noise * logsigmoid(-curved(m + s * z)))
V = divergences.integral(x, p * logsigmoid(curved(x))) + paid
slopes = torch.stack(torch.autograd.grad(V, (m, s)))
at = z / 2 - 1
push = curved(at).sigmoid() * (2 - at / 5)  # D l' at x = G(z)
pulls = [-divergences.integral(z, noise * f * push) for f in (1, z)]
assert torch.allclose(slopes, torch.stack(pulls))
slopes

# %% [markdown]
# It does. Look at the formula once more: $p$ is not in it. **Through $V$, G never sees the real
# data.** All it knows is D's slope at its own samples. Let our first D hold still, then, and let G
# slide. Will it stop at the real bell, around 1?

# %%
means = divergences.line(-4, 4, 81)
held = torch.stack([value(D, p, divergences.log_normal(x, m.item()).exp()) for m in means])
assert (held.diff() < 0).all()
marks = (plots.Mark("line", means, held, "V with D held still", "G"),
         plots.Mark("points", means[50:51], held[50:51], "where q = p", "p"))  # fmt: skip
plots.panels([plots.Panel(marks, "mean of q", "V")], alt="V falls on, straight past q = p.")

# %% [markdown]
# It runs straight past, for ever. *This* D, held still, is a slope without a valley. Another D may
# have one, but wherever D put it, whether or not the data are there. And what keeps $q$ as wide as
# $p$? Only a D that *answers*. So who answers whom must be part of the rules.
#
# ## Who moves first?
#
# In $\min_G \max_D V$, G moves first and D answers with the best it has. In $\max_D \min_G V$, D
# moves first. Does it matter? To move first is never an advantage:

# %% [markdown]
# $$\max_D \min_G V \;\le\; \min_G \max_D V.$$
#
# For take any two players $D_0$ and $G_0$. Then $\min_G V(D_0, G) \le V(D_0, G_0)$, as a minimum
# is at most each value, and $V(D_0, G_0) \le \max_D V(D, G_0)$ likewise. The outer two are in
# order for *every* pair: choose the $D_0$ that makes the left largest, the $G_0$ that makes the
# right smallest (where none is attained, read sup and inf).
#
# Rows below are D's moves, columns G's.


# %%
def orders(V):
    return V.min(1).values.max(), V.max(0).values.min()  # D moves first, G moves first


pairs = [orders(torch.randn(3, 4, generator=rng)) for _ in range(1000)]
assert all(d_first <= g_first for d_first, g_first in pairs)
orders(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))

# %% [markdown]
# In this last table, matching pennies, the gap is wide: whoever moves first loses. And in our game,
# with *every* function allowed? There the gap is zero, and two moves show it.
#
# - If G plays $q = p$, then $V = E_p[\log D + \log(1-D)] = E_p \log (D(1-D)) \le -\log 4$ for
#   each D, because $d(1-d) = \frac14 - (d - \frac12)^2 \le \frac14$. So
#   $\min_G \max_D V \le -\log 4$.
# - If D plays $\frac12$, then $V = -\log 4$ for each G. So $\max_D \min_G V \ge -\log 4$.
#
# With the inequality above, both are squeezed onto $-\log 4$.

# %%
assert sp.expand(sp.Rational(1, 4) - (d - sp.Rational(1, 2)) ** 2 - d * (1 - d)) == 0
for a, b in torch.randn(500, 2, generator=rng, dtype=x.dtype):
    logit = a * x + b  # any D, against q = p
    V = divergences.integral(x, p * (logsigmoid(logit) + logsigmoid(-logit)))
    assert V <= -divergences.LOG4 + 1e-9
for mean in means:  # any G, against D = 1/2
    assert abs(value(coin, p, divergences.log_normal(x, mean).exp()) + divergences.LOG4) < 1e-4

# %% [markdown]
# The value is the same, the *players* are not. Against $D = \frac12$ every G is equally good, so
# the answer says nothing about $p$. And against a D with a peak: where would you put your fakes?
#
# With its width fixed, a bell pays least around the peak, wherever that is. And with it free?
# Since $D \le \max D$ everywhere, $E_q \log(1 - D) \ge \log(1 - \max D)$, with equality only if all
# of $q$ lies where D is largest. If that is one point, G's best answer is this single point.


# %%
def bump(x, at=1.0):
    return 0.9 * torch.exp(-((x - at) ** 2) / 2)  # largest at x = at: 0.9


bells = divergences.log_normal(x, means[:, None]).exp()  # [81, 4001]
for peak in 1.0, -3.0:
    held = divergences.integral(x, bells * (1 - bump(x, peak)).log())
    assert abs(means[held.argmin()] - peak) < 1e-9
bells = {s: divergences.log_normal(x, 1.0, s).exp() for s in (1.0, 0.5, 0.1, 0.01)}
paid = {s: divergences.integral(x, q * (1 - bump(x)).log()).item() for s, q in bells.items()}
assert sorted(paid.values(), reverse=True) == list(paid.values())
assert 0 < paid[0.01] - torch.tensor(0.1).log() < 0.01
paid

# %% [markdown]
# The narrower G's bell, the less G pays, down to $\log 0.1 = -2.303$ for a point. Meet *mode
# collapse*, in its purest form: G answering a D that does not answer back.
#
# Training alternates small steps of both, and is neither order. What if each plays its *best*
# answer in turn? D may choose between two slopes, G any mean from -2 to 4.

# %%
grid = divergences.line(-2, 4, 61)
slope = torch.tensor([[2.0], [-2.0]], dtype=x.dtype)
fakes, logits = divergences.log_normal(x, grid[:, None]), (slope * (x - 1))[:, None]
table = divergences.value(x, p.log(), fakes, logits)
row, visited = 0, []
for _ in range(6):
    column = table[row].argmin()
    row = table[:, column].argmax()
    visited.append(round(grid[column].item(), 1))
assert visited == [4.0, -2.0] * 3
d_first, g_first = orders(table)
f"G's means: {visited}; D first {d_first:.2f}, G first {g_first:.2f}"

# %% [markdown]
# G jumps from 4 to -2 and back, and the real mean, 1, is never even visited. With so few moves
# for D there is a gap between the two orders, and best answers chase each other in it. Lesson 04
# is about this chase.
#
# ## Play both sides
#
# First be D: bend the green curve by its three grips, with the mouse or the sliders, until the
# gap is below 0.01. Then be G: move $q$ and watch the two dots on the right, the black one on the
# dashed curve and the orange one on yours.

# %%
live.bend_D()

# %% [markdown]
# Stuck? Here is a D with no gap left. On the right, its line touches the dashed curve of the best
# D at G's place, and lies below it elsewhere: what is best against one G is not best against
# another.

# %%
chart = live.bend_D(left=0.02, middle=0.5, right=0.98)
assert float(chart.drawing().numbers["gap"]) < 0.01
chart

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
