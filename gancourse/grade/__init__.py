"""Grade a class: untrusted notebooks in, grades.csv and a feedback page for each student out.

    for step in grade(Path("submissions"), Path("grades")):
        print(step.done, step.total, step.result.student, step.result.score)

Nothing heavy is imported here: the worker in the sandbox is part of this package.
"""

from gancourse.grade.batch import Step, grade

__all__ = ["Step", "grade"]
