"""The widgets' bundles are what their sources build, and the check of that sees every fault."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import bundle  # noqa: E402
import javascript  # noqa: E402
import lanes  # noqa: E402

STATIC = Path("gancourse/live/static")
WIDGETS = ["asked", "chart", "dashboard", "engine", "explorer", "faulty", "plane", "pointgan", "replay",
           "wager"]  # fmt: skip


@pytest.fixture
def no_node(monkeypatch):
    """A machine without node: nothing that these tests do may need it."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.fixture
def root(tmp_path):
    """A copy of the sources and the bundles."""
    shutil.copytree(ROOT / STATIC, tmp_path / STATIC)
    for name in javascript.MANIFESTS:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def node():
    """Node and the installed packages; skip where they cannot be had."""
    try:
        return javascript.node(), javascript.packages()
    except javascript.Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def rootnode(root, node):
    (root / "node_modules").symlink_to(node[1], target_is_directory=True)
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_each_widget_has_a_bundle_that_its_sources_build(no_node):
    assert [b.name for b in bundle.bundles(ROOT)] == WIDGETS
    assert bundle.check(ROOT) == []


def test_esbuild_gives_the_very_bytes(node):
    for made, text in bundle.esbuild(bundle.bundles(ROOT)).items():
        assert text == made.path.read_text(encoding="utf-8"), made


def test_a_changed_source_is_noticed_in_the_bundles_that_use_it(root, no_node):
    edit(root / STATIC / "src" / "film.js", "FRAME = 50", "FRAME = 60")
    (found,) = bundle.check(root)
    assert "explorer.js: its sources were changed after the build: `make build`" in found


def test_a_changed_bundle_is_noticed(root, no_node):
    edit(root / STATIC / "plane.js", "make(", "makes(")
    assert "plane.js was changed after the build" in bundle.check(root)[0]


def test_a_new_version_of_esbuild_asks_for_a_build(root, no_node):
    edit(root / "package.json", '"esbuild": "', '"esbuild": "1')
    assert len(bundle.check(root)) == len(WIDGETS)


def test_a_missing_bundle_and_a_script_without_source_are_noticed(root, no_node):
    (root / STATIC / "chart.js").rename(root / STATIC / "table.js")
    missing, stray = bundle.check(root)
    assert "chart.js is missing" in missing
    assert "table.js has no source" in stray


def test_a_missing_source_is_named(root, no_node):
    (root / STATIC / "src" / "film.js").unlink()
    assert re.search(r"film\.js is needed .* and missing", bundle.check(root)[0])


def test_without_node_the_hashes_are_compared_and_one_line_says_so(root, no_node, capsys):
    assert bundle.check(root) == []
    assert capsys.readouterr().err == (
        "The bundles were compared by hash alone: node 20 or newer is not on this machine.\n"
    )


def test_a_build_that_needs_node_says_so(root, no_node, capsys):
    assert bundle.build(root)
    edit(root / STATIC / "src" / "film.js", "FRAME = 50", "FRAME = 60")
    assert not bundle.build(root)
    assert "node 20 or newer is not on this machine" in capsys.readouterr().err


def test_only_bundles_whose_sources_changed_are_built(rootnode, capsys):
    edit(rootnode / STATIC / "src" / "film.js", "FRAME = 50", "FRAME = 60")
    assert bundle.build(rootnode)
    assert capsys.readouterr().out == f"{STATIC.as_posix()}/explorer.js: built\n"
    assert "FRAME = 60" in (rootnode / STATIC / "explorer.js").read_text()
    assert bundle.check(rootnode) == []


def test_a_bundle_with_matching_hashes_that_esbuild_does_not_give_is_noticed(rootnode):
    plane = next(b for b in bundle.bundles(rootnode) if b.name == "plane")
    text = bundle.read(plane.path).partition("\n")[2].replace("make(", "makes(")
    plane.path.write_text(bundle.with_header(plane, text))
    assert bundle.difference(plane) == ""
    assert "plane.js is not what esbuild gives" in bundle.check(rootnode)[0]


def test_a_source_that_is_not_what_esbuild_reads_stops_the_build(rootnode, capsys):
    edit(rootnode / STATIC / "src" / "widgets" / "chart.js", "render }", "rendered }")
    before = (rootnode / STATIC / "chart.js").read_bytes()
    assert not bundle.build(rootnode)
    assert "esbuild could not bundle" in capsys.readouterr().err
    assert (rootnode / STATIC / "chart.js").read_bytes() == before


def test_a_source_that_the_hash_leaves_out_stops_the_build(rootnode, capsys):
    edit(rootnode / STATIC / "src" / "explorer.js", '"./film.js"', "'./film.js'")
    assert not bundle.build(rootnode)
    assert "explorer.js: its hash leaves out film.js" in capsys.readouterr().err


@pytest.mark.parametrize("name", WIDGETS)
def test_a_bundle_is_whole_and_fits_into_a_page(name):
    text = (ROOT / STATIC / f"{name}.js").read_text(encoding="utf-8")
    assert not re.search(r"^import\b|\bimport\(|</script|https?://(?!www\.w3\.org)", text, re.M)
    assert ("as default" in text) == (name not in ("asked", "engine", "plane", "replay"))
    assert len(text) < (80_000 if name == "engine" else 60_000)


def test_python_hands_on_the_bundles_whole():
    from gancourse.live.frontend import es_module

    for name in WIDGETS:
        assert es_module(name) == (ROOT / STATIC / f"{name}.js").read_text(encoding="utf-8")


def test_node_packages_are_hashed_and_name_no_host():
    text = (ROOT / "package-lock.json").read_text()
    packages = [p for name, p in json.loads(text)["packages"].items() if name]
    assert len(packages) > 50
    assert all(p["integrity"].startswith("sha512-") for p in packages)
    assert '"resolved"' not in text
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in pinned.values())


def test_what_cannot_be_run_is_left_out_with_a_sentence(no_node, capsys):
    assert javascript.main(["lint"]) == javascript.SKIPPED
    assert "lint is left out: node 20 or newer is not on this machine." in capsys.readouterr().out


def test_both_steps_are_in_the_whole_run_and_may_be_left_out():
    spec = importlib.util.spec_from_file_location("all_checks", ROOT / "tools" / "test.py")
    all_checks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(all_checks)
    steps = {step.name: step for step in all_checks.checks(ROOT, {"PATH": ""})}
    for name in ("JavaScript lint", "JavaScript tests"):
        step = steps[name]
        done = subprocess.run(step.command, env=step.environment, capture_output=True)
        assert done.returncode == lanes.LEFT_OUT


def test_an_old_node_is_not_used(monkeypatch):
    old = subprocess.CompletedProcess([], 0, "v18.20.1\n")
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/node")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: old)
    with pytest.raises(javascript.Missing, match=r"this machine has v18\.20\.1"):
        javascript.node()


def test_packages_that_npm_cannot_get_leave_nothing_behind(root, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "npm error network\nnpm error more\n")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(javascript.Missing, match=r"could not install .*\(npm error network\)"):
        javascript.packages(root)
    assert not [p for p in root.iterdir() if p.name.startswith((".npm", "node"))]


def test_every_source_with_a_function_of_its_own_has_a_test():
    pure = {path.stem for path in (ROOT / STATIC / "src").glob("*.js")} - {"dom", "dashboard"}
    pure |= {path.name for path in (ROOT / STATIC / "src").iterdir() if path.is_dir()} - {"widgets"}
    tests = (ROOT / "tests/js").glob("*.test.js")
    assert pure == {path.name.removesuffix(".test.js") for path in tests}
