"""Image sets in the folder GANCOURSE_DATA: where files are looked for, what is refused."""

import gzip
import hashlib
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from file_server import md5, serving
from small_sets import CLOTHES, FILES, TEST, TRAIN, write
from torchvision import datasets

from gancourse.data import IMAGE_SETS, idx, load_images
from gancourse.errors import InputError

pytestmark = pytest.mark.usefixtures("machine")


def tree(folder):
    """Return everything below a folder, with contents and times of change (to read is none)."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_mode, path.is_file() and path.read_bytes())
        for path in folder.rglob("*")
    }


def test_given_folder_comes_first(given, raw, capfd):
    write(raw, {TRAIN: b"never read"})
    assert str(given) in load_images("mnist").source
    assert capfd.readouterr().out == ""


def test_files_are_checked_where_md5_is_barred_for_security(given, monkeypatch):
    def barred(data, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("[digital envelope routines] unsupported")  # as in FIPS mode
        return allowed(data, usedforsecurity=False)

    allowed = hashlib.md5
    monkeypatch.setattr(hashlib, "md5", barred)
    assert load_images("mnist").name == "mnist"


def test_given_folder_may_lie_in_the_home_folder(given, monkeypatch):
    monkeypatch.setenv("HOME", str(given.parent))
    monkeypatch.setenv("GANCOURSE_DATA", f"~/{given.name}")
    assert str(given) in load_images("mnist").source


def test_given_folder_stays_as_it_is(given):
    before = tree(given)
    load_images("mnist")
    load_images("mnist", "test")
    assert tree(given) == before


def test_given_folder_without_the_set_is_passed_over(given, mirrors, monkeypatch):
    with serving(CLOTHES) as server:
        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [server.mirror])
        fashion = load_images("fashion")
    assert fashion.name == "fashion"
    assert fashion.class_names == tuple(datasets.FashionMNIST.classes)


@pytest.mark.parametrize("split", ["train", "test"])
def test_given_folder_with_a_part_of_the_set(given, split):
    (given / "MNIST/raw" / TEST).unlink()
    with pytest.raises(InputError, match=f"{TEST} is not there: put it there"):
        load_images("mnist", split)


def laid(folder, how):
    """Lay MNIST's small files into a folder, in a layout met elsewhere; return GANCOURSE_DATA."""
    plain = {name.removesuffix(".gz"): gzip.decompress(content) for name, content in FILES.items()}
    again = {n: gzip.compress(gzip.decompress(c), 1) for n, c in FILES.items()}
    dotted = {name.replace("-idx", ".idx"): content for name, content in plain.items()}
    inside = {f"{name}/{name}": content for name, content in dotted.items()}
    below, files = {
        "one level too deep": ("MNIST", FILES),
        "two levels too deep": ("MNIST/raw", FILES),
        "without raw": ("", {f"MNIST/{name}": content for name, content in FILES.items()}),
        "unpacked": ("", {f"MNIST/raw/{name}": content for name, content in plain.items()}),
        "packed once more": ("MNIST/raw", again),
        "Kaggle's names": ("", dotted),
        "Kaggle's folders": ("", inside),
    }[how]
    for name, content in files.items():
        path = folder / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / below


LAYOUTS = ("one level too deep", "two levels too deep", "without raw", "unpacked",
           "packed once more", "Kaggle's names", "Kaggle's folders")  # fmt: skip


@pytest.fixture
def known_contents(monkeypatch):
    for name, files in (("mnist", FILES), ("fashion", CLOTHES)):
        contents = {n: md5(gzip.decompress(c)) for n, c in files.items()}
        monkeypatch.setitem(IMAGE_SETS, name, replace(IMAGE_SETS[name], contents=contents))


@pytest.mark.parametrize("how", LAYOUTS)
def test_a_layout_met_elsewhere_is_read_and_taken_for_no_other_set(
    how, given, known_contents, tmp_path, monkeypatch
):
    wanted = load_images("mnist", "test").images
    folder = laid(tmp_path / "other", how)
    monkeypatch.setenv("GANCOURSE_DATA", str(folder))
    found = load_images("mnist", "test")
    assert torch.equal(found.images, wanted)
    assert str(folder) in found.source
    assert IMAGE_SETS["fashion"].here() is None


def test_given_folder_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere' is not there"):
        load_images("mnist")


def test_given_folder_that_is_a_file(monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", __file__)
    with pytest.raises(InputError, match="is a file: correct it"):
        load_images("mnist")


def test_empty_variable_is_no_folder(monkeypatch, raw):
    monkeypatch.setenv("GANCOURSE_DATA", "")
    write(raw, FILES)
    assert load_images("mnist").name == "mnist"


def refusal(path, content):
    """Return what is said when this content is found at the path of the training images."""
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_images("mnist")
    said = str(caught.value)
    assert f"{path} is not the file it should be" in said
    assert md5(FILES[TRAIN]) in said
    assert md5(content) in said
    return said


def test_swapped_file_is_recognised(given):
    said = refusal(given / "MNIST/raw" / TRAIN, FILES[TEST])
    assert f"it holds {TEST} of MNIST;" in said
    assert "put the original there, or unset GANCOURSE_DATA" in said


def test_file_of_another_set_is_recognised(given):
    said = refusal(given / "MNIST/raw" / TRAIN, CLOTHES[TRAIN])
    assert f"it holds {TRAIN} of Fashion-MNIST;" in said


def test_truncated_file(given):
    assert "cut off after 1000 bytes" in refusal(given / "MNIST/raw" / TRAIN, FILES[TRAIN][:1000])


def test_garbage_file(given):
    said = refusal(given / "MNIST/raw" / TRAIN, b"<html>Log in to the network</html>")
    assert "its 34 bytes are no intact .gz file" in said


def test_empty_file(given):
    assert "it is empty" in refusal(given / "MNIST/raw" / TRAIN, b"")


def test_one_flipped_bit(given):
    content = bytearray(FILES[TRAIN])
    content[500] ^= 1
    assert "intact .gz" in refusal(given / "MNIST/raw" / TRAIN, bytes(content))


def test_damaged_file_in_the_cache_may_be_deleted(raw):
    write(raw, FILES)
    assert "delete it and run this again" in refusal(raw / TRAIN, b"garbage")


def test_damaged_labels_are_noticed(given):
    path = given / "MNIST/raw/train-labels-idx1-ubyte.gz"
    path.write_bytes(FILES["t10k-labels-idx1-ubyte.gz"])
    with pytest.raises(InputError, match="it holds t10k-labels"):
        load_images("mnist")


def test_a_file_that_may_not_be_read_is_named(given, monkeypatch):
    path = given / "MNIST/raw" / TRAIN
    read = Path.read_bytes

    def refuse(self):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=rf"{TRAIN} cannot be read \(Permission denied\): make"):
        load_images("mnist")


def test_what_a_file_holds_may_be_written_on():
    """NumPy's view of bytes may not, and PyTorch warns of it, once."""
    data = gzip.decompress(FILES[TRAIN])
    with warnings.catch_warnings(action="error"):
        x = idx.numbers(data)
    x += 1
    assert data == gzip.decompress(FILES[TRAIN])  # a view would have changed the bytes
