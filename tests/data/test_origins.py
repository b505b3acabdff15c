"""What is read from torchvision's source is what torchvision itself says."""

import sys

import pytest
from torchvision import datasets

from gancourse.data import origins


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
def test_the_source_says_what_the_class_says(name, monkeypatch):
    kind = getattr(datasets, name)
    expected = dict(kind.resources), list(kind.mirrors)
    monkeypatch.delitem(sys.modules, "torchvision.datasets")
    origins._written.cache_clear()
    assert origins._written(name).keys() == origins.WANTED
    assert origins.origin(name) == expected
    assert "torchvision.datasets" not in sys.modules


def test_a_source_that_is_written_otherwise_is_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision.datasets")
    monkeypatch.setattr(origins, "_written", lambda name: {"mirrors": []})
    assert origins.origin("MNIST")[0] == dict(datasets.MNIST.resources)
