"""Loops as people post them with the question why it does not learn, each by another hand."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from ..data import circles, digits, line, moons, pair, ring6, some_digits
from ..entry import Program


def is_my_loss_normal(watch, seed, turns):
    """The question was whether a loss that does not fall is a fault: it is not."""
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    latent_space_samples = torch.zeros(64, 2)
    generator = nn.Sequential(
        nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 2)
    )
    discriminator = nn.Sequential(
        nn.Linear(2, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 64), nn.ReLU(),
        nn.Dropout(0.1), nn.Linear(64, 1), nn.Sigmoid(),
    )  # fmt: skip
    loss_function = nn.BCELoss()
    optimizer_discriminator = torch.optim.Adam(discriminator.parameters(), lr=0.001)
    optimizer_generator = torch.optim.Adam(generator.parameters(), lr=0.001)

    def plot(n):
        return generator(torch.randn((n, 2))).detach()

    watch.start(
        G=generator,
        D=discriminator,
        opt_G=optimizer_generator,
        opt_D=optimizer_discriminator,
        sample=plot,
    )
    for _n in range(turns):
        real_samples = watch.real(torch.from_numpy(moons(64, np_rng, noise=0.08)))
        real_samples_labels = torch.ones((64, 1))
        latent_space_samples.normal_()
        generated_samples = generator(latent_space_samples)
        generated_samples_labels = torch.zeros((64, 1))
        all_samples = torch.cat((real_samples, generated_samples))
        all_samples_labels = torch.cat((real_samples_labels, generated_samples_labels))
        discriminator.zero_grad()
        output_discriminator = discriminator(all_samples)
        loss_discriminator = loss_function(output_discriminator, all_samples_labels)
        loss_discriminator.backward()
        optimizer_discriminator.step()
        latent_space_samples.normal_()
        generator.zero_grad()
        generated_samples = generator(latent_space_samples)
        output_discriminator_generated = discriminator(generated_samples)
        loss_generator = loss_function(output_discriminator_generated, real_samples_labels)
        loss_generator.backward()
        optimizer_generator.step()
        watch.step(loss_discriminator, loss_generator)
    return plot


def target_size_differs(watch, seed, turns):
    """Targets [2n] against outputs [2n, 1]: the warning is ignored and the loss is of all pairs."""
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    gen = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    dis = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    g_opt = torch.optim.Adam(gen.parameters(), lr=0.001)
    d_opt = torch.optim.Adam(dis.parameters(), lr=0.001)
    watch.start(
        G=gen, D=dis, opt_G=g_opt, opt_D=d_opt, sample=lambda n: gen(torch.randn(n, 4)).detach()
    )
    n = 64
    for _epoch in range(turns):
        images = watch.real(torch.from_numpy(ring6(n, np_rng)))
        x = torch.cat([images, gen(torch.randn(n, 4)).detach()])
        y = torch.cat([torch.ones(n), torch.zeros(n)])
        d_loss = (dis(x) - y).pow(2).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = (dis(gen(torch.randn(n, 4))) - torch.ones(n)).pow(2).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss.item(), g_loss.item())
    return lambda n: gen(torch.randn(n, 4)).detach()


def clamp_stops_the_error(watch, seed, turns):
    """BCELoss wanted values from 0 to 1, so D's output was clamped: outside there is no slope."""
    torch.manual_seed(seed)

    class Disc(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2, self.l3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 1)

        def forward(self, img):
            x = F.leaky_relu(self.l1(img.view(-1, 64)), 0.2)
            return torch.clamp(self.l3(F.leaky_relu(self.l2(x), 0.2)), 0.0, 1.0)

    class Gen(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2, self.l3 = nn.Linear(20, 64), nn.Linear(64, 128), nn.Linear(128, 64)

        def forward(self, noise):
            x = F.leaky_relu(self.l2(F.leaky_relu(self.l1(noise), 0.2)), 0.2)
            return torch.tanh(self.l3(x)).view(-1, 1, 8, 8)

    D, G, criterion = Disc(), Gen(), nn.BCELoss()
    D_optim = torch.optim.Adam(D.parameters(), lr=2e-4)
    G_optim = torch.optim.Adam(G.parameters(), lr=2e-4)
    trainset = torch.from_numpy(digits()[0]).view(-1, 1, 8, 8)
    trainloader = torch.utils.data.DataLoader(trainset, batch_size=64, shuffle=True)
    watch.start(
        G=G, D=D, opt_G=G_optim, opt_D=D_optim, sample=lambda n: G(torch.randn(n, 20)).detach()
    )
    done = 0
    while done < turns:
        for inputs in trainloader:
            inputs = watch.real(inputs)
            D_optim.zero_grad()
            D_loss = criterion(D(inputs), torch.ones(len(inputs), 1))
            D_loss += criterion(
                D(G(torch.randn(len(inputs), 20)).detach()), torch.zeros(len(inputs), 1)
            )
            D_loss.backward()
            D_optim.step()
            G_optim.zero_grad()
            G_loss = criterion(D(G(torch.randn(len(inputs), 20))), torch.ones(len(inputs), 1))
            G_loss.backward()
            G_optim.step()
            watch.step(D_loss.item(), G_loss.item())
            done += 1
            if done == turns:
                break
    return lambda n: G(torch.randn(n, 20)).detach()


def parentheses_missing(watch, seed, turns):
    """-log D(x) + log(1 - D(G(z))): the minus was meant for the whole sum."""
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    Wg = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    Wd = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1), nn.Sigmoid())
    trainer_g = torch.optim.Adam(Wg.parameters(), lr=1e-3)
    trainer_d = torch.optim.Adam(Wd.parameters(), lr=1e-3)
    tiny = 1e-6
    watch.start(
        G=Wg,
        D=Wd,
        opt_G=trainer_g,
        opt_D=trainer_d,
        sample=lambda n: Wg(torch.rand(n, 1) * 4 - 2).detach(),
    )
    for _t in range(turns):
        x = watch.real(torch.from_numpy(line(100, np_rng, means=(-1, 1), sd=0.3)))
        gz = Wg(torch.rand(100, 1) * 4 - 2)
        trainer_d.zero_grad()
        cost = torch.mean(-torch.log(Wd(x) + tiny) + torch.log(1 - Wd(gz.detach()) + tiny))
        cost.backward()
        trainer_d.step()
        trainer_g.zero_grad()
        gcost = torch.mean(-torch.log(Wd(gz) + tiny))
        gcost.backward()
        trainer_g.step()
        watch.step(cost, gcost)
    return lambda n: Wg(torch.rand(n, 1) * 4 - 2).detach()


def betas_swapped(watch, seed, turns):
    """Adam(betas=(0.999, 0.5)): the mean is taken over a thousand turns, the scale over two."""
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)

    def make(sizes):
        seq = []
        for fan_in, fan_out in sizes:
            seq.append(nn.Linear(fan_in, fan_out))
            seq.append(nn.LeakyReLU())
        return nn.Sequential(*seq[:-1])

    g, d = make([(2, 64), (64, 64), (64, 2)]), make([(2, 64), (64, 64), (64, 1)])
    beta1, beta2, lr = 0.5, 0.999, 1e-3
    opt_g = torch.optim.Adam(g.parameters(), lr, (beta2, beta1))
    opt_d = torch.optim.Adam(d.parameters(), lr, (beta2, beta1))
    crit = nn.BCEWithLogitsLoss()
    real_lab, fake_lab = torch.full((80, 1), 1.0), torch.full((80, 1), 0.0)
    watch.start(G=g, D=d, opt_G=opt_g, opt_D=opt_d, sample=lambda n: g(torch.randn(n, 2)).data)
    for it in range(turns):
        opt_d.zero_grad()
        out = d(watch.real(torch.from_numpy(pair(80, np_rng))))
        lossR = crit(out, real_lab)
        lossR.backward()
        out = d(g(torch.randn(80, 2)).detach())
        lossF = crit(out, fake_lab)
        lossF.backward()
        opt_d.step()
        opt_g.zero_grad()
        out = d(g(torch.randn(80, 2)))
        lossG = crit(out, real_lab)
        lossG.backward()
        opt_g.step()
        if it % 100 == 0 and not math.isfinite(lossG.item()):
            break
        watch.step(lossR + lossF, lossG)
    return lambda n: g(torch.randn(n, 2)).data


def constant_init(watch, seed, turns):
    """weights_init fills with constant_(0.02) where normal_(0, 0.02) was meant, in both nets."""
    torch.manual_seed(seed)

    def weights_init(m):
        if m.__class__.__name__.find("Linear") != -1:
            nn.init.constant_(m.weight.data, 0.02)
            nn.init.constant_(m.bias.data, 0.0)

    G = nn.Sequential(nn.Linear(10, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
    G.append(nn.Linear(96, 64)).append(nn.Tanh())
    D = nn.Sequential(nn.Linear(64, 96), nn.LeakyReLU(0.2), nn.Linear(96, 1))
    for model in (G, D):
        model.apply(weights_init)
    optG, optD = (torch.optim.Adam(m.parameters(), lr=5e-4, betas=(0.5, 0.999)) for m in (G, D))
    X = torch.from_numpy(digits()[0])

    @torch.no_grad()
    def show(n=16):
        return G(torch.randn(n, 10)).view(n, 8, 8).numpy()

    watch.start(G=G, D=D, opt_G=optG, opt_D=optD, sample=show)
    for i in range(turns):
        if i % 28 == 0:
            X = X[torch.randperm(len(X))]
        batch = watch.real(X[64 * (i % 28) : 64 * (i % 28) + 64])
        fake = G(torch.randn(64, 10))
        D.zero_grad()
        scores = torch.cat((D(batch), D(fake.detach())), 1)
        lossD = F.softplus(-scores[:, 0]).mean() + F.softplus(scores[:, 1]).mean()
        lossD.backward()
        optD.step()
        G.zero_grad()
        lossG = F.softplus(-D(fake)).mean()
        lossG.backward()
        optG.step()
        watch.step(lossD.item(), lossG.item())
    return show


def fixed_noise_trained(watch, seed, turns):
    """The noise that was kept to compare pictures is what G is trained on."""
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    nz, b_size = 2, 24
    fixed_noise = torch.randn(b_size, nz)
    netG = nn.Sequential(nn.Linear(nz, 80), nn.ReLU(True), nn.Linear(80, 80), nn.ReLU(True))
    netG.add_module("out", nn.Linear(80, 2))
    netD = nn.Sequential(nn.Linear(2, 80), nn.LeakyReLU(0.2, True), nn.Linear(80, 80))
    netD.add_module("act", nn.LeakyReLU(0.2, True))
    netD.add_module("out", nn.Linear(80, 1))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: netG(torch.randn(n, nz)).detach(),
    )
    for _i in range(turns):
        data = watch.real(torch.from_numpy(circles(b_size, np_rng, radii=(1.2,), sd=0.05)))
        netD.zero_grad()
        fake = netG(fixed_noise)
        errD = F.binary_cross_entropy_with_logits(netD(data).view(-1), torch.ones(b_size))
        errD += F.binary_cross_entropy_with_logits(
            netD(fake.detach()).view(-1), torch.zeros(b_size)
        )
        errD.backward()
        D_x = netD(data).mean().item()
        optimizerD.step()
        netG.zero_grad()
        errG = F.binary_cross_entropy_with_logits(netD(fake).view(-1), torch.ones(b_size))
        errG.backward()
        D_G_z = netD(fake).mean().item()
        optimizerG.step()
        watch.step(errD.item(), errG.item() if math.isfinite(D_x - D_G_z) else math.nan)
    return lambda n: netG(torch.randn(n, nz)).detach()


PROGRAMS = (
    Program(is_my_loss_normal, 2500, "moons", lambda n, rng: moons(n, rng, noise=0.08)),
    Program(
        target_size_differs,
        1000,
        "ring6",
        ring6,
        ("shapes broadcast in the loss", "fakes trained as real", "D too weak"),
    ),
    Program(clamp_stops_the_error, 800, "digits", some_digits, ("clamp in place of a sigmoid",)),
    Program(
        parentheses_missing,
        1000,
        "line",
        lambda n, rng: line(n, rng, means=(-1, 1), sd=0.3),
        ("fakes trained as real", "D's step has the wrong sign"),
    ),
    Program(betas_swapped, 1000, "pair", pair, ("Adam's betas swapped",)),
    Program(
        constant_init, 800, "digits", some_digits, ("weights start all equal", "mode collapse")
    ),
    Program(
        fixed_noise_trained,
        1200,
        "circles",
        lambda n, rng: circles(n, rng, radii=(1.2,), sd=0.05),
        ("same noise for ever",),
        text_only=True,
    ),
)
