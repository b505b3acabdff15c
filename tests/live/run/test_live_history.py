"""A run's curves for a page: thinned, and the numbers that the run saw."""

import numpy as np
import pytest
import torch
from watching import RING, a_dashboard, interrupts, with_a_page  # noqa: F401

from gancourse import train
from gancourse.live.run import history


def test_the_page_gets_the_curves_thinned_to_means():
    x, y = history.thinned(np.arange(1000.0), np.arange(1000.0)[:, None])
    assert len(x) == len(y) == 200
    assert (x[0], y[0, 0], x[-1]) == (2.0, 2.0, 997.0)
    x, _ = history.thinned(np.arange(7.0), np.zeros((7, 1)), most=3)
    assert x.tolist() == [1.0, 4.0, 6.0]


def test_the_curves_are_those_of_the_history_and_the_norms_those_of_the_gradients():
    dashboard = a_dashboard(steps=history.NORMS_EVERY)
    state = dashboard.wait()
    wanted = [np.log10(torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item())
              for net in (state.D, state.G)]  # fmt: skip
    minimised, says, norms = dashboard.log.panels()
    for mark in (*minimised.marks, *says.marks[1:]):
        assert np.allclose(mark.y, state.curves()[mark.label])
    assert [mark.y[-1] for mark in norms.marks] == pytest.approx(wanted, abs=1e-5)
    assert [mark.label for mark in norms.marks] == ["of D", "of G"]


def test_no_line_is_drawn_over_steps_that_nothing_measured():
    dashboard = a_dashboard(steps=2 * history.NORMS_EVERY)
    state = dashboard.wait()
    for _ in range(2 * history.NORMS_EVERY):  # as a second dashboard does, whose log is its own
        train.one_step(state, RING.sample)
    for _ in range(history.NORMS_EVERY):
        train.one_step(state, RING.sample)
        dashboard.log.note()
    dashboard.log.read()
    *_, norms = dashboard.log.panels()
    for mark in norms.marks:
        assert np.allclose(mark.x, [10, 20, np.nan, 50], equal_nan=True)
        assert np.isnan(mark.y).tolist() == [False, False, True, False]


def test_a_long_run_in_pieces_keeps_each_piece_and_its_gaps():
    at = 10.0 * np.r_[1:601, 800:1001]
    x, y = history.in_pieces(at, at[:, None])
    assert np.array_equal(x, y[:, 0], equal_nan=True)
    assert len(x) <= history.SHOWN + 2
    (gap,) = np.flatnonzero(np.isnan(x))
    assert x[gap - 1] < 6_010 <= 8_000 <= x[gap + 1]
