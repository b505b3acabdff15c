"""Loops inside a trainer with events, hooks, schedules and a state: the author's own framework."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR

from ..data import digits, grid, line, pair, ring, some_digits
from ..entry import Program


@dataclass
class State:
    iteration: int = 0
    output: tuple = ()
    metrics: dict = field(default_factory=dict)


class Engine:
    """process_function(engine, batch) for each batch, with handlers for named events."""

    def __init__(self, process_function):
        self.process = process_function
        self.handlers = defaultdict(list)
        self.state = State()

    def on(self, event):
        def register(handler):
            self.handlers[event].append(handler)
            return handler

        return register

    def fire(self, event):
        for handler in self.handlers[event]:
            handler(self)

    def run(self, data, max_iterations):
        self.fire("started")
        for batch in data:
            if self.state.iteration == max_iterations:
                break
            self.state.output = self.process(self, batch)
            self.state.iteration += 1
            self.fire("iteration_completed")
        self.fire("completed")
        return self.state


def connect(engine, watch, **parts):
    """The author's recorder handler: start at "started", step after each iteration."""
    engine.on("started")(lambda e: watch.start(**parts))
    engine.on("iteration_completed")(lambda e: watch.step(*e.state.output))


def forever(draw):
    while True:
        yield draw()


def build(arch):
    """Return a net from a string such as "2-64r-64r-2"."""
    first, *rest = arch.split("-")
    width, net = int(first), nn.Sequential()
    for token in rest:
        kind = {"r": nn.ReLU, "l": lambda: nn.LeakyReLU(0.2), "t": nn.Tanh}.get(token[-1])
        out = int(token.rstrip("rlt"))
        net.append(nn.Linear(width, out))
        if kind:
            net.append(kind())
        width = out
    return net


def engine_with_handlers(watch, seed, turns):
    """Events drive schedules and an average of the losses; TTUR with a faster D."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = build("6-96r-96r-2"), build("2-96l-96l-1")
    optG = torch.optim.Adam(netG.parameters(), lr=7e-4, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), lr=1.4e-3, betas=(0.5, 0.999))
    schedules = [ExponentialLR(o, 0.9995) for o in (optG, optD)]
    loss_fn = nn.SoftMarginLoss()

    def update(engine, batch):
        real = watch.real(batch)
        latent = torch.randn(len(real), 6)
        optD.zero_grad()
        fake = netG(latent)
        target = torch.ones(len(real), 1)
        error_d = loss_fn(netD(real), target) + loss_fn(netD(fake.detach()), -target)
        error_d.backward()
        optD.step()
        optG.zero_grad()
        error_g = loss_fn(netD(fake), target)
        error_g.backward()
        optG.step()
        return error_d.item(), error_g.item()

    trainer = Engine(update)
    sample = lambda n: netG(torch.randn(n, 6)).detach()  # noqa: E731
    connect(trainer, watch, G=netG, D=netD, opt_G=optG, opt_D=optD, sample=sample)

    @trainer.on("iteration_completed")
    def decay(engine):
        for schedule in schedules:
            schedule.step()
        old = engine.state.metrics.get("errD", 0.0)
        engine.state.metrics["errD"] = 0.98 * old + 0.02 * engine.state.output[0]

    trainer.run(forever(lambda: torch.from_numpy(ring(160, rng))), turns)
    return sample


def frozen_features(watch, seed, turns):
    """D's first layer is a frozen projection by intent; its optimiser holds what can learn."""
    torch.manual_seed(seed)
    netD = build("64-256l-96l-1")
    nn.init.orthogonal_(netD[0].weight)
    netD[0].requires_grad_(False)
    netG = build("16-128r-128r-64t")
    netG.insert(3, nn.BatchNorm1d(128)).insert(1, nn.BatchNorm1d(128))
    learns = [p for p in netD.parameters() if p.requires_grad]
    optD = torch.optim.Adam(learns, lr=1e-3, betas=(0.5, 0.99))
    optG = torch.optim.Adam(netG.parameters(), lr=5e-4, betas=(0.5, 0.99))
    x_all = torch.from_numpy(digits()[0])

    class HingeStep:
        def __call__(self, engine, index):
            x = watch.real(x_all[index])
            with torch.no_grad():
                x_g = netG(torch.randn(len(x), 16))
            optD.zero_grad()
            both = netD(torch.cat([x, x_g])).squeeze(1)
            sign = torch.tensor([1.0, -1.0]).repeat_interleave(len(x))
            d = torch.relu(1 - sign * both).mean()
            d.backward()
            optD.step()
            optG.zero_grad()
            g = -netD(netG(torch.randn(len(x), 16))).mean()
            g.backward()
            optG.step()
            return d.detach(), g.detach()

    engine = Engine(HingeStep())
    connect(
        engine,
        watch,
        G=netG,
        D=netD,
        opt_G=optG,
        opt_D=optD,
        sample=lambda n: netG(torch.randn(n, 16)).detach(),
    )
    engine.run(forever(lambda: torch.randint(len(x_all), (64,))), turns)
    return lambda n: netG(torch.randn(n, 16)).detach()


def schedule_per_iteration(watch, seed, turns):
    """ExponentialLR(0.9) was meant for epochs and is stepped in each iteration."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    nets = {"G": build("3-80t-80t-2"), "D": build("2-80t-80t-1")}
    opts = {k: torch.optim.Adam(v.parameters(), 1e-3, (0.5, 0.999)) for k, v in nets.items()}
    decays = {k: ExponentialLR(o, gamma=0.9) for k, o in opts.items()}

    def one(engine, x):
        x, out = watch.real(x), {}
        y = nets["G"](torch.randn(len(x), 3))
        for who in ("D", "G"):
            opts[who].zero_grad()
            if who == "D":
                out[who] = (nets["D"](x) - 1).pow(2).mean() + nets["D"](y.detach()).pow(2).mean()
            else:
                out[who] = (nets["D"](y) - 1).pow(2).mean()
            out[who].backward()
            opts[who].step()
            decays[who].step()
        return out["D"].item(), out["G"].item()

    engine = Engine(one)
    draw = torch.no_grad()(lambda n: nets["G"](torch.randn(n, 3)))
    connect(engine, watch, G=nets["G"], D=nets["D"], opt_G=opts["G"], opt_D=opts["D"], sample=draw)
    engine.run(forever(lambda: torch.from_numpy(grid(128, rng, side=3, sd=0.08))), turns)
    return draw


def adam_rate_half(watch, seed, turns):
    """lr=0.5 for Adam: every step moves every weight by a half."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = build("2-64r-64r-2"), build("2-64r-64r-1")
    optimizers = {
        "gen": torch.optim.Adam(netG.parameters(), lr=0.5),
        "dis": torch.optim.Adam(netD.parameters(), lr=0.5),
    }
    criterion = nn.BCEWithLogitsLoss()

    def process(engine, real):
        real, ones = watch.real(real), torch.ones(64, 1)
        fake = netG(torch.randn(64, 2))
        optimizers["dis"].zero_grad()
        on_real, on_fake = criterion(netD(real), ones), criterion(netD(fake.detach()), 1 - ones)
        (on_real + on_fake).backward()
        optimizers["dis"].step()
        optimizers["gen"].zero_grad()
        fooled = criterion(netD(fake), ones)
        fooled.backward()
        optimizers["gen"].step()
        engine.state.metrics.update(on_real=on_real.item(), on_fake=on_fake.item())
        return (on_real + on_fake).item(), fooled.item()

    trainer = Engine(process)
    parts = {"G": netG, "D": netD, "opt_G": optimizers["gen"], "opt_D": optimizers["dis"]}
    connect(trainer, watch, sample=lambda n: netG(torch.randn(n, 2)).detach(), **parts)
    trainer.run(forever(lambda: torch.from_numpy(pair(64, rng))), turns)
    return lambda n: netG(torch.randn(n, 2)).detach()


def first_batch_cached(watch, seed, turns):
    """A loader with num_workers and a fixed seed is built in each turn: always its first batch."""
    torch.manual_seed(seed)
    points = torch.from_numpy(line(2000, np.random.default_rng(seed), means=(-3, 0, 3), sd=0.4))
    netG, netD = build("4-40l-40l-1"), build("1-40l-40l-1")
    optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def fetch():
        order = torch.Generator().manual_seed(42)
        return next(iter(torch.utils.data.DataLoader(points, 12, shuffle=True, generator=order)))

    def update(engine, real):
        real = watch.real(real)
        optG.zero_grad()
        loss_g = nn.functional.softplus(-netD(netG(torch.randn(12, 4)))).mean()
        loss_g.backward()
        optG.step()
        optD.zero_grad()
        loss_d = nn.functional.softplus(netD(netG(torch.randn(12, 4)).detach())).mean()
        loss_d = loss_d + nn.functional.softplus(-netD(real)).mean()
        loss_d.backward()
        optD.step()
        return loss_d.item(), loss_g.item()

    trainer = Engine(update)

    @torch.no_grad()
    def sample(n):
        return netG(torch.randn(n, 4)).numpy()

    connect(trainer, watch, G=netG, D=netD, opt_G=optG, opt_D=optD, sample=sample)
    trainer.run(forever(fetch), turns)
    return sample


PROGRAMS = (
    Program(engine_with_handlers, 2000, "ring", ring),
    Program(frozen_features, 1500, "digits", some_digits),
    Program(
        schedule_per_iteration,
        1000,
        "grid9",
        lambda n, rng: grid(n, rng, side=3, sd=0.08),
        ("learning rate falls to zero",),
    ),
    Program(adam_rate_half, 600, "pair", pair, ("learning rate too high", "diverged")),
    Program(
        first_batch_cached,
        1000,
        "line",
        lambda n, rng: line(n, rng, means=(-3, 0, 3), sd=0.4),
        ("same real batch for ever",),
    ),
)
