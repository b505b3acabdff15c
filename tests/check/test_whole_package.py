"""No function or class of the package passes as an answer: what an exercise asks for is withheld.

Each that takes as many arguments is handed in as it is, under every exercise. GANCOURSE_LONG=1 asks
those two, too, whose checks are slow on odd answers.
"""

import inspect
import os
import pkgutil
import sys
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import check_quality
import reference_mutants

import gancourse
from gancourse.check import Student, get_exercise

ELSEWHERE = ("__main__", "check", "cli", "doctor", "grade", "jupyter", "live", "store", "sweep",
             "workers")  # fmt: skip
SLOW = () if os.environ.get("GANCOURSE_LONG") == "1" else ("06.1", "11.2")


@cache
def things():
    """Return the functions and classes of the package that have to do with GANs, by dotted name."""
    found = {}
    for module in pkgutil.walk_packages(gancourse.__path__, "gancourse."):
        _, room, *below = module.name.split(".")
        if room in ELSEWHERE or (room == "clinic" and below != ["working"]):
            continue  # of the clinic the sound program alone: its probes train for minutes
        for name, thing in vars(import_module(module.name)).items():
            ours = getattr(thing, "__module__", "") == module.name
            if ours and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found[f"{module.name}.{name}"] = thing
    return found


def arguments(thing):
    """Return the least and the most arguments by place that something takes; None where unknown."""
    try:
        given = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    places = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind == p.KEYWORD_ONLY and p.default is p.empty for p in given):
        return None
    many = any(p.kind == p.VAR_POSITIONAL for p in given)
    return sum(p.default is p.empty for p in places), 99 if many else len(places)


def fitting(answer):
    """Return those that take as many arguments as a worked solution."""
    wanted = arguments(answer)[0]
    kinds = {name: (thing, arguments(thing)) for name, thing in things().items()}
    return {name: thing for name, (thing, takes) in kinds.items()
            if takes and takes[0] <= wanted <= takes[1]}  # fmt: skip


def quick(id):
    """Return an exercise without the parts that train."""
    exercise = get_exercise(id)
    parts = tuple(p for p in exercise.parts if p.seconds <= reference_mutants.TRAINING)
    return replace(exercise, parts=parts, points=sum(part.points for part in parts))


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")  # what odd answers bring about
@pytest.mark.parametrize("id", [id for id in check_quality.modules() if id not in SLOW])
def test_nothing_in_the_package_is_a_whole_answer(id):
    exercise, student = quick(id), Student()
    if not exercise.parts:
        pytest.skip("it only trains")
    tried = fitting(reference_mutants.worked(id))
    assert len(tried) > 5
    assert [n for n, t in tried.items() if not check_quality.whole(exercise, t, 0, student)] == []
