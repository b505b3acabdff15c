"""The explorer in a page: anywidget with its ES module."""

import traitlets
from torch import Tensor

from gancourse.live.explorer.steering import REACH, STEP
from gancourse.live.frontend import es_module
from gancourse.live.run.view import PlayerWidget


class ExplorerWidget(PlayerWidget):
    """The latent explorer in a page. The map comes when the page asks for it, between moves."""

    _esm = es_module("explorer")
    SLOW = True  # G's mode changes while it is read, and a cell may train that G
    map = traitlets.Dict().tag(sync=True)
    net = traitlets.Dict().tag(sync=True)  # G's weights and their version; {} where the page asks
    pad = traitlets.Dict({"reach": REACH, "step": STEP}).tag(sync=True)

    def __init__(self, explorer):
        super().__init__(explorer)
        with explorer.still():
            explorer.page.join(self)

    def play(self, frames: Tensor) -> None:
        """Play pictures uint8 [T, S, S], or [T, S, S, 3], in the page."""
        film = {"film": len(frames), "side": frames.shape[2]}
        self.send(film, buffers=[frames.contiguous().numpy().tobytes()])
