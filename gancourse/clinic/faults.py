"""The faulty runs: each is the working program with a line or two changed. Lesson 10."""

import difflib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from gancourse import machine
from gancourse.clinic import settings
from gancourse.clinic.recorder import Recorder
from gancourse.clinic.settings import Outcome, Setting
from gancourse.clinic.signals import Signals
from gancourse.errors import InputError, choose

WORKING = Path(__file__).with_name("working.py")


@dataclass(frozen=True)
class Fault:
    """A broken run: its setting, and what is changed, as pairs of old and new text.

    Its name is the right cause, one of `gancourse.clinic.rules.CAUSES`.
    """

    name: str
    setting: str
    edits: tuple[tuple[str, str], ...]


def _fault(name: str, setting: str, *edits: tuple[str, str]) -> Fault:
    return Fault(name, setting, edits)


STEPS = "D_STEPS, G_STEPS = 1, 1"
JUDGED = "setting.pair.d_loss(D(x_real), D(x_fake))"
LOGS = "-(D(x_real).sigmoid().log() + (1 - D(x_fake).sigmoid()).log()).mean()"
ONE_Z = "torch.randn(1, setting.z_dim).expand(n, -1)\n\n"
SLOW = "Adam(D.parameters(), lr=setting.lr / 100"
FAULTS = {
    fault.name: fault
    for fault in (
        _fault("mode collapse", "ring", (STEPS, "D_STEPS, G_STEPS = 1, 10")),
        _fault("D too strong", "digits", (STEPS, "D_STEPS, G_STEPS = 5, 1")),
        _fault("D too weak", "ring", ("[dim, *setting.D, 1]", "[dim, 1]")),
        _fault("log of zero", "far", (JUDGED, LOGS)),
        _fault("no detach", "ring", ("setting)).detach()", "setting))")),
        _fault("no zero_grad", "ring", ("    opt_D.zero_grad()\n", "")),
        _fault("wrong weights", "ring", ("Adam(G.parameters()", "Adam(D.parameters()")),
        _fault("init not called", "deep", ("    initialise(G, setting.init)\n", "")),
        _fault("range", "plain", ("x / 127.5 - 1", "(x / 255 - 0.1307) / 0.3081")),
        _fault("batch norm in eval", "digits", ("    G.train()\n", "")),
        _fault("batch norm in train", "digits", ("    G.eval()\n", "")),
        _fault("labels swapped", "ring", ("D(x_real), D(x_fake)", "D(x_fake), D(x_real)")),
        _fault(
            "one z",
            "ring",
            ("torch.randn(n, setting.z_dim)\n\n", ONE_Z),
        ),
        _fault(
            "mixed batches",
            "digits",
            ("D(x_real), D(x_fake)", "*D(torch.cat([x_real, x_fake])).chunk(2)"),
        ),
        _fault("rates apart", "ring", ("Adam(D.parameters(), lr=setting.lr", SLOW)),
        _fault("other noise", "ring", ("return torch.randn(", "return torch.rand(")),
        _fault("not shuffled", "ring", ("torch.randperm(", "torch.arange(")),
    )
}  # fmt: skip


def get_fault(name: str) -> Fault:
    """Return the fault called `name`, one of FAULTS; raise InputError for another name."""
    return FAULTS[choose("fault", name, FAULTS)]


def program(fault: Fault | None = None) -> str:
    """Return the text of the working program, or of a fault's.

    Raises InputError where a text to change does not stand in the program exactly once.
    """
    text = WORKING.read_text(encoding="utf-8")
    for old, new in fault.edits if fault else ():
        if text.count(old) != 1:
            raise InputError(
                f"{fault.name} changes {old!r}, which stands {text.count(old)} times in the "
                "working program: name a text that stands there once."
            )
        text = text.replace(old, new)
    return text


def diff(fault: Fault) -> str:
    """Return what the fault changes: the lines that go (-) and that come (+)."""
    texts = (text.splitlines() for text in (program(), program(fault)))
    lines = list(difflib.unified_diff(*texts, n=0, lineterm=""))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def module_of(text: str, name: str) -> ModuleType:
    """Return a program's text as a module of its own."""
    module = ModuleType(f"clinic: {name}")
    exec(compile(text, f"<{module.__name__}>", "exec"), module.__dict__)
    return module


@cache
def module(fault: Fault | None) -> ModuleType:
    """Return the working program, or a fault's, as a module."""
    return module_of(program(fault), fault.name if fault else "working")


@dataclass(frozen=True, eq=False)
class Run:
    """One training: its nets, the signals, samples at some steps, and how the samples are.

    `outcome` is None where the samples are not finite.
    """

    setting: Setting
    fault: Fault | None
    seed: int
    G: nn.Module
    D: nn.Module
    signals: Signals
    frames: list[tuple[str, Tensor]]
    outcome: Outcome | None
    seconds: float  # of processor time, with the recorder

    @property
    def healthy(self) -> bool:
        """Whether the samples lie in the setting's band."""
        return settings.in_band(self.outcome, self.setting)


def train_run(name: str, seed: int = 0) -> Run:
    """Return the run of a fault, or of a setting's working program, with the signals recorded.

    `name` is one of FAULTS or SETTINGS. The same seed gives the same run. Raises InputError for
    another name.
    """
    choose("fault or setting", name, [*FAULTS, *settings.SETTINGS])
    fault = FAULTS.get(name)
    return trained(settings.get_setting(fault.setting if fault else name), fault, seed)


def train_repaired(name: str, seed: int = 0) -> Run:
    """Return the run of the working program in the fault's setting: the same seed and budget."""
    return trained(settings.get_setting(get_fault(name).setting), None, seed)


def trained(setting: Setting, fault: Fault | None, seed: int) -> Run:
    """Return the run of a fault, or of the working program, in this setting."""
    start, code, recorders, frames = time.process_time(), module(fault), [], []

    def watch(*parts) -> Recorder:
        recorders.append(Recorder(*parts))
        return recorders[0]

    with machine.threaded("dense"), torch.random.fork_rng(devices=[]):
        G, D = code.train(setting, settings.real_data(setting), seed, watch, frames)
        signals = recorders[0].finish()
        outcome = _judged(setting, code.sample, G, seed)
    seconds = time.process_time() - start
    return Run(setting, fault, seed, G, D, signals, frames, outcome, seconds)


def _judged(setting: Setting, sample: Callable, G: nn.Module, seed: int) -> Outcome | None:
    torch.manual_seed(seed)
    return settings.judge(setting, lambda z: sample(G, z), lambda n: torch.randn(n, setting.z_dim))
