"""The tape: operations as they were done, each once; and the decisions that a run took."""

from collections.abc import Callable

import numpy as np


class RecordingError(ValueError):
    """Something was done to a recorded number that cannot be replayed; the message says what."""


class NeedsValue(Exception):
    """A control's plain value was asked for: the control is gone through, value by value."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


class Tape:
    """Nodes [operation, inputs, settings], each kept once, and the arrays that do not change.

    An input is a node's number. `ragged` holds the nodes whose length depends on the controls.
    """

    def __init__(self):
        self.nodes: list[list] = []
        self.constants: list[np.ndarray] = []
        self.ragged: set[int] = set()
        self.controls: dict[int, str] = {}  # node: the control's key
        self.sliders: dict = {}  # by key
        self._known: dict = {}
        self.path: list[tuple[int, bool]] = []  # what was decided in this run, at which node
        self.script: tuple[bool, ...] = ()  # what is to be decided first
        self.whole = True  # decisions may be taken here

    def node(self, op: str, inputs=(), settings=None) -> int:
        """Return the number of an operation's node, a new one if it was never done so."""
        key = (op, tuple(inputs), repr(settings))
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append([op, list(inputs), settings] if settings is not None else
                              [op, list(inputs)])  # fmt: skip
            if any(i in self.ragged for i in inputs) and op not in ("sum", "max", "min"):
                self.ragged.add(self._known[key])
        return self._known[key]

    def constant(self, value) -> int:
        """Return the node of an array that does not change."""
        array = np.asarray(value, dtype=np.float64)
        key = ("constant", array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.node("constant", (), len(self.constants))
            self.constants.append(array)
        return self._known[key]

    def control(self, key: str, slider) -> int:
        """Return the node of a slider's value."""
        number = self.node("control", (), key)
        self.controls[number], self.sliders[key] = key, slider
        return number

    def structure(self, inputs: list[int], shapes: list, arrange: Callable) -> "list | int":
        """Record a function that only moves numbers: `arrange` is called with their places.

        It returns one array of places, or a sequence of them; so does this, with nodes.
        """
        if self.ragged.intersection(inputs):
            raise RecordingError("what has no fixed length is cut or joined")
        places, start = [], 0
        for shape in shapes:
            size = int(np.prod(shape))
            places.append(np.arange(start, start + size).reshape(shape))
            start += size
        out = arrange(places)
        many = isinstance(out, list | tuple)
        nodes = [self._take(inputs, np.asarray(one)) for one in (out if many else [out])]
        return nodes if many else nodes[0]

    def _take(self, inputs: list[int], places: np.ndarray) -> int:
        return self.node("take", inputs, [list(places.shape), runs(places.ravel())])

    def decide(self, node: int, found: bool) -> bool:
        """Return how a condition stands in this run, and note it."""
        if not self.whole:
            raise RecordingError("a repeated step decides")
        for known, outcome in self.path:
            if known == node:
                return outcome
        n = len(self.path)
        outcome = self.script[n] if n < len(self.script) else found
        self.path.append((node, outcome))
        return outcome


def runs(places: np.ndarray) -> list[int]:
    """Return places as runs in a flat list: first place, step and count of each."""
    out, i, n = [], 0, len(places)
    while i < n:
        step = int(places[i + 1] - places[i]) if i + 1 < n else 0
        j = i + 1
        while j < n and places[j] - places[j - 1] == step:
            j += 1
        out += [int(places[i]), step, j - i]
        i = j
    return out
