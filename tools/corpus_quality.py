"""Measure `gancourse.diagnose` on loops that other people might have written: tools/corpus.

    python tools/corpus_quality.py                     both halves, seeds 0 to 2
    python tools/corpus_quality.py --half tuning       what rules and thresholds may be chosen on
    python tools/corpus_quality.py --half fresh        programs that no rule's author has seen
    python tools/corpus_quality.py --half later        programs of the last change's own author
    python tools/corpus_quality.py --table             judge again what was recorded
    python tools/corpus_quality.py --calibration       are weights the shares that are right?
    python tools/corpus_quality.py --weights           write the weights from what was recorded

The signals of each run are kept in runs/corpus, so that it goes on where it stopped and a new rule
is judged without training again. A crash of the recorder is a result, too. One core.
"""

import argparse
import json
import time
from pathlib import Path

import calibration
import torch
from corpus.table import HALVES, PARTS, half_of, programs

from gancourse import plots
from gancourse.clinic import Recorder, diagnose, load_signals
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
NOBODY = ("healthy", "sound", "unknown", "too short")  # verdicts that accuse nobody
SAME = {  # our cause: what an author of the corpus may call it
    "a player not stepped": {"D is never stepped", "G is never stepped", "wrong optimiser stepped",
                             "optimiser of an older copy"},
    "weights nobody owns": {"weights in no optimiser", "optimiser of an older copy"},
    "no gradient arrives": {"no gradient reaches G", "detach in G's step",
                            "G's loss on real samples", "gradients cleared before the step"},
    "G steps the wrong way": {"G's step has the wrong sign"},
    "labels swapped": {"labels swapped", "D's step has the wrong sign"},
    "fakes called real": {"fakes trained as real"},
    "D says one number": {"softmax over one unit"},
    "probabilities as logits": {"sigmoid twice"},
    "one batch for ever": {"same real batch for ever"},
    "bad real batch": {"NaN in the real data"},
    "divergence": {"diverged", "learning rate too high", "no constraint on the critic"},
    "huge weight decay": {"huge weight decay"},
    "another net draws": {"another net draws the samples", "average never moves"},
    "range": {"G's range does not hold the data", "data not scaled"},
    "unscaled data": {"data not scaled"},
    "no zero_grad": {"gradients not cleared"},
    "not shuffled": {"real data not shuffled"},
    "wrong weights": {"D is stepped by G's loss"},
    "one z": {"same noise for ever"},
    "mode collapse": {"mode collapse", "critic trained too rarely"},  # of a G that is ahead
    "no detach": {"D's loss reaches G"},
    "other noise": {"samples drawn from another latent"},
    "init not called": {"weights start all equal"},
    "rate below zero": {"learning rate below zero"},
    "D too strong": {"D too strong"},
    "D too weak": {"D too weak"},
    "log of zero": {"log of zero"},
    "a player frozen": {"D is never stepped", "G is never stepped", "D stays frozen",
                        "G stays frozen"},
    "cleared before the step": {"gradients cleared before the step"},
    "rate falls to zero": {"learning rate falls to zero"},
    "D hardly learns": {"D too weak"},
    "steps too long": {"learning rate too high", "diverged"},
    "D learns from G's loss": {"D is stepped by G's loss"},
    "penalty without a graph": {"penalty without create_graph"},
    "penalty over the wrong axis": {"penalty over the wrong axis"},
    "critic without a bound": {"no constraint on the critic"},
    "same z for ever": {"same noise for ever"},
    "labels of others": {"labels do not belong to samples"},
    "few conditions drawn": {"samples of some conditions only"},
    "a selection is drawn": {"samples are a selection of G's"},
    "stale buffers": {"stale batch-norm buffers"},
    "batch norm in eval": {"batch norm in eval mode in training"},
    "one target for all": {"shapes broadcast in the loss", "fakes trained as real"},
    "real left out": {"real samples have no weight in D's loss"},
    "fakes left out": {"fakes have no weight in D's loss"},
    "D's loss is flat": {"real samples have no weight in D's loss",
                         "fakes have no weight in D's loss"},
    "old fakes only": {"D sees old fakes only"},
    "G does not hear D": {"adversarial loss has no weight"},
    "D sees a part": {"D sees a part of each sample"},
    "D ends in a clamp": {"clamp in place of a sigmoid"},
    "squashed critic": {"tanh before a linear loss"},
    "D held flat": {"penalty too strong", "weights clipped too small"},
    "summed loss": {"loss summed over the batch"},
    "gradients clipped away": {"gradients clipped to nothing"},
    "a player hardly moves": {"gradients clipped to nothing", "D too weak"},
    "steps undone": {"D's steps are undone"},
    "state lost": {"optimiser's state is lost"},
    "betas swapped": {"Adam's betas swapped"},
    "real data change": {"real data are written over"},
    "a slope is infinite": {"square root of zero"},
    "adversarial weight 0": {"adversarial loss has no weight"},
    "penalty subtracted": {"penalty has the wrong sign"},
    "no average": {"average is no average"},
    "prepared apart": {"real and fake samples prepared differently"},
    "labels never trained": {"a part of the data is missing", "G learns one condition only"},
    "units alike": {"weights start all equal"},
    "two kinds of fakes": {"D and G's step see different fakes"},
    "weights without a gradient": {"weights get no gradient"},
    "numbers without a gradient": {"weights get no gradient"},
    "a loss is no number": {"logarithm of a score"},
    "samples converted wrongly": {"samples converted wrongly"},
    "real samples changed": {"real data scaled twice",
                             "real and fake samples prepared differently"},
    "other settings in sampling": {"samples drawn from another latent"},
    "along the batch": {"D mixes the samples of a batch"},
}  # fmt: skip


class Watch:
    """What a program of the corpus talks to, in front of a recorder."""

    def start(self, *, G, D, opt_G, opt_D, sample):
        self.recorder = Recorder(G, D, opt_G, opt_D, sample)

    def real(self, x):
        return self.recorder.real(x)

    def step(self, d_loss, g_loss):
        self.recorder.step(d_loss, g_loss)


def record(program, seed: int, path: Path) -> None:
    """Train a program under a recorder and keep its signals, or what ended it, and its time."""
    watch, start, error = Watch(), time.process_time(), ""
    try:
        program.run(watch, seed, program.turns)
        watch.recorder.finish().save(path)
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    outcome = {"error": error, "seconds": round(time.process_time() - start, 1)}
    write_whole(path.with_suffix(".outcome"), json.dumps(outcome).encode())


def judge(program, seed: int, path: Path) -> dict:
    """Return what the diagnosis says of a recorded run, and whether its author would say so."""
    outcome = json.loads(path.with_suffix(".outcome").read_text())
    row = {"name": program.name, "author": program.author, "half": half_of(program), "seed": seed,
           "answers": list(program.answers), **outcome}  # fmt: skip
    if outcome["error"]:
        return row | {"found": [], "verdict": "crash", "right": False}
    found = diagnose(load_signals(path))
    named = [[s.cause, round(s.weight, 2), s.seen, s.follows] for s in found.suspicions]
    first = SAME.get(found.first, set()) & set(program.answers)
    right = bool(first) if program.answers else found.verdict in NOBODY
    return row | {"found": named, "verdict": found.verdict, "right": right,
                  "skipped": [what for what, _ in found.skipped]}  # fmt: skip


def summary(rows: list[dict]) -> dict[str, int]:
    """Return the counts that the aims speak of."""
    ill, well = ([r for r in rows if bool(r["answers"]) is fault] for fault in (True, False))
    sure = [(weight, r["right"]) for r in rows for _, weight, *_ in r["found"][:1] if weight >= 0.9]
    return {
        "faulty": len(ill),
        "right": sum(r["right"] for r in ill),
        "wrong": sum(bool(r["found"]) and not r["right"] for r in ill),
        "not_known": sum(not r["found"] and not r["error"] for r in ill),
        "sound": len(well),
        "accused": sum(bool(r["found"]) for r in well),
        "crashes": sum(bool(r["error"]) for r in rows),
        "sure": len(sure),
        "sure_right": sum(right for _, right in sure),
    }


def recorded(chosen: argparse.Namespace) -> list[calibration.Statement]:
    """Return what is stated of all programs of which there are signals, whether it is so."""
    stated = []
    for seed in chosen.seeds:
        for name, program in programs(chosen.half).items():
            path = chosen.runs / f"{name}-{seed}.json"
            if path.exists():
                right = {cause for cause, said in SAME.items() if said & set(program.answers)}
                stated += calibration.statements(diagnose(load_signals(path)), right)
    return stated


def calibrate(chosen: argparse.Namespace) -> None:
    """Write the weights where asked to, or the picture that holds them against what was right."""
    corpus, clinic = recorded(chosen), calibration.of_clinic(chosen.runs.with_name("clinic"))
    if chosen.weights:
        calibration.write_weights(ROOT / "gancourse" / "clinic" / "weights.py", corpus + clinic)
        return
    bins = calibration.by_weight(corpus + clinic)
    kinds, causes = calibration.measured(corpus + clinic)
    found = {"corpus": len(corpus), "clinic": len(clinic), "bins": bins, "kinds": kinds,
             "weights": causes, "by_cause": calibration.by_cause(corpus + clinic)}  # fmt: skip
    text = json.dumps(found, indent=1) + "\n"
    out = chosen.out or ROOT / "docs" / "clinic" / "calibration.json"
    write_whole(out, text.encode())
    plots.calibration(bins).save(out.with_suffix(".png"))
    print(json.dumps(bins, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", default="all", choices=("all", *PARTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--only", nargs="+", default=(), help="names of programs")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "corpus", help="of signals")
    parser.add_argument("--out", type=Path, help="a table, or a calibration")
    parser.add_argument("--fresh", action="store_true", help="train all again")
    parser.add_argument("--table", action="store_true", help="train none, judge those there are")
    parser.add_argument("--calibration", action="store_true", help="are weights shares?")
    parser.add_argument("--weights", action="store_true", help="write them from what was recorded")
    chosen = parser.parse_args()
    if chosen.calibration or chosen.weights:
        return calibrate(chosen)
    torch.set_num_threads(1)
    rows = []
    for seed in chosen.seeds:
        for name, program in programs(chosen.half).items():
            path = chosen.runs / f"{name}-{seed}.json"
            if chosen.only and name not in chosen.only:
                continue
            missing = chosen.fresh or not path.with_suffix(".outcome").exists()
            if missing and not chosen.table:
                record(program, seed, path)
            if path.with_suffix(".outcome").exists():
                rows.append(judge(program, seed, path))
                r = rows[-1]
                mark = "ok   " if r["right"] else "WRONG" if r["found"] or r["error"] else "?    "
                said = [cause for cause, *_ in r["found"]] or r["verdict"]
                print(mark, name, f"seed {seed}:", said, r["answers"], r["error"][:90], flush=True)
    counts = {half: summary([r for r in rows if r["half"] == half]) for half in PARTS}
    counts = {half: found for half, found in counts.items() if found["faulty"] + found["sound"]}
    print(json.dumps(counts, indent=1))
    if not chosen.only:
        text = json.dumps({"counts": counts, "runs": rows}, indent=1) + "\n"
        alone = chosen.half in PARTS.keys() - HALVES.keys()
        name = f"corpus_{chosen.half}.json" if alone else "corpus.json"
        write_whole(chosen.out or ROOT / "docs" / "clinic" / name, text.encode())


if __name__ == "__main__":
    main()
