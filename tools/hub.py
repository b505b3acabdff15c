"""Start a JupyterHub with the course on this machine, for trying: any name, one password.

Needs the extra `hub`, node and npm; nothing is installed outside of the project. Its files and its
users' are in runs/hub. Ctrl-C ends it and every server.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import javascript
from shared_data import use_shared_data

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "hub" / "try_config.py"


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment(
    home: Path, port: int, password: str, exchange: Path | None = None
) -> dict[str, str]:
    """Return the hub's environment; raises javascript.Missing where there is no proxy for it."""
    proxy = javascript.packages(ROOT / "hub") / ".bin" / "configurable-http-proxy"
    found = {**os.environ}
    use_shared_data(ROOT, found)
    found |= {"GANCOURSE_EXCHANGE": str(exchange)} if exchange else {}
    return found | {
        "GANCOURSE_HUB": str(home),
        "GANCOURSE_HUB_URL": f"http://127.0.0.1:{port}",
        "GANCOURSE_HUB_PORT": str(free_port()),
        "GANCOURSE_HUB_PROXY": str(proxy),
        "GANCOURSE_HUB_PROXY_API": f"http://127.0.0.1:{free_port()}",
        "GANCOURSE_HUB_PASSWORD": password,
    }


def start(
    home: Path, port: int, password: str, exchange: Path | None = None, **options
) -> subprocess.Popen:
    """Start a hub whose files are in `home`; its proxy and its users' servers end with it.

    `exchange` is nbgrader's folder, where there is to be one.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "jupyterhub", f"--config={CONFIG}", "--log-level=WARN"]
    own = environment(home, port, password, exchange)
    return subprocess.Popen(command, cwd=home, env=own, **options)


def wait_until_up(url: str, process: subprocess.Popen, patience: float = 180.0) -> None:
    """Wait until a hub answers; raise RuntimeError where it has ended, or does not in time."""
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{url}/hub/api", timeout=10):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"The hub at {url} does not answer: its log says why.")


def end(process: subprocess.Popen, patience: float = 60.0) -> None:
    """End a hub, its proxy and its users' servers."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, help="(a free one)")
    parser.add_argument("--home", type=Path, default=ROOT / "runs" / "hub", help="its files")
    chosen = parser.parse_args()
    port, password = chosen.port or free_port(), secrets.token_urlsafe(6)
    try:
        hub = start(chosen.home.resolve(), port, password)
    except javascript.Missing as missing:
        print(f"No hub can start here: {missing}.")
        return 1
    print(f"JupyterHub is at http://127.0.0.1:{port}: any name, password {password}", flush=True)
    signal.signal(signal.SIGINT, lambda *_: hub.send_signal(signal.SIGINT))
    signal.signal(signal.SIGTERM, lambda *_: hub.send_signal(signal.SIGTERM))
    return hub.wait()


if __name__ == "__main__":
    sys.exit(main())
