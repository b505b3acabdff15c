"""When a recorder looks closely, and whose turn at the nets it is. Lesson 10.

The turns that are looked at are fixed beforehand, not by a watch, so that a run that is recorded
twice gives the same signals. They are denser at the start, where short runs end; what a look does
is bounded by what a turn does, and so its share of the run's time is bounded, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

EVERY, START, LATER = 20, 300, 60  # turns between two close looks; up to START, and from there on
LOOK = 150  # turns between two draws of samples


@dataclass
class Clock:
    """Which turn it is, and who uses the nets: the training, the sampling, or the recorder.

    Two turns of every EVERY or LATER are looked at closely, one to warm up.
    """

    turn: int = 0
    user: str = "training"  # or "sampling" or "recorder"

    @property
    def near(self) -> bool:
        return self.user == "training" and self.turn % self._every < 2

    @property
    def measured(self) -> bool:
        return self.user == "training" and self.turn % self._every == 1

    @property
    def _every(self) -> int:
        return EVERY if self.turn < START else LATER

    @contextmanager
    def used_by(self, user: str) -> Iterator[None]:
        """In this block the nets run for the recorder, or for its draw of samples."""
        was, self.user = self.user, user
        try:
            yield
        finally:
            self.user = was
