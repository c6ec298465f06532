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
from streams.camera.connection import around
from streams.errors import StreamError
from streams.sandbox.camera_messages import HEARTBEAT, CameraSaid, Found, Listener, LookUp, Turn, TurnWanted
from streams.sandbox.start import Child
from streams.sandbox.supervisor import Addresses, Ip, Supervisor

REDIRECTED: Final = 60.0  # seconds between two places that a camera redirects to: no reader may search a network
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

    def __init__(
        self, addresses: Sequence[CameraAddress], reach: Reach | None, budget: Turns, stop: threading.Event
    ) -> None:
        """`reach` None: a person typed the addresses, which may be anywhere."""
        self.ports = tuple(sorted({address.port for address in addresses}))
        self._addresses = addresses
        self._reach = reach
        self._budget = budget
        self._stop = stop
        self._allowed = Addresses(self.ports)
        self._supervisor: Supervisor | None = None
        self._elsewhere: tuple[str, int] | None = None  # host and port of the redirect that was followed last
        self._since = -REDIRECTED  # monotonic seconds of it
        self._turn, self._look_up = threading.Lock(), threading.Lock()
        for address in addresses:
            with suppress(ValueError):
                self._allow(address, ipaddress.ip_address(address.host))

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
                raise ValueError(f"its listener cannot be taken over ({error.strerror})") from error
        elif isinstance(said, TurnWanted):
            self._in_thread(self._turn, lambda: self._grant(child, recent=said.recent))
        elif isinstance(said, LookUp):
            self._in_thread(self._look_up, lambda: self._find(said.host, said.port, child))

    def _in_thread(self, busy: threading.Lock, work: Callable[[], None]) -> None:
        if not busy.acquire(blocking=False):
            return

        def run() -> None:
            try:
                work()
            finally:
                busy.release()

        threading.Thread(target=run, daemon=True).start()

    def _grant(self, child: Child, *, recent: bool) -> None:
        if self._budget.wait_turn(self._stop, recent=recent):
            child.channel.say(Turn().model_dump_json())

    def _find(self, host: str, port: int, child: Child) -> None:
        known = [one for one in self._addresses if one.host == host and one.port == port]
        if known or self._is_allowed(host, port):
            ips = _numbers(host, port)
            for address in known:
                for ip in ips:
                    self._allow(address, ip)
        else:
            ips = self._redirected(host, port)
        child.channel.say(Found(host=host, ips=tuple(dict.fromkeys(map(str, ips)))).model_dump_json())

    def _is_allowed(self, host: str, port: int) -> bool:
        """Return whether the host is a number at which the camera is already."""
        try:
            return self._allowed.allow(ipaddress.ip_address(host), port, stream=True)
        except ValueError:
            return False

    def _redirected(self, host: str, port: int) -> list[Ip]:
        """Return the IP addresses of a redirect's host that lie in the camera networks."""
        now = time.monotonic()
        if (host, port) != self._elsewhere and now - self._since < REDIRECTED:
            return []
        self._elsewhere, self._since = (host, port), now
        ips = _numbers(host, port)
        place = CameraAddress(f"rtsp://{f'[{host}]' if ':' in host else host}:{port}", host, port)
        if all(self._may_be(place, ip) for ip in ips):
            self._allowed.redirect(ips, port)
        return ips  # the child will say itself why not

    def _may_be(self, place: CameraAddress, ip: Ip) -> bool:
        reaches = [self._reach] if self._reach else [around(str(one)) for one in self._allowed.ips]
        return any(_stands_in(place, ip, reach) for reach in reaches)

    def _allow(self, address: CameraAddress, ip: Ip) -> None:
        """Let the child connect there, if the camera may stand there; it will say itself why not."""
        if self._reach is None or _stands_in(address, ip, self._reach):
            self._allowed.add(ip)


def _numbers(host: str, port: int) -> list[Ip]:
    """Return the numbers of a host; none where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(entry[4][0]) for entry in found]
    except (OSError, ValueError):  # no such name, or one that no DNS can hold
        return []


def _stands_in(address: CameraAddress, ip: Ip, reach: Reach) -> bool:
    try:
        replace(address, host=str(ip)).check_allowed(reach.networks, loopback=reach.loopback)
    except StreamError:
        return False
    return True
