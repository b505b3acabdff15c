"""A small generator and its explorer, without a page."""

import pytest
import torch

from gancourse import live
from gancourse.nets import make_generator


@pytest.fixture(autouse=True)
def no_page(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")


@pytest.fixture(name="G")
def a_generator():
    torch.manual_seed(0)
    return make_generator("mlp", z_dim=6, shape=(1, 28, 28), widths=(16,)).eval()


@pytest.fixture(name="explorer")
def an_explorer(G):
    return live.LatentExplorer(G)


def tiny(side: int = 4):
    """A G that is no module: its first pixels are z."""

    def G(z):
        x = torch.zeros(len(z), side * side)
        x[:, : z.shape[1]] = z.clamp(-1, 1)
        return x.view(-1, 1, side, side)

    G.z_dim = 5
    return G


def near(a, b) -> bool:
    return torch.allclose(torch.as_tensor(a), torch.as_tensor(b), atol=1e-5)


def three_pins(explorer):
    for _ in range(3):
        explorer.pin().new_seed()
    return [pin.z for pin in explorer.steering.pins]
