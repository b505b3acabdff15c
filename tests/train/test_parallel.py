"""Two real processes under torchrun: the numbers of one, exact resume, an end if one is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from gancourse import train as T
from gancourse.errors import InputError
from gancourse.store import load_tensors
from gancourse.train import parallel
from gancourse.train.sync_norm import SyncNorm, synchronised

ROOT = Path(__file__).resolve().parents[2]
TWO_RANKS = Path(__file__).with_name("two_ranks.py")
ENOUGH = 600  # seconds for what takes ten on a quiet machine
TRAIN = "train mlp --data digits --device cpu --save-every 20 --steps {} --out {}"
linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def torchrun(*program, **environment):
    """Start a program on two processes."""
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         *map(str, program)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
    )  # fmt: skip


def ended(run):
    """Return (exit code, what was printed) of a program that must end by itself."""
    try:
        said, _ = run.communicate(timeout=ENOUGH)
    finally:
        run.kill()
    return run.returncode, said


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes leave that run `two_ranks.py`."""
    folder = tmp_path_factory.mktemp("ranks")
    code, said = ended(torchrun(TWO_RANKS, folder))
    assert code == 0, said
    return folder


@pytest.fixture(scope="module")
def two(folder):
    """What each of two processes found."""
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("kind", ["dense", "dense, penalty"])
def test_averaged_gradients_are_those_of_the_double_batch(two, kind):
    assert all(found[kind]["grads"] < 1e-6 for found in two)


@pytest.mark.parametrize("kind", ["norm", "images"])
def test_with_batch_norm_they_are_not(two, kind):
    assert all(found[kind]["grads"] > 1e-3 for found in two)
    assert all(found[kind]["statistics"] > 1e-3 for found in two)


@pytest.mark.parametrize("kind", ["norm, sync", "images, sync", "images, sync, penalty"])
def test_with_synchronised_statistics_they_are_again(two, kind):
    for found in two:
        assert found[kind]["grads"] < 1e-6 * (100 if "penalty" in kind else 1)
        assert found[kind]["statistics"] < 1e-6
        assert found[kind]["evaluation"] < 1e-6


def test_steps_of_both_players_are_those_of_the_double_batch(two):
    for found in two:
        assert found["steps"]["weights"] < 1e-6
        assert found["steps"]["history"] < 1e-6


@pytest.mark.parametrize("name", ["dcgan", "sync", "wgan-gp", "sn-hinge", "r3gan", "dropout"])
def test_processes_hold_one_net_and_draw_for_themselves(two, name):
    ours, theirs = (found["drawn"][name] for found in two)
    assert ours["weights"] == theirs["weights"]
    assert ours["row"] == theirs["row"]
    assert ours["noise"] != theirs["noise"]
    assert ours["dropout"] != theirs["dropout"]


def child(run, rank):
    """Return the process id of one of torchrun's processes."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            parent = int((path.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == run.pid and f"RANK={rank}".encode() in path.read_bytes().split(b"\0"):
                return int(path.parent.name)
        except (OSError, IndexError):
            continue
    raise AssertionError(f"torchrun has no process {rank}")


def halted(out, how, **environment):
    """Train on two processes until there is a checkpoint, then send a signal to the second one.

    Returns how the run ended; where it has ended before, nothing was sent. torchrun would wait half
    a minute for a process that is stopped: it is killed once the first one has ended.
    """
    run = torchrun("-m", "gancourse", *TRAIN.format(10**7, out).split(), **environment)
    end = time.monotonic() + ENOUGH
    try:
        while not (out / "checkpoint.safetensors").exists() and run.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.02)
        if run.poll() is None:
            first, second = (child(run, rank) for rank in (0, 1))
            os.kill(second, how)
            while Path(f"/proc/{first}/exe").exists() and run.poll() is None:
                assert time.monotonic() < end
                time.sleep(0.05)
            with suppress(ProcessLookupError):
                os.kill(second, signal.SIGKILL)
        return ended(run)
    finally:
        run.kill()


def state_of(out):
    tensors, notes = load_tensors(out / "checkpoint.safetensors")
    return tensors, json.loads(notes["notes"])


@pytest.mark.timeout(2 * ENOUGH)
def test_a_killed_process_ends_the_run_and_it_goes_on_bit_for_bit(folder, tmp_path):
    """The second one is killed when the first writes the second checkpoint, two thirds through."""
    out, whole = tmp_path / "killed", folder / "whole"
    command = TRAIN.format(60, out).split()
    code, _ = ended(torchrun(TWO_RANKS, *command))
    assert code != 0
    assert (whole / "samples.png").exists()
    assert not (out / "samples.png").exists()
    code, said = ended(torchrun("-m", "gancourse", *command, "--resume"))
    assert code == 0, said
    assert said.count("samples.png, losses.png and the weights") == 1  # one process speaks
    (ours, notes), (theirs, _) = state_of(out), state_of(whole)
    assert (notes["world"], notes["step"]) == (2, 60)
    assert ours.keys() == theirs.keys() >= {"rng", "rank1/rng", "rank1/global_rng"}
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert not torch.equal(ours["rng"], ours["rank1/rng"])


@linux
def test_a_process_that_answers_no_more_ends_the_run_after_the_limit(tmp_path):
    """On a very busy machine the limit passes before the signal is sent: the end is the same."""
    code, said = halted(tmp_path / "r", signal.SIGSTOP, GANCOURSE_WAIT="10")
    assert code not in (0, None)
    assert "did not answer in 10 s" in said
    assert "--resume" in said


def test_a_run_on_two_goes_on_with_two_alone(tmp_path, monkeypatch):
    from gancourse.train import run as runs

    state = T.State(T.get_preset("mlp"), 0, "cpu")
    state.data, state.world = "digits", 2
    T.save_state(state, tmp_path / "checkpoint.safetensors")
    run = runs.Run("mlp", "digits", tmp_path, 0, "cpu")
    with pytest.raises(InputError, match=r"is a run on 2 processes.* 1 would go on.*per-node 2"):
        run.train(5, 1, True)
    monkeypatch.setattr(parallel, "world", lambda: 3)
    monkeypatch.setattr(parallel, "rank", lambda: 2)
    monkeypatch.setattr(parallel, "share", lambda state: None)
    monkeypatch.setattr(parallel, "wait", lambda: None)
    with pytest.raises(InputError, match=r"is a run on 2 processes.* 3 would go on"):
        run.train(5, 1, True)


def test_an_older_checkpoint_is_one_of_one_process(tmp_path):
    path = T.save_state(T.State(T.get_preset("mlp"), 0, "cpu"), tmp_path / "c.safetensors")
    assert T.load_state(path, "cpu").world == 1


def test_shards_hold_each_index_once():
    shards = [parallel.shard_of(list(range(11)), rank, 3) for rank in range(3)]
    assert sorted(shards[0] + shards[1] + shards[2]) == list(range(11))
    assert max(map(len, shards)) - min(map(len, shards)) == 1
    assert parallel.shard_of(torch.arange(5), 1, 2).tolist() == [1, 3]
    with pytest.raises(InputError, match="from 0 to 1 here, and 2 was given"):
        parallel.shard_of([1, 2], 2, 2)


def test_alone_nothing_is_averaged():
    net = torch.nn.Linear(2, 1)
    net(torch.ones(1, 2)).sum().backward()
    before = net.weight.grad.clone()
    parallel.average_gradients(net)
    assert torch.equal(net.weight.grad, before)
    assert parallel.world() == 1
    assert not parallel.any_of(False)


def test_a_net_without_gradients_has_none_to_average(monkeypatch):
    monkeypatch.setattr(parallel, "world", lambda: 2)
    parallel.average_gradients(torch.nn.Linear(2, 1))


def test_each_process_takes_a_gpu_of_its_own(monkeypatch):
    taken = []
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setattr(parallel.machine, "device", lambda _: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(parallel.dist, "init_process_group", lambda *_, **__: None)
    for end in ("barrier", "destroy_process_group"):
        monkeypatch.setattr(parallel.dist, end, lambda: None)
    monkeypatch.setenv("LOCAL_RANK", "1")
    with parallel.joined("cuda") as device:
        assert device == "cuda:1"
    assert taken == [1]
    monkeypatch.setenv("LOCAL_RANK", "2")
    with (
        pytest.raises(InputError, match="number 3 of a machine with 2: start at most 2"),
        parallel.joined("cuda"),
    ):
        pass


def test_alone_nothing_is_waited_for():
    """`barrier` would raise where there is no group of processes."""
    assert parallel.wait() is None
    with parallel.one_first():
        pass


@pytest.mark.parametrize(("said", "kind"), [
    ("Connection closed by peer [127.0.0.1]", ConnectionError),
    ("shape '[3]' is invalid for input of size 4", RuntimeError),
])  # fmt: skip
def test_only_what_the_others_did_is_said_to_be_theirs(said, kind):
    whose = pytest.raises(kind, match="4$" if kind is RuntimeError else "has ended")
    with whose, parallel._said_plainly():
        raise RuntimeError(said)


def test_a_synchronised_norm_keeps_weights_and_names():
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    names, weight = list(net.state_dict()), net[1].weight
    assert isinstance(synchronised(net)[1], SyncNorm)
    assert list(net.state_dict()) == names
    assert net[1].weight is weight


@pytest.mark.parametrize("wait", ["soon", "-1", "nan"])
def test_a_wait_that_is_no_time_is_said(monkeypatch, wait):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("GANCOURSE_WAIT", wait)
    wrong = pytest.raises(InputError, match="GANCOURSE_WAIT is a number of seconds")
    with wrong, parallel.joined("cpu"):
        pass
