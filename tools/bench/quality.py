"""Quality for time: the ruler's FID of what a contender draws after so many seconds of training.

Each run has a process of its own, which writes samples to a folder; they are scored when it has
ended. The clock stands still while samples are drawn. A run that is there already, with the same
recipe, times, threads and clock, is not measured again.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import textbook
from bench.results import as_now, chosen, load, save
from bench.turns import PROGRAM, Place, synchronise

TIMES = (10, 20, 30, 45, 60, 80, 120, 180, 240, 300)  # seconds of training
BUDGET_TIMES = (10, 30, 60, 120, 180, 240, 300)  # of budgets: longer runs are drawn less often
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
SAMPLES, SAMPLE_SEED = 10_000, 99
CONTENDERS = ["ours", "textbook", "24 channels", "TensorFlow's tutorial"]  # of quality
REMEDIES = ("wgan-gp", "sn-hinge", "r3gan")  # lesson 12's presets, among the budgets
PLAIN = " in fp32"  # after a preset's name, among the budgets: as on a processor without bf16
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


def measure(options: argparse.Namespace, place: Place) -> None:
    """Run all that is asked for and missing, seed by seed; keep each run as soon as it ends."""
    kind = options.what
    for seed in options.seeds:
        for name in chosen(options.only, known(kind)):
            spec, key = specify(options, place, name, seed), f"{name}, seed {seed}"
            done = load(options.out, kind)
            if not options.fresh and as_now(done.get(key, {}).get("spec", {})) == spec:
                print(f"{key}: measured already")
                continue
            run = run_apart(spec, place)
            done = load(options.out, kind)  # another process may have added to it
            done |= {key: run, "machine": place.about(), "clock": options.clock}
            save(options.out, kind, done)


def known(kind: str) -> list[str]:
    """Return the names of what is measured: contenders, rows, or presets."""
    from gancourse.train import BUDGETS

    quick = {row.preset: None for rows in BUDGETS.values() for row in rows}  # once, in order
    presets = [*BUDGETS, *quick, *REMEDIES]
    presets += [f"{name}{PLAIN}" for name in (*BUDGETS, *quick)]
    return {"quality": CONTENDERS, "ablation": [*ROWS], "budgets": presets}[kind]


def specify(options: argparse.Namespace, place: Place, name: str, seed: int) -> dict:
    """Return all that a run depends on, as JSON gives it back."""
    from gancourse import train

    kind = options.what
    seconds = options.seconds or (80 if kind == "ablation" else 300)
    times = {"quality": TIMES, "budgets": BUDGET_TIMES, "ablation": [seconds / 2]}[kind]
    spec = {"name": name if kind == "quality" else "ours", "seed": seed,
            "marks": [*(t for t in times if t < seconds), seconds],
            "clock": options.clock, "threads": place.threads}  # fmt: skip
    if kind == "budgets":
        plain = {"precision": "fp32"} if name.endswith(PLAIN) else {}
        recipe = train.get_preset(name.removesuffix(PLAIN), **plain)
        spec |= {"change": {"preset": name}, "recipe": asdict(recipe)}
    elif spec["name"] == "ours":
        change = {} if kind == "quality" else ROWS[name]
        spec |= {"change": change, "recipe": asdict(changed(change))}
    return json.loads(json.dumps(spec))


def changed(change: dict):
    """Return the default recipe with the fields in `change`; options of the nets are merged."""
    from gancourse import train

    default = train.get_preset("dcgan")
    merged = {k: getattr(default, k) | v for k, v in change.items() if k in ("G", "D")}
    return replace(default, **{**change, **merged})


def run_apart(spec: dict, place: Place) -> dict:
    """Return a run: its spec, rows [seconds, FID], steps, images a second, data."""
    with TemporaryDirectory(prefix="gancourse-bench-") as folder:
        command = [*PROGRAM, "run", "--only", json.dumps(spec), folder]
        subprocess.run(command, env=place.environment(), check=True)
        run = json.loads(Path(folder, "run.json").read_text())
        spent = run.pop("spent")
        fids = [score(Path(folder, f"{i}.pt"), run["data"]) for i in range(len(spent))]
    label = spec["name"] + (f" {spec['change']}" if spec.get("change") else "")
    print(f"{label}, seed {spec['seed']}: FID {fids[-1]:.1f} after {spent[-1]:.0f} s", flush=True)
    rows = [list(row) for row in zip(spent, fids, strict=True)]
    return {"name": spec["name"], "seed": spec["seed"], "rows": rows, "spec": spec, **run}


def score(path: Path, data: str) -> float:
    """Return the FID of saved samples; infinite where they are not numbers."""
    import torch

    from gancourse.score.images import fid

    samples = torch.load(path)
    return float("inf") if samples is None else fid(samples, data)


def contender(spec: dict) -> tuple[Callable[[], object], Callable[[], object], int]:
    """Return a run's step, a function that gives the generator to draw from, and its batch.

    For `budgets` that is the one that `gancourse train` writes, with statistics taken anew.
    """
    from gancourse import machine, train
    from gancourse.data import load_images

    machine.seed_everything(spec["seed"])
    if spec["name"] == "ours":
        state = train.State(train.Recipe(**spec["recipe"]), spec["seed"])
        records = train.train(state, load_images("mnist").to(state.device).batch, 10**9)
        written = partial(train.averaged_generator, state)
        drawn = written if "preset" in spec.get("change", {}) else lambda: state.ema_G
        return lambda: next(records), drawn, state.recipe.batch
    make = {"textbook": textbook.same_network, "24 channels": textbook.tiny,
            "TensorFlow's tutorial": textbook.tensorflow_tutorial}[spec["name"]]  # fmt: skip
    run = make()
    return run.step, lambda: run.G, 256 if make is textbook.tensorflow_tutorial else 128


def trained(step: Callable[[], object], marks: Iterable[float], clock: str):
    """Yield (seconds in all, steps since) each time that training has lasted to the next mark."""
    tick, spent = CLOCKS[clock], 0.0
    for mark in marks:
        start, steps = tick(), 0
        while spent + tick() - start < mark:
            step()
            steps += 1
        synchronise()
        spent += tick() - start
        yield spent, steps


def train_and_draw(spec: dict, folder: Path) -> None:
    """Train one contender and leave its samples and times in `folder`."""
    import torch

    from gancourse.data import load_images
    from gancourse.errors import InputError
    from gancourse.score.images import draw

    (step, generator, batch), times, steps = contender(spec), [], 0
    for spent, taken in trained(step, spec["marks"], spec["clock"]):
        try:
            samples = draw(generator(), SAMPLES, SAMPLE_SEED)
        except InputError:  # NaN: the run has diverged
            samples = None
        torch.save(samples, folder / f"{len(times)}.pt")
        times.append(spent)
        steps += taken
    run = {"spent": times, "steps": steps, "rate": steps * batch / times[-1]}
    run["data"] = load_images("mnist").name
    (folder / "run.json").write_text(json.dumps(run))
