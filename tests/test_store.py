"""Tensors in files: what comes back, and that equal contents are equal bytes."""

import os
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
