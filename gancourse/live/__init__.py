"""Widgets: charts and pictures that a learner moves. They hold no maths.

`base` is what all of them share. Each lesson's widget is one module with one function that returns
a `Chart`; without a front-end the same object shows a still picture.
"""

from importlib import import_module

_HOME = {
    "Chart": "charts",
    "frontend": "frontend",
    "predict": "wager",
    "progress": "bars",
    "bend_D": "game",
    "budget": "costs",
    "slide_q": "optimal",
    "move_logits": "losses",
    "phase_plane": "phase",
    "feed_pixels": "parts",
    "slide_kernel": "convolve",
    "spoil_digits": "spoilt",
    "two_clouds": "clouds",
    "ask_for": "classes",
    "TrainingDashboard": "run.dashboard",
    "PointGan": "run.pointgan",
    "FaultyRun": "run.faulty",
    "LatentExplorer": "explorer",
}


def __getattr__(name: str):
    """Import a widget when it is first asked for."""
    if name in _HOME:
        return getattr(import_module(f"gancourse.live.{_HOME[name]}"), name)
    raise AttributeError(f"module 'gancourse.live' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOME)
