"""Make the environment: check Python, find or fetch uv, install what requirements.lock names.

`--cpu` takes PyTorch without CUDA, a fifth of the size. Written so that an old Python can still
parse it and say that it is too old.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

MINIMUM = (3, 11)
TOO_OLD = (
    "gancourse needs Python {} or newer, and {} is Python {}: install a newer one, then run "
    "`make setup PYTHON=/path/to/python3`."
)
NO_UV = (
    "uv could not be installed: check the network, or install Python's venv and pip "
    "(on Debian: python3-venv), then run `make setup` again."
)
NO_CPU = (
    "PyTorch without CUDA could not be had from here (see above); the ordinary one follows, about "
    "5 GB: it runs on the CPU as well."
)
PAIR = ("torch", "torchvision")
CUDA = re.compile(r"(nvidia|cuda|triton)[a-z0-9.-]*$")  # what the pair needs on a GPU alone
BIN = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")


def program(folder, name):
    """Return the path of a program in an environment."""
    return os.path.join(folder, BIN[0], name + BIN[1])


def fetch_uv(folder):
    """Install uv into `folder` with this Python's own pip; return the path of its program.

    What PIP_USER, PIP_TARGET, PIP_PREFIX or a pip.conf say of the place is overruled; they still
    say where packages come from.
    """
    inside = os.path.join(folder, "pip")
    attempts = (
        ([sys.executable, "-m", "venv", inside], program(inside, "python")),
        # Debian without python3-venv: this Python may still have a pip
        ([sys.executable, "-c", ""], sys.executable),
    )
    place = ["--no-user", "--prefix=", "--target", folder]
    for prepare, python in attempts:
        if subprocess.call(prepare, stdout=subprocess.DEVNULL):
            continue
        done = subprocess.call([python, "-m", "pip", "install", "--quiet"] + place + ["uv"])
        uv = os.path.join(folder, "bin", "uv" + BIN[1])  # with --target it is bin on Windows too
        if done == 0 and os.path.exists(uv):
            return uv
    sys.exit(NO_UV)


def without_cuda(lock):
    """Return the text of a lock without PyTorch's pair and CUDA, and the pair as name==version."""
    pair, kept, keep = [], [], True
    for line in lock.splitlines(True):
        name = re.match(r"([A-Za-z0-9._-]+)(==[^ ;\\]+)", line)
        if name:
            keep = name.group(1) not in PAIR and not CUDA.match(name.group(1))
            if name.group(1) in PAIR:
                pair.append(name.group(0))
        if keep:
            kept.append(line)
    return "".join(kept), pair


def install_cpu(uv, python):
    """Install what the lock names with PyTorch's pair for the CPU; return whether that worked."""
    with open("requirements.lock") as file:
        rest, pair = without_cuda(file.read())
    handle, path = tempfile.mkstemp(suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write(rest)
    quiet = ["--quiet", "--python", python]
    steps = ([uv, "pip", "sync"] + quiet + [path],
             [uv, "pip", "install", "--torch-backend=cpu"] + quiet + pair)  # fmt: skip
    try:
        return all(subprocess.call(step) == 0 for step in steps)
    finally:
        os.remove(path)


def call(step):
    """Run a step; end with a sentence where it fails."""
    if subprocess.call(step):
        sys.exit("This step failed, and `make setup` stops here: " + " ".join(step))


def main():
    if sys.version_info[:2] < MINIMUM:
        wanted, found = ("{}.{}".format(*v) for v in (MINIMUM, sys.version_info))
        sys.exit(TOO_OLD.format(wanted, sys.executable, found))
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--venv", default=".venv")
    parser.add_argument("--cpu", action="store_true", help="PyTorch without CUDA, about 1 GB")
    options = parser.parse_args()

    uv = options.uv
    if not any(os.access(p, os.X_OK) for p in (uv, uv + ".exe")):
        uv = fetch_uv(".uv")
    python = program(options.venv, "python")
    if not os.path.exists(python):
        call([uv, "venv", "--quiet", "--python", sys.executable, options.venv])
    mark = os.path.join(options.venv, ".cpu-only")  # so that a later update stays without CUDA
    cpu = options.cpu or os.path.exists(mark)
    print("Making the environment in {} (about {} GB).".format(options.venv, 2 if cpu else 6))
    sys.stdout.flush()
    done = cpu and install_cpu(uv, python)
    if done:
        open(mark, "w").close()
    else:
        if cpu:
            print(NO_CPU)
            sys.stdout.flush()
        call([uv, "pip", "sync", "--quiet", "--python", python, "requirements.lock"])
    call([uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--editable", "."])


if __name__ == "__main__":
    main()
