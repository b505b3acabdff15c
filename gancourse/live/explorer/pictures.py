"""What the explorer looks at: G's pictures, read under a lock, and the images G was trained on."""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from gancourse import machine, nets, plots, score
from gancourse.data import ImageSet, image_set, load_images
from gancourse.errors import InputError
from gancourse.live.controls import Choice
from gancourse.live.explorer.steering import REACH, Steering
from gancourse.maths import latent
from gancourse.pixels import to_pixels

MAP = 7  # pictures in a row of the pad's map
MIDDLES = REACH * (1 - 1 / MAP)  # so that each lies where the pad gives it
STEPS, STARTS = 150, 4  # of an inversion: about a second


class Pictures:
    """G(z), of the `shape` [C, S, S]. `lock` is held while G is read; its mode stays as it is."""

    def __init__(self, G, lock=None):
        self.G, self.lock = G, nullcontext() if lock is None else lock
        self.shape = _shape(G, self.images)

    @torch.no_grad()
    def images(self, z: Tensor) -> Tensor:
        """Return G(z) in evaluation mode for z [N, z_dim]: [N, C, S, S] on the CPU."""
        with self.lock, machine.one_thread():
            x = latent.images_of(self.G, z) if isinstance(self.G, nn.Module) else self.G(z)
            return x.float().cpu()

    def pixels(self, z: Tensor) -> Tensor:
        """Return G(z) for z [N, z_dim] as uint8 [N, S, S], or [N, S, S, 3] in colour."""
        return laid_out(to_pixels(self.images(z)))

    def map(self, plane: latent.Plane) -> Tensor:
        """Return pictures of the pad's plane, 7 x 7 from the top left: uint8 [49, S, S]."""
        return self.pixels(plane.grid(MAP, MIDDLES))

    def copied(self):
        """Return a copy of G as it is now, for what takes longer than a picture."""
        with self.lock:
            return nets.duplicate(self.G).to("cpu") if isinstance(self.G, nn.Module) else self.G

    def check_gradients(self) -> None:
        """Raise InputError where no gradients go through G."""
        if not isinstance(self.G, nn.Module):
            raise InputError("Inverting needs gradients through G: give a torch.nn.Module as G.")

    def inverted(self, x: Tensor) -> tuple[Tensor, str]:
        """Return a z [z_dim] whose picture is near to x [C, S, S], and a sentence on how near."""
        found = latent.invert(self.copied(), x[None], steps=STEPS, starts=STARTS)
        return found.z[0], (
            f"Found the nearest z in {STEPS} steps from {STARTS} starts: a mean squared error of "
            f"{found.error[0]:.3f}. Go on from here."
        )


def laid_out(pixels: Tensor) -> Tensor:
    """Return pixels [..., C, S, S] as a page takes them: [..., S, S], or [..., S, S, 3]."""
    return pixels.squeeze(-3) if pixels.shape[-3] == 1 else pixels.movedim(-3, -1)


def _shape(G, images: Callable[[Tensor], Tensor]) -> tuple[int, int, int]:
    """Return the shape of G's images; InputError where it makes none."""
    z_dim = getattr(G, "z_dim", None)
    if not callable(G) or not isinstance(z_dim, int) or z_dim < 2:
        raise InputError(
            "An explorer needs a generator G(z) with G.z_dim, the length of z, of at least 2, and "
            f"{type(G).__name__} was given: give a trained generator."
        )
    x = images(torch.zeros(1, z_dim))
    if x.dim() != 4 or x.shape[1] not in (1, 3) or x.shape[2] != x.shape[3]:
        raise InputError(
            "A latent explorer shows images [N, 1, S, S], or [N, 3, S, S] in colour, and this "
            f"generator makes {list(x.shape)}: give one that makes images."
        )
    return tuple(x.shape[1:])


class RealImages:
    """The set `data` that G was trained on, whose G makes images of the `shape` [C, S, S].

    Its training images are compared with G's pictures, its test images are there to invert.
    """

    def __init__(self, data: str, shape: tuple[int, ...]):
        self.data, self.shape = data, shape
        names = image_set(data).class_names
        self.control = Choice("class of the real image", names, names[0])
        self.chosen = names[0]
        self._inverted = 0
        self._sets: dict[str, ImageSet] = {}

    def choose_class(self, name: str) -> None:
        """Choose the class whose test images are inverted; InputError for an unknown one."""
        self.chosen = self.control.clean(name)

    def nearest(self, x: Tensor) -> tuple[Tensor, str]:
        """Return the training image, laid out, nearest to x [1, C, S, S], and a sentence."""
        found = self.split("train")
        distance, index = (part[0, 0] for part in latent.nearest(x, found))
        label = found.class_names[found.labels[index]]
        return laid_out(found.images[index]), (
            f"The nearest of {len(found):,} training images is a {label}, at a distance of "
            f"{distance:.2f}."
        )

    def next_test_image(self) -> Tensor:
        """Return the next test image of the chosen class, [C, S, S] in [-1, 1].

        Raises InputError where the class has none.
        """
        mine = self.split("test").of_class(self.control.options.index(self.chosen))
        if not len(mine):
            raise InputError(f"No test image is of the class {self.chosen}: choose another one.")
        self._inverted += 1
        return mine.scaled(slice(0, len(mine)))[(self._inverted - 1) % len(mine)]

    def split(self, name: str) -> ImageSet:
        """Return the "train" or "test" images; InputError where G's have another shape."""
        if name not in self._sets:
            self._sets[name] = score.few_enough(load_images(self.data, name))
        shape = tuple(self._sets[name].images.shape[1:])
        if self.shape != shape:
            raise InputError(
                f"Training images are {_in_words(shape)}, and this G's are "
                f"{_in_words(self.shape)}: compare with a G of the same size."
            )
        return self._sets[name]


def _in_words(shape: tuple[int, ...]) -> str:
    return f"{shape[-1]} pixels wide{' and in colour' if shape[0] == 3 else ''}"


def still_picture(pictures: Pictures, steering: Steering) -> plots.Picture:
    """Return a still picture: the plane's map, G(z), and its neighbours."""
    plane = plots.image_grid(pictures.images(steering.plane.grid(MAP, MIDDLES)), MAP, 1)
    strip = pictures.images(steering.neighbours())
    large = plots.image_grid(strip[4:5], 1, max(1, 210 // pictures.shape[-1]), alt="G(z), large.")
    small = plots.image_grid(strip, 3, 2)
    alt = f"{MAP} x {MAP} pictures of a plane, G(z) at {steering.sentence()} Its neighbours."
    return plots.beside([plane, large, small], alt)
