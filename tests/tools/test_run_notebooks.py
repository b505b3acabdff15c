"""Notebooks are executed by kernels that take no port of the machine."""

import subprocess
import sys
from pathlib import Path

import nbformat

TOOL = Path(__file__).resolve().parents[2] / "tools" / "run_notebooks.py"
ASKS = """
import json, pathlib, ipykernel.connect
told = json.loads(pathlib.Path(ipykernel.connect.get_connection_file()).read_text())
assert told["transport"] == "ipc"
pathlib.Path("where").write_text(told["ip"])
"""


def run(tmp_path, source):
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    command = [sys.executable, TOOL, "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider",
               path]  # fmt: skip
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)


def test_a_kernel_has_files_for_its_channels_and_leaves_none(tmp_path):
    ended = run(tmp_path, ASKS)
    assert ended.returncode == 0, ended.stdout
    assert not Path((tmp_path / "where").read_text()).parent.exists()


def test_a_cell_that_fails_fails(tmp_path):
    assert run(tmp_path, "1 / 0").returncode == 1
