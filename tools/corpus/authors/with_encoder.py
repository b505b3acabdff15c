"""GANs with an encoder: BiGAN, VAE-GAN and InfoGAN."""

from itertools import chain, pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..data import grid, grid4, pair, ring
from ..entry import Program


def grid9(n, rng):
    return grid(n, rng, side=3, sd=0.1)


def tower(*sizes, out=None):
    layers = []
    for i, o in pairwise(sizes):
        layers += [nn.Linear(i, o), nn.LeakyReLU(0.2)]
    layers = layers[:-1]
    return nn.Sequential(*layers, out) if out else nn.Sequential(*layers)


class Pairs(nn.Module):
    """Judges a sample together with a code."""

    def __init__(self, x_dim, z_dim, h=96):
        super().__init__()
        self.net = tower(x_dim + z_dim, h, h, 1)

    def forward(self, x, z):
        return self.net(torch.cat([x, z], dim=1)).squeeze(1)


def bigan(watch, seed, turns):
    """E and G fool D together: (x, E(x)) against (G(z), z)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    z_dim = 2
    E, G, D = tower(2, 64, 64, z_dim), tower(z_dim, 64, 64, 2), Pairs(2, z_dim)
    opt_EG = torch.optim.Adam(chain(E.parameters(), G.parameters()), 1e-3, (0.5, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.999))

    def decode(n):
        return G(torch.randn(n, z_dim))

    watch.start(G=G, D=D, opt_G=opt_EG, opt_D=opt_D, sample=decode)
    for _ in range(turns):
        x, z = watch.real(torch.from_numpy(grid4(128, rng))), torch.randn(128, z_dim)
        code, made = E(x), G(z)
        encoded, generated = D(x, code.detach()), D(made.detach(), z)
        loss_D = F.softplus(-encoded).mean() + F.softplus(generated).mean()
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_EG = F.softplus(D(x, code)).mean() + F.softplus(-D(made, z)).mean()
        opt_EG.zero_grad()
        loss_EG.backward()
        opt_EG.step()
        watch.step(loss_D.item(), loss_EG.item())
    return decode


def encoder_on_the_critics_side(watch, seed, turns):
    """BiGAN: E's target is that of D, not its opposite, so that E helps D to tell the pairs."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    Z, B = 3, 100
    nets = nn.ModuleDict({"enc": tower(2, 64, Z), "gen": tower(Z, 64, 64, 2), "dis": Pairs(2, Z)})
    step = {
        k: torch.optim.Adam(n.parameters(), lr=1e-3, betas=(0.5, 0.99)) for k, n in nets.items()
    }

    def xent(logits, label):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    def generate(n):
        with torch.no_grad():
            return nets["gen"](torch.randn(n, Z))

    watch.start(G=nets["gen"], D=nets["dis"], opt_G=step["gen"], opt_D=step["dis"], sample=generate)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid9(B, rng)))
        z = torch.randn(B, Z)
        l_encoder, l_generator = nets["dis"](x, nets["enc"](x)), nets["dis"](nets["gen"](z), z)
        loss_dis = xent(l_encoder, 1.0) + xent(l_generator, 0.0)
        loss_gen = xent(l_generator, 1.0)
        loss_enc = xent(l_encoder, 1.0)
        grads = {
            name: torch.autograd.grad(loss, list(nets[name].parameters()), retain_graph=True)
            for name, loss in (("dis", loss_dis), ("gen", loss_gen), ("enc", loss_enc))
        }
        for name, found in grads.items():
            for p, g in zip(nets[name].parameters(), found, strict=True):
                p.grad = g
            step[name].step()
        watch.step(loss_dis, loss_gen)
    return generate


def info_codes(watch, seed, turns):
    """InfoGAN: one of eight codes goes into G, and a head of D reads it off the sample."""

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = tower(2, 96, 96)
            self.real, self.code = nn.Linear(96, 1), nn.Linear(96, 8)

        def forward(self, x):
            h = F.leaky_relu(self.body(x), 0.2)
            return self.real(h).squeeze(1), self.code(h)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = tower(4 + 8, 96, 96, 2), Shared()
    optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def latent(n):
        c = torch.randint(0, 8, (n,))
        return torch.cat([torch.randn(n, 4), F.one_hot(c, 8).float()], dim=1), c

    def sample(n):
        return G(latent(n)[0])

    watch.start(G=G, D=D, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(128, rng)))
        z, c = latent(128)
        fake = G(z)
        (validity, _), (fake_validity, guess) = D(x), D(fake.detach())
        d_loss = F.softplus(-validity).mean() + F.softplus(fake_validity).mean()
        optimizer_D.zero_grad()
        (d_loss + 0.05 * F.cross_entropy(guess, c)).backward()
        optimizer_D.step()
        fake_validity, guess = D(fake)
        g_loss = F.softplus(-fake_validity).mean()
        optimizer_G.zero_grad()
        (g_loss + 0.05 * F.cross_entropy(guess, c)).backward()
        optimizer_G.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def wiped_by_bad_kl(watch, seed, turns):
    """VAE-GAN: the KL term lacks its minus, so that codes run away from the prior."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)

    class Coder(nn.Module):
        def __init__(self, z=4):
            super().__init__()
            self.body = tower(2, 64, 64)
            self.mean, self.log_var = nn.Linear(64, z), nn.Linear(64, z)

        def forward(self, x):
            h = F.relu(self.body(x))
            return self.mean(h), self.log_var(h).clamp(-6, 6)

    coder, decoder, critic = Coder(), tower(4, 64, 64, 2), tower(2, 64, 64, 1)
    adam = torch.optim.Adam([*coder.parameters(), *decoder.parameters()], lr=1e-3)
    adam_d = torch.optim.Adam(critic.parameters(), lr=1e-3)

    def sample_prior(n):
        return decoder(torch.randn(n, 4)).detach()

    watch.start(G=decoder, D=critic, opt_G=adam, opt_D=adam_d, sample=sample_prior)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(pair(128, rng)))
        mean, log_var = coder(x)
        again = decoder(mean + (log_var / 2).exp() * torch.randn_like(mean))
        loss_d = F.relu(1 - critic(x)).mean() + F.relu(1 + critic(again.detach())).mean()
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        kl = 0.5 * torch.mean(torch.sum(1 + log_var - mean**2 - log_var.exp(), dim=1))
        loss_g = -critic(again).mean()
        adam.zero_grad()
        (F.mse_loss(again, x) + 0.01 * kl + 0.05 * loss_g).backward()
        adam.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample_prior


PROGRAMS = (
    Program(bigan, 2000, "grid4", grid4),
    # answer: "The encoder's loss had D's own target, so E told D which pairs were real."
    Program(encoder_on_the_critics_side, 1200, "grid9", grid9, ("encoder helps D",)),
    Program(info_codes, 1800, "ring", ring),
    # answer: "The KL term had lost its minus sign and drove the codes away from the prior."
    Program(wiped_by_bad_kl, 1200, "pair", pair, ("term with the wrong sign",)),
)
