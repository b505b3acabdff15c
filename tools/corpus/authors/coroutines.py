"""Loops made of iterators: players are coroutines, batches and replays are generators."""

from collections import deque
from functools import wraps
from itertools import chain, count, islice, pairwise

import numpy as np
import torch
from torch import nn

from ..data import digits, line3, pair, ring6, some_digits
from ..entry import Program


def primed(function):
    """Start a coroutine, so that its first send() is a batch."""

    @wraps(function)
    def start(*args, **kwargs):
        made = function(*args, **kwargs)
        next(made)
        return made

    return start


def mlp(*widths, between=nn.Mish, end=()):
    layers = chain.from_iterable((nn.Linear(i, o), between()) for i, o in pairwise(widths))
    return nn.Sequential(*list(layers)[:-1], *end)


def shuffles(tensor, size):
    while True:
        order = torch.randperm(len(tensor))
        yield from (tensor[rows] for rows in order.split(size)[: len(tensor) // size])


def two_coroutines(watch, seed, turns):
    """The forger sends fakes to the expert and is sent back its opinion of them."""
    torch.manual_seed(seed)
    stream = np.random.default_rng(seed)
    forger, expert = mlp(5, 96, 96, 2), mlp(2, 96, 96, 1)
    tools = torch.optim.Adam(forger.parameters(), 1e-3, betas=(0.4, 0.99))
    books = torch.optim.Adam(expert.parameters(), 1e-3, betas=(0.4, 0.99))

    @primed
    def judging():
        lesson = None
        while True:
            real, fake = yield lesson
            margin = torch.cat([expert(real), -expert(fake)])
            lesson = nn.functional.softplus(-margin).mean()
            books.zero_grad()
            lesson.backward()
            books.step()

    @primed
    def forging(size):
        result = None
        while True:
            goods = forger(torch.randn(size, 5))
            verdict = yield goods, result
            result = nn.functional.softplus(-verdict(goods)).mean()
            tools.zero_grad()
            result.backward()
            tools.step()

    def deliver(n):
        with torch.no_grad():
            return forger(torch.randn(n, 5))

    watch.start(G=forger, D=expert, opt_G=tools, opt_D=books, sample=deliver)
    court, workshop = judging(), forging(128)
    goods, _ = workshop.send(expert)
    for _ in range(turns):
        market = watch.real(torch.from_numpy(ring6(128, stream, 1.2)))
        heard = court.send((market, goods.detach()))
        goods, earned = workshop.send(expert)
        watch.step(heard.item(), earned.item())
    return deliver


class Replay:
    """Half a batch of fresh fakes, half of older ones from the last 60 turns."""

    def __init__(self, turns=60):
        self.kept = deque(maxlen=turns)

    def mix(self, fresh):
        self.kept.append(fresh)
        old = self.kept[torch.randint(len(self.kept), (1,)).item()]
        half = len(fresh) // 2
        return torch.cat([fresh[:half], old[half:]])


def replay_of_fakes(watch, seed, turns):
    """D's fakes are half a memory; three clouds on a line, LSGAN, RMSprop."""
    torch.manual_seed(seed)
    stream, memory = np.random.default_rng(seed), Replay()
    g, d = mlp(3, 48, 48, 1, between=nn.Softplus), mlp(1, 64, 64, 1, between=nn.Softplus)
    step = {m: torch.optim.RMSprop(m.parameters(), lr=1e-3, alpha=0.95) for m in (g, d)}
    numbers = iter(lambda: torch.from_numpy(line3(120, stream)), None)
    watch.start(
        G=g, D=d, opt_G=step[g], opt_D=step[d], sample=lambda n: g(torch.randn(n, 3)).detach()[:, 0]
    )
    for x in islice(numbers, turns):
        x, losses = watch.real(x), {}
        fresh = g(torch.randn(len(x), 3))
        losses[d] = (d(x) - 1).square().mean() + d(memory.mix(fresh.detach())).square().mean()
        losses[g] = (d(fresh) - 1).square().mean()
        for m, inputs in ((g, list(g.parameters())), (d, list(d.parameters()))):
            for p, slope in zip(inputs, torch.autograd.grad(losses[m], inputs), strict=True):
                p.grad = slope
        step[g].step()
        step[d].step()
        watch.step(losses[d].item(), losses[g].item())
    return lambda n: g(torch.randn(n, 3)).detach()[:, 0]


def last_batch_for_ever(watch, seed, turns):
    """next(batches, x): when the only epoch is over, its last batch comes again and again."""
    torch.manual_seed(seed)
    pictures = torch.from_numpy(digits()[0])
    painter = mlp(12, 128, 128, 64, end=[nn.Tanh()])
    critic = mlp(64, 128, 1, between=lambda: nn.LeakyReLU(0.2))
    oil = torch.optim.Adam(painter.parameters(), lr=4e-4, betas=(0.5, 0.99))
    pen = torch.optim.Adam(critic.parameters(), lr=8e-4, betas=(0.5, 0.99))

    def exhibition(n):
        return painter(torch.randn(n, 12)).detach().unflatten(1, (8, 8))

    watch.start(G=painter, D=critic, opt_G=oil, opt_D=pen, sample=exhibition)
    batches = iter(pictures[torch.randperm(len(pictures))].split(32))
    x = None
    for _evening in range(turns):
        x = next(batches, x)
        seen = watch.real(x)
        painted = painter(torch.randn(len(seen), 12))
        praise = nn.functional.softplus(-critic(seen)) + nn.functional.softplus(
            critic(painted.detach()[: len(seen)])
        )
        pen.zero_grad()
        praise.mean().backward()
        pen.step()
        hope = nn.functional.softplus(-critic(painted)).mean()
        oil.zero_grad()
        hope.backward()
        oil.step()
        watch.step(praise.mean(), hope)
    return exhibition


def noise_added_in_place(watch, seed, turns):
    """Instance noise with +=: each batch is a view, and the data set is blurred turn by turn."""
    torch.manual_seed(seed)
    cloud = torch.from_numpy(pair(1600, np.random.default_rng(seed), half=1.0, sd=0.2))
    g, d = mlp(2, 64, 64, 2, between=nn.Tanh), mlp(2, 64, 64, 1, between=nn.Tanh)
    og, od = (torch.optim.Adam(m.parameters(), lr=1e-3, betas=(0.5, 0.99)) for m in (g, d))
    fades = (0.2 * 0.999**i for i in count())

    def views():
        while True:
            yield from cloud.split(100)

    @torch.no_grad()
    def sample(n):
        return g(torch.randn(n, 2))

    watch.start(G=g, D=d, opt_G=og, opt_D=od, sample=sample)
    for x, sigma in islice(zip(views(), fades, strict=False), turns):
        x, y = watch.real(x), g(torch.randn(100, 2))
        x += sigma * torch.randn(100, 2)
        y = y + sigma * torch.randn(100, 2)
        od.zero_grad()
        real, fake = d(torch.cat([x, y.detach()])).split(100)
        loss_d = -nn.functional.logsigmoid(real).mean() - nn.functional.logsigmoid(-fake).mean()
        loss_d.backward()
        od.step()
        og.zero_grad()
        loss_g = -nn.functional.logsigmoid(d(y)).mean()
        loss_g.backward()
        og.step()
        watch.step(loss_d, loss_g)
    return sample


PROGRAMS = (
    Program(two_coroutines, 1500, "ring6", lambda n, rng: ring6(n, rng, 1.2)),
    Program(replay_of_fakes, 1800, "line3", line3),
    Program(last_batch_for_ever, 1000, "digits", some_digits, ("same real batch for ever",)),
    Program(
        noise_added_in_place,
        1500,
        "pair",
        lambda n, rng: pair(n, rng, half=1.0, sd=0.2),
        ("real data are written over",),
    ),
)
