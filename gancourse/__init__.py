"""gancourse: an interactive course on generative adversarial networks in PyTorch.

Nothing heavy is imported here, so that `gancourse --help` answers at once.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "claim": "claims",
    "device": "machine",
    "diagnose": "clinic.rules",
    "load_images": "data",
    "load_points": "data",
    "seed_everything": "machine",
}
_MODULES = ("check", "cli", "clinic", "course", "data", "grade", "live", "losses", "machine",
            "maths", "nets", "plots", "score", "train")  # fmt: skip


def __getattr__(name: str):
    """Import a module, or a name that a lesson uses everywhere, when it is first asked for."""
    if name in _HOME:
        return getattr(import_module(f"gancourse.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"gancourse.{name}")
    raise AttributeError(f"module 'gancourse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_HOME, *_MODULES, "__version__"])
