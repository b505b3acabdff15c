"""Sheet 06, an MLP GAN on images: the generator, the curves, the average of G, real digits."""
