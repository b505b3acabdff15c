"""Image sets: their records, and the real files where they are here."""

import pytest
import torch
from file_server import md5
from small_sets import FILES, TRAIN
from torchvision import datasets

from gancourse.data import IMAGE_SETS, idx, load_images, places, sets

pytestmark = pytest.mark.usefixtures("machine")


@pytest.fixture
def real(monkeypatch):
    monkeypatch.undo()  # torchvision's own MD5, and the data that every test has
    if not (IMAGE_SETS["mnist"].here() and IMAGE_SETS["fashion"].here()):
        pytest.skip("no MNIST or no Fashion-MNIST here")


COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_real_mnist(real):
    train, test = load_images("mnist"), load_images("mnist", "test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels.bincount().tolist() == COUNTS
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.images.double().mean() / 255 == pytest.approx(0.1307, abs=5e-5)


def test_real_fashion(real):
    train, test = load_images("fashion"), load_images("fashion", "test")
    assert train.labels.bincount().tolist() == [6000] * 10
    assert test.labels.bincount().tolist() == [1000] * 10
    assert train.images.double().mean() / 255 == pytest.approx(0.2860, abs=5e-5)


def test_the_first_real_image_is_what_torchvision_reads(real, tmp_path, monkeypatch):
    packed = places.file(IMAGE_SETS["mnist"].here(), TRAIN).read_bytes()
    (tmp_path / "idx").write_bytes(idx.unpacked(packed))
    theirs = datasets.mnist.read_image_file(str(tmp_path / "idx"))
    assert torch.equal(load_images("mnist").images[:, 0], theirs)


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_the_contents_of_the_record_are_those_of_the_files(name, real):
    record = IMAGE_SETS[name]
    for file, content in record.contents.items():
        assert md5(idx.unpacked(places.file(record.here(), file).read_bytes())) == content


def test_every_idx_entry_names_a_torchvision_class():
    for entry in IMAGE_SETS.values():
        if isinstance(entry, sets.IdxFiles):
            assert set(entry.md5) == set(FILES)
            assert hasattr(datasets, entry.torchvision)


def test_a_list_of_mirrors_is_ones_own():
    before = IMAGE_SETS["mnist"].mirrors
    IMAGE_SETS["mnist"].mirrors.clear()
    assert IMAGE_SETS["mnist"].mirrors == before != []
