"""Short loops on points, each with one habit: schedules, lists, closures, one optimiser."""

from itertools import chain, islice, repeat

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

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


def adams(*nets):
    return [torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in nets]


def schedules_stepped_per_batch(watch, seed, turns):
    """The schedules are stepped in every batch: rates are at nothing after some 150 turns."""
    torch.manual_seed(seed)
    data = pts(8192, np.random.default_rng(seed))
    train = DataLoader(TensorDataset(data), batch_size=128, shuffle=True)
    G, D = mlp(8, 2), mlp(2, 1)
    opt_G, opt_D = adams(G, D)
    sched = [torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.96) for o in (opt_G, opt_D)]

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for (x,) in islice(chain.from_iterable(repeat(train)), turns):
        x = watch.real(x)
        fake = G(torch.randn(len(x), 8))
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = F.softplus(-D(fake)).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        for s in sched:
            s.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def blocks_in_a_plain_list(watch, seed, turns):
    """G's residual blocks live in a plain list: in no optimiser, and random for ever."""

    class Res(nn.Module):
        def __init__(self, h):
            super().__init__()
            self.a, self.b = nn.Linear(h, h), nn.Linear(h, h)

        def forward(self, x):
            return F.leaky_relu(x + self.b(F.leaky_relu(self.a(x), 0.2)), 0.2)

    class ResGenerator(nn.Module):
        def __init__(self, h=64, n=2):
            super().__init__()
            self.inp, self.out = nn.Linear(8, h), nn.Linear(h, 2)
            self.blocks = [Res(h) for _ in range(n)]

        def forward(self, z):
            h = F.leaky_relu(self.inp(z), 0.2)
            for b in self.blocks:
                h = b(h)
            return self.out(h)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = ResGenerator(), mlp(2, 1)
    opt_G = torch.optim.RMSprop(G.parameters(), 5e-4)
    opt_D = torch.optim.RMSprop(D.parameters(), 5e-4)

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 8))
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = F.softplus(-D(fake)).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


def rand_for_randn(watch, seed, turns):
    """Samples are drawn with torch.rand, and G was trained with torch.randn."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(4, 2), mlp(2, 1)
    opt_G, opt_D = adams(G, D)

    def generate(n):
        G.eval()
        with torch.no_grad():
            out = G(torch.rand(n, 4)).numpy()
        G.train()
        return out

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=generate)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 4))
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = F.softplus(-D(fake)).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        watch.step(d_loss, g_loss)
    return generate


def next_of_a_new_iter(watch, seed, turns):
    """next(iter(loader)) without shuffling: the first batch in every turn."""
    torch.manual_seed(seed)
    data = pts(4096, np.random.default_rng(seed))
    loader = DataLoader(TensorDataset(data), batch_size=32)
    netG, netD = mlp(8, 2), mlp(2, 1)
    opt_G, opt_D = adams(netG, netD)

    def sample(n):
        return netG(torch.randn(n, 8))

    watch.start(G=netG, D=netD, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _step in range(turns):
        (x,) = next(iter(loader))
        x = watch.real(x)
        noise = torch.randn(32, 8)
        d_loss = F.relu(1 - netD(x)).mean() + F.relu(1 + netD(netG(noise).detach())).mean()
        opt_D.zero_grad()
        d_loss.backward()
        opt_D.step()
        g_loss = -netD(netG(noise)).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


def soft_labels_copied(watch, seed, turns):
    """Fakes get 0.7 to 1 in D's loss, as real samples do: the line was copied."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), nn.Sequential(mlp(2, 1), nn.Sigmoid())
    opt_G, opt_D = adams(G, D)
    bce = nn.BCELoss()

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))

        def closure_d(x=x):
            opt_D.zero_grad()
            real_y = 0.7 + 0.3 * torch.rand(128, 1)
            fake_y = 0.7 + 0.3 * torch.rand(128, 1)
            loss = bce(D(x), real_y) + bce(D(G(torch.randn(128, 8)).detach()), fake_y)
            loss.backward()
            return loss

        def closure_g():
            opt_G.zero_grad()
            loss = bce(D(G(torch.randn(128, 8))), torch.ones(128, 1))
            loss.backward()
            return loss

        dl = opt_D.step(closure_d)
        gl = opt_G.step(closure_g)
        watch.step(dl, gl)
    return sample


class GAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.G, self.D = mlp(8, 2), mlp(2, 1)

    def forward(self, n):
        return self.G(torch.randn(n, 8))


def accumulated_in_one_module(watch, seed, turns):
    """Sound: both nets in one module, four micro batches to a step, clipped at a large norm."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gan = GAN()
    adamw = torch.optim.AdamW
    opts = {
        k: adamw(getattr(gan, k).parameters(), 1e-3, (0.5, 0.99), weight_decay=1e-4) for k in "GD"
    }

    def sample(n):
        return gan(n)

    watch.start(G=gan.G, D=gan.D, opt_G=opts["G"], opt_D=opts["D"], sample=sample)
    ACC = 4
    for _ in range(turns):
        opts["D"].zero_grad()
        total_d = 0.0
        for _ in range(ACC):
            x = watch.real(pts(64, rng))
            loss = F.softplus(-gan.D(x)).mean() + F.softplus(gan.D(gan(64).detach())).mean()
            loss = loss / ACC
            loss.backward()
            total_d += loss.item()
        nn.utils.clip_grad_norm_(gan.D.parameters(), 5.0)
        opts["D"].step()
        opts["G"].zero_grad()
        total_g = 0.0
        for _ in range(ACC):
            loss = F.softplus(-gan.D(gan(64))).mean() / ACC
            loss.backward()
            total_g += loss.item()
        nn.utils.clip_grad_norm_(gan.G.parameters(), 5.0)
        opts["G"].step()
        watch.step(total_d, total_g)
    return sample


def both_in_one_step(watch, seed, turns):
    """Sound: one Adam with two groups, gradients by autograd.grad, both players at once."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    groups = [{"params": G.parameters(), "lr": 8e-4}, {"params": D.parameters(), "lr": 1.5e-3}]
    opt = torch.optim.Adam(groups, betas=(0.5, 0.99))

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt, opt_D=opt, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 8))
        out_r, out_f = D(x), D(fake)
        d_loss = F.softplus(-out_r).mean() + F.softplus(out_f).mean()
        g_loss = F.softplus(-out_f).mean()
        gd = torch.autograd.grad(d_loss, list(D.parameters()), retain_graph=True)
        gg = torch.autograd.grad(g_loss, list(G.parameters()))
        for p, g in zip(chain(D.parameters(), G.parameters()), (*gd, *gg), strict=True):
            p.grad = g
        opt.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


PROGRAMS = (
    Program(schedules_stepped_per_batch, 576, "ring", tight_ring, ("learning rate falls to zero",)),
    Program(blocks_in_a_plain_list, 600, "ring", tight_ring, ("weights in no optimiser",)),
    Program(rand_for_randn, 800, "ring", tight_ring, ("samples drawn from another latent",)),
    Program(next_of_a_new_iter, 600, "ring", tight_ring, ("same real batch for ever",)),
    Program(soft_labels_copied, 500, "ring", tight_ring, ("fakes trained as real",)),
    Program(accumulated_in_one_module, 450, "ring", tight_ring),
    Program(both_in_one_step, 700, "ring", tight_ring),
)
