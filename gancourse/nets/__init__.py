"""The networks: MLP, DCGAN and conditional generators and discriminators. Lessons 05 to 07, 13.

A generator maps z [N, z_dim] to samples [N, *shape]; a discriminator maps samples to logits [N],
never to probabilities. Images are [N, 1, 28, 28] in [-1, 1]; points are [N, 2]. Conditional ones
take labels [N] as their second input.
"""

from gancourse.nets.conditional import (
    ConditionalDiscriminator,
    ConditionalGenerator,
    OneClass,
    class_weights,
    classes_of,
    known_class,
    label_maps,
    labels_for,
)
from gancourse.nets.dcgan import DCGANDiscriminator, DCGANGenerator, init_dcgan
from gancourse.nets.duplicates import duplicate
from gancourse.nets.files import (
    keep_mine,
    load_any,
    load_generator,
    load_mine,
    load_shipped,
    load_weights,
    metadata_of,
    save_generator,
    shipped,
    shipped_card,
)
from gancourse.nets.mlp import MLPDiscriminator, MLPGenerator
from gancourse.nets.packing import packed
from gancourse.nets.shapes import IMAGE
from gancourse.nets.spectral import spectrally_normalised
from gancourse.nets.table import (
    DISCRIMINATORS,
    GENERATORS,
    make_discriminator,
    make_generator,
    options_for,
    takes_labels,
    takes_packs,
)

__all__ = ["DISCRIMINATORS", "GENERATORS", "IMAGE", "ConditionalDiscriminator",
           "ConditionalGenerator", "DCGANDiscriminator", "DCGANGenerator", "MLPDiscriminator",
           "MLPGenerator", "OneClass", "class_weights", "classes_of", "duplicate", "init_dcgan",
           "keep_mine", "known_class", "label_maps", "labels_for", "load_any", "load_generator",
           "load_mine", "load_shipped", "load_weights", "make_discriminator", "make_generator",
           "metadata_of", "options_for", "packed", "save_generator", "shipped", "shipped_card",
           "spectrally_normalised", "takes_labels", "takes_packs"]  # fmt: skip
