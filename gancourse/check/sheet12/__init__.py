"""Sheet 12, making it stable: gradient penalty, spectral norm, relativistic pairs, packing."""
