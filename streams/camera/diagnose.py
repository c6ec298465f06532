"""Why a camera would not open: asks it the first RTSP question (RFC 2326 DESCRIBE) and reads the answer.

OpenCV says of a failed opening only that it failed. A person who has to mend the camera needs to know whether nobody
listens, the password is wrong, or the stream's name is. Asked only after a failure, so a healthy camera never sees it.
"""

import base64
import hashlib
import re
import socket
import time
from dataclasses import dataclass

from streams.camera.address import CameraAddress
from streams.errors import (
    CameraError,
    ConnectionRefused,
    NoFrames,
    StreamNotFound,
    TimedOut,
    Unauthorised,
    Unreachable,
    UnsupportedCodec,
)

CODECS = frozenset({"H264", "H265", "JPEG", "MP4V-ES"})
_MOST = 64 * 1024  # bytes of one answer; a description is some hundred


@dataclass(frozen=True, slots=True)
class Answer:
    """An RTSP response: status code, headers with lower-case names (the last of each), body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


def diagnose(address: CameraAddress, timeout: float) -> CameraError:
    """The reason why this camera gives nothing, as an error to raise; its text holds no password.

    Blocks for at most about `timeout` seconds. rtsps addresses are only tried for a connection.
    """
    where = address.masked
    try:
        with socket.create_connection((address.host, address.port), timeout) as connection:
            if address.url.startswith("rtsps"):
                return NoFrames(f"{where}: connects, but no stream came through TLS")
            answer = _describe(connection, address, time.monotonic() + timeout)
    except TimeoutError:
        return TimedOut(f"{where}: no answer within {timeout:.0f} s")
    except ConnectionRefusedError:
        return ConnectionRefused(f"{where}: nobody listens at {address.host} port {address.port}")
    except ConnectionError as error:
        return NoFrames(f"{where}: hung up on the first question ({error})")
    except socket.gaierror:
        return Unreachable(f"{where}: the host name does not resolve")
    except OSError as error:
        return Unreachable(f"{where}: cannot be reached ({error.strerror or error})")
    except ValueError:
        return NoFrames(f"{where}: answers, but not in RTSP")
    return _judge(answer, where)


def _judge(answer: Answer, where: str) -> CameraError:
    match answer.status:
        case 401 | 403:
            return Unauthorised(f"{where}: user or password are wrong or missing ({answer.status})")
        case 404 | 410 | 454:
            return StreamNotFound(f"{where}: the camera knows no such stream ({answer.status})")
        case 200:
            pass
        case status:
            return NoFrames(f"{where}: the camera answers {status}")
    codecs = _video_codecs(answer.body)
    if not codecs:
        return NoFrames(f"{where}: the description names no video stream")
    if not CODECS.intersection(codecs):
        return UnsupportedCodec(f"{where}: the codec {', '.join(codecs)} is not decoded here; set the camera to H.264")
    return NoFrames(f"{where}: describes a {codecs[0]} stream but sends no picture that decodes")


def _video_codecs(sdp: str) -> list[str]:
    """Names in the rtpmap lines of the video sections (RFC 4566); static payload types 26 and 32 need none."""
    found, in_video = [], False
    for line in sdp.splitlines():
        if line.startswith("m="):
            in_video = line.startswith("m=video")
            if in_video and re.search(r"RTP/S?AVPF? 26\b", line):
                found.append("JPEG")
        elif in_video and (match := re.match(r"a=rtpmap:\d+ ([\w.+-]+)/", line)):
            found.append(match[1].upper())
    return found


def _describe(connection: socket.socket, address: CameraAddress, deadline: float) -> Answer:
    url = re.sub(
        r"(?<=://)[^/?#]*@", "", address.url
    )  # credentials belong into the header, never into the request line
    answer = _ask(connection, url, 1, "", deadline)
    if answer.status == 401 and address.user and (header := _authorise(answer, address, url)):
        answer = _ask(connection, url, 2, f"Authorization: {header}\r\n", deadline)
    return answer


def _ask(connection: socket.socket, url: str, number: int, extra: str, deadline: float) -> Answer:
    request = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\n{extra}\r\n"
    connection.sendall(request.encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection, deadline, len(data))
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not (match := re.match(r"RTSP/1\.\d (\d{3})", first)):
        raise ValueError(first[:40])
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
    length = int(next((value for name, value in headers if name == "content-length"), "0"))
    while len(body) < min(length, _MOST):
        body += _receive(connection, deadline, len(body))
    return Answer(int(match[1]), headers, body.decode("utf-8", "replace"))


def _receive(connection: socket.socket, deadline: float, so_far: int) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if so_far > _MOST:
        raise ValueError("endless answer")
    connection.settimeout(left)
    data = connection.recv(4096)
    if not data:
        raise ConnectionResetError("closed")
    return data


def _authorise(answer: Answer, address: CameraAddress, url: str) -> str:
    """The Authorization header that the challenge asks for (RFC 7617 Basic, RFC 2617 Digest with MD5), or nothing."""
    challenges = [value for name, value in answer.headers if name == "www-authenticate"]
    digest = next((value for value in challenges if value.lower().startswith("digest")), None)
    if digest is None:
        if not any(value.lower().startswith("basic") for value in challenges):
            return ""
        token = base64.b64encode(f"{address.user}:{address.password}".encode()).decode()
        return f"Basic {token}"
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', digest))
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    secret = _md5(f"{address.user}:{realm}:{address.password}")
    response = _md5(f"{secret}:{nonce}:{_md5(f'DESCRIBE:{url}')}")
    return f'Digest username="{address.user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the RFC's choice, not ours
