"""The widgets of lessons 03 and 04: every setting draws; hand and keys move them in Lab."""

import numpy as np
import pytest
from conftest import chart_state, errors_of, run_all

from gancourse import live
from gancourse.live.drawings import packed

WIDGETS = {"move_logits": ("loss",), "phase_plane": ("loss", "penalty", "order")}


def show(notebook, name: str, **values):
    page = notebook([f"from gancourse import live\nlive.{name}(**{values!r})"])
    assert errors_of(run_all(page)) == []
    page.wait_for_selector(".gc-live[data-idle=true]")
    return page


def press(page, selector: str, key: str, times: int = 1) -> None:
    page.locator(selector).first.focus()
    for _ in range(times):
        page.keyboard.press(key)
    page.wait_for_selector(".gc-live[data-idle=true]")


@pytest.mark.parametrize("name", WIDGETS)
def test_every_option_gives_numbers_and_a_sentence(name):
    chart = getattr(live, name)()
    for key in WIDGETS[name]:
        for option in chart.controls[key].options:
            scene = chart.set(**{key: option}).drawing()
            assert len(scene.text) > 20
            assert all(np.isfinite(np.asarray(m.y)).all() for m in scene.panels[1].marks)
            assert packed(scene)["panels"]


@pytest.mark.parametrize("name", WIDGETS)
def test_without_a_front_end_it_is_a_picture(name, monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")
    chart = getattr(live, name)()
    assert "image/png" in chart._repr_mimebundle_()[0]
    assert chart.picture().alt == chart.drawing().text


def test_the_numbers_of_the_logits_are_the_losses():
    scene = live.move_logits("hinge", logit_real=0.5, logit_fake=-3.0).drawing()
    assert scene.numbers["d_loss"] == "0.500"
    assert scene.numbers["D's gradient, fake"] == "0.000"
    assert "G pulls the fake one up with 1.000" in scene.text


def test_the_phase_plane_says_what_becomes_of_the_path():
    chart = live.phase_plane("wasserstein", h=1.0)
    assert "leaves for good" in chart.drawing().text
    assert "converges" in chart.set(penalty="R1, weight 1", h=0.2).drawing().text
    assert "stay there" in chart.set(theta=0, psi=0).drawing().text
    restless = chart.set(penalty="WGAN-GP, weight 0.1").drawing()
    assert "no rest" in restless.numbers["modulus of a step at 0"]


@pytest.mark.parametrize("order", ["extragradient", "optimistic"])
def test_steps_that_look_ahead_converge_without_a_penalty(order):
    chart = live.phase_plane(h=0.5, order=order)
    assert float(chart.drawing().numbers["modulus of a step at 0"]) < 0.98
    assert "converges" in chart.drawing().text


def test_five_steps_of_D_and_consensus_are_on_the_plane():
    chart = live.phase_plane(order="alternating, 5 steps of D")
    assert chart.drawing().numbers["modulus of a step at 0"] == "1.0000"
    braked = live.phase_plane(penalty="consensus, weight 0.3", h=0.1).drawing()
    assert braked.numbers["modulus of a step at 0"] == "0.9938"  # |1 - 0.1 * 0.075 + 0.05 i|


def test_logits_move_by_keys_on_slider_and_dot(notebook):
    page = show(notebook, "move_logits")
    before = chart_state(page)
    press(page, "input[data-key=logit_fake]", "ArrowRight", 20)
    after = chart_state(page)
    assert after["G's gradient"] != before["G's gradient"]
    press(page, "[data-handle='1']", "ArrowLeft", 20)
    assert chart_state(page)["G's gradient"] == before["G's gradient"]


def test_another_loss_changes_both_panels(notebook):
    page = show(notebook, "move_logits")
    page.locator("select[data-key=loss]").select_option("wasserstein")
    page.wait_for_selector(".gc-live[data-idle=true]")
    page.wait_for_function("() => document.querySelector('.gc-text').textContent.includes('wass')")
    assert chart_state(page)["G's gradient"] == "-1.000"


def test_a_click_on_the_plane_starts_the_path_there(notebook):
    page = show(notebook, "phase_plane")
    before = chart_state(page)["distance at the start"]
    box = page.locator(".gc-panels svg[viewBox]").first.bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    changed = "v => !document.querySelector('.gc-numbers').innerText.includes(v)"
    page.wait_for_function(changed, arg=before)
    assert 0 < float(chart_state(page)["distance at the start"]) < 3.6


def test_the_order_of_updates_decides_and_keys_move_the_start(notebook):
    page = show(notebook, "phase_plane")
    assert chart_state(page)["modulus of a step at 0"] == "1.0050"
    page.locator("select[data-key=order]").select_option("alternating")
    page.wait_for_selector(".gc-live[data-idle=true]")
    assert chart_state(page)["modulus of a step at 0"] == "1.0000"
    press(page, "[data-handle='0']", "ArrowUp", 10)
    assert chart_state(page)["distance at the start"] == "1.80"
