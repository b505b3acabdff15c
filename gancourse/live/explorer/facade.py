"""The latent explorer: move through a generator's latent space and look. Never taught.

`Steering` knows where the learner is; `LatentExplorer` shows it and answers a page. It reads G
under a lock, so that G may be the evaluation copy of a net that trains.
"""

import copy
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from gancourse import machine, plots
from gancourse.data import IMAGE_SETS, ImageSet, load_images
from gancourse.errors import InputError, choose
from gancourse.live.charts import Choice, Scene, Shown, packed
from gancourse.live.explorer import export
from gancourse.live.explorer.steering import ALONG, GROUPS, REACH, Directions, Pin, Steering
from gancourse.live.run.player import Tab, in_a_sentence
from gancourse.maths import latent
from gancourse.plots import beside
from gancourse.store import save_tensors

MAP = 7  # pictures in a row of the pad's map
MIDDLES = REACH * (1 - 1 / MAP)  # so that each lies where the pad gives it
STEPS, STARTS = 150, 4  # of an inversion: about a second
FILES = {"film": "latent_film.gif", "z": "latent_z.safetensors", "page": "latent_plane.html"}
PLANE = ("u", "v", "across", "up")
TWO_MORE = ("along_1", "by_1", "along_2", "by_2")


class LatentExplorer(Shown):
    """A pad, sliders and pins to steer through the latent space of G; the picture is G(z).

    `G(z)` maps [N, z_dim] to grey images [N, 1, S, S] in [-1, 1], and `G.z_dim` says how long z is.
    `data` names the image set that G was trained on: its classes, its training images, and its test
    images to invert. `lock` is held while G is read. Everything starts from `seed`; the global
    random numbers are not touched. The last value of a cell shows it; without a front-end that is a
    still picture. Raises InputError for a G without these, and for an unknown `data`.
    """

    title, status = "Latent explorer", "ready"  # as the views of the training widgets want it
    row: ClassVar = {"new_seed": "New seed", "pin": "Pin this"}

    def __init__(self, G, data: str = "mnist", *, lock=None, seed: int = 0):
        self.G, self.data = G, choose("image set", data, IMAGE_SETS)
        self.lock = nullcontext() if lock is None else lock
        self.side = _side(G, self.images)
        self.steering = Steering(G.z_dim, Directions(self.copied, data, self.side), seed)
        names = IMAGE_SETS[data].class_names
        self._test_class = Choice("test image", names, names[0])
        self._values = {"test_class": names[0]}
        self.tabs = self._tabs()
        self.said, self.version = "", 0  # version: of the map
        self._beside: tuple[Tensor, str] | None = None
        self._inverted = self._serial = 0
        self._stale = False  # G has changed since it was drawn
        self._brief = False  # the page asks for the picture alone, for now
        self._busy = threading.RLock()  # held while anything here is read or changed
        self._views: list[Callable[[dict], None]] = []
        self._pages: list = []  # views that have a map and play films

    def _tabs(self) -> tuple[Tab, ...]:
        one = self.steering.controls
        keep = {"save_z": "This z", "save_film": "Film as GIF", "save_page": "Pad as a web page"}
        groups = {f"to_{g}": f"Pin to {g}" for g in GROUPS}
        look = {"nearest": "Nearest training image", "invert": "Invert a test image"}
        film = {"play": "Play film", "unpin": "Take last pin away"}
        return (
            Tab("Plane", {key: one[key] for key in PLANE}, {}),
            Tab("Directions", {key: one[key] for key in TWO_MORE}, {}),
            Tab("Film", {key: one[key] for key in ("way", "place")}, film),
            Tab("Arithmetic", {}, {**groups, "combine": "Go to a - b + c"}),
            Tab("Compare", {"test_class": self._test_class}, look),
            Tab("Save", {}, keep),
        )

    @property
    def z(self) -> Tensor:
        """The present point, a copy [z_dim]."""
        with self.still():
            return self.steering.z.clone()

    @torch.no_grad()
    def images(self, z: Tensor) -> Tensor:
        """Return G(z) in evaluation mode for z [N, z_dim]: [N, 1, S, S] on the CPU."""
        with self.lock, machine.one_thread():
            if not isinstance(self.G, nn.Module):
                return self.G(z).float().cpu()
            return latent.images_of(self.G, z).float().cpu()

    def copied(self):
        """Return a copy of G as it is now, for what takes longer than a picture."""
        with self.lock:
            return copy.deepcopy(self.G).to("cpu") if isinstance(self.G, nn.Module) else self.G

    def pixels(self, z: Tensor) -> Tensor:
        """Return G(z) for z [N, z_dim] as uint8 [N, S, S]."""
        return plots.to_pixels(self.images(z))[:, 0]

    def set(self, **values) -> "LatentExplorer":
        """Change what a page's controls change, or `z` [z_dim] itself; return this explorer.

        `u` and `v` are the steps across and up the pad along the directions named by `across` and
        `up`; `by_1` and `by_2` those along `along_1` and `along_2`; `at` is the pair (u, v). `way`
        and `place` are those of the film. Raises InputError for an unknown control or value.
        """
        with self.still():
            self.said = ""
            for key, value in values.items():
                self._set(key, value)
            self._beside = None if "test_class" not in values else self._beside
            self._redraw()
        return self

    def _set(self, key: str, value) -> None:
        if key == "at":
            self._move(value)
        elif key == "test_class":
            self._values[key] = self._test_class.clean(value)
        elif key in ("z", "go"):
            self.steering.go_to(self._thumb(value) if key == "go" else value)
        else:
            self.steering.set(key, value)
        if key not in ("at", "u", "v", "test_class", "way"):
            self.version += 1

    def _move(self, at) -> None:
        """Go to (u, v); the neighbours lie along the one that changed more."""
        if not isinstance(at, list | tuple) or len(at) != 2:
            raise InputError(
                f"A place on the pad is a pair (u, v), and {at!r} was given: give one."
            )
        before = dict(self.steering.values)
        keys = sorted("uv", key=lambda key: abs(at["uv".index(key)] - before[key]))
        for key in keys:
            value = at["uv".index(key)]
            if value != before[key]:
                self.steering.set(key, value)

    def _thumb(self, index: int) -> Tensor:
        points = list(self.thumbs().values())
        if not isinstance(index, int) or not 0 <= index < len(points):
            raise InputError(f"There is no pin at {index!r} to go to: there are {len(points)}.")
        return points[index]

    def thumbs(self) -> dict[str, Tensor]:
        """Return the points [z_dim] to go back to by name: the pins, and the groups' averages."""
        pins = enumerate(self.steering.pins, 1)
        named = {f"pin {i}{pin.group and f' ({pin.group})'}": pin.z for i, pin in pins}
        averages = self.steering.averages().items()
        return named | {f"average of {group}": z for group, z in averages}

    def new_seed(self) -> "LatentExplorer":
        """Go to the random z of the next seed, with other random directions; the pins stay."""
        return self._changed(lambda: self.steering.new_seed(self.steering.seed + 1))

    def pin(self, group: str = "") -> "LatentExplorer":
        """Keep the present z, alone or in a group of the arithmetic ("a", "b" or "c")."""
        pin = Pin(self.z, choose("group", group, ("", *GROUPS)))
        return self._changed(lambda: self.steering.pins.append(pin), moved=False)

    def unpin(self) -> "LatentExplorer":
        """Take the last pin away, if there is one."""
        pins = self.steering.pins
        return self._changed(lambda: pins and pins.pop(), moved=False)

    def combine(self) -> "LatentExplorer":
        """Go to a - b + c, each the average of its group's pins."""
        return self._changed(lambda: self.steering.go_to(self.steering.combined()))

    def _changed(self, change: Callable[[], object], moved: bool = True) -> "LatentExplorer":
        with self.still():
            self.said = ""
            change()
            if moved:
                self.version, self._beside = self.version + 1, None
            self._redraw()
        return self

    def nearest(self) -> "LatentExplorer":
        """Look for the training image nearest to the picture, and show it beside."""
        with self.still():
            found = self._found("train")
            index, distance = latent.nearest(self.images(self.steering.z[None]), found)
            label = found.class_names[found.labels[index[0, 0]]]
            self.said = (f"The nearest of {len(found):,} training images is a {label}, at a "
                         f"distance of {distance[0, 0]:.2f}.")  # fmt: skip
            self._beside = found.images[index[0, 0], 0], "nearest training image"
            self._redraw()
        return self

    def invert(self, image: Tensor | None = None) -> "LatentExplorer":
        """Go to a z whose picture is near to `image` [1, S, S] in [-1, 1], and show that beside.

        By default the next test image of the class that is chosen.
        """
        if not isinstance(self.G, nn.Module):
            raise InputError("Inverting needs gradients through G: give a torch.nn.Module as G.")
        with self.still():
            x = self._test_image() if image is None else image
            found = latent.invert(self.copied(), x[None], steps=STEPS, starts=STARTS)
            self.steering.go_to(found.z[0])
            self.version += 1
            self._beside = plots.to_pixels(x[None])[0, 0], "image to invert"
            self.said = (f"Found the nearest z in {STEPS} steps from {STARTS} starts: a mean "
                         f"squared error of {found.error[0]:.3f}. Go on from here.")  # fmt: skip
            self._redraw()
        return self

    def _test_image(self) -> Tensor:
        k = self._test_class.options.index(self._values["test_class"])
        mine = self._found("test").of_class(k)
        self._inverted += 1
        return mine.scaled(slice(0, len(mine)))[(self._inverted - 1) % len(mine)]

    @functools.lru_cache(maxsize=2)  # noqa: B019 - two sets, as long as the explorer
    def _found(self, split: str) -> ImageSet:
        found = load_images(self.data, split)
        if self.side != found.images.shape[-1]:
            raise InputError(
                f"Training images are {found.images.shape[-1]} pixels wide, and this G's are "
                f"{self.side}: compare with a G of the same size."
            )
        return found

    def refresh(self) -> None:
        """Draw from G as it is now; call it after G's weights have changed, from any thread.

        It never waits: while something else is worked out here, it is done right after that.
        """
        self._stale = True
        while self._stale and self._busy.acquire(blocking=False):
            try:
                self._stale = False
                self.version += 1
                with suppress(InputError):  # an image that is none now may be one again
                    self._redraw()
            finally:
                self._busy.release()

    def play(self) -> "LatentExplorer":
        """Play the film from the first pin to the last in the pages that show this explorer."""
        with self.still():
            frames = self.pixels(self.steering.film())
            for page in self._pages:
                page.play(frames)
            self.said = (f"{len(frames)} pictures from pin to pin, by "
                         f"{self.steering.values['way']}.")  # fmt: skip
            if not self._pages:
                self.said += " Move the place in the film to see them."
            self._redraw()
        return self

    def film(self, path: str | Path) -> Path:
        """Write the film from pin to pin, there and back, as an animated GIF; return its path.

        Raises InputError where fewer than two points are pinned.
        """
        with self.still():
            return export.film(self.pixels(self.steering.film()), path)

    def save_z(self, path: str | Path) -> Path:
        """Write z [z_dim], and the pins [N, z_dim] if any, as safetensors; return its path."""
        with self.still():
            pins = [pin.z for pin in self.steering.pins]
            tensors = {"z": self.z} | ({"pins": torch.stack(pins)} if pins else {})
            return save_tensors(path, tensors, {"format": "gancourse-z-1", "data": self.data})

    def export_html(self, path: str | Path) -> Path:
        """Write the present plane as one web page that needs neither kernel nor network."""
        with self.still():
            return export.page(self, path)

    def answer(self, message: dict) -> None:
        """Do what a page asks, {"do": action} or {"values": {...}}; an error is said there.

        With "brief" the answer has the picture alone: a page asks for the rest between two moves.
        """
        with self.still():
            self._serial = message.get("serial", self._serial)
            if message.get("do") in ("map", "rest"):
                return self._show_map() if message["do"] == "map" else self._redraw()
            self.said, self._brief = "", bool(message.get("brief"))
            try:
                self._press(message["do"]) if "do" in message else self.set(**message["values"])
            except Exception as error:  # of G or of the disk, whatever they are
                self.said = in_a_sentence(error)
                self._redraw()
            finally:
                self._brief = False

    def _press(self, action: str) -> None:
        saves = {"save_z": (self.save_z, "z"), "save_film": (self.film, "film"),
                 "save_page": (self.export_html, "page")}  # fmt: skip
        buttons = [*self.row, *(b for tab in self.tabs for b in tab.buttons)]
        if choose("button", action, buttons) in saves:
            save, kind = saves[action]
            self.said = f"Written: {save(FILES[kind]).resolve()}"
            return self._redraw()
        if action.startswith("to_"):
            return self.pin(action.removeprefix("to_"))
        return getattr(self, action)()

    def map(self) -> dict:
        """Return pictures of the pad's plane, 7 x 7 from the top left, for a page."""
        with self.still():
            pixels = self.pixels(self.steering.plane.grid(MAP, MIDDLES))
            return {"version": self.version, "columns": MAP, "side": self.side, **_raw(pixels)}

    def _show_map(self) -> None:
        for page in self._pages:
            page.map = self.map()

    def _redraw(self) -> None:
        if self._views:
            frame = self.frame()
            for view in self._views:
                view(frame)

    @contextmanager
    def still(self) -> Iterator["LatentExplorer"]:
        """Let nothing here change while the block runs."""
        try:
            with self._busy:
                yield self
        finally:
            if self._stale:
                self.refresh()

    def frame(self) -> dict:
        """Return what a page shows: the neighbours (z in the middle), pins, numbers, a sentence."""
        thumbs = {} if self._brief else self.thumbs()
        strip = self.steering.z[None] if self._brief else self.steering.neighbours()
        pixels = self.pixels(torch.cat([strip, *(z[None] for z in thumbs.values())]))
        values = self.values()
        return packed(Scene((), self.sentence(), self._numbers()), self._serial) | {
            "status": self.status, "waiting": False, "values": values, "version": self.version,
            "side": self.side, "count": len(strip), **_raw(pixels), "thumbs": list(thumbs),
            "names": [values["across"], values["up"]], "along": values[ALONG[self.steering.last]],
            "beside": self._beside_raw(), "brief": self._brief,
        }  # fmt: skip

    def _beside_raw(self) -> dict:
        if self._beside is None:
            return {}
        image, caption = self._beside
        return {"caption": caption, "side": image.shape[-1], **_raw(image)}

    def values(self) -> dict:
        """Return the controls' values by name."""
        return self.steering.values | self._values

    def _numbers(self) -> dict[str, str]:
        z = self.steering.z
        return {
            "length of z": f"{z.norm():.2f}",
            "typical length": f"{len(z) ** 0.5:.2f}",
            "seed": str(self.steering.seed),
            "pins": str(len(self.steering.pins)),
        }

    def sentence(self) -> str:
        """Return in a sentence where z is, or what the last action did."""
        if self.said:
            return self.said
        values = self.steering.values
        told = [f"{values[move]:+.2f} along {values[along]}" for move, along in ALONG.items()
                if values[move] or move in "uv"]  # fmt: skip
        return f"{', '.join(told)}."

    def picture(self) -> plots.Picture:
        """Return a still picture: the plane's map, G(z), and its neighbours."""
        with self.still():
            plane = plots.image_grid(self.images(self.steering.plane.grid(MAP, MIDDLES)), MAP, 1)
            strip = self.images(self.steering.neighbours())
            large = plots.image_grid(strip[4:5], 1, max(1, 210 // self.side), alt="G(z), large.")
            small = plots.image_grid(strip, 3, 2)
        told = f"{MAP} x {MAP} pictures of a plane, G(z) at {self.sentence()} Its neighbours."
        return beside([plane, large, small], told)

    def __repr__(self) -> str:
        values, seed = self.steering.values, self.steering.seed
        at = ", ".join(f"{values[m]:+.2f} {values[a]}" for m, a in list(ALONG.items())[:2])
        return f"<LatentExplorer: {self.data}, seed {seed}, at {at}>"

    def widget(self):
        """Return a new view for front-ends that take anywidget's JavaScript."""
        from gancourse.live.explorer.view import ExplorerWidget

        return ExplorerWidget(self)

    def core_widget(self):
        """Return a new view made of core ipywidgets: buttons, sliders and an image."""
        from gancourse.live.run.view import core_view

        return core_view(self)


def _raw(pixels: Tensor) -> dict:
    return {"pixels": pixels.contiguous().numpy().tobytes()}


def _side(G, images: Callable[[Tensor], Tensor]) -> int:
    """Return how wide G's images are; InputError where it makes none."""
    z_dim = getattr(G, "z_dim", None)
    if not callable(G) or not isinstance(z_dim, int) or z_dim < 2:
        raise InputError(
            "An explorer needs a generator G(z) with G.z_dim, the length of z, of at least 2, and "
            f"{type(G).__name__} was given: give a trained generator."
        )
    x = images(torch.zeros(1, z_dim))
    if x.dim() != 4 or x.shape[1] != 1 or x.shape[2] != x.shape[3]:
        raise InputError(
            "A latent explorer shows grey images [N, 1, S, S], and this generator makes "
            f"{list(x.shape)}: give one that makes images."
        )
    return x.shape[-1]
