"""Measure each kind of work with each number of threads, alone and beside busy loops.

    python tools/bench threads --seconds 0.5 --rounds 7

Each setting lives in a process of its own, because OpenMP reads its environment once. Settings
take turns in short slices, one at work at a time, so that what else runs here is equal for all. A
busy loop is a Python process that never rests. `machine.threads` is what the table decides;
"as chosen" is the course as a user runs it, and the others override it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from bench import turns
from bench.results import OUT
from gancourse.openmp import KERNEL, choose_threads

CHOSEN = "as chosen"
ALL = str(os.cpu_count() or 1)
FREE = ("GANCOURSE_THREADS", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT",
        "KMP_BLOCKTIME", KERNEL)  # fmt: skip
FORCED = "GANCOURSE_BENCH_FORCED"  # everything is computed on OMP_NUM_THREADS
MANY = {FORCED: "1", "OMP_NUM_THREADS": ALL}
SETTINGS: dict[str, dict[str, str]] = {
    CHOSEN: {},
    "1": MANY | {"OMP_NUM_THREADS": "1"},
    ALL: MANY,
    f"{ALL}, passive": MANY | {"OMP_WAIT_POLICY": "PASSIVE"},
    f"{ALL}, spin 1,000": MANY | {"GOMP_SPINCOUNT": "1000"},
    f"{ALL}, spin 10,000": MANY | {"GOMP_SPINCOUNT": "10000"},
    f"{ALL}, spin 100,000": MANY | {"GOMP_SPINCOUNT": "100000"},
}
LLVM = {f"{ALL}, block 0": MANY | {"KMP_BLOCKTIME": "0"}}
LOADS = (0, 1, 2)  # busy loops beside the work
LIMIT = 1.15  # the choice is never slower than so many times the best setting
BUSY = "while True: pass"

Step = tuple[Callable[[], object], int]


def training(recipe, source) -> Step:
    """Return the course's own step."""
    from gancourse import train

    return partial(train.one_step, train.State(recipe, 0, "cpu"), source), recipe.batch


def points() -> Step:
    """Return a step of the GAN on points that a page plays with."""
    from gancourse.live.run import pointgan

    return training(pointgan.RECIPE, pointgan.DATA["ring"]().sample)


def clinic() -> Step:
    """Return 50 steps of the clinic's working program on the ring, recorder and all."""
    from gancourse.clinic import faults, get_setting

    ring = replace(get_setting("ring"), steps=50)
    return partial(faults.trained, ring, None, 0), ring.batch * ring.steps


def images(preset: str, **changes) -> Step:
    from gancourse import data, train

    return training(train.get_preset(preset, **changes), data.load_images("digits").batch)


def small_dcgan() -> Step:
    from gancourse import data
    from gancourse.clinic.healthy import HEALTHY

    return training(HEALTHY["small DCGAN"].recipe, data.load_images("digits").batch)


def generated(n: int):
    from gancourse import nets, train

    return train.sample(nets.load_any("mnist"), n)


def scored(n: int) -> Step:
    """Return the FID of n images in the ruler's features."""
    from gancourse import score

    return partial(score.fid, generated(n), "digits"), n


def reported(n: int) -> Step:
    """Return all scores of n images; what is computed once is not counted."""
    from gancourse.pixels import to_pixels
    from gancourse.score import images

    x = to_pixels(generated(n))
    images.score_images(x, "digits")
    return partial(images.score_images, x, "digits"), n


def explored(n: int) -> Step:
    """Return n pictures of the latent explorer."""
    import torch

    from gancourse import live, nets

    explorer = live.LatentExplorer(nets.load_any("mnist"))
    return partial(explorer.images, torch.randn(n, explorer.G.z_dim)), n


WORK: dict[str, Callable[[], Step]] = {
    "points": points,
    "clinic": clinic,
    "MLP": partial(images, "mlp"),
    "DCGAN, small": small_dcgan,
    "DCGAN": partial(images, "dcgan"),
    "DCGAN, fp32": partial(images, "dcgan", precision="fp32"),
    "DCGAN, large": partial(images, "dcgan-large"),
    "score, FID": partial(scored, 1000),
    "score, report": partial(reported, 1000),
    "explorer, 1": partial(explored, 1),
    "explorer, 9": partial(explored, 9),
}


class Worker(turns.Worker):
    """A setting in a process of its own, which works only when asked."""

    def __init__(self, name: str, environment: dict[str, str]):
        clean = {key: value for key, value in os.environ.items() if key not in FREE}
        if name == CHOSEN:
            choose_threads(clean)  # as in a notebook of the course
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent), "threads", "--work"],
            env=clean | environment,
            **pipes,
        )


def force() -> None:
    """Leave the number of threads to the environment, whatever the work is."""
    from gancourse import machine

    machine.computing = lambda count: nullcontext()


def serve(requests, say: Callable[[str], object]) -> None:
    """Answer each line of `requests`, {"work": name, "seconds": s}, with its units a second.

    Where FORCED is set, all work is computed on one number of threads, whatever the course does.
    """
    if FORCED in os.environ:
        force()
    made: dict[str, Step] = {}
    for line in requests:
        request = json.loads(line)
        name = request["work"]
        if name not in made:
            made[name] = WORK[name]()
        say(json.dumps({"rate": turns.work(*made[name], request["seconds"])}))


@contextmanager
def busy(count: int) -> Iterator[list[subprocess.Popen]]:
    """Run so many busy loops beside the block."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield loops
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measure(settings: dict, work: list[str], options) -> dict:
    """Return rates[load][work][setting], a list with one for each round."""
    workers = [Worker(name, environment) for name, environment in settings.items()]
    rates: dict = {}
    try:
        for worker in workers:
            for name in work:
                worker.ask(work=name, seconds=0)  # made and warm
        for load in options.loads:
            with busy(load):
                rates[str(load)] = _rounds(workers, work, options)
            print(f"beside {load} busy loops: done", flush=True)
    finally:
        for worker in workers:
            worker.close()
    return rates


def _rounds(workers: list[Worker], work: list[str], options) -> dict:
    found: dict = {name: {w.name: [] for w in workers} for name in work}
    for number in range(options.rounds):
        for name in work:
            shift = number % len(workers)  # nobody is always behind the same neighbour
            for worker in workers[shift:] + workers[:shift]:
                rate = worker.ask(work=name, seconds=options.seconds)["rate"]
                found[name][worker.name].append(rate)
            print(f"round {number + 1}: {name}", flush=True)
    return found


def slower(found: dict[str, list[float]]) -> dict[str, float]:
    """Return for each setting how many times slower its median is than the best setting's."""
    rates = {name: median(values) for name, values in found.items()}
    return {name: max(rates.values()) / rate for name, rate in rates.items()}


def tables(result: dict) -> list[str]:
    """Return the measured as lines of markdown: a table for each load, and the verdict."""
    lines = ["## Threads", "", "How many times slower than the best setting each one is: medians "
             f"of {result['rounds']} slices of {result['seconds']:g} s, in turns; a number of "
             f"threads, and what waiting threads do. Load average before: {result['load']:.1f}.",
             ]  # fmt: skip
    worst = (0.0, "")
    for load, found in result["rates"].items():
        names = list(next(iter(found.values())))
        beside = {"0": "alone", "1": "beside one busy loop"}.get(load, f"beside {load} busy loops")
        lines += ["", f"| {' | '.join([beside, *names])} |", "| --- " * (len(names) + 1) + "|"]
        for work, rates in found.items():
            times = slower(rates)
            lines.append(f"| {' | '.join([work, *(f'{times[n]:.2f}' for n in names)])} |")
            worst = max(worst, (times.get(CHOSEN, 0.0), f"{work}, {beside}"))
    verdict = "met" if worst[0] <= LIMIT else "not met"
    why = (
        "Where nothing else computes all threads are the faster choice, and beside one busy loop "
        "many times the slower one: for nets the course gives up the first against the second."
    )
    return [*lines, "", "| target | aim | measured |  |", "| --- | --- | --- | --- |",
            f"| the choice against the best setting | at most {LIMIT} times | {worst[0]:.2f} "
            f"({worst[1]}) | {verdict} |", "", why]  # fmt: skip


def known_settings() -> dict[str, dict[str, str]]:
    """Return the settings, with those of LLVM's OpenMP where PyTorch brings that one."""
    import torch

    names = [path.name for path in (Path(torch.__file__).parent / "lib").glob("lib*omp*")]
    return SETTINGS | (LLVM if any("iomp" in n or "libomp" in n for n in names) else {})


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="of a slice")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--loads", type=int, nargs="*", default=LOADS, help="busy loops beside it")
    parser.add_argument("--settings", nargs="*", default=[], choices=[*SETTINGS, *LLVM])
    parser.add_argument("--only", nargs="*", default=[], choices=WORK, help="kinds of work")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Measure, write the JSON, print the tables."""
    options = parse(argv)
    if options.work:
        answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer
        return serve(sys.stdin, lambda line: print(line, file=answers, flush=True))
    load = os.getloadavg()[0]
    known = known_settings()
    settings = {name: known[name] for name in options.settings or known}
    result = {"machine": turns.Place().about(), "load": load, "seconds": options.seconds,
              "rounds": options.rounds}  # fmt: skip
    result["rates"] = measure(settings, options.only or list(WORK), options)
    from gancourse.store import write_whole

    write_whole(options.out / "threads.json", (json.dumps(result, indent=1) + "\n").encode())
    print("\n".join(tables(result)))
    return None
