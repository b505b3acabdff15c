"""A tab that notes what goes wrong in it: errors in the console, requests that leave the site."""

from contextlib import suppress
from http.server import SimpleHTTPRequestHandler

from axe_playwright_python.sync_playwright import Axe

OF_COLOUR = ("color-contrast", "link-in-text-block")  # what another theme can break
PATIENCE = 120_000  # ms, on a busy machine
SET = """async () => {
  await (window.MathJax?.startup?.promise ?? null);
  await document.fonts.ready;
}"""
WIDER = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""


class Look:
    """A tab; `tab` is Playwright's page, `wrong` what went wrong, `bytes` what was loaded."""

    def __init__(self, chromium, address: str, width: int, **context):
        self.address, self.wrong, self.bytes = address, [], {}
        self._context = chromium.new_context(viewport={"width": width, "height": 900}, **context)
        self.tab = self._context.new_page()
        self.tab.set_default_timeout(PATIENCE)
        self.tab.on("console", self._said)
        self.tab.on("pageerror", lambda error: self.wrong.append(f"{self.name}: {error}"))
        self.tab.on("request", self._asked)
        self.tab.on("response", self._answered)
        self.name = ""

    def _said(self, message) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{self.name}: {message.text}")

    def _asked(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"{self.name} asked for {request.url}")

    def _answered(self, response) -> None:
        self.bytes[response.url] = int(response.headers.get("content-length", 0))
        if response.status >= 400:
            self.wrong.append(f"{self.name}: {response.status} for {response.url}")

    def go(self, page: str) -> "Look":
        """Open a page and wait until its formulas are set."""
        self.name = page
        self.tab.goto(self.address + page)
        self.tab.evaluate(SET)
        return self

    def overflow(self) -> list[str]:
        """Return what makes the page wider than its window, empty where nothing does."""
        wide = self.tab.evaluate("document.documentElement.scrollWidth > innerWidth")
        return self.tab.evaluate(WIDER) or ["something"] if wide else []

    def grave(self, rules: tuple[str, ...] = ()) -> list[str]:
        """Return what axe-core calls serious or critical, of all rules or some: rule, element."""
        only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        found = Axe().run(self.tab, options={"preload": False, **only}).response
        assert found["violations"] or found["passes"], "axe-core looked at nothing"
        return [f"{v['id']}: {n['html'][:160]}" for v in found["violations"]
                if v["impact"] in ("serious", "critical") for n in v["nodes"][:2]]  # fmt: skip

    def close(self) -> None:
        self._context.close()


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing, not even when a tab goes on before a file has come."""

    def log_message(self, *arguments):
        pass

    def copyfile(self, source, outputfile):
        with suppress(ConnectionError):
            super().copyfile(source, outputfile)
