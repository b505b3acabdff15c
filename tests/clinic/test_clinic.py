"""The clinic: each fault is the working program with a line or two changed, and runs as told."""

import importlib
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from gancourse import clinic, plots
from gancourse.clinic import cases, faults, healthy, settings
from gancourse.clinic.causes import CAUSES
from gancourse.clinic.healthy import HEALTHY, record_healthy
from gancourse.clinic.rules import SEEN, diagnose
from gancourse.errors import InputError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
clinic_quality = importlib.import_module("clinic_quality")
LATER = ("log of zero", "labels swapped", "batch norm in train")  # seen once a run has gone wrong
AT_ONCE = [name for name in CAUSES if name in SEEN and name not in LATER]


def trained(name: str, steps: int = 120, seed: int = 1) -> clinic.Run:
    """Return the start of a fault's run, or of a setting's."""
    fault = clinic.FAULTS.get(name)
    setting = clinic.get_setting(fault.setting if fault else name)
    return faults.trained(replace(setting, steps=steps), fault, seed)


brief = cache(trained)  # of the runs that tests only look at


@pytest.mark.parametrize("fault", clinic.FAULTS.values(), ids=lambda p: p.name)
def test_a_patient_differs_by_a_line_or_two(fault):
    lines = clinic.diff(fault).splitlines()
    assert 1 <= sum(line.startswith("-") for line in lines) <= 2
    assert sum(line.startswith("+") for line in lines) <= 2
    compile(clinic.program(fault), fault.name, "exec")


def test_a_text_that_is_not_there_is_an_error():
    stray = clinic.Fault("stray", "ring", (("no such text", ""),))
    with pytest.raises(InputError, match="stands 0 times in the working program"):
        clinic.program(stray)


FINDERS = (clinic.get_fault, clinic.get_setting, clinic.train_run, record_healthy)


@pytest.mark.parametrize("find", FINDERS)
def test_unknown_names_are_told(find):
    with pytest.raises(InputError, match="flu"):
        find("flu")


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_mistake_that_can_be_seen_is_named_early(name):
    assert diagnose(brief(name).signals).first == name


def test_batch_norm_in_training_mode_is_told_before_it_harms():
    found = diagnose(brief("batch norm in train").signals)
    assert found.first in ("too short", "batch norm in train")
    assert "batch norm is in training mode when samples are drawn" in str(found)
    assert "batch norm is in training mode" not in str(diagnose(brief("digits").signals))


@pytest.mark.parametrize("name", clinic.SETTINGS)
def test_the_start_of_a_working_run_is_not_suspected(name):
    assert diagnose(brief(name).signals).first == "too short"


@pytest.mark.parametrize("name", ["small DCGAN", "relativistic"])
def test_the_packages_own_training_is_not_suspected(name, monkeypatch):
    monkeypatch.setitem(HEALTHY, name, replace(HEALTHY[name], steps=45))
    signals = healthy.record_healthy(name)
    assert signals.turns == 45
    assert diagnose(signals).first == "too short"


def test_the_same_seed_gives_the_same_run_and_another_another():
    frames = [trained("ring", 30, seed).frames[-1][1] for seed in (0, 0, 1)]
    assert torch.equal(frames[0], frames[1])
    assert not torch.equal(frames[0], frames[2])


def test_the_recorder_changes_nothing():
    class Nobody:
        def loader(self, batches):
            return batches

        def step(self, *losses):
            pass

    setting = replace(clinic.get_setting("digits"), steps=25)
    with torch.random.fork_rng():
        code = faults.module(None)
        G, _ = code.train(setting, clinic.real_data(setting), 1, lambda *parts: Nobody(), [])
    watched = brief("digits", 25).G.state_dict()
    for name, value in G.state_dict().items():
        assert torch.equal(value, watched[name]), name


def short_case(number: int) -> clinic.Case:
    """Return a case whose run is a short one."""
    case = clinic.Case(number)
    case.__dict__["run"] = brief(cases.ORDER[number - 1])
    return case


def test_each_fault_is_one_case():
    assert sorted(cases.ORDER) == sorted(clinic.FAULTS)
    assert list(clinic.FAULTS) != cases.ORDER
    for number in (0, 18, "one z"):
        with pytest.raises(InputError, match="cases 1 to 17"):
            clinic.Case(number)


@pytest.mark.parametrize("name", ["one z", "batch norm in train", "log of zero"])
def test_a_case_shows_its_run_and_not_its_name(name):
    case = short_case(cases.ORDER.index(name) + 1)
    told = [picture().alt for picture in (case.samples, case.curves, case.gradients)]
    assert not [alt for alt in [*told, repr(case), str(case.numbers())] if name in alt]


def test_a_choice_gets_its_reasons():
    case = short_case(cases.ORDER.index("one z") + 1)
    right, wrong = case.choose("one z"), case.choose("labels swapped")
    assert "Yes, one z: in training the z of one batch" in right
    assert "+    return torch.randn(1, setting.z_dim)" in right
    assert wrong.startswith("No. Labels swapped would show real samples with the lower logits")
    assert case.numbers()["spread of z in a batch"] < 0.1
    with pytest.raises(InputError, match="flu"):
        case.choose("flu")


def test_the_numbers_beside_a_run_are_of_the_same_setting():
    for number in (2, 7):
        case = short_case(number)
        setting = clinic.FAULTS[case.name].setting
        case.__dict__["repaired"] = brief(setting)
        assert case.repaired.setting.name == case.run.setting.name
        assert case.numbers(repaired=True) != case.numbers()
        assert case.numbers(repaired=True).keys() == case.numbers().keys()


def test_mode_collapse_comes_first():
    assert cases.ORDER[0] == "mode collapse"


def test_a_symptom_that_fits_is_not_yet_the_cause():
    case = short_case(cases.ORDER.index("one z") + 1)
    case.__dict__["run"] = replace(case.run, signals=replace(case.run.signals, order=9.0))
    assert case.choose("not shuffled").startswith("It fits, and it is not the cause.")


def test_outcomes_are_judged_by_the_ward():
    ring = clinic.get_setting("ring")
    exact = clinic.Outcome(
        0.0, settings.mode_report(ring.toy.sample(1600, torch.Generator()), ring.toy)
    )
    assert clinic.in_band(exact, ring)
    assert not clinic.in_band(replace(exact, wobble=0.3), ring)
    assert not clinic.in_band(None, ring)


def test_real_digits_are_in_the_band_and_their_mirror_is_not():
    setting = clinic.get_setting("digits")
    x = clinic.real_data(setting) / 127.5 - 1
    same, other = (settings._quality(setting, some)[1] for some in (x, -x))
    assert same < 0.01 < clinic.settings.DISTANCE < other


def test_wobble_is_0_for_a_map_and_1_for_noise():
    x, y = torch.randn(2, 4000, 2, generator=torch.Generator().manual_seed(0))
    assert settings.wobble(x, x) == 0
    assert settings.wobble(x, y) == pytest.approx(1, abs=0.05)


def test_wobble_shows_where_a_sample_depends_on_those_beside_it():
    assert brief("digits").outcome.wobble == 0
    assert brief("batch norm in train").outcome.wobble > 0.05


RUNS = [
    {
        "name": "one z",
        "seed": 3,
        "found": ["one z", "mode collapse"],
        "in_band": False,
        "seconds": 5,
    },
    {"name": "one z", "seed": 4, "found": ["mode collapse"], "in_band": True, "seconds": 4},
    {"name": "ring", "seed": 3, "found": ["healthy"], "in_band": True, "seconds": 4},
    {"name": "hinge", "seed": 3, "found": ["range"]},
]


def test_the_measurement_counts_right_ones_and_false_alarms():
    told = clinic_quality.summary(RUNS, 6)
    assert (told["right"], told["ill"], told["suspected"], told["well"]) == (1, 2, 1, 2)
    assert (told["failed"], told["slowest"], told["not_well"], told["not_run"]) == (1, 5, 0, 2)


def test_the_confusion_matrix_has_every_run_once():
    rows, columns, counts = clinic_quality.matrix(RUNS)
    assert rows == {"one z": "one z", "ring": "healthy", "hinge": "healthy"}
    assert columns == ["one z", "healthy", "unknown", "mode collapse", "range"]
    assert counts == [[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert "hinge: range 1" in plots.confusion(rows, columns, counts).alt
