"""hash() of a text differs between processes: a check can play two of them in one."""

import builtins
import subprocess
import sys
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path

import pytest

from gancourse.check import Student, StudentError
from gancourse.check.hashing import hashing, library

TEXTS = ["epoch 3", b"epoch 3", (1, "epoch 3"), (1, (2, b"x"))]
NUMBERS = [7, 1.5, (3, 4), True, None, Fraction(1, 3), frozenset([1, 2])]


def answer(thing):
    return hash(thing)


def in_a_process(thing, process):
    with hashing(process):
        return answer(thing)


@pytest.mark.parametrize("thing", TEXTS)
def test_a_text_has_another_hash_in_another_process_and_one_in_the_same(thing):
    assert in_a_process(thing, 1) != in_a_process(thing, 2)
    assert in_a_process(thing, 1) == in_a_process(thing, 1)


@pytest.mark.parametrize("thing", NUMBERS)
def test_a_number_has_the_same_hash_in_each(thing):
    assert in_a_process(thing, 1) == in_a_process(thing, 2) == hash(thing)


def test_what_is_not_salted_here_is_not_salted_by_python_either():
    """Asked of two processes with different salts."""
    code = f"print([hash(x) for x in {[*TEXTS, 7, 1.5, (3, 4), True]!r}])"
    run = [subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": salt}, check=True,
                          capture_output=True, text=True).stdout for salt in "12"]  # fmt: skip
    one, other = (eval(text) for text in run)
    assert [a != b for a, b in zip(one, other, strict=True)] == [True] * 4 + [False] * 4


def test_python_has_its_own_hash_back_afterwards_also_after_an_error():
    plain, student = builtins.hash, Student()

    def broken():
        assert builtins.hash is not plain
        raise ValueError("no")

    with pytest.raises(StudentError):
        student.call(student.admit(broken), process=1)
    assert builtins.hash is plain
    with hashing(None):
        assert builtins.hash is plain


def test_a_call_as_in_a_process_salts_the_learners_lines_alone():
    student = Student()
    own, counted = (student.admit(fn) for fn in (lambda: hash("z"), lambda: {"z": 1}["z"] == 1))
    ordered = student.admit(lambda: list(OrderedDict.fromkeys(["b", "a"])))
    assert student.call(own, process=1) != student.call(own, process=2)
    assert student.call(counted, process=1) is True
    assert student.call(ordered, process=1) == ["b", "a"]
    assert student.call(own) == hash("z")


def test_files_of_python_of_libraries_and_of_the_course_are_not_the_learners():
    import torch

    files = [subprocess.__file__, torch.__file__, str(Path(__file__).parents[2] / "gancourse/nets")]
    assert all(library(file) for file in [*files, "<frozen importlib._bootstrap>"])
    assert not any(library(file) for file in (__file__, "<ipython-input-3>", "answer.py"))
