"""Train the five write-ups and their variants with one budget each, and score what they draw.

    python tools/writeups.py                       all presets, 45 s of one processor core each
    python tools/writeups.py writeup-000-sgd       only these
    python tools/writeups.py --seconds 600         a larger budget: all are measured anew

The budget counts processor seconds of training on one thread, so a busy machine changes little.
Results go to docs/writeups: results.json, samples.safetensors (16 images of each) and systems.png.
A run that is there already with the same recipe, seed and budget is not repeated.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import torch
from bench.results import as_now
from bench.turns import Place
from torch import Tensor

from gancourse import machine, plots, store, train
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError, choose
from gancourse.nets import writeups
from gancourse.score.images import _reference, draw
from gancourse.score.measures import class_shares, fid
from gancourse.score.ruler import features

OUT = Path(__file__).resolve().parents[1] / "docs" / "writeups"
SAMPLES, SAMPLE_SEED, SHOWN = 2_500, 99, 16
LAST = 50  # steps over which D(x) and D(G(z)) are averaged at the end


def specify(name: str, options: argparse.Namespace) -> dict:
    """Return all that a run depends on, as JSON gives it back."""
    recipe = asdict(train.get_preset(name))
    spec = {"recipe": recipe, "seconds": options.seconds, "seed": options.seed}
    return json.loads(json.dumps(spec))


def trained(state: train.State, images: ImageSet, seconds: float) -> float:
    """Train for so many processor seconds; return how many it were."""
    start = time.process_time()
    for _ in train.train(state, images.batch, 10**9):
        spent = time.process_time() - start
        if spent >= seconds:
            return spent
    raise AssertionError("a run of 10**9 steps has ended")


def scored(x: Tensor, data: str) -> dict:
    """Return the FID of images, the share of each class, and its KL to a uniform share in nats."""
    reference = _reference(data)
    fakes = features(reference.ruler, x)
    shares = class_shares(reference.ruler.head(fakes))
    kl = torch.xlogy(shares, len(shares) * shares).sum().item()
    return {"fid": fid(fakes, reference.test), "shares": shares.tolist(), "class_kl": kl}


def measure(spec: dict, images: ImageSet) -> tuple[dict, Tensor]:
    """Return one run's result, and the first of its samples [16, 1, 28, 28] in uint8."""
    state = train.State(train.Recipe(**spec["recipe"]), spec["seed"])
    spent = trained(state, images.to(state.device), spec["seconds"])
    curves = state.curves()
    ends = {name: sum(c[-LAST:]) / len(c[-LAST:]) for name, c in curves.items()}
    result = {"spec": spec, "steps": state.step, "spent": spent, "end": ends}
    result |= {"images": state.step * state.recipe.batch, "precision": state.precision}
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


def picture(folder: Path) -> Path | None:
    """Draw 16 samples of each of the five systems, a row each, once all are there."""
    results, samples = load(folder)
    if not all(name in samples for name in writeups.GENERATORS):
        return None
    rows = torch.cat([samples[name] for name in writeups.GENERATORS])
    told = ", ".join(f"{name} {results['runs'][name]['fid']:.0f}" for name in writeups.GENERATORS)
    alt = f"16 samples of each write-up's system, a row each; FID {told}."
    return plots.image_grid(rows, SHOWN, alt=alt).save(folder / "systems.png")


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
    about = {"machine": Place(1).about(), "samples": SAMPLES}
    about["real"] = load(options.out)[0].get("real") or floor(images)
    about["data"] = images.name
    for name in names or train.WRITEUP_PRESETS:
        spec = specify(name, options)
        if as_now(load(options.out)[0]["runs"].get(name, {}).get("spec", {})) == spec:
            print(f"{name}: measured already")
            continue
        run, x = measure(spec, images)
        keep(options.out, name, run, x, about)
        print(f"{name}: FID {run['fid']}, {run['steps']} steps", flush=True)
    picture(options.out)


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", help="of gancourse.train.WRITEUP_PRESETS [all]")
    parser.add_argument("--seconds", type=float, default=45.0, help="of one core, for each run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
