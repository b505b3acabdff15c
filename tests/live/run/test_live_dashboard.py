"""The training dashboard without a browser: threads, exact bits, errors, frames, pictures."""

import base64
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
import torch

from gancourse import live, load_points, train
from gancourse.errors import InputError
from gancourse.live.run import background, history
from gancourse.live.run.background import THREAD, Background
from gancourse.train import checkpoint

POINTS = {"shape": (2,), "widths": (16,)}
TINY = train.Recipe("mlp", G={"z_dim": 2, **POINTS}, D=POINTS, batch=16, precision="fp32")
SMALL = {"shape": (1, 8, 8), "widths": (8,)}
IMAGES = train.Recipe("mlp", G={"z_dim": 2, **SMALL}, D=SMALL, batch=8, precision="fp32")
RING = load_points("ring")
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def interrupts():
    """Let SIGINT raise, also in tests that a shell has started in its background, ignoring it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    yield monkeypatch
    background.make_way()
    assert not threads()


@pytest.fixture
def no_page(environment):
    environment.setenv("GANCOURSE_FRONTEND", "none")


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == THREAD]


def greys(n, generator):
    return torch.rand(n, 1, 8, 8, generator=generator) * 2 - 1


def a_dashboard(recipe=TINY, source=RING.sample, seed=0, **length):
    return live.TrainingDashboard(
        train.State(recipe, seed, "cpu"), source, **length or {"steps": 60}
    )


def ring_but(at: int, act):
    """Return a source of the ring whose batch for step `at` goes through `act`."""
    taken = []

    def source(n, generator):
        x = RING.sample(n, generator)
        taken.extend([n] * (n == TINY.batch))
        return act(x) if n == TINY.batch and len(taken) == at else x

    return source


def endless():
    return a_dashboard(steps=1_000_000).run()


def reaches(dashboard, step: int) -> None:
    end = time.monotonic() + 600
    while dashboard.state.step < step:
        assert time.monotonic() < end, f"still at step {dashboard.state.step}"
        time.sleep(0.002)


def plain(steps, recipe=TINY, source=RING.sample):
    state = train.State(recipe, 0, "cpu")
    for _ in train.train(state, source, steps):
        pass
    return state


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_without_a_page_the_value_of_a_cell_trains_and_is_a_picture(no_page):
    dashboard = a_dashboard()
    data, metadata = dashboard._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert VIEW not in data
    assert metadata["image/png"]["alt"].startswith("Finished after step 60.")
    assert dashboard.wait().step == 60
    assert not threads()


def test_with_a_page_the_value_of_a_cell_trains_in_one_daemon_thread():
    dashboard = a_dashboard(steps=1_000_000)
    data = dashboard._repr_mimebundle_()
    assert VIEW in data
    assert data["text/plain"] == repr(dashboard)
    assert [t.daemon for t in threads()] == [True]
    reaches(dashboard, 3)


def test_showing_it_again_starts_nothing():
    dashboard = a_dashboard()
    dashboard._repr_mimebundle_()
    dashboard.wait()
    dashboard._repr_mimebundle_()
    assert (dashboard.status, dashboard.state.step) == ("finished", 60)


@pytest.mark.parametrize("kind", ["anywidget", "none"])
def test_the_run_is_bit_for_bit_that_of_train(environment, kind):
    environment.setenv("GANCOURSE_FRONTEND", kind)
    dashboard = a_dashboard()
    dashboard.widget()  # frames are made meanwhile
    assert same(dashboard.run().wait(), plain(60))


def test_wait_starts_a_run_that_nobody_started():
    assert a_dashboard().wait().step == 60


def test_pause_holds_and_run_goes_on():
    dashboard = endless()
    reaches(dashboard, 5)
    step = dashboard.pause().state.step
    time.sleep(0.05)
    assert dashboard.state.step == step
    assert dashboard.status == "paused"
    assert f"Paused after step {step}" in dashboard.sentence()
    reaches(dashboard.run(), step + 5)
    assert len(threads()) == 1


def test_paused_in_the_middle_it_ends_with_the_same_bits():
    dashboard = a_dashboard(steps=200).run()
    reaches(dashboard, 5)
    dashboard.pause()
    dashboard.samples(), dashboard.picture(), dashboard.frame()
    assert same(dashboard.wait(), plain(200))


def test_stopped_saved_and_resumed_it_ends_with_the_same_bits(tmp_path):
    dashboard = a_dashboard(steps=200).run()
    reaches(dashboard, 5)
    dashboard.stop()
    assert dashboard.status == "stopped"
    state = train.load_state(train.save_state(dashboard.state, tmp_path / "run.safetensors"))
    rest = live.TrainingDashboard(state, RING.sample, steps=200 - state.step)
    assert same(rest.wait(), plain(200))


def test_a_state_can_be_saved_while_it_trains(tmp_path):
    dashboard = endless()
    reaches(dashboard, 5)
    with dashboard.still() as state:
        path, step = train.save_state(state, tmp_path / "run.safetensors"), state.step
    assert same(train.load_state(path), plain(step))
    reaches(dashboard, step + 3)


def test_stop_ends_the_thread_at_once_and_the_run_can_go_on():
    dashboard = endless()
    reaches(dashboard, 5)
    step = dashboard.stop().state.step
    assert step < 1_000_000
    assert not threads()
    reaches(dashboard.run(), step + 3)


def test_stop_interrupts_the_rest_of_slow_motion(environment):
    environment.setattr("gancourse.live.run.player.SLOW", 1e6)  # seconds: it would never end
    dashboard = a_dashboard(steps=1000).set(slow=True)
    reaches(dashboard.run(), 1)
    dashboard.stop()
    assert dashboard.state.step == 1


def test_another_dashboard_stops_the_first_even_of_the_same_state():
    first = endless()
    second = live.TrainingDashboard(first.state, RING.sample, steps=10)
    assert first.status == "stopped"
    assert "because another run was started" in first.sentence()
    start = first.state.step
    assert second.wait().step == start + 10
    assert not threads()


def test_starting_a_run_stops_the_other():
    first, second = a_dashboard(steps=1_000_000), a_dashboard(steps=1_000_000)
    first.run()
    second.run()
    assert (first.status, second.status) == ("stopped", "running")
    assert len(threads()) == 1


def test_run_after_the_end_goes_on_as_far_again():
    dashboard = a_dashboard(steps=5)
    dashboard.wait()
    dashboard.run().wait()
    assert dashboard.state.step == 10


class Clock:
    """A clock that goes on by `tick` seconds whenever it is read, and otherwise when it is told."""

    def __init__(self, tick: float = 0.0):
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def test_minutes_count_training_alone(environment):
    environment.setattr("gancourse.live.run.background.perf_counter", Clock(tick=0.01))
    dashboard = a_dashboard(minutes=0.1 / 60).run()
    assert 1 < dashboard.wait().step <= 10
    assert 0.1 <= dashboard.background.spent < 0.2
    assert dashboard.frame()["progress"] >= 1


def test_single_steps_move_one_player_and_no_count():
    dashboard = a_dashboard()
    state = dashboard.state
    before = {who: flat(getattr(state, who)) for who in "DG"}
    dashboard.step_D()
    assert "D alone took a step: before it, d_loss" in dashboard.sentence()
    assert not torch.equal(flat(state.D), before["D"])
    assert torch.equal(flat(state.G), before["G"])
    before["D"] = flat(state.D)
    dashboard.step_G()
    assert "G alone took a step: before it, g_loss" in dashboard.sentence()
    assert torch.equal(flat(state.D), before["D"])
    assert not torch.equal(flat(state.G), before["G"])
    assert (state.step, state.history) == (0, [])


def flat(net):
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def test_a_single_step_pauses_a_run():
    dashboard = endless()
    reaches(dashboard, 3)
    dashboard.step_D()
    assert dashboard.status == "paused"


def test_learning_rates_change_while_it_trains_and_are_saved(tmp_path):
    dashboard = endless()
    reaches(dashboard, 3)
    dashboard.set(lr_D=0.05, lr_G=1e-5)
    assert [g["lr"] for g in dashboard.state.opt_D.param_groups] == [0.05]
    reaches(dashboard, dashboard.state.step + 3)
    dashboard.stop()
    state = train.load_state(train.save_state(dashboard.state, tmp_path / "run.safetensors"))
    assert (state.opt_D.param_groups[0]["lr"], state.recipe.lr_G) == (0.05, 1e-5)
    assert dashboard.values() == {"lr_D": 0.05, "lr_G": 1e-5, "slow": False}


def test_a_learning_rate_of_almost_nothing_holds_that_player():
    dashboard = a_dashboard(steps=20).set(lr_D=1e-30)
    before = {who: flat(getattr(dashboard.state, who)) for who in "DG"}
    state = dashboard.wait()
    assert torch.equal(flat(state.D), before["D"])
    assert not torch.equal(flat(state.G), before["G"])


def test_a_loss_that_is_nan_ends_the_run_in_one_sentence():
    dashboard = a_dashboard(source=ring_but(8, lambda x: x * float("nan")))
    with pytest.raises(InputError, match="At step 8 d_loss is nan: the run has diverged"):
        dashboard.wait()
    assert dashboard.status == "failed"
    assert "At step 8 d_loss is nan" in dashboard.sentence()


def test_samples_that_are_not_finite_are_never_shown():
    dashboard = a_dashboard(source=lambda n, g: torch.full((n, 2), float("nan")), steps=3)
    dashboard._x_real.zero_()
    view = dashboard.widget()
    with pytest.raises(InputError):
        dashboard.wait()
    assert dashboard.samples().isfinite().all()
    assert "diverged" in view.frame["text"]


def test_an_exception_of_the_source_ends_the_run_and_wait_raises_it():
    def breaks(x):
        raise OSError("the disk is gone\nand more lines")

    dashboard = a_dashboard(source=ring_but(4, breaks)).run()
    with pytest.raises(OSError, match="the disk is gone"):
        dashboard.wait()
    assert dashboard.sentence().endswith("after step 3. OSError: the disk is gone")
    with pytest.raises(OSError, match="the disk"):
        dashboard.wait()


def test_an_error_in_the_foreground_is_told_in_the_picture_and_raised_by_wait(no_page):
    dashboard = a_dashboard(source=ring_but(4, lambda x: 1 / 0))
    _, metadata = dashboard._repr_mimebundle_()
    assert "ZeroDivisionError: division by zero" in metadata["image/png"]["alt"]
    with pytest.raises(ZeroDivisionError):
        dashboard.wait()


def test_an_interrupt_in_the_foreground_ends_the_run_after_its_step(no_page):
    def interrupt(x):
        os.kill(os.getpid(), signal.SIGINT)
        return x

    dashboard = a_dashboard(source=ring_but(5, interrupt)).run()
    assert (dashboard.status, dashboard.state.step) == ("stopped", 5)
    assert "by an interrupt" in dashboard.sentence()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert same(dashboard.run().state, plain(60))


def interrupt_once_it_waits(dashboard) -> None:
    while not dashboard.background.waiting:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_of_a_cell_that_waits_stops_the_thread():
    dashboard = endless()
    threading.Thread(target=interrupt_once_it_waits, args=(dashboard,)).start()
    state = dashboard.wait()
    assert (dashboard.status, threads()) == ("stopped", [])
    assert same(state, plain(state.step))


def test_who_looks_meanwhile_is_told_that_a_cell_waits():
    dashboard = a_dashboard(steps=1_000_000)
    view = dashboard.widget()
    told = threading.Event()

    def look(change):
        if "A cell waits for this run" in change["new"]["text"]:
            told.set()

    view.observe(look, "frame")
    threading.Thread(target=lambda: (told.wait(600), dashboard.stop())).start()
    dashboard.wait()
    assert told.is_set()
    assert not view.frame["waiting"]


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


def test_the_page_gets_the_curves_thinned_to_means():
    x, y = history.thinned(np.arange(1000.0), np.arange(1000.0)[:, None])
    assert len(x) == len(y) == 200
    assert (x[0], y[0, 0], x[-1]) == (2.0, 2.0, 997.0)
    x, _ = history.thinned(np.arange(7.0), np.zeros((7, 1)), most=3)
    assert x.tolist() == [1.0, 4.0, 6.0]


def test_the_curves_are_those_of_the_history_and_the_norms_those_of_the_gradients():
    dashboard = a_dashboard(steps=history.NORMS_EVERY)
    state = dashboard.wait()
    wanted = [np.log10(torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item())
              for net in (state.D, state.G)]  # fmt: skip
    minimised, says, norms = dashboard.log.panels()
    for mark in (*minimised.marks, *says.marks[1:]):
        assert np.allclose(mark.y, state.curves()[mark.label])
    assert [mark.y[-1] for mark in norms.marks] == pytest.approx(wanted, abs=1e-5)
    assert [mark.label for mark in norms.marks] == ["of D", "of G"]


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
    image, words, row, tabs = dashboard.core_widget().children
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


def test_a_background_keeps_its_error_and_can_start_again():
    taken = []

    def step():
        taken.append(len(taken))
        if len(taken) == 3:
            raise ValueError("third")

    runner = Background(step, lambda: len(taken) >= 6, lambda: None)
    runner.start()
    with pytest.raises(ValueError, match="third"):
        runner.wait()
    runner.start()
    runner.wait()
    assert (runner.status, len(taken)) == ("finished", 6)


def test_showing_takes_at_most_a_tenth_of_the_time(environment):
    shown, clock = [], Clock()
    environment.setattr("gancourse.live.run.background.perf_counter", clock)
    runner = Background(lambda: clock.pass_by(0.001), lambda: runner.spent > 1.2,
                        lambda: (clock.pass_by(0.05), shown.append(1)))  # fmt: skip
    runner.run_here()
    assert len(shown) <= 4 + 3  # at the start, in the first step, twice at the end; else each 0.5 s


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
