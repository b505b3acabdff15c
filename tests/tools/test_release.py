"""A release: its version stands in three files, its archives depend on contents alone."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def release(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import release

    return release


@pytest.fixture
def tree(tmp_path):
    """A project of version 1.2.3 that says so everywhere."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# What has changed\n\n## 1.2.3, 2026-12-01\n")
    (tmp_path / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 1.2.3\n")
    return tmp_path


def test_the_projects_own_version_stands_in_all_three(release):
    assert release.version() == "0.1.0"


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CITATION.cff"])
def test_a_version_that_a_file_does_not_name_is_refused(release, tree, name):
    assert release.version(tree) == "1.2.3"
    (tree / name).write_text((tree / name).read_text().replace("1.2.3", "1.2.30"))
    with pytest.raises(SystemExit, match=f"{name} .*1.2.3"):
        release.version(tree)


def test_changes_that_are_not_committed_are_seen(release, tree):
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    assert "pyproject.toml" in release.uncommitted(tree)


def test_an_archive_of_equal_files_is_equal_whenever_it_is_made(release, tree, tmp_path):
    made = []
    for time, name in ((1, "a.zip"), (10**9, "b.zip")):
        os.utime(tree / "CHANGELOG.md", (time, time))
        release.archive(tmp_path / name, release.below(tree, "*.md", "course"))
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_checksums_are_what_sha256sum_reads(release, tree):
    lines = release.checksums(tree).splitlines()
    assert len(lines) == 3
    digest = hashlib.sha256((tree / "CITATION.cff").read_bytes()).hexdigest()
    assert f"{digest}  CITATION.cff" in lines


def test_a_tree_with_changes_is_not_released(release, monkeypatch, tmp_path):
    monkeypatch.setattr(release, "uncommitted", lambda: " M README.md\n")
    monkeypatch.setattr(sys, "argv", ["release.py", "--out", str(tmp_path / "dist")])
    with pytest.raises(SystemExit, match="not committed"):
        release.main()
    assert not (tmp_path / "dist").exists()


def test_a_step_that_fails_leaves_the_last_release_as_it_was(release, monkeypatch, tmp_path):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/old").write_text("1")
    (tmp_path / "dist/SHA256SUMS").write_text("")
    monkeypatch.setattr(release, "uncommitted", lambda: "")
    monkeypatch.setattr(
        sys, "argv", ["release.py", "--uv", "false", "--out", str(tmp_path / "dist")]
    )
    with pytest.raises(SystemExit, match="nothing was released: false build"):
        release.main()
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]
    assert (tmp_path / "dist/old").read_text() == "1"


def test_a_step_that_leaves_itself_out_is_told_from_one_that_is_done_or_fails(release):
    assert release.call([sys.executable, "-c", ""])
    assert not release.call([sys.executable, "-c", "raise SystemExit(77)"])
    with pytest.raises(SystemExit, match="nothing was released"):
        release.call([sys.executable, "-c", "raise SystemExit(1)"])


def test_a_folder_that_holds_something_else_is_not_replaced(release, monkeypatch, tmp_path):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/mine").write_text("1")
    monkeypatch.setattr(release, "uncommitted", lambda: "")
    monkeypatch.setattr(sys, "argv", ["release.py", "--out", str(tmp_path / "dist")])
    with pytest.raises(SystemExit, match="no release: name another folder"):
        release.main()
    assert (tmp_path / "dist/mine").read_text() == "1"
