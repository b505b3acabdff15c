"""A watched run without a browser: threads, exact bits, single steps, rates, errors, interrupts."""

import base64
import os
import signal
import threading
import time

import pytest
import torch
from watching import (  # noqa: F401
    RING,
    VIEW,
    Clock,
    a_dashboard,
    endless,
    flat,
    interrupts,
    plain,
    reaches,
    ring_but,
    same,
    threads,
    with_a_page,
    without_a_page,
)

from gancourse import live, train
from gancourse.errors import InputError


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
    environment.setattr("gancourse.live.run.steered.SLOW", 1e6)  # seconds: it would never end
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
    seen = threading.Event()

    def look(change):
        if "A cell waits for this run" in change["new"]["text"]:
            seen.set()

    view.observe(look, "frame")
    threading.Thread(target=lambda: (seen.wait(600), dashboard.stop())).start()
    dashboard.wait()
    assert seen.is_set()
    assert not view.frame["waiting"]
