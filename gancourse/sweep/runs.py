"""One run of a sweep: trained in a folder of its own, scored, and its result kept there."""

import json
import time
from contextlib import suppress
from pathlib import Path

from gancourse import nets, store
from gancourse.errors import InputError, in_a_sentence
from gancourse.score import draws
from gancourse.sweep.plan import Task, settings_text
from gancourse.train import checkpoint
from gancourse.train import run as runs

RESULT = "result.json"
SCORES = ("fid", "kid", "precision", "recall", "density", "coverage", "copies")
LAST = 100  # steps whose losses are averaged


def kept(task: Task) -> dict | None:
    """Return the row of a run that is finished, or None: also where it was another run."""
    try:
        found = json.loads((task.folder / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found["row"] if isinstance(found, dict) and found.get("key") == task.key() else None


def of_others(tasks: list[Task], out: Path) -> list[dict]:
    """Return the rows of finished runs in `out` that other sweeps have made there, by folder."""
    mine = {task.folder.name for task in tasks}
    rows = []
    for path in sorted(out.glob(f"*/{RESULT}")):
        if path.parent.name not in mine:
            with suppress(OSError, ValueError, KeyError, TypeError):  # no result of ours
                rows.append(dict(json.loads(path.read_text("utf-8"))["row"]))
    return rows


def carry_out(task: Task) -> dict:
    """Train and score a run, from its last checkpoint on if there is one; return its row.

    A run that cannot be trained or scored has a row that says why, and is tried again next time.
    """
    row = kept(task)
    if row:
        return row
    begun = checkpoint.begun(task.folder / runs.CHECKPOINT)
    start = time.process_time()
    try:
        run = runs.Run(task.preset, task.data, task.folder, task.seed, task.device, task.precision,
                       recipe=task.recipe, quiet=True)  # fmt: skip
        run.train(task.steps, task.save_every, begun)
        seconds = None if begun else round(time.process_time() - start, 1)
        row = _row(task, "done", seconds=seconds, **_scores(task), **_losses(task))
    except (ValueError, OSError, RuntimeError, ArithmeticError) as error:
        return failed(task, error)
    content = json.dumps({"key": task.key(), "row": row}, indent=1) + "\n"
    store.write_whole(task.folder / RESULT, content.encode())
    return row


def failed(task: Task, error: Exception) -> dict:
    """Return the row of a run that came to no end."""
    return _row(task, "failed", why=in_a_sentence(error))


def _row(task: Task, status: str, **found) -> dict:
    return {"preset": task.preset, **settings_text(task.changes), "seed": task.seed, "n": task.n,
            "data": task.data, "steps": task.steps, "status": status, **found}  # fmt: skip


def _losses(task: Task) -> dict[str, float]:
    """Return the means of the last losses, as history.csv has them."""
    lines = (task.folder / "history.csv").read_text("utf-8").splitlines()
    rows = [[float(x) for x in line.split(",")[1:3]] for line in lines[-LAST:] if line[0].isdigit()]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return dict(zip(("d_loss", "g_loss"), means, strict=True))


def _scores(task: Task) -> dict[str, float]:
    G = nets.load_any(task.folder)
    if G.card["steps"] != str(task.steps):
        raise InputError(
            f"{task.folder} holds a run of {G.card['steps']} steps, and one of {task.steps} was "
            "asked for: give another --out."
        )
    report = draws.score_draws(task.name, G, G.card["data"], task.n, draws=1).reports[0]
    return {name: getattr(report, name) for name in SCORES}
