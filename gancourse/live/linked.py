"""Widgets whose page knows how it stands with the kernel: each message is acknowledged.

A message of the page reaches a kernel after the cells that run. Those of a widget that says so also
go over the kernel's control channel, which a thread of its own reads: it answers while a cell runs.
The handler is our own: the usual one ends with IPython's `post_execute`, which would show, or lose,
the figures of the cell that runs.
"""

import sys
import threading
from collections import deque

import anywidget
import traitlets

from gancourse.errors import in_a_sentence

REMEMBERED = 1000  # messages of pages that may come twice, and would be known the second time

OURS = ("ping", "view", "twice")  # of a message; all else is what the page asks

_linked: dict[str, "LinkedWidget"] = {}  # by the id that its page sends


class LinkedWidget(anywidget.AnyWidget):
    """A view that acknowledges what its page sends, {"ping": number, ...}, before it acts on it.

    An action, {"do": name, ...}, may take seconds: {"did": its ping} says that it has ended.

    A subclass has `asked(message)`; an error in it is said in the page. What a page may send over
    both channels says `twice`; it is known by its `view` and `ping`, and done once, as soon as one
    channel brings it. An acknowledgement goes to all pages, and names the view that it is for.
    `over_control` is what the page calls it on the control channel, or "" where there is none, or
    `SLOW` says that it must not act beside a cell. `reached()` is called when something came that
    way, before `asked`.
    """

    over_control = traitlets.Unicode().tag(sync=True)
    SLOW = False

    def __init__(self, **traits):
        self._done: deque[tuple[str, int]] = deque(maxlen=REMEMBERED)
        self._doing = threading.Lock()
        super().__init__(**traits)
        self.on_msg(lambda _widget, message, _buffers: self.heard(message))
        if not self.SLOW and _listens():
            self.over_control = self.model_id
            _linked[self.model_id] = self

    def heard(self, message: dict, via: str = "shell") -> None:
        """Acknowledge a message, and do what it asks, if it asks anything."""
        view = {key: message[key] for key in ("view",) if key in message}
        if "ping" in message:
            self.send({"pong": message["ping"], "via": via} | view)
        asked = {key: value for key, value in message.items() if key not in OURS}
        try:
            if via == "control":
                self.reached()
            if asked and self._new(message):
                self.asked(asked)
        except Exception as error:  # of a chart's own function, or of the nets: the page says it
            self.send({"wrong": in_a_sentence(error)})
        if "do" in asked and "ping" in message:
            self.send({"did": message["ping"]} | view)

    def _new(self, message: dict) -> bool:
        """Tell whether a message was not done before; from now on it counts as done."""
        if not message.get("twice"):
            return True
        name = message["view"], message["ping"]
        with self._doing:
            again = name in self._done
            if not again:
                self._done.append(name)
        return not again

    def reached(self) -> None:
        """Note that the page's messages come while a cell runs, too."""

    def close(self) -> None:
        """Close the view; nothing is answered any more."""
        _linked.pop(self.over_control, None)
        super().close()


def _listens() -> bool:
    """Let the kernel's control channel hear of our widgets; tell whether it has one."""
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython() if ipython else None, "kernel", None)
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict):
        return False
    return handlers.setdefault("comm_msg", _on_control) is _on_control


def _on_control(_stream, _idents, message: dict) -> None:
    content = message["content"]
    widget = _linked.get(content.get("comm_id"))
    if widget is not None:
        widget.heard(content["data"]["content"], "control")
