"""The site, built once, behind a server on the loopback, and a Chromium that looks at it."""

from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from looking import Look, Quiet

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site that `make site` writes."""
    from website.command import build

    out = tmp_path_factory.mktemp("web") / "site"
    assert build(ROOT, out) == 0
    return out


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served, with a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def look(chromium, address):
    """A function: open a page of the site in a tab; the test fails on what went wrong there."""
    looks = []

    def opened(page: str, width: int = 390, **context) -> Look:
        looks.append(Look(chromium, address, width, **context))
        return looks[-1].go(page)

    yield opened
    for found in looks:
        found.close()
    assert [wrong for found in looks for wrong in found.wrong] == []
