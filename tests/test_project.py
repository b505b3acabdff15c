"""The promises that hold the project's files together."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CONDA = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_conda_environment_equals_pyproject():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    named = [re.sub(r"^[a-z-]+", lambda m: CONDA.get(m[0], m[0]), line) for line in conda]
    extras = PROJECT["optional-dependencies"]
    stated = [*PROJECT["dependencies"], *extras["lab"], *extras["grade"]]
    wanted = {re.match(r"[a-z-]+", line)[0]: line for line in stated}  # an extra's floor is higher
    assert sorted(named) == sorted([*wanted.values(), "pip", f"python{PROJECT['requires-python']}"])


def test_colab_has_what_the_core_asks_for():
    """What is on Colab's list stays as it is; nothing else that Colab pins is asked for."""
    lines = (ROOT / "docs/platforms/colab.txt").read_text().splitlines()
    there = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    there = {canonicalize_name(name): version for name, version in there.items()}
    asked = [Requirement(line) for line in PROJECT["dependencies"]]
    assert [r.name for r in asked if r.name not in there] == ["torchmetrics"]
    wrong = [str(r) for r in asked if r.name in there and there[r.name] not in r.specifier]
    assert not wrong


def lock():
    return (ROOT / "requirements.lock").read_text()


def test_lock_is_hashed_and_names_no_host():
    pinned = re.findall(r"^[a-z0-9][\w.-]*==", lock(), flags=re.M)
    assert len(pinned) > 100
    assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:", lock())) == len(pinned)
    assert "://" not in lock()


def test_lock_holds_every_dependency():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for dependency in (d for group in groups for d in group):
        name = re.match(r"[\w-]+", dependency)[0]
        assert re.search(rf"^{name}==", lock(), flags=re.M | re.I), name


def test_make_alone_lists_the_targets():
    text = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    assert {"setup", "lab", "test", "build"} <= set(re.findall(r"make ([\w-]+)", text))


def test_setup_says_when_python_is_too_old(tmp_path):
    code = (ROOT / "tools" / "setup.py").read_text().replace("(3, 11)", "(99, 0)")
    (tmp_path / "setup.py").write_text(code)
    run = subprocess.run([sys.executable, tmp_path / "setup.py"], capture_output=True, text=True)
    assert run.returncode == 1
    assert re.fullmatch(
        r"gancourse needs Python 99\.0 or newer, and .* is Python 3\..*\n", run.stderr
    )


def test_environment_up_to_date_is_left_alone():
    text = subprocess.run(["make", "-n", "setup"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "tools/setup.py" not in text


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_readme_names_every_lesson(folder):
    readme = (ROOT / "README.md").read_text()
    for source in (ROOT / folder).glob("[0-9]*.py"):
        assert f"{source.stem}.ipynb" in readme, source


def test_readme_links_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), target


def test_shipped_weights_are_small_and_have_a_card():
    for weights in (ROOT / "gancourse" / "weights").glob("*.safetensors"):
        assert weights.stat().st_size < 5_000_000
        assert "gancourse train" in weights.with_suffix(".md").read_text()
