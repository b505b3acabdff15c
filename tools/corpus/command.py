"""The command line: list the programs, run one, or see what all of them come to."""

import argparse
import time

import torch

from .entry import NoWatch
from .outcomes import outcome
from .table import PARTS, half_of, programs


def show(half):
    for p in programs(half).values():
        what = "; ".join(p.answers) or "sound"
        what += " (in the text only)" * p.text_only
        print(f"{half_of(p):7} {p.author:17} {p.name:30} {p.data:7} {p.turns:5}  {what}")


def train(program, seed, turns=None):
    """Print and return what a program's samples come to."""
    start = time.process_time()
    sample = program.run(NoWatch(), seed, turns or program.turns)
    took = time.process_time() - start
    found = outcome(program, sample)
    what = "; ".join(program.answers) or "sound"
    print(f"{program.name:30} seed {seed} {took:5.1f} s  {found}  [{what}]", flush=True)
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python tools/corpus", description=__doc__)
    parser.add_argument("what", choices=("list", "run", "outcomes"))
    parser.add_argument("names", nargs="*", help="programs or authors (outcomes, run)")
    parser.add_argument("--half", default="all", choices=("all", *PARTS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--turns", type=int)
    args = parser.parse_intermixed_args(argv)
    if args.what == "list":
        return show(args.half)
    torch.set_num_threads(1)
    found = programs(args.half)
    for name in args.names:
        if not any(name in (p.name, p.author) for p in found.values()):
            parser.error(f"no program or author is called {name}")
    if args.what == "run" and not args.names:
        parser.error("run NAME: which program?")
    for p in found.values():
        if not args.names or p.name in args.names or p.author in args.names:
            train(p, args.seed, args.turns)
