"""What the doctor and `gancourse lab` say on strange machines: one sentence each, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gancourse import cli, doctor
from gancourse.errors import InputError
from gancourse.jupyter import lab


def command(*arguments, **variables):
    """Run gancourse in a process of its own with these variables; return code, output, errors."""
    done = subprocess.run([sys.executable, "-m", "gancourse", *map(str, arguments)], text=True,
                          capture_output=True, env={**os.environ, **variables})  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def asked(monkeypatch, capsys):
    """Run `gancourse doctor` in this process; return its exit code and what it printed."""

    def run():
        monkeypatch.setattr(sys, "argv", ["gancourse", "doctor"])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, capsys.readouterr().out

    return run


@pytest.fixture
def foreign(tmp_path):
    """A folder with a NumPy that fits nothing here."""
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy/__init__.py").write_text("raise ImportError('built for another Python')")
    return tmp_path


def test_a_foreign_numpy_is_named_once_and_nothing_else_is_blamed(foreign):
    there = os.environ.get("PYTHONPATH", "")
    code, said, error = command("doctor", PYTHONPATH=f"{foreign}{os.pathsep}{there}")
    assert code == 1
    assert f"broken: numpy come from {foreign}, not from here" in said
    assert "unset PYTHONPATH" in said
    assert "make setup" not in said
    assert "Traceback" not in error


def test_a_locked_home_is_named_by_doctor_and_lab(tmp_path):
    code, said, error = command("doctor", HOME="/dev/null/nowhere")
    assert code == 1
    assert "/dev/null/nowhere cannot be written" in said
    assert "Traceback" not in error
    code, said, error = command("lab", tmp_path / "copy", HOME="/dev/null/nowhere")
    assert code == 2
    assert error.startswith("Error: Jupyter keeps its own files in /dev/null/nowhere")
    assert error.count("\n") == 1
    assert not (tmp_path / "copy").exists()


def test_lab_without_jupyterlab_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"gancourse\[lab\]"):
        lab.serve(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("given", "folder", "extra"),
    [
        ([], "my_course", []),
        (["elsewhere"], "elsewhere", []),
        (
            ["elsewhere", "notebooks/01_the_game.ipynb"],
            "elsewhere",
            ["notebooks/01_the_game.ipynb"],
        ),
        (["notebooks/01_the_game.ipynb"], "my_course", ["notebooks/01_the_game.ipynb"]),
        (["--no-browser"], "my_course", ["--no-browser"]),
        (["--folder", "other", "--no-browser"], "other", ["--no-browser"]),
    ],
)
def test_the_folder_of_the_copy_may_be_named(given, folder, extra, monkeypatch):
    from typer.testing import CliRunner

    from gancourse import cli

    called = []
    monkeypatch.setattr(lab, "serve", lambda *what: called.append(what))
    CliRunner().invoke(cli.app, ["lab", *given], catch_exceptions=False)
    assert called == [(Path(folder), extra)]


def test_a_report_for_a_bug_names_no_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "jane"))
    monkeypatch.setenv("LOGNAME", "jane")
    (tmp_path / "jane/data/MNIST/raw").mkdir(parents=True)
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "jane/nothing-there"))
    text = doctor.examine().to_json()
    facts = json.loads(text)
    assert facts["ready"] is False
    assert {"Python", "PyTorch", "device"} <= {each["name"] for each in facts["findings"]}
    assert "~/nothing-there" in text
    assert "jane" not in text


def test_a_locked_home_is_no_fault_where_its_remedy_was_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/dev/null/nowhere")
    assert doctor.home()[0].status == doctor.BROKEN
    for name in ("GANCOURSE_DATA", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    assert doctor.home() == []


def test_a_torchvision_that_does_not_fit_is_broken(tmp_path, monkeypatch):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text("")
    (tmp_path / "torchvision" / "_C.so").write_bytes(b"built for another PyTorch")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    found = doctor.torch_pair()
    assert (found.status, "do not fit" in found.found) == (doctor.BROKEN, True)
    assert "make setup" in found.remedy


def test_doctor_names_what_is_there_and_a_remedy_for_what_is_not(asked, monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code, said = asked()
    assert code == 0
    for word in ("Python", "and they fit", "device", "precision", "MNIST", "apt install chromium",
                 "apt install bubblewrap", "GANCOURSE_DATA", "Ready for the course"):  # fmt: skip
        assert word in said


def test_doctor_says_when_torch_and_torchvision_do_not_fit(monkeypatch):
    def misfit(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("importlib.import_module", misfit)
    found = doctor.torch_pair()
    assert found.status == "broken"
    assert "make setup" in found.remedy


def test_doctor_goes_on_where_one_check_fails(monkeypatch):
    def broken():
        raise OSError("libc10.so: cannot open shared object file")

    monkeypatch.setattr("gancourse.machine.device", broken)
    findings = [*doctor._looked_at(broken), *doctor._looked_at(doctor.device)]
    assert all(f.status == "broken" and "libc10" in f.found for f in findings)


def test_doctor_names_a_wrong_data_folder(asked, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", "/nowhere")
    code, said = asked()
    assert code == 1
    assert "Not ready" in said
