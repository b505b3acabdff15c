"""Two domains of points in the words of image translation: options, pools, set_input, optimize."""

import random
from argparse import Namespace

import numpy as np
import torch
from torch import nn

from ..data import circles, grid4, ring
from ..entry import Program


class ImagePool:
    def __init__(self, pool_size):
        self.pool_size, self.images = pool_size, []

    def query(self, images):
        out = []
        for image in images.detach():
            if len(self.images) < self.pool_size:
                self.images.append(image)
                out.append(image)
            elif random.random() > 0.5:
                at = random.randrange(self.pool_size)
                out.append(self.images[at])
                self.images[at] = image
            else:
                out.append(image)
        return torch.stack(out)


def define_G(ngf=64, in_ch=2):
    return nn.Sequential(
        nn.Linear(in_ch, ngf), nn.ReLU(), nn.Linear(ngf, ngf), nn.ReLU(), nn.Linear(ngf, 2)
    )


def define_D(ndf=64, in_ch=2):
    return nn.Sequential(
        nn.Linear(in_ch, ndf),
        nn.LeakyReLU(0.2),
        nn.Linear(ndf, ndf),
        nn.LeakyReLU(0.2),
        nn.Linear(ndf, 1),
    )


def set_requires_grad(nets, requires_grad):
    for net in nets:
        for p in net.parameters():
            p.requires_grad = requires_grad


class GANLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.loss = nn.MSELoss()

    def __call__(self, prediction, target_is_real):
        return self.loss(prediction, torch.full_like(prediction, float(target_is_real)))


class CycleModel:
    def __init__(self, opt, sketch, photo):
        self.opt = opt
        self.sketch, self.photo = sketch, photo  # functions n -> points
        self.netG_A, self.netG_B = define_G(), define_G()  # A -> B and B -> A
        self.netD_A, self.netD_B = define_D(), define_D()  # D_A judges B
        self.optimizer_G = torch.optim.Adam(
            [*self.netG_A.parameters(), *self.netG_B.parameters()], opt.lr, (0.5, 0.999)
        )
        self.optimizer_D = torch.optim.Adam(
            [*self.netD_A.parameters(), *self.netD_B.parameters()], opt.lr, (0.5, 0.999)
        )
        self.criterionGAN, self.l1 = GANLoss(), nn.L1Loss()
        self.pool_A, self.pool_B = ImagePool(opt.pool), ImagePool(opt.pool)

    def sample(self, n):
        with torch.no_grad():
            return self.netG_A(self.sketch(n))

    def forward(self):
        self.fake_B = self.netG_A(self.real_A)
        self.rec_A = self.netG_B(self.fake_B)
        self.fake_A = self.netG_B(self.real_B)
        self.rec_B = self.netG_A(self.fake_A)

    def identity(self):
        return self.l1(self.netG_A(self.real_B), self.real_B) + self.l1(
            self.netG_B(self.real_A), self.real_A
        )

    def backward_G(self):
        adv = self.criterionGAN(self.netD_A(self.fake_B), True)
        adv = adv + self.criterionGAN(self.netD_B(self.fake_A), True)
        cycle = self.l1(self.rec_A, self.real_A) + self.l1(self.rec_B, self.real_B)
        self.loss_G = adv + self.opt.lambda_cyc * (cycle + self.opt.lambda_idt * self.identity())
        self.loss_G.backward()

    def backward_D(self):
        self.loss_D = 0.0
        for net, real, fake in (
            (self.netD_A, self.real_B, self.pool_B.query(self.fake_B)),
            (self.netD_B, self.real_A, self.pool_A.query(self.fake_A)),
        ):
            loss = self.criterionGAN(net(real), True) + self.criterionGAN(net(fake), False)
            (0.5 * loss).backward()
            self.loss_D += 0.5 * loss.item()

    def optimize_parameters(self):
        self.forward()
        set_requires_grad([self.netD_A, self.netD_B], False)
        self.optimizer_G.zero_grad()
        self.backward_G()
        self.optimizer_G.step()
        set_requires_grad([self.netD_A, self.netD_B], True)
        self.optimizer_D.zero_grad()
        self.backward_D()
        self.optimizer_D.step()

    def fit(self, watch, turns):
        watch.start(
            G=nn.ModuleList([self.netG_A, self.netG_B]),
            D=nn.ModuleList([self.netD_A, self.netD_B]),
            opt_G=self.optimizer_G,
            opt_D=self.optimizer_D,
            sample=self.sample,
        )
        for _ in range(turns):
            self.real_A = self.sketch(self.opt.batch_size)
            self.real_B = watch.real(self.photo(self.opt.batch_size))
            self.optimize_parameters()
            watch.step(self.loss_D, self.loss_G.item())
        return self.sample


def domains(seed, photos=grid4):
    rng = np.random.default_rng(seed)
    random.seed(seed)
    torch.manual_seed(seed)
    return lambda n: 1 + 2 * torch.rand(n, 2), lambda n: torch.from_numpy(photos(n, rng))


class IdentityOfFakes(CycleModel):
    def identity(self):
        return 0.5 * (self.l1(self.fake_A, self.real_A) + self.l1(self.fake_B, self.real_B))


def identity_of_strangers(watch, seed, turns):
    """Like torchgan/torchgan issue 125: identity compares a fake with an unpaired sample."""
    opt = Namespace(lr=2e-3, batch_size=96, pool=200, lambda_cyc=1.0, lambda_idt=10.0)
    return IdentityOfFakes(opt, *domains(seed, circles)).fit(watch, turns)


def cycle_of_points(watch, seed, turns):
    """Sound: least squares, a pool of fakes, both directions in one optimiser."""
    opt = Namespace(lr=2e-3, batch_size=96, pool=200, lambda_cyc=0.5, lambda_idt=0.1)
    return CycleModel(opt, *domains(seed)).fit(watch, turns)


def reverb_of_a_picture(watch, seed, turns):
    """Like nikhilsinghmus/image2reverb issue 37: G's adversarial part scores detached fakes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    enc, g, d = define_G(in_ch=1), define_G(in_ch=2 + 4), define_D(in_ch=3)
    g_opt = torch.optim.Adam([*enc.parameters(), *g.parameters()], lr=1e-3, betas=(0.0, 0.99))
    d_opt = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.0, 0.99))
    whole = nn.ModuleDict({"enc": enc, "g": g})

    def label(spec):  # what the picture shows of the point: how far to the right it lies
        return spec[:, :1] + 0.1 * torch.randn(len(spec), 1)

    def fake_of(picture):
        return g(torch.cat([enc(picture), torch.randn(len(picture), 4)], 1))

    def sample(n):
        with torch.no_grad():
            return fake_of(label(torch.from_numpy(ring(n, rng))))

    watch.start(G=whole, D=d, opt_G=g_opt, opt_D=d_opt, sample=sample)
    mse = nn.functional.mse_loss
    for _ in range(turns):
        spec = watch.real(torch.from_numpy(ring(128, rng)))
        picture = label(spec)
        fake_spec = fake_of(picture)

        d_fake2 = d(torch.cat([fake_spec.detach(), picture], 1))
        G_loss1 = mse(d_fake2, torch.ones_like(d_fake2))
        G_loss2 = mse(fake_spec, spec)
        G_loss = G_loss1 + 2.0 * G_loss2
        g_opt.zero_grad()
        G_loss.backward()
        g_opt.step()

        d_fake = d(torch.cat([fake_spec.detach(), picture], 1))
        d_real = d(torch.cat([spec, picture], 1))
        D_loss = 0.5 * (
            mse(d_fake, torch.zeros_like(d_fake)) + mse(d_real, torch.ones_like(d_real))
        )
        d_opt.zero_grad()
        D_loss.backward()
        d_opt.step()
        watch.step(D_loss.item(), G_loss.item())
    return sample


PROGRAMS = (
    Program(
        identity_of_strangers,
        300,
        "circles",
        circles,
        ("samples compared with unpaired ones",),
    ),
    Program(cycle_of_points, 300, "grid4", grid4),
    Program(
        reverb_of_a_picture,
        300,
        "ring",
        ring,
        ("detach in G's step", "no gradient reaches G", "adversarial loss has no weight"),
    ),
)
