"""The system-call filter (seccomp-bpf): what is not on the list does not exist for the process, for good.

Without it Landlock would leave sockets of the local machine, new processes, signals and the whole attack surface of the
kernel. Calls that are not listed answer ENOSYS, so that a newer C library falls back to older ones; calls that are
listed, but not with these arguments, answer EPERM.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from streams.sandbox.syscalls import CHECKED, CONNECTING, NETWORK, PLAIN, SUPERVISED, THREAD

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH_*
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER = 1
_EVERY_THREAD, _NEW_LISTENER = 1, 8  # SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_NEW_LISTENER

_ALLOW, _KILL, _NOTIFY = 0x7FFF0000, 0x80000000, 0x7FC00000
_NOT_THERE, _FORBIDDEN = 0x00050000 | errno.ENOSYS, 0x00050000 | errno.EPERM
_BUSY: Final = 0x00050000 | errno.EAGAIN
_LOAD, _EQUAL, _MASKED, _RETURN = 0x20, 0x15, 0x45, 0x06  # ld [k], jeq, jset, ret
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # in struct seccomp_data

_THREAD: Final = 0x00010000  # CLONE_THREAD: a thread, never a process
_NEW_NAMESPACES: Final = 0x7E020000  # CLONE_NEW*
_IOCTLS: Final = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_FCNTLS: Final = (0, 1, 2, 3, 4, 1030, 1034)  # F_DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GET_SEALS
_SET_NAME: Final = 15  # PR_SET_NAME
_INET: Final = (2, 10)  # AF_INET, AF_INET6
_PROTOCOLS: Final = (0, 6, 17)  # usual, TCP, UDP: others, as MPTCP, pass Landlock by

_Line = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def known() -> bool:
    """Return whether the numbers of this machine's system calls are known."""
    return platform.machine() in _ARCHITECTURES


def restrict(*, network: bool, supervised: bool) -> int | None:
    """Filter the calls of this process from now on; needs `no_new_privs`. Call it while there is one thread.

    `network` allows sockets. With `supervised` whoever reads the returned file descriptor decides of each address that
    is connected or sent to, and of each thread; -1 without supervision. None: this kernel does not filter.
    """
    if not known():
        return None
    answer = _load_filter(_program(network, supervised), _NEW_LISTENER if supervised else 0)
    if answer < 0:
        return None
    return answer if supervised else -1


def forbid_threads() -> bool:
    """No thread starts from now on; those that run go on. Whether this kernel filters calls."""
    if not known():
        return False
    column, _ = _ARCHITECTURES[platform.machine()]
    clone = THREAD[column]
    program = [(_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, 1, clone), (_RETURN, 0, 0, _BUSY), (_RETURN, 0, 0, _ALLOW)]
    return _load_filter(program, _EVERY_THREAD) == 0


def _load_filter(lines: Sequence[_Line], flags: int) -> int:
    program = b"".join(struct.pack("HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(program)
    described = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(held))
    system = ctypes.CDLL(None, use_errno=True)
    return int(system.syscall(_SECCOMP[platform.machine()], _SET_MODE_FILTER, flags, described))


def _program(network: bool, supervised: bool) -> list[_Line]:
    column, architecture = _ARCHITECTURES[platform.machine()]
    lines: list[_Line] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),  # another calling convention has other numbers
        (_LOAD, 0, 0, _NUMBER),
    ]
    plain = {**PLAIN, **NETWORK} if network else PLAIN
    for numbers in plain.values():
        if numbers[column] >= 0:
            lines += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    asked = _NOTIFY if supervised else _ALLOW
    lines += _when(THREAD[column], _thread_only(asked))
    for name, numbers in CHECKED.items():
        lines += _when(numbers[column], _CHECKS[name]())
    if network:
        lines += _when(CONNECTING["socket"][column], _internet_socket())
        for numbers in SUPERVISED.values():
            lines += _when(numbers[column], [(_RETURN, 0, 0, asked)])
        lines += _when(CONNECTING["sendto"][column], _without_address(asked))
    return [*lines, (_RETURN, 0, 0, _NOT_THERE)]


def _when(number: int, then: Sequence[_Line]) -> list[_Line]:
    """`then`, which returns in any case, where the call is `number`."""
    return [(_EQUAL, 0, len(then), number), *then]


def _load(argument: int, *, upper: bool = False) -> _Line:
    return (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument + 4 * upper)


def _one_of(argument: int, values: Iterable[int]) -> list[_Line]:
    allowed = [line for value in values for line in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
    return [_load(argument), *allowed, (_RETURN, 0, 0, _FORBIDDEN)]


def _thread_only(then: int) -> list[_Line]:
    return [
        _load(0),
        (_MASKED, 0, 2, _THREAD),
        (_MASKED, 1, 0, _NEW_NAMESPACES),
        (_RETURN, 0, 0, then),
        (_RETURN, 0, 0, _FORBIDDEN),
    ]


def _internet_socket() -> list[_Line]:
    first, second = _INET
    return [
        _load(0),
        (_EQUAL, 2, 0, first),
        (_EQUAL, 1, 0, second),
        (_RETURN, 0, 0, _FORBIDDEN),
        *_one_of(2, _PROTOCOLS),
    ]


def _without_address(otherwise: int) -> list[_Line]:
    """`sendto` on a connected socket; `otherwise` where it names an address."""
    return [
        _load(4),
        (_EQUAL, 0, 3, 0),
        _load(4, upper=True),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, otherwise),
    ]


_CHECKS: Final = {
    "fcntl": lambda: _one_of(1, _FCNTLS),
    "ioctl": lambda: _one_of(1, _IOCTLS),
    "prctl": lambda: _one_of(0, (_SET_NAME,)),
    "prlimit64": lambda: _one_of(0, (0,)),  # its own
    "seccomp": lambda: _one_of(1, (0, _EVERY_THREAD)),  # further filters, which can only take more away
    "tgkill": lambda: _one_of(0, (os.getpid(),)),  # abort() ends oneself
}
