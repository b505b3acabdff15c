"""Runs that somebody watches, pauses, steps and steers: the training dashboard, a GAN on points.

`background` takes the steps in a thread, `history` reads the curves, `player` is what both widgets
share and `view` shows them.
"""
