"""Sweeps: which runs there are, one table, what a kill leaves, several processes and a cluster."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gancourse import cli, workers
from gancourse import sweep as sweeps
from gancourse.errors import InputError
from gancourse.sweep import command, runs, table

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 600  # seconds for what takes ten on a quiet machine
HOW = {"steps": 3, "n": 100, "save_every": 2, "device": "cpu", "precision": "fp32"}


def tasks(out, presets=("mlp",), settings=("lr_D=1e-3,2e-3",), seeds="0-1", **more):
    return sweeps.planned(presets, settings, seeds, "digits", out, **(HOW | more))


def rows_of(out):
    return list(csv.DictReader((out / "sweep.csv").open()))


def plain(rows):
    """Return rows without their times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep")
    return out, sweeps.sweep(tasks(out), out, say=lambda line: None)


def test_each_combination_is_a_run(tmp_path):
    found = tasks(tmp_path, ("mlp", "dcgan"), ("lr_D=1e-3,2e-3", "betas=0:0.9"), "0,5-6")
    assert len(found) == 2 * 2 * 3
    assert len({task.name for task in found}) == 12
    first, last = found[0], found[-1]
    assert (first.preset, first.recipe.lr_D, first.recipe.betas) == ("mlp", 1e-3, (0.0, 0.9))
    assert (last.preset, last.recipe.lr_D, last.seed) == ("dcgan", 2e-3, 6)


def test_an_option_of_a_net_joins_those_of_the_preset(tmp_path):
    (task,) = tasks(tmp_path, ("dcgan",), ("D.width=8", "D.norm=false"), "0")
    assert task.recipe.D == {"width": 8, "depth": 1, "norm": False}
    assert task.recipe.G["width"] == 64


def test_a_list_is_one_value(tmp_path):
    found = tasks(tmp_path, settings=("G.widths=[8,16],[4]",), seeds="0")
    assert [task.recipe.G["widths"] for task in found] == [[8, 16], [4]]
    assert len({task.name for task in found}) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"presets": ("dgcan",)}, "did you mean 'dcgan'"),
        ({"settings": ("lr=1",)}, "Unknown setting 'lr'"),
        ({"settings": ("net=mlp",)}, "Unknown setting 'net'"),
        ({"settings": ("precision=fp32,bf16",)}, "Unknown setting 'precision'"),
        ({"settings": ("classes=5",)}, "Unknown setting 'classes'"),
        ({"settings": ("lr_D",)}, "A setting is a name and its values"),
        ({"settings": ("lr_D=",)}, "A setting is a name and its values"),
        ({"settings": ("lr_D=fast",)}, "lr_D is a number, and 'fast'"),
        ({"settings": ("batch=1.5",)}, "batch is a whole number"),
        ({"settings": ("spectral=yes",)}, "spectral is true or false"),
        ({"settings": ("betas=0.5",)}, "betas is two numbers with a colon"),
        ({"settings": ("lr_D=1e-3", "lr_D=2e-3")}, "there twice"),
        ({"settings": ("lr_D=-1",)}, "Learning rates must be above 0"),
        ({"settings": ("loss=hingy",)}, "Unknown loss"),
        ({"settings": ("G.wdith=8",)}, "No nets of mlp can be built with G.wdith=8"),
        ({"settings": ("G.z_dim=0",)}, "z_dim must be a whole number"),
        ({"seeds": "zero"}, "Seeds are numbers such as"),
        ({"seeds": "3-1"}, "Seeds are numbers such as"),
        ({"seeds": "0-9999999"}, "Seeds are numbers such as"),
        ({"seeds": "0-9000"}, "at most 10,000 runs"),
    ],
)
def test_what_no_run_can_have_is_one_sentence(tmp_path, given, said):
    with pytest.raises(InputError, match=said) as error:
        tasks(tmp_path, **given)
    assert str(error.value).count("\n") == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [{"steps": 0}, {"n": 99}, {"save_every": 0}])
def test_too_small_numbers_are_said_before_anything_runs(tmp_path, given):
    with pytest.raises(InputError, match="must be a whole number of at least"):
        sweeps.sweep(tasks(tmp_path / "s", **given), tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_the_table_has_a_row_for_each_run(swept):
    out, rows = swept
    written = rows_of(out)
    assert [(r["preset"], r["lr_D"], r["seed"]) for r in written] == [
        ("mlp", "0.001", "0"), ("mlp", "0.001", "1"), ("mlp", "0.002", "0"), ("mlp", "0.002", "1"),
    ]  # fmt: skip
    assert {r["status"] for r in written} == {"done"}
    assert len({r["fid"] for r in written}) == 4
    whole = json.loads((out / "sweep.json").read_text())
    assert whole["runs"] == rows
    fids = [row["fid"] for row in rows[:2]]
    assert whole["settings"][0]["fid"]["mean"] == pytest.approx(sum(fids) / 2)
    assert whole["settings"][0]["fid"]["sd"] == pytest.approx(abs(fids[0] - fids[1]) / 2**0.5)
    assert "mlp lr_D=0.001  2 of 2" in table.printed(rows)


def test_the_table_keeps_what_another_sweep_made_there(swept, tmp_path):
    shutil.copytree(swept[0], tmp_path / "out")
    found = tasks(tmp_path / "out", settings=(), seeds="7")
    (row,) = sweeps.sweep(found, tmp_path / "out", say=lambda line: None)
    rows = rows_of(tmp_path / "out")
    assert (len(rows), rows[0]["seed"], row["seed"]) == (1 + len(swept[1]), "7", 7)
    assert {float(r["lr_D"]) for r in rows[1:]} == {1e-3, 2e-3}


def test_a_mean_is_of_runs_on_the_same_data_for_as_many_steps():
    row = {
        "n": 100,
        "preset": "mlp",
        "status": "done",
        "precision": 1.0,
        "recall": 1.0,
        "coverage": 1.0,
    }
    runs = [
        row | {"seed": seed, "data": data, "steps": steps, "fid": fid}
        for seed, data, steps, fid in ((0, "digits", 9, 10.0), (1, "digits", 9, 30.0),
                                       (0, "mnist", 9, 500.0), (0, "digits", 99, 1.0))
    ]  # fmt: skip
    found = [(f["data"], f["steps"], f["seeds"], f["fid"]["mean"]) for f in table.summary(runs)]
    assert found == [
        ("digits", 9, [0, 1], 20.0),
        ("mnist", 9, [0], 500.0),
        ("digits", 99, [0], 1.0),
    ]
    assert "mlp data=mnist steps=9" in table.printed(runs)
    assert "data" not in table.printed(runs[:2])
    more = table.summary([*runs[:2], runs[0] | {"n": 1000}])
    assert [(f["n"], f["seeds"]) for f in more] == [(100, [0, 1]), (1000, [0])]


def test_a_run_of_a_sweep_is_the_run_of_that_recipe(swept, tmp_path):
    from gancourse.train import get_preset
    from gancourse.train.run import Run

    recipe = get_preset("mlp", lr_D=2e-3)
    Run("mlp", "digits", tmp_path / "r", 1, "cpu", "fp32", recipe=recipe, quiet=True).train(
        3, 9, False
    )
    ours = swept[0] / "mlp-lr_D=0.002-data=digits-seed=1" / "generator.safetensors"
    assert ours.read_bytes() == (tmp_path / "r" / "generator.safetensors").read_bytes()


def test_what_is_finished_is_not_run_again(swept, monkeypatch):
    out, rows = swept
    said = []
    monkeypatch.setattr(runs.runs, "Run", None)  # nothing can be trained
    assert sweeps.sweep(tasks(out), out, say=said.append) == rows
    assert said == ["4 of 4 runs are finished already."]


def test_another_number_of_steps_goes_on_and_another_recipe_does_not_mix(swept, tmp_path):
    out, _ = swept
    (more,) = tasks(out, settings=("lr_D=1e-3",), seeds="0", steps=5)
    assert runs.kept(more) is None
    row = runs.carry_out(more)
    assert (row["status"], row["steps"], row["seconds"]) == ("done", 5, None)
    history = (more.folder / "history.csv").read_text().splitlines()
    assert len(history) == 6
    (less,) = tasks(out, settings=("lr_D=1e-3",), seeds="0", steps=4)
    row = runs.carry_out(less)
    assert row["status"] == "failed"
    assert "holds a run of 5 steps, and one of 4 was asked for" in row["why"]
    assert runs.kept(more)["steps"] == 5


def test_runs_on_other_data_lie_in_folders_of_their_own(tmp_path):
    names = {sweeps.planned(["mlp"], [], "0", data, tmp_path, **HOW)[0].name
             for data in ("mnist", "digits", "a folder/of mine@32-grey")}  # fmt: skip
    assert names == {"mlp-seed=0", "mlp-data=digits-seed=0",
                     "mlp-data=a_folder_of_mine_32-grey-seed=0"}  # fmt: skip


def test_a_run_that_fails_has_a_row_that_says_why_and_the_others_go_on(tmp_path):
    found = tasks(tmp_path, settings=("lr_G=1e-3,1e30",), seeds="0")
    rows = sweeps.sweep(found, tmp_path, say=lambda line: None)
    assert [row["status"] for row in rows] == ["done", "failed"]
    assert "not finite" in rows[1]["why"] or "diverged" in rows[1]["why"]
    assert runs.kept(found[1]) is None
    assert "0 of 1" in table.printed(rows)


def test_several_processes_give_the_same_table(swept, tmp_path):
    found = tasks(tmp_path, settings=("lr_D=1e-3",))
    rows = sweeps.sweep(found, tmp_path, jobs=2, say=lambda line: None)
    assert plain(rows) == plain(swept[1][:2])


def test_a_dask_cluster_gives_the_same_table(swept, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as c:
        found = tasks(tmp_path, settings=("lr_D=1e-3",))
        rows = sweeps.sweep(found, tmp_path, cluster=c.scheduler_address)
    assert plain(rows) == plain(swept[1][:2])


def whose(_):
    return os.getpid()


def test_a_cluster_of_one_worker_works_and_not_this_process():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as c,
        workers.backend(c.scheduler_address),
    ):
        found = list(workers.unordered(whose, range(3), -1))
    assert len(found) == 3
    assert os.getpid() not in found


def test_workers_of_several_threads_are_refused(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as c,
        pytest.raises(InputError, match="has 2 threads in one: start its workers with --nthreads"),
    ):
        sweeps.sweep(tasks(tmp_path), tmp_path, cluster=c.scheduler_address)


def test_no_cluster_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "CLUSTER_SECONDS", 1)
    with pytest.raises(InputError, match="No Dask scheduler"):
        sweeps.sweep(tasks(tmp_path), tmp_path, cluster="tcp://127.0.0.1:1")


def killing(task):
    """Carry out a run, or be killed: what joblib then makes of it is for `_done` to settle."""
    if task.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return task.name, runs.carry_out(task)


def test_a_killed_process_costs_its_own_run(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_named", killing)
    found = tasks(tmp_path, settings=(), seeds="0-1")
    rows = sweeps.sweep(found, tmp_path, jobs=2, say=lambda line: None)
    assert [row["status"] for row in rows] == ["done", "failed"]


WORKING = """
import os, pathlib, sys, time
from gancourse import workers
def work(i):
    pathlib.Path(sys.argv[1], str(os.getpid())).touch()
    time.sleep(600)
def run():
    for _ in workers.unordered(work, range(2), 2):
        pass
run()
"""


def test_processes_end_when_the_command_that_shares_out_is_killed(tmp_path):
    """Else two would train in one folder, once the command is started again."""
    script = tmp_path / "script.py"
    script.write_text(WORKING.replace("sys.argv[1]", repr(str(tmp_path / "pids"))))
    (tmp_path / "pids").mkdir()
    main = subprocess.Popen([sys.executable, script], env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        wait_for(lambda: len([*(tmp_path / "pids").iterdir()]) == 2)
    finally:
        main.kill()
        main.wait()
    pids = [int(path.name) for path in (tmp_path / "pids").iterdir()]
    wait_for(lambda: not any(map(alive, pids)))


def alive(pid):
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition):
    end = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


SWEEP = "sweep mlp --seeds 0-1 --data digits --steps 6 --n 100 --save-every 2 --device cpu"
KILLED = """
import os, signal
from gancourse import cli, train
save = train.save_state
def last(state, path):
    save(state, path)
    if state.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
train.save_state = last
cli.main()
"""


def commanded(out):
    return [*SWEEP.split(), "--precision", "fp32", "--out", str(out)]


def said_by(out, monkeypatch, capsys):
    """Return what the command says when all of its runs are done."""
    monkeypatch.setattr(sys, "argv", ["gancourse", *commanded(out)])
    with pytest.raises(SystemExit, match="0"):
        cli.main()
    return capsys.readouterr().out


def test_a_killed_sweep_goes_on_and_ends_with_the_same_table(tmp_path, monkeypatch, capsys):
    """Killed when the second run has its first checkpoint."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *commanded(tmp_path / "a")], cwd=ROOT, text=True,
        capture_output=True, timeout=ENOUGH, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    half = tmp_path / "a" / "mlp-data=digits-seed=1"
    assert (half / "checkpoint.safetensors").exists()
    assert not (half / "result.json").exists()
    assert [row["seed"] for row in rows_of(tmp_path / "a")] == ["0"]
    said = said_by(tmp_path / "a", monkeypatch, capsys)
    assert "1 of 2 runs are finished already." in said
    assert "mlp      2 of 2" in said
    assert "2 of 2" in said_by(tmp_path / "b", monkeypatch, capsys)
    assert plain(rows_of(tmp_path / "a")) == plain(rows_of(tmp_path / "b"))


def test_the_command_line_says_what_is_wrong(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["gancourse", "sweep", "mlp", "--set", "lr_D=x"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert capsys.readouterr().err.startswith("Error: lr_D is a number, and 'x' was given")
