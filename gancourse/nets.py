"""The networks: MLP and DCGAN generators and discriminators. Lessons 05, 06 and 07.

A generator maps z [N, z_dim] to samples [N, *shape]; a discriminator maps samples to logits [N],
never to probabilities. Images are [N, 1, 28, 28] in [-1, 1]; points are [N, 2].
"""

import json
from collections.abc import Callable
from itertools import pairwise
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse.errors import InputError, at_least, choose
from gancourse.registry import find
from gancourse.store import load_tensors, save_tensors

IMAGE = (1, 28, 28)
FORMAT = "gancourse-generator-2"
SHIPPED = Path(__file__).parent / "weights"


def _expect(name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(x.shape[1:]) != shape or not x.is_floating_point():
        expected = ", ".join(map(str, ("N", *shape)))
        raise InputError(
            f"{name} must be a float tensor of shape [{expected}], and {x.dtype} "
            f"{list(x.shape)} was given: check what you pass in."
        )
    return x


def _hidden(n_in: int, n_out: int, norm: bool) -> list[nn.Module]:
    return [nn.Linear(n_in, n_out), *([nn.BatchNorm1d(n_out)] if norm else []), nn.LeakyReLU(0.2)]


def _mlp(sizes: list[int], norm: bool = False) -> nn.Sequential:
    pairs = pairwise(sizes[:-1])
    layers = [layer for n_in, n_out in pairs for layer in _hidden(n_in, n_out, norm)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


class MLPGenerator(nn.Module):
    """A generator of dense layers: z [N, z_dim] to [N, *shape]; tanh at the end for images.

    `widths` are the hidden layers, `norm` puts batch norm in each. Lesson 05 and 06.
    """

    def __init__(self, z_dim: int = 64, widths=(256, 512), shape=IMAGE, norm: bool = True):
        super().__init__()
        self.z_dim, self.shape = at_least("z_dim", z_dim, 1), tuple(shape)
        self.body = _mlp([z_dim, *widths, prod(self.shape)], norm)
        self.squash = nn.Tanh() if len(self.shape) == 3 else nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        x = self.squash(self.body(_expect("z", z, (self.z_dim,))))  # [N, prod(shape)]
        return x.view(-1, *self.shape)


class MLPDiscriminator(nn.Module):
    """A discriminator of dense layers: [N, *shape] to logits [N]. Lesson 05 and 06."""

    def __init__(self, widths=(512, 256), shape=IMAGE):
        super().__init__()
        self.shape = tuple(shape)
        self.body = _mlp([prod(self.shape), *widths, 1])

    def forward(self, x: Tensor) -> Tensor:
        return self.body(_expect("x", x, self.shape).flatten(1)).squeeze(1)  # [N]


def init_dcgan(net: nn.Module) -> nn.Module:
    """Draw weights from N(0, 0.02), batch-norm gains from N(1, 0.02), set biases to 0; return net.

    Source: Radford et al. 2016, arXiv 1511.06434, sec. 4; the gains are those of its authors' code.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return net


def _refine(n: int, depth: int, norm: bool, act: Callable[[], nn.Module]) -> list[nn.Module]:
    """Return `depth` 3 x 3 convolutions that keep n channels and the size."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(n, n, 3, 1, 1, bias=not norm), *_norm(n, norm), act()]
    return layers


def _norm(n: int, norm: bool = True) -> list[nn.Module]:
    return [nn.BatchNorm2d(n)] if norm else []


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


class DCGANGenerator(nn.Module):
    """A convolutional generator: z [N, z_dim] to images [N, 1, 28, 28] in [-1, 1]. Lesson 07.

    A dense layer makes 7 x 7 with `width` channels, two 4 x 4 transposed convolutions of stride 2
    double the side twice; batch norm except at the output, DCGAN initialisation (arXiv 1511.06434).
    `depth` 3 x 3 convolutions follow at 7 x 7 and at 14 x 14: lesson 08 measures what they give.
    """

    def __init__(self, z_dim: int = 64, width: int = 128, depth: int = 0):
        super().__init__()
        self.z_dim, self.shape, self.width = at_least("z_dim", z_dim, 1), IMAGE, width
        half = at_least("width", width, 2) // 2
        at_least("depth", depth, 0)
        self.dense = nn.Linear(z_dim, 7 * 7 * width, bias=False)
        self.body = nn.Sequential(
            *_norm(width),
            nn.ReLU(),
            *_refine(width, depth, True, nn.ReLU),
            nn.ConvTranspose2d(width, half, 4, 2, 1, bias=False),  # 14 x 14
            *_norm(half),
            nn.ReLU(),
            *_refine(half, depth, True, nn.ReLU),
            nn.ConvTranspose2d(half, 1, 4, 2, 1),  # 28 x 28
            nn.Tanh(),
        )
        init_dcgan(self)

    def forward(self, z: Tensor) -> Tensor:
        h = self.dense(_expect("z", z, (self.z_dim,))).view(-1, 7, 7, self.width)
        return self.body(h.permute(0, 3, 1, 2))  # [N, width, 7, 7], channels last in memory


class DCGANDiscriminator(nn.Module):
    """A convolutional discriminator: images [N, 1, 28, 28] to logits [N]. Lesson 07.

    Two 4 x 4 convolutions of stride 2, LeakyReLU 0.2, batch norm (`norm`) except at the input, then
    dense; `depth` 3 x 3 convolutions at 14 x 14 and at 7 x 7, as in the generator.
    """

    def __init__(self, width: int = 128, depth: int = 0, norm: bool = True):
        super().__init__()
        half = at_least("width", width, 2) // 2
        at_least("depth", depth, 0)
        self.shape = IMAGE
        self.body = nn.Sequential(
            nn.Conv2d(1, half, 4, 2, 1),  # 14 x 14
            _leaky(),
            *_refine(half, depth, False, _leaky),
            nn.Conv2d(half, width, 4, 2, 1, bias=not norm),  # 7 x 7
            *_norm(width, norm),
            _leaky(),
            *_refine(width, depth, norm, _leaky),
        )
        self.last = nn.Linear(49 * width, 1)
        init_dcgan(self)

    def forward(self, x: Tensor) -> Tensor:
        h = self.body(_expect("x", x, IMAGE))  # [N, width, 7, 7]
        return self.last(h.permute(0, 2, 3, 1).flatten(1)).squeeze(1)  # [N], read as it lies


GENERATORS = {"mlp": MLPGenerator, "dcgan": DCGANGenerator}
DISCRIMINATORS = {"mlp": MLPDiscriminator, "dcgan": DCGANDiscriminator}


def make_generator(net: str, **options) -> nn.Module:
    """Return a new generator of the kind `net`, one of GENERATORS, with that class's options.

    Those of the write-ups (`writeup-000`...) are found too.

    It remembers what it was made from, so that its weights can be saved with the recipe for it.
    """
    G = find("generator", net, GENERATORS, "GENERATORS")(**options)
    G.recipe = {"net": net, "options": options}
    return G


def make_discriminator(net: str, **options) -> nn.Module:
    """Return a new discriminator of the kind `net`, one of DISCRIMINATORS or a write-up's."""
    return find("discriminator", net, DISCRIMINATORS, "DISCRIMINATORS")(**options)


def save_generator(G: nn.Module, path: str | Path, **card: str) -> Path:
    """Write the weights of a generator made by `make_generator` to a safetensors file.

    The file holds what is needed to build the net again; `card` adds lines such as data and seed.
    """
    if not hasattr(G, "recipe"):
        raise InputError(
            f"This {type(G).__name__} does not say how to build it again: make it with "
            "gancourse.nets.make_generator."
        )
    recipe = {"format": FORMAT, "recipe": json.dumps(G.recipe, sort_keys=True)}
    return save_tensors(path, G.state_dict(), {**card, **recipe})


def load_generator(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """Return the generator in a file that `save_generator` wrote, in evaluation mode.

    Raises InputError for another kind of file, and for weights that do not fit the recipe.
    """
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{path} holds tensors but no generator of gancourse: give a generator.safetensors "
            "that `gancourse train` wrote."
        )
    try:
        recipe = json.loads(metadata["recipe"])
        G = make_generator(recipe["net"], **recipe["options"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path} does not say how to build its generator ({error}): give a file that "
            "`gancourse train` wrote."
        ) from None
    load_weights(G, tensors, path)
    G.card = {k: v for k, v in metadata.items() if k not in ("format", "recipe")}
    return G.to(device).eval()


def load_weights(net: nn.Module, tensors: dict[str, Tensor], path: str | Path) -> None:
    """Copy `tensors` into `net`; raise InputError that names the first misfit and the file."""
    own = {name: list(t.shape) for name, t in net.state_dict().items()}
    given = {name: list(t.shape) for name, t in tensors.items()}
    if own != given:
        name = next(n for n in sorted(own.keys() | given.keys()) if own.get(n) != given.get(n))
        raise InputError(
            f"{path} holds weights of another net: {name} is {given.get(name, 'missing')} in the "
            f"file and {own.get(name, 'unknown')} in {type(net).__name__}; give matching weights."
        )
    net.load_state_dict(tensors)


def shipped() -> list[str]:
    """Return the names of the generators that come with the course."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def load_shipped(name: str) -> nn.Module:
    """Return a generator that comes with the course, trained, in evaluation mode ("mnist").

    The file's `card` and the .md beside it say how it was trained. Raises InputError for an
    unknown name.
    """
    return load_generator(SHIPPED / f"{choose('shipped generator', name, shipped())}.safetensors")


def load_any(weights: str | Path) -> nn.Module:
    """Return the generator that `weights` names: a file, a run's folder, or a shipped one's name.

    Raises InputError as `load_generator` does.
    """
    path = Path(weights)
    if not path.exists() and str(weights) in shipped():
        return load_shipped(str(weights))
    return load_generator(path / "generator.safetensors" if path.is_dir() else path)
