"""The command line: gather the pages, let Sphinx write them, put the finished site in place."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import main as sphinx

import website
from website.gather import gather

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
UNUSED = ("*.map", "**/.buildinfo", "objects.inv", "_static/**/*.html")  # no page asks for them


def build(root: Path, out: Path) -> int:
    """Write the site of the course at `root` into `out`; return Sphinx's exit code.

    A warning is an error. `out` is replaced whole, and only when all went well.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / "searchindex.js").exists():
        sys.exit(f"{out} holds something that is no site of ours: name another folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as folder:
        source, pages = Path(folder) / "source", Path(folder) / "pages"
        gather(root, source)
        code = sphinx(["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE),
                       "-d", str(Path(folder) / "read"), str(source), str(pages)])  # fmt: skip
        if code == 0:
            trim(pages)
            shutil.rmtree(out, ignore_errors=True)
            pages.rename(out)
    return code


def trim(pages: Path) -> None:
    """Remove what no page asks for."""
    for pattern in UNUSED:
        for path in pages.rglob(pattern):
            path.unlink()
    shutil.rmtree(pages / "_sources", ignore_errors=True)


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(argv: list[str] | None = None) -> int:
    """Build; say where the site is and how large; return the exit code."""
    parser = argparse.ArgumentParser(description=website.__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="where the site goes")
    options = parser.parse_args(argv)
    code = build(options.root.resolve(), options.out.resolve())
    if code:
        print("error: the site was not built; what is wrong stands above.", file=sys.stderr)
        return code
    pages = len(list(options.out.rglob("*.html")))
    print(f"{options.out}: {pages} pages, {size(options.out) / 1e6:.1f} MB")
    print(f"Serve it from anywhere, here with: python3 -m http.server -d {options.out}")
    return 0
