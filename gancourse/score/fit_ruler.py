"""Train a ruler: `python -m gancourse.score.fit_ruler mnist`. Writes its weights and card.

Ten epochs of Adam with one cycle of the learning rate, each image shifted by up to two pixels.
"""

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad
from tqdm import tqdm

from gancourse import machine
from gancourse.data import IMAGE_SETS, ImageSet, load_images
from gancourse.errors import InputError
from gancourse.score.ruler import WEIGHTS, Ruler, classify, save_ruler
from gancourse.store import write_whole

EPOCHS, BATCH, LR = 10, 128, 4e-3

CARD = """# {data}.safetensors

The ruler of {data}: the classifier in whose 64 features the course compares images.

- **Net:** `gancourse.score.Ruler`, {parameters:,} parameters.
- **Data:** the {n:,} training images of {data} ({source}), each shifted by up to two pixels.
- **Command:** `python -m gancourse.score.fit_ruler {data} --seed {seed}`; the same seed gives the
  same weights on the same CPU with as many threads.
- **Accuracy:** {accuracy:.2f} % on the {n_test:,} test images, which it never saw in training.
- **Time:** {minutes:.1f} minutes of {threads} CPU threads, beside other work.
"""


def shifted(images: Tensor, rng: torch.Generator) -> Tensor:
    """Return uint8 images [N, 1, 28, 28] as float in [-1, 1], all shifted alike, by up to 2."""
    dx, dy = torch.randint(0, 5, (2,), generator=rng).tolist()
    return pad(images, (2, 2, 2, 2))[..., dy : dy + 28, dx : dx + 28] / 127.5 - 1


def train_ruler(images: ImageSet, seed: int = 0, epochs: int = EPOCHS) -> Ruler:
    """Return a classifier trained on `images`, in evaluation mode; the same seed, the same one."""
    rng = machine.seed_everything(seed)
    ruler = Ruler().to(memory_format=torch.channels_last)
    steps = epochs * (len(images) // BATCH)
    adam = torch.optim.Adam(ruler.parameters(), weight_decay=1e-5)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, LR, steps)
    order = (i for _ in range(epochs) for i in _batches(len(images), rng))
    for index in tqdm(order, total=steps, unit="step"):
        x = shifted(images.images[index], rng)
        loss = cross_entropy(ruler.logits(x), images.labels[index])
        adam.zero_grad()
        loss.backward()
        adam.step()
        cycle.step()
    return ruler.eval()


def _batches(n: int, rng: torch.Generator) -> tuple[Tensor, ...]:
    return torch.randperm(n, generator=rng)[: n // BATCH * BATCH].split(BATCH)


def accuracy(ruler: Ruler, images: ImageSet) -> float:
    """Return the share of images, 0..1, that the classifier names rightly."""
    return (classify(ruler, images.images).argmax(1) == images.labels).float().mean().item()


def write(ruler: Ruler, facts: dict, folder: Path) -> Path:
    """Write weights and card of a ruler into `folder`; `facts` fill the card. Return the weights.

    It is the accuracy in `facts` that both state, in percent.
    """
    facts = facts | {"parameters": sum(p.numel() for p in ruler.parameters())}
    notes = {name: str(facts[name]) for name in ("data", "seed")}
    path = folder / f"{facts['data']}.safetensors"
    save_ruler(ruler, path, **notes, accuracy=f"{facts['accuracy']:.2f}")
    write_whole(path.with_suffix(".md"), CARD.format(**facts).encode())
    return path


def real_images(data: str) -> tuple[ImageSet, ImageSet]:
    """Return training and test images; raise InputError where others would stand in for them."""
    images, test = load_images(data), load_images(data, "test")
    if images.name != data:
        raise InputError(f"A ruler of {data} needs {data} itself, and it is not to be had here.")
    return images, test


def main() -> None:
    """Train the ruler of one image set; write weights and card into the package or `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=sorted(IMAGE_SETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    images, test = real_images(options.data)
    machine.keep_memory()
    start = time.perf_counter()
    ruler = train_ruler(images, options.seed)
    facts = {
        "data": images.name, "source": IMAGE_SETS[images.name].rights, "seed": options.seed,
        "n": len(images), "n_test": len(test), "accuracy": 100 * accuracy(ruler, test),
        "minutes": (time.perf_counter() - start) / 60, "threads": torch.get_num_threads(),
    }  # fmt: skip
    path = write(ruler, facts, options.out)
    print(f"{facts['accuracy']:.2f} % of the test images are named rightly; weights in {path}.")


if __name__ == "__main__":
    main()
