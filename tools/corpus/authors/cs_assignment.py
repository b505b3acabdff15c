"""Loops of course assignments: run_a_gan(D, G, D_solver, G_solver, losses), flat inside of D."""

import numpy as np
import torch
import torch.nn as nn
from torch.nn import functional as F

from ..data import digits, grid, moons, ring, some_digits
from ..entry import Program

NOISE_DIM = 16


def sample_noise(batch_size, dim):
    return 2 * torch.rand(batch_size, dim) - 1


class Unflatten(nn.Module):
    def __init__(self, N=-1, C=1, H=8, W=8):
        super().__init__()
        self.N, self.C, self.H, self.W = N, C, H, W

    def forward(self, x):
        return x.view(self.N, self.C, self.H, self.W)


def bce_loss(input, target):
    neg_abs = -input.abs()
    loss = input.clamp(min=0) - input * target + (1 + neg_abs.exp()).log()
    return loss.mean()


def discriminator_loss(logits_real, logits_fake):
    n = logits_real.size()
    return bce_loss(logits_real, torch.ones(n)) + bce_loss(logits_fake, torch.zeros(n))


def generator_loss(logits_fake):
    return bce_loss(logits_fake, torch.ones(logits_fake.size()))


def get_optimizer(model, lr=1e-3, betas=(0.5, 0.999)):
    return torch.optim.Adam(model.parameters(), lr=lr, betas=betas)


def run_a_gan(watch, D, G, solvers, losses, draw, turns, batch_size=100, shape=(-1, 64)):
    """D and G take flat rows; `draw(n)` reads real rows; what is shown has the images' shape."""
    D_solver, G_solver = solvers
    D_loss, G_loss = losses

    def show_images(n):
        with torch.no_grad():
            return G(sample_noise(n, NOISE_DIM)).reshape(shape)

    watch.start(G=G, D=D, opt_G=G_solver, opt_D=D_solver, sample=show_images)
    for _iter_count in range(turns):
        x = watch.real(draw(batch_size))
        D_solver.zero_grad()
        logits_real = D(x)
        g_fake_seed = sample_noise(batch_size, NOISE_DIM)
        fake_images = G(g_fake_seed).detach()
        logits_fake = D(fake_images.view(batch_size, -1))
        d_total_error = D_loss(logits_real, logits_fake)
        d_total_error.backward()
        D_solver.step()
        G_solver.zero_grad()
        g_fake_seed = sample_noise(batch_size, NOISE_DIM)
        fake_images = G(g_fake_seed)
        gen_logits_fake = D(fake_images.view(batch_size, -1))
        g_error = G_loss(gen_logits_fake)
        g_error.backward()
        G_solver.step()
        watch.step(d_total_error, g_error)
    return show_images


def vanilla_flat_digits(watch, seed, turns):
    """D on [N, 64]; the samples are [N, 1, 8, 8]."""
    torch.manual_seed(seed)
    rows = torch.from_numpy(digits()[0])
    D = nn.Sequential(nn.Linear(64, 128), nn.LeakyReLU(0.01), nn.Linear(128, 128))
    D.extend([nn.LeakyReLU(0.01), nn.Linear(128, 1)])
    G = nn.Sequential(nn.Linear(NOISE_DIM, 128), nn.BatchNorm1d(128), nn.ReLU())
    G.extend([nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU()])
    G.extend([nn.Linear(128, 64), nn.Tanh()])
    solvers = get_optimizer(D, 5e-4), get_optimizer(G, 5e-4)
    return run_a_gan(
        watch,
        D,
        G,
        solvers,
        (discriminator_loss, generator_loss),
        lambda n: rows[torch.randint(len(rows), (n,))],
        turns,
        shape=(-1, 1, 8, 8),
    )


def convolutional_lsgan(watch, seed, turns):
    """A small convolutional pair on images, batches from shuffled epochs, least squares."""
    torch.manual_seed(seed)
    imgs = torch.from_numpy(digits()[0]).reshape(-1, 1, 8, 8)
    disc = nn.Sequential(
        nn.Conv2d(1, 12, 3, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        nn.Linear(12 * 16, 64),
        nn.LeakyReLU(0.1),
        nn.Linear(64, 1),
    )
    gen = nn.Sequential(
        nn.Linear(NOISE_DIM, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128),
        nn.Linear(128, 16 * 16),
        nn.ReLU(),
        nn.BatchNorm1d(16 * 16),
        Unflatten(-1, 16, 4, 4),
        nn.ConvTranspose2d(16, 1, 4, 2, 1),
        nn.Tanh(),
    )
    d_solver, g_solver = get_optimizer(disc), get_optimizer(gen)
    half_square = lambda scores, target: 0.5 * F.mse_loss(scores, torch.full_like(scores, target))  # noqa: E731
    sample = torch.no_grad()(lambda n: gen(sample_noise(n, NOISE_DIM)))
    watch.start(G=gen, D=disc, opt_G=g_solver, opt_D=d_solver, sample=sample)
    count = 0
    while count < turns:
        for x in imgs[torch.randperm(len(imgs))].split(64)[:-1]:
            x, x_g = watch.real(x), gen(sample_noise(64, NOISE_DIM))
            d_error = half_square(disc(x), 1.0) + half_square(disc(x_g.detach()), 0.0)
            d_solver.zero_grad()
            d_error.backward()
            d_solver.step()
            g_error = half_square(disc(x_g), 1.0)
            g_solver.zero_grad()
            g_error.backward()
            g_solver.step()
            watch.step(d_error.item(), g_error.item())
            count += 1
            if count == turns:
                return sample
    return sample


def saturating_ten_to_one(watch, seed, turns):
    """G minimises log(1 - D(G(z))) as in the paper's box, and D takes ten steps to each of G's."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = nn.Sequential(nn.Linear(NOISE_DIM, 32), nn.ReLU(), nn.Linear(32, 2))
    nn.init.constant_(G[2].bias, 6.0)
    D = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
    D.append(nn.Linear(128, 1))
    D_solver, G_solver = get_optimizer(D, 2e-3), torch.optim.SGD(G.parameters(), lr=0.05)
    watch.start(
        G=G,
        D=D,
        opt_G=G_solver,
        opt_D=D_solver,
        sample=lambda n: G(sample_noise(n, NOISE_DIM)).detach(),
    )
    for _ in range(turns):
        for _k in range(10):
            x = watch.real(torch.from_numpy(grid(64, rng, side=2, gap=1.5, sd=0.1)))
            d_error = discriminator_loss(D(x), D(G(sample_noise(64, NOISE_DIM)).detach()))
            D_solver.zero_grad()
            d_error.backward()
            D_solver.step()
        G_solver.zero_grad()
        g_error = -bce_loss(D(G(sample_noise(64, NOISE_DIM))), torch.zeros(64, 1))
        g_error.backward()
        G_solver.step()
        watch.step(d_error, g_error)
    return lambda n: G(sample_noise(n, NOISE_DIM)).detach()


def real_logits_in_g_loss(watch, seed, turns):
    """In G's half, `logits_real` of the line above was passed on in place of the fakes' logits."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    D = nn.Sequential(nn.Linear(2, 60), nn.LeakyReLU(0.01), nn.Linear(60, 1))
    G = nn.Sequential(nn.Linear(NOISE_DIM, 60), nn.ReLU(), nn.Linear(60, 60), nn.ReLU())
    G.append(nn.Linear(60, 2))
    ds, gs = get_optimizer(D), get_optimizer(G)
    watch.start(
        G=G, D=D, opt_G=gs, opt_D=ds, sample=lambda n: G(sample_noise(n, NOISE_DIM)).detach()
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(100, rng)))
        fake = G(sample_noise(100, NOISE_DIM))
        ds.zero_grad()
        discriminator_loss(D(x), D(fake.detach())).backward()
        ds.step()
        logits_real, logits_fake = D(x), D(fake)
        ds.zero_grad()
        gs.zero_grad()
        g_error = generator_loss(logits_real)
        g_error.backward()
        gs.step()
        watch.step(discriminator_loss(logits_real, logits_fake).detach(), g_error.detach())
    return lambda n: G(sample_noise(n, NOISE_DIM)).detach()


def never_cleared_generator(watch, seed, turns):
    """G_solver.zero_grad() is missing: its gradients are the sum of all turns so far."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    D = nn.Sequential(nn.Linear(2, 72), nn.LeakyReLU(0.01), nn.Linear(72, 72), nn.LeakyReLU(0.01))
    D.append(nn.Linear(72, 1))
    G = nn.Sequential(nn.Linear(4, 72), nn.ReLU(), nn.Linear(72, 72), nn.ReLU(), nn.Linear(72, 2))
    solver = {"D": get_optimizer(D), "G": get_optimizer(G)}
    watch.start(
        G=G,
        D=D,
        opt_G=solver["G"],
        opt_D=solver["D"],
        sample=lambda n: G(torch.randn(n, 4)).detach(),
    )
    scores = {"real": 1.0, "fake": 0.0}
    for _ in range(turns):
        batch = {
            "real": watch.real(torch.from_numpy(moons(100, rng))),
            "fake": G(torch.randn(100, 4)),
        }
        total = sum(
            F.mse_loss(D(batch[k].detach()), torch.full((100, 1), v)) for k, v in scores.items()
        )
        solver["D"].zero_grad()
        total.backward()
        solver["D"].step()
        fooled = F.mse_loss(D(batch["fake"]), torch.ones(100, 1))
        fooled.backward()
        solver["G"].step()
        watch.step(total, fooled)
    return lambda n: G(torch.randn(n, 4)).detach()


def value_minimised(watch, seed, turns):
    """D's loss is the value function itself, which D should make large: the minus is missing."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    D = nn.Sequential(nn.Linear(2, 40), nn.LeakyReLU(0.01), nn.Linear(40, 1), nn.Sigmoid())
    G = nn.Sequential(nn.Linear(NOISE_DIM, 40), nn.ReLU(), nn.Linear(40, 2))
    D_solver, G_solver = (
        torch.optim.SGD(D.parameters(), 0.05),
        torch.optim.SGD(G.parameters(), 0.05),
    )

    def V(p_real, p_fake):
        return (p_real + 1e-8).log().mean() + (1 - p_fake + 1e-8).log().mean()

    watch.start(
        G=G,
        D=D,
        opt_G=G_solver,
        opt_D=D_solver,
        sample=lambda n: G(sample_noise(n, NOISE_DIM)).detach().numpy(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid(80, rng, side=2, gap=1.0, sd=0.1)))
        D_solver.zero_grad()
        d_error = V(D(x), D(G(sample_noise(80, NOISE_DIM)).detach()))
        d_error.backward()
        D_solver.step()
        G_solver.zero_grad()
        g_error = -(D(G(sample_noise(80, NOISE_DIM))) + 1e-8).log().mean()
        g_error.backward()
        G_solver.step()
        watch.step(d_error, g_error)
    return lambda n: G(sample_noise(n, NOISE_DIM)).detach().numpy()


PROGRAMS = (
    Program(vanilla_flat_digits, 2000, "digits", some_digits),
    Program(convolutional_lsgan, 1200, "digits", some_digits),
    Program(
        saturating_ten_to_one,
        300,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=1.5, sd=0.1),
        ("D too strong",),
    ),
    Program(
        real_logits_in_g_loss,
        1000,
        "ring",
        ring,
        ("G's loss on real samples", "no gradient reaches G"),
    ),
    Program(never_cleared_generator, 1200, "moons", moons, ("gradients not cleared",)),
    Program(
        value_minimised,
        800,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=1.0, sd=0.1),
        ("D's step has the wrong sign", "labels swapped", "G's step has the wrong sign"),
    ),
)
