"""gancourse lab: the course opens in a JupyterLab that answers fast, and ends cleanly."""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyterlab.labapp import LabApp
from traitlets.utils.importstring import import_item
from websocket import create_connection

from gancourse import course
from gancourse.errors import InputError
from gancourse.jupyter import lab, server_arguments, working_copy

PATIENCE = 200  # seconds, on a busy machine
DEAD_PROXY = "http://127.0.0.1:9"  # nobody listens there
KERNEL_SETTINGS = "@jupyterlab/apputils-extension:kernels-settings"
NEWS_SETTINGS = "@jupyterlab/apputils-extension:notification"


class Server:
    """A running gancourse lab, with the address that it printed."""

    def __init__(self, folder: Path, *arguments: str):
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "JUPYTER_TOKEN")
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        # Behind a proxy that does not answer, as its own address must do without one.
        environment |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), DEAD_PROXY)
        for name in ("CONFIG", "DATA", "RUNTIME"):
            environment[f"JUPYTER_{name}_DIR"] = str(folder / name)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gancourse", "lab", *arguments],
            cwd=folder, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.made = self.process.stdout.readline()
        self.line = self.process.stdout.readline()
        self.url = next((w for w in self.line.split() if w.startswith("http")), "")
        self.base = "{0.scheme}://{0.netloc}".format(urlsplit(self.url))
        self.token = parse_qs(urlsplit(self.url).query).get("token", [""])[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path: str, method: str = "GET") -> str:
        headers = {"Authorization": f"token {self.token}"}
        with urlopen(
            Request(self.base + path, headers=headers, method=method), timeout=PATIENCE
        ) as page:
            return page.read().decode()

    def default(self, plugin: str, setting: str):
        schema = json.loads(self.get(f"/lab/api/settings/{plugin}"))["schema"]
        return schema["properties"][setting]["default"]

    def kernel(self) -> str:
        """Start a kernel and return the address of its websocket."""
        kernel = json.loads(self.get("/api/kernels", method="POST"))["id"]
        host = urlsplit(self.url).netloc
        return f"ws://{host}/api/kernels/{kernel}/channels?token={self.token}"

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=PATIENCE)[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        folder = tmp_path_factory.mktemp("jupyter") / "Übung 2, le café"
        folder.mkdir()
        with Server(folder, f"--port={port}") as running:
            running.taken_port = port
            yield running


def request(number: int) -> str:
    header = {"msg_id": str(number), "msg_type": "kernel_info_request", "session": "s"}
    header |= {"username": "", "version": "5.3", "date": ""}
    empty = {"parent_header": {}, "metadata": {}, "content": {}, "buffers": []}
    return json.dumps({"header": header, "channel": "shell", **empty})


def round_trips(url: str, count: int) -> list[float]:
    """Return the seconds from a message to a kernel until its answer, `count` times."""
    connection = create_connection(url, timeout=PATIENCE)
    spent = []
    for number in range(count):
        start = time.perf_counter()
        connection.send(request(number))
        while not is_answer(json.loads(connection.recv()), number):
            pass
        spent.append(time.perf_counter() - start)
    connection.close()
    return spent


def is_answer(message: dict, number: int) -> bool:
    asked = message["parent_header"].get("msg_id") == str(number)
    return asked and message["msg_type"] == "kernel_info_reply"


def test_one_line_says_where_it_is(server):
    assert server.line.startswith("JupyterLab is at http://localhost:")
    assert len(server.token) >= 32


def test_a_taken_port_is_passed_by(server):
    assert urlsplit(server.url).port not in (None, server.taken_port)


def test_the_address_answers_with_jupyterlab(server):
    with urlopen(server.url, timeout=PATIENCE) as page:
        assert "JupyterLab" in page.read().decode()


def test_without_the_token_nothing_is_served(server):
    with urlopen(f"{server.base}/lab", timeout=PATIENCE) as page:
        assert "/login" in page.url


def test_the_working_copy_is_what_it_serves_and_each_lesson_stands_there_once(server):
    def names(folder):
        return {f["name"] for f in json.loads(server.get(f"/api/contents/{folder}"))["content"]}

    assert server.made.startswith("Your copy of the course is in my_course")
    assert names("") == {"notebooks", "exercises", "solutions", "progress.ipynb"}
    assert {"00_welcome.ipynb", "10_failure_clinic.ipynb"} <= names("notebooks")
    assert all(name.endswith(".ipynb") for name in names("notebooks"))


def test_comms_do_not_go_over_subshells(server):
    assert server.default(KERNEL_SETTINGS, "commsOverSubshells") == "disabled"


def test_no_news_are_fetched(server):
    assert server.default(NEWS_SETTINGS, "fetchNews") == "false"
    assert server.default(NEWS_SETTINGS, "checkForUpdates") is False


def test_nbgraders_pages_stay_out_of_the_way(server):
    with urlopen(server.url, timeout=PATIENCE) as page:
        assert '"disabledExtensions": ["@jupyter/nbgrader"' in page.read().decode()
    with pytest.raises(HTTPError, match="404"):
        server.get("/formgrader")


def test_the_connection_to_a_kernel_sends_each_message_at_once(monkeypatch):
    """The class that the server is started with turns off Nagle's delay before it connects."""
    did = []
    base = ZMQChannelsWebsocketConnection
    monkeypatch.setattr(base, "connect", lambda self: did.append("connect"))
    option = next(a for a in server_arguments() if "websocket_connection_class" in a)
    parts = {"__init__": lambda self: None, "websocket_handler": Mock(set_nodelay=did.append)}
    type("Made", (import_item(option.split("=")[1]),), parts)().connect()
    assert did == [True, "connect"]


@pytest.mark.clock
def test_a_message_does_not_wait_for_the_one_before(server):
    spent = round_trips(server.kernel(), 30)
    assert statistics.median(spent) < 0.025  # with Nagle's delay it is 0.041, without it 0.002


def test_an_interrupt_ends_it_without_a_question_or_a_word(tmp_path):
    with Server(tmp_path) as server:
        round_trips(server.kernel(), 1)
        said = (
            server.stop().splitlines()
        )  # a kernel that is interrupted at its start says so itself
        assert [line for line in said if "KeyboardInterrupt caught in kernel" not in line] == []
        assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_missing_only_on_linux(platform, variables, expected):
    assert lab.has_display(platform, variables) is expected


@pytest.fixture
def copy(tmp_path):
    working_copy.update(tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize(("display", "expected"), [("", True), (":0", False)])
def test_no_browser_opens_without_a_display(copy, monkeypatch, display, expected):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert ("--no-browser" in lab.arguments(copy, [])) is expected


def test_an_option_of_the_user_replaces_the_courses_own(copy):
    mine = [a for a in lab.arguments(copy, ["--LabApp.default_url=/tree"]) if "default_url" in a]
    assert mine == ["--LabApp.default_url=/tree"]


def test_the_notebook_that_is_named_opens(copy):
    (copy / "a b.ipynb").touch()
    path = str(copy / "a b.ipynb")
    assert "--LabApp.default_url=/lab/tree/a%20b.ipynb" in lab.arguments(copy, [path])
    assert path not in lab.arguments(copy, [path])


@pytest.mark.parametrize(
    "name", ["notebooks/03_losses.ipynb", course.path("notebooks/03_losses.ipynb")]
)
def test_a_notebook_of_the_course_opens_in_the_copy(copy, name):
    options = lab.arguments(copy, [str(name)])
    assert "--LabApp.default_url=/lab/tree/notebooks/03_losses.ipynb" in options


def test_a_notebook_that_is_not_there_or_elsewhere_is_named(copy, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        lab.arguments(copy, ["nowhere.ipynb"])
    (tmp_path / "mine.ipynb").touch()
    with pytest.raises(InputError, match="copy it there first"):
        lab.arguments(copy, [str(tmp_path / "mine.ipynb")])


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The settings API of a server that nobody started through the course."""
    folder = tmp_path_factory.mktemp("plain")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "JUPYTER_TOKEN")}
    for name in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{name}_DIR"] = str(folder / name)
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
         "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=plain"],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("w"),
    )  # fmt: skip
    running = Server.__new__(Server)
    running.process, running.token = process, "plain"
    running.log, until = folder / "log", time.monotonic() + PATIENCE
    while not (said := re.search(r"http://127.0.0.1:\d+(?=/lab)", running.log.read_text())):
        assert time.monotonic() < until, running.log.read_text()
        time.sleep(0.1)
    running.base = said[0]
    with running:
        while not answers(running):  # on a busy machine it says where it is before it listens
            assert time.monotonic() < until, running.log.read_text()
            time.sleep(0.1)
        yield running


def answers(server: Server) -> bool:
    try:
        return bool(server.get("/api"))
    except URLError:
        return False


def test_a_plain_server_of_the_environment_has_the_settings_too(plain):
    assert plain.default(KERNEL_SETTINGS, "commsOverSubshells") == "disabled"
    assert plain.default(NEWS_SETTINGS, "fetchNews") == "false"
    assert (
        "gancourse.jupyter.extension | extension was successfully loaded" in plain.log.read_text()
    )


class Started(Exception):
    """In place of a server: it would start now."""


def test_a_learner_gets_no_data_folder_that_nobody_named(tmp_path, monkeypatch):
    (tmp_path / "shared/data").mkdir(parents=True)
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setattr(LabApp, "initialize_server", Mock(side_effect=Started))
    with pytest.raises(Started):
        lab.serve(tmp_path / "repository/my_course")
    assert "GANCOURSE_DATA" not in os.environ
