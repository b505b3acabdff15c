"""What runs inside the sandbox: a server that has imported PyTorch, and a fork for each student.

The server never runs student code. For each student it gets one end of a socket, forks, and the
child gives up what rights it has and runs the student's cells; for each exercise it forks once
more, and that process answers calls on its `Student`. When the grader says stop, the server kills
whatever the student left, empties and resets the scratch folders, and says how the child ended. It
is the reaper of all that descends from it, so that "no child left" is a proof and not a guess.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import time
from contextlib import suppress

import torch

from gancourse.check.student import NotDone, Student, StudentError
from gancourse.grade.box.kernel import MAX_MESSAGE, Kernel
from gancourse.grade.box.wire import Channel, Lost, WireError

SET_PDEATHSIG, SET_DUMPABLE, SET_SUBREAPER, SET_NO_NEW_PRIVS = 1, 4, 36, 38
SCRATCH = (os.environ.get("GANCOURSE_SCRATCH", "/tmp"), "/dev/shm")


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def serve(setup: str) -> None:
    """Serve the grader at the other end of a socket until it hangs up.

    `setup` is JSON: the socket's number, the grader's pid namespace, modules to import, the uid to
    become, threads, memory in bytes, rlimits.
    """
    options = json.loads(setup)
    _make_ready(options)
    options["scratch"] = [_state(folder) for folder in SCRATCH]
    control = socket.socket(fileno=options["control"])
    control.send(b'{"ready": true}')
    while True:
        message, fds, _, _ = socket.recv_fds(control, 4096, 1)
        if not message:
            return
        child = _fork(lambda fds=fds: _student(fds[0], options))
        os.close(fds[0])
        if not control.recv(4096):
            return
        control.send(json.dumps(_ended(child, options)).encode())


def _make_ready(options: dict) -> None:
    for name in options["modules"]:
        with suppress(Exception):  # the student's own import will say what is wrong
            importlib.import_module(name)
    if _alone(options):
        _wipe()  # or what the imports left there would pass for a student's
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a student of the same uid may send it
    _prctl(SET_SUBREAPER, 1)
    _prctl(SET_NO_NEW_PRIVS, 1)
    _prctl(SET_DUMPABLE, 0)  # a child of the same uid must not look into this process
    gc.freeze()


def _alone(options: dict) -> bool:
    """Tell whether this pid namespace is the sandbox's own."""
    return os.readlink("/proc/self/ns/pid") != options["outside"]


def _fork(work) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def _ended(child: int, options: dict) -> dict:
    """Kill all that the student left; return how its child ended, and if nothing remains."""
    alone = _alone(options)
    status = _kill_all(child, alone)
    tidy = not alone or _wiped(options)
    return {"code": os.waitstatus_to_exitcode(status) if status is not None else None,
            "clean": status is not None and tidy}  # fmt: skip


def _kill_all(child: int, alone: bool) -> int | None:
    """Return the child's exit status, once no descendant is left; None where one survives."""
    with suppress(ProcessLookupError):
        # In a pid namespace of our own, -1 is every process but this one and the first: it takes a
        # fork bomb in one stroke. Outside of one it would be the whole machine.
        os.kill(-1, signal.SIGKILL) if alone else os.killpg(child, signal.SIGKILL)
    found, until = None, time.monotonic() + 5
    while time.monotonic() < until:
        try:
            pid, status = os.waitpid(-1, 0 if alone else os.WNOHANG)
        except ChildProcessError:
            return found
        found = status if pid == child else found
        if not pid:
            time.sleep(0.01)
    return None


def _wiped(options: dict) -> bool:
    """Empty the scratch folders with the student's rights; tell whether they are as at first."""
    for folder in SCRATCH:
        with suppress(OSError):  # an ordinary user's student owns them
            _reset(folder)
    helper = _fork(lambda: (_drop_rights(options), _wipe()))
    os.waitpid(helper, 0)
    for folder in SCRATCH:
        with suppress(OSError):
            os.utime(folder, (0, 0))
    return [_state(folder) for folder in SCRATCH] == options["scratch"]


def _reset(folder: str) -> None:
    os.chmod(folder, 0o1777)
    for name in os.listxattr(folder):
        os.removexattr(folder, name)


def _state(folder: str) -> tuple | None:
    """Return all that a folder can hold: rights, owner, attributes, entries."""
    try:
        found = os.stat(folder)
        return found.st_mode, found.st_uid, found.st_gid, os.listxattr(folder), os.listdir(folder)
    except OSError:
        return None


def _wipe() -> None:
    for folder in SCRATCH:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _student(fd: int, options: dict) -> None:
    """Run one student's cells in this process, which is then killed."""
    os.setsid()
    os.closerange(3, fd)
    os.closerange(fd + 1, 4096)
    _confine(options)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    importlib.import_module("gancourse.check").check = _check
    torch.set_num_threads(options["threads"])
    channel = Channel(socket.socket(fileno=fd))
    with suppress(Lost):
        _serve(channel)


def _confine(options: dict) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    limits = dict(options["rlimits"], RLIMIT_DATA=_data_bytes() + options["memory"])
    for name, value in limits.items():
        with suppress(ValueError):  # already lower
            resource.setrlimit(getattr(resource, name), (value, value))
    _drop_rights(options)
    _prctl(SET_PDEATHSIG, signal.SIGKILL)
    _prctl(SET_DUMPABLE, 1)
    os.chdir(os.environ.get("HOME", "/"))


def _data_bytes() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmData")) * 1024


def _drop_rights(options: dict) -> None:
    if options["uid"]:
        os.setgroups([])
        os.setresgid(*[options["uid"]] * 3)
        os.setresuid(*[options["uid"]] * 3)


def _serve(channel: Channel) -> None:
    """Run the cells that the grader sends, and fork a process for each exercise to be judged.

    After every piece of the student's code only the process that started it goes on: another one
    would answer in its place.
    """
    me, child = os.getpid(), None
    kernel = Kernel(channel.receive()["exercises"])
    while True:
        message, reply = channel.receive(), {}
        if "source" in message:
            problem, defined = kernel.run(message["number"], message["source"])
            reply = {"problem": problem, "defined": defined}
        elif "fork" in message:
            child = _fork_for(channel, kernel, message["fork"])
        elif "stop" in message:
            reply = {"code": _stopped(child)}
        else:
            reply = {"changed": kernel.changed()}
        if os.getpid() != me:
            os._exit(0)
        channel.send(reply | {"ticket": message["ticket"]})


def _fork_for(channel: Channel, kernel: Kernel, k: int) -> int:
    """Start a process that answers calls on exercise k, over a socket that the grader sends."""
    with channel.receive_socket() as sock:

        def work():
            _prctl(SET_DUMPABLE, 1)
            channel.sock.close()
            with suppress(Lost):
                _answer_calls(Channel(sock), kernel.answers(k))

        _prctl(SET_DUMPABLE, 0)  # what it forks must not look into it
        return _fork(work)


def _stopped(child: int) -> int:
    """End the process of an exercise, if it has not ended; return how, as subprocess does."""
    found, status = os.waitpid(child, os.WNOHANG)
    if not found:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    _prctl(SET_DUMPABLE, 1)
    return os.waitstatus_to_exitcode(status)


def _answer_calls(channel: Channel, given: dict[str, object]) -> None:
    me, student = os.getpid(), Student()
    opening = channel.receive()
    answers = {name: student.admit(thing) for name, thing in given.items()}
    channel.send({"answers": answers, "ticket": opening["ticket"]})
    while True:
        message = channel.receive()
        reply = _reply(student, message)
        if os.getpid() != me:
            os._exit(0)
        _send(channel, reply | {"ticket": message["ticket"]})


class Unjudged:
    """What `check` returns here: the verdict is reached outside, so nothing waits for it."""

    passed, score, maximum, more = True, 0, 0, 0


def _check(*given, **more) -> Unjudged:
    return Unjudged()


def _reply(student: Student, message: dict) -> dict:
    try:
        method = getattr(student, message["call"])
        return {"ok": method(*message["args"], **message["kwargs"])}
    except NotDone:
        return {"not_done": True}
    except StudentError as error:
        return {"raised": [error.kind, error.message[:MAX_MESSAGE], error.line, *error.kinds[1:]]}
    except BaseException as error:
        return {"raised": [type(error).__name__, "", None]}


def _send(channel: Channel, reply: dict) -> None:
    try:
        channel.send(reply)
    except WireError as error:
        channel.send({"raised": ["Answer", str(error), None], "ticket": reply["ticket"]})
