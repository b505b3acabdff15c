"""A server extension: every Jupyter server of an environment with the course answers widgets fast,
and says what a widget was in a notebook that is opened without its kernel.

The wheel switches it on by a file in etc/jupyter/jupyter_server_config.d, so that a plain
`jupyter lab`, a hub's servers and VS Code's have it, too.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from gancourse.jupyter.lost import watch_opening
from gancourse.jupyter.nodelay import NoDelayConnection

KEY = "kernel_websocket_connection_class"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "gancourse.jupyter.extension"}]


def _load_jupyter_server_extension(server) -> None:
    """Send kernel messages at once, unless somebody chose another connection (a gateway's, say).

    And tell lost widgets in words, see `lost`.
    """
    settings = server.web_app.settings
    if settings.get(KEY) is ZMQChannelsWebsocketConnection:
        settings[KEY] = NoDelayConnection
    server.io_loop.add_callback(watch_opening, server)  # later: Jupytext puts its manager there
