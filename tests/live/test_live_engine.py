"""The page's engine beside PyTorch: every shipped generator and every preset's architecture.

PyTorch in float32 does not give the same bits for one z and for a batch, so the judge is PyTorch in
float64: the engine may be as far from it as PyTorch's own float32 is. A byte may differ only where
the exact value lies at the edge between two grey levels.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gancourse import nets
from gancourse.live.explorer.engine import weights_of
from gancourse.pixels import to_pixels
from gancourse.train.presets import PRESETS, WRITEUP_PRESETS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import javascript  # noqa: E402

SCRIPT = ROOT / "tests" / "js" / "generate.js"
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
DEEPEST = 12  # of a stack with batch norm in a row: at 324 PyTorch is not equal to itself


@pytest.fixture(scope="module")
def node():
    try:
        return javascript.node()
    except javascript.Missing as error:
        pytest.skip(str(error))


def in_the_page(node: str, path: Path, z: Tensor, folder: Path, *options: str) -> tuple:
    """Return G(z) of the engine as floats and as bytes, both flat."""
    points = folder / "z"
    points.write_bytes(z.numpy().tobytes())
    run = subprocess.run([node, SCRIPT, path, points, *options], capture_output=True, check=False)
    assert not run.returncode, run.stderr.decode()
    n = len(run.stdout) // 5
    return np.frombuffer(run.stdout, np.float32, n), np.frombuffer(run.stdout, np.uint8, n, 4 * n)


@torch.no_grad()
def in_torch(G: nn.Module, z: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return G(z) in float64, and in float32, both flat."""
    ours = G(z).flatten().numpy()
    exact = G.double()(z.double()).flatten().numpy()
    G.float()
    return exact, ours


def of_z(G: nn.Module) -> nn.Module:
    """Return G as a page has it: a conditional one is asked for a class, here the seventh."""
    return nets.OneClass(G, 6) if nets.classes_of(G) else G


def in_a_file(G: nn.Module, folder: Path) -> Path:
    """Write G as pages get it; return the file's path."""
    path = folder / "G.safetensors"
    path.write_bytes(weights_of(G))
    return path


def points(G, n: int) -> Tensor:
    return torch.randn(n, G.z_dim, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def with_statistics(G: nn.Module) -> nn.Module:
    """Give each batch norm random gains and shifts, and the statistics of a batch."""
    for layer in G.modules():
        if isinstance(layer, NORMS):
            layer.momentum = 1.0
            layer.weight.normal_(1, 0.3)
            layer.bias.normal_(0, 0.3)
    G.train()(torch.randn(64, G.z_dim))
    return G.eval()


def judge(found: np.ndarray, exact: np.ndarray, ours: np.ndarray) -> None:
    """Fail where the engine is further from float64 than six times PyTorch's float32 is."""
    assert np.abs(found - exact).max() <= 6 * np.abs(ours - exact).max() + 1e-6
    assert np.abs(found - ours).max() <= 3e-5


def judge_bytes(bytes_: np.ndarray, exact: np.ndarray, most: int) -> None:
    """Fail where a byte is off though the exact value is not at the edge of two grey levels."""
    level = (exact.clip(-1, 1) + 1) * 127.5
    off = bytes_ != level.round().astype(np.uint8)
    assert off.sum() <= most
    assert (np.abs(level[off] % 1 - 0.5) < 2e-3).all()


@pytest.mark.parametrize("name", nets.shipped())
def test_a_shipped_generator_gives_pytorchs_bytes(node, name, tmp_path):
    """1,000 z. PyTorch's float32 is off float64 in 7 bytes (fashion) and 4 (mnist) of 784,000."""
    G = of_z(nets.load_shipped(name))
    z = points(G, 1000)
    found, bytes_ = in_the_page(node, in_a_file(G, tmp_path), z, tmp_path)
    exact, ours = in_torch(G, z)
    judge(found, exact, ours)
    judge_bytes(bytes_, exact, 20)
    off = (bytes_ != to_pixels(torch.from_numpy(ours).view(-1, 1, 28, 28)).flatten().numpy()).sum()
    print(f"{name}: {off} of {bytes_.size} bytes off, {np.abs(found - ours).max():.2e} at most")
    assert off <= 20


def architectures() -> dict[str, tuple[str, dict]]:
    """Return each generator that a preset asks for, once, by the first preset's name."""
    found = {}
    for name, recipe in (PRESETS | WRITEUP_PRESETS).items():
        options = dict(recipe.G)
        if options.get("remedy", "norm") == "norm" and options.get("depth", 0) > DEEPEST:
            options["depth"] = DEEPEST
        if (recipe.net, options) not in found.values():
            found[name] = (recipe.net, options)
    return found


OTHERS = {
    "points": ("mlp", {"z_dim": 2, "widths": (16, 16), "shape": (2,), "norm": False}),
    "colours": ("mlp", {"z_dim": 5, "widths": (9,), "shape": (3, 4, 4)}),
    "deep and narrow": ("dcgan", {"z_dim": 3, "width": 6, "depth": 2}),
}


@pytest.mark.parametrize("name", [*architectures(), *OTHERS])
def test_each_architecture_gives_what_pytorch_gives(node, name, tmp_path):
    torch.manual_seed(0)
    net, options = (architectures() | OTHERS)[name]
    G = with_statistics(of_z(nets.make_generator(net, **options)))
    path = in_a_file(G, tmp_path)
    z = points(G, 16)
    exact, ours = in_torch(G, z)
    assert exact.std() > 0.01
    found, bytes_ = in_the_page(node, path, z, tmp_path)
    judge(found, exact, ours)
    if name != "points":
        judge_bytes(bytes_, exact, 5)


def test_without_webassembly_it_gives_the_same(node, tmp_path):
    G = nets.load_shipped("mnist")
    z, path = points(G, 4), nets.files.SHIPPED / "mnist.safetensors"
    found, _ = in_the_page(node, path, z, tmp_path, "plain")
    judge(found, *in_torch(G, z))


def test_a_net_in_bytes_draws_the_same_digits(node, tmp_path):
    """What the site's front page loads: one byte in ten is off, by a grey level and a half."""
    G, path = nets.load_shipped("mnist"), tmp_path / "G.safetensors"
    z = points(G, 100)
    _, exact = in_the_page(node, in_a_file(G, tmp_path), z, tmp_path)
    path.write_bytes(weights_of(G, bits=8))
    _, short = in_the_page(node, path, z, tmp_path)
    off = np.abs(short.astype(int) - exact)
    assert path.stat().st_size < 500_000
    assert 0 < off.mean() < 0.2
    assert np.mean(off > 8) < 1e-3
