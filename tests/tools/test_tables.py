"""tools/tables: what it runs, keeps and takes up again; what lesson 12 reads of it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tables import command

from gancourse import course, machine, train
from gancourse.errors import InputError
from gancourse.score import tables
from gancourse.score.table_runs import Task, carry_out

SMALL = {"widths": (8,), "shape": (2,)}
ROW = train.Recipe("mlp", G={"z_dim": 2, **SMALL}, D=SMALL, batch=8, ema=0.0, precision="fp32")
TINY = tables.Table(
    "ours", {"plain": ROW, "packed": replace(ROW, pack=2)}, {"ring": {"name": "ring"}},
    steps=6, every=2, printed={"plain": {"ring": "8 / 98 / 0.01"}},
)  # fmt: skip


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(tables.TABLES, "tiny", TINY)
    monkeypatch.setattr(tables, "POINTS", 100)


def run(folder, *options):
    command.main(["tiny", "--keep", str(folder / "kept"), "--out", str(folder / "out"), *options])
    path = folder / "out" / "tiny.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_a_subset_is_run_and_kept_with_seeds_times_and_machine(tmp_path):
    found = run(tmp_path, "--rows", "packed", "--seeds", "4", "--steps", "5")
    (record,) = found["runs"].values()
    assert (record["row"], record["data"], record["seed"]) == ("packed", "ring", 4)
    assert [score["step"] for score in record["scores"]] == [2, 4, 5]
    assert record["scores"][0]["of"] == 8
    assert record["recipe"]["pack"] == 2
    assert record["seconds"] >= 0
    assert found["machine"]["threads"] == 1
    assert found["command"].startswith("python tools/tables tiny")
    run(tmp_path, "--gather")
    assert record["command"] == found["command"]  # its own, whoever gathers it later
    assert record["machine"] == machine.processor()


def test_a_run_is_scored_as_often_as_is_asked_with_the_same_numbers(tmp_path):
    often = run(tmp_path / "often", "--rows", "plain", "--seeds", "0")["runs"]
    rarely = run(tmp_path / "rarely", "--rows", "plain", "--seeds", "0", "--every", "4")["runs"]
    (one,), (other,) = often.values(), rarely.values()
    assert [score["step"] for score in other["scores"]] == [4, 6]
    assert other["scores"] == one["scores"][1:]
    assert "device" not in other  # it names a GPU


def test_a_score_is_of_2500_samples_at_one_seed_and_a_run_that_is_done_yields_none(monkeypatch):
    """Tables of other days are read beside new ones: the samples' seed stays 99."""
    state, drawn, sample = TINY.start("plain", seed=0), [], train.sample
    monkeypatch.setattr(train, "sample", lambda G, *how: drawn.append(how) or sample(G, *how))
    assert len([*TINY.scores(state, "ring", 2)]) == 1
    assert [*TINY.scores(state, "ring", 2)] == []
    assert drawn == [(2_500, 99)]


def test_what_a_run_learns_from_is_its_seeds_alone():
    ends = []
    for other in (1, 2):
        torch.manual_seed(other)
        state = TINY.start("plain", seed=0)
        assert len([*TINY.scores(state, "ring", 3)]) == 2
        ends.append(torch.cat([w.flatten() for w in state.G.parameters()]))
    assert torch.equal(*ends)


def test_a_run_is_started_on_the_device_that_is_asked_for(tmp_path):
    assert TINY.start("plain", 0, "meta").device.type == "meta"
    options = command.parse(["tiny", "--device", "cuda", "--keep", str(tmp_path)])
    assert {task.device for task in command.chosen(options, "")} == {"cuda"}


def test_a_run_goes_on_where_it_was_begun_alone(tmp_path):
    run(tmp_path, "--rows", "plain", "--seeds", "0", "--steps", "4")
    task = Task("tiny", "plain", "ring", 0, tmp_path / "kept")
    task.path(".json").write_text(json.dumps(task.record() | {"device": "NVIDIA Test"}))
    with pytest.raises(InputError, match=r"begun on NVIDIA Test, not on the CPU: give that --dev"):
        run(tmp_path, "--rows", "plain", "--seeds", "0")
    assert task.record()["scores"][-1]["step"] == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--every", "0"], "--every must be a whole number of at least 1"),
     (["--every", "-5"], "--every must be a whole number of at least 1"),
     (["--device", "cuda"], "Device 'cuda' was asked for")],
)  # fmt: skip
def test_what_cannot_be_run_is_one_sentence_and_leaves_nothing(tmp_path, options, said):
    if "cuda" in options and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    program = [sys.executable, str(Path(command.__file__).parent), "remedies"]
    given = ["--keep", str(tmp_path / "kept"), "--out", str(tmp_path / "out"), *options]
    ended = subprocess.run([*program, *given], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(said)
    assert len(ended.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_run_again_and_more_steps_go_on(tmp_path, monkeypatch, capsys):
    short = run(tmp_path, "--seeds", "0", "--steps", "4")
    assert run(tmp_path, "--seeds", "0", "--steps", "4")["runs"] == short["runs"]
    assert "0 runs of 2" in capsys.readouterr().out
    monkeypatch.setattr(tables.Table, "start", None)  # a fresh start would fail
    longer = run(tmp_path, "--seeds", "0")
    assert [len(record["scores"]) for record in longer["runs"].values()] == [3, 3]


def test_a_run_killed_after_its_record_ends_with_the_same_scores(tmp_path):
    whole = carry_out(Task("tiny", "plain", "ring", 0, tmp_path / "whole"), 6)
    task = Task("tiny", "plain", "ring", 0, tmp_path / "killed")
    carry_out(task, 2)
    checkpoint = task.path(".safetensors").read_bytes()
    carry_out(task, 4)
    task.path(".safetensors").write_bytes(checkpoint)  # as if killed before it was written
    assert carry_out(task, 6)["scores"] == whole["scores"]


def test_a_record_of_another_recipe_counts_for_nothing(tmp_path, monkeypatch):
    run(tmp_path, "--rows", "plain", "--seeds", "0", "--steps", "2")
    changed = replace(TINY, rows={"plain": replace(ROW, lr_G=0.5)})
    monkeypatch.setitem(tables.TABLES, "tiny", changed)
    assert Task("tiny", "plain", "ring", 0, tmp_path / "kept").record() is None
    (record,) = run(tmp_path, "--seeds", "0", "--steps", "2")["runs"].values()
    assert record["recipe"]["lr_G"] == 0.5


def test_processes_give_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "POINTS", 100_000)  # other processes see no patch
    tasks = [Task("pacgan", row, "ring", 0, tmp_path / "one") for row in ("GAN", "PacGAN2")]
    alone = [carry_out(task, 2)["scores"] for task in tasks]
    given = ["pacgan", "--data", "ring", "--rows", "GAN", "PacGAN2", "--seeds", "0", "--steps", "2"]
    kept = ["--jobs", "2", "--keep", str(tmp_path / "two"), "--out", str(tmp_path)]
    command.main([*given, *kept])
    runs = json.loads((tmp_path / "pacgan.json").read_text())["runs"].values()
    assert [record["scores"] for record in runs] == alone


def test_a_cluster_whose_worker_has_the_package_alone_gives_the_same_numbers(tmp_path, monkeypatch):
    """It is started in another folder, without tools/ on its path."""
    monkeypatch.setattr(tables, "POINTS", 100_000)  # other processes see no patch
    distributed = pytest.importorskip("distributed")
    kept = ["--keep", str(tmp_path / "kept"), "--out", str(tmp_path / "out")]
    given = ["pacgan", "--data", "ring", "--rows", "GAN", "--seeds", "0", "--steps", "2", *kept]
    with distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        program = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address,
                   "--nthreads", "1", "--no-nanny", "--no-dashboard"]  # fmt: skip
        worker = subprocess.Popen(program, cwd=tmp_path)
        try:
            distributed.Client(cluster).wait_for_workers(1, timeout=120)
            command.main([*given, "--dask", cluster.scheduler_address])
        finally:
            worker.kill()
            worker.wait()
    (record,) = json.loads((tmp_path / "out/pacgan.json").read_text())["runs"].values()
    alone = carry_out(Task("pacgan", "GAN", "ring", 0, tmp_path / "alone"), 2)
    assert record["scores"] == alone["scores"]


def test_unknown_rows_and_data_are_named(tmp_path):
    with pytest.raises(InputError, match="Unknown row"):
        run(tmp_path, "--rows", "best")
    with pytest.raises(InputError, match="Unknown data"):
        run(tmp_path, "--data", "square")


def test_a_run_that_diverges_ends_and_says_so(tmp_path, monkeypatch):
    wild = replace(TINY, rows={"plain": replace(ROW, optimiser="sgd", lr_G=1e30, lr_D=1e30)})
    monkeypatch.setitem(tables.TABLES, "tiny", wild)
    record = carry_out(Task("tiny", "plain", "ring", 0, tmp_path), 6)
    assert record["scores"][-1] == {"step": 2, "modes": 0, "of": 8, "diverged": True}


def test_ours_stand_beside_the_papers(monkeypatch):
    def score(step, modes):
        return {"step": step, "modes": modes, "share_high_quality": 0.5,
                "reverse_kl_high_quality": 0.25}  # fmt: skip

    runs = {s: {"row": "plain", "data": "ring", "seed": s, "scores": [score(2, 1), score(4, m)]}
            for s, m in ((0, 5), (1, 7))}  # fmt: skip
    monkeypatch.setattr(tables, "measured", lambda name: {"runs": runs})
    text = tables.beside("tiny", "ring")
    assert "| plain | 2 | 4 | 6.0±1.0 / 50.0±0.0 / 0.25±0.00 | 8 / 98 / 0.01 |" in text
    assert "packed" not in text
    assert text._repr_markdown_() == text


def test_a_score_that_a_run_has_not_is_of_the_others(monkeypatch):
    """A KL over no samples is none; a run that diverged has its modes alone."""
    no_kl = {"step": 4, "modes": 0, "share_high_quality": 0.0, "reverse_kl_high_quality": None}
    whole = no_kl | {"share_high_quality": 0.5, "reverse_kl_high_quality": 0.25}
    diverged = {"step": 4, "modes": 0, "of": 8, "diverged": True}
    ends = {"some": [whole, whole, no_kl], "one": [no_kl, whole], "none": [diverged, diverged]}
    runs = {f"{row} {seed}": {"row": row, "data": "ring", "seed": seed, "scores": [end]}
            for row, found in ends.items() for seed, end in enumerate(found)}  # fmt: skip
    table = replace(TINY, rows=dict.fromkeys(ends, ROW), printed={})
    monkeypatch.setitem(tables.TABLES, "tiny", table)
    monkeypatch.setattr(tables, "measured", lambda name: {"runs": runs})
    text = tables.beside("tiny", "ring")
    assert "0.0±0.0 / 33.3±16.7 / 0.25±0.00 of 2 |" in text
    assert "0.0±0.0 / 25.0±25.0 / 0.25 of 1 |" in text
    assert "| none | 2 | 4 | 0.0±0.0 / - / - |" in text


def test_the_gan_of_veegans_paper_is_a_row_beside_pacgans():
    for data, theirs in (("ring", "1 / 99.3 / -"), ("grid", "3.3 / 0.5 / -")):
        last = tables.beside("pacgan", data).splitlines()[-1]
        assert last == f"| GAN, in VEEGAN's Table 1 | | | | {theirs} |"


def test_stacked_digits_stand_beside_the_papers_without_a_quality(monkeypatch):
    scores = [{"step": 3, "modes": 999, "reverse_kl": 0.0412}]
    runs = {"a": {"row": "PacGAN2", "data": "stacked MNIST", "seed": 0, "scores": scores}}
    monkeypatch.setattr(tables, "measured", lambda name: {"runs": runs})
    text = tables.beside("stacked", "stacked MNIST")
    assert "ours: modes / KL |" in text
    assert "| PacGAN2 | 1 | 3 | 999.0 / 0.041 | 1000±0 / .06±.003 |" in text


SHIPPED = sorted(path.stem for path in course.path("docs/tables").glob("*.json"))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_tables_are_of_the_recipes_as_they_are_now(name):
    found, table = tables.measured(name), tables.TABLES[name]
    assert found["samples"] == table.samples
    for record in found["runs"].values():
        task = Task(name, record["row"], record["data"], record["seed"], command.KEPT)
        assert task.made(record)
        *steps, _ = (score["step"] for score in record["scores"])
        for step in steps:
            assert step % every(table, record["row"]) == 0


def every(table, row):
    """Return the turns between two scores of a row."""
    in_images = getattr(table, "in_images", False)
    return table.turns(table.rows[row], table.every) if in_images else table.every


def test_the_grids_of_our_own_tables_are_as_they_were():
    """Scores of other days are read beside new ones: the points lie 0.6 apart."""
    for name in ("batch", "remedies"):
        toy = tables.TABLES[name].toy("grid")
        apart = torch.cdist(toy.centres, toy.centres) + 9 * torch.eye(25)
        assert apart.amin(1).tolist() == pytest.approx([0.6] * 25)


def test_a_table_in_images_gives_a_large_batch_fewer_steps(tmp_path, monkeypatch):
    """48 images: six steps of 8, three of 16; each is scored after 16, 32 and 48 of them."""
    rows = {"8": ROW, "16": replace(ROW, batch=16)}
    monkeypatch.setitem(tables.TABLES, "tiny", replace(TINY, rows=rows, steps=48, every=16,
                                                       in_images=True))  # fmt: skip
    runs = run(tmp_path, "--seeds", "0")["runs"].values()
    steps = {record["row"]: [score["step"] for score in record["scores"]] for record in runs}
    assert steps == {"8": [2, 4, 6], "16": [1, 2, 3]}
    assert [len(record["clock"]) for record in runs] == [3, 3]
    assert run(tmp_path, "--seeds", "0")["runs"] == {f"{r['row']}, ring, seed 0": r for r in runs}


def test_a_field_that_recipes_have_got_since_makes_a_record_no_other(tmp_path):
    run(tmp_path, "--rows", "plain", "--seeds", "0", "--steps", "2")
    task = Task("tiny", "plain", "ring", 0, tmp_path / "kept")
    record = task.record()
    del record["recipe"]["clip"]  # 0 by default, as in the row
    assert task.made(record)
    record["recipe"]["gp"] = 3.0
    assert not task.made(record)
