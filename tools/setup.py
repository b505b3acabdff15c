"""Make the environment: check Python, find or fetch uv, install what requirements.lock names.

Written so that an old Python can still parse it and say that it is too old.
"""

import argparse
import os
import subprocess
import sys

MINIMUM = (3, 11)
TOO_OLD = (
    "gancourse needs Python {} or newer, and {} is Python {}: install a newer one, then run "
    "`make setup PYTHON=/path/to/python3`."
)


def fetch_uv(folder):
    """Install uv into `folder` with this Python's own pip; return the path of its program."""
    bin_folder = "Scripts" if os.name == "nt" else "bin"
    attempts = (
        ([sys.executable, "-m", "venv", folder], os.path.join(folder, bin_folder, "python")),
        (None, None),  # Debian without python3-venv: pip can still install beside the project
    )
    for make_venv, python in attempts:
        if make_venv and subprocess.call(make_venv, stdout=subprocess.DEVNULL):
            continue
        target = [] if make_venv else ["--target", folder]
        pip = [python or sys.executable, "-m", "pip", "install", "--quiet", "uv"]
        if subprocess.call([*pip, *target]) == 0:
            return os.path.join(folder, bin_folder, "uv")
    sys.exit(
        "uv could not be installed: check the network, or install Python's venv and pip "
        "(on Debian: python3-venv), then run `make setup` again."
    )


def main():
    if sys.version_info[:2] < MINIMUM:
        wanted, found = ("{}.{}".format(*v) for v in (MINIMUM, sys.version_info))
        sys.exit(TOO_OLD.format(wanted, sys.executable, found))
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--venv", default=".venv")
    options = parser.parse_args()

    uv = options.uv
    if not any(os.access(p, os.X_OK) for p in (uv, uv + ".exe")):
        uv = fetch_uv(".uv")
    python = os.path.join(
        options.venv, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python"))
    )
    steps = [
        [uv, "pip", "sync", "--quiet", "--python", python, "requirements.lock"],
        [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--editable", "."],
    ]
    if not os.path.exists(python):
        steps.insert(0, [uv, "venv", "--quiet", "--python", sys.executable, options.venv])
    print("Making the environment in", options.venv, "(about 5 GB with PyTorch).")
    sys.stdout.flush()
    for step in steps:
        if subprocess.call(step):
            sys.exit("This step failed, and `make setup` stops here: " + " ".join(step))


if __name__ == "__main__":
    main()
