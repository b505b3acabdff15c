# %% [markdown]
# # 02 · The optimal discriminator
#
# If D always plays its best answer, it vanishes from the game. What is left is a distance between
# $p$ and $q$, and with it the reason why a GAN works, and one reason why it fails.
#
# After this lesson you can
# - derive $D^* = p/(p+q)$, and find it by training;
# - derive $C(G) = \max_D V = -\log 4 + 2\,\mathrm{JSD}(p, q)$, and prove that only $q = p$ attains
#   the minimum;
# - compare JSD, both KL and Wasserstein-1, also where $p$ and $q$ share nothing;
# - say when the gradient that reaches G dies, and how fast.
#
# 50 minutes. You need lesson 01.

# %%
import sympy as sp
import torch
from scipy.stats import wasserstein_distance
from torch.nn.functional import logsigmoid

from gancourse import live, plots, seed_everything
from gancourse.maths import divergences
from gancourse.nets import MLPDiscriminator
from gancourse.data.toys import two_bumps

rng = seed_everything(2)
x = divergences.line(-30, 30, 3001)
shown = slice(1250, 1751)  # the part from -5 to 5

# %% [markdown]
# ## The best D, one point at a time
#
# $$V(D, G) = \int \big[\,p(x) \log D(x) + q(x) \log(1 - D(x))\,\big]\, dx.$$
#
# D may take any value at any $x$, independently of all others. So the integral is largest when
# the bracket is largest *at each $x$*. That is a problem for one number $d$, with $a = p(x)$,
# $b = q(x)$:
#
# $$f(d) = a \log d + b \log(1 - d), \qquad 0 \le d \le 1, \quad 0 \log 0 = 0.$$

# %% [markdown]
# For $a, b > 0$: $f'(d) = a/d - b/(1-d)$ is zero where $a(1-d) = bd$, that is at $d = a/(a+b)$
# only. And $f''(d) = -a/d^2 - b/(1-d)^2 < 0$: $f$ is strictly concave, so this is its one
# maximum. (At both ends $f$ is $-\infty$.)
#
# If $b = 0 < a$, then $f$ grows all the way to $d = 1$; if $a = 0 < b$, down to $d = 0$. Both are
# $a/(a+b)$ again. If $a = b = 0$, any $d$ will do.

# %%
a, b, d = sp.symbols("a b d", positive=True)
f = a * sp.log(d) + b * sp.log(1 - d)
assert sp.solve(f.diff(d), d) == [a / (a + b)]
assert sp.simplify(f.diff(d, 2) + a / d**2 + b / (1 - d) ** 2) == 0

# %% [markdown]
# $$\boxed{D^*(x) = \frac{p(x)}{p(x) + q(x)}}$$
#
# Real and fake are drawn equally often, so by Bayes' rule this is the probability that a sample
# seen at $x$ is real. D's best answer is to be honest. What is its logit?
#
# $$\log \frac{D^*}{1 - D^*} = \log \frac{p}{q} = \log p - \log q.$$

# %%
log_p, log_q = divergences.log_normal(x, 0.0), divergences.log_normal(x, 1.5, 0.5)
p, q, best = log_p.exp(), log_q.exp(), torch.sigmoid(log_p - log_q)
assert torch.allclose(best, p / (p + q))
curves = {"p, real": p[shown], "q, fake": q[shown], "D*": best[shown]}
plots.densities(x[shown], curves, ylabel="density; D*(x)")

# %% [markdown]
# Where the curves cross, D* is one half. Far to the right it returns to 1: $q$ is the narrower
# bell, so even there most of the few samples are real.
#
# If D* is best, every other D scores less. A thousand crooked ones:

# %%
top = divergences.value(x, log_p, log_q, log_p - log_q)
u, v, w = torch.randn(3, 1000, 1, generator=rng, dtype=x.dtype)
others = log_p - log_q + u * torch.sin(v * x + w)  # [1000, 3001]
assert (divergences.value(x, log_p, log_q, others) < top).all()
top

# %% [markdown]
# ## Does training find it?
#
# A real D knows no densities, only samples. Give a small network 4,000 of each kind and minimise
# its loss from lesson 01, $-\hat V$. The net returns the logit, as there: $\log D$ is `logsigmoid`
# of it, and $\log(1 - D)$ of its negative. How close does it come to the curve?

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

# %%
learned = net(x[:, None].float()).sigmoid().double().detach()
error = divergences.integral(x, (p + q) / 2 * (learned - best).abs())
assert error < 0.03
assert (x_real > 3).sum() + (x_fake > 3).sum() == 17
curves = {"D, trained": learned[shown], "exact": best[shown], "p": p[shown], "q": q[shown]}
plots.densities(x[shown], curves, ylabel="density; D(x)")

# %% [markdown]
# It lands on the curve, wherever there are samples: the mean error there is below 0.03. Beyond
# $x = 3$, where 17 of the 8,000 samples lie, it goes its own way, since next to nothing in the loss
# asks.
#
# ## What is left for G
#
# With D* in place, $V$ depends on G alone. Call it $C(G) = V(D^*, G)$. Two definitions first, with
# $m = (p+q)/2$ the even mixture:
#
# $$\mathrm{KL}(p\,\|\,q) = E_p \log\frac{p}{q}, \qquad
#   \mathrm{JSD}(p, q) = \tfrac12 \mathrm{KL}(p\,\|\,m) + \tfrac12 \mathrm{KL}(q\,\|\,m).$$

# %% [markdown]
# Since $p + q = 2m$, we have $D^* = p/(2m)$ and $1 - D^* = q/(2m)$. Put that into $V$, and take the
# factor $\frac12$ out of each logarithm:
#
# $$C(G) = E_p \log \frac{p}{2m} + E_q \log \frac{q}{2m}
#   = -\log 2 + \mathrm{KL}(p\,\|\,m) - \log 2 + \mathrm{KL}(q\,\|\,m),$$
#
# $$\boxed{C(G) = -\log 4 + 2\,\mathrm{JSD}(p, q)}$$


# %%
def kl(log_p, log_q):
    return divergences.integral(x, log_p.exp() * (log_p - log_q))


def jsd(log_p, log_q):
    log_m = torch.logaddexp(log_p, log_q) - divergences.LOG2
    return (kl(log_p, log_m) + kl(log_q, log_m)) / 2


for mean, sd in (-3, 1), (0, 1), (0.5, 0.3), (4, 1.5):
    log_q = divergences.log_normal(x, mean, sd)
    C = divergences.value(x, log_p, log_q, log_p - log_q)
    assert torch.isclose(C, -divergences.LOG4 + 2 * jsd(log_p, log_q))

# %% [markdown]
# So a G that descends $V$ against the best D descends JSD: a classifier has become a yardstick.
# Where is the minimum? We need one inequality: $\log t \le t - 1$ for $t > 0$, with equality
# only at $t = 1$.

# %% [markdown]
# For $g(t) = t - 1 - \log t$ has the slope $1 - 1/t$: negative before 1, positive after. So $g$ is
# smallest at 1, and there it is 0. With $t = m/p$:
#
# $$\mathrm{KL}(p\,\|\,m) = -E_p \log\frac{m}{p} \ge -E_p\Big[\frac{m}{p} - 1\Big]
#   = 1 - \int_{p>0} m\,dx \ge 0.$$
#
# Equality needs $m = p$, that is $q = p$, wherever $p > 0$. Then $q$ has mass 1 there and none left
# over. The same with $q$ in place of $p$ gives $\mathrm{KL}(q\,\|\,m) \ge 0$. So
# $\mathrm{JSD} \ge 0$, and 0 only for $q = p$ (up to points without mass): the minimum of $C$ is
# $-\log 4$, attained by one $q$ only, $q = p$. (Not by one G: $z$ and $-z$ give the same $q$.)

# %%
t = sp.symbols("t", positive=True)
g = t - 1 - sp.log(t)
assert sp.solve(g.diff(t), t) == [1]
assert g.subs(t, 1) == 0
assert sp.simplify(g.diff(t, 2) - 1 / t**2) == 0  # positive: the slope rises through 0

# %% [markdown]
# There is a ceiling too. As $m \ge p/2$, the ratio $p/m$ is at most 2, so both KL are at most
# $\log 2$, hence $\mathrm{JSD} \le \log 2$ and $C \le 0$. Equality needs $m = p/2$ wherever
# $p > 0$: $p$ and $q$ share nothing. Slide a bell along and see both ends.

# %%
means = divergences.line(-6, 6, 121)
bells = divergences.log_normal(x, means[:, None])
C = torch.stack([-divergences.LOG4 + 2 * jsd(log_p, bell) for bell in bells])
assert C.argmin() == 60  # mean 0, where p is
assert torch.isclose(C.min(), torch.tensor(-divergences.LOG4, dtype=x.dtype))
assert (C <= 0).all()
marks = (plots.Mark("line", means, C, "C(G)", "G"), plots.Mark("dashed", means, 0 * C, "ceiling"))
plots.panels([plots.Panel(marks, "mean of q", "C(G)")], alt="C is a valley with a flat rim at 0.")

# %% [markdown]
# A valley with its floor at $q = p$, as proved. But look at the rim: far out it is nearly
# flat. We come back to that.
#
# ## Two ways to be wrong
#
# KL has a direction. Which single bell $N(\mu, s^2)$ is nearest to two bells, 6 apart? One answer
# comes with a pencil:
#
# $$\mathrm{KL}(p\,\|\,q) = E_p \log p + \log(s\sqrt{2\pi}) + \frac{E_p (x-\mu)^2}{2 s^2}.$$
#
# With $E_p(x - \mu)^2 = \mathrm{Var}_p + (E_p x - \mu)^2$, the slopes in $\mu$ and $s$ vanish
# only at $\mu = E_p x$ and $s^2 = \mathrm{Var}_p$: forward KL matches mean and variance.
# (For each $s$ it is a parabola in $\mu$, lowest at $E_p x$; there it grows without bound for
# $s \to 0$ and $s \to \infty$, so this is the minimum.)

# %%
mu, s, M, Var = sp.symbols("mu s M Var", positive=True)
cost = sp.log(s) + (Var + (M - mu) ** 2) / (2 * s**2)
assert sp.solve([cost.diff(mu), cost.diff(s)], [mu, s], dict=True) == [{mu: M, s: sp.sqrt(Var)}]
assert round((3**2 + 0.6**2) ** 0.5, 2) == 3.06

# %% [markdown]
# Here that is mean 0 and $s = \sqrt{3^2 + 0.6^2} = 3.06$: one wide bell over both, and over the
# empty middle. What will $\mathrm{KL}(q\,\|\,p)$ choose, and JSD? Let a search over a grid of
# bells decide.

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

# %%
peaks = {name: x[log_bell.argmax()].item() for name, log_bell in best_bell.items()}
k = distances["KL(p‖q)"].argmin()
assert abs(widths[k % len(widths)] - 3.06) < 0.05  # the grid's step is 0.1
assert abs(peaks["KL(p‖q)"]) < 0.01 < 2.5 < min(abs(peaks["JSD"]), abs(peaks["KL(q‖p)"]))
assert abs(distances["KL(q‖p)"].min() - divergences.LOG2) < 0.01
near_js = divergences.jsd(x, two_bumps(gap=4.0, sd=0.6).log_density(x[:, None]), bells)
assert abs(x[bells.flatten(0, 1)[near_js.argmin()].argmax()]) < 0.01

# %% [markdown]
# $\mathrm{KL}(p\,\|\,q)$ pays where $p$ has mass and $q$ has none, so it *covers*.
# $\mathrm{KL}(q\,\|\,p)$ pays where $q$ has mass and $p$ has none, so it *picks*: one bell, for a
# price of $\log 2$. JSD stands between: it picks here, and covers when the bells are only 4
# apart. A G that is too simple for the data may thus leave half of it out even against a perfect
# D.
#
# ## Nothing in common
#
# At the start of training, $p$ and $q$ often share nothing (Arjovsky and Bottou 2017: both lie on
# thin surfaces in a space of many dimensions). Take two boxes of width 1, $\theta$ apart.
#
# For $|\theta| \ge 1$ the boxes are disjoint: JSD is $\log 2$, near or far. (Both KL are infinite
# from the first shift on: some of $p$ lies where $q$ has none.) *Wasserstein-1* is another kind of
# distance: how far sand must travel, on average, from $p$ to $q$ under the best plan,
#
# $$W_1(p, q) = \min E|X - Y| \quad \text{over all pairs with } X \sim p,\ Y \sim q.$$

# %% [markdown]
# For a shift by $\theta$ it is $|\theta|$. The plan $Y = X + \theta$ costs just that, and no plan
# costs less: $E|X - Y| \ge |E X - E Y| = |\theta|$, as the absolute value is convex (Jensen). In
# general, let $P$, $Q$ be the distribution functions. Then
#
# $$|X - Y| = \int \big|1_{X \le t} - 1_{Y \le t}\big|\, dt \quad\Rightarrow\quad
#   E|X - Y| \ge \int |P(t) - Q(t)|\, dt.$$

# %% [markdown]
# The first holds because the two steps differ exactly between $X$ and $Y$; the second is Jensen
# again, at each $t$ (nothing is negative, so $E$ may go under the integral).
#
# One plan attains it. Draw one $U$ uniform on $(0, 1)$, put $X = P^{-1}(U)$, $Y = Q^{-1}(U)$, where
# $P^{-1}(u)$ is the smallest $t$ with $P(t) \ge u$. Then $X \le t$ just when $U \le P(t)$, and
# $Y \le t$ just when $U \le Q(t)$, so the two indicators differ with probability $|P(t) - Q(t)|$.
# Hence, on a line,
#
# $$W_1(p, q) = \int |P(t) - Q(t)|\, dt.$$
#
# For two samples of equal size this plan pairs them in sorted order.

# %%
grid = divergences.line(-5.005, 5.005, 1002)  # so that no edge of a box meets a point
box = divergences.log_uniform(grid, 0, 1)
shifts = divergences.line(-4, 4, 81)
boxes = torch.stack([divergences.log_uniform(grid, t, t + 1) for t in shifts])
JSD, W1 = divergences.jsd(grid, box, boxes), divergences.wasserstein1(grid, box, boxes)
disjoint = shifts.abs() > 0.99
assert torch.allclose(JSD[disjoint], torch.tensor(divergences.LOG2, dtype=x.dtype), atol=1e-3)
moved = shifts.abs() > 0.04
assert divergences.kl(grid, box, boxes)[moved].isinf().all()
assert divergences.kl(grid, boxes, box)[moved].isinf().all()
assert torch.allclose(W1, shifts.abs(), atol=1e-3)

# %%
a, b = torch.randn(500, generator=rng), 0.5 * torch.randn(500, generator=rng) + 2
by_sorting = (a.sort().values - b.sort().values).abs().mean()
assert abs(by_sorting - wasserstein_distance(a, b)) < 1e-5
marks = (plots.Mark("line", shifts, JSD, "JSD"), plots.Mark("dashed", shifts, W1, "W1"))
plots.panels([plots.Panel(marks, "shift", "distance")], alt="JSD is stuck at log 2, W1 is not.")

# %% [markdown]
# JSD knows that the boxes are apart, and no more. W1 knows how far. G walks down a slope, and JSD
# has none out there. Later, the Wasserstein GAN builds on this.
#
# ## The gradient that reaches G
#
# Bells never part completely, so the slope is not zero. How small is it? Let $q$ depend on a
# parameter $\theta$. When $\theta$ moves, D* moves along:

# %% [markdown]
# $$\frac{dC}{d\theta} = \int \underbrace{\Big[\frac{p}{D^*} - \frac{q}{1 - D^*}\Big]}_{=\,0}
#   \frac{\partial D^*}{\partial \theta}\,dx
#   + \int \frac{\partial q}{\partial \theta} \log(1 - D^*)\, dx.$$
#
# The bracket is $f'(D^*)$ from the first section, and vanishes. Only the second integral is left:
# the slope of $V$ with D held still at D*. By lesson 01 it is
# $-E_z[D^*\, l'\, \partial G/\partial\theta]$, with $l = \log p - \log q$.

# %% [markdown]
# Take $p = N(0, s^2)$ and $q = N(\theta, s^2)$, so $G(z) = \theta + s z$. Then
# $l(x) = (\theta^2 - 2\theta x)/(2 s^2)$, its slope is $-\theta/s^2$, and
#
# $$\frac{dC}{d\theta} = \frac{\theta}{s^2}\, E_q D^*.$$


# %%
def C_of(theta, s=1.0):
    q = divergences.log_normal(x, theta, s)
    return divergences.best_value(x, divergences.log_normal(x, 0.0, s), q)


def slope(theta, s=1.0):
    p, q = divergences.log_normal(x, 0.0, s), divergences.log_normal(x, theta, s)
    return theta / s**2 * divergences.expectation(x, q, torch.sigmoid(p - q))


for s in 0.5, 1.0, 2.0:
    for theta in 0.5, 1.0, 3.0, 5.0:
        difference = (C_of(theta + 1e-4, s) - C_of(theta - 1e-4, s)) / 2e-4
        assert abs(difference - slope(theta, s)) < 1e-7

# %% [markdown]
# And how large is $E_q D^*$? By $(\sqrt p - \sqrt q)^2 \ge 0$ we have $p + q \ge 2\sqrt{pq}$, so
#
# $$E_q D^* = \int \frac{pq}{p+q}\,dx \le \frac12 \int \sqrt{pq}\,dx
#   = \tfrac12 e^{-\theta^2/(8 s^2)}.$$
#
# For $x^2 + (x-\theta)^2 = 2(x - \theta/2)^2 + \theta^2/2$ makes $\sqrt{pq}$ a bell around
# $\theta/2$ of the same width, times that factor.

# %%
u, theta = sp.symbols("u theta")
assert sp.expand(u**2 + (u - theta) ** 2 - 2 * (u - theta / 2) ** 2 - theta**2 / 2) == 0
for s in 0.5, 1.0, 2.0:
    far = s * torch.arange(1.0, 9.0)
    saturating = torch.stack([slope(t, s) for t in far])
    assert (saturating <= far / (2 * s**2) * torch.exp(-(far**2) / (8 * s**2))).all()
    assert saturating[-1] < 1e-3 / s
    assert ((far / s**2 - saturating).diff() > 0).all()  # the non-saturating slope: see below

# %% [markdown]
# The slope dies faster than exponentially. **Against this loss, a D at its best tells a G that is
# far away next to nothing** (Arjovsky and Bottou 2017); a half-trained D would tell it more: at
# $\theta = 5$, a fifth of the best logit tells twice as much.
#
# The *non-saturating* G minimises $-\log D$ instead; its slope at D* is
# $\frac{\theta}{s^2} E_q(1 - D^*)$, and it grows with the distance. Which of the two comes home
# from $\theta = 4$?

# %%
for s in 0.5, 1.0, 2.0:
    log_p, log_q = divergences.log_normal(x, 0.0, s), divergences.log_normal(x, 5.0, s)
    push = divergences.push(x, log_p - log_q, "non-saturating")
    assert torch.isclose(-divergences.expectation(x, log_q, push), 5 / s**2 - slope(5.0, s))
log_p, log_q = divergences.log_normal(x), divergences.log_normal(x, 5.0)
told = {c: 5 * c * divergences.expectation(x, log_q, torch.sigmoid(c * (log_p - log_q))).item()
        for c in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)}  # fmt: skip
assert told[0.2] > 2 * told[1.0]
assert told[1.0] == min(told.values())
told  # c: the slope that a D with the logit c (log p - log q) gives to G


# %%
def walk(loss, theta=4.0, s=0.5):
    path = []
    for _ in range(100):
        log_p, log_q = divergences.log_normal(x, 0.0, s), divergences.log_normal(x, theta, s)
        force = divergences.push(x, log_p - log_q, loss)  # on each fake sample
        theta = theta + 0.02 * divergences.expectation(x, log_q, force).item()
        path.append(theta)
    return path


# %%
paths = {loss: walk(loss) for loss in divergences.G_LOSSES}
assert abs(paths["non-saturating"][-1]) < 0.1
assert 0 < 4 - paths["saturating"][-1] < 0.002
kinds = zip(("dashed", "line"), paths.items(), strict=True)
marks = [plots.Mark(kind, range(100), path, loss, "G") for kind, (loss, path) in kinds]
plots.panels([plots.Panel(marks, "step of G", "mean of q")], alt="Only one of the two G moves.")

# %% [markdown]
# An honest failure: with the loss that the theory prescribes and the D that the theory calls
# best, G moves by less than 0.002 in 100 steps. Lesson 03 takes the cure apart.
#
# ## Slide it yourself
#
# Predict first, then move: where does the push vanish? What happens to W1 meanwhile? Which KL
# explodes when $q$ is narrow, which when it is wide?

# %%
live.slide_q()

# %% [markdown]
# The push vanishes in two places: at $q = p$, and far away, where it is 0.003 at a mean of 5 while
# W1 goes on counting, 5.000. In place, at mean 0, a narrow $q$ (0.1) makes
# $\mathrm{KL}(p\,\|\,q)$ explode, to 22; a wide one (2.0) makes $\mathrm{KL}(q\,\|\,p)$ the
# larger, 2.5 against 0.6.
#
# Now two bells, and a narrow $q$ beside one of them: $\mathrm{KL}(p\,\|\,q)$ is enormous, 164.7,
# since $q$ has next to no mass at the other bell. JSD is bounded: it cannot tell how far away that
# is.

# %%
far, narrow, broad = (live.slide_q(mean=mean, width=width).drawing().numbers
                      for mean, width in ((5.0, 0.7), (0.0, 0.1), (0.0, 2.0)))  # fmt: skip
assert (far["mean push on G"], far["W1"]) == ("-0.003", "5.000")
assert round(float(narrow["KL(p‖q)"])) == 22 > 2 > float(narrow["KL(q‖p)"])
assert (broad["KL(q‖p)"], broad["KL(p‖q)"]) == ("2.532", "0.611")
chart = live.slide_q(shape="two bells", mean=-3.0, width=0.2, loss="non-saturating")
assert round(float(chart.drawing().numbers["KL(p‖q)"]), 1) == 164.7
chart

# %% [markdown]
# ## Recap
#
# - $D^* = p/(p+q)$, point by point; its logit is $\log p - \log q$, and training finds it where
#   there are samples.
# - $C(G) = -\log 4 + 2\,\mathrm{JSD}$: from $-\log 4$, only at $q = p$, up to 0 when nothing is
#   shared.
# - KL(p‖q) covers, KL(q‖p) picks, JSD does either.
# - Far away JSD is flat and W1 is not; the saturating slope stays below
#   $\frac{\theta}{2s^2} e^{-\theta^2/8s^2}$.
#
# Now do [the exercises](../exercises/02_optimal_discriminator.ipynb), then go on to
# [lesson 03](03_losses.ipynb): the losses that people use instead of $V$.
