"""How far a long cell is: shown where somebody looks, and nothing left of it."""

import pytest

from gancourse import live
from gancourse.errors import InputError


def test_where_nobody_looks_nothing_is_written(monkeypatch, capfd):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")
    assert list(live.progress(range(5), "training")) == [0, 1, 2, 3, 4]
    assert capfd.readouterr() == ("", "")


def test_where_somebody_looks_it_is_shown_and_taken_away(monkeypatch, capfd):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    assert list(live.progress(range(5), "training")) == [0, 1, 2, 3, 4]
    out, err = capfd.readouterr()
    assert out == ""
    assert "training" in err
    assert "5/5" in err or "0/5" in err
    assert err.rsplit("\r", 1)[-1].strip() == ""  # the line is blank at the end


def test_a_generator_may_say_how_many_there_are(monkeypatch, capfd):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    assert len(list(live.progress((i for i in range(3)), total=3))) == 3
    assert "/3" in capfd.readouterr().err


def test_what_cannot_be_gone_through_is_an_error_at_once():
    with pytest.raises(InputError, match="progress goes through a list"):
        live.progress(7)
