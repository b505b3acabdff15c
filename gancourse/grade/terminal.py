"""A class graded in front of a teacher: a bar that names the student, and what came out."""

import warnings
from pathlib import Path

from tqdm import tqdm

from gancourse.grade.batch import Step, grade
from gancourse.grade.classroom import Notice
from gancourse.grade.report import standing, summary

INTERRUPTED = 130  # the exit code of what Ctrl-C has ended


def show(submissions: Path, out: Path, **options) -> int:
    """Grade as `grade` does, print a line for each student, and return the exit code."""
    steps: list[Step] = []
    sentences: list[str] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", Notice)
        try:
            _watch(submissions, out, steps, options | {"saying": sentences.append})
        except KeyboardInterrupt:
            print(_stopped(out))
            return INTERRUPTED
        finally:
            for text in dict.fromkeys(str(w.message) for w in said if w.category is Notice):
                print(f"Note: {text}")
    for line in _lines(steps):
        print(line)
    for sentence in sentences:
        print(sentence)
    print(f"grades.csv and the feedback pages are in {out}.")
    return 0


def _watch(submissions: Path, out: Path, steps: list[Step], options: dict) -> None:
    """Grade behind a bar; it names whose turn it is, or with several at once who was the last."""
    going = grade(submissions, out, starting=lambda who: bar.set_postfix_str(who), **options)
    with tqdm(unit="submission", dynamic_ncols=True) as bar:
        try:
            for step in going:
                steps.append(step)
                bar.total = step.total
                bar.set_postfix_str(step.result.student, refresh=False)
                bar.update(step.done - bar.n)
        finally:
            going.close()  # writes the tables


def _lines(steps: list[Step]) -> list[str]:
    results: dict[str, list] = {}
    for step in steps:
        results[step.result.student] = step.marks
    lines = []
    for student in sorted(results):
        name, score, maximum, status, *_ = summary(student, results[student])
        points = f"{maximum} points" if score is None else f"{score} of {maximum}"
        lines.append(f"{name}: {points}, {status}")
    return lines


def _stopped(out: Path) -> str:
    done, students = standing(out)
    if not students:
        return "Stopped before the first student was graded: give the same command again."
    return (
        f"Stopped: {done} of {students} students are graded, and their marks are in {out}; the "
        "others stand there as not graded yet. Give the same command again, and it goes on from "
        "there."
    )
