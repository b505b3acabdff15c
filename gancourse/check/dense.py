"""A dense net that is built otherwise than the course's: layers at the top, and nested deeper."""

from torch import Tensor, nn


class Nested(nn.Module):
    """x [N, 2] to [N]: a layer at the top, one in a Sequential, one in a Sequential in that."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.first = nn.Linear(2, width)
        inner = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.2))
        self.body = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.2), inner)
        self.last = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = nn.functional.leaky_relu(self.first(x), 0.2)
        return self.last(self.body(h)).squeeze(1)


def plain(width: int = 8) -> nn.Sequential:
    """Return a net of dense layers that is itself the Sequential."""
    return nn.Sequential(nn.Linear(2, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))


DENSE = {"nested": Nested, "plain": plain}
