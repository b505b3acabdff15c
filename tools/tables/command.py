"""The command line: what to run, spread over processes or a cluster, and the JSON that is kept."""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

from bench.turns import Place

import tables
from gancourse import machine, store, workers
from gancourse.errors import at_least, choose
from gancourse.score.table_runs import Task, carry_out, finished
from gancourse.score.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
OUT, KEPT = ROOT / "docs" / "tables", ROOT / "runs" / "tables"


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=tables.__doc__.splitlines()[0])
    parser.add_argument("table", choices=list(TABLES))
    parser.add_argument("--rows", nargs="*", default=[], help="by name [all]")
    parser.add_argument("--data", nargs="*", default=[], help="by name [all]")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, help="of each run; of `batch`, images [the paper's]")
    parser.add_argument("--every", type=int, help="steps from a score to the next [the table's]")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="[cpu]")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--dask", help="address of a cluster's scheduler")
    parser.add_argument("--gather", action="store_true", help="run nothing, collect what there is")
    parser.add_argument("--keep", type=Path, default=KEPT)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for and missing; collect the results after each run."""
    options = parse(argv)
    if options.every is not None:
        at_least("--every", options.every, 1)
    machine.device(options.device)
    about = {"command": shlex.join(["python", "tools/tables", *(argv or sys.argv[1:])])}
    steps = options.steps or TABLES[options.table].steps
    tasks = [] if options.gather else chosen(options, about["command"])
    missing = [task for task in tasks if not finished(task, steps)]
    print(f"{len(missing)} runs of {len(tasks)} are to be done", flush=True)
    gather(options, about)
    for record in spread(missing, steps, options):
        gather(options, about, [record])
    print(f"{options.out / options.table}.json holds what there is", flush=True)


def chosen(options: argparse.Namespace, line: str) -> list[Task]:
    """Return the runs that are asked for, all rows of one seed before the next seed."""
    table = TABLES[options.table]
    rows = [choose("row", row, table.rows) for row in options.rows] or list(table.rows)
    data = [choose("data", name, table.data) for name in options.data] or list(table.data)
    return [Task(options.table, row, name, seed, options.keep, options.device, options.every, line)
            for seed, name, row in product(options.seeds, data, rows)]  # fmt: skip


def spread(tasks: list[Task], steps: int, options: argparse.Namespace) -> Iterator[dict]:
    """Yield each run's record as it ends."""
    with workers.backend(options.dask) as client:
        if client:
            workers.one_thread_each(client, options.dask)
        yield from workers.unordered(partial(carry_out, steps=steps), tasks, options.jobs)


def gather(options: argparse.Namespace, about: dict, more: list[dict] = ()) -> None:
    """Write all records, those that are out already, those in the folder and `more`, to one file.

    Of two records of a run the longer one stays; records of another recipe are left out.
    """
    name, path = options.table, options.out / f"{options.table}.json"
    result = json.loads(path.read_text()) if path.exists() else {"runs": {}}
    kept = (options.keep / name).glob("*.json")
    found = [*result["runs"].values(), *(json.loads(p.read_text()) for p in kept), *more]
    runs: dict[str, dict] = {}
    for record in found:
        task = Task(name, record["row"], record["data"], record["seed"], options.keep)
        known = record["row"] in TABLES[name].rows and task.made(record)
        if known and record["scores"] and _length(record) >= _length(runs.get(task.name)):
            runs[task.name] = record
    if not runs:
        return
    table = TABLES[name]
    result = {"source": table.source, "steps of the paper or the plan": table.steps,
              "samples": table.samples, "machine": Place(1).about(), **about,
              "runs": dict(sorted(runs.items()))}  # fmt: skip
    store.make_folder(options.out)
    store.write_whole(path, (json.dumps(result, indent=1) + "\n").encode())


def _length(record: dict | None) -> int:
    return record["scores"][-1]["step"] if record else 0
