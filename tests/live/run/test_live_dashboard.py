"""The training dashboard without a browser: lengths, frames, numbers, pictures, its explorer."""

import sys
from dataclasses import replace

import pytest
import torch
from watching import (  # noqa: F401
    IMAGES,
    TINY,
    a_dashboard,
    flat,
    greys,
    interrupts,
    plain,
    reaches,
    same,
    with_a_page,
)

from gancourse import live, train
from gancourse.data import load_images
from gancourse.errors import InputError


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"minutes": 0}, "minutes must be a number above 0"),
        ({"minutes": "ten"}, "minutes must be a number above 0"),
        ({"steps": 5, "minutes": 1}, "give one of both"),
        ({"steps": None}, "give one of both"),
    ],
)
def test_a_length_that_is_none_is_an_error(length, message):
    with pytest.raises(InputError, match=message):
        a_dashboard(**length)


def test_a_source_that_is_no_function_is_an_error():
    with pytest.raises(InputError, match=r"Tensor was given: give images\.batch"):
        a_dashboard(source=torch.zeros(5, 2))


def test_samples_that_it_cannot_show_are_an_error():
    parts = {"shape": (3, 8, 8), "widths": (8,)}
    recipe = train.Recipe("mlp", G={"z_dim": 2, **parts}, D=parts, batch=8)
    with pytest.raises(InputError, match=r"samples of shape \[3, 8, 8\]"):
        a_dashboard(recipe)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"lr_X": 1}, "did you mean"), ({"lr_D": 0}, "above 0"), ({"lr_G": "1"}, "above 0")],
)
def test_a_control_that_is_none_is_an_error_and_changes_nothing(values, message):
    dashboard = a_dashboard()
    with pytest.raises(InputError, match=message):
        dashboard.set(**values)
    assert dashboard.values() == {"lr_D": TINY.lr_D, "lr_G": TINY.lr_G, "slow": False}


def test_the_page_gets_pixels_of_the_average_for_fixed_z():
    dashboard = a_dashboard(IMAGES, greys, steps=30)
    view = dashboard.widget()
    state = dashboard.wait()
    z = torch.randn(36, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        x = state.ema_G(z)
    wanted = ((x + 1) * 127.5).round().to(torch.uint8).numpy().tobytes()
    assert bytes(view.frame["pixels"]) == wanted
    assert (view.frame["side"], view.frame["columns"], len(wanted)) == (8, 6, 36 * 64)


def test_a_message_of_the_page_is_obeyed_and_answered():
    dashboard = a_dashboard(steps=1_000_000)
    view = dashboard.widget()
    dashboard.answer({"do": "run"})
    reaches(dashboard, 2)
    dashboard.answer({"serial": 7, "values": {"lr_D": 0.01}})
    dashboard.answer({"do": "pause"})
    assert (view.frame["status"], view.frame["serial"]) == ("paused", 7)
    assert view.frame["values"]["lr_D"] == 0.01
    dashboard.answer({"do": "stop"})
    assert view.frame["status"] == "stopped"


def test_what_goes_wrong_with_a_button_is_said_in_the_page():
    dashboard = a_dashboard()
    view = dashboard.widget()
    dashboard.answer({"do": "explode"})
    assert "Unknown button 'explode'" in view.frame["text"]
    dashboard.source = lambda n, g: 1 / 0
    dashboard.answer({"do": "step_D"})
    assert view.frame["text"] == "ZeroDivisionError: division by zero"


def test_numbers_tell_step_rate_and_time_left():
    dashboard = a_dashboard()
    assert dashboard._numbers()["rate"] == dashboard._numbers()["time left"] == "not known yet"
    dashboard.wait()
    numbers = dashboard._numbers()
    assert numbers["step"] == "60 of 60"
    assert numbers["time left"] == "0 s"
    assert numbers["rate"].endswith(" samples/s")


@pytest.mark.parametrize(
    ("seconds", "words"), [(12.4, "12 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_times_are_told_in_two_units(seconds, words):
    from gancourse.live.run.dashboard import _duration

    assert _duration(seconds) == words


def test_core_widgets_start_pause_and_steer():
    dashboard = a_dashboard(IMAGES, greys, steps=1_000_000)
    image, words, row, tabs = dashboard.core_widget().children[:4]
    start, before = row.children[0], image.value
    assert start.description == "Start"
    start.click()
    assert start.description == "Pause"
    reaches(dashboard, 10)
    start.click()
    assert (dashboard.status, start.description) == ("paused", "Resume")
    assert image.value != before
    assert "Paused after step" in words.value
    tabs.children[1].children[1].value = 0.01
    assert dashboard.values()["lr_D"] == pytest.approx(0.01)
    dashboard.set(lr_G=0.1)
    assert tabs.children[1].children[2].value == pytest.approx(0.1)


def test_in_colab_it_runs_in_the_foreground_with_core_widgets(environment):
    environment.delenv("GANCOURSE_FRONTEND")
    environment.setitem(sys.modules, "google.colab", object())
    dashboard = a_dashboard(IMAGES, greys)
    data = dashboard._repr_mimebundle_()
    assert data["text/plain"] == repr(dashboard)
    assert (dashboard.status, dashboard.state.step) == ("finished", 60)


def test_the_repr_is_stable():
    dashboard = a_dashboard()
    assert repr(dashboard) == repr(dashboard.widget())
    assert repr(dashboard) == "<TrainingDashboard: mlp on its source, step 0 of 60, ready>"


def test_the_evaluation_copy_is_another_net_and_only_shows_refresh_it():
    dashboard = a_dashboard(steps=20)
    before = flat(dashboard.G)
    state = dashboard.wait()
    assert torch.equal(flat(dashboard.G), before)  # nobody looked
    dashboard.picture()
    assert torch.equal(flat(dashboard.G), flat(state.ema_G))


def test_batch_norm_and_dcgan_are_not_disturbed_by_who_looks():
    small = {"width": 4}
    recipe = train.get_preset("dcgan", G={"z_dim": 4, **small}, D=small, batch=4, precision="fp32")

    def source(n, generator):
        return torch.rand(n, 1, 28, 28, generator=generator) * 2 - 1

    dashboard = a_dashboard(recipe, source, steps=6)
    dashboard.widget()
    assert same(dashboard.wait(), plain(6, recipe, source))


def test_the_explorer_follows_the_net_that_trains():
    dashboard = a_dashboard(IMAGES, greys, steps=20)
    explorer = dashboard.explorer()
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(1))
    before = explorer.images(z)
    state = dashboard.wait()
    with torch.no_grad():
        torch.testing.assert_close(explorer.images(z), state.ema_G(z), atol=1e-5, rtol=0)
    assert not torch.equal(explorer.images(z), before)
    assert explorer.lock is dashboard.lock


def test_an_explorer_of_points_is_an_error():
    with pytest.raises(InputError, match=r"samples of shape \[2\]: give the dashboard a state"):
        a_dashboard().explorer()


LABELLED = replace(
    train.get_preset("acgan"), G={"z_dim": 2, "width": 8}, D={"width": 8, "how": "auxiliary"},
    batch=8, precision="fp32",
)  # fmt: skip


def test_a_conditional_run_shows_each_class_in_turn():
    digits = load_images("digits")
    dashboard = a_dashboard(LABELLED, digits.labelled_batch, steps=2)
    view = dashboard.widget()
    state = dashboard.wait()
    z = torch.randn(36, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        x = state.ema_G(z, torch.arange(36) % 10)
    wanted = ((x + 1) * 127.5).round().to(torch.uint8).numpy().tobytes()
    assert bytes(view.frame["pixels"]) == wanted
    dashboard.step_D()
    dashboard.step_G()
    assert "G alone took a step" in dashboard.sentence()
    assert dashboard.frames[-1][1].shape == (16, 1, 28, 28)


def test_steps_of_ones_own_are_given_no_labels():
    state = train.State(LABELLED, device="cpu")
    source = load_images("digits").labelled_batch
    with pytest.raises(InputError, match="given no labels"):
        live.TrainingDashboard(state, source, steps=2, d_step=lambda G, D, opt_D, x_real, z: 0.0)
