"""Between FFmpeg and a camera: what FFmpeg asks is passed on, checked, and what the camera answers is too.

FFmpeg connects to this relay on this machine and nowhere else. It never sees a redirect, a password or an address that
the camera chose; the relay sees why an opening failed. Once the stream plays, media is passed on as it comes.
"""

import re
import secrets
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from streams.camera.diagnose import CODECS, refusal, undecoded, video_codecs
from streams.camera.rtsp_client import NotRtsp, RtspConnection, RtspMessage, take_message
from streams.errors import CameraError, NoFrames, NoMedia

Transport = Literal["tcp", "udp"]
ACCEPT = 60.0  # seconds until FFmpeg comes: openings with other options may be before it (video/capture.py)
# Media is passed on ten times a second, or when that many bytes lie there: each turn costs the same CPU.
HOLD, HEAP = 0.1, 64 * 1024
_PASSED_ON = ("session", "range", "rtp-info")  # headers of a camera's answer that FFmpeg may see, beside Transport
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"


@dataclass(frozen=True, slots=True)
class Described:
    """A camera that has described its stream, and waits. `base` is what the names of its tracks are relative to."""

    connection: RtspConnection
    base: str
    sdp: str
    where: str  # the address as it may be shown


class Relay:
    """Serves one described stream to one client at `url`, from a thread of its own until either side closes."""

    def __init__(self, described: Described, transport: Transport, deadline: float) -> None:
        """Open the relay; the camera has `deadline` seconds for each answer. Raises OSError when no port is free."""
        self._described = described
        self._camera = described.connection
        self._transport = transport
        self._deadline = deadline
        self._path = secrets.token_hex(16)
        self._listener = _listen(six=":" in self._camera.camera)
        self._client: socket.socket | None = None
        self._buffer = b""
        self._session = ""
        self._refused: tuple[str, int] | None = None
        self._playing = False
        self._media = 0
        self._lock = threading.Lock()
        self._closed = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="rtsp relay", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"rtsp://{f'[{host}]' if ':' in host else host}:{port}/{self._path}"

    @property
    def open(self) -> bool:
        """Return whether neither side has closed yet."""
        return not self._ended

    def why_nothing(self, waited: float) -> CameraError:
        """Return why FFmpeg made nothing of the stream in so many seconds."""
        where, sdp = self._described.where, self._described.sdp
        if self._refused is not None:
            return refusal(*self._refused, where, self._transport)
        if not self._playing:
            return NoFrames(f"{where}: the camera closed the connection, or stopped answering, during setup")
        if self._transport == "tcp" and self._media == 0 and CODECS.intersection(video_codecs(sdp)):
            return NoMedia(f"{where}: describes a stream but sends nothing within {waited:.0f} s")
        return undecoded(sdp, where)

    def close(self) -> None:
        """End both connections; the thread ends with them."""
        with self._lock:
            self._closed = True
            ends = [one for one in (self._client, self._listener) if one is not None]
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(1.0)  # it tells the camera, which takes no time unless the camera hangs
        with suppress(OSError):
            self._camera.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._listener:
                self._accept()
            while not self._playing:
                self._pass_on(self._next_request())
            self._pump()
        except (OSError, NotRtsp):
            pass  # whoever reads the other end sees it closed; `why_nothing` tells how far it came
        finally:
            self._ended = True  # before FFmpeg can see it
            self._hang_up()

    def _accept(self) -> None:
        """Wait for FFmpeg, which alone knows the path."""
        self._listener.settimeout(ACCEPT)
        while True:
            client, _ = self._listener.accept()
            with self._lock:
                if self._closed:
                    client.close()
                    raise ConnectionAbortedError
                self._client = client
            client.settimeout(ACCEPT)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(NotRtsp, OSError):
                request = self._next_request()
                if request.first.split(" ")[1].endswith(self._path):
                    return self._pass_on(request)
            client.close()
            self._buffer = b""

    def _next_request(self) -> RtspMessage:
        while True:
            if self._buffer[:1] == b"$" and len(self._buffer) >= 4:
                length = 4 + int.from_bytes(self._buffer[2:4], "big")
                if len(self._buffer) >= length:
                    self._buffer = self._buffer[length:]
                    continue
            elif self._buffer and (found := take_message(self._buffer)) is not None:
                message, self._buffer = found
                return message
            self._buffer += self._from_client()

    def _from_client(self) -> bytes:
        if self._client is None or not (data := self._client.recv(65536)):
            raise ConnectionResetError("FFmpeg has gone")
        return data

    def _pass_on(self, request: RtspMessage) -> None:
        """Answer one request of FFmpeg: what is known already at once, all else with the camera's word."""
        method, url = request.first.split(" ")[:2]
        if method == "OPTIONS":
            return self._reply(request, 200, {"Public": _METHODS})
        if method == "DESCRIBE":
            headers = {"Content-Base": self._described.base, "Content-Type": "application/sdp"}
            return self._reply(request, 200, headers, self._described.sdp.encode())
        self._camera.deadline = time.monotonic() + self._deadline
        answer = self._camera.ask(method, url, _own(request))
        status, headers = answer.status, {name: answer.header(name) for name in _PASSED_ON if answer.header(name)}
        if method == "SETUP" and status == 200:
            self._session = answer.header("session").split(";")[0]
            asked = request.header("transport")
            transport = checked_transport(answer.header("transport"), asked, self._transport, self._camera.camera)
            status = 461 if transport is None else 200
            headers["Transport"] = transport or ""
        if status != 200:
            self._refused = self._refused or (method, status)
            status = 461 if method == "SETUP" else 404  # FFmpeg follows a redirect in answer to anything
        self._reply(request, status, headers)
        if method == "PLAY" and status == 200:
            self._playing = True
            self._to_client(self._camera.leftover())

    def _reply(self, request: RtspMessage, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        said = {"CSeq": request.header("cseq"), **headers, **({"Content-Length": str(len(body))} if body else {})}
        self._to_client(RtspMessage(f"RTSP/1.0 {status} -", tuple(said.items()), body).encoded())

    def _to_client(self, data: bytes) -> None:
        if self._client is not None and data:
            self._client.sendall(data)

    def _pump(self) -> None:
        """Pass on media until either side closes, and what FFmpeg says meanwhile."""
        client, camera = self._client, self._camera.socket
        if client is None:
            return
        client.settimeout(None)
        camera.setblocking(False)
        poller = select.poll()
        poller.register(client, select.POLLIN)
        poller.register(camera, select.POLLIN)
        hold = ACCEPT
        if self._transport == "tcp" and not isinstance(camera, ssl.SSLSocket):
            camera.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, HEAP)
            hold = HOLD
        while True:
            ready = {number for number, _ in poller.poll(hold * 1000)}
            if client.fileno() in ready:
                self._buffer += self._from_client()
                self._speak()
                camera.setblocking(False)
            self._hear(camera)

    def _hear(self, camera: socket.socket) -> None:
        """Pass on what the camera has sent by now."""
        while True:
            try:
                data = camera.recv(1 << 20)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            if not data:
                raise ConnectionResetError("the camera has gone")
            self._media += len(data)
            self._to_client(data)
            if not isinstance(camera, ssl.SSLSocket):  # of that, poll does not see what is decrypted already
                return

    def _speak(self) -> None:
        """Pass on what FFmpeg has said: receiver reports as they are, requests in the camera's words."""
        self._camera.deadline = time.monotonic() + self._deadline
        while self._buffer:
            if self._buffer[:1] == b"$":
                length = 4 + int.from_bytes(self._buffer[2:4].ljust(2, b"\0"), "big")
                if len(self._buffer) < max(length, 4):
                    return
                self._camera.socket.settimeout(self._deadline)
                self._camera.socket.sendall(self._buffer[:length])
                self._buffer = self._buffer[length:]
            elif (found := take_message(self._buffer)) is not None:
                request, self._buffer = found
                method, url = request.first.split(" ")[:2]
                self._session = "" if method == "TEARDOWN" else self._session
                self._camera.send(method, url, _own(request), request.body)
            else:
                return

    def _hang_up(self) -> None:
        """Close both ends; a camera that streams over UDP would go on unless it is told."""
        with suppress(OSError):
            if self._session:
                self._camera.deadline = time.monotonic() + 1.0
                self._camera.send("TEARDOWN", self._described.base, {"Session": self._session})
        self._camera.close()
        if self._client is not None:
            self._client.close()


def checked_transport(answer: str, asked: str, transport: Transport, camera: str) -> str | None:
    """Return the Transport header that FFmpeg gets for the camera's `answer` to what it `asked`; None for a refusal.

    Media must come from, and receiver reports go to, the address of the `camera` and no other (`source=`, multicast).
    """
    if transport == "tcp" and not answer.strip():  # granted, and the header forgotten: then as it was asked for
        answer = asked
    first = answer.split(",")[0]
    over_tcp = re.match(r"\s*RTP/S?AVPF?/TCP\b", first, re.IGNORECASE) is not None
    profile = "RTP/SAVP" if re.match(r"\s*RTP/SAVP", first, re.IGNORECASE) else "RTP/AVP"
    if over_tcp != (transport == "tcp") or "multicast" in first.lower():
        return None
    if transport == "tcp":
        channels = _range_of("interleaved", first) or _range_of("interleaved", asked)
        return f"{profile}/TCP;unicast;interleaved={channels}" if channels else None
    client, server = _range_of("client_port", asked), _range_of("server_port", first)
    said = [f"client_port={client}", *([f"server_port={server}"] if server else []), f"source={camera}"]
    return f"{profile};unicast;{';'.join(said)}"


def _range_of(name: str, header: str) -> str:
    match = re.search(rf"\b{name}\s*=\s*(\d{{1,5}}(?:-\d{{1,5}})?)(?![\d-])", header, re.IGNORECASE)
    return match[1] if match else ""


def _own(request: RtspMessage) -> dict[str, str]:
    """Return the headers of FFmpeg's request that the camera gets."""
    ours = ("cseq", "authorization", "user-agent", "content-length")
    return {name: value for name, value in request.headers if name.lower() not in ours} | {"User-Agent": "streetwarden"}


def _listen(*, six: bool) -> socket.socket:
    """Return a listener for one client of this machine, in the camera's family: FFmpeg opens its UDP ports in that."""
    if six:
        with suppress(OSError):
            return socket.create_server(("::1", 0), family=socket.AF_INET6, backlog=2)
    return socket.create_server(("127.0.0.1", 0), backlog=2)
