# %% [markdown]
# # Formulas of lessons 01 to 04
#
# $p$ and $q$: densities of real samples and of fakes $G(z)$; $r = q/p$; $P, Q$: cumulated; $l$: D's
# logit; $D = \sigma(l) = 1/(1+e^{-l})$; $\mathrm{sp}(l) = \log(1+e^{l})$. In italics: where it is
# derived and checked.
#
# **The game and the best D**
# - $V(D,G) = E_p\log D(x) + E_z\log(1-D(G(z))) \le 0$; for $D = \frac12$ it is $-\log 4$.
#   *01 Two players*
# - A batch of $n$ of each: $\mathrm{Var}\,\hat V = (\mathrm{Var}_p\log D +
#   \mathrm{Var}_q\log(1-D))/n$; cross-entropy $H = -\frac12\hat V$. *01 What a batch tells; D is a
#   classifier*
# - G sees at $x$ the slope $-D\,l'(x)$ of $\log(1-D)$, and no real data. *01 What G sees*
# - $\max_D\min_G V \le \min_G\max_D V$; over all functions both are $-\log 4$.
#   *01 Who moves first?*
# - $D^* = \frac p{p+q}$, $l^* = \log p - \log q$. *02 The best D*
# - $C(G) = V(D^*,G) = -\log4 + 2\,\mathrm{JSD}(p,q)$, least at $q = p$ only;
#   $0 \le \mathrm{JSD} \le \log 2$. *02 What is left for G*
# - $\mathrm{KL}(p\Vert q)$ covers (the best bell has the mean and variance of $p$);
#   $\mathrm{KL}(q\Vert p)$ picks. *02 Two ways to be wrong*
# - Disjoint: JSD is $\log 2$. $\mathrm{KL}(p\Vert q)$ is infinite wherever $p$ has mass and $q$
#   none; for a box shifted by $\theta \ne 0$, both are. $W_1 = \int|P-Q|$, for a shift $|\theta|$.
#   *02 Nothing in common*
# - $p = N(0,s^2)$, $q = N(\theta,s^2)$, $\theta > 0$: $\frac{dC}{d\theta} = \frac\theta{s^2}E_qD^*
#   \le \frac\theta{2s^2}e^{-\theta^2/8s^2}$. *02 The gradient that reaches G*

# %% [markdown]
# **Losses.** $-\log D = \mathrm{sp}(-l)$, $-\log(1-D) = \mathrm{sp}(l)$, with slopes $\sigma(l)-1$
# and $\sigma(l)$. *03 From V; Two losses for G*
#
# | *03 What D's loss measures* | D minimises | best $l$ | what is left |
# |---|---|---|---|
# | minimax, non-saturating | $E\,\mathrm{sp}(-l_r)+E\,\mathrm{sp}(l_f)$ | $l^*$ | $\log4-2\,$JSD |
# | least squares | $E(l_r-1)^2+E\,l_f^2$ | $\frac p{p+q}$ | $\frac12-\frac14\int(p-q)^2/(p+q)$ |
# | hinge | $E(1-l_r)_+ + E(1+l_f)_+$ | $\mathrm{sign}(p-q)$ | $2-\int\lvert p-q\rvert$ |
# | Wasserstein | $E\,l_f-E\,l_r$, $\lvert l'\rvert\le1$ | $l'=-\mathrm{sign}(P-Q)$ | $-W_1$ |
# | relativistic | $E\,\mathrm{sp}(l_f-l_r)$ | $l^*+c$ | $\log2-$ JSD of pairs |
#
# (JSD of pairs: of $(x, y) \sim p\times q$ and $q\times p$.)
#
# | *03 What G follows* | G minimises | price $w(r)=\varphi'(r)$ | G descends |
# |---|---|---|---|
# | minimax | $-E\,\mathrm{sp}(l_f)$ | $\log\frac r{1+r}$ | $2\,$JSD |
# | non-saturating | $E\,\mathrm{sp}(-l_f)$ | $\log(1+r)$ | $\mathrm{KL}(q\Vert p)-2\,$JSD |
# | both at once | $-E\,l_f$ | $\log r$ | $\mathrm{KL}(q\Vert p)$ |
# | least squares | $E(l_f-1)^2$ | $(\frac r{1+r})^2$ | $\varphi=r-2\log(1+r)-\frac1{1+r}$ |
# | hinge | $-E\,l_f$ | $\mathrm{sign}(r-1)$ | $\int\lvert p-q\rvert$ |
# | Wasserstein | $-E\,l_f$ | | $W_1$ |
#
# G's gradient is $\int w(r)\,\partial q$; $\partial$ is the derivative by a parameter of G; $p > 0$
# wherever $q$ is. The relativistic price of a fake at $y$, $E_{x\sim p}\log(1 + r(y)/r(x))$,
# averages over its real partners: no function of $r(y)$ alone, so no row here.

# %% [markdown]
# **Dynamics**: step $h$; Jacobian $J$ at rest with eigenvalues $\lambda$
# - $\min_x\max_y xy$. Together: $1\pm ih$, the distance grows by $\sqrt{1+h^2}$. In turn:
#   $\det = 1$, modulus 1 for $h \le 2$, and $x^2+y^2-hxy$ stays. *04 A game that turns*
# - Step matrix $I+hJ$ (together): $|1+h\lambda|^2 = 1+2h\,\mathrm{Re}\lambda+h^2|\lambda|^2$; steps
#   converge nearby if, for every $\lambda$, $\mathrm{Re}\lambda < 0$ and
#   $0 < h < -2\,\mathrm{Re}\lambda/|\lambda|^2$. *04 The modulus decides*
# - Dirac-GAN, $l = \psi x$: $\lambda = \pm\frac i2$ (minimax, non-saturating, relativistic), others
#   $\pm i$ (least squares if $l = \frac12 + \psi x$). For $\frac i2$: together $\sqrt{1+h^2/4}$, in
#   turn 1 while $h\le4$ (at 4 a linear drift). *04 The smallest GAN*
# - $\frac12\frac d{dt}(\theta^2+\psi^2)$ is 0 for minimax, $-\theta\psi\tanh\frac{\theta\psi}2$ for
#   non-saturating: near 0 the distance falls like $\sqrt{8/t}$. *the same*
# - R1, R2: those with $\pm\frac i2$ get $-\frac\gamma2\pm\sqrt{\frac{\gamma^2}4-\frac14}$, critical
#   at $\gamma = 1$; the others $-\frac\gamma2\pm\sqrt{\frac{\gamma^2}4-1}$, critical at 2.
#   *04 Friction*
# - Instance noise of sd $s$ acts, to first order, like R1 with $\gamma = \frac{s^2}2$ (minimax,
#   non-saturating, relativistic) or $4s^2$ (least squares); not at all for hinge and Wasserstein.
#   *04 Friction; Two remedies that fail*
# - WGAN-GP of weight $\mu < 1$: a cycle of size $2\mu\frac{1+\rho}{1-\rho}$,
#   $\rho = e^{-\pi\mu/\sqrt{1-\mu^2}}$. *04 Two remedies that fail*
# - Steps $h_G$, $h_D$ with R1 (those with $\pm\frac i2$): $HJ$ has
#   $\lambda^2+h_D\gamma\lambda+\frac{h_Gh_D}4 = 0$, critical at $\gamma = \sqrt{h_G/h_D}$.
#   *04 Two time scales*
#
# **Numbers.** All logits 0: $V = -1.3863$; d_loss 1.3863 (minimax), 1 (least squares), 2 (hinge), 0
# (Wasserstein), 0.6931 (relativistic). For least squares 0 means "fake": a D that cannot tell says
# $\frac12$ and costs 0.5. $\sigma$ rounds to 1 from logit 16.7 on in float32, 6.3 in
# bfloat16. At $l = -5$ the non-saturating pull is 148 times the saturating one.

# %%
import torch

from gancourse import losses
from gancourse.maths import dynamics

zero = torch.zeros(4)
heights = {n: round(pair.d_loss(zero, zero).item(), 4) for n, pair in losses.LOSSES.items()}
assert heights == {"minimax": 1.3863, "non-saturating": 1.3863, "least-squares": 1.0, "hinge": 2.0,
                   "wasserstein": 0.0, "relativistic": 0.6931}  # fmt: skip
assert losses.least_squares_d(zero + 0.5, zero + 0.5) == 0.5
assert round((torch.tensor(5.0).sigmoid() / torch.tensor(-5.0).sigmoid()).item()) == 148
assert torch.tensor(16.7).sigmoid() == 1 > torch.tensor(16.6).sigmoid()
assert torch.tensor(6.3).bfloat16().sigmoid() == 1 > torch.tensor(6.2).bfloat16().sigmoid()
for name in ("R1", "R2"):
    for loss, critical in (("minimax", 1.0), ("hinge", 2.0)):
        J = dynamics.jacobian(dynamics.dirac(loss, name, critical))
        assert abs(dynamics.modulus(J, 0.2) - (1 - 0.2 * critical / 2)) < 1e-4
