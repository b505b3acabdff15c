"""Where a learner is in latent space: a plane, two more directions, pins.

The maths is `gancourse.maths.latent`'s; `pictures` and `page` show it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gancourse import score
from gancourse.data import image_set
from gancourse.errors import InputError, choose
from gancourse.live.controls import Choice, Slider
from gancourse.maths import latent

REACH, STEP = 3.0, 0.05  # of the pad, from its middle; and of all moves
NEIGHBOURS = torch.linspace(-2, 2, 9)  # steps along the last direction, the present z in the middle
BETWEEN = 12  # steps of a film from one pin to the next
PRINCIPAL = 6  # directions that are offered, at most
WAYS = {"arc": latent.slerp, "straight line": latent.lerp}
GROUPS = ("a", "b", "c")
MOVES = ("u", "v", "by_1", "by_2")  # the steps, and the control that names each one's direction
ALONG = dict(zip(MOVES, ("across", "up", "along_1", "along_2"), strict=True))


@dataclass(frozen=True, eq=False)
class Pin:
    """A point that is kept, alone or in a group of the arithmetic (a, b, c)."""

    z: Tensor  # [z_dim]
    group: str = ""


class Directions:
    """Named directions of one latent space; what needs G is worked out when first asked for.

    `still` returns a copy of G that nobody trains.
    """

    def __init__(self, still: Callable[[], nn.Module], data: str, shape: tuple[int, ...]):
        self._still, self._data = still, data
        principal = [f"principal {i + 1}" for i in range(min(PRINCIPAL, _first_width(still())))]
        images = image_set(data)  # a ruler says which class a picture is of
        known = images.measured and shape == images.shape and len(images.class_names) > 1
        classes = images.class_names if known else ()
        self.names = ("random 1", "random 2", *principal, *(f"class {name}" for name in classes))
        self._known: dict[str, Tensor] = {}

    def draw(self, plane: latent.Plane) -> None:
        """Take the random directions from a plane; the others are read from G again when needed."""
        self._known = {"random 1": plane.right, "random 2": plane.up}

    def __getitem__(self, name: str) -> Tensor:
        if choose("direction", name, self.names) not in self._known:
            self._known |= self._measured(name.split()[0])
        return self._known[name]

    def at_hand(self) -> dict[str, Tensor]:
        """Return the directions [z_dim] by name that need no picture: known or principal."""
        found = [n for n in self.names if n in self._known or n.startswith("principal")]
        return {name: self[name] for name in found}

    def _measured(self, kind: str) -> dict[str, Tensor]:
        names = [name for name in self.names if name.startswith(kind)]
        if kind == "principal":
            found = latent.pca_directions(self._still(), len(names))
        else:
            classify = partial(score.classify, score.load_ruler(self._data))
            found = latent.class_directions(self._still(), classify)
        return dict(zip(names, found, strict=True))


def _first_width(G) -> int:
    layers = G.modules() if isinstance(G, nn.Module) else ()
    first = next((m.in_features for m in layers if isinstance(m, nn.Linear)), 0)
    return min(first, getattr(G, "z_dim", first))


class Steering:
    """The point z [z_dim], and what moves it. `origin` is where the pad's middle lies."""

    def __init__(self, z_dim: int, directions: Directions, seed: int):
        self.z_dim, self.directions = z_dim, directions
        names, last = directions.names, directions.names[2:] or directions.names
        step, wide = {"step": STEP, "value": 0.0}, {"low": -REACH, "high": REACH}
        self.controls = {
            "u": Slider("across", **wide, **step),
            "v": Slider("up", **wide, **step),
            "across": Choice("direction across", names, names[0]),
            "up": Choice("direction up", names, names[1]),
            "by_1": Slider("first direction, steps", **wide, **step),
            "along_1": Choice("first direction", names, last[0]),
            "by_2": Slider("second direction, steps", **wide, **step),
            "along_2": Choice("second direction", names, last[1]),
            "way": Choice("way between pins", tuple(WAYS), "arc"),
            "place": Slider("place in the film", 0.0, 1.0, 0.01, 0.0),
        }
        self.values = {key: c.value for key, c in self.controls.items()}
        self.pins: list[Pin] = []
        self.last = "u"  # the move that was made last
        self.new_seed(seed)

    def new_seed(self, seed: int) -> None:
        """Go to another random z, with other random directions; the pins stay."""
        plane = latent.random_plane(self.z_dim, seed)
        self.seed = seed
        self.directions.draw(plane)
        self.go_to(plane.origin)

    def go_to(self, z: Tensor) -> None:
        """Make z [z_dim] the middle of the pad, and go there."""
        if not isinstance(z, Tensor) or z.shape != (self.z_dim,) or not z.isfinite().all():
            raise InputError(
                f"z is a tensor of {self.z_dim} finite numbers here, and "
                f"{list(z.shape) if isinstance(z, Tensor) else z!r} was given: give such a tensor."
            )
        self.origin = z.detach().float().cpu().clone()
        self.values |= dict.fromkeys(MOVES, 0.0)

    @property
    def plane(self) -> latent.Plane:
        """The pad's plane, the steps along the two other directions taken."""
        origin = self.origin
        for move in MOVES[2:]:
            if self.values[move]:
                origin = origin + self.values[move] * self.along(move)
        return latent.Plane(origin, self.along("u"), self.along("v"))

    @property
    def z(self) -> Tensor:
        """The present point [z_dim]."""
        return self.plane.at(self.values["u"], self.values["v"])

    def along(self, move: str) -> Tensor:
        """Return the direction [z_dim] of a move."""
        return self.directions[self.values[ALONG[move]]]

    def directions_at_hand(self) -> list[Tensor | None]:
        """Return the direction [z_dim] of each move; None for one that is not worked out yet."""
        known = self.directions.at_hand()
        return [known.get(self.values[ALONG[move]]) for move in MOVES]

    def neighbours(self) -> Tensor:
        """Return the points [9, z_dim] around z on the line of the last move."""
        return self.z + NEIGHBOURS[:, None] * self.along(self.last)

    def set(self, key: str, value) -> None:
        """Change a control: a move, a direction, or the film's way and place.

        Raises InputError for one that is not there, for a value that is none of its, for a pad with
        the same direction both ways, and for a film of fewer than two pins.
        """
        control = self.controls[choose("control of LatentExplorer", key, self.controls)]
        wanted = self.values | {key: _clean(control, value)}
        if wanted["across"] == wanted["up"]:
            raise InputError(
                f"A plane needs two directions, and {wanted['up']} was chosen for both: choose "
                "another one for one of them."
            )
        if key == "place":
            self.go_to(self.film_at(torch.tensor([wanted[key]]), wanted["way"])[0])
        elif key in ALONG.values():
            self.directions[wanted[key]]  # before anything is kept: it may fail
        self.values[key] = wanted[key]
        self.last = key if key in MOVES else self.last

    def change(self, key: str, value) -> None:
        """Change a control, `at` (u, v), `z` [z_dim], or go to the kept point of number `go`.

        Raises InputError as `set` and `go_to` do, and for a value that is none of its.
        """
        if key == "at":
            self._move(value)
        elif key == "z":
            self.go_to(value)
        elif key == "go":
            self.go_to(self._kept_at(value))
        else:
            self.set(key, value)

    def _move(self, at) -> None:
        """Go to (u, v); the neighbours lie along the one that changed more."""
        if not isinstance(at, list | tuple) or len(at) != 2:
            raise InputError(
                f"A place on the pad is a pair (u, v), and {at!r} was given: give one."
            )
        wanted, before = dict(zip("uv", at, strict=True)), dict(self.values)
        for key in sorted(wanted, key=lambda key: abs(wanted[key] - before[key])):
            if wanted[key] != before[key]:
                self.set(key, wanted[key])

    def kept(self) -> dict[str, Tensor]:
        """Return the points [z_dim] to go back to by name: the pins, and the groups' averages."""
        pins = enumerate(self.pins, 1)
        named = {f"pin {i}{pin.group and f' ({pin.group})'}": pin.z for i, pin in pins}
        return named | {f"average of {group}": z for group, z in self.averages().items()}

    def _kept_at(self, index: int) -> Tensor:
        points = list(self.kept().values())
        if not isinstance(index, int) or not 0 <= index < len(points):
            raise InputError(f"There is no pin at {index!r} to go to: there are {len(points)}.")
        return points[index]

    def pin(self, group: str = "") -> None:
        """Keep the present z, alone or in a group of the arithmetic; InputError for another one."""
        self.pins.append(Pin(self.z.clone(), choose("group", group, ("", *GROUPS))))

    def unpin(self) -> None:
        """Take the last pin away, if there is one."""
        del self.pins[-1:]

    def sentence(self) -> str:
        """Return in a sentence where z is on the pad, and along which other directions."""
        moved = [m for m in MOVES if self.values[m] or m in "uv"]
        steps = [f"{self.values[m]:+.2f} along {self.values[ALONG[m]]}" for m in moved]
        return f"{', '.join(steps)}."

    def at(self) -> str:
        """Return in short where z is on the pad."""
        return ", ".join(f"{self.values[m]:+.2f} {self.values[ALONG[m]]}" for m in "uv")

    def film_at(self, t: Tensor, way: str | None = None) -> Tensor:
        """Return the points [T, z_dim] at t [T], from 0 at the first pin to 1 at the last."""
        pins = [pin.z for pin in self.pins]
        if len(pins) < 2:
            raise InputError(f"A film goes from pin to pin, and there are {len(pins)}: pin two.")
        between = WAYS[way or self.values["way"]]
        leg = (t * (len(pins) - 1)).clamp(max=len(pins) - 1.0)
        first = leg.long().clamp(max=len(pins) - 2)
        return torch.stack(
            [between(pins[i], pins[i + 1], s - i) for i, s in zip(first.tolist(), leg, strict=True)]
        )

    def film(self, frames: int = BETWEEN) -> Tensor:
        """Return the points [T, z_dim] of the film, `frames` from each pin to the next."""
        return self.film_at(torch.linspace(0, 1, frames * max(1, len(self.pins) - 1) + 1))

    def averages(self) -> dict[str, Tensor]:
        """Return the average z [z_dim] of each group that has pins."""
        groups = {g: [pin.z for pin in self.pins if pin.group == g] for g in GROUPS}
        return {g: latent.average(torch.stack(z)) for g, z in groups.items() if z}

    def combined(self) -> Tensor:
        """Return a - b + c [z_dim] of the groups' averages; InputError where a group is empty."""
        averages = self.averages()
        missing = [g for g in GROUPS if g not in averages]
        if missing:
            raise InputError(
                f"a - b + c needs pins in each group, and {' and '.join(missing)} "
                f"{'has' if len(missing) == 1 else 'have'} none: pin some there."
            )
        return latent.combine(*(averages[g] for g in GROUPS))


def _clean(control: Slider | Choice, value):
    try:
        return control.clean(value)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{control.label} is a number from {control.low:g} to {control.high:g}, and {value!r} "
            "was given: give a number."
        ) from None
