"""What of a cell lives on the site: told from the call that is its value."""

import json
import re
from pathlib import Path

import pytest
from website.living import FAULTY, living_of, mount

ROOT = Path(__file__).resolve().parents[2]


def test_a_chart_begins_with_the_values_of_its_call():
    living = living_of('live.move_logits("hinge", logit_fake=-5.0)')
    assert living.kind == "chart"
    assert living.data["chart"] == "move_logits"
    values = json.loads(living.data["values"])
    assert values == {"loss": "hinge", "logit_real": 2.0, "logit_fake": -5.0}


def test_a_chart_that_got_a_name_lives_too():
    living = living_of("far = live.slide_q(mean=5.0)\nfar")
    assert json.loads(living.data["values"])["mean"] == 5.0


def test_what_needs_the_learners_python_stays_a_still():
    assert living_of("live.PointGan()").kind == "points"
    asked = living_of('live.PointGan("grid of 25", shows="D(x)", remedy="WGAN-GP")').data["options"]
    assert json.loads(asked) == {"points": "grid of 25", "shows": "D(x)", "remedy": "WGAN-GP"}
    assert living_of("live.PointGan([[0.0, 1.0]])") is None
    assert living_of("live.slide_q(mean=theta)") is None
    assert living_of("live.TrainingDashboard(state, digits.batch, steps=7)") is None
    assert living_of("plots.lines(x, y)") is None


def test_a_mount_keeps_the_still_and_says_its_data():
    html = mount(living_of("live.bend_D(mean=3.0)"), "<img>")
    assert "<img>" in html
    assert 'data-chart="bend_D"' in html
    assert "&quot;mean&quot;: 3.0" in html


def test_a_faulty_run_of_the_lesson_and_one_z_for_every_class_live():
    assert living_of("live.FaultyRun(7)").data == {"run": "7"}
    assert living_of("live.FaultyRun(7, seed=1)") is None
    assert living_of("live.FaultyRun(99)") is None
    asked = living_of('live.ask_for(first="7", second="1", share=0.5)')
    assert json.loads(asked.data["values"])["share"] == 0.5
    assert living_of('live.ask_for("fashion")') is None


def test_the_lessons_faulty_runs_are_on_the_site():
    source = (ROOT / "notebooks" / "10_failure_clinic.py").read_text(encoding="utf-8")
    shown = re.findall(r"live\.FaultyRun\((\d+)\)$", source, re.MULTILINE)  # not .edit(...)
    assert tuple(map(int, shown)) == (1, 10, 7)
    assert set(FAULTY) == {1, 10, 7}


def test_the_learners_own_steps_are_the_pages_and_say_so():
    living = living_of("live.PointGan(d_step=d_step, g_step=g_step, steps=600).set(steps_D=5)")
    assert living.kind == "points"
    assert living.data["own"] == ""
    assert json.loads(living.data["options"]) == {"values": {"steps_D": 5}}
    critic = """def critic_step(G, D, opt_D, x_real, z):
    (d_loss + wgan_gp_penalty(D, x_real, x_fake)).backward()

live.PointGan(loss="wasserstein", d_step=critic_step, g_step=follow_step)"""
    asked = json.loads(living_of(critic).data["options"])
    assert asked == {"loss": "wasserstein", "remedy": "WGAN-GP"}
    assert "own" not in living_of("live.PointGan()").data


def test_a_dashboard_is_the_recorded_training_of_its_cell():
    shows = "dashboard = live.TrainingDashboard(state, digits.batch, steps={})\ndashboard"
    makes = "state = train.State(train.get_preset({}), seed=0)\n"
    found = living_of(makes.format('"mlp"') + shows.format(1000))
    assert (found.kind, found.data) == ("training", {"run": "mlp"})
    slow = makes.format('"mlp", lr_G=2e-5') + shows.format(600)
    assert living_of(slow).data == {"run": "mlp_alive"}
    assert living_of(makes.format('"mlp", lr_G=1e-5') + shows.format(600)) is None
    assert living_of(makes.replace("0", "1").format('"mlp"') + shows.format(1000)) is None
    assert living_of(shows.format(1000)) is None  # a run of which nothing is known


def test_lesson_06s_own_steps_go_on_with_its_run():
    lesson = (ROOT / "notebooks" / "06_mlp_gan_mnist.py").read_text(encoding="utf-8")
    (cell,) = (cell for cell in lesson.split("# %%\n") if "d_step=d_step" in cell)
    assert living_of(cell).data == {"run": "mlp_on", "own": ""}
    assert living_of(cell.replace("steps=1000", "steps=900")) is None
    assert living_of(cell.replace("g_step=g_step", "g_step=mine")) is None


@pytest.mark.parametrize(
    "source",
    [
        "live.TrainingDashboard(state, digits.batch, steps=n)",
        'state = train.State(train.get_preset("mlp"), seed=0)\n'
        "live.TrainingDashboard(state, digits.batch, steps=n)",
        'state = train.State(train.get_preset("mlp", lr_G=rate), seed=0)\n'
        "live.TrainingDashboard(state, digits.batch, steps=1000)",
        "live.PointGan().set(steps_D=n)",
        "live.slide_q(mean=theta).set(mean=theta)",
    ],
)
def test_a_cell_that_writes_a_name_for_a_number_stays_a_still(source):
    assert living_of(source) is None
