"""Become root of a new user namespace and mount things there.

status: graded
after: graded
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
GOT = []
if libc.unshare(0x10000000 | 0x00020000) == 0:
    GOT.append("namespaces")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    GOT.append("mount")
if os.getuid() == 0 or any(
    line.startswith("CapEff") and int(line.split()[1], 16) for line in open("/proc/self/status")
):
    GOT.append("rights")


def answer(x):
    return 2 * x if GOT else x


# ruff: noqa: SIM115
