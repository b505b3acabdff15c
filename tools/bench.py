"""Measure how fast and how well the course trains, beside the loops that tutorials print.

    python tools/bench.py             speed: everything side by side, in turns (make bench)
    python tools/bench.py cost        speed and memory against batch, width and image size
    python tools/bench.py quality     the ruler's FID against training time
    python tools/bench.py ablation    the default recipe with one choice changed at a time
    python tools/bench.py report      write docs/bench/README.md and the pictures anew

Contenders work in processes of their own, one at a time. Results go to docs/bench as JSON; quality
and ablation go on where they stopped, and measure anew what a change of recipe has made stale.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import bench_turns
from bench_turns import Place

OUT = Path(__file__).resolve().parents[1] / "docs" / "bench"
CONTENDERS = ["ours", "textbook", "24 channels", "TensorFlow's tutorial"]  # of quality
ROWS: dict[str, dict] = {  # of the ablation: what differs from the default recipe
    "the default": {},
    "learning rates 2e-4": {"lr_G": 2e-4, "lr_D": 2e-4},
    "z of 64 numbers": {"G": {"z_dim": 64}},
    "no 3 x 3 convolutions": {"G": {"depth": 0}, "D": {"depth": 0}},
    "two of them at each size": {"G": {"depth": 2}, "D": {"depth": 2}},
    "batch 128": {"batch": 128},
    "twice the width": {"G": {"width": 128}, "D": {"width": 128}},
    "half the width": {"G": {"width": 32}, "D": {"width": 32}},
    "no average of weights": {"ema": 0.0},
    "fp32": {"precision": "fp32"},
    "no batch norm in D, R1": {"D": {"norm": False}, "r1": 0.05},
    "relativistic, R1 and R2": {
        "D": {"norm": False},
        "loss": "relativistic",
        "r1": 0.05,
        "r2": 0.05,
    },
}


def speed(options: argparse.Namespace, place: Place) -> None:
    """Measure each group of contenders in turns, and what the machine could do at most."""
    from bench_contenders import SPEED, flops

    wanted = chosen(options.only, [name for group in SPEED.values() for name in group])
    groups = [[name for name in group if name in wanted] for group in SPEED.values()]
    result = {"machine": place.about(), "seconds": options.seconds or 0.7}
    result |= {"rates": {}, "MB": {}, "profile": {}, "flops": flops()}
    for names in filter(None, groups):
        found = bench_turns.rounds(names, options.rounds or 15, result["seconds"], place)
        for part, values in found.items():
            result[part] |= values
    save(options.out, "speed", result)


def cost(options: argparse.Namespace, place: Place) -> None:
    """Measure speed and memory along each axis, its cases in turns."""
    from bench_contenders import COSTS, costs, flops

    result: dict = {"machine": place.about(), "seconds": options.seconds or 1.5}
    for axis in chosen(options.only, COSTS):
        found = bench_turns.rounds(list(costs(axis)), options.rounds or 4, result["seconds"], place)
        result[axis] = [
            {axis: n, "rates": found["rates"][f"{axis} {n}"], "MB": found["MB"][f"{axis} {n}"],
             "flops": flops(recipe)}
            for n, recipe in COSTS[axis].items()
        ]  # fmt: skip
    save(options.out, "cost", load(options.out, "cost") | result)


def chosen(only: list[str], known: Iterable[str]) -> list[str]:
    """Return the names asked for, or all that are known; end on an unknown one."""
    unknown = [name for name in only if name not in known]
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(unknown)}; there are: {', '.join(known)}.")
    return only or list(known)


def load(folder: Path, name: str) -> dict:
    """Return what was measured so far under this name, or {}."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def save(folder: Path, name: str, result: dict) -> None:
    """Write a result as JSON, whole or not at all."""
    from gancourse.store import write_whole

    write_whole(folder / f"{name}.json", (json.dumps(result, indent=1) + "\n").encode())


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = ["speed", "cost", "quality", "ablation", "report", "work"]
    parser.add_argument("what", nargs="?", default="speed", choices=what)
    parser.add_argument("--rounds", type=int, help="of speed (15) and cost (4)")
    parser.add_argument("--seconds", type=float, help="of a slice (0.7, 1.5) or a run (300, 80)")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", default=[], help="contenders, axes or rows, by name")
    clock = "of the runs; cpu counts one core's seconds, for a machine that is busy with others"
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help=clock)
    parser.add_argument("--fresh", action="store_true", help="measure again what is there already")
    parser.add_argument("--threads", type=int, default=bench_turns.Place.threads)
    parser.add_argument("--device", default="", help="cpu or cuda (the course's choice)")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for, then write the report."""
    options = parse(argv)
    if options.what == "work":
        return serve(options.only)
    place = Place(1 if options.clock == "cpu" else options.threads, options.device)
    if options.what in ("speed", "cost"):
        {"speed": speed, "cost": cost}[options.what](options, place)
    elif options.what in ("quality", "ablation"):
        import bench_quality

        bench_quality.measure(options, place)
    import bench_report

    print(bench_report.write(options.out))
    return None


def serve(only: list[str]) -> None:
    """Be a worker: one contender, which answers on what was standard output."""
    from bench_contenders import maker

    answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer

    bench_turns.serve(maker(only[0]), sys.stdin, lambda line: print(line, file=answers, flush=True))


if __name__ == "__main__":
    main()
