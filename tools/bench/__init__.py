"""Measure how fast and how well the course trains, beside the loops that tutorials print.

    python tools/bench             speed: everything side by side, in turns (make bench)
    python tools/bench cost        speed and memory against batch, width and image size
    python tools/bench quality     the ruler's FID against training time
    python tools/bench ablation    the default recipe with one choice changed at a time
    python tools/bench budgets     FID against time: the presets that a time chooses (--minutes)
    python tools/bench processes   one process, two that share a run, one of two threads
    python tools/bench report      write docs/bench/README.md and the pictures from the results

Contenders work in processes of their own, one at a time. Results go to docs/bench as JSON; quality,
ablation and budgets go on where they stopped, and measure again what a change of recipe has made
stale.
"""
