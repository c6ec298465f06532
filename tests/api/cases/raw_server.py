"""A case system that answers with whatever bytes a test gives it, at whatever pace."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """Answers each request with the pieces of `answer`, `pause` seconds apart, then closes the line."""

    listener: socket.socket
    answer: Iterable[bytes] = ()
    pause: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://clerk:s3cret@127.0.0.1:{self.listener.getsockname()[1]}/cases"

    def run(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, suppress(OSError):
                self.asked.append(line.recv(65536))
                for piece in self.answer:
                    line.sendall(piece)
                    if self.pause and self.over.wait(self.pause):
                        break


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """Run it for as long as a test needs it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield server
        server.over.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
