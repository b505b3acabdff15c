"""Measure `gancourse.diagnose`: runs of every fault and every healthy program, on seeds that were
not used to choose its thresholds.

The signals of each run are kept in a folder, so a measurement that was broken off goes on where it
stopped, and a new rule is judged without training again. One core.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from gancourse import plots
from gancourse.clinic import FAULTS, SETTINGS, train_run
from gancourse.clinic.healthy import HEALTHY, record_healthy
from gancourse.clinic.rules import diagnose
from gancourse.clinic.signals import Signals, load_signals
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (7, 8)  # held out: rules and thresholds were chosen on others
SOUND = (*SETTINGS, *HEALTHY)
NONE, UNKNOWN = "healthy", "unknown"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--only", nargs="+", default=(*FAULTS, *SOUND), help="names of runs")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "clinic", help="of signals")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "clinic")
    parser.add_argument("--fresh", action="store_true", help="train all again")
    parser.add_argument("--table", action="store_true", help="train none, judge those there are")
    return parser.parse_args()


def path_of(chosen: argparse.Namespace, name: str, seed: int) -> Path:
    return chosen.runs / f"{name.replace(' ', '-')}-{seed}.json"


def train_missing(chosen: argparse.Namespace) -> None:
    """Train what is asked for and not there; seed by seed, so that a part is a fair sample."""
    for seed in chosen.seeds:
        for name in chosen.only:
            path = path_of(chosen, name, seed)
            if chosen.fresh or not path.exists():
                signals, outcome = trained(name, seed)
                write_whole(path.with_suffix(".outcome"), json.dumps(outcome).encode())
                signals.save(path)
                print(f"{name}, seed {seed}: {diagnose(signals).first}, {outcome}", flush=True)


def trained(name: str, seed: int) -> tuple[Signals, dict]:
    """Return a run's signals; unless it is of HEALTHY, also its band and its time."""
    if name in HEALTHY:
        return record_healthy(name, seed), {}
    run = train_run(name, seed)
    return run.signals, {"in_band": run.healthy, "seconds": round(run.seconds, 1)}


def judge(chosen: argparse.Namespace) -> list[dict]:
    """Return for each run that is there: its name, seed, and what was suspected, in order."""
    runs = []
    for name in chosen.only:
        for seed in chosen.seeds:
            path = path_of(chosen, name, seed)
            if path.exists():
                found = diagnose(load_signals(path))
                verdict = NONE if found.verdict == "sound" else found.verdict  # nobody is accused
                named = [suspicion.cause for suspicion in found.suspicions] or [verdict]
                outcome = json.loads(path.with_suffix(".outcome").read_text())
                runs.append({"name": name, "seed": seed, "found": named, **outcome})
    return runs


def summary(runs: list[dict], asked: int) -> dict:
    """Return how often the right cause stood first, and how often a healthy run was suspected."""
    ill = [run for run in runs if run["name"] in FAULTS]
    well = [run for run in runs if run["name"] not in FAULTS]
    return {
        "runs": runs,
        "not_run": asked - len(runs),
        "ill": len(ill),
        "right": sum(run["found"][0] == run["name"] for run in ill),
        "failed": sum(not run["in_band"] for run in ill),
        "slowest": max((run["seconds"] for run in ill), default=0),  # s of processor time
        "well": len(well),
        "suspected": sum(run["found"][0] not in (NONE, UNKNOWN) for run in well),
        "unknown": sum(run["found"][0] == UNKNOWN for run in well),
        "not_well": sum(not run.get("in_band", True) for run in well),
    }


def matrix(runs: list[dict]) -> tuple[dict[str, str], list[str], list[list[int]]]:
    """Return rows (what a run is, and what should be found), columns (what was), and counts."""
    rows = {run["name"]: run["name"] if run["name"] in FAULTS else NONE for run in runs}
    columns = [*(name for name in FAULTS if name in rows), NONE, UNKNOWN]
    columns += sorted({run["found"][0] for run in runs} - set(columns))
    counts = Counter((run["name"], run["found"][0]) for run in runs)
    return rows, columns, [[counts[row, column] for column in columns] for row in rows]


def main() -> None:
    chosen = options()
    if not chosen.table:
        train_missing(chosen)
    result = summary(judge(chosen), len(chosen.only) * len(chosen.seeds))
    result["seeds"] = list(chosen.seeds)
    write_whole(chosen.out / "confusion.json", (json.dumps(result, indent=1) + "\n").encode())
    plots.confusion(*matrix(result["runs"])).save(chosen.out / "confusion.png")
    for run in result["runs"]:
        if run["found"][0] != (run["name"] if run["name"] in FAULTS else NONE):
            print(f"{run['name']}, seed {run['seed']}: {', '.join(run['found'])}")
    print({name: value for name, value in result.items() if name != "runs"})


if __name__ == "__main__":
    main()
