"""Bundle the widgets' JavaScript, and check that the bundles are what their sources build.

    gancourse/live/static/src/widgets/NAME.js -> gancourse/live/static/NAME.js

A bundle's first line holds the hash of its sources and the hash of its own text, so that a check
needs no node. Where there are node and npm, the check also bundles once more and compares.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import javascript

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ("--bundle", "--format=esm", "--target=es2022", "--charset=utf8",
           "--legal-comments=none", "--log-level=warning")  # fmt: skip
REMEDY = "`make build` mends it"
IMPORT = re.compile(r'\bfrom "(\.[^"]+)"')
HEADER = "// Built by `make build` from src/widgets/{name}.js: edit there. {sources} {text}\n"


class BundleError(Exception):
    """The sources cannot be bundled; the message says why."""


class Bundle(NamedTuple):
    """One widget's bundle, below a root."""

    root: Path
    name: str

    @property
    def static(self) -> Path:
        return self.root / "gancourse" / "live" / "static"

    @property
    def path(self) -> Path:
        return self.static / f"{self.name}.js"

    def __str__(self) -> str:
        return self.path.relative_to(self.root).as_posix()


def bundles(root: Path) -> list[Bundle]:
    """Return a bundle for each widget that has an entry in src/widgets."""
    entries = sorted(Bundle(root, "").static.glob("src/widgets/*.js"))
    return [Bundle(root, entry.stem) for entry in entries]


def sources(bundle: Bundle) -> list[Path]:
    """Return the files that a bundle is made of, sorted: its entry and all that this imports."""
    found, waiting = set(), [bundle.static / "src" / "widgets" / f"{bundle.name}.js"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [(path.parent / name).resolve() for name in IMPORT.findall(read(path))]
    return sorted(found)


def read(path: Path) -> str:
    """Return a file's text, or raise BundleError where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise BundleError(f"{path} is needed for a widget's JavaScript and missing") from None


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def made_of(bundle: Bundle) -> str:
    """Return the hash of a bundle's sources, of the version of esbuild and of its options."""
    package = json.loads((bundle.root / "package.json").read_text(encoding="utf-8"))
    texts = [text for path in sources(bundle) for text in (path.name, read(path))]
    return digest(package["devDependencies"]["esbuild"], *OPTIONS, *texts)


def with_header(bundle: Bundle, text: str) -> str:
    """Return the file of a bundle: a line with the two hashes, then the text."""
    return HEADER.format(name=bundle.name, sources=made_of(bundle), text=digest(text)) + text


def difference(bundle: Bundle) -> str:
    """Return a sentence on how a bundle is not what its sources build, or ''; needs no node."""
    if not bundle.path.exists():
        return f"{bundle} is missing: {REMEDY}."
    first, _, text = read(bundle.path).partition("\n")
    noted = first.split()[-2:]
    if noted[:1] != [made_of(bundle)]:
        return f"{bundle}: its sources were changed after the build: {REMEDY}."
    if with_header(bundle, text) != f"{first}\n{text}":
        return f"{bundle} was changed after the build: edit its sources instead; {REMEDY}."
    return ""


def esbuild(wanted: list[Bundle]) -> dict[Bundle, str]:
    """Return each bundle's file as esbuild gives it. Raise Missing without node, or BundleError."""
    command = javascript.command("esbuild", "bin/esbuild", wanted[0].root)
    entries = {f"widgets/{bundle.name}.js": bundle for bundle in wanted}
    with tempfile.TemporaryDirectory() as folder:
        output = [f"--outdir={folder}", f"--metafile={folder}/meta.json"]
        run = subprocess.run([*command, *entries, *OPTIONS, *output], encoding="utf-8",
                             cwd=wanted[0].static / "src", stderr=subprocess.PIPE)  # fmt: skip
        if run.returncode or run.stderr:
            raise BundleError(f"esbuild could not bundle the widgets:\n{run.stderr.strip()}")
        for output in json.loads(read(Path(folder, "meta.json")))["outputs"].values():
            refuse_unhashed(entries[output["entryPoint"]], set(output["inputs"]))
        return {bundle: with_header(bundle, read(Path(folder, f"{bundle.name}.js")))
                for bundle in wanted}  # fmt: skip


def refuse_unhashed(bundle: Bundle, inputs: set[str]) -> None:
    """Raise BundleError where esbuild reads a source that the bundle's hash leaves out."""
    src = bundle.static / "src"
    left_out = inputs - {path.relative_to(src).as_posix() for path in sources(bundle)}
    if left_out:
        raise BundleError(f"{bundle}: its hash leaves out {', '.join(sorted(left_out))}")


def orphans(root: Path) -> list[str]:
    """Return a sentence for each script beside the bundles that no widget builds."""
    known = {bundle.path for bundle in bundles(root)}
    return [f"{path.relative_to(root).as_posix()} has no source in src/widgets: delete it."
            for path in sorted(Bundle(root, "").static.glob("*.js"))
            if path not in known]  # fmt: skip


def check(root: Path) -> list[str]:
    """Return one sentence for each bundle that is not what it should be; write nothing."""
    root = root.resolve()
    try:
        found = [*filter(None, map(difference, bundles(root))), *orphans(root)]
        return found or rebuilt(bundles(root))
    except BundleError as error:
        return [str(error)]


def rebuilt(wanted: list[Bundle]) -> list[str]:
    """Return a sentence for each bundle whose bytes esbuild does not give, where it can be run."""
    try:
        fresh = esbuild(wanted) if wanted else {}
    except javascript.Missing as error:
        print(f"The bundles were compared by hash alone: {error}.", file=sys.stderr)
        return []
    return [f"{bundle} is not what esbuild gives: {REMEDY} (--force)."
            for bundle, text in fresh.items() if text != read(bundle.path)]  # fmt: skip


def build(root: Path, force: bool = False) -> bool:
    """Write the bundles whose sources changed and print how it went; tell whether all went well."""
    root = root.resolve()
    try:
        stale = [bundle for bundle in bundles(root) if force or difference(bundle)]
        for bundle, text in (esbuild(stale) if stale else {}).items():
            write(bundle.path, text)
            print(f"{bundle}: built", flush=True)
    except (BundleError, javascript.Missing) as error:
        print(f"error: the widgets' JavaScript was not bundled: {error}.", file=sys.stderr)
        return False
    return True


def write(path: Path, text: str) -> None:
    """Put `text` at `path` in one step, so that no reader ever sees half of it."""
    beside = path.with_suffix(".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def main(argv: list[str] | None = None) -> int:
    """Build or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not built")
    parser.add_argument("--force", action="store_true", help="bundle also what did not change")
    options = parser.parse_args(argv)
    if not options.check:
        return int(not build(ROOT, options.force))
    found = check(ROOT)
    print("\n".join(found) or "Each bundle is what its sources build.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
