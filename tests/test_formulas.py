"""notebooks/formulas.py: each section that the sheet names is one of that lesson's."""

import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SHEET = (NOTEBOOKS / "formulas.py").read_text(encoding="utf-8").replace("\n#   ", " ")
NAMED = re.findall(r"\*(\d\d [^*]+)\*", SHEET.replace("**", ""))


def sections_of(named):
    """Return (lesson, section) pairs of a reference such as "01 One number; D is a classifier"."""
    pairs, number = [], ""
    for part in named.split("; "):
        found = re.fullmatch(r"(\d\d) (.+)", part)
        number, title = found.groups() if found else (number, part)
        pairs.append((number, title))
    return pairs


def test_the_sheet_names_sections_of_each_lesson_that_has_formulas():
    numbers = {number for named in NAMED for number, _ in sections_of(named)}
    assert numbers == {f"{n:02}" for n in range(1, 15)} - {"10"}  # the clinic has none


@pytest.mark.parametrize("named", sorted(set(NAMED)))
def test_each_section_is_there(named):
    for number, title in sections_of(named):
        (path,) = NOTEBOOKS.glob(f"{number}_*.py")
        headings = re.findall(r"^# ## (.+)$", path.read_text(encoding="utf-8"), re.M)
        assert any(heading.startswith(title) for heading in headings), (number, title, headings)
