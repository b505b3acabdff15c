# %% [markdown]
# # Formulas of lessons 01 to 14
#
# $p$ and $q$: densities of real samples and of fakes $G(z)$; $r = q/p$; $P, Q$: cumulated; $l$: D's
# logit; $D = \sigma(l) = 1/(1+e^{-l})$; $\mathrm{sp}(l) = \log(1+e^{l})$; $\log$ is the natural
# logarithm. In italics: where it is derived and checked. At the end: our symbols and the papers'.
#
# **The game and the best D**
# - $V(D,G) = E_p\log D(x) + E_z\log(1-D(G(z))) \le 0$; for $D = \frac12$ it is $-\log 4$.
#   *01 One number*
# - A batch of $n$ of each: $\mathrm{Var}\,\hat V = (\mathrm{Var}_p\log D +
#   \mathrm{Var}_q\log(1-D))/n$; cross-entropy $H = -\frac12\hat V$. *01 What a batch tells; D is a
#   classifier*
# - G sees at $x$ the slope $-D\,l'(x)$ of $\log(1-D)$, and no real data. *01 What G sees*
# - $\max_D\min_G V \le \min_G\max_D V$; over all functions both are $-\log 4$.
#   *01 Who moves first?*
# - $D^* = \frac p{p+q}$, $l^* = \log p - \log q$, so $p/q = D^*/(1-D^*)$; a trained D gives that
#   ratio where there are samples of both kinds. *02 The best D; Does training find it?*
# - $C(G) = V(D^*,G) = -\log4 + 2\,\mathrm{JSD}(p,q)$, least at $q = p$ only;
#   $0 \le \mathrm{JSD} \le \log 2$. *02 What is left for G*
# - $\mathrm{KL}(p\Vert q)$ covers (the best bell has the mean and variance of $p$);
#   $\mathrm{KL}(q\Vert p)$ picks. *02 Two ways to be wrong*
# - Disjoint: JSD is $\log 2$. $\mathrm{KL}(p\Vert q)$ is infinite wherever $p$ has mass and $q$
#   none; for a box shifted by $\theta \ne 0$, both are. $W_1 = \int|P-Q|$, for a shift $|\theta|$.
#   *02 Nothing in common*
# - $p = N(0,s^2)$, $q = N(\theta,s^2)$, $\theta > 0$: $\frac{dC}{d\theta} = \frac\theta{s^2}E_qD^*
#   \le \frac\theta{2s^2}e^{-\theta^2/8s^2}$. *02 The gradient that reaches G*
# - Against a D that is done, G frozen: $\nabla E\log(1-D)$ fades, $\nabla E(-\log D)$ grows.
#   *02 With nets and digits*

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
# D's loss falls by $E_pf(r)$ with $f(r) = \max_l(rT(l)-F(l))$; for any $T$,
# $E_pf(r) \ge E_qT-E_pf^*(T)$ (f-GAN). $W_1$: the most that $E_pl-E_ql$ can be with slopes of at
# most 1 is the least that a plan costs. *03 What D's loss measures; Wasserstein*
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
# **Dynamics**: step $h$; Jacobian $J$ at equilibrium, with eigenvalues $\lambda$
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
#   *04 Friction*
# - WGAN-GP of weight $\mu < 1$: a cycle of size $2\mu\frac{1+\rho}{1-\rho}$,
#   $\rho = e^{-\pi\mu/\sqrt{1-\mu^2}}$. *the same*
# - Steps $h_G$, $h_D$ with R1 (those with $\pm\frac i2$): $HJ$ has
#   $\lambda^2+h_D\gamma\lambda+\frac{h_Gh_D}4 = 0$, critical at $\gamma = \sqrt{h_G/h_D}$.
#   *04 Two time scales*
# - A step multiplies by: extragradient $1+h\lambda+h^2\lambda^2$; optimistic the roots $m$ of
#   $m^2-(1+2h\lambda)m+h\lambda = 0$, below 1 at $\lambda = i$ for $h < 1/\sqrt3$. Consensus of
#   weight $\gamma$: $J-\gamma J^\top J$. *04 Steps that look ahead*

# %% [markdown]
# **Training**
# - One turn: D descends $d\_loss(l(x), l(G(z)))$ with $G(z)$ detached, then G descends
#   $g\_loss(l(G(z)))$. Balanced, with the non-saturating loss: $2\log 2$ and $\log 2$.
#   *05 D's step; G's step; 06 Reading the curves*
# - A pixel $u$ from 0 to 255 becomes $u/127.5 - 1$, tanh's range. *06 What goes in*
# - Average of G's weights: $\bar\theta \leftarrow \beta\bar\theta + (1-\beta)\theta$; after $n$
#   steps it holds $\beta^n$ of where it began. Buffers come along. *08 A calmer copy*
# - Work of a step, G and D for one pass forward: $3G + 8D$; with new fakes for G $4G + 8D$.
#   *08 What makes it fast*
# - bf16 has 8 significant bits: above 1 its numbers are $\frac1{128}$ apart, and an average with
#   $1-\beta = 0.001$ stands still. *08 What bf16 must not touch*
#
# **Layers**: side $n$, kernel $k$, stride $s$, padding $p$, channels $c$
# - Convolution: $\lfloor(n+2p-k)/s\rfloor + 1$; transposed: $(n-1)s - 2p + k$. *07 Sizes*
# - Transposed, inside: each output is fed equally often if $s$ divides $k$. *07 Checkerboards*
# - Batch norm: mean and variance of a channel over the batch are taken out, then a gain and a shift
#   are put in; in evaluation mode running averages stand in. *07 Batch norm*
# - Fan-in $f = c_{in}k^2$, transposed $c_{in}k^2/s^2$. LeakyReLU of slope $a$ keeps the size if the
#   weights' sd is $\sqrt{2/((1+a^2)f)}$. *07 The first weights*
# - What a number sees: each layer adds $(k-1)$ times the product of all strides before it.
#   *07 What a feature sees*
#
# **Latent space**: $z \sim N(0, I_d)$
# - $|z|$ is about $\sqrt d$, with an sd near $\sqrt{1/2}$. The middle of a line between two draws
#   is $\sqrt{1/2}$ times as long. *09 The shell, lines and arcs*
# - The arc from $a$ to $b$, $\omega$ apart:
#   $\big(a\sin((1-t)\omega) + b\sin(t\omega)\big)/\sin\omega$. *the same*
# - Inversion: descend $|G(z)-x|^2$ in $z$, from several starts. *09 From a picture back to z*

# %% [markdown]
# **Scores**, from $N$ real and $M$ fake samples, by their features
# - Fréchet distance of two bells (Gaussians) with means $m$, $m'$ and covariances $S$, $S'$:
#   $F = |m-m'|^2 + \mathrm{tr}\big(S+S'-2(SS')^{1/2}\big)$; on a line $(m-m')^2+(s-s')^2$. FID is
#   $F$ between real and fake pictures. *11 FID: from two bells*
# - With $n$ fakes, $E\,\mathrm{FID}_n \approx \mathrm{FID}_\infty + c/n$, where $c$ depends on G.
#   *11 The number of samples*
# - Balls around real points, out to the $k$-th real neighbour. Precision: share of fakes in some
#   ball. Density: balls around a fake, on average, over $k$. Coverage: share of balls with a fake.
#   Recall: precision with the roles exchanged. Equal distributions: $E$ density is 1,
#   $E\,\text{coverage} = 1 - \prod_{i<k}\frac{N-1-i}{M+N-1-i}$, for many points and $M = N$ it is
#   $1-2^{-k}$. *11 Precision and recall*
# - Class score: $\exp E_x\,\mathrm{KL}(p(y|x)\Vert p(y))$, from 1 to the number of classes.
#   *11 Two scores that can be fooled*
# - Modes: a sample within 3 sd of a centre is of high quality; a bell in the plane has a share of
#   $1-e^{-9/2}$. Reverse KL of the shares $p_k$ of $K$ modes to equal ones:
#   $\sum_k p_k\log(K p_k)$. *05 The loop*
# - Leave one out, nearest neighbour of a mixture of equal parts: one half right, no difference
#   seen; near 0, copies. $n$ draws from $L$ pictures have $n(n-1)/2L$ equal pairs. *11 Copies*
#
# **Remedies**
# - WGAN-GP: $\lambda E(|\nabla l(\hat x)|-1)^2$ at $\hat x = t\,x + (1-t)\,G(z)$, one $t$ for each
#   pair. *12 The penalty*
# - R3GAN: $E\,\mathrm{sp}(l_f-l_r) + \frac\gamma2(E_p|\nabla l|^2 + E_q|\nabla l|^2)$, a pair at a
#   time, R1 and R2. *12 Pairs, R1 and R2*
# - Spectral norm: $W/\sigma$ with $v \propto W^\top u$, $u \propto Wv$, $\sigma = u^\top Wv$, from
#   a kept $u$. The product of the layers' $\sigma$ bounds D's slope, if no activation stretches.
#   *12 Spectral norm*
# - Dirac-GAN of eigenvalues $\pm\frac i2$, steps of $h$: a penalty of weight $\gamma$ in each step
#   does nothing for the distance at $\gamma = 1/h$; $k$ times as much at every $k$-th step diverges
#   past $hk\gamma = 2$. *12 Pairs, R1 and R2*
# - Packs of $m$: D judges $[N/m, mC, \dots]$, all samples of a pack of one kind. *12 Packing*
#
# **Labels**, $y$ drawn alike for real and fake
# - $D^*(x|y) = \frac{p(x|y)}{p(x|y)+q(x|y)}$,
#   $C(G) = -\log4+2\,E_y\mathrm{JSD}(p(\cdot|y),q(\cdot|y))$. Perfect fakes judged with any of $K$
#   labels, classes apart: $V = \log\frac K{K+1} + \frac1K\log\frac1{K+1}$. *13 What D learns*
# - Projection: $l(x,y) = \langle e(y),h(x)\rangle+\psi(h(x))$. AC-GAN: both players are paid
#   for the class that D names, and overlapping classes are narrowed. *13 Three ways*
#
# **Scale**
# - A batch in parts of $n_i$ of $n$ samples: the gradient is $\sum_i\frac{n_i}n\nabla_i$, unless
#   batch norm takes its mean and spread from a part. *14 Two processes; One process*
# - A decay of $\beta$ at batch 64 is $\beta^{n/64}$ at batch $n$. *14 Averages are counted in
#   images*
# - fp16 has all its digits from $6.1\cdot10^{-5}$ to 65,504, bf16 over float32's range.
#   *14 bf16, and why not fp16*
# - Diffusion: the denoiser gives $E[x\,|\,x+\sigma\varepsilon]$; a sample costs as many passes as
#   steps. *14 Beside diffusion*

# %% [markdown]
# **Numbers.** All logits 0: $V = -1.3863$; d_loss 1.3863 (minimax), 1 (least squares), 2 (hinge), 0
# (Wasserstein), 0.6931 (relativistic). For least squares 0 means "fake": a D that cannot tell says
# $\frac12$ and costs 0.5. $\sigma$ rounds to 1 from logit 16.7 on in float32, 6.3 in
# bfloat16. At $l = -5$ the non-saturating pull is 148 times the saturating one.

# %% [markdown]
# **Our symbols and the papers'**
#
# | here | there | what it is |
# |---|---|---|
# | $p$, $q$ | $p_{data}$, $p_g$ (GAN); $P_r$, $P_g$ (WGAN) | densities of real samples, of fakes |
# | $l$ | $D$ (LSGAN, hinge, WGAN-GP); $f$ (WGAN); $C$ (relativistic) | D's answer, any number |
# | $D = \sigma(l)$ | $D$ (GAN) | D's answer as a probability |
# | $\varphi$, in $\int p\,\varphi(q/p)$ | $f$, in $\int q\,f(p/q)$ (f-GAN) | sides exchanged |
# | $\psi$, $\theta$ in 04 | $\psi$, $\theta$ (Dirac-GAN) | D's and G's one parameter |
# | $h$, $h_G$, $h_D$ | $h$ (Dirac-GAN); $\alpha$, $\eta$; `lr` | step size, learning rate |
# | $\gamma$ | $\gamma$ (Dirac-GAN) | R1 is $\frac\gamma2 E\Vert\nabla l\Vert^2$ |
# | $\mu$ in 04, $\lambda$ in 03, 12 | $\lambda$ (WGAN-GP) | weight of that penalty |
# | $\beta$ in 08, 14 | decay; not Adam's $\beta_1$, $\beta_2$ | memory of the average of G |
#
# (GAN: Goodfellow et al. 2014; f-GAN: Nowozin et al. 2016; WGAN: Arjovsky et al. 2017; WGAN-GP:
# Gulrajani et al. 2017; LSGAN: Mao et al. 2017; Dirac-GAN: Mescheder et al. 2018; relativistic:
# Jolicoeur-Martineau 2018.)
#
# **Letters with more than one meaning.** Within a lesson each has one, but for an index: $l_r$ is
# D's logit of a real sample.
#
# | letter | it is |
# |---|---|
# | $\sigma$ | 01 to 06 the sigmoid; 07 an sd; 12 the largest singular value; 14 a noise's sd |
# | $s$ | 01, 02, 04, 11 a standard deviation; 07 the stride |
# | $m$ | 01 G's shift; 02 the mixture $(p+q)/2$; 11 a mean; 12 the size of a pack |
# | $\mu$ | 02 the mean of a bell; 04 the weight of a penalty; 07 the mean of a batch |
# | $\varphi$ | 03 a divergence's function; 04 an angle |
# | $\psi$ | 04 D's parameter; 09 the factor of truncation; 13 the part of D without label |
# | $r$ | 03 the ratio $q/p$; 04 the distance from the goal |
# | $h$ | 04, 12 the step size; 07 a number inside of a net; 13 D's features |
# | $\lambda$ | 04 an eigenvalue; 03, 12 and papers the weight of a penalty |
# | $\theta$ | 02, 04 G's parameter; 08 any weight of G |
# | $p$, $d$ | 07 padding; 09 the length of z, 11 that of features |
# | $k$ | 07 kernel; 09 class; 11 neighbours; 12 steps from one penalty to the next |
# | $D$, $G$ | 08, 14 in the cost of a step: FLOP of a pass forward |

# %% tags=["proof"]
# Proof: the numbers of this sheet
import torch
from torch import nn

from gancourse import claim, losses
from gancourse.maths import divergences, dynamics, labels, latent
from gancourse.score import measures

zero = torch.zeros(4)
heights = {"minimax": 1.3863, "non-saturating": 1.3863, "least-squares": 1.0, "hinge": 2.0,
           "wasserstein": 0.0, "relativistic": 0.6931}  # fmt: skip
for name, height in heights.items():
    found = losses.get_loss(name).d_loss(zero, zero)
    claim(f"d_loss of {name} at logits 0", found, height, within=1e-4)
claim("least squares of a D that cannot tell", losses.least_squares_d(zero + 0.5, zero + 0.5), 0.5)
pull = torch.tensor(5.0).sigmoid() / torch.tensor(-5.0).sigmoid()
claim("the two pulls at logit -5", pull, 148, within=0.5)
sure, nearly = torch.tensor([16.7, 16.6]).sigmoid()
claim("the sigmoid rounds to 1, in float32", (sure == 1 > nearly).item())
sure, nearly = torch.tensor([6.3, 6.2]).bfloat16().sigmoid()
claim("the sigmoid rounds to 1, in bfloat16", (sure == 1 > nearly).item())
for name in ("R1", "R2"):
    for loss, critical in (("minimax", 1.0), ("hinge", 2.0)):
        J = dynamics.jacobian(dynamics.dirac(loss, name, critical))
        modulus = dynamics.modulus(J, 0.2)
        claim(f"{loss}, critical {name}", modulus, 1 - 0.1 * critical, within=1e-4)
for n, k, s, p in (28, 4, 2, 1), (7, 3, 2, 1), (8, 3, 2, 1), (7, 5, 3, 0):
    x, numbers = torch.zeros(1, 1, n, n), f"n {n}, k {k}, s {s}, p {p}"
    side = nn.Conv2d(1, 1, k, s, p)(x).shape[-1]
    claim(f"side after a convolution, {numbers}", side, (n + 2 * p - k) // s + 1)
    side = nn.ConvTranspose2d(1, 1, k, s, p)(x).shape[-1]
    claim(f"side after a transposed one, {numbers}", side, (n - 1) * s - 2 * p + k)
    inside = nn.functional.conv_transpose1d(torch.ones(1, 1, 12), torch.ones(1, 1, k), stride=s)
    claim(f"fed equally, {numbers}", len(inside[0, 0, k:-k].unique()) == 1, k % s == 0)
torch.manual_seed(0)
z = torch.randn(20_000, 512).norm(dim=1)
claim("mean of |z|", z.mean(), 512**0.5, within=0.1)
claim("sd of |z|", z.std(), 0.5**0.5, within=0.1)
a, b = latent.on_shell(torch.randn(2, 16))
angle = torch.acos((a @ b) / (a.norm() * b.norm()))
arc = (a * torch.sin(0.7 * angle) + b * torch.sin(0.3 * angle)) / torch.sin(angle)
claim("a point of the arc", latent.slerp(a, b, 0.3), arc, within=1e-5)
next_one, too_near = torch.tensor([1 + 1 / 128, 1 + 1 / 300]).bfloat16()
claim("bf16's neighbour of 1", (next_one > 1 == too_near).item())
many = 10**7
claim("coverage for k 3", measures.expected_coverage(many, many, k=3), 1 - 2**-3)
share = (torch.randn(100_000, 2).norm(dim=1) < 3).double().mean()
claim("a bell's share within 3 sd", share, 1 - torch.e**-4.5, within=0.002)
brake = torch.diag(torch.tensor([1.0, 1 - 0.2 * 5]).double())  # R1 after a step of 0.2, weight 1/h
turn = torch.as_tensor(dynamics.step_matrix(dynamics.jacobian(dynamics.dirac()), 0.2))
claim("a penalty of weight 1/h", torch.linalg.eigvals(brake @ turn).abs().max(), 1, within=1e-6)
x = divergences.line(-20, 20, 2001)
log_p = torch.stack([divergences.log_normal(x, m, 0.7) for m in (-12, -4, 4, 12)])
V = divergences.best_value(x, log_p, labels.unmatched(log_p)).mean()
four = torch.tensor(4 / 5).log() + torch.tensor(1 / 5).log() / 4
claim("V of fakes judged with any of 4 labels", V, four, within=0.01)
fp16 = torch.finfo(torch.float16)
claim("fp16's ends", (fp16.max, round(fp16.smallest_normal, 7)), (65504, 6.1e-5))
