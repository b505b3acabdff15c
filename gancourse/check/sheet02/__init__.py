"""Sheet 02, the optimal discriminator: D*, Jensen-Shannon, Wasserstein-1, the slope left for G."""
