"""The server extension: messages go at once, unless somebody chose another connection."""

from types import SimpleNamespace

import pytest
from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from gancourse.jupyter import extension
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
    server = SimpleNamespace(web_app=SimpleNamespace(settings={extension.KEY: before}))
    extension._load_jupyter_server_extension(server)
    assert server.web_app.settings[extension.KEY] is after


def test_the_server_finds_it():
    assert extension._jupyter_server_extension_points() == [{"module": extension.__name__}]
