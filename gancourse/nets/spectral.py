"""Spectral norm: each layer of D divided by its largest singular value. Lesson 12."""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


def spectrally_normalised(D: nn.Module) -> nn.Module:
    """Divide each dense or convolutional weight of D by its largest singular value; return D.

    PyTorch estimates it by one step of power iteration each time the weight is used in training;
    a convolution's kernel counts as the matrix [out, in k k]. Source: Miyato et al. 2018, arXiv
    1802.05957, algorithm 1.
    """
    for layer in list(D.modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d):
            spectral_norm(layer)
    return D
