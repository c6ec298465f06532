"""What a decoding process gives up before it imports anything that could be attacked, or that runs a thread.

In this order: namespaces, limits, privileges, files (Landlock), system calls (seccomp). Each layer holds without the
others, and what a kernel or a container does not allow is left out and reported, never a reason to fail.
"""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from functools import cache
from typing import Final

from streams.sandbox import landlock, seccomp

_NEW_USER, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x40000000, 0x08000000  # CLONE_NEW* of sched.h
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38  # PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS of prctl.h
_CAPABILITY_VERSION: Final = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_FILES: Final = 32
_THREADS: Final = 64

_system = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a process keeps: folders and open files to read, and the sockets of a camera's reader.

    `parent` is the process that must be alive for this one to live. `largest_file` bytes of anything that is written.
    """

    parent: int
    readable: tuple[str, ...]
    files: tuple[int, ...] = ()
    network: bool = False
    supervised: bool = False
    ports: tuple[int, ...] = ()
    largest_file: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """Which layers hold. `landlock` is its version, 0 where the kernel has none.

    `listener` is the file descriptor that is asked about each connection, -1 where none is supervised. `network` is
    whether this process has left the machine's network; one that reads a camera does not.
    """

    no_new_privileges: bool
    user_namespace: bool
    network_namespace: bool
    capabilities: bool
    landlock: int
    system_calls: bool
    listener: int = -1


def isolate(rules: Rules) -> Held:
    """Give up everything but what the rules keep. Ends the process where its parent has gone already."""
    _statm()
    user, network = _leave(rules.network)
    _limit(rules, threads=user)
    privileges = _system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    capabilities = _drop_capabilities()
    # Only now: a change of privileges makes the kernel forget it.
    _system.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != rules.parent:
        os._exit(1)
    # A reader that nobody supervises may need a port of its own, which no rule can name beforehand.
    alone = rules.network and not rules.supervised
    files = landlock.restrict(rules.readable, rules.files, None if alone else rules.ports)
    listener = seccomp.restrict(network=rules.network, supervised=rules.supervised)
    if listener is None and rules.supervised:  # nobody may be asked: a container's own supervisor is asked already
        listener = seccomp.restrict(network=rules.network, supervised=False)
    filtered, asked = listener is not None, -1 if listener is None else listener
    return Held(privileges, user, network, capabilities, files, filtered, asked)


def limit_memory(extra: int) -> None:
    """So many bytes more than are mapped now, and no more."""
    mapped = int(os.pread(_statm(), 200, 0).split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + extra, mapped + extra))


def limit_cpu(seconds: int) -> None:
    """So many seconds of CPU time from the start of the process; the signal says why it ended."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


@cache
def _statm() -> int:
    """Return the kernel's account of this process's memory, opened while /proc may be read."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


def _leave(keeps_network: bool) -> tuple[bool, bool]:
    """Leave the machine's namespaces: whether for a user namespace, and whether for an empty network."""
    apart = _NEW_IPC if keeps_network else _NEW_IPC | _NEW_NETWORK
    if _system.unshare(_NEW_USER | apart) == 0:
        return True, not keeps_network
    return False, _system.unshare(apart) == 0 and not keeps_network  # root may where no user namespace is allowed


def _limit(rules: Rules, *, threads: bool) -> None:
    limits = [
        (resource.RLIMIT_FSIZE, rules.largest_file),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES + len(rules.files)),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]
    if threads:  # counted within the user namespace; outside of one, the service's other processes would count too
        limits.append((resource.RLIMIT_NPROC, _THREADS))
    for what, most in limits:
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _drop_capabilities() -> bool:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    return bool(_system.capset(header, nothing) == 0)
