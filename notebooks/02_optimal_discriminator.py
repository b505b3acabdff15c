# %% [markdown]
# # 02 · The optimal discriminator
#
# If D always plays its best answer, it vanishes from the game. What is left is a *divergence*, a
# number that says how far $q$ is from $p$: the reason why a GAN works, and one reason why it fails.
#
# After this lesson you can
# - derive $D^* = p/(p+q)$, find it by training, and read $p/q$ off a trained D;
# - derive $C(G) = \max_D V = -\log 4 + 2\,\mathrm{JSD}(p, q)$, and prove that only $q = p$ attains
#   the minimum;
# - compare JSD, both KL and Wasserstein-1, also where $p$ and $q$ share nothing;
# - say when the gradient that reaches G dies, and how fast.
#
# 50 minutes. You need lesson 01. Whoever came for the code may leave the folded proofs closed.

# %%
import sympy as sp
import torch
from scipy.stats import wasserstein_distance
from torch.nn.functional import logsigmoid

from gancourse import claim, live, load_images, plots, seed_everything, train
from gancourse.check import check
from gancourse.data.toys import two_bumps
from gancourse.maths import divergences
from gancourse.nets import MLPDiscriminator

rng = seed_everything(2)
x = divergences.line(-30, 30, 3001)
shown = slice(1250, 1751)  # the part from -5 to 5
log_p, log_q = divergences.log_normal(x, 0.0), divergences.log_normal(x, 1.5, 0.5)

# %% [markdown]
# ## The best D
#
# On the left, the blue bell is real, the orange one is fake, and the green curve is the best D
# that there is. On the right are five fakes, each with the push that it gets from this D when G
# descends $V$. Slide the fakes to and fro; but bet, below, before you slide them far away.

# %%
live.slide_q()

# %% tags=["bet"]
# Bet: the push, far away
live.predict(
    "The fakes stand at 2, and their mean push is -0.459. What is it when they stand at 5?",
    ["about -1: further away, a stronger push", "about -0.46 still", "next to nothing"],
    "next to nothing",
    "It is -0.003. Where D is sure, its curve is flat, and G follows a slope. This lesson is about "
    "that.",
)

# %% [markdown]
# Why is the green curve the best? D wants $V$ large:
#
# $$V(D, G) = \int \big[\,p(x) \log D(x) + q(x) \log(1 - D(x))\,\big]\, dx.$$
#
# D may take any value at any $x$, independently of all others. So the integral is largest when
# the bracket is largest *at each $x$*: a problem for one number $d$. Here is the bracket, for
# three pairs $a = p(x)$, $b = q(x)$.

# %%
d = torch.linspace(0.02, 0.98, 97, dtype=x.dtype)
pairs = {"p = 0.4, q = 0.1": (0.4, 0.1), "both 0.3": (0.3, 0.3), "q = 0.4, p = 0.1": (0.1, 0.4)}
bracket = {name: a * d.log() + b * (1 - d).log() for name, (a, b) in pairs.items()}
plots.lines(d, bracket, "d, what D says at x", "p log d + q log(1 - d)")

# %% [markdown]
# The tops lie at 0.8, 0.5 and 0.2: at $p/(p+q)$.
#
# $$\boxed{D^*(x) = \frac{p(x)}{p(x) + q(x)}} \qquad\text{with the logit}\qquad
#   \log \frac{D^*}{1 - D^*} = \log p - \log q.$$
#
# Real and fake are drawn equally often, so by Bayes' rule this is the probability that a sample
# seen at $x$ is real. D's best answer is to be honest. (Goodfellow et al. 2014, Proposition 1; what
# it leaves for G, further down, is their Theorem 1.)
#
# <details><summary>Why it is the top, and the only one</summary>
#
# For $a, b > 0$ let $f(d) = a \log d + b \log(1 - d)$. Then $f'(d) = a/d - b/(1-d)$ is zero where
# $a(1-d) = bd$, that is at $d = a/(a+b)$ only. And $f''(d) = -a/d^2 - b/(1-d)^2 < 0$: $f$ is
# strictly concave, so this is its one maximum.
#
# If $b = 0 < a$, then $f$ grows all the way to $d = 1$; if $a = 0 < b$, down to $d = 0$. Both are
# $a/(a+b)$ again. If $a = b = 0$, any $d$ will do.
#
# </details>

# %% tags=["proof"]
# Proof: D* is the only maximum, and a thousand crooked D all score less
a, b, t = sp.symbols("a b t", positive=True)
f = a * sp.log(t) + b * sp.log(1 - t)
tops = [d[f.argmax()].item() for f in bracket.values()]
claim("the tops of the three curves", torch.tensor(tops), torch.tensor([0.8, 0.5, 0.2]))
claim("f' vanishes at a / (a + b) only", sp.solve(f.diff(t), t) == [a / (a + b)])
claim("f'' is negative", sp.simplify(f.diff(t, 2) + a / t**2 + b / (1 - t) ** 2) == 0)
u, v, w = torch.randn(3, 1000, 1, generator=rng, dtype=x.dtype)
others = log_p - log_q + u * torch.sin(v * x + w)  # [1000, 3001]
top = divergences.value(x, log_p, log_q, log_p - log_q)
claim("other logits score less", divergences.value(x, log_p, log_q, others), below=top)

# %% [markdown]
# ## Does training find it?
#
# A real D knows no densities, only samples. Give a small network 4,000 of each kind, from
# $p = N(0, 1)$ and $q = N(1.5, 0.5^2)$, and minimise its loss from lesson 01, $-\hat V$. The net
# returns the logit: $\log D$ is `logsigmoid` of it, and $\log(1 - D)$ of its negative.

# %%
x_real = torch.randn(4000, 1, generator=rng)
x_fake = 1.5 + 0.5 * torch.randn(4000, 1, generator=rng)
net = MLPDiscriminator(widths=(32, 32), shape=(1,))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(300):
    opt.zero_grad()
    loss = -logsigmoid(net(x_real)).mean() - logsigmoid(-net(x_fake)).mean()
    loss.backward()
    opt.step()
{"V reached": -loss.item(), "V at D*": divergences.best_value(x, log_p, log_q).item()}

# %% [markdown]
# It scores about as much as D*. Then its logit should be $\log p - \log q$ too, and $D/(1-D)$ the
# ratio $p/q$ of two densities that it was never given. Where can you trust that ratio?

# %% tags=["bet"]
# Bet: where the ratio can be trusted
live.predict(
    "Where does the trained D give the ratio p/q about right?",
    ["everywhere", "wherever there are real samples", "where there are samples of both kinds"],
    "where there are samples of both kinds",
    "Where one kind is missing, the loss asks for a large logit and does not say how large.",
)

# %%
learned, exact = net(x[:, None].float()).double().detach(), log_p - log_q  # two logits
by_D, KL = -net(x_fake).mean().item(), divergences.kl(x, log_q, log_p).item()
left = [plots.Mark("fill", x[shown], f.exp()[shown], n, n[0])
        for n, f in (("p, real", log_p), ("q, fake", log_q))]  # fmt: skip
right = []
for kind, name, role, logit in ("line", "D, trained", "D", learned), ("dashed", "exact", "", exact):
    left.append(plots.Mark(kind, x[shown], logit[shown].sigmoid(), name, role))
    right.append(plots.Mark(kind, x[shown], logit[shown], name, role))
panels = (plots.Panel(tuple(left), "x", "density; D(x)", (-5, 5), (0, 1.45)),
          plots.Panel(tuple(right), "x", "log p/q", (-5, 5), (-5, 25)))  # fmt: skip
note = f"KL(q‖p) is {KL:.2f}, and by D alone {by_D:.2f}"
plots.panels(panels, "D is right where samples are, its log ratio where both kinds are.", note)

# %% [markdown]
# D lies on the curve wherever there are samples. Its log ratio lies on the dashed one between 0
# and 3, where both kinds are, and far below it on the left, where next to no fake was seen. So a
# trained D is a *density-ratio estimator*, which gives divergences without any density: $-E_q\,l$
# comes close to $\mathrm{KL}(q\,\|\,p) = E_q \log\frac{q}{p}$, which asks for the ratio at fakes.
# For $\mathrm{KL}(p\,\|\,q)$, at real samples, on the left too, D says too little.

# %% tags=["proof"]
# Proof: where the trained D is right
half = (log_p.exp() + log_q.exp()) / 2
error = divergences.integral(x, half * (learned.sigmoid() - exact.sigmoid()).abs())
claim("the mean error of D is below 0.03", error, below=0.03)
off = (learned - exact).abs()
claim("the log ratio is within 1 between 0 and 3", off[(x > 0) & (x < 3)], below=1)
claim("and off by more than 3 from -1.5 down to -5", off[(x > -5) & (x < -1.5)], above=3)
claim("KL(q|p) by D, within 0.2", by_D, KL, within=0.2)
missed = divergences.kl(x, log_p, log_q) - net(x_real).mean()
claim("KL(p|q) by D is too small", missed, above=0.3)

# %% [markdown]
# ## What is left for G
#
# With D* in place, $V$ depends on G alone. Call it $C(G) = V(D^*, G)$, and slide a bell along.
# With it, dashed, goes a second curve. With $m = (p+q)/2$, the even mixture, it is made of
#
# $$\mathrm{KL}(p\,\|\,q) = E_p \log\frac{p}{q}, \qquad
#   \mathrm{JSD}(p, q) = \tfrac12 \mathrm{KL}(p\,\|\,m) + \tfrac12 \mathrm{KL}(q\,\|\,m).$$


# %%
def kl(log_p, log_q):
    return divergences.integral(x, log_p.exp() * (log_p - log_q))


def jsd(log_p, log_q):
    log_m = torch.logaddexp(log_p, log_q) - divergences.LOG2
    return (kl(log_p, log_m) + kl(log_q, log_m)) / 2


means = divergences.line(-6, 6, 121)
bells = divergences.log_normal(x, means[:, None])
C = divergences.value(x, log_p, bells, log_p - bells)
formula = 2 * jsd(log_p, bells) - divergences.LOG4
marks = (plots.Mark("line", means, C, "C(G) = V(D*, G)", "G"),
         plots.Mark("dashed", means, formula, "2 JSD - log 4"))  # fmt: skip
plots.panels([plots.Panel(marks, "mean of q", "C(G)")], alt="C is a valley with a flat rim at 0.")

# %% [markdown]
# They are one curve, a valley with its floor at $q = p$: $D^* = p/(2m)$ and $1 - D^* = q/(2m)$, and
# out of each logarithm in $V$ comes a factor $\frac12$:
#
# $$C(G) = E_p \log \frac{p}{2m} + E_q \log \frac{q}{2m}
#   = -\log 2 + \mathrm{KL}(p\,\|\,m) - \log 2 + \mathrm{KL}(q\,\|\,m),$$
#
# $$\boxed{C(G) = -\log 4 + 2\,\mathrm{JSD}(p, q)}, \qquad 0 \le \mathrm{JSD} \le \log 2,$$
#
# with 0 only for $q = p$, and $\log 2$ only where $p$ and $q$ share nothing. So a G that descends
# $V$ against the best D descends JSD: a classifier has become a yardstick.
#
# <details><summary>Why only q = p attains the minimum, and why there is a ceiling</summary>
#
# One inequality: $\log t \le t - 1$ for $t > 0$, with equality only at $t = 1$. For
# $g(t) = t - 1 - \log t$ has the slope $1 - 1/t$: negative before 1, positive after. So $g$ is
# smallest at 1, and there it is 0. With $t = m/p$:
#
# $$\mathrm{KL}(p\,\|\,m) = -E_p \log\frac{m}{p} \ge -E_p\Big[\frac{m}{p} - 1\Big]
#   = 1 - \int_{p>0} m\,dx \ge 0.$$
#
# Equality needs $m = p$, that is $q = p$, wherever $p > 0$. Then $q$ has mass 1 there and none left
# over. The same with $q$ in place of $p$. So $\mathrm{JSD} \ge 0$, and 0 only for $q = p$ (up to
# points without mass). One $q$, not one G: $z$ and $-z$ give the same $q$.
#
# As $m \ge p/2$, the ratio $p/m$ is at most 2, so both KL are at most $\log 2$. Equality needs
# $m = p/2$ wherever $p > 0$: $p$ and $q$ share nothing.
#
# </details>


# %% tags=["proof"]
# Proof: C = -log 4 + 2 JSD, lowest at q = p, never above 0
for mean, sd in (-3, 1), (0, 1), (0.5, 0.3), (4, 1.5):
    bell = divergences.log_normal(x, mean, sd)
    found = divergences.value(x, log_p, bell, log_p - bell)
    claim("C = -log 4 + 2 JSD", found, -divergences.LOG4 + 2 * jsd(log_p, bell))
claim("C is lowest where q = p", means[C.argmin()], 0.0, within=1e-9)
claim("there it is -log 4", C.min(), -divergences.LOG4)
claim("C is at most 0", C, below=1e-12)
g = t - 1 - sp.log(t)
claim("t - 1 - log t is stationary at 1 only", sp.solve(g.diff(t), t) == [1])
claim("and 0 there, its slope rising", g.subs(t, 1) == 0 and sp.simplify(g.diff(t, 2) * t**2) == 1)

# %% [markdown]
# ## Two ways to be wrong
#
# KL has a direction. Real data in two bells, 6 apart; G can make one bell $N(\mu, s^2)$ only.

# %% tags=["bet"]
# Bet: which bell is nearest
live.predict(
    "Which single bell makes KL(p‖q), with the data p on the left, smallest?",
    ["one of the two bells", "a narrow bell in the middle", "a wide bell over both"],
    "a wide bell over both",
    "KL(p‖q) pays where p has mass and q has none, so q must cover all of p. Turned round, it "
    "picks one bell.",
)

# %%
log_two = two_bumps(gap=6.0, sd=0.6).log_density(x[:, None])
centres, widths = divergences.line(-4, 4, 41), divergences.line(0.3, 3.5, 33)
bells = divergences.log_normal(x, centres[:, None, None], widths[:, None])  # [41, 33, 3001]
distances = {"KL(p‖q)": divergences.kl(x, log_two, bells),
             "JSD": divergences.jsd(x, log_two, bells),
             "KL(q‖p)": divergences.kl(x, bells, log_two)}  # fmt: skip
best_bell = {name: bells.flatten(0, 1)[f.argmin()] for name, f in distances.items()}
near = slice(1000, 2001)  # from -10 to 10
fill = plots.Mark("fill", x[near], log_two[near].exp(), "p", "p")
frames = []
for name, f in best_bell.items():
    line = plots.Mark("line", x[near], f[near].exp(), "nearest q", "q")
    frames.append(plots.Panel((fill, line), "x", "density", title=name))
plots.panels(frames, alt="KL(p‖q) spans both bells with a wide one; JSD and KL(q‖p) pick one.")

# %% [markdown]
# $\mathrm{KL}(p\,\|\,q)$ *covers*, also the empty middle. $\mathrm{KL}(q\,\|\,p)$ pays where $q$
# has mass and $p$ has none, so it *picks*: one bell, for a price of $\log 2$. JSD stands between:
# it picks here, and covers when the bells are only 4 apart. A G that is too simple for the data
# may thus leave half of it out even against a perfect D.
#
# The first answer comes with a pencil: $\mathrm{KL}(p\,\|\,q) = E_p \log p + \log(s\sqrt{2\pi}) +
# E_p (x-\mu)^2 / (2 s^2)$, and with $E_p(x - \mu)^2 = \mathrm{Var}_p + (E_p x - \mu)^2$ its slopes
# vanish only at $\mu = E_p x$, $s^2 = \mathrm{Var}_p$. Forward KL matches mean and variance, here
# 0 and $3^2 + 0.6^2$.

# %% tags=["proof"]
# Proof: forward KL matches mean and variance; who covers and who picks
mu, s, M, Var = sp.symbols("mu s M Var", positive=True)
cost = sp.log(s) + (Var + (M - mu) ** 2) / (2 * s**2)
found = sp.solve([cost.diff(mu), cost.diff(s)], [mu, s], dict=True)
claim("its slopes vanish at mean and sd only", found == [{mu: M, s: sp.sqrt(Var)}])
k = distances["KL(p‖q)"].argmin() % len(widths)
claim("the wide bell has sd 3.06", widths[k], (3**2 + 0.6**2) ** 0.5, within=0.05)
peaks = {name: x[log_bell.argmax()].abs().item() for name, log_bell in best_bell.items()}
claim("KL(p|q) has its bell in the middle", peaks["KL(p‖q)"], 0.0, within=0.01)
claim("JSD and KL(q|p) pick a side", min(peaks["JSD"], peaks["KL(q‖p)"]), above=2.5)
claim("for log 2", distances["KL(q‖p)"].min(), divergences.LOG2, within=0.01)
closer = divergences.jsd(x, two_bumps(gap=4.0, sd=0.6).log_density(x[:, None]), bells)
peak = x[bells.flatten(0, 1)[closer.argmin()].argmax()]
claim("JSD covers two bells 4 apart", peak, 0.0, within=0.01)

# %% [markdown]
# ## Nothing in common
#
# At the start of training, $p$ and $q$ often share nothing: both lie on thin surfaces in a space of
# many dimensions (Arjovsky and Bottou 2017). Take two boxes of width 1 and shift one of them.
# Beside JSD stands another kind of distance, *Wasserstein-1*: how far sand must travel, on average,
# from $p$ to $q$ under the best plan,
#
# $$W_1(p, q) = \min E|X - Y| \quad \text{over all pairs with } X \sim p,\ Y \sim q.$$

# %%
grid = divergences.line(-5.005, 5.005, 1002)  # so that no edge of a box meets a point
box = divergences.log_uniform(grid, 0, 1)
shifts = divergences.line(-4, 4, 81)
boxes = torch.stack([divergences.log_uniform(grid, t, t + 1) for t in shifts])
JSD, W1 = divergences.jsd(grid, box, boxes), divergences.wasserstein1(grid, box, boxes)
marks = (plots.Mark("line", shifts, JSD, "JSD"), plots.Mark("dashed", shifts, W1, "W1"))
plots.panels([plots.Panel(marks, "shift", "distance")], alt="JSD is stuck at log 2, W1 is not.")

# %% [markdown]
# Once the boxes have parted, JSD is $\log 2$, near or far (and both KL are infinite from the first
# shift on). JSD knows that the boxes are apart, and no more. $W_1$ is $|\theta|$ for a shift by
# $\theta$: it knows how far. G walks down a slope, and JSD has none out there. The Wasserstein GAN
# builds on this. On a line, $W_1$ is the area between the distribution functions,
#
# $$W_1(p, q) = \int |P(t) - Q(t)|\, dt,$$
#
# and between two samples of equal size the best plan takes the smallest to the smallest, the next
# to the next.
#
# <details><summary>Why no plan is cheaper</summary>
#
# The two steps $1_{X \le t}$ and $1_{Y \le t}$ differ exactly for $t$ between $X$ and $Y$, so
# $|X - Y| = \int |1_{X \le t} - 1_{Y \le t}|\, dt$. Take the mean (nothing is negative, so it may
# go under the integral); the absolute value is convex, so by Jensen's inequality at each $t$
#
# $$E|X - Y| \ge \int |P(t) - Q(t)|\, dt.$$
#
# One plan attains it. Draw one $U$ uniform on $(0, 1)$, put $X = P^{-1}(U)$, $Y = Q^{-1}(U)$, where
# $P^{-1}(u)$ is the smallest $t$ with $P(t) \ge u$. Then $X \le t$ just when $U \le P(t)$, and
# $Y \le t$ just when $U \le Q(t)$, so the indicators differ with probability $|P(t) - Q(t)|$.
#
# </details>
#
# **Your turn** (exercise 02.3, ten minutes): $W_1$ between two samples of equal size. Put your own
# line in place of `raise` and run the cell.


# %%
def earth_mover(x, y):
    """Return the Wasserstein-1 distance, a scalar, between two samples of shape [N]."""
    raise NotImplementedError("your turn")


check("02.3", earth_mover)

# %% tags=["proof"]
# Proof: JSD is stuck at log 2, both KL are infinite, W1 is the shift, and sorting gives W1
claim("JSD of disjoint boxes", JSD[shifts.abs() > 0.99], divergences.LOG2, within=1e-3)
moved = shifts.abs() > 0.04
claim("KL(p|q) is infinite", divergences.kl(grid, box, boxes)[moved].isinf().all())
claim("KL(q|p) is infinite", divergences.kl(grid, boxes, box)[moved].isinf().all())
claim("W1 is the shift", W1, shifts.abs(), within=1e-3)
a, b = torch.randn(500, generator=rng), 0.5 * torch.randn(500, generator=rng) + 2
by_sorting = (a.sort().values - b.sort().values).abs().mean()
claim("in sorted order the way is W1", by_sorting, wasserstein_distance(a, b), within=1e-5)

# %% [markdown]
# ## The gradient that reaches G
#
# Bells never part completely. So how small is the slope? Back to the chart, with the fakes at 5:

# %%
live.slide_q(mean=5.0)

# %% [markdown]
# JSD has reached its ceiling, $W_1$ goes on counting, and the mean push is $-0.003$. For
# $p = N(0, s^2)$, $q = N(\theta, s^2)$ and $\theta > 0$ the slope that G gets from D* is
#
# $$\frac{dC}{d\theta} = \frac{\theta}{s^2}\, E_q D^* \le \frac{\theta}{2 s^2}\,
#   e^{-\theta^2/(8 s^2)},$$
#
# which dies faster than exponentially. So $\log(1 - D)$ is called G's *saturating* loss. The
# *non-saturating* G descends $-\log D$ instead; its slope at D* is
# $\frac{\theta}{s^2} E_q(1 - D^*)$, and it grows with the distance.
#
# <details><summary>Where the slope and its bound come from</summary>
#
# When $\theta$ moves, D* moves along:
#
# $$\frac{dC}{d\theta} = \int \underbrace{\Big[\frac{p}{D^*} - \frac{q}{1 - D^*}\Big]}_{=\,0}
#   \frac{\partial D^*}{\partial \theta}\,dx
#   + \int \frac{\partial q}{\partial \theta} \log(1 - D^*)\, dx.$$
#
# The bracket is $f'(D^*)$ from above, and vanishes. Only the second integral is left: the slope of
# $V$ with D held still at D*. By lesson 01 it is $-E_z[D^*\, l'\, \partial G/\partial\theta]$.
# Here $G(z) = \theta + s z$ and $l(x) = (\theta^2 - 2\theta x)/(2 s^2)$, so $l' = -\theta/s^2$.
#
# By $(\sqrt p - \sqrt q)^2 \ge 0$ we have $p + q \ge 2\sqrt{pq}$, so
# $E_q D^* = \int \frac{pq}{p+q}\,dx \le \frac12 \int \sqrt{pq}\,dx
#   = \tfrac12 e^{-\theta^2/(8 s^2)}$, for $x^2 + (x-\theta)^2 = 2(x - \theta/2)^2 + \theta^2/2$
# makes $\sqrt{pq}$ a bell around $\theta/2$ of the same width, times that factor.
#
# </details>
#
# Which of the two comes home from $\theta = 4$, at $s = 0.5$, against a D that is always the best?


# %%
def walk(loss, theta=4.0, s=0.5):
    path = []
    for _ in range(100):
        log_p, log_q = divergences.log_normal(x, 0.0, s), divergences.log_normal(x, theta, s)
        force = divergences.push(x, log_p - log_q, loss)  # on each fake sample
        theta = theta + 0.02 * divergences.expectation(x, log_q, force).item()
        path.append(theta)
    return path


paths = {loss: walk(loss) for loss in divergences.G_LOSSES}
kinds = zip(("dashed", "line"), paths.items(), strict=True)
marks = [plots.Mark(kind, range(100), path, loss, "G") for kind, (loss, path) in kinds]
plots.panels([plots.Panel(marks, "step of G", "mean of q")], alt="Only one of the two G moves.")


# %% tags=["proof"]
# Proof: the slope is the formula's, its bound holds, the other loss's slope grows
def slope(theta, s=1.0):
    p, q = divergences.log_normal(x, 0.0, s), divergences.log_normal(x, theta, s)
    return theta / s**2 * divergences.expectation(x, q, torch.sigmoid(p - q))


for s in 0.5, 1.0, 2.0:
    real = divergences.log_normal(x, 0.0, s)
    for theta in 0.5, 1.0, 3.0, 5.0:
        up, down = (divergences.log_normal(x, theta + h, s) for h in (1e-4, -1e-4))
        rise = divergences.best_value(x, real, up) - divergences.best_value(x, real, down)
        claim("dC/dtheta = theta / s^2 E_q D*", rise / 2e-4, slope(theta, s), within=1e-7)
    away = s * torch.arange(1.0, 9.0)
    slopes = torch.stack([slope(t, s) for t in away])
    claim("the bound", slopes - away / (2 * s**2) * torch.exp(-(away**2) / (8 * s**2)), below=1e-12)
    claim("the non-saturating slope grows", (away / s**2 - slopes).diff(), above=0)
u, theta = sp.symbols("u theta")
rest = sp.expand(u**2 + (u - theta) ** 2 - 2 * (u - theta / 2) ** 2 - theta**2 / 2)
claim("sqrt(p q) is a bell", rest == 0)
numbers = live.slide_q(mean=5.0).drawing().numbers
claim("far away", (numbers["mean push on G"], numbers["W1"]) == ("-0.003", "5.000"))
claim("at 2", live.slide_q().drawing().numbers["mean push on G"] == "-0.459")
claim("non-saturating, G comes home", abs(paths["non-saturating"][-1]), below=0.1)
claim("saturating, it hardly moves", 4 - paths["saturating"][-1], above=0, below=0.002)

# %% [markdown]
# An honest failure: with the loss that the theory prescribes and the D that the theory calls best,
# G moves by less than 0.002 in 100 steps.
#
# ## With nets and digits
#
# Bells are one thing, pictures another. Arjovsky and Bottou froze a G and trained D alone. We do
# the same with the nets of lesson 06, after 200 steps of training: G puts grey and white dots where
# digits have their strokes.

# %%
digits = load_images("mnist")
state = train.State(train.get_preset("mlp"), seed=0, device="cpu", precision="fp32")
for _ in train.train(state, digits.batch, 200):
    pass
G, D = state.G.eval(), MLPDiscriminator()  # G stays as it is; D is a new one
plots.image_grid(train.sample(G, 16, seed=0), columns=16, alt="What the frozen G makes.")

# %% tags=["bet"]
# Bet: G's gradient while D gets better
live.predict(
    "D gets better and better at this G. What becomes of G's gradient of log(1 - D)?",
    ["it grows: a better teacher", "it stays about the same", "it falls to a few hundredths"],
    "it falls to a few hundredths",
    "D's error is 0 after a few steps already. After that it only grows more sure.",
)


# %%
def saturating(logit):
    return logsigmoid(-logit).mean()


def non_saturating(logit):
    return -logsigmoid(logit).mean()


def gradient(loss):
    """Return the size of the gradient in G's weights, and its scatter between four batches."""
    batches = torch.randn(4, 64, G.z_dim, generator=rng)
    slopes = [torch.autograd.grad(loss(D(G(z))), list(G.parameters())) for z in batches]
    rows = torch.stack([torch.cat([s.flatten() for s in each]) for each in slopes])  # [4, weights]
    return rows.mean(0).norm().item(), (rows - rows.mean(0)).norm(dim=1).mean().item()


{"log(1 - D)": gradient(saturating), "-log D": gradient(non_saturating)}

# %% [markdown]
# With a fresh D both losses push alike (the second number is the scatter). Now D trains alone:

# %%
opt, steps, rows = torch.optim.Adam(D.parameters(), lr=4e-4), range(301), []
for step in steps:
    logit_real = D(digits.batch(128, rng))
    logit_fake = D(train.sample(G, 128, seed=step))
    if step % 10 == 0:
        wrong = (logit_real < 0).sum() + (logit_fake > 0).sum()
        rows.append([wrong.item() / 256, *gradient(saturating), *gradient(non_saturating)])
    opt.zero_grad()
    (-logsigmoid(logit_real).mean() - logsigmoid(-logit_fake).mean()).backward()
    opt.step()
error, fading, noise, growing, scatter = torch.tensor(rows).T
{step: round(error[step // 10].item(), 3) for step in (0, 10, 20, 50, 300)}  # D's error

# %%
at = steps[::10]
marks = (plots.Mark("line", at, growing, "gradient of -log D", "G"),
         plots.Mark("points", at, scatter, "its scatter between batches", "G"),
         plots.Mark("line", at, fading, "gradient of log(1 - D)"),
         plots.Mark("points", at, noise, "its scatter between batches"))  # fmt: skip
panel = plots.Panel(marks, "step of D (G is frozen)", "size, in G's weights")
alt = "The gradient of log(1 - D) falls by two orders of magnitude, that of -log D grows by two."
plots.panels([panel], alt, log=True)

# %% [markdown]
# D's error is 0 almost at once, and what $\log(1 - D)$ has to say to G fades to a few hundredths
# of what it was; its scatter between batches goes from a third to about half of it, or more. The
# gradient of $-\log D$ grows more than fiftyfold, and its scatter with it: steps become large and
# rough. So neither loss is good against a D that is done, and in practice D gets a few steps at a
# time. Lesson 03 takes both losses apart, and lesson 04 holds D back.

# %% tags=["proof"]
# Proof: what a D that is done says to G
claim("D's error is 0 from step 50 on", error[5:], below=0.01)
claim("at first both gradients are alike", fading[0] / growing[0], above=0.5, below=2)
late = slice(-5, None)  # steps 260 to 300
claim("log(1 - D) fades", fading[late].median(), below=fading[0] / 15)
claim("its scatter: a third of it at first", noise[0] / fading[0], above=0.2, below=0.45)
claim("and half or more at the end", (noise / fading)[late].median(), above=0.45)
claim("-log D: more than fiftyfold", growing[late].median(), above=50 * growing[0])
claim("its scatter too", scatter[late].median(), above=50 * scatter[0])

# %% [markdown]
# ## Recap
#
# - $D^* = p/(p+q)$, point by point; its logit is $\log p - \log q$, and a trained D gives that
#   ratio where there are samples of both kinds.
# - $C(G) = -\log 4 + 2\,\mathrm{JSD}$: from $-\log 4$, only at $q = p$, up to 0 when nothing is
#   shared.
# - KL(p‖q) covers, KL(q‖p) picks, JSD does either.
# - Far away JSD is flat and W1 is not; the saturating slope stays below
#   $\frac{\theta}{2s^2} e^{-\theta^2/8s^2}$, and with nets it fades as D gets better.
#
# Now do [the exercises](../exercises/02_optimal_discriminator.ipynb), then go on to
# [lesson 03](03_losses.ipynb): the losses that people use instead of $V$.
