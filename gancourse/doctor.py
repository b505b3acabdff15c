"""What this machine has, and a remedy for each thing missing. Lesson 00 and `gancourse doctor`."""

import importlib
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

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


def python() -> Finding:
    return Finding("Python", OK, platform.python_version())


def torch_pair() -> Finding:
    """Say whether torch and torchvision are there and were built for each other."""
    try:
        found = f"torch {version('torch')}, torchvision {version('torchvision')}"
        importlib.import_module("torchvision.ops")  # fails where the two do not fit
    except (PackageNotFoundError, ImportError, RuntimeError, OSError) as error:
        remedy = "run `make setup`: requirements.lock holds a pair that fits"
        return Finding("PyTorch", BROKEN, f"torch and torchvision do not fit ({error})", remedy)
    return Finding("PyTorch", OK, f"{found}, and they fit")


def device() -> Finding:
    from gancourse import machine

    try:
        on = machine.device()
    except InputError as error:
        return Finding("device", BROKEN, str(error), "unset GANCOURSE_DEVICE")
    import torch

    threads = f"{torch.get_num_threads()} threads"
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else threads
    return Finding("device", OK, f"{on.type} ({name})")


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
    python, torch_pair, device, precision, image_sets, chromium, bubblewrap,
)  # fmt: skip


def examine() -> Examination:
    """Return what this machine has: Python, PyTorch, device, data, browser, sandbox."""
    return Examination(tuple(finding for check in CHECKS for finding in _looked_at(check)))


def _looked_at(check: Callable[[], Finding | list[Finding]]) -> list[Finding]:
    """Return the findings; a check that fails must not hide the others, so it is one itself."""
    try:
        found = check()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return [Finding(check.__name__, BROKEN, what, "run `make setup`")]
    return found if isinstance(found, list) else [found]
