"""tools/build: the maps come from the records, and the check finds one that does not."""

import re
from dataclasses import replace

import pytest
from build import maps
from build.check import check
from build.command import ROOT, main
from course import put

from gancourse import syllabus

NAMES = {"README.md": "lessons", "notebooks/00_welcome.py": "lessons",
         "solutions/05_minimal_gan.py": "exercises"}  # fmt: skip
OPENING = "# %% [markdown]\n# # 00 · Welcome\n# 15 minutes.\n\n# %% [markdown]\n"


def marked(file):
    """Return a file that has nothing yet between its two comments."""
    lines = f"<!-- {NAMES[file]} -->\n<!-- /{NAMES[file]} -->\n"
    if file.endswith(".md"):
        return f"Above.\n\n{lines}\nBelow.\n"
    return OPENING + "# " + lines.replace("\n", "\n# ", 1)


def spoil(root, file, old, new):
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


@pytest.fixture
def root(tmp_path):
    """A course with its three kinds of maps, just written."""
    for file in NAMES:
        put(tmp_path, marked(file), file)
    maps.write_maps(tmp_path)
    return tmp_path


@pytest.fixture
def change(monkeypatch):
    """A function that changes fields of one lesson's record."""

    def changed(number, **fields):
        records = [replace(x, **fields) if x.number == number else x for x in syllabus.LESSONS]
        monkeypatch.setattr(syllabus, "LESSONS", tuple(records))

    return changed


def test_each_map_is_written_between_its_comments(root):
    readme = (root / "README.md").read_text()
    assert readme.startswith("Above.\n\n<!-- lessons -->\n\n| lesson |")
    assert readme.endswith("_questions.ipynb) | |\n\n<!-- /lessons -->\n\nBelow.\n")
    assert maps.write_maps(root) == []
    assert maps.map_problems(root) == []


def test_the_maps_of_the_course_are_what_the_records_give():
    assert maps.map_problems(ROOT) == []


@pytest.mark.parametrize(
    ("field", "value", "files"),
    [
        ("title", "a tiny GAN", ["README.md", "notebooks/00_welcome.py"]),
        ("remember", "one screen", ["README.md", "notebooks/00_welcome.py"]),
        ("minutes", 41, ["README.md", "notebooks/00_welcome.py"]),
        ("needs", ("01", "03"), ["README.md"]),
        ("difficulty", (3, 2, 2, 3), ["solutions/05_minimal_gan.py"]),
    ],
)
def test_a_changed_record_changes_every_map_that_shows_it(root, change, field, value, files):
    change("05", **{field: value})
    assert [line.split()[0] for line in maps.map_problems(root)] == [f"{f}:" for f in files]
    assert maps.write_maps(root) == [f"{file}: map written" for file in files]
    assert maps.map_problems(root) == []


def test_appendices_stand_by_themselves_behind_the_main_line(root):
    welcome = (root / "notebooks/00_welcome.py").read_text()
    main, behind = welcome.split(f"\n#\n# {maps.APPENDICES}\n#\n")
    assert "[10 the failure clinic]" in main
    assert "10a" not in main
    assert re.findall(r"\[(10\w?) ", behind) == ["10a", "10b"]
    rows = re.findall(r"^\| (\w+ \w+) ", (root / "README.md").read_text(), re.M)
    assert rows[-3:] == ["14 scaling", "appendix 10a", "appendix 10b"]


def test_a_sheet_is_linked_from_lesson_00_where_there_is_one(root):
    items = re.split(r"^# - ", (root / "notebooks/00_welcome.py").read_text(), flags=re.M)[1:]
    linked = [re.search(r"\[(\w+) ", item)[1] for item in items if "../exercises/" in item]
    there = [lesson for lesson in syllabus.LESSONS if not lesson.planned]
    assert linked == [lesson.number for lesson in there if lesson.difficulty]
    assert "[exercises](../exercises/05_minimal_gan.ipynb)" in " ".join(items)


def test_readme_links_a_sheet_that_comes_before_its_lesson(root, change):
    change("05", minutes=0)
    assert maps.write_maps(root)[0] == "README.md: map written"
    (row,) = re.findall(r"^\| 05 .*$", (root / "README.md").read_text(), re.M)
    assert "in preparation | [sheet](exercises/05_minimal_gan.ipynb)" in row


def test_a_build_writes_the_maps_and_its_check_does_not(tmp_path, capsys):
    path = put(tmp_path, marked("README.md"), "README.md")
    assert main(["--root", str(tmp_path), "--check"]) == 1
    assert path.read_text() == marked("README.md")
    assert main(["--root", str(tmp_path)]) == 0
    assert "README.md: map written" in capsys.readouterr().out
    assert main(["--root", str(tmp_path), "--check"]) == 0


def test_minutes_and_points_of_an_exercise_are_those_of_its_check(root):
    table = (root / "solutions/05_minimal_gan.py").read_text()
    assert "\n# | 05.1 D's loss on logits | 10 | ● ○ ○ | 6 |\n" in table


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("README.md", "| 45 |", "| 46 |"),
        ("notebooks/00_welcome.py", "(45 minutes,", "(46 minutes,"),
        ("solutions/05_minimal_gan.py", "| 10 |", "| 11 |"),
    ],
)
def test_a_map_changed_by_hand_is_named_by_the_check(root, file, old, new):
    spoil(root, file, old, new)
    found = [line for line in check(root) if "map" in line]
    why = "its map is not what gancourse/syllabus.py gives: `make build` mends it."
    assert found == [f"{file}: {why}"]


@pytest.mark.parametrize("file", NAMES)
def test_a_map_without_its_comments_is_named(root, file):
    spoil(root, file, f"<!-- /{NAMES[file]} -->", "")
    (found,) = maps.map_problems(root)
    assert found.startswith(f"{file}: its map stands between")
    assert "0 such pairs" in found


def test_an_exercise_without_a_difficulty_is_named(root, change):
    change("05", difficulty=(1, 2, 2))
    (found,) = maps.map_problems(root)
    assert found.startswith("solutions/05_minimal_gan.py: its checks are 4 exercises")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("15 minutes", "20 minutes", "says 20 minutes, and gancourse/syllabus.py has 15"),
        ("15 minutes", "soon", "says no minutes"),
        ("Welcome", "Hello", "opens with '00 · Hello', and gancourse/syllabus.py has"),
    ],
)
def test_a_lesson_that_opens_otherwise_than_its_record_is_named(root, old, new, says):
    spoil(root, "notebooks/00_welcome.py", old, new)
    (found,) = maps.map_problems(root)
    assert found.startswith("notebooks/00_welcome.py ")
    assert says in found


def test_only_the_maps_of_the_notebooks_that_are_named_are_looked_at(root):
    spoil(root, "README.md", "| 45 |", "| 46 |")
    spoil(root, "solutions/05_minimal_gan.py", "| 10 |", "| 11 |")
    assert [line.split(":")[0] for line in maps.map_problems(root, ["05"])] == [
        "solutions/05_minimal_gan.py"
    ]
    assert maps.map_problems(root, ["00"]) == []
