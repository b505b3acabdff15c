"""Sheet 05, a minimal GAN on points: D's loss, the two steps, the whole algorithm."""
