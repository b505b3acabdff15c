"""Sheet 11, how good is it: Frechet distance, precision and recall, modes, leave-one-out test."""
