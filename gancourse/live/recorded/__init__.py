"""A chart without a kernel: what its function does to numbers is recorded once, and replayed.

The function that draws a chart is called with numbers that write down each operation on them, in
NumPy and in PyTorch alike. What comes out is a list of operations that a page runs by itself
(`static/src/recorded`): the same mathematics, not a second one. `chart_program` records a
whole chart.
"""

from inspect import signature
from pathlib import Path

from gancourse.live.frontend import STATIC
from gancourse.live.recorded.program import chart_program, program_bytes
from gancourse.live.recorded.tape import RecordingError

# By the name of the file: the chart's function in gancourse.live, and options that are no controls.
RECORDED: dict[str, tuple[str, dict]] = {
    name: (name, {})
    for name in ("bend_D", "slide_q", "move_logits", "phase_plane", "slide_kernel", "feed_pixels",
                 "spoil_digits", "two_clouds")
} | {
    "budget": ("budget", {"rate": 1e11}),  # where a lesson measures its machine
    "budget_fast": ("budget", {"rate": 1e14}),
}  # fmt: skip


def recorded_chart(name: str):
    """Return the chart that the recording `name` is made from, its controls where they start."""
    from gancourse import live

    function, options = RECORDED[name]
    return getattr(live, function)(**options)


def recording_of(function: str, args: list, options: dict) -> tuple[str, dict] | None:
    """Return the recording that shows a call of gancourse.live, and the values of its controls.

    None where no recording shows it: one of another chart, or with other data.
    """
    from gancourse import live

    for name, (of, fixed) in RECORDED.items():
        if of != function:
            continue
        chart = getattr(live, of)
        bound = signature(chart).bind_partial(*args, **options).arguments
        call = {k: v for k, v in fixed.items() if k not in bound} | options
        given = signature(chart).bind(*args, **call).arguments
        given |= given.pop("values", {})
        if all(given[k] == v for k, v in fixed.items()):
            made = chart(*args, **call)
            if given.keys() <= made.controls.keys() | fixed.keys():
                return name, made.values
    return None


__all__ = [
    "RECORDED", "RecordingError", "chart_program", "file_of", "program_bytes", "recorded_chart",
    "recording_of",
]  # fmt: skip


def file_of(name: str) -> Path:
    """Return where the recording of a chart lies; `tools/recordings.py` writes it."""
    return STATIC / "recorded" / f"{name}.chart"
