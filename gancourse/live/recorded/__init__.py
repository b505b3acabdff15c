"""A chart without a kernel: what its function does to numbers is recorded once, and replayed.

The function that draws a chart is called with numbers that write down each operation on them, in
NumPy and in PyTorch alike. What comes out is a list of operations that a page runs by itself
(`static/src/recording.js`): the same mathematics, not a second one. `chart_program` records a
whole chart.
"""

from pathlib import Path

from gancourse.live.frontend import STATIC
from gancourse.live.recorded.program import chart_program, program_bytes
from gancourse.live.recorded.tape import RecordingError

RECORDED = ("bend_D", "slide_q", "move_logits", "phase_plane", "slide_kernel", "feed_pixels")

__all__ = ["RECORDED", "RecordingError", "chart_program", "file_of", "program_bytes"]


def file_of(name: str) -> Path:
    """Return where the recording of a chart lies; `tools/recordings.py` writes it."""
    return STATIC / "recorded" / f"{name}.chart"
