"""What `gancourse score` does: draw, score, write `score.json` and `score.png`."""

from pathlib import Path

from torch import nn

from gancourse import plots, store
from gancourse.data import load_images
from gancourse.errors import at_least
from gancourse.score import images

SHOWN = 16  # samples in the picture


def score(G: nn.Module, data: str, n: int, seed: int, out: Path) -> images.ImageReport:
    """Return the scores of n samples of G; write them and a picture into the folder `out`."""
    at_least("--n", n, images.LEAST)
    x = images.draw(G, n, seed)
    report = images.score_images(x, data, seed)
    store.write_whole(out / "score.json", images.to_json(report).encode())
    train_set = load_images(data)
    found = train_set.images[images.nearest(x[:SHOWN], train_set)[1][:, 0]]
    shares = dict(zip(report.class_names, report.shares, strict=True))
    title = f"FID {report.fid:.1f}, precision {report.precision:.2f}, recall {report.recall:.2f}"
    plots.score_card(x[:SHOWN], found, shares, title).save(out / "score.png")
    return report
