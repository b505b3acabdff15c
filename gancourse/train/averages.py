"""The averaged generator, and samples of a generator. Lesson 08."""

import copy

import torch
from torch import Tensor, nn

from gancourse import machine, nets
from gancourse.errors import at_least
from gancourse.evaluation import evaluating
from gancourse.train.state import State, on_its_threads


@on_its_threads
@torch.no_grad()
def ema_step(state: State) -> None:
    """Move the averaged generator a little towards G; its buffers follow G's at once.

    Early in a run the average is over the last tenth of it, so that it does not drag the start on.
    With the recipe's `ema_buffers` batch norm's statistics are averaged, too, as the weights are.
    """
    decay = min(state.recipe.ema, (1 + state.step) / (10 + state.step))
    ours, theirs = list(state.ema_G.parameters()), list(state.G.parameters())
    for mine, other in zip(state.ema_G.buffers(), state.G.buffers(), strict=True):
        if state.recipe.ema_buffers and mine.is_floating_point():
            ours.append(mine)
            theirs.append(other)
        else:
            mine.copy_(other)
    torch._foreach_lerp_(ours, theirs, 1 - decay)


STANDING = (20, 500)  # batches, samples in each


@on_its_threads
@torch.no_grad()
def averaged_generator(state: State) -> nn.Module:
    """Return a copy of the averaged generator with batch-norm statistics of its own.

    In a run it has G's, of the last few batches, or their average (`ema_buffers`). Here they are
    the means over 10,000 of its own samples from a fixed seed. Source: the standing statistics of
    Brock et al. 2019, appendix C.
    """
    G = copy.deepcopy(state.ema_G)
    norms = [m for m in G.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.train().momentum = None  # all batches alike
    rng = machine.seed_generator()
    for _ in range(STANDING[0] if norms else 0):
        z = torch.randn(STANDING[1], G.z_dim, generator=rng)
        labels = nets.labels_for(G, STANDING[1])
        G(*(machine.sent(t, state.device) for t in (z, labels) if t is not None))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.eval().momentum = momentum
    return G


@torch.no_grad()
def sample(G: nn.Module, n: int = 64, seed: int = 0, y: int | Tensor | None = None) -> Tensor:
    """Return n samples [n, *shape] of a generator in evaluation mode, the same for a seed.

    z is drawn on the CPU, so that a seed means the same samples on every device. G's mode is kept.
    A conditional G is asked for the class y, for labels y [n], or for each class in turn. Raises
    InputError for a label that G does not know, and for one where it takes none.
    """
    at_least("n", n, 1)
    z = torch.randn(n, G.z_dim, generator=machine.seed_generator(seed))
    given = [t for t in (z, nets.labels_for(G, n, y)) if t is not None]
    device = next(G.parameters()).device
    with evaluating(G), machine.threaded(machine.kind_of(G)):
        return G(*(t.to(device) for t in given))
