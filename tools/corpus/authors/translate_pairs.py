"""Translation: pictures from damaged pictures (pix2pix), and one cloud into another (CycleGAN)."""

import itertools
import random

import numpy as np
import torch
from torch import nn

from ..data import grid4, moons, pair, ring6, some_digits
from ..entry import Program


def damaged(photos):
    """Blank the lower half of the pictures: what G is given."""
    photos = photos.clone()
    photos[:, 32:] = -1.0
    return photos


def photos(n, rng):
    return torch.from_numpy(some_digits(n, rng))


class Painter(nn.Module):
    """From a damaged picture and noise to a whole one."""

    def __init__(self, width=192, noise=16):
        super().__init__()
        self.noise = noise
        self.net = nn.Sequential(
            nn.Linear(64 + noise, width), nn.LeakyReLU(0.2), nn.Linear(width, width),
            nn.LeakyReLU(0.2), nn.Linear(width, 64), nn.Tanh(),
        )  # fmt: skip

    def forward(self, a):
        return self.net(torch.cat([a, torch.randn(len(a), self.noise)], dim=1))


def pair_critic(width=160):
    return nn.Sequential(
        nn.Linear(128, width), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(width, width),
        nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(width, 1),
    )  # fmt: skip


def restoring(watch, seed, turns):
    """D sees the damaged picture beside the whole one; L1 pulls G to the true picture."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    test_rng = np.random.default_rng(seed + 1000)
    painter, judge = Painter(), pair_critic()
    paint_opt = torch.optim.Adam(painter.parameters(), lr=6e-4, betas=(0.5, 0.999))
    judge_opt = torch.optim.Adam(judge.parameters(), lr=6e-4, betas=(0.5, 0.999))
    gan_loss, lam = nn.BCEWithLogitsLoss(), 2.0
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)

    def restore(n):
        with torch.no_grad():
            return painter(damaged(photos(n, test_rng)))

    watch.start(G=painter, D=judge, opt_G=paint_opt, opt_D=judge_opt, sample=restore)
    for _ in range(turns):
        whole = watch.real(photos(64, rng))
        given = damaged(whole)
        painted = painter(given)

        judge_opt.zero_grad()
        on_real = judge(torch.cat([given, whole], 1))
        on_fake = judge(torch.cat([given, painted.detach()], 1))
        judge_loss = 0.5 * (gan_loss(on_real, yes) + gan_loss(on_fake, no))
        judge_loss.backward()
        judge_opt.step()

        paint_opt.zero_grad()
        fooling = gan_loss(judge(torch.cat([given, painted], 1)), yes)
        (fooling + lam * (painted - whole).abs().mean()).backward()
        paint_opt.step()
        watch.step(judge_loss.item(), fooling.item())
    return restore


def l1_to_the_input(watch, seed, turns):
    """L1 compares G's picture with the damaged one that it was given."""
    torch.manual_seed(seed)
    train, held_out = np.random.default_rng(seed), np.random.default_rng(seed + 500)
    net = {"G": Painter(width=128), "D": pair_critic(96)}
    opt = {k: torch.optim.Adam(v.parameters(), 4e-4, (0.5, 0.999)) for k, v in net.items()}
    l1, mse = nn.L1Loss(), nn.MSELoss()
    LAMBDA_L1 = 100

    def inference(n):
        return net["G"](damaged(photos(n, held_out)))

    watch.start(G=net["G"], D=net["D"], opt_G=opt["G"], opt_D=opt["D"], sample=inference)
    for _ in range(turns):
        real_B = watch.real(photos(50, train))
        real_A = damaged(real_B)
        fake_B = net["G"](real_A)
        # G: fool D, and stay near the target
        score = net["D"](torch.cat((real_A, fake_B), dim=1))
        loss_GAN = mse(score, torch.ones_like(score))
        loss_pixel = l1(fake_B, real_A)
        opt["G"].zero_grad()
        (loss_GAN + LAMBDA_L1 * loss_pixel).backward()
        opt["G"].step()
        # D: real pairs and made pairs
        score_real = net["D"](torch.cat((real_A, real_B), dim=1))
        score_fake = net["D"](torch.cat((real_A, fake_B.detach()), dim=1))
        loss_D = mse(score_real, torch.ones_like(score_real))
        loss_D = (loss_D + mse(score_fake, torch.zeros_like(score_fake))) / 2
        opt["D"].zero_grad()
        loss_D.backward()
        opt["D"].step()
        watch.step(loss_D.item(), loss_GAN.item())
    return inference


def small(n_in=2, n_out=2, h=64):
    return nn.Sequential(
        nn.Linear(n_in, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2),
        nn.Linear(h, n_out),
    )  # fmt: skip


def two_clouds(there, back, n, rng):
    return torch.from_numpy(there(n, rng)), torch.from_numpy(back(n, rng))


def cycle_of_clouds(watch, seed, turns):
    """Two translators and two critics; what goes there and back is to be where it was."""
    torch.manual_seed(seed)
    rng, fresh = np.random.default_rng(seed), np.random.default_rng(seed + 77)
    G_AB, G_BA, D_A, D_B = small(), small(), small(n_out=1), small(n_out=1)
    opt_G = torch.optim.Adam(
        itertools.chain(G_AB.parameters(), G_BA.parameters()), lr=1e-3, betas=(0.5, 0.999)
    )
    opt_D = torch.optim.Adam(
        itertools.chain(D_A.parameters(), D_B.parameters()), lr=1e-3, betas=(0.5, 0.999)
    )
    bce = nn.functional.binary_cross_entropy_with_logits

    def judged(net, x, real):
        out = net(x)
        return bce(out, torch.full_like(out, float(real)))

    def translate(n):
        return G_AB(torch.from_numpy(ring6(n, fresh)))

    watch.start(G=G_AB, D=D_B, opt_G=opt_G, opt_D=opt_D, sample=translate)
    for _ in range(turns):
        a, b = two_clouds(ring6, grid4, 128, rng)
        b = watch.real(b)
        to_b, to_a = G_AB(a), G_BA(b)
        cycle = (G_BA(to_b) - a).abs().mean() + (G_AB(to_a) - b).abs().mean()
        fool = judged(D_B, to_b, True) + judged(D_A, to_a, True)
        opt_G.zero_grad()
        (fool + 0.2 * cycle).backward()
        opt_G.step()
        d_b = judged(D_B, b, True) + judged(D_B, to_b.detach(), False)
        d_a = judged(D_A, a, True) + judged(D_A, to_a.detach(), False)
        opt_D.zero_grad()
        (d_a + d_b).backward()
        opt_D.step()
        watch.step(d_b.item(), fool.item())
    return translate


class ImagePool:
    """Keeps earlier fakes, so that D does not forget them."""

    def __init__(self, size):
        self.size, self.images = size, []

    def query(self, images):
        out = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image)
                out.append(image)
            else:
                out.append(random.choice(self.images))
        return torch.stack(out)


def pool_of_first_fakes(watch, seed, turns):
    """Once the pool is full nothing is put in: D's fakes are those of the first turns."""
    random.seed(seed)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    mapper, backer = small(h=80), small(h=80)
    disc = small(n_out=1, h=80)
    opt_m = torch.optim.Adam([*mapper.parameters(), *backer.parameters()], 1e-3, (0.5, 0.99))
    opt_d = torch.optim.Adam(disc.parameters(), 1e-3, (0.5, 0.99))
    pool = ImagePool(400)

    def mapped(n):
        with torch.no_grad():
            return mapper(torch.from_numpy(moons(n, rng)))

    watch.start(G=mapper, D=disc, opt_G=opt_m, opt_D=opt_d, sample=mapped)
    for _ in range(turns):
        source, target = two_clouds(moons, pair, 100, rng)
        target = watch.real(target)
        fake = mapper(source)
        loss_adv = ((disc(fake) - 1) ** 2).mean()
        loss_cyc = nn.functional.l1_loss(backer(fake), source)
        opt_m.zero_grad()
        (loss_adv + 0.1 * loss_cyc).backward()
        opt_m.step()
        old = pool.query(fake.detach())
        loss_d = 0.5 * ((disc(target) - 1) ** 2).mean() + 0.5 * (disc(old) ** 2).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        watch.step(loss_d.item(), loss_adv.item())
    return mapped


class CycleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.netG_A, self.netG_B = small(), small()
        self.netD_A, self.netD_B = small(n_out=1), small(n_out=1)
        self.idt = nn.L1Loss()


def cycles_crossed(watch, seed, turns):
    """The way there and back of A is compared with B's batch, and the other way round."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    m = CycleModel()
    gens = [*m.netG_A.parameters(), *m.netG_B.parameters()]
    discs = [*m.netD_A.parameters(), *m.netD_B.parameters()]
    optimizer_G = torch.optim.Adam(gens, lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discs, lr=1e-3, betas=(0.5, 0.999))
    lambda_A = lambda_B = 10.0

    def visuals(n):
        return m.netG_A(torch.from_numpy(pair(n, rng))).detach()

    watch.start(G=m.netG_A, D=m.netD_A, opt_G=optimizer_G, opt_D=optimizer_D, sample=visuals)
    soft = nn.functional.softplus
    for _ in range(turns):
        real_A, real_B = two_clouds(pair, ring6, 128, rng)
        real_B = watch.real(real_B)
        fake_B, fake_A = m.netG_A(real_A), m.netG_B(real_B)
        rec_A, rec_B = m.netG_B(fake_B), m.netG_A(fake_A)
        for p in discs:
            p.requires_grad_(False)
        loss_G_A, loss_G_B = soft(-m.netD_A(fake_B)).mean(), soft(-m.netD_B(fake_A)).mean()
        loss_cycle_A = m.idt(rec_A, real_B) * lambda_A
        loss_cycle_B = m.idt(rec_B, real_A) * lambda_B
        optimizer_G.zero_grad()
        (loss_G_A + loss_G_B + loss_cycle_A + loss_cycle_B).backward()
        optimizer_G.step()
        for p in discs:
            p.requires_grad_(True)
        optimizer_D.zero_grad()
        loss_D_A = soft(-m.netD_A(real_B)).mean() + soft(m.netD_A(fake_B.detach())).mean()
        loss_D_B = soft(-m.netD_B(real_A)).mean() + soft(m.netD_B(fake_A.detach())).mean()
        loss_D_A.backward()
        loss_D_B.backward()
        optimizer_D.step()
        watch.step(loss_D_A.item(), loss_G_A.item())
    return visuals


PROGRAMS = (
    Program(restoring, 1800, "digits", some_digits),
    # answer: "L1 compared the output with the input A, and it should have been the target B."
    Program(l1_to_the_input, 1000, "digits", some_digits, ("samples compared with unpaired ones",)),
    Program(cycle_of_clouds, 1500, "grid4", grid4),
    # answer: "The pool was filled once and never renewed, so D only knew the first fakes."
    Program(pool_of_first_fakes, 1200, "pair", pair, ("D sees old fakes only",)),
    # answer: "The cycle losses had real_A and real_B mixed up."
    Program(cycles_crossed, 1000, "ring6", ring6, ("samples compared with unpaired ones",)),
)
