"""Wasserstein critics: clipped, penalised before and after D(x), with both signs."""

import numpy as np
import torch
from torch import autograd, nn

from ..data import grid, line, moons, pair, ring
from ..entry import Program

LAMBDA = 0.1


def mlp(n_in, n_out, dim=96, relu=nn.ReLU):
    return nn.Sequential(
        nn.Linear(n_in, dim),
        relu(),
        nn.Linear(dim, dim),
        relu(),
        nn.Linear(dim, dim),
        relu(),
        nn.Linear(dim, n_out),
    )


def clip_one_mone(watch, seed, turns):
    """backward(one) and backward(mone): the critic is low on real samples, G goes down too."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = mlp(4, 2), mlp(2, 1)
    optimizerD = torch.optim.RMSprop(netD.parameters(), lr=1e-3)
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=1e-3)
    one = torch.tensor(1.0)
    mone = one * -1

    def generate(n):
        with torch.no_grad():
            return netG(torch.randn(n, 4))

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=generate)
    for _gen_iterations in range(turns):
        for p in netD.parameters():
            p.requires_grad = True
        j = 0
        while j < 5:
            j += 1
            for p in netD.parameters():
                p.data.clamp_(-0.1, 0.1)
            netD.zero_grad()
            errD_real = netD(watch.real(torch.from_numpy(pair(64, rng)))).mean(0).view(())
            errD_real.backward(one)
            with torch.no_grad():
                fake = netG(torch.randn(64, 4))
            errD_fake = netD(fake).mean(0).view(())
            errD_fake.backward(mone)
            errD = errD_real - errD_fake
            optimizerD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        errG = netD(netG(torch.randn(64, 4))).mean(0).view(())
        errG.backward(one)
        optimizerG.step()
        watch.step(errD, errG)
    return generate


def calc_gradient_penalty(netD, real_data, fake_data):
    alpha = torch.rand(len(real_data), 1).expand(real_data.size())
    interpolates = (alpha * real_data + (1 - alpha) * fake_data).requires_grad_(True)
    disc_interpolates = netD(interpolates)
    gradients = autograd.grad(
        outputs=disc_interpolates,
        inputs=interpolates,
        grad_outputs=torch.ones(disc_interpolates.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


def penalty_first(watch, seed, turns):
    """The penalty's points go through D before any real batch or fake does."""
    torch.manual_seed(seed)
    netG, netD = mlp(2, 2, 64), mlp(2, 1, 64)
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def inf_train_gen():
        rng = np.random.RandomState(seed)
        while True:
            dataset = ring(128, np.random.default_rng(rng.randint(2**31)), 1.4142, 0.1)
            yield torch.Tensor(dataset)

    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: netG(torch.randn(n, 2)).detach(),
    )
    data = inf_train_gen()
    for _iteration in range(turns):
        for _iter_d in range(3):
            real = watch.real(next(data))
            netD.zero_grad()
            fake = netG(torch.randn(128, 2)).data
            gradient_penalty = calc_gradient_penalty(netD, real.data, fake)
            D_real = netD(real).mean()
            D_fake = netD(fake).mean()
            D_cost = D_fake - D_real + gradient_penalty
            D_cost.backward()
            optimizerD.step()
        netG.zero_grad()
        G_cost = -netD(netG(torch.randn(128, 2))).mean()
        G_cost.backward()
        optimizerG.step()
        watch.step(D_cost, G_cost)
    return lambda n: netG(torch.randn(n, 2)).detach()


class Critic(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lift = nn.Linear(dim, 64)
        self.mid = nn.Linear(64, 64)
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        h = torch.nn.functional.silu(self.lift(x))
        return self.out(h + torch.nn.functional.silu(self.mid(h)))[:, 0]


def penalty_last_lipschitz(watch, seed, turns):
    """A one-sided penalty after D(x), from its own backward; G learns every third turn."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    cloud = torch.from_numpy(grid(6000, np.random.default_rng(seed), side=2, gap=2.0, sd=0.15))
    f, g = Critic(2), mlp(3, 2, 64, nn.SiLU)
    f_opt = torch.optim.AdamW(f.parameters(), 2e-3, (0.0, 0.9), weight_decay=0)
    g_opt = torch.optim.AdamW(g.parameters(), 1e-3, (0.0, 0.9), weight_decay=0)

    def push_forward(n):
        return g(torch.randn(n, 3))

    @torch.no_grad()
    def sample(n):
        return push_forward(n).clone()

    watch.start(G=g, D=f, opt_G=g_opt, opt_D=f_opt, sample=sample)
    transport = torch.zeros(())
    for k in range(turns):
        x = watch.real(cloud[torch.randint(len(cloud), (128,), generator=generator)])
        x_hat = push_forward(128).detach()
        gap = f(x_hat).mean() - f(x).mean()
        f_opt.zero_grad()
        gap.backward()
        t = torch.rand(128, 1)
        between = torch.lerp(x, x_hat, t).requires_grad_()
        (slope,) = autograd.grad(f(between).sum(), between, create_graph=True)
        (2 * (slope.norm(dim=1) - 1).clamp(min=0).square().mean()).backward()
        f_opt.step()
        if k % 3 == 2:
            transport = -f(push_forward(128)).mean()
            g_opt.zero_grad()
            transport.backward()
            g_opt.step()
        watch.step(gap.detach(), transport.detach())
    return sample


def penalty_without_graph(watch, seed, turns):
    """create_graph was taken out because of an out-of-memory error: the penalty is a constant."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    D, G = mlp(2, 1, 64), mlp(8, 2, 64)
    oD = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
    oG = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
    watch.start(G=G, D=D, opt_G=oG, opt_D=oD, sample=lambda n: G(torch.randn(n, 8)).data)
    for _it in range(turns):
        for _ in range(5):
            X = watch.real(torch.from_numpy(moons(64, rng)))
            with torch.no_grad():
                Y = G(torch.randn(64, 8))
            eps = torch.rand(64, 1)
            M = (eps * X + (1 - eps) * Y).requires_grad_(True)
            grads = autograd.grad(D(M), M, torch.ones(64, 1))[0]
            gp = ((grads.norm(2, 1) - 1) ** 2).mean()
            lossD = D(Y).mean() - D(X).mean() + 10 * gp
            oD.zero_grad()
            lossD.backward()
            oD.step()
        lossG = -D(G(torch.randn(64, 8))).mean()
        oG.zero_grad()
        lossG.backward()
        oG.step()
        watch.step(lossD, lossG)
    return lambda n: G(torch.randn(n, 8)).data


def penalty_wrong_axis(watch, seed, turns):
    """gradients.norm(2, dim=0): one norm for each coordinate, over the whole batch."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netD, netG = Critic(2), mlp(4, 2, 64)
    params = {"lr": 5e-4, "betas": (0.5, 0.9)}
    optD = torch.optim.Adam(netD.parameters(), **params)
    optG = torch.optim.Adam(netG.parameters(), **params)
    n = 128
    watch.start(
        G=netG, D=netD, opt_G=optG, opt_D=optD, sample=lambda m: netG(torch.randn(m, 4)).detach()
    )
    for turn in range(turns):
        optD.zero_grad(set_to_none=True)
        x_r = watch.real(torch.from_numpy(ring(n, rng)))
        x_f = netG(torch.randn(n, 4)).detach()
        w = netD(x_r).mean() - netD(x_f).mean()
        mix = torch.rand(n, 1)
        x_i = (mix * x_r + (1 - mix) * x_f).requires_grad_()
        gradients = autograd.grad(netD(x_i).sum(), x_i, create_graph=True)[0]
        loss_d = -w + 10 * (gradients.norm(2, dim=0) - 1).pow(2).mean()
        loss_d.backward()
        optD.step()
        if turn % 5 == 0:
            optG.zero_grad(set_to_none=True)
            loss_g = -netD(netG(torch.randn(n, 4))).mean()
            loss_g.backward()
            optG.step()
        watch.step(loss_d, loss_g)
    return lambda m: netG(torch.randn(m, 4)).detach()


def clip_not_in_place(watch, seed, turns):
    """p.data.clamp(...) returns the clipped weights, and nobody keeps them."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    critic, actor = mlp(1, 1, 64), mlp(1, 1, 32)
    opt_c = torch.optim.RMSprop(critic.parameters(), lr=5e-4)
    opt_a = torch.optim.RMSprop(actor.parameters(), lr=5e-4)
    c = 0.05
    watch.start(
        G=actor,
        D=critic,
        opt_G=opt_a,
        opt_D=opt_c,
        sample=lambda k: actor(torch.rand(k, 1)).detach().numpy(),
    )
    for _ in range(turns):
        for _ in range(5):
            opt_c.zero_grad()
            r = critic(watch.real(torch.as_tensor(line(50, rng))))
            s = critic(actor(torch.rand(50, 1)).detach())
            loss = s.mean() - r.mean()
            loss.backward()
            opt_c.step()
            for p in critic.parameters():
                p.data.clamp(-c, c)
        opt_a.zero_grad()
        reward = critic(actor(torch.rand(50, 1))).mean()
        (-reward).backward()
        opt_a.step()
        watch.step(loss, -reward)
    return lambda k: actor(torch.rand(k, 1)).detach().numpy()


PROGRAMS = (
    Program(clip_one_mone, 700, "pair", pair),
    Program(penalty_first, 1200, "ring", lambda n, rng: ring(n, rng, 1.4142, 0.1)),
    Program(
        penalty_last_lipschitz,
        3000,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=2.0, sd=0.15),
    ),
    Program(penalty_without_graph, 600, "moons", moons, ("penalty without create_graph",)),
    Program(penalty_wrong_axis, 2000, "ring", ring, ("penalty over the wrong axis",)),
    Program(clip_not_in_place, 500, "line", line, ("no constraint on the critic",)),
)
