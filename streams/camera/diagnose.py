"""Why a camera gives nothing, from what it said or did not say, in words for the person who has to mend it."""

import re
import socket
import ssl

from streams.camera.address import CameraAddress
from streams.errors import (
    CameraError,
    ConnectionRefused,
    NoFrames,
    NoMedia,
    StreamNotFound,
    TimedOut,
    TransportRefused,
    Unauthorised,
    Unreachable,
    UnsupportedCodec,
)

CODECS = frozenset({"H264", "H265", "JPEG", "MP4V-ES"})


def connection_error(error: OSError | ValueError, address: CameraAddress, timeout: float) -> CameraError:
    """Return the reason why there was no conversation; `timeout` seconds were waited. Its text holds no password."""
    where = address.masked
    match error:
        case TimeoutError():
            return TimedOut(f"{where}: no answer within {timeout:.0f} s")
        case ConnectionRefusedError():
            return ConnectionRefused(f"{where}: connection refused at {address.host} port {address.port}")
        case ConnectionError():
            return NoFrames(f"{where}: closed the connection at the first request ({error})")
        case ssl.SSLError():
            return NoFrames(f"{where}: connects, but does not speak TLS ({error.reason}); is it rtsp:// ?")
        case socket.gaierror():
            return Unreachable(f"{where}: the host name does not resolve")
        case OSError():
            return Unreachable(f"{where}: cannot be reached ({error.strerror or error})")
        case _:
            return NoFrames(f"{where}: answers, but not in RTSP")


def refusal(method: str, status: int, where: str, transport: str) -> CameraError:
    """Return what a status other than 200 means, in answer to this method of RTSP."""
    match status:
        case 401 | 403:
            return Unauthorised(f"{where}: user or password are wrong or missing ({status})")
        case 404 | 410 | 454:
            return StreamNotFound(f"{where}: the camera has no such stream ({status})")
        case 453 | 503:
            return NoFrames(f"{where}: the camera answers {status}: it cannot serve now, often for too many viewers")
    if method == "SETUP":
        other = "udp" if transport == "tcp" else "tcp"
        return TransportRefused(f"{where}: refuses {transport.upper()} ({status}): set transport: {other}")
    return NoFrames(f"{where}: the camera answers {status} to {method}")


def undecoded(sdp: str, where: str) -> CameraError:
    """Return why nothing of what this description announces was decoded."""
    codecs = video_codecs(sdp)
    if not CODECS.intersection(codecs):
        return UnsupportedCodec(f"{where}: the codec {', '.join(codecs)} is not decoded here; set the camera to H.264")
    return NoMedia(f"{where}: describes a {codecs[0]} stream but sends no picture that decodes")


def video_codecs(sdp: str) -> list[str]:
    """Names in the rtpmap lines of the video sections (RFC 4566); static payload types 26 and 32 need none."""
    found, in_video = [], False
    for line in sdp.splitlines():
        if line.startswith("m="):
            in_video = line.startswith("m=video")
            if in_video and re.search(r"RTP/S?AVPF? 26\b", line):
                found.append("JPEG")
        elif in_video and (match := re.match(r"a=rtpmap:\d+ ([\w.+-]{1,40})/", line)):
            found.append(match[1].upper())
    return found
