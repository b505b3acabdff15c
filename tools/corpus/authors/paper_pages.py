"""One page for each paper: steps of z, encoders, function transforms, two heads."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from ..data import circles, grid4, line3, moons, ring6
from ..entry import Program


def dense(sizes, norm=False):
    layers = []
    for i, (a, b) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(a, b))
        if i < len(sizes) - 2:
            layers += [nn.BatchNorm1d(b)] * norm + [nn.SiLU()]
    return nn.Sequential(*layers)


def vmapped_penalty(watch, seed, turns):
    """The slope of each sample by vmap over grad; D is called as a function of its weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = dense((2, 64, 64, 2)), dense((2, 64, 64, 1))
    opt_G = torch.optim.AdamW(G.parameters(), lr=1e-3, betas=(0.5, 0.9), weight_decay=1e-4)
    opt_D = torch.optim.AdamW(D.parameters(), lr=1e-3, betas=(0.5, 0.9), weight_decay=1e-4)

    def score(weights, x):
        return functional_call(D, weights, (x[None],)).squeeze()

    slopes = vmap(grad(score, argnums=1), in_dims=(None, 0))

    @torch.no_grad()
    def sample(n):
        return G(torch.randn(n, 2))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        for _ in range(2):
            x = watch.real(torch.from_numpy(moons(100, rng)))
            fake, u = sample(100), torch.rand(100, 1)
            slope = slopes(dict(D.named_parameters()), u * x + (1 - u) * fake)
            d_loss = D(fake).mean() - D(x).mean() + 2 * (slope.norm(dim=1) - 1).square().mean()
            opt_D.zero_grad()
            d_loss.backward()
            opt_D.step()
        g_loss = -D(G(torch.randn(100, 2))).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


def latent_steps(watch, seed, turns):
    """LOGAN: z takes a step up D's score before both players use it, and G learns through it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = dense((3, 64, 64, 2)), dense((2, 64, 64, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
    one, zero = torch.ones(128, 1), torch.zeros(128, 1)

    def better(z, step=0.3):
        z = z.requires_grad_()
        (up,) = torch.autograd.grad(D(G(z)).sum(), z, create_graph=True)
        return z + step * up / (1 + up.norm(dim=1, keepdim=True))

    def sample(n):
        return G(torch.randn(n, 3)).detach()

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(circles(128, rng, radii=(1.5,))))
        x_fake = G(better(torch.randn(128, 3)))
        real, fake = D(x), D(x_fake)
        L_G = F.binary_cross_entropy_with_logits(fake, one)
        grads = torch.autograd.grad(L_G, list(G.parameters()), retain_graph=True)
        L_D = F.binary_cross_entropy_with_logits(real, one)
        L_D = L_D + F.binary_cross_entropy_with_logits(D(x_fake.detach()), zero)
        opt_D.zero_grad()
        L_D.backward()
        for p, g in zip(G.parameters(), grads, strict=True):
            p.grad = g
        opt_D.step()
        opt_G.step()
        watch.step(L_D.item(), L_G.item())
    return sample


def prior_never_reached(watch, seed, turns):
    """VAE-GAN whose KL term has no weight and whose D sees reconstructions only: what the prior
    draws lies where the decoder never was."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    encoder, decoder, dis = dense((2, 64, 8)), dense((4, 64, 64, 2)), dense((2, 64, 64, 1))
    opt_vae = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    opt_dis = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.5, 0.99))
    beta = 0.0

    @torch.no_grad()
    def sample_prior(n):
        return decoder(torch.randn(n, 4))

    watch.start(G=decoder, D=dis, opt_G=opt_vae, opt_D=opt_dis, sample=sample_prior)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid4(128, rng)))
        mu, logvar = encoder(x).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        x_tilde = decoder(z)
        loss_dis = F.softplus(-dis(x)).mean() + F.softplus(dis(x_tilde.detach())).mean()
        opt_dis.zero_grad()
        loss_dis.backward()
        opt_dis.step()
        kl = 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(1).mean()
        fool = F.softplus(-dis(x_tilde)).mean()
        loss_vae = 5 * F.mse_loss(x_tilde, x) + 0.2 * fool + beta * kl
        opt_vae.zero_grad()
        loss_vae.backward()
        opt_vae.step()
        watch.step(loss_dis.item(), fool.item())
    return sample_prior


class ProbabilityAndLogit(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = dense((dim, 64, 64, 1))

    def forward(self, x):
        logit = self.net(x)
        return torch.sigmoid(logit), logit


def penalised_the_probability(watch, seed, turns):
    """D returns (probability, logit); the loss takes the logit and the penalty the probability: an
    issue at a large collection asks why, and its author corrects it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = dense((2, 64, 64, 2)), ProbabilityAndLogit(2)
    opts = [torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.9)) for net in (G, D)]

    @torch.no_grad()
    def sample(n):
        return G(torch.randn(n, 2))

    watch.start(G=G, D=D, opt_G=opts[0], opt_D=opts[1], sample=sample)
    for _ in range(turns):
        for _ in range(3):
            x, fake = watch.real(torch.from_numpy(ring6(100, rng))), sample(100)
            _, D_real_logits = D(x)
            _, D_fake_logits = D(fake)
            alpha = torch.rand(100, 1)
            interpolates = (x + alpha * (fake - x)).requires_grad_()
            D_inter, _ = D(interpolates)
            (gradients,) = torch.autograd.grad(D_inter.sum(), interpolates, create_graph=True)
            penalty = (gradients.norm(dim=1) - 1).square().mean()
            d_loss = D_fake_logits.mean() - D_real_logits.mean() + 0.25 * penalty
            opts[1].zero_grad()
            d_loss.backward()
            opts[1].step()
        g_loss = -D(G(torch.randn(100, 2)))[1].mean()
        opts[0].zero_grad()
        g_loss.backward()
        opts[0].step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def eval_in_the_critics_step(watch, seed, turns):
    """G has batch norm and is put in eval mode whenever D learns, and in train mode for its own
    step, as a pull request to a tutorial wanted: D never sees what G's step makes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = dense((4, 64, 64, 1), norm=True), dense((1, 64, 64, 1))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.99))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.99))

    def output(n):
        netG.eval()
        with torch.no_grad():
            fake = netG(torch.randn(n, 4))
        netG.train()
        return fake

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=output)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(line3(100, rng)))
        errD = F.softplus(-netD(real)).mean() + F.softplus(netD(output(100))).mean()
        optimizerD.zero_grad()
        errD.backward()
        optimizerD.step()
        errG = F.softplus(-netD(netG(torch.randn(100, 4)))).mean()
        optimizerG.zero_grad()
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return output


PROGRAMS = (
    Program(vmapped_penalty, 800, "moons", moons),
    Program(latent_steps, 900, "circles", lambda n, rng: circles(n, rng, radii=(1.5,))),
    Program(prior_never_reached, 1000, "grid4", grid4, ("samples drawn from another latent",)),
    Program(
        penalised_the_probability,
        600,
        "ring6",
        ring6,
        ("penalty on another output", "no constraint on the critic"),
    ),
    Program(
        eval_in_the_critics_step,
        1200,
        "line3",
        line3,
        ("batch norm in eval mode in training",),
        text_only=True,
    ),
)
