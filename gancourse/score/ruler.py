"""The ruler: a small classifier, shipped with its weights, in whose features images are compared.

An Inception network trained on photographs knows little about digits. This one was trained on the
very set that it measures, by `python -m gancourse.score.fit_ruler mnist`.
"""

import functools
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse import machine, nets
from gancourse.data import image_set
from gancourse.data.enlarged import Enlarged
from gancourse.data.folders import Folder
from gancourse.errors import InputError
from gancourse.score.pixel_ruler import PixelRuler, ruler_of
from gancourse.store import load_tensors, save_tensors

WEIGHTS = Path(__file__).with_name("weights")
FORMAT = "gancourse-ruler-1"
CHUNK = 500  # images at a time; fixed, so that the numbers are always the same


class Ruler(nn.Module):
    """A classifier of images [N, 1, 28, 28] in [-1, 1]: 64 features, then 10 logits.

    138,474 parameters: three 3 x 3 convolutions with batch norm, two poolings, two dense layers.
    """

    num_features, shape, note = 64, nets.IMAGE, ""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            *_block(1, 32), nn.MaxPool2d(2),  # 14 x 14
            *_block(32, 64), nn.MaxPool2d(2),  # 7 x 7
            *_block(64, 32), nn.Flatten(), nn.Dropout(0.3),
            nn.Linear(32 * 49, self.num_features), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(self.num_features, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features [N, 64] of images [N, 1, 28, 28]."""
        return self.body(x)

    def logits(self, x: Tensor) -> Tensor:
        """Return the logits [N, 10] of images [N, 1, 28, 28]."""
        return self.head(self(x))


def _block(n_in: int, n_out: int) -> list[nn.Module]:
    conv = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(n_out), nn.ReLU()]


@functools.cache
def load_ruler(data: str = "mnist") -> Ruler | PixelRuler:
    """Return the shipped classifier for the image set `data`, in evaluation mode.

    The embedded digits are measured with MNIST's; a folder of pictures, and sets at another side
    than 28, by their pixels' principal components. Raises InputError for an unknown set, and for
    one that has no ruler.
    """
    entry = image_set(data)
    if isinstance(entry, (Folder, Enlarged)):
        return ruler_of(entry.name)
    name = entry.ruler
    if name is None:
        raise InputError(
            f"The image set {data!r} has no ruler, the classifier that scores and class directions "
            "need: train one with `python -m gancourse.score.fit_ruler`, and name it in IMAGE_SETS."
        )
    path = WEIGHTS / f"{name}.safetensors"
    tensors, metadata = load_tensors(path)
    ruler = Ruler()
    nets.load_weights(ruler, tensors, path)
    ruler.card = {k: v for k, v in metadata.items() if k != "format"}
    machine.keep_memory()  # without it half of the time goes on fresh pages
    return ruler.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def save_ruler(ruler: Ruler, path: str | Path, **card: str) -> Path:
    """Write a classifier's weights to a safetensors file, with lines for its card."""
    return save_tensors(path, ruler.state_dict(), {**card, "format": FORMAT})


def features(ruler: Ruler | PixelRuler, images: Tensor) -> Tensor:
    """Return the features [N, 64] of images [N, 1, 28, 28]: uint8, or floats in [-1, 1]."""
    return _by_chunk(ruler, images)


def classify(ruler: Ruler | PixelRuler, images: Tensor) -> Tensor:
    """Return the logits [N, 10] of images [N, 1, 28, 28]: uint8, or floats in [-1, 1]."""
    return ruler.head(_by_chunk(ruler, images))


@torch.no_grad()
def _by_chunk(ruler: Ruler | PixelRuler, images: Tensor) -> Tensor:
    if images.dim() != 4 or tuple(images.shape[1:]) != ruler.shape:
        wanted = ", ".join(map(str, ruler.shape))
        raise InputError(
            f"Images must have the shape [N, {wanted}], and {list(images.shape)} was given: "
            "reshape them."
        )
    parts = [ruler(_scaled(part)) for part in images.cpu().split(CHUNK)]
    return torch.cat(parts) if parts else torch.empty(0, ruler.num_features)


def _scaled(images: Tensor) -> Tensor:
    return images / 127.5 - 1 if images.dtype == torch.uint8 else images.float()
