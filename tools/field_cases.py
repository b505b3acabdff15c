"""Run the loops on which the first edition was wrong, and write what is said of them now.

    python tools/field_cases.py [--turns 1500] [--only a b ...]

The loops are those of tests/clinic, each a change that people make to one program on the ring;
what was said before is on record from that edition. Each result is kept in runs/field, so that it
goes on where it stopped. Writes docs/clinic/FIELD.md. One core, a quarter of an hour.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import hub_class
import torch

from gancourse.clinic import diagnose
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "clinic"))

import data_loops  # noqa: E402
import more_loops  # noqa: E402
import targets_loops  # noqa: E402
from loops import Loop  # noqa: E402
from test_field import OnSome  # noqa: E402

KINDS = {
    "a": "Sound programs that were accused",
    "b": "A player that does not learn",
    "c": "Programs that stopped the recorder",
    "d": "A part of the distribution",
    "e": "Certain, and false",
    "f": "Found by later authors who had read no rule",
}
CASES = {  # kind: the change, what the first edition said, the loop
    "a": [
        ("gradients clipped to a norm of 0.1", "no zero_grad 0.95", "clipped gradients"),
        ("gradients rescaled after backward, as GradScaler does", "no zero_grad 0.95",
         "scaled loss"),
        ("WGAN-GP, its penalty before D(x)", "not shuffled 0.90", "WGAN-GP, penalty first"),
        ("instance noise, the fakes first", "not shuffled", "instance noise"),
        ("D's other sign", "labels swapped", "D counts down"),
        ("samples rescaled for display", "mode collapse", "for display"),
    ],
    "b": [
        ("opt_D never stepped", "labels swapped", "D never stepped"),
        ("opt_G stepped after D's backward", "no zero_grad", "opt_G in D's step"),
        ("half of D's weights in no optimiser", "no zero_grad", "half of D unowned"),
        ("detach in G's own step", "D too weak, D too strong", "detach in G's step"),
        ("G's loss on real samples", "D too strong", "G's loss on real"),
        ("G's loss with the wrong sign", "D too weak", "wrong sign"),
        ("both targets 1", "labels swapped", "both targets 1"),
        ("an optimiser of an older copy of G", "", more_loops.OlderCopy),
    ],
    "c": [
        ("G(z, y)", "an exception", "labels"),
        ("D that returns (logit, class)", "an exception", "two heads"),
        ("D on packs", "an exception", targets_loops.Packs),
        ("a frozen layer in D", "an exception", "frozen layer"),
        ("spectral_norm of the old kind", "an exception", "old spectral norm"),
        ("samples as NumPy arrays", "an exception", "NumPy samples"),
        ("one optimiser for both players", "", "one optimiser"),
    ],
    "d": [(f"real points of {k} of 8 modes", "healthy", k) for k in (3, 4, 5, 7, 8)],
    "e": [
        ("SGD at rate 5", "log of zero 1.00", "SGD, rate 5"),
        ("NaN in a real batch", "unknown", "NaN in a batch"),
        ("an averaged G with batch norm's first buffers", "mode collapse", more_loops.Normed),
        ("the same real batch for ever", "another name", "one batch"),
        ("a sigmoid in D, and a loss on logits", "D too weak", "sigmoid"),
        ("a softmax over one unit", "another name", "softmax"),
        ("a ReLU at G's end", "another name", "ReLU at G's end"),
        ("weight decay of 10", "another name", "huge weight decay"),
        ("a penalty without create_graph", "another name", more_loops.NoGraph),
        ("a penalty's norm over the batch", "not shuffled", more_loops.WrongAxis),
    ],
    "f": [
        ("views of the data normalised in place, in each epoch", "not shuffled",
         data_loops.InPlace),
        ("a hinge loss that asks fakes to be real", "labels swapped", data_loops.AskedForTheSame),
        ("a table with an income in it", "divergence", data_loops.Table),
    ],
}  # fmt: skip


def loop_of(case: object, turns: int) -> Loop:
    if isinstance(case, int):

        class Some(Loop):
            def nets(self):
                return OnSome(case), super().nets()[1]

        loop = Some()
    else:
        loop = Loop(case) if isinstance(case, str) else case()
    loop.turns = turns
    return loop


def said(case: object, turns: int, path: Path) -> dict:
    """Return what is said of a loop: as it was kept, or after a run."""
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    found = diagnose(loop_of(case, turns).run().finish())
    first = next(iter(found.suspicions), None)
    outcome = {"first": "" if first is None else f"{first.cause} ({first.weight:.2f}): "
            f"{first.evidence}", "seen": bool(first and first.seen),
            "verdict": found.verdict, "samples": found.samples,
            "skipped": [f"{what} ({why})" for what, why in found.skipped]}  # fmt: skip
    write_whole(path, json.dumps(outcome).encode())
    return outcome


def now(outcome: dict) -> str:
    text = outcome["first"] or f"{outcome['verdict']}. {outcome['samples']}"
    not_seen = "".join(f" *Not looked at:* {what}." for what in outcome["skipped"])
    kind = "*Seen:* " if outcome["seen"] else "*Suspected:* " if outcome["first"] else ""
    return (kind + text + not_seen).replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=1500)
    parser.add_argument("--only", nargs="+", default=[*KINDS], choices=[*KINDS])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    commit = subprocess.run(["git", "rev-parse", "--short=8", "HEAD"], cwd=ROOT, text=True,
                            capture_output=True, check=False).stdout.strip()  # fmt: skip
    kept = ROOT / "runs" / "field" / f"{commit}-{chosen.turns}"
    lines = [
        "# What the diagnosis says of programs on which its first edition was wrong",
        "",
        f"Written by `python tools/field_cases.py --turns {chosen.turns}` on commit {commit}, "
        f"{time.strftime('%Y-%m-%d')}, {hub_class.machine()}, seed 0. Each line is one change to "
        "a loop on the ring (tests/clinic), whose tests hold the first statements; these are the "
        "texts. Blank where nobody had asked before.",
    ]
    for kind in chosen.only:
        lines += ["", f"## {kind}. {KINDS[kind]}", "", "| change | said before | says now |",
                  "|---|---|---|"]  # fmt: skip
        for number, (change, before, case) in enumerate(CASES[kind]):
            outcome = said(case, chosen.turns, kept / f"{kind}{number}.json")
            lines.append(f"| {change} | {before} | {now(outcome)} |")
            print(lines[-1], flush=True)
    if chosen.only == [*KINDS]:
        write_whole(ROOT / "docs" / "clinic" / "FIELD.md", ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
