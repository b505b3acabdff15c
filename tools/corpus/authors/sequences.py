"""Loops for short series: recurrent players, an embedding both of them live in, supervision."""

import itertools

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from ..entry import Program

STEPS = 8


def waves(n, rng):
    """One or two periods in eight steps, phase and height a little different: [n, 8, 1]."""
    periods, phase = rng.integers(1, 3, size=n), rng.uniform(-0.4, 0.4, size=n)
    angle = 2 * np.pi * periods[:, None] * np.arange(STEPS) / STEPS + phase[:, None]
    height = 1 + 0.05 * rng.standard_normal((n, 1))
    return (height * np.sin(angle)).astype(np.float32)[..., None]


def batches(seed, n):
    rng = np.random.default_rng(seed)
    while True:
        yield torch.from_numpy(waves(n, rng))


class Recurrent(nn.Module):
    def __init__(self, n_in, n_hidden, n_out, batch_first=True):
        super().__init__()
        self.rnn = nn.GRU(n_in, n_hidden, batch_first=batch_first)
        self.linear = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        return self.linear(self.rnn(x)[0])


class EachStep(nn.Module):
    """The same small net for each step of a series."""

    def __init__(self, n_in, n_out, width=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, n_out))

    def forward(self, x):
        return self.net(x)


class OverAll(nn.Module):
    """A series as one vector to one logit."""

    def __init__(self, n_in, width=96):
        super().__init__()
        self.a, self.b = nn.Linear(n_in * STEPS, width), nn.Linear(width, width)
        self.c = nn.Linear(width, 1)

    def forward(self, h):
        h = nn.functional.leaky_relu(self.a(h.flatten(1)), 0.2)
        return self.c(nn.functional.leaky_relu(self.b(h), 0.2))


class FromNoise(nn.Module):
    """z [n, 8] to a series [n, 8, dim]; its middle is computed twice to save memory."""

    def __init__(self, dim, width=96):
        super().__init__()
        self.first, self.middle = nn.Linear(8, width), nn.Linear(width, width)
        self.last, self.dim = nn.Linear(width, STEPS * dim), dim

    def body(self, h):
        return torch.relu(self.middle(torch.relu(h)))

    def forward(self, z):
        h = checkpoint(self.body, self.first(z), use_reentrant=False)
        return self.last(h).view(-1, STEPS, self.dim)


def adam(*nets, lr=1e-3):
    parameters = itertools.chain(*(net.parameters() for net in nets))
    return torch.optim.Adam(parameters, lr=lr, betas=(0.5, 0.99))


def embed(embedder, recovery, stream, steps):
    """Pretrain the autoencoder of single steps."""
    opt = adam(embedder, recovery, lr=4e-3)
    for _ in range(steps):
        x = next(stream)
        loss = nn.functional.mse_loss(recovery(embedder(x)), x)
        opt.zero_grad()
        loss.backward()
        opt.step()


bce = nn.functional.binary_cross_entropy_with_logits


def latent_series(watch, seed, turns):
    """G makes series of codes, D judges codes, a supervisor foretells the next code."""
    torch.manual_seed(seed)
    stream, dim = batches(seed, 100), 2
    embedder, recovery = EachStep(1, dim), EachStep(dim, 1)
    embed(embedder, recovery, stream, 200)
    generator, supervisor, discriminator = FromNoise(dim), EachStep(dim, dim), OverAll(dim)
    opt_g, opt_d = adam(generator, supervisor), adam(discriminator)

    @torch.no_grad()
    def synthesize(n):
        return recovery(generator(torch.randn(n, 8))).numpy()

    watch.start(G=generator, D=discriminator, opt_G=opt_g, opt_D=opt_d, sample=synthesize)
    for _ in range(turns):
        X = watch.real(next(stream))
        H = embedder(X).detach()
        E_hat = generator(torch.randn(len(X), 8))
        supervised = nn.functional.mse_loss(supervisor(H)[:, :-1], H[:, 1:])
        Y_fake = discriminator(E_hat)
        G_loss_U = bce(Y_fake, torch.ones_like(Y_fake))
        opt_g.zero_grad()
        (G_loss_U + 0.1 * supervised).backward()
        opt_g.step()
        Y_real, Y_fake = discriminator(H), discriminator(E_hat.detach())
        D_loss = bce(Y_real, torch.ones_like(Y_real)) + bce(Y_fake, torch.zeros_like(Y_fake))
        opt_d.zero_grad()
        D_loss.backward()
        opt_d.step()
        watch.step(D_loss.item(), G_loss_U.item())
    return synthesize


def supervised_codes_of_real(watch, seed, turns):
    """D's fakes are the supervisor's output for real codes, not for G's: a wrong letter, H for
    E_hat, as somebody noticed in a port of TimeGAN."""
    torch.manual_seed(seed)
    stream, dim = batches(seed, 100), 2
    nets = nn.ModuleDict({"e": EachStep(1, dim), "r": EachStep(dim, 1), "s": EachStep(dim, dim)})
    embed(nets["e"], nets["r"], stream, 200)
    nets["g"], nets["d"] = FromNoise(dim), OverAll(dim)
    d_opt, g_opt = adam(nets["d"]), adam(nets["g"], nets["s"])

    def synthesize(n):
        with torch.no_grad():
            return nets["r"](nets["s"](nets["g"](torch.randn(n, 8))))

    def _discriminator_forward(X, Z):
        H = nets["e"](X).detach()
        H_hat = nets["s"](H).detach()
        Y_real, Y_fake = nets["d"](H), nets["d"](H_hat)
        return bce(Y_real, torch.ones_like(Y_real)) + bce(Y_fake, torch.zeros_like(Y_fake))

    def _generator_forward(Z):
        Y_fake = nets["d"](nets["s"](nets["g"](Z)))
        return bce(Y_fake, torch.ones_like(Y_fake))

    watch.start(G=nets["g"], D=nets["d"], opt_G=g_opt, opt_D=d_opt, sample=synthesize)
    for _ in range(turns):
        X, Z = watch.real(next(stream)), torch.randn(100, 8)
        g_opt.zero_grad()
        G_loss = _generator_forward(Z)
        G_loss.backward()
        g_opt.step()
        d_opt.zero_grad()
        D_loss = _discriminator_forward(X, Z)
        D_loss.backward()
        d_opt.step()
        watch.step(D_loss.item(), G_loss.item())
    return synthesize


def backward_left_out(watch, seed, turns):
    """One of three losses is computed, printed and stepped on, and never differentiated: G's; an
    issue at a rebuilt TimeGAN found the same of the embedder's."""
    torch.manual_seed(seed)
    stream = batches(seed, 64)
    netg, netd = Recurrent(4, 24, 1), OverAll(1)
    optimizer_g, optimizer_d = adam(netg), adam(netd)
    history = []

    def generation(n):
        return netg(torch.randn(n, STEPS, 4)).detach().numpy()

    watch.start(G=netg, D=netd, opt_G=optimizer_g, opt_D=optimizer_d, sample=generation)
    for _ in range(turns):
        X = watch.real(next(stream))
        X_hat = netg(torch.randn(len(X), STEPS, 4))
        err_g = nn.functional.softplus(-netd(X_hat)).mean()
        optimizer_g.zero_grad()
        optimizer_g.step()
        err_d_real = nn.functional.softplus(-netd(X)).mean()
        err_d_fake = nn.functional.softplus(netd(X_hat.detach())).mean()
        optimizer_d.zero_grad()
        (err_d_real + err_d_fake).backward()
        optimizer_d.step()
        history.append((err_d_real.item() + err_d_fake.item(), err_g.item()))
        watch.step(*history[-1])
    return generation


class StepJudge(nn.Module):
    """A logit for each step of a series [n, 8, 1]; its RNN takes the first axis for time."""

    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.GRU(1, 24), nn.Linear(24, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


def batch_first_is_missing(watch, seed, turns):
    """D's RNN runs along the batch and takes one step of all series for a series, since batch_first
    is left at False; an issue at another port of TimeGAN says so."""
    torch.manual_seed(seed)
    stream = batches(seed, 32)
    players = {"gen": FromNoise(1), "dis": StepJudge()}
    opts = {name: adam(net, lr=2e-3) for name, net in players.items()}

    def draw(n):
        with torch.no_grad():
            return players["gen"](torch.randn(n, 8))

    watch.start(
        G=players["gen"], D=players["dis"], opt_G=opts["gen"], opt_D=opts["dis"], sample=draw
    )
    for _ in range(turns):
        x = watch.real(next(stream))
        fake = players["gen"](torch.randn(len(x), 8))
        y_real, y_fake = players["dis"](x), players["dis"](fake.detach())
        d = bce(y_real, torch.ones_like(y_real)) + bce(y_fake, torch.zeros_like(y_fake))
        opts["dis"].zero_grad()
        d.backward()
        opts["dis"].step()
        y = players["dis"](fake)
        g = bce(y, torch.ones_like(y))
        opts["gen"].zero_grad()
        g.backward()
        opts["gen"].step()
        watch.step(d.item(), g.item())
    return draw


PROGRAMS = (
    Program(latent_series, 1000, "pair", waves),
    Program(supervised_codes_of_real, 600, "pair", waves, ("D's fakes do not come from G",)),
    Program(backward_left_out, 500, "pair", waves, ("no gradient reaches G", "G is never stepped")),
    Program(
        batch_first_is_missing,
        400,
        "pair",
        waves,
        ("D mixes the samples of a batch", "D sees a part of each sample"),
    ),
)
