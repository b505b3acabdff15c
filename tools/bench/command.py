"""The command line: measure what is asked for, then write the report."""

import argparse
import json
import sys
from pathlib import Path

import bench
from bench import turns
from bench.results import OUT
from bench.turns import Place

KINDS = ["speed", "cost", "quality", "ablation", "budgets", "report"]


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=bench.__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="speed", choices=[*KINDS, *PROCESSES])
    parser.add_argument("--rounds", type=int, help="of speed (15) and cost (4)")
    parser.add_argument("--seconds", type=float, help="of a slice (0.7, 1.5) or a run (300, 80)")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", default=[], help="contenders, axes or rows, by name")
    clock = "of the runs; cpu counts one core's seconds, for a machine that is busy with others"
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help=clock)
    parser.add_argument("--fresh", action="store_true", help="measure again what is there already")
    parser.add_argument("--threads", type=int, default=Place.threads)
    parser.add_argument("--device", default="", help="cpu or cuda (the course's choice)")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for, then write the report."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["threads"]:  # it has options of its own
        from bench import threads

        return threads.main(argv[1:])
    if argv[:1] == ["processes"]:
        from bench import processes

        return processes.main(argv[1:])
    if argv[:1] == ["recorder"]:
        from bench import recorder

        return recorder.main(argv[1:])
    options = parse(argv)
    if options.what in PROCESSES:
        return PROCESSES[options.what](*options.only)
    place = Place(1 if options.clock == "cpu" else options.threads, options.device)
    measure(options, place)
    from bench import report

    print(report.write(options.out))
    return None


def measure(options: argparse.Namespace, place: Place) -> None:
    """Measure what is asked for; a mere report measures nothing."""
    if options.what in ("speed", "cost"):
        from bench import speed

        {"speed": speed.speed, "cost": speed.cost}[options.what](options, place)
    elif options.what in ("quality", "ablation", "budgets"):
        from bench import quality

        quality.measure(options, place)


def serve(name: str) -> None:
    """Be a worker: one contender, which answers on what was standard output."""
    from bench.contenders import maker

    answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer

    turns.serve(maker(name), sys.stdin, lambda line: print(line, file=answers, flush=True))


def train(spec: str, folder: str) -> None:
    """Be one run of `quality` and its like: train by the spec, leave samples in `folder`."""
    from bench.quality import train_and_draw

    train_and_draw(json.loads(spec), Path(folder))


PROCESSES = {"work": serve, "run": train}  # what the benchmark starts by itself, with --only
