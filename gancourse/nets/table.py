"""Every net by its name: to add one, a class and an entry here."""

from torch import nn

from gancourse.errors import choose
from gancourse.nets import writeups
from gancourse.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from gancourse.nets.mlp import MLPDiscriminator, MLPGenerator

GENERATORS = {"mlp": MLPGenerator, "dcgan": DCGANGenerator, **writeups.GENERATORS}
DISCRIMINATORS = {"mlp": MLPDiscriminator, "dcgan": DCGANDiscriminator, **writeups.DISCRIMINATORS}


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
