"""A generator and a discriminator that are given a label y beside z or x. Lesson 13.

y is int64 [N], classes from 0, or float [N, classes]: weights of the classes, such as a half of
each of two. Everywhere the label enters as these weights, one-hot for a class.
"""

import torch
from torch import Tensor, nn

from gancourse.errors import InputError, at_least, choose
from gancourse.nets.dcgan import DCGANDiscriminator, DCGANGenerator, init_dcgan
from gancourse.nets.shapes import image_shape

HOW = ("projection", "concatenation", "auxiliary")


def class_weights(y: Tensor, classes: int, n: int) -> Tensor:
    """Return the labels of n samples as float [n, classes]: one-hot, or the weights they are.

    Raises InputError for another shape or kind, and for labels on the CPU that name no class. On
    another device nobody looks at them: that would wait for it.
    """
    if isinstance(y, Tensor) and y.is_floating_point() and y.shape == (n, classes):
        return y
    if not isinstance(y, Tensor) or y.dtype != torch.int64 or y.shape != (n,):
        given = f"{y.dtype} {list(y.shape)}" if isinstance(y, Tensor) else repr(y)
        raise InputError(
            f"y must be one int64 label for each of {n} samples, or float weights [{n}, {classes}] "
            f"of the classes, and {given} was given: give labels [N], as labelled_batch does."
        )
    if y.device.type == "cpu" and n and not 0 <= int(y.min()) <= int(y.max()) < classes:
        raise InputError(
            f"Labels are whole numbers from 0 to {classes - 1}, and these go from {int(y.min())} "
            f"to {int(y.max())}: give labels of these {classes} classes."
        )
    return (y[:, None] == torch.arange(classes, device=y.device)).float()


def label_maps(y: Tensor, classes: int, side: int) -> Tensor:
    """Return labels [N] as images [N, classes, side, side]: the map of the label is 1, others 0."""
    weights = class_weights(y, classes, len(y))
    return weights[:, :, None, None].expand(-1, -1, side, side)


class ConditionalGenerator(nn.Module):
    """z [N, z_dim] and labels y to images [N, 1, 28, 28] in [-1, 1]. Lesson 13.

    A `DCGANGenerator` whose dense layer sees z and the label's weights side by side (Mirza and
    Osindero 2014, arXiv 1411.1784): so each class has a learnt vector that is added behind it.
    `side` and `channels` are that net's.
    """

    def __init__(
        self, z_dim: int = 16, width: int = 64, depth: int = 1, classes: int = 10, side: int = 28,
        channels: int = 1,
    ):  # fmt: skip
        super().__init__()
        self.z_dim, self.classes = at_least("z_dim", z_dim, 1), at_least("classes", classes, 2)
        self.net = DCGANGenerator(z_dim + classes, width, depth, side, channels)
        self.shape = self.net.shape

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.net(torch.cat([z, class_weights(y, self.classes, len(z)).to(z)], 1))


class ConditionalDiscriminator(nn.Module):
    """Images [N, 1, 28, 28] and labels y to logits [N], in one of the ways `how`. Lesson 13.

    concatenation: the label's maps are further channels of the input (Mirza and Osindero 2014,
    with maps in place of numbers, as convolutions want them).
    projection: logit = psi(h) + <embed(y), h>, h the features [N, 49 width] that psi reads too
    (Miyato and Koyama 2018, arXiv 1802.05637, sec. 3).
    auxiliary: the logit ignores y, and `classify` says which class x shows (Odena et al. 2017,
    arXiv 1610.09585).
    """

    def __init__(self, width: int = 64, depth: int = 1, classes: int = 10, how: str = "projection",
                 norm: bool = True, side: int = 28, channels: int = 1):  # fmt: skip
        super().__init__()
        self.how, self.classes = choose("how", how, HOW), at_least("classes", classes, 2)
        maps = classes if how == "concatenation" else 0
        self.net = DCGANDiscriminator(width, depth, norm, channels + maps, side)
        self.shape = image_shape(side, channels)
        features = self.net.last.in_features
        if how == "projection":
            self.embed = init_dcgan(nn.Linear(classes, features, bias=False))
        elif how == "auxiliary":
            self.head = init_dcgan(nn.Linear(features, classes))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        weights = class_weights(y, self.classes, len(x)).to(x.device)
        if self.how == "concatenation":
            maps = label_maps(weights, self.classes, x.shape[-1])
            return self.net(torch.cat([x, maps.to(x)], 1))
        h = self.net.features(x)  # [N, 49 width]
        logit = self.net.last(h).squeeze(1)
        return logit + (self.embed(weights) * h).sum(1) if self.how == "projection" else logit

    def both(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits [N] and those of the classes [N, classes], in one pass.

        Raises InputError where this discriminator does not classify.
        """
        if self.how != "auxiliary":
            raise InputError(
                f"A discriminator with how={self.how!r} does not classify: make one with "
                'how="auxiliary".'
            )
        h = self.net.features(x)
        return self.net.last(h).squeeze(1), self.head(h)

    def classify(self, x: Tensor) -> Tensor:
        """Return the logits of the classes [N, classes] of images; InputError as `both` does."""
        return self.both(x)[1]


class OneClass(nn.Module):
    """A conditional generator that is asked for one class alone: z [N, z_dim] to images.

    `y` is a class, or weights [classes] of several. So it goes wherever a generator of z goes.
    """

    def __init__(self, G: nn.Module, y: int | Tensor):
        super().__init__()
        self.G, self.z_dim, self.shape = G, G.z_dim, G.shape
        label = y if isinstance(y, Tensor) else torch.tensor(known_class(G, y))
        weights = label[None] if label.is_floating_point() else label.view(1)
        self.register_buffer("weights", class_weights(weights, G.classes, 1), persistent=False)

    def ask(self, weights: Tensor) -> None:
        """Ask for these weights [classes] of the classes from now on; InputError for others."""
        self.weights.copy_(class_weights(weights[None], self.G.classes, 1))

    def forward(self, z: Tensor) -> Tensor:
        return self.G(z, self.weights.to(z.device).expand(len(z), -1))


def classes_of(G: nn.Module) -> int:
    """Return how many classes a generator can be asked for: 0 for one that takes z alone."""
    return getattr(G, "classes", 0)


def known_class(G: nn.Module, y: int) -> int:
    """Return y where a generator can be asked for that class; else raise InputError."""
    classes = classes_of(G)
    if not classes:
        raise InputError(
            f"This {type(G).__name__} takes no label, and {y!r} was asked for: leave the label "
            "out, or train a conditional one (`gancourse train cdcgan`)."
        )
    if isinstance(y, bool) or not isinstance(y, int) or not 0 <= y < classes:
        raise InputError(
            f"A label is a whole number from 0 to {classes - 1} here, and {y!r} was given: give "
            "one of them."
        )
    return y


def labels_for(G: nn.Module, n: int, y: int | Tensor | None = None) -> Tensor | None:
    """Return n labels for a generator: all y, or the labels y themselves, or each class in turn.

    None for a generator that takes no label. Raises InputError for labels that do not fit.
    """
    if y is None:
        return torch.arange(n) % classes_of(G) if classes_of(G) else None
    if not isinstance(y, Tensor):
        return torch.full((n,), known_class(G, y))
    known_class(G, 0)
    class_weights(y.cpu(), G.classes, n)
    return y
