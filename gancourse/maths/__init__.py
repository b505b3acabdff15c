"""The mathematics of the lessons: divergences on a line, two players on a plane, latent space."""
