"""What two processes compute, beside what one computes on both batches: torchrun runs this file.

    torchrun --nproc-per-node 2 tests/train/two_ranks.py FOLDER
    torchrun --nproc-per-node 2 tests/train/two_ranks.py train ...

Each process leaves FOLDER/RANK.json, the largest difference of each comparison, and together they
leave a run in FOLDER/whole. The second line is `gancourse train ...`, where the second process is
killed as soon as it has its part of the second checkpoint.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from gancourse import cli, losses
from gancourse import train as T
from gancourse.data import load_images
from gancourse.train import parallel
from gancourse.train import run as runs
from gancourse.train.sync_norm import synchronised

N, C = 6, 3
NETS = {
    "dense": lambda: nn.Sequential(nn.Linear(C, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)),
    "norm": lambda: nn.Sequential(nn.Linear(C, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1)),
    "images": lambda: nn.Sequential(
        nn.Conv2d(C, 4, 3), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten(), nn.Linear(36, 1)
    ),
}
STEADY = T.Recipe(  # no batch norm: two processes are one with the double batch
    "mlp", G={"z_dim": 4, "widths": [8], "norm": False}, D={"widths": [8]}, batch=8,
    precision="fp32", r1=0.5, r2=0.5, lr_G=1e-2, lr_D=1e-2, optimiser="sgd", betas=(0.0, 0.9),
)  # fmt: skip


def loss(net, x, penalty=0.0):
    return net(x).square().mean() + penalty * losses.r1_penalty(lambda x: net(x).squeeze(1), x)


def gradients(net, x, penalty=0.0):
    net.zero_grad()
    loss(net, x, penalty).backward()
    parallel.average_gradients(net)
    return [p.grad.clone() for p in net.parameters()]


def apart(ours, theirs):
    return max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True))


def compared(kind, sync, penalty=0.0):
    """Return how far this process's averaged gradients are from one process's on both batches."""
    torch.manual_seed(0)
    ours, one = NETS[kind](), NETS[kind]()
    one.load_state_dict(ours.state_dict())
    x = torch.randn(2 * N, C, *([5, 5] if kind == "images" else [])) * 2 + 3
    mine = x[N * parallel.rank() :][:N]
    ours = synchronised(ours) if sync else ours
    one.zero_grad()
    loss(one, x, penalty).backward()
    found = {"grads": apart(gradients(ours, mine, penalty), [p.grad for p in one.parameters()])}
    floats = ([b for b in net.buffers() if b.is_floating_point()] for net in (ours, one))
    if kind != "dense":
        found["statistics"] = apart(*floats)
        ours.eval()
        one.eval()
        found["evaluation"] = apart([ours(x)], [one(x)])
    return found


class Alone:
    """A plain textbook run of STEADY on both processes' batches: no group, no hooks, no State."""

    def __init__(self, state):
        self.G, self.D = (T.State(STEADY, 0, "cpu").G, T.State(STEADY, 0, "cpu").D)
        self.G.load_state_dict(state.G.state_dict())
        self.D.load_state_dict(state.D.state_dict())
        self.opts = [torch.optim.SGD(net.parameters(), 1e-2) for net in (self.G, self.D)]

    def take(self, x_real, z):
        bce = nn.functional.softplus
        fake = self.G(z)
        d_loss = (bce(-self.D(x_real)) + bce(self.D(fake.detach()))).mean()
        penalties = (0.5 * losses.r1_penalty(self.D, x) for x in (x_real, fake.detach()))
        self.opts[1].zero_grad()
        sum(penalties, d_loss).backward()
        self.opts[1].step()
        self.opts[0].zero_grad()
        g_loss = bce(-self.D(fake)).mean()
        g_loss.backward()
        self.opts[0].step()
        return d_loss.item(), g_loss.item()


def stepped():
    """Return how far two processes' steps of both players are from one's with the double batch."""
    state = T.State(STEADY, 0, "cpu")
    alone, rng = Alone(state), torch.Generator().manual_seed(5)
    rows, place = [], slice(8 * parallel.rank(), 8 * parallel.rank() + 8)
    for _ in range(5):
        x, z = torch.randn(16, 1, 28, 28, generator=rng).clamp(-1, 1), torch.randn(16, 4)
        torch.distributed.broadcast(z, 0)
        state.noise = lambda n, z=z: z[place]
        turn = parallel.together(T.both_steps)
        record = T.one_step(state, lambda n, rng, x=x: x[place], turn)
        rows.append((record.row[:2].tolist(), alone.take(x, z)))
    nets = zip((state.G, state.D), (alone.G, alone.D), strict=True)
    weights = max(apart(a.parameters(), b.parameters()) for a, b in nets)
    shown = max(abs(a - b) for ours, theirs in rows for a, b in zip(ours, theirs, strict=True))
    return {"weights": weights, "history": shown}


def drawn():
    """Return whether processes hold the same weights and draw their own numbers, by preset."""
    images, found = load_images("digits"), {}
    small = {"G": {"width": 8, "z_dim": 4}, "D": {"width": 8}}
    recipes = {
        "dcgan": T.get_preset("dcgan", batch=4, **small),
        "sync": T.get_preset("dcgan", batch=4, sync_norm=True, **small),
        **{name: T.get_preset(name, batch=2) for name in ("wgan-gp", "sn-hinge", "r3gan")},
        "dropout": replace(T.get_preset("writeup-001"), batch=2),
    }
    for name, recipe in recipes.items():
        state = T.State(recipe, 3, "cpu", "fp32")
        for _ in T.train(state, images.batch, 2):
            pass
        if name == "sync":  # one process alone may make it: the average has plain norms
            found["average"] = type(T.averaged_generator(state)).__name__
        sums = [float(p.double().sum()) for net in (state.G, state.D) for p in net.parameters()]
        drawn = {"noise": state.noise(1).tolist(), "dropout": torch.rand(1).item()}
        found[name] = {"weights": sums, "row": state.history[-1].tolist(), **drawn}
    return found


def killed(arguments):
    """Run the command; the second process kills itself at the second checkpoint."""
    save, saved = T.save_state, []

    def last(state, path):
        saved.append(save(state, path))
        if parallel.rank() and len(saved) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    T.save_state = last
    sys.argv = ["gancourse", *arguments]
    cli.main()


def main(folder):
    with parallel.joined("cpu"):
        runs.Run("mlp", "digits", Path(folder) / "whole", device="cpu").train(60, 20, False)
        found = {
            "dense": compared("dense", False), "dense, penalty": compared("dense", False, 1.0),
            "norm": compared("norm", False), "norm, sync": compared("norm", True),
            "images": compared("images", False), "images, sync": compared("images", True),
            "images, sync, penalty": compared("images", True, 1.0),
            "steps": stepped(), "drawn": drawn(),
        }  # fmt: skip
        Path(folder, f"{parallel.rank()}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    killed(sys.argv[1:]) if sys.argv[1] == "train" else main(sys.argv[1])
