"""One RTSP connection to one camera (RFC 2326): questions and answers, with the password where it is asked for.

FFmpeg does the streaming, but it must not talk to a camera by itself: it follows every redirect wherever it leads,
takes the password along, and knows neither Digest with SHA-256 nor what went wrong. So connections are opened here.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from streams.camera.address import CameraAddress
from streams.camera.rtsp_auth import Challenge, choose_challenge

_GAP = re.compile(rb"\r\n\r\n|(?<!\r)\n\n")
MOST = 64 * 1024  # bytes of one head or one body; a description is some hundred


class NotRtsp(ValueError):
    """What came is no RTSP message."""


@dataclass(frozen=True, slots=True)
class RtspMessage:
    """A request or a response: its first line, headers in order, and body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def status(self) -> int:
        """Return the status code of a response; 0 for a request."""
        match = re.match(r"RTSP/\d\.\d (\d{3})\b", self.first)
        return int(match[1]) if match else 0

    def header(self, name: str) -> str:
        """Return the first header of that lower-case name, empty where there is none."""
        return next(iter(self.all_of(name)), "")

    def all_of(self, name: str) -> list[str]:
        """Return the values of every header of that lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]

    def encoded(self) -> bytes:
        """Return the message as it is sent."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class RtspConnection:
    """A connection that is open. All calls may raise OSError (TimeoutError past `deadline`) or NotRtsp."""

    def __init__(self, address: CameraAddress, deadline: float, *, with_password: bool = True) -> None:
        """Connect to the address, by TLS for rtsps. `deadline` is in monotonic seconds and may be moved later."""
        self.deadline = deadline
        self.url = bare_url(address)
        self._user, self._password = (address.user, address.password) if with_password else ("", "")
        self._challenge: Challenge | None = None
        self._number = 0
        self._buffer = b""
        self.unanswerable = ""  # the challenge to which there is no answer, in the camera's words
        plain = socket.create_connection((address.host, address.port), self._left())
        self.camera = str(plain.getpeername()[0])  # the address that was connected to, a number
        try:
            self.socket = _tls(plain) if urlsplit(address.url).scheme == "rtsps" else plain
        except BaseException:
            plain.close()
            raise

    def ask(self, method: str, url: str, headers: Mapping[str, str]) -> RtspMessage:
        """Return the answer to one request; asks once more, with the password, where the camera wants to know it.

        Media that comes in between is thrown away.
        """
        known = self._challenge
        answer = self._ask_once(method, url, headers)
        if answer.status == 401 and self._user:
            asked = answer.all_of("www-authenticate")
            self._challenge = choose_challenge(asked)
            self.unanswerable = "" if self._challenge else ", ".join(_kind(one) for one in asked)
            if self._challenge is not None and (known is None or known.fields != self._challenge.fields):
                answer = self._ask_once(method, url, headers)
        return answer

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Send one request without waiting for its answer."""
        self._number += 1
        said = {"CSeq": str(self._number), **headers}
        if self._challenge is not None:
            said["Authorization"] = self._challenge.authorization(self._user, self._password, method, url)
        self.socket.settimeout(self._left())
        self.socket.sendall(RtspMessage(f"{method} {url} RTSP/1.0", tuple(said.items()), body).encoded())

    def leftover(self) -> bytes:
        """Return what came behind the last answer; the caller has it from now on."""
        data, self._buffer = self._buffer, b""
        return data

    def close(self) -> None:
        self.socket.close()

    def _ask_once(self, method: str, url: str, headers: Mapping[str, str]) -> RtspMessage:
        self.send(method, url, headers)
        while not (answer := self._read_message()).status:
            pass  # a request of the camera's own
        return answer

    def _read_message(self) -> RtspMessage:
        while self._peek(1) == b"$":  # interleaved media
            length = int.from_bytes(self._peek(4)[2:], "big")
            self._peek(4 + length)
            self._buffer = self._buffer[4 + length :]
        while (found := take_message(self._buffer)) is None:
            if len(self._buffer) > 2 * MOST:
                raise NotRtsp("endless answer")
            self._receive()
        message, self._buffer = found
        return message

    def _peek(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        return self._buffer[:count]

    def _receive(self) -> None:
        self.socket.settimeout(self._left())
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError("closed")
        self._buffer += data

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def bare_url(address: CameraAddress) -> str:
    """Return the address as it stands in a request: with its port, without user and password."""
    parts = urlsplit(address.url)
    host = f"[{address.host}]" if ":" in address.host else address.host
    return parts._replace(netloc=f"{host}:{address.port}", fragment="").geturl()


def take_message(data: bytes) -> tuple[RtspMessage, bytes] | None:
    """Return the first message and what follows it; None while it is not whole. Raises NotRtsp."""
    data = data.lstrip(b"\r\n")
    gap = _GAP.search(data)  # some cheap cameras end their lines without a return
    head, end, rest = (data[: gap.start()], gap[0], data[gap.end() :]) if gap else (data, b"", b"")
    if head and not re.match(rb"[A-Z_]{1,20}(?:[ /]|$)", head[:21]):
        raise NotRtsp("no RTSP message")
    if not end:
        if len(data) > MOST:
            raise NotRtsp("endless head")
        return None
    first, *lines = head.decode("utf-8", "replace").split("\r\n" if b"\r" in end else "\n")
    if "RTSP/" not in first:
        raise NotRtsp("no RTSP message")
    pairs = (line.partition(":") for line in lines if ":" in line)
    headers = tuple((name.strip(), re.sub(r"[\r\n\0]", " ", value.strip())) for name, _, value in pairs)
    length = RtspMessage(first, headers).header("content-length") or "0"
    if not re.fullmatch(r"[0-9]{1,5}", length) or int(length) > MOST:
        raise NotRtsp("endless body")
    if len(rest) < int(length):
        return None
    return RtspMessage(first, headers, rest[: int(length)]), rest[int(length) :]


def _tls(plain: socket.socket) -> ssl.SSLSocket:
    """TLS without a look at the certificate: cameras sign theirs themselves, and we connect by number."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


def _kind(challenge: str) -> str:
    """Return the scheme and the algorithm of a challenge."""
    algorithm = re.search(r"algorithm\s*=\s*\"?([\w-]{1,20})", challenge, re.IGNORECASE)
    scheme = re.sub(r"[^\w-]", "", challenge.split(" ")[0])[:20]
    return f"{scheme} {algorithm[1]}" if algorithm else scheme
