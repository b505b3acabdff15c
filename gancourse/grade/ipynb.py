"""A handed-in file: its cells without outputs, or the reason why there are none.

Outputs and pasted pictures are cut away before anything is parsed, however large they are; of a
check's output the points that it named are kept.
"""

import codecs
import json
import re
from dataclasses import dataclass

from gancourse.grade.box.wire import clean

MAX_BYTES = 250_000_000  # of a file; what is left without its outputs may have MAX_CODE
MAX_CODE, MAX_OUTPUT = 25_000_000, 500_000
MAX_CELLS, MAX_SOURCE = 1000, 500_000  # cells; characters of code in all, as JSON writes them
# A text, to its end or the file's, or a bracket. Nothing here takes longer than a few looks at each
# byte, whatever the file holds.
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.S)
HEAVY = re.compile(rb'"(?:outputs|attachments)"')
VALUE = re.compile(rb"\s*:\s*[\[{]")
CHECKED = re.compile(r"""\bcheck\(\s*["'](\d+\.\d+)["']""")
POINTS = re.compile(r"(?<!\d)(\d{1,4}) of (\d{1,4}) points?\b")
CONFLICT = [re.compile(mark, re.M) for mark in ("^<{7}", "^={7}", "^>{7}")]
SURROGATE = re.compile("[\ud800-\udfff]")


class Unusable(Exception):
    """The file cannot be graded: a status of a few words, and a sentence for the feedback."""

    def __init__(self, status: str, sentence: str):
        super().__init__(status, sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Cell:
    """A cell: its place among the code cells (from 1; 0 for no code), id, tags, source and kind.

    The source of Markdown is not kept. `said` holds (exercise, points, maximum) for each check
    whose saved output names them.
    """

    number: int
    id: str
    tags: tuple[str, ...]
    source: str
    kind: str = "code"
    said: tuple[tuple[str, int, int], ...] = ()


def read(data: bytes) -> list[Cell]:
    """Return the cells of a notebook file, or raise Unusable."""
    if len(data) > MAX_BYTES:
        raise Unusable("too large", f"The file has {len(data) // 1_000_000} MB: clear its outputs.")
    light, outputs = _without_outputs(_as_utf8(data))
    if len(light) > MAX_CODE:
        raise Unusable("too large", "The file holds more than any sheet needs, without outputs.")
    try:
        raw = _cells_of(json.loads(light.decode()))
    except (ValueError, TypeError, RecursionError):
        raise Unusable(*_diagnosis(data, light)) from None
    if len(raw) > MAX_CELLS:
        raise Unusable("too large", "The notebook has more cells than any sheet needs.")
    return _numbered(raw, outputs)


def _cells_of(notebook: object) -> list[dict]:
    match notebook:
        case {"cells": list(cells)}:
            return [c for c in cells if isinstance(c, dict)]
        case {"worksheets": _} | {"nbformat": 1 | 2 | 3}:
            raise Unusable(
                "notebook format 3",
                "The notebook is of an old format: open it in JupyterLab, save it, hand that in.",
            )
    raise ValueError("no cells")


def _numbered(raw: list[dict], outputs: list[bytes]) -> list[Cell]:
    cells, number = [], 0
    for data in raw:
        place = data.get("outputs")
        output = outputs[place[0]] if _is_place(place, outputs) else b""
        number += data.get("cell_type") == "code"
        cells.append(_cell(number, data, output))
    if sum(len(json.dumps(c.source)) for c in cells) > MAX_SOURCE:
        raise Unusable("too large", "The notebook holds more code than any sheet needs.")
    return cells


def _is_place(place: object, outputs: list[bytes]) -> bool:
    match place:
        case [int(k)]:
            return 0 <= k < len(outputs)
    return False


def _cell(number: int, raw: dict, output: bytes) -> Cell:
    metadata, source, kind = raw.get("metadata"), raw.get("source"), raw.get("cell_type")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    tags = tags if isinstance(tags, list) else []
    tags = tuple(clean(t, 100) for t in tags[:50] if isinstance(t, str))
    id = clean(str(raw.get("id", "")), 100)
    if kind != "code":
        return Cell(0, id, tags, "", "Markdown" if kind == "markdown" else "raw")
    source = source if isinstance(source, list) else [source]
    text = "".join(part for part in source if isinstance(part, str))
    text = SURROGATE.sub("\ufffd", text)
    return Cell(number, id, tags, text, "code", _said(text, output))


def _said(source: str, output: bytes) -> tuple[tuple[str, int, int], ...]:
    """Return what the cell's output says of the exercises that it checks."""
    ids = dict.fromkeys(CHECKED.findall(source))
    if not ids or not output:
        return ()
    try:
        texts = _texts(json.loads(output.decode()))
    except (ValueError, RecursionError):
        return ()
    lines = "\n".join(texts).split("\n")
    return tuple((id, *points) for id in ids if (points := _points(id, lines, len(ids) == 1)))


def _points(id: str, lines: list[str], alone: bool) -> tuple[int, int] | None:
    """Return (points, maximum) from the line that names the exercise, else from those of parts."""
    named = [m for line in lines if re.search(rf"(?<![\d.]){re.escape(id)}(?![\d.])", line)
             for m in POINTS.findall(line)[:1]]  # fmt: skip
    found = named[-1:] or (POINTS.findall("\n".join(lines)) if alone else [])
    found = [(int(a), int(b)) for a, b in found]
    return (sum(a for a, _ in found), sum(b for _, b in found)) if found else None


def _texts(outputs: object) -> list[str]:
    texts = []
    for output in outputs if isinstance(outputs, list) else []:
        data = output.get("data") if isinstance(output, dict) else None
        plain = data.get("text/plain") if isinstance(data, dict) else None
        for text in (output.get("text") if isinstance(output, dict) else None, plain):
            parts = text if isinstance(text, list) else [text]
            texts.append("".join(part for part in parts if isinstance(part, str)))
    return texts


def _as_utf8(data: bytes) -> bytes:
    """Return the file in UTF-8: a mark at its beginning may say that it is in UTF-16."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError:
            return data
    return data.removeprefix(codecs.BOM_UTF8)


def _without_outputs(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the notebook with `[k]` for the outputs of each cell, and the k-th outputs.

    Those of over MAX_OUTPUT bytes are left out. Nothing is parsed: brackets are counted, outside
    of texts.
    """
    if not HEAVY.search(data):
        return data, []
    kept, outputs, depth, done, start = [], [], 0, 0, None
    for token in TOKEN.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
            if start is not None and depth == 3:  # the notebook, its list of cells, a cell
                end = token.end()
                outputs.append(data[start:end] if end - start <= MAX_OUTPUT else b"")
                kept += [data[done:start], b"[%d]" % (len(outputs) - 1)]
                done, start = end, None
        elif start is None and depth == 3 and HEAVY.fullmatch(token[0]):
            value = VALUE.match(data, token.end())
            start = value.end() - 1 if value else None
    return b"".join([*kept, data[done:]]), outputs


def has_conflict(text: str) -> bool:
    """Tell whether a text holds the marks of a merge conflict."""
    return all(mark.search(text) for mark in CONFLICT)


def _diagnosis(data: bytes, light: bytes) -> tuple[str, str]:
    """Return the status and the sentence for a file that is no notebook."""
    head = data[:1000].lstrip().lower()
    if not data.strip(b"\0 \t\r\n"):
        return "empty", "The file is empty."
    if data.startswith(b"PK\x03\x04"):
        return "a zip", "The file is a zip in spite of its name: hand in the notebook inside it."
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page", (
            "The file is a web page in place of a notebook: download the .ipynb itself, not a view "
            "of it."
        )
    if has_conflict(light.decode("latin-1")):
        return "merge conflict", (
            "The file holds the marks of a merge conflict (<<<<<<<, =======, >>>>>>>): choose one "
            "side, and hand in a notebook that opens."
        )
    if not head.startswith(b"{"):
        return "not a notebook", "The file is no Jupyter notebook of format 4."
    if b"\0" in head or not _is_utf8(light):
        return "wrong encoding", (
            "The file is not in UTF-8, as notebooks are: save it from JupyterLab, and hand that in."
        )
    return "not a notebook", "The file is damaged, or cut off: JupyterLab does not open it."


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
