"""Tiny runs to watch, and the fixtures of those who watch them."""

import signal
import threading
import time

import pytest
import torch

from gancourse import live, load_points, train
from gancourse.live.run import background
from gancourse.live.run.background import THREAD
from gancourse.train import checkpoint

POINTS = {"shape": (2,), "widths": (16,)}
TINY = train.Recipe("mlp", G={"z_dim": 2, **POINTS}, D=POINTS, batch=16, precision="fp32")
SMALL = {"shape": (1, 8, 8), "widths": (8,)}
IMAGES = train.Recipe("mlp", G={"z_dim": 2, **SMALL}, D=SMALL, batch=8, precision="fp32")
RING = load_points("ring")
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def interrupts():
    """Let SIGINT raise, also in tests that a shell has started in its background, ignoring it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, name="environment")
def with_a_page(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    yield monkeypatch
    background.make_way()
    assert not threads()


@pytest.fixture(name="no_page")
def without_a_page(environment):
    environment.setenv("GANCOURSE_FRONTEND", "none")


class Clock:
    """A clock that goes on by `tick` seconds whenever it is read, and by what `pass_by` says."""

    def __init__(self, tick: float = 0.0):
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == THREAD]


def greys(n, generator):
    return torch.rand(n, 1, 8, 8, generator=generator) * 2 - 1


def a_dashboard(recipe=TINY, source=RING.sample, seed=0, **length):
    return live.TrainingDashboard(
        train.State(recipe, seed, "cpu"), source, **length or {"steps": 60}
    )


def ring_but(at: int, act):
    """Return a source of the ring whose batch for step `at` goes through `act`."""
    taken = []

    def source(n, generator):
        x = RING.sample(n, generator)
        taken.extend([n] * (n == TINY.batch))
        return act(x) if n == TINY.batch and len(taken) == at else x

    return source


def endless():
    return a_dashboard(steps=1_000_000).run()


def reaches(dashboard, step: int) -> None:
    end = time.monotonic() + 600
    while dashboard.state.step < step:
        assert time.monotonic() < end, f"still at step {dashboard.state.step}"
        time.sleep(0.002)


def plain(steps, recipe=TINY, source=RING.sample):
    state = train.State(recipe, 0, "cpu")
    for _ in train.train(state, source, steps):
        pass
    return state


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def flat(net):
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()
