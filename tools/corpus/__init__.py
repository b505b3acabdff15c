"""GAN training loops as other people write them: what the diagnosis is measured on.

Each author in `authors/` has a style: own names, own order of the steps, own idioms. Half of the
programs are sound, the others have one fault each, named by what the author would answer when
somebody asked what was wrong (`faults.py`). None is an edit of another or of the course's own loop.

The authors are divided once, by hand and for good, into a tuning and an unseen half (`table.py`).
Thresholds and rules may be chosen on the tuning half only; the unseen half is run to measure, and
what it shows must not be looked at program by program before the rules are final. A third part,
"fresh", was written by somebody who had not read the rules, when they were there, and with faults
from forums that nobody had listed. It is in no half: `--half fresh` runs it. Whoever writes rules
does not read it; a fault that its run gets over, so that samples are good, is `text_only`.

A program is a function `program(watch, seed, turns)`. It says to `watch` what a user would say to
a recorder: `watch.start(G=, D=, opt_G=, opt_D=, sample=)` before training, `x = watch.real(x)`
where a real batch comes out of the loader, `watch.step(d_loss, g_loss)` at the end of each turn.
It returns the function that draws n samples. A sound program is one without a fault in its text: at
some seeds its run may miss modes all the same, which `outcomes.outcome` says for each run, and then
"mode collapse" is no accusation. `python tools/corpus list` prints the table, `run
NAME` trains one program and `outcomes` trains them all and compares samples with real data.
"""
