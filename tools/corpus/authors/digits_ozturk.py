"""Ozturk: main()-like scripts with argparse-like arguments, numpy on the way in."""

from types import SimpleNamespace

import numpy as np
import torch
import torch.nn as nn

from corpus import data
from corpus.entry import Program


def get_batches(array, size, rng):
    """Go through the array again and again, a window at a time."""
    while True:
        for lo in range(0, len(array) - size + 1, size):
            yield array[lo : lo + size]
        rng.shuffle(array)


def simple_d(n_in, width, drop=0.0):
    return nn.Sequential(
        nn.Linear(n_in, width),
        nn.LeakyReLU(0.2),
        nn.Dropout(drop),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Dropout(drop),
        nn.Linear(width, 1),
    )


def simple_g(n_z, width, n_out):
    return nn.Sequential(
        nn.Linear(n_z, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, n_out),
    )


def plain_g(n_z, n_out):
    return nn.Sequential(
        nn.Linear(n_z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, n_out)
    )


def prepare(watch, args, gen, disc, b1=0.5):
    """Make the optimizers and the function that draws samples, and start the watch."""
    g_opt = torch.optim.Adam(gen.parameters(), args.lr, (b1, 0.99))
    d_opt = torch.optim.Adam(disc.parameters(), args.lr, (b1, 0.99))

    @torch.no_grad()
    def draw(n):
        gen.eval()
        out = gen(torch.randn(n, args.nz)).numpy()
        gen.train()
        return out

    watch.start(G=gen, D=disc, opt_G=g_opt, opt_D=d_opt, sample=draw)
    return g_opt, d_opt, draw


def real_or_fake(bce, real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def descend(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def ozturk_jitter(watch, seed, turns):
    args = SimpleNamespace(bs=128, nz=4, lr=1e-3, jitter=0.08, n=1280)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = plain_g(args.nz, 2), simple_d(2, 64)
    g_opt, d_opt, draw = prepare(watch, args, gen, disc)
    bce = nn.BCEWithLogitsLoss()
    batches = get_batches(data.moons(args.n, rng), args.bs, rng)
    for _ in range(turns):
        imgs = torch.from_numpy(next(batches))
        imgs += args.jitter * torch.randn_like(imgs)  # a little augmentation
        imgs = watch.real(imgs)
        fakes = gen(torch.randn(args.bs, args.nz))
        d_loss = descend(d_opt, real_or_fake(bce, disc(imgs), disc(fakes.detach())))
        g_loss = descend(g_opt, bce(disc(fakes), torch.ones(args.bs, 1)))
        watch.step(d_loss, g_loss)
    return draw


def ozturk_bytes(watch, seed, turns):
    args = SimpleNamespace(bs=64, nz=16, lr=5e-4)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = nn.Sequential(simple_g(args.nz, 128, 64), nn.Tanh()), simple_d(64, 128, drop=0.3)
    g_opt, d_opt, draw = prepare(watch, args, gen, disc)
    # grey values as a png holds them
    pixels = np.clip((data.digits()[0] + 1) * 128, 0, 255).astype(np.uint8)
    batches = get_batches(pixels.copy(), args.bs, rng)
    bce, one = nn.BCEWithLogitsLoss(), torch.ones(args.bs, 1)
    for _ in range(turns):
        imgs = watch.real(torch.from_numpy(((next(batches) - 128) / 128).astype(np.float32)))
        fakes = gen(torch.randn(args.bs, args.nz))
        d_loss = descend(d_opt, real_or_fake(bce, disc(imgs), disc(fakes.detach())))
        g_loss = descend(g_opt, bce(disc(fakes), one))
        watch.step(d_loss, g_loss)
    return draw


def ozturk_sigmoid_end(watch, seed, turns):
    args = SimpleNamespace(bs=64, nz=20, lr=4e-4)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = nn.Sequential(simple_g(args.nz, 128, 64), nn.Sigmoid()), simple_d(64, 128, drop=0.2)
    g_opt, d_opt, draw = prepare(watch, args, gen, disc)
    batches = get_batches(data.digits()[0].copy(), args.bs, rng)  # -1 is black, 1 is white
    for _ in range(turns):
        imgs = watch.real(torch.from_numpy(next(batches)))
        fakes = gen(torch.randn(args.bs, args.nz))
        least_squares = (disc(imgs) - 1).square().mean() + disc(fakes.detach()).square().mean()
        d_loss = descend(d_opt, least_squares)
        g_loss = descend(g_opt, (disc(fakes) - 1).square().mean())
        watch.step(d_loss, g_loss)
    return draw


def ozturk_deep(watch, seed, turns):
    args = SimpleNamespace(bs=128, nz=4, lr=1e-3, width=32, depth=3)

    class Deep(nn.Module):
        def __init__(self, n_in, n_out, width, depth):
            super().__init__()
            self.blocks = [
                nn.Sequential(nn.Linear(n_in if k == 0 else width, width), nn.ReLU())
                for k in range(depth)
            ]
            self.end = nn.Linear(width, n_out)

        def forward(self, h):
            for block in self.blocks:
                h = block(h)
            return self.end(h)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = Deep(args.nz, 2, args.width, args.depth), simple_d(2, 64)
    g_opt, d_opt, draw = prepare(watch, args, gen, disc)
    bce = nn.BCEWithLogitsLoss()
    batches = get_batches(data.spirals(6400, rng), args.bs, rng)
    for _ in range(turns):
        imgs = watch.real(torch.from_numpy(next(batches)))
        fakes = gen(torch.randn(args.bs, args.nz))
        d_loss = descend(d_opt, real_or_fake(bce, disc(imgs), disc(fakes.detach())))
        g_loss = descend(g_opt, bce(disc(fakes), torch.ones(args.bs, 1)))
        watch.step(d_loss, g_loss)
    return draw


def ozturk_two_judges(watch, seed, turns):
    """Relativistic average loss, two judges of different width in one module, R1 each fourth turn,
    noise of the same kind and size on real and on fake before either judge sees them."""
    args = SimpleNamespace(bs=128, nz=6, lr=1e-3, gamma=0.1, every=4, blur=0.05)

    class Judges(nn.Module):
        def __init__(self):
            super().__init__()
            self.all = nn.ModuleList([simple_d(2, 32), simple_d(2, 64)])

        def forward(self, v):
            return torch.cat([j(v) for j in self.all], 1)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = plain_g(args.nz, 2), Judges()
    g_opt, d_opt, draw = prepare(watch, args, gen, disc, b1=0.0)
    softplus = nn.functional.softplus

    def blurred(v):
        return v + args.blur * torch.randn_like(v)

    batches = get_batches(data.swiss(6400, rng), args.bs, rng)
    for turn in range(turns):
        imgs = watch.real(torch.from_numpy(next(batches)))

        with torch.no_grad():
            fakes = gen(torch.randn(args.bs, args.nz))
        r, f = disc(blurred(imgs)), disc(blurred(fakes))
        d_loss = (softplus(-(r - f.mean(0))) + softplus(f - r.mean(0))).mean()
        d_opt.zero_grad()
        d_loss.backward()
        if turn % args.every == 0:
            seen = imgs.clone().requires_grad_()
            (slope,) = torch.autograd.grad(disc(seen).sum(), seen, create_graph=True)
            (args.gamma / 2 * args.every * slope.square().sum(1).mean()).backward()
        d_opt.step()

        fakes = gen(torch.randn(args.bs, args.nz))
        with torch.no_grad():
            r = disc(blurred(imgs))
        f = disc(blurred(fakes))
        g_loss = (softplus(-(f - r.mean(0))) + softplus(r - f.mean(0))).mean()
        watch.step(d_loss.item(), descend(g_opt, g_loss))
    return draw


PROGRAMS = [
    Program(ozturk_jitter, 2500, "moons", data.moons, ("real data are written over",)),
    Program(ozturk_bytes, 2000, "digits", data.some_digits, ("real data are scrambled",)),
    Program(
        ozturk_sigmoid_end, 2000, "digits", data.some_digits, ("G's range does not hold the data",)
    ),
    Program(ozturk_deep, 3000, "spirals", data.spirals, ("weights in no optimiser",)),
    Program(ozturk_two_judges, 3000, "swiss", data.swiss),
]
