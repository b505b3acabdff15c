"""When a recorder looks closely, and whose turn at the nets it is. Lesson 10.

The turns that are looked at are found by counting, not by a watch, so that a run that is recorded
twice gives the same signals. They are denser at the start, where short runs end; what a look does
is bounded by what a turn does, and so its share of the run's time is bounded, too. A player that
steps in every fifth turn is waited for: its step falls into the turn that is measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager

EVERY, START, LATER = 20, 240, 160  # turns between two close looks; up to START, and from there on
LOOK = 150  # turns between two draws of samples


class Clock:
    """Which turn it is, and who uses the nets: the training, the sampling, or the recorder.

    Two turns of every EVERY or LATER are `near`, one to warm up; the second is `measured`.
    """

    def __init__(self):
        self.turn, self.user = 0, "training"  # or "sampling" or "recorder"
        self.first = 0  # of the two turns of the last look, or of the next one
        self.steps = {}  # by player: the turn of its last step, and how many turns before it
        self._face()

    def stepped(self, who: str) -> None:
        """Note that a player steps in this turn."""
        last, gap = self.steps.get(who, (self.turn - 1, 1))
        if last < self.turn:
            gap = self.turn - last
        self.steps[who] = self.turn, gap

    def tick(self) -> None:
        """Begin the next turn."""
        self.turn += 1
        every = EVERY if self.turn < START else LATER
        if self.turn % every == 0:
            last, gap = max(self.steps.values(), key=lambda step: step[1], default=(0, 1))
            wait = (last - self.turn - 1) % min(gap, every - 2)
            self.first = self.turn + wait
        self._face()

    def _face(self) -> None:
        """Set what every hook reads: plain attributes, for they are read many times a turn."""
        place, training = self.turn - self.first, self.user == "training"
        self.near, self.measured = training and 0 <= place < 2, training and place == 1

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
