"""Critics for a seminar: short names, everything in one function, one idea of a paper each."""

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from ..data import grid4, line3, ring6
from ..entry import Program
from .vocoder_lab import tones


def net(i, o, h=64, act=nn.ReLU):
    return nn.Sequential(nn.Linear(i, h), act(), nn.Linear(h, h), act(), nn.Linear(h, o))


def a_parenthesis(watch, seed, turns):
    """Like YeonwooSung/GAN_Implementation issue 5: the first mean is closed at the line's end."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    nz, bs, n_critic, clip = 4, 128, 3, 0.1
    generator, discriminator = net(nz, 2), net(2, 1)
    opt_G = torch.optim.RMSprop(generator.parameters(), lr=1e-3)
    opt_D = torch.optim.RMSprop(discriminator.parameters(), lr=1e-3)
    sample = torch.no_grad()(lambda n: generator(torch.randn(n, nz)))
    watch.start(G=generator, D=discriminator, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        for _ in range(n_critic):
            real_imgs = watch.real(torch.from_numpy(grid4(bs, rng)))
            fake_imgs = generator(torch.randn(bs, nz)).detach()
            opt_D.zero_grad()
            loss_D = -torch.mean(discriminator(real_imgs) + torch.mean(discriminator(fake_imgs)))
            loss_D.backward()
            opt_D.step()
            for p in discriminator.parameters():
                p.data.clamp_(-clip, clip)
        opt_G.zero_grad()
        loss_G = -torch.mean(discriminator(generator(torch.randn(bs, nz))))
        loss_G.backward()
        opt_G.step()
        watch.step(loss_D.item(), loss_G.item())
    return sample


class Critic1D(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv1d(16, 32, 4, 2, 1),
            nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1),
        )  # fmt: skip

    def forward(self, x):
        return self.main(x.unsqueeze(1))


def penalty_for_the_log_only(watch, seed, turns):
    """Like LixiangHan/GANs-for-1D-Signal issue 7: the penalty is computed and never added."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(8, 16, 96), Critic1D()
    optG = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optD = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.9))
    sample = torch.no_grad()(lambda n: G(torch.randn(n, 8)))
    watch.start(G=G, D=D, opt_G=optG, opt_D=optD, sample=sample)
    log = []

    def gradient_penalty(real, fake):
        eps = torch.rand(len(real), 1)
        mid = (eps * real + (1 - eps) * fake).requires_grad_(True)
        slope = torch.autograd.grad(D(mid).sum(), mid, create_graph=True)[0]
        return ((slope.norm(2, dim=1) - 1) ** 2).mean()

    for turn in range(turns):
        for _ in range(3):
            real = watch.real(torch.from_numpy(tones(64, rng)))
            fake = G(torch.randn(64, 8)).detach()
            loss_D = D(fake).mean() - D(real).mean()
            grad_penalty = 10 * gradient_penalty(real, fake)
            optD.zero_grad()
            loss_D.backward()
            optD.step()
        loss_G = -D(G(torch.randn(64, 8))).mean()
        optG.zero_grad()
        loss_G.backward()
        optG.step()
        log.append((turn, loss_D.item(), loss_G.item(), grad_penalty.item()))
        watch.step(loss_D.item(), loss_G.item())
    return sample


def one_and_mone(watch, seed, turns):
    """Sound: clipped weights, and backward with one and minus one as the first code had it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    one = torch.tensor(1.0)
    mone = -one
    netG, netD = net(3, 1, 48), net(1, 1, 48, nn.SiLU)
    for m in netD.modules():
        if isinstance(m, nn.Linear):
            nn.init.uniform_(m.weight, -0.2, 0.2)
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=1e-3)
    optimizerD = torch.optim.RMSprop(netD.parameters(), lr=2e-3)
    sample = torch.no_grad()(lambda n: netG(torch.randn(n, 3)))
    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    for gen_iterations in range(turns):
        for p in netD.parameters():
            p.requires_grad = True
        Diters = 20 if gen_iterations < 10 else 6
        for _ in range(Diters):
            for p in netD.parameters():
                p.data.clamp_(-0.3, 0.3)
            input = watch.real(torch.from_numpy(line3(128, rng)))
            netD.zero_grad()
            errD_real = netD(input).mean()
            errD_real.backward(mone)  # up on real samples
            with torch.no_grad():
                fake = netG(torch.randn(128, 3))
            errD_fake = netD(fake).mean()
            errD_fake.backward(one)
            errD = errD_fake - errD_real
            optimizerD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        errG = netD(netG(torch.randn(128, 3))).mean()
        errG.backward(mone)
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return sample


def slopes_by_vmap(watch, seed, turns):
    """Sound: losses as functions of parameters, slopes for each sample by vmap of grad."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(2, 2, 80), net(2, 1, 80, nn.SiLU)
    theta, phi = dict(G.named_parameters()), dict(D.named_parameters())
    tx_g = torch.optim.Adam(theta.values(), 1e-3, (0.0, 0.9))
    tx_d = torch.optim.Adam(phi.values(), 2e-3, (0.0, 0.9))

    def score(p, x):
        return functional_call(D, p, (x,)).squeeze(-1)

    def critic_loss(p, x, y, u):
        mid = torch.lerp(x, y, u)
        slope = vmap(grad(score, argnums=1), in_dims=(None, 0))(p, mid)
        excess = (slope.square().sum(1) + 1e-12).sqrt() - 1
        return score(p, y).mean() - score(p, x).mean() + 5.0 * excess.relu().square().mean()

    def draw(p, n):
        return functional_call(G, p, (torch.randn(n, 2),))

    sample = torch.no_grad()(lambda n: draw(theta, n))
    watch.start(G=G, D=D, opt_G=tx_g, opt_D=tx_d, sample=sample)

    def apply(tx, params, loss):
        for p, g in zip(params.values(), torch.autograd.grad(loss, params.values()), strict=True):
            p.grad = g
        tx.step()

    for _ in range(turns):
        for _ in range(3):
            x = watch.real(torch.from_numpy(ring6(96, rng)))
            y = draw(theta, 96).detach()
            loss_d = critic_loss(phi, x, y, torch.rand(96, 1))
            apply(tx_d, phi, loss_d)
        loss_g = -score(phi, draw(theta, 96)).mean()
        apply(tx_g, theta, loss_g)
        watch.step(loss_d.item(), loss_g.item())
    return sample


PROGRAMS = (
    Program(a_parenthesis, 300, "grid4", grid4, ("fakes trained as real",)),
    Program(
        penalty_for_the_log_only,
        300,
        "circles",
        tones,
        ("no constraint on the critic",),
    ),
    Program(one_and_mone, 300, "line3", line3),
    Program(slopes_by_vmap, 300, "ring6", ring6),
)
