"""Steps in a thread: an error is kept, and showing has its share of the time."""

import pytest
from watching import Clock, interrupts, with_a_page  # noqa: F401

from gancourse.live.run.background import Background


def test_a_background_keeps_its_error_and_can_start_again():
    taken = []

    def step():
        taken.append(len(taken))
        if len(taken) == 3:
            raise ValueError("third")

    runner = Background(step, lambda: len(taken) >= 6, lambda: None)
    runner.start()
    with pytest.raises(ValueError, match="third"):
        runner.wait()
    runner.start()
    runner.wait()
    assert (runner.status, len(taken)) == ("finished", 6)


def test_showing_takes_at_most_a_tenth_of_the_time(environment):
    shown, clock = [], Clock()
    environment.setattr("gancourse.live.run.background.perf_counter", clock)
    runner = Background(lambda: clock.pass_by(0.001), lambda: runner.spent > 1.2,
                        lambda: (clock.pass_by(0.05), shown.append(1)))  # fmt: skip
    runner.run_here()
    assert len(shown) <= 4 + 3  # at the start, in the first step, twice at the end; else each 0.5 s
