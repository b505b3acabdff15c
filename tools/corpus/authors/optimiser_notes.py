"""Notes on optimisers for games: every update rule is written out and tried on points."""

import copy
import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ..data import grid4, ring6
from ..entry import Program


class OptimisticAdam(torch.optim.Optimizer):
    """Adam that steps twice along the new direction and once back along the last one."""

    def __init__(self, params, lr=1e-3, betas=(0.5, 0.9), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p), last=0.0)
                s["t"] += 1
                s["m"].lerp_(p.grad, 1 - b1)
                s["v"].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                m, v = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
                now = m / (v.sqrt() + group["eps"])
                p.sub_(group["lr"] * (2 * now - s["last"]))
                s["last"] = now
        return loss


class MLP(nn.Module):
    def __init__(self, sizes: list[int], norm: bool = False):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(b) for b in sizes[1:-1]) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        for i, linear in enumerate(self.linears[:-1]):
            x = linear(x)
            x = self.norms[i](x) if self.norms is not None else x
            x = nn.functional.leaky_relu(x, 0.2)
        return self.linears[-1](x)


def log_d(score: Tensor, sign: float) -> Tensor:
    return nn.functional.softplus(-sign * score).mean()


def optimism_with_closures(watch, seed: int, turns: int):
    """Sound: an optimiser of its own, closures that clear, score and go back by themselves."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, dis = MLP([4, 96, 96, 2]), MLP([2, 96, 96, 1])
    opt_gen = OptimisticAdam(gen.parameters(), 1e-3)
    opt_dis = OptimisticAdam(dis.parameters(), 2e-3)

    @torch.no_grad()
    def sample(n: int) -> Tensor:
        return gen(torch.randn(n, 4))

    watch.start(G=gen, D=dis, opt_G=opt_gen, opt_D=opt_dis, sample=sample)

    def closure_for(opt, objective):
        def closure():
            opt.zero_grad()
            value = objective()
            value.backward()
            return value

        return closure

    for _ in range(turns):
        for _ in range(2):
            real = watch.real(torch.from_numpy(ring6(160, rng)))
            fake = sample(160)
            d = opt_dis.step(
                closure_for(opt_dis, lambda x=real, y=fake: log_d(dis(x), 1) + log_d(dis(y), -1))
            )
        g = opt_gen.step(closure_for(opt_gen, lambda: log_d(dis(gen(torch.randn(160, 4))), 1)))
        watch.step(d.item(), g.item())
    return sample


def average_and_restarts(watch, seed: int, turns: int):
    """Sound: an average with its own buffers, refreshed each fifth turn, and cosine restarts."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, dis = MLP([4, 96, 96, 2], norm=True), MLP([2, 128, 128, 1])
    averaged = copy.deepcopy(gen).requires_grad_(False).eval()
    opt_gen = torch.optim.AdamW(gen.parameters(), 2e-3, (0.5, 0.9), weight_decay=1e-4)
    opt_dis = torch.optim.AdamW(dis.parameters(), 2e-3, (0.5, 0.9), weight_decay=1e-4)
    schedules = [
        torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, max(turns // 2, 1), eta_min=2e-4)
        for o in (opt_gen, opt_dis)
    ]

    def refresh(keep: float) -> None:
        for slow, fast in zip(averaged.parameters(), gen.parameters(), strict=True):
            slow.lerp_(fast.detach(), 1 - keep)
        for slow, fast in zip(averaged.buffers(), gen.buffers(), strict=True):
            slow.copy_(fast)

    def sample(n: int) -> Tensor:
        return averaged(torch.randn(n, 4))

    watch.start(G=gen, D=dis, opt_G=opt_gen, opt_D=opt_dis, sample=sample)
    for turn in range(turns):
        for _ in range(2):
            real = watch.real(torch.from_numpy(ring6(128, rng)))
            fake = gen(torch.randn(128, 4))
            real.requires_grad_(True)
            score = dis(real)
            slope = torch.autograd.grad(score.sum(), real, create_graph=True)[0]
            d = log_d(score, 1) + log_d(dis(fake.detach()), -1)
            opt_dis.zero_grad()
            (d + 0.05 * slope.square().sum(1).mean()).backward()
            opt_dis.step()
        opt_gen.zero_grad()
        g = log_d(dis(gen(torch.randn(128, 4))), 1)
        g.backward()
        opt_gen.step()
        for schedule in schedules:
            schedule.step()
        if turn % 5 == 4:
            refresh(min(0.8, turn / (turn + 20)))
        watch.step(d.item(), g.item())
    return sample


def a_referee(watch, seed: int, turns: int):
    """Sound: noise on both sides that fades, and D sits out while it wins by too much."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, dis = MLP([4, 96, 96, 2]), MLP([2, 96, 96, 1])
    opt_gen = torch.optim.NAdam(gen.parameters(), 1e-3, (0.5, 0.9))
    opt_dis = torch.optim.NAdam(dis.parameters(), 2e-3, (0.5, 0.9))

    @torch.no_grad()
    def sample(n: int) -> Tensor:
        return gen(torch.randn(n, 4))

    watch.start(G=gen, D=dis, opt_G=opt_gen, opt_D=opt_dis, sample=sample)
    sat_out = 0
    for turn in range(turns):
        sigma = 0.3 * 0.5 * (1 + math.cos(math.pi * turn / turns))
        for _ in range(2):
            real = watch.real(torch.from_numpy(grid4(128, rng)))
            fake = sample(128)
            s_real = dis(real + sigma * torch.randn_like(real))
            s_fake = dis(fake + sigma * torch.randn_like(fake))
            right = ((s_real > 0).float().mean() + (s_fake < 0).float().mean()) / 2
            d = log_d(s_real, 1) + log_d(s_fake, -1)
            if right < 0.85:
                opt_dis.zero_grad()
                d.backward()
                opt_dis.step()
            else:
                sat_out += 1
        fake = gen(torch.randn(128, 4))
        g = log_d(dis(fake + sigma * torch.randn_like(fake)), 1)
        opt_gen.zero_grad()
        g.backward()
        opt_gen.step()
        watch.step(d.item(), g.item())
    return sample


PROGRAMS = (
    Program(optimism_with_closures, 300, "ring6", ring6),
    Program(average_and_restarts, 300, "ring6", ring6),
    Program(a_referee, 300, "grid4", grid4),
)
