"""Loops of a friend of callbacks: a Trainer calls events, and all else hangs on them."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import relu, softplus
from torch.optim.lr_scheduler import LambdaLR

from ..data import clouds, digits, moons, ring6, ring_centres, some_digits
from ..entry import Program


class Trainer:
    """Runs turns; `on(event)` decorates a function that is called with the trainer."""

    def __init__(self, watch, gen, dis, z, optims, batches):
        self.watch, self.gen, self.dis, self.z, self.batches = watch, gen, dis, z, batches
        self.optims, self.events, self.logs = optims, defaultdict(list), {}

    def on(self, event):
        return self.events[event].append

    def fire(self, event):
        for callback in self.events[event]:
            callback(self)

    def noise(self, n):
        return torch.randn(n, self.z)

    @torch.no_grad()
    def preview(self, n):
        return self.gen(self.noise(n))

    def fit(self, turns):
        self.watch.start(G=self.gen, D=self.dis, opt_G=self.optims["gen"],
                         opt_D=self.optims["dis"], sample=self.preview)  # fmt: skip
        self.fire("fit_start")
        for self.turn in range(turns):
            self.real = self.watch.real(next(self.batches))
            for event in ("dis_turn", "gen_turn", "turn_end"):
                self.fire(event)
            self.watch.step(self.logs["dis"], self.logs["gen"])
        return self.preview

    def descend(self, who, loss):
        self.optims[who].zero_grad(set_to_none=True)
        loss.backward()
        self.optims[who].step()
        self.logs[who] = loss.item()


def perceptron(*widths, between=nn.GELU):
    stack = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), between())]
    return nn.Sequential(*stack[:-1])


def hinge_turn(t, fakes):
    t.descend("dis", relu(1 - t.dis(t.real)).mean() + relu(1 + t.dis(fakes)).mean())


def gen_turn(t):
    t.descend("gen", -t.dis(t.gen(t.noise(len(t.real)))).mean())


class Pool:
    """Shrivastava et al. 2017: half of what D sees was made earlier."""

    def __init__(self, size):
        self.size, self.kept = size, []

    def exchange(self, fresh):
        half = len(fresh) // 2
        if len(self.kept) < self.size:
            self.kept.append(fresh[:half])
            return fresh
        place = int(torch.randint(self.size, ()))
        old, self.kept[place] = self.kept[place], fresh[:half]
        return torch.cat([old, fresh[half:]])


def points_forever(draw, n, seed):
    rng = np.random.default_rng(seed)
    while True:
        yield torch.as_tensor(draw(n, rng))


def build(watch, seed, batches, lr_gen=4e-4, lr_dis=1e-3):
    torch.manual_seed(seed)
    gen, dis = perceptron(4, 96, 96, 2), perceptron(2, 96, 96, 1, between=lambda: nn.LeakyReLU(0.1))
    optims = {"gen": torch.optim.Adam(gen.parameters(), lr_gen, (0.0, 0.99)),
              "dis": torch.optim.Adam(dis.parameters(), lr_dis, (0.0, 0.99))}  # fmt: skip
    return Trainer(watch, gen, dis, 4, optims, batches)


def callbacks_and_pool(watch, seed, turns):
    """Hinge; a callback exchanges half of the fakes with a pool before D sees them."""
    t, pool = build(watch, seed, points_forever(ring6, 96, seed)), Pool(40)
    t.on("dis_turn")(lambda t: hinge_turn(t, pool.exchange(t.preview(len(t.real)))))
    t.on("gen_turn")(gen_turn)
    return t.fit(turns)


def pool_filled_at_the_start(watch, seed, turns):
    """The pool is filled when training starts; the callback that renews it was never added."""
    t = build(watch, seed, points_forever(ring6, 96, seed))

    def fill(t):
        t.pool = t.preview(2000)

    def some(t):
        return t.pool[torch.randint(len(t.pool), (len(t.real),))]

    t.on("fit_start")(fill)
    t.on("dis_turn")(lambda t: hinge_turn(t, some(t)))
    t.on("gen_turn")(gen_turn)
    return t.fit(turns)


def real_term_is_lost(watch, seed, turns):
    """The terms of D's loss lie in a dict under the same name: the second replaces the first."""
    t = build(watch, seed, points_forever(lambda n, rng: moons(n, rng, noise=0.07), 96, seed))

    def dis_turn(t):
        terms = {}
        terms["dis"] = softplus(-t.dis(t.real)).mean()
        terms["dis"] = softplus(t.dis(t.preview(len(t.real)))).mean()
        t.descend("dis", sum(terms.values()))

    t.on("dis_turn")(dis_turn)
    t.on("gen_turn")(lambda t: t.descend("gen", softplus(-t.dis(t.gen(t.noise(96)))).mean()))
    return t.fit(turns)


class Deviation(nn.Module):
    """Appends the minibatch's mean standard deviation to each row (Karras et al. 2018)."""

    def forward(self, h):
        spread = h.var(0, unbiased=False).add(1e-8).sqrt().mean()
        return torch.cat([h, spread.expand(len(h), 1)], 1)


def epochs(x, n):
    while True:
        for rows in torch.randperm(len(x)).split(n):
            if len(rows) == n:
                yield x[rows]


def digit_trainer(watch, seed, factor_gen, factor_dis):
    torch.manual_seed(seed)
    gen = nn.Sequential(perceptron(24, 128, 128, 64), nn.Tanh())
    dis = nn.Sequential(
        nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(128, 64),
        nn.LeakyReLU(0.2), Deviation(), nn.Linear(65, 1),
    )  # fmt: skip
    optims = {
        who: torch.optim.AdamW(net.parameters(), lr, (0.5, 0.99), weight_decay=1e-4)
        for who, net, lr in (("gen", gen, 5e-4), ("dis", dis, 1e-3))
    }
    schedules = [LambdaLR(optims["gen"], factor_gen), LambdaLR(optims["dis"], factor_dis)]
    t = Trainer(watch, gen, dis, 24, optims, epochs(torch.from_numpy(digits()[0]), 64))

    def dis_turn(t):
        loss = softplus(-t.dis(t.real)).mean() + softplus(t.dis(t.preview(64))).mean()
        t.descend("dis", loss)

    t.on("dis_turn")(dis_turn)
    t.on("gen_turn")(lambda t: t.descend("gen", softplus(-t.dis(t.gen(t.noise(64)))).mean()))
    t.on("turn_end")(lambda t: [schedule.step() for schedule in schedules])
    return t


def warm_start_and_decay(watch, seed, turns):
    """Two rates, each with a LambdaLR: a warm start of 100 turns, then a slow line down."""

    def line(turn):
        return min(1.0, (turn + 1) / 100) * (1 - 0.7 * turn / turns)

    return digit_trainer(watch, seed, line, line).fit(turns)


def decay_of_an_epoch_in_each_batch(watch, seed, turns):
    """0.97 ** epoch was meant, and the schedule is stepped after each batch."""
    return digit_trainer(watch, seed, lambda e: 0.97**e, lambda e: 0.97**e).fit(turns)


def re_drawn_after_the_optimisers(watch, seed, turns):
    """A callback gives G a larger last part when training starts; its optimiser has the old one."""
    t = build(watch, seed, points_forever(far_ring, 96, seed))

    def grow(t):
        t.gen[-3] = nn.Linear(96, 96)
        t.gen[-1] = nn.Linear(96, 2)

    callbacks = {"fit_start": grow, "gen_turn": gen_turn}
    callbacks["dis_turn"] = lambda t: hinge_turn(t, t.preview(len(t.real)))
    for event, callback in callbacks.items():
        t.events[event].append(callback)
    return t.fit(turns)


def far_ring(n, rng):
    return clouds(ring_centres(6, 3.0), n, 0.2, rng)[0]


PROGRAMS = (
    Program(callbacks_and_pool, 2500, "ring6", ring6),
    Program(pool_filled_at_the_start, 1500, "ring6", ring6, ("D sees old fakes only",)),
    Program(
        real_term_is_lost,
        1200,
        "moons",
        lambda n, rng: moons(n, rng, noise=0.07),
        ("real samples have no weight in D's loss",),
    ),
    Program(warm_start_and_decay, 2500, "digits", some_digits),
    Program(
        decay_of_an_epoch_in_each_batch,
        1200,
        "digits",
        some_digits,
        ("learning rate falls to zero",),
    ),
    Program(
        re_drawn_after_the_optimisers,
        1500,
        "ring6",
        far_ring,
        ("optimiser of an older copy", "weights in no optimiser"),
    ),
)
