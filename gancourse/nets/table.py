"""Every net by its name: to add one, a class and an entry here."""

from inspect import signature

from torch import nn

from gancourse.errors import InputError, choose
from gancourse.nets import writeups
from gancourse.nets.conditional import ConditionalDiscriminator, ConditionalGenerator
from gancourse.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from gancourse.nets.mlp import MLPDiscriminator, MLPGenerator
from gancourse.nets.pacgan import MaxoutDiscriminator, PacGANGenerator
from gancourse.nets.shapes import IMAGE

GENERATORS = {
    "mlp": MLPGenerator,
    "dcgan": DCGANGenerator,
    "cdcgan": ConditionalGenerator,
    "pacgan": PacGANGenerator,
    **writeups.GENERATORS,
}
DISCRIMINATORS = {
    "mlp": MLPDiscriminator,
    "dcgan": DCGANDiscriminator,
    "cdcgan": ConditionalDiscriminator,
    "pacgan": MaxoutDiscriminator,
    **writeups.DISCRIMINATORS,
}


def make_generator(net: str, **options) -> nn.Module:
    """Return a new generator of the kind `net`, one of GENERATORS, with that class's options.

    It remembers what it was made from, so that its weights can be saved with the recipe for it.
    """
    G = GENERATORS[choose("generator", net, GENERATORS)](**options)
    G.recipe = {"net": net, "options": options}
    return G


def make_discriminator(net: str, **options) -> nn.Module:
    """Return a new discriminator of the kind `net`, one of DISCRIMINATORS."""
    return DISCRIMINATORS[choose("discriminator", net, DISCRIMINATORS)](**options)


def takes_labels(net: str) -> bool:
    """Tell whether the generator and the discriminator of the kind `net` are given labels."""
    return "classes" in signature(GENERATORS[choose("net", net, GENERATORS)]).parameters


def takes_packs(net: str) -> None:
    """Raise InputError where the discriminator of the kind `net` cannot take packs of samples."""
    if "pack" not in signature(DISCRIMINATORS[choose("net", net, DISCRIMINATORS)]).parameters:
        able = (name for name, D in DISCRIMINATORS.items() if "pack" in signature(D).parameters)
        raise InputError(
            f"The discriminator of {net!r} takes one sample at a time: set pack to 1, or use one "
            f"of {', '.join(able)}."
        )


def options_for(net: str, shape: tuple[int, ...]) -> tuple[dict, dict]:
    """Return the options with which G and D of the kind `net` take images [C, S, S].

    For the course's own [1, 28, 28] there are none. Raises InputError for nets of one shape alone.
    """
    channels, side, _ = shape
    if tuple(shape) == IMAGE:
        return {}, {}
    ways = {"side": {"side": side, "channels": channels}, "shape": {"shape": list(shape)}}
    found = []
    for table in (GENERATORS, DISCRIMINATORS):
        known = signature(table[choose("net", net, table)]).parameters
        found.append(next((dict(given) for way, given in ways.items() if way in known), None))
    if None in found:
        raise InputError(
            f"The nets {net!r} take grey images of 28 x 28 pixels alone, and these have {channels} "
            f"channels and {side} x {side}: name the folder as FOLDER@28-grey, or take a preset of "
            "other nets, such as dcgan."
        )
    return found[0], found[1]
