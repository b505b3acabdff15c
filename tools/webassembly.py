"""Compile the page engine's WebAssembly, and check that what is committed is what its text gives.

    gancourse/live/static/src/engine/product.wat -> product.js beside it

The module stands in base64 in an ES module, so that a bundle holds it and a page asks for no other
file. The first line holds the hash of the text and of the compiler's version, so that a check needs
no node; where there are node and npm, the check also compiles once more and compares.
"""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import bundle
import javascript

TEXT = Path("gancourse/live/static/src/engine/product.wat")
HEADER = "// Built by `make build` from product.wat: edit there. {hash}\n"


def header(root: Path) -> str:
    """Return the first line: it names the text's hash, and the compiler's version is in it."""
    package = json.loads((root / "package.json").read_text(encoding="utf-8"))
    made_of = bundle.digest(package["devDependencies"]["wabt"], bundle.read(root / TEXT))
    return HEADER.format(hash=made_of)


def compiled(root: Path) -> str:
    """Return the ES module of the WebAssembly, or raise javascript.Missing or BundleError."""
    command = javascript.command("wabt", "bin/wat2wasm", root)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "product.wasm")
        run = subprocess.run([*command, str(root / TEXT), "-o", str(out)], capture_output=True,
                             encoding="utf-8")  # fmt: skip
        if run.returncode:
            raise bundle.BundleError(f"wat2wasm could not compile {TEXT}:\n{run.stderr.strip()}")
        text = base64.b64encode(out.read_bytes()).decode()
    return f'{header(root)}export const WASM = "{text}";\n'


def module(root: Path) -> Path:
    return (root / TEXT).with_suffix(".js")


def is_stale(root: Path) -> bool:
    """Return whether the module is missing, or its text was changed after the build."""
    path = module(root)
    if not path.exists():
        return (root / TEXT).exists()  # a course without scripts has neither
    return not bundle.read(path).startswith(header(root))


def check(root: Path) -> list[str]:
    """Return a sentence where the module is not what its text gives; write nothing."""
    name = module(root).relative_to(root).as_posix()
    try:
        if is_stale(root):
            return [f"{name}: its text was changed after the build: {bundle.REMEDY}."]
        if not module(root).exists() or compiled(root) == bundle.read(module(root)):
            return []
    except javascript.Missing as error:
        print(f"WebAssembly was compared by hash alone: {error}.", file=sys.stderr)
        return []
    except bundle.BundleError as error:
        return [str(error)]
    return [f"{name} is not what wat2wasm gives: {bundle.REMEDY} (--force)."]


def build(root: Path, force: bool = False) -> bool:
    """Write the module if its text was changed; tell whether all went well."""
    try:
        if is_stale(root) or (force and module(root).exists()):
            bundle.write(module(root), compiled(root))
            print(f"{module(root).relative_to(root).as_posix()}: built", flush=True)
    except (bundle.BundleError, javascript.Missing) as error:
        print(f"error: the page's WebAssembly was not compiled: {error}.", file=sys.stderr)
        return False
    return True
