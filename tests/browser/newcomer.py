"""A newcomer in JupyterLab: runs cells, bets, presses, slides, writes; keeps a log of it."""

import time
from contextlib import contextmanager

from test_dashboard import RUN_CELL
from test_link import KERNEL, LINES

NOTEBOOK = "window.jupyterapp.shell.currentWidget.content"
SOURCES = f"() => {NOTEBOOK}.widgets.map(w => [w.model.type, w.model.sharedModel.source])"
WRITE = f"([i, text]) => {NOTEBOOK}.widgets[i].model.sharedModel.setSource(text)"
BRING = f"""async i => {{
  {NOTEBOOK}.activeCellIndex = i;
  await {NOTEBOOK}.scrollToItem(i);
}}"""
NODE = f"i => {NOTEBOOK}.widgets[i].node"
OUTPUT = """node => [...node.querySelectorAll('.jp-OutputArea-output')].map(o => {
  const said = [...o.querySelectorAll('.gc-question, .gc-live .gc-text')]
    .map(e => e.innerText).join(' ');
  if (o.querySelector('.gc-wager')) return `a bet: ${said}`;
  if (o.querySelector('.gc-live')) return `a widget: ${said}`;
  return o.innerText.trim() || (o.querySelector('img') ? 'a picture' : '');
}).filter(text => text).join(' ')"""
NUMBERS = """root => Object.fromEntries([...root.querySelectorAll('.gc-numbers div')]
  .map(d => [d.children[0].textContent, d.children[1].textContent]))"""
PLACE = "e => e.getAttribute('aria-valuetext') ?? e.value ?? ''"
NAME = "e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.dataset.key || 'pad'"
BUSY = 60_000  # ms that a widget may take to answer on a busy machine
LONGEST = 200  # characters of what was seen that are kept


class Newcomer:
    """Goes through the notebook in front; `steps` is the log: what was done, seen, and how long."""

    def __init__(self, page):
        self.page, self.steps, self.still = page, [], []

    @contextmanager
    def noting(self, did: str):
        """Give a list for what is seen meanwhile; note it with the seconds it took."""
        seen, begun = [], time.monotonic()
        yield seen
        text = " ".join(" ".join(seen).split())
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
        spent = round(time.monotonic() - begun, 1)
        self.steps.append({"did": did, "saw": text, "seconds": spent})

    def cells(self) -> list[tuple[int, str]]:
        """Return the place and the source of each code cell."""
        found = self.page.evaluate(SOURCES)
        return [(i, source) for i, (kind, source) in enumerate(found) if kind == "code"]

    def node(self, index: int):
        self.page.evaluate(BRING, index)
        return self.page.evaluate_handle(NODE, index).as_element()

    def run(self, index: int, source: str) -> None:
        """Run a cell and note the beginning of its source and of what it shows."""
        first = next(line for line in source.splitlines() if line.strip())
        with self.noting(f"ran cell {index + 1}: `{first[:60]}`") as seen:
            self.page.evaluate(BRING, index)
            self.page.evaluate(RUN_CELL, index)
            self.page.wait_for_timeout(500 if "live." in source else 0)  # until it is drawn
            seen.append(self.node(index).evaluate(OUTPUT) or "nothing")

    def write(self, index: int, text: str, what: str) -> None:
        """Put other source into a cell, and run it."""
        self.page.evaluate(WRITE, [index, text])
        with self.noting(f"wrote in cell {index + 1} {what}, and ran it") as seen:
            self.page.evaluate(RUN_CELL, index)
            seen.append(self.node(index).evaluate(OUTPUT))

    def bet(self, index: int) -> bool:
        """Choose the first option of a cell's bet; return whether there was one."""
        wager = self.node(index).query_selector(".gc-wager")
        if wager:
            choice = wager.query_selector("button")
            with self.noting(f'bet on "{choice.inner_text()}"') as seen:
                choice.click()
                answer = wager.wait_for_selector(".gc-text:not(:empty)", timeout=BUSY)
                seen.append(answer.inner_text())
        return bool(wager)

    def look(self, root) -> dict[str, str]:
        """Return the widget's numbers, once it has answered."""
        if root.get_attribute("data-idle") is not None:
            with_answer = "e => e.dataset.idle === 'true' || e.dataset.status === 'running'"
            self.page.wait_for_function(with_answer, arg=root, timeout=BUSY)
        return root.evaluate(NUMBERS)

    @contextmanager
    def changing(self, root, did: str):
        """Note which of the widget's numbers change, and what it says."""
        before = self.look(root)
        picture = root.screenshot()
        with self.noting(did) as seen:
            yield seen
            self.page.wait_for_timeout(400)
            after = self.look(root)
            moved = [f"{name} {before.get(name, '-')} → {now}"
                     for name, now in after.items() if before.get(name) != now]  # fmt: skip
            said = root.query_selector(".gc-text")
            seen += [", ".join(moved), said.inner_text() if said else ""]
        if not moved and root.screenshot() == picture:
            self.still.append(did)

    def press(self, root, name: str, times: int = 1, seconds: float = 0) -> None:
        """Press a button by its name, so often, and look on for so long."""
        often = f", {times} times" if times > 1 else ""
        with self.changing(root, f'pressed "{name}"{often}'):
            for _ in range(times):
                button = next(b for b in root.query_selector_all("button")
                              if b.inner_text().strip() == name)  # fmt: skip
                button.click()
                self.look(root)
            self.page.wait_for_timeout(1000 * seconds)

    def slide(self, root, control, key: str = "ArrowRight", times: int = 5) -> None:
        """Move a slider or a pad by a key."""
        name, before = control.evaluate(NAME).split(",")[0], control.evaluate(PLACE)
        with self.changing(root, f'moved "{name}" by {times} times {key}') as seen:
            for _ in range(times):
                control.press(key)
            after = control.evaluate(PLACE)
            seen.append(f"{before} → {after};" if before != after else "")

    def buttons(self, root) -> list[str]:
        return [b.inner_text().strip() for b in root.query_selector_all("button") if b.is_visible()]

    def play(self, index: int) -> bool:
        """Press and move what a cell's widget has; return whether there was one."""
        root = self.node(index).query_selector(".gc-live")
        if not root:
            return False
        there = self.buttons(root)
        if "Step D" in there and "Start again" in there:
            for name in ("Step D", "Step G"):
                self.press(root, name, times=10)
            self.press(root, "Run", seconds=5)
            self.press(root, "Pause")
        elif "Pause" in there:
            self.press(root, "Pause")
            self.leaf(root)
            self.press(root, "Resume", seconds=3)
        for control in root.query_selector_all(".gc-pad, input[type=range]")[:3]:
            if control.is_visible() and control.is_enabled():
                self.slide(root, control)
        return True

    def leaf(self, root) -> None:
        """Open each further tab of a widget; there move the first slider, and put it back."""
        first, *more = root.query_selector_all("[role=tab]")
        for tab in more:
            with self.changing(root, f'opened the tab "{tab.inner_text().strip()}"'):
                tab.click()
            sliders = (c for c in root.query_selector_all("input[type=range]") if c.is_visible())
            if slider := next(sliders, None):
                self.slide(root, slider)
                self.slide(root, slider, "ArrowLeft")
        first.click()

    def restart(self, lines: int) -> None:
        """Restart the kernel, and wait until so many widgets say so."""
        with self.noting("restarted the kernel") as seen:
            self.page.evaluate(f"{KERNEL}.restart()")
            self.page.wait_for_function(f"({LINES}).length >= {lines}", timeout=BUSY)
            seen += self.page.evaluate(LINES)
