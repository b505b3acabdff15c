"""A thesis about encoders in GANs: VAE-GAN and BiGAN on points, everything in model classes."""

from itertools import chain, pairwise

import numpy as np
import torch
import torch.nn as nn

from ..data import circles, grid4, ring6
from ..entry import Program

EPS = 1e-6


def mlp(*sizes, act=nn.ReLU):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers[:-1])


# ---------------------------------------------------------------- VAE/GAN (chapter 3)


class Enc(nn.Module):
    def __init__(self, nz):
        super().__init__()
        self.net = mlp(2, 64, 64, 2 * nz)

    def forward(self, x):
        mu, log_var = self.net(x).chunk(2, dim=1)
        return mu, log_var.clamp(-8, 8)


class Dis(nn.Module):
    """Returns the probability of being real and the features of the l-th layer."""

    def __init__(self):
        super().__init__()
        self.l_layer = mlp(2, 64, 64)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())

    def forward(self, x):
        f = self.l_layer(x)
        return self.head(f), f


def vaegan_from_the_paper(watch, seed, turns):
    """Like DL-IT/generative_zoo issue 1: L_gan of the paper is minimised for D as it stands."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    nz, gamma = 4, 1.0
    enc, dec, dis = Enc(nz), mlp(nz, 64, 64, 2), Dis()
    opt_enc = torch.optim.RMSprop(enc.parameters(), lr=1e-3)
    opt_dec = torch.optim.RMSprop(dec.parameters(), lr=1e-3)
    opt_dis = torch.optim.RMSprop(dis.parameters(), lr=1e-3)

    def sample(n):
        with torch.no_grad():
            return dec(torch.randn(n, nz))

    watch.start(G=dec, D=dis, opt_G=opt_dec, opt_D=opt_dis, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring6(128, rng)))
        mu, log_var = enc(x)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        x_tilde = dec(z)
        x_p = dec(torch.randn(len(x), nz))

        kl = 0.5 * (mu**2 + log_var.exp() - log_var - 1).sum(1).mean()
        d_x, f_x = dis(x)
        d_tilde, f_tilde = dis(x_tilde)
        d_p, _ = dis(x_p)
        llike = 0.5 * ((f_x - f_tilde) ** 2).sum(1).mean()
        l_gan = (
            torch.log(d_x + EPS) + torch.log(1 - d_tilde + EPS) + torch.log(1 - d_p + EPS)
        ).mean()

        loss_enc = kl + llike
        loss_dec = gamma * llike - l_gan
        loss_dis = l_gan
        # all gradients first, each with respect to its own network, then the three steps
        g_enc = torch.autograd.grad(loss_enc, list(enc.parameters()), retain_graph=True)
        g_dec = torch.autograd.grad(loss_dec, list(dec.parameters()), retain_graph=True)
        g_dis = torch.autograd.grad(loss_dis, list(dis.parameters()))
        for net, grads, opt in (
            (enc, g_enc, opt_enc),
            (dec, g_dec, opt_dec),
            (dis, g_dis, opt_dis),
        ):
            for p, g in zip(net.parameters(), grads, strict=True):
                p.grad = g
            opt.step()
        watch.step(loss_dis.item(), loss_dec.item())
    return sample


# ---------------------------------------------------------------- BiGAN (chapter 4)


class BiGAN(nn.Module):
    def __init__(self, nz=2, width=96):
        super().__init__()
        self.nz = nz
        self.generator = mlp(nz, width, width, 2)
        self.encoder = mlp(2, width, width, nz)

    def joint_fake(self, n):
        z = torch.randn(n, self.nz)
        return torch.cat([self.generator(z), z], 1)

    def joint_real(self, x):
        return torch.cat([x, self.encoder(x)], 1)


def encoder_left_out(watch, seed, turns):
    """Like eriklindernoren/Keras-GAN issue 58: nothing ever trains the encoder."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = BiGAN()
    d = nn.Sequential(mlp(4, 96, 96, 1, act=lambda: nn.LeakyReLU(0.2)), nn.Sigmoid())
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam(model.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    bce = nn.BCELoss()

    def sample(n):
        with torch.no_grad():
            return model.generator(torch.randn(n, model.nz))

    watch.start(G=model, D=d, opt_G=opt_g, opt_D=opt_d, sample=sample)
    valid, fake = torch.ones(128, 1), torch.zeros(128, 1)
    for _ in range(turns):
        imgs = watch.real(torch.from_numpy(grid4(128, rng)))
        with torch.no_grad():
            real_pair, fake_pair = model.joint_real(imgs), model.joint_fake(len(imgs))
        opt_d.zero_grad()
        d_loss = 0.5 * (bce(d(real_pair), valid) + bce(d(fake_pair), fake))
        d_loss.backward()
        opt_d.step()

        # "bigan_generator": (z, img) -> (valid for the fake pair, fake for the real pair)
        opt_g.zero_grad()
        g_loss = bce(d(model.joint_fake(len(imgs))), valid) + bce(d(model.joint_real(imgs)), fake)
        g_loss.backward()
        opt_g.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


class Reverse(torch.autograd.Function):
    """The identity, with a gradient of the other sign."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad


def one_backward_for_all(watch, seed, turns):
    """Sound: BiGAN with a gradient reversal, so that one backward serves D, G and E."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = BiGAN()
    d = mlp(4, 128, 128, 1, act=lambda: nn.LeakyReLU(0.2))
    opt_d = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.9))
    opt_ge = torch.optim.Adam(
        chain(model.generator.parameters(), model.encoder.parameters()), lr=2e-3, betas=(0.5, 0.9)
    )

    def sample(n):
        with torch.no_grad():
            return model.generator(torch.randn(n, model.nz))

    watch.start(G=model, D=d, opt_G=opt_ge, opt_D=opt_d, sample=sample)
    softplus = nn.functional.softplus
    for _ in range(turns):
        x = watch.real(torch.from_numpy(circles(160, rng)))
        for again in (False, True):  # D alone first, on the same batch
            fakes, reals = Reverse.apply(model.joint_fake(len(x))), model.joint_real(x)
            reals = torch.cat([reals[:, :2], Reverse.apply(reals[:, 2:])], 1)
            loss = softplus(-d(reals)).mean() + softplus(d(fakes)).mean()
            pairs = reals.detach().requires_grad_(True)
            slope = torch.autograd.grad(d(pairs).sum(), pairs, create_graph=True)[0]
            opt_d.zero_grad()
            opt_ge.zero_grad()
            (loss + 0.1 * slope.square().sum(1).mean()).backward()
            opt_d.step()
            if again:
                opt_ge.step()
        watch.step(loss.item(), -loss.item())
    return sample


PROGRAMS = (
    Program(vaegan_from_the_paper, 300, "ring6", ring6, ("D's step has the wrong sign",)),
    Program(encoder_left_out, 300, "grid4", grid4, ("weights in no optimiser",)),
    Program(one_backward_for_all, 300, "circles", circles),
)
