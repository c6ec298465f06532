"""What a process may still open, and connect to: Landlock (Linux 5.13 and later), which asks for no privilege.

Source: Documentation/userspace-api/landlock.rst. Everything that the kernel's version knows is taken away; a rule gives
back reading below a folder, reading one open file, or connecting to a TCP port. What is open already stays open.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from typing import Final

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION
_BELOW, _PORT = 1, 2  # LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_RULE_NET_PORT
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1

_FILES: Final = ((1, 13), (2, 14), (3, 15), (5, 16))  # from this version on so many file rights are known
NETWORK_SINCE: Final = 4
SCOPES_SINCE: Final = 6

_system = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of Landlock that this kernel speaks, 0 where it speaks none."""
    return max(0, int(_system.syscall(_CREATE, None, 0, _VERSION)))


def restrict(readable: Sequence[str], files: Sequence[int], ports: Sequence[int] | None) -> int:
    """Leave this process the reading of these folders and open files, and connecting to these TCP ports (None: any).

    Folders that are not there are left out. Needs `no_new_privs`; holds for this thread and all that come of it.
    Returns the version of Landlock that holds, 0 where none does.
    """
    spoken = version()
    if spoken == 0:
        return 0
    rights = (1 << max(count for since, count in _FILES if spoken >= since)) - 1
    described = struct.pack("Q", rights)
    if spoken >= NETWORK_SINCE:
        described += struct.pack("Q", 0 if ports is None else _BIND_TCP | _CONNECT_TCP)
    if spoken >= SCOPES_SINCE:
        described += struct.pack("Q", _ABSTRACT_SOCKETS | _SIGNALS)
    rules = int(_system.syscall(_CREATE, described, ctypes.c_size_t(len(described)), 0))
    if rules < 0:
        return 0
    try:
        for path in readable:
            _allow_path(rules, path)
        for file in files:
            _add(rules, _BELOW, struct.pack("=Qi", _READ_FILE, file))
        if spoken >= NETWORK_SINCE:
            for port in ports or ():
                _add(rules, _PORT, struct.pack("=QQ", _CONNECT_TCP, port))
        return spoken if _system.syscall(_RESTRICT, rules, 0) == 0 else 0
    finally:
        os.close(rules)


def _allow_path(rules: int, path: str) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(opened).st_mode)
        _add(rules, _BELOW, struct.pack("=Qi", _READ_FILE | (_READ_FOLDER if folder else 0), opened))
    finally:
        os.close(opened)


def _add(rules: int, kind: int, described: bytes) -> None:
    if _system.syscall(_ADD, rules, kind, described, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock refuses a rule ({os.strerror(number)})")
