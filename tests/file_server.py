"""A server on 127.0.0.1 that sends files in good and in bad ways, and small files for it."""

import gzip
import hashlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import numpy as np

CODES = {"403": 403, "503": 503}


def idx_gz(values: np.ndarray) -> bytes:
    """Return a uint8 array as an idx .gz file."""
    head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
    return gzip.compress(head + values.tobytes(), mtime=0)


def small_files(seed: int, n: int = 60) -> dict[str, bytes]:
    """Return four files named as MNIST's, of n random training and n - 10 test images."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, count in (("train", n), ("t10k", n - 10)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        files[f"{part}-images-idx3-ubyte.gz"] = idx_gz(images)
        files[f"{part}-labels-idx1-ubyte.gz"] = idx_gz(np.arange(count, dtype=np.uint8) % 10)
    return files


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class Server(ThreadingHTTPServer):
    """Sends `files` in the way `how`; `asked` lists what was asked for; `hook` runs in mid-body."""

    daemon_threads = True

    def __init__(self, files, how, hook):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.how, self.hook = files, how, hook
        self.asked, self.over = [], Event()

    def handle_error(self, request, client_address):
        """Keep quiet: clients that hang up are what is tested."""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        """Keep quiet."""

    def do_GET(self):
        # A client that takes this for its proxy asks for a whole address.
        name, how = self.path.split("/")[-1], self.server.how
        self.server.asked.append(name)
        if how == "silent":
            self.server.over.wait()
        if how in CODES:
            return self.send_error(CODES[how])
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.send_body(content, how)

    def send_body(self, content, how):
        half = len(content) // 2
        if how == "damaged":
            content = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
        self.wfile.write(content[:half])
        self.server.hook()
        if how == "stalled":
            self.server.over.wait()
        if how == "dripping":
            while not self.server.over.wait(0.05):
                self.wfile.write(content[half : half + 1])
        if how != "cut":
            self.wfile.write(content[half:])


@contextmanager
def serving(files: dict[str, bytes], how: str = "good", hook=lambda: None):
    """Yield a running Server; its address, with the last slash, is `mirror`."""
    server = Server(files, how, hook)
    server.mirror = f"http://127.0.0.1:{server.server_port}/"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
