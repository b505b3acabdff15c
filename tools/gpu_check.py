"""Try the course on a GPU: numbers against the CPU's, resume, exactness, lessons, speed, memory.

    python tools/gpu_check.py                    all parts, into docs/gpu/NAME.json and README.md
    python tools/gpu_check.py numbers resume     only these parts; the others stay as they were

Ends with 1 where a bound is broken or a lesson fails. Each part says what it did; `speed` measures
its contenders in turns, each in a process of its own.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # for deterministic matrix products

import gpu_page
import torch
from bench import turns
from bench.contenders import CLASSIC, ON_GPU, flops
from bench.results import chosen, load, save
from bench.turns import Place

from gancourse import machine, train
from gancourse.data import load_images

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "gpu"
PLAIN = ("mlp", "dcgan", "dcgan-large", "writeup-000", "writeup-001", "writeup-002", "writeup-003",
         "writeup-004")  # fmt: skip
STEADY = ("wgan-gp", "sn-hinge", "r3gan")  # penalties and spectral norm
LABELLED = ("cdcgan", "cdcgan-concat", "acgan", "cdcgan-diffaug")
PENALISED = replace(CLASSIC, loss="relativistic", r1=1.0, r2=1.0, D={"width": 128, "norm": False})
STEPS, HALF = 20, 10
FIRST = 1e-4  # bound on D's first loss; the later ones are held against rounding


def recipes() -> dict[str, train.Recipe]:
    """Return what is tried: every kind of preset, and one with both penalties."""
    presets = {name: train.get_preset(name) for name in PLAIN + STEADY + LABELLED}
    return presets | {"R1 and R2": PENALISED}


def run(recipe: train.Recipe, device, steps: int, state: train.State | None = None) -> train.State:
    """Return a run of `recipe` after so many more steps, in fp32."""
    state = state or train.State(recipe, 0, device, "fp32")
    images = load_images("mnist").to(state.device)
    for _ in train.train(state, train.source_of(images, recipe), steps):
        pass
    return state


def comparable() -> dict[str, train.Recipe]:
    """Return the recipes that draw nothing from the device's own random state.

    Dropout does, and on a GPU the mixtures of a gradient penalty and DiffAugment do.

    They take plain gradient descent: Adam divides by a gradient's size, so that rounding decides
    the sign of what is almost zero.
    """
    plain = {"optimiser": "sgd", "lr_G": 1e-3, "lr_D": 1e-3}
    dropout = ("writeup-001", "writeup-004")
    found = recipes().items()
    return {
        n: replace(r, **plain) for n, r in found if n not in dropout and not (r.gp or r.augment)
    }


def numbers(device: torch.device) -> dict:
    """Return, for each recipe, how far the losses of STEPS steps are from the CPU's, in fp32."""
    torch.backends.cudnn.allow_tf32 = False
    found = {}
    for name, recipe in comparable().items():
        rows = apart(run(recipe, device, STEPS), run(recipe, "cpu", STEPS))
        found[name] = {"first": rows[0, 0].item(), "largest": rows.max().item()}
        found[name]["passed"] = found[name]["first"] < FIRST
    torch.backends.cudnn.allow_tf32 = True
    return found


def rounding(device: torch.device) -> dict:
    """Return how far the CPU is from itself where each weight starts about one rounding away."""
    found, rng = {}, machine.seed_generator(0)
    for name, recipe in comparable().items():
        moved = train.State(recipe, 0, "cpu", "fp32")
        for net in (moved.G, moved.D):
            for weight in net.parameters():
                noise = torch.randn(weight.shape, generator=rng)
                weight.data *= 1 + torch.finfo(torch.float).eps * noise
        rows = apart(run(recipe, "cpu", STEPS, moved), run(recipe, "cpu", STEPS))
        found[name] = {"largest": rows.max().item()}
    return found


def apart(one: train.State, other: train.State) -> torch.Tensor:
    """Return how far each number of two histories is from the other, [STEPS, 4]."""
    rows = [torch.stack(state.history).cpu() for state in (one, other)]
    return (rows[0] - rows[1]).abs()


def contents(state: train.State) -> dict[str, torch.Tensor]:
    """Return all tensors of a run."""
    from gancourse.train import checkpoint

    return {name: t.cpu() for name, t in checkpoint.contents(state)[0].items()}


def differing(one: train.State, other: train.State) -> list[str]:
    """Return the names of the tensors of two runs that are not the same bits."""
    a, b = contents(one), contents(other)
    return [
        name for name in a | b if not (name in a and name in b and torch.equal(a[name], b[name]))
    ]


def resume(device: torch.device) -> dict:
    """Return, for each recipe, which tensors differ after a save and a load half way; exactly."""
    found = {}
    for name, recipe in recipes().items():
        with tempfile.TemporaryDirectory() as folder:
            path = train.save_state(run(recipe, device, HALF), Path(folder) / "run.safetensors")
            again = run(recipe, device, HALF, train.load_state(path, device))
        apart = differing(run(recipe, device, STEPS), again)
        found[name] = {"differ": apart[:5], "passed": not apart}
    return found


def repeat(device: torch.device) -> dict:
    """Return, for each recipe, whether two runs, and one played back and one not, are one."""
    found = {}
    for name, recipe in recipes().items():
        runs = [run(recipe, device, STEPS) for _ in range(2)]
        os.environ["GANCOURSE_GRAPHS"] = "0"
        eager = run(recipe, device, STEPS)
        del os.environ["GANCOURSE_GRAPHS"]
        apart, graphs = differing(*runs), differing(runs[0], eager)
        found[name] = {"differ": apart[:5], "graphs differ": graphs[:5]}
        found[name]["passed"] = not apart and not graphs
    return found


def exactly(part: Callable[[torch.device], dict]) -> Callable[[torch.device], dict]:
    """Return `part` under PyTorch's deterministic algorithms."""

    def found(device: torch.device) -> dict:
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        try:
            return part(device)
        finally:
            torch.use_deterministic_algorithms(False)

    return found


def lessons(device: torch.device, jobs: int = 1) -> dict:
    """Return, for each lesson, how many seconds it ran on the device, or how it failed."""
    from joblib import Parallel, delayed

    os.environ["GANCOURSE_DEVICE"] = device.type
    sources = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
    many = Parallel(jobs, return_as="generator")
    return {"at a time": jobs} | dict(many(delayed(lesson)(source) for source in sources))


def lesson(source: Path) -> tuple[str, dict]:
    """Return a lesson's name, and how it ran."""
    import jupytext
    from build.execute import execute
    from build.sources import BuildError, Target

    start, error = time.perf_counter(), ""
    try:
        execute(jupytext.read(source), Target("lesson", source, source.with_suffix(".ipynb"), ROOT))
    except (BuildError, TypeError) as failure:
        error = str(failure)
    seconds = time.perf_counter() - start
    print(f"  {source.stem}: {seconds:.0f} s {error}", flush=True)
    short = gpu_page.in_short(error)
    return source.stem, {"seconds": seconds, "error": short, "passed": not error}


def speed(device: torch.device) -> dict:
    """Return images a second of each contender, in turns, and its memory."""
    found = turns.rounds(list(ON_GPU), 4, 0.3, Place(machine.cores(), device.type))
    return {"rates": found["rates"], "MB": found["MB"], "flops": flops()}


PARTS = {
    "numbers": exactly(numbers),
    "rounding": rounding,
    "resume": exactly(resume),
    "repeat": exactly(repeat),
    "lessons": lessons,
    "speed": speed,
}


def main(argv: list[str] | None = None) -> int:
    """Try what is asked for, keep each part as soon as it is done; return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} [all]")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--jobs", type=int, default=1, help="lessons at a time [1]")
    options = parser.parse_args(argv)
    device = machine.device()
    if device.type == "cpu":
        print("PyTorch sees no GPU here: `make gpu-check` needs one, CUDA or MPS.")
        return 1
    about = Place(1, device.type).about()
    name = re.sub(r"\W+", "-", about["cpu"] if device.type == "cuda" else "Apple").strip("-")
    parts = PARTS | {"lessons": partial(lessons, jobs=options.jobs)}
    for part in chosen(options.parts, parts):
        print(part, flush=True)
        start = time.perf_counter()
        found = parts[part](device) | {"took": time.perf_counter() - start}
        save(options.out, name, load(options.out, name) | {"machine": about, part: found})
        print(f"  {found['took']:.0f} s", flush=True)
    text, failed = gpu_page.write(options.out)
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
