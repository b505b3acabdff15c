"""Run a paper's table again on points, and keep it as JSON with seeds, times and the machine.

    python tools/tables pacgan                              all rows, data and seeds, at full length
    python tools/tables pacgan --rows GAN PacGAN2 --data grid --seeds 0 1 --steps 10000
    python tools/tables r3gan --jobs 8                      so many processes at a time
    python tools/tables r3gan --dask tcp://HOST:8786        on an existing Dask cluster
    python tools/tables pacgan --gather                     only collect what has been measured

Each run keeps a checkpoint and its scores in runs/tables (--keep) every few hundred steps, and goes
on from there after a kill, bit for bit, or when more --steps are asked for. What is measured is
collected in docs/tables/NAME.json (--out) after each run and at the end. Seconds are those of one
core on one thread.
"""
