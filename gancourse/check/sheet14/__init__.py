"""Sheet 14, scaling up: shards, averaged gradients, accumulation, the cost of a step."""
