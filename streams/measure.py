"""What a camera sends: codec, size, rate and how often a whole picture (key frame) comes.

Measured on packets, without decoding, at the first opening: the answer decides how the camera is read ever after.
"""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

import cv2

from streams.address import CameraAddress
from streams.diagnose import diagnose
from streams.errors import NoFrames
from streams.ffmpeg import Deadlines, Stamp, open_rtsp, stamp_of


class Mode(StrEnum):
    """How a camera is read."""

    KEY = "key frames"  # decode key frames alone
    FULL = "every frame"  # decode everything, keep what is wanted


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream as measured. `gop` seconds between key frames, None when longer than was waited for."""

    codec: str
    width: int
    height: int
    fps: float
    gop: float | None
    whole: bool  # False when one picture comes as several packets with equal PTS: key-frame decoding would halve it


def choose_mode(facts: StreamFacts, every: timedelta) -> Mode:
    """Key frames alone where they come at least once a period, and whole; everything otherwise."""
    often_enough = facts.gop is not None and facts.gop <= every.total_seconds() * 1.05
    return Mode.KEY if often_enough and facts.whole else Mode.FULL


def measure(
    address: CameraAddress, options: str, deadlines: Deadlines, *, limit: float, stop: threading.Event
) -> StreamFacts:
    """Reads packets until two key-frame distances are known or `limit` seconds have passed.

    Raises the CameraError that fits when the camera does not open or sends nothing.
    """
    capture = open_rtsp(address.url, options, deadlines, raw=True)
    try:
        if not capture.isOpened():
            raise diagnose(address, deadlines.open)
        keys, stamps = _collect(capture, limit, stop)
        if not stamps:
            raise NoFrames(f"{address.masked}: opened, but no picture came")
        return StreamFacts(
            codec=_codec_name(int(capture.get(cv2.CAP_PROP_FOURCC))),
            width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            fps=_rate([stamp.seconds for stamp in stamps]),
            gop=max((later - earlier for earlier, later in pairwise(keys)), default=None),
            whole=all(earlier != later for earlier, later in pairwise(stamps)),
        )
    finally:
        capture.release()


def _collect(capture: cv2.VideoCapture, limit: float, stop: threading.Event) -> tuple[list[float], list[Stamp]]:
    """Seconds of the key frames, and the stamps of all packets, in order of arrival."""
    keys: list[float] = []
    stamps: list[Stamp] = []
    end = time.monotonic() + limit
    while len(keys) < 3 and time.monotonic() < end and not stop.is_set() and capture.grab():
        stamp = stamp_of(capture)
        if capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) and (not stamps or stamp != stamps[-1]):
            keys.append(stamp.seconds)
        stamps.append(stamp)
    return keys, stamps


def _rate(seconds: list[float]) -> float:
    """Pictures per second; parts of one picture and the order of B-frames do not matter."""
    pictures = sorted(set(seconds))
    span = pictures[-1] - pictures[0]
    return (len(pictures) - 1) / span if span > 0 else 0.0


def _codec_name(code: int) -> str:
    """A FourCC as people write the codec."""
    letters = code.to_bytes(4, "little").decode("latin-1").strip("\0 ").lower()
    names = {"h264": "H.264", "avc1": "H.264", "hevc": "H.265", "hev1": "H.265", "hvc1": "H.265", "mjpg": "MJPEG"}
    return names.get(letters, letters or "unknown")
