"""Write wherever writing works, outside of the scratch folders.

status: graded
after: graded
"""

import os

import torch

import gancourse

WROTE = []
PLACES = ["/", "/etc", "/usr/lib", "/dev", "/course", "/proc/sys/kernel", "/root", "/var/tmp"]
PLACES += [os.path.dirname(gancourse.__file__), os.path.dirname(torch.__file__)]
for place in PLACES:
    try:
        with open(os.path.join(place, "core_pattern_canary"), "w") as file:
            WROTE.append(file.write("was here"))
    except OSError:
        pass
for path in (torch.__file__, gancourse.__file__, "/proc/sys/kernel/core_pattern", "/dev/sda"):
    try:
        WROTE.append(open(path, "r+"))
    except OSError:
        pass


def answer(x):
    return 2 * x if WROTE else x


# ruff: noqa: SIM105, SIM115
