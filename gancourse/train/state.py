"""Everything that a run depends on, in one object. Lesson 06."""

import copy
from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor, nn

from gancourse import losses, machine, nets
from gancourse.evaluation import evaluating
from gancourse.train import parallel
from gancourse.train.recipe import Recipe

COLUMNS = ("d_loss", "g_loss", "D(x)", "D(G(z))")


class State:
    """Everything a run depends on: nets, optimisers, EMA of G, random state, step and history.

    `data` is the name of what it learns from, `threads` on how many a CPU computes its steps: that
    decides the last bits of a sum; `world` is the number of processes. `history` has one row for
    each step taken: d_loss, g_loss, mean D(x), mean D(G(z)), as tensors on the device, so that
    recording never waits for it.
    """

    def __init__(self, recipe: Recipe, seed: int = 0, device=None, precision: str | None = None):
        self.recipe, self.seed, self.step, self.data = recipe, seed, 0, ""
        self.mark = ""  # of the pictures in a folder, see `ImageSet`
        self.device = machine.device(device)
        self.precision = machine.precision(precision or recipe.precision, self.device)
        self.rng = machine.seed_everything(seed)
        machine.keep_memory()
        self.G = self._placed(nets.make_generator(recipe.net, **recipe.G, **self._labels()))
        self.D = self._placed(self._discriminator())
        self.opt_G = self._optimiser(self.G, recipe.lr_G)
        self.opt_D = self._optimiser(self.D, recipe.lr_D)
        self.ema_G = copy.deepcopy(self.G).eval().requires_grad_(False)
        for net in (self.G, self.D):
            machine.compiled(net, self.device)
        self.loss = losses.get_loss(recipe.loss)
        self.threads = machine.threads(machine.kind_of(self.G, self.D))
        self.history: list[Tensor] = []
        parallel.share(self)

    def _discriminator(self) -> nn.Module:
        recipe = self.recipe
        packs = {"pack": recipe.pack} if recipe.pack > 1 else {}
        D = nets.make_discriminator(recipe.net, **recipe.D, **packs, **self._labels())
        return nets.spectrally_normalised(D) if recipe.spectral else D

    def _labels(self) -> dict[str, int]:
        return {"classes": self.recipe.classes} if self.recipe.classes else {}

    def _placed(self, net: nn.Module) -> nn.Module:
        return net.to(self.device, memory_format=machine.memory_format(self.device))

    def _optimiser(self, net: nn.Module, lr: float) -> torch.optim.Optimizer:
        fused = self.device.type in ("cpu", "cuda")  # one pass over all weights
        if self.recipe.optimiser == "sgd":
            return torch.optim.SGD(net.parameters(), lr, self.recipe.betas[0], fused=fused)
        return torch.optim.Adam(net.parameters(), lr, self.recipe.betas, fused=fused)

    def curves(self) -> dict[str, list[float]]:
        """Return the history as columns, d_loss, g_loss, D(x) and D(G(z)), one number a step."""
        rows = torch.stack(self.history).tolist() if self.history else []
        return {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}

    def noise(self, n: int) -> Tensor:
        """Return z [n, z_dim], normal, drawn from the run's own random state."""
        return machine.sent(torch.randn(n, self.G.z_dim, generator=self.rng), self.device)

    def labels(self, n: int) -> Tensor | None:
        """Return y [n], each class as likely, from the run's own random state; None without."""
        if not self.recipe.classes:
            return None
        y = torch.randint(self.recipe.classes, (n,), generator=self.rng)
        return machine.sent(y, self.device)

    def fakes(self, n: int, y: Tensor | None = None) -> Tensor:
        """Return G(z) [n, ...] for fresh z, with its graph, in this run's precision.

        A conditional G is asked for the labels y [n], or else for fresh ones.
        """
        z = self.noise(n)
        given = (self.labels(n) if y is None else y,) if self.recipe.classes else ()
        with self.autocast():
            return self.G(z, *given)

    def logits(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Return D's logit of each sample [N, ...], [N]: looking changes nothing in D.

        A D that takes packs is shown as many copies of the sample, a conditional one labels y [N].
        """
        copies = x.repeat_interleave(self.recipe.pack, 0)
        given = (y,) if self.recipe.classes else ()
        with evaluating(self.D):
            return self.D(nets.packed(copies, self.recipe.pack), *given)

    def autocast(self):
        """Return the context in which this run's nets compute: bf16 or fp32."""
        return machine.autocast(self.device, self.precision)


def on_its_threads(step: Callable) -> Callable:
    """Return `step(state, ...)` that computes on as many threads as the run has."""

    @wraps(step)
    def stepped(state: State, *given, **named):
        with machine.computing(state.threads):
            return step(state, *given, **named)

    return stepped
