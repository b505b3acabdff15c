"""What every test file has in common: which tests a short run leaves out, and shares of a file."""

import os

import pytest

LEFT_OUT = {  # marker: the variable that brings its tests in, and why they stay out without it
    "long": ("GANCOURSE_LONG", "make test-long runs it at full length"),
    "clock": ("GANCOURSE_CLOCK", "it measures the machine's speed: make test-long runs it alone"),
}


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
