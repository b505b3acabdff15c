"""Run a paper's table again, or one of our own, and keep it as JSON with seeds, times, machine.

    python tools/tables pacgan                              all rows, data and seeds, at full length
    python tools/tables pacgan --rows GAN PacGAN2 --data grid --seeds 0 1 --steps 10000
    python tools/tables r3gan --jobs 8                      so many processes at a time
    python tools/tables r3gan --dask tcp://HOST:8786        on an existing Dask cluster
    python tools/tables stacked --seeds 0 --steps 4000      three digits a picture, 1,000 kinds
    python tools/tables conditional --seeds 0 1 2           lesson 13's: labels in three ways
    python tools/tables fakes                               what is learnt from samples alone
    python tools/tables augmentation --seeds 0 1 2 3 4      whether fakes help with few images
    python tools/tables pacgan --device cuda --every 20000 --jobs 9      on a GPU
    python tools/tables pacgan --gather                     only collect what has been measured

Each run keeps a checkpoint and its scores in runs/tables (--keep) every few hundred steps, and goes
on from there after a kill, bit for bit, or when more --steps are asked for. What is measured is
collected in docs/tables/NAME.json (--out) after each run and at the end. Seconds are those of one
core on one thread, on a GPU those of the core that asks it; a run's `device` names the GPU.
"""
