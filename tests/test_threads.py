"""The number of threads: chosen by the kind of work, kept by a run, and given back after it."""

import contextlib
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from gancourse import doctor, machine, store
from gancourse import train as T
from gancourse.check import check
from gancourse.clinic import faults
from gancourse.errors import InputError
from gancourse.jupyter import headless_environment
from gancourse.live.run.background import Background
from gancourse.openmp import KERNEL, SPINS, choose_threads, sleep_sooner
from gancourse.train import checkpoint

POINTS = T.Recipe("mlp", G={"widths": (8,), "shape": (2,)}, D={"widths": (8,), "shape": (2,)})
CONVOLUTIONS = T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=32, precision="fp32")


@pytest.fixture(autouse=True)
def four_cores(monkeypatch):
    """Four cores and PyTorch's own four threads, whatever this machine and its user have."""
    before = torch.get_num_threads()
    monkeypatch.setattr(machine, "cores", lambda: 4)
    for name in ("GANCOURSE_THREADS", KERNEL):
        monkeypatch.delenv(name, raising=False)
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def images(n, generator):
    return torch.rand(n, 1, 28, 28, generator=generator) * 2 - 1


def weights(state: T.State) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in (*state.G.parameters(), *state.D.parameters())])


@pytest.mark.parametrize(("recipe", "count"), [(POINTS, 1), (CONVOLUTIONS, 2)])
def test_a_run_takes_the_threads_of_its_kind_of_work(recipe, count):
    assert T.State(recipe, 0, "cpu").threads == count


@pytest.mark.parametrize(("cores", "count"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 4)])
def test_convolutions_leave_two_cores_to_others(monkeypatch, cores, count):
    monkeypatch.setattr(machine, "cores", lambda: cores)
    assert machine.threads("convolutions") == count
    assert machine.threads("scores") == min(cores, 4)  # PyTorch's own number


@pytest.mark.parametrize(("given", "count"), [("1", 1), ("2", 2), ("64", 4)])
def test_the_environment_says_on_how_many_but_never_more_than_cores(monkeypatch, given, count):
    monkeypatch.setenv("GANCOURSE_THREADS", given)
    torch.set_num_threads(1)
    assert machine.threads("convolutions") == machine.threads("scores") == count
    assert machine.threads("dense") == 1


def test_without_it_pytorch_s_own_number_is_the_most():
    torch.set_num_threads(1)
    assert machine.threads("convolutions") == machine.threads("scores") == 1


def test_in_a_kernel_of_the_course_the_one_is_for_loops_in_the_notebook(monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setenv(KERNEL, "1")
    assert (machine.threads("convolutions"), machine.threads("scores")) == (2, 4)


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_that_is_none_is_named(monkeypatch, given):
    monkeypatch.setenv("GANCOURSE_THREADS", given)
    with pytest.raises(InputError, match=f"at least 1, and '{given}' was given"):
        machine.threads("scores")


def test_an_unknown_kind_of_work_is_named():
    with pytest.raises(InputError, match="kind of work"):
        machine.threads("knitting")


@pytest.mark.parametrize("count", [1, 2])
def test_every_step_of_a_run_computes_on_its_own_number(count):
    state, seen = T.State(CONVOLUTIONS, 0, "cpu"), []
    state.threads = count
    for net in (state.G, state.D):
        net.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    x_real = images(4, state.rng)
    T.d_step(state, x_real)
    T.g_step(state, x_real)
    T.one_step(state, images)
    assert set(seen) == {count}


@pytest.mark.parametrize("fails", [False, True])
def test_after_a_step_the_process_has_its_threads_again(fails):
    state = T.State(POINTS, 0, "cpu")
    expected = pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext()
    with expected:
        T.one_step(state, lambda n, rng: torch.randn(n, 2) / (1 - int(fails) or 1 // 0))
    assert torch.get_num_threads() == 4


def test_importing_changes_no_threads():
    code = ("import torch; torch.set_num_threads(3); from gancourse import "
            "check, clinic, live, machine, nets, plots, score, seed_everything, train; "
            "seed_everything(0); print(torch.get_num_threads())")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"3\n"


@pytest.mark.parametrize("count", [1, 2])
def test_a_resumed_run_keeps_its_threads_and_so_its_bits(tmp_path, count):
    torch.set_num_threads(count)  # and on four cores the choice is at most 2
    state = T.State(CONVOLUTIONS, 0, "cpu")
    list(T.train(state, images, 2))
    path = T.save_state(state, tmp_path / "checkpoint.safetensors")
    torch.set_num_threads(3 - count)  # another shell, another OMP_NUM_THREADS
    resumed = T.load_state(path)
    for run in (state, resumed):
        list(T.train(run, images, 3))
    assert resumed.threads == count
    assert torch.equal(weights(state), weights(resumed))


def test_a_run_from_a_larger_machine_takes_the_cores_that_are_here(tmp_path, monkeypatch):
    path = T.save_state(T.State(CONVOLUTIONS, 0, "cpu"), tmp_path / "checkpoint.safetensors")
    monkeypatch.setattr(machine, "cores", lambda: 1)
    assert T.load_state(path).threads == 1


def test_a_checkpoint_without_threads_goes_on_with_pytorch_s_own(tmp_path, monkeypatch):
    bare = tuple(name for name in checkpoint.NOTES if name != "threads")
    monkeypatch.setattr(checkpoint, "NOTES", bare)
    path = T.save_state(T.State(POINTS, 0, "cpu"), tmp_path / "checkpoint.safetensors")
    assert "threads" not in store.load_tensors(path)[1]["notes"]
    assert T.load_state(path).threads == 4


class Seen(Exception):
    """Carries the number of threads out of the work that found it."""


def look(*_):
    raise Seen(torch.get_num_threads())


def test_the_clinic_computes_on_one_thread(monkeypatch):
    monkeypatch.setattr(faults, "module", lambda *_: SimpleNamespace(train=look))
    with pytest.raises(Seen, match="1"):
        faults.train_run("ring")


def test_a_background_run_computes_on_one_thread_unless_its_steps_want_more():
    run = Background(look, lambda: False, lambda: None)
    run.start()
    with pytest.raises(Seen, match="1"):
        run.wait()


def test_a_check_computes_on_one_thread_as_grading_does():
    seen = []

    def stub(*_):
        seen.append(torch.get_num_threads())
        raise NotImplementedError

    check("05.1", stub)
    assert set(seen) == {1}


def test_a_notebook_s_own_loops_get_one_thread():
    environment = {}
    choose_threads(environment)
    assert (environment["OMP_NUM_THREADS"], environment[KERNEL]) == ("1", "1")


def test_a_user_s_own_number_for_notebooks_stays():
    environment = {"OMP_NUM_THREADS": "3", "GOMP_SPINCOUNT": "7"}
    choose_threads(environment)
    assert environment == {"OMP_NUM_THREADS": "3", "GOMP_SPINCOUNT": "7"}


@pytest.mark.parametrize("policy", ["", "ACTIVE"])
def test_waiting_threads_sleep_sooner_unless_somebody_said_how_they_wait(policy):
    environment = {"OMP_WAIT_POLICY": policy}
    sleep_sooner(environment)
    assert environment.get("GOMP_SPINCOUNT") == (None if policy else SPINS)


def test_the_command_says_how_threads_wait_before_pytorch_is_there():
    code = ("import os, sys; from gancourse import cli; assert 'torch' not in sys.modules\n"
            "cli.app = lambda: print(os.environ['GOMP_SPINCOUNT'])\ncli.main()")  # fmt: skip
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, check=True)
    assert done.stdout.decode().strip() == SPINS


def test_notebooks_without_a_page_have_the_same_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert headless_environment()["OMP_NUM_THREADS"] == "1"


def test_the_doctor_says_the_threads_and_names_a_number_that_is_none(monkeypatch):
    assert doctor.threads().found.startswith("dense 1, convolutions 2")
    monkeypatch.setenv("GANCOURSE_THREADS", "many")
    found = doctor.threads()
    assert (found.status, found.remedy) == (doctor.BROKEN, "unset GANCOURSE_THREADS")
