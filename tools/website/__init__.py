"""Build the course as a web site from its committed notebooks: nothing is executed."""
