"""A faulty run: films beside each other, causes with replies, an edit that trains."""

import time
from dataclasses import replace

import numpy as np
import pytest

from gancourse import clinic, live
from gancourse.errors import InputError
from gancourse.live.run import faulty, faulty_view


@pytest.fixture(autouse=True)
def still(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")


def brief(name: str = "one z", steps: int = 30) -> live.FaultyRun:
    run = live.FaultyRun(name)
    run.setting = replace(run.setting, steps=steps)
    return run


def until(what, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_number_a_case_and_a_name_mean_the_same_run():
    runs = [live.FaultyRun(x) for x in (1, clinic.Case(1), "mode collapse")]
    assert {run.answer for run in runs} == {"mode collapse"}
    for unknown in (0, "flu"):
        with pytest.raises(InputError):
            live.FaultyRun(unknown)


@pytest.mark.parametrize("name", clinic.FAULTS)
def test_the_causes_hold_the_right_one_and_nothing_gives_it_away(name):
    run = live.FaultyRun(name)
    assert len(set(run.options)) == faulty.CAUSES_SHOWN
    assert name in run.options
    assert name not in run.title + repr(run) + run.picture().alt
    assert [run.reply(o).startswith("Yes") for o in run.options] == [o == name for o in run.options]


def test_a_cause_that_is_not_offered_is_told():
    with pytest.raises(InputError, match="flu"):
        brief().reply("flu")


def test_without_a_page_it_is_a_picture_with_a_folded_answer():
    data, _ = brief()._repr_mimebundle_()
    outside, inside = data["text/html"].split("<details>")
    assert "image/png" in data
    assert "Yes, one z" in inside
    assert "torch.randn(1, setting.z_dim)" in inside
    assert "Yes" not in outside


def test_an_edit_is_shown_beside_the_sound_run():
    run = brief()
    assert [name in run.picture().alt for name in run.titles] == [True, True, False]
    run.edit(run.code)
    assert [name in run.picture().alt for name in run.titles] == [False, True, True]


def test_an_edit_trains_another_run_and_a_short_one_is_not_sound():
    run = brief()
    first = run.repair().yours
    assert run.said.startswith("Not sound: ")  # 30 turns are too few
    run.edit("def noise(n, setting):\n    return 3 * torch.randn(n, setting.z_dim)")
    assert not np.array_equal(first.samples[-1], run.yours.samples[-1])


def test_the_lines_that_were_trained_last_stand_in_the_box():
    run = brief()
    assert run.frame()["code"] == ""
    run.edit(run.code + "\n")
    assert run.frame()["code"] == run.code + "\n"
    assert run.code + "\n" in [getattr(w, "value", "") for w in flat(faulty_view.core_view(run))]


def flat(widget):
    """Return a widget of ipywidgets and all that it holds."""
    return [widget, *(w for child in getattr(widget, "children", ()) for w in flat(child))]


def test_a_whole_repair_is_sound_and_a_wrong_one_is_said_not_to_be(monkeypatch):
    run = brief()
    monkeypatch.setattr(faulty.films.settings, "in_band", lambda found, setting: True)
    assert run.repair().said.startswith("Sound: ")
    monkeypatch.setattr(faulty.films.settings, "in_band", lambda found, setting: False)
    assert run.edit(run.code).said.startswith("Not sound: ")


def test_lines_that_are_no_program_or_break_off_are_said():
    run = brief()
    with pytest.raises(InputError, match="This is no program"):
        run.edit("def noise(n, setting)")
    with pytest.raises(InputError, match="Turn 0 broke off"):
        run.edit("def noise(n, setting):\n    return torch.randn(n, setting.z_dim + 1)")
    run.listen({"do": "train", "code": "def noise("})
    assert run.said.startswith("This is no program")
    assert run.said.endswith("'def noise('.")
    assert run.repair().status == "finished"


def test_with_a_page_it_trains_in_the_background_and_can_be_stopped(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    run = brief(steps=100_000)
    widget = faulty_view.FaultyRunWidget(run)
    run.listen({"do": "train", "code": run.code})
    until(lambda: widget.frame["yours"])
    run.listen({"do": "stop"})
    assert run.status == "stopped"
    assert "Stopped: turn" in widget.frame["text"]
    other = brief(steps=20)
    run.edit(run.code)
    other.repair()  # one training in a kernel
    until(lambda: other.status == "finished")
    assert run.status == "stopped"


def test_the_page_has_films_replies_and_lines():
    widget = faulty_view.FaultyRunWidget(live.FaultyRun("one z"))
    film = widget.films[0]
    count = len(film["at"])
    assert len(film["field"]) == count * film["side"] ** 2
    assert len(film["samples"]) == count * film["count"] * 2 * 4
    assert widget.frame["yours"] == {}
    assert widget.replies[widget.options.index(widget.answer)].startswith("Yes")


def test_images_go_to_the_page_as_grey_levels():
    film = faulty_view.FaultyRunWidget(live.FaultyRun("range")).films[0]
    assert len(film["samples"]) == len(film["at"]) * film["count"] * 14 * 14
    assert film["field"] == b""


def test_core_widgets_choose_and_train(monkeypatch):
    monkeypatch.setattr(faulty_view, "_score", {})
    run = brief()
    _image, _question, row, reply, editor, words = faulty_view.core_view(run).children
    assert editor.layout.display == "none"
    buttons = {button.description: button for button in row.children}
    buttons[next(o for o in run.options if o != "one z")].click()
    buttons["one z"].click()
    assert "Yes, one z" in reply.value
    assert "0 of 1" in reply.value  # the first choice counts
    assert editor.layout.display == ""
    editor.children[1].click()
    until(lambda: words.value.startswith("Not sound"))


def test_films_beside_each_other_have_one_axis_unless_it_would_hide_one_of_them():
    def axes(name: str):
        run = live.FaultyRun(name)
        return [faulty._panels(film, run._height)[1] for film in run.films.values()]

    bad, sound = axes("D too weak")
    assert bad.ylim == sound.ylim
    assert {bad.title, sound.title} == {"Losses"}
    bad, sound = axes("no zero_grad")  # losses of a hundred beside losses of one
    assert sound.ylim[1] < bad.ylim[1] / 20
    assert {bad.title, sound.title} == {"Losses (axis of this run alone)"}


def test_an_edit_whose_losses_leave_the_axis_of_the_two_films_has_its_own():
    run = live.FaultyRun("D too strong")
    bad, sound = run.films.values()
    far = replace(sound, losses=100 * sound.losses)
    assert [faulty._panels(film, run._height)[1].title for film in (bad, far)] == [
        "Losses", "Losses (axis of this run alone)",
    ]  # fmt: skip
