"""Sheet 13, conditional GANs: label maps, the projection, a turn with labels, augmentation."""
