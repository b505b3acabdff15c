"""What the tables on images have measured, to be shown: means over seeds, with their spread."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from gancourse.errors import InputError
from gancourse.score import tables
from gancourse.score.image_tables import IMAGE_TABLES, unpacked

Ends = dict[tuple[str, str], list[dict]]  # the last scores of each row's runs on each data


def ends(name: str) -> Ends:
    """Return {(row, data): [last scores of a run, ...]} of a table on images, in the table's order.

    Empty where the command has measured nothing yet.
    """
    try:
        runs = [run for run in tables.measured(name)["runs"].values() if run["scores"]]
    except InputError:  # no such file
        return {}
    table = IMAGE_TABLES[name]
    keys = [(row, data) for data in table.data for row in table.rows]
    found = {k: [r["scores"][-1] for r in runs if (r["row"], r["data"]) == k] for k in keys}
    return {key: scores for key, scores in found.items() if scores}


def mean(name: str, row: str, data: str, score: str) -> float:
    """Return a score's mean over the seeds of a row on data: NaN where nothing is measured."""
    scores = ends(name).get((row, data), [])
    return float(np.mean([end[score] for end in scores])) if scores else float("nan")


def samples(name: str, row: str, data: str) -> list[tuple[str, Tensor]]:
    """Return (steps in words, images [N, 1, S, S] uint8) at each score of a run that kept some."""
    runs = [
        r for r in tables.measured(name)["runs"].values() if (r["row"], r["data"]) == (row, data)
    ]
    kept = [score for run in runs for score in run["scores"] if "samples" in score]
    return [(f"{score['step']:,} steps", unpacked(score["samples"])) for score in kept]


def beside(name: str, columns: Mapping[str, str]) -> tables.Markdown:
    """Return a table in Markdown: a line for each row and data, and a column for each score.

    `columns` maps a score to its title. Scores are means over seeds, with their standard error
    where there are several. Steps are those of the runs, if the table trains any.
    """
    found = ends(name)
    if not found:
        return tables.Markdown(f"Nothing is measured yet: `python tools/tables {name}` does it.")
    trained = IMAGE_TABLES[name].steps > 1
    head = ["", "images", "seeds", *["steps"] * trained, *columns.values()]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for (row, data), scores in found.items():
        said = [_steps(scores)] if trained else []
        said += [_mean([end[column] for end in scores]) for column in columns]
        lines.append(f"| {row} | {data} | {len(scores)} | {' | '.join(said)} |")
    return tables.Markdown("\n".join(lines))


def _steps(scores: list[dict]) -> str:
    steps = sorted({end["step"] for end in scores})
    return f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"


def _mean(numbers: list[float]) -> str:
    middle = float(np.mean(numbers))
    digits = 1 if abs(middle) >= 2 else 3
    error = np.std(numbers, ddof=1) / len(numbers) ** 0.5 if len(numbers) > 1 else None
    return f"{middle:.{digits}f}" + ("" if error is None else f"±{error:.{digits}f}")
