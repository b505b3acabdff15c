"""Measure how fast and how well the course trains, beside the loops that tutorials print.

    python tools/bench.py             speed: everything side by side, in turns (make bench)
    python tools/bench.py cost        speed and memory against batch, width and image size
    python tools/bench.py quality     the ruler's FID against training time
    python tools/bench.py ablation    the default recipe with one choice changed at a time
    python tools/bench.py report      write docs/bench/README.md and the pictures anew

Contenders work in processes of their own, one at a time: each gets a slice in every round, so that
a busy machine is equally busy for all, and ratios are taken within a round. Results go to
docs/bench as JSON; a run that was interrupted goes on where it stopped.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
OUT = ROOT / "docs" / "bench"
CLASSIC = {"G": {"z_dim": 64, "width": 128}, "D": {"width": 128}, "batch": 128}
TIMES = (10, 20, 30, 45, 60, 80, 120, 180, 240, 300)  # seconds of training
ROWS = {  # of the ablation: what differs from the default recipe
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


def speed_contenders() -> dict[str, Callable]:
    """Return name: function that makes (step, images a step)."""
    import textbook

    from gancourse import machine, train

    classic = train.get_preset("dcgan", **CLASSIC)

    def ours(recipe=classic, step=None, prepare=None):
        from gancourse.data import load_images

        state, images = train.State(recipe), load_images("mnist")
        for net in (state.G, state.D):
            _ = prepare and prepare(net)
        take = step or train.one_step
        return lambda: take(state, images.batch), recipe.batch

    def fresh(state, batch):
        x = batch(state.recipe.batch, state.rng)
        train.d_step(state, x), train.g_step(state, x), train.ema_step(state)

    def theirs(make, batch=128):
        run = make()
        return run.step, batch

    def given_back():
        machine.keep_memory = lambda: None
        return ours()

    def contiguous(net):
        import torch

        net.to(memory_format=torch.contiguous_format)

    def loading(batches, n=128):
        return lambda: next(batches), n

    def iterated():
        from gancourse.data import load_images

        state, images = train.State(train.get_preset("mlp")), load_images("mnist")
        records = train.train(state, images.batch, 10**9)
        return lambda: next(records), state.recipe.batch

    def bare(state, batch):
        x = batch(state.recipe.batch, state.rng)
        x_fake = state.fakes(len(x))
        train.d_step(state, x, x_fake), train.g_step(state, x, x_fake), train.ema_step(state)

    mlp = train.get_preset("mlp")
    return {
        "ours": ours,
        "ours, fp32": lambda: ours(train.replace(classic, precision="fp32")),
        "ours, weights contiguous": lambda: ours(prepare=contiguous),
        "ours, fresh fakes for G": lambda: ours(step=fresh),
        "ours, memory given back": given_back,
        "ours, the default recipe": lambda: ours(train.get_preset("dcgan")),
        "textbook": lambda: theirs(textbook.same_network),
        "textbook, 24 channels": lambda: theirs(textbook.tiny),
        "TensorFlow's tutorial": lambda: theirs(textbook.tensorflow_tutorial, 256),
        "PyTorch's example, 64 px": lambda: theirs(textbook.pytorch_example),
        "ours, MLP": lambda: ours(mlp),
        "textbook, MLP": lambda: theirs(textbook.mlp),
        "MLP, bare steps": lambda: ours(mlp, step=bare),
        "MLP, iterator": iterated,
        "loading, ours": lambda: loading(textbook.memory_loader(128)),
        "loading, PIL": lambda: loading(textbook.pil_loader(128)),
        "ceiling, bf16": lambda: _matrices("bfloat16"),
        "ceiling, fp32": lambda: _matrices("float32"),
    }


def _matrices(dtype: str, side: int = 2048):
    import torch

    a, b = (torch.randn(side, side).to(getattr(torch, dtype)) for _ in range(2))
    return lambda: a @ b, 2 * side**3


PAIRS = {  # target: (contender, against, at least)
    "DCGAN against the textbook loop": ("ours", "textbook", 3.5),
    "MLP against the textbook loop": ("ours, MLP", "textbook, MLP", 3.0),
    "loading against PIL": ("loading, ours", "loading, PIL", 50.0),
    "iterator against bare steps": ("MLP, iterator", "MLP, bare steps", 0.95),
}


def work(name: str) -> None:
    """Serve slices: for each line of input, take steps for so many seconds, print the rate."""
    step, size = speed_contenders()[name]()
    for line in sys.stdin:
        end = time.perf_counter() + float(line)
        start, n = time.perf_counter(), 0
        while n < 2 or time.perf_counter() < end:
            step()
            n += 1
        print(n * size / (time.perf_counter() - start), flush=True)


def _start(name: str) -> subprocess.Popen:
    command = [sys.executable, __file__, "work", "--only", name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **pipes)


def _slice(process: subprocess.Popen, seconds: float) -> float:
    process.stdin.write(f"{seconds}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def speed(rounds: int, seconds: float, names: list[str]) -> dict:
    """Return the rates of each contender, one number a round."""
    processes = {name: _start(name) for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-1, rounds):  # the first round warms up
        for name, process in processes.items():
            rate = _slice(process, seconds)
            _ = number >= 0 and rates[name].append(rate)
        print(f"round {number + 1} of {rounds}", flush=True)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    return {"machine": about(), "seconds": seconds, "rates": rates}


def about() -> dict:
    """Return what this machine is: processor, threads, PyTorch, units for bf16."""
    import torch

    from gancourse import machine

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((x.split(": ")[1] for x in lines if x.startswith("model name")), "unknown")
    fast = machine.fast_bf16(torch.device("cpu"))
    return {"cpu": model, "threads": torch.get_num_threads(), "torch": torch.__version__,
            "bf16": fast}  # fmt: skip


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return lower quartile, median and upper quartile."""
    if len(values) < 2:
        return (*values, *values, *values)
    low, _, high = quantiles(values, n=4)
    return low, median(values), high


def ratios(rates: dict, name: str, against: str) -> list[float]:
    """Return the ratio of two contenders in each round."""
    return [a / b for a, b in zip(rates[name], rates[against], strict=True)]


def flops_per_image() -> float:
    """Return the floating-point operations that one image costs our loop, counted by PyTorch."""
    from torch.utils.flop_counter import FlopCounterMode

    from gancourse import train
    from gancourse.data import load_images

    state = train.State(train.get_preset("dcgan", **CLASSIC, precision="fp32"))
    with FlopCounterMode(display=False) as counter:
        train.one_step(state, load_images("mnist").batch)
    return counter.get_total_flops() / state.recipe.batch


def profile(name: str, steps: int = 10) -> list[tuple[str, float]]:
    """Return the operators of a contender's step with their share of its time, largest first."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as watch

    step, _ = speed_contenders()[name]()
    for _ in range(3):
        step()
    with watch(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(steps):
            step()
    events = [(e.key, e.self_cpu_time_total) for e in seen.key_averages()]
    total = sum(spent for _, spent in events)
    return sorted(((key, spent / total) for key, spent in events), key=lambda e: -e[1])[:12]


def quality_run(name, seed: int, seconds: float, change: dict | None = None, clock=None) -> dict:
    """Return a contender's FID against seconds of training (rows), and its images a second.

    The clock, wall time by default, stands still while samples are drawn and scored.
    """
    clock = clock or time.perf_counter
    import textbook

    from gancourse import machine, train
    from gancourse.data import load_images
    from gancourse.score.images import draw, fid

    machine.seed_everything(seed)
    if name == "ours":
        state, images = train.State(changed(change or {}), seed), load_images("mnist")
        records = train.train(state, images.batch, 10**9)
        step, G, batch = lambda: next(records), state.ema_G, state.recipe.batch
    else:
        run = {"textbook": textbook.same_network, "24 channels": textbook.tiny,
               "TensorFlow's tutorial": textbook.tensorflow_tutorial}[name]()  # fmt: skip
        step, G, batch = run.step, run.G, 256 if "Tensor" in name else 128
    spent, steps, rows = 0.0, 0, []
    for mark in [t for t in TIMES if t <= seconds]:
        start = clock()
        while spent + clock() - start < mark:
            step()
            steps += 1
        spent += clock() - start
        rows.append([spent, fid(draw(G, 10_000, seed=99))])
        print(f"{name}, seed {seed}: {spent:.0f} s, FID {rows[-1][1]:.1f}", flush=True)
    return {"name": name, "seed": seed, "rows": rows, "rate": steps * batch / spent}


def changed(change: dict):
    """Return the default recipe with the fields in `change`; nets' options are merged."""
    from gancourse import train

    default = train.get_preset("dcgan")
    merged = {k: getattr(default, k) | v for k, v in change.items() if k in ("G", "D")}
    return train.replace(default, **{**change, **merged})


def _load(name: str) -> dict:
    path = OUT / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _save(name: str, result: dict) -> None:
    from gancourse.store import write_whole

    write_whole(OUT / f"{name}.json", (json.dumps(result, indent=1) + "\n").encode())


def quality(seconds: float, seeds: list[int], names: list[str]) -> None:
    """Measure FID against time for each seed and contender that has not been measured so long."""
    for seed in seeds:
        for name in names:
            done, key = _load("quality"), f"{name}, seed {seed}"
            if key in done and done[key]["rows"][-1][0] >= seconds - 1:
                continue
            _save("quality", done | {key: quality_run(name, seed, seconds), "machine": about()})


def ablation(seconds: float, seeds: list[int], names: list[str]) -> None:
    """Measure the default recipe with one choice changed at a time, in seconds of one core.

    One thread and its own CPU time, so that two rows may run side by side on a busy machine.
    """
    import torch

    torch.set_num_threads(1)
    for seed in seeds:
        for name in names or ROWS:
            key = f"{name}, seed {seed}"
            if _load("ablation").get(key, {}).get("change") == ROWS[name]:
                continue
            print(name, flush=True)
            row = quality_run("ours", seed, seconds, ROWS[name], time.process_time)
            row |= {"change": ROWS[name]}
            _save("ablation", _load("ablation") | {key: row, "machine": about()})


def cost_run(batch: int, width: int, stages: int, size: int) -> dict:
    """Return images a second and the memory of one DCGAN, in a process of its own."""
    import resource

    import torch
    from textbook import scaled_dcgan

    from gancourse import machine, train

    state = train.State(train.get_preset("dcgan", batch=batch))
    form = machine.memory_format(state.device)
    state.G, state.D = (net.to(memory_format=form) for net in scaled_dcgan(width, stages, size))
    state.ema_G = scaled_dcgan(width, stages, size)[0]
    state.opt_G, state.opt_D = state._adam(state.G, 2e-4), state._adam(state.D, 2e-4)
    x = torch.rand(batch, 1, size, size) * 2 - 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        train.one_step(state, lambda n, g: x)
    start, n = time.perf_counter(), 0
    while n < 2 or time.perf_counter() - start < 3:
        train.one_step(state, lambda n, g: x)
        n += 1
    rate = n * batch / (time.perf_counter() - start)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"batch": batch, "width": width, "size": size, "rate": rate, "MB": grown / 1024}


COSTS = {  # (batch, width, stages of doubling, image size)
    "batch": [(b, 128, 2, 28) for b in (8, 16, 32, 64, 128, 256, 512, 1024)],
    "width": [(128, w, 2, 28) for w in (16, 32, 64, 128, 256)],
    "size": [(128, 64, 2, 28), (128, 64, 3, 32), (128, 64, 4, 64)],
}


def cost() -> None:
    """Measure each cost in a process of its own: memory that is kept would hide the next one's."""
    result = {"machine": about()}
    for axis, cases in COSTS.items():
        result[axis] = []
        for case in cases:
            code = f"import sys, json; sys.path.insert(0, 'tools'); import bench; print(json.dumps(bench.cost_run(*{case})))"  # noqa: E501
            done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True,
                                  text=True, check=True)  # fmt: skip
            result[axis].append(json.loads(done.stdout.splitlines()[-1]))
            print(axis, result[axis][-1], flush=True)
    _save("cost", result)


def main() -> None:
    """Run what is asked for, then write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = ["speed", "cost", "quality", "ablation", "report", "work"]
    parser.add_argument("what", nargs="?", default="speed", choices=what)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, help="of a slice (2), or of a run (300, 60)")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--only", nargs="*", default=[], help="contenders or rows, by name")
    options = parser.parse_args()
    if options.what == "work":
        return work(options.only[0])
    if options.what == "speed":
        names = options.only or list(speed_contenders())
        result = speed(options.rounds, options.seconds or 2.0, names)
        shares = {n: profile(n) for n in ("textbook", "ours") if n in names}
        _save("speed", result | {"flops": flops_per_image(), "profile": shares})
    elif options.what == "cost":
        cost()
    elif options.what == "quality":
        names = options.only or ["ours", "textbook", "24 channels"]
        quality(options.seconds or 300, options.seeds, names)
    elif options.what == "ablation":
        ablation(options.seconds or 60, options.seeds, options.only)
    import bench_report

    bench_report.write(OUT)
    return None


if __name__ == "__main__":
    main()
