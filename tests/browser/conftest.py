"""A JupyterLab with the course's settings, and a headless Chromium that looks at it.

`lab` starts one server for the whole run, on a free port of the loopback; `page` is a fresh tab
that may only talk to it, of one profile, so that JupyterLab's own scripts are read once;
`notebook` writes cells to a file, opens it and waits for its kernel.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import nbformat
import pytest
from kernel import asked
from playwright.sync_api import Error

from gancourse.jupyter import server_arguments
from gancourse.openmp import choose_threads

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300_000  # ms, on a busy machine

READY = """async () => {
  const panel = window.jupyterapp?.shell.currentWidget;
  if (!panel?.sessionContext) return false;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  return true;
}"""
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
SESSIONS = """async () => {
  const sessions = window.jupyterapp.serviceManager.sessions;
  await sessions.refreshRunning();
  return [...sessions.running()].map(session => session.path);
}"""
STATE = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter(c => c.cell_type === 'code')
  .map(c => ({count: c.execution_count, errors: c.outputs.filter(o => o.output_type === 'error')
    .map(o => o.ename + ': ' + o.evalue)}))"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, seconds: float = 300) -> None:
    """Return when `url` answers; raise RuntimeError when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer within {seconds} s")


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """The address of a running JupyterLab, and the folder that it serves."""
    folder, port = tmp_path_factory.mktemp("lab"), free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    environment.pop("GANCOURSE_FRONTEND", None)
    choose_threads(environment)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}",
               "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True",
               "--Application.log_level=ERROR", *server_arguments()]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", process)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def profile(chromium, lab):
    found = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield found
    found.close()


@pytest.fixture
def page(profile):
    """A tab of 1280 x 900; the test fails if it asked for anything outside of the loopback."""
    tab, asked = profile.new_page(), []
    tab.set_default_timeout(PATIENCE)
    tab.on("request", lambda request: asked.append(request.url))
    yield tab
    tab.close()
    hosts = {urlparse(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts <= {"127.0.0.1"}


def write_notebook(path: Path, cells: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


# What a kernel is told between two tests: to end what trains, and to forget all names and widgets.
FORGET = """import os
from IPython import get_ipython
from ipywidgets import Widget
if "gancourse.live.run.background" in __import__("sys").modules:
    from gancourse.live.run import background
    background.make_way()
os.environ.pop("GANCOURSE_FRONTEND", None)
Widget.close_all()
get_ipython().run_line_magic("reset", "-f")
print(1)"""


def forgets(page) -> bool:
    """Return whether the kernel of the notebook in front has forgotten what a test left in it."""
    try:
        return asked(page, FORGET, seconds=60) == 1
    except (AssertionError, Error):
        return False


def goes_on(node) -> bool:
    """Return whether the next test is of the same file."""
    items = node.session.items
    after = items.index(node) + 1
    return after < len(items) and items[after].path == node.path


@pytest.fixture
def notebook(lab, page, request):
    """A function: open a notebook with these code cells (or this file), wait for its kernel.

    The tests of a file share one kernel, which forgets what each left in it: its start takes longer
    than most of them. It ends with the file, or with a test that leaves it at work.
    """
    address, folder = lab
    shared = f"{request.node.path.stem}.ipynb"
    used = set()

    def open_notebook(cells: list[str] | Path, name: str = shared):
        used.add(name)
        if isinstance(cells, Path):
            shutil.copy(cells, folder / name)
        else:
            write_notebook(folder / name, cells)
        page.goto(f"{address}/lab/workspaces/{time.monotonic_ns()}/tree/{name}?reset")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
        assert page.evaluate(READY)
        return page

    yield open_notebook
    alone = used == {shared} and len(page.evaluate(SESSIONS)) == 1
    if not (alone and goes_on(request.node) and forgets(page)):
        page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")


def run_all(page, seconds: float = 600) -> list[dict]:
    """Run all cells; return count and errors of each code cell once the last one ran."""
    page.evaluate(RUN_ALL)
    done = (
        f"() => ({STATE})().every(c => c.count !== null) || ({STATE})().some(c => c.errors.length)"
    )
    page.wait_for_function(done, timeout=1000 * seconds)
    return page.evaluate(STATE)


def errors_of(state: list[dict]) -> list[str]:
    return [error for cell in state for error in cell["errors"]]


def chart_state(page) -> dict:
    """Return the first live chart's numbers by label, once no request is under way."""
    page.wait_for_selector(".gc-live[data-idle=true]")
    return json.loads(
        page.evaluate(
            "() => JSON.stringify(Object.fromEntries([...document.querySelectorAll("
            "'.gc-live .gc-numbers div')].map(d => [d.children[0].textContent,"
            " d.children[1].textContent])))"
        )
    )
