"""A hub's servers: the user's own copy, the course's settings, no more threads than cores."""

import json
import secrets
import sys
from pathlib import Path
from unittest.mock import Mock

import hub_class
import javascript
import pytest
import yaml
from traitlets.config import Config

import hub
from gancourse.jupyter import hub as entry

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("2", 2), ("1.5", 1), ("0.25", 1), ("0", None), ("", None), ("-1", None), ("a lot", None)],
)
def test_whole_cores_are_counted_and_at_least_one(limit, cores):
    assert entry.allowed_cores({"CPU_LIMIT": limit}) == cores


def test_threads_follow_the_hubs_limit_unless_somebody_chose():
    found = {"CPU_LIMIT": "2.0"}
    entry.fit_threads(found)
    assert found["GANCOURSE_THREADS"] == "2"
    chosen = {"CPU_LIMIT": "2.0", "GANCOURSE_THREADS": "1"}
    entry.fit_threads(chosen)
    assert chosen["GANCOURSE_THREADS"] == "1"
    free = {}
    entry.fit_threads(free)
    assert "GANCOURSE_THREADS" not in free


def test_the_server_is_the_hubs_and_keeps_its_own_login(tmp_path):
    entry.working_copy.update(tmp_path / "copy")
    found = entry.command(tmp_path / "copy", ["--ServerApp.terminals_enabled=False"])
    assert found[:3] == [sys.executable, "-m", "jupyterhub.singleuser"]
    assert f"--ServerApp.root_dir={tmp_path / 'copy'}" in found
    assert "--ServerApp.terminals_enabled=False" in found
    assert not any("token" in each or "no-browser" in each for each in found)


def test_without_jupyterhub_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(entry, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r'^Error: JupyterHub is not here.*"gancourse\[hub\]"'):
        entry.main()


def test_a_copy_that_cannot_be_updated_is_opened_as_it_is(tmp_path, monkeypatch, capsys):
    (tmp_path / "copy").mkdir()
    full = Mock(side_effect=OSError("No space left on device"))
    monkeypatch.setattr(entry.working_copy, "update", full)
    monkeypatch.setattr(entry, "command", lambda copy, extra: ["server", str(copy)])
    monkeypatch.setattr(entry, "fit_threads", lambda environment: None)
    monkeypatch.setattr(entry.os, "execv", started := Mock())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANCOURSE_COPY", str(tmp_path / "copy"))
    entry.serve([])
    assert "as it was: No space left" in capsys.readouterr().out
    started.assert_called_once()
    monkeypatch.setenv("GANCOURSE_COPY", str(tmp_path / "none"))
    with pytest.raises(OSError, match="No space left"):
        entry.serve([])


def test_a_message_with_buffers_is_read_to_the_end_of_its_text():
    text, buffer = b'{"a": 1}', b"\x00\x01"
    start = 4 + 2 * 4
    head = b"".join(n.to_bytes(4, "big") for n in (2, start, start + len(text)))
    assert hub_class._head(head + text + buffer) == '{"a": 1}'


def test_one_failure_is_counted_and_the_others_are_summed_up():
    well = {"server": 2.0, "first_cell": 4.0, "lesson": 9.0, "moves": [0.01, 0.03]}
    found = hub_class.summary([well, {"error": "KeyError: 'a'"}, well], {"kernel": 300.0})
    waited = hub_class.summary([{"error": "BrokenBarrierError: "}, {"error": "KeyError: 'a'"}], {})
    assert (waited["failed"], waited["errors"]) == (2, ["KeyError: 'a'"])
    assert (found["users"], found["failed"], found["errors"]) == (3, 1, ["KeyError: 'a'"])
    assert found["first_cell"] == {"median": 4.0, "worst": 4.0}
    assert (found["move_ms"]["p50"], found["move_ms"]["count"]) == (30.0, 4)


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    """Return a user who is logged in to a hub of its own."""
    home, port, password = tmp_path_factory.mktemp("hub"), hub.free_port(), secrets.token_hex(8)
    try:
        process = hub.start(home, port, password)
    except javascript.Missing as missing:
        pytest.skip(f"no proxy for a hub: {missing}")
    try:
        hub.wait_until_up(f"http://127.0.0.1:{port}", process)
        found = hub_class.User(f"http://127.0.0.1:{port}", "ada", password)
        found.login()
        found.home_folder = home
        yield found
    finally:
        hub.end(process)


def test_a_user_has_a_copy_of_their_own_with_the_courses_settings(user):
    names = {f["name"] for f in user.get("api/contents/")["content"]}
    assert names == {"notebooks", "exercises", "solutions", "progress.ipynb"}
    assert (user.home_folder / "homes" / "ada" / "my_course" / "notebooks").is_dir()
    found = user.get("lab/api/settings/@jupyterlab/apputils-extension:kernels-settings")
    assert found["schema"]["properties"]["commsOverSubshells"]["default"] == "disabled"


def test_the_first_lesson_runs_and_its_explorer_follows_the_pad(user):
    cells = user.open(hub_class.LESSON)
    shown = [widget for code in cells[:2] for widget in user.cell(code)]
    spent = user.drag(shown[0], 1.0, kernel_draws=True)
    assert len(spent) >= 1
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        user.cell("1 / 0")
    user.cell("import os; assert os.environ['GANCOURSE_THREADS'] == '1'")


def test_another_password_does_not_get_in(user):
    stranger = hub_class.User(user.url, "eve", "not it")
    with pytest.raises(hub_class.requests.HTTPError, match="403"):
        stranger.login()


# What is in hub/


@pytest.mark.parametrize("name", ["tljh_config", "docker_config"])
def test_every_hub_starts_the_same_server_with_limits_and_ends_idle_ones(name, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "hub"), *sys.path])
    c, path = Config(), ROOT / "hub" / f"{name}.py"
    c.JupyterHub.services = [{"name": "theirs"}]
    c.Spawner.environment = {"THEIRS": "1"}
    exec(path.read_text("utf-8"), {"get_config": lambda: c, "__file__": str(path)})
    assert c.Spawner.cmd[1:] == ["-m", "gancourse.jupyter.hub"]
    assert c.Spawner.cpu_limit >= 1
    assert c.Spawner.mem_limit == "1.5G"
    theirs, ours = c.JupyterHub.services  # what a hub has already stays
    assert (theirs["name"], c.Spawner.environment["THEIRS"]) == ("theirs", "1")
    assert "jupyterhub_idle_culler" in ours["command"]
    assert c.JupyterHub.load_roles.get_value([])[0]["services"] == [ours["name"]]


def test_charts_containers_and_the_image_start_the_same_server():
    values = yaml.safe_load((ROOT / "hub" / "z2jh.yaml").read_text("utf-8"))
    assert values["singleuser"]["cmd"] == ["python", "-m", "gancourse.jupyter.hub"]
    image = (ROOT / "hub" / "Dockerfile").read_text("utf-8")
    assert 'CMD ["python", "-m", "gancourse.jupyter.hub"]' in image
    assert (ROOT / "binder" / "Dockerfile").read_text("utf-8") == image
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    named = ROOT / ".devcontainer" / container["build"]["dockerfile"]
    assert named.resolve() == ROOT / "hub" / "Dockerfile"


def test_the_table_of_the_page_is_what_was_measured():
    told = json.loads(hub_class.KEPT.read_text("utf-8"))
    text = hub_class.PAGE.read_text("utf-8")
    assert hub_class.with_table(text, told) == text
