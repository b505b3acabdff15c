"""What lives on the site without a kernel: the page's engine, a shipped generator, its start."""

import json
from pathlib import Path

FOLDER = "_static/live"
FILES = ("engine.js", "live.css")
NET = "mnist"
MARK = '<div class="gc-mount" data-live="{kind}" data-net="{net}">\n{still}\n</div>'


def write_living(source: Path) -> None:
    """Write the engine and what it shows below `source`."""
    from gancourse import live, nets  # PyTorch, only where a site is built
    from gancourse.live.explorer.engine import weights_of
    from gancourse.live.explorer.export import start
    from gancourse.live.frontend import STATIC

    folder = source / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_bytes((STATIC / name).read_bytes())
    G = nets.load_shipped(NET)
    (folder / f"{NET}.safetensors").write_bytes(weights_of(G, half=True))
    (folder / f"{NET}.json").write_text(json.dumps(start(live.LatentExplorer(G))))


def mount(kind: str, still: str) -> str:
    """Return the place where a page mounts something alive; `still` is seen until then."""
    return MARK.format(kind=kind, net=NET, still=still)


def kind_of(source: str) -> str | None:
    """Return what a cell's source shows that can live here, None for all else.

    A PointGan with steps of the learner's own needs their Python.
    """
    if "live.LatentExplorer(" in source:
        return "explorer"
    return "points" if source.strip() == "live.PointGan()" else None
