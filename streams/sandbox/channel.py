"""Lines between the service and a decoding process, over one socket."""

import os
import select
import socket
import threading
import time
from typing import Final

LONGEST_LINE: Final = 64 * 1024  # bytes of one message
_PIECE: Final = 64 * 1024


class Silent(Exception):
    """Nothing came in time."""


class Channel:
    """The service's end. Never waits to write: a child that does not read has failed."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._read = b""
        self._lock = threading.Lock()
        self._poll = select.poll()
        self._poll.register(end.fileno(), select.POLLIN)

    def say(self, line: str) -> None:
        """Send a line; one to a process that has gone, or does not read, is lost."""
        data = line.encode() + b"\n"
        with self._lock:
            try:
                while data:
                    data = data[self._end.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
            except OSError:  # it has died, is stuck, or we have hung up; the next line that is missing says so
                self.hang_up()

    def hear(self, seconds: float) -> bytes | None:
        """Return the next line; None where there will be none, or it is too long. Raises Silent."""
        until = time.monotonic() + seconds
        while b"\n" not in self._read:
            if not self._poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise Silent
            try:
                piece = self._end.recv(_PIECE)
            except OSError:
                return None
            if not piece or len(self._read) > LONGEST_LINE:
                return None
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line

    def hang_up(self) -> None:
        """Shut the channel down: both ends wake and receive nothing more."""
        try:
            self._end.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed already
            return

    def close(self) -> None:
        """Hang up for good."""
        self._end.close()


class ChildChannel:
    """The decoding process's end."""

    def __init__(self, fd: int) -> None:
        self._in = os.fdopen(fd, "rb", closefd=False)
        self._out = fd
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Send a line; raises OSError where the service has gone."""
        data = line.encode() + b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._out, data) :]

    def hear(self) -> bytes:
        """Return the next line, empty where the service has closed it."""
        try:
            return self._in.readline(LONGEST_LINE)
        except OSError:
            return b""
