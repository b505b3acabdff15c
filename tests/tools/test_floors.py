"""The lowest versions: what `make floors` runs, and what it cannot see."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def floors():
    spec = importlib.util.spec_from_file_location("floors", ROOT / "tools" / "floors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def floor(name: str) -> list[int]:
    """Return the lowest version that the course allows, e.g. [2, 8] for "torch>=2.8"."""
    (found,) = [d for d in PROJECT["dependencies"] if re.match(rf"{name}>=", d)]
    return [int(part) for part in found.split(">=")[1].split(".")]


def test_every_dependency_has_a_floor():
    extras = PROJECT["optional-dependencies"].values()
    for dependency in (d for group in (PROJECT["dependencies"], *extras) for d in group):
        assert re.fullmatch(r"[\w-]+>=\d+(\.\d+)+", dependency)


def test_the_floors_of_torch_and_torchvision_belong_together():
    """PyTorch 2.x and torchvision 0.(x + 15) are one release."""
    assert [2, floor("torchvision")[1] - 15] == floor("torch")


@pytest.mark.parametrize(("command", "told"), [
    ("train", "dcgan-large"), ("sample", "folder, or fashion"), ("score", "folder, or fashion"),
    ("grade", "folder or zip, or"), ("doctor", "Say what this machine has"),
])  # fmt: skip
def test_the_help_of_a_command_names_what_it_takes(command, told):
    """Which old versions of typer end in a TypeError, or leave out, with today's click."""
    help = subprocess.run(
        [sys.executable, "-m", "gancourse", command, "--help"], capture_output=True, text=True
    )
    assert (help.returncode, help.stderr) == (0, "")
    assert told in " ".join(help.stdout.split())
    assert "\\[" not in help.stdout


def test_the_fast_tests_leave_out_only_what_is_there(floors, monkeypatch):
    assert any(path.name.startswith("test_train") for path in floors.left_out())
    monkeypatch.setattr(floors, "LEFT_OUT", ("browser", "test_no_such"))
    with pytest.raises(SystemExit, match="There is no test test_no_such to leave out"):
        floors.left_out()


def test_the_environment_holds_the_lowest_versions_of_all_extras(floors):
    compile, sync, install = floors.environment_steps("uv", "floors")[-3:]
    assert compile[compile.index("--resolution") + 1] == "lowest-direct"
    assert {"--all-extras", "--upgrade", "pyproject.toml"} <= set(compile)
    assert sync[-1].startswith(str(ROOT / ".venv-floors"))
    assert "--no-deps" in install
