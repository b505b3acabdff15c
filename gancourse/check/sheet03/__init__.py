"""Sheet 03, losses: cross-entropy on logits, smoothed labels, least squares, KL from D's logits."""
