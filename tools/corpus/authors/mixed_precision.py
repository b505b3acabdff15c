"""A small trainer with callbacks for each optimiser, autocast, scalers and accumulation."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.utils import clip_grad_norm_

from ..data import grid4, moons, ring6
from ..entry import Program


@dataclass
class HParams:
    latent_dim: int = 4
    width: int = 80
    lr: float = 1e-3
    batch: int = 128
    betas: tuple = (0.5, 0.9)
    hinge: bool = False
    log: dict = field(default_factory=dict)


def block(*dims, slope=0.1):
    out = []
    for i, (a, b) in enumerate(pairwise(dims)):
        out.append(nn.Linear(a, b))
        if i < len(dims) - 2:
            out.append(nn.LeakyReLU(slope))
    return nn.Sequential(*out)


class GANModule(nn.Module):
    def __init__(self, hp):
        super().__init__()
        self.hp = hp
        self.generator = block(hp.latent_dim, hp.width, hp.width, 2)
        self.discriminator = block(2, hp.width, hp.width, 1)

    def forward(self, n):
        return self.generator(torch.randn(n, self.hp.latent_dim))

    def training_step(self, batch, optimizer_idx):
        if optimizer_idx == 0:
            scores = self.discriminator(self(len(batch)))
            return -scores.mean() if self.hp.hinge else bce(scores, torch.ones_like(scores))
        real, fake = self.discriminator(batch), self.discriminator(self(len(batch)).detach())
        if self.hp.hinge:
            return (torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()) / 2
        return (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))) / 2

    def configure_optimizers(self):
        hp = self.hp
        return [
            torch.optim.Adam(self.generator.parameters(), hp.lr, hp.betas),
            torch.optim.Adam(self.discriminator.parameters(), hp.lr, hp.betas),
        ]


def begin(watch, seed, points, hp, optimizers=None):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    module = GANModule(hp)
    opts = (optimizers or GANModule.configure_optimizers)(module)

    @torch.no_grad()
    def sample(n):
        return module(n)

    watch.start(
        G=module.generator,
        D=module.discriminator,
        opt_G=opts[0],
        opt_D=opts[1],
        sample=sample,
    )
    return module, opts, sample, lambda: torch.from_numpy(points(hp.batch, rng))


def no_toggle(watch, seed, turns):
    """Like Lightning-AI/pytorch-lightning issue 591: G's backward leaves gradients in D."""
    module, opts, sample, batch = begin(watch, seed, grid4, HParams(hinge=True))
    for _ in range(turns):
        x = watch.real(batch())
        for idx, opt in enumerate(opts):
            loss = module.training_step(x, idx)
            loss.backward()
            opt.step()
            opt.zero_grad()
            module.hp.log["gd"[idx] + "_loss"] = loss.item()
        watch.step(module.hp.log["d_loss"], module.hp.log["g_loss"])
    return sample


def sgd_pair(module):
    return [
        torch.optim.SGD(module.generator.parameters(), 0.05, momentum=0.5),
        torch.optim.SGD(module.discriminator.parameters(), 0.05, momentum=0.5),
    ]


def clipped_while_scaled(watch, seed, turns):
    """Like Lightning-AI/pytorch-lightning issue 9694: gradients are clipped before unscaling."""
    module, opts, sample, batch = begin(watch, seed, ring6, HParams(width=96), sgd_pair)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    nets = module.generator, module.discriminator
    for _ in range(turns):
        x, losses = watch.real(batch()), []
        for idx in (1, 0):
            opts[idx].zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                loss = module.training_step(x, idx)
            scaler.scale(loss).backward()
            clip_grad_norm_(nets[idx].parameters(), 1.0)
            scaler.step(opts[idx])
            losses.append(loss.item())
        scaler.update()
        watch.step(*losses)
    return sample


def the_other_loop_variable(watch, seed, turns):
    """An accumulating G whose condition looks at the counter of D's loop."""
    accumulate, n_dis = 4, 2
    module, (opt_g, opt_d), sample, batch = begin(watch, seed, moons, HParams())
    opt_g.zero_grad()
    for _step in range(turns):
        for i in range(n_dis):  # noqa: B007
            x = watch.real(batch())
            opt_d.zero_grad()
            d_loss = module.training_step(x, 1)
            d_loss.backward()
            opt_d.step()
        for _micro in range(accumulate):
            g_loss = module.training_step(x, 0) / accumulate
            g_loss.backward()
            if (i + 1) % accumulate == 0:
                opt_g.step()
                opt_g.zero_grad()
        watch.step(d_loss.item(), accumulate * g_loss.item())
    return sample


def half_precision_done_right(watch, seed, turns):
    """Sound: bfloat16, one scaler, two micro batches, unscaled before clipping, a warm-up."""
    hp = HParams(width=96, lr=2e-3, batch=128)
    module, (opt_g, opt_d), sample, batch = begin(watch, seed, ring6, hp)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=50)
    warm = [torch.optim.lr_scheduler.LinearLR(o, 0.01, 1.0, total_iters=30) for o in (opt_g, opt_d)]

    def update(opt, net, idx, xs):
        total = 0.0
        for x in xs:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = module.training_step(x, idx)
            scaler.scale(loss / len(xs)).backward()
            total += loss.item() / len(xs)
        scaler.unscale_(opt)
        clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(opt)
        module.zero_grad(set_to_none=True)  # both nets: G's backward went through D
        return total

    for _ in range(turns):
        xs = [watch.real(batch()) for _ in range(2)]
        d_loss = update(opt_d, module.discriminator, 1, xs)
        g_loss = update(opt_g, module.generator, 0, xs)
        scaler.update()
        for schedule in warm:
            schedule.step()
        watch.step(d_loss, g_loss)
    return sample


PROGRAMS = (
    Program(
        no_toggle,
        300,
        "grid4",
        grid4,
        ("D is stepped by G's loss", "gradients not cleared"),
    ),
    Program(clipped_while_scaled, 300, "ring6", ring6, ("gradients clipped to nothing",)),
    Program(the_other_loop_variable, 300, "moons", moons, ("G is never stepped",)),
    Program(half_precision_done_right, 300, "ring6", ring6),
)
