"""Loops of paper code: requires_grad flags, lazy penalties, averaged generators, config dicts."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import autograd, nn

from ..data import digits, grid, moons, ring, some_digits
from ..entry import Program


def requires_grad(model, flag=True):
    for p in model.parameters():
        p.requires_grad = flag


def d_logistic_loss(real_pred, fake_pred):
    return F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean()


def g_nonsaturating_loss(fake_pred):
    return F.softplus(-fake_pred).mean()


def d_r1_loss(real_pred, real_img):
    (grad_real,) = autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
    return grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()


def accumulate(model1, model2, decay=0.999):
    par1 = dict(model1.named_parameters())
    par2 = dict(model2.named_parameters())
    for k in par1:
        par1[k].data.mul_(decay).add_(par2[k].data, alpha=1 - decay)


class PixelNorm(nn.Module):
    def forward(self, input):
        return input * torch.rsqrt(torch.mean(input**2, dim=1, keepdim=True) + 1e-8)


def lazy_r1(watch, seed, turns):
    """Non-saturating loss, R1 every fourth turn, the averaged generator draws."""
    torch.manual_seed(seed)
    args = {"latent": 16, "batch": 64, "r1": 1.0, "d_reg_every": 4, "lr": 1e-3}
    generator = nn.Sequential(PixelNorm(), nn.Linear(16, 128), nn.LeakyReLU(0.2))
    generator.extend([nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 64)])
    discriminator = nn.Sequential(nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128))
    discriminator.extend([nn.LeakyReLU(0.2), nn.Linear(128, 1)])
    g_ema = copy.deepcopy(generator).eval()
    accumulate(g_ema, generator, 0)
    ratio = args["d_reg_every"] / (args["d_reg_every"] + 1)
    g_optim = torch.optim.Adam(generator.parameters(), lr=args["lr"], betas=(0.0, 0.99))
    d_optim = torch.optim.Adam(
        discriminator.parameters(), lr=args["lr"] * ratio, betas=(0.0, 0.99**ratio)
    )
    images = torch.from_numpy(digits()[0])

    @torch.no_grad()
    def sample(n):
        return g_ema(torch.randn(n, args["latent"]))

    watch.start(G=generator, D=discriminator, opt_G=g_optim, opt_D=d_optim, sample=sample)
    for i in range(turns):
        real_img = watch.real(images[torch.randint(len(images), (args["batch"],))])
        requires_grad(generator, False)
        requires_grad(discriminator, True)
        fake_img = generator(torch.randn(args["batch"], args["latent"]))
        d_loss = d_logistic_loss(discriminator(real_img), discriminator(fake_img))
        discriminator.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % args["d_reg_every"] == 0:
            real_img.requires_grad = True
            r1_loss = d_r1_loss(discriminator(real_img), real_img)
            discriminator.zero_grad()
            (args["r1"] / 2 * r1_loss * args["d_reg_every"]).backward()
            d_optim.step()
        requires_grad(generator, True)
        requires_grad(discriminator, False)
        g_loss = g_nonsaturating_loss(discriminator(generator(torch.randn(64, args["latent"]))))
        generator.zero_grad()
        g_loss.backward()
        g_optim.step()
        accumulate(g_ema, generator, 0.99)
        watch.step(d_loss.item(), g_loss.item())
    return sample


class AdversarialTraining:
    """Relativistic pairing with both zero-centred penalties, one method for each player."""

    def __init__(self, Generator, Discriminator):
        self.Generator, self.Discriminator = Generator, Discriminator

    @staticmethod
    def ZeroCenteredGradientPenalty(Samples, Critics):
        (Gradient,) = autograd.grad(outputs=Critics.sum(), inputs=Samples, create_graph=True)
        return Gradient.square().sum(1)

    def AccumulateGeneratorGradients(self, Noise, RealSamples):
        FakeSamples = self.Generator(Noise)
        FakeLogits = self.Discriminator(FakeSamples)
        RealLogits = self.Discriminator(RealSamples.detach())
        AdversarialLoss = F.softplus(-(FakeLogits - RealLogits))
        AdversarialLoss.mean().backward()
        return AdversarialLoss.detach().mean()

    def AccumulateDiscriminatorGradients(self, Noise, RealSamples, Gamma):
        RealSamples = RealSamples.detach().requires_grad_(True)
        FakeSamples = self.Generator(Noise).detach().requires_grad_(True)
        RealLogits, FakeLogits = self.Discriminator(RealSamples), self.Discriminator(FakeSamples)
        R1Penalty = self.ZeroCenteredGradientPenalty(RealSamples, RealLogits)
        R2Penalty = self.ZeroCenteredGradientPenalty(FakeSamples, FakeLogits)
        AdversarialLoss = F.softplus(-(RealLogits - FakeLogits))
        (AdversarialLoss + (Gamma / 2) * (R1Penalty + R2Penalty)).mean().backward()
        return AdversarialLoss.detach().mean()


def relativistic_r1_r2(watch, seed, turns):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    nets = [
        nn.Sequential(nn.Linear(a, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2))
        for a in (8, 2)
    ]
    G, D = nets[0].append(nn.Linear(96, 2)), nets[1].append(nn.Linear(96, 1)).append(nn.Flatten(0))
    trainer = AdversarialTraining(G, D)
    GOptimizer = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.99))
    DOptimizer = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.99))
    watch.start(
        G=G,
        D=D,
        opt_G=GOptimizer,
        opt_D=DOptimizer,
        sample=lambda n: G(torch.randn(n, 8)).detach(),
    )
    for _ in range(turns):
        Batch = watch.real(torch.from_numpy(ring(128, rng)))
        DOptimizer.zero_grad()
        requires_grad(D, True)
        DLoss = trainer.AccumulateDiscriminatorGradients(torch.randn(128, 8), Batch, Gamma=0.02)
        DOptimizer.step()
        requires_grad(D, False)
        GOptimizer.zero_grad()
        GLoss = trainer.AccumulateGeneratorGradients(torch.randn(128, 8), Batch)
        GOptimizer.step()
        watch.step(DLoss, GLoss)
    requires_grad(D, True)
    return lambda n: G(torch.randn(n, 8)).detach()


def averaged_without_buffers(watch, seed, turns):
    """accumulate() goes over named_parameters: batch norm's buffers stay those of turn 0."""
    torch.manual_seed(seed)
    x = torch.from_numpy(digits()[0])
    G = nn.Sequential(nn.Linear(12, 96), nn.BatchNorm1d(96), nn.ReLU())
    G.extend([nn.Linear(96, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 64), nn.Tanh()])
    D = nn.Sequential(nn.Linear(64, 96), nn.LeakyReLU(0.2), nn.Linear(96, 1))
    ema = copy.deepcopy(G).eval()
    opts = {m: torch.optim.Adam(m.parameters(), lr=5e-4, betas=(0.5, 0.99)) for m in (G, D)}

    def visualize(n):
        with torch.no_grad():
            return ema(torch.randn(n, 12)).view(-1, 8, 8)

    watch.start(G=G, D=D, opt_G=opts[G], opt_D=opts[D], sample=visualize)
    loader = torch.utils.data.DataLoader(x, 64, shuffle=True, drop_last=True)
    step = 0
    while step < turns:
        for real in loader:
            real = watch.real(real)
            fake = G(torch.randn(64, 12))
            for m in (D, G):
                opts[m].zero_grad()
                if m is D:
                    loss_d = (1 - D(real)).relu().mean() + (1 + D(fake.detach())).relu().mean()
                    loss_d.backward()
                else:
                    loss_g = -D(fake).mean()
                    loss_g.backward()
                opts[m].step()
            accumulate(ema, G, 0.98)
            watch.step(loss_d.item(), loss_g.item())
            step += 1
            if step == turns:
                break
    return visualize


def overfit_one_batch(watch, seed, turns):
    """The debugging line `batch = next(iter(loader))` above the loop was never taken out."""
    config = {"seed": seed, "bs": 16, "nz": 8, "steps": turns}
    torch.manual_seed(config["seed"])
    dataset = torch.from_numpy(moons(4096, np.random.default_rng(seed)))
    loader = torch.utils.data.DataLoader(dataset, batch_size=config["bs"], shuffle=True)
    batch = next(iter(loader))
    G = nn.Sequential(nn.Linear(8, 64), nn.Mish(), nn.Linear(64, 64), nn.Mish(), nn.Linear(64, 2))
    D = nn.Sequential(nn.Linear(2, 64), nn.Mish(), nn.Linear(64, 64), nn.Mish(), nn.Linear(64, 1))
    optim_G = torch.optim.AdamW(G.parameters(), 1e-3, betas=(0.5, 0.99), weight_decay=1e-4)
    optim_D = torch.optim.AdamW(D.parameters(), 1e-3, betas=(0.5, 0.99), weight_decay=1e-4)
    watch.start(
        G=G,
        D=D,
        opt_G=optim_G,
        opt_D=optim_D,
        sample=lambda n: G(torch.randn(n, 8)).detach(),
    )
    for _ in range(config["steps"]):
        reals = watch.real(batch)
        fakes = G(torch.randn(len(reals), 8))
        loss_D = d_logistic_loss(D(reals), D(fakes.detach()))
        optim_D.zero_grad()
        loss_D.backward()
        optim_D.step()
        loss_G = g_nonsaturating_loss(D(fakes))
        optim_G.zero_grad()
        loss_G.backward()
        optim_G.step()
        watch.step(loss_D.item(), loss_G.item())
    return lambda n: G(torch.randn(n, 8)).detach()


def decay_of_one(watch, seed, turns):
    """weight_decay: 1.0 in the config, where 1e-5 was meant, with Adam's decay inside the loss."""
    cfg = {"G": {"lr": 1e-3, "weight_decay": 1.0}, "D": {"lr": 1e-3, "weight_decay": 1.0}}
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed + 1)
    mappings = {"G": (4, 64, 64, 2), "D": (2, 64, 64, 1)}
    model = nn.ModuleDict()
    for name, (a, b, c, d) in mappings.items():
        model[name] = nn.Sequential(
            nn.Linear(a, b), nn.LeakyReLU(0.1), nn.Linear(b, c), nn.LeakyReLU(0.1), nn.Linear(c, d)
        )
    optims = {n: torch.optim.Adam(model[n].parameters(), **cfg[n]) for n in cfg}
    G, D = model["G"], model["D"]
    watch.start(
        G=G,
        D=D,
        opt_G=optims["G"],
        opt_D=optims["D"],
        sample=lambda n: G(torch.randn(n, 4)).detach(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid(128, rng, side=2, gap=2.0, sd=0.2)))
        with torch.no_grad():
            x_tilde = G(torch.randn(128, 4))
        requires_grad(D, True)
        losses = {"D": d_logistic_loss(D(x), D(x_tilde))}
        optims["D"].zero_grad()
        losses["D"].backward()
        optims["D"].step()
        requires_grad(D, False)
        losses["G"] = g_nonsaturating_loss(D(G(torch.randn(128, 4))))
        optims["G"].zero_grad()
        losses["G"].backward()
        optims["G"].step()
        watch.step(losses["D"].item(), losses["G"].item())
    return lambda n: G(torch.randn(n, 4)).detach()


PROGRAMS = (
    Program(lazy_r1, 2500, "digits", some_digits),
    Program(relativistic_r1_r2, 2000, "ring", ring),
    Program(
        averaged_without_buffers,
        900,
        "digits",
        some_digits,
        ("stale batch-norm buffers", "another net draws the samples"),
    ),
    Program(overfit_one_batch, 1500, "moons", moons, ("same real batch for ever",)),
    Program(
        decay_of_one,
        1000,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=2.0, sd=0.2),
        ("huge weight decay",),
    ),
)
