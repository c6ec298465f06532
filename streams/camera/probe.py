"""What a camera sends: codec, size, rate and how often a whole picture (key frame) comes.

Measured on packets, without decoding, at the first opening: the answer decides how the camera is read ever after.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

import cv2

from streams.camera.address import CameraAddress, Reach
from streams.camera.diagnose import diagnose
from streams.errors import AddressRefused, CameraError, NoFrames, NotAllowed
from streams.frames.sampling import EARLY
from streams.video.capture import Deadlines, Stamp, open_rtsp, stamp_of

log = logging.getLogger(__name__)

SELDOM = 1.5  # key-frame distances in a period from which walking over packets is cheaper than decoding every key frame


class Mode(StrEnum):
    """How a camera is read."""

    KEY = "key frames"  # decode key frames alone
    PACKETS = "wanted key frames"  # decode nothing but the key frame that is wanted
    FULL = "every frame"  # decode everything, keep what is wanted


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream as measured. `gop` seconds between key frames, None when longer than was waited for."""

    codec: str
    width: int
    height: int
    fps: float
    gop: float | None
    whole: bool  # False when one picture comes as several packets with equal stamps, which decode as so many half ones
    reordered: bool = False  # B-frames: a decoder that sees key frames alone would give each out two key frames late
    broke: bool = False  # the stream ended, or fell silent, before a key-frame distance could be seen


def choose_mode(facts: StreamFacts, every: timedelta) -> Mode:
    """The cheapest way to get a whole picture every period (see docs/cameras.md for what each costs)."""
    period = every.total_seconds()
    joinable = facts.codec in ("H.264", "H.265")
    if joinable and not facts.whole:
        return Mode.PACKETS
    if facts.gop is None or facts.gop > period * (1 + EARLY):
        return Mode.FULL
    return Mode.PACKETS if joinable and (facts.reordered or period >= SELDOM * facts.gop) else Mode.KEY


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How a camera is read: which of its streams, and how. `facts` are those of that stream, None for a recording."""

    address: CameraAddress
    mode: Mode
    facts: StreamFacts | None


def make_plan(
    main: CameraAddress,
    substream: CameraAddress | None,
    every: timedelta,
    sharp_width: int,
    measure_one: Callable[[CameraAddress], StreamFacts],
) -> ReadingPlan:
    """The sub-stream where there is one at least `sharp_width` pixels wide, the main stream otherwise.

    A sub-stream that fails is no reason to lose the camera. Raises the CameraError of the main stream.
    """
    if substream is not None:
        try:
            facts = measure_one(substream)
        except CameraError as error:
            log.warning("%s; the main stream is used", error)
        else:
            if facts.width >= sharp_width:
                return ReadingPlan(substream, choose_mode(facts, every), facts)
    facts = measure_one(main)
    return ReadingPlan(main, choose_mode(facts, every), facts)


def reached(address: CameraAddress, reach: Reach | None) -> CameraAddress:
    """The address to connect to, its host looked up now; as it is without `reach`. Raises NotAllowed, Unreachable."""
    if reach is None:
        return address
    try:
        return address.pinned(reach)
    except AddressRefused as error:
        raise NotAllowed(str(error)) from error


def measure(
    address: CameraAddress, options: str, deadlines: Deadlines, *, limit: float, stop: threading.Event
) -> StreamFacts:
    """Reads packets until two key-frame distances are known or `limit` seconds have passed.

    Raises the CameraError that fits when the camera does not open or sends nothing.
    """
    capture = open_rtsp(address.url, options, deadlines, raw=True)
    try:
        # FFmpeg opens a stream whose codec it does not know, and hands out its packets.
        if not capture.isOpened() or capture.get(cv2.CAP_PROP_FOURCC) <= 0:
            raise diagnose(address, deadlines.open)
        keys, stamps, ended = _collect(capture, limit, stop)
        if not stamps:
            raise NoFrames(f"{address.masked}: opened, but no picture came")
        return StreamFacts(
            codec=_codec_name(int(capture.get(cv2.CAP_PROP_FOURCC))),
            width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            fps=_rate([stamp.seconds for stamp in stamps]),
            gop=max((later - earlier for earlier, later in pairwise(keys)), default=None),
            whole=not any(later.same_picture(earlier) for earlier, later in pairwise(stamps)),
            reordered=any(later.seconds < earlier.seconds for earlier, later in pairwise(stamps)),
            broke=ended and len(keys) < 2,
        )
    finally:
        capture.release()


def _collect(capture: cv2.VideoCapture, limit: float, stop: threading.Event) -> tuple[list[float], list[Stamp], bool]:
    """Seconds of the key frames, and the stamps of all packets, in order of arrival; whether no more came."""
    keys: list[float] = []
    stamps: list[Stamp] = []
    end = time.monotonic() + limit
    while len(keys) < 3 and time.monotonic() < end and not stop.is_set():
        if not capture.grab():
            return keys, stamps, True
        stamp = stamp_of(capture)
        if capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) and stamp.seconds not in keys[-1:]:
            keys.append(stamp.seconds)
        stamps.append(stamp)
    return keys, stamps, False


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
