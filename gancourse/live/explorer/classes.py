"""What an explorer of a conditional generator asks for: a class, and a share of a second one."""

import torch
from torch import Tensor

from gancourse import machine
from gancourse.data import image_set
from gancourse.errors import InputError
from gancourse.evaluation import evaluating
from gancourse.live.controls import Choice, Slider
from gancourse.live.explorer.pictures import Pictures, laid_out
from gancourse.nets import OneClass, classes_of
from gancourse.pixels import to_pixels


class Classes:
    """The classes of a conditional generator, and what `G` is asked for at present: see `OneClass`.

    `label` is the class, `towards` a second one, `share` its part from 0 to 1. z is no part of it.
    For a generator that takes no label there are no controls and no names, and `G` is itself.
    """

    def __init__(self, G, data: str):
        count, known = classes_of(G), image_set(data).class_names
        self.G = OneClass(G, 0) if count else G
        self.names = known if len(known) == count else tuple(map(str, range(count)))
        self.controls = _controls(self.names) if count else {}
        self.values = {key: control.value for key, control in self.controls.items()}

    def set(self, key: str, value) -> None:
        """Change a control; a class is given by its name, or by its number as a key has it.

        Another `label` takes the share of the second class back to 0. Raises InputError for a value
        that is none of the control's.
        """
        if key != "share" and type(value) is int:
            value = self._name(value)
        control = self.controls[key]
        try:
            self.values[key] = control.clean(value)
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{control.label} is a number from 0 to 1, and {value!r} was given: give a number."
            ) from None
        if key == "label":
            self.values["share"] = 0.0
        self.G.ask(self.weights())

    def _name(self, number: int) -> str:
        if not 0 <= number < len(self.names):
            raise InputError(
                f"A class is a number from 0 to {len(self.names) - 1} here, and {number} was "
                "given: give one of them."
            )
        return self.names[number]

    def weights(self) -> Tensor:
        """Return the weights of the classes [K] that G is asked for."""
        first, second = (self.names.index(self.values[key]) for key in ("label", "towards"))
        each, share = torch.eye(len(self.names)), self.values["share"]
        return (1 - share) * each[first] + share * each[second]

    def sentence(self) -> str:
        """Return in a sentence what G is asked for; "" where it takes no label."""
        if not self.names:
            return ""
        first, second, share = (self.values[key] for key in ("label", "towards", "share"))
        part = f"{1 - share:.2f} of class {first}, {share:.2f} of class {second}."
        return part if share else f"Class {first}."

    @torch.no_grad()
    def row(self, pictures: Pictures, z: Tensor) -> Tensor:
        """Return what G makes of one z [z_dim] for each class, as `laid_out`, uint8 [K, S, S]."""
        G, each = self.G.G, torch.eye(len(self.names))
        with pictures.lock, machine.one_thread(), evaluating(G):
            device = next(G.parameters()).device
            x = G(z.expand(len(each), -1).to(device), each.to(device))
        return laid_out(to_pixels(x.float().cpu()))


def _controls(names: tuple[str, ...]) -> dict[str, Choice | Slider]:
    return {
        "label": Choice("class", names, names[0]),
        "towards": Choice("second class", names, names[1]),
        "share": Slider("share of the second", 0.0, 1.0, 0.05, 0.0),
    }
