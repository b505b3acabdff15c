"""Loops of Wasserstein papers' code: critics that train first, often, or with another penalty."""

import numpy as np
import torch
from torch import nn

from ..data import circles, grid4, line, pair, ring6, swiss
from ..entry import Program

DIM, LAMBDA, CRITIC_ITERS = 64, 0.1, 5


class Generator(nn.Module):
    def __init__(self, noise=2, out=2, dim=DIM):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(noise, dim), nn.ReLU(True), nn.Linear(dim, dim))
        self.tail = nn.Sequential(nn.ReLU(True), nn.Linear(dim, out))

    def forward(self, noise):
        return self.tail(self.main(noise))


class Discriminator(nn.Module):
    def __init__(self, inputs=2, dim=DIM):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(inputs, dim), nn.Linear(dim, dim)
        self.fc3, self.relu = nn.Linear(dim, 1), nn.ReLU()

    def forward(self, inputs):
        output = self.relu(self.fc2(self.relu(self.fc1(inputs))))
        return self.fc3(output).view(-1)


def calc_gradient_penalty(netD, real_data, fake_data, lam):
    alpha = torch.rand(real_data.size(0), 1).expand(real_data.size())
    interpolates = (alpha * real_data + (1 - alpha) * fake_data).requires_grad_(True)
    disc_interpolates = netD(interpolates)
    gradients = torch.autograd.grad(
        outputs=disc_interpolates,
        inputs=interpolates,
        grad_outputs=torch.ones(disc_interpolates.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * lam


def generator_first(watch, seed, turns):
    """G steps first; then five critic steps on fakes of one large draw, each with its penalty."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = Generator(), Discriminator()
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def generate(n):
        with torch.no_grad():
            return netG(torch.randn(n, 2))

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=generate)
    for _iteration in range(turns):
        for p in netD.parameters():
            p.requires_grad_(False)
        netG.zero_grad()
        G_cost = -netD(netG(torch.randn(128, 2))).mean()
        G_cost.backward()
        optimizerG.step()
        for p in netD.parameters():
            p.requires_grad_(True)
        fakes = generate(128 * CRITIC_ITERS).chunk(CRITIC_ITERS)
        for fake_data in fakes:
            real_data = watch.real(torch.from_numpy(circles(128, rng, radii=(0.7, 1.6))))
            netD.zero_grad()
            D_real, D_fake = netD(real_data).mean(), netD(fake_data).mean()
            gradient_penalty = calc_gradient_penalty(netD, real_data, fake_data, LAMBDA)
            D_cost = D_fake - D_real + gradient_penalty
            D_cost.backward()
            optimizerD.step()
        watch.step(D_cost.item(), G_cost.item())
    return generate


def divergence_penalty(watch, seed, turns):
    """WGAN-div: the penalty is the sixth power of the slope, on real and on generated points."""
    torch.manual_seed(seed)
    data = torch.from_numpy(swiss(12_000, np.random.default_rng(seed)))
    netG, netD = Generator(noise=4, dim=96), Discriminator(dim=96)
    k, p, batch = 0.5, 4, 128
    optimizers = [torch.optim.Adam(n.parameters(), 1e-3, (0.5, 0.9)) for n in (netG, netD)]
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizers[0],
        opt_D=optimizers[1],
        sample=lambda n: netG(torch.randn(n, 4)).detach(),
    )
    gen_iterations = i = 0
    g_cost = torch.zeros(())
    while gen_iterations < turns:
        Diters = 25 if gen_iterations < 5 else 3
        for _ in range(Diters):
            real_imgs = watch.real(data[torch.randint(len(data), (batch,))]).requires_grad_()
            fake_imgs = netG(torch.randn(batch, 4)).detach().requires_grad_()
            real_validity, fake_validity = netD(real_imgs), netD(fake_imgs)
            slopes = torch.autograd.grad(
                real_validity.sum() + fake_validity.sum(), (real_imgs, fake_imgs), create_graph=True
            )
            norms = [s.square().sum(1) ** (p / 2) for s in slopes]
            div_gp = (norms[0] + norms[1]).mean() * k / 2
            d_cost = fake_validity.mean() - real_validity.mean() + div_gp
            optimizers[1].zero_grad()
            d_cost.backward()
            optimizers[1].step()
            i += 1
        g_cost = -netD(netG(torch.randn(batch, 4))).mean()
        optimizers[0].zero_grad()
        g_cost.backward()
        optimizers[0].step()
        gen_iterations += 1
        watch.step(d_cost.detach(), g_cost.detach())
    return lambda n: netG(torch.randn(n, 4)).detach()


def generator_five_times(watch, seed, turns):
    """`if i % n_critic == 0` stands before the critic's step and not before the generator's."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = Generator(), Discriminator()
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=1e-3)
    optimizerD = torch.optim.RMSprop(netD.parameters(), lr=1e-3)
    n_critic, clip_value = 10, 0.1
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: netG(torch.randn(n, 2)).detach(),
    )
    loss_D = torch.zeros(())
    for i in range(turns):
        imgs = watch.real(torch.from_numpy(ring6(64, rng)))
        if i % n_critic == 0:
            optimizerD.zero_grad()
            loss_D = -netD(imgs).mean() + netD(netG(torch.randn(64, 2)).detach()).mean()
            loss_D.backward()
            optimizerD.step()
            for p in netD.parameters():
                p.data.clamp_(-clip_value, clip_value)
        optimizerG.zero_grad()
        loss_G = -netD(netG(torch.randn(64, 2))).mean()
        loss_G.backward()
        optimizerG.step()
        watch.step(loss_D.item(), loss_G.item())
    return lambda n: netG(torch.randn(n, 2)).detach()


def penalty_subtracted(watch, seed, turns):
    """D_cost = D_fake - D_real - penalty: a critic is rewarded for being flat."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = Generator(out=1), Discriminator(inputs=1)
    optD = torch.optim.Adam(netD.parameters(), lr=1e-4, betas=(0.5, 0.9))
    optG = torch.optim.Adam(netG.parameters(), lr=1e-4, betas=(0.5, 0.9))
    one, mone = torch.tensor(1.0), torch.tensor(-1.0)

    @torch.no_grad()
    def draw(n):
        return netG(torch.randn(n, 2))

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=draw)
    for _iteration in range(turns):
        for _iter_d in range(CRITIC_ITERS):
            netD.zero_grad()
            real = watch.real(torch.from_numpy(line(64, rng)))
            D_real = netD(real).mean()
            D_real.backward(mone)
            fake = draw(64)
            D_fake = netD(fake).mean()
            D_fake.backward(one)
            gradient_penalty = calc_gradient_penalty(netD, real, fake, 10)
            gradient_penalty.backward(mone)
            optD.step()
        netG.zero_grad()
        G = netD(netG(torch.randn(64, 2))).mean()
        G.backward(mone)
        optG.step()
        watch.step((D_fake - D_real - gradient_penalty).item(), -G.item())
    return draw


def clipped_to_nothing(watch, seed, turns):
    """The critic's weights are clipped at 0.0005: its slope is far too small to teach G."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, crit = Generator(noise=3), Discriminator()
    opt = {"gen": torch.optim.SGD(gen.parameters(), lr=5e-3, momentum=0.9)}
    opt["crit"] = torch.optim.RMSprop(crit.parameters(), lr=5e-5)
    box = nn.Hardtanh(-5e-4, 5e-4)

    def clip(net):
        for weight in net.state_dict().values():
            weight.copy_(box(weight))

    watch.start(
        G=gen,
        D=crit,
        opt_G=opt["gen"],
        opt_D=opt["crit"],
        sample=lambda n: gen(torch.randn(n, 3)).detach(),
    )
    for _ in range(turns):
        for _ in range(3):
            real, fake = watch.real(torch.from_numpy(grid4(80, rng))), gen(torch.randn(80, 3))
            estimate = crit(real).mean() - crit(fake.detach()).mean()
            opt["crit"].zero_grad()
            estimate.neg().backward()
            opt["crit"].step()
            clip(crit)
        opt["gen"].zero_grad()
        climb = crit(gen(torch.randn(80, 3))).mean()
        climb.neg().backward()
        opt["gen"].step()
        watch.step(-estimate, -climb)
    return lambda n: gen(torch.randn(n, 3)).detach()


def one_sided_on_pairs(watch, seed, turns):
    """The slope between a real point and its fake partner is held below one, no autograd needed."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    actor, critic = Generator(noise=2, dim=48), Discriminator(dim=48)
    o_a = torch.optim.Adam(actor.parameters(), lr=1e-3, betas=(0.0, 0.9))
    o_c = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.0, 0.9))

    def act(n):
        return actor(torch.randn(n, 2)).detach()

    watch.start(G=actor, D=critic, opt_G=o_a, opt_D=o_c, sample=act)
    for turn in range(turns):
        x = watch.real(torch.from_numpy(pair(128, rng, half=1.3, sd=0.4)))
        y = act(128)
        apart = (x - y).norm(dim=1).clamp(min=1e-3)
        rise = (critic(x) - critic(y)) / apart
        excess = (rise.abs() - 1).clamp(min=0).square().mean()
        critic_loss = critic(y).mean() - critic(x).mean() + 10 * excess
        o_c.zero_grad()
        critic_loss.backward()
        o_c.step()
        if turn % 2:
            o_a.zero_grad()
            actor_loss = critic(actor(torch.randn(128, 2))).mean().neg()
            actor_loss.backward()
            o_a.step()
        watch.step(critic_loss.item(), actor_loss.item() if turn else 0.0)
    return act


PROGRAMS = (
    Program(generator_first, 900, "circles", lambda n, rng: circles(n, rng, radii=(0.7, 1.6))),
    Program(divergence_penalty, 900, "swiss", swiss),
    Program(
        generator_five_times,
        1200,
        "ring6",
        ring6,
        ("critic trained too rarely", "D too weak"),
    ),
    Program(
        penalty_subtracted,
        400,
        "line",
        line,
        ("penalty has the wrong sign", "D too weak"),
    ),
    Program(clipped_to_nothing, 500, "grid4", grid4, ("weights clipped too small", "D too weak")),
    Program(one_sided_on_pairs, 1500, "pair", lambda n, rng: pair(n, rng, half=1.3, sd=0.4)),
)
