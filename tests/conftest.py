"""What every test has: the tools to import, the data beside the checkout, and what runs when.

A short run leaves out the tests that are marked `long` or `clock`; `--share=2/3` runs every third
test from the second on, so that two processes can share a file.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from shared_data import use_shared_data  # noqa: E402

use_shared_data(ROOT)  # now: test modules look at GANCOURSE_DATA when they are imported

LEFT_OUT = {  # marker: the variable that brings its tests in, and why they stay out without it
    "long": ("GANCOURSE_LONG", "make test-long runs it at full length"),
    "clock": ("GANCOURSE_CLOCK", "it measures the machine's speed: make test-long runs it alone"),
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


def pytest_addoption(parser):
    parser.addoption(
        "--share", help="K/N: of the tests that are found, run each N-th from the K-th"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    for marker, (variable, reason) in LEFT_OUT.items():
        if not os.environ.get(variable):
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=reason))
    if share := config.getoption("--share"):
        k, n = map(int, share.split("/"))
        config.hook.pytest_deselected(items=[x for i, x in enumerate(items) if i % n != k - 1])
        items[:] = items[k - 1 :: n]


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; Playwright starts once in a process, and not a second time."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def elsewhere(monkeypatch):
    """A device that is not the CPU, on every machine: tensors there have a shape and no numbers."""
    import torch

    from gancourse import machine

    monkeypatch.setattr(machine, "device", torch.device)
    return torch.device("meta")
