"""What a widget says of its kernel in JupyterLab, and what it answers while a cell runs."""

from conftest import READY, errors_of, run_all
from kernel import ASK
from test_dashboard import PICTURE, RUN_CELL, SETUP, SHOW

CELLS = "window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells"
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
EXPLORER = """from gancourse import live, nets
live.LatentExplorer(nets.load_shipped("mnist"))"""
WIDGETS = [EXPLORER, "live.bend_D()", "gan = live.PointGan()\ngan", SETUP, SHOW]
LINES = "[...document.querySelectorAll('.gc-link')].filter(n => !n.hidden).map(n => n.textContent)"
# After how many ms `n` lines say something, and what.
TIMED = f"""async ([act, n]) => {{
  const begun = performance.now();
  eval(act);
  while (({LINES}).length < n && performance.now() - begun < 20000)
    await new Promise(r => setTimeout(r, 20));
  return [performance.now() - begun, {LINES}];
}}"""
START = "window.jupyterapp.commands.execute('notebook:run-cell')"


def opened(notebook, cells):
    page = notebook(cells)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    assert errors_of(run_all(page)) == []
    for cell in page.locator(".jp-CodeCell").all():
        cell.scroll_into_view_if_needed()
    return page


def start(page, index: int) -> None:
    """Start a cell, and return while it runs."""
    page.evaluate(
        "i => {const n = window.jupyterapp.shell.currentWidget.content; n.deselectAll();"
        f" n.activeCellIndex = i; {START};}}",
        index,
    )
    page.wait_for_function(f"{KERNEL}.status === 'busy'")


def done(page, index: int) -> bool:
    return page.evaluate(f"{CELLS}[{index}].execution_count !== null")


def test_after_a_restart_every_widget_says_so(notebook):
    page = opened(notebook, WIDGETS)
    page.wait_for_function("document.querySelectorAll('.gc-live').length === 4")
    page.wait_for_selector(".gc-live[data-engine=page]")
    assert page.evaluate(LINES) == []
    took, said = page.evaluate(TIMED, [f"{KERNEL}.restart()", 4])
    print(f"a restart is said after {took:.0f} ms")
    assert said[0].startswith("The kernel was restarted. The pad goes on in the page;")
    assert said[1:] == ["The kernel was restarted: run the first cell again, then this one."] * 3
    inert = page.evaluate("[...document.querySelectorAll('.gc-live')].map(n => n.inert)")
    assert inert == [False, True, True, True]  # the explorer's page draws by itself
    page.evaluate(READY)
    page.evaluate(RUN_CELL, 0)
    page.wait_for_selector(".gc-live[data-link=good]")


def test_a_kernel_that_ends_by_itself_is_a_restart_too(notebook):
    page = opened(notebook, ["from gancourse import live\nlive.bend_D()"])
    end = f"({ASK})(['import os; os._exit(1)', 5]).catch(() => 0)"
    page.evaluate(f"() => {{ {end}; }}")
    page.wait_for_function(f"({LINES}).length === 1")
    assert page.evaluate(LINES)[0].startswith("The kernel ")
    page.keyboard.press("Escape")


def test_core_widgets_say_that_the_kernel_was_restarted(notebook):
    page = notebook(
        ["%env GANCOURSE_FRONTEND=ipywidgets", "from gancourse import live\nlive.bend_D()"]
    )
    assert errors_of(run_all(page)) == []
    page.locator(".gc-core img").wait_for()
    said = "getComputedStyle(document.querySelector('.gc-core'), '::after').content"
    assert page.evaluate(said) == "none"
    page.evaluate(f"{KERNEL}.restart()")
    page.wait_for_function(f"{said}.includes('The kernel was restarted: run the first cell')")


SHOW_CHART = "import time\nfrom gancourse import live\nchart = live.bend_D()\nchart"


def notebook_with(notebook, *cells: str):
    page = notebook(list(cells))
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate(RUN_CELL, 0)
    page.wait_for_selector(".gc-live")
    return page


def test_a_chart_answers_while_a_cell_runs(notebook):
    """The cell ends only if the chart is moved meanwhile."""
    page = notebook_with(
        notebook, SHOW_CHART, 'while chart.values["mean"] < 4: time.sleep(0.05)\n"moved"'
    )
    start(page, 1)
    page.locator(".gc-live [data-key=mean]").press("End")
    page.wait_for_function(f"{CELLS}[1].outputs.length === 1")
    assert page.evaluate(LINES) == []


def test_without_the_control_channel_a_chart_says_that_it_waits(notebook):
    page = notebook([SHOW_CHART, "time.sleep(5)"])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate(f"{KERNEL}.sendControlMessage = undefined")
    page.evaluate(RUN_CELL, 0)
    page.wait_for_selector(".gc-live")
    start(page, 1)
    page.locator(".gc-live [data-key=mean]").press("End")
    page.wait_for_function(f"({LINES}).length === 1")
    assert page.evaluate(LINES) == ["Waiting for the kernel: a cell is running."]
    page.wait_for_function(f"({LINES}).length === 0")
    assert page.locator(".gc-live [data-key=mean]").input_value() == "4"


# Nothing goes over the control channel of the kernel in front until `release()`.
HOLD = f"""() => {{
  const kernel = {KERNEL}, send = kernel.sendControlMessage.bind(kernel), held = [];
  kernel.sendControlMessage = (...message) => {{ held.push(message); return {{}}; }};
  window.release = () => {{
    kernel.sendControlMessage = send;
    const all = held.splice(0);
    all.forEach(message => send(...message));
    return all.length;
  }};
}}"""

WAITS = "state = dashboard.wait()\nprint(state.step)"


def test_run_all_leaves_a_dashboard_alive_while_later_cells_wait(notebook):
    """The wait stands right under the dashboard, as in lesson 08; Pause and Step D answer in it."""
    page = notebook([SETUP, SHOW, WAITS, "'after'"])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_selector(".gc-live[data-status=running]")
    page.wait_for_selector(".gc-live [data-do=run][aria-disabled=false]")
    for label, status in [("Pause", "paused"), ("Resume", "running"), ("Pause", "paused")]:
        page.get_by_role("button", name=label).press("Enter")
        page.wait_for_selector(f".gc-live[data-status={status}]")
    assert "a cell waits for this run" in page.locator(".gc-text").inner_text()
    before = page.evaluate(PICTURE)
    page.get_by_role("button", name="Step G").press("Enter")
    page.wait_for_function(f"before => ({PICTURE})() !== before", arg=before)
    assert not done(page, 2)
    page.get_by_role("button", name="Stop").press("Enter")
    page.wait_for_selector(".gc-live[data-status=stopped]")
    page.wait_for_function(f"{CELLS}[3].execution_count !== null")


def test_a_long_cell_leaves_the_gan_on_points_alive(notebook):
    """The cell ends only if both steps are taken meanwhile, the first pressed before the page knows
    that the kernel's control channel answers; its copy on the shell comes later and does nothing.
    """
    show = "import time\nfrom gancourse import live\ngan = live.PointGan()\ngan"
    waits = 'while "G alone" not in gan.said: time.sleep(0.05)\ngan.state.step'
    page = notebook([show, waits, "gan.said"])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate(HOLD)
    page.evaluate(RUN_CELL, 0)
    page.wait_for_selector(".gc-live")
    start(page, 1)
    for label, said in [("Step D", "D alone"), ("Step G", "G alone")]:
        page.locator(".gc-live").get_by_role("button", name=label).press("Enter")
        knocks = page.evaluate("window.release()")
        assert knocks or label == "Step G"  # so Step D went over the shell
        page.wait_for_function(
            "said => document.querySelector('.gc-text').textContent.includes(said)", arg=said
        )
    page.wait_for_function(f"{CELLS}[1].outputs.length === 1")
    page.evaluate(RUN_CELL, 2)  # behind the copy of Step D, which would be said
    page.wait_for_function(f"{CELLS}[2].outputs.length === 1")
    assert "G alone" in page.evaluate(f"{CELLS}[2].outputs[0].data['text/plain']")


def test_progress_is_seen_while_a_cell_runs_and_leaves_nothing(notebook):
    show = (
        "import time\nfrom gancourse import live\n"
        "for i in live.progress(range(10**6), 'counting'):\n"
        "    time.sleep(0.02)"
    )
    page = notebook([show])
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.get_by_text("counting:").wait_for()
    page.evaluate(f"{KERNEL}.interrupt()")
    page.wait_for_function(f"{CELLS}[0].outputs.some(o => o.output_type === 'error')")
    page.get_by_text("counting:").wait_for(state="hidden")
    saved = page.evaluate(f"JSON.stringify({CELLS}[0].outputs.slice(0, 1))")
    assert "widget-view" not in saved
