"""The tool that plants mistakes: what it plants, what it leaves alone, what counts again."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import mutants  # noqa: E402
from mutations import mutations  # noqa: E402


def changes(source):
    return [m.change for m in mutations(source)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", ["a < b -> a <= b", "a < b -> a >= b"]),
        ("a + 1", ["a + 1 -> a - 1", "1 -> 2", "1 -> 0"]),
        ("a = 0.5", ["0.5 -> 1.0", "0.5 -> 0.25"]),
        ("a = not b", ["not b -> b"]),
        ("a and b", ["a and b -> a or b"]),
        ("a = min(b, c)", ["min(b, c) -> min(c, b)", "min -> max", "min(b, c) -> b"]),
        ("a = x.mean()", ["x.mean -> x.sum", "x.mean() -> x"]),
        ("a[0] = b", ["a[0] = b -> pass", "0 -> 1", "0 -> -1"]),
    ],
)
def test_what_is_planted(source, wanted):
    assert changes(source) == wanted


@pytest.mark.parametrize(
    "source",
    ['"""A text: 1 + 1."""', 'x: "1 < 2"', 'a = f"{b + 1}"', "import a", "@f(1)\ndef g(): return",
     'if __name__ == "__main__":\n    f(1)'],
)  # fmt: skip
def test_what_is_left_alone(source):
    assert changes(source) == []


def test_an_error_is_left_out_and_its_words_are_not_touched():
    assert changes("raise ValueError(a + 1)") == ["raise ValueError(a + 1) -> pass"]


def test_mutations_that_read_alike_are_numbered():
    assert changes("a = 1 + b + 1")[-2:] == ["1 -> 2 #2", "1 -> 0 #2"]


def test_a_mutation_changes_one_place_of_the_source_and_keeps_the_rest():
    source = "x = 'ä'  # a reason\ny = a * (b - c)\n"
    (first,) = [m for m in mutations(source) if m.change == "b - c -> b + c"]
    assert first.source == "x = 'ä'  # a reason\ny = a * ((b + c))\n"
    assert (first.line, first.text) == (2, "y = a * (b - c)")


@pytest.mark.parametrize("name", mutants.OWNERS)
def test_every_module_and_test_file_is_there(name):
    owner = mutants.OWNERS[name]
    assert (ROOT / owner.module).is_file()
    assert all((ROOT / path).is_file() for path in owner.tests.split())


def test_every_planted_fault_is_python_and_still_finds_its_place():
    faults = mutants.planted(list(mutants.OWNERS))
    assert len(faults) >= 14
    assert all(ast.parse(fault.source) for fault in faults)


def test_mutants_are_drawn_evenly_and_the_same_for_a_seed():
    names = ["losses", "score.modes"]
    drawn = mutants.sampled(names, 40, 0)
    assert drawn == mutants.sampled(names, 40, 0)
    assert drawn != mutants.sampled(names, 40, 1)
    assert len({m.key for m in drawn}) == 40
    assert {m.owner for m in drawn} == set(names)


def verdict(mutant, **changes):
    owner = mutants.OWNERS[mutant.owner]
    digests = {"module": mutants._digest(owner.module), "tests": mutants._digest(owner.tests)}
    return {"fell": False, "test": "", "seconds": 1.0, **digests, **changes}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [({}, True), ({"tests": "old"}, False), ({"module": "old"}, False),
     ({"tests": "old", "fell": True}, True), ({"module": "old", "fell": True}, False)],
)  # fmt: skip
def test_survivors_are_asked_again_once_their_tests_change(changes, counts, tmp_path):
    (mutant,) = mutants.sampled(["losses"], 1, 0)
    results = mutants.Results(tmp_path / "r.json", fresh=True)
    results.known[mutant.key] = verdict(mutant, **changes)
    assert (results.of(mutant) is not None) is counts


def test_a_reason_excuses_a_survivor_and_nothing_else(tmp_path, monkeypatch, capsys):
    one, other = mutants.sampled(["losses"], 2, 0)
    text, change = one.text.replace("'", "\\'"), one.change
    entry = f"[[mutant]]\nmodule='losses'\nline='''{text}'''\nchange='''{change}'''\nreason='r'\n"
    (tmp_path / "e.toml").write_text(entry)
    monkeypatch.setattr(mutants, "EQUIVALENT", tmp_path / "e.toml")
    results = mutants.Results(tmp_path / "r.json", fresh=True)
    results.known = {one.key: verdict(one), other.key: verdict(other, fell=True)}
    assert mutants.report([], [one, other], results) is True
    results.known[other.key] = verdict(other)
    assert mutants.report([], [one, other], results) is False
    assert "0 of 1 mutants that change behaviour fell" in capsys.readouterr().out


def test_what_changed_while_it_ran_is_to_be_run_again(tmp_path, capsys):
    (mutant,) = mutants.sampled(["losses"], 1, 0)
    results = mutants.Results(tmp_path / "r.json", fresh=True)
    results.known = {mutant.key: verdict(mutant, tests="old")}
    assert mutants.report([], [mutant], results) is False
    assert "run this again" in capsys.readouterr().out


def test_every_reason_is_of_a_mutant_that_there_is():
    names = {key.split(" | ")[0] for key in mutants.equivalent()}
    there = {m.key for name in names for m in mutants.sampled([name], 10_000, 0)}
    assert mutants.equivalent().keys() <= there


def test_tests_that_modules_share_are_timed_once():
    class Run:
        def ended(self):
            return False, "", 2.0

    class Tree:
        def start(self, mutant, owner, seconds):
            started.append(owner.tests)
            return Run()

    started = []
    names = ["train.state", "train.steps", "losses"]
    assert mutants.limits([Tree()], names) == dict.fromkeys(names, 40.0)
    assert started == [mutants.OWNERS["train.steps"].tests, "tests/test_losses.py"]


def test_an_unchanged_package_passes_in_a_fork_and_a_broken_one_falls(tmp_path):
    """The whole way, in a process of its own: this one has imported the package."""
    code = (
        "import mutants as m, pathlib; m.PRELOADED = ('pytest', 'torch'); m.preload(); "
        f"t = m.Tree(pathlib.Path({str(tmp_path / 'tree')!r})); o = m.OWNERS['store']\n"
        "def end(mutant):\n"
        "    run = t.start(mutant, o, 300)\n"
        "    while not (found := run.ended()): m.time.sleep(0.05)\n"
        "    return found\n"
        "print(end(None)[:2]); "
        "print(end(m._plant('mode', 'store', '0o644', '0o600'))[:2]); print(end(None)[:2])"
    )
    said = mutants_say(code)
    assert said[0] == said[2] == "(False, '')"
    assert said[1].startswith("(True, 'tests/test_store.py::test_what_is_written")


def mutants_say(code):
    import os
    import subprocess

    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return out.stdout.splitlines()
