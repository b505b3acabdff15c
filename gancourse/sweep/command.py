"""What `gancourse sweep` does: plan, share the runs out, write the table after each."""

from collections.abc import Callable, Iterator
from pathlib import Path

from gancourse import store, workers
from gancourse.data import load_images
from gancourse.errors import at_least
from gancourse.sweep import runs, table
from gancourse.sweep.plan import Task


def sweep(
    tasks: list[Task], out: Path, jobs: int = 1, cluster: str | None = None,
    say: Callable[[str], object] = print,
) -> list[dict]:  # fmt: skip
    """Carry out what is not finished of these runs; return all rows, in the order of the tasks.

    `jobs` processes share them, or the Dask cluster at the address `cluster`, whose workers see the
    folder `out` and have one thread each. The table is written after each run; it keeps the runs of
    other sweeps in that folder. Raises InputError, before anything runs, for what cannot be used.
    """
    at_least("--jobs", jobs, 1)
    for name, least in (("steps", 1), ("n", 100), ("save_every", 1)):
        at_least(f"--{name.replace('_', '-')}", getattr(tasks[0], name), least)
    load_images(tasks[0].data)  # fetched once, before many ask for it
    store.make_folder(out)
    found = {task.name: row for task in tasks if (row := runs.kept(task))}
    left = [task for task in tasks if task.name not in found]
    if found:
        say(f"{len(found)} of {len(tasks)} runs are finished already.")
    with workers.backend(cluster) as client:
        if client:
            workers.one_thread_each(client, cluster)
        for task, row in _done(left, -1 if cluster else jobs):
            found[task.name] = row
            say(f"{len(found)} of {len(tasks)}: {task.name}, {_word(row)}")
            _write([found[t.name] for t in tasks if t.name in found], tasks, out)
    rows = [found[task.name] for task in tasks]
    _write(rows, tasks, out)
    return rows


def _write(rows: list[dict], tasks: list[Task], out: Path) -> None:
    """Write the table: this sweep's rows, and below them what other sweeps have finished there."""
    table.write([*rows, *runs.of_others(tasks, out)], out)


def _word(row: dict) -> str:
    return f"FID {row['fid']:.2f}" if row["status"] == "done" else f"failed: {row['why']}"


def _done(tasks: list[Task], jobs: int) -> Iterator[tuple[Task, dict]]:
    """Yield each task and its row; where a process is killed, go on with the others one by one."""
    left = {task.name: task for task in tasks}
    try:
        for name, row in workers.unordered(_named, tasks, jobs):
            yield left.pop(name), row
    except Exception:
        for task in list(left.values()):
            yield task, _alone(task)


def _named(task: Task) -> tuple[str, dict]:
    return task.name, runs.carry_out(task)


def _alone(task: Task) -> dict:
    """Carry out a run in a process of its own: if that one is killed too, it costs this run."""
    try:
        ((_, row),) = workers.unordered(_named, [task], 2)
    except Exception as error:
        return runs.failed(task, error)
    return row
