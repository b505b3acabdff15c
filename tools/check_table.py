"""Measure all checks and write the tables of docs/checks.md.

    python tools/check_table.py [--only 05.1 ...] [--long] [--draws 100]
    python tools/check_table.py --page       only write the page, from what is kept

For each exercise: how many correct answers its check accepts, how many mistakes and mutants it
catches (`check_quality.py`; `--long` takes ten seeds and every training), and how many draws refuse
the worked solution or a correct answer, by the parts that do not train. Draws come in blocks of ten
for each answer, in turns over the exercises, so that a run that was stopped is a fair sample. What
is measured is kept in docs/grading/checks.json (--out) after each exercise, with its commit: a run
goes on from there, and measures afresh what has changed since. One core.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import check_quality
import promises
from bench.turns import Place

from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
KEPT, PAGE = ROOT / "docs" / "grading" / "checks.json", ROOT / "docs" / "checks.md"
BLOCK = 10
HEAD = (
    "| exercise | correct answers accepted | mistakes caught | mutants fallen | draws that refuse "
    "a correct answer | seeds | commit |\n|---|---|---|---|---|---|---|\n"
)


def commit(root: Path = ROOT) -> str:
    """Return git's short name of what is checked out, with a + where files differ from it."""
    command = ["git", "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()


def sources(id: str) -> str:
    """Return a digest of an exercise's checks, of its answers, and of its sheet."""
    path = check_quality.modules()[id]
    files = [*(ROOT / "gancourse" / "check" / path.parent.name).glob("*.py"), path]
    files += (ROOT / "solutions").glob(f"{id[:2]}_*.py")
    text = b"".join(file.read_bytes() for file in sorted(files))
    return hashlib.sha256(text).hexdigest()[:12]


def judged(id: str, short: bool) -> dict:
    """Return how an exercise's check judges all answers and mutants: [right, all] of each kind."""
    start, path = time.process_time(), check_quality.modules()[id]
    numbers = check_quality.numbers(path, short)
    verdicts = [check_quality.judge(path, number, short) for number in numbers]
    seeds = check_quality.MUTANT_SEEDS if short else 1
    mutants = check_quality.mutate(id, seeds, train=not short)
    found = {kind: [sum(rights), len(rights)] for kind, rights in {
        "correct": [v.right for v in verdicts if v.correct],
        "mistakes": [v.right for v in verdicts if not v.correct],
    }.items()}  # fmt: skip
    found["mutants"] = [mutants.number - len(mutants.wrong), mutants.number]
    found["wrong"] = [f"{v.name}: {v.message}" for v in verdicts if not v.right] + [*mutants.wrong]
    return found | {"short": short, "cpu_seconds": round(time.process_time() - start, 1)}


def drawn(id: str, first: int) -> dict:
    """Return how many of a block of draws refuse the worked solution or a correct answer."""
    path = check_quality.modules()[id]
    correct = [None, *range(len(check_quality.load(path).CORRECT))]
    asked = [n for n in check_quality.untrained(path) if n in correct]
    seeds = range(first, first + BLOCK)
    found = [check_quality.over_draws(path, number, seeds) for number in asked]
    draws, right = (sum(getattr(c, n) for c in found) for n in ("draws", "right"))
    return {"draws": draws, "refused": draws - right, "seeds": seeds.stop}


def measure(
    record: dict, ids: list[str], short: bool, draws: int, keep: Callable[[], None]
) -> None:
    """Fill in what is missing for these exercises, and keep it after each."""
    rows = record["exercises"]
    for id in ids:
        row, now = rows.get(id, {}), sources(id)
        if row.get("sources") != now or row.get("short") is not short:
            rows[id] = {"sources": now, "commit": commit(), **judged(id, short)}
            rows[id] |= {"draws": 0, "refused": 0, "seeds": 0}
            keep()
            print(line(id, rows[id]), end="", flush=True)
    for first in range(0, draws, BLOCK):
        for id in ids:
            if rows[id]["seeds"] <= first:
                more = drawn(id, first)
                rows[id] |= {n: rows[id][n] + more[n] for n in ("draws", "refused")}
                rows[id]["seeds"] = more["seeds"]
                keep()


def line(id: str, row: dict) -> str:
    """Return an exercise's row of the table."""
    kinds = [f"{row[kind][0]} of {row[kind][1]}" for kind in ("correct", "mistakes", "mutants")]
    kinds[2] = kinds[2] if row["mutants"][1] else "only a training shows them"
    draws = f"{row['refused']} of {row['draws']:,}" if row["draws"] else "it only trains"
    draws = draws if row["seeds"] else "not yet"
    seeds = check_quality.SHORT_SEEDS if row["short"] else check_quality.SEEDS
    return f"| {' | '.join([id, *kinds, draws, f'up to {seeds}', row['commit']])} |\n"


def quality(record: dict) -> str:
    """Return the table of what was measured, and below it what was judged wrongly."""
    rows = dict(sorted(record["exercises"].items()))
    place, known = record["machine"], len(check_quality.modules())
    where = f"{place['cpu']}, one of {place['cores']} cores, PyTorch {place['torch']}"
    short = sum(row["short"] for row in rows.values())
    said = (
        f"{len(rows)} of {known} exercises; {where}; {record['date']}; "
        f"{sum(row['cpu_seconds'] for row in rows.values()):,.0f} s of CPU without the draws. "
        f"{short} of the rows are short runs: two seeds; of parts that do the same with other "
        "draws the first; of answers that must be trained the first styles; and no mutant that "
        "only a training shows.\n\n"
    )
    wrong = [f"- {id} {text}\n" for id, row in rows.items() for text in row["wrong"]]
    wrong = ["\nJudged wrongly:\n\n", *wrong] if wrong else []
    return said + HEAD + "".join([*(line(id, row) for id, row in rows.items()), *wrong])


def with_table(text: str, name: str, made: str) -> str:
    """Return the text with what stands between the two comments of this name replaced."""
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = text.split(start)
    return f"{before}{start}\n{made.rstrip()}\n\n{end}{rest.split(end)[1]}"


def page(text: str, record: dict) -> str:
    """Return the page with both tables."""
    return with_table(with_table(text, "quality", quality(record)), "promises", promises.table())


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the page; return 1 where a check judged wrongly or refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[*check_quality.modules()])
    parser.add_argument("--long", action="store_true", help="ten seeds, and all that trains")
    parser.add_argument("--draws", type=int, default=100, help="seeds for each answer")
    parser.add_argument("--out", type=Path, default=KEPT)
    parser.add_argument("--page", action="store_true", help="measure nothing")
    options = parser.parse_args(argv)
    record = json.loads(options.out.read_text()) if options.out.exists() else {"exercises": {}}

    def keep() -> None:
        record.update(machine=Place(1).about(), date=time.strftime("%F"))
        write_whole(options.out, json.dumps(record, indent=1).encode())

    if not options.page:
        check_quality.one_thread()
        measure(record, options.only, not options.long, options.draws, keep)
    if options.out.resolve() == KEPT:
        write_whole(PAGE, page(PAGE.read_text("utf-8"), record).encode())
    return int(any(row["wrong"] or row["refused"] for row in record["exercises"].values()))


if __name__ == "__main__":
    sys.exit(main())
