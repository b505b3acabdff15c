"""The fixtures of the tests of tools/build: a sheet, and a course that is built once."""

import shutil

import pytest
from build import command
from build.command import main
from build.sources import BuildError
from course import LESSON, SHEET, put


@pytest.fixture
def sheet(tmp_path):
    put(tmp_path, SHEET)
    return tmp_path


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    put(root, LESSON, "notebooks/01_x.py")
    put(root, SHEET)
    assert main(["--root", str(root), "-j", "2"]) == 0
    return root


@pytest.fixture
def built(built_once, tmp_path):
    """A course that is built, for one test to spoil."""
    return shutil.copytree(built_once, tmp_path / "course")


@pytest.fixture
def no_kernel(monkeypatch):
    def execute(notebook, target):
        raise BuildError("executed")

    monkeypatch.setattr(command, "execute", execute)
