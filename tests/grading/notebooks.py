"""Makes notebooks for the grader's tests: sheets of toy_checks, whole, half done and hostile."""

import json
import zipfile
from pathlib import Path

ATTACKS = sorted((Path(__file__).parents[1] / "attacks").glob("*.py"))
SETUP = "%matplotlib inline\nimport torch\n\nprint('hello')"
STUB = "def {name}(x):\n    raise NotImplementedError('your turn')"
SOLVED = "def {name}(x):\n    return 2 * x"
NAMES = ("first", "answer", "last")


def cell(source: str, tag: str | None = None, id: str = "c") -> dict:
    metadata = {"tags": [tag]} if tag else {}
    return {"cell_type": "code", "id": id, "metadata": metadata, "source": source,
            "outputs": [], "execution_count": None}  # fmt: skip


def answers(*sources: str) -> list[dict]:
    """Return the three answer cells of the toy sheet."""
    return [cell(s, f"exercise:90.{i}", f"90-{i}") for i, s in enumerate(sources, start=1)]


def notebook(cells: list[dict]) -> bytes:
    cells = [cell(SETUP), *cells, cell("from gancourse.check import check\ncheck('90.1', first)")]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def sources(template: str) -> list[str]:
    return [template.format(name=name) for name in NAMES]


def solved() -> bytes:
    return notebook(answers(*sources(SOLVED)))


def untouched() -> bytes:
    return notebook(answers(*sources(STUB)))


def with_answer(source: str) -> bytes:
    """Return a solved sheet but for its second exercise."""
    first, _, last = sources(SOLVED)
    return notebook(answers(first, source, last))


def expected(attack: Path) -> dict[str, list[str]]:
    """Return the statuses that an attack may lead to: its own, and those of what comes after."""
    lines = attack.read_text().split('"""')[1].splitlines()
    fields = dict(line.split(": ", 1) for line in lines if line.startswith(("status:", "after:")))
    return {key: value.split(", ") for key, value in fields.items()}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path
