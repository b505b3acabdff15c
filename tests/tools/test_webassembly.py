"""The page engine's WebAssembly is what its text gives, and the check of that sees every fault."""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import javascript  # noqa: E402
import webassembly  # noqa: E402


@pytest.fixture
def no_node(monkeypatch):
    """A machine without node."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.fixture
def root(tmp_path):
    """A copy of the text and of what was made of it."""
    for path in (webassembly.TEXT, webassembly.TEXT.with_suffix(".js"), *javascript.MANIFESTS):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


@pytest.fixture
def rootnode(root):
    """The copy, with node and the installed packages; skip where they cannot be had."""
    try:
        javascript.node()
        packages = javascript.packages()
    except javascript.Missing as error:
        pytest.skip(str(error))
    (root / "node_modules").symlink_to(packages, target_is_directory=True)
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_compiler_gives_the_very_bytes(rootnode):
    assert webassembly.compiled(rootnode) == webassembly.module(ROOT).read_text(encoding="utf-8")
    assert webassembly.check(ROOT) == []


def test_a_changed_text_is_noticed_and_built_anew(rootnode, capsys):
    edit(rootnode / webassembly.TEXT, "i32.const 32", "i32.const 64")
    (found,) = webassembly.check(rootnode)
    assert "product.js: its text was changed after the build: `make build`" in found
    assert webassembly.build(rootnode)
    assert "product.js: built" in capsys.readouterr().out
    assert webassembly.check(rootnode) == []


def test_a_new_compiler_asks_for_a_build(root, no_node):
    edit(root / "package.json", '"wabt": "', '"wabt": "1')
    assert webassembly.is_stale(root)


def test_a_changed_module_is_noticed(rootnode):
    edit(webassembly.module(rootnode), 'WASM = "AGFz', 'WASM = "AGFy')
    assert "is not what wat2wasm gives" in webassembly.check(rootnode)[0]


def test_a_text_that_does_not_compile_is_said(rootnode, capsys):
    edit(rootnode / webassembly.TEXT, "(module", "(modul")
    assert not webassembly.build(rootnode)
    assert "wat2wasm could not compile" in capsys.readouterr().err


def test_without_node_the_hash_is_compared_and_one_line_says_so(root, no_node, capsys):
    assert webassembly.check(root) == []
    assert "compared by hash alone: node 20" in capsys.readouterr().err
    edit(root / webassembly.TEXT, "i32.const 32", "i32.const 64")
    assert "was changed" in webassembly.check(root)[0]
    assert not webassembly.build(root)


def test_a_missing_text_is_noticed_and_a_course_without_scripts_is_sound(root, tmp_path_factory):
    (root / webassembly.TEXT).unlink()
    assert "is needed for a widget's JavaScript and missing" in webassembly.check(root)[0]
    assert webassembly.check(tmp_path_factory.mktemp("none")) == []
