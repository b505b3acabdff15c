"""The explorer whose page computes the pictures: while a cell runs, and when the kernel is gone."""

import statistics

import pytest
from conftest import errors_of, run_all
from kernel import asked
from test_latency import WATCH, drag, press

SHOW = """from gancourse import live, nets
explorer = live.LatentExplorer(nets.load_shipped("mnist"))
explorer"""
SLEEP = "import time\ntime.sleep({})"
RUN_NEXT = """window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
window.jupyterapp.commands.execute('notebook:run-cell'); 1"""
HOLDS_NET = "document.querySelector('.gc-live').dataset.engine === 'page'"
RESTART = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"


def alive(notebook, seconds: float):
    """Return a page with an explorer that draws by itself, and a cell below that sleeps."""
    page = notebook([SHOW, SLEEP.format(0)])
    assert not errors_of(run_all(page))
    page.wait_for_function(HOLDS_NET)
    page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[1]"
        ".setSource(code)",
        SLEEP.format(seconds),
    )
    page.set_default_timeout(25_000)
    page.evaluate(WATCH)
    page.locator(".gc-pad").focus()
    return page


def test_it_moves_while_a_cell_runs_and_z_in_python_follows(notebook):
    page = alive(notebook, 8)
    page.evaluate(RUN_NEXT)
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    page.locator(".gc-pad").focus()  # running a cell took it
    for _ in range(3):
        press(page, "explorer", "ArrowRight")  # fails where the pixels do not change
    page.get_by_text("A cell is running. The pad goes on in the page").wait_for()
    status = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
    assert page.evaluate(status) == "busy"
    page.wait_for_selector(".gc-live[data-idle=true]")
    assert asked(page, "print(round(explorer.values()['u'], 2))") == 0.15
    page.wait_for_selector(".gc-link", state="hidden")


def test_it_moves_after_the_kernel_was_restarted(notebook):
    page = alive(notebook, 0)
    page.evaluate(RESTART)
    page.get_by_text("The kernel was restarted. The pad goes on in the page").wait_for()
    page.locator(".gc-pad").focus()
    press(page, "explorer", "ArrowUp")
    assert page.locator(".gc-live").get_attribute("data-link") == "alone"


@pytest.mark.clock
def test_a_key_and_a_drag(notebook):
    page = alive(notebook, 0)
    times = [press(page, "explorer", ("ArrowRight", "ArrowLeft")[i % 2]) for i in range(30)]
    drags = [drag(page, "explorer") for _ in range(3)]
    fps = statistics.median(d["fps"] for d in drags)
    print(f"\nkey {statistics.median(times):.1f} ms (aim 12), drag {fps:.0f} frames/s (aim 45)")
    assert not any(d["blank"] for d in drags)
