"""Penalties on slopes and relativistic losses, on a tight ring of eight."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from ..data import ring
from ..entry import Program


def tight_ring(n, rng):
    return ring(n, rng, radius=1.0, sd=0.05)


def pts(n, rng):
    return torch.from_numpy(tight_ring(n, rng))


def mlp(i, o, h=96):
    return nn.Sequential(
        nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o)
    )


def norm_along_dim_zero(watch, seed, turns):
    """The penalty's norm runs over the batch and not over each sample's own entries."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, critic = mlp(8, 2), mlp(2, 1)
    og = torch.optim.Adam(gen.parameters(), lr=5e-4, betas=(0.0, 0.9))
    oc = torch.optim.Adam(critic.parameters(), lr=5e-4, betas=(0.0, 0.9))

    def gradient_penalty(critic, real, fake):
        eps = torch.rand(real.shape[0], 1)
        mixed = (eps * real + (1 - eps) * fake).requires_grad_(True)
        score = critic(mixed)
        g = torch.autograd.grad(
            score, mixed, torch.ones_like(score), create_graph=True, retain_graph=True
        )[0]
        return ((g.norm(2, dim=0) - 1) ** 2).mean()

    def sample(n):
        return gen(torch.randn(n, 8))

    watch.start(G=gen, D=critic, opt_G=og, opt_D=oc, sample=sample)
    for _ in range(turns):
        for _ in range(5):
            real = watch.real(pts(128, rng))
            fake = gen(torch.randn(128, 8))
            loss_c = -(critic(real).mean() - critic(fake).mean())
            loss_c = loss_c + 10 * gradient_penalty(critic, real, fake)
            critic.zero_grad()
            loss_c.backward()
            oc.step()
        fake = gen(torch.randn(128, 8))
        loss_g = -critic(fake).mean()
        gen.zero_grad()
        loss_g.backward()
        og.step()
        watch.step(loss_c.item(), loss_g.item())
    return sample


def signs_given_to_backward(watch, seed, turns):
    """Sound: WGAN-GP in the words of old code, a backward for each term, D thawed and frozen."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, critic = mlp(8, 2, 128), mlp(2, 1, 128)
    og = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.0, 0.9))
    oc = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9))

    def sample(n):
        return gen(torch.randn(n, 8))

    watch.start(G=gen, D=critic, opt_G=og, opt_D=oc, sample=sample)
    one, mone = torch.tensor(1.0), torch.tensor(-1.0)
    for _ in range(turns):
        for p in critic.parameters():
            p.requires_grad = True
        for _ in range(5):
            real = watch.real(pts(128, rng))
            critic.zero_grad()
            d_real = critic(real).mean()
            d_real.backward(mone)
            with torch.no_grad():
                fake = gen(torch.randn(128, 8))
            d_fake = critic(fake).mean()
            d_fake.backward(one)
            alpha = torch.rand(128, 1)
            inter = alpha * real + (1 - alpha) * fake
            inter = torch.autograd.Variable(inter, requires_grad=True)
            g = torch.autograd.grad(critic(inter), inter, torch.ones(128, 1), create_graph=True)[0]
            gp = ((g.norm(2, dim=1) - 1) ** 2).mean() * 1.0
            gp.backward()
            oc.step()
        for p in critic.parameters():
            p.requires_grad = False
        gen.zero_grad()
        s = critic(gen(torch.randn(128, 8))).mean()
        s.backward(mone)
        og.step()
        watch.step((d_fake - d_real + gp).item(), -s.item())
    return sample


def relativistic_without_the_swap(watch, seed, turns):
    """G minimises D's own relativistic loss: real and fake were not exchanged for it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = mlp(4, 2), mlp(2, 1)
    optimizer_g = torch.optim.Adam(netG.parameters(), 1e-3, (0.5, 0.999))
    optimizer_d = torch.optim.Adam(netD.parameters(), 1e-3, (0.5, 0.999))
    crit = nn.BCEWithLogitsLoss()
    y, y2 = torch.ones(128), torch.zeros(128)

    def sample(n):
        return netG(torch.randn(n, 4))

    watch.start(G=netG, D=netD, opt_G=optimizer_g, opt_D=optimizer_d, sample=sample)
    for _it in range(turns):
        real = watch.real(pts(128, rng))
        fake = netG(torch.randn(128, 4))
        # D
        optimizer_d.zero_grad()
        y_pred = netD(real).view(-1)
        y_pred_fake = netD(fake.detach()).view(-1)
        errD = crit(y_pred - y_pred_fake.mean(), y) + crit(y_pred_fake - y_pred.mean(), y2)
        errD = errD / 2
        errD.backward()
        optimizer_d.step()
        # G
        optimizer_g.zero_grad()
        y_pred = netD(real).view(-1)
        y_pred_fake = netD(fake).view(-1)
        errG = crit(y_pred - y_pred_fake.mean(), y) + crit(y_pred_fake - y_pred.mean(), y2)
        errG = errG / 2
        errG.backward()
        optimizer_g.step()
        watch.step(errD, errG)
    return sample


def paired_with_lazy_vmap(watch, seed, turns):
    """Sound: relativistic pairs, and slopes by vmap on real samples and fakes each fourth turn."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2, 128), mlp(2, 1, 128)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.0, 0.99)) for m in (G, D))

    def per_sample_grad(x):
        params = dict(D.named_parameters())

        def f(xi):
            return functional_call(D, params, (xi[None],)).squeeze()

        return vmap(grad(f))(x)

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for it in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 8))
        f = fake.detach()
        d_loss = F.softplus(-(D(x) - D(f))).mean()
        reg = torch.zeros(())
        if it % 4 == 0:
            r1, r2 = (per_sample_grad(v).square().sum(1).mean() for v in (x, f))
            reg = 4 * 0.02 * 0.5 * (r1 + r2)
        opt_D.zero_grad()
        (d_loss + reg).backward()
        opt_D.step()
        g_loss = F.softplus(-(D(fake) - D(x))).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


PROGRAMS = (
    Program(norm_along_dim_zero, 500, "ring", tight_ring, ("penalty over the wrong axis",)),
    Program(signs_given_to_backward, 600, "ring", tight_ring),
    Program(
        relativistic_without_the_swap,
        500,
        "ring",
        tight_ring,
        ("D's loss in G's step", "G's step has the wrong sign"),
    ),
    Program(paired_with_lazy_vmap, 700, "ring", tight_ring),
)
