"""One file for each author: see the package above."""
