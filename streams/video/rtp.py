"""H.264 and H.265 pictures as RTP packets (RFC 3550, RFC 6184, RFC 7798), and the clip that they come from."""

import base64
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from streams.errors import NotAVideo
from streams.video.capture import open_file
from streams.video.file_type import check_video

CLOCK = 90_000  # ticks per second of an RTP video stream
PAYLOAD_TYPE = 96
MOST = 1400  # bytes of payload that fit into one Ethernet frame beside the headers
_START_CODE = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One access unit: its NAL units without start codes, when it is shown (seconds), and whether it is a key frame."""

    units: tuple[bytes, ...]
    shown_at: float
    key: bool


@dataclass(frozen=True, slots=True)
class EncodedClip:
    """The pictures of a video file, in decoding order. `duration` in seconds."""

    codec: str  # "H264" or "H265"
    fps: float
    pictures: tuple[CodedPicture, ...]

    @property
    def duration(self) -> float:
        return max(picture.shown_at for picture in self.pictures) + 1.0 / self.fps

    def sdp(self) -> str:
        """Return the attributes of the video section; parameter sets go in band, before each key frame, and here."""
        lines = [f"a=rtpmap:{PAYLOAD_TYPE} {self.codec}/{CLOCK}"]
        if self.codec == "H264":
            sets = self._parameter_sets((7, 8))
            lines.append(f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={','.join(sets)}")
        else:
            vps, sps, pps = self._parameter_sets((32, 33, 34))
            lines.append(f"a=fmtp:{PAYLOAD_TYPE} sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}")
        return "\r\n".join([*lines, f"a=framerate:{self.fps:g}"]) + "\r\n"

    def _parameter_sets(self, kinds: tuple[int, ...]) -> list[str]:
        first = {
            unit_kind(unit, self.codec): unit for picture in self.pictures for unit in picture.units[:8] if picture.key
        }
        return [base64.b64encode(first[kind]).decode() for kind in kinds]


def read_clip(path: Path) -> EncodedClip:
    """Return all packets of an H.264 or H.265 file, held in memory; raises NotAVideo."""
    check_video(path)
    capture = open_file(path, raw=True)
    try:
        if not capture.isOpened():
            raise NotAVideo(f"{path}: no video that can be played")
        codec = {"h264": "H264", "avc1": "H264", "hevc": "H265", "hvc1": "H265", "hev1": "H265"}.get(_four(capture))
        if codec is None:
            raise NotAVideo(f"{path}: codec {_four(capture)} cannot be sent over RTSP here; make it H.264 or H.265")
        pictures = tuple(_pictures(capture))
        if not pictures:
            raise NotAVideo(f"{path}: holds no pictures")
        return EncodedClip(codec, capture.get(cv2.CAP_PROP_FPS) or 25.0, pictures)
    finally:
        capture.release()


def _four(capture: cv2.VideoCapture) -> str:
    return int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1").lower()


def _pictures(capture: cv2.VideoCapture) -> Iterator[CodedPicture]:
    while True:
        read, packet = capture.read()
        if not read or packet is None:
            return
        key = bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
        yield CodedPicture(split_units(packet.tobytes()), capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, key)


def split_units(stream: bytes) -> tuple[bytes, ...]:
    """Return the NAL units of an Annex-B byte stream, without start codes and trailing zeros."""
    starts = [match.end() for match in _START_CODE.finditer(stream)]
    ends = [*(start - 3 for start in starts[1:]), len(stream)][: len(starts)]
    units = (stream[start:end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True))
    return tuple(unit for unit in units if unit)


def unit_kind(unit: bytes, codec: str) -> int:
    """Return the type of a NAL unit (H.264 table 7-1, H.265 table 7-1)."""
    return unit[0] & 31 if codec == "H264" else unit[0] >> 1 & 63


def is_slice(unit: bytes, codec: str) -> bool:
    """Return whether a NAL unit holds a part of a picture."""
    kind = unit_kind(unit, codec)
    return 1 <= kind <= 5 if codec == "H264" else kind < 32


def payloads(unit: bytes, codec: str) -> Iterator[bytes]:
    """Yield the RTP payloads of one NAL unit: itself when it fits, fragments (FU-A, FU) otherwise."""
    if len(unit) <= MOST:
        yield unit
        return
    if codec == "H264":  # RFC 6184, 5.8: indicator with type 28, header with S, E and the unit's own type
        lead, body = bytes([unit[0] & 0xE0 | 28]), unit[1:]
    else:  # RFC 7798, 4.4.3: two header bytes with type 49
        lead, body = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), unit[2:]
    kind, most = unit_kind(unit, codec), MOST - 2  # so that there are two at least: none may be both first and last
    for offset in range(0, len(body), most):
        part = body[offset : offset + most]
        begins, ends = offset == 0, offset + most >= len(body)
        yield lead + bytes([begins << 7 | ends << 6 | kind]) + part


@dataclass(slots=True)
class Packetiser:
    """Numbers the RTP packets of one stream."""

    codec: str
    ssrc: int
    sequence: int
    origin: int  # RTP time of the clip's beginning

    def packets(self, picture: CodedPicture, shown_at: float) -> Iterator[bytes]:
        """Yield the packets of one picture shown at this time of the stream; the last one bears the marker."""
        stamp = (self.origin + round(shown_at * CLOCK)) & 0xFFFFFFFF
        for number, unit in enumerate(picture.units, 1):
            parts = list(payloads(unit, self.codec))
            for count, part in enumerate(parts, 1):
                last = number == len(picture.units) and count == len(parts)
                kind = PAYLOAD_TYPE | (0x80 if last else 0)
                yield struct.pack(">BBHII", 0x80, kind, self.sequence, stamp, self.ssrc) + part
                self.sequence = (self.sequence + 1) & 0xFFFF

    def goodbye(self) -> bytes:
        """RTCP: an empty receiver report and BYE (RFC 3550, 6.6): the stream ends on purpose."""
        return struct.pack(">BBHIBBHI", 0x80, 201, 1, self.ssrc, 0x81, 203, 1, self.ssrc)
