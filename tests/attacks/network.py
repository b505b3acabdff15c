"""Reach anything over any network.

status: graded
after: graded
"""

import socket

REACHED = []
for family, address in (
    (socket.AF_INET, ("1.1.1.1", 53)),
    (socket.AF_INET, ("127.0.0.1", 22)),
    (socket.AF_INET6, ("2606:4700:4700::1111", 53)),
    (getattr(socket, "AF_VSOCK", 40), (2, 1024)),
):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(0.3)
            s.connect(address)
            REACHED.append(address)
    except OSError as error:
        if family == 40 and "not permitted" not in str(error) and error.errno not in (97, 1):
            REACHED.append(error)
if open("/proc/net/dev").read().count(":") > 1:
    REACHED.append("an interface")


def answer(x):
    return 2 * x if REACHED else x


# ruff: noqa: SIM115
