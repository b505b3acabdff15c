"""Plant small mistakes in the package and see whether the test file that owns the code notices.

    python tools/mutants.py [--number 350] [--seed 0] [--only train score.modes ...] [--jobs 2]

Each mutant is one change of one place (`mutations.py`), written into a copy of the tree, and falls
when the owner's tests fail or do not end. Faults that once went unseen come first: they stand in
`mutants_planted.toml`. A survivor that changes no behaviour stands with its reason in
`mutants_equivalent.toml`. Results are kept in `.mutants`: run again, it goes on where it stopped,
and asks survivors again once their tests have changed. Ends with 1 when a planted fault or more
than 5 % of the mutants that change behaviour survive.
"""

import argparse
import gc
import hashlib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported, and for the tests too

from mutant_owners import OWNERS, Owner
from mutations import mutations
from shared_data import use_shared_data

PRELOADED = (  # imported once, then every mutant's process starts with them
    "pytest", "torch", "torch._dynamo", "torchvision.datasets", "torchmetrics.image.fid",
    "torchmetrics.image.kid", "torchvision.transforms.functional", "scipy.stats",
    "scipy.integrate", "scipy.linalg", "sklearn.neighbors", "sklearn.datasets",
    "matplotlib.pyplot", "safetensors.torch", "tqdm", "typer", "PIL.Image", "sympy",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".mutants"
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.toml")
PLANTED = Path(__file__).with_name("mutants_planted.toml")
COPIED = ("gancourse", "tests")
MEMORY = 6 << 30  # bytes
ENOUGH = 0.95


@dataclass(frozen=True)
class Mutant:
    """One mutant: the name of its owner, its line, what is changed, the mutated source."""

    owner: str
    line: int
    text: str
    change: str
    source: str = field(repr=False)

    @property
    def key(self) -> str:
        return " | ".join((self.owner, self.text, self.change))

    def __str__(self) -> str:
        return f"{OWNERS[self.owner].module}:{self.line}: {self.change}"


def sampled(names: list[str], number: int, seed: int) -> list[Mutant]:
    """Return `number` mutants at even steps through all of these owners' modules."""
    found = [mutant for name in names if OWNERS[name].sampled for mutant in _all(name)]
    number = min(number, len(found))
    start = random.Random(seed).random()
    return [found[int((i + start) * len(found) / number)] for i in range(number)]


def _all(name: str) -> Iterator[Mutant]:
    source = (ROOT / OWNERS[name].module).read_text(encoding="utf-8")
    for m in mutations(source):
        yield Mutant(name, m.line, m.text, m.change, m.source)


def planted(names: list[str]) -> list[Mutant]:
    """Return the faults of `mutants_planted.toml`; ValueError where a text is not there once."""
    return [_plant(**fault) for fault in _entries(PLANTED, "fault") if fault["module"] in names]


def _plant(name: str, module: str, old: str, new: str) -> Mutant:
    source = (ROOT / OWNERS[module].module).read_text(encoding="utf-8")
    if source.count(old) != 1:
        raise ValueError(f"{name}: {OWNERS[module].module} must hold {old!r} once: correct it.")
    line = source[: source.index(old)].count("\n") + 1
    return Mutant(module, line, name, f"{old} -> {new}", source.replace(old, new))


def _entries(path: Path, kind: str) -> list[dict]:
    return tomllib.loads(path.read_text(encoding="utf-8"))[kind] if path.exists() else []


def equivalent() -> dict[str, str]:
    """Return the reason for each mutant that changes no behaviour, by its key."""
    entries = _entries(EQUIVALENT, "mutant")
    return {" | ".join((e["module"], e["line"], e["change"])): e["reason"] for e in entries}


class Results:
    """The verdicts so far, in a JSON file, with digests of the module and the tests they are of."""

    def __init__(self, path: Path, fresh: bool):
        self.path = path
        self.known = {} if fresh or not path.exists() else json.loads(path.read_text())

    def of(self, mutant: Mutant) -> dict | None:
        """Return a verdict that still counts: tests that change may fell a survivor."""
        verdict = self.known.get(mutant.key)
        if not verdict or verdict["module"] != _digest(OWNERS[mutant.owner].module):
            return None
        same_tests = verdict["tests"] == _digest(OWNERS[mutant.owner].tests)
        return verdict if verdict["fell"] or same_tests else None

    def add(self, run: "Run", fell: bool, test: str, seconds: float) -> None:
        mutant, digests = run.mutant, run.digests
        self.known[mutant.key] = {"fell": fell, "test": test, "seconds": seconds, **digests}
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(self.known, indent=1, sort_keys=True))
        beside.replace(self.path)


def _digest(paths: str, root: Path = ROOT) -> str:
    read = b"".join((root / path).read_bytes() for path in paths.split())
    return hashlib.sha256(read).hexdigest()[:12]


class Tree:
    """A copy of package and tests in which one mutant at a time is written and tested."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in ROOT.iterdir():
            if path.name in COPIED:
                shutil.copytree(path, folder / path.name, ignore=_no_caches)
            elif path.name[0] != ".":
                (folder / path.name).symlink_to(path)

    def start(self, mutant: Mutant | None, owner: Owner, seconds: float) -> "Run":
        """Start the owner's tests on a mutant, or on the package as it is, in a fork."""
        if mutant:
            (self.folder / owner.module).write_text(mutant.source, encoding="utf-8")
        said = self.folder.with_suffix(".json")
        said.unlink(missing_ok=True)
        pid = os.fork()
        if not pid:
            _in_child(self.folder, owner, said, seconds)
        digests = {"module": _digest(owner.module), "tests": _digest(owner.tests, self.folder)}
        return Run(self, mutant, owner, digests, pid, time.monotonic() + 6 * seconds)

    def restore(self, owner: Owner) -> None:
        shutil.copy2(ROOT / owner.module, self.folder / owner.module)


_no_caches = shutil.ignore_patterns("__pycache__")


@dataclass
class Run:
    """A fork that runs an owner's tests; `until` is when it is given up, a monotonic time."""

    tree: Tree
    mutant: Mutant | None
    owner: Owner
    digests: dict[str, str]  # of the module before the mutation, and of the tests that are run
    pid: int
    until: float

    def ended(self) -> tuple[bool, str, float] | None:
        """Return None while it runs, then whether a test failed, which, and its CPU seconds."""
        pid, status, used = os.wait4(self.pid, os.WNOHANG)
        late = not pid and time.monotonic() > self.until
        if not pid and not late:
            return None
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if late:
            _, status, used = os.wait4(self.pid, 0)
        self.tree.restore(self.owner)
        seconds = round(used.ru_utime + used.ru_stime, 2)
        said = self.tree.folder.with_suffix(".json")
        if not said.exists():  # killed by a signal, or by us
            return True, "(did not end)" if late or os.WIFSIGNALED(status) else "(crashed)", seconds
        code, test = json.loads(said.read_text())
        return code != 0, test, seconds


def _in_child(folder: Path, owner: Owner, said: Path, seconds: float) -> None:
    """Run the owner's tests in this process, say how it went, and end it."""
    try:
        os.setsid()
        _confine(seconds)
        os.chdir(folder)
        sys.path[:0] = [str(folder), str(folder / "tests")]
        os.environ["PYTHONPATH"] = str(folder)
        said.write_text(json.dumps(_tested(owner)))
    finally:
        os._exit(0)


def _confine(seconds: float) -> None:
    log = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(log, standard)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _tested(owner: Owner) -> tuple[int, str]:
    import pytest

    first = First()
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore"]
    code = pytest.main([*options, "-k", owner.chosen, *owner.tests.split()], [first])
    return int(code), first.failed or ("" if code == 0 else "(at import)")


class First:
    """A pytest plugin that remembers the first test that failed."""

    failed = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def limits(trees: list[Tree], names: list[str]) -> dict[str, float]:
    """Return the CPU seconds that each owner's tests may take: five times those of the package.

    Ends the program where the tests fail on the package as it is: they would fell every mutant.
    """
    asked = {OWNERS[name].asked: OWNERS[name] for name in names}
    found = {}
    for tests, owner in asked.items():  # once for all modules that share them
        run = trees[0].start(None, owner, 600)
        while not (end := run.ended()):
            time.sleep(0.05)
        if end[0]:
            sys.exit(f"{owner.tests} fails on the package as it is: {end[1]}")
        found[tests] = 30 + 5 * end[2]
        print(f"{owner.tests}: {end[2]:.1f} s of CPU", flush=True)
    return {name: found[OWNERS[name].asked] for name in names}


def hunt(mutants: list[Mutant], results: Results, jobs: int) -> None:
    """Run the owner's tests on each mutant, `jobs` at a time, and add the verdicts."""
    trees = [Tree(KEPT / f"tree{i}") for i in range(jobs)]
    seconds = limits(trees, sorted({m.owner for m in mutants}))
    todo, running, done = list(reversed(mutants)), [], 0
    while todo or running:
        while todo and trees:
            m = todo.pop()
            running.append(trees.pop().start(m, OWNERS[m.owner], seconds[m.owner]))
        time.sleep(0.02)
        for run in list(running):
            if end := run.ended():
                running.remove(run)
                trees.append(run.tree)
                results.add(run, *end)
                done += 1
                verdict = end[1] if end[0] else "SURVIVED"
                print(f"{done}/{len(mutants)} {run.mutant}: {verdict}", flush=True)


def preload() -> None:
    """Import what the tests need but the package, which each fork imports anew."""
    use_shared_data(ROOT)
    sys.dont_write_bytecode = True  # a mutant may be as long and as old as the one before
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # nbval alone takes seconds
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    if "gancourse" in sys.modules:
        raise RuntimeError("gancourse was imported before the mutants: they would not be seen.")
    gc.freeze()  # a collection in a fork would copy all of this memory


def report(faults: list[Mutant], mutants: list[Mutant], results: Results) -> bool:
    """Print the planted faults with their tests, the survivors, the share; tell if it is enough."""
    reasons, verdicts = equivalent(), {m.key: results.of(m) for m in (*faults, *mutants)}
    if not all(verdicts.values()):
        print("Modules or tests have changed since they were asked: run this again.")
        return False
    for m in faults:
        print(f"planted: {m.text}: {verdicts[m.key]['test'] or 'SURVIVED'}")
    survivors = [m for m in mutants if not verdicts[m.key]["fell"]]
    alike = [m for m in survivors if m.key in reasons]
    real = [m for m in survivors if m.key not in reasons]
    for m in alike:
        print(f"no change of behaviour: {m}: {reasons[m.key]}")
    for m in real:
        print(f"survived: {m}\n    {m.text}")
    changing = len(mutants) - len(alike)
    share = 1 - len(real) / max(1, changing)
    print(f"{changing - len(real)} of {changing} mutants that change behaviour fell: {share:.1%}")
    return share >= ENOUGH and all(verdicts[m.key]["fell"] for m in faults)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=350)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(OWNERS), default=list(OWNERS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--fresh", action="store_true", help="forget earlier verdicts")
    options = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    results = Results(KEPT / "results.json", options.fresh)
    faults = planted(options.only)
    mutants = sampled(options.only, options.number, options.seed)
    todo = [m for m in (*faults, *mutants) if not results.of(m)]
    if todo:
        preload()
        hunt(todo, results, options.jobs)
    sys.exit(not report(faults, mutants, results))


if __name__ == "__main__":
    main()
