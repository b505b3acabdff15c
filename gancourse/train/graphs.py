"""A step recorded once and then played back whole, on a GPU. Lesson 08.

A step of a small GAN is some three hundred kernels of a few microseconds each, and Python needs
longer to ask for them than the GPU to run them. A CUDA graph asks once for all. It computes what
the step computes, on the same memory, so the same seed gives the same numbers.
"""

import os
from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor

from gancourse.train.state import State

Turn = Callable[..., Tensor]  # of a State and its batch: x_real, z, and labels if any
WARM_UP = 3  # steps before the recording: libraries choose their kernels, Adam makes its averages


def played_back(turn: Turn, state: State) -> Turn:
    """Return `turn(state, x_real, z, ...)`, a step of both players, played back where that can be.

    That is on CUDA, unless a net or an optimiser is watched by hooks, which a graph would not call,
    or `GANCOURSE_GRAPHS` is 0. Rates may change between steps; nothing else of the run may.
    """
    wanted = state.device.type == "cuda" and os.environ.get("GANCOURSE_GRAPHS", "1") != "0"
    return Playback(turn, state) if wanted and not _watched(state) else turn


def _watched(state: State) -> bool:
    nets = chain(state.G.modules(), state.D.modules())
    kinds = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
    opts = [opt._optimizer_step_pre_hooks or opt._optimizer_step_post_hooks
            for opt in (state.opt_G, state.opt_D)]  # fmt: skip
    return any(getattr(net, kind) for net in nets for kind in kinds) or any(opts)


class Playback:
    """A turn of one run: the first few are taken as they are, then one is recorded."""

    def __init__(self, turn: Turn, state: State):
        self.turn, self.taken = turn, 0
        self.stream = torch.cuda.Stream(state.device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.groups = [*state.opt_G.param_groups, *state.opt_D.param_groups]

    def __call__(self, state: State, *batch: Tensor) -> Tensor:
        """Take a turn on a batch, x_real [N, ...] first; return its row of the history [4]."""
        if self.graph is None:
            self.taken += 1
            if self.taken <= WARM_UP:
                return self._aside(state, *batch)
            self._record(state, *batch)
        for kept, new in zip(self.batch, batch, strict=True):
            kept.copy_(new)
        for rate, group in zip(self.rates, self.groups, strict=True):
            if group["lr"] != rate[1]:
                rate[0].fill_(group["lr"])
                rate[1] = group["lr"]
        self.graph.replay()
        return self.row.clone()

    def _aside(self, state: State, *batch: Tensor) -> Tensor:
        """Take a turn on a stream of its own, as CUDA wants before it records."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            row = self.turn(state, *batch)
        torch.cuda.current_stream().wait_stream(self.stream)
        return row

    def _record(self, state: State, *batch: Tensor) -> None:
        """Record a turn without taking it; rates become tensors meanwhile, to be changed later."""
        self.batch = [tensor.clone() for tensor in batch]
        self.rates = [[torch.tensor(g["lr"], device=state.device), g["lr"]] for g in self.groups]
        kept = [(g["lr"], g.get("capturable")) for g in self.groups]
        try:
            for group, (rate, _) in zip(self.groups, self.rates, strict=True):
                group["lr"] = rate
                if "capturable" in group:
                    group["capturable"] = True
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self.stream):
                self.row = self.turn(state, *self.batch)
            self.graph = graph
        finally:
            for group, (rate, capturable) in zip(self.groups, kept, strict=True):
                group["lr"] = rate
                if capturable is not None:
                    group["capturable"] = capturable
