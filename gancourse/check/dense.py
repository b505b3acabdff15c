"""Nets that are built otherwise than the course's: nested, of one layer, or with other layers."""

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


def layer(width: int = 8) -> nn.Linear:
    """Return a net that is itself one dense layer, z [N, 2] to [N, width]."""
    return nn.Linear(2, width)


class Mixed(nn.Module):
    """z [N, 3] to [N, 2]: dense layers, a convolution, batch norm of both, dropout, a table."""

    def __init__(self, width: int = 12):
        super().__init__()
        self.table = nn.Embedding(4, 3)
        self.body = nn.Sequential(
            nn.Linear(3, width),
            nn.BatchNorm1d(width),
            nn.LeakyReLU(0.2),
            nn.Dropout(0.3),
            nn.Unflatten(1, (width // 4, 2, 2)),
            nn.Conv2d(width // 4, 6, 2),  # [N, 6, 1, 1]
            nn.BatchNorm2d(6),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(6, 2),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z + self.table.weight.mean(0))


DENSE = {"nested": Nested, "plain": plain, "layer": layer, "mixed": Mixed}
