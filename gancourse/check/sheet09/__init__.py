"""Sheet 09, latent space: the arc, a direction that keeps another, inversion, memorisation."""
