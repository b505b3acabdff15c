"""A run's curves for a page: thinned, and the numbers that the run saw."""

import numpy as np
import pytest
import torch
from watching import a_dashboard, interrupts, with_a_page  # noqa: F401

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
