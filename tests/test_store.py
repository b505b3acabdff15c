"""Files are whole or not there; what was saved comes back, and equal contents are equal bytes."""

import os
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gancourse import nets, store
from gancourse.errors import InputError

MANY_KEYS = Path(__file__).parent / "data" / "many_keys.safetensors"  # as older versions wrote it
CARD = {"format": "gancourse-generator-1", "data": "digits", "seed": "0", "steps": "30"}
SAVE = """
import sys, torch
from gancourse import nets, store
store.save_tensors(sys.argv[1], {n: torch.ones(2) for n in "bac"}, {n: n for n in "zyxwvutsrq"})
torch.manual_seed(0)
G = nets.make_generator("mlp", widths=(4,))
nets.save_generator(G, sys.argv[2], data="ring", steps="3", seed="0", time="1 s", command="train")
"""


def saved_elsewhere(folder: Path, hash_seed: str) -> list[str]:
    """Return the checksums of two files that a new process writes."""
    paths = [folder / f"{name}-{hash_seed}" for name in ("tensors", "generator")]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", SAVE, *paths], env=environment, check=True)
    return [sha256(path.read_bytes()).hexdigest() for path in paths]


def test_two_processes_write_equal_bytes(tmp_path):
    assert saved_elsewhere(tmp_path, "1") == saved_elsewhere(tmp_path, "2")


def test_the_order_of_the_metadata_changes_no_byte(tmp_path):
    x = {"x": torch.ones(2)}
    one = store.save_tensors(tmp_path / "1", x, CARD)
    other = store.save_tensors(tmp_path / "2", x, dict(reversed(CARD.items())))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("metadata", [{}, CARD, {"gancourse": "{", "\N{SNOWMAN}": "é\n"}])
def test_metadata_come_back_as_they_went(metadata, tmp_path):
    path = store.save_tensors(tmp_path / "x", {"x": torch.ones(2)}, metadata)
    assert store.load_tensors(path)[1] == metadata


def test_a_file_with_a_key_for_each_line_still_loads():
    tensors, metadata = store.load_tensors(MANY_KEYS)
    assert metadata == CARD
    assert tensors["a"].tolist() == [1.0, -2.5]
    assert tensors["b/0"].tolist() == [[1, 2], [3, 4]]


def test_a_file_without_metadata_loads(tmp_path):
    save_file({"x": torch.ones(2)}, tmp_path / "x")
    assert store.load_tensors(tmp_path / "x")[1] == {}


@pytest.mark.parametrize("text", ["{", "3", "[]"])
def test_damaged_metadata_is_one_sentence(text, tmp_path):
    save_file({"x": torch.ones(2)}, tmp_path / "x", {store.METADATA: text})
    with pytest.raises(InputError, match="not a whole safetensors file"):
        store.load_tensors(tmp_path / "x")


def test_metadata_that_are_not_text_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"'steps' must be text, and it is int"):
        store.save_tensors(tmp_path / "x", {}, {"steps": 3})


def test_shipped_generators_keep_their_cards():
    assert {nets.load_any(name).card["data"] for name in nets.shipped()} == {"mnist", "fashion"}


def test_what_is_written_is_there_whole_and_readable_by_all(tmp_path):
    path = store.write_whole(tmp_path / "new" / "folder" / "a.txt", b"hello")
    assert path.read_bytes() == b"hello"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == ["a.txt"]


def test_a_path_may_be_text(tmp_path):
    path = store.write_whole(str(tmp_path / "a.txt"), b"hello")
    assert path == tmp_path / "a.txt"
    assert path.read_bytes() == b"hello"


def test_an_old_file_is_replaced_and_never_opened(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        store.write_whole(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(step, tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        store.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupt_beside_the_renaming_stays_an_interrupt(before, tmp_path, monkeypatch):
    path, replace = tmp_path / "a.txt", os.replace

    def interrupted(*args):
        if not before:
            replace(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write_whole(path, b"new")
    assert os.listdir(tmp_path) == ([] if before else ["a.txt"])


def test_the_content_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    order, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: order.append(os.fstat(fd).st_size) or fsync(fd))
    monkeypatch.setattr(os, "replace", lambda *a: order.append("renamed") or replace(*a))
    store.write_whole(tmp_path / "a.txt", b"hello")
    assert order == [5, "renamed"]


def test_the_file_beside_lies_in_the_same_folder_and_is_hidden(tmp_path, monkeypatch):
    seen, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: seen.append(a) or replace(a, b))
    store.write_whole(tmp_path / "a.txt", b"hello")
    assert os.path.dirname(seen[0]) == str(tmp_path)
    assert os.path.basename(seen[0]).startswith(".a.txt.")


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(InputError, match="is a folder, and a file was to be written there"):
        store.write_whole(tmp_path, b"hello")


def test_a_folder_is_made_with_those_above_it_and_may_be_there_already(tmp_path):
    for _ in range(2):
        made = store.make_folder(str(tmp_path / "a" / "b"))
        assert made == tmp_path / "a" / "b"
        assert made.is_dir()


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_is_no_folder(name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="it is a file or lies below one"):
        store.make_folder(tmp_path / name)


def test_a_folder_that_may_not_be_made_is_named(tmp_path, monkeypatch):
    def refused(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    with pytest.raises(InputError, match="cannot be made: no permission"):
        store.make_folder(tmp_path / "a")


def test_tensors_and_metadata_come_back(tmp_path):
    turned = torch.arange(6.0).reshape(2, 3).T.requires_grad_()  # not contiguous
    saved = {"a": turned, "b": torch.tensor([True, False]), "c": torch.empty(0, 4)}
    path = store.save_tensors(tmp_path / "a.safetensors", saved, {"z": "1", "a": "2", "m": "3"})
    tensors, metadata = store.load_tensors(str(path))
    assert tensors.keys() == saved.keys()
    assert all(torch.equal(tensors[name], t) for name, t in saved.items())
    assert list(metadata.items()) == [("a", "2"), ("m", "3"), ("z", "1")]


def test_no_file_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="is not a file: give the path of a"):
            store.load_tensors(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "it is empty"), (b"\x80\x04K\x01.", "looks like a pickle"), (b"PK\x03\x04", "a pickle"),
     (b"Px hello hello", "header"), (b"hello", "header")],
)  # fmt: skip
def test_what_is_no_safetensors_file_is_named_with_the_reason(content, why, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"is not a whole safetensors file .*{why}"):
        store.load_tensors(path)
