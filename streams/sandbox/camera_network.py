"""What a camera's reader is given of the network, and how much it may say."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from streams.camera.address import CameraAddress, Reach
from streams.camera.backoff import Turns
from streams.errors import StreamError
from streams.sandbox.camera_messages import HEARTBEAT, CameraSaid, Found, Listener, LookUp, Turn, TurnWanted
from streams.sandbox.start import Child
from streams.sandbox.supervisor import Addresses, Supervisor

MOST_MESSAGES: Final = 500  # in a heartbeat: a camera gives at most some hundred frames


class Flood:
    """Counts messages: a child that was taken over must not keep the service busy, or fill its log."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._count = 0

    def count(self) -> None:
        """One more; raises ValueError where they are too many."""
        now = time.monotonic()
        if now - self._since > HEARTBEAT:
            self._since, self._count = now, 0
        self._count += 1
        if self._count > MOST_MESSAGES:
            raise ValueError(f"more than {MOST_MESSAGES} messages in {HEARTBEAT:g} s")


class CameraNetwork:
    """What a child is given of the network: turns of the site's budget, the numbers of its hosts, connections.

    One question of each kind is answered at a time; a child that asks on does not get more threads to answer it.
    """

    def __init__(self, addresses: Sequence[CameraAddress], reach: Reach, budget: Turns, stop: threading.Event) -> None:
        self.ports = tuple(sorted({address.port for address in addresses}))
        self._addresses = addresses
        self._reach = reach
        self._budget = budget
        self._stop = stop
        self._allowed = Addresses(self.ports)
        self._supervisor: Supervisor | None = None
        self._turn, self._look_up = threading.Lock(), threading.Lock()
        for address in addresses:
            with suppress(ValueError):
                self._allow(address, str(ipaddress.ip_address(address.host)))

    def __enter__(self) -> "CameraNetwork":
        return self

    def __exit__(self, *_: object) -> None:
        if self._supervisor is not None:
            self._supervisor.close()

    def answer(self, said: CameraSaid, child: Child) -> None:
        """Answer what a child asks of the network. Raises ValueError for what it may not ask."""
        if isinstance(said, Listener):
            if self._supervisor is not None:
                raise ValueError("a second listener")
            try:
                self._supervisor = Supervisor(child.process.pid, said.file, self._allowed)
            except OSError as error:
                raise ValueError(f"its listener cannot be had ({error.strerror})") from error
        elif isinstance(said, TurnWanted):
            self._in_thread(self._turn, lambda: self._grant(child))
        elif isinstance(said, LookUp):
            self._in_thread(self._look_up, lambda: self._find(said.host, child))

    def _in_thread(self, busy: threading.Lock, work: Callable[[], None]) -> None:
        if not busy.acquire(blocking=False):
            return

        def run() -> None:
            try:
                work()
            finally:
                busy.release()

        threading.Thread(target=run, daemon=True).start()

    def _grant(self, child: Child) -> None:
        if self._budget.wait_turn(self._stop):
            child.channel.say(Turn().model_dump_json())

    def _find(self, host: str, child: Child) -> None:
        ips: list[str] = []
        for address in (one for one in self._addresses if one.host == host):
            with suppress(OSError, UnicodeError):  # no such name: the answer is that there is none
                ips += [str(entry[4][0]) for entry in socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)]
            for ip in ips:
                self._allow(address, ip)
        child.channel.say(Found(host=host, ips=tuple(dict.fromkeys(ips))).model_dump_json())

    def _allow(self, address: CameraAddress, ip: str) -> None:
        """Let the child connect there, if the camera may stand there; it will say itself why not."""
        with suppress(StreamError, ValueError):
            replace(address, host=ip).check_allowed(self._reach.networks, loopback=self._reach.loopback)
            self._allowed.add(ipaddress.ip_address(ip))
