"""The pages that list others: the front page's text, the exercises, the solutions."""

from gancourse.syllabus import LESSONS, Lesson
from website.living import EXPLORER, mount

FRONT = """\
# Generative adversarial networks

Nobody wrote these digits: a small network makes each of them out of 16 numbers. Drag the point, or
take the arrow keys. The network runs in this page.

{explorer}

<div class="go"><a href="notebooks/00_welcome.html">Start with lesson 00</a>
<a href="notebooks/05_minimal_gan.html">A whole GAN in one screen of code</a></div>

And this is a GAN that learns, now: G moves the orange points towards the blue ones, and D, whose
opinion colours the plane, tells it where to go. Give it another loss, or draw points of your own.

<div class="gc-mount" data-live="points" data-runs></div>

You derive the objective, write the whole algorithm in one screen of code, train GANs on
handwritten digits on an ordinary laptop, break them, repair them, and check every exercise as you
go. Each lesson opens with something to move and a bet on what it will do.

## The lessons

{lessons}

The [formula sheet](notebooks/formulas.ipynb) collects the results of 01 to 14 on one page.

## For those who teach

[Lecturing](docs/lecturing.md) has a plan for one, four and ten sessions, and says what to show
live. [Grading](docs/grading.md) goes from the download of all submissions to the gradebook.

{trees}
"""
EXERCISES = """\
# Exercises

Four or five exercises a sheet, each with a check that says what a mistake *means*. Download a
sheet and open it in the course's JupyterLab (`make lab`): the checks need the course's package.
The worked [solutions](solutions.md) are folded, so that you do not see one before you want to.

{rows}
"""
SOLUTIONS = """\
# Solutions

Each answer is folded. Write your own first; the check on the [sheet](exercises.md) tells you
more than the answer does.

{rows}
"""


def tree(title: str, names: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *names, "```", ""])


def row(lesson: Lesson, files: dict[str, set[str]]) -> str:
    """Return a lesson's row in the front page's table."""
    links = [f"[{lesson.number} {lesson.title}](notebooks/{lesson.name}.ipynb)"]
    sheet = lesson.name in files["exercises"]
    links.append(f"[sheet](exercises/{lesson.name}.ipynb)" if sheet else "")
    remember = lesson.remember.replace("*", r"\*")
    return f"| {links[0]} | {remember} | {lesson.minutes} | {links[1]} |"


def lists(files: dict[str, set[str]]) -> dict[str, str]:
    """Return the pages by name; `files` has the stems of the notebooks in each folder."""
    there = [lesson for lesson in LESSONS if lesson.name in files["notebooks"]]
    sheets = [lesson for lesson in LESSONS if lesson.name in files["exercises"]]
    solved = [lesson for lesson in LESSONS if lesson.name in files["solutions"]]
    rows = ["| lesson | the one thing to remember | minutes | exercises |", "|---|---|---|---|"]
    rows += [row(lesson, files) for lesson in there]
    trees = [
        tree("Lessons", [f"notebooks/{lesson.name}" for lesson in there] + ["notebooks/formulas"]),
        tree("Exercises", ["exercises", "solutions"]),
        tree("Teaching", ["docs/lecturing", "docs/grading"]),
        tree("The package", ["api/index"]),
    ]
    return {
        "index": FRONT.format(
            explorer=mount(EXPLORER, ""), lessons="\n".join(rows), trees="\n".join(trees)
        ),
        "exercises": EXERCISES.format(rows=listed("exercises", sheets)),
        "solutions": SOLUTIONS.format(rows=listed("solutions", solved)),
    }


def listed(folder: str, lessons: list[Lesson]) -> str:
    """Return a table of contents that a page shows."""
    names = [f"{lesson.number} {lesson.title} <{folder}/{lesson.name}>" for lesson in lessons]
    return "\n".join(["```{toctree}", ":maxdepth: 1", "", *names, "```"])
