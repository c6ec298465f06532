"""A video file behind a real RTSP address on this machine: what the demo watches.

A small server after RFC 2326: OPTIONS, DESCRIBE, SETUP, PLAY and TEARDOWN; RTP interleaved in the TCP connection or
over UDP. Each PLAY begins at the clip's first picture and runs in real time.
"""

import asyncio
import random
import re
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from streams.video.rtp import EncodedClip, Packetiser, read_clip

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_REASONS = {
    200: "OK",
    302: "Moved Temporarily",
    401: "Unauthorized",
    404: "Not Found",
    455: "Method Not Valid",
    461: "Unsupported Transport",
}
LINGER = 600.0  # seconds for which a connection is kept after its goodbye


@dataclass(frozen=True, slots=True)
class RtspRequest:
    """One RTSP request; header names are lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Return the path without its track part and slashes around it."""
        return re.sub(r"^rtsps?://[^/]*", "", self.url).split("?")[0].strip("/").removesuffix("/track0")


@dataclass(slots=True)
class Session:
    """One client: its connection and how it wants its packets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ident: str = field(default_factory=lambda: f"{random.getrandbits(48):012x}")
    path: str = ""
    channel: int | None = None  # interleaved; None for UDP
    udp: asyncio.DatagramTransport | None = None
    playing: asyncio.Task[None] | None = None

    async def send_packet(self, packet: bytes) -> None:
        """One RTP packet, over whichever transport was set up."""
        if self.writer.is_closing():
            raise ConnectionResetError("the client has gone")
        if self.udp is not None:
            self.udp.sendto(packet)
        elif self.channel is not None:
            self.writer.write(struct.pack(">BBH", 0x24, self.channel, len(packet)) + packet)

    async def send_goodbye(self, packet: bytes) -> None:
        """Return the RTCP packet that ends the stream; UDP clients notice that the connection closes."""
        if self.channel is not None:
            self.writer.write(struct.pack(">BBH", 0x24, self.channel + 1, len(packet)) + packet)
        await self.writer.drain()


class RtspServer:
    """Serves one clip at every path. Runs on an asyncio loop of its owner; `play` may be overridden to misbehave."""

    def __init__(self, clip: EncodedClip, *, loop: bool = False) -> None:
        self.clip = clip
        self.loop = loop

    def clip_at(self, path: str) -> EncodedClip | None:
        """Return the clip that this path plays, None where there is nothing."""
        return self.clip

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, from its first question to its end."""
        session = Session(reader, writer)
        try:
            while (request := await _read_request(reader)) is not None:
                await self.answer(session, request)
                if request.method == "TEARDOWN":
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # a client that goes away or talks nonsense loses its connection, nothing else
        except asyncio.CancelledError:
            pass  # the server closes; asyncio's stream callback (3.11) would report a cancelled task as a crash
        finally:
            if session.playing is not None:
                session.playing.cancel()
            if session.udp is not None:
                session.udp.close()
            writer.close()

    async def answer(self, session: Session, request: RtspRequest) -> None:
        """Answers one request."""
        match request.method:
            case "OPTIONS":
                await self.reply(session, request, 200, f"Public: {_METHODS}\r\n")
            case "DESCRIBE":
                session.path = request.path
                if (clip := self.clip_at(session.path)) is None:
                    return await self.reply(session, request, 404)
                body = (
                    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=streetwarden\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                    f"m=video 0 RTP/AVP 96\r\n{clip.sdp()}a=control:track0\r\n"
                )
                base = request.url.rstrip("/")
                await self.reply(session, request, 200, f"Content-Base: {base}/\r\n", body)
            case "SETUP":
                await self._set_up(session, request)
            case "PLAY" if session.channel is not None or session.udp is not None:
                await self.reply(session, request, 200, f"Session: {session.ident}\r\nRange: npt=0-\r\n")
                if session.playing is None:
                    session.playing = asyncio.create_task(self._play_to_the_end(session))
            case "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
                await self.reply(session, request, 200, f"Session: {session.ident}\r\n")
            case _:
                await self.reply(session, request, 455)

    async def reply(
        self, session: Session, request: RtspRequest, status: int, headers: str = "", body: str = ""
    ) -> None:
        """Write one response; the CSeq of the request is repeated as the RFC demands."""
        length = f"Content-Type: application/sdp\r\nContent-Length: {len(body.encode())}\r\n" if body else ""
        sequence = request.headers.get("cseq", "0")
        head = f"RTSP/1.0 {status} {_REASONS[status]}\r\nCSeq: {sequence}\r\n{headers}{length}\r\n"
        session.writer.write((head + body).encode())
        await session.writer.drain()

    async def _set_up(self, session: Session, request: RtspRequest) -> None:
        wanted = request.headers.get("transport", "")
        timeout = f"Session: {session.ident};timeout=60\r\n"
        if interleaved := re.search(r"interleaved=(\d+)", wanted):
            session.channel = int(interleaved[1])
            channels = f"{session.channel}-{session.channel + 1}"
            head = f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}\r\n{timeout}"
        elif ports := re.search(r"client_port=(\d+)-(\d+)", wanted):
            host = session.writer.get_extra_info("peername")[0]
            session.udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0), remote_addr=(host, int(ports[1]))
            )
            own = session.udp.get_extra_info("sockname")[1]
            head = (
                f"Transport: RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={own}-{own + 1}\r\n{timeout}"
            )
        else:
            return await self.reply(session, request, 461)
        await self.reply(session, request, 200, head)

    async def _play_to_the_end(self, session: Session) -> None:
        try:
            await self.play(session)
        except ConnectionError:
            pass  # the client has gone; `serve` cleans up
        finally:
            session.writer.close()

    async def play(self, session: Session) -> None:
        """Send the clip in real time, over and over when it loops, then an RTCP BYE."""
        if (clip := self.clip_at(session.path)) is None:
            return
        packetiser = self.packetiser(clip)
        clock = asyncio.get_running_loop()
        began, turn = clock.time(), 0
        while turn == 0 or self.loop:
            for number, picture in enumerate(clip.pictures):
                due = turn * clip.duration + number / clip.fps
                await asyncio.sleep(max(0.0, began + due - clock.time()))
                shown_at = turn * clip.duration + picture.shown_at
                for packet in packetiser.packets(picture, shown_at):
                    await session.send_packet(packet)
                await session.writer.drain()
            turn += 1
        await session.send_goodbye(packetiser.goodbye())
        if session.channel is not None:
            # A client that is behind reads on. Were the connection closed under it, the next word it says would reset
            # the connection, and what it has not read yet would be lost. It hangs up at the goodbye, which ends this.
            await asyncio.sleep(LINGER)

    def packetiser(self, clip: EncodedClip) -> Packetiser:
        """Return a stream with random numbers to begin with, as RFC 3550 asks."""
        return Packetiser(clip.codec, random.getrandbits(32), random.getrandbits(16), random.getrandbits(31))


async def _read_request(reader: asyncio.StreamReader) -> RtspRequest | None:
    """Return the next request, interleaved RTCP from the client skipped; None at the end of the connection."""
    while (first := await reader.read(1)) == b"$":
        _, length = struct.unpack(">BH", await reader.readexactly(3))
        await reader.readexactly(length)
    if not first:
        return None
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.split("\r\n")
    method, url, _ = line.split(" ", 2)
    pairs = (entry.partition(":") for entry in lines if ":" in entry)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    await reader.readexactly(int(headers.get("content-length", "0")))
    return RtspRequest(method, url, headers)


class ServerThread:
    """Runs one server on a free port of 127.0.0.1, in a thread with its own asyncio loop."""

    def __init__(self, server: RtspServer, port: int = 0) -> None:
        self.port = port
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtsp-loopback", daemon=True)
        self._failed: OSError | None = None

    def start(self) -> None:
        """Start the server and return when the port is open; raises OSError when it is taken."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    def call(self, what: Callable[[], None]) -> None:
        """Has the server's loop call this soon."""
        self._loop.call_soon_threadsafe(what)

    def close(self) -> None:
        """Close every connection and wait for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._closing = asyncio.Event()
        try:
            listener = await asyncio.start_server(self._server.serve, "127.0.0.1", self.port)
        except OSError as error:
            self._failed = error
            self._ready.set()
            return
        self.port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        listener.close()  # connections still open are tasks, which the runner cancels


class LoopbackCamera:
    """A context manager that serves a clip on 127.0.0.1 from a thread of its own; the address is `url`."""

    def __init__(self, path: Path, *, loop: bool = False) -> None:
        """Load the clip. Raises NotAVideo when the file cannot be played."""
        self._server = RtspServer(read_clip(path), loop=loop)
        self._host = ServerThread(self._server)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._host.port}/loopback"

    @property
    def duration(self) -> float:
        """Seconds that one play takes."""
        return self._server.clip.duration

    def __enter__(self) -> Self:
        self._host.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._host.close()
