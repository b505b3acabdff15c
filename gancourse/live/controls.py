"""Controls: what a person moves. Each knows its label, its range, and how its value reads."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from gancourse.errors import choose


@dataclass(frozen=True)
class Slider:
    """A number from `low` to `high` in steps. `shown=False`: only a grip on the chart moves it.

    `unit` stands behind the number.
    """

    label: str
    low: float
    high: float
    step: float
    value: float
    unit: str = ""
    shown: bool = True

    @property
    def digits(self) -> int:
        exponents = [Decimal(str(v)).normalize().as_tuple().exponent for v in (self.step, self.low)]
        return max(0, -min(exponents))

    def clean(self, value: float) -> float:
        """Return `value` on the slider's steps and inside of its range."""
        steps = round((float(value) - self.low) / self.step)
        return round(float(np.clip(self.low + steps * self.step, self.low, self.high)), 10)

    def text(self, value: float) -> str:
        return f"{value:.{self.digits}f}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Choice:
    """One of a few named options."""

    label: str
    options: tuple[str, ...]
    value: str
    shown: bool = True

    def clean(self, value: str) -> str:
        return choose(self.label, value, self.options)

    def text(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class LogSlider:
    """A positive number on a logarithmic scale, from `low` to `high`."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Switch:
    """Something that is on or off."""

    label: str


Control = Slider | Choice | LogSlider | Switch


@dataclass(frozen=True)
class Tab:
    """What a tab below the picture holds: buttons (action: label) and controls by name."""

    title: str
    controls: dict[str, Control]
    buttons: dict[str, str]
