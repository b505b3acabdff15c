"""One run of a table, in a file of its own: trained, scored, and taken up again after a kill.

`python tools/tables` shares such runs out; a cluster's workers need this package alone.
"""

import json
import time
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path

import torch

from gancourse import machine, store, train
from gancourse.errors import InputError
from gancourse.score.tables import TABLES


@dataclass(frozen=True)
class Task:
    """A run: a table's row on its data with a seed, and the folder that keeps it.

    It is trained on `device`, and scored every `every` steps, or as often as the table says.
    """

    table: str
    row: str
    data: str
    seed: int
    folder: Path
    device: str = "cpu"
    every: int | None = None
    command: str = ""  # that asked for it

    @property
    def name(self) -> str:
        return f"{self.row}, {self.data}, seed {self.seed}"

    def path(self, ending: str) -> Path:
        """Return the path of its checkpoint (".safetensors") or its record (".json")."""
        plain = "".join(c if c.isalnum() else "-" for c in f"{self.row}-{self.data}-{self.seed}")
        return self.folder / self.table / f"{plain}{ending}"

    def record(self) -> dict | None:
        """Return what was measured of it so far, unless it was by another recipe."""
        path = self.path(".json")
        found = json.loads(path.read_text()) if path.exists() else None
        return found if found and self.made(found) else None

    def made(self, record: dict) -> bool:
        """Tell whether a record is by the recipe as it is now.

        Fields that recipes have got since then are at their defaults.
        """
        row = TABLES[self.table].rows[self.row]
        since = {f.name: f.default for f in fields(row) if f.default is not MISSING}
        return json.loads(json.dumps(since)) | record["recipe"] == self.recipe()

    def recipe(self) -> dict:
        """Return its recipe as JSON gives it back."""
        return json.loads(json.dumps(asdict(TABLES[self.table].rows[self.row])))


def _fresh(task: Task) -> dict:
    """Return the record of a run that has not begun."""
    about = {"row": task.row, "data": task.data, "seed": task.seed, "recipe": task.recipe()}
    about |= {"command": task.command, "machine": machine.processor()}
    return about | {"seconds": 0.0, "scores": [], "clock": []}


def _gpu(task: Task) -> dict[str, str]:
    """Return the name of the GPU that a run is trained on, as its record has it."""
    return {} if task.device == "cpu" else {"device": torch.cuda.get_device_name(task.device)}


def _new(task: Task) -> train.State:
    return TABLES[task.table].start(task.row, task.seed, task.device, task.data)


def _begun(task: Task) -> tuple[train.State, dict]:
    """Return the run and its record: as a kill has left them, or new ones.

    Raises InputError for a run that was begun on another device, whose numbers would be mixed.
    """
    found, here = task.record(), _gpu(task)
    if found is None or not task.path(".safetensors").exists():
        return _new(task), _fresh(task) | here
    if found.get("device") != here.get("device"):
        raise InputError(
            f"{task.name} was begun on {found.get('device', 'the CPU')}, not on "
            f"{here.get('device', 'the CPU')}: give that --device, or another --keep."
        )
    try:
        state = train.load_state(task.path(".safetensors"), task.device)
    except InputError as error:
        print(f"{task.name}: from the start, {error}", flush=True)
        return _new(task), _fresh(task) | here
    found["scores"] = [score for score in found["scores"] if score["step"] <= state.step]
    found["clock"] = found.get("clock", [])[: len(found["scores"])]
    return state, found


def finished(task: Task, steps: int) -> bool:
    """Tell whether a run has taken so many steps, as its table counts, or has diverged before."""
    table, record = TABLES[task.table], task.record()
    last = record["scores"][-1] if record and record["scores"] else {"step": 0}
    counts_images = getattr(table, "in_images", False)
    enough = table.turns(table.rows[task.row], steps) if counts_images else steps
    return last["step"] >= enough or last.get("diverged", False)


def carry_out(task: Task, steps: int) -> dict:
    """Train a run up to so many steps and return its record; keep both at each score.

    The record's `clock` has the seconds of one core at each score. It is written before the
    checkpoint: a kill between the two costs the steps since the last score, and changes no number.
    """
    torch.set_num_threads(1)
    if finished(task, steps):
        return task.record()
    store.make_folder(task.folder / task.table)
    table = TABLES[task.table]
    if hasattr(table, "measured_at_once"):
        return _measured(task)
    if task.every:
        table = replace(table, every=task.every)
    state, record = _begun(task)
    start, before = time.process_time(), record["seconds"]
    for score in table.scores(state, task.data, steps):
        record["scores"].append(score)
        record["seconds"] = round(before + time.process_time() - start, 1)
        record["clock"].append(record["seconds"])
        store.write_whole(task.path(".json"), json.dumps(record).encode())
        train.save_state(state, task.path(".safetensors"))
        words = table.said(score)
        print(f"{task.name}: step {score['step']}, {words}, {record['seconds']} s", flush=True)
    return record


def _measured(task: Task) -> dict:
    """Return the record of what is no run: measured at once, and kept when it is."""
    table, start = TABLES[task.table], time.process_time()
    score = table.measured_at_once(task.row, task.data, task.seed)
    seconds = round(time.process_time() - start, 1)
    record = _fresh(task) | {"scores": [score], "seconds": seconds}
    store.write_whole(task.path(".json"), json.dumps(record).encode())
    print(f"{task.name}: {table.said(score)}, {seconds} s", flush=True)
    return record
