"""The one table of a sweep: a row for each run in CSV and JSON, a line for a setting in print."""

import csv
import io
import json
from pathlib import Path
from statistics import mean, stdev

from gancourse.store import write_whole

OF_A_RUN = ("seed", "data", "steps", "n", "status", "seconds", "d_loss", "g_loss", "fid", "kid",
            "precision", "recall", "density", "coverage", "copies", "why")  # fmt: skip
APART = ("data", "steps", "n")  # what a mean is not taken over; n: how many samples are scored
SHOWN = {"fid": ".2f", "precision": ".3f", "recall": ".3f", "coverage": ".3f"}


def write(rows: list[dict], out: Path) -> None:
    """Write sweep.csv and sweep.json with a row for each run, each whole or not at all."""
    ours = list(dict.fromkeys(name for row in rows for name in row if name not in OF_A_RUN))
    text = io.StringIO()
    table = csv.DictWriter(text, [*ours, *OF_A_RUN], lineterminator="\n", restval="")
    table.writeheader()
    table.writerows(rows)
    write_whole(out / "sweep.csv", text.getvalue().encode())
    whole = {"runs": rows, "settings": summary(rows)}
    write_whole(out / "sweep.json", (json.dumps(whole, indent=1) + "\n").encode())


def summary(rows: list[dict]) -> list[dict]:
    """Return for each preset with its settings the mean and the standard deviation over seeds.

    Other data, and other steps, are another setting: a folder may hold runs of several sweeps.
    """
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        setting = tuple((k, v) for k, v in row.items() if k not in OF_A_RUN)
        setting += tuple((k, row.get(k)) for k in APART)  # older rows have no n
        groups.setdefault(setting, []).append(row)
    return [dict(setting) | _over_seeds(found) for setting, found in groups.items()]


def _over_seeds(rows: list[dict]) -> dict:
    done = [row for row in rows if row["status"] == "done"]
    found: dict = {"seeds": [row["seed"] for row in done], "failed": len(rows) - len(done)}
    for name in SHOWN:
        values = [row[name] for row in done]
        if values:
            found[name] = {"mean": mean(values), "sd": stdev(values) if len(values) > 1 else None}
    return found


def printed(rows: list[dict]) -> str:
    """Return a line for each setting: how many seeds ended well, and scores, mean and deviation."""
    lines, whole = [["setting", "runs", *SHOWN]], summary(rows)
    alike = [name for name in APART if len({found[name] for found in whole}) < 2]
    unnamed = ("preset", "seeds", "failed", *alike, *SHOWN)
    for found in whole:
        names = [found["preset"], *(f"{k}={v}" for k, v in found.items() if k not in unnamed)]
        count = f"{len(found['seeds'])} of {len(found['seeds']) + found['failed']}"
        lines.append([" ".join(names), count, *(_cell(found.get(n), f) for n, f in SHOWN.items())])
    first, *widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"{line[0]:{first}}" + "".join(f"  {c:>{w}}" for c, w in zip(line[1:], widths, strict=True))
        for line in lines
    )


def _cell(found: dict | None, form: str) -> str:
    if found is None:
        return "-"
    spread = "" if found["sd"] is None else f" ± {found['sd']:{form}}"
    return f"{found['mean']:{form}}{spread}"
