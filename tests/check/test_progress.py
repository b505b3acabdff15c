"""Passed exercises are kept in the working copy, and nowhere else."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gancourse.check import check
from gancourse.check.progress import MARK, home, note, passed
from gancourse.jupyter.progress import NO_COPY, progress


@pytest.fixture
def copy(tmp_path, monkeypatch):
    (tmp_path / MARK).mkdir()
    (tmp_path / "exercises").mkdir()
    monkeypatch.chdir(tmp_path / "exercises")
    return tmp_path


def d_loss(real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def test_a_check_that_passes_is_kept_with_its_day(copy):
    assert check("05.1", d_loss).passed
    assert list(passed(copy)) == ["05.1"]
    page = progress()._repr_html_()
    assert "✓ 05.1" in page
    assert "○ 05.2" in page
    assert "1 of" in page


def test_a_check_that_does_not_pass_is_not(copy):
    assert not check("05.1", lambda real, fake: d_loss(fake, real)).passed
    assert not passed(copy)


def test_elsewhere_nothing_is_written_and_the_page_says_how_to_begin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    note("05.1", 6)
    assert home() is None
    assert not list(tmp_path.iterdir())
    assert repr(progress()) == NO_COPY


def test_a_copy_that_cannot_be_written_costs_no_check(copy, monkeypatch):
    (copy / MARK / "passed").touch()
    note("05.1", 6)
    assert passed(copy) == {}


def test_a_damaged_note_is_passed_by(copy):
    note("05.1", 6)
    (copy / MARK / "passed" / "05.2.json").write_text("{")
    assert list(passed(copy)) == ["05.1"]
