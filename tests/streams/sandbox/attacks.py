"""What a decoder that was taken over would try: run in the decoder's place, inside its sandbox.

Each attempt returns when it has succeeded and raises OSError, or what Python makes of it, where it was denied.
"""

import ctypes
import json
import mmap
import os
import platform
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from streams.sandbox.channel import ChildChannel
from streams.sandbox.isolation import limit_memory
from streams.sandbox.seccomp import forbid_threads

_libc = ctypes.CDLL(None, use_errno=True)
_NUMBERS = {  # x86_64, aarch64
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "setns": (308, 268),
    "unshare": (272, 97),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "memfd_create": (319, 279),
    "clone3": (435, 435),
    "userfaultfd": (323, 282),
    "rt_sigqueueinfo": (129, 138),
    "open_by_handle_at": (304, 265),
}


def _call(name: str, *arguments: int | bytes | None) -> int:
    """A system call by its number, past the C library. Raises OSError."""
    number = _NUMBERS[name][platform.machine() == "aarch64"]
    ctypes.set_errno(0)
    result = int(_libc.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)))
    return _checked(result)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def attempts(told: Mapping[str, object]) -> dict[str, Callable[[], object]]:
    """Every attempt by its name; `told` is all that an attacker could have guessed."""
    parent, secret, folder = int(str(told["parent"])), Path(str(told["secret"])), Path(str(told["folder"]))
    footage = int(str(told["footage"]))
    return {
        "read a secret": secret.read_bytes,
        "read a secret through the parent's root": Path(f"/proc/{parent}/root{secret}").read_bytes,
        "read /etc/passwd": Path("/etc/passwd").read_bytes,
        "list the data folder": lambda: list(folder.iterdir()),
        "read the parent's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "read a secret from the own environment": lambda: _found(os.environ),
        "read the parent's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "write the parent's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDWR),
        "process_vm_readv of the parent": lambda: _read_memory(parent),
        "ptrace the parent": lambda: _call("ptrace", 16, parent, 0, 0),
        "write a new file": lambda: (folder / "new").write_bytes(b"x"),
        "write to /tmp": lambda: Path(f"/tmp/streetwarden-{os.getpid()}").write_bytes(b"x"),
        "overwrite the footage": lambda: os.open(f"/proc/self/fd/{footage}", os.O_WRONLY),
        "overwrite a secret": lambda: os.open(secret, os.O_WRONLY | os.O_TRUNC),
        "truncate a secret": lambda: os.truncate(secret, 0),
        "map the footage for writing": lambda: mmap.mmap(footage, 0, mmap.MAP_SHARED, mmap.PROT_WRITE),
        "shrink the shared memory": lambda: os.ftruncate(int(str(told["pixels"])), 0),
        "unlink a file": secret.unlink,
        "rename a file": lambda: secret.rename(folder / "moved"),
        "link a file": lambda: os.link(secret, folder / "linked"),
        "make a symbolic link": lambda: (folder / "symlink").symlink_to(secret),
        "make a folder": (folder / "made").mkdir,
        "chmod a file": lambda: secret.chmod(0o777),
        "chroot": lambda: os.chroot("/"),
        "mount": lambda: _checked(_libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        **_outward(told, parent, footage),
    }


def _outward(told: Mapping[str, object], parent: int, footage: int) -> dict[str, Callable[[], object]]:
    """Attempts on the network, on other processes, and on what the kernel offers."""
    port = int(str(told["port"]))
    return {
        "connect to this machine": lambda: socket.create_connection(("127.0.0.1", port), 2),
        "connect elsewhere": lambda: _connect("192.0.2.1", 80),
        "listen to everybody": lambda: socket.create_server(("", 0)),
        "listen at a chosen port": lambda: socket.create_server(("127.0.0.1", 40_123)),
        "listen without an address": lambda: socket.socket().listen(),
        "send a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        "connect to a unix socket": lambda: socket.socket(socket.AF_UNIX).connect(str(told["unix"])),
        "connect to an abstract socket": lambda: socket.socket(socket.AF_UNIX).connect(f"\0{told['abstract']}"),
        "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
        "exec": lambda: os.execv("/bin/sh", ["/bin/sh", "-c", "exit 7"]),
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": _fork,
        "fork past the C library": lambda: _call("clone3", struct.pack("8Q", 0, 0, 0, 0, 17, 0, 0, 0), 64),
        "signal the parent": lambda: os.kill(parent, 0),
        "signal everybody": lambda: os.kill(-1, 0),
        "queue a signal to the parent": lambda: _call("rt_sigqueueinfo", parent, 10, bytes(128)),
        "take the parent's open files": lambda: _call("pidfd_getfd", _call("pidfd_open", parent, 0), 0, 0),
        "join the parent's network": lambda: _call("setns", os.open(f"/proc/{parent}/ns/net", os.O_RDONLY), 0),
        "setns by number": lambda: _call("setns", footage, 0x40000000),
        "make a user namespace": lambda: _call("unshare", 0x10000000),
        "become root": lambda: os.setresuid(0, 0, 0),
        "io_uring": lambda: _call("io_uring_setup", 4, bytes(120)),
        "bpf": lambda: _call("bpf", 0, bytes(128), 128),
        "perf events": lambda: _call("perf_event_open", bytes(128), 0, -1, -1, 0),
        "userfaultfd": lambda: _call("userfaultfd", 0),
        "kernel keys": lambda: _call("keyctl", 0, -3, 0),
        "shared memory of System V": lambda: _call("shmget", 0, 4096, 0o1600),
        "raise the own limits": _raise_limits,
        "take 4 GB of memory": lambda: bytearray(4 * 2**30),
        "start 500 threads": _many_threads,
    }


def main(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Try everything that the service names, and say how each went."""
    talk = ChildChannel(channel)
    told = json.loads(talk.hear())
    limit_memory(1_000_000_000)
    if not told["camera"]:
        forbid_threads()
    results = {}
    for name, attempt in attempts({**told, "pixels": pixels}).items():
        try:
            attempt()
        except (OSError, MemoryError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
            results[name] = f"denied: {type(error).__name__} {getattr(error, 'strerror', None) or error}"
        else:
            results[name] = "SUCCEEDED"
        talk.say(json.dumps({name: results[name]}))
    talk.say(json.dumps({"held": dict(held)}))


def _found(environment: Mapping[str, str]) -> None:
    if not any("SECRET" in name or "secret" in value for name, value in environment.items()):
        raise OSError("no secret there")


def _read_memory(pid: int) -> None:
    buffer = ctypes.create_string_buffer(8)
    ours = struct.pack("PN", ctypes.addressof(buffer), 8)
    theirs = struct.pack("PN", ctypes.addressof(buffer), 8)
    _call("process_vm_readv", pid, ours, 1, theirs, 1, 0)


def _connect(host: str, port: int) -> None:
    with socket.socket() as end:
        end.setblocking(False)
        try:
            end.connect((host, port))
        except BlockingIOError:
            return  # it is on its way


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _raise_limits() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1] + 100, before[1] + 100))


def _many_threads() -> None:
    over = threading.Event()
    try:
        threading.stack_size(32 * 1024)
        for _ in range(500):
            threading.Thread(target=over.wait, daemon=True).start()
    finally:
        over.set()
