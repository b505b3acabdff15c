"""What the explorer looks at: G's pictures, read under a lock, and the images G was trained on."""

import copy
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from gancourse import machine, plots
from gancourse.data import IMAGE_SETS, ImageSet, load_images
from gancourse.errors import InputError
from gancourse.live.controls import Choice
from gancourse.live.explorer.steering import REACH, Steering
from gancourse.maths import latent
from gancourse.pixels import to_pixels

MAP = 7  # pictures in a row of the pad's map
MIDDLES = REACH * (1 - 1 / MAP)  # so that each lies where the pad gives it
STEPS, STARTS = 150, 4  # of an inversion: about a second


class Pictures:
    """G(z), `side` pixels wide. `lock` is held while G is read; its mode stays as it is."""

    def __init__(self, G, lock=None):
        self.G, self.lock = G, nullcontext() if lock is None else lock
        self.side = _side(G, self.images)

    @torch.no_grad()
    def images(self, z: Tensor) -> Tensor:
        """Return G(z) in evaluation mode for z [N, z_dim]: [N, 1, S, S] on the CPU."""
        with self.lock, machine.one_thread():
            x = latent.images_of(self.G, z) if isinstance(self.G, nn.Module) else self.G(z)
            return x.float().cpu()

    def pixels(self, z: Tensor) -> Tensor:
        """Return G(z) for z [N, z_dim] as uint8 [N, S, S]."""
        return to_pixels(self.images(z))[:, 0]

    def map(self, plane: latent.Plane) -> Tensor:
        """Return pictures of the pad's plane, 7 x 7 from the top left: uint8 [49, S, S]."""
        return self.pixels(plane.grid(MAP, MIDDLES))

    def copied(self):
        """Return a copy of G as it is now, for what takes longer than a picture."""
        with self.lock:
            return copy.deepcopy(self.G).to("cpu") if isinstance(self.G, nn.Module) else self.G

    def check_gradients(self) -> None:
        """Raise InputError where no gradients go through G."""
        if not isinstance(self.G, nn.Module):
            raise InputError("Inverting needs gradients through G: give a torch.nn.Module as G.")

    def inverted(self, x: Tensor) -> tuple[Tensor, str]:
        """Return a z [z_dim] whose picture is near to x [1, S, S], and a sentence on how near."""
        found = latent.invert(self.copied(), x[None], steps=STEPS, starts=STARTS)
        return found.z[0], (
            f"Found the nearest z in {STEPS} steps from {STARTS} starts: a mean squared error of "
            f"{found.error[0]:.3f}. Go on from here."
        )


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


class RealImages:
    """The set `data` that G was trained on, whose G makes images `side` pixels wide.

    Its training images are compared with G's pictures, its test images are there to invert.
    """

    def __init__(self, data: str, side: int):
        self.data, self.side = data, side
        names = IMAGE_SETS[data].class_names
        self.control = Choice("class of the real image", names, names[0])
        self.chosen = names[0]
        self._inverted = 0
        self._sets: dict[str, ImageSet] = {}

    def choose_class(self, name: str) -> None:
        """Choose the class whose test images are inverted; InputError for an unknown one."""
        self.chosen = self.control.clean(name)

    def nearest(self, x: Tensor) -> tuple[Tensor, str]:
        """Return the training image uint8 [S, S] nearest to x [1, 1, S, S], and a sentence."""
        found = self.split("train")
        distance, index = (part[0, 0] for part in latent.nearest(x, found))
        label = found.class_names[found.labels[index]]
        return found.images[index, 0], (
            f"The nearest of {len(found):,} training images is a {label}, at a distance of "
            f"{distance:.2f}."
        )

    def next_test_image(self) -> Tensor:
        """Return the next test image of the chosen class, [1, S, S] in [-1, 1]."""
        mine = self.split("test").of_class(self.control.options.index(self.chosen))
        self._inverted += 1
        return mine.scaled(slice(0, len(mine)))[(self._inverted - 1) % len(mine)]

    def split(self, name: str) -> ImageSet:
        """Return the "train" or "test" images; InputError where G's are of another size."""
        if name not in self._sets:
            self._sets[name] = load_images(self.data, name)
        side = self._sets[name].images.shape[-1]
        if self.side != side:
            raise InputError(
                f"Training images are {side} pixels wide, and this G's are {self.side}: compare "
                "with a G of the same size."
            )
        return self._sets[name]


def still_picture(pictures: Pictures, steering: Steering) -> plots.Picture:
    """Return a still picture: the plane's map, G(z), and its neighbours."""
    plane = plots.image_grid(pictures.images(steering.plane.grid(MAP, MIDDLES)), MAP, 1)
    strip = pictures.images(steering.neighbours())
    large = plots.image_grid(strip[4:5], 1, max(1, 210 // pictures.side), alt="G(z), large.")
    small = plots.image_grid(strip, 3, 2)
    alt = f"{MAP} x {MAP} pictures of a plane, G(z) at {steering.sentence()} Its neighbours."
    return plots.beside([plane, large, small], alt)
