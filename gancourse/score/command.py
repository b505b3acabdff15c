"""What `gancourse score` does: draw, score, write `score.json` and `score.png`."""

from pathlib import Path

from torch import nn

from gancourse import plots, store
from gancourse.data import load_images
from gancourse.errors import at_least
from gancourse.score import copies, images
from gancourse.score.ruler import load_ruler

SHOWN = 32  # samples in the picture


def score(G: nn.Module, data: str, n: int, seed: int, out: Path) -> images.ImageReport:
    """Return the scores of n samples of G; write them and a picture into the folder `out`.

    Raises InputError as `score_images` does, before anything is written.
    """
    at_least("--n", n, images.LEAST)
    load_ruler(data)  # an unknown set is named before anything is done
    x = images.draw(G, n, seed)
    store.make_folder(out)
    report = images.score_images(x, data, seed)
    train_set = load_images(report.data)
    found = train_set.images[copies.nearest(x[:SHOWN], train_set)[1][:, 0]]
    shares = dict(zip(report.class_names, report.shares, strict=True))
    title = f"FID {report.fid:.1f}, precision {report.precision:.2f}, recall {report.recall:.2f}"
    plots.score_card(x[:SHOWN], found, shares, title).save(out / "score.png")
    store.write_whole(out / "score.json", report.to_json().encode())
    return report
