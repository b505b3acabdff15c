"""Copies of nets that hold results of their last pass, which `copy.deepcopy` alone refuses."""

import copy
from collections.abc import Iterator

from torch import Tensor, nn


def duplicate(net: nn.Module) -> nn.Module:
    """Return a copy of a net, with weights, buffers and hooks of its own.

    What the net keeps of a pass (the weight of the old `torch.nn.utils.spectral_norm`, activations
    in an attribute, a list or a dict) is copied without the graph that it came from.
    """
    kept = (x for part in net.modules() for x in _tensors(list(vars(part).values())))
    return copy.deepcopy(net, {id(x): x.detach().clone() for x in kept if not x.is_leaf})


def _tensors(found) -> Iterator[Tensor]:
    """Yield the tensors in nested lists, tuples and dicts."""
    if isinstance(found, Tensor):
        yield found
    elif isinstance(found, dict):
        yield from _tensors(list(found.values()))
    elif isinstance(found, list | tuple):
        for each in found:
            yield from _tensors(each)
