"""Put together what a release of the course consists of: `make release` fills the folder dist.

A wheel that is the course, the site, the slides where node and npm are here, the sheets with their
solutions, what the grader needs, and SHA256SUMS over all of it. Refuses a tree with changes that
are not committed, and a version that CHANGELOG.md and CITATION.cff do not name.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from javascript import SKIPPED

ROOT = Path(__file__).resolve().parents[1]
MADE = (1980, 1, 1, 0, 0, 0)  # of each file in an archive, so that equal contents are equal files


def version(root: Path = ROOT) -> str:
    """Return pyproject.toml's version; end with a sentence where another file has not got it."""
    found = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    if not re.search(rf"^## {re.escape(found)}\b", (root / "CHANGELOG.md").read_text(), re.M):
        sys.exit(f"CHANGELOG.md has no heading for version {found}: write what has changed.")
    if f"\nversion: {found}\n" not in (root / "CITATION.cff").read_text():
        sys.exit(f"CITATION.cff does not name version {found}: correct it.")
    return found


def uncommitted(root: Path = ROOT) -> str:
    """Return what git says has changed and is not committed."""
    command = ["git", "-C", str(root), "status", "--porcelain"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def archive(path: Path, files: dict[str, Path]) -> None:
    """Write a zip of files under their names; equal contents give equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, files[name].read_bytes())


def below(folder: Path, pattern: str = "*", name: str = "") -> dict[str, Path]:
    """Return the files below a folder by their names in an archive, which begin with `name`."""
    return {
        f"{name or folder.name}/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob(pattern)
        if path.is_file()
    }


def checksums(folder: Path) -> str:
    """Return a line for each file, as `sha256sum -c` reads it."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    )


def is_ours(folder: Path) -> bool:
    return (folder / "SHA256SUMS").is_file()


def grader_list(uv: str, out: Path) -> None:
    """Write the pins of `gancourse[grade]`, out of the lock, for an image that grades."""
    options = ["--quiet", "--extra", "grade", "--no-header", "--no-annotate"]
    within = ["--constraint", "requirements.lock", "--output-file", str(out), "pyproject.toml"]
    call([uv, "pip", "compile", *options, *within])


def call(command: list[str]) -> bool:
    """Run a step in the project's folder; tell whether it was done, and not left out by itself.

    Ends with a sentence where it fails.
    """
    code = subprocess.call(command, cwd=ROOT)
    if code not in (0, SKIPPED):
        sys.exit("This step failed, and nothing was released: " + " ".join(command))
    return code == 0


def main() -> None:
    """Make everything in a folder beside, and put it in the place of `dist` when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    number = version()
    if uncommitted():
        sys.exit("There are changes that are not committed: commit them, then release.")
    if options.out.is_dir() and any(options.out.iterdir()) and not is_ours(options.out):
        sys.exit(f"{options.out} holds something that is no release: name another folder.")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".release-", dir=options.out.parent))
    try:
        call([options.uv, "build", "--quiet", "--wheel", "--out-dir", str(work), "."])
        (work / ".gitignore").unlink(missing_ok=True)
        call([sys.executable, "tools/website"])
        archive(work / f"gancourse-{number}-site.zip", below(ROOT / "site"))
        if call([sys.executable, "tools/website/slides.py"]):
            archive(work / f"gancourse-{number}-slides.zip", below(ROOT / "slides"))
        else:
            print("This release has no slides.")
        sheets = below(ROOT / "exercises", "*.ipynb") | below(ROOT / "solutions", "*.ipynb")
        archive(work / f"gancourse-{number}-sheets.zip", sheets)
        grader_list(options.uv, work / f"gancourse-{number}-grader.txt")
        (work / "SHA256SUMS").write_text(checksums(work))
        shutil.rmtree(options.out, ignore_errors=True)
        work.chmod(0o755)  # a temporary folder is its maker's alone
        work.rename(options.out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for path in sorted(options.out.iterdir()):
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.name}")


if __name__ == "__main__":
    main()
