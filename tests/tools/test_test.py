"""tools/test.py: what it runs, side by side, what it says of it, and how it ends."""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import durations
import lanes
import pytest

ROOT = Path(__file__).resolve().parents[2]
all_checks = importlib.import_module("test")
BARE = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
MEET = """
import pathlib, sys, time
mine, other = (pathlib.Path(name) for name in sys.argv[1:])
mine.touch()
end = time.monotonic() + 60
while not other.exists():
    assert time.monotonic() < end
    time.sleep(0.01)
"""


def step(*arguments, name="x", group="package tests"):
    return lanes.Step(name, group, [sys.executable, *map(str, arguments)], BARE)


def ran(tmp_path, *steps, **options):
    """Return the results of steps, and what was said meanwhile."""
    said = []
    return lanes.Lanes(tmp_path, said.append, **options).run(steps), "\n".join(said)


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def checked(folder, text, *options):
    write(folder, {"test_x.py": text})
    return step("-m", "pytest", folder, "-p", "no:cacheprovider", *options)


# What is run


def test_every_test_file_and_every_notebook_is_in_a_step():
    words = {word for s in all_checks.steps(ROOT) for word in s.command}
    found = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    for path in (*found, *(ROOT / "solutions").glob("*.ipynb")):
        assert path.relative_to(ROOT).as_posix() in words


def test_fast_leaves_out_the_notebooks_alone():
    whole, fast = ({s.group for s in all_checks.steps(ROOT, fast)} for fast in (False, True))
    assert whole - fast == {"notebooks run"}


def test_every_step_has_one_thread_and_notebooks_have_no_page():
    for s in all_checks.steps(ROOT):
        assert s.environment["OMP_NUM_THREADS"] == "1"
        page = s.environment.get("GANCOURSE_FRONTEND") == "none"
        assert page is (s.group == "notebooks run")


def test_long_runs_at_full_length_and_speed_is_measured_alone(monkeypatch):
    for name in ("GANCOURSE_LONG", "GANCOURSE_CLOCK"):
        monkeypatch.delenv(name, raising=False)
    short, long = all_checks.steps(ROOT), all_checks.steps(ROOT, long=True)
    assert not any("GANCOURSE_LONG" in s.environment for s in short)
    assert all(s.environment["GANCOURSE_LONG"] == "1" for s in long)
    assert not any("GANCOURSE_CLOCK" in s.environment for s in (*short, *long))
    assert all_checks.clock_step(ROOT).environment["GANCOURSE_CLOCK"] == "1"


def test_long_runs_each_lesson_without_data_too(monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", "/data")
    bare = [s for s in all_checks.steps(ROOT, long=True) if s.group == "lessons without data"]
    lessons = {f"notebooks/{p.name}" for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert {file for s in bare for file in s.name.split()} == lessons
    for s in bare:
        assert "GANCOURSE_DATA" not in s.environment
        assert s.environment["GANCOURSE_OFFLINE"] == "1"
        assert not list(Path(s.environment["XDG_CACHE_HOME"]).iterdir())
    assert not any(s.group == "lessons without data" for s in all_checks.steps(ROOT))


TABLE = {"long": {"seconds": 500}, "b": {"seconds": 90}, "c": {"seconds": 25}, "d": {"seconds": 9}}


def test_small_files_share_a_process_and_long_ones_do_not():
    groups = list(all_checks.packed(["d", "c", "b", "long"], durations.Durations(TABLE), 120.0))
    assert groups == [["long"], ["b", "c"], ["d"]]


def test_files_that_share_fixtures_share_a_process(tmp_path):
    names = ["conftest.py", "test_a.py", "page/conftest.py", "page/test_b.py", "part/test_c.py"]
    write(tmp_path / "tests", dict.fromkeys(names, ""))
    others = ["tests/part/test_c.py", "tests/test_a.py"]
    assert all_checks.rooms(tmp_path) == {"tests/page": ["tests/page/test_b.py"], "tests": others}


def test_a_long_file_is_cut_and_the_longest_runs_first(tmp_path):
    table = {"tests/test_a.py": {"seconds": 310}, "tests/test_b.py": {"seconds": 50}}
    write(tmp_path, dict.fromkeys(table, ""))
    durations.save(tmp_path, [(name, "t", row["seconds"]) for name, row in table.items()])
    names = [s.name for s in all_checks.steps(tmp_path) if s.group == "package tests"]
    assert names == [
        "tests/test_a.py --share=1/2",
        "tests/test_a.py --share=2/2",
        "tests/test_b.py",
    ]


def test_what_a_site_is_built_for_runs_in_one_process(tmp_path):
    table = {
        "tests/website/test_a.py": {"seconds": 310},
        "tests/website/test_b.py": {"seconds": 50},
    }
    write(tmp_path, dict.fromkeys((*table, "tests/website/conftest.py"), ""))
    durations.save(tmp_path, [(name, "t", row["seconds"]) for name, row in table.items()])
    (found,) = (s for s in all_checks.steps(tmp_path) if s.group == "package tests")
    assert (found.name, found.seconds) == ("tests/website/test_a.py test_b.py", 360)


@pytest.fixture
def seven(tmp_path):
    """A function: run the seven tests of a file with tests/conftest.py and these options."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    marked = "@pytest.mark.long\ndef test_6(): pass\n@pytest.mark.clock\ndef test_7(): pass\n"
    plain = "".join(f"def test_{i}(): pass\n" for i in range(1, 6))
    write(tmp_path, {"test_x.py": f"import pytest\n{plain}{marked}", "pytest.ini": "[pytest]\n"})

    def run(*options, **environment):
        command = [sys.executable, "-m", "pytest", "-v", "-W", "ignore", *options]
        clean = {k: v for k, v in BARE.items() if not k.startswith("GANCOURSE_")}
        clean["PYTHONPATH"] = str(ROOT / "tools")
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True,
                              env=clean | environment).stdout  # fmt: skip
        return {int(i): verdict for i, verdict in re.findall(r"::test_(\d) ([A-Z]+)", told)}

    return run


def test_the_shares_of_a_file_are_the_file(seven):
    parts = [list(seven(f"--share={k}/3")) for k in (1, 2, 3)]
    assert parts == [[1, 4, 7], [2, 5], [3, 6]]


def test_long_and_clock_tests_wait_for_their_variable(seven):
    short, long = seven(), seven(GANCOURSE_LONG="1")
    assert [i for i in short if short[i] == "SKIPPED"] == [6, 7]
    assert [i for i in long if long[i] == "SKIPPED"] == [7]
    assert seven("-m", "clock", GANCOURSE_LONG="1", GANCOURSE_CLOCK="1") == {7: "PASSED"}


# How it runs


def test_two_steps_run_at_the_same_time(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    results, _ = ran(tmp_path, step("-c", MEET, a, b), step("-c", MEET, b, a))
    assert [r.code for r in results] == [0, 0]


def test_one_that_fails_is_printed_whole_and_one_that_passed_in_a_line(tmp_path):
    bad = step("-c", "print('much'); print('more'); raise SystemExit(3)", name="bad")
    good = step("-c", "print('first'); print('3 passed')", name="good")
    results, said = ran(tmp_path, bad, good)
    assert {r.step.name: r.verdict for r in results} == {"bad": "FAILED", "good": "passed"}
    assert "much\nmore\n== [" in said
    assert "first" not in said
    assert re.search(r"\[\d/2\] passed good: \d+\.\d s, \d+\.\d s of CPU \(3 passed\)", said)
    assert "...... bad" in said


def test_the_summary_names_what_failed_and_why(tmp_path):
    step = checked(
        tmp_path,
        "def test_good():\n    pass\n\n"
        "def test_bad():\n    assert 1 == 2, 'so\\nmuch'\n\n"
        "def test_lost(no_such_fixture):\n    pass\n",
    )
    results, _ = ran(tmp_path, step)
    lines = all_checks.summary(results).splitlines()
    assert re.match(r"package tests +FAILED +\d+\.\d s of CPU, processes: 1", lines[-3])
    assert "test_bad: AssertionError: so much" in lines[-2]
    assert "test_lost: failed on setup" in lines[-1]
    assert all(line.startswith("FAILED ") for line in lines[-2:])


@pytest.mark.parametrize(
    ("code", "said"),
    [("raise SystemExit(2)", "exit code 2"), ("import os; os.abort()", "ended by SIGABRT")],
)
def test_a_step_that_fails_without_a_failed_test_is_named_too(tmp_path, code, said):
    (result,), _ = ran(tmp_path, step("-c", code, name="a step"))
    assert result.failed == [
        f"a step: {'ended with ' * ('code' in said)}{said}, see its output above"
    ]


def test_a_step_that_cannot_be_made_here_is_left_out(tmp_path):
    results, said = ran(tmp_path, step("-c", f"raise SystemExit({lanes.LEFT_OUT})"))
    assert "left out x" in said
    assert (results[0].verdict, results[0].failed) == ("left out", [])
    assert lanes.verdict(0, lanes.LEFT_OUT) == "passed"
    assert lanes.verdict(1, lanes.LEFT_OUT) == "FAILED"


def test_a_group_fails_with_one_of_its_steps(tmp_path):
    results, _ = ran(tmp_path, step("-c", ""), step("-c", "raise SystemExit(1)"))
    assert "FAILED" in next(all_checks.rows(results))
    assert "passed" in next(all_checks.rows(r for r in results if not r.code))


def test_colours_are_left_out(tmp_path):
    text = "def test_red():\n    print('\\x1b[91mred\\x1b[0m')\n    raise OSError('\\x1b[1mgone')\n"
    results, said = ran(tmp_path, checked(tmp_path, text))
    assert "\x1b" not in said
    assert results[0].failed[0].endswith("test_red: OSError: gone")


def test_the_processors_seconds_are_those_of_children_too(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    code = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {busy!r}])"
    (result,), _ = ran(tmp_path, step("-c", code))
    assert result.processor >= 0.5


def test_durations_come_from_the_reports(tmp_path):
    text = "import time\ndef test_slow():\n    time.sleep(0.6)\ndef test_quick():\n    pass\n"
    results, _ = ran(tmp_path, checked(tmp_path, text))
    table = durations.table(results[0].durations)
    assert list(table) == ["test_x.py"]
    assert list(table["test_x.py"]["slow"]) == ["test_slow"]
    assert table["test_x.py"]["seconds"] >= 0.6


def test_a_run_of_a_part_keeps_the_durations_of_the_rest(tmp_path):
    for name in ("a.py", "b.py"):
        write(tmp_path / "tests", {name: ""})
        durations.save(tmp_path, [(f"tests/{name}", "t", 3.0), ("tests/gone.py", "t", 1.0)])
    write(tmp_path / "tests", {"c.py": ""})
    durations.save(tmp_path, [("tests/b.py", "t", 4.0)])
    known = durations.load(tmp_path)
    assert known.files.keys() == {"tests/a.py", "tests/b.py"}
    assert (known.of("tests/b.py"), known.of("tests/c.py")) == (4.0, durations.UNKNOWN)


def tool(tmp_path, code):
    """Start a tool whose two steps run `code`, and return it once both are at work."""
    main = f"""
import sys
sys.path.insert(0, {str(ROOT / "tools")!r})
import os, lanes, test
command = [sys.executable, "-c", {code!r}]
test.steps = lambda *options: [lanes.Step(n, "g", command, os.environ) for n in "ab"]
sys.argv = ["test.py"]
sys.exit(test.main())
"""
    return subprocess.Popen(
        [sys.executable, "-c", main], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )


CHILD = """
import os, pathlib, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path({folder!r}, str(os.getpid())).touch()
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {child!r}])
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_child_and_their_children(tmp_path, number):
    """Also a child that outlives its parent and does not hear Ctrl-C."""
    child = CHILD.format(folder=str(tmp_path))
    process = tool(tmp_path, PARENT.format(child=child))
    while len(pids := list(tmp_path.iterdir())) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(number)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Interrupted: every check that was running has been ended." in said
    assert not [p for p in pids if Path(f"/proc/{p.name}").exists() and alive(p.name)]


def alive(pid: str) -> bool:
    """Return whether a process runs: one that has ended may still be listed as a zombie."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
