"""Where the files of an image set lie in the folder that a user names, and under which names."""

from pathlib import Path


def folders(given: Path, own: str) -> tuple[Path, ...]:
    """Return where the files of the set `own` may lie: its own folder there, or that one itself."""
    return given / own / "raw", given / own, given / "raw", given


def file(folder: Path, name: str) -> Path | None:
    """Return the file that goes by `name`, such as train-images-idx3-ubyte.gz, or None.

    It may be unpacked, have Kaggle's dot for a dash, or lie in a folder of its own name.
    """
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    names = name, plain, f"{dotted}.gz", dotted, f"{plain}/{plain}", f"{dotted}/{dotted}"
    return next((folder / each for each in names if (folder / each).is_file()), None)
