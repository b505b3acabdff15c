"""A research repository of Wasserstein GANs: a frozen config, a Trainer and its critics."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import autograd, nn, optim

from ..data import grid4, ring6, some_digits, swiss
from ..entry import Program


@dataclass(frozen=True)
class Config:
    z_dim: int = 4
    hidden: int = 96
    batch: int = 96
    n_critic: int = 3
    lr: float = 7e-4
    gp: float = 1.0
    clip: float = 0.05


def dense(n_in, n_out, width, act=nn.ReLU):
    return nn.Sequential(
        nn.Linear(n_in, width), act(), nn.Linear(width, width), act(), nn.Linear(width, n_out)
    )


def freeze(net, on):
    for p in net.parameters():
        p.requires_grad_(not on)


class Base:
    """What both trainers share: nets, noise and an endless supply of real batches."""

    def __init__(self, cfg, source, seed, dim=2):
        torch.manual_seed(seed)
        self.cfg, self.source = cfg, source
        self.rng = np.random.default_rng(seed)
        self.G = dense(cfg.z_dim, dim, cfg.hidden)
        self.C = dense(dim, 1, cfg.hidden, nn.SiLU)

    def noise(self, n):
        return torch.randn(n, self.cfg.z_dim)

    def reals(self):
        return torch.from_numpy(self.source(self.cfg.batch, self.rng))

    def sample(self, n):
        with torch.no_grad():
            return self.G(self.noise(n))


class PenalisedTrainer(Base):
    """Trains with the gradient penalty of Gulrajani et al."""

    def __init__(self, cfg, source, seed):
        super().__init__(cfg, source, seed)
        betas = (0.0, 0.9)
        self.opt_g = optim.Adam(self.G.parameters(), cfg.lr, betas)
        self.opt_c = optim.Adam(self.C.parameters(), cfg.lr, betas)

    def generator_turn(self):
        freeze(self.C, True)
        self.opt_g.zero_grad(set_to_none=True)
        loss = -self.C(self.G(self.noise(self.cfg.batch))).mean()
        loss.backward()
        self.opt_g.step()
        freeze(self.C, False)
        return loss.item()

    def critic_turn(self, x, penalty):
        fake = self.sample(len(x))
        gap = self.C(fake).mean() - self.C(x).mean()
        loss = gap + self.cfg.gp * penalty(self.C, x, fake)
        self.opt_c.zero_grad(set_to_none=True)
        loss.backward()
        self.opt_c.step()
        return gap.item()


def wgan_gp_between(watch, seed, turns):
    """The penalty at points between reals and fakes, four turns of the critic to one of G."""
    trainer = PenalisedTrainer(Config(n_critic=4, hidden=64, lr=5e-4, gp=0.2), grid4, seed)

    def penalty(critic, x, fake):
        alpha = torch.rand(len(x), 1)
        mixed = torch.lerp(x, fake, alpha).requires_grad_()
        (slope,) = autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    watch.start(
        G=trainer.G, D=trainer.C, opt_G=trainer.opt_g, opt_D=trainer.opt_c, sample=trainer.sample
    )
    for _ in range(turns):
        gaps = []
        for _ in range(trainer.cfg.n_critic):
            gaps.append(trainer.critic_turn(watch.real(trainer.reals()), penalty))
        watch.step(float(np.mean(gaps)), trainer.generator_turn())
    return trainer.sample


def penalty_stays_constant(watch, seed, turns):
    """autograd.grad without create_graph: the penalty is a number that has no gradient."""
    cfg = Config(n_critic=5, gp=10.0, lr=5e-3)
    t = PenalisedTrainer(cfg, ring6, seed)

    def calc_gradient_penalty(netD, real_data, fake_data):
        eps = torch.rand(real_data.size(0), 1).expand_as(real_data)
        interpolates = (eps * real_data + (1 - eps) * fake_data).detach()
        interpolates.requires_grad = True
        scores = netD(interpolates)
        gradients = autograd.grad(
            outputs=scores,
            inputs=interpolates,
            grad_outputs=torch.ones_like(scores),
            retain_graph=True,
            only_inputs=True,
        )[0]
        gradients = gradients.view(gradients.size(0), -1)
        return ((gradients.norm(2, dim=1) - 1) ** 2).mean()

    watch.start(G=t.G, D=t.C, opt_G=t.opt_g, opt_D=t.opt_c, sample=t.sample)
    for iteration in range(turns * cfg.n_critic):
        batch = watch.real(t.reals())
        wasserstein = t.critic_turn(batch, calc_gradient_penalty)
        if (iteration + 1) % cfg.n_critic == 0:
            watch.step(wasserstein, t.generator_turn())
    return t.sample


class ClippedTrainer(Base):
    """Trains with clipped weights, as in the first paper, and RMSprop."""

    def __init__(self, cfg, source, seed):
        super().__init__(cfg, source, seed)
        self.optimizers = {
            name: optim.RMSprop(getattr(self, name).parameters(), lr=cfg.lr) for name in ("G", "C")
        }

    def minimise(self, name, loss):
        opt = self.optimizers[name]
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss.detach()


def clamps_the_generator(watch, seed, turns):
    """The loop that clips weights runs over G's parameters and not over the critic's."""
    run = ClippedTrainer(Config(clip=0.05), swiss, seed)
    watch.start(
        G=run.G, D=run.C, opt_G=run.optimizers["G"], opt_D=run.optimizers["C"], sample=run.sample
    )
    for _ in range(turns):
        for _ in range(run.cfg.n_critic):
            x = watch.real(run.reals())
            fake = run.G(run.noise(len(x))).detach()
            loss_c = run.minimise("C", run.C(fake).mean() - run.C(x).mean())
            with torch.no_grad():
                for weight in run.G.parameters():
                    weight.clamp_(-run.cfg.clip, run.cfg.clip)
        loss_g = run.minimise("G", -run.C(run.G(run.noise(run.cfg.batch))).mean())
        watch.step(loss_c, loss_g)
    return run.sample


class PixelCritic(nn.Module):
    def __init__(self, ch=24):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, ch, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(ch, 2 * ch, 3, 2, 1)
        )
        self.head = nn.Linear(8 * ch, 1)

    def forward(self, x):
        return self.head(nn.functional.leaky_relu(self.conv(x), 0.2).flatten(1)).squeeze(1)


def norm_over_channels(watch, seed, turns):
    """The slope's norm is taken over dim 1 of [N, 1, 8, 8]: every pixel's own slope is to be 1."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    C = PixelCritic()
    G = nn.Sequential(dense(16, 64, 192), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    opt_c = optim.Adam(C.parameters(), lr=5e-4, betas=(0.5, 0.9))
    opt_g = optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.9))
    LAMBDA, CRITIC_ITERS, BATCH = 10, 3, 64

    def images(n):
        return G(torch.randn(n, 16))

    watch.start(G=G, D=C, opt_G=opt_g, opt_D=opt_c, sample=images)
    for _ in range(turns):
        for _ in range(CRITIC_ITERS):
            x = torch.from_numpy(some_digits(BATCH, rng)).view(-1, 1, 8, 8)
            x = watch.real(x)
            fake = images(BATCH).detach()
            alpha = torch.rand(BATCH, 1, 1, 1)
            between = (alpha * x + (1 - alpha) * fake).requires_grad_(True)
            grads = autograd.grad(C(between).sum(), between, create_graph=True)[0]
            gradient_penalty = ((grads.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA
            cost = C(fake).mean() - C(x).mean() + gradient_penalty
            opt_c.zero_grad()
            cost.backward()
            opt_c.step()
        g_cost = -C(images(BATCH)).mean()
        opt_g.zero_grad()
        g_cost.backward()
        opt_g.step()
        watch.step(cost.item(), g_cost.item())
    return images


PROGRAMS = (
    Program(wgan_gp_between, 1000, "grid4", grid4),
    # answer: "I forgot create_graph=True, so the penalty never reached the critic's weights."
    Program(penalty_stays_constant, 700, "ring6", ring6, ("penalty without create_graph",)),
    # answer: "The weights that I clipped were the generator's, not the critic's."
    Program(clamps_the_generator, 700, "swiss", swiss, ("no constraint on the critic",)),
    # answer: "The norm in the penalty was over the channels and not over the whole image."
    Program(norm_over_channels, 800, "digits", some_digits, ("penalty over the wrong axis",)),
)
