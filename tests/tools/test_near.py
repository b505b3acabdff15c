"""tools/near.py: which tests are near a change, and which of them fit into a minute."""

import subprocess
from pathlib import Path

import near
import pytest
from durations import Durations
from imports import Graph

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "gancourse/__init__.py": "_HOME = {'load': 'data'}\n",
    "gancourse/data.py": "",
    "gancourse/train.py": "from gancourse import data\n",
    "gancourse/other.py": '"""Not gancourse.data."""\n',
    "gancourse/sheet/__init__.py": "import_module(f'{__name__}.sheet{n}')\n",
    "gancourse/sheet/sheet01.py": "",
    "gancourse/live/__init__.py": "_HOME = {'pad': 'panes'}\n",
    "gancourse/live/panes.py": "text = open('pad.js')\n",
    "gancourse/live/static/pad.js": "",
    "tools/build.py": "from gancourse import train\n",
    "tools/maps/__init__.py": "",
    "tools/maps/__main__.py": "from maps import draw\n",
    "tools/maps/draw.py": "",
    "tests/test_maps.py": "from maps.draw import x\n",
    "tests/test_maps_run.py": "call([ROOT / 'tools' / 'maps'])\n",
    "tests/helper.py": "from gancourse.train import step\n",
    "tests/test_data.py": "from gancourse.data import load\n",
    "tests/test_a_direct.py": "from gancourse import load\n",
    "tests/test_b_direct.py": "from gancourse import train\n",
    "tests/test_train.py": "import helper\n",
    "tests/test_build.py": "path = ROOT / 'tools' / 'build.py'\n",
    "tests/test_cells.py": "cells = ['from gancourse import live\\nlive.pad()']\n",
    "tests/test_sheet.py": "import gancourse.sheet\n",
    "tests/test_patch.py": "monkeypatch.setattr('gancourse.other.x', 1)\n",
    "notebooks/05_x.py": "from gancourse.train import step\n",
    "notebooks/05_x.ipynb": "",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Graph(root)


def names(graph, *files, known=None):
    found = near.nearest(graph, list(files), known or Durations())
    return [Path(f).stem.removeprefix("test_") for f in found]


def test_tests_come_by_the_imports_between_and_its_own_first(graph):
    assert names(graph, "gancourse/data.py") == ["data", "a_direct", "b_direct", "build", "train"]
    assert names(graph, "gancourse/train.py") == ["b_direct", "train", "build"]


def test_of_equally_near_ones_the_quick_one_comes_first(graph):
    known = Durations({"tests/test_build.py": {"seconds": 99}})
    assert names(graph, "gancourse/data.py", known=known)[3:] == ["train", "build"]


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("gancourse/live/panes.py", ["cells"]),  # a lazy name, in the text of a cell
        ("gancourse/other.py", ["patch"]),  # a name in a string; a docstring is none
        ("gancourse/sheet/sheet01.py", ["sheet"]),  # imported by a number
        ("gancourse/live/static/pad.js", ["cells"]),  # read by the module that names it
        ("tools/maps/draw.py", ["maps", "maps_run"]),  # a tool that is a folder, run by its name
        ("tests/helper.py", ["train"]),
        ("tests/test_train.py", ["train"]),
    ],
)
def test_other_ways_to_use_a_file_are_seen(graph, file, found):
    assert names(graph, file) == found


def test_notebooks_that_use_it_are_named(graph):
    assert list(near.executed(graph, ["gancourse/data.py"])) == ["notebooks/05_x.ipynb"]
    assert not near.executed(graph, ["gancourse/other.py"])


KNOWN = Durations(
    {
        "a": {"seconds": 20},
        "b": {"seconds": 60, "slow": {"test_x": 30.0, "test_y": 25.0, "test_z": 2.0}},
        "c": {"seconds": 50},
        "d": {"seconds": 5},
    }
)


def test_a_long_file_runs_without_its_slowest_and_what_does_not_fit_is_named():
    found = near.plan(["a", "b", "c", "d"], KNOWN, budget=52)
    assert found.run == [("a", ()), ("b", ("b::test_x",)), ("d", ())] or found.run == [
        near.Chosen("a"), near.Chosen("b", ("b::test_x",)),
    ]  # fmt: skip
    assert "c" in found.left
    assert found.left["b::test_x"] == 30.0


def test_what_is_run_and_what_is_not_is_told():
    found = near.plan(["a", "b", "c"], KNOWN, budget=52)
    said = near.described(found, {"notebooks/05.ipynb": 40.0})
    assert "  b without 1 slow tests" in said
    assert "Left out, tests of about 80 s:\n  b::test_x (30 s)\n  c (50 s)" in said
    assert "Left out, notebooks of about 40 s:\n  notebooks/05.ipynb (40 s)" in said


def test_nothing_near_is_told_and_runs_nothing():
    empty = near.plan([], KNOWN)
    assert near.described(empty, {}) == "Run, nearest first:\n  no test"
    assert near.command(empty) == []


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match=r"nowhere\.py is no file of the project"):
        near.inside(ROOT, ["nowhere.py"])


def git(root, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def test_without_a_file_what_git_says_has_changed_is_taken(tmp_path):
    git(tmp_path, "init")
    for name in ("kept.py", "edited.py", "gone.py"):
        (tmp_path / name).write_text("x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "all")
    (tmp_path / "edited.py").write_text("y")
    (tmp_path / "new.py").write_text("z")
    (tmp_path / "gone.py").unlink()
    assert sorted(near.changed(tmp_path)) == ["edited.py", "new.py"]


def test_the_real_graph_knows_the_nearest_test_of_real_files():
    graph = Graph(ROOT)
    for file, test in (("gancourse/losses.py", "test_losses"), ("tools/near.py", "test_near")):
        assert Path(near.nearest(graph, [file], Durations())[0]).stem == test
