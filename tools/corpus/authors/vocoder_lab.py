"""Short tones by a speech lab: several discriminators, lists of features, least squares."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..entry import Program


class AttrDict(dict):
    __getattr__ = dict.__getitem__


h = AttrDict(seg=16, z=8, batch=64, lr=2e-3, b1=0.5, b2=0.9, width=96, lambda_fm=2.0)


def tones(n, rng):
    """One of two pitches at any phase, 16 values each."""
    pitch, phase = rng.integers(1, 3, size=(n, 1)), 2 * np.pi * rng.random((n, 1))
    wave = 0.8 * np.sin(2 * np.pi * pitch * np.arange(16) / 16 + phase)
    return (wave + 0.03 * rng.standard_normal((n, 16))).astype(np.float32)


class Vocoder(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.pre = nn.Linear(h.z, h.width)
        self.res = nn.ModuleList(nn.Linear(h.width, h.width) for _ in range(2))
        self.post = nn.Linear(h.width, h.seg)

    def forward(self, z):
        x = F.leaky_relu(self.pre(z), 0.1)
        for layer in self.res:
            x = x + F.leaky_relu(layer(x), 0.1)
        return torch.tanh(self.post(x))


class DiscriminatorP(nn.Module):
    """Folds the wave by a period and looks along the columns."""

    def __init__(self, period):
        super().__init__()
        self.period = period
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(1, 8, (3, 1), padding=(1, 0)),
                nn.Conv2d(8, 8, (3, 1), (2, 1), padding=(1, 0)),
            ]
        )
        self.out = nn.LazyLinear(1)

    def forward(self, x):
        fmap = []
        x = x.view(len(x), 1, -1, self.period)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
            fmap.append(x)
        return self.out(x.flatten(1)), fmap


class DiscriminatorR(nn.Module):
    """Looks at the whole wave, or at one thinned out by averages."""

    def __init__(self, pool):
        super().__init__()
        self.pool = nn.AvgPool1d(pool) if pool > 1 else nn.Identity()
        self.layers = nn.ModuleList([nn.LazyLinear(96), nn.LazyLinear(96)])
        self.out = nn.LazyLinear(1)

    def forward(self, x):
        fmap = []
        x = self.pool(x.unsqueeze(1)).flatten(1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            fmap.append(x)
        return self.out(x), fmap


class Bank(nn.Module):
    def __init__(self, members):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, y):
        outs = [d(y) for d in self.members]
        return [o for o, _ in outs], [f for _, f in outs]


def feature_loss(fmap_r, fmap_g):
    pairs = [(r, g) for dr, dg in zip(fmap_r, fmap_g, strict=True) for r, g in zip(dr, dg)]  # noqa: B905
    return sum((r.detach() - g).abs().mean() for r, g in pairs) / len(pairs)


def discriminator_loss(real, generated):
    return sum(((1 - r) ** 2).mean() + (g**2).mean() for r, g in zip(real, generated, strict=True))


def generator_loss(outputs):
    return sum(((1 - o) ** 2).mean() for o in outputs)


def build(seed, *banks):
    torch.manual_seed(seed)
    vocoder = Vocoder(h)
    for bank in banks:
        bank(torch.zeros(2, h.seg))  # lazy layers
    return vocoder, np.random.default_rng(seed)


def sampler(vocoder):
    @torch.no_grad()
    def sample(n):
        return vocoder(torch.randn(n, h.z))

    return sample


def periods_without_an_optimiser(watch, seed, turns):
    """Like line/open-universe issue 5: the list of D's parameters names one bank twice."""
    torch.manual_seed(seed)
    mpd, mrd = Bank([DiscriminatorP(2), DiscriminatorP(4)]), Bank([DiscriminatorR(4)])
    generator, rng = build(seed, mpd, mrd)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # prints something about parameter groups at start
        params_disc = list(mrd.parameters()) + list(mrd.parameters())
        optim_d = torch.optim.AdamW(params_disc, h.lr, betas=(h.b1, h.b2))
    optim_g = torch.optim.AdamW(generator.parameters(), h.lr, betas=(h.b1, h.b2))
    sample = sampler(generator)
    watch.start(
        G=generator, D=nn.ModuleList([mpd, mrd]), opt_G=optim_g, opt_D=optim_d, sample=sample
    )
    for _steps in range(turns):
        y = watch.real(torch.from_numpy(tones(h.batch, rng)))
        y_g_hat = generator(torch.randn(h.batch, h.z))

        optim_d.zero_grad()
        loss_disc_all = 0.0
        for bank in (mpd, mrd):
            loss_disc_all = loss_disc_all + discriminator_loss(
                bank(y)[0], bank(y_g_hat.detach())[0]
            )
        loss_disc_all.backward()
        optim_d.step()

        optim_g.zero_grad()
        loss_gen_all = generator_loss(mpd(y_g_hat)[0]) + generator_loss(mrd(y_g_hat)[0])
        loss_gen_all.backward()
        optim_g.step()
        watch.step(loss_disc_all.item(), loss_gen_all.item())
    return sample


def features_matched_by_d(watch, seed, turns):
    """Like YuanxunLu/LiveSpeechPortraits issue 24: feature matching is a part of D's loss."""
    netD = Bank([DiscriminatorP(2), DiscriminatorR(1)])
    netG, rng = build(seed, netD)
    optimizer_G = torch.optim.Adam(netG.parameters(), h.lr, (h.b1, h.b2))
    optimizer_D = torch.optim.Adam(netD.parameters(), h.lr, (h.b1, h.b2))
    sample = sampler(netG)
    watch.start(G=netG, D=netD, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)

    class Losses:
        pass

    self = Losses()

    def backward_D(real, fake):
        pred_real, feat_real = netD(real)
        pred_fake, feat_fake = netD(fake.detach())
        self.D = discriminator_loss(pred_real, pred_fake)
        self.FM = 0.0
        for fr, ff in zip(feat_real, feat_fake, strict=True):
            for a, b in zip(fr, ff, strict=True):
                self.FM = self.FM + F.l1_loss(b, a) * 10
        self.loss_D = self.D + self.FM
        self.loss_D.backward()

    def backward_G(fake):
        self.loss_G = generator_loss(netD(fake)[0])
        self.loss_G.backward()

    for _ in range(turns):
        real = watch.real(torch.from_numpy(tones(h.batch, rng)))
        fake = netG(torch.randn(h.batch, h.z))
        optimizer_D.zero_grad()
        backward_D(real, fake)
        optimizer_D.step()
        optimizer_G.zero_grad()
        backward_G(fake)
        optimizer_G.step()
        watch.step(self.loss_D.item(), self.loss_G.item())
    return sample


def two_banks(watch, seed, turns):
    """Sound: two banks, one optimiser for both, feature matching in G's loss."""
    mpd = Bank([DiscriminatorP(2), DiscriminatorP(4)])
    msd = Bank([DiscriminatorR(1), DiscriminatorR(2)])
    generator, rng = build(seed, mpd, msd)
    optim_g = torch.optim.AdamW(generator.parameters(), h.lr, betas=(h.b1, h.b2))
    optim_d = torch.optim.AdamW(
        [*mpd.parameters(), *msd.parameters()], h.lr, betas=(h.b1, h.b2), weight_decay=0.01
    )
    decay = 0.5 ** (1 / max(turns // 2, 1))
    schedules = [torch.optim.lr_scheduler.ExponentialLR(o, decay) for o in (optim_g, optim_d)]
    sample = sampler(generator)
    both = nn.ModuleDict({"periods": mpd, "scales": msd})
    watch.start(G=generator, D=both, opt_G=optim_g, opt_D=optim_d, sample=sample)
    for _ in range(turns):
        y = watch.real(torch.from_numpy(tones(h.batch, rng)))
        y_hat = generator(torch.randn(h.batch, h.z))
        optim_d.zero_grad()
        loss_d = sum(discriminator_loss(b(y)[0], b(y_hat.detach())[0]) for b in both.values())
        loss_d.backward()
        optim_d.step()

        optim_g.zero_grad()
        loss_g = 0.0
        for bank in both.values():
            with torch.no_grad():
                _, fmap_r = bank(y)
            scores, fmap_g = bank(y_hat)
            loss_g = loss_g + generator_loss(scores) + h.lambda_fm * feature_loss(fmap_r, fmap_g)
        loss_g.backward()
        optim_g.step()
        for schedule in schedules:
            schedule.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


PROGRAMS = (
    Program(
        periods_without_an_optimiser,
        300,
        "circles",
        tones,
        ("weights in no optimiser",),
    ),
    Program(
        features_matched_by_d,
        300,
        "circles",
        tones,
        ("feature matching in D's loss", "D is stepped by G's loss", "D too weak"),
    ),
    Program(two_banks, 300, "circles", tones),
)
