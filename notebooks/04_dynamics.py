# %% [markdown]
# # 04 · Dynamics: a game is not a minimisation
#
# So far D was at its best before G moved. In training both move, a little at a time, each on
# ground that the other one shifts. Then even the simplest game goes round.
#
# After this lesson you can
# - say why simultaneous steps spiral out and alternating ones orbit;
# - read from the eigenvalues of a Jacobian whether training converges, and how fast;
# - add what brakes a game, or steps that look ahead, and say where each fails;
# - recognise a cycle in a pair of loss curves, and what it hides.
#
# 70 minutes. You need the six losses of lesson 03 and the derivative of a vector.
#
# The smallest GAN there is has two numbers. Its real data all sit at 0, G's only sample at
# $\theta$, and D's logit at $x$ is $\psi x$. At $\theta = \psi = 0$ the fake lies on the data and D
# cannot tell. Bet before you scroll.

# %% tags=["bet"]
# Bet: where do both numbers go? (and the imports)
import numpy as np
import sympy as sp
import torch

from gancourse import claim, live, losses, plots
from gancourse.check import check
from gancourse.maths import dynamics

live.predict(
    "Both start at 1 and step downhill at the same time, each on their own loss. Where does the "
    "pair of numbers go?",
    ("spirals in, to 0", "circles at the same distance", "spirals out"),
    "spirals out",
    "Each step is taken along the tangent of a circle, and a tangent leads outwards. The next "
    "section says by how much.",
)

# %% [markdown]
# The plane shows both numbers, G's to the right, D's upwards; the cross marks the equilibrium.
# Click anywhere to start there. Try other losses, smaller steps, another order. Does any step size
# lead to the cross?

# %%
live.phase_plane(h=0.5)

# %% [markdown]
# ## A game that turns
#
# Near 0 that GAN is a simpler game: $\min_x \max_y\, x\,y$, with G holding $x$ and D holding $y$.
# Each follows its own gradient, $\dot x = -y$ and $\dot y = x$: the arrows below. Left, both step
# at once; right, D answers G's *new* position, as training loops do.

# %%
orders = ("simultaneous", "alternating")
paths = {order: dynamics.path(dynamics.bilinear, (1, 0), 0.2, 60, order) for order in orders}
plots.phase_planes(paths, dynamics.bilinear)

# %% [markdown]
# Sixty *simultaneous* steps of $h = 0.2$ lead 3.2 times as far away: each multiplies the distance
# by exactly $\sqrt{1+h^2}$. Smaller steps spiral out more slowly, and never in.
#
# **Your turn** (exercise 04.1 of the sheet). Write the step on the right: $x$ first, downhill, then
# $y$, uphill, in answer to the new $x$. One name in one line makes the difference.


# %%
def alternating_step(x, y, h):
    """Return x and y after a step of x, then of y."""
    raise NotImplementedError


check("04.1", alternating_step)

# %% [markdown]
# *Alternating* steps orbit while $h < 2$ (at 2 itself they drift, linearly). Their matrix has the
# determinant 1, so its two eigenvalues, complex conjugates, have the modulus 1, and $x^2+y^2-hxy$
# never changes: every point stays on its own ellipse. Neither order arrives.
#
# Proofs are folded from here on. Open one, or read on: nothing later needs its inside.

# %% tags=["proof"]
# Proof: simultaneous steps grow by the root of 1 + h², alternating ones keep an ellipse
x, y, h = sp.symbols("x y h", positive=True)
together = sp.Matrix([x - h * y, y + h * x])
in_turn = sp.Matrix([x - h * y, y + h * (x - h * y)])
claim(
    "x² + y² grows by the factor 1 + h²",
    sp.expand(together.dot(together) - (1 + h**2) * (x**2 + y**2)),
    0,
)
claim("the grown distance is 3.2", np.hypot(*paths["simultaneous"][-1]).item(), 1.04**30)
claim("1.04 to the power of 30 is 3.2", round(1.04**30, 1), 3.2)
matrix = in_turn.jacobian([x, y])
claim("the determinant is 1", sp.expand(matrix.det()), 1)
claim(
    "the trace is 2 - h², so the roots are complex below h = 2", sp.expand(matrix.trace()), 2 - h**2
)
at_2 = matrix.subs(h, 2) + sp.eye(2)  # the eigenvalue -1, twice, with one eigenvector
claim("at h = 2 deviations drift, linearly", at_2.rank() == 1 and at_2**2 == sp.zeros(2))
ellipse = x**2 + y**2 - h * x * y
after = ellipse.subs(dict(zip((x, y), in_turn, strict=True)), simultaneous=True)
claim("x² + y² - hxy stays", sp.expand(after - ellipse), 0)

# %% [markdown]
# ## The modulus decides
#
# Near an equilibrium any smooth game is its Jacobian $J$, to first order (Taylor). For each
# eigenvalue $\lambda$ of $J$, a simultaneous step multiplies a deviation by $1 + h\lambda$. Below,
# that number walks as $h$ grows, from 1 on. Inside of the disc deviations shrink.

# %%
steps = np.linspace(0, 1.5, 31)
lambdas = {"descent, λ = -1": -1, "game, λ = i": 1j, "with friction, λ = -0.5 + 0.8i": -0.5 + 0.8j}
walks = {name: 1 + steps * value for name, value in lambdas.items()}
plots.eigenvalues(walks, "1 + hλ as h grows from 0 to 1.5")

# %% [markdown]
# Descent on one function has $J = -$Hessian: symmetric, so $\lambda$ is real, and negative at a
# minimum that is not flat. It walks straight in. A game leaves the disc at once, along its tangent.
# With friction, a negative real part, it first goes inside.
#
# **Statement.** Steps converge nearby if $|1+h\lambda| < 1$ for every $\lambda$ (Ostrowski), that
# is, for $0 < h < -2\,\mathrm{Re}\,\lambda\,/\,|\lambda|^2$: with the friction drawn here, up to
# $h = 1.12$.

# %% tags=["proof"]
# Proof: the largest step is -2 Re λ / |λ|²
a, b = sp.symbols("a b", real=True)  # lambda = a + ib
modulus_squared = sp.expand((1 + h * a) ** 2 + (h * b) ** 2)
claim(
    "|1 + hλ|² = 1 + 2h Re λ + h²|λ|²",
    sp.expand(modulus_squared - (1 + 2 * h * a + h**2 * (a**2 + b**2))),
    0,
)
bound = -2 * a / (a**2 + b**2)
claim("it is 1 at the bound", sp.solve(modulus_squared - 1, h) == [bound])
claim("with friction the bound is 1.12", round(float(bound.subs({a: -0.5, b: 0.8})), 2), 1.12)
inside = [int((np.abs(v[1:]) < 1).sum()) for v in walks.values()]
claim("of 30 steps this many are inside of the disc", inside, [30, 0, 22])

# %% [markdown]
# ## The smallest GAN
#
# Back to the GAN of the opening, the Dirac-GAN (Mescheder et al. 2018). Its
# $d\_loss = \log 2 + \mathrm{softplus}(\psi\theta)$; at 0 the sigmoid is $\frac12$, so it is the
# game of $xy$ at half the speed, $\lambda = \pm\frac i2$. Now set the step to 0.2: the modulus
# below the plane should be $\sqrt{1 + 0.2^2/4} = 1.005$.

# %%
live.phase_plane(h=0.2)

# %% [markdown]
# Slower, and still out. Then change the order to *alternating*: an orbit, here while $h < 4$.
#
# Does one of the other losses break the circle? Here are the eigenvalues at equilibrium.

# %%
fields = {name: dynamics.dirac(name) for name in losses.LOSSES}
for name, field in fields.items():
    up = np.linalg.eigvals(dynamics.jacobian(field))[0]
    print(f"{name:15} λ = ±{abs(up.imag):.2f}i, real part {abs(up.real):.2f}")

# %% [markdown]
# None does: all six turn, and none has friction (least squares with D's constant term at its
# $\frac12$). To first order, the choice of loss does not decide convergence.
#
# Beyond first order there is a trace of it. In continuous time minimax keeps the distance $r$
# exactly; the non-saturating loss has, over a turn, $\frac{d}{dt}r^2 = -\frac{r^4}8$ near the goal.
# Far out that helps. Near the goal simultaneous steps, each of which adds $\frac{h^2r^2}4$ to
# $r^2$, beat it: they end up circling at $r = \sqrt{2h}$.

# %% tags=["proof"]
# Proof: the fields follow from the losses; minimax keeps r, the non-saturating loss drifts in
theta, psi = sp.symbols("theta psi", real=True)
rise = sp.log(1 + sp.exp(psi * theta))  # d_loss without its constant; minimax: g_loss = -rise
velocity = sp.Matrix([sp.diff(rise, theta), -sp.diff(rise, psi)])
J = velocity.jacobian([theta, psi]).subs({theta: 0, psi: 0})
claim("J is a quarter turn, halved", (2 * J).tolist(), [[0, 1], [-1, 0]])
state = torch.tensor([0.7, -0.4], dtype=torch.float64, requires_grad=True)
for name, pair in losses.LOSSES.items():
    logits = pair.rest + 0 * state[1], pair.rest + state[1] * state[0]  # D(0), D(theta)
    by_G, by_D = (torch.autograd.grad(f(*logits), state, retain_graph=True)[0] for f in pair[1::-1])
    here = torch.tensor(fields[name](state.detach().numpy()))
    claim(f"autograd of {name} gives the field", -torch.stack([by_G[0], by_D[1]]), here)
J = dynamics.jacobian(fields["minimax"])
moduli = [round(dynamics.modulus(J, step, "alternating"), 4) for step in (0.2, 3.9, 4.2)]
claim("alternating steps have modulus 1 below 4", moduli[:2] == [1, 1] and moduli[2] > 1.8)
claim("minimax keeps r", sp.simplify(theta * velocity[0] + psi * velocity[1]), 0)
to_G = -sp.diff(sp.log(1 + sp.exp(-psi * theta)), theta)  # the non-saturating loss of G
drift = theta * to_G + psi * velocity[1]  # half of d/dt r²
inward = -theta * psi * sp.tanh(theta * psi / 2)
claim("it drifts inwards", sp.simplify((drift - inward).rewrite(sp.exp)), 0)
r, phi = sp.symbols("r phi", positive=True)
near = sp.limit(inward.subs({theta: r * sp.cos(phi), psi: r * sp.sin(phi)}) / r**4, r, 0)
claim("its mean", sp.integrate(near, (phi, 0, 2 * sp.pi)) / (2 * sp.pi), -sp.Rational(1, 16))
end = dynamics.path(fields["non-saturating"], (1, 1), 0.2, 2000)[-1]
claim("steps of 0.2 end up circling there", np.hypot(*end).item(), 0.4**0.5, within=0.02)

# %% [markdown]
# ## Friction, and where it fails
#
# **R1** (Mescheder et al. 2018) adds $\frac\gamma2 E|\nabla_x l|^2$ at real samples to D's loss:
# the slope of D's *logit*, here $\psi$ everywhere. So it is $\frac\gamma2\psi^2$, and $\dot\psi$
# gains $-\gamma\psi$: friction on D. (R2, the same at fakes, is the same here.) More friction, more
# convergence?

# %% tags=["bet"]
# Bet: which weight of R1 is best?
live.predict(
    "R1 with weight 0.3, 1 or 5, sixty steps of 0.2. Which one comes nearest to 0?",
    ("0.3, the lightest", "1, the middle", "5, the heaviest"),
    "1, the middle",
    "Too little friction and it still spirals; too much, and D is held so still that G "
    "hardly moves.",
)

# %%
weights = (0.3, 1.0, 5.0)
fields = {f"R1, weight {w:g}": dynamics.dirac("minimax", "R1", w) for w in weights}
paths = {title: dynamics.path(field, (1, 1), 0.2, 60) for title, field in fields.items()}
plots.phase_planes(paths, fields)

# %% [markdown]
# With weight 5 the path creeps along the horizontal axis: the worst of the three.
#
# **Statement.** $\lambda = -\frac\gamma2 \pm \sqrt{\frac{\gamma^2}4 - \frac14}$. Below $\gamma = 1$
# a spiral that shrinks like $e^{-\gamma t/2}$, above it two real numbers, the slower of which goes
# back towards 0. **Instance noise** (Sønderby et al. 2017) of standard deviation $s$ on all of D's
# inputs acts, to first order, like R1 with $\gamma = s^2/2$: softplus curves by $\frac14$. Least
# squares curves by 2; the hinge and Wasserstein losses are straight near 0, and noise gives them no
# friction at all.

# %% tags=["proof"]
# Proof: the eigenvalues under R1, R2 and instance noise
ends = [np.hypot(*path[-1]).item() for path in paths.values()]
claim("weight 1 ends nearest, weight 5 farthest", ends[1] < ends[0] < ends[2])
points = torch.tensor([[0.0]]), torch.tensor([[0.7]])  # the real one, the fake one
for penalty, at in zip((losses.r1_penalty, losses.r2_penalty), points, strict=True):
    claim("R1 and R2 are psi² / 2", penalty(lambda x: -0.4 * x, at), 0.4**2 / 2)
gamma = sp.symbols("gamma", positive=True)
damped = velocity - sp.Matrix([0, sp.diff(gamma / 2 * psi**2, psi)])
J = damped.jacobian([theta, psi]).subs({theta: 0, psi: 0})
root = sp.sqrt(gamma**2 / 4 - sp.Rational(1, 4))
for v in (-gamma / 2 + root, -gamma / 2 - root):
    claim("R1 has these eigenvalues", sp.expand((J - v * sp.eye(2)).det()), 0)
claim("softplus curves by x²/4", sp.diff(rise, psi, 2).subs(psi, 0), theta**2 / 4)
noisy = {n: dynamics.dirac(n, "instance noise", 0.5) for n in losses.LOSSES}
friction = [round(-dynamics.jacobian(field)[1, 1], 6) + 0.0 for field in noisy.values()]
claim("noise brakes by s²/2, 4s² or not at all", friction, [0.125, 0.125, 1, 0, 0, 0.125])

# %% [markdown]
# WGAN-GP's penalty, $\mu(|\psi|-1)^2$ for a linear critic, pulls the slope of the logit to 1, where
# at rest it would have to be 0. Three weights, each started near the goal: where do they end?

# %%
weights = (0.1, 0.5, 0.8)
fields = {f"weight {mu}": dynamics.dirac("wasserstein", "WGAN-GP", mu) for mu in weights}
paths = {t: dynamics.path(f, (0.1, 0.1), 0.02, 3000, "alternating") for t, f in fields.items()}
plots.phase_planes(paths, fields)

# %% [markdown]
# On a cycle each: G swings past the data for ever, the wider the heavier the penalty. The size is
# $A = 2\mu\frac{1+\rho}{1-\rho}$ with $\rho = e^{-\pi\mu/\sqrt{1-\mu^2}}$, to either side 1.28,
# 1.39 and 1.65.
#
# Why: for $\psi > 0$, $\ddot\theta = \dot\psi = -(\theta - 2\mu) - 2\mu\dot\theta$, an oscillation
# around $2\mu$, not 0, that shrinks by $\rho$ in half a turn. From $-A$ it reaches
# $2\mu + \rho(A + 2\mu)$; on a cycle this is $A$ again. Lesson 12 looks at penalties on real nets.

# %% tags=["proof"]
# Proof: the size of WGAN-GP's cycle, at three weights
A, rho, mu = sp.symbols("A rho mu", positive=True)
(size,) = sp.solve(2 * mu + rho * (A + 2 * mu) - A, A)
claim("A", sp.simplify(size - 2 * mu * (1 + rho) / (1 - rho)), 0)
for m, path, known in zip(weights, paths.values(), (1.28, 1.39, 1.65), strict=True):
    formula = float(size.subs({rho: np.exp(-np.pi * m / np.sqrt(1 - m**2)), mu: m}))
    claim(f"the formula at weight {m}", round(formula, 2), known)
    claim(f"G's swing at weight {m}", np.abs(path[-400:, 0]).max().item(), formula, within=0.006)
    outer = dynamics.path(fields[f"weight {m}"], (2.5, 0), 0.02, 6000, "alternating")
    claim(f"from outside, {m}", np.abs(outer[-400:, 0]).max().item(), formula, within=0.006)

# %% [markdown]
# ## Steps that look ahead
#
# The spiral leads out because each step uses the slope at its *start*. **Extragradient** takes the
# slope where the step would lead, **optimism** guesses it from the last two. **Consensus** lets
# both players also make the speed smaller: they descend $\frac12|v|^2$ too, here
# $\frac12(x^2+y^2)$. Two lines each.


# %%
def extragradient(x, y, h):
    ahead_x, ahead_y = x - h * y, y + h * x
    return x - h * ahead_y, y + h * ahead_x


def optimistic(x, y, before_x, before_y, h):
    ahead_x, ahead_y = 2 * x - before_x, 2 * y - before_y
    return x - h * ahead_y, y + h * ahead_x


def consensus(x, y, h, weight=0.3):
    slope_x, slope_y = y + weight * x, -x + weight * y
    return x - h * slope_x, y - h * slope_y


game, friendly = dynamics.bilinear, dynamics.consensus(dynamics.bilinear, 0.3)
fields = {"extragradient": game, "optimistic": game, "consensus": friendly}
kinds = {name: name if field is game else "simultaneous" for name, field in fields.items()}
paths = {n: dynamics.path(f, (1, 0), 0.3, 40, kinds[n]) for n, f in fields.items()}
plots.phase_planes(paths, fields, limit=1.2)

# %% [markdown]
# All three arrive. For an eigenvalue $\lambda$ a step multiplies by
#
# - extragradient: $1 + h\lambda + h^2\lambda^2$; at $\lambda = i$ below 1 for $h < 1$;
# - optimistic: the roots $m$ of $m^2 - (1+2h\lambda)m + h\lambda = 0$; at $\lambda = i$ below 1 for
#   $h < 1/\sqrt3$;
# - consensus: $J - \gamma J^\top J$ takes the place of $J$, so $\pm i$ becomes $-\gamma \pm i$.
#
# The price: two gradients a step, one step's memory, or a gradient of a gradient. And under a large
# weight consensus attracts to any stationary point whose $J$ has an inverse: to a bad one, too.
# (Gidel et al. 2019; Daskalakis et al. 2018; Mescheder et al. 2017.)

# %% tags=["proof"]
# Proof: the two lines are the package's steps, and these are their spectra
here, before = np.array([0.7, -0.4]), np.array([0.5, 0.1])
mine = extragradient(*here, 0.3), optimistic(*here, *before, 0.3), consensus(*here, 0.3)
theirs = [dynamics.step(f, here, 0.3, kinds[n], before) for n, f in fields.items()]
claim("same steps", torch.tensor(mine), torch.tensor(np.array(theirs)))
turn = dynamics.jacobian(dynamics.bilinear)
for step in (0.1, 0.5, 0.9):
    found = dynamics.modulus(turn, step, "extragradient")
    claim("extragradient at i", found, abs(1 + 1j * step - step**2), within=1e-8)
    roots = np.abs(np.roots([1, -1 - 2j * step, 1j * step]))
    found = dynamics.modulus(turn, step, "optimistic")
    claim("optimistic at i", found, roots.max().item(), within=1e-8)
edge = [dynamics.modulus(turn, 3**-0.5 + d, "optimistic") for d in (-0.01, 0, 0.01)]
claim("it is 1 at the root of 1/3", edge[0] < 1 < edge[2] and abs(edge[1] - 1) < 1e-6)
braked = np.linalg.eigvals(dynamics.jacobian(friendly))
claim("consensus at i", np.allclose(np.sort(braked), [-0.3 - 1j, -0.3 + 1j], atol=1e-6))
away = dynamics.consensus(lambda state: state, 2.0)  # J = 1: both numbers run away from 0
claim("consensus holds them there", np.allclose(dynamics.jacobian(away), -np.eye(2), atol=1e-6))

# %% [markdown]
# Back to the GAN of the opening: the same loss, the same step of 0.5, no penalty, but now with
# *extragradient* steps. Then try *optimistic*, a larger step, and the penalty *consensus*.

# %%
live.phase_plane(h=0.5, order="extragradient")

# %% [markdown]
# ## Two time scales
#
# Training gives the players different learning rates $h_G$, $h_D$, or D several steps for each of
# G's (WGAN five). Does a faster D end the rotation? Below, the modulus of a step by the weight of
# R1; at weight 0 stands the plain game.

# %%
gammas = np.linspace(0, 2.5, 101)
rates = {
    "both 0.2": (0.2, "simultaneous"),
    "D faster: 0.1 and 0.4": ((0.1, 0.4), "simultaneous"),
    "G faster: 0.4 and 0.1": ((0.4, 0.1), "simultaneous"),
    "five steps of D, 0.2 each": (0.2, "alternating, 5 steps of D"),
}
Js = [np.array([[0, 0.5], [-0.5, -g]]) for g in gammas]
moduli = {name: np.array([dynamics.modulus(J, *way) for J in Js]) for name, way in rates.items()}
plots.lines(gammas, moduli, "weight of R1", "modulus of a step", "Below 1, steps converge")

# %% [markdown]
# No ratio ends the rotation: without penalty the product $h_Gh_D$ alone counts, and five steps of D
# act like one of five times the size. With R1, the best modulus is
# $1 - \frac12\sqrt{h_Gh_D} = 0.9$, at $\gamma = \sqrt{h_G/h_D}$: two rates (Heusel et al. 2017)
# save penalty, they do not replace it.
#
# Five steps of D reach 0.80, with six gradients a turn instead of two. Three turns of the others
# reach $0.9^3 = 0.73$ with as many.

# %% tags=["proof"]
# Proof: with two rates the product turns, and D's rate times the weight brakes
h_G, h_D = sp.symbols("h_G h_D", positive=True)
lam = sp.symbols("lambda")
HJ = sp.diag(h_G, h_D) * sp.Matrix([[0, 1], [-1, -2 * gamma]]) / 2
known = lam**2 + h_D * gamma * lam + h_G * h_D / 4  # a double root at gamma² = h_G / h_D
claim("characteristic polynomial", sp.expand(HJ.charpoly(lam).as_expr() - known), 0)
double = known.subs({gamma: sp.sqrt(h_G / h_D), lam: -sp.sqrt(h_G * h_D) / 2})
claim("the best modulus is 1 - sqrt(h_G h_D)/2", sp.simplify(double), 0)
lowest = {name: (gammas[m.argmin()], m.min()) for name, m in moduli.items()}
found = torch.tensor(list(lowest.values())[:3])
wanted = torch.tensor([[1, 0.9], [0.5, 0.9], [2, 0.9]])
claim("best weights and moduli", found, wanted, within=1e-6)
claim("five steps of D", lowest["five steps of D, 0.2 each"][1].item(), 0.8, within=0.005)
five = dynamics.step_matrix(Js[0], 0.2, "alternating, 5 steps of D")
one = dynamics.step_matrix(Js[0], (0.2, 1.0), "alternating")
claim("five steps of D are one of five times the size", np.allclose(five, one))

# %% [markdown]
# ## What a cycle looks like in loss curves
#
# Two hundred alternating steps of the plain game, on a nearly closed orbit: nothing gets better.

# %% tags=["bet"]
# Bet: what will the loss curves say?
live.predict(
    "You see both loss curves, D(x) and D(G(z)). Will they tell you that nothing gets better?",
    (
        "yes: the losses stay far from 1.386 and -0.693",
        "no: they pass their best values again and again",
    ),
    "no: they pass their best values again and again",
    "d_loss has its equilibrium value whenever one of the two numbers is 0, whatever the other is.",
)

# %%
states = dynamics.path(dynamics.dirac("minimax"), (1, 1), 0.2, 2000, "alternating")
d_loss, g_loss = dynamics.losses_along("minimax", states)
history = {"d_loss": d_loss, "g_loss": g_loss, "D(x)": 0.5 + 0 * d_loss,
           "D(G(z))": 1 / (1 + np.exp(-states.prod(1)))}  # fmt: skip
plots.curves({name: values[:200] for name, values in history.items()}, window=1)

# %% [markdown]
# Waves, through 1.386 in the middle of each swing as well as at rest. Since
# $\psi\theta = \frac12 r^2\sin 2\varphi$, losses swing twice as often as the players. And while the
# path keeps its distance of 1.4, its *average* lies at the goal: that is why practice also keeps a
# running average of G's weights.

# %% tags=["proof"]
# Proof: losses swing twice as often as the players, whose average is at the goal
at_rest = 2 * np.log(2)
claim("one zero is enough", dynamics.losses_along("minimax", np.array([[0, 3.0]]))[0][0], at_rest)
swings = [(np.diff(np.sign(v)) != 0).sum().item() for v in (d_loss - at_rest, *states.T)]
claim("twice as often", abs(swings[0] - 2 * swings[1]) <= 1)
claim("never nearer than 1.4", np.hypot(*states.T).min().item(), above=1.4)
claim("the average is at the goal", np.hypot(*states.mean(0)).item(), below=0.03)

# %% [markdown]
# ## Recap
#
# - Two gradients rotate. Simultaneous steps have the modulus $|1+h\lambda| > 1$ for imaginary
#   $\lambda$, alternating ones 1 while $h|\lambda| < 2$.
# - No loss of lesson 03 has friction at equilibrium; R1, R2, and noise under a curved loss have.
#   More is not better. WGAN-GP cycles.
# - Extragradient and optimistic steps converge without friction, if $h$ is small.
# - Only the product of both learning rates turns; D's rate times the penalty brakes.
# - Losses at their equilibrium value do not prove an equilibrium.
#
# Now do [the exercises](../exercises/04_dynamics.ipynb). All results of lessons 01 to 04 stand on
# [one sheet](formulas.ipynb). Next, [lesson 05](05_minimal_gan.ipynb) builds a whole GAN on
# points.
