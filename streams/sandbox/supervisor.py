"""Where a camera's reader may connect to, and how many threads it may have: the service is asked.

The kernel stops the reader at `connect` and at `sendto` with an address (seccomp user notification) until we answer. We
copy the address, check the copy, and connect the reader's own socket, so that what was checked is what is used.
Threads are counted because the kernel does not limit those of root.
"""

import ctypes
import errno
import fcntl
import ipaddress
import os
import platform
import select
import socket
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from streams.sandbox.syscalls import CONNECTING, SUPERVISED, THREAD

_COLUMN: Final = int(platform.machine() == "aarch64")
_NAMES: Final = {numbers[_COLUMN]: name for name, numbers in {**CONNECTING, **SUPERVISED}.items()}
_BACKLOG: Final = 2
_RECEIVE, _SEND, _VALID = 0xC0502100, 0xC0182101, 0x40082102  # SECCOMP_IOCTL_NOTIF_*
_ASKED: Final = struct.Struct("QIIiIQ6Q")  # id, pid, flags, number, architecture, instruction, arguments
_ANSWER: Final = struct.Struct("QqiI")  # id, value, error, flags
_TAKE_FILE: Final = 438  # pidfd_getfd, the same number on every architecture
_LONGEST_ADDRESS: Final = 128
_LONGEST_DATAGRAM: Final = 65_535
_GO_ON: Final = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
_THREADS: Final = 64
_USUAL, _REFUSED = 0.005, 0.05  # seconds until an answer
_LOOK: Final = 1000  # milliseconds between two looks at whether the reader lives

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """The addresses of one camera: TCP to its ports, UDP to any. Thread-safe."""

    def __init__(self, ports: tuple[int, ...]) -> None:
        self._ports = frozenset(ports)
        self._ips: frozenset[Ip] = frozenset()
        self._own: frozenset[tuple[Ip, int]] = frozenset()
        self._elsewhere: frozenset[tuple[Ip, int]] = frozenset()

    def add(self, ip: Ip) -> None:
        """From now on the camera has this address too."""
        self._ips |= {_unwrapped(ip)}

    @property
    def ips(self) -> frozenset[Ip]:
        """Return the numbers of the camera."""
        return self._ips

    def redirect(self, ips: Iterable[Ip], port: int) -> None:
        """From now on the camera is there too, and no longer where it was redirected to before."""
        self._elsewhere = frozenset((_unwrapped(ip), port) for ip in ips)

    def own(self, ip: Ip, port: int) -> None:
        """Allow an address of this machine on which the reader itself listens."""
        self._own |= {(_unwrapped(ip), port)}

    def allow(self, ip: Ip, port: int, *, stream: bool) -> bool:
        """Return whether a stream (TCP) or a datagram may go there."""
        ip = _unwrapped(ip)
        if stream:
            return (ip in self._ips and port in self._ports) or (ip, port) in self._own | self._elsewhere
        return ip in self._ips or any(ip == one for one, _ in self._elsewhere)


class Supervisor:
    """Answers one reader's questions, in a thread of its own, until the reader has gone or `close`."""

    def __init__(self, pid: int, listener: int, addresses: Addresses) -> None:
        """Take over the reader's file descriptor numbered `listener`. Raises OSError where that fails."""
        self._pid = pid
        self._addresses = addresses
        self._over = threading.Event()
        self._process = os.pidfd_open(pid)
        self._listener = self._memory = -1
        try:
            self._listener = _take(self._process, listener)
            self._memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self.close()
            raise
        self._thread = threading.Thread(target=self._run, name=f"connections of {pid}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is asked later is answered by the kernel: not there."""
        if self._over.is_set():
            return
        self._over.set()
        if thread := getattr(self, "_thread", None):
            thread.join()
        for file in (self._process, self._listener, self._memory):
            if file >= 0:
                os.close(file)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while not self._over.is_set():
            for _, event in poll.poll(_LOOK):
                if not event & select.POLLIN:
                    return  # the reader has gone
                try:
                    self._answer_one()
                except OSError as error:
                    if error.errno not in (errno.ENOENT, errno.EINTR):  # it was killed while it asked
                        return

    def _answer_one(self) -> None:
        asked = bytearray(_ASKED.size)
        fcntl.ioctl(self._listener, _RECEIVE, asked)
        ident, _, _, number, _, _, *arguments = _ASKED.unpack(asked)
        value = error = flags = 0
        try:
            if number == THREAD[_COLUMN]:
                flags = self._one_more_thread()
            else:
                value = self._act(ident, number, arguments)
        except OSError as refused:
            error = -(refused.errno or errno.EACCES)
        # One that was taken over may ask on and on: a few times a second is all that a camera needs.
        self._over.wait(_REFUSED if error and error != -errno.EINPROGRESS else _USUAL)
        fcntl.ioctl(self._listener, _SEND, _ANSWER.pack(ident, value, error, flags))

    def _one_more_thread(self) -> int:
        if len(list(Path("/proc", str(self._pid), "task").iterdir())) >= _THREADS:
            raise BlockingIOError(errno.EAGAIN, "too many threads")
        return _GO_ON

    def _act(self, ident: int, number: int, arguments: list[int]) -> int:
        name = _NAMES[number]
        at, length = arguments[4:6] if name == "sendto" else arguments[1:3]
        address = b"" if name == "listen" else self._copy(at, min(length, _LONGEST_ADDRESS))
        data = self._copy(arguments[1], min(arguments[2], _LONGEST_DATAGRAM)) if name == "sendto" else b""
        fcntl.ioctl(self._listener, _VALID, struct.pack("Q", ident))  # what was read was the asker's memory
        with socket.socket(fileno=_take(self._process, arguments[0] & 0xFFFFFFFF)) as end:
            if name == "listen":
                return self._listen(end)
            family, ip, port = _parsed(address)
            if end.family != family:
                raise PermissionError(errno.EACCES, "another family than the socket's")
            if name == "bind":
                return self._bind(end, ip, port)
            stream = end.type != socket.SOCK_DGRAM
            if not self._addresses.allow(ip, port, stream=stream):
                raise PermissionError(errno.EACCES, "not this camera's address")
            if name == "sendto":
                return end.sendto(data, socket.MSG_DONTWAIT, (str(ip), port))
            if stream and not ip.is_loopback and not fcntl.fcntl(end, fcntl.F_GETFL) & os.O_NONBLOCK:
                raise OSError(errno.EOPNOTSUPP, "a connection that would keep the supervisor waiting")
            _connect(end, (str(ip), port))
            return 0

    def _bind(self, end: socket.socket, ip: Ip, port: int) -> int:
        """Datagrams may come to any address; a stream's listener is for this process alone, on a port of no choice."""
        if end.type != socket.SOCK_DGRAM and not (ip.is_loopback and port == 0):
            raise PermissionError(errno.EACCES, "no address to listen at")
        end.bind((str(ip), port))
        return 0

    def _listen(self, end: socket.socket) -> int:
        """Return one that was bound above; the reader may connect to it.

        An unbound socket would listen to everybody.
        """
        host, port = end.getsockname()[:2]
        ip = ipaddress.ip_address(host)
        if end.type != socket.SOCK_STREAM or not ip.is_loopback or port == 0:
            raise PermissionError(errno.EACCES, "no address to listen at")
        end.listen(_BACKLOG)
        self._addresses.own(ip, port)
        return 0

    def _copy(self, address: int, length: int) -> bytes:
        data = os.pread(self._memory, length, address)
        if len(data) != length:
            raise OSError(errno.EFAULT, "not there")
        return data


def _connect(end: socket.socket, address: tuple[str, int]) -> None:
    """Call `connect` as the system does: EINPROGRESS for a socket with O_NONBLOCK, without Python's own timeouts."""
    end.setblocking(False)
    if number := end.connect_ex(address):
        raise OSError(number, os.strerror(number))


def _take(process: int, file: int) -> int:
    """Return a copy of another process's open file. Raises OSError."""
    system = ctypes.CDLL(None, use_errno=True)
    taken = int(system.syscall(_TAKE_FILE, process, file, 0))
    if taken < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return taken


def _parsed(address: bytes) -> tuple[socket.AddressFamily, Ip, int]:
    """Family, number and port of a `sockaddr`. Raises OSError for one that is none of the internet's."""
    family = int.from_bytes(address[:2], "little") if len(address) >= 2 else -1
    port = int.from_bytes(address[2:4], "big")
    if family == socket.AF_INET and len(address) >= 8:
        return socket.AF_INET, ipaddress.IPv4Address(address[4:8]), port
    if family == socket.AF_INET6 and len(address) >= 24:
        return socket.AF_INET6, ipaddress.IPv6Address(address[8:24]), port
    raise OSError(errno.EACCES, "no internet address")


def _unwrapped(ip: Ip) -> Ip:
    """::ffff:127.0.0.1 is 127.0.0.1: judged as what it reaches."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip
