"""Loops from domain to domain: cycles, classes on demand, small pictures made large."""

import itertools
import random

import numpy as np
import torch
import torch.nn as nn

from ..data import digits, grid4, some_digits
from ..entry import Program

mse, l1, ce = nn.MSELoss(), nn.L1Loss(), nn.CrossEntropyLoss()


def block(i, o, h=64):
    return nn.Sequential(
        nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o)
    )


class ResGenerator(nn.Module):
    """x + what is to change about it."""

    def __init__(self, dim, h=64):
        super().__init__()
        self.change = block(dim, dim, h)

    def forward(self, x):
        return x + self.change(x)


class ImageBuffer:
    def __init__(self, pool_size=50):
        self.pool_size, self.images = pool_size, []

    def push_and_pop(self, images):
        out = []
        for image in images.detach():
            if len(self.images) < self.pool_size:
                self.images.append(image)
                out.append(image)
            elif random.random() < 0.5:
                i = random.randrange(self.pool_size)
                out.append(self.images[i])
                self.images[i] = image
            else:
                out.append(image)
        return torch.stack(out)


def normal_cloud(n, rng):
    return torch.from_numpy((1.5 * rng.standard_normal((n, 2))).astype(np.float32))


def cycle_to_grid(watch, seed, turns):
    """From a round cloud to four small ones and back, least squares, two histories of fakes."""
    torch.manual_seed(seed)
    random.seed(seed)
    rng = np.random.default_rng(seed)
    netG_A2B, netG_B2A, netD_A, netD_B = ResGenerator(2), ResGenerator(2), block(2, 1), block(2, 1)
    both = itertools.chain(netG_A2B.parameters(), netG_B2A.parameters())
    optimizer_G = torch.optim.Adam(both, lr=1e-3, betas=(0.5, 0.99))
    critics = itertools.chain(netD_A.parameters(), netD_B.parameters())
    optimizer_D = torch.optim.Adam(critics, lr=1e-3, betas=(0.5, 0.99))
    buffer_A, buffer_B = ImageBuffer(200), ImageBuffer(200)
    one, zero = torch.ones(64, 1), torch.zeros(64, 1)

    def translate(n):
        return netG_A2B(normal_cloud(n, rng)).detach()

    watch.start(G=netG_A2B, D=netD_B, opt_G=optimizer_G, opt_D=optimizer_D, sample=translate)
    for _ in range(turns):
        real_A = normal_cloud(64, rng)
        real_B = watch.real(torch.from_numpy(grid4(64, rng)))
        fake_B, fake_A = netG_A2B(real_A), netG_B2A(real_B)
        loss_GAN = mse(netD_B(fake_B), one) + mse(netD_A(fake_A), one)
        loss_cycle = l1(netG_B2A(fake_B), real_A) + l1(netG_A2B(fake_A), real_B)
        optimizer_G.zero_grad()
        (loss_GAN + 0.1 * loss_cycle).backward()
        optimizer_G.step()
        old_A, old_B = buffer_A.push_and_pop(fake_A), buffer_B.push_and_pop(fake_B)
        loss_D_A = 0.5 * (mse(netD_A(normal_cloud(64, rng)), one) + mse(netD_A(old_A), zero))
        loss_D_B = 0.5 * (mse(netD_B(real_B), one) + mse(netD_B(old_B), zero))
        optimizer_D.zero_grad()
        (loss_D_A + loss_D_B).backward()
        optimizer_D.step()
        watch.step(loss_D_B.item(), loss_GAN.item())
    return translate


def fakes_from_the_other_buffer(watch, seed, turns):
    """D_B is shown what comes out of A's buffer: fakes of the other direction; a reader of a book
    about GANs found such a wrong letter in its notebook."""
    torch.manual_seed(seed)
    random.seed(seed)
    rng = np.random.default_rng(seed)
    g = nn.ModuleDict({"A2B": block(2, 2), "B2A": block(2, 2)})
    d = nn.ModuleDict({"A": block(2, 1), "B": block(2, 1)})
    opt_g = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = {k: torch.optim.Adam(v.parameters(), lr=1e-3, betas=(0.5, 0.99)) for k, v in d.items()}
    fake_A_buffer = ImageBuffer(100)

    def gan(prediction, is_real):
        return mse(prediction, torch.full_like(prediction, float(is_real)))

    def out(n):
        with torch.no_grad():
            return g["A2B"](normal_cloud(n, rng))

    watch.start(G=g["A2B"], D=d["B"], opt_G=opt_g, opt_D=opt_d["B"], sample=out)
    for _ in range(turns):
        A, B = normal_cloud(64, rng), watch.real(torch.from_numpy(grid4(64, rng)))
        fake_B, fake_A = g["A2B"](A), g["B2A"](B)
        cycle = l1(g["B2A"](fake_B), A) + l1(g["A2B"](fake_A), B)
        loss_G = gan(d["B"](fake_B), True) + gan(d["A"](fake_A), True) + 0.1 * cycle
        opt_g.zero_grad()
        loss_G.backward()
        opt_g.step()
        fake_A1 = fake_A_buffer.push_and_pop(fake_A)
        fake_B1 = fake_A_buffer.push_and_pop(fake_A1)
        shown, losses = {"A": (A, fake_A1), "B": (B, fake_B1)}, {}
        for side, (real, fake) in shown.items():
            losses[side] = (gan(d[side](real), True) + gan(d[side](fake), False)) / 2
            opt_d[side].zero_grad()
            losses[side].backward()
            opt_d[side].step()
        watch.step(losses["B"].item(), loss_G.item())
    return out


class PatchClassDiscriminator(nn.Module):
    """Four quarters of a picture through one net: a map of logits [n, 1, 2, 2]; and the class."""

    def __init__(self, n_classes=10):
        super().__init__()
        self.patch, self.cls = block(16, 1, 48), block(64, n_classes, 64)
        self.whole = block(64, 1, 64)

    def forward(self, x):
        quarters = x.view(-1, 2, 4, 2, 4).permute(0, 1, 3, 2, 4).reshape(-1, 2, 2, 16)
        return self.patch(quarters).permute(0, 3, 1, 2) + self.whole(x)[..., None, None], self.cls(
            x
        )


class ToClass(nn.Module):
    """G(x, c): the picture x changed into one of class c."""

    def __init__(self, n_classes=10):
        super().__init__()
        self.n_classes, self.main = n_classes, block(64 + n_classes, 64, 128)

    def forward(self, x, c):
        c = nn.functional.one_hot(c, self.n_classes).float()
        return torch.tanh(1.5 * x + self.main(torch.cat([x, c], 1)))


def digit_to_digit(watch, seed, turns):
    """D gives a map of logits and a class; G changes a digit into the class that is asked for."""
    torch.manual_seed(seed)
    x_all, c_all = (torch.as_tensor(a) for a in digits())
    G, D = ToClass(), PatchClassDiscriminator()
    g_optimizer = torch.optim.Adam(G.parameters(), 5e-4, (0.5, 0.999))
    d_optimizer = torch.optim.Adam(D.parameters(), 5e-4, (0.5, 0.999))

    def test(n):
        i = torch.randint(len(x_all), (n,))
        with torch.no_grad():
            return G(x_all[i], torch.randint(10, (n,)))

    watch.start(G=G, D=D, opt_G=g_optimizer, opt_D=d_optimizer, sample=test)
    for _ in range(turns):
        i = torch.randint(len(x_all), (64,))
        x_real, label_org = watch.real(x_all[i]), c_all[i]
        label_trg = label_org[torch.randperm(64)]
        out_src, out_cls = D(x_real)
        d_loss_real = nn.functional.softplus(-out_src).mean()
        d_loss_cls = ce(out_cls, label_org)
        out_src, _ = D(G(x_real, label_trg).detach())
        d_loss = d_loss_real + nn.functional.softplus(out_src).mean() + d_loss_cls
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        x_fake = G(x_real, label_trg)
        out_src, out_cls = D(x_fake)
        g_loss_fake, g_loss_cls = nn.functional.softplus(-out_src).mean(), ce(out_cls, label_trg)
        g_loss_rec = l1(G(x_fake, label_org), x_real)
        g_loss = g_loss_fake + 3 * g_loss_rec + g_loss_cls
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        watch.step(d_loss.item(), g_loss.item())
    return test


def sharpened_without_D(watch, seed, turns):
    """In G's step D scores fakes that were cut off from G, and only the content loss teaches it:
    somebody asks in an issue whether that detach is meant, and it is not."""
    torch.manual_seed(seed)
    hr_all = torch.from_numpy(digits()[0])
    generator = nn.Sequential(block(16, 64, 128), nn.Tanh())
    discriminator = block(64, 1, 96)
    optim_g = torch.optim.Adam(generator.parameters(), lr=1e-3)
    optim_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3)

    def low(hr):
        return nn.functional.avg_pool2d(hr.view(-1, 1, 8, 8), 2).flatten(1)

    def upscale(n):
        with torch.no_grad():
            return generator(low(hr_all[torch.randint(len(hr_all), (n,))]))

    watch.start(G=generator, D=discriminator, opt_G=optim_g, opt_D=optim_d, sample=upscale)
    for _ in range(turns):
        hr = watch.real(hr_all[torch.randint(len(hr_all), (64,))])
        sr = generator(low(hr))
        p_real, p_fake = discriminator(hr), discriminator(sr.detach())
        d_loss = mse(p_real, torch.ones_like(p_real)) + mse(p_fake, torch.zeros_like(p_fake))
        optim_d.zero_grad()
        d_loss.backward()
        optim_d.step()
        content_loss = mse(sr, hr)
        p_fake = discriminator(sr.detach())
        adversarial_loss = mse(p_fake, torch.ones_like(p_fake))
        g_loss = content_loss + 0.1 * adversarial_loss
        optim_g.zero_grad()
        g_loss.backward()
        optim_g.step()
        watch.step(d_loss.item(), adversarial_loss.item())
    return upscale


PROGRAMS = (
    Program(cycle_to_grid, 1200, "grid4", grid4),
    Program(
        fakes_from_the_other_buffer,
        700,
        "grid4",
        grid4,
        ("D's fakes do not come from G",),
        text_only=True,
    ),
    Program(digit_to_digit, 800, "digits", some_digits),
    Program(
        sharpened_without_D,
        800,
        "digits",
        some_digits,
        ("detach in G's step", "adversarial loss has no weight", "no gradient reaches G"),
        text_only=True,
    ),
)
