# %% [markdown]
# # 03 · Losses
#
# Every GAN paper seems to bring its own loss. There are fewer than it looks: each of them scores
# one number, D's logit, and what reaches the weights is its slope.
#
# After this lesson you can
# - derive cross-entropy on logits from $V$, and say what breaks on the long way round;
# - read from a logit how hard each loss pulls on each player;
# - find which divergence a loss measures when D is at its best, and make D Lipschitz;
# - test a formula from a web page, and correct it.
#
# 75 minutes. You need $V(D, G)$ and $D^* = p/(p+q)$ from lessons 01 and 02.
#
# D looks at a sample and returns a logit $l$: far above 0 it says real, far below fake, and
# $D = \sigma(l) = 1/(1+e^{-l})$ is the probability. Early in training D is sure of the fakes.

# %% tags=["bet"]
# Bet: which loss still pushes (and the imports)
import sympy as sp
import torch
from torch import nn
from torch.func import grad, vmap
from torch.nn.functional import binary_cross_entropy, logsigmoid, softplus

from gancourse import claim, live, losses, plots
from gancourse.check import check
from gancourse.maths import divergences, fgan, transport

live.predict(
    "D is sure that a fake is fake: its logit is -5. G may minimise log(1 - D), its part of V, or "
    "-log D. Which loss still pushes that fake?",
    ("log(1 - D)", "-log D", "both alike", "neither"),
    "-log D",
    "Its slope there is -0.99, that of log(1 - D) -0.007. Move the logits below and see.",
)

# %% [markdown]
# Choose a loss and drag the dots, or use the sliders: each is a logit, of a real sample and of a
# fake. Left you see what both players pay, right the slope that reaches their weights. *minimax* is
# $\log(1-D)$, *non-saturating* is $-\log D$. Where is each player stuck?

# %%
live.move_logits("minimax", logit_real=2.0, logit_fake=-5.0)

# %% [markdown]
# ## From V to cross-entropy on logits
#
# D minimises $-V = -E \log D(x) - E \log(1 - D(G(z)))$, with $D = \sigma(l)$. Then
#
# $$1 - \sigma(l) = \frac{e^{-l}}{1+e^{-l}} = \frac{1}{e^{l}+1} = \sigma(-l), \qquad
#   -\log \sigma(l) = \log(1+e^{-l}) =: \mathrm{softplus}(-l).$$
#
# The first expands a fraction by $e^{l}$, the second is $-\log\frac1a = \log a$. Together, with
# $-l$ for $l$: $-\log(1-\sigma(l)) = \mathrm{softplus}(l)$.
#
# **Your turn** (exercise 03.1 of the sheet). Give each sample a label $y$ from 0 (fake) to 1
# (real). Return the mean of $-y\log D - (1-y)\log(1-D)$, exact even at logits of 10,000.


# %%
def cross_entropy(logit, y):
    """Return the cross-entropy, a scalar, of logits [N] with labels y [N] from 0 to 1."""
    raise NotImplementedError


check("03.1", cross_entropy)

# %% [markdown]
# With label 1 for real samples and 0 for fakes, that is D's loss: one softplus for each kind, and
# no logarithm of a probability. What does a D pay that answers logit 0 to everything?


# %%
def d_loss(logit_real, logit_fake):
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


d_loss(torch.zeros(5), torch.zeros(5))

# %% [markdown]
# Twice $\log 2$: one $\log 2$ of surprise for each kind of sample. On a training curve this is the
# height at which D knows nothing.
#
# **Why logits?** On paper the long way, over the probability, is the same. Take a fake that D is
# sure is real, logit 20: the loss should be 20, the slope 1. In float32:

# %%
logit = torch.tensor(20.0, requires_grad=True)
ways = {
    "-log(1 - sigmoid)": -torch.log(1 - torch.sigmoid(logit)),
    "the same, clipped": binary_cross_entropy(logit.sigmoid(), torch.tensor(0.0)),
    "softplus": softplus(logit),
}
came_out = {n: (way.item(), torch.autograd.grad(way, logit)[0].item()) for n, way in ways.items()}
for name, (loss, gradient) in came_out.items():
    print(f"{name:18} loss {loss:6.2f}   slope {gradient:.2f}")

# %% [markdown]
# The long way ends in infinity and NaN: $1 - \sigma(l) \approx e^{-l}$ is lost when $1 + e^{-l}$ is
# rounded, from logit 16.7 on in float32 and from 6.3 on in bfloat16, which makes training fast.
#
# The usual workaround is to clip, each logarithm at $-100$. That ends the NaN, and the slope: D
# makes its worst mistake and is taught nothing. That is why D returns logits here.
#
# The next cell proves what was said so far. Such cells are folded: open one, or read on.

# %% tags=["proof"]
# Proof: both logarithms are a softplus, d_loss is -V, the three ways, and where D rounds to 1
ell = sp.symbols("l", real=True)
s = 1 / (1 + sp.exp(-ell))
claim("1 - s(l) = s(-l)", sp.simplify(1 - s - s.subs(ell, -ell)), 0)
claim("softplus(-l) = -log s(l)", sp.simplify(sp.exp(sp.log(1 + sp.exp(-ell))) * s), 1)
claim("softplus(l) = -log(1 - s(l))", sp.simplify(sp.exp(sp.log(1 + sp.exp(ell))) * (1 - s)), 1)
a, b = torch.linspace(-3, 3, 14, dtype=torch.float64).view(2, 7)  # logits: real, fake
claim("d_loss is -V", d_loss(a, b), -a.sigmoid().log().mean() - (1 - b.sigmoid()).log().mean())
claim("and the package's", d_loss(a, b), losses.cross_entropy_d(a, b))
long_way, clipped, exact = came_out.values()
claim("the long way breaks", long_way[0] == torch.inf and long_way[1] != long_way[1])
claim("clipped, the slope is 0", clipped, (100.0, 0.0))
claim("softplus gives 20 and 1", torch.tensor(exact), torch.tensor([20.0, 1.0]))
for dtype, power, known in [(torch.float32, 24, 16.7), (torch.bfloat16, 9, 6.3)]:
    grid = torch.arange(0, 20, 1 / 64).to(dtype)
    first = grid[grid.sigmoid() == 1][0].item()
    claim(f"{dtype} rounds D to 1 from here on", first, power * divergences.LOG2, within=0.02)
    claim("as the text says", first, known, within=0.07)

# %% [markdown]
# ## Two losses for G
#
# On logits, G's two losses are $-\mathrm{softplus}(l)$ and $\mathrm{softplus}(-l)$. By the chain
# rule $\log(1+e^{l})$ has the slope $e^{l}/(1+e^{l}) = \sigma(l)$, so theirs are $-\sigma(l)$ and
# $-\sigma(-l)$: both ask for a higher logit everywhere, with the ratio $e^{l}$. Now set the loss to
# *non-saturating*, the fake still at $-5$.

# %%
live.move_logits("non-saturating", logit_real=2.0, logit_fake=-5.0)

# %% [markdown]
# G's slope was $-0.007$ and is $-0.993$: 148 times as much. The saturating loss spends its pull on
# fakes that already pass, the other one on those that fail. G adds up over its samples, so the sum
# may point elsewhere; *What G follows* says where.

# %% tags=["proof"]
# Proof: the two slopes, and the ratio e^l
saturating, non_saturating = -sp.log(1 + sp.exp(ell)), sp.log(1 + sp.exp(-ell))
slope_sat, slope_non = sp.diff(saturating, ell), sp.diff(non_saturating, ell)
claim("saturating: -s(l)", sp.simplify(slope_sat + s), 0)
claim("non-saturating: -s(-l)", sp.simplify(slope_non + s.subs(ell, -ell)), 0)
claim("their ratio is e^l", sp.simplify(slope_sat / slope_non - sp.exp(ell)), 0)
claim("148 times at -5", round(float(sp.exp(5))), 148)
claim(
    "-0.007 and -0.993",
    [round(float(v.subs(ell, -5)), 3) for v in (slope_sat, slope_non)],
    [-0.007, -0.993],
)

# %% [markdown]
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
# 2017, Jolicoeur-Martineau 2018. Below one logit moves, the other stays at 0. Which loss never
# lets go of a sample, and which one drops it altogether?

# %%
grid, zero = torch.linspace(-6, 6, 241, dtype=torch.float64), torch.tensor(0.0).double()


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
# A D that answers 0 to everything costs 1.39, 1, 2, 0 or 0.69: never compare loss *values* across
# losses. For five of them 0 means "cannot tell"; under least squares it means "fake", and a D that
# cannot tell says $\frac12$ and costs 0.5.

# %% tags=["proof"]
# Proof: the losses at logit 0, and what the slopes show
log2, none, half = 0.693147, torch.zeros(8), torch.full((8,), 0.5)
found = [(p.d_loss(none, none), p.g_loss(none, none)) for p in losses.LOSSES.values()]
known = [(2 * log2, -log2), (2 * log2, log2), (1, 1), (2, 0), (0, 0), (log2, log2)]
claim("losses at logit 0", torch.tensor(found), torch.tensor(known))
claim("least squares at 1/2", losses.least_squares_d(half, half), 0.5)
constant, hinge, squares = (slopes[n] for n in ("wasserstein", "hinge", "least-squares"))
claim("Wasserstein pulls alike", all(len(pull.unique()) == 1 for pull in constant.values()))
dropped = hinge["real"][grid > 1], hinge["fake"][grid < -1]
claim("D's hinge drops", torch.cat(dropped), 0.0)
claim("G's never does", hinge["G"], -1.0)
claim("least squares pulls back", squares["real"][grid > 1], above=0)
flat = [n for n, row in slopes.items() if row["G"][0].abs() < 0.01]
claim("flat for G at -6", flat, ["minimax"])

# %% [markdown]
# ## What D's loss measures at its best
#
# Let D be free at each $x$, and $r = q/p$ there. Going from the logit of a D that cannot tell to
# $l$, D saves $T$ on a fake and pays $F$ on a real sample. Per real sample the gain is $r\,T - F$;
# at its best it is $f(r) = \max_l\,(r\,T(l) - F(l))$. So D's loss falls, from where it cannot tell,
# by $E_p f(q/p)$: an **$f$-divergence**. This search finds it for each loss, knowing its code
# alone.

# %%
r = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
print("r = q/p:              ", *(f"{value:7.2f}" for value in r))
for name, pair in losses.LOSSES.items():
    if not pair.pairs_real:
        logit_best, f = fgan.best(pair, r)
        print(f"{name:15} best l", *(f"{value:7.2f}" for value in logit_best))
        print(f"{'':15}   f(r)", *(f"{value:7.3f}" for value in f))

# %% [markdown]
# Each row falls out by setting the slope of $r\,T - F$ to 0:
#
# | loss | best $l$ | $f(r)$ | $E_p f(q/p)$ |
# |---|---|---|---|
# | minimax, non-saturating | $-\log r$ | $r\log r - (1+r)\log\frac{1+r}2$ | $2\,$JSD |
# | least squares | $\frac1{1+r}$ | $\frac{(r-1)^2}{4(r+1)}$ | $\frac14\int\frac{(p-q)^2}{p+q}$ |
# | hinge | $\mathrm{sign}(1-r)$ | $\lvert r-1\rvert$ | $\int\lvert p-q\rvert$ |
# | Wasserstein | $\pm\infty$ | $\infty$, but 0 at $r=1$ | none until D's slope is bounded |
#
# The integral of the second row is Pearson's $\chi^2$ between $p+q$ and $2q$ (Mao et al. 2017),
# that of the third twice the total variation.
#
# $F$ is the conjugate $f^*(T) = \max_r\,(rT - f(r))$, and for *any* function $T(x)$,
# $E_p f(q/p) \ge E_q T - E_p f^*(T)$. This bound is f-GAN (Nowozin et al. 2016, with $p$ and $q$
# exchanged): train D on the right side, and it climbs towards the divergence on the left.
#
# The relativistic loss compares. Take the pair $(x, y)$ and its mirror together, and it is
# cross-entropy with $l^* = \log(p/q)$ up to a constant: $\log 2 - \mathrm{JSD}$ of the pair in its
# two orders is left.

# %% tags=["proof"]
# Proof: the f of the table, their conjugates, the bound, and the relativistic pairs
known = {"minimax": (lambda r: r * r.log() - (1 + r) * ((1 + r) / 2).log(), 5.0),
         "least-squares": (lambda r: (r - 1) ** 2 / (4 * (r + 1)), 0.45),
         "hinge": (lambda r: (r - 1).abs(), 1.0)}  # fmt: skip
x = divergences.line(-9, 10, 401)
log_p, log_q = divergences.log_normal(x), divergences.log_normal(x, mean=1.0, sd=1.5)
p_x, q_x, ratio = log_p.exp(), log_q.exp(), (log_q - log_p).exp()
measured = {"minimax": 2 * divergences.jsd(x, log_p, log_q),
            "least-squares": divergences.integral(x, (p_x - q_x) ** 2 / (p_x + q_x)) / 4,
            "hinge": divergences.integral(x, (p_x - q_x).abs())}  # fmt: skip
for name, (f, reach) in known.items():
    pair = losses.LOSSES[name]
    claim(f"f of {name}", fgan.best(pair, r)[1], f(r), within=1e-5)
    T, F = fgan.terms(pair, pair.rest + torch.linspace(-reach, reach, 9, dtype=torch.float64))
    claim(f"F is the conjugate for {name}", fgan.conjugate(f, T), F, within=1e-5)
    reached = divergences.integral(x, p_x * fgan.best(pair, ratio)[1])
    claim(f"the divergence of {name}", reached, measured[name], within=2e-3)
    T, F = fgan.terms(pair, pair.rest - 0.4 * torch.tanh(x))  # some D, not the best
    some = divergences.integral(x, q_x * T - p_x * F)
    claim(f"any other D of {name} finds less", some, above=0.0, below=measured[name])
best, area = log_p - log_q, (x[1] - x[0]) ** 2
log_a = log_p[:, None] + log_q  # [x, y]
at_best = area * (log_a.exp() * softplus(best - best[:, None])).sum()
log_m = torch.logaddexp(log_a, log_a.T) - divergences.LOG2
claim("pairs", at_best, divergences.LOG2 - area * (log_a.exp() * (log_a - log_m)).sum())

# %% [markdown]
# ## Wasserstein: a D of bounded slope
#
# The last row has no finite $f$: D would answer $\pm\infty$. Let its slope be at most 1
# (*1-Lipschitz*), and it measures a distance. Left, the cheapest plan that moves the fakes onto the
# data; right, the best such D. Both come from a linear programme. How do the lines lie to D's
# levels?

# %%
turn = 2 * torch.pi * torch.arange(12) / 12
x_real = 2 * torch.stack([turn.cos(), turn.sin()], 1)
x_fake = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)) / 2 + 1
plan, cost = transport.cheapest_plan(x_real, x_fake)
real_scores, fake_scores, value = transport.best_scores(x_real, x_fake)
known = torch.cat([x_real, x_fake]), torch.cat([real_scores, fake_scores])
plots.transport(x_real, x_fake, plan, lambda points: transport.extended(*known, points))

# %% [markdown]
# Along each line D rises by exactly the line's length, across its levels.
#
# **Statement** (Kantorovich and Rubinstein). The most that a 1-Lipschitz D can score,
# $E_p D - E_q D$, equals the least that a plan can cost: $W_1$, here 1.83. One direction is plain:
# a plan splits $E_p D - E_q D$ into steps from a fake to a real point, and no step gains more than
# its length. On a line $W_1 = \int|P-Q|$, with the cumulated densities, as in lesson 02.

# %% tags=["proof"]
# Proof: primal = dual for the points in the plane, and on a line by parts
claim("the best D scores what the cheapest plan costs", value, cost, within=1e-8)
claim("it is 1.83", round(cost, 2), 1.83)
apart = torch.cdist(x_fake.double(), x_real.double())
gain = real_scores - fake_scores[:, None]  # [fake, real]
claim("no pair gains more than its distance", (gain - apart).max(), below=1e-8)
used = plan > 1e-9
claim("a line of the plan gains its length", gain[used], apart[used], within=1e-6)
gap = divergences.cdf(x, log_p) - divergences.cdf(x, log_q)
best = torch.cat([x.new_zeros(1), torch.cumulative_trapezoid(-torch.sign(gap), x)])  # slope 1
W1 = divergences.wasserstein1(x, log_p, log_q)
claim("on a line", divergences.integral(x, best * (p_x - q_x)), W1, within=1e-3)

# %% [markdown]
# How does one bound the slope of a net? WGAN clips: after each step every weight is cut to
# $[-c, c]$ (Arjovsky et al. 2017). That bounds the slope by *some* number.

# %% tags=["bet"]
# Bet: how steep is a clipped D?
live.predict(
    "A net of three hidden layers of 64, trained on the points above, every weight clipped to 0.1 "
    "after each step. How steep does D become?",
    ("about 1", "ten times flatter", "ten times steeper"),
    "ten times steeper",
    "Each layer multiplies by up to 64 times 0.1 or so, and three layers multiply each other.",
)


# %%
def critic(clip=None, weight=0.0, steps=300):
    torch.manual_seed(0)
    widths = [(2, 64), (64, 64), (64, 64)]
    layers = [layer for sizes in widths for layer in (nn.Linear(*sizes), nn.ReLU())]
    D = nn.Sequential(*layers, nn.Linear(64, 1))
    optimiser = torch.optim.RMSprop(D.parameters(), lr=clip / 20 if clip else 1e-3)
    for _ in range(steps):
        pairs = x_real[torch.randint(12, (64,))], x_fake[torch.randint(8, (64,))]
        penalty = weight * losses.wgan_gp_penalty(D, *pairs) if weight else 0.0
        optimiser.zero_grad()
        (losses.wasserstein_d(D(x_real), D(x_fake)) + penalty).backward()
        optimiser.step()
        for parameter in D.parameters() if clip else ():
            parameter.data.clamp_(-clip, clip)
    return D


critics = {f"clipped at {c}": critic(clip=c) for c in (0.01, 0.1, 1.0)}
critics["penalty, weight 10"] = critic(weight=10.0)
plane = torch.cartesian_prod(*[torch.linspace(-2.3, 2.3, 47)] * 2)
for name, D in critics.items():
    steepest = losses.slope(D, plane).norm(dim=1).max().item()
    share = -losses.wasserstein_d(D(x_real), D(x_fake)).item() / steepest / cost
    print(f"{name:18} steepest {steepest:10.4g}   finds {share:.0%} of W1 at that slope")

# %% [markdown]
# No $c$ is a good one: with 0.01 nothing reaches G, with 1 the slope explodes, since every layer
# multiplies. And at whatever slope it has, a clipped D finds half of the distance (the share is
# $E_pD - E_qD$ over its steepest slope and $W_1$; by the statement at most 100 %). Its level lines,
# each panel on its own scale, show why:

# %%
best_D = {"the best": lambda points: transport.extended(*known, points)}
plots.levels(
    best_D | {n: critics[n] for n in ("clipped at 0.1", "penalty, weight 10")}, x_real, x_fake
)

# %% [markdown]
# Clipped, most weights end up at $\pm c$, and D is hardly more than one slanting plane: it cannot
# fall towards the fakes from all sides. WGAN-GP (Gulrajani et al. 2017) adds
# $\lambda E(|\nabla D| - 1)^2$ at points between real and fake ones instead: a slope near 1, and
# most of the distance. Lesson 12 has more ways.

# %% tags=["proof"]
# Proof: what clipping and the penalty did to D
steep = {n: losses.slope(D, plane).norm(dim=1).max().item() for n, D in critics.items()}
shares = {n: -losses.wasserstein_d(D(x_real), D(x_fake)).item() / steep[n] / cost
          for n, D in critics.items()}  # fmt: skip
clips = [steep[f"clipped at {c}"] for c in (0.01, 0.1, 1.0)]
claim(
    "flat, ten times as steep as 1, and explosive",
    clips[0] < 0.01 and 3 < clips[1] < 30 and clips[2] > 1e3,
)
claim(
    "a clipped D finds about half",
    [v for n, v in shares.items() if "clip" in n],
    above=0.35,
    below=0.7,
)
claim("the penalty's finds most", shares["penalty, weight 10"], above=0.8, below=1.0)
claim("at a slope near 1", steep["penalty, weight 10"], above=0.8, below=1.6)
weights = torch.cat([p.detach().flatten() for p in critics["clipped at 0.1"].parameters()])
claim("most weights are at the bound", (weights.abs() > 0.0999).float().mean(), above=0.5)

# %% [markdown]
# ## What G follows
#
# In G's step D stands still. With $r = q/p$, a loss puts a price $w(r)$ on a fake, and G's gradient
# is $\int w(r)\,\partial q$; $\partial$ is the derivative by a parameter of G, and $p > 0$ wherever
# $q$ is. That of $E_p\varphi(q/p)$ is $\int \varphi'(r)\,\partial q$. They agree where
# $\varphi' = w$, up to a constant, since $\int \partial q = 0$.
#
# | loss | price $w(r)$ at the best D | $\varphi(r)$ | G descends |
# |---|---|---|---|
# | minimax | $\log\frac{r}{1+r}$ | $r\log r - (1+r)\log(1+r)$ | $2\,$JSD |
# | non-saturating | $\log(1+r)$ | $(1+r)\log(1+r) - r$ | $\mathrm{KL}(q\Vert p) - 2\,$JSD |
# | least squares | $\big(\frac{r}{1+r}\big)^2$ | $r - 2\log(1+r) - \frac1{1+r}$ | its own |
# | hinge | $\mathrm{sign}(r-1)$ | $\lvert r-1\rvert$ | $\int\lvert p-q\rvert$ |
#
# Minimax and hinge follow the $f$ that D measures, since their price is D's own $T$. The other two
# do not. Bet first; then see, for $p = N(0,1)$ and $q = N(1,1)$, G's gradient from the losses'
# code, with D at its best and standing still, beside the slopes of the divergences.

# %% tags=["bet"]
# Bet: KL or JSD?
live.predict(
    "Under -log D, which most programs use, G descends KL(q|p) - 2 JSD: towards the data in KL, "
    "away from it in JSD. Which wins?",
    ("KL, always", "JSD, always", "it depends on p and q"),
    "KL, always",
    "The difference is itself a divergence, smallest where q = p only. Below, for two Gaussians "
    "one apart, KL pulls with 1.0 and 2 JSD pushes with 0.4.",
)


# %%
def slope(quantity):
    return torch.autograd.grad(quantity, theta, retain_graph=True)[0].item()


theta = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
x = divergences.line(-9, 10, 401)
log_p, log_q = divergences.log_normal(x), divergences.log_normal(x, mean=theta)
p_x, q_x, jsd = log_p.exp(), log_q.exp(), divergences.jsd(x, log_p, log_q)
kl = divergences.kl(x, log_q, log_p)
chi2 = divergences.integral(x, (p_x - q_x) ** 2 / (p_x + q_x))
away = divergences.integral(x, (p_x - q_x).abs())
pulls = {}
for name in ("minimax", "non-saturating", "least-squares", "hinge"):
    D_x, _ = fgan.best(losses.LOSSES[name], (log_q - log_p).exp().detach())  # D stands still
    price = vmap(lambda one, name=name: losses.LOSSES[name].g_loss(None, one))(D_x)
    pulls[name] = slope(divergences.integral(x, q_x * price))
print("G follows  ", {name: round(pull, 2) for name, pull in pulls.items()})
known_slopes = {"KL(q|p)": kl, "2 JSD": 2 * jsd, "chi²": chi2, "∫|p-q|": away}
print("slope of   ", {name: round(slope(value), 2) for name, value in known_slopes.items()})

# %% [markdown]
# Minimax pulls like $2\,$JSD, 0.40; the non-saturating loss with $1 - 0.40 = 0.60$ (Arjovsky and
# Bottou 2017). KL always wins: $\varphi'' = \frac1{1+r} > 0$, so $\mathrm{KL} - 2\,\mathrm{JSD}$ is
# a divergence, smallest at $q = p$ only.
#
# Least squares pulls with 0.23, a quarter of $\chi^2$ would with 0.17. Mao et al. reach $\chi^2$ by
# putting the best D, with targets $-1$, $1$ and $0$ for G, into G's loss *over real samples too*;
# G's step, which sees a fixed D, pulls with 0.12 there, where $\chi^2$ has the slope 0.68.
#
# Under Wasserstein G's loss is D's, turned round: it descends $W_1$. The relativistic price of a
# fake at $y$, $E_{x\sim p}\log(1 + r(y)/r(x))$, is no function of $r(y)$ alone: no row.

# %% tags=["proof"]
# Proof: prices and their divergences, by symbols and by quadrature
u = sp.symbols("r", positive=True)
minimax = u * sp.log(u) - (1 + u) * sp.log(1 + u)
common = (1 + u) * sp.log(1 + u) - u  # the non-saturating one
least = u - 2 * sp.log(1 + u) - 1 / (1 + u)
prices = {minimax: sp.log(u) - sp.log(1 + u), common: sp.log(1 + u), least: (u / (1 + u)) ** 2}
for phi, price in prices.items():
    claim("phi' is the price", sp.simplify(sp.diff(phi, u) - price), 0)
bends = {minimax: 1 / (u * (1 + u)), common: 1 / (1 + u), least: 2 * u / (1 + u) ** 3}
claim("all bend upwards", all(sp.simplify(sp.diff(phi, u, 2) - v) == 0 for phi, v in bends.items()))
claim("KL - 2 JSD: a straight line is left", sp.diff(u * sp.log(u) - minimax - common, u, 2), 0)
claim("minimax", pulls["minimax"], slope(2 * jsd), within=1e-3)
claim("non-saturating", pulls["non-saturating"], slope(kl) - slope(2 * jsd), within=1e-3)
claim("hinge", pulls["hinge"], slope(away), within=1e-3)
ratio = (log_q - log_p).exp().detach()
mao = slope(divergences.integral(x, q_x * ((1 - ratio) / (1 + ratio)) ** 2))
found = slope(kl), slope(2 * jsd), pulls["least-squares"], slope(chi2) / 4, mao, slope(chi2)
claim("as the text says", [round(v, 2) for v in found], [1.0, 0.4, 0.23, 0.17, 0.12, 0.68])
by_W1 = slope(divergences.integral(x, q_x * x)), slope(divergences.wasserstein1(x, log_p, log_q))
claim("Wasserstein, where the best l is -x", *by_W1, within=1e-6)

# %% [markdown]
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
# Each is a function of a logit, so one derivative tests it. Before you run: which one trains D the
# wrong way, and which one leads G to another divergence?


# %%
def step(loss, at=0.0, dtype=torch.float64):
    """Return where one step of descent moves a logit: minus the slope of the loss."""
    return -grad(loss)(torch.tensor(at, dtype=dtype)).item() + 0.0


def clipped_loss(v):
    return -torch.log(1 - v.sigmoid().clamp(1e-7, 1 - 1e-7))


every_D = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
moves = {
    "000, J_D: a real logit at 0": step(logsigmoid),
    "000, J_D: a fake logit at 0": step(lambda v: logsigmoid(-v)),
    "001, -D: a fake at -5": step(lambda v: -v.sigmoid(), -5.0),
    "002, both terms: a fake at -5": step(lambda v: softplus(-v) - softplus(v), -5.0),
    "002, both terms: a fake at 5": step(lambda v: softplus(-v) - softplus(v), 5.0),
    "003, clipped at 1e-7: a fake at 20": step(clipped_loss, 20.0, torch.float32),
}
for name, move in moves.items():
    print(f"{name:36} moves by {move:7.4f}")
print(f"{'004: where p = q, the best D is':44} {every_D[(every_D.log() - every_D).argmax()]:7.4f}")

# %% [markdown]
# **000**, the real logit down, the fake one up: D learns the opposite. Corrected by a minus before
# each.
#
# **001**: its $x_i$ are real samples, which G cannot move. With fakes in their place the slope is
# $-\sigma(l)\,\sigma(-l)$, flat where it matters. Corrected: $-E\log D(G(z))$. Its $L_D$ is right:
# $n/2$ times ours, if half of its $n$ samples are real.
#
# **002**: minus the logit is left. At D's best its mean is $E_q\log(q/p) = \mathrm{KL}(q\Vert p)$:
# another divergence, not a wrong sign. It punishes fakes where there is no data and forgives missed
# modes. Corrected, for the game of lesson 01: keep *one* of the terms.
#
# **003**: D takes that fake for real, and where nobody undoes the sigmoid nothing moves. Corrected:
# no sigmoid in D, softplus outside. **004**: without the bracket, $\log 1 - D = -D$, and the best D
# would be 1, not $\frac12$. And its program has the non-saturating G, so its game is not zero-sum:
# the slopes on a fake cancel at logit 0 only.

# %% tags=["proof"]
# Proof: what each write-up's formula does
claim("the table", [round(v, 4) for v in moves.values()], [-0.5, 0.5, 0.0066, 1.0, 1.0, 0.0])
y = torch.tensor([1.0] * 7 + [0.0] * 7)  # labels of a, then b
L_D = -(y * logsigmoid(torch.cat([a, b])) + (1 - y) * logsigmoid(-torch.cat([a, b]))).sum()
claim("its L_D is n/2 times ours", L_D, len(y) / 2 * d_loss(a, b))
L_G = sp.expand_log(-sp.log(s) + sp.log(1 - s), force=True)
claim("002 is minus the logit", sp.simplify(sp.exp(L_G) - sp.exp(-ell)), 0)
at_best_D = (log_q - log_p).detach()  # minus the best logit
claim("and pulls like KL", slope(divergences.integral(x, q_x * at_best_D)), slope(kl), within=1e-6)
claim("004's best D is the largest there is", (every_D.log() - every_D).argmax().item(), 998)
claim("with the bracket it is 1/2", (every_D.log() + (1 - every_D).log()).argmax().item(), 499)
sums = slopes["non-saturating"]["fake"] + slopes["non-saturating"]["G"]
claim("not zero-sum", sums[[0, 120, 240]], torch.tensor([-1.0, 0.0, 1.0]), within=0.01)

# %% [markdown]
# ## Recap
#
# - $-\log \sigma(l) = \mathrm{softplus}(-l)$: cross-entropy lives on logits, exact where
#   probabilities round. G's two classic losses differ in slope by the factor $e^{l}$.
# - At its best, D's loss measures an $f$-divergence: JSD, Pearson's $\chi^2$, total variation. A D
#   of bounded slope measures $W_1$; clipping weights is a bad way to bound it.
# - G follows $\int w(r)\,\partial q$: non-saturating $\mathrm{KL}(q\Vert p) - 2\,$JSD, both terms
#   at once $\mathrm{KL}(q\Vert p)$.
#
# All of that with D at its best. In [lesson 04](04_dynamics.ipynb) both players move, and the game
# begins to turn. First do [the exercises](../exercises/03_losses.ipynb).
