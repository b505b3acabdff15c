"""The mathematics of the lessons: divergences, optimal transport, two players, latent space."""
