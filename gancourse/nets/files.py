"""Weights in files: save a generator, load it again, and the ones that come with the course."""

import json
import re
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse import course
from gancourse.errors import InputError, choose
from gancourse.nets.table import make_generator
from gancourse.store import load_tensors, save_tensors

FORMAT = "gancourse-generator-2"
SHIPPED = Path(__file__).parent / "weights"


def save_generator(G: nn.Module, path: str | Path, **card: str) -> Path:
    """Write the weights of a generator made by `make_generator` to a safetensors file.

    The file holds what is needed to build the net again; `card` adds lines such as data and seed.
    """
    return save_tensors(path, G.state_dict(), {**card, **metadata_of(G)})


def metadata_of(G: nn.Module) -> dict[str, str]:
    """Return what a generator's file says of how to build it again; InputError where G does not."""
    if not hasattr(G, "recipe"):
        raise InputError(
            f"This {type(G).__name__} does not say how to build it again: make it with "
            "gancourse.nets.make_generator."
        )
    return {"format": FORMAT, "recipe": json.dumps(G.recipe, sort_keys=True)}


def load_generator(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """Return the generator in a file that `save_generator` wrote, in evaluation mode.

    Raises InputError for another kind of file, and for weights that do not fit the recipe.
    """
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{path} holds tensors but no generator of gancourse: give a generator.safetensors "
            "that `gancourse train` wrote."
        )
    try:
        recipe = json.loads(metadata["recipe"])
        G = make_generator(recipe["net"], **recipe["options"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path} does not say how to build its generator ({error}): give a file that "
            "`gancourse train` wrote."
        ) from None
    load_weights(G, tensors, path)
    G.card = {k: v for k, v in metadata.items() if k not in ("format", "recipe")}
    return G.to(device).eval()


def load_weights(net: nn.Module, tensors: dict[str, Tensor], path: str | Path) -> None:
    """Copy `tensors` into `net`; raise InputError that names the first misfit and the file."""
    own = {name: list(t.shape) for name, t in net.state_dict().items()}
    given = {name: list(t.shape) for name, t in tensors.items()}
    if own != given:
        name = next(n for n in sorted(own.keys() | given.keys()) if own.get(n) != given.get(n))
        raise InputError(
            f"{path} holds weights of another net: {name} is {given.get(name, 'missing')} in the "
            f"file and {own.get(name, 'unknown')} in {type(net).__name__}; give matching weights."
        )
    net.load_state_dict(tensors)


def shipped() -> list[str]:
    """Return the names of the generators that come with the course."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def load_shipped(name: str) -> nn.Module:
    """Return a generator that comes with the course, trained, in evaluation mode ("mnist").

    The file's `card` and the .md beside it say how it was trained. Raises InputError for an
    unknown name.
    """
    return load_generator(SHIPPED / f"{choose('shipped generator', name, shipped())}.safetensors")


def shipped_card(name: str) -> dict[str, str]:
    """Return what the card beside a shipped generator's weights says, by its headings.

    They are Net, Data, Command, Time, Scores and more. Raises InputError for an unknown name.
    """
    path = SHIPPED / f"{choose('shipped generator', name, shipped())}.md"
    items = re.findall(r"^- \*\*(.+?):?\*\* (.*(?:\n  .*)*)", path.read_text("utf-8"), re.M)
    return {heading: re.sub(r"\s+", " ", text) for heading, text in items}


def load_any(weights: str | Path) -> nn.Module:
    """Return the generator that `weights` names: a file, a run's folder, or a shipped one's name.

    Raises InputError as `load_generator` does.
    """
    path = Path(weights)
    if not path.exists() and str(weights) in shipped():
        return load_shipped(str(weights))
    return load_generator(path / "generator.safetensors" if path.is_dir() else path)


MINE = "my_generator.safetensors"  # at the top of a working copy


def keep_mine(G: nn.Module, **card: str) -> Path | None:
    """Save a generator in the learner's working copy, for later lessons; None without a copy."""
    copy = course.working_copy()
    return save_generator(G, copy / MINE, **card) if copy else None


def load_mine() -> nn.Module | None:
    """Return the generator that `keep_mine` saved in this working copy, or None."""
    copy = course.working_copy()
    return load_generator(copy / MINE) if copy and (copy / MINE).is_file() else None
