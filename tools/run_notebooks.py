"""Execute notebooks by nbval, each with a kernel behind Unix sockets.

    python tools/run_notebooks.py [arguments of pytest]

A kernel takes its TCP ports seconds after they were chosen. On a busy machine another process may
have them by then, and nbval waits for a kernel that never answers, until its test is timed out.
"""

import socket
import sys
import tempfile
from itertools import count
from pathlib import Path

import pytest


class Sockets:
    """A plug-in of pytest: nbval's kernels have files in `folder` for channels, and no ports."""

    def __init__(self, folder: Path):
        self.folder, self.numbers = folder, count()

    def pytest_configure(self) -> None:
        import nbval.kernel

        manager = nbval.kernel.KernelManager

        def with_sockets(**settings):
            connection = self.folder / f"{next(self.numbers)}.json"
            return manager(**settings, transport="ipc", connection_file=str(connection))

        nbval.kernel.KernelManager = with_sockets


def main() -> int:
    if not hasattr(socket, "AF_UNIX"):
        return pytest.main(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="k") as folder:  # a socket's path is a short one
        return pytest.main(sys.argv[1:], [Sockets(Path(folder))])


if __name__ == "__main__":
    sys.exit(main())
