"""Write docs/bench/README.md and its pictures from the measured JSON; no number is typed in."""

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench import processes, threads
from bench.quality import PLAIN, REMEDIES
from bench.turns import ratios, spread
from gancourse import plots
from gancourse.store import write_whole
from gancourse.train import BUDGETS

PAIRS = {  # target: (contender, against, at least)
    "DCGAN against the textbook loop": ("ours", "textbook", 3.5),
    "MLP against the textbook loop": ("ours, MLP", "textbook, MLP", 3.0),
    "loading against PIL and a DataLoader": ("loading, ours", "loading, PIL", 50.0),
}
ITERATOR = ("MLP, bare steps", "MLP, iterator", 5.0)  # costs less than so many per cent
SHARES = {120: 0.4, 300: 0.5}  # of the preset's own FID, that the one for minutes is to reach
CEILING = 35.0  # per cent of the matrix ceiling that is aimed at
REACH = 0.25  # share of the textbook's time in which its last FID is to be reached
RIVAL, RIVAL_TIMES = "24 channels", (30, 80, 300)  # beaten after so many seconds


def write(folder: Path) -> str:
    """Write the report on whatever has been measured so far; return its tables of targets."""
    parts = {"speed": _speed, "quality": _quality, "ablation": _ablation, "budgets": _budgets,
             "cost": _cost, "threads": _threads, "processes": _processes}  # fmt: skip
    source = "`tools/bench` wrote this page from the JSON files beside it."
    text = ["# What the benchmark measured", "", source]
    for name, part in parts.items():
        path = folder / f"{name}.json"
        if path.exists():
            result = json.loads(path.read_text())
            text += ["", *part(result, folder), "", _machine(result["machine"])]
    write_whole(folder / "README.md", ("\n".join(text) + "\n").encode())
    return "\n".join(line for line in text if line.endswith((" met |", " not met |")))


def _machine(m: dict) -> str:
    units = "with units for bf16" if m["bf16"] else "without units for bf16"
    return f"*{m['cpu']}, threads: {m['threads']}, {units}, PyTorch {m['torch']}.*"


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _between(values: list[float], form: str = ".3g") -> str:
    """Return the median, and the quartiles in brackets."""
    low, middle, high = (format(value, form) for value in spread(values))
    return f"{middle} ({low} to {high})"


def _verdict(met: bool) -> str:
    return "met" if met else "not met"


def _speed(result: dict, folder: Path) -> list[str]:
    rates = result["rates"]
    trained = {n: r for n, r in rates.items() if not n.startswith(("ceiling", "loading", "MLP,"))}
    bars = {name: spread(found) for name, found in trained.items()}
    title = "Training speed, quartiles over the rounds"
    picture = plots.bars(bars, "images a second", title) if bars else None
    shown = ["", f"![{picture.alt}](speed.png)"] if picture else []
    _ = picture and picture.save(folder / "speed.png")
    rows = ([n, _between(r, ",.0f"), _against(rates, n)] for n, r in trained.items())
    head = ["contender", "images/s (quartiles)", "against the textbook loop (quartiles)"]
    count = max(map(len, rates.values()))
    text = f"In turns, {count} rounds, {result['seconds']:g} s each; ratios are within a round."
    return ["## Speed", "", text,
            *shown, "", *_table(head, rows), "", *_loading(rates),
            "", *_targets(result), "", *_share(result),
            "", *_profiles(result["profile"])]  # fmt: skip


def _against(rates: dict, name: str) -> str:
    against = "textbook, MLP" if name.endswith("MLP") else "textbook"
    return _between(ratios(rates, name, against), ".2f") if against in rates else ""


def _threads(result: dict, folder: Path) -> list[str]:
    return threads.tables(result)


def _processes(result: dict, folder: Path) -> list[str]:
    return processes.report(result)


def _loading(rates: dict) -> list[str]:
    rows = [[n, _between(r, ",.0f")] for n, r in rates.items() if n.startswith("loading")]
    return _table(["loading alone", "images/s (quartiles)"], rows) if rows else []


def _targets(result: dict) -> list[str]:
    rates, rows = result["rates"], []
    for target, (name, against, least) in PAIRS.items():
        if name in rates and against in rates:
            found = ratios(rates, name, against)
            row = [target, f"at least {least:g} times", _between(found)]
            rows.append([*row, _verdict(median(found) >= least)])
    bare, iterator, most = ITERATOR
    if bare in rates and iterator in rates:
        costs = [100 * (ratio - 1) for ratio in ratios(rates, bare, iterator)]
        row = ["the iterator on top of bare steps", f"below {most:g} %", f"{_between(costs)} %"]
        rows.append([*row, _verdict(median(costs) < most)])
    shares = best_share(result)
    if shares:
        row = ["share of the matrix ceiling", f"at least {CEILING:g} %"]
        rows.append([*row, f"{_between(shares[1])} %", _verdict(median(shares[1]) >= CEILING)])
    return _table(["target", "aim", "measured (quartiles)", ""], rows) if rows else []


def best_share(result: dict) -> tuple[str, list[float]] | None:
    """Return the batch that is fastest and its per cent of the ceiling, round by round.

    The ceiling of a round is the fastest product of matrices in it.
    """
    rates = result["rates"]
    ceilings = [r for n, r in rates.items() if n.startswith("ceiling")]
    batches = [n for n in rates if n == "ours" or n.startswith("ours, batch")]
    if not ceilings or not batches:
        return None
    best = max(batches, key=lambda name: median(rates[name]))
    top = [max(values) for values in zip(*ceilings, strict=True)]
    flops = result["flops"]
    return best, [100 * r * flops / t for r, t in zip(rates[best], top, strict=True)]


def _share(result: dict) -> list[str]:
    found = best_share(result)
    if not found:
        return []
    rates, (best, shares), flops = result["rates"], found, result["flops"]
    products = [[n.removeprefix("ceiling, "), _between([x / 1e12 for x in r])]
                for n, r in rates.items() if n.startswith("ceiling")]  # fmt: skip
    batch = best.removeprefix("ours, ") if best != "ours" else "batch 128"
    return [f"An image costs {flops / 1e6:.0f} MFLOP (convolutions and matrix products, 2 for a "
            "multiply-add, counted by PyTorch's FlopCounterMode). The fastest batch of ours is "
            f"{batch}: {median(rates[best]) * flops / 1e12:.2f} TFLOP/s, {median(shares):.0f} % of "
            "the fastest product of two square matrices:", "",
            *_table(["product, side", "TFLOP/s (quartiles)"], products), "",
            *_room(rates, flops)]  # fmt: skip


def _room(rates: dict, flops: float) -> list[str]:
    """Say how much faster than the textbook loop bf16 could be at all on this machine."""
    kinds = [[r for n, r in rates.items() if n.startswith(f"ceiling, {kind}")]
             for kind in ("fp32", "bf16")]  # fmt: skip
    if not all(kinds) or "textbook" not in rates:
        return []
    fp32, bf16 = (max(median(r) for r in kind) for kind in kinds)
    used = median(rates["textbook"]) * flops / fp32
    return [f"The textbook loop uses at least {100 * used:.0f} % of the fastest fp32 product "
            f"already, and the bf16 product is {bf16 / fp32:.1f} times as fast as that: a loop at "
            f"the bf16 ceiling itself would be {bf16 / fp32 / used:.1f} times the textbook's. "
            f"3.5 times needs {100 * 3.5 * used * fp32 / bf16:.0f} % of the ceiling."]  # fmt: skip


def _profiles(profiles: dict) -> list[str]:
    text = []
    for name, label in (("textbook", "before: textbook"), ("ours", "after: ours")):
        if name in profiles:
            rows = [[op, f"{100 * share:.1f} %", f"{us:.1f}"] for op, share, us in profiles[name]]
            text += [f"Where the time of a step goes, {label}, by operator:", ""]
            text += [*_table(["operator", "share", "microseconds an image"], rows), ""]
    return text[:-1]


def runs_of(result: dict) -> dict[str, list[dict]]:
    """Return the runs of each contender or row, by its name."""
    found: dict[str, list[dict]] = {}
    for key, run in result.items():
        if key not in ("machine", "clock"):
            found.setdefault(key.rsplit(", seed ", 1)[0], []).append(run)
    return found


def _quality(result: dict, folder: Path) -> list[str]:
    runs = runs_of(result)
    clock = "seconds of training" + (" on one core" if result["clock"] == "cpu" else "")
    curves = {name: [run["rows"] for run in found] for name, found in runs.items()}
    picture = plots.races(curves, clock, "FID in the ruler's features")
    picture.save(folder / "quality.png")
    marks = sorted({round(row[0]) for found in runs.values() for r in found for row in r["rows"]})
    rows = ([name, str(len(found)), *(_fid_at(found, mark) for mark in marks)]
            for name, found in runs.items())  # fmt: skip
    head = ["contender", "seeds", *(f"{mark} s" for mark in marks)]
    return ["## FID against training time", "", f"![{picture.alt}](quality.png)", "",
            f"In {clock}; the clock stands while samples are drawn. The median over the seeds.", "",
            *_table(head, rows), "", *_reached(runs), "", *_beaten(runs)]  # fmt: skip


def fid_at(found: list[dict], mark: int) -> float | None:
    """Return the median FID of runs after `mark` seconds, or None."""
    values = [fid for run in found for spent, fid in run["rows"] if round(spent) == mark]
    return median(values) if values else None


def _fid_at(found: list[dict], mark: int) -> str:
    value = fid_at(found, mark)
    return "" if value is None else f"{value:.1f}"


def reached(ours: dict, theirs: dict) -> float | None:
    """Return the first measured time at which our run is as good as the end of theirs, or None."""
    last = theirs["rows"][-1][1]
    return next((spent for spent, fid in ours["rows"] if fid <= last), None)


def _reached(runs: dict) -> list[str]:
    """Return for each seed when ours is as good as the textbook's end, and how both end."""
    ours, rows = {run["seed"]: run for run in runs.get("ours", [])}, []
    for theirs in sorted(runs.get("textbook", []), key=lambda run: run["seed"]):
        mine = ours.get(theirs["seed"])
        if mine:
            (end, last), first = theirs["rows"][-1], reached(mine, theirs)
            share = first / end if first else float("inf")
            row = [str(theirs["seed"]), f"{last:.1f}", f"{mine['rows'][-1][1]:.1f}"]
            row += [f"by {first:.0f} s, {share:.0%} of its time" if first else "never"]
            met = share <= REACH * 1.005 and mine["rows"][-1][1] < last  # a step beyond the mark
            rows.append([*row, _verdict(met)])
    head = ["seed", "textbook's last FID", "ours at the end", "ours is as good",
            f"aim: in {REACH:.0%} of its time, and lower at the end"]  # fmt: skip
    return _table(head, rows) if rows else []


def _beaten(runs: dict) -> list[str]:
    rows = []
    for mark in RIVAL_TIMES:
        pair = [fid_at(runs.get(name, []), mark) for name in ("ours", RIVAL)]
        if None not in pair:
            row = [f"{mark} s", *(f"{value:.1f}" for value in pair)]
            rows.append([*row, _verdict(pair[0] < pair[1])])
    head = ["after", "ours", f"{RIVAL}, plain loop", "aim: ours is lower"]
    return _table(head, rows) if rows else []


def _budgets(result: dict, folder: Path) -> list[str]:
    runs = runs_of(result)
    curves = {name: [run["rows"] for run in found] for name, found in runs.items()}
    clock = "seconds of training" + (" on one core" if result["clock"] == "cpu" else "")
    drawn = []
    for file, plain in (("budgets.png", False), ("budgets-fp32.png", True)):
        some = {name: rows for name, rows in curves.items() if name.endswith(PLAIN) == plain}
        if some:
            picture = plots.races(some, clock, "FID in the ruler's features")
            picture.save(folder / file)
            drawn += ["", f"![{picture.alt}]({file})"]
    budgets = [(name, row) for name, table in BUDGETS.items() for row in table]
    taken = "; ".join(f"`{row.preset}` {row.limits} minutes" for _, row in budgets)
    text = (
        "The preset that `gancourse train --minutes` takes, beside the one without a time, in "
        f"{clock}: medians over the seeds that both have. It is taken where it is ahead: {taken}."
    )
    head = ["after", "seeds", "for minutes", "without a time", "share", "aim"]
    pairs = [(row.preset, name) for name, row in budgets]
    pairs += [(f"{quick}{PLAIN}", f"{name}{PLAIN}") for quick, name in pairs]
    rows = [row for quick, name in pairs for row in _shares(runs, quick, name)]
    return ["## The recipe for minutes", *drawn, "", text, "",
            *_table(head, rows), *_remedies(runs)]  # fmt: skip


def _remedies(runs: dict[str, list[dict]]) -> list[str]:
    """Return lesson 12's presets beside the default: medians over each one's seeds."""
    found = {name: runs[name] for name in ("dcgan", *REMEDIES) if name in runs}
    if not found.keys() & {*REMEDIES}:
        return []
    marks = sorted({round(row[0]) for some in found.values() for r in some for row in r["rows"]})
    rows = ([name, str(len(some)), *(_fid_at(some, mark) for mark in marks)]
            for name, some in found.items())  # fmt: skip
    text = "Lesson 12's presets on the default's nets, without batch norm in D, beside it:"
    return ["", text, "", *_table(["preset", "seeds", *(f"{mark} s" for mark in marks)], rows)]


def _shares(runs: dict[str, list[dict]], quick: str, name: str) -> Iterable[list[str]]:
    """Yield a row for each time at which two presets were measured with the same seeds."""
    for mark in sorted({round(row[0]) for run in runs.get(quick, []) for row in run["rows"]}):
        ours, others = (_at(runs.get(who, []), mark) for who in (quick, name))
        both = ours.keys() & others.keys()
        if both:
            a, b = (median(of[seed] for seed in both) for of in (ours, others))
            aim = SHARES.get(mark, 0)
            said = f"at most {aim:.0%}: {_verdict(a <= aim * b)}" if aim else ""
            yield [f"{mark} s", str(len(both)), f"{quick}: {a:.1f}", f"{name}: {b:.1f}",
                   f"{a / b:.0%}", said]  # fmt: skip


def _at(found: list[dict], mark: int) -> dict[int, float]:
    """Return the FID of each seed's run after `mark` seconds."""
    return {run["seed"]: fid for run in found for s, fid in run["rows"] if round(s) == mark}


def _ablation(result: dict, folder: Path) -> list[str]:
    runs = runs_of(result)
    end, half = (max(r["rows"][i][0] for found in runs.values() for r in found) for i in (-1, 0))
    found = sorted(runs.items(), key=lambda item: _median(item[1], -1))
    rows = ([name, _change(runs), f"{median(run['rate'] for run in runs):,.0f}",
             f"{_median(runs, 0):.1f}", f"{_median(runs, -1):.1f}", _ends(runs)]
            for name, runs in found)  # fmt: skip
    clock = "seconds of training" + (" on one core" if result["clock"] == "cpu" else "")
    head = ["row", "change", "images/s", f"FID at {half:.0f} s", f"FID at {end:.0f} s", "seeds"]
    text = (
        f"The default recipe with one choice changed; {clock}; medians, and each seed's last FID."
    )
    return ["## Ablation", "", text, "", *_table(head, rows)]


def _median(runs: list[dict], row: int) -> float:
    return median(run["rows"][row][1] for run in runs)


def _ends(runs: list[dict]) -> str:
    return ", ".join(f"{run['rows'][-1][1]:.1f}" for run in sorted(runs, key=lambda r: r["seed"]))


def _change(runs: list[dict]) -> str:
    return ", ".join(f"{key} {value}" for key, value in runs[0]["spec"]["change"].items())


AXES = {"batch": "batch", "width": "channels", "size": "side of the image, pixels"}


def _cost(result: dict, folder: Path) -> list[str]:
    axes = [axis for axis in AXES if axis in result]
    panels = [_cost_panel(axis, result[axis]) for axis in axes]
    if "batch" in axes:
        panels.append(_memory_panel(result["batch"]))
    picture = plots.panels(panels, " ".join(bends(axis, result[axis]) for axis in axes))
    picture.save(folder / "cost.png")
    text = ["## Cost as work grows", "", f"![{picture.alt}](cost.png)", ""]
    for axis in axes:
        rows = ([str(c[axis]), _between(c["rates"], ",.0f"), f"{c['flops'] / 1e6:.0f}",
                 f"{median(c['rates']) * c['flops'] / 1e12:.3f}", f"{c['MB']:,.0f}"]
                for c in result[axis])  # fmt: skip
        head = [axis, "images/s (quartiles)", "MFLOP an image", "TFLOP/s", "memory in MB"]
        text += [*_table(head, rows), "", bends(axis, result[axis]), ""]
    return [*text, "Memory is how far the peak of the process grows once it trains."]


def _cost_panel(axis: str, cases: list[dict]) -> plots.Panel:
    x, rates = [c[axis] for c in cases], [median(c["rates"]) for c in cases]
    marks = (plots.Mark("line", x, rates, role="G"), plots.Mark("points", x, rates, role="G"))
    return plots.Panel(marks, AXES[axis], "images a second", ylim=(0, 1.1 * max(rates)))


def _memory_panel(cases: list[dict]) -> plots.Panel:
    x, held = [c["batch"] for c in cases], [c["MB"] for c in cases]
    marks = (plots.Mark("line", x, held), plots.Mark("points", x, held))
    return plots.Panel(marks, "batch", "memory in MB", ylim=(0, 1.1 * max(held)))


def bends(axis: str, cases: list[dict]) -> str:
    """Return a sentence or two on where the cost bends, from the numbers."""
    return {"batch": _batch_bends, "width": _width_bends, "size": _size_bends}[axis](cases)


def _batch_bends(cases: list[dict]) -> str:
    rates = {c["batch"]: median(c["rates"]) for c in cases}
    best = max(rates, key=rates.get)
    enough = next(n for n, rate in rates.items() if rate >= 0.9 * rates[best])
    first, last = cases[0], cases[-1]
    text = f"Nine tenths of the best rate are reached at a batch of {enough}; {best} is the best."
    if rates[last["batch"]] < 0.9 * rates[best]:
        text += f" At {last['batch']} it has fallen to {rates[last['batch']] / rates[best]:.0%}."
    if last["batch"] > first["batch"]:
        each = (last["MB"] - first["MB"]) / (last["batch"] - first["batch"])
        text += f" Each further image takes {each:.2f} MB."
    return text


def _width_bends(cases: list[dict]) -> str:
    speeds = {c["width"]: median(c["rates"]) * c["flops"] for c in cases}
    best = max(speeds.values())
    full = next(n for n, speed in speeds.items() if speed >= 0.9 * best)
    steps = [f"{b['width']} channels cost {median(a['rates']) / median(b['rates']):.1f} times as "
             f"much as {a['width']} ({b['flops'] / a['flops']:.1f} times the arithmetic)"
             for a, b in pairwise(cases)]  # fmt: skip
    bend = f"At {full} channels the arithmetic reaches nine tenths of its best speed."
    return f"{'; '.join(steps)}. {bend}"


def _size_bends(cases: list[dict]) -> str:
    steps = [f"{b['size']} x {b['size']} pixels cost {median(a['rates']) / median(b['rates']):.1f} "
             f"times as much as {a['size']} x {a['size']} ({b['size']**2 / a['size']**2:.1f} times "
             "the pixels)" for a, b in pairwise(cases)]  # fmt: skip
    return "; ".join(steps) + "."
