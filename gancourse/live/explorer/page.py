"""What pages show of an explorer, and what they ask of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gancourse.errors import choose, in_a_sentence
from gancourse.live.drawings import Drawing, packed
from gancourse.live.explorer.engine import runs_in_page, weights_of
from gancourse.live.explorer.pictures import MAP
from gancourse.live.explorer.steering import ALONG

FILES = {
    "save_z": "latent_z.safetensors",
    "save_film": "latent_film.gif",
    "save_page": "latent_plane.html",
}
LARGEST = 8_000_000  # bytes of a net that is sent to a page


class Quiet:
    """Lets nothing change while a block runs; `act` is what a refresh does."""

    def __init__(self, act: Callable[[], object]):
        self._act, self._wanted = act, False
        self._busy = threading.RLock()  # held while anything is read or changed

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing change while the block runs; a refresh that came meanwhile follows it."""
        try:
            with self._busy:
                yield
        finally:
            if self._wanted:
                self.refresh()

    def refresh(self) -> None:
        """Act from any thread without waiting: while a block runs, it is done right after that."""
        self._wanted = True
        while self._wanted and self._busy.acquire(blocking=False):
            try:
                self._wanted = False
                self._act()
            finally:
                self._busy.release()


class Page:
    """Frames for the pages that show an explorer, and answers to their messages."""

    def __init__(self, explorer):
        self._explorer = explorer
        self._serial = 0  # of the request that was answered last
        self._brief = False  # the page asks for the picture alone, for now
        self._views: list = []  # that have a map, a net, and play films
        self._alone = runs_in_page(explorer.G)  # whether a page needs the kernel for its pictures

    def join(self, view) -> None:
        """Keep `map` and `net` of a view up to date when it asks, and let it `play` films."""
        view.map, view.net = self.map(), self.net()
        self._views.append(view)

    def _weights(self) -> int:
        """Return a number that grows with each change of G's weights, announced or not."""
        G = self._explorer.G
        tensors = [*G.parameters(), *G.buffers()] if self._alone else []
        return self._explorer.weights + sum(each._version for each in tensors)

    def play(self, frames: Tensor) -> bool:
        """Play pictures uint8 [T, S, S] in each view; return whether there is one."""
        for view in self._views:
            view.play(frames)
        return bool(self._views)

    def answer(self, message: dict) -> None:
        """Do what a page asks, {"do": action} or {"values": {...}}; an error is said there.

        With "brief" the answer has the picture alone: a page asks for the rest between two moves.
        """
        explorer = self._explorer
        self._serial = message.get("serial", self._serial)
        if message.get("do") == "map":
            return self._show("map", self.map())
        if message.get("do") == "net":
            return self._show("net", self.net())
        if message.get("do") == "rest":
            return explorer.send()
        self._brief = bool(message.get("brief"))
        try:
            self._press(message["do"]) if "do" in message else explorer.set(**message["values"])
        except Exception as error:  # of G or of the disk, whatever they are
            explorer.say(in_a_sentence(error))
        finally:
            self._brief = False

    def _press(self, action: str) -> None:
        explorer = self._explorer
        buttons = [*explorer.row, *(key for tab in explorer.tabs for key in tab.buttons)]
        choose("button", action, buttons)
        if action in FILES:
            save = {"save_z": explorer.save_z, "save_film": explorer.film}
            path = save.get(action, explorer.export_html)(FILES[action])
            explorer.say(f"Written: {path.resolve()}")
        elif action.startswith("to_"):
            explorer.pin(action.removeprefix("to_"))
        else:
            getattr(explorer, action)()

    def map(self) -> dict:
        """Return pictures of the pad's plane, 7 x 7 from the top left, for a page."""
        explorer = self._explorer
        pixels = explorer.pictures.map(explorer.steering.plane)
        return {"version": explorer.version, "columns": MAP, **_images(pixels)}

    def net(self) -> dict:
        """Return G's weights for a page that runs it by itself; {} for a net that it cannot run."""
        G = self._explorer.G
        with self._explorer.lock:
            weights = weights_of(G) if self._alone else b""
        sent = 0 < len(weights) <= LARGEST
        return {"version": self._weights(), "bytes": weights} if sent else {}

    def _show(self, name: str, value: dict) -> None:
        for view in self._views:
            setattr(view, name, value)

    def frame(self) -> dict:
        """Return what a page shows: the neighbours (z in the middle), pins, numbers, a sentence."""
        explorer, steering = self._explorer, self._explorer.steering
        kept = {} if self._brief else steering.kept()
        strip = steering.z[None] if self._brief else steering.neighbours()
        pixels = explorer.pixels(torch.cat([strip, *(z[None] for z in kept.values())]))
        classes = [] if self._brief else list(explorer.classes.names)
        if classes:  # the same z in each class, after the pins
            pixels = torch.cat([pixels, explorer.classes.row(explorer.pictures, steering.z)])
        values = explorer.values()
        return packed(Drawing((), explorer.sentence(), _numbers(steering)), self._serial) | {
            "status": explorer.status, "waiting": False, "values": values,
            "version": explorer.version, "count": len(strip), **_images(pixels),
            "thumbs": list(kept), "classes": classes, "names": [values["across"], values["up"]],
            "along": values[ALONG[steering.last]], "beside": _beside(explorer.beside),
            "brief": self._brief, "net": self._alone, "weights": self._weights(),
            "origin": _numbers_of(steering.origin), "last": steering.last,
            "moves": [_numbers_of(d) for d in steering.directions_at_hand()],
        }  # fmt: skip


def _images(pixels: Tensor) -> dict:
    colour = pixels.shape[-1] == 3  # [..., S, S, 3], else [..., S, S]
    size = {"side": pixels.shape[-2], "channels": 3 if colour else 1}
    return {**size, "pixels": pixels.contiguous().numpy().tobytes()}


def _numbers_of(z: Tensor | None) -> bytes | None:
    return None if z is None else z.float().contiguous().numpy().tobytes()


def _beside(shown: tuple[Tensor, str] | None) -> dict:
    return {"caption": shown[1], **_images(shown[0])} if shown else {}


def _numbers(steering) -> dict[str, str]:
    z = steering.z
    return {
        "length of z": f"{z.norm():.2f}",
        "usual length": f"{len(z) ** 0.5:.2f}",
        "seed": str(steering.seed),
        "pins": str(len(steering.pins)),
    }
