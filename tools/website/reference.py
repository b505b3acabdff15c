"""The package's pages: one for each room, written by autodoc from the docstrings."""

import ast
from pathlib import Path

ROOMS = {
    "losses": "Losses and gradient penalties",
    "nets": "Generators and discriminators",
    "data": "Data sets and toy distributions",
    "train": "Training",
    "maths": "Theory in numbers",
    "score": "How good are samples?",
    "plots": "Pictures",
    "live": "Widgets",
    "clinic": "The failure clinic",
}
INSIDE = ("view", "command", "known", "fit_ruler", "alone", "page", "working", "settings")


def modules(root: Path, room: str) -> list[str]:
    """Return the dotted names of a room's modules that have something public to tell."""
    package = root / "gancourse" / room
    files = sorted(package.rglob("*.py")) if package.is_dir() else [package.with_suffix(".py")]
    return [
        ".".join(p.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for p in files
        if p.exists() and not p.stem.endswith(INSIDE) and tells(p)
    ]


def tells(path: Path) -> bool:
    """Whether a module defines a public function or class."""
    found = ast.parse(path.read_text("utf-8")).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(isinstance(n, kinds) and not n.name.startswith("_") for n in found)


def pages(root: Path) -> dict[str, str]:
    """Return the pages by name."""
    found = {room: modules(root, room) for room in ROOMS}
    found = {room: names for room, names in found.items() if names}
    rows = [f"| [{room}]({room}.md) | {ROOMS[room]} |" for room in found]
    table = "\n".join(["| `gancourse.` | |", "|---|---|", *rows])
    listed = "\n".join(found)
    index = (
        "# The package\n\nWhat an earlier lesson has taught is imported from `gancourse`; its "
        f"docstring names the lesson.\n\n{table}\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return {"api/index": index} | {
        f"api/{room}": page(ROOMS[room], names) for room, names in found.items()
    }


def page(title: str, names: list[str]) -> str:
    parts = [f"# {title}\n"]
    for name in names:
        parts.append(f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```\n")
    return "\n".join(parts)
