"""The latent explorer: move through a generator's latent space and look."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from gancourse import plots
from gancourse.data import image_set
from gancourse.errors import InputError
from gancourse.live.controls import Tab
from gancourse.live.explorer import export
from gancourse.live.explorer.classes import Classes
from gancourse.live.explorer.page import Page, Quiet
from gancourse.live.explorer.pictures import Pictures, RealImages, laid_out, still_picture
from gancourse.live.explorer.steering import GROUPS, Directions, Steering
from gancourse.live.frontend import Watched
from gancourse.pixels import to_pixels

HINT = (
    "Drag the dot in the square, or click there and press the arrow keys: beside the square stands "
    "what G makes of the z under the dot."
)
# Seeds whose plane shows most kinds of images in the shipped generators, around one that is sure:
# `python tools/openings.py` looks for them. By the image set and the length of z.
OPENINGS = {("mnist", 16): 547, ("fashion", 16): 203}
SAME_MAP = ("at", "u", "v", "test_class", "way")  # what may change while the map stays


class LatentExplorer(Watched):
    """A pad, sliders and pins to steer through the latent space of G; the picture is G(z).

    `G(z)` maps [N, z_dim] to images [N, C, S, S] in [-1, 1], and `G.z_dim` says how long z is.
    `data` names the image set that G was trained on: its classes, its training images, and its test
    images to invert. `lock` is held while G is read, so that G may be the evaluation copy of a net
    that trains. Everything starts from `seed`, by default one whose plane shows many kinds of
    images in the shipped generators; the global random numbers are not touched. The last value of a
    cell shows it; without a front-end that is a still picture. Raises InputError for a G without
    these, and for an unknown `data`. Of a conditional G it shows the class that `G` is asked for,
    and each class at the same z.
    """

    title, status = "Latent explorer", "ready"  # as the views of the training widgets want it
    row: ClassVar = {"new_seed": "Somewhere else", "pin": "Pin this"}

    def __init__(self, G, data: str = "mnist", *, lock=None, seed: int | None = None):
        super().__init__()
        image_set(data)  # an unknown one is named at once
        self.data = data
        self.classes = Classes(G, data)
        self.G = self.classes.G
        self.pictures = Pictures(self.G, lock)
        self.real = RealImages(data, self.pictures.shape)
        directions = Directions(self.pictures.copied, data, self.pictures.shape)
        start = OPENINGS.get((data, G.z_dim), 0) if seed is None else seed
        self.steering = Steering(G.z_dim, directions, start)
        self.tabs = _tabs(self.steering, self.real, self.classes)
        self.said = HINT  # what the last action said
        self.version, self.weights = 0, 0  # of the map, and of G's weights
        self.beside: tuple[Tensor, str] | None = None  # a picture to compare with, its caption
        self.page, self._quiet = Page(self), Quiet(self._follow)

    @property
    def z(self) -> Tensor:
        """The present point, a copy [z_dim]."""
        with self.still():
            return self.steering.z.clone()

    @property
    def lock(self):
        """What is held while G is read."""
        return self.pictures.lock

    def images(self, z: Tensor) -> Tensor:
        """Return G(z) in evaluation mode for z [N, z_dim]: [N, C, S, S] on the CPU."""
        return self.pictures.images(z)

    def pixels(self, z: Tensor) -> Tensor:
        """Return G(z) for z [N, z_dim] as uint8 [N, S, S], or [N, S, S, 3] in colour."""
        return self.pictures.pixels(z)

    def set(self, **values) -> "LatentExplorer":
        """Change what a page's controls change, or `z` [z_dim] itself; return this explorer.

        `u` and `v` are the steps across and up the pad along the directions named by `across` and
        `up`; `by_1` and `by_2` those along `along_1` and `along_2`; `at` is the pair (u, v). `way`
        and `place` are those of the film. `label` is the class, by name or number, `share` the part
        of the class `towards`. Raises InputError for an unknown control or value.
        """
        with self.still():
            self.said = ""
            for key, value in values.items():
                change = self.classes.set if key in self.classes.controls else self.steering.change
                self.real.choose_class(value) if key == "test_class" else change(key, value)
                self.version += key not in SAME_MAP
            self.beside = self.beside if "test_class" in values else None
            self.send()
        return self

    def new_seed(self) -> "LatentExplorer":
        """Go to the random z of the next seed, with other random directions; the pins stay."""
        return self._moved(lambda: self.steering.new_seed(self.steering.seed + 1))

    def combine(self) -> "LatentExplorer":
        """Go to a - b + c, each the average of its group's pins."""
        return self._moved(lambda: self.steering.go_to(self.steering.combined()))

    def pin(self, group: str = "") -> "LatentExplorer":
        """Keep the present z, alone or in a group of the arithmetic ("a", "b" or "c")."""
        with self.still():
            self.steering.pin(group)
            return self.say("")

    def unpin(self) -> "LatentExplorer":
        """Take the last pin away, if there is one."""
        with self.still():
            self.steering.unpin()
            return self.say("")

    def _moved(self, move: Callable[[], object], said="", beside=None) -> "LatentExplorer":
        with self.still():
            move()
            self.version, self.beside = self.version + 1, beside
            return self.say(said)

    def say(self, sentence: str) -> "LatentExplorer":
        """Show a sentence in place of where z is; "" shows that again."""
        with self.still():
            self.said = sentence
            self.send()
        return self

    def nearest(self) -> "LatentExplorer":
        """Look for the training image nearest to the picture, and show it beside."""
        with self.still():
            image, said = self.real.nearest(self.images(self.steering.z[None]))
            self.beside = image, "nearest training image"
            return self.say(said)

    def invert(self, image: Tensor | None = None) -> "LatentExplorer":
        """Go to a z whose picture is near to `image` [C, S, S] in [-1, 1], and show that beside.

        By default the next test image of the class that is chosen.
        """
        with self.still():
            self.pictures.check_gradients()
            x = self.real.next_test_image() if image is None else image
            z, said = self.pictures.inverted(x)
            beside = laid_out(to_pixels(x[None])[0]), "image to invert"
            return self._moved(lambda: self.steering.go_to(z), said, beside)

    def play(self) -> "LatentExplorer":
        """Play the film from the first pin to the last in the pages that show this explorer."""
        with self.still():
            frames = self.pixels(self.steering.film())
            said = f"{len(frames)} pictures from pin to pin, by {self.steering.values['way']}."
            if not self.page.play(frames):
                said += " Move the place in the film to see them."
            return self.say(said)

    def film(self, path: str | Path) -> Path:
        """Write the film from pin to pin, there and back, as an animated GIF; return its path.

        Raises InputError where fewer than two points are pinned.
        """
        with self.still():
            return export.film(self.pixels(self.steering.film()), path)

    def save_z(self, path: str | Path) -> Path:
        """Write z [z_dim], and the pins [N, z_dim] if any, as safetensors; return its path."""
        with self.still():
            return export.points(self, path)

    def export_html(self, path: str | Path) -> Path:
        """Write the present plane as one web page that needs no kernel and no network."""
        with self.still():
            return export.page(self, path)

    def still(self) -> AbstractContextManager[None]:
        """Return a context in which nothing here changes."""
        return self._quiet.still()

    def refresh(self) -> None:
        """Draw from G as it is now; call it after G's weights have changed, from any thread.

        It never waits: while something else is worked out here, it is done right after that.
        """
        self._quiet.refresh()

    def _follow(self) -> None:
        self.version, self.weights = self.version + 1, self.weights + 1
        with suppress(InputError):  # an image that is none now may be one again
            self.send()

    def answer(self, message: dict) -> None:
        """Do what a page asks, {"do": action} or {"values": {...}}; an error is said there."""
        with self.still():
            self.page.answer(message)

    def frame(self) -> dict:
        """Return what a page shows now."""
        return self.page.frame()

    def values(self) -> dict:
        """Return the controls' values by name."""
        return self.steering.values | {"test_class": self.real.chosen} | self.classes.values

    def sentence(self) -> str:
        """Return in a sentence where z is, or what the last action did."""
        return f"{self.classes.sentence()} {self.said or self.steering.sentence()}".lstrip()

    def picture(self) -> plots.Picture:
        """Return a still picture: the plane's map, G(z), and its neighbours."""
        with self.still():
            return still_picture(self.pictures, self.steering)

    def __repr__(self) -> str:
        return f"<LatentExplorer: {self.data}, seed {self.steering.seed}, at {self.steering.at()}>"

    def widget(self):
        """Return a new view for front-ends that take anywidget's JavaScript."""
        from gancourse.live.explorer.view import ExplorerWidget  # ipywidgets, only for a page

        return ExplorerWidget(self)

    def core_widget(self):
        """Return a new view made of core ipywidgets: buttons, sliders and an image."""
        from gancourse.live.run.view import core_view

        return core_view(self)


def _tabs(steering: Steering, real: RealImages, classes: Classes) -> tuple[Tab, ...]:
    def controls(*keys: str) -> dict:
        return {key: steering.controls[key] for key in keys}

    keep = {"save_z": "This z", "save_film": "Film as GIF", "save_page": "Pad as a web page"}
    groups = {f"to_{g}": f"Pin to {g}" for g in GROUPS}
    look = {"nearest": "Nearest training image", "invert": "Find z for a real image"}
    asked = [Tab("Class", classes.controls, {})] if classes.names else []
    return (
        *asked,
        Tab("Move", controls("u", "v", "across", "up"), {}),
        Tab("More directions", controls("along_1", "by_1", "along_2", "by_2"), {}),
        Tab("Film", controls("way", "place"), {"play": "Play film", "unpin": "Take last pin away"}),
        Tab("Add and subtract", {}, {**groups, "combine": "Go to a - b + c"}),
        Tab("Real images", {"test_class": real.control}, look),
        Tab("Save", {}, keep),
    )
