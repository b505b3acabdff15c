# %% [markdown]
# # 04 · Dynamics: a game is not a minimisation
#
# So far D was at its best before G moved. In training both move, a little at a time, each on
# ground that the other one shifts. Then even the simplest game goes round in circles.
#
# After this lesson you can
# - say why simultaneous steps spiral out and alternating ones orbit;
# - read from the eigenvalues of a Jacobian whether training converges, and how fast;
# - derive what R1, R2 and instance noise do to the smallest GAN there is;
# - recognise a cycle in a pair of loss curves, and what it hides.
#
# 60 minutes. You need the six losses of lesson 03 and the derivative of a vector.

# %%
import numpy as np
import sympy as sp
import torch

from gancourse import live, losses, plots
from gancourse.maths import dynamics

# %% [markdown]
# ## A game that turns
#
# $\min_x \max_y\, x\,y$: G holds $x$, D holds $y$, the only place of rest is $(0, 0)$. Each
# follows its own gradient, $\dot x = -y$ and $\dot y = x$. The chain rule gives
# $\frac{d}{dt}(x^2+y^2) = 2x\dot x + 2y\dot y = 0$: they circle for ever. Real training takes
# steps of size $h$. Will small enough steps arrive?


# %%
def simultaneous(x, y, h):
    return x - h * y, y + h * x


x, y, h = sp.symbols("x y h", positive=True)
step = sp.Matrix(simultaneous(x, y, h)).jacobian([x, y])
assert step == sp.Matrix([[1, -h], [h, 1]])
assert set(step.eigenvals()) == {1 + sp.I * h, 1 - sp.I * h}
assert sp.expand(sum(v**2 for v in simultaneous(x, y, h)) - (1 + h**2) * (x**2 + y**2)) == 0

# %% [markdown]
# The last line says it: each step multiplies the distance from rest by exactly $\sqrt{1+h^2}$, the
# modulus of the eigenvalues $1 \pm ih$. Smaller steps spiral out more slowly, and never in.
#
# Now let D answer G's *new* position, as training loops do. What changes?


# %%
def alternating(x, y, h):
    x = x - h * y
    return x, y + h * x


step = sp.Matrix(alternating(x, y, h)).jacobian([x, y])
assert sp.expand(step.det()) == 1
assert sp.expand(step.trace()) == 2 - h**2
ellipse = x**2 + y**2 - h * x * y
after = dict(zip((x, y), alternating(x, y, h), strict=True))
assert sp.expand(ellipse.subs(after, simultaneous=True) - ellipse) == 0

# %% [markdown]
# The eigenvalues multiply to the determinant 1 and add up to $2-h^2$. While $h < 2$ they are a
# pair of complex conjugates, so each has modulus 1. And $x^2+y^2-hxy$ never changes: every point
# stays on its own ellipse.

# %%
steps = {"simultaneous": simultaneous, "alternating": alternating}
paths = {name: dynamics.path(dynamics.bilinear, (1, 0), 0.2, 100, name) for name in steps}
assert all(np.allclose(paths[name][1], step(1, 0, 0.2)) for name, step in steps.items())
assert np.isclose(np.hypot(*paths["simultaneous"][-1]), (1 + 0.2**2) ** 50)
plots.phase_planes(paths, dynamics.bilinear)

# %% [markdown]
# A hundred simultaneous steps of 0.2 carry the pair 7.1 times as far away; alternating steps
# orbit. Neither arrives.
#
# ## The modulus decides
#
# Any smooth game near a place of rest is its Jacobian $J$, to first order (Taylor). A
# *simultaneous* step multiplies a deviation by $I + hJ$, which has the eigenvectors of $J$ and, for
# each eigenvalue $\lambda$ of $J$, the eigenvalue $1 + h\lambda$. Steps converge nearby if all
# moduli are below 1 (Ostrowski's theorem).

# %%
assert round((1 + 0.2**2) ** 50, 1) == 7.1
a, b = sp.symbols("a b", real=True)  # lambda = a + ib
modulus_squared = sp.expand((1 + h * a) ** 2 + (h * b) ** 2)
assert sp.expand(modulus_squared - (1 + 2 * h * a + h**2 * (a**2 + b**2))) == 0
assert sp.solve(modulus_squared - 1, h) == [-2 * a / (a**2 + b**2)]

# %% [markdown]
# So $|1+h\lambda|^2 = 1 + 2h\,\mathrm{Re}\,\lambda + h^2|\lambda|^2$, below 1 exactly for
# $0 < h < -2\,\mathrm{Re}\,\lambda\,/\,|\lambda|^2$. Descent on one function has $J = -$Hessian:
# symmetric, so $\lambda$ is real, and negative at a minimum that is not flat. A game's $J$ need not
# be symmetric. Where do the eigenvalues walk as $h$ grows?

# %%
steps = np.linspace(0, 1.5, 31)
walks = {"descent, λ = -1": 1 - steps, "game, λ = i": 1 + 1j * steps,
         "game with friction, λ = -0.5 + 0.8i": 1 + (-0.5 + 0.8j) * steps}  # fmt: skip
inside = {name: (np.abs(v[1:]) < 1).sum() for name, v in walks.items()}
assert list(inside.values()) == [30, 0, 22]
plots.eigenvalues(walks, "Step matrices as h grows from 0 to 1.5")

# %% [markdown]
# The game leaves the circle at once, along its tangent. With friction, a negative real part, the
# walk first goes inside: steps up to $1/0.89 = 1.12$ converge.
#
# ## The smallest GAN
#
# The Dirac-GAN (Mescheder et al. 2018): real data sit at 0, G's only sample at $\theta$, and D has
# the logit $\psi x$. Then $d\_loss = \log 2 + \mathrm{softplus}(\psi\theta)$, and each player's
# velocity is minus the gradient of its loss by its own number.

# %%
theta, psi = sp.symbols("theta psi", real=True)
softplus = sp.log(1 + sp.exp(psi * theta))  # of the fake logit; minimax: g_loss = -softplus
velocity = sp.Matrix([sp.diff(softplus, theta), -sp.diff(softplus, psi)])
J = velocity.jacobian([theta, psi]).subs({theta: 0, psi: 0})
assert (2 * J).tolist() == [[0, 1], [-1, 0]]

# %% [markdown]
# $\pm\frac i2$: the game of $xy$ at half the speed, because the sigmoid is $\frac12$ at 0. So
# simultaneous steps have modulus $\sqrt{1+h^2/4}$, and alternating ones exactly 1 while $h \le 4$
# (at 4 itself deviations already drift, linearly).
#
# Does one of the other losses break the circle? Predict, then run. The first function takes the
# velocities from lesson 03's losses by autograd.


# %%
def velocities(name, theta, psi):
    pair, offset = losses.get_loss(name), 0.5 if name == "least-squares" else 0.0
    logits = offset + 0 * psi, offset + psi * theta  # D(0), D(theta)
    (by_theta,) = torch.autograd.grad(pair.g_loss(*logits), theta, retain_graph=True)
    return -by_theta, -torch.autograd.grad(pair.d_loss(*logits), psi)[0]


state = torch.tensor([0.7, -0.4], dtype=torch.float64, requires_grad=True)
for name in losses.LOSSES:
    here = torch.stack(velocities(name, *state)).numpy()
    assert np.allclose(here, dynamics.dirac(name)(state.detach().numpy()))

# %% [markdown]
# They agree with the package's fields. Now the eigenvalues at equilibrium, and the moduli:

# %%
fast = ("least-squares", "hinge", "wasserstein")
for name in losses.LOSSES:
    J = dynamics.jacobian(dynamics.dirac(name))
    assert np.allclose(np.linalg.eigvals(J), np.array([1j, -1j]) / (1 if name in fast else 2))

# %%
J = dynamics.jacobian(dynamics.dirac("minimax"))
assert np.isclose(dynamics.modulus(J, 0.2), np.sqrt(1 + 0.2**2 / 4))
assert np.isclose(dynamics.modulus(J, 4.0, "alternating"), 1)
N = dynamics.step_matrix(J, 4.0, "alternating") + np.eye(2)
assert np.allclose(N @ N, 0)  # the eigenvalue -1, twice
assert np.linalg.matrix_rank(N) == 1  # with one eigenvector
assert dynamics.modulus(J, 4.2, "alternating") > 1.8

# %% [markdown]
# None does. All six turn, $\pm\frac i2$ or $\pm i$ (least squares with D's constant term at its
# $\frac12$), and none has friction. To first order, the choice of loss does not decide
# convergence.
#
# Beyond first order there is a trace of it. In continuous time minimax keeps the squared distance
# exactly; what does the non-saturating loss do to it?

# %%
assert theta * velocity[0] + psi * velocity[1] == 0  # minimax
g_loss = sp.log(1 + sp.exp(-psi * theta))
dot_theta, dot_psi = -sp.diff(g_loss, theta), velocity[1]
drift = theta * dot_theta + psi * dot_psi  # half of d/dt (theta^2 + psi^2)
inward = -theta * psi * sp.tanh(theta * psi / 2)
assert sp.simplify((drift - inward).rewrite(sp.exp)) == 0
radius, phi = sp.symbols("r phi", positive=True)
on_circle = inward.subs({theta: radius * sp.cos(phi), psi: radius * sp.sin(phi)})
fourth = sp.limit(on_circle / radius**4, radius, 0)
assert sp.integrate(fourth, (phi, 0, 2 * sp.pi)) / (2 * sp.pi) == -sp.Rational(1, 16)
end = dynamics.path(dynamics.dirac("non-saturating"), (1, 1), 0.2, 2000)[-1]
assert abs(np.hypot(*end) - np.sqrt(2 * 0.2)) < 0.02

# %% [markdown]
# $-\theta\psi\tanh(\theta\psi/2)$: inward, but over a turn only $-\frac{r^4}{16}$ near the goal. So
# $\frac{d}{dt}r^2 = -\frac{r^4}8$. Far out it helps; near the goal it is so weak that the distance
# falls only like $\sqrt{8/t}$, and simultaneous steps, which add $h^2r^2/4$ to $r^2$, beat it:
# they end up circling at $r = \sqrt{2h}$.
#
# ## Friction: what makes it converge
#
# **R1** adds $\frac\gamma2 E|\nabla_x l|^2$ at real samples to D's loss: the slope of D's *logit*,
# here $\psi$ everywhere. So it is $\frac\gamma2\psi^2$, and $\dot\psi$ gains $-\gamma\psi$:
# friction on D. (R2, the same at fakes, is the same here.) With $\mathrm{tr} = -\gamma$ and
# $\det = \frac14$, $\lambda^2 + \gamma\lambda + \frac14 = 0$.

# %%
points = torch.tensor([[0.0]]), torch.tensor([[0.7]])  # the real one, the fake one
for penalty, at in zip((losses.r1_penalty, losses.r2_penalty), points, strict=True):
    assert torch.isclose(penalty(lambda x: -0.4 * x, at), torch.tensor(0.4**2 / 2))

# %%
gamma = sp.symbols("gamma", positive=True)
damped = velocity - sp.Matrix([0, sp.diff(gamma / 2 * psi**2, psi)])
J = damped.jacobian([theta, psi]).subs({theta: 0, psi: 0})
root = sp.sqrt(gamma**2 / 4 - sp.Rational(1, 4))
for v in (-gamma / 2 + root, -gamma / 2 - root):
    assert sp.expand((J - v * sp.eye(2)).det()) == 0

# %% [markdown]
# $\lambda = -\frac\gamma2 \pm \sqrt{\frac{\gamma^2}4 - \frac14}$. Below $\gamma = 1$ the root is
# imaginary: a spiral that shrinks like $e^{-\gamma t/2}$. At 1 both are $-\frac12$. Above, they
# are real, and the slower one goes back towards 0. Is a weight of 5 better than one of 1?

# %%
weights = (0.3, 1.0, 5.0)
fields = {f"R1, weight {w:g}": dynamics.dirac("minimax", "R1", w) for w in weights}
paths = {title: dynamics.path(field, (1, 1), 0.2, 60) for title, field in fields.items()}
ends = [np.hypot(*path[-1]) for path in paths.values()]
assert ends[1] < ends[0] < ends[2]
plots.phase_planes(paths, fields)

# %% [markdown]
# No: it is the worst of the three. D is held so still that G learns slowly, and the path creeps
# along the horizontal axis.
#
# **Instance noise** of standard deviation $s$ on real and fake samples alike: now $x$ spreads, and
# the second derivative of $d\_loss$ by $\psi$ at 0 is $\mathrm{softplus}''(0)\,E[x^2]$ for each
# kind, $\frac14s^2$ twice; the rest of $J$ stays. To first order it is R1 with
# $\gamma = s^2/2$.

# %%
assert sp.diff(softplus, psi, 2).subs(psi, 0) == theta**2 / 4  # softplus'' x^2
for sd in (0.5, 1.0, 1.6):
    J = dynamics.jacobian(dynamics.dirac("minimax", "instance noise", sd))
    known = -(sd**2) / 4 + np.array([-1, 1]) * np.sqrt(complex(sd**4 / 16 - 1 / 4))
    assert np.allclose(np.sort(np.linalg.eigvals(J)), known, atol=1e-8)

# %% [markdown]
# ## Two remedies that fail
#
# The noise got its friction from the curvature of softplus, $\frac14$ at 0. Least squares curves by
# 2, eight times as much; near logit 0 the hinge and Wasserstein losses are straight lines. What
# does noise do for them?

# %%
for name in ("hinge", "wasserstein"):
    J = dynamics.jacobian(dynamics.dirac(name, "instance noise", 1.0))
    assert np.allclose(np.linalg.eigvals(J), [1j, -1j], atol=1e-8)  # no friction at all

noisy = {n: dynamics.jacobian(dynamics.dirac(n, "instance noise", 0.5)) for n in losses.LOSSES}
assert np.allclose([J[1, 1] for J in noisy.values()], [-1 / 8, -1 / 8, -1, 0, 0, -1 / 8])

# %% [markdown]
# Nothing. And WGAN-GP's penalty, $\mu(|\psi|-1)^2$ for a linear critic, pulls the slope of its
# logit to 1, while at rest it would have to be 0. Two starts, one near, one far, weight
# $\mu = 0.1$: where do they end?

# %%
field = dynamics.dirac("wasserstein", "WGAN-GP", 0.1)
starts = {"from inside": (0.1, 0.1), "from outside": (2.5, 0.0)}
paths = {t: dynamics.path(field, at, 0.02, 3000, "alternating") for t, at in starts.items()}
plots.phase_planes(paths, field)

# %% [markdown]
# On one and the same cycle. Its size: for $\psi > 0$,
# $\ddot\theta = \dot\psi = -(\theta - 2\mu) - 2\mu\dot\theta$, an oscillation around $2\mu$ that
# shrinks by $\rho = e^{-\pi\mu/\sqrt{1-\mu^2}}$ in half a turn. From $-A$ it reaches
# $2\mu + \rho(A + 2\mu)$; for $\psi < 0$ all is mirrored. On a cycle this is $A$ again.

# %%
A, rho, mu = sp.symbols("A rho mu", positive=True)
(size,) = sp.solve(2 * mu + rho * (A + 2 * mu) - A, A)
assert sp.simplify(size - 2 * mu * (1 + rho) / (1 - rho)) == 0
reached = size.subs({rho: np.exp(-np.pi * 0.1 / np.sqrt(1 - 0.1**2)), mu: 0.1})
assert round(float(reached), 2) == 1.28
assert all(abs(np.abs(path[-400:, 0]).max() - reached) < 0.03 for path in paths.values())

# %% [markdown]
# $A = 2\mu\frac{1+\rho}{1-\rho} = 1.28$, as drawn: G swings past the data for ever, by 1.28 to
# either side. Lesson 12 looks at penalties on real nets.
#
# ## Two time scales
#
# Give G the step $h_G$ and D the step $h_D$. A simultaneous step is then $I + HJ$ with
# $H = \mathrm{diag}(h_G, h_D)$. Will a faster D end the rotation? And with R1?

# %%
h_G, h_D, gamma = sp.symbols("h_G h_D gamma", positive=True)
HJ = sp.diag(h_G, h_D) * sp.Matrix([[0, 1], [-1, -2 * gamma]]) / 2
lam = sp.symbols("lambda")
known = lam**2 + h_D * gamma * lam + h_G * h_D / 4
assert sp.expand(HJ.charpoly(lam).as_expr() - known) == 0
free = HJ.subs(gamma, 0).eigenvals()
assert {sp.simplify(v**2) for v in free} == {-h_G * h_D / 4}

# %% [markdown]
# Without penalty $HJ$ has $\lambda = \pm\frac i2\sqrt{h_Gh_D}$: no ratio ends the rotation, only
# the product counts. With R1, $\lambda^2 + h_D\gamma\lambda + \frac{h_Gh_D}4 = 0$ has a double
# root at $\gamma = \sqrt{h_G/h_D}$: a faster D needs a smaller penalty. Predict the three curves
# below, then look.

# %%
gammas = np.linspace(0, 3, 121)
rates = {
    "h_G = h_D = 0.2": (0.2, 0.2),
    "D faster: 0.1, 0.4": (0.1, 0.4),
    "G faster: 0.4, 0.1": (0.4, 0.1),
}
Js = [np.array([[0, 0.5], [-0.5, -g]]) for g in gammas]
moduli = {name: np.array([dynamics.modulus(J, h) for J in Js]) for name, h in rates.items()}
best = [gammas[m.argmin()] for m in moduli.values()]
assert np.allclose(best, [1, 0.5, 2])
assert np.allclose([m.min() for m in moduli.values()], 1 - 0.2 / 2, atol=1e-6)
plots.lines(gammas, moduli, "weight of R1", "modulus of a step", "Below 1, steps converge")

# %% [markdown]
# The same best modulus, 0.9, at half and at twice the weight. So two rates (Heusel et al. 2017)
# save penalty; they do not replace it.
#
# ## What a cycle looks like in loss curves
#
# Two hundred alternating steps of the plain game, on a nearly closed orbit. Before you run it:
# will the losses tell you that nothing gets better?

# %%
states = dynamics.path(dynamics.dirac("minimax"), (1, 1), 0.2, 2000, "alternating")
d_loss, g_loss = dynamics.losses_along("minimax", states)
history = {"d_loss": d_loss, "g_loss": g_loss, "D(x)": 0.5 + 0 * d_loss,
           "D(G(z))": 1 / (1 + np.exp(-states.prod(1)))}  # fmt: skip
plots.curves({name: values[:200] for name, values in history.items()}, window=1)

# %% [markdown]
# Waves. But d_loss is $\log 2 + \mathrm{softplus}(\psi\theta)$: it equals its value at
# equilibrium, 1.386, whenever *one* number is 0, in the middle of each swing as well as at rest.
# And since $\psi\theta = \frac12 r^2\sin 2\varphi$, losses swing twice as often as the players.

# %%
at_rest = 2 * np.log(2)
assert np.isclose(dynamics.losses_along("minimax", np.array([[0.0, 3.0]]))[0], at_rest)
swings = [(np.diff(np.sign(v)) != 0).sum() for v in (d_loss - at_rest, *states.T)]
assert abs(swings[0] - 2 * swings[1]) <= 1
assert np.hypot(*states.T).min() > 1.4
assert np.hypot(*states.mean(0)) < 0.03

# %% [markdown]
# The last two lines: the path keeps its distance of 1.4, its *average* lies at the goal. That is
# why practice also keeps a running average of G's weights.
#
# Now play. Click on the plane to choose a start; choose loss, penalty, step size and order. Find a
# setting that converges in the shortest time, and one whose losses look calm while G is far away.

# %%
live.phase_plane(penalty="R1, weight 0.3")

# %% [markdown]
# ## Recap
#
# - Two gradients rotate. Simultaneous steps have the modulus $|1+h\lambda| > 1$ for imaginary
#   $\lambda$, alternating ones 1 *while $h$ is small* ($h|\lambda| \le 2$).
# - No loss of lesson 03 has friction at equilibrium; R1, R2, and noise under a curved loss have.
#   More is not better: beyond the critical weight the path creeps.
# - Only the product of both learning rates turns; D's rate times the penalty brakes.
# - Losses at their equilibrium value do not prove an equilibrium.
#
# Now do [the exercises](../exercises/04_dynamics.ipynb). All results of lessons 01 to 04 stand on
# [one sheet](formulas.ipynb). Next, [lesson 05](05_minimal_gan.ipynb) builds a whole GAN on
# points.
