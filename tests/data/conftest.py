"""What the tests of image sets share: a machine with no data, and small files for two sets."""

import pytest
from file_server import md5
from small_sets import CLOTHES, FILES, write
from torchvision import datasets

from gancourse.data import download, images, load_images, sets


@pytest.fixture
def machine(tmp_path, monkeypatch, request):
    """A machine with no data, an empty cache, and small files for MNIST and Fashion-MNIST."""
    for name in ("GANCOURSE_DATA", "GANCOURSE_OFFLINE", "GANCOURSE_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sets, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    words = ("silent", "stall", "drip", "given_up", "last_mirror_did")
    slow = any(word in request.node.name for word in words)
    monkeypatch.setattr(download, "STALL_S", 0.4 if slow else 30)  # a busy machine is no stall
    monkeypatch.setattr(images, "_missed", set())
    for kind, files in ((datasets.MNIST, FILES), (datasets.FashionMNIST, CLOTHES)):
        monkeypatch.setattr(kind, "resources", [(name, md5(c)) for name, c in files.items()])
        monkeypatch.setattr(kind, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "cache/MNIST/raw"


@pytest.fixture
def mirrors(monkeypatch):
    return lambda *servers: monkeypatch.setattr(
        datasets.MNIST, "mirrors", [server.mirror for server in servers]
    )


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A folder GANCOURSE_DATA that holds the small MNIST."""
    folder = tmp_path / "given"
    write(folder / "MNIST/raw", FILES)
    monkeypatch.setenv("GANCOURSE_DATA", str(folder))
    return folder


@pytest.fixture
def digits():
    return load_images("digits")
