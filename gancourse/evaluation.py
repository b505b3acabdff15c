"""A net in evaluation mode for a while, and its mode kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """Put `net` and its parts into evaluation mode while the block runs, then back as each was.

    Also where the block raises.
    """
    before = [(part, part.training) for part in net.modules()]
    net.eval()
    try:
        yield net
    finally:
        for part, training in before:
            part.training = training
