"""Small files for MNIST and Fashion-MNIST, and what lays them into a folder."""

import torch
from file_server import small_files

FILES = small_files(seed=0)
CLOTHES = small_files(seed=1)
TRAIN = "train-images-idx3-ubyte.gz"
TEST = "t10k-images-idx3-ubyte.gz"


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)
