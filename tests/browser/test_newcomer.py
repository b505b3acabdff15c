"""A newcomer goes through five lessons in JupyterLab, from the first cell to the last.

`GANCOURSE_WALK=docs/lessons pytest tests/browser/test_newcomer.py` writes the log of it there.
It takes as long as the lessons do, so without that it runs in `make test-long` alone.
"""

import importlib.metadata
import json
import os
import time
from pathlib import Path

import pytest
from check_table import commit
from conftest import READY, ROOT, STATE, errors_of
from lesson_page import WALKED
from newcomer import Newcomer

WALK = os.environ.get("GANCOURSE_WALK")  # the folder that the logs go to
LONG = bool(os.environ.get("GANCOURSE_LONG"))
STUB = 'raise NotImplementedError("your turn")'
D_BODY = """x_fake = G(z).detach()
    d_loss = softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()"""
G_BODY = """g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()"""
WRITTEN = {  # of lesson 05: what the newcomer writes, and the line that is forgotten first
    "def d_step": (D_BODY, "    opt_D.step()\n"),
    "def g_step": (G_BODY, "    opt_G.zero_grad()\n"),
}
RESTARTED = "05"  # the lesson in which the kernel is restarted, after the first widget


def wrote(newcomer: Newcomer, index: int, source: str) -> None:
    """Write a step of lesson 05 without one line, then whole."""
    body, forgotten = next(both for name, both in WRITTEN.items() if name in source)
    whole = source.replace(STUB, body)
    name = f"`{forgotten.strip()}`"
    newcomer.write(index, whole.replace(forgotten, ""), f"the step without {name}")
    newcomer.write(index, whole, f"the step with {name}")


def walked(newcomer: Newcomer, number: str) -> dict[str, int]:
    """Go through the lesson; return how many bets, widgets and stubs it had."""
    count = {"bets": 0, "widgets": 0, "written": 0}
    restarts = number == RESTARTED
    for index, source in newcomer.cells():
        newcomer.run(index, source)
        count["bets"] += newcomer.bet(index)
        if "live." in source and newcomer.play(index):
            count["widgets"] += 1
            if restarts:
                restarts = False
                newcomer.restart(1)
                newcomer.page.evaluate(READY)
                for again, text in (cell for cell in newcomer.cells() if cell[0] <= index):
                    newcomer.run(again, text)
        if number == RESTARTED and STUB in source:
            wrote(newcomer, index, source)
            count["written"] += 1
    return count


@pytest.mark.skipif(not (WALK or LONG), reason="it takes as long as the lessons do")
@pytest.mark.parametrize("number", WALKED)
def test_a_newcomer_walks_through(notebook, number):
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    page = notebook(path, path.name)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    newcomer = Newcomer(page)
    try:
        count = walked(newcomer, number)
    finally:
        if WALK:
            log = {"browser": f"Chromium {page.context.browser.version}",
                   "jupyterlab": importlib.metadata.version("jupyterlab"),
                   "date": time.strftime("%Y-%m-%d"), "commit": commit(),
                   "steps": newcomer.steps}  # fmt: skip
            text = json.dumps(log, indent=1, ensure_ascii=False)
            (Path(WALK) / f"walk_{number}.json").write_text(f"{text}\n", "utf-8")
    assert errors_of(page.evaluate(STATE)) == []
    assert min(count["bets"], count["widgets"]) > 0
    assert newcomer.still == []
    assert count["written"] == (2 if number == RESTARTED else 0)
