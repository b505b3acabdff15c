"""The command line: `gancourse lab`, `train`, `sweep`, `sample`, `score`, `grade`, `doctor`. Thin.

Heavy modules are imported inside the commands, so that --help comes at once.
"""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from gancourse.errors import InputError
from gancourse.openmp import sleep_sooner


class FromTables(TyperCommand):
    """A command whose help names what the course's tables hold; they are read when it is asked for.

    `{presets}`, `{sets}` and `{shipped}` in an option's help stand for their names.
    """

    def get_help(self, ctx) -> str:
        from gancourse import nets, train
        from gancourse.data import IMAGE_SETS

        presets = train.PRESETS | train.WRITEUP_PRESETS
        tables = {"presets": presets, "sets": IMAGE_SETS, "shipped": nets.shipped()}
        names = {kind: ", ".join(table) for kind, table in tables.items()}
        names["minutes"] = f"train so long, not by --steps; {_budgets(train.BUDGETS)}"
        names["sets"] += ", one of these at 64 pixels: fashion@64, or a folder of pictures: "
        names["sets"] += "FOLDER, FOLDER@64, FOLDER@64-grey"
        for option in self.params:
            option.help = (option.help or "").format(**names)
        return super().get_help(ctx)


def _budgets(table: dict) -> str:
    """Return in words which preset a name stands for in how many minutes."""
    rows = ((name, row) for name, rows in table.items() for row in rows)
    return ", ".join(
        f"on a processor, at 28 pixels, {row.limits} {name} is {row.preset}" for name, row in rows
    )


WEIGHTS = "generator.safetensors, a run's folder, or {shipped}"
app = typer.Typer(
    help="The course, and GANs from the shell: train one, draw and score samples, grade a class.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Option(help="your working copy [my_course]")] = None,
):
    """Open the course in JupyterLab: gancourse lab [FOLDER] [NOTEBOOK] [Jupyter's own options].

    Lessons and sheets open in a working copy of your own, FOLDER. It is made at the first start and
    brought up to date at each later one; what you changed stays.
    """
    from gancourse.jupyter.lab import serve

    extra = list(context.args)
    named = extra and not extra[0].startswith("-") and not extra[0].endswith(".ipynb")
    if folder is None and named:
        folder = Path(extra.pop(0))
    serve(folder or Path("my_course"), extra)


def _device(name: str | None) -> str | None:
    """Return the name of a device that computes; InputError for "meta", which only has shapes."""
    if name == "meta":
        from gancourse import machine
        from gancourse.errors import choose

        choose("device", name, machine.DEVICES)
    return name


@app.command(cls=FromTables)
def train(
    preset: Annotated[str, typer.Argument(help="{presets}")],
    data: Annotated[str, typer.Option(help="{sets}")] = "mnist",
    steps: Annotated[int, typer.Option(help="steps in all, those before a resume included")] = 3000,
    minutes: Annotated[float | None, typer.Option(help="{minutes}")] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the run [runs/PRESET-DATA]")] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same run")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps [the fastest here]")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16 [the fastest here]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the checkpoint")] = False,
    save_every: Annotated[int, typer.Option(help="steps between two checkpoints")] = 500,
    sync_norm: Annotated[
        bool, typer.Option("--sync-norm", help="batch norm counts the batches of all processes")
    ] = False,
):
    """Train a GAN; write pictures, history and weights.

    Several processes share the work: torchrun --nproc-per-node 2 -m gancourse train PRESET
    """
    from gancourse import machine
    from gancourse.data import image_set
    from gancourse.train import get_preset, parallel, within
    from gancourse.train import run as runs

    out = out or Path("runs") / re.sub(r"[^\w@.-]+", "-", f"{preset}-{data}").strip("-.")
    with parallel.joined(_device(device)) as device:
        if resume and runs.not_begun(out):
            resume = False  # it was killed before it wrote a checkpoint
            if not parallel.rank():
                typer.echo(runs.NOT_BEGUN.format(out=out))
        # Times were measured on a processor, with images of 28 pixels.
        place, taken = machine.device(device), preset
        if place.type == "cpu" and image_set(data).shape[-1] == 28 and not resume:
            taken = within(preset, minutes, machine.precision(precision, place))
        if taken != preset and not parallel.rank():
            typer.echo(f"For {minutes:g} minutes {preset} is {taken}: see its help.")
        recipe = get_preset(taken, sync_norm=sync_norm)
        run = runs.Run(taken, data, out, seed, device, precision, recipe=recipe)
        run.train(steps if minutes is None else None, save_every, resume, minutes)


@app.command(cls=FromTables)
def sweep(
    presets: Annotated[list[str], typer.Argument(help="one or several of {presets}")],
    seeds: Annotated[str, typer.Option(help="such as 0-2 or 0,3,7")] = "0-2",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="a field of the recipe, or G.OPTION: lr_D=1e-3,2e-3"),
    ] = None,
    data: Annotated[str, typer.Option(help="{sets}")] = "mnist",
    steps: Annotated[int, typer.Option(help="steps of each run")] = 1000,
    n: Annotated[int, typer.Option(help="how many samples of each are scored")] = 1000,
    out: Annotated[Path, typer.Option(help="folder for the runs and the table")] = Path("sweep"),
    jobs: Annotated[int, typer.Option(help="runs at once on this machine")] = 1,
    cluster: Annotated[str | None, typer.Option(help="address of a Dask scheduler")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps [the fastest here]")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16 [the fastest here]")] = None,
    save_every: Annotated[int, typer.Option(help="steps between two checkpoints")] = 200,
):
    """Train presets with settings and seeds, each combination once; write one table.

    The same command goes on where it was stopped: what is finished is not run again.
    """
    from gancourse import machine
    from gancourse import sweep as sweeps
    from gancourse.sweep import table

    machine.device(_device(device))
    out = out.resolve()
    how = {"steps": steps, "n": n, "save_every": save_every}
    how |= {"device": device, "precision": precision}
    tasks = sweeps.planned(presets, settings or (), seeds, data, out, **how)
    try:
        rows = sweeps.sweep(tasks, out, jobs, cluster, typer.echo)
    except (KeyboardInterrupt, SystemExit):
        typer.echo("Stopped; the same command goes on.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"{table.printed(rows)}\nsweep.csv and sweep.json are in {out}.")
    raise typer.Exit(0 if all(row["status"] == "done" for row in rows) else 1)


@app.command(cls=FromTables)
def sample(
    weights: Annotated[str, typer.Argument(help=WEIGHTS)],
    n: Annotated[int, typer.Option(help="how many images")] = 64,
    out: Annotated[Path, typer.Option(help="the picture to write")] = Path("grid.png"),
    seed: Annotated[int, typer.Option(help="the same seed gives the same images")] = 0,
    label: Annotated[
        int | None, typer.Option(help="the class, of a conditional one [each]")
    ] = None,
):
    """Draw images from a trained generator."""
    from gancourse import nets, plots
    from gancourse import train as training

    if out.suffix != ".png":
        raise InputError(
            f"The picture is written as PNG, and {out} was named: it must end in .png."
        )
    G = nets.load_any(weights)
    x = training.sample(G, n, seed, label)
    columns = nets.classes_of(G) if label is None else 0  # a column for each class
    plots.image_grid(x, columns=columns or max(1, round(n**0.5))).save(out)
    typer.echo(f"{n} images from {weights} are in {out}.")


@app.command(cls=FromTables)
def score(
    weights: Annotated[list[str], typer.Argument(help=f"{WEIGHTS}; several are compared")],
    data: Annotated[str | None, typer.Option(help="{sets} [its own]")] = None,
    n: Annotated[int, typer.Option(help="how many samples are drawn")] = 10_000,
    draws: Annotated[int, typer.Option(help="how many times: they give the scores' range")] = 3,
    seed: Annotated[int, typer.Option(help="the same seed gives the same scores")] = 0,
    out: Annotated[Path, typer.Option(help="folder for score.json and score.png")] = Path("score"),
):
    """Say how good a generator is: FID, precision, recall, classes, copies. Compare several."""
    from gancourse import nets
    from gancourse.score import command
    from gancourse.score import draws as drawn

    generators = {name: nets.load_any(name) for name in weights}
    found = command.score(generators, data, n, seed, draws, out)
    files = "score.png" if len(found) == 1 else f"score-1.png to score-{len(found)}.png"
    typer.echo(f"{drawn.table(found)}\nscore.json and {files} are in {out}.")


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="folder or zip, or a hub's home folders")],
    out: Annotated[Path, typer.Option(help="folder for grades.csv and feedback")],
    jobs: Annotated[int, typer.Option(help="submissions at once on this machine")] = 1,
    cluster: Annotated[str | None, typer.Option(help="address of a Dask scheduler")] = None,
    sheet: Annotated[list[str] | None, typer.Option(help="a sheet that must be there: 05")] = None,
    sandbox: Annotated[str, typer.Option(help="bwrap; none runs code unprotected")] = "bwrap",
    time_limit: Annotated[float | None, typer.Option(help="CPU seconds for one exercise")] = None,
    budget: Annotated[float, typer.Option(help="seconds in all for one submission")] = 300.0,
    only: Annotated[str | None, typer.Option(help="the one student to grade now")] = None,
    again: Annotated[bool, typer.Option("--again", help="grade what is graded already")] = False,
    attempt: Annotated[str, typer.Option(help="the last counts, or the best")] = "last",
    late: Annotated[str | None, typer.Option(help='such as "10% a day, at most 50%"')] = None,
    weight: Annotated[list[str] | None, typer.Option(help="of an exercise: 05.3=2")] = None,
    overrides: Annotated[Path | None, typer.Option(help="your marks [OUT/overrides.csv]")] = None,
    worksheet: Annotated[Path | None, typer.Option(help="Moodle's, to be filled")] = None,
    gradebook: Annotated[Path | None, typer.Option(help="Canvas's, to be filled")] = None,
    assignment: Annotated[list[str] | None, typer.Option(help="its column: 05=1234")] = None,
    csv: Annotated[Path | None, typer.Option(help="a table with a row for each student")] = None,
):
    """Grade a class: a table, a page for each student, a page on the class."""
    from gancourse.grade.terminal import show

    options = {"jobs": jobs, "cluster": cluster, "sandbox": sandbox, "time_limit": time_limit}
    options |= {"budget": budget, "only": only, "again": again, "attempt": attempt, "late": late}
    options |= {"overrides": overrides, "worksheet": worksheet, "gradebook": gradebook, "csv": csv}
    many = {"sheets": sheet, "weights": weight, "assignments": assignment}
    options |= {name: tuple(given or ()) for name, given in many.items()}
    raise typer.Exit(show(submissions, out, **options))


@app.command()
def doctor(
    json: Annotated[
        bool, typer.Option("--json", help="for a bug report, without your paths")
    ] = False,
):
    """Say what this machine has, and what to do."""
    from gancourse.doctor import examine

    report = examine()
    typer.echo(report.to_json() if json else str(report))
    raise typer.Exit(0 if report.ready else 1)


def main() -> None:
    """Run the command line; what a user can put right ends with one sentence and exit code 2."""
    sleep_sooner(os.environ)  # before PyTorch is imported
    try:
        app()
    except (InputError, OSError) as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
