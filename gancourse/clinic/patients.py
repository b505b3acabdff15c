"""The patients: each is the working program with a line or two changed. Lesson 10."""

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
from gancourse.clinic import wards
from gancourse.clinic.wards import Outcome, Ward
from gancourse.errors import InputError, choose
from gancourse.signals import Recorder, Signals

WORKING = Path(__file__).with_name("working.py")


@dataclass(frozen=True)
class Patient:
    """A broken run: its ward, and what is changed, as pairs of old and new text.

    Its name is the right cause, one of `gancourse.diagnosis.CAUSES`.
    """

    name: str
    ward: str
    edits: tuple[tuple[str, str], ...]


def _patient(name: str, ward: str, *edits: tuple[str, str]) -> Patient:
    return Patient(name, ward, edits)


STEPS = "D_STEPS, G_STEPS = 1, 1"
JUDGED = "ward.pair.d_loss(D(x_real), D(x_fake))"
LOGS = "-(D(x_real).sigmoid().log() + (1 - D(x_fake).sigmoid()).log()).mean()"
SLOW = "Adam(D.parameters(), lr=ward.lr / 100"
PATIENTS = {
    patient.name: patient
    for patient in (
        _patient("mode collapse", "ring", (STEPS, "D_STEPS, G_STEPS = 1, 10")),
        _patient("D too strong", "digits", (STEPS, "D_STEPS, G_STEPS = 5, 1")),
        _patient("D too weak", "ring", ("[dim, *ward.D, 1]", "[dim, 1]")),
        _patient("log of zero", "far", (JUDGED, LOGS)),
        _patient("no detach", "ring", ("ward)).detach()", "ward))")),
        _patient("no zero_grad", "ring", ("    opt_D.zero_grad()\n", "")),
        _patient("wrong weights", "ring", ("Adam(G.parameters()", "Adam(D.parameters()")),
        _patient("init not called", "deep", ("    initialise(G, ward.init)\n", "")),
        _patient("range", "plain", ("x / 127.5 - 1", "(x / 255 - 0.1307) / 0.3081")),
        _patient("batch norm in eval", "digits", ("    G.train()\n", "")),
        _patient("batch norm in train", "digits", ("    G.eval()\n", "")),
        _patient("labels swapped", "ring", ("D(x_real), D(x_fake)", "D(x_fake), D(x_real)")),
        _patient(
            "one z",
            "ring",
            ("torch.randn(n, ward.z_dim)\n\n", "torch.randn(1, ward.z_dim).expand(n, -1)\n\n"),
        ),
        _patient(
            "mixed batches",
            "digits",
            ("D(x_real), D(x_fake)", "*D(torch.cat([x_real, x_fake])).chunk(2)"),
        ),
        _patient("rates apart", "ring", ("Adam(D.parameters(), lr=ward.lr", SLOW)),
        _patient("other noise", "ring", ("return torch.randn(", "return torch.rand(")),
        _patient("not shuffled", "ring", ("torch.randperm(", "torch.arange(")),
    )
}  # fmt: skip


def get_patient(name: str) -> Patient:
    """Return the patient called `name`, one of PATIENTS; raise InputError for another name."""
    return PATIENTS[choose("patient", name, PATIENTS)]


def program(patient: Patient | None = None) -> str:
    """Return the text of the working program, or of a patient's.

    Raises InputError where a text to change does not stand in the program exactly once.
    """
    text = WORKING.read_text(encoding="utf-8")
    for old, new in patient.edits if patient else ():
        if text.count(old) != 1:
            raise InputError(
                f"{patient.name} changes {old!r}, which stands {text.count(old)} times in the "
                "working program: name a text that stands there once."
            )
        text = text.replace(old, new)
    return text


def diff(patient: Patient) -> str:
    """Return what makes the patient ill: the lines that go (-) and that come (+)."""
    texts = (text.splitlines() for text in (program(), program(patient)))
    lines = list(difflib.unified_diff(*texts, n=0, lineterm=""))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


@cache
def _module(patient: Patient | None) -> ModuleType:
    name = patient.name if patient else "working"
    module = ModuleType(f"clinic: {name}")
    exec(compile(program(patient), f"<{module.__name__}>", "exec"), module.__dict__)
    return module


@dataclass(frozen=True, eq=False)
class Run:
    """One training: its nets, the signals, samples at some steps, and how the samples are.

    `outcome` is None where the samples are not finite.
    """

    ward: Ward
    patient: Patient | None
    seed: int
    G: nn.Module
    D: nn.Module
    signals: Signals
    frames: list[tuple[str, Tensor]]
    outcome: Outcome | None
    seconds: float  # of processor time, with the recorder

    @property
    def healthy(self) -> bool:
        """Whether the samples lie in the ward's band."""
        return wards.in_band(self.outcome, self.ward)


def admit(name: str, seed: int = 0) -> Run:
    """Return the run of a patient, or of a ward's working program, with the signals recorded.

    `name` is one of PATIENTS or WARDS. The same seed gives the same run. Raises InputError for
    another name.
    """
    choose("patient or ward", name, [*PATIENTS, *wards.WARDS])
    patient = PATIENTS.get(name)
    return _trained(wards.get_ward(patient.ward if patient else name), patient, seed)


def mend(name: str, seed: int = 0) -> Run:
    """Return the run of the working program in the patient's ward: the same seed and budget."""
    return _trained(wards.get_ward(get_patient(name).ward), None, seed)


def _trained(ward: Ward, patient: Patient | None, seed: int) -> Run:
    start, code, recorders, frames = time.process_time(), _module(patient), [], []

    def watch(*parts) -> Recorder:
        recorders.append(Recorder(*parts))
        return recorders[0]

    with machine.threaded("dense"), torch.random.fork_rng(devices=[]):
        G, D = code.train(ward, wards.real_data(ward), seed, watch, frames)
        signals = recorders[0].finish()
        outcome = _judged(ward, code.sample, G, seed)
    seconds = time.process_time() - start
    return Run(ward, patient, seed, G, D, signals, frames, outcome, seconds)


def _judged(ward: Ward, sample: Callable, G: nn.Module, seed: int) -> Outcome | None:
    torch.manual_seed(seed)
    return wards.judge(ward, lambda z: sample(G, z), lambda n: torch.randn(n, ward.z_dim))
