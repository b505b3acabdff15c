"""Sheet 08, training a DCGAN: cost, one batch of fakes, a step to resume, what bf16 loses."""
