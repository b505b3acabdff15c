"""The wheel is a course: lessons, sheets, tables and settings travel in it."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COURSE = "gancourse/_course"


def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv/bin")
    assert found, "uv is what `make setup` brings"
    return str(found)


def run(*command) -> str:
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd="/", env=own)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(uv(), "build", "--quiet", "--wheel", "--out-dir", out, ROOT)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """The Python of a fresh environment: the wheel, and this environment's other packages."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    run(uv(), "venv", "--quiet", "--python", sys.executable, folder)
    found = folder / Path(sys.executable).parent.name / Path(sys.executable).name
    run(uv(), "pip", "install", "--quiet", "--no-deps", "--python", found, wheel)
    site = run(found, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "others.pth").write_text(sysconfig.get_path("purelib"))
    return found


def test_every_notebook_is_in_it_and_no_source_of_one(names):
    for folder in ("notebooks", "exercises", "solutions"):
        here = {f"{COURSE}/{folder}/{p.name}" for p in (ROOT / folder).glob("*.ipynb")}
        assert here == {name for name in names if name.startswith(f"{COURSE}/{folder}/")}


def test_what_the_lessons_read_is_in_it(names):
    texts = [p.read_text(encoding="utf-8") for p in (ROOT / "notebooks").glob("*.py")]
    read = {name for text in texts for name in re.findall(r'course\.path\("([^"]+)"', text)}
    assert read
    for name in read:
        assert any(f"{held}/".startswith(f"{COURSE}/{name}/") for held in names), name


def test_no_lesson_reads_beside_itself():
    for path in (ROOT / "notebooks").glob("*.py"):
        assert not re.search(r'"\.\./', path.read_text(encoding="utf-8")), path.name


def test_weights_and_bundles_are_in_it_and_their_sources_not(names):
    assert any(name.endswith(".safetensors") and "/nets/" in name for name in names)
    assert "gancourse/live/static/chart.js" in names
    assert not any("/static/src/" in name for name in names)


def test_each_servers_settings_are_in_it(names):
    data = {name.split(".data/data/")[1] for name in names if ".data/data/" in name}
    assert data == {
        "etc/jupyter/jupyter_server_config.d/gancourse.json",
        "share/jupyter/lab/settings/overrides.d/gancourse.json",
    }


def test_a_fresh_environment_makes_a_working_copy(python, tmp_path):
    code = (
        "import gancourse; from gancourse import course; from gancourse.jupyter import "
        "working_copy;"
        f"working_copy.update({str(tmp_path / 'mine')!r});"
        "print(gancourse.__file__, course.path('docs/clinic/corpus.json'), sep='\\n')"
    )
    package, table = run(python, "-c", code).splitlines()
    assert Path(package).is_relative_to(python.parents[1])
    assert "_course" in Path(table).parts
    copied = {p.relative_to(tmp_path / "mine").as_posix() for p in tmp_path.rglob("*.ipynb")}
    assert {"notebooks/00_welcome.ipynb", "exercises/05_minimal_gan.ipynb"} <= copied
    assert "progress.ipynb" in copied
