"""The class that is graded twice: who is in it, what is compared, what the page says of it."""

import json

import demo_class
import pytest


def test_the_class_has_each_attack_and_each_kind_of_honest_student(tmp_path):
    demo_class.write_class(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    kinds = {kind: [n for n in names if n.startswith(kind)] for kind in ("solved", "half", "untou")}
    assert len(names) == demo_class.CLASS_SIZE
    assert all(kinds.values())
    assert sum(n.startswith("attack") for n in names) == len(demo_class.ATTACKS)


@pytest.mark.parametrize(("again", "differ"), [("a,1\nb,2\n", 0), ("a,1\nb,0\n", 1), ("a,1\n", 1)])
def test_a_row_that_is_not_the_same_is_counted(tmp_path, again, differ):
    outs = [tmp_path / "first", tmp_path / "again"]
    for out, text in zip(outs, ("a,1\nb,2\n", again), strict=True):
        out.mkdir()
        (out / "grades.csv").write_text(text, "utf-8-sig")
    assert demo_class.differing(outs) == differ


def test_the_page_says_what_was_measured():
    record = json.loads(demo_class.KEPT.read_text("utf-8"))
    text = demo_class.PAGE.read_text("utf-8")
    written = demo_class.check_table.with_table(text, "class", demo_class.sentences(record))
    assert text == written, "python tools/demo_class.py --record writes it"
