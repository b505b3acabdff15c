"""Which runs a sweep has: from what was typed to one task for each, or a sentence that objects."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints

from gancourse.errors import InputError, choose
from gancourse.train import Recipe, get_preset
from gancourse.train.state import State

BETWEEN = re.compile(r",(?![^\[]*\])")  # the commas between values, not those within a list
MOST = 10_000  # runs of one sweep: more are a slip of the keyboard
# Fields of a recipe that are no settings: other options, the data or the processes say them.
FIXED = ("net", "G", "D", "precision", "classes", "sync_norm")


@dataclass(frozen=True)
class Task:
    """One run: a preset with `changes` of its recipe, a seed, and how it is trained and scored."""

    preset: str
    changes: dict[str, Any]  # by a field's name, or "D.width" for an option of a net
    seed: int
    data: str
    out: Path  # the sweep's folder
    steps: int = 1000
    n: int = 1000  # samples that are scored
    save_every: int = 200
    device: str | None = None
    precision: str | None = None
    recipe: Recipe = field(init=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "recipe", get_preset(self.preset, **self._fields()))

    def _fields(self) -> dict[str, Any]:
        """Return the changes by field: an option of a net goes into what the preset has."""
        found, preset = {}, get_preset(self.preset)
        for name, value in self.changes.items():
            player, _, option = name.partition(".")
            options = found.get(player, getattr(preset, player))
            found[player] = {**options, option: value} if option else value
        return found

    @property
    def name(self) -> str:
        """The name of its folder, of plain characters."""
        parts = [f"{name}={_text(value)}" for name, value in self.changes.items()]
        parts += [] if self.data == "mnist" else [f"data={self.data}"]
        return re.sub(r"[^\w.=+-]", "_", "-".join([self.preset, *parts, f"seed={self.seed}"]))

    @property
    def folder(self) -> Path:
        return self.out / self.name

    def key(self) -> dict:
        """Return all that decides its numbers, as JSON gives it back."""
        facts = {"recipe": asdict(self.recipe), "data": self.data, "seed": self.seed,
                 "steps": self.steps, "n": self.n, "precision": self.precision}  # fmt: skip
        return json.loads(json.dumps(facts))


def planned(
    presets: Iterable[str], settings: Iterable[str], seeds: str, data: str, out: Path, **more
) -> list[Task]:
    """Return a task for each preset, each combination of settings and each seed.

    `settings` are such as "lr_D=1e-3,2e-3", "betas=0:0.9" or "augment=translation+cutout", `seeds`
    such as "0-2" or "0,3,7". Raises InputError for whatever no run can have, before anything runs:
    the nets of each combination are built once.
    """
    numbers, grid = seeds_of(seeds), _grid(settings)
    presets = list(dict.fromkeys(presets))
    if len(presets) * len(grid) * len(numbers) > MOST:
        raise InputError(
            f"A sweep has at most {MOST:,} runs, and this one would have more: give fewer values "
            "or seeds."
        )
    kinds = [(preset, changes) for preset in presets for changes in grid]
    tasks = [
        Task(preset, changes, seed, data, out, **more)
        for preset, changes in kinds
        for seed in numbers
    ]
    for task in tasks[:: len(numbers)]:
        _built(task)
    return tasks


def _built(task: Task) -> None:
    """Raise InputError where the task's nets cannot be built."""
    try:
        State(task.recipe, task.seed, "meta", "fp32")
    except (TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        given = ", ".join(f"{name}={_text(value)}" for name, value in task.changes.items())
        raise InputError(
            f"No nets of {task.preset} can be built with {given} ({error}): correct --set."
        ) from None


def seeds_of(text: str) -> list[int]:
    """Return the seeds that "0-2,7" names: [0, 1, 2, 7]. Raises InputError for another text."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < 2**32 or last - first >= MOST:
            raise InputError(
                f"Seeds are numbers such as 0-2 or 0,3,7, and {text!r} was given: give such ones."
            )
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def _grid(settings: Iterable[str]) -> list[dict[str, Any]]:
    """Return each combination of the settings' values."""
    choices: dict[str, list] = {}
    for setting in settings:
        name, equals, values = setting.partition("=")
        name = name.strip()
        if not equals or not values.strip():
            raise InputError(
                f"A setting is a name and its values, and {setting!r} was given: give e.g. "
                "--set lr_D=1e-3,2e-3."
            )
        if name in choices:
            raise InputError(
                f"The setting {name} is there twice: give all its values in one --set, with commas."
            )
        found = [_value(name, text.strip()) for text in BETWEEN.split(values)]
        choices[name] = list({str(value): value for value in found}.values())
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def _value(name: str, text: str) -> Any:
    """Return the value that a text means for a field of the recipe, or raise InputError."""
    player, dot, option = name.partition(".")
    if dot and player in ("G", "D") and option:
        return _plain(text)
    known = [each.name for each in fields(Recipe) if each.name not in FIXED]
    kind = get_type_hints(Recipe)[choose("setting", name, [*known, "G.OPTION", "D.OPTION"])]
    try:
        return _as(kind, text)
    except ValueError:
        raise InputError(
            f"{name} is {_KINDS.get(kind, 'two numbers with a colon between')}, and {text!r} was "
            "given: correct --set."
        ) from None


_KINDS = {float: "a number", int: "a whole number", bool: "true or false", str: "a name"}


def _as(kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError
        return text.lower() == "true"
    if kind in (int, float):
        return kind(text)
    if "tuple" in str(kind):
        first, second = text.split(":")
        return float(first), float(second)
    return text.replace("+", ",")  # names that a recipe joins with commas


def _plain(text: str) -> Any:
    """Return a number, true, false, null or a list as JSON has it; else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ":".join(f"{part:g}" for part in value)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def settings_text(changes: dict[str, Any]) -> dict[str, str]:
    """Return the changes as they were typed."""
    return {name: _text(value) for name, value in changes.items()}
