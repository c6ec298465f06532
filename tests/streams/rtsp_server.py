"""An RTSP server that misbehaves in every way that cameras in the field do."""

import asyncio
import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from streams.loopback.server import RtspRequest, RtspServer, ServerThread, Session
from streams.video.rtp import CodedPicture, EncodedClip, is_slice, unit_kind


class Fault(StrEnum):
    """What is wrong with a camera."""

    NONE = "none"
    STALL = "stall"  # stops sending after `after` seconds, the connection stays open
    CUT = "cut"  # closes the connection after `after` seconds
    HANG = "hang"  # never answers DESCRIBE
    SILENT = "silent"  # answers PLAY and sends nothing
    RESIZE = "resize"  # goes on with another picture size after `after` seconds
    FROZEN = "frozen"  # sends the same picture over and over
    SLICES = "slices"  # marks every slice as the end of a picture
    MISSING = "missing"  # 404
    CODEC = "codec"  # describes a codec that nobody decodes
    GARBAGE = "garbage"  # answers in no known protocol
    SDP_ONLY = "sdp only"  # its parameter sets stand in the description alone
    BROKEN = "broken"  # after `after` seconds, packets whose pictures do not decode
    REDIRECT = "redirect"  # answers the request of method `at` with 302 and `target`
    REFUSES = "refuses"  # 461 for the transport that stands in `target`
    SOURCE = "source"  # names another address, `target`, as the source of its UDP packets


@dataclass(slots=True)
class Camera:
    """One path of the server; a test changes `fault` while the server runs."""

    clip: EncodedClip
    fault: Fault = Fault.NONE
    after: float = 0.0
    other: EncodedClip | None = None
    auth: str = ""  # "Basic" or "Digest", of the latter also "qop" and "SHA-256"
    target: str = ""
    at: str = "DESCRIBE"
    fps: float = 0.0  # instead of the clip's own
    asked: list[str] = field(default_factory=list)  # the methods of all requests but OPTIONS
    signed: list[str] = field(default_factory=list)  # the Authorization headers that came
    describes: int = 0
    plays: int = 0
    opened_at: list[float] = field(default_factory=list)


CHALLENGES = {
    "Digest qop": ', qop="auth,auth-int", opaque="0f"',
    "Digest SHA-256": ', algorithm=SHA-256, qop="auth"',
    "Digest SHA-512": ', algorithm=SHA-512, qop="auth"',
}
USER, PASSWORD, REALM, NONCE = "operator", "s3cret", "camera", "5a1f"


class BadServer(RtspServer):
    """Serves the cameras of `cameras`, each with its fault."""

    def __init__(self) -> None:
        self.cameras: dict[str, Camera] = {}
        self.sessions: list[Session] = []

    def clip_at(self, path: str) -> EncodedClip | None:
        camera = self.cameras.get(path)
        return camera.clip if camera and camera.fault is not Fault.MISSING else None

    async def answer(self, session: Session, request: RtspRequest) -> None:
        camera = self.cameras.get(request.path)
        if camera is None or request.method == "OPTIONS":
            return await super().answer(session, request)
        camera.asked.append(request.method)
        camera.signed += [request.headers["authorization"]] if "authorization" in request.headers else []
        if camera.fault is Fault.REDIRECT and request.method == camera.at:
            return await self.reply(session, request, 302, f"Location: {camera.target}\r\n")
        if camera.fault is Fault.REFUSES and request.method == "SETUP":
            over = "tcp" if "interleaved" in request.headers["transport"] else "udp"
            if over == camera.target:
                return await self.reply(session, request, 461)
        if request.method == "DESCRIBE":
            camera.describes += 1
            camera.opened_at.append(asyncio.get_running_loop().time())
            if camera.fault is Fault.HANG:
                await asyncio.sleep(3600)
            if camera.fault is Fault.GARBAGE:
                session.writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello\r\n\r\n")
                return
        if camera.auth and not _authorised(camera.auth, request):
            challenge = f'{camera.auth.split()[0]} realm="{REALM}", nonce="{NONCE}"{CHALLENGES.get(camera.auth, "")}'
            return await self.reply(session, request, 401, f"WWW-Authenticate: {challenge}\r\n")
        await super().answer(session, request)

    async def reply(
        self, session: Session, request: RtspRequest, status: int, headers: str = "", body: str = ""
    ) -> None:
        camera = self.cameras.get(request.path)
        if camera is not None and camera.fault is Fault.CODEC:
            body = body.replace("H264/90000", "X-SNOW/90000").replace("H265/90000", "X-SNOW/90000")
        if camera is not None and camera.fault is Fault.SOURCE:
            headers = headers.replace(";server_port", f";source={camera.target};server_port")
        await super().reply(session, request, status, headers, body)

    async def play(self, session: Session) -> None:
        self.sessions.append(session)
        camera = self.cameras[session.path]
        camera.plays += 1
        clock = asyncio.get_running_loop()
        packetiser = self.packetiser(camera.clip)
        began, number = clock.time(), 0
        while True:
            clip, passed = camera.clip, clock.time() - began
            faulty = passed >= camera.after
            if faulty and camera.fault in (Fault.STALL, Fault.SILENT):
                await asyncio.sleep(0.05)
                continue
            if faulty and camera.fault is Fault.CUT:
                return
            if faulty and camera.fault is Fault.RESIZE and camera.other is not None:
                clip = camera.other
            frozen = faulty and camera.fault is Fault.FROZEN
            turn, place = divmod(number, len(clip.pictures))
            picture: CodedPicture = clip.pictures[0 if frozen else place]
            fps = camera.fps or clip.fps
            shown_at = number / fps if frozen or camera.fps else turn * clip.duration + picture.shown_at
            if camera.fault is Fault.SDP_ONLY:
                picture = replace(picture, units=tuple(u for u in picture.units if not _is_set(u, clip.codec)))
            if faulty and camera.fault is Fault.BROKEN:
                picture = replace(picture, units=tuple(_broken(u, clip.codec) for u in picture.units))
            for part in _slices(picture, clip.codec) if camera.fault is Fault.SLICES else (picture,):
                for packet in packetiser.packets(part, shown_at):
                    await session.send_packet(packet)
            await session.writer.drain()
            number += 1
            await asyncio.sleep(max(0.0, began + number / fps - clock.time()))

    def drop_all(self) -> None:
        """Cuts every connection, as a power cut does; call it on the server's loop."""
        for session in self.sessions:
            session.writer.close()
        self.sessions.clear()


def _slices(picture: CodedPicture, codec: str) -> Iterator[CodedPicture]:
    """Every slice as if it were a picture: with a delimiter before it (H.264 AUD) and the marker after it."""
    lead: list[bytes] = []
    for unit in picture.units:
        lead.append(unit)
        if is_slice(unit, codec):
            yield replace(picture, units=(b"\x09\xf0", *lead))
            lead = []


def _is_set(unit: bytes, codec: str) -> bool:
    return unit_kind(unit, codec) in ((7, 8) if codec == "H264" else (32, 33, 34))


def _broken(unit: bytes, codec: str) -> bytes:
    """A slice with a header that says what it is and nothing else that is true."""
    return unit[:2] + bytes([0x55]) * (len(unit) - 2) if is_slice(unit, codec) else unit


def _authorised(kind: str, request: RtspRequest) -> bool:
    given = request.headers.get("authorization", "")
    if kind == "Basic":
        return given == f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
    said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
    digest = _sha256 if "SHA-256" in kind else _md5
    secret = digest(f"{USER}:{REALM}:{PASSWORD}")
    asked = digest(f"{request.method}:{said.get('uri', '')}")
    if kind == "Digest":
        response = digest(f"{secret}:{NONCE}:{asked}")
    else:
        response = digest(f"{secret}:{NONCE}:{said.get('nc')}:{said.get('cnonce')}:auth:{asked}")
    return given.startswith("Digest") and said.get("response") == response and said.get("uri") == request.url


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class BadCameras:
    """A context manager: the server in its thread. `add` a camera and open its address."""

    def __init__(self) -> None:
        self.server = BadServer()
        self._host = ServerThread(self.server)

    def add(self, path: str, clip: EncodedClip, fault: Fault = Fault.NONE, **more: object) -> str:
        """Adds a camera and returns its address, with the password where it asks for one."""
        self.server.cameras[path] = replace(Camera(clip, fault), **more)  # type: ignore[arg-type]  # fields of Camera
        return self.url(path)

    def url(self, path: str) -> str:
        credentials = f"{USER}:{PASSWORD}@" if self.server.cameras[path].auth else ""
        return f"rtsp://{credentials}127.0.0.1:{self._host.port}/{path}"

    def __getitem__(self, path: str) -> Camera:
        return self.server.cameras[path]

    def drop_all(self) -> None:
        """Cuts every connection at once."""
        self._host.call(self.server.drop_all)

    def __enter__(self) -> Self:
        self._host.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._host.close()
