"""One run on several processes, each with its shard of the data and a batch of its own. Lesson 14.

`torchrun --nproc-per-node 2 -m gancourse train PRESET` starts them: gloo joins them on CPUs, NCCL
on CUDA. All hold the same nets. Before an optimiser steps, the gradients are averaged over the
processes, so that a step is that of one process with as many times the batch, but for batch norm,
whose statistics are each process's own unless the recipe says `sync_norm`.

The averaging is explicit. `DistributedDataParallel` averages inside of `backward`: it wants one
forward pass of the wrapped net before each, gradients of all its weights, and no
`torch.autograd.grad` (PyTorch's notes on it). Here D judges twice before a backward pass, is frozen
in G's step, and has penalties on its slopes. What it wins, sums that travel while `backward` still
runs, is little for nets of this size. The hooks that average keep a GPU from playing back whole
steps.
"""

import datetime
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gancourse import machine
from gancourse.errors import InputError
from gancourse.train.sync_norm import synchronised

LIMIT = 600.0  # seconds that a process waits for the others, GANCOURSE_WAIT by default
Sequence = TypeVar("Sequence")


def world() -> int:
    """Return how many processes this run has."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Return the number of this process, from 0; process 0 writes the files and speaks."""
    return dist.get_rank() if world() > 1 else 0


@contextmanager
def joined(device: str | None = None) -> Iterator[str | None]:
    """Join the processes that torchrun has started, for this block; yield this one's device.

    Alone, nothing is joined and `device` comes back. With CUDA each process takes the GPU of its
    number on this machine. Raises ConnectionError where another process ends or does not answer.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    place = machine.device(device)
    own = _own_gpu(place) if place.type == "cuda" else str(place)
    together = "cpu:gloo,cuda:nccl" if place.type == "cuda" else "gloo"
    with _said_plainly():
        dist.init_process_group(together, timeout=datetime.timedelta(seconds=_limit()))
        yield own
        dist.barrier()
    dist.destroy_process_group()


def _own_gpu(place: torch.device) -> str:
    number, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= count:
        raise InputError(
            f"Each process takes a GPU of its own, and this is number {number + 1} of a machine "
            f"with {count}: start at most {count} with --nproc-per-node, or add --device cpu."
        )
    torch.cuda.set_device(number)
    return f"{place.type}:{number}"


def _limit() -> float:
    given = os.environ.get("GANCOURSE_WAIT") or LIMIT
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise InputError(f"GANCOURSE_WAIT is a number of seconds, and {given!r} was given: "
                         "give e.g. 600, or unset it.")  # fmt: skip
    return seconds


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn what torch.distributed raises where another process has ended into a sentence."""
    try:
        yield
    except (RuntimeError, dist.DistError) as error:
        if isinstance(error, torch.OutOfMemoryError) or not _of_the_others(error):
            raise
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConnectionError(
            f"Process {os.environ.get('RANK')} stops: another process of this run has ended, or "
            f"did not answer in {_limit():g} s ({first[:120]}). Go on from the last checkpoint "
            "with --resume."
        ) from None


def _of_the_others(error: Exception) -> bool:
    words = ("gloo", "NCCL", "ProcessGroup", "peer", "Timed out", "timed out", "store", "Store")
    return isinstance(error, dist.DistError) or any(word in str(error) for word in words)


@contextmanager
def one_first() -> Iterator[None]:
    """Let process 0 do a block before the others do: what it has fetched or moved, they find."""
    if rank() > 0:
        dist.barrier()
    try:
        yield
    finally:
        if world() > 1 and rank() == 0:
            dist.barrier()


def wait() -> None:
    """Wait until every process is here."""
    if world() > 1:
        dist.barrier()


def shard_of(indices: Sequence, rank: int, world: int) -> Sequence:
    """Return every `world`-th of `indices` (a list, range or tensor), from number `rank` on.

    The shards of all ranks hold each index once. Raises InputError for no rank of such a world.
    """
    if not 0 <= rank < world:
        raise InputError(
            f"A rank is a whole number from 0 to {world - 1} here, and {rank} was given: give one."
        )
    return indices[rank::world]


@torch.no_grad()
def average_gradients(weights: nn.Module | Iterable[Tensor]) -> None:
    """Replace the gradients of a net (or of weights) by their means over all processes.

    They travel as one tensor. Alone, nothing changes; a weight without a gradient keeps none.
    """
    weights = weights.parameters() if isinstance(weights, nn.Module) else weights
    grads = [weight.grad for weight in weights if weight.grad is not None]
    if world() == 1 or not grads:
        return
    means = mean(torch.cat([grad.flatten() for grad in grads]))
    for grad, part in zip(grads, means.split([grad.numel() for grad in grads]), strict=True):
        grad.copy_(part.view(grad.shape))


def mean(x: Tensor) -> Tensor:
    """Return the mean of a tensor over all processes, the same bits in each; x alone is itself."""
    if world() > 1:
        dist.all_reduce(x)
        x.div_(world())
    return x


def share(state) -> None:
    """Make a fresh `State` one of a run on several processes; alone, leave it as it is.

    All take process 0's weights, and average gradients before each optimiser's step; each draws
    from random states of its own. Where the recipe says so, batch norm counts all batches.
    """
    state.world = world()
    if world() == 1:
        return
    for net in (state.G, state.D, state.ema_G):
        for tensor in (*net.parameters(), *net.buffers()):
            dist.broadcast(tensor.detach(), 0)
    if state.recipe.sync_norm:
        state.G, state.D = synchronised(state.G), synchronised(state.D)
    for optimiser in (state.opt_G, state.opt_D):
        optimiser.register_step_pre_hook(_averaged)
    if rank() > 0:
        state.rng = machine.seed_everything((state.seed + rank() * 2_654_435_761) % 2**32)


def _averaged(optimiser: torch.optim.Optimizer, *_) -> None:
    average_gradients(w for group in optimiser.param_groups for w in group["params"])


def together(turn: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a turn whose row of the history is the mean over all processes."""
    if world() == 1:
        return turn

    @wraps(turn)
    def meant(*given) -> Tensor:
        return mean(turn(*given).detach().clone())

    return meant


def gathered(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return these CPU tensors, and those of process K under rankK/NAME: process 0 gets them all.

    Every process must call it at the same step.
    """
    if world() == 1:
        return tensors
    everyone: list = [None] * world()
    dist.all_gather_object(everyone, tensors)
    others = {f"rank{k}/{n}": t for k, theirs in enumerate(everyone) for n, t in theirs.items()
              if k > 0}  # fmt: skip
    return tensors | others


def own_of(tensors: dict[str, Tensor], name: str) -> Tensor:
    """Return this process's tensor of what `gathered` returned; KeyError where there is none."""
    return tensors[f"rank{rank()}/{name}" if rank() else name]


def any_of(flag: bool) -> bool:
    """Return whether the flag is set in some process, the same answer in each."""
    if world() == 1:
        return flag
    flags = torch.tensor([float(flag)])
    dist.all_reduce(flags, dist.ReduceOp.MAX)
    return bool(flags.item())
