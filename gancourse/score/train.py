"""Train a ruler: `python -m gancourse.score.train mnist --seed 0`. Writes its weights and card.

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
from gancourse.data import ImageSet, load_images
from gancourse.score.ruler import RULERS, WEIGHTS, Ruler, classify, save_ruler

EPOCHS, BATCH, LR = 10, 128, 4e-3

CARD = """# {data}.safetensors

The ruler of {data}: the classifier in whose 64 features the course compares images.

- **Net:** `gancourse.score.Ruler`, {parameters:,} parameters.
- **Data:** the {n:,} training images of {data}, each shifted by up to two pixels.
- **Command:** `python -m gancourse.score.train {data} --seed {seed}`
- **Accuracy:** {accuracy:.2f} % on the {n_test:,} test images, which it never saw in training.
- **Time:** {minutes:.1f} minutes of {threads} CPU threads.
"""


def shifted(images: Tensor, rng: torch.Generator) -> Tensor:
    """Return images [N, 1, 28, 28] as float in [-1, 1], all moved by one random shift of up to 2."""
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


def main() -> None:
    """Train the ruler of one image set; write weights and card into the package or `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=sorted(set(RULERS.values())))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()

    machine.keep_memory()
    images, test = load_images(options.data), load_images(options.data, "test")
    start = time.perf_counter()
    ruler = train_ruler(images, options.seed, options.epochs)
    facts = {
        "data": images.name, "n": len(images), "n_test": len(test), "seed": options.seed,
        "accuracy": 100 * accuracy(ruler, test), "minutes": (time.perf_counter() - start) / 60,
        "parameters": sum(p.numel() for p in ruler.parameters()),
        "threads": torch.get_num_threads(),
    }  # fmt: skip
    path = options.out / f"{images.name}.safetensors"
    save_ruler(ruler, path, **{name: str(facts[name]) for name in ("data", "seed", "accuracy")})
    path.with_suffix(".md").write_text(CARD.format(**facts), encoding="utf-8")
    print(f"{facts['accuracy']:.2f} % of the test images are named rightly; weights in {path}.")


if __name__ == "__main__":
    main()
