"""tools/shared_data.py: the checks of the project find the data beside the checkout."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shared_data import use_shared_data

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "shared/data").mkdir(parents=True)
    return tmp_path / "repository"


def test_data_beside_the_checkout_are_used(checkout):
    environment = {}
    use_shared_data(checkout, environment)
    assert environment == {"GANCOURSE_DATA": str(checkout.parent / "shared/data")}


def test_a_data_folder_that_the_user_named_stays(checkout):
    environment = {"GANCOURSE_DATA": "mine"}
    use_shared_data(checkout, environment)
    assert environment == {"GANCOURSE_DATA": "mine"}


def test_where_none_is_beside_it_nothing_is_named(tmp_path):
    environment = {}
    use_shared_data(tmp_path / "repository", environment)
    assert environment == {}


def test_tests_look_there_when_they_start(checkout):
    for name in ("tests/conftest.py", "tools/shared_data.py"):
        copy = checkout / name
        copy.parent.mkdir(parents=True)
        copy.write_text((TESTS.parent / name).read_text())
    code = "import conftest, os; print(os.environ['GANCOURSE_DATA'])"
    environment = {k: v for k, v in os.environ.items() if k != "GANCOURSE_DATA"}
    folder = checkout / "tests"
    said = subprocess.check_output([sys.executable, "-c", code], cwd=folder, env=environment)
    assert said.decode().strip() == str(checkout.parent / "shared/data")


def test_the_whole_run_of_checks_starts_with_them(checkout, monkeypatch):
    spec = importlib.util.spec_from_file_location("all_checks", TESTS.parent / "tools/test.py")
    all_checks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(all_checks)
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    steps = all_checks.steps(checkout)
    assert {s.environment["GANCOURSE_DATA"] for s in steps} == {
        str(checkout.parent / "shared/data")
    }
