"""The command line as a user meets it: files, sentences, exit codes."""

import csv
import itertools
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from PIL import Image

from gancourse import cli, machine, nets, train

CHECKPOINT = "checkpoint.safetensors"
TRAIN = ["train", "mlp", "--data", "digits", "--steps", "3", "--device", "cpu"]


def call(monkeypatch, capsys, *arguments):
    """Run the command in this process; return (exit code, what it printed, what it complained)."""
    return ended(monkeypatch, *arguments), *capsys.readouterr()


def ended(monkeypatch, *arguments) -> int:
    """Run the command in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["gancourse", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: call(monkeypatch, capsys, *arguments)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        assert ended(patch, *TRAIN, "--out", out) == 0
    return out


@pytest.mark.clock
def test_help_answers_in_half_a_second():
    best = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "gancourse", "--help"], check=True, capture_output=True
        )
        best.append(time.perf_counter() - start)
    assert min(best) < 0.5


def test_train_leaves_all_its_files(trained):
    names = {"samples.png", "losses.png", "history.csv", "checkpoint.safetensors",
             "generator.safetensors"}  # fmt: skip
    assert {path.name for path in trained.iterdir()} == names
    assert Image.open(trained / "samples.png").size == (484, 484)
    rows = list(csv.reader((trained / "history.csv").open()))
    assert rows[0] == ["step", "d_loss", "g_loss", "D(x)", "D(G(z))"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]


def test_weights_carry_their_card(trained):
    card = nets.load_generator(trained / "generator.safetensors").card
    assert card == {"data": "digits", "steps": "3", "seed": "0"}


def test_sample_draws_the_same_picture_for_a_seed(run, trained, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        code, _, _ = run(
            "sample", trained, "--n", 9, "--seed", seed, "--out", tmp_path / f"{name}.png"
        )
        assert code == 0
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


def test_score_says_how_good_a_run_is_by_the_data_on_its_card(run, trained, tmp_path):
    code, said, _ = run("score", trained, "--n", 200, "--out", tmp_path / "s")
    assert code == 0
    facts = json.loads((tmp_path / "s" / "score.json").read_text())
    assert (facts["data"], facts["n"], facts["seed"]) == ("digits", 200, 0)
    fids = [draw["fid"] for draw in facts["draws"]]
    assert facts["fid"] == fids[0]
    median, low, high = sorted(fids)[1], min(fids), max(fids)
    assert f"{median:.2f} ({low:.2f} to {high:.2f})" in said
    assert [draw["seed"] for draw in facts["draws"]] == [0, 1, 2]
    assert "200 images against 360 test images of digits" in said
    assert Image.open(tmp_path / "s" / "score.png").width == 800


def test_score_gives_the_same_files_for_a_seed(run, trained, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("score", trained, "--n", 200, "--draws", 1, "--seed", seed, "--out", tmp_path / name)
    for file in ("score.json", "score.png"):
        a, b, c = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert a == b != c


def test_score_knows_the_shipped_generator_by_its_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said, _ = run("score", "mnist", "--n", 200, "--draws", 1, "--data", "digits")
    assert code == 0
    assert "score.json and score.png are in score." in said
    assert (tmp_path / "score" / "score.png").exists()


def test_score_compares_two_generators_on_one_set(run, trained, tmp_path):
    code, said, _ = run(
        "score", "mnist", trained, "--data", "digits", "--n", 200, "--out", tmp_path
    )
    assert code == 0
    line = next(line for line in said.splitlines() if line.startswith("FID of 200 images"))
    assert line.split()[-1] == "mnist"  # the other has learnt for three steps
    facts = json.loads((tmp_path / "score.json").read_text())["generators"]
    assert [each["generator"] for each in facts] == ["mnist", str(trained)]
    assert {path.name for path in tmp_path.glob("*.png")} == {"score-1.png", "score-2.png"}


def test_a_bad_request_for_scores_leaves_no_folder(run, trained, tmp_path):
    for change in (["--n", 5], ["--data", "mnits"], ["--seed", -1], ["--draws", 0], ["mnist"]):
        assert run("score", trained, *change, "--out", tmp_path / "new")[0] == 2
    assert not (tmp_path / "new").exists()


def test_a_run_is_not_overwritten(run, trained):
    before = (trained / "checkpoint.safetensors").read_bytes()
    code, _, error = run(*TRAIN, "--out", trained)
    assert code == 2
    assert "holds a run already: add --resume" in error
    assert (trained / "checkpoint.safetensors").read_bytes() == before


def test_a_finished_run_says_so(run, trained):
    code, said, _ = run(*TRAIN, "--out", trained, "--resume")
    assert code == 0
    assert "at step 3 already" in said


def test_a_finished_run_writes_what_is_missing(run, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "samples.png").unlink()
    assert run(*TRAIN, "--out", tmp_path / "run", "--resume")[0] == 0
    assert (tmp_path / "run" / "samples.png").exists()


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_again(run, trained, tmp_path):
    left = tmp_path / "run" / ".checkpoint.safetensors.new.abcdefgh"
    left.parent.mkdir()
    left.write_bytes(b"half of a file")
    code, said, _ = run(*TRAIN, "--out", tmp_path / "run", "--resume")
    assert code == 0
    assert "holds no checkpoint yet: the run starts from its beginning" in said
    ours, theirs = (path / "generator.safetensors" for path in (tmp_path / "run", trained))
    assert ours.read_bytes() == theirs.read_bytes()
    assert not left.exists()


def test_resume_in_a_folder_of_other_things_starts_no_run_there(run, tmp_path):
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    code, _, error = run(*TRAIN, "--out", tmp_path / "runs", "--resume")
    assert code == 2
    assert "is not a file" in error
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["mine"]


def test_a_run_killed_between_two_names_is_not_started_over(run, trained, tmp_path):
    """Only what it was to replace is there."""
    (tmp_path / "run").mkdir()
    shutil.copy(trained / CHECKPOINT, tmp_path / "run" / f"{CHECKPOINT}.previous")
    code, _, error = run(*TRAIN, "--out", tmp_path / "run")
    assert code == 2
    assert "holds a run already" in error


def test_resume_in_another_precision_is_refused(run, trained):
    other = {"bf16": "fp32", "fp32": "bf16"}[machine.precision(on=machine.device("cpu"))]
    code, _, error = run(*TRAIN, "--out", trained, "--resume", "--precision", other)
    assert code == 2
    assert "precision" in error


def test_bad_numbers_leave_no_folder(run, tmp_path):
    for change in (["--steps", 0], ["--seed", -1], ["--save-every", 0], ["--resume"]):
        assert run(*TRAIN, "--out", tmp_path / "new", *change)[0] == 2
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("change", [["--seed", "1"], ["--data", "mnist"]])
def test_resume_with_other_settings_is_refused(run, trained, change, monkeypatch):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    if change[0] == "--data":
        monkeypatch.setattr("gancourse.train.run.load_images", fake_mnist)
    code, _, error = run(*TRAIN, "--out", trained, "--resume", *change)
    assert code == 2
    assert "give the same preset, data and seed" in error


def fake_mnist(name):
    from dataclasses import replace

    from gancourse.data import load_images

    return replace(load_images("digits"), name="mnist")


def test_without_mnist_and_network_it_goes_on_with_digits_and_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    code, said, _ = run("train", "mlp", "--steps", 2, "--device", "cpu", "--out", tmp_path / "r")
    assert code == 0
    assert "the small digits of scikit-learn stand in for it" in said
    assert nets.load_generator(tmp_path / "r" / "generator.safetensors").card["data"] == "digits"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_run_that_is_stopped_saves_and_says_how_to_go_on(tmp_path, by):
    command = [sys.executable, "-m", "gancourse", *TRAIN[:-4], "--steps", "100000"]
    process = subprocess.Popen(
        [*command, "--save-every", "5", "--out", tmp_path], stdout=subprocess.PIPE, text=True
    )
    try:
        while not (tmp_path / "checkpoint.safetensors").exists():
            time.sleep(0.05)
        process.send_signal(by)
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "to go on, run the same with --resume" in said
    assert (tmp_path / "generator.safetensors").exists()


BAD = {
    "unknown preset": (["train", "gan"], "Unknown preset 'gan'"),
    "unknown data": (["train", "mlp", "--data", "mnits"], "did you mean 'mnist'"),
    "steps of 0": ([*TRAIN[:4], "--steps", "0"], "--steps must be a whole number of at least 1"),
    "steps of words": (["train", "mlp", "--steps", "many"], "--steps"),
    "saving never": ([*TRAIN, "--save-every", "0"], "--save-every"),
    "unknown device": ([*TRAIN[:-1], "gpu"], "Unknown device 'gpu'"),
    "unknown precision": ([*TRAIN, "--precision", "fp8"], "Unknown precision"),
    "bad seed": ([*TRAIN, "--seed", "-1"], "A seed is a whole number"),
    "out is a file": ([*TRAIN, "--out", "a-file"], "it is a file or lies below one"),
    "nothing to resume": ([*TRAIN, "--out", "new", "--resume"], "no run in new"),
    "a device without numbers": ([*TRAIN[:-1], "meta"], "Unknown device 'meta'"),
    "half a device": ([*TRAIN[:-1], "cpu:x"], "'cpu:x'"),
    "a device too many": ([*TRAIN[:-1], "cuda:9"], "'cuda:9'"),
    "no submissions": (["grade", "nowhere", "--out", "o"], "nowhere is neither a folder nor a zip"),
    "unknown sandbox": (["grade", "a-folder.png", "--out", "o", "--sandbox", "no"], "sandbox 'no'"),
    "unknown sheet": (["grade", "a-folder.png", "--out", "o", "--sheet", "99"], "sheet '99'"),
    "no picture": (["sample", "generator", "--out", "x.jpg"], "must end in .png"),
    "no weights": (["sample", "nowhere"], "nowhere is not a file"),
    "a pickle": (["sample", "a-pickle"], "looks like a pickle"),
    "a checkpoint": (["sample", "checkpoint"], "no generator of gancourse"),
    "zero images": (["sample", "generator", "--n", "0"], "n must be"),
    "nothing to score": (["score", "nowhere"], "nowhere is not a file"),
    "scoring a pickle": (["score", "a-pickle"], "looks like a pickle"),
    "scoring a checkpoint": (["score", "checkpoint"], "no generator of gancourse"),
    "scoring too few": (["score", "generator", "--n", "99"], "--n must be a whole number of"),
    "scoring NaN": (["score", "nan"], "the generator diverged"),
    "scoring by what": (["score", "generator", "--data", "mnits"], "did you mean 'mnist'"),
    "scoring into a file": (
        ["score", "generator", "--n", "100", "--out", "a-file"],
        "it is a file",
    ),
    "out is a folder": (["sample", "generator", "--out", "a-folder.png"], "is a folder"),
}


def diverged(trained, path):
    G = nets.load_generator(trained / "generator.safetensors")
    next(G.parameters()).data.fill_(float("nan"))
    nets.save_generator(G, path)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(case, run, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "a-folder.png").mkdir()
    (tmp_path / "a-pickle").write_bytes(pickle.dumps({"G": 1}))
    for name in ("checkpoint", "generator"):
        os.link(trained / f"{name}.safetensors", tmp_path / name)
    diverged(trained, tmp_path / "nan")
    arguments, word = BAD[case]
    code, _, error = run(*arguments)
    assert code == 2
    assert word in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()[-1]) > 20


def test_grade_prints_a_line_for_each_student_and_writes_the_table(run, tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "sheet.ipynb").write_text("no notebook")
    code, said, _ = run("grade", tmp_path / "class", "--out", tmp_path / "out", "--sandbox", "none")
    assert code == 0
    assert "ada: 0 of 0, not a notebook" in said
    assert "ada" in (tmp_path / "out" / "grades.csv").read_text()


def test_bad_input_at_the_shell_shows_no_traceback(tmp_path):
    command = [sys.executable, "-m", "gancourse", "sample", str(tmp_path / "no")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")


def test_minutes_end_a_run_and_resume_goes_on(run, tmp_path, monkeypatch):
    """By a clock that goes on a second whenever it is read: 0.1 minutes are six steps."""
    clock = itertools.count()
    monkeypatch.setattr("gancourse.train.run.time", SimpleNamespace(monotonic=lambda: next(clock)))
    command = ["train", "mlp", "--data", "digits", "--device", "cpu", "--out", tmp_path / "r"]
    code, said, _ = run(*command, "--minutes", 0.1)
    assert (code, said.split("Step ")[1].split(":")[0]) == (0, "6")
    code, said, _ = run(*command, "--minutes", 0.1, "--resume")
    assert (code, said.split("Step ")[1].split(":")[0]) == (0, "12")


def test_a_time_chooses_the_recipe_and_resume_keeps_it(run, tmp_path, monkeypatch):
    """`dcgan` for a minute is the quick one, also where it goes on for an hour, or by steps."""
    clock = itertools.count(0, 20)
    monkeypatch.setattr("gancourse.train.run.time", SimpleNamespace(monotonic=lambda: next(clock)))
    out = tmp_path / "r"
    command = ["train", "dcgan", "--data", "digits", "--device", "cpu", "--out", out]
    for more in (["--minutes", 1], ["--minutes", 60, "--resume"], ["--steps", 1, "--resume"]):
        code, said, error = run(*command, *more)
        assert code == 0, said + error
        recipe = train.load_state(out / "checkpoint.safetensors").recipe
        quick = train.get_preset("dcgan-quick")
        assert (recipe.lr_G, recipe.G["width"]) == (quick.lr_G, quick.G["width"])
    code, _, error = run(*command[:1], "dcgan-large", *command[2:], "--steps", 9, "--resume")
    assert code == 2
    assert "give the same preset" in error


def test_at_another_side_a_time_chooses_nothing(run, tmp_path, monkeypatch):
    """The quick recipe was measured at 28 pixels, and is no better at 64."""
    clock = itertools.count(0, 20)
    monkeypatch.setattr("gancourse.train.run.time", SimpleNamespace(monotonic=lambda: next(clock)))
    out = tmp_path / "r"
    code, said, error = run("train", "dcgan", "--data", "digits@64", "--device", "cpu",
                            "--minutes", 1, "--out", out)  # fmt: skip
    assert code == 0, said + error
    recipe = train.load_state(out / CHECKPOINT).recipe
    assert recipe.G["width"] == train.get_preset("dcgan").G["width"]


def test_the_help_says_which_preset_a_time_chooses(run):
    _, said, _ = run("train", "--help")
    assert "onaprocessor,at28pixels,upto2(5infp32)dcganisdcgan-quick" in "".join(
        said.replace("│", "").split()
    )


@pytest.mark.parametrize("minutes", [0, -1, "nan"])
def test_minutes_that_are_none_are_refused(run, tmp_path, minutes):
    code, _, error = run(
        "train", "mlp", "--data", "digits", "--out", tmp_path, f"--minutes={minutes}"
    )
    assert code == 2
    assert "--minutes must be above 0" in error


def test_each_option_of_grade_reaches_the_grader(run, monkeypatch, tmp_path):
    from gancourse.grade.plan import Options

    taken = {}
    monkeypatch.setattr(
        "gancourse.grade.terminal.show", lambda place, out, **options: taken.update(options) or 0
    )
    code, _, _ = run(
        "grade", "in", "--out", "out", "--sheet", "05", "--only", "ada", "--again",
        "--attempt", "best", "--late", "5% a day", "--weight", "05.3=2", "--weight", "05=1",
        "--overrides", "o.csv", "--worksheet", "w.csv", "--gradebook", "g.csv",
        "--assignment", "05=77", "--csv", "all.csv",
    )  # fmt: skip
    assert code == 0
    Options(**taken)
    paths = {name: str(taken.pop(name)) for name in ("overrides", "worksheet", "gradebook", "csv")}
    assert paths == {"overrides": "o.csv", "worksheet": "w.csv", "gradebook": "g.csv",
                     "csv": "all.csv"}  # fmt: skip
    expected = {
        "sheets": ("05",), "only": "ada", "again": True, "attempt": "best", "late": "5% a day",
        "weights": ("05.3=2", "05=1"), "assignments": ("05=77",),
    }  # fmt: skip
    assert {name: taken[name] for name in expected} == expected
