"""Loops in the shape of the big collections: opt, Generator first, valid and fake targets."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..data import digits, grid, line, moons, some_digits
from ..entry import Program


class Generator(nn.Module):
    def __init__(self, opt):
        super().__init__()

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.opt = opt
        self.model = nn.Sequential(
            *block(opt.latent_dim, 64, normalize=False),
            *block(64, 128),
            *block(128, 128),
            nn.Linear(128, int(np.prod(opt.img_shape))),
            nn.Tanh(),
        )

    def forward(self, z):
        img = self.model(z)
        return img.view(img.size(0), *self.opt.img_shape)


class Discriminator(nn.Module):
    def __init__(self, opt):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(int(np.prod(opt.img_shape)), 128),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(128, 64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(64, 1),
            nn.Sigmoid(),
        )

    def forward(self, img):
        return self.model(img.view(img.size(0), -1))


def gan_py(watch, seed, turns):
    opt = SimpleNamespace(
        batch_size=64, lr=0.0004, b1=0.5, b2=0.999, latent_dim=20, img_shape=(1, 8, 8)
    )
    torch.manual_seed(seed)
    adversarial_loss = torch.nn.BCELoss()
    generator = Generator(opt)
    discriminator = Discriminator(opt)
    imgs = torch.from_numpy(digits()[0]).view(-1, *opt.img_shape)
    dataloader = DataLoader(TensorDataset(imgs), batch_size=opt.batch_size, shuffle=True)
    adam = {"lr": opt.lr, "betas": (opt.b1, opt.b2)}
    optimizer_G = torch.optim.Adam(generator.parameters(), **adam)
    optimizer_D = torch.optim.Adam(discriminator.parameters(), **adam)

    def sample_image(n_row):
        with torch.no_grad():
            return generator(torch.randn(n_row, opt.latent_dim))

    watch.start(
        G=generator,
        D=discriminator,
        opt_G=optimizer_G,
        opt_D=optimizer_D,
        sample=sample_image,
    )
    batches_done = 0
    for _epoch in range(turns):
        for _i, (imgs,) in enumerate(dataloader):
            if batches_done >= turns:
                return sample_image
            real_imgs = watch.real(imgs)
            valid = torch.ones(imgs.size(0), 1)
            fake = torch.zeros(imgs.size(0), 1)
            # Train Generator
            optimizer_G.zero_grad()
            z = torch.randn(imgs.shape[0], opt.latent_dim)
            gen_imgs = generator(z)
            g_loss = adversarial_loss(discriminator(gen_imgs), valid)
            g_loss.backward()
            optimizer_G.step()
            # Train Discriminator
            optimizer_D.zero_grad()
            real_loss = adversarial_loss(discriminator(real_imgs), valid)
            fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
            d_loss = (real_loss + fake_loss) / 2
            d_loss.backward()
            optimizer_D.step()
            watch.step(d_loss.item(), g_loss.item())
            batches_done += 1
    return sample_image


class PointNet(nn.Sequential):
    def __init__(self, n_in, n_out, width=80, act=nn.ReLU):
        super().__init__(
            nn.Linear(n_in, width), act(), nn.Linear(width, width), act(), nn.Linear(width, n_out)
        )


def lsgan_grid(watch, seed, turns):
    """LSGAN on nine clouds; z is uniform, D's output is a plain number."""
    torch.manual_seed(seed)
    cfg = SimpleNamespace(n=200, zdim=2, lrD=1e-3, lrG=1e-3)
    adversarial_loss = nn.MSELoss()
    generator, discriminator = PointNet(2, 2, 128), PointNet(2, 1, 128)
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=cfg.lrD, betas=(0.5, 0.9))
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=cfg.lrG, betas=(0.5, 0.9))
    valid, fake = torch.ones(cfg.n, 1), torch.zeros(cfg.n, 1)
    clouds = np.random.default_rng(seed)

    def sample(n):
        return generator(torch.rand(n, cfg.zdim) * 2 - 1).detach()

    watch.start(G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    for _batch in range(turns):
        real = watch.real(torch.as_tensor(grid(cfg.n, clouds, side=3, gap=1.2, sd=0.15)))
        gen = generator(torch.rand(cfg.n, cfg.zdim) * 2 - 1)
        g_loss = adversarial_loss(discriminator(gen), valid)
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()

        optimizer_D.zero_grad()
        both = discriminator(torch.cat((real, gen.detach())))
        d_loss = 0.5 * adversarial_loss(both, torch.cat((valid, fake)))
        d_loss.backward()
        optimizer_D.step()
        watch.step(d_loss, g_loss)
    return sample


def reused_detached(watch, seed, turns):
    """gen is detached once where it is made, to save memory, and both steps use it."""
    torch.manual_seed(seed)
    opt = SimpleNamespace(batch_size=64, latent_dim=12, img_shape=(64,))
    G, D = Generator(opt), Discriminator(opt)
    x = torch.from_numpy(digits()[0])
    optG = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
    optD = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.999))
    bce = nn.functional.binary_cross_entropy
    watch.start(
        G=G,
        D=D,
        opt_G=optG,
        opt_D=optD,
        sample=lambda n: G(torch.randn(n, 12)).detach(),
    )
    order, at = torch.randperm(len(x)), 0
    for _ in range(turns):
        if at + opt.batch_size > len(x):
            order, at = torch.randperm(len(x)), 0
        real = watch.real(x[order[at : at + opt.batch_size]])
        at += opt.batch_size
        valid = torch.ones(len(real), 1)
        gen = G(torch.randn(len(real), opt.latent_dim)).detach()
        optD.zero_grad()
        d_loss = bce(D(real), valid) + bce(D(gen), 1 - valid)
        d_loss.backward()
        optD.step()
        optG.zero_grad()
        g_loss = bce(D(gen), valid)
        g_loss.backward()
        optG.step()
        watch.step(d_loss, g_loss)
    return lambda n: G(torch.randn(n, 12)).detach()


def both_valid(watch, seed, turns):
    """The target of the fakes was copied from the line above."""
    torch.manual_seed(seed)
    gen = np.random.default_rng(seed)
    net = nn.ModuleDict({"g": PointNet(3, 1, 32, nn.Tanh), "d": PointNet(1, 1, 32, nn.Tanh)})
    opts = {k: torch.optim.Adam(net[k].parameters(), lr=2e-3, betas=(0.5, 0.99)) for k in net}
    loss = nn.BCEWithLogitsLoss()
    watch.start(
        G=net["g"],
        D=net["d"],
        opt_G=opts["g"],
        opt_D=opts["d"],
        sample=lambda n: net["g"](torch.randn(n, 3)).detach(),
    )
    valid = torch.ones(128, 1)
    for _ in range(turns):
        fakes = net["g"](torch.randn(128, 3))
        opts["g"].zero_grad()
        g_loss = loss(net["d"](fakes), valid)
        g_loss.backward()
        opts["g"].step()
        opts["d"].zero_grad()
        real_loss = loss(net["d"](watch.real(torch.from_numpy(line(128, gen)))), valid)
        fake_loss = loss(net["d"](fakes.detach()), valid)
        ((real_loss + fake_loss) / 2).backward()
        opts["d"].step()
        watch.step((real_loss + fake_loss) / 2, g_loss)
    return lambda n: net["g"](torch.randn(n, 3)).detach()


def scores_the_wrong_images(watch, seed, turns):
    """In the generator's step `imgs` are scored: gen_imgs was meant."""
    torch.manual_seed(seed)
    everything = torch.from_numpy(moons(4000, np.random.default_rng(seed)))
    loader = DataLoader(everything, batch_size=100, shuffle=True, drop_last=True)
    generator = PointNet(4, 2, 64)
    discriminator = PointNet(2, 1, 64, lambda: nn.LeakyReLU(0.2))
    optimizer_G = torch.optim.RMSprop(generator.parameters(), lr=3e-4)
    optimizer_D = torch.optim.RMSprop(discriminator.parameters(), lr=3e-4)

    def sample(n):
        return generator(torch.randn(n, 4)).detach()

    watch.start(G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    mse, seen = nn.MSELoss(), 0
    while seen < turns:
        for imgs in loader:
            imgs = watch.real(imgs)
            gen_imgs = generator(torch.randn(len(imgs), 4))
            g_loss = mse(discriminator(imgs), torch.ones(len(imgs), 1))
            optimizer_G.zero_grad()
            g_loss.backward()
            optimizer_G.step()
            pred_real, pred_fake = discriminator(imgs), discriminator(gen_imgs.detach())
            d_loss = mse(pred_real, torch.ones_like(pred_real))
            d_loss = (d_loss + mse(pred_fake, torch.zeros_like(pred_fake))) / 2
            optimizer_D.zero_grad()
            d_loss.backward()
            optimizer_D.step()
            watch.step(d_loss, g_loss)
            seen += 1
            if seen == turns:
                break
    return sample


def relativistic_average(watch, seed, turns):
    """Each side is compared with the mean of the other side, in both losses."""
    torch.manual_seed(seed)
    opt = SimpleNamespace(n_epochs=999, batch_size=150, lr=1e-3, b1=0.5, b2=0.99, latent_dim=2)
    points = 2 * torch.from_numpy(moons(6000, np.random.default_rng(seed), noise=0.08))
    loader = DataLoader(TensorDataset(points), opt.batch_size, shuffle=True)
    generator = PointNet(opt.latent_dim, 2, 110)
    discriminator = PointNet(2, 1, 110, lambda: nn.LeakyReLU(0.2))
    optimizer_G = torch.optim.Adam(generator.parameters(), opt.lr, (opt.b1, opt.b2))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), opt.lr, (opt.b1, opt.b2))
    adversarial_loss = nn.BCEWithLogitsLoss()

    def sample(n):
        with torch.no_grad():
            return generator(torch.randn(n, opt.latent_dim))

    watch.start(G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    total = 0
    for _epoch in range(opt.n_epochs):
        for (imgs,) in loader:
            imgs = watch.real(imgs)
            valid, fake = torch.ones(len(imgs), 1), torch.zeros(len(imgs), 1)
            gen_imgs = generator(torch.randn(len(imgs), opt.latent_dim))
            real_pred = discriminator(imgs).detach()
            fake_pred = discriminator(gen_imgs)
            g_loss = adversarial_loss(fake_pred - real_pred.mean(0, keepdim=True), valid)
            g_loss = (g_loss + adversarial_loss(real_pred - fake_pred.mean(0), fake)) / 2
            optimizer_G.zero_grad()
            g_loss.backward()
            optimizer_G.step()
            real_pred, fake_pred = discriminator(imgs), discriminator(gen_imgs.detach())
            real_loss = adversarial_loss(real_pred - fake_pred.mean(0, keepdim=True), valid)
            fake_loss = adversarial_loss(fake_pred - real_pred.mean(0, keepdim=True), fake)
            d_loss = (real_loss + fake_loss) / 2
            optimizer_D.zero_grad()
            d_loss.backward()
            optimizer_D.step()
            watch.step(d_loss.item(), g_loss.item())
            total += 1
            if total >= turns:
                return sample
    return sample


PROGRAMS = (
    Program(gan_py, 2500, "digits", some_digits),
    Program(lsgan_grid, 2500, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.2, sd=0.15)),
    Program(
        reused_detached,
        900,
        "digits",
        some_digits,
        ("detach in G's step", "no gradient reaches G"),
    ),
    Program(both_valid, 1500, "line", line, ("fakes trained as real",)),
    Program(
        scores_the_wrong_images,
        1500,
        "moons",
        moons,
        ("G's loss on real samples", "no gradient reaches G"),
    ),
    Program(relativistic_average, 2000, "moons", lambda n, rng: 2 * moons(n, rng, noise=0.08)),
)
