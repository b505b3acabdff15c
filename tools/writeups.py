"""Train the five write-ups and their variants with one budget each, and score what they draw.

    python tools/writeups.py                       all presets, 45 s of one processor core each
    python tools/writeups.py writeup-000-sgd       only these
    python tools/writeups.py --seconds 600         a larger budget: all are measured again
    python tools/writeups.py --epochs 50 --jobs 2  so many rounds of the data in place of seconds

Seconds are those of one processor core on one thread, so a busy machine changes little. Results go
to docs/writeups (--out): results.json and samples.safetensors (16 images of each). A run that is
there already with the same recipe, seed and budget is not repeated; one by epochs leaves a
checkpoint in runs/writeups every few minutes, and goes on from it after a kill.
"""

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import torch
from bench.results import as_now
from bench.turns import Place
from torch import Tensor

from gancourse import machine, store, train
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError, choose
from gancourse.score.images import draw, reference_of
from gancourse.score.measures import class_shares, fid
from gancourse.score.ruler import features

ROOT = Path(__file__).resolve().parents[1]
OUT, KEPT = ROOT / "docs" / "writeups", ROOT / "runs" / "writeups"
EVERY = 120  # seconds between checkpoints of a run by epochs
SAMPLES, SAMPLE_SEED, SHOWN = 2_500, 99, 16
LAST = 50  # steps over which D(x) and D(G(z)) are averaged at the end


def specify(name: str, options: argparse.Namespace) -> dict:
    """Return all that a run depends on, as JSON gives it back."""
    recipe = asdict(train.get_preset(name))
    budget = {"epochs": options.epochs} if options.epochs else {"seconds": options.seconds}
    return json.loads(json.dumps({"recipe": recipe, **budget, "seed": options.seed}))


def for_seconds(state: train.State, images: ImageSet, seconds: float) -> float:
    """Train for so many processor seconds; return how many it were."""
    start = time.process_time()
    for _ in train.train(state, images.batch, 10**9):
        spent = time.process_time() - start
        if spent >= seconds:
            return spent
    raise AssertionError("a run of 10**9 steps has ended")


def for_epochs(name: str, spec: dict, images: ImageSet) -> tuple[train.State, float]:
    """Return a run after so many rounds of the data, and its seconds, those before a kill too."""
    recipe, path = train.Recipe(**spec["recipe"]), KEPT / f"{name}-{spec['seed']}.safetensors"
    state, before = train.State(recipe, spec["seed"]), 0.0
    if path.exists():
        earlier = train.load_state(path)
        if earlier.recipe == recipe:
            state, before = earlier, float(_clock(path).read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = round(spec["epochs"] * len(images) / recipe.batch) - state.step
    start = saved = time.monotonic()
    on = images.to(state.device)
    for _ in train.train(state, on.batch, steps) if steps > 0 else ():
        if time.monotonic() - saved > EVERY:
            saved = time.monotonic()
            _clock(path).write_text(str(before + saved - start))
            train.save_state(state, path)
            print(f"{name}: step {state.step}, {steps} asked for", flush=True)
    if state.device.type == "cuda":
        torch.cuda.synchronize()
    return state, before + time.monotonic() - start


def _clock(path: Path) -> Path:
    return path.with_suffix(".seconds")


def scored(x: Tensor, data: str) -> dict:
    """Return the FID of images, the share of each class, and its KL to a uniform share in nats."""
    reference = reference_of(data)
    fakes = features(reference.ruler, x)
    shares = class_shares(reference.ruler.head(fakes))
    kl = torch.xlogy(shares, len(shares) * shares).sum().item()
    return {"fid": fid(fakes, reference.test), "shares": shares.tolist(), "class_kl": kl}


def measure(name: str, spec: dict) -> tuple[dict, Tensor]:
    """Return one run's result, and the first of its samples [16, 1, 28, 28] in uint8."""
    torch.set_num_threads(1)
    images = load_images("mnist")
    if "epochs" in spec:
        state, spent = for_epochs(name, spec, images)
    else:
        state = train.State(train.Recipe(**spec["recipe"]), spec["seed"])
        spent = for_seconds(state, images.to(state.device), spec["seconds"])
    curves = state.curves()
    ends = {name: sum(c[-LAST:]) / len(c[-LAST:]) for name, c in curves.items()}
    result = {"spec": spec, "steps": state.step, "spent": spent, "end": ends}
    result |= {"images": state.step * state.recipe.batch, "precision": state.precision}
    result["on"] = Place(1).about()["cpu"]
    try:
        x = draw(state.ema_G, SAMPLES, SAMPLE_SEED)
    except InputError:  # NaN: the run has diverged
        nothing = torch.zeros(SHOWN, 1, 28, 28, dtype=torch.uint8)
        return result | {"fid": None, "shares": None, "class_kl": None}, nothing
    return result | scored(x, images.name), x[:SHOWN]


def load(folder: Path) -> tuple[dict, dict[str, Tensor]]:
    """Return the results and the samples that are in `folder` so far."""
    path = folder / "results.json"
    if not path.exists():
        return {"runs": {}}, {}
    return json.loads(path.read_text()), store.load_tensors(folder / "samples.safetensors")[0]


def keep(folder: Path, name: str, run: dict, x: Tensor, about: dict) -> None:
    """Add a run to the files in `folder`; the samples first, since the results name them."""
    results, samples = load(folder)
    store.save_tensors(folder / "samples.safetensors", samples | {name: x}, {})
    results |= about
    results["runs"][name] = run
    text = json.dumps(results, indent=1, sort_keys=True) + "\n"
    store.write_whole(folder / "results.json", text.encode())


def floor(images: ImageSet) -> float:
    """Return the FID of as many training images: as good as it gets."""
    order = torch.randperm(len(images), generator=machine.seed_generator(0))
    return scored(images.images[order[:SAMPLES]], images.name)["fid"]


def main(argv: list[str] | None = None) -> None:
    """Measure what is asked for and missing; keep each run as soon as it ends."""
    options = parse(argv)
    names = [choose("preset", name, train.WRITEUP_PRESETS) for name in options.presets]
    torch.set_num_threads(1)
    images = load_images("mnist")
    about = {"samples": SAMPLES, "data": images.name}
    about["real"] = load(options.out)[0].get("real") or floor(images)
    missing = {}
    for name in names or train.WRITEUP_PRESETS:
        spec = specify(name, options)
        if as_now(load(options.out)[0]["runs"].get(name, {}).get("spec", {})) == spec:
            print(f"{name}: measured already")
        else:
            missing[name] = spec
    for name, run, x in measured(missing, options.jobs):
        keep(options.out, name, run, x, about)
        print(f"{name}: FID {run['fid']}, {run['steps']} steps", flush=True)


def measured(specs: dict[str, dict], jobs: int) -> Iterator[tuple[str, dict, Tensor]]:
    """Yield the name, result and samples of each run as it ends, so many at a time."""
    if jobs == 1:
        yield from ((name, *measure(name, spec)) for name, spec in specs.items())
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        waiting = {pool.submit(measure, name, spec): name for name, spec in specs.items()}
        for done in as_completed(waiting):
            yield waiting[done], *done.result()


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", help="of gancourse.train.WRITEUP_PRESETS [all]")
    parser.add_argument("--seconds", type=float, default=45.0, help="of one core, for each run")
    parser.add_argument("--epochs", type=int, help="rounds of the data, in place of seconds")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, a process each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
