"""Contenders in processes of their own, one at work at a time: each gets a slice in every round.

So a busy machine is equally busy for all, ratios are taken within a round, and no contender's
memory settings or threads touch another's. Parent and worker exchange one line of JSON at a time.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

PROGRAM = (sys.executable, str(Path(__file__).parent))
OPERATORS = 12  # rows of a profile


@dataclass(frozen=True)
class Place:
    """Where to measure: how many threads, and on which device ("" for the course's choice)."""

    threads: int = os.cpu_count() or 1
    device: str = ""

    def environment(self) -> dict[str, str]:
        """Return the environment of a worker."""
        device = {"GANCOURSE_DEVICE": self.device} if self.device else {}
        return {**os.environ, "OMP_NUM_THREADS": str(self.threads), **device}

    def about(self) -> dict:
        """Return what this machine is: processor, threads, its units for bf16, PyTorch."""
        import torch

        from gancourse import machine

        device = machine.device(self.device)
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else machine.processor()
        return {"cpu": name, "cores": os.cpu_count(), "threads": self.threads,
                "flags": _flags(), "device": device.type, "bf16": machine.fast_bf16(device),
                "torch": torch.__version__}  # fmt: skip


def _cpuinfo(field: str) -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith(field)), "")


def _flags() -> list[str]:
    return [flag for flag in _cpuinfo("flags").split() if flag.startswith(("avx", "amx", "fma"))]


class Worker:
    """A contender in a process of its own, which works only when asked."""

    def __init__(self, name: str, place: Place):
        command = [*PROGRAM, "work", "--only", name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.name = name
        self.process = subprocess.Popen(command, env=place.environment(), **pipes)

    def answer(self) -> dict:
        """Return the next line it says; end the benchmark where it died."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The contender {self.name!r} died with {self.process.wait()}.")
        return json.loads(line)

    def ask(self, **request) -> dict:
        """Return its answer to a request: `seconds` of work, or a `profile` of so many steps."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End the process, whatever it does."""
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(make: Callable[[], tuple], requests: Iterable[str], say: Callable[[str], object]):
    """Answer each line of `requests` with one of JSON; the first line says that all is ready."""
    step, units = make()
    before = peak()
    say(json.dumps({"ready": True}))
    for line in requests:
        request = json.loads(line)
        if "profile" in request:
            say(json.dumps({"profile": profile(step, units, request["profile"])}))
        else:
            rate = work(step, units, request["seconds"])
            say(json.dumps({"rate": rate, "MB": peak() - before}))


def work(step: Callable[[], object], units: int, seconds: float) -> float:
    """Take steps for so many seconds, at least one; return units a second."""
    synchronise()
    start = time.perf_counter()
    done, spent = 0, 0.0
    while spent < seconds or not done:
        step()
        done += 1
        if done % 10 == 0:  # a GPU's queue holds seconds of work
            synchronise()
        spent = time.perf_counter() - start
    synchronise()
    return done * units / (time.perf_counter() - start)


def synchronise() -> None:
    """Wait for a GPU to finish; a CPU always has."""
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def peak() -> float:
    """Return the most memory this process has held so far in MB: the GPU's where there is one."""
    import torch

    if torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")  # on Linux ru_maxrss counts what the parent held, too
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 2**10
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def profile(step: Callable[[], object], units: int, steps: int) -> list:
    """Return [operator, share of a step's time, microseconds an image], largest first."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as watch

    with watch(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(steps):
            step()
    spent = {event.key: event.self_cpu_time_total for event in seen.key_averages()}
    total = sum(spent.values())
    top = sorted(spent.items(), key=lambda item: -item[1])[:OPERATORS]
    return [[name, time / total, time / steps / units] for name, time in top]


def rounds(names: list[str], count: int, seconds: float, place: Place) -> dict:
    """Return {"rates": {name: one for each round}, "MB": {name: ...}, "profile": {name: ...}}.

    A first round warms up and counts for nothing. "ours" and "textbook" are profiled at the end.
    """
    workers = [Worker(name, place) for name in names]
    try:
        for worker in workers:
            worker.answer()
        found = _take_turns(workers, count, seconds)
        profiled = [w for w in workers if w.name in ("textbook", "ours")]
        found["profile"] = {w.name: w.ask(profile=10)["profile"] for w in profiled}
    finally:
        for worker in workers:
            worker.close()
    return found


def _take_turns(workers: list[Worker], count: int, seconds: float) -> dict:
    found: dict = {"rates": {w.name: [] for w in workers}, "MB": {}}
    for number in range(count + 1):
        for worker in workers:
            answer = worker.ask(seconds=seconds)
            found["MB"][worker.name] = answer["MB"]
            if number:
                found["rates"][worker.name].append(answer["rate"])
        print(f"round {number} of {count}" if number else "warmed up", flush=True)
    return found


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return lower quartile, median and upper quartile."""
    if len(values) < 2:
        return (*values, *values, *values)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, median(values), high


def ratios(rates: dict, name: str, against: str) -> list[float]:
    """Return the ratio of two contenders in each round."""
    return [a / b for a, b in zip(rates[name], rates[against], strict=True)]
