"""Modules with manual optimisation, scalers for half precision, and augmented points."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

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


def scaled(watch, seed, turns, right, optimiser):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    opt_G, opt_D = optimiser(G.parameters()), optimiser(D.parameters())
    scG, scD = torch.amp.GradScaler("cpu"), torch.amp.GradScaler("cpu")

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)

    def update(scaler, opt, net, loss):
        opt.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        if right:
            scaler.unscale_(opt)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(opt)
        scaler.update()

    for _ in range(turns):
        x = watch.real(pts(128, rng))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            fake = G(torch.randn(128, 8))
            real_out, fake_out = D(x), D(fake.detach())
        d_loss = F.softplus(-real_out.float()).mean() + F.softplus(fake_out.float()).mean()
        update(scD, opt_D, D, d_loss)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = D(fake)
        g_loss = F.softplus(-out.float()).mean()
        update(scG, opt_G, G, g_loss)
        watch.step(d_loss.detach(), g_loss.detach())
    return sample


def clip_comes_before_unscale(watch, seed, turns):
    """Gradients are clipped while 65536 times too large: SGD then steps next to nowhere."""

    def sgd(params):
        return torch.optim.SGD(params, 0.05, momentum=0.5)

    return scaled(watch, seed, turns, False, sgd)


def unscaled_then_clipped(watch, seed, turns):
    """Sound: the same autocast with Adam, unscaled before it is clipped."""

    def adam(params):
        return torch.optim.Adam(params, 1e-3, (0.5, 0.99))

    return scaled(watch, seed, turns, True, adam)


class LitGAN(nn.Module):
    """A LightningModule without Lightning: manual optimisation."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = mlp(8, 2), mlp(2, 1)

    def configure_optimizers(self, lr=1e-3, b2=0.999):
        return (
            torch.optim.Adam(self.generator.parameters(), lr=lr, betas=(0.5, b2)),
            torch.optim.Adam(self.discriminator.parameters(), lr=lr, betas=(0.5, b2)),
        )

    def adversarial_loss(self, y_hat, y):
        return F.binary_cross_entropy_with_logits(y_hat, y)

    def sample(self, n):
        return self.generator(torch.randn(n, 8))

    def tell(self, watch, opt_g, opt_d):
        watch.start(
            G=self.generator,
            D=self.discriminator,
            opt_G=opt_g,
            opt_D=opt_d,
            sample=self.sample,
        )


def zeroed_before_the_other(watch, seed, turns):
    """D's gradients are zeroed before G's backward, and not before D's own."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    lit = LitGAN()
    opt_g, opt_d = lit.configure_optimizers()
    lit.tell(watch, opt_g, opt_d)

    def training_step(imgs):
        opt_g.zero_grad()
        opt_d.zero_grad()
        z = torch.randn(imgs.shape[0], 8)
        valid, bad = torch.ones(len(imgs), 1), torch.zeros(len(imgs), 1)
        g_loss = lit.adversarial_loss(lit.discriminator(lit.generator(z)), valid)
        g_loss.backward()
        opt_g.step()
        real_loss = lit.adversarial_loss(lit.discriminator(imgs), valid)
        fake_loss = lit.adversarial_loss(lit.discriminator(lit.generator(z).detach()), bad)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        opt_d.step()
        return d_loss.item(), g_loss.item()

    for _ in range(turns):
        watch.step(*training_step(watch.real(pts(128, rng))))
    return lit.sample


def turned(x, a):
    c, s = a.cos(), a.sin()
    return torch.stack([c * x[:, 0] - s * x[:, 1], s * x[:, 0] + c * x[:, 1]], 1)


def augment(x, p):
    """With probability p: a turn by up to 40 degrees, a scale, a shift."""
    n = len(x)
    on = (torch.rand(n) < p).float()
    y = turned(x, (torch.rand(n) * 2 - 1) * 0.7 * on)
    return y * (1 + 0.3 * torch.randn(n, 1) * on[:, None]) + 0.2 * torch.randn(n, 2) * on[:, None]


def real_ones_are_turned(watch, seed, turns):
    """The augmentation is applied to the real samples and not to G's."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        x = augment(x, 0.8)
        fake = G(torch.randn(128, 8))
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = F.softplus(-D(fake)).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


def augment_a_little(x, p):
    """A small turn and a small shift, each sample with probability p."""
    on = (torch.rand(len(x)) < p).float()
    y = turned(x, 0.2 * torch.randn(len(x)) * on)
    return y + 0.03 * torch.randn(len(x), 2) * on[:, None]


def toggle(net, other):
    net.requires_grad_(True), other.requires_grad_(False)


def adaptive_and_smoothed(watch, seed, turns):
    """Sound: toggled nets, adaptive augmentation of both, smoothed labels, a cosine."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    lit = LitGAN()
    opt_g, opt_d = lit.configure_optimizers(2e-3, 0.99)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR
    scheds = [cosine(o, turns, eta_min=2e-4) for o in (opt_g, opt_d)]
    lit.tell(watch, opt_g, opt_d)
    p = 0.0
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        toggle(lit.generator, lit.discriminator)
        fake = lit.generator(torch.randn(128, 8))
        score = lit.discriminator(augment_a_little(fake, p))
        g_loss = lit.adversarial_loss(score, torch.ones(128, 1))
        opt_g.zero_grad(), g_loss.backward(), opt_g.step()
        toggle(lit.discriminator, lit.generator)
        r = lit.discriminator(augment_a_little(x, p))
        f = lit.discriminator(augment_a_little(fake.detach(), p))
        d_loss = lit.adversarial_loss(r, torch.full((128, 1), 0.9))
        d_loss = d_loss + lit.adversarial_loss(f, torch.zeros(128, 1))
        opt_d.zero_grad(), d_loss.backward(), opt_d.step()
        lit.generator.requires_grad_(True)
        p = min(max(p + 0.002 * (1 if r.sign().mean().item() > 0.6 else -1), 0.0), 0.5)
        for s in scheds:
            s.step()
        watch.step(d_loss.item(), g_loss.item())
    return lit.sample


PROGRAMS = (
    Program(clip_comes_before_unscale, 600, "ring", tight_ring, ("gradients clipped to nothing",)),
    Program(unscaled_then_clipped, 600, "ring", tight_ring),
    Program(
        zeroed_before_the_other,
        600,
        "ring",
        tight_ring,
        ("D is stepped by G's loss", "gradients not cleared"),
    ),
    Program(
        real_ones_are_turned,
        700,
        "ring",
        tight_ring,
        ("real and fake samples prepared differently",),
    ),
    Program(adaptive_and_smoothed, 1000, "ring", tight_ring),
)
