"""The command line: `gancourse train`, `sample` and `doctor`. Thin; it answers --help at once.

Heavy modules are imported inside the commands.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gancourse.errors import InputError

app = typer.Typer(
    help="GANs from the shell: train one, draw samples, see what this machine offers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def train(
    preset: Annotated[str, typer.Argument(help="what to train: mlp or dcgan")],
    data: Annotated[str, typer.Option(help="mnist, fashion or digits")] = "mnist",
    steps: Annotated[int, typer.Option(help="steps in all, those before a resume included")] = 3000,
    out: Annotated[Path | None, typer.Option(help="folder of the run [runs/PRESET-DATA]")] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same run")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps [the fastest here]")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16 [the fastest here]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the checkpoint")] = False,
    save_every: Annotated[int, typer.Option(help="steps between two checkpoints")] = 500,
):
    """Train a GAN and write samples, curves, history, checkpoint and weights to a folder."""
    from gancourse import runs

    out = out or Path("runs") / f"{preset}-{data}"
    run = runs.Run(preset, data, out, seed, device, precision)
    run.train(steps, save_every, resume)


@app.command()
def sample(
    weights: Annotated[Path, typer.Argument(help="generator.safetensors, or the run's folder")],
    n: Annotated[int, typer.Option(help="how many images")] = 64,
    out: Annotated[Path, typer.Option(help="the picture to write")] = Path("grid.png"),
    seed: Annotated[int, typer.Option(help="the same seed gives the same images")] = 0,
):
    """Draw images from the weights of a trained generator."""
    from gancourse import nets, plots
    from gancourse import train as training

    path = weights / "generator.safetensors" if weights.is_dir() else weights
    x = training.sample(nets.load_generator(path), n, seed)
    plots.image_grid(x, columns=max(1, round(n**0.5))).save(out)
    typer.echo(f"{n} images from {path} are in {out}.")


@app.command()
def doctor():
    """Say what this machine has, and a remedy for each thing that is missing."""
    from gancourse.doctor import examine

    report = examine()
    typer.echo(str(report))
    raise typer.Exit(0 if report.ready else 1)


def main() -> None:
    """Run the command line; what a user can mend ends with one sentence and exit code 2."""
    try:
        app()
    except (InputError, OSError) as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
