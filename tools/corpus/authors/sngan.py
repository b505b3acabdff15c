"""Hinge losses and spectral norm, endless iterators, several critic steps."""

import itertools

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ..data import digits, grid, moons, pair, ring, some_digits
from ..entry import Program

old_spectral_norm = torch.nn.utils.spectral_norm


def endless(loader):
    for _ in itertools.count():
        yield from loader


class SNResDiscriminator(nn.Module):
    def __init__(self, n_in, ch, sn):
        super().__init__()
        self.stem = sn(nn.Linear(n_in, ch))
        self.res = nn.ModuleList(sn(nn.Linear(ch, ch)) for _ in range(2))
        self.logit = sn(nn.Linear(ch, 1))
        self.scale = nn.Parameter(torch.tensor(3.0))

    def forward(self, x):
        h = self.stem(x)
        for layer in self.res:
            h = h + layer(torch.relu(h))
        return self.scale * self.logit(torch.relu(h)).flatten()


def hinge_dis(d_real, d_fake):
    return torch.relu(1.0 - d_real).mean() + torch.relu(1.0 + d_fake).mean()


def hinge_gen(d_fake):
    return -d_fake.mean()


def sn_parametrized(watch, seed, turns):
    """The new parametrisation, 8x8 images, two steps of D to one of G."""
    torch.manual_seed(seed)
    images = torch.from_numpy(digits()[0])
    batches = endless(torch.utils.data.DataLoader(images, 64, shuffle=True, drop_last=True))
    gen = nn.Sequential(nn.Linear(20, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 128))
    gen = gen.append(nn.BatchNorm1d(128)).append(nn.ReLU()).append(nn.Linear(128, 64))
    gen.append(nn.Tanh())
    dis = SNResDiscriminator(64, 96, spectral_norm)
    opt_gen = torch.optim.Adam(gen.parameters(), lr=5e-4, betas=(0.0, 0.9))
    opt_dis = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.0, 0.9))

    def evaluate(n):
        gen.eval()
        with torch.no_grad():
            x = gen(torch.randn(n, 20))
        gen.train()
        return x

    watch.start(G=gen, D=dis, opt_G=opt_gen, opt_D=opt_dis, sample=evaluate)
    for _ in range(turns):
        for _ in range(2):
            x_real = watch.real(next(batches))
            x_fake = gen(torch.randn(64, 20)).detach()
            loss_dis = hinge_dis(dis(x_real), dis(x_fake))
            opt_dis.zero_grad()
            loss_dis.backward()
            opt_dis.step()
        loss_gen = hinge_gen(dis(gen(torch.randn(64, 20))))
        opt_gen.zero_grad()
        loss_gen.backward()
        opt_gen.step()
        watch.step(loss_dis, loss_gen)
    return evaluate


def sn_old_hook(watch, seed, turns):
    """torch.nn.utils.spectral_norm, G first, D's steps on a batch cut into five."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    wrap = old_spectral_norm
    D = nn.Sequential(
        wrap(nn.Linear(2, 128)),
        nn.LeakyReLU(0.1),
        wrap(nn.Linear(128, 128)),
        nn.LeakyReLU(0.1),
        nn.Linear(128, 1),
    )
    G = nn.Sequential(nn.Linear(2, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2))
    d_solver = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.9))
    g_solver = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.9))
    prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
    watch.start(
        G=G, D=D, opt_G=g_solver, opt_D=d_solver, sample=lambda n: G(prior.sample((n,))).detach()
    )
    for _ in range(turns):
        g_solver.zero_grad()
        g_loss = hinge_gen(D(G(prior.sample((128,)))))
        g_loss.backward()
        g_solver.step()
        big = watch.real(torch.from_numpy(grid(640, rng, side=3, gap=1.5, sd=0.12)))
        for part in big.chunk(5):
            d_solver.zero_grad()
            with torch.no_grad():
                fake = G(prior.sample((len(part),)))
            d_loss = hinge_dis(D(part), D(fake))
            d_loss.backward()
            d_solver.step()
        watch.step(d_loss.item(), g_loss.item())
    return lambda n: G(prior.sample((n,))).detach()


def hinge_with_plus(watch, seed, turns):
    """loss_gen = dis(fake).mean(): the minus of the hinge loss is missing."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    dis = nn.Sequential(*(spectral_norm(nn.Linear(a, b)) for a, b in ((2, 64),)), nn.ReLU())
    dis.append(spectral_norm(nn.Linear(64, 64))).append(nn.ReLU()).append(nn.Linear(64, 1))
    gen = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    gen.append(nn.Linear(64, 2))
    opt_d = torch.optim.Adam(dis.parameters(), 2e-4, betas=(0.0, 0.9))
    opt_g = torch.optim.Adam(gen.parameters(), 2e-4, betas=(0.0, 0.9))
    watch.start(
        G=gen, D=dis, opt_G=opt_g, opt_D=opt_d, sample=lambda n: gen(torch.randn(n, 16)).detach()
    )
    for n_iter in range(turns):
        x = watch.real(torch.from_numpy(ring(96, rng)))
        y = gen(torch.randn(96, 16))
        opt_d.zero_grad()
        loss_dis = hinge_dis(dis(x), dis(y.detach()))
        loss_dis.backward()
        opt_d.step()
        if n_iter % 2:
            opt_g.zero_grad()
            loss_gen = dis(y).mean()
            loss_gen.backward()
            opt_g.step()
        watch.step(loss_dis.item(), loss_gen.item() if n_iter else 0.0)
    return lambda n: gen(torch.randn(n, 16)).detach()


class TwoPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.head(self.features(x))


def head_only(watch, seed, turns):
    """Adam(dis.head.parameters()), from a fine-tuning script: features stay as they were drawn."""
    torch.manual_seed(seed)
    cloud = torch.from_numpy(moons(6000, np.random.default_rng(seed)))
    loader = endless(torch.utils.data.DataLoader(cloud, batch_size=80, shuffle=True))
    dis = TwoPart()
    gen = nn.Sequential(nn.Linear(4, 90), nn.ReLU(), nn.Linear(90, 90), nn.ReLU())
    gen.append(nn.Linear(90, 2))
    g_optim = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.9))
    d_optim = torch.optim.Adam(dis.head.parameters(), lr=1e-3, betas=(0.5, 0.9))
    watch.start(
        G=gen, D=dis, opt_G=g_optim, opt_D=d_optim, sample=lambda n: gen(torch.randn(n, 4)).data
    )
    for real in itertools.islice(loader, turns):
        real = watch.real(real)
        fake = gen(torch.randn(len(real), 4))
        d_optim.zero_grad()
        scores = dis(torch.cat((fake.detach(), real))).split(len(real))
        d = hinge_dis(scores[1], scores[0])
        d.backward()
        d_optim.step()
        g_optim.zero_grad()
        g = hinge_gen(dis(fake))
        g.backward()
        g_optim.step()
        watch.step(d, g)
    return lambda n: gen(torch.randn(n, 4)).data


def reset_noise(watch, seed, turns):
    """`torch.manual_seed(seed)` moved into the loop for reproducible figures: z never changes."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    actor = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 2))
    critic = SNResDiscriminator(2, 64, spectral_norm)
    optims = (
        torch.optim.Adam(actor.parameters(), 5e-4, (0.5, 0.9)),
        torch.optim.Adam(critic.parameters(), 5e-4, (0.5, 0.9)),
    )

    def fresh(n):
        return actor(torch.randn(n, 8, generator=torch.Generator().manual_seed(1))).detach()

    watch.start(G=actor, D=critic, opt_G=optims[0], opt_D=optims[1], sample=fresh)
    for _ in range(turns):
        torch.manual_seed(seed)
        z = torch.randn(24, 8)
        real = watch.real(torch.from_numpy(pair(24, rng)))
        optims[1].zero_grad()
        loss_critic = hinge_dis(critic(real), critic(actor(z).detach()))
        loss_critic.backward()
        optims[1].step()
        optims[0].zero_grad()
        loss_actor = hinge_gen(critic(actor(z)))
        loss_actor.backward()
        optims[0].step()
        watch.step(loss_critic, loss_actor)
    return fresh


def polyak_with_buffers(watch, seed, turns):
    """AveragedModel(use_buffers=True) draws the samples: a sound average of G."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    width = 96
    gen = nn.Sequential(nn.Linear(8, width), nn.BatchNorm1d(width), nn.ReLU())
    gen.extend([nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 2)])
    dis = SNResDiscriminator(2, width, spectral_norm)
    swa = torch.optim.swa_utils
    mean_gen = swa.AveragedModel(gen, multi_avg_fn=swa.get_ema_multi_avg_fn(0.98), use_buffers=True)
    step_g = torch.optim.Adam(gen.parameters(), lr=5e-4, betas=(0.5, 0.99))
    step_d = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.5, 0.99))

    def from_mean(n):
        mean_gen.eval()
        with torch.no_grad():
            return mean_gen(torch.randn(n, 8))

    watch.start(G=gen, D=dis, opt_G=step_g, opt_D=step_d, sample=from_mean)
    loss_of_player = {}
    for _ in range(turns):
        real = watch.real(torch.from_numpy(ring(128, rng, radius=1.5, sd=0.1)))
        fake = gen(torch.randn(128, 8))
        for opt, loss_of in (
            (step_d, lambda r, f: hinge_dis(dis(r), dis(f.detach()))),
            (step_g, lambda r, f: hinge_gen(dis(f))),
        ):
            loss = loss_of(real, fake)
            opt.zero_grad()
            loss.backward()
            opt.step()
            loss_of_player[opt] = loss.item()
        mean_gen.update_parameters(gen)
        watch.step(loss_of_player[step_d], loss_of_player[step_g])
    return from_mean


PROGRAMS = (
    Program(sn_parametrized, 1500, "digits", some_digits),
    Program(sn_old_hook, 1200, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.5, sd=0.12)),
    Program(hinge_with_plus, 1000, "ring", ring, ("G's step has the wrong sign",)),
    Program(head_only, 1500, "moons", moons, ("weights in no optimiser",)),
    Program(reset_noise, 1200, "pair", pair, ("same noise for ever",)),
    Program(polyak_with_buffers, 2000, "ring", lambda n, rng: ring(n, rng, radius=1.5, sd=0.1)),
)
