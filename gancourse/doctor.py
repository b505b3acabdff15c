"""What this machine has, and a remedy for each thing missing. Lesson 00 and `gancourse doctor`."""

import getpass
import importlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gancourse.errors import InputError

OK, MISSING, BROKEN = "ok", "missing", "broken"
NETWORK = "connect to the network once, or set GANCOURSE_DATA to a folder that holds the files"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was found, and what to do where something is wrong."""

    name: str
    status: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        status = "" if self.status == OK else f"{self.status}: "
        remedy = f"\n{'':16}-> {self.remedy}" if self.remedy else ""
        return f"{self.name:<14}{status}{self.found}{remedy}"


@dataclass(frozen=True)
class Examination:
    """All findings; `ready` means that the lessons run: nothing is broken."""

    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        return all(finding.status != BROKEN for finding in self.findings)

    def __str__(self) -> str:
        verdict = "Ready for the course." if self.ready else "Not ready: repair what is broken."
        return "\n".join([*map(str, self.findings), verdict])

    __repr__ = __str__

    def to_json(self) -> str:
        """Return all findings as JSON, with the home folder and user's name taken out."""
        listed = [
            asdict(f) | {"found": _without_names(f.found), "remedy": _without_names(f.remedy)}
            for f in self.findings
        ]
        return json.dumps({"ready": self.ready, "findings": listed}, indent=2)


def _without_names(text: str) -> str:
    """Return a text in which the user's own folders have no name."""
    for own, name in ((str(Path.home()), "~"), (os.getcwd(), "."), (_user(), "user")):
        if len(own) > 2:
            text = text.replace(own, name)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def foreign_packages() -> list[Finding]:
    """Name the packages that PYTHONPATH brings in place of this environment's."""
    paths = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    found = [
        (name, path)
        for name in ("numpy", "torch", "torchvision", "matplotlib", "ipywidgets")
        for path in paths
        if (Path(path) / name / "__init__.py").is_file()
    ]
    if not found:
        return []
    names = ", ".join(name for name, _ in found)
    places = " and ".join(sorted({path for _, path in found}))
    remedy = "unset PYTHONPATH"
    return [Finding("packages", BROKEN, f"{names} come from {places}, not from here", remedy)]


def home() -> list[Finding]:
    """Say where the home folder cannot be written: Jupyter and the data keep files there."""
    folder = Path.home()
    elsewhere = all(os.environ.get(name) for name in ("GANCOURSE_DATA", "JUPYTER_RUNTIME_DIR"))
    if elsewhere or os.access(folder, os.W_OK):
        return []
    remedy = "set HOME to a folder of yours, or GANCOURSE_DATA and JUPYTER_RUNTIME_DIR"
    return [Finding("home folder", BROKEN, f"{folder} cannot be written", remedy)]


def python() -> Finding:
    return Finding("Python", OK, platform.python_version())


def torch_pair() -> Finding:
    """Say whether torch and torchvision are there and were built for each other."""
    try:
        found = f"torch {version('torch')}, torchvision {version('torchvision')}"
        _load_torchvision()
    except (PackageNotFoundError, ImportError, RuntimeError, OSError) as error:
        remedy = "run `make setup`: requirements.lock holds a pair that fits"
        return Finding("PyTorch", BROKEN, f"torch and torchvision do not fit ({error})", remedy)
    return Finding("PyTorch", OK, f"{found}, and they fit")


def _load_torchvision() -> None:
    """Load torchvision's library, which fails where it does not fit this PyTorch.

    All of torchvision would bring PyTorch's compiler: 50 MB and some seconds of a kernel.
    """
    spec = importlib.util.find_spec("torchvision")
    folders = map(Path, (spec and spec.submodule_search_locations) or ())
    library = next((p for folder in folders for p in sorted(folder.glob("_C*.so"))), None)
    if library:
        importlib.import_module("torch").ops.load_library(str(library))
    else:  # another name, as on Windows
        importlib.import_module("torchvision.ops")


def device() -> Finding:
    from gancourse import machine

    try:
        on = machine.device()
    except InputError as error:
        return Finding("device", BROKEN, str(error), "unset GANCOURSE_DEVICE")
    import torch

    name = torch.cuda.get_device_name(on) if on.type == "cuda" else f"{machine.cores()} cores"
    return Finding("device", OK, f"{on.type} ({name})")


def threads() -> Finding:
    """Say on how many threads work on the CPU is computed, by its kind."""
    from gancourse import machine

    try:
        by_kind = {kind: machine.threads(kind) for kind in machine.THREADS}
    except InputError as error:
        return Finding("threads", BROKEN, str(error), "unset GANCOURSE_THREADS")
    import torch

    listed = ", ".join(f"{kind} {count}" for kind, count in by_kind.items())
    found = f"{listed}; loops of your own {torch.get_num_threads()}"
    return Finding("threads", OK, found)


def precision() -> Finding:
    from gancourse import machine

    try:
        kind = machine.precision()
    except InputError as error:
        return Finding("precision", BROKEN, str(error), "unset GANCOURSE_PRECISION")
    why = "this device has instructions for it" if kind == "bf16" else "the safe choice here"
    return Finding("precision", OK, f"{kind} ({why})")


def image_sets() -> list[Finding]:
    """Say where each image set that has files is; looking never downloads."""
    from gancourse.data.sets import IMAGE_SETS, IdxFiles

    return [_image_set(entry) for entry in IMAGE_SETS.values() if isinstance(entry, IdxFiles)]


def _image_set(entry) -> Finding:
    absent = "downloaded when first used, else small digits"
    try:
        place = entry.here()
    except InputError as error:
        return Finding(entry.title, BROKEN, str(error), "correct GANCOURSE_DATA, or unset it")
    if place is None:
        return Finding(entry.title, MISSING, absent, NETWORK)
    return Finding(entry.title, OK, str(place))


def chromium() -> Finding:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        remedy = "only the browser tests need it: on Debian, apt install chromium"
        return Finding("Chromium", MISSING, "no browser for the tests", remedy)
    return Finding("Chromium", OK, path)


def bubblewrap() -> Finding:
    """Say whether the grader's sandbox starts here, by starting it."""
    path = shutil.which("bwrap")
    if path is None:
        remedy = "only grading needs it: on Debian, apt install bubblewrap"
        return Finding("bubblewrap", MISSING, "no sandbox for grading", remedy)
    trial = [path, "--ro-bind", "/", "/", "--unshare-all", "true"]
    if subprocess.run(trial, capture_output=True, timeout=10).returncode:
        remedy = "allow unprivileged user namespaces (see CONTRIBUTING.md); only grading needs it"
        return Finding("bubblewrap", MISSING, f"{path} cannot start a sandbox here", remedy)
    return Finding("bubblewrap", OK, f"{path}, and a sandbox starts")


CHECKS: tuple[Callable[[], Finding | list[Finding]], ...] = (
    python, foreign_packages, home, torch_pair, device, precision, threads, image_sets, chromium,
    bubblewrap,
)  # fmt: skip


def examine() -> Examination:
    """Return what this machine has: Python, PyTorch, device, data, browser, sandbox.

    Where foreign packages are in the way nothing else is looked at: all of it would fail by them.
    """
    foreign = foreign_packages()
    checks = (python, foreign_packages) if foreign else CHECKS
    return Examination(tuple(finding for check in checks for finding in _looked_at(check)))


def _looked_at(check: Callable[[], Finding | list[Finding]]) -> list[Finding]:
    """Return the findings; a check that fails must not hide the others, so it is one itself."""
    try:
        found = check()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return [Finding(check.__name__, BROKEN, what, "run `make setup`")]
    return found if isinstance(found, list) else [found]
