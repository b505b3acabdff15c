"""Sheet 04, dynamics: alternating steps, the modulus, the largest step, D's step under R1."""
