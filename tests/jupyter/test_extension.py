"""The server extension: messages go at once, and a lost widget is told in words."""

import asyncio
from types import SimpleNamespace

import pytest
from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from gancourse.jupyter import extension, lost
from gancourse.jupyter.nodelay import NoDelayConnection


class Chosen(ZMQChannelsWebsocketConnection):
    """A connection that somebody else has chosen."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ZMQChannelsWebsocketConnection, NoDelayConnection),
        (GatewayWebSocketConnection, GatewayWebSocketConnection),
        (Chosen, Chosen),
    ],
)
def test_only_the_servers_own_connection_is_replaced(before, after):
    server = SimpleNamespace(
        web_app=SimpleNamespace(settings={extension.KEY: before}),
        contents_manager=SimpleNamespace(get=lambda path: None),
        session_manager=None,
        io_loop=SimpleNamespace(add_callback=lambda call, *given: call(*given)),
    )
    extension._load_jupyter_server_extension(server)
    assert server.web_app.settings[extension.KEY] is after


def test_the_server_finds_it():
    assert extension._jupyter_server_extension_points() == [{"module": extension.__name__}]


def saved(model: str = "a1", state: dict | None = None) -> dict:
    data = {lost.VIEW: {"model_id": model}, "text/plain": "Which? (left / right)"}
    cell = {"cell_type": "code", "outputs": [{"output_type": "execute_result", "data": data}]}
    widgets = {"widgets": {lost.STATE: {"state": state}}} if state else {}
    return {"cells": [{"cell_type": "markdown"}, cell], "metadata": widgets}


def shown(notebook: dict) -> dict:
    return notebook["cells"][1]["outputs"][0]["data"]


def opened(path: str, *running: str, **asked) -> dict:
    """Return what a page gets of the notebook `path` while the paths `running` have kernels."""

    async def get(path, content=True, **_):
        return {"type": "notebook", "content": saved() if content else None}

    async def list_sessions():
        return [{"path": each} for each in running]

    server = SimpleNamespace(
        contents_manager=SimpleNamespace(get=get),
        session_manager=SimpleNamespace(list_sessions=list_sessions),
    )
    lost.watch_opening(server)
    return asyncio.run(server.contents_manager.get(path, **asked))["content"]


def test_a_notebook_without_its_kernel_tells_its_widgets_in_words():
    there = {"text/plain": f"Which? (left / right)\n{lost.RUN}"}
    assert shown(opened("02.ipynb")) == there
    assert shown(opened("/02.ipynb", "03.ipynb")) == there


def test_while_its_kernel_runs_or_where_the_state_was_saved_the_widget_stays():
    assert lost.VIEW in shown(opened("/02.ipynb", "02.ipynb"))
    kept = saved("a1", {"a1": {}})
    lost.say_in_words(kept)
    assert lost.VIEW in shown(kept)
    assert opened("02.ipynb", content=False) is None
