"""Loops with a third net: BiGAN's encoder, InfoGAN's head that reads the code back."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..data import circles, grid, moons, ring6
from ..entry import Program


def tower(n_in, n_out, width=80, depth=2):
    layers = [nn.Linear(n_in, width), nn.LeakyReLU(0.1)]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.Linear(width, n_out))


class JointDiscriminator(nn.Module):
    """Scores pairs (x, z)."""

    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.on_x, self.on_z = nn.Linear(x_dim, 96), nn.Linear(z_dim, 96)
        self.on_both = tower(192, 1, 96, 1)

    def forward(self, x, z):
        h = torch.cat([F.leaky_relu(self.on_x(x), 0.1), F.leaky_relu(self.on_z(z), 0.1)], 1)
        return self.on_both(h)


def bigan_moons(watch, seed, turns):
    """D tells (x, E(x)) from (G(z), z); one optimiser for G and E."""
    torch.manual_seed(seed)
    data = 1.5 * torch.from_numpy(moons(8000, np.random.default_rng(seed), noise=0.06))
    gen, enc, dis = tower(2, 2, 96), tower(2, 2, 96), JointDiscriminator(2, 2)
    opt_ge = torch.optim.Adam([*gen.parameters(), *enc.parameters()], lr=1e-3, betas=(0.5, 0.99))
    opt_dis = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.5, 0.99))

    def decode(n):
        with torch.no_grad():
            return gen(torch.randn(n, 2))

    watch.start(G=gen, D=dis, opt_G=opt_ge, opt_D=opt_dis, sample=decode)
    for _ in range(turns):
        x = watch.real(data[torch.randint(len(data), (150,))])
        z = torch.randn(150, 2)
        x_tilde, z_hat = gen(z), enc(x)
        p_enc, p_gen = dis(x, z_hat.detach()), dis(x_tilde.detach(), z)
        loss_dis = F.softplus(-p_enc).mean() + F.softplus(p_gen).mean()
        opt_dis.zero_grad()
        loss_dis.backward()
        opt_dis.step()
        loss_ge = F.softplus(dis(x, z_hat)).mean() + F.softplus(-dis(x_tilde, z)).mean()
        opt_ge.zero_grad()
        loss_ge.backward()
        opt_ge.step()
        watch.step(loss_dis.item(), loss_ge.item())
    return decode


class TwoHeads(nn.Module):
    """InfoGAN's D and Q on one trunk; forward gives D's logit alone."""

    def __init__(self, x_dim, n_codes):
        super().__init__()
        self.trunk = tower(x_dim, 96, 96, 1)
        self.head_d, self.head_q = nn.Linear(96, 1), nn.Linear(96, n_codes)

    def features(self, x):
        return F.leaky_relu(self.trunk(x), 0.1)

    def forward(self, x):
        return self.head_d(self.features(x))

    def code_logits(self, x):
        return self.head_q(self.features(x))


def latent(n, n_codes, n_noise):
    c = torch.randint(n_codes, (n,))
    return torch.cat([F.one_hot(c, n_codes).float(), torch.randn(n, n_noise)], 1), c


def infogan(watch, seed, turns):
    """The information loss trains G and Q's head with an optimiser of their own."""
    torch.manual_seed(seed)
    rng, codes = np.random.default_rng(seed), 6
    gen, dq = tower(codes + 2, 2, 96), TwoHeads(2, codes)
    optimizer_G = torch.optim.Adam(gen.parameters(), lr=8e-4, betas=(0.5, 0.99))
    optimizer_D = torch.optim.Adam(
        [*dq.trunk.parameters(), *dq.head_d.parameters()], lr=1e-3, betas=(0.5, 0.99)
    )
    optimizer_info = torch.optim.Adam(
        [*gen.parameters(), *dq.head_q.parameters()], lr=3e-4, betas=(0.5, 0.99)
    )

    def sample(n):
        return gen(latent(n, codes, 2)[0]).detach()

    watch.start(G=gen, D=dq, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(ring6(120, rng)))
        z, c = latent(120, codes, 2)
        optimizer_D.zero_grad()
        d_loss = F.mse_loss(dq(real), torch.ones(120, 1))
        d_loss = d_loss + F.mse_loss(dq(gen(z).detach()), torch.zeros(120, 1))
        d_loss.backward()
        optimizer_D.step()
        optimizer_G.zero_grad()
        g_loss = F.mse_loss(dq(gen(z)), torch.ones(120, 1))
        g_loss.backward()
        optimizer_G.step()
        optimizer_info.zero_grad()
        info_loss = 0.3 * F.cross_entropy(dq.code_logits(gen(z)), c)
        info_loss.backward()
        optimizer_info.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def retained_graph(watch, seed, turns):
    """No detach but retain_graph=True: D's loss leaves its gradient in G, where G's is added."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, dis = tower(2, 2), tower(2, 1)
    opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_dis = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.5, 0.99))

    @torch.no_grad()
    def sample(n):
        return gen(torch.randn(n, 2))

    watch.start(G=gen, D=dis, opt_G=opt_gen, opt_D=opt_dis, sample=sample)
    for _ in range(turns):
        opt_gen.zero_grad()
        opt_dis.zero_grad()
        x = watch.real(torch.from_numpy(circles(100, rng, radii=(0.5, 1.5))))
        x_tilde = gen(torch.randn(100, 2))
        p_real, p_fake = torch.sigmoid(dis(x)), torch.sigmoid(dis(x_tilde))
        loss_dis = F.binary_cross_entropy(p_real, torch.ones_like(p_real))
        loss_dis = loss_dis + F.binary_cross_entropy(p_fake, torch.zeros_like(p_fake))
        loss_dis.backward(retain_graph=True)
        loss_gen = F.binary_cross_entropy(p_fake, torch.ones_like(p_fake))
        loss_gen.backward(inputs=list(gen.parameters()))
        opt_dis.step()
        opt_gen.step()
        watch.step(loss_dis.item(), loss_gen.item())
    return sample


def only_the_code_is_learnt(watch, seed, turns):
    """In G's step D's logit is computed under no_grad, to save memory: only Q still teaches G."""
    torch.manual_seed(seed)
    rng, codes = np.random.default_rng(seed), 9
    gen, dq = tower(codes + 2, 2), TwoHeads(2, codes)
    adam_g = torch.optim.Adam([*gen.parameters(), *dq.head_q.parameters()], 1e-3, (0.5, 0.99))
    adam_d = torch.optim.Adam([*dq.trunk.parameters(), *dq.head_d.parameters()], 1e-3, (0.5, 0.99))
    watch.start(
        G=gen, D=dq, opt_G=adam_g, opt_D=adam_d, sample=lambda n: gen(latent(n, 9, 2)[0]).detach()
    )
    for _ in range(turns):
        real = watch.real(torch.from_numpy(grid(90, rng, side=3, gap=1.5, sd=0.12)))
        z, c = latent(90, codes, 2)
        fake = gen(z)
        with torch.no_grad():
            fooled = F.softplus(-dq(fake)).mean()
        total = fooled + 0.5 * F.cross_entropy(dq.code_logits(fake), c)
        adam_g.zero_grad()
        total.backward()
        adam_g.step()
        told_apart = F.softplus(-dq(real)).mean() + F.softplus(dq(gen(z).detach())).mean()
        adam_d.zero_grad()
        told_apart.backward()
        adam_d.step()
        watch.step(told_apart.item(), fooled.item())
    return lambda n: gen(latent(n, 9, 2)[0]).detach()


def codes_left_out(watch, seed, turns):
    """Samples are drawn with the code's part of the input at zero: G never saw such an input."""
    torch.manual_seed(seed)
    rng, codes = np.random.default_rng(seed), 8
    gen, dis = tower(codes + 1, 2, 64), tower(2 * 1, 1, 64)
    nets = nn.ModuleDict({"gen": gen, "dis": dis, "code": tower(2, codes, 48, 1)})
    optims = {k: torch.optim.Adam(v.parameters(), 1e-3, (0.5, 0.99)) for k, v in nets.items()}

    def visualise(n):
        z = torch.zeros(n, codes + 1)
        z[:, codes:] = torch.randn(n, 1)
        return gen(z).detach()

    watch.start(G=gen, D=dis, opt_G=optims["gen"], opt_D=optims["dis"], sample=visualise)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(circles(128, rng, radii=(1.5,), sd=0.08)))
        z, c = latent(128, codes, 1)
        fake = gen(z)
        d = (1 - dis(x)).clamp(min=0).mean() + (1 + dis(fake.detach())).clamp(min=0).mean()
        nets.zero_grad()
        d.backward()
        optims["dis"].step()
        nets.zero_grad()
        q = F.cross_entropy(nets["code"](fake), c)
        g = -dis(fake).mean()
        (g + 0.5 * q).backward()
        optims["gen"].step()
        optims["code"].step()
        watch.step(d.item(), g.item())
    return visualise


def one_circle(n, rng):
    return circles(n, rng, radii=(1.5,), sd=0.08)


PROGRAMS = (
    Program(bigan_moons, 2500, "moons", lambda n, rng: 1.5 * moons(n, rng, noise=0.06)),
    Program(infogan, 1500, "ring6", ring6),
    Program(
        retained_graph,
        1000,
        "circles",
        lambda n, rng: circles(n, rng, radii=(0.5, 1.5)),
        ("D's loss reaches G", "G's step has the wrong sign"),
    ),
    Program(
        only_the_code_is_learnt,
        1000,
        "grid9",
        lambda n, rng: grid(n, rng, side=3, gap=1.5, sd=0.12),
        ("adversarial loss has no weight", "no gradient reaches G", "detach in G's step"),
    ),
    Program(codes_left_out, 1200, "circles", one_circle, ("samples drawn from another latent",)),
)
