"""What the clinic's recorder costs: loops of the corpus with and without it, turn about.

    python tools/bench recorder                   the loops of LOOPS, some minutes of one core
    python tools/bench recorder --only gan_py     these loops
    python tools/bench recorder --sample 300      time so many turns of each, and reckon the rest

A loop runs twice in one process, in two threads that hand over after every turn, so that what else
the machine does slows both alike. A turn's time is its thread's processor time; a run's is the sum
over all its turns of a quick one of their kind (looked at closely, samples drawn, all others): one
in ten is quicker. Beside other work the median moves by a tenth from run to run, this one by less.
Added are the recorder's start and finish; so a part of the turns is enough to time, but a run that
is cut short has poorer samples, and finish() asks more of these. The two threads share PyTorch's
random state, so neither run is the one that its seed gives: the shapes and the work are the same.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import torch
from corpus.entry import NoWatch, Program
from corpus.table import programs
from corpus_quality import Watch

from gancourse.clinic.clock import LOOK, Clock
from gancourse.store import write_whole

OUT = Path(__file__).resolve().parents[2] / "docs" / "clinic" / "cost.json"
LIMIT = 0.10  # of a run's time
LOOPS = ("pure_losses", "penalty_first", "fifty_lines", "cgan", "pacgan2", "engine_with_handlers",
         "lsgan_grid", "scaler_and_clip", "param_groups", "dcgan_digits", "gan_py",
         "convolutional_lsgan")  # fmt: skip


class Baton:
    """Two runners take turns; one that has ended lets the other run on alone."""

    def __init__(self):
        self.condition, self.whose, self.ended = threading.Condition(), 0, set()

    def take(self, runner: int) -> None:
        """Wait until it is this runner's turn."""
        with self.condition:
            self.condition.wait_for(lambda: self.whose == runner or 1 - runner in self.ended)

    def hand_over(self, runner: int) -> None:
        with self.condition:
            self.whose = 1 - runner
            self.condition.notify_all()

    def end(self, runner: int) -> None:
        self.ended.add(runner)
        self.hand_over(runner)


class Timed:
    """Listens to a program as its watch does, and notes each turn's processor time."""

    def __init__(self, watch, runner: int, baton: Baton, clock: Callable[[], float]):
        self.watch, self.runner, self.baton, self.clock = watch, runner, baton, clock
        self.turns: list[float] = []
        self.started = 0.0

    def start(self, **parts) -> None:
        begin = self.clock()
        self.watch.start(**parts)
        self.started = self.clock() - begin
        self.begin = self.clock()

    def real(self, x):
        return self.watch.real(x)

    def step(self, d_loss, g_loss) -> None:
        self.watch.step(d_loss, g_loss)
        self.turns.append(self.clock() - self.begin)
        self.baton.hand_over(self.runner)
        self.baton.take(self.runner)
        self.begin = self.clock()


def kind_of(clock) -> str:
    """Return what the recorder does in this turn: measure, warm up, draw samples, or nothing."""
    if (clock.turn + 1) % LOOK == 0:
        return "look"
    return "measured" if clock.measured else "near" if clock.near else "far"


def schedule(turns: int) -> list[str]:
    """Return the kind of each turn of a run."""
    clock, kinds = Clock(), []
    for _ in range(turns):
        kinds.append(kind_of(clock))
        clock.tick()
    return kinds


def quick(times: Iterable[float]) -> float:
    """Return the time than which one in ten is shorter."""
    times = sorted(times)
    return times[len(times) // 10]


def total(times: list[float], kinds: list[str], whole: list[str]) -> float:
    """Return the time of a whole run, each turn counted with a quick one of its kind in `times`."""
    return sum(
        whole.count(kind) * quick(t for t, k in zip(times, kinds, strict=True) if k == kind)
        for kind in set(whole)
    )


def measure(
    program: Program, timed_turns: int, clock: Callable[[], float] = time.thread_time
) -> dict:
    """Return a loop's ms a turn without a recorder, and the recorder's shares of the run's time."""
    baton, recorded = Baton(), Watch()
    bare, watched = (Timed(w, i, baton, clock) for i, w in enumerate((NoWatch(), recorded)))
    finished, failed = [], []

    def run(timed: Timed) -> None:
        try:
            baton.take(timed.runner)
            program.run(timed, 0, timed_turns)
            if timed is watched:
                begin = clock()
                recorded.recorder.finish()
                finished.append(clock() - begin)
        except Exception as error:
            failed.append(error)
        finally:
            baton.end(timed.runner)

    threads = [threading.Thread(target=run, args=(timed,)) for timed in (bare, watched)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    turns = program.turns
    whole = turns * quick(bare.turns)
    training = total(watched.turns, schedule(timed_turns), schedule(turns)) / whole - 1
    ends = {"start": watched.started / whole, "finish": finished[0] / whole}
    return {"name": program.name, "data": program.data, "turns": turns,
            "timed": timed_turns,
            "ms_a_turn": round(1e3 * whole / turns, 3), "training": round(training, 4),
            **{name: round(share, 4) for name, share in ends.items()},
            "all": round(training + sum(ends.values()), 4)}  # fmt: skip


def table(rows: list[dict]) -> str:
    """Return the rows as text, in per cent of the run's time without a recorder."""
    head = f"{'loop':22} {'turns':>6} {'ms a turn':>10} {'training':>9} {'start':>7} {'finish':>7}"
    lines = [
        f"{r['name']:22} {r['turns']:6} {r['ms_a_turn']:10.2f} {100 * r['training']:8.1f} % "
        f"{100 * r['start']:5.1f} % {100 * r['finish']:5.1f} % {100 * r['all']:5.1f} %"
        for r in rows
    ]
    return "\n".join([head + "     all", *lines])


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=LOOPS, help="names of loops of the corpus")
    parser.add_argument("--sample", type=int, help="turns to time, 150 at least (all of a run)")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    known = programs()
    for name in options.only:
        turns = known[name].turns
        row = measure(known[name], min(turns, max(LOOK, options.sample or turns)))
        print(table([row]), flush=True)
        keep(row, options.out)
    rows = json.loads(options.out.read_text())["loops"]
    print(table(rows), f"median {100 * median(r['all'] for r in rows):.1f} %", sep="\n")


def keep(row: dict, out: Path) -> None:
    """Write a loop's row among those that are there."""
    rows = json.loads(out.read_text())["loops"] if out.exists() else []
    rows = [*(r for r in rows if r["name"] != row["name"]), row]
    found = {"limit": LIMIT, "median": median(r["all"] for r in rows), "loops": rows}
    write_whole(out, (json.dumps(found, indent=1) + "\n").encode())
