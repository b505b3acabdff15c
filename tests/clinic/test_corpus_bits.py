"""Other people's loops are the same bits with a recorder: weights, modes, random states, losses."""

import random

import numpy as np
import pytest
import torch
from corpus.entry import NoWatch
from corpus.table import programs
from corpus_quality import Watch

KINDS = {  # one loop of each kind
    "dcgan_digits": "images, batch norm", "bfloat16_autocast": "reduced precision",
    "scaler_and_clip": "scaled and clipped gradients", "accumulated": "accumulation",
    "pure_losses": "functional calls", "optimiser_closures": "closures", "cgan": "conditional",
    "pacgan2": "packed", "sn_parametrized": "spectral norm", "sn_old_hook": "its old form",
    "param_groups": "one optimiser", "penalty_first": "gradient penalty",
    "polyak_with_buffers": "an averaged G", "numpy_between": "NumPy",
    "combined_model": "D frozen for G's step", "lit_gan": "manual optimisation",
}  # fmt: skip
REST = [pytest.param(name, marks=pytest.mark.long) for name in programs() if name not in KINDS]


class Noted:
    """Keeps what a program hands to its watch, and its losses."""

    def start(self, **parts):
        self.parts, self.history = parts, []
        super().start(**parts)

    def step(self, d_loss, g_loss):
        losses = (x.item() if isinstance(x, torch.Tensor) else x for x in (d_loss, g_loss))
        self.history.append([*losses])
        super().step(d_loss, g_loss)


class Alone(Noted, NoWatch):
    pass


class Watched(Noted, Watch):
    pass


def run(name: str, watch: Noted, turns: int) -> dict[str, bytes]:
    """Train a program and return all that a recorder might have changed, as bytes by name."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the global state is meant
    sample = programs()[name].run(watch, 0, turns)
    if isinstance(watch, Watched):
        watch.recorder.finish()
    numpy = np.random.get_state()[1]  # noqa: NPY002
    left = {"torch": torch.get_rng_state(), "numpy": numpy,
            "python": random.getstate()[1], "history": watch.history}  # fmt: skip
    for who in "GD":
        net = watch.parts[who]
        left |= {f"{who}.{key}": value for key, value in net.state_dict().items()}
        left[f"{who}'s modes"] = [m.training for m in net.modules()]
        left[f"{who}'s gradients"] = [None if w.grad is None else w.grad.sum().item()
                                      for w in net.parameters()]  # fmt: skip
        states = watch.parts[f"opt_{who}"].state_dict()["state"]
        left[f"opt_{who}"] = [float(torch.as_tensor(x).double().sum())
                              for state in states.values() for x in state.values()]  # fmt: skip
    x = sample(16)
    left["samples"] = x.detach() if isinstance(x, torch.Tensor) else x
    return {key: in_bytes(x) for key, x in left.items()}


def in_bytes(x: object) -> bytes:
    x = x.detach().double() if isinstance(x, torch.Tensor) and x.dtype == torch.bfloat16 else x
    return str(x).encode() if isinstance(x, list) else np.asarray(x).tobytes()


@pytest.mark.parametrize("name", [*KINDS, *REST])
def test_a_loop_is_the_same_bits_with_a_recorder(name):
    watched = run(name, Watched(), 23)
    alone = run(name, Alone(), 23)
    assert watched.keys() == alone.keys()
    assert [key for key in alone if watched[key] != alone[key]] == []
