"""A kernel connection that sends each message at once."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """jupyter_server's kernel connection with TCP_NODELAY set.

    Without it, small widget messages wait for the acknowledgement of the one before (Nagle's
    algorithm), which adds about 40 ms to every round trip.
    """

    def connect(self):
        """Set TCP_NODELAY on the page's websocket, then connect it to the kernel."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
