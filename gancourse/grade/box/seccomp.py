"""A filter of system calls for the sandbox, as the bytes that `bwrap --seccomp` reads.

It is a second wall. The first (namespaces, rlimits, the watcher) decides what is seen and used;
this one takes away what the limits on memory do not count (memfd, System V memory, message
queues), what the empty network does not cover (AF_VSOCK reaches a virtual machine's host), what
would slow the server down for those who come next (another process's priority), and rarely used
doors of the kernel. Allowed calls go through as ever.
"""

import errno
import platform
import struct

_RULE = struct.Struct("<HBBI")
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCH, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
NEW_NAMESPACES = 0x7E020080  # the CLONE_NEW* flags
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6

# Same numbers on every architecture since Linux 5.1.
_COMMON = {
    "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip
_X86 = {
    "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "msgget": 68, "ptrace": 101,
    "pivot_root": 155, "mount": 165, "umount2": 166, "add_key": 248, "request_key": 249,
    "keyctl": 250, "mq_open": 240, "unshare": 272, "perf_event_open": 298,
    "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "memfd_create": 319, "bpf": 321, "userfaultfd": 323, "setpriority": 141,
    "ioprio_set": 251,
}  # fmt: skip
_ARM = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "unshare": 97, "ptrace": 117, "mq_open": 180,
    "msgget": 186, "semget": 190, "shmget": 194, "shmctl": 195, "shmat": 196, "add_key": 217,
    "request_key": 218, "keyctl": 219, "perf_event_open": 241, "open_by_handle_at": 265,
    "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "setpriority": 140, "ioprio_set": 30,
}  # fmt: skip
# Allowed on the calling thread alone: prlimit64 and the sched_set... calls.
_OWN_X86 = (302, 142, 144, 203, 314)
_OWN_ARM = (261, 118, 119, 122, 274)
# machine: (audit number, refused, clone, clone3, socket, socketpair, on itself alone)
MACHINES = {
    "x86_64": (0xC000003E, _X86 | _COMMON, 56, 435, 41, 53, _OWN_X86),
    "aarch64": (0xC00000B7, _ARM | _COMMON, 220, 435, 198, 199, _OWN_ARM),
}


def _refuse(code: int = errno.EPERM) -> bytes:
    return _RULE.pack(RETURN, 0, 0, REFUSE | code)


def _when(test: int, operand: int, then: bytes) -> bytes:
    """Return rules: where the loaded word passes the test, do `then`; else go on after it."""
    return _RULE.pack(test, 0, len(then) // _RULE.size, operand) + then


def _load(offset: int) -> bytes:
    return _RULE.pack(LOAD, 0, 0, offset)


def _families() -> bytes:
    ok = b"".join(_when(EQUAL, f, _RULE.pack(RETURN, 0, 0, ALLOW)) for f in FAMILIES)
    return _load(FIRST_ARGUMENT) + ok + _refuse(errno.EAFNOSUPPORT)


def _clone() -> bytes:
    allowed = _RULE.pack(RETURN, 0, 0, ALLOW)
    return _load(FIRST_ARGUMENT) + _when(ANY_BIT, NEW_NAMESPACES, _refuse()) + allowed


def _only_self() -> bytes:
    allowed = _RULE.pack(RETURN, 0, 0, ALLOW)
    return _load(FIRST_ARGUMENT) + _when(EQUAL, 0, allowed) + _refuse()


def program(machine: str | None = None) -> bytes | None:
    """Return the filter for a machine (this one by default), or None for one not known here."""
    machine = machine or platform.machine()
    if machine not in MACHINES:
        return None
    arch, refused, clone, clone3, sock, pair, own = MACHINES[machine]
    rules = _load(ARCH) + _RULE.pack(EQUAL, 1, 0, arch) + _RULE.pack(RETURN, 0, 0, KILL)
    rules += _load(NUMBER)
    if machine == "x86_64":  # the x32 calls, which would go round the numbers below
        rules += _when(AT_LEAST, 0x40000000, _refuse())
    rules += b"".join(_when(EQUAL, n, _refuse()) for n in sorted(set(refused.values())))
    rules += _when(EQUAL, clone3, _refuse(errno.ENOSYS))  # its flags lie out of sight
    rules += _when(EQUAL, clone, _clone())
    rules += b"".join(_when(EQUAL, number, _only_self()) for number in own)
    rules += _when(EQUAL, sock, _families()) + _when(EQUAL, pair, _families())
    return rules + _RULE.pack(RETURN, 0, 0, ALLOW)
