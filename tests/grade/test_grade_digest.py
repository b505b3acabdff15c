"""Which marks are recalled: what changes a sheet's hash, planted in a copy of the package."""

import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gancourse import check, data, plots
from gancourse.data import load_images
from gancourse.grade import digest, grade, job
from gancourse.grade.box.sandbox import Limits
from gancourse.grade.digest import PACKAGE, Digests, images_hash
from gancourse.grade.sources import Sources
from gancourse.score import mode_report, ruler

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

import toy_checks

from notebooks import solved

SHEETS = check.sheets()
IMAGES, POINTS = {"06", "10"}, {"05", "10"}  # the sheets that load images, and that count modes


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A copy of the package, with the hash of each sheet."""
    tree = tmp_path_factory.mktemp("tree") / "gancourse"
    shutil.copytree(PACKAGE, tree, ignore=shutil.ignore_patterns("__pycache__"))
    return tree, hashes(tree)


def hashes(tree: Path, limits=Limits()) -> dict[str, str]:  # noqa: B008
    digests = Digests("gancourse.check", limits, tree)
    return {sheet: digests.of(sheet) for sheet in SHEETS}


@pytest.fixture
def changed(whole):
    """A function that changes files {path: bytes added}, and returns the sheets that notice."""
    tree, before = whole
    kept: dict[Path, bytes | None] = {}

    def change(files: dict[Path, bytes]) -> set[str]:
        for path, added in files.items():
            old = path.read_bytes() if path.exists() else None
            kept.setdefault(path, old)
            path.write_bytes((old or b"") + added)
        after = hashes(tree)
        return {sheet for sheet in SHEETS if after[sheet] != before[sheet]}

    yield change
    for path, old in kept.items():
        path.unlink() if old is None else path.write_bytes(old)


def copied(tree: Path, thing: object) -> Path:
    """Return the copy of a file of the package, or of the one that defines a thing."""
    path = thing if isinstance(thing, Path) else Path(inspect.getsourcefile(thing))
    return tree / path.relative_to(PACKAGE)


def sheet_file(tree: Path, sheet: str) -> Path:
    check.sheet(sheet)
    return copied(tree, sys.modules[f"gancourse.check.sheet{sheet}"])


# What is hashed


@pytest.mark.parametrize(("thing", "sheets"), [
    (plots.image_grid, set()),
    (mode_report, POINTS),
    (load_images, POINTS | IMAGES),  # toys lie in the package that imports it
    (check.Wrong, set(SHEETS)),
    (job.grade_task, set(SHEETS)),
    (ruler.WEIGHTS / "mnist.safetensors", set()),
])  # fmt: skip
def test_a_change_is_noticed_by_the_sheets_that_import_it(thing, sheets, whole, changed):
    assert changed({copied(whole[0], thing): b"\n"}) == sheets


def test_a_sheets_own_file_changes_it_alone(whole, changed):
    assert changed({sheet_file(whole[0], "03"): b"\n"}) == {"03"}


def test_a_new_file_beside_a_sheets_others_changes_it_alone(whole, changed):
    """Also where a sheet is a folder, and its exercises are files in it."""
    folder = whole[0] / "check" / "sheet03"
    folder.mkdir(exist_ok=True)
    assert changed({folder / "d_step.py": b"X = 1\n"}) == {"03"}


@pytest.mark.parametrize("line", [
    b"\nfrom gancourse.plots import image_grid\n",
    b"\ndef f():\n    from gancourse import plots\n",
    b"\nimport gancourse\n\n\ndef f():\n    gancourse.plots.image_grid(0)\n",
])  # fmt: skip
def test_a_new_import_is_followed(line, whole, changed):
    changed({sheet_file(whole[0], "03"): line})
    plotted = Digests("gancourse.check", Limits(), whole[0]).facts("03")["modules"]
    assert plots.image_grid.__module__ in plotted


def test_the_rulers_weights_count_where_a_check_uses_the_ruler(whole):
    path = sheet_file(whole[0], "03")
    before = path.read_bytes()
    path.write_bytes(before + b"\nfrom gancourse.score import load_ruler\n")
    digests = Digests("gancourse.check", Limits(), whole[0])
    names = [Path(name).name for name in digests.facts("03")["data"]]
    path.write_bytes(before)
    assert names.count("mnist.safetensors") == 2  # the ruler's, and the shipped generator's


def test_all_that_importing_the_checks_loads_is_hashed():
    code = "import sys, gancourse.check as c; c.sheet('10'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    ours = {name for name in loaded.split() if name.split(".")[0] == "gancourse"}
    assert ours <= set(Digests("gancourse.check", Limits()).facts("10")["modules"])
    assert "gancourse.check.players" in ours  # from which sheet 10 imports


def test_limits_and_versions_change_every_sheet(whole, monkeypatch):
    tree, before = whole
    others = [hashes(tree, Limits(cell=1.0))]
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    others.append(hashes(tree))
    monkeypatch.setattr("torch.__version__", "99.0.0")
    others.append(hashes(tree))
    assert all(len({h[sheet] for h in (before, *others)}) == 4 for sheet in SHEETS)


def test_checks_outside_the_package_are_followed_into_it(tmp_path, monkeypatch):
    before = Digests("toy_checks", Limits()).facts("90")["modules"]
    assert {"toy_checks", "gancourse.check.facts", "gancourse.grade.job"} <= set(before)
    other = tmp_path / "toy_checks.py"
    other.write_bytes(Path(toy_checks.__file__).read_bytes() + b"\n")
    monkeypatch.setattr(toy_checks, "__file__", str(other))
    after = Digests("toy_checks", Limits()).facts("90")["modules"]
    assert {name for name in after if after[name] != before[name]} == {"toy_checks"}


# The images that are there


@pytest.fixture
def no_images(tmp_path, monkeypatch):
    """Neither data on this machine nor a network."""
    images_hash.cache_clear()
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    monkeypatch.setattr("gancourse.data.sets.cache_folder", lambda: tmp_path / "cache")
    yield tmp_path
    images_hash.cache_clear()


def test_other_images_change_the_sheets_that_load_them(whole, monkeypatch):
    monkeypatch.setattr(digest, "images_hash", lambda *given: "others")
    after = hashes(whole[0])
    assert {sheet for sheet in SHEETS if after[sheet] != whole[1][sheet]} == IMAGES


def test_the_stand_in_is_hashed_where_it_stands_in(no_images):
    assert images_hash("mnist") == images_hash("digits")
    assert images_hash("digits") != images_hash("digits", "test")


def test_images_that_cannot_be_read_do_not_stop_the_other_sheets(no_images):
    folder = no_images / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in data.IMAGE_SETS["mnist"].md5:
        (folder / name).write_bytes(b"")
    assert "it is empty" in images_hash("mnist")


@pytest.mark.parametrize(("call", "sets"), [
    ("load_images('mnist')", {("mnist",)}),
    ("data.load_images('mnist', split='test')", {("mnist", "test")}),
    ("load_images(name)", {(name,) for name in data.IMAGE_SETS}),
])  # fmt: skip
def test_the_images_are_those_that_the_checks_name(call, sets, tmp_path):
    package(tmp_path / "gancourse", {"check/__init__.py": "", "check/sheet03.py": call})
    digests = Digests("gancourse.check", Limits(), tmp_path / "gancourse")
    assert digests.images({"gancourse.check.sheet03"}) == sets


# The walk through the imports

LAZY = "_HOME = {'f': 'x'}\ndef __getattr__(name): ...\n"
WALKS = {
    "from a package": ("from p import x", {"p", "p.x"}),
    "relative": ("from . import x", {"p", "p.x"}),
    "relative, by name": ("from .x import f", {"p", "p.x"}),
    "folder above": ("import p.q.y", {"p", "p.q", "p.q.y", "p.x"}),
    "in a function": ("def f():\n    import p.x as y", {"p", "p.x"}),
    "by text": ("from importlib import import_module\nimport_module('p.x')", {"p", "p.x"}),
    "on demand": ("from p.lazy import f", {"p", "p.lazy", "p.lazy.x"}),
    "on demand, used": ("from p import lazy\nlazy.f(1)", {"p", "p.lazy", "p.lazy.x"}),
    "on demand, unknown": ("from p.lazy import g", {"p", "p.lazy", "p.lazy.x", "p.lazy.z"}),
    "own name": ("from p.lazy import _HOME", {"p", "p.lazy"}),
    "others": ("import os.path, torch", {"p"}),
    "in a text": ("'import p.x'", {"p"}),
}


def package(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"__init__.py": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("name", WALKS)
def test_the_walk_finds_each_kind_of_import(name, tmp_path):
    text, found = WALKS[name]
    files = {"start.py": text, "x.py": "", "q/__init__.py": "", "q/y.py": "from ..x import f"}
    files |= {"lazy/__init__.py": LAZY, "lazy/x.py": "", "lazy/z.py": ""}
    sources = Sources(package(tmp_path / "p", files))
    assert sources.closure({"p.start"}) == found | {"p.start"}


# What is kept in a folder of grades


@pytest.mark.filterwarnings("ignore:Student code runs without a sandbox")
def test_marks_of_other_checks_are_given_anew_and_a_teachers_files_stay(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    package(source / "ada", {"s.ipynb": solved().decode()})
    first = graded(source, out)
    (memory,) = (out / "private" / "results").glob("*.json")
    memory.write_text(json.dumps(json.loads(memory.read_text()) | {"version": "older"}))
    (out / "by hand.csv").write_text("ada,+1")
    seed = (out / "private" / "seed").read_text()
    assert (first, graded(source, out), graded(source, out)) == ([True], [True], [False])
    assert (out / "private" / "seed").read_text() == seed
    assert (out / "by hand.csv").read_text() == "ada,+1"


def graded(source: Path, out: Path) -> list[bool]:
    """Grade; return for each mark whether it was given now."""
    return [step.fresh for step in grade(source, out, checks="toy_checks", sandbox="none")]
