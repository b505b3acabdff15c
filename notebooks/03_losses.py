# %% [markdown]
# # 03 · Losses
#
# Every GAN paper seems to bring its own loss. There are fewer than it looks: each of them scores
# one number, D's logit, and what reaches the weights is its slope.
#
# After this lesson you can
# - derive cross-entropy on logits from $V$, and say what breaks on the long way round;
# - read from a logit how hard each loss pulls on each player;
# - say which divergence each loss measures when D is at its best;
# - test a formula from a web page, and mend it.
#
# 60 minutes. You need $V(D, G)$ and $D^* = p/(p+q)$ from lessons 01 and 02.

# %%
import sympy as sp
import torch
from torch.func import grad, vmap
from torch.nn.functional import binary_cross_entropy, logsigmoid, softplus

from gancourse import live, losses, plots
from gancourse.maths import divergences

# %% [markdown]
# ## From V to cross-entropy on logits
#
# D minimises $-V = -E \log D(x) - E \log(1 - D(G(z)))$. Our D returns a logit $l$, with
# $D = \sigma(l) = 1/(1+e^{-l})$. Then
#
# $$1 - \sigma(l) = \frac{e^{-l}}{1+e^{-l}} = \frac{1}{e^{l}+1} = \sigma(-l), \qquad
#   -\log \sigma(l) = \log(1+e^{-l}) =: \mathrm{softplus}(-l).$$
#
# The first expands a fraction by $e^{l}$, the second is $-\log\frac1a = \log a$. Together, with
# $-l$ for $l$: $-\log(1-\sigma(l)) = \mathrm{softplus}(l)$.

# %%
ell = sp.symbols("l", real=True)
s = 1 / (1 + sp.exp(-ell))
assert sp.simplify(1 - s - s.subs(ell, -ell)) == 0
assert sp.simplify(sp.exp(sp.log(1 + sp.exp(-ell))) * s) == 1  # softplus(-l) = -log s(l)
assert sp.simplify(sp.exp(sp.log(1 + sp.exp(ell))) * (1 - s)) == 1  # softplus(l) = -log(1 - s(l))

# %% [markdown]
# So D's loss needs no logarithm of a probability, only one softplus for each kind of sample. It is
# binary cross-entropy with label 1 for real and 0 for fake.
#
# Before you run the cell: what is the loss of a D that answers logit 0 to everything?


# %%
def d_loss(logit_real, logit_fake):
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


a, b = torch.linspace(-3, 3, 14, dtype=torch.float64).view(2, 7)  # logits: real, fake
assert torch.isclose(d_loss(a, b), -a.sigmoid().log().mean() - (1 - b.sigmoid()).log().mean())
assert d_loss(a, b) == losses.cross_entropy_d(a, b)
d_loss(torch.zeros(5), torch.zeros(5))

# %% [markdown]
# Twice $\log 2$, or 1.3863: one $\log 2$ of surprise for each kind of sample. On a training curve
# this is the height at which D knows nothing.
#
# ## Why logits: the logarithm of a rounded zero
#
# On paper the long way is the same. Now take a fake that D is sure is real, logit 20, in float32.
# Its loss should be $\mathrm{softplus}(20) \approx 20$, its gradient $\sigma(20) \approx 1$. What
# comes out?

# %%
logit = torch.tensor(20.0, requires_grad=True)
long_way = -torch.log(1 - torch.sigmoid(logit))
long_way.backward()
assert (long_way.item(), logit.grad.isnan()) == (torch.inf, True)
long_way.item(), logit.grad.item()

# %% [markdown]
# An infinite loss, and a gradient that is no number. After one optimiser step every weight that it
# reaches is NaN.
#
# For large $l$, $1 - \sigma(l) \approx e^{-l}$. A float32 loses it in the sum $1 + e^{-l}$: numbers
# above 1 are $2^{-23}$ apart, half of that is lost, and $\sigma(l)$ is 1. The logarithm then
# sees 0, and the chain rule multiplies $1/0$ by $\sigma'(l) = 0$.
#
# A bfloat16 sums in float32 and rounds the *result*. Below 1 its numbers are $2^{-8}$ apart, so
# $1 - e^{-l}$ is lost from $e^{-l} = 2^{-9}$ on.

# %%
for dtype, power in [(torch.float32, 24), (torch.bfloat16, 9)]:
    logits = torch.arange(0, 20, 1 / 64).to(dtype)
    first = logits[logits.sigmoid() == 1][0].float()
    assert abs(first - power * divergences.LOG2) < 0.02
    print(f"{dtype} rounds D to 1 from logit {first:.2f} on")

# %% [markdown]
# A logit of 16.7 is nothing unusual; in bfloat16, which makes training fast, 6.3 is enough.
#
# The common plaster is to clip: `binary_cross_entropy` on probabilities keeps each logarithm above
# $-100$. That ends the NaN. But what becomes of the gradient?

# %%
clipped, mended = binary_cross_entropy(logit.sigmoid(), torch.tensor(0.0)), softplus(logit)
(clipped_slope,) = torch.autograd.grad(clipped, logit)
(mended_slope,) = torch.autograd.grad(mended, logit)
assert (clipped.item(), clipped_slope.item()) == (100, 0)
assert (round(mended.item(), 5), round(mended_slope.item(), 5)) == (20, 1)

# %% [markdown]
# Clipped, the loss says 100 and the gradient 0: D makes its worst mistake and is taught nothing.
# Softplus on the logit says 20 and 1. That is why D returns logits in this course.
#
# ## Two losses for G
#
# G can minimise $E \log(1-D(G(z)))$, its part of $V$, or $-E \log D(G(z))$. On logits:
# $-\mathrm{softplus}(l)$ and $\mathrm{softplus}(-l)$. By the chain rule $\log(1+e^{l})$ has the
# slope $e^{l}/(1+e^{l}) = \sigma(l)$, so the two slopes are $-\sigma(l)$ and $-\sigma(-l)$.

# %%
saturating, non_saturating = -sp.log(1 + sp.exp(ell)), sp.log(1 + sp.exp(-ell))
slope_sat, slope_non = sp.diff(saturating, ell), sp.diff(non_saturating, ell)
assert sp.simplify(slope_sat + s) == 0
assert sp.simplify(slope_non + s.subs(ell, -ell)) == 0
assert sp.simplify(slope_sat / slope_non - sp.exp(ell)) == 0

# %% [markdown]
# Both are negative everywhere: each fake is asked for a higher logit. Their ratio is $e^{l}$.
# Early in training D is sure that fakes are fake, say $l = -5$. How many times weaker is the
# saturating pull there? Guess, then run.

# %%
grid = torch.linspace(-6, 6, 241, dtype=torch.float64)
pulls = {"log(1 - D), saturating": -grid.sigmoid(), "-log D, non-saturating": -(-grid).sigmoid()}
sat, non = (pull[20].item() for pull in pulls.values())  # grid[20] is -5
assert round(non / sat) == 148
plots.lines(grid, pulls, "logit of a fake", "gradient", "How hard G is pulled")

# %% [markdown]
# 148 times. The saturating loss spends its pull on fakes that already pass, the other one on those
# that fail. G adds up over its samples, so the sum may point elsewhere; *What G follows* says
# where.
#
# ## Six losses
#
# With $l_r$ and $l_f$ the logits of real and fake samples, $\mathrm{sp}$ short for softplus:
#
# | loss | D minimises | G minimises |
# |---|---|---|
# | minimax | $E\,\mathrm{sp}(-l_r) + E\,\mathrm{sp}(l_f)$ | $-E\,\mathrm{sp}(l_f)$ |
# | non-saturating | the same | $E\,\mathrm{sp}(-l_f)$ |
# | least squares | $E(l_r-1)^2 + E\,l_f^2$ | $E(l_f-1)^2$ |
# | hinge | $E\max(0, 1-l_r) + E\max(0, 1+l_f)$ | $-E\,l_f$ |
# | Wasserstein | $E\,l_f - E\,l_r$, D 1-Lipschitz | $-E\,l_f$ |
# | relativistic | $E\,\mathrm{sp}(l_f - l_r)$, in pairs | $E\,\mathrm{sp}(l_r - l_f)$ |
#
# Two by Goodfellow et al. 2014, then one each: Mao et al. 2017, Lim and Ye 2017, Arjovsky et al.
# 2017, Jolicoeur-Martineau 2018.

# %%
log2, none, half = 0.693147, torch.zeros(8), torch.full((8,), 0.5)
found = [(p.d_loss(none, none), p.g_loss(none, none)) for p in losses.LOSSES.values()]
known = [(2 * log2, -log2), (2 * log2, log2), (1, 1), (2, 0), (0, 0), (log2, log2)]
assert torch.allclose(torch.tensor(found), torch.tensor(known), atol=1e-6)
assert losses.least_squares_d(half, half) == 0.5
{name: round(d.item(), 4) for name, (d, _) in zip(losses.LOSSES, found, strict=True)}

# %% [markdown]
# A D that answers 0 to everything costs 1.39, 1, 2, 0 or 0.69. For five losses, 0 means "cannot
# tell"; under least squares it means "fake", and a D that cannot tell says $\frac12$ and costs 0.5.
# Never compare loss *values* across losses.
#
# Compare slopes. One logit moves, the other stays at 0, autograd does the rest. Which loss never
# lets go of a sample, and which one drops it altogether?


# %%
zero = torch.tensor(0.0, dtype=torch.float64)


def terms(pair):
    return {"real": lambda logit: pair.d_loss(logit, zero),
            "fake": lambda logit: pair.d_loss(zero, logit),
            "G": lambda logit: pair.g_loss(zero, logit)}  # fmt: skip


rows = {name: terms(pair) for name, pair in losses.LOSSES.items()}
values = {name: {k: vmap(f)(grid) for k, f in row.items()} for name, row in rows.items()}
slopes = {name: {k: vmap(grad(f))(grid) for k, f in row.items()} for name, row in rows.items()}
plots.losses(grid, values, slopes)

# %% [markdown]
# Wasserstein pulls alike at any logit. *D's* hinge drops a sample beyond its margin; G's never
# does. Least squares pulls back even a logit that is *too* right. And G goes flat on the left,
# where fakes soon land, under one loss only: minimax.
#
# Now by hand. Choose a loss, drag the dots (or use arrow keys), and find where each player is
# stuck.

# %%
constant, hinge, squares = (slopes[n] for n in ("wasserstein", "hinge", "least-squares"))
assert all(len(pull.unique()) == 1 for pull in constant.values())
assert hinge["real"][grid > 1].eq(0).all()
assert hinge["fake"][grid < -1].eq(0).all()
assert hinge["G"].eq(-1).all()
assert squares["real"][grid > 1].gt(0).all()
assert [n for n, row in slopes.items() if row["G"][0].abs() < 0.01] == ["minimax"]  # at -6
live.move_logits()

# %% [markdown]
# ## What D's loss measures at its best
#
# As in lesson 02: D may choose $l(x)$ freely at each $x$, so we minimise the integrand there.
#
# **Least squares.** $p(l-1)^2 + q\,l^2$ has the slope $2p(l-1) + 2ql$, which is zero at
# $l^* = p/(p+q)$, and the second derivative $2(p+q) > 0$. Put in, $pq/(p+q)$ remains. With
# $4pq = (p+q)^2 - (p-q)^2$ its integral is $\frac12 - \frac14\int\frac{(p-q)^2}{p+q}$: a chi-square
# distance.

# %%
p, q = sp.symbols("p q", positive=True)
square = p * (ell - 1) ** 2 + q * ell**2
(best,) = sp.solve(sp.diff(square, ell), ell)
assert sp.simplify(best - p / (p + q)) == 0
assert sp.simplify(square.subs(ell, best) - ((p + q) - (p - q) ** 2 / (p + q)) / 4) == 0

# %% [markdown]
# **Hinge.** Between $-1$ and $1$ the integrand $p(1-l) + q(1+l)$ is a straight line of slope
# $q-p$; beyond, it only grows. So $l^* = \mathrm{sign}(p-q)$, and $2\min(p,q) = p + q - |p-q|$ is
# left: the integral is $2 - \int|p-q|$. By quadrature, for two Gaussians:

# %%
x = divergences.line(-14, 14)
log_p, log_q = divergences.log_normal(x), divergences.log_normal(x, mean=1.0, sd=1.5)
p_x, q_x, best = log_p.exp(), log_q.exp(), torch.sign(log_p - log_q)
at_best = divergences.integral(x, p_x * (1 - best).relu() + q_x * (1 + best).relu())
assert torch.isclose(at_best, 2 - divergences.integral(x, (p_x - q_x).abs()))

# %% [markdown]
# **Wasserstein**, on a line. Integrate by parts, with $P$ and $Q$ the cumulated densities, whose
# difference is 0 at both ends and goes to 0 faster than $1/|x|$, both means being finite:
# $\int l\,(p-q) = -\int l'\,(P-Q)$. As $|l'| \le 1$, this is at most $\int|P-Q| = W_1$, and it is
# that much for $l' = -\mathrm{sign}(P-Q)$. So D's loss is $-W_1$.

# %%
gap = divergences.cdf(x, log_p) - divergences.cdf(x, log_q)
best = torch.cat([x.new_zeros(1), torch.cumulative_trapezoid(-torch.sign(gap), x)])
assert (best.diff() / x.diff()).abs().max() < 1 + 1e-9  # 1-Lipschitz
W1 = divergences.wasserstein1(x, log_p, log_q)
assert torch.isclose(divergences.integral(x, best * (p_x - q_x)), W1, rtol=1e-4)

# %% [markdown]
# **Relativistic.** Take the pair $(x, y)$ and its mirror $(y, x)$ together: with $a = p(x)q(y)$,
# $b = p(y)q(x)$, $\Delta = l(x) - l(y)$ they cost
# $a\,\mathrm{sp}(-\Delta) + b\,\mathrm{sp}(\Delta)$. That is cross-entropy, best at
# $\Delta = \log(a/b)$, and $l^* = \log(p/q)$ does it for all pairs at once, up to a constant. As
# in lesson 02, $\log 2 - \mathrm{JSD}$ is left: of the pair in its two orders.

# %%
few = slice(None, None, 20)  # every 20th point: the pairs fill a square grid
best, area = (log_p - log_q)[few], (20 * (x[1] - x[0])) ** 2
log_a = log_p[few, None] + log_q[few]  # [x, y]
at_best = area * (log_a.exp() * softplus(best - best[:, None])).sum()
log_m = torch.logaddexp(log_a, log_a.T) - divergences.LOG2
assert torch.isclose(at_best, divergences.LOG2 - area * (log_a.exp() * (log_a - log_m)).sum())

# %% [markdown]
# ## What G follows
#
# In G's step D stands still. With $r = q/p$, a loss puts a price $w(r)$ on a fake at $x$, and G's
# gradient is $\int w(r)\,\partial q$; $\partial$ is the derivative by a parameter of G, and $p > 0$
# wherever $q$ is. That of an $f$-divergence $\int p\,\varphi(q/p)$ is
# $\int \varphi'(r)\,\partial q$ (chain rule). They agree where $\varphi' = w$, up to a constant,
# since $\int \partial q = 0$.
#
# | loss | price $w(r)$ at the best D | $\varphi(r)$ | G descends |
# |---|---|---|---|
# | minimax | $\log\frac{r}{1+r}$ | $r\log r - (1+r)\log(1+r)$ | $2\,$JSD |
# | non-saturating | $\log(1+r)$ | $(1+r)\log(1+r) - r$ | $\mathrm{KL}(q\Vert p) - 2\,$JSD |
# | least squares | $\big(\frac{r}{1+r}\big)^2$ | $r - 2\log(1+r) - \frac1{1+r}$ | its own |
# | hinge | $\mathrm{sign}(r-1)$ | $\lvert r-1\rvert$ | $\int\lvert p-q\rvert$ |
#
# The relativistic price of a fake at $y$, $E_{x\sim p}\log(1 + r(y)/r(x))$, averages over its real
# partners: no function of $r(y)$ alone, so no row here.

# %%
r = sp.symbols("r", positive=True)
minimax = r * sp.log(r) - (1 + r) * sp.log(1 + r)
non_saturating = (1 + r) * sp.log(1 + r) - r
squares = r - 2 * sp.log(1 + r) - 1 / (1 + r)
assert sp.simplify(sp.diff(minimax, r) - (sp.log(r) - sp.log(1 + r))) == 0
assert sp.simplify(sp.diff(non_saturating, r) - sp.log(1 + r)) == 0
assert sp.simplify(sp.diff(squares, r) - (r / (1 + r)) ** 2) == 0
curved = {minimax: 1 / (r * (1 + r)), non_saturating: 1 / (1 + r), squares: 2 * r / (1 + r) ** 3}
assert all(sp.simplify(sp.diff(phi, r, 2) - bend) == 0 for phi, bend in curved.items())
assert sp.diff(r * sp.log(r) - minimax - non_saturating, r, 2) == 0  # KL - 2 JSD: a straight line

# %% [markdown]
# The last line: KL has $\varphi = r\log r$, and $\mathrm{KL}(q\Vert p) - 2\,\mathrm{JSD}$ differs
# from the non-saturating $\varphi$ by a straight line, whose integral is constant. So the loss
# that most programs use pulls in KL and pushes *away* in JSD (Arjovsky and Bottou 2017).
# Wasserstein is simpler: G's loss is D's, turned round, so G descends $W_1$. For $p = N(0,1)$,
# $q = N(1,1)$: which wins, KL or $2\,$JSD?


# %%
def slope(f):
    return torch.autograd.grad(f, theta, retain_graph=True)[0]


def pull(price):
    return slope(divergences.integral(x, log_q.exp() * price))


theta = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
log_q = divergences.log_normal(x, mean=theta)
kl, jsd = divergences.kl(x, log_q, log_p), divergences.jsd(x, log_p, log_q)
log_r = (log_q - log_p).detach()  # D stands still
assert torch.isclose(pull(softplus(log_r)), slope(kl) - slope(2 * jsd))
assert torch.isclose(pull(logsigmoid(log_r)), slope(2 * jsd))
distance = divergences.integral(x, (log_q.exp() - log_p.exp()).abs())
assert torch.isclose(pull(torch.sign(log_r)), slope(distance))
assert torch.isclose(pull(x), slope(divergences.wasserstein1(x, log_p, log_q)))  # here best l = -x
found = [round(f.item(), 2) for f in (pull(softplus(log_r)), slope(kl), slope(2 * jsd))]
assert found == [0.6, 1.0, 0.4]

# %% [markdown]
# KL wins: it pulls with 1, $2\,$JSD pushes with 0.40. It always wins:
# $\varphi'' = \frac1{1+r} > 0$, so $\mathrm{KL} - 2\,\mathrm{JSD}$ is itself a divergence, smallest
# at $q = p$ only.
#
# ## Five formulas from the web
#
# Five public write-ups, which this course rebuilds, as printed:
#
# | no. | formula | what it is |
# |---|---|---|
# | 000 | $J_G = E\log D(G(z))$; $J_D = V$; both called losses | values to *maximise* |
# | 001 | $L_G = -\sum D(x_i)$ | no logarithm, and no G in it |
# | 002 | $L_G = -E_{x\sim p_{data}}\log D(G(z)) + E_z\log(1-D(G(z)))$ | both of G's at once |
# | 003 | $V$; its program ends D in a sigmoid | right only because Keras undoes the sigmoid |
# | 004 | $E[\log(1-D(\tilde x)]]$, "zero-sum" | a lost bracket |
#
# **000.** Descend its $J_D$ one step from logit 0. Where do the logits of real and fake go?

# %%
real, fake = torch.zeros(2, dtype=torch.float64, requires_grad=True)
J_D = logsigmoid(real) + logsigmoid(-fake)
step = [-g.item() for g in torch.autograd.grad(J_D, (real, fake))]
assert step == [-0.5, 0.5]

# %% [markdown]
# The real one down, the fake one up: D learns the opposite. Mended by a minus before each.
#
# **001.** Its $x_i$ are real samples, which G cannot move. Suppose only that is mended, to
# $-\sum D(G(z_i))$. Can the logarithm be spared? And is its $L_D$, a sum over labelled samples,
# right?

# %%
fakes = torch.tensor([-5.0, 0.0, 5.0], requires_grad=True)
(flat,) = torch.autograd.grad(-fakes.sigmoid().sum(), fakes)
assert torch.allclose(flat, torch.tensor([-0.0066, -0.25, -0.0066]), atol=1e-4)
y = torch.tensor([1.0] * 7 + [0.0] * 7)  # labels of a, then b
L_D = -(y * logsigmoid(torch.cat([a, b])) + (1 - y) * logsigmoid(-torch.cat([a, b]))).sum()
assert torch.isclose(L_D, len(y) / 2 * d_loss(a, b))

# %% [markdown]
# Without it the slope is $-\sigma(l)\,\sigma(-l)$, 0.0066 at $-5$: flat where it matters. Mended:
# $-E\log D(G(z))$. Its $L_D$ is right: $n/2$ times ours, if half of its $n$ samples are real.
#
# **002.** It averages over real $x$ a term that has none, a slip; its $L_D$ lacks the minus, like
# 000. What is left of $L_G$ on one logit, and where does it lead G?

# %%
L_G = sp.expand_log(-sp.log(s) + sp.log(1 - s), force=True)
assert sp.simplify(sp.exp(L_G) - sp.exp(-ell)) == 0  # L_G = -l
assert torch.isclose(pull(log_r), slope(kl))  # -l at D's best: log r

# %% [markdown]
# Minus the logit. At D's best its mean is $E_q\log(q/p) = \mathrm{KL}(q\Vert p)$: another
# divergence, not a wrong sign, and again zero only at $q = p$. It punishes fakes where there is no
# data and forgives missed modes. Mended, for the game of lesson 01: keep *one* of the terms.
#
# **003.** Its D ends in a sigmoid, and cross-entropy is taken of the probability. (Keras quietly
# looks up the logit behind a sigmoid; a program that does not can only clip, say at $10^{-7}$.)
# The gradient of the clipped loss at logit 20?

# %%
guarded = logit.sigmoid().clamp(1e-7, 1 - 1e-7)
(held,) = torch.autograd.grad(-torch.log(1 - guarded), logit)
assert held == 0

# %% [markdown]
# None. Mended: no sigmoid in D, softplus outside.
#
# **004.** Without its bracket, $\log 1 - D = -D$. Which D is then best at $p = q$? And its program
# has the non-saturating G: is the game still zero-sum, the slopes on a fake opposite?

# %%
D = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
assert torch.isclose(D[(D.log() + (1 - D).log()).argmax()], torch.tensor(0.5).double())
assert (D.log() - D).argmax() == 998  # the largest D there is
sum_of_slopes = slopes["non-saturating"]["fake"] + slopes["non-saturating"]["G"]
assert [round(v, 2) for v in sum_of_slopes[[0, 120, 240]].tolist()] == [-1.0, 0.0, 1.0]

# %% [markdown]
# The best D would be 1, not $\frac12$. And $V$ is zero-sum, the program is not: its slopes cancel
# only at logit 0.
#
# ## Recap
#
# - $-\log \sigma(l) = \mathrm{softplus}(-l)$: cross-entropy lives on logits, exact where
#   probabilities round.
# - Losses differ in slope; the two classic ones for G by the factor $e^{l}$.
# - At its best, D's loss measures JSD, chi-square, total variation or $W_1$.
# - G follows $\int w(r)\,\partial q$: non-saturating $\mathrm{KL}(q\Vert p) - 2\,$JSD, both at
#   once $\mathrm{KL}(q\Vert p)$.
#
# All of that with D at its best. In [lesson 04](04_dynamics.ipynb) both players move, and the game
# begins to turn. First do [the exercises](../exercises/03_losses.ipynb).
