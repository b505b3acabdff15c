"""Loops of somebody who trains big models: scalers, accumulation, clipped gradients, autocast."""

import contextlib

import numpy as np
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from ..data import digits, line, moons, pair, ring, some_digits
from ..entry import Program


def feed_forward(d_in, d_model, d_out, n_layers=2, norm=False):
    blocks = [nn.Linear(d_in, d_model)]
    for _ in range(n_layers):
        blocks.append(nn.GELU())
        if norm:
            blocks.append(nn.LayerNorm(d_model))
        blocks.append(nn.Linear(d_model, d_model))
    return nn.Sequential(*blocks, nn.GELU(), nn.Linear(d_model, d_out))


def scaler_and_clip(watch, seed, turns):
    """GradScaler for both players, unscale_, and the norm clipped at 0.1 before each step."""
    torch.manual_seed(seed)
    stream = np.random.default_rng(seed)
    gen, disc = feed_forward(8, 64, 2, 1), feed_forward(2, 64, 1, 1)
    opt_gen = torch.optim.AdamW(gen.parameters(), lr=1e-3, betas=(0.5, 0.99), weight_decay=0.0)
    opt_disc = torch.optim.AdamW(disc.parameters(), lr=1e-3, betas=(0.5, 0.99), weight_decay=0.0)
    scaler_gen = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    scaler_disc = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    criterion = nn.BCEWithLogitsLoss()

    def generate(n):
        with torch.no_grad():
            return gen(torch.randn(n, 8)).float()

    watch.start(G=gen, D=disc, opt_G=opt_gen, opt_D=opt_disc, sample=generate)
    for _global_step in range(turns):
        real = watch.real(torch.from_numpy(ring(128, stream)))
        with contextlib.nullcontext():  # autocast on the GPU
            fake = gen(torch.randn(128, 8))
            logits = disc(torch.cat([real, fake.detach()])).squeeze(1)
            target = torch.cat([torch.ones(128), torch.zeros(128)])
            loss_disc = criterion(logits, target)
        opt_disc.zero_grad(set_to_none=True)
        scaler_disc.scale(loss_disc).backward()
        scaler_disc.unscale_(opt_disc)
        clip_grad_norm_(disc.parameters(), max_norm=0.1)
        scaler_disc.step(opt_disc)
        scaler_disc.update()

        loss_gen = criterion(disc(fake).squeeze(1), torch.ones(128))
        opt_gen.zero_grad(set_to_none=True)
        scaler_gen.scale(loss_gen).backward()
        scaler_gen.unscale_(opt_gen)
        clip_grad_norm_(gen.parameters(), max_norm=0.1)
        scaler_gen.step(opt_gen)
        scaler_gen.update()
        watch.step(loss_disc, loss_gen)
    return generate


def accumulated(watch, seed, turns):
    """Four micro-batches to a step of each player; the fakes of a step are made once."""
    torch.manual_seed(seed)
    accum, micro = 4, 32
    pixels = torch.from_numpy(digits()[0])
    G, D = feed_forward(16, 96, 64, 1, norm=True).append(nn.Tanh()), feed_forward(64, 96, 1, 1)
    optimG = torch.optim.Adam(G.parameters(), lr=6e-4, betas=(0.5, 0.99))
    optimD = torch.optim.Adam(D.parameters(), lr=6e-4, betas=(0.5, 0.99))

    def micro_batches():
        order = torch.randperm(len(pixels))
        while True:
            if len(order) < micro:
                order = torch.randperm(len(pixels))
            yield pixels[order[:micro]]
            order = order[micro:]

    stream = micro_batches()
    watch.start(
        G=G,
        D=D,
        opt_G=optimG,
        opt_D=optimD,
        sample=lambda n: G(torch.randn(n, 16)).detach(),
    )
    for _ in range(turns):
        z = torch.randn(accum, micro, 16)
        running_d = running_g = 0.0
        for a in range(accum):
            real = watch.real(next(stream))
            with torch.no_grad():
                fake = G(z[a])
            loss = (nn.functional.relu(1 - D(real)) + nn.functional.relu(1 + D(fake))).mean()
            (loss / accum).backward()
            running_d += loss.item() / accum
        optimD.step()
        optimD.zero_grad()
        for a in range(accum):
            loss = -D(G(z[a])).mean() / accum
            loss.backward()
            running_g += loss.item()
        optimG.step()
        optimG.zero_grad()
        optimD.zero_grad()
        watch.step(running_d, running_g)
    return lambda n: G(torch.randn(n, 16)).detach()


class LossScale:
    """A static loss scale from the days before GradScaler."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, loss, params):
        params = list(params)
        for p, g in zip(params, torch.autograd.grad(loss * self.factor, params), strict=True):
            p.grad = g / self.factor


def static_loss_scale(watch, seed, turns):
    """The loss times 1024, gradients divided by 1024 and clipped by value."""
    torch.manual_seed(seed)
    backward = LossScale(1024.0)
    train_set = torch.from_numpy(moons(10_000, np.random.default_rng(seed), noise=0.06))
    train_set = (train_set - train_set.mean(0)) / train_set.std(0)
    gen, disc = feed_forward(2, 96, 2), feed_forward(2, 96, 1)
    o1 = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.0, 0.99))
    o2 = torch.optim.Adam(disc.parameters(), lr=1e-3, betas=(0.0, 0.99))
    watch.start(G=gen, D=disc, opt_G=o1, opt_D=o2, sample=lambda n: gen(torch.randn(n, 2)).detach())
    for i in range(turns):
        lo = (i * 200) % len(train_set)
        if lo == 0:
            train_set = train_set[torch.randperm(len(train_set))]
        x = watch.real(train_set[lo : lo + 200])
        fake = gen(torch.randn(200, 2))
        d = nn.functional.softplus(disc(fake.detach())) + nn.functional.softplus(-disc(x))
        backward(d.mean(), disc.parameters())
        clip_grad_value_(disc.parameters(), 0.5)
        o2.step()
        g = nn.functional.softplus(-disc(fake)).mean()
        backward(g, gen.parameters())
        clip_grad_value_(gen.parameters(), 0.5)
        o1.step()
        watch.step(d.mean(), g)
    return lambda n: gen(torch.randn(n, 2)).detach()


def standard_moons(n, rng):
    x = moons(10_000, np.random.default_rng(0), noise=0.06)
    return (moons(n, rng, noise=0.06) - x.mean(0)) / x.std(0)


def sgd_rate_five(watch, seed, turns):
    """lr: 5 (the linear scaling rule, applied twice): the weights run away within some turns."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = feed_forward(4, 48, 2, 1), feed_forward(2, 48, 1, 1)
    og = torch.optim.SGD(gen.parameters(), lr=5.0)
    od = torch.optim.SGD(disc.parameters(), lr=5.0)
    watch.start(G=gen, D=disc, opt_G=og, opt_D=od, sample=lambda n: gen(torch.randn(n, 4)).detach())
    for _ in range(turns):
        real, z = watch.real(torch.from_numpy(pair(256, rng))), torch.randn(256, 4)
        od.zero_grad()
        fake = gen(z)
        d_loss = -nn.functional.logsigmoid(disc(real)).mean()
        d_loss -= nn.functional.logsigmoid(-disc(fake.detach())).mean()
        d_loss.backward()
        od.step()
        og.zero_grad()
        g_loss = -nn.functional.logsigmoid(disc(fake)).mean()
        g_loss.backward()
        og.step()
        watch.step(d_loss.detach(), g_loss.detach())
    return lambda n: gen(torch.randn(n, 4)).detach()


def scaler_step_missing(watch, seed, turns):
    """scale, backward, update: the line scaler.step(opt_disc) was lost in a merge."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    models = {"gen": feed_forward(4, 80, 2), "disc": feed_forward(2, 80, 1, norm=True)}
    optim = {k: torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.9)) for k, m in models.items()}
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    watch.start(
        G=models["gen"],
        D=models["disc"],
        opt_G=optim["gen"],
        opt_D=optim["disc"],
        sample=lambda n: models["gen"](torch.randn(n, 4)).detach(),
    )
    for _ in range(turns):
        batch = {"x": watch.real(torch.from_numpy(ring(64, rng))), "z": torch.randn(64, 4)}
        fake = models["gen"](batch["z"])
        real_score, fake_score = models["disc"](batch["x"]), models["disc"](fake.detach())
        loss_disc = (real_score - 1).pow(2).mean() + fake_score.pow(2).mean()
        optim["disc"].zero_grad()
        scaler.scale(loss_disc).backward()
        loss_gen = (models["disc"](fake) - 1).pow(2).mean()
        optim["gen"].zero_grad()
        scaler.scale(loss_gen).backward()
        scaler.step(optim["gen"])
        scaler.update()
        watch.step(loss_disc.item(), loss_gen.item())
    return lambda n: models["gen"](torch.randn(n, 4)).detach()


def zero_grad_too_late(watch, seed, turns):
    """backward, zero_grad, step: in the critic's block two lines changed places."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = feed_forward(1, 32, 1, 1), feed_forward(1, 32, 1, 1)
    gen_opt = torch.optim.Adam(gen.parameters(), 1e-3)
    disc_opt = torch.optim.Adam(disc.parameters(), 1e-3)
    watch.start(
        G=gen, D=disc, opt_G=gen_opt, opt_D=disc_opt, sample=lambda n: gen(torch.randn(n, 1)).data
    )
    for _ in range(turns):
        real = watch.real(torch.from_numpy(line(128, rng, means=(-1.5, 0.5, 2.5), sd=0.2)))
        d_loss = nn.functional.relu(1 - disc(real)).mean()
        d_loss = d_loss + nn.functional.relu(1 + disc(gen(torch.randn(128, 1)))).mean()
        d_loss.backward()
        clip_grad_norm_(disc.parameters(), 1.0)
        disc_opt.zero_grad(set_to_none=False)
        disc_opt.step()
        gen_opt.zero_grad()
        g_loss = -disc(gen(torch.randn(128, 1))).mean()
        g_loss.backward()
        clip_grad_norm_(gen.parameters(), 1.0)
        gen_opt.step()
        watch.step(d_loss.item(), g_loss.item())
    return lambda n: gen(torch.randn(n, 1)).data


def bfloat16_autocast(watch, seed, turns):
    """autocast("cpu", bfloat16) around both forwards; losses in float32; D gets bfloat16."""
    torch.manual_seed(seed)
    generator_state = np.random.default_rng(seed)
    gen, disc = feed_forward(4, 64, 1, 1), feed_forward(1, 64, 1, 1)
    groups = [
        {"params": [p for p in disc.parameters() if p.ndim > 1], "weight_decay": 1e-4},
        {"params": [p for p in disc.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    opt_disc = torch.optim.AdamW(groups, lr=1e-3, betas=(0.5, 0.99))
    opt_gen = torch.optim.AdamW(gen.parameters(), lr=1e-3, betas=(0.5, 0.99), weight_decay=1e-4)
    autocast = torch.amp.autocast("cpu", dtype=torch.bfloat16)

    @torch.no_grad()
    def infer(n):
        with autocast:
            return gen(torch.randn(n, 4)).float()

    watch.start(G=gen, D=disc, opt_G=opt_gen, opt_D=opt_disc, sample=infer)
    for _ in range(turns):
        batch = watch.real(torch.from_numpy(line(256, generator_state, means=(-2, 2), sd=0.5)))
        with autocast:
            fake = gen(torch.randn(256, 4))
            real_logits, fake_logits = disc(batch), disc(fake.detach())
        loss_disc = nn.functional.softplus(-real_logits.float()).mean()
        loss_disc = loss_disc + nn.functional.softplus(fake_logits.float()).mean()
        loss_disc.backward()
        opt_disc.step()
        opt_disc.zero_grad(set_to_none=True)
        with autocast:
            logits = disc(fake)
        loss_gen = nn.functional.softplus(-logits.float()).mean()
        loss_gen.backward()
        opt_gen.step()
        for o in (opt_disc, opt_gen):
            o.zero_grad(set_to_none=True)
        watch.step(loss_disc, loss_gen)
    return infer


PROGRAMS = (
    Program(scaler_and_clip, 2000, "ring", ring),
    Program(accumulated, 900, "digits", some_digits),
    Program(static_loss_scale, 2000, "moons", standard_moons),
    Program(sgd_rate_five, 300, "pair", pair, ("diverged", "learning rate too high")),
    Program(scaler_step_missing, 1000, "ring", ring, ("D is never stepped",)),
    Program(
        zero_grad_too_late,
        1000,
        "line",
        lambda n, rng: line(n, rng, means=(-1.5, 0.5, 2.5), sd=0.2),
        ("gradients cleared before the step", "D is never stepped"),
    ),
    Program(bfloat16_autocast, 1500, "line", lambda n, rng: line(n, rng, means=(-2, 2), sd=0.5)),
)
