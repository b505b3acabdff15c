"""Images a second of one process, of two that share a run, and of one with two threads.

    python tools/bench processes --seconds 3 --rounds 7

Each setting lives in processes of its own, which join as under torchrun and work only when asked;
the settings take turns in short slices, so that what else runs here is equal for all. The seconds
of processor time for an image say what a setting costs, however busy the machine is. All processes
have the preset's batch: two of them learn from twice as many images in a step.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench import turns
from bench.results import OUT, save
from gancourse.openmp import sleep_sooner

SETTINGS = {  # how many processes, with how many threads each
    "1 process, 1 thread": (1, 1),
    "2 processes, 1 thread each": (2, 1),
    "1 process, 2 threads": (1, 2),
}
WARM = 5  # steps before the first slice


class Team:
    """The processes of one setting, all of one run."""

    def __init__(self, name: str, preset: str):
        self.name, (self.count, threads) = name, SETTINGS[name]
        port, pipes = _free_port(), {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        here = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(self.count)}
        here |= {"OMP_NUM_THREADS": str(threads), "GANCOURSE_THREADS": str(threads)}
        sleep_sooner(here)  # as `gancourse train` does
        self.members = [
            subprocess.Popen(
                [*turns.PROGRAM, "processes", "--work", "--preset", preset],
                env=os.environ | here | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
                text=True,
                **pipes,
            )
            for rank in range(self.count)
        ]
        self.steps = 0
        self.answers()

    def answers(self) -> list[dict]:
        """Return the next line of each process; end the benchmark where one died."""
        lines = [member.stdout.readline() for member in self.members]
        if not all(lines):
            raise SystemExit(f"A process of {self.name!r} died.")
        return [json.loads(line) for line in lines]

    def take(self, steps: int) -> list[dict]:
        """Let all take so many steps; return what each says."""
        for member in self.members:
            member.stdin.write(json.dumps({"steps": steps}) + "\n")
            member.stdin.flush()
        return self.answers()

    def slice(self, seconds: float) -> tuple[float, float]:
        """Return images a second in about so many seconds, and processor ms for an image."""
        if not self.steps:
            self.take(WARM)
            spent = max(answer["seconds"] for answer in self.take(WARM))
            self.steps = max(1, round(seconds * WARM / spent))
        found = self.take(self.steps)
        images = sum(answer["images"] for answer in found)
        cpu = sum(answer["cpu"] for answer in found)
        return images / max(answer["seconds"] for answer in found), 1000 * cpu / images

    def close(self) -> None:
        """End the processes."""
        for member in self.members:
            member.stdin.close()
        for member in self.members:
            try:
                member.wait(10)
            except subprocess.TimeoutExpired:
                member.kill()
                member.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(preset: str, requests, say) -> None:
    """Be one process of a run: take the steps that each line asks for, say how long they took."""
    from gancourse import data, train
    from gancourse.train import graphs, parallel

    with parallel.joined("cpu"):
        state = train.State(train.get_preset(preset), 0, "cpu")
        state.threads = int(os.environ["OMP_NUM_THREADS"])
        source = data.load_images("digits").batch
        turn = parallel.together(graphs.played_back(train.both_steps, state))
        say(json.dumps({"ready": True}))
        for line in requests:
            steps = json.loads(line)["steps"]
            parallel.wait()
            start, cpu = time.perf_counter(), time.process_time()
            for _ in range(steps):
                train.one_step(state, source, turn)
            spent = time.perf_counter() - start
            say(json.dumps({"seconds": spent, "cpu": time.process_time() - cpu,
                            "images": steps * state.recipe.batch}))  # fmt: skip


def measure(preset: str, count: int, seconds: float) -> dict:
    """Return rates and processor times of each setting, one for each of `count` rounds."""
    teams: list[Team] = []
    found: dict = {"rates": {n: [] for n in SETTINGS}, "cpu_ms": {n: [] for n in SETTINGS}}
    try:
        teams += [Team(name, preset) for name in SETTINGS]
        for number in range(count):
            shift = number % len(teams)  # nobody is always behind the same neighbour
            for team in teams[shift:] + teams[:shift]:
                rate, cpu = team.slice(seconds)
                found["rates"][team.name].append(rate)
                found["cpu_ms"][team.name].append(cpu)
            print(f"round {number + 1} of {count}", flush=True)
    finally:
        for team in teams:
            team.close()
    return found


def table(result: dict) -> list[str]:
    """Return the measured as lines of markdown."""
    first = next(iter(SETTINGS))
    lines = ["| setting | images a second | times the first | processor ms an image |",
             "| --- | --- | --- | --- |"]  # fmt: skip
    for name, rates in result["rates"].items():
        low, middle, high = turns.spread(rates)
        times = median(turns.ratios(result["rates"], name, first))
        cpu = median(result["cpu_ms"][name])
        lines.append(
            f"| {name} | {middle:.0f} ({low:.0f} to {high:.0f}) | {times:.2f} | {cpu:.2f} |"
        )
    return lines


def report(result: dict) -> list[str]:
    """Return what was measured as lines of markdown, with what it was measured beside."""
    before, after = result["load"]
    return ["## Processes", "", f"Images a second of the preset {result['preset']}, a batch of "
            f"{result['batch']} in each process: the median and quartiles of {result['rounds']} "
            f"slices of {result['seconds']:g} s, in turns. Load average before {before:.1f}, "
            f"after {after:.1f}: beside other work, the processor's time says more than the "
            "clock's.", "", *table(result)]  # fmt: skip


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of a slice")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--preset", default="dcgan")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Measure, write docs/bench/processes.json, print the table."""
    options = parse(argv)
    if options.work:
        answers, sys.stdout = sys.stdout, sys.stderr  # what others print is no answer
        return serve(options.preset, sys.stdin, lambda line: print(line, file=answers, flush=True))
    from gancourse import train

    batch = train.get_preset(options.preset).batch
    load = os.getloadavg()[0]
    result = {"machine": turns.Place().about(), "preset": options.preset, "batch": batch,
              "seconds": options.seconds, "rounds": options.rounds}  # fmt: skip
    result |= measure(options.preset, options.rounds, options.seconds)
    result["load"] = [load, os.getloadavg()[0]]
    save(options.out, "processes", result)
    print("\n".join(table(result)))
    return None
