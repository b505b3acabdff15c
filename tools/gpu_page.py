"""Write docs/gpu/README.md from the JSON files that tools/gpu_check.py left there."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median

from gancourse.store import write_whole

MOST = 10  # times as far from the CPU as rounding alone brings it
MISSING = "not measured"


def write(folder: Path) -> tuple[str, list[str]]:
    """Write the page; return its text, and what failed, by name."""
    text = ["# What ran on a GPU", "",
            "`make gpu-check` wrote this page from the JSON files beside it.", ""]  # fmt: skip
    failed: list[str] = []
    for path in sorted(folder.glob("*.json")):
        result = json.loads(path.read_text())
        about = result["machine"]
        text += [f"## {about['cpu']}, PyTorch {about['torch']}", ""]
        text += [result["note"], ""] if "note" in result else []
        for title, part in SECTIONS.items():
            lines, wrong = part(result)
            text += [f"**{title}** " + lines[0], *lines[1:], ""]
            failed += [f"{path.stem}: {title} {name}" for name in wrong]
    write_whole(folder / "README.md", ("\n".join(text).rstrip() + "\n").encode())
    return "\n".join(text), failed


def in_short(error: str) -> str:
    """Return where a lesson failed and with what, in one line without a folder of this machine."""
    lines = error.splitlines()
    text = " ".join(line.strip() for line in lines[:1] + lines[1:][-1:])
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", "", text)


def _rows(result: dict, part: str) -> dict[str, dict]:
    return {n: row for n, row in result.get(part, {}).items() if isinstance(row, dict)}


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["", *("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])]


def _numbers(result: dict) -> tuple[list[str], list[str]]:
    found, rounded = _rows(result, "numbers"), _rows(result, "rounding")
    if not found or not rounded:
        return [MISSING + "."], []
    bounds = {n: MOST * row["largest"] + 1e-5 for n, row in rounded.items()}
    wrong = [n for n, row in found.items() if not row["passed"] or row["largest"] > bounds[n]]
    rows = [[n, f"{row['first']:.0e}", f"{row['largest']:.0e}", f"{rounded[n]['largest']:.0e}",
             "no" if n in wrong else "yes"] for n, row in found.items()]  # fmt: skip
    text = (
        "in fp32, with the CPU's seed and plain gradient descent: how far D's first loss is from "
        "the CPU's, how far any number of the history is after 20 steps, and how far the CPU is "
        f"from itself where each weight starts about one rounding away. "
        f"Within {MOST} times that is right."
    )
    return [text, *_table(["recipe", "first", "20 steps", "rounding alone", "within"], rows)], wrong


def _same(part: str, said: str, fields: tuple[str, ...]) -> Callable:
    def section(result: dict) -> tuple[list[str], list[str]]:
        found = _rows(result, part)
        if not found:
            return [MISSING + "."], []
        wrong = [n for n, row in found.items() if any(row[field] for field in fields)]
        right = len(found) - len(wrong)
        names = f"; not for {', '.join(wrong)}" if wrong else ""
        return [f"{said} {right} of {len(found)} recipes{names}."], wrong

    return section


def _lessons(result: dict) -> tuple[list[str], list[str]]:
    found = _rows(result, "lessons")
    if not found:
        return [MISSING + "."], []
    wrong = [n for n, row in found.items() if row["error"]]
    said = ", ".join(f"{n} {row['seconds']:.0f} s" for n, row in found.items() if n not in wrong)
    failures = "".join(f" **{n} failed**: {found[n]['error']}" for n in wrong)
    jobs = result["lessons"].get("at a time", 1)
    beside = f", {jobs} at a time" if jobs > 1 else ""
    return [f"from top to bottom{beside}: {said}.{failures}"], wrong


def _speed(result: dict) -> tuple[list[str], list[str]]:
    speed = result.get("speed")
    if not speed:
        return [MISSING + "."], []
    rates = {n: median(found) for n, found in speed["rates"].items()}
    top = max((rate for n, rate in rates.items() if n.startswith("ceiling, bf16")), default=0)
    rows = [[n, f"{rate:,.0f}", f"{rate / rates['textbook']:.1f}",
             f"{100 * rate * speed['flops'] / top:.1f} %" if "batch" in n and top else "",
             f"{speed['MB'][n]:,.0f}"]
            for n, rate in rates.items() if not n.startswith("ceiling")]  # fmt: skip
    text = f"images a second; bf16 products of matrices reach {top / 1e12:,.0f} TFLOP/s."
    head = ["contender", "images/s", "times the textbook loop", "of the bf16 ceiling", "MB"]
    return [text, *_table(head, rows)], []


SECTIONS = {
    "Numbers,": _numbers,
    "Resume:": _same(
        "resume", "saved half way and loaded, the run ends with the same bits for", ("differ",)
    ),
    "Exactness:": _same(
        "repeat",
        "with deterministic algorithms, two runs, and one whose steps are played back by a CUDA "
        "graph and one whose steps are not, are the same bits for",
        ("differ", "graphs differ"),
    ),
    "Lessons,": _lessons,
    "Speed,": _speed,
}
