"""When a recorder looks closely, and whose turn at the nets it is. Lesson 10.

The turns that are looked at are fixed beforehand, not by a watch, so that a run that is recorded
twice gives the same signals. They are denser at the start, where short runs end; what a look does
is bounded by what a turn does, and so its share of the run's time is bounded, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager

EVERY, START, LATER = 20, 240, 80  # turns between two close looks; up to START, and from there on
LOOK = 150  # turns between two draws of samples


class Clock:
    """Which turn it is, and who uses the nets: the training, the sampling, or the recorder.

    Two turns of every EVERY or LATER are `near`, one to warm up; the second is `measured`.
    """

    def __init__(self):
        self.turn, self.user = 0, "training"  # or "sampling" or "recorder"
        self._face()

    def tick(self) -> None:
        """Begin the next turn."""
        self.turn += 1
        self._face()

    def _face(self) -> None:
        """Set what every hook reads: plain attributes, for they are read many times a turn."""
        place = self.turn % (EVERY if self.turn < START else LATER)
        training = self.user == "training"
        self.near, self.measured = training and place < 2, training and place == 1

    @contextmanager
    def used_by(self, user: str) -> Iterator[None]:
        """In this block the nets run for the recorder, or for its draw of samples."""
        was, self.user = self.user, user
        self._face()
        try:
            yield
        finally:
            self.user = was
            self._face()
