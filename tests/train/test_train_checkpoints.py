"""Checkpoints: what they keep, what a damaged one does, what survives a kill."""

import json
import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace

import pytest
import torch
from ring_runs import RING, TINY, run, same
from safetensors.torch import load_file

from gancourse import machine
from gancourse import train as T
from gancourse.errors import InputError
from gancourse.store import load_tensors, save_tensors
from gancourse.train import run as runs

LONG = os.environ.get("GANCOURSE_LONG") == "1"


def test_saved_and_resumed_run_ends_as_if_never_interrupted(tmp_path):
    path = T.save_state(run(4), tmp_path / "c.safetensors")
    torch.randn(7)  # what the caller draws meanwhile does not matter
    resumed = T.load_state(path, "cpu")
    for _ in T.train(resumed, RING.sample, 3):
        pass
    assert same(resumed, run(7))


def test_resume_of_a_dcgan_in_bf16_is_exact_too(tmp_path):
    recipe = T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=4)
    states, x = [], torch.rand(4, 1, 28, 28) * 2 - 1
    for pause in (False, True):
        state = T.State(recipe, 0, "cpu", "bf16")
        list(T.train(state, lambda n, g: x, 2))
        if pause:
            state = T.load_state(T.save_state(state, tmp_path / "c.safetensors"), "cpu")
        list(T.train(state, lambda n, g: x, 2))
        states.append(state)
    assert same(*states)


def test_halved_checkpoint_is_not_loaded_the_one_before_is(tmp_path, capsys):
    path = tmp_path / "c.safetensors"
    T.save_state(run(2), path)
    T.save_state(run(4), path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert T.load_state(path).step == 2
    assert "the checkpoint before, at step 2" in capsys.readouterr().out


def test_damaged_checkpoint_is_not_saved_over_the_good_one_before(tmp_path):
    path = tmp_path / "c.safetensors"
    T.save_state(run(2), path)
    T.save_state(run(4), path)
    path.write_bytes(path.read_bytes()[:-1000])
    state = T.load_state(path)
    T.save_state(state, path)
    path.unlink()
    assert T.load_state(path).step == 2


def test_two_damaged_checkpoints_are_named(tmp_path):
    for name in ("c.safetensors", "c.safetensors.previous"):
        (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(InputError, match="not a whole safetensors file"):
        T.load_state(tmp_path / "c.safetensors")


@pytest.mark.parametrize("damage", ["notes", "rng", "recipe"])
def test_a_checkpoint_that_lacks_something_is_named(tmp_path, damage):
    path = T.save_state(run(1), tmp_path / "c.safetensors")
    tensors, metadata = load_tensors(path)
    if damage == "rng":
        del tensors["rng"]
    else:
        wrong = {"notes": "{", "recipe": metadata["notes"].replace('"batch"', '"lot"')}
        metadata["notes"] = wrong[damage]
    save_tensors(path, tensors, metadata)
    with pytest.raises(InputError, match="does not hold all of a run"):
        T.load_state(path)


def test_a_generator_is_no_checkpoint(tmp_path):
    from gancourse.nets import save_generator

    save_generator(run(1).ema_G, tmp_path / "g.safetensors")
    with pytest.raises(InputError, match="no checkpoint of gancourse"):
        T.load_state(tmp_path / "g.safetensors")


def test_rates_fall_in_a_straight_line_and_a_resumed_run_goes_on_with_them(tmp_path):
    falling = replace(TINY, lr_G=1e-3, lr_D=2e-3, anneal=(2, 6))
    assert [falling.rates(step)[0] / 1e-3 for step in (0, 2, 4, 6, 99)] == [1, 1, 0.5, 0.01, 0.01]
    assert falling.rates(4) == (0.5e-3, 1e-3)
    assert TINY.rates(99) == (TINY.lr_G, TINY.lr_D)
    resumed = T.load_state(T.save_state(run(4, falling), tmp_path / "c.safetensors"), "cpu")
    for _ in T.train(resumed, RING.sample, 3):
        pass
    assert same(resumed, run(7, falling))
    assert not same(resumed, run(7, replace(falling, anneal=None)))
    assert resumed.opt_G.param_groups[0]["lr"] == pytest.approx(1e-5)


def test_a_checkpoint_keeps_the_one_before_and_nothing_else(tmp_path):
    path = tmp_path / "c.safetensors"
    for steps in (1, 2, 3):
        assert T.save_state(run(steps), str(path)) == path
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, f"{path.name}.previous"]
    assert T.load_state(f"{path}.previous").step == 2


def test_a_damaged_checkpoint_is_put_aside(tmp_path):
    path = tmp_path / "c.safetensors"
    T.save_state(run(1), path)
    T.save_state(run(2), path)
    path.write_bytes(b"damaged")
    T.load_state(str(path), "cpu")
    assert (tmp_path / "c.safetensors.damaged").read_bytes() == b"damaged"
    assert not path.exists()


def test_a_run_that_has_taken_no_step_is_saved_and_goes_on(tmp_path):
    state = T.State(TINY, 9, "cpu")
    state.data = "ring"
    again = T.load_state(T.save_state(state, tmp_path / "c.safetensors"), "cpu")
    assert (again.history, again.step, again.seed, again.data) == ([], 0, 9, "ring")
    list(T.train(again, RING.sample, 2))
    assert same(again, run(2, seed=9))


def test_resuming_keeps_curves_precision_and_the_global_random_state(tmp_path):
    state = T.State(TINY, 0, "cpu", "bf16")
    list(T.train(state, RING.sample, 3))
    torch.rand(5)  # as dropout would: the global state is no longer what the seed made it
    path, drawn = T.save_state(state, tmp_path / "c.safetensors"), torch.rand(3)
    again = T.load_state(path, "cpu")
    assert torch.equal(torch.rand(3), drawn)
    assert again.curves() == state.curves()
    assert again.precision == "bf16"


@pytest.mark.parametrize(("noted", "cores", "wanted"), [(3, 4, 3), (3, 2, 2), (None, 9, 5)])
def test_a_resumed_run_has_its_own_threads_or_what_cores_there_are(
    noted, cores, wanted, tmp_path, monkeypatch
):
    path = T.save_state(T.State(TINY, device="cpu"), tmp_path / "c.safetensors")
    tensors, metadata = load_tensors(path)
    notes = {**json.loads(metadata["notes"]), "threads": noted}
    if noted is None:
        del notes["threads"]  # a run of an older version had PyTorch's number
    save_tensors(path, tensors, {**metadata, "notes": json.dumps(notes)})
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    assert T.load_state(path, "cpu").threads == wanted


SMALL = T.get_preset("mlp", G={"z_dim": 8, "widths": [32]}, D={"widths": [32]})


def train_digits(out, steps, resume):
    runs.Run("mlp", "digits", out, device="cpu", recipe=SMALL, quiet=True).train(steps, 3, resume)


@pytest.fixture(scope="module")
def processes():
    """Processes that start at once: a server that has imported what they need forks them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gancourse.train.run", "gancourse.data"])
    return context


def started(processes, out, steps, resume=False):
    process = processes.Process(target=train_digits, args=(out, steps, resume))
    process.start()
    return process


def written_at(path):
    """Return when a file was written, 0 where it is not there: while one replaces it, too."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def kill_after_next_checkpoint(processes, out, delay):
    """Go on with a run that would not end, and kill it: whenever that is, it is at work."""
    checkpoint = out / "checkpoint.safetensors"
    before = written_at(checkpoint)
    process = started(processes, out, 10**7, resume=T.begun(checkpoint))
    while process.is_alive() and written_at(checkpoint) <= before:
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_killed_again_and_again_it_ends_with_the_same_bits(processes, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for _ in range(10 if LONG else 3):
        kill_after_next_checkpoint(processes, killed, random.uniform(0, 0.1))
    steps = T.load_state(killed / "checkpoint.safetensors", "cpu").step + 10
    started(processes, killed, steps, resume=True).join()
    started(processes, whole, steps).join()
    for name in ("generator", "checkpoint"):
        a, b = (load_file(f / f"{name}.safetensors") for f in (whole, killed))
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a)
    assert (whole / "history.csv").read_bytes() == (killed / "history.csv").read_bytes()
