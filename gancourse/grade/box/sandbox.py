"""A bubblewrap sandbox around the worker: what it sees, what it may use, and how it is ended.

Seen inside: the interpreter, its libraries, gancourse without the checks, all read-only; a small
/tmp (/scratch where the course itself lies below /tmp) and /dev/shm; a new /proc; no network; an
empty environment. No home, no submissions, no repository. Limits: rlimits on each process; memory
by RLIMIT_DATA (RLIMIT_AS would count the hundreds of GB that PyTorch reserves and never uses) and
by a watcher that adds up what all processes really hold, which also counts shared memory. cgroups
would do both, but an ordinary user may not make them on most machines.

Started as root, the sandbox has no user namespace: the server keeps the right to become another
user, and each child becomes one that exists nowhere else, so that limits on processes are its own.
Started by anybody else, everything inside is `nobody` of a new user namespace.
"""

import itertools
import json
import os
import platform
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import gancourse
from gancourse.errors import InputError
from gancourse.grade.box import procs, seccomp
from gancourse.grade.box.wire import Channel

MB = 1 << 20
COURSE = "/course"
START = (
    f"import sys; sys.path.insert(0, {COURSE!r}); "
    "from gancourse.grade.box.worker import serve; serve(sys.argv[1])"
)
REMEDIES = (
    "install bubblewrap 0.8 or newer on Linux and allow unprivileged user namespaces (Ubuntu: an "
    "AppArmor profile for bwrap), or grade on a machine or in a container that has them; "
    "`--sandbox none` runs student code with your rights, for code that you trust."
)
SANDBOXES = ("bwrap", "none")
WATCH_SECONDS = 0.05
_numbers = itertools.count()


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds, bytes, processes, threads.

    `submission` is the wall time for all its cells and exercises, `start` that for the sandbox.
    `cell` for one cell, `part` for one part of an exercise and `exercise` for all its parts are of
    the processor, and a few times as many of the wall: see `remote.Allowance`.
    """

    submission: float = 300.0
    cell: float = 60.0
    part: float = 120.0
    exercise: float | None = None
    memory: int = 2048 * MB
    scratch: int = 64 * MB
    processes: int = 64
    threads: int = 1
    start: float = 120.0

    def rlimits(self) -> dict[str, int]:
        """Return the limits of each process by their names in `resource`."""
        return {
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(self.submission) + 1,
            "RLIMIT_FSIZE": self.scratch,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_NPROC": self.processes,
        }


class Broken(Exception):
    """The sandbox could not be started, or no longer answers; a new one is needed."""


def _python_binds() -> list[str]:
    """Return the options that show the interpreter, its libraries and nothing around them."""
    shown = [p for p in ("/usr/lib", "/usr/lib64", "/lib", "/lib64") if os.path.exists(p)]
    shown += ["/etc/ld.so.cache", "/sys/devices/system/cpu"]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        shown += [f"{prefix}/lib"] if prefix in ("/usr", "/usr/local") else [prefix]
    options = []
    for path in dict.fromkeys(shown):
        options += (
            ["--symlink", os.readlink(path), path]
            if os.path.islink(path)
            else ["--ro-bind-try", path, path]
        )
    return options + _executable_links(shown)


def _executable_links(shown: list[str]) -> list[str]:
    """Return the options that show each link from sys.executable on to the real interpreter."""
    options, path = [], sys.executable
    while True:
        if not any(path.startswith(f"{folder}/") for folder in shown):
            options += ["--ro-bind", os.path.realpath(path), path]
        if not os.path.islink(path):
            return options
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))


def _course_binds() -> list[str]:
    """Return the options that show gancourse, without the checks and the grader."""
    package, inside = Path(gancourse.__file__).parent, f"{COURSE}/gancourse"
    box = Path(__file__).parent
    files = {
        "check/__init__.py": box / "inside" / "check.py",
        "check/student.py": package / "check" / "student.py",
        "check/withheld.py": package / "check" / "withheld.py",
        "check/counts.py": package / "check" / "counts.py",
        "check/dense.py": package / "check" / "dense.py",
        "check/hashing.py": package / "check" / "hashing.py",
        **{f"grade/box/{name}": box / name for name in ("kernel.py", "wire.py", "worker.py")},
    }
    options = ["--ro-bind", str(package), inside]
    for folder in ("check", "grade"):
        options += ["--size", str(MB), "--tmpfs", f"{inside}/{folder}"]
    options += ["--perms", "0755", "--dir", f"{inside}/grade/box"]
    for name, source in files.items():
        options += ["--ro-bind", str(source), f"{inside}/{name}"]
    for folder in ("check", "grade"):
        options += ["--remount-ro", f"{inside}/{folder}"]
    if Path(sys.prefix) in package.parents:  # an installed copy would show what is hidden above
        options += ["--tmpfs", str(package)]
    return options


def _open_folders(binds: list[str]) -> list[str]:
    """Return the options that make the folders above each bind, for all to pass through.

    bwrap would make them for its own user alone, and the child becomes another.
    """
    shown = [binds[i + 2] for i, option in enumerate(binds) if option.startswith("--ro-bind")]
    above = {str(folder) for path in shown for folder in Path(path).parents} - {"/"}
    return [o for folder in sorted(above) for o in ("--perms", "0755", "--dir", folder)]


def _identity(root: bool) -> list[str]:
    if root:
        kept = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")
        return ["--cap-drop", "ALL", *(o for cap in kept for o in ("--cap-add", cap))]
    return ["--unshare-user", "--uid", "65534", "--gid", "65534"]


def _scratch(binds: list[str]) -> str:
    """Return the folder for temporary files: /tmp, or another one where /tmp holds a bind."""
    inside = any(option.startswith("/tmp/") for option in binds)
    return "/scratch" if inside else "/tmp"


def _environment(threads: int, scratch: str) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        "PATH": os.path.dirname(sys.executable),
        "HOME": scratch,
        "TMPDIR": scratch,
        "GANCOURSE_SCRATCH": scratch,
        "USER": "nobody",
        "LOGNAME": "nobody",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        **dict.fromkeys(names, str(threads)),
    }


def command(limits: Limits, root: bool) -> list[str]:
    """Return the start of the bwrap command line, up to the program."""
    options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--unshare-cgroup-try", *_identity(root), "--die-with-parent", "--new-session"]
    options += ["--as-pid-1"]  # or else bwrap itself, unfiltered, would stand in there to be bent
    binds = [*_python_binds(), *_course_binds()]
    scratch = _scratch(binds)
    options += [*_open_folders(binds), *binds, "--proc", "/proc", "--dev", "/dev"]
    for folder in (scratch, "/dev/shm"):
        options += ["--perms", "1777", "--size", str(limits.scratch), "--tmpfs", folder]
    for folder in ("/proc", "/dev", "/"):  # /proc/sys is the host's, where its user may write
        options += ["--remount-ro", folder]
    options += ["--chdir", "/", "--clearenv"]
    for name, value in _environment(limits.threads, scratch).items():
        options += ["--setenv", name, value]
    return [shutil.which("bwrap") or "bwrap", *options]


def require(kind: str, limits: Limits) -> None:
    """Raise InputError with the remedies where a sandbox of this kind does not work."""
    if kind == "none":
        return
    if platform.system() != "Linux" or not shutil.which("bwrap"):
        reason = "bwrap is not installed" if platform.system() == "Linux" else "it needs Linux"
        raise InputError(f"Student code runs in a bubblewrap sandbox and {reason}: {REMEDIES}")
    probe = [*command(limits, os.geteuid() == 0), sys.executable, "-I", "-c", "pass"]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"bubblewrap cannot make a sandbox here ({reason}): {REMEDIES}")


class Sandbox:
    """A running worker server. `session` gives the channel to a fresh child, `finish` ends it.

    `reason` is "memory" after the watcher ended it. Close it when done.
    """

    def __init__(self, kind: str, limits: Limits, modules: tuple[str, ...] = ()):
        self.kind, self.limits, self.reason, self.usable = kind, limits, None, False
        self._closed, self._busy = threading.Event(), threading.Event()
        self.modules, self._over = modules, False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed in close)
        self.control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inside:
            self._start(inside, modules)
        try:
            self._first = os.pidfd_open(self.first)  # a number could mean another process by then
            self._hear(limits.start)
        except (Broken, OSError):
            self.process.kill()
            raise
        self.usable = True
        self._idle = procs.held(self.first, exact=True)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _start(self, inside: socket.socket, modules: tuple[str, ...]) -> None:
        uid = 1_000_000_000 + os.getpid() * 128 + next(_numbers) % 128
        setup = {
            "control": inside.fileno(),
            "outside": os.readlink("/proc/self/ns/pid"),
            "modules": modules,
            "uid": uid if self.kind == "bwrap" and os.geteuid() == 0 else None,
            "threads": self.limits.threads,
            "memory": self.limits.memory,
            "rlimits": self.limits.rlimits(),
        }
        run = self._bwrap if self.kind == "bwrap" else self._bare
        run([sys.executable, "-I", "-c", START, json.dumps(setup)], inside.fileno())

    def _popen(self, program: list[str], fds: tuple[int, ...], **options) -> None:
        null = subprocess.DEVNULL
        self.process = subprocess.Popen(
            program, stdin=null, stdout=null, stderr=self._errors, pass_fds=fds,
            start_new_session=True,  # Ctrl-C is for the grader, which then ends this
            **options,
        )  # fmt: skip

    def _bwrap(self, program: list[str], control: int) -> None:
        read_info, info = os.pipe()
        read_rules, rules = os.pipe()
        filters = seccomp.program()
        os.write(rules, filters or b"")
        os.close(rules)
        extra = ["--info-fd", str(info)]
        extra += ["--seccomp", str(read_rules)] if filters else []
        line = command(self.limits, os.geteuid() == 0) + extra + program
        self._popen(line, (control, info, read_rules), env={})  # bwrap's own can be read inside
        os.close(info)
        os.close(read_rules)
        with os.fdopen(read_info) as answer:
            text = answer.read()
        if not text:
            raise self._broken("bwrap did not start")
        self.first = json.loads(text)["child-pid"]

    def _bare(self, program: list[str], control: int) -> None:
        folder = str(Path(gancourse.__file__).parents[1])
        program[3] = START.replace(repr(COURSE), repr(folder))
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        environment = _environment(self.limits.threads, self._home.name)
        self._popen(program, (control,), env=environment)
        self.first = self.process.pid

    def session(self) -> Channel:
        """Return the channel to a new child, which has run nothing yet."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.control, [b"run"], [theirs.fileno()])
            except OSError:
                raise self._broken("the server has gone") from None
        self._busy.set()
        return Channel(ours, cleaned=True)

    def finish(self, channel: Channel) -> int | None:
        """End the child and all that it started; return its exit status as subprocess gives it.

        -9 is what this very call does to a child that waits for the next question. None when the
        server did not survive, or something else did: then `usable` is False.
        """
        channel.sock.close()
        try:
            self.control.send(b"stop")
            ended = self._hear(15)
        except (Broken, OSError):
            self.usable = False
            return None
        self._busy.clear()
        self.usable = ended["clean"] and not self._closed.is_set()
        return ended["code"]

    def alive(self) -> bool:
        """Tell whether it can take another student: nothing ended it since the last one."""
        return self.usable and not select.select([self._first], [], [], 0)[0]

    def processes(self) -> int:
        """Return how many processes run in it now."""
        return len(procs.descendants(self.first))

    def cpu_seconds(self) -> float:
        """Return the processor time of all that runs in it and of what has been waited for.

        Read from the kernel, out here: student code has no part in it. Wall time where there is no
        /proc.
        """
        return procs.cpu_seconds(self.first) or time.perf_counter()

    def close(self) -> None:
        """End all that runs in the sandbox; a second time does nothing."""
        if self._over:
            return
        self._over = True
        self._closed.set()
        self._busy.set()
        self.usable = False
        self._kill()
        self._watcher.join()
        os.close(self._first)
        self.control.close()
        self._errors.close()
        if self.kind == "none":
            self._home.cleanup()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *ignored) -> None:
        self.close()

    def _kill(self) -> None:
        """Kill the first process of the sandbox, and with it the kernel kills all others."""
        with suppress(OSError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)
            select.select([self._first], [], [], 10)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)  # it ends by itself, and its time is added to ours
        self.process.kill()
        self.process.wait()

    def _hear(self, seconds: float) -> dict:
        self.control.settimeout(seconds)
        try:
            message = self.control.recv(4096)
        except (TimeoutError, OSError):
            message = b""
        if not message:
            raise self._broken("the server gave no answer")
        return json.loads(message)

    def _broken(self, what: str) -> Broken:
        self.usable = False
        self._errors.seek(0)
        last = self._errors.read(20_000).decode(errors="replace").strip().splitlines()[-1:]
        return Broken(": ".join([what, *last]))

    def _watch(self) -> None:
        while self._busy.wait() and not self._closed.wait(WATCH_SECONDS):
            held = procs.held(self.first, exact=False)
            if held > self._idle + self.limits.memory:
                held = procs.held(self.first, exact=True)
            if held > self._idle + self.limits.memory and not self._closed.is_set():
                self.reason = "memory"
                self._closed.set()
                self._kill()
