"""What runs inside the sandbox: a server that has imported PyTorch, and a fork for each exercise.

The server never runs student code. For each exercise it gets one end of a socket, forks, and the
child gives up what rights it has, runs the student's cells and answers calls on its `Student`. When
the grader says stop, the server kills whatever the exercise left and says how the child ended. It
is the reaper of all that descends from it, so that "no child left" is a proof and not a guess.
"""

import ast
import ctypes
import gc
import importlib
import json
import linecache
import os
import re
import resource
import shutil
import signal
import socket
import sys
import time
import types
from contextlib import suppress

import torch

from gancourse.check.student import NotDone, Student, StudentError, student_error
from gancourse.grade.box.wire import Channel, Lost, WireError

SET_PDEATHSIG, SET_DUMPABLE, SET_SUBREAPER, SET_NO_NEW_PRIVS = 1, 4, 36, 38
SCRATCH = (os.environ.get("GANCOURSE_SCRATCH", "/tmp"), "/dev/shm")
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)
KEPT += (ast.AnnAssign, ast.AugAssign, ast.If, ast.Try, ast.With)
MAX_MESSAGE = 500
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def serve(setup: str) -> None:
    """Serve the grader at the other end of a socket until it hangs up.

    `setup` is JSON: the socket's number, the grader's pid namespace, modules to import, the uid to
    become, threads, memory in bytes, rlimits.
    """
    options = json.loads(setup)
    _make_ready(options)
    control = socket.socket(fileno=options["control"])
    control.send(b'{"ready": true}')
    while True:
        message, fds, _, _ = socket.recv_fds(control, 4096, 1)
        if not message:
            return
        child = _fork(lambda fds=fds: _exercise(fds[0], options))
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
    """Kill all that the exercise left; return how its child ended, and if nothing remains."""
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
    """Empty the scratch folders, with the student's rights; tell whether they are empty."""
    helper = _fork(lambda: (_drop_rights(options), _wipe()))
    os.waitpid(helper, 0)
    return not any(os.listdir(folder) for folder in SCRATCH)


def _wipe() -> None:
    for folder in SCRATCH:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _exercise(fd: int, options: dict) -> None:
    """Run one exercise in this process, which is then killed."""
    os.setsid()
    os.closerange(3, fd)
    os.closerange(fd + 1, 4096)
    _confine(options)
    torch.set_num_threads(options["threads"])
    channel = Channel(socket.socket(fileno=fd))
    with suppress(Lost):
        _answer_calls(channel, channel.receive())


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


def _answer_calls(channel: Channel, task: dict) -> None:
    importlib.import_module("gancourse.check").check = lambda *answers: None  # graded outside
    space = _notebook_space()
    problems = []
    for number, cell in enumerate(task["cells"]):
        channel.send({"at": number})
        if cell["own"] and not any(c["own"] for c in task["cells"][:number]):
            for name in task["names"]:  # an earlier cell's function is no answer to this one
                space.pop(name, None)
        problem = _run_cell(cell, f"<cell {cell['number']}>", space)
        problems += [{"cell": number, **problem}] if problem else []
    student = Student()
    answers = {name: student.admit(space[name]) for name in task["names"] if name in space}
    channel.send({"answers": answers, "problems": problems[:50]})
    while True:
        message = channel.receive()
        _send(channel, _reply(student, message) | {"ticket": message["ticket"]})


def _notebook_space() -> dict:
    """Return the names of a new `__main__`, as a notebook's cells see them."""
    main = types.ModuleType("__main__")
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    return vars(main)


def _reply(student: Student, message: dict) -> dict:
    try:
        method = getattr(student, message["call"])
        return {"ok": method(*message["args"], **message["kwargs"])}
    except NotDone:
        return {"not_done": True}
    except StudentError as error:
        return {"raised": [error.kind, error.message[:MAX_MESSAGE], error.line]}
    except BaseException as error:
        return {"raised": [type(error).__name__, "", None]}


def _send(channel: Channel, reply: dict) -> None:
    try:
        channel.send(reply)
    except WireError as error:
        channel.send({"raised": ["Answer", str(error), None], "ticket": reply["ticket"]})


def _run_cell(cell: dict, name: str, space: dict) -> dict | None:
    """Run one cell; return what went wrong, or None."""
    source = cell["source"]
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        tree = _parsed(source, name)
        if not cell["own"]:
            tree.body = [node for node in tree.body if isinstance(node, KEPT)]
        code = compile(tree, name, "exec", dont_inherit=True)
    except UNREADABLE as error:
        line = getattr(error, "lineno", None)
        return {"kind": "SyntaxError", "message": str(error.args[:1])[:MAX_MESSAGE], "line": line}
    try:
        exec(code, space)
    except BaseException as error:
        return _problem(student_error(error))
    return None


def _problem(error: StudentError | NotDone) -> dict:
    if isinstance(error, NotDone):
        return {"kind": "NotImplementedError", "message": "", "line": None}
    return {"kind": error.kind, "message": error.message[:MAX_MESSAGE], "line": error.line}


def _parsed(source: str, name: str) -> ast.Module:
    """Return the cell's syntax tree; IPython's magics and shell lines are left out."""
    try:
        return ast.parse(source, name)
    except SyntaxError:
        return ast.parse(without_magics(source), name)


def without_magics(source: str) -> str:
    """Return a cell with `%magic`, `!command` and `name?` lines blank, so that lines keep numbers.

    A whole-cell magic for another language (`%%bash`) leaves nothing.
    """
    if re.match(r"\s*%%(?!time|timeit|capture|prun)", source):
        return ""
    magic = re.compile(r"^\s*(%|!|\?|[\w.]+\s*=\s*[%!])|^[\s\w.]+\?+\s*$")
    return "\n".join("" if magic.match(line) else line for line in source.split("\n"))
