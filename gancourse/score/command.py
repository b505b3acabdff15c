"""What `gancourse score` does: draw, score, write `score.json` and a picture for each generator."""

from collections.abc import Mapping
from pathlib import Path

from torch import nn

from gancourse import plots, store
from gancourse.data import image_set, load_images
from gancourse.errors import InputError, at_least
from gancourse.score import copies, draws, images
from gancourse.score.ruler import load_ruler

SHOWN = 32  # samples in the picture


def score(
    generators: Mapping[str, nn.Module], data: str | None, n: int, seed: int, count: int, out: Path
) -> list[draws.Draws]:
    """Return the scores of `count` draws of n samples from each generator; write them into `out`.

    `data` None: the set that their cards name. Raises InputError where the cards name two, and as
    `score_draws` does, before anything is written.
    """
    at_least("--n", n, images.LEAST)
    at_least("--draws", count, 1)
    by_card, data = data is None, data or _data_of(generators)
    _there(data, by_card)
    found = [draws.score_draws(name, G, data, n, seed, count) for name, G in generators.items()]
    store.make_folder(out)
    for place, (G, each) in enumerate(zip(generators.values(), found, strict=True), 1):
        name = "score.png" if len(found) == 1 else f"score-{place}.png"
        _picture(G, each.reports[0]).save(out / name)
    store.write_whole(out / "score.json", draws.to_json(found).encode())
    return found


def _there(data: str, by_card: bool) -> None:
    """Raise InputError for an unknown set, before anything is done; a folder may have moved."""
    try:
        image_set(data)
        load_ruler(data)
    except InputError as error:
        if not by_card:
            raise
        raise InputError(
            f"The generator was trained on {data}: {error} If they are elsewhere now, name them "
            "with --data."
        ) from None


def _data_of(generators: Mapping[str, nn.Module]) -> str:
    """Return the one set that the generators' cards name; MNIST where a card names none."""
    cards = {name: getattr(G, "card", {}).get("data", "mnist") for name, G in generators.items()}
    if len(set(cards.values())) > 1:
        each = ", ".join(f"{name} for {data}" for name, data in cards.items())
        raise InputError(
            f"Generators are compared on one set of images, and these were trained for several "
            f"({each}): name one with --data."
        )
    return next(iter(cards.values()))


def _picture(G: nn.Module, report: images.ImageReport) -> plots.Picture:
    """Return samples above their nearest training images, and the share of each class."""
    train_set = images.few_enough(load_images(report.data))
    x = images.draw(G, SHOWN, report.seed, shape=tuple(train_set.images.shape[1:]))
    nearest = train_set.images[copies.nearest(x, train_set)[1][:, 0]]
    shares = dict(zip(report.class_names, report.shares, strict=True))
    title = f"FID {report.fid:.1f}, precision {report.precision:.2f}, recall {report.recall:.2f}"
    return plots.score_card(x, nearest, shares, title)
