"""An open stream of a camera: the conversation that opened it, the relay, and OpenCV at its end."""

import ipaddress
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urljoin

import cv2

from streams.camera.address import PRIVATE_NETWORKS, CameraAddress, Reach, mask_url
from streams.camera.diagnose import connection_error, refusal, video_codecs
from streams.camera.rtsp_client import NotRtsp, RtspConnection, RtspMessage, bare_url
from streams.camera.rtsp_relay import Described, Relay, Transport
from streams.errors import AddressRefused, NoFrames, NotAllowed, Unauthorised
from streams.video.capture import Deadlines, open_rtsp, rtsp_options


@dataclass(frozen=True, slots=True)
class CameraStream:
    """One open stream. `parameters` are its parameter sets in Annex B, as far as the camera's description has them."""

    capture: cv2.VideoCapture
    relay: Relay
    parameters: bytes

    def close(self) -> None:
        """Hang up. The thread that reads the capture must be the one that closes it."""
        with suppress(cv2.error):
            self.capture.release()
        self.relay.close()


def open_stream(
    address: CameraAddress,
    reach: Reach | None,
    transport: Transport,
    deadlines: Deadlines,
    *,
    answer: float,
    raw: bool = False,
    key_frames: bool = False,
    patient: bool = False,
) -> CameraStream:
    """Open a camera's stream; `raw` hands out packets instead of pictures, `key_frames` those pictures alone.

    The camera has `answer` seconds for each of its answers, and `deadlines` for what it sends. `patient` has FFmpeg
    wait long for parameter sets, where the camera's description names none.

    Its host is looked up now and must lie within `reach` (None: whatever a person typed is theirs to know); so must
    the one that it redirects to. Raises the CameraError that fits.
    """
    described = describe(address, reach, answer)
    began = time.monotonic()
    relay = Relay(described, transport, answer)
    named = "sprop-" in described.sdp or set(video_codecs(described.sdp)) == {"JPEG"}
    options = rtsp_options(
        transport=transport,
        key_frames=key_frames,
        patient=patient and not named,
        described=named and "a=framerate:" in described.sdp,
    )
    capture = open_rtsp(relay.url, options, deadlines, raw=raw)
    # FFmpeg opens a stream whose codec it does not know, and hands out its packets.
    if not capture.isOpened() or (raw and capture.get(cv2.CAP_PROP_FOURCC) <= 0):
        error = relay.why_nothing(time.monotonic() - began)
        CameraStream(capture, relay, b"").close()
        raise error
    return CameraStream(capture, relay, _parameters(capture) if raw else b"")


def knock(address: CameraAddress, reach: Reach | None, timeout: float) -> None:
    """See whether anybody is there: connect, ask for the methods, hang up at the first byte, whatever it is.

    Raises NotAllowed, Refused, TimedOut or Unreachable.
    """
    target = reached(address, reach)
    try:
        with socket.create_connection((target.host, target.port), timeout) as connection:
            if target.url.lower().startswith("rtsp:"):
                connection.sendall(f"OPTIONS {bare_url(target)} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
                connection.recv(1)
    except ConnectionResetError:
        return  # it is there; what is wrong with it is found out when it is opened
    except OSError as error:
        raise connection_error(error, target, timeout) from error


def ask_for_stream(address: CameraAddress, reach: Reach | None, timeout: float) -> None:
    """See whether anybody is there and has the stream: ask for its description once, and hang up.

    It is asked before a process is started: of hundreds of cameras that answer 404 none gets one. Not right before the
    stream is opened, though: some servers prepare a stream when they describe it, and answer 503 while they take that
    back. A redirect is not followed, and TLS not spoken: whoever opens the stream does that. Raises the CameraError
    that fits.
    """
    target = reached(address, reach)
    if target.url.lower().startswith("rtsps:"):
        knock(address, reach, timeout)
        return
    connection, answer = _ask(target, timeout, with_password=True)
    connection.close()
    if not 300 <= answer.status < 400:
        _check(answer, connection, target)


def reached(address: CameraAddress, reach: Reach | None) -> CameraAddress:
    """Return the address to connect to, its host looked up now; as it is without `reach`.

    Raises NotAllowed, Unreachable.
    """
    if reach is None:
        return address
    try:
        return address.pinned(reach)
    except AddressRefused as error:
        raise NotAllowed(str(error)) from error


def describe(address: CameraAddress, reach: Reach | None, timeout: float) -> Described:
    """Ask a camera what it sends, and keep the connection; follows one redirect. Raises the CameraError that fits."""
    target = reached(address, reach)
    connection, answer = _ask(target, timeout, with_password=True)
    try:
        if 300 <= answer.status < 400:
            connection.close()
            near = reach or around(connection.camera)
            target, trusted = _redirected(target, connection.url, answer, near)
            connection, answer = _ask(target, timeout, with_password=trusted)
            if 300 <= answer.status < 400:
                raise NotAllowed(f"{address.masked}: redirects to {target.masked}, which redirects again")
        _check(answer, connection, target)
        base = answer.header("content-base") or answer.header("content-location") or connection.url
        sdp = _video_only(answer.body.decode("utf-8", "replace"))
        return Described(connection, urljoin(connection.url, base), sdp, target.masked)
    except BaseException:
        connection.close()
        raise


def _ask(target: CameraAddress, timeout: float, *, with_password: bool) -> tuple[RtspConnection, RtspMessage]:
    connection = None
    try:
        connection = RtspConnection(target, time.monotonic() + timeout, with_password=with_password)
        return connection, connection.ask("DESCRIBE", connection.url, {"Accept": "application/sdp"})
    except (OSError, NotRtsp) as error:
        if connection is not None:
            connection.close()
        raise connection_error(error, target, timeout) from error


def _check(answer: RtspMessage, connection: RtspConnection, target: CameraAddress) -> None:
    where = target.masked
    if answer.status == 401 and connection.unanswerable:
        raise Unauthorised(f"{where}: asks for an unsupported authentication ({connection.unanswerable})")
    if answer.status != 200:
        raise refusal("DESCRIBE", answer.status, where, "tcp")
    if not video_codecs(answer.body.decode("utf-8", "replace")):
        raise NoFrames(f"{where}: the description names no video stream")


def _redirected(target: CameraAddress, asked: str, answer: RtspMessage, reach: Reach) -> tuple[CameraAddress, bool]:
    """Return where a camera sends us, looked up and checked.

    And whether that is the camera itself, which has the password.
    """
    if not answer.header("location"):
        raise NoFrames(f"{target.masked}: the camera answers {answer.status} and names no target")
    location = urljoin(asked, answer.header("location"))
    try:
        given = CameraAddress.parse(location)
        found = given.pinned(reach)
    except AddressRefused as error:
        raise NotAllowed(f"{target.masked}: redirects to an address that is not allowed: {error}") from error
    same = (found.host, found.port, location.split(":")[0]) == (target.host, target.port, asked.split(":")[0])
    user, password = (target.user, target.password) if same else ("", "")
    return replace(found, user=user, password=password, named=f"{mask_url(location)}"), same


def around(camera: str) -> Reach:
    """Return where a camera that a person typed may send us.

    To itself (the number `camera`), or into the private networks.
    """
    ip = ipaddress.ip_address(camera.partition("%")[0])
    return Reach((*PRIVATE_NETWORKS, ipaddress.ip_network(ip)), loopback=ip.is_loopback)


def _video_only(sdp: str) -> str:
    """Return the description without sound and metadata, which nobody is to receive here."""
    sections = re.split(r"(?m)^(?=m=)", sdp)
    return "".join([sections[0], *(part for part in sections[1:] if part.startswith("m=video"))])


def _parameters(capture: cv2.VideoCapture) -> bytes:
    """Return what FFmpeg has read of the parameter sets: from the description, or from the first packets."""
    read, extra = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
    data = extra.tobytes() if read and extra is not None else b""
    return data if data.startswith((b"\0\0\0\1", b"\0\0\1")) else b""
