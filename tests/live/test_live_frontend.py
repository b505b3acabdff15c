"""What can show a widget here: the session, Colab, and the environment that overrides."""

import sys

import pytest

from gancourse.errors import InputError
from gancourse.live.frontend import frontend


@pytest.fixture
def environment(monkeypatch):
    for name in ("GANCOURSE_FRONTEND", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_no_frontend_unless_lab_or_notebook_names_the_session(environment):
    assert frontend() == "none"
    environment.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    assert frontend() == "anywidget"


def test_colab_gets_core_widgets(environment):
    environment.setitem(sys.modules, "google.colab", object())
    assert frontend() == "ipywidgets"


def test_the_environment_overrides(environment):
    environment.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    environment.setenv("GANCOURSE_FRONTEND", "none")
    assert frontend() == "none"
    environment.setenv("GANCOURSE_FRONTEND", "vt100")
    with pytest.raises(InputError, match="GANCOURSE_FRONTEND"):
        frontend()
