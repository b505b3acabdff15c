"""`make setup` on strange machines: pip sent elsewhere, no CPU wheels, an old Python first."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    monkeypatch.delitem(sys.modules, "setup", raising=False)
    import setup

    return setup


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder that pip takes packages from, with a small program called uv in it."""
    folder = tmp_path / "packages"
    folder.mkdir()
    about = "Metadata-Version: 2.1\nName: uv\nVersion: 1\n"
    tags = "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "uv-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("uv-1.dist-info/METADATA", about)
        wheel.writestr("uv-1.dist-info/WHEEL", tags)
        wheel.writestr("uv-1.dist-info/RECORD", "")
        wheel.writestr("uv-1.data/scripts/uv", "#!/bin/sh\necho a small uv\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


VARIABLE, FILE = "a variable", "a file"


@pytest.mark.parametrize(("place", "said_by"), [
    ("user = true", VARIABLE), ("target = {0}", VARIABLE), ("prefix = {0}", FILE),
    *(pytest.param(*case, marks=pytest.mark.long)
      for case in [("user = true", FILE), ("target = {0}", FILE), ("prefix = {0}", VARIABLE),
                   ("", VARIABLE), ("", FILE)]),
])  # fmt: skip
def test_uv_comes_into_its_own_folder_wherever_pip_is_sent(
    setup, packages, place, said_by, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "elsewhere"
    place = place.format(elsewhere)
    if said_by == FILE:
        (tmp_path / "pip.conf").write_text(f"[global]\n{place}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    elif place:
        name, value = place.split(" = ")
        monkeypatch.setenv(f"PIP_{name.upper()}", value)
    monkeypatch.setenv("PYTHONUSERBASE", str(elsewhere))
    uv = setup.fetch_uv(str(tmp_path / "uv"))
    assert uv == str(tmp_path / "uv" / "bin" / "uv")
    assert os.path.exists(uv)
    assert not elsewhere.exists()


def test_a_uv_that_did_not_come_is_noticed(setup, packages, tmp_path, capfd):
    (packages / "uv-1-py3-none-any.whl").unlink()
    with pytest.raises(SystemExit, match="uv could not be installed: check the network"):
        setup.fetch_uv(str(tmp_path / "uv"))


def test_a_lock_without_cuda_keeps_all_else_and_names_the_pair(setup):
    lock = (ROOT / "requirements.lock").read_text()
    rest, pair = setup.without_cuda(lock)
    names = [line.split("==")[0] for line in rest.splitlines() if "==" in line[:60].split(" ")[0]]
    assert [each.split("==")[0] for each in pair] == ["torch", "torchvision"]
    assert not [name for name in names if name.startswith(("nvidia", "cuda", "triton", "torch="))]
    assert {"numpy", "torchmetrics", "jupyterlab", "pytest"} <= set(names)
    assert rest.count("--hash=sha256:") > 0.9 * lock.count("--hash=sha256:") - 200


def recorded(tmp_path, refuses):
    """Return a uv that writes its arguments down, and refuses a call with that word in it."""
    uv = tmp_path / "fake-uv"
    uv.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
        f'case "$*" in *{refuses}*) echo "no such wheel" >&2; exit 1;; esac\n'
    )
    uv.chmod(0o755)
    return uv


def run_setup(tmp_path, *options, refuses="no-such-word"):
    """Run tools/setup.py on a copy of the lock; return what it said and what uv was asked."""
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (tmp_path / "env").mkdir(exist_ok=True)
    command = [sys.executable, ROOT / "tools/setup.py", "--uv", recorded(tmp_path, refuses)]
    done = subprocess.run([*command, "--venv", "env", *options], cwd=tmp_path, text=True,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, (tmp_path / "calls").read_text()


def test_cpu_takes_the_pair_from_the_cpu_wheels_and_an_update_stays_there(tmp_path):
    for options in (["--cpu"], []):
        said, calls = run_setup(tmp_path, *options)
        assert "about 2 GB" in said
        assert "pip install --torch-backend=cpu --quiet --python env/bin/python torch==" in calls
        assert "requirements.lock" not in calls


def test_without_cpu_wheels_the_ordinary_pair_comes_with_a_sentence(tmp_path):
    said, calls = run_setup(tmp_path, "--cpu", refuses="torch-backend")
    assert "PyTorch without CUDA could not be had from here" in said
    assert "pip sync --quiet --python env/bin/python requirements.lock" in calls
    assert not (tmp_path / "env" / ".cpu-only").exists()


def test_the_environment_is_named_whatever_else_is_active(tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere/else")
    monkeypatch.setenv("CONDA_PREFIX", "/opt/conda")
    _, calls = run_setup(tmp_path)
    assert all("--python env/bin/python" in c for c in calls.splitlines() if "pip" in c)


def test_readmes_own_lines_name_the_environment():
    lines = (ROOT / "README.md").read_text().splitlines()
    installs = [line for line in lines if line.startswith("uv pip install")]
    assert installs
    assert all("--python .venv" in line for line in installs)


@pytest.mark.parametrize(
    ("there", "taken"),
    [(["python3", "python"], "python3"), (["python"], "python"), ([], "python3")],
)
def test_make_takes_the_python_that_is_there(there, taken, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in there:
        (tmp_path / "bin" / name).symlink_to("/bin/true")
    for name in ("make", "sh", "grep", "awk"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    command = ["make", "-n", "VENV=nowhere", "setup"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path / "bin")}, text=True,
                          capture_output=True)  # fmt: skip
    assert f"{taken} tools/setup.py" in done.stdout
