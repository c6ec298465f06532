"""What a camera sends: codec, size, rate and how often a whole picture (key frame) comes.

Measured on packets at the first opening: the answer decides how the camera is read ever after. The key pictures are
decoded one by one on the way: that shows whether they can be, and is the first that is seen of the camera.
"""

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

import cv2

from detector.vision.frame import Image
from streams.camera.address import CameraAddress
from streams.camera.connection import CameraStream
from streams.camera.readers import decode_key_picture
from streams.errors import NoMedia, PictureTooLarge, StreamCut
from streams.frames.sampling import EARLY
from streams.video.capture import Deadlines, Stamp, stamp_of

LARGEST = 40_000_000  # pixels of a picture; 8K UHD has 33 million
PATIENT = 4.0  # times the usual deadlines, for a camera from which little or nothing came within them
LONGEST = 90.0  # seconds of silence that a long period alone excuses
LONG = 2.0  # seconds between key frames from which one such distance is enough to go by
SELDOM = 1.5  # key-frame distances in a period from which walking over packets is cheaper than decoding every key frame


JOINABLE = {"H.264": "H264", "H.265": "H265"}  # codecs whose packets are looked into, as people and as RTP call them


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
    alone: bool = True  # False when key pictures do not decode by themselves (intra refresh: they are not whole)


def choose_mode(facts: StreamFacts, every: timedelta) -> Mode:
    """Return the cheapest way to get a whole picture every period (see docs/cameras.md for what each costs)."""
    period = every.total_seconds()
    joinable = facts.codec in JOINABLE
    if not facts.alone:
        return Mode.FULL
    if joinable and not facts.whole:
        return Mode.PACKETS
    if facts.gop is None or facts.gop > period * (1 + EARLY):
        return Mode.FULL
    if facts.codec == "MJPEG":  # each picture is a file of its own
        return Mode.PACKETS
    return Mode.PACKETS if joinable and (facts.reordered or period >= SELDOM * facts.gop) else Mode.KEY


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How a camera is read: which of its streams, and how. `facts` are those of that stream, None for a recording."""

    address: CameraAddress
    mode: Mode
    facts: StreamFacts | None


def measure(
    stream: CameraStream, where: str, silence: float, *, limit: float, stop: threading.Event
) -> Generator[Image, None, StreamFacts]:
    """Read packets until two key-frame distances are known or `limit` seconds have passed.

    Gives the first key picture meanwhile, and of a stream that sends nothing else (a time-lapse camera) all of them.
    `stream` is open for raw packets; `where` is the camera in messages, `silence` the seconds after which its capture
    gives up. Raises NoMedia when less came than can be judged, StreamCut when a stream that was alive ended.
    """
    capture = stream.capture
    width, height = (int(capture.get(one)) for one in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    check_size(width, height, where)
    seen = _Seen(_codec_name(int(capture.get(cv2.CAP_PROP_FOURCC))), stream.parameters)
    end = time.monotonic() + limit
    while not (seen.enough or stop.is_set()) and time.monotonic() < end:
        if not capture.grab():
            seen.ended = True
            break
        if (image := seen.take(capture)) is not None:
            width, height = image.shape[1], image.shape[0]
            if seen.decoded == 1 or len(seen.keys) == len(seen.stamps):
                yield image
    seen.finish()
    facts = seen.facts(width, height)
    if seen.ended and facts.gop is None:
        if facts.fps == 0 or 3 / facts.fps > silence:
            raise NoMedia(f"{where}: sent {len(seen.stamps)} pictures and then none for {silence:.0f} s")
        raise StreamCut(f"{where}: sent pictures for a moment and then no more")
    return facts


def deadlines_for(
    usual: Deadlines, facts: StreamFacts | None, every: timedelta, *, key_frames: bool, patient: bool
) -> Deadlines:
    """Return how long an opening and a silence may last, as the rate and the key-frame distance that were measured say.

    One and a half periods of silence are excused. `patient` is for a camera that gave little or nothing within the
    usual time. `key_frames`: they alone are read.
    """
    period = every.total_seconds()
    longer = [min(1.5 * period, LONGEST)]
    if facts is not None:
        longer += [3 / facts.fps] if facts.fps > 0 else []
        longer += [2 * facts.gop + 1] if facts.gop is not None and key_frames else []
    factor = PATIENT if patient else 1.0
    # Before anything is known the next picture may be far: a little less than three periods.
    silence = [min(2.5 * period, LONGEST)] if facts is None else []
    return Deadlines(max(usual.open * factor, *longer), max(usual.read * factor, *longer, *silence))


def check_size(width: int, height: int, where: str) -> None:
    """Raise PictureTooLarge for pictures with more pixels than are decoded."""
    if width * height > LARGEST:
        most = LARGEST // 1_000_000
        raise PictureTooLarge(f"{where}: pictures of {width} x {height}; at most {most} megapixels are decoded")


@dataclass(slots=True)
class _Seen:
    """The packets of one stream so far, in order of arrival."""

    codec: str  # as people write it
    parameters: bytes
    keys: list[float] = field(default_factory=list)  # seconds of the key frames
    stamps: list[Stamp] = field(default_factory=list)
    ended: bool = False
    decoded: int = 0  # key pictures by themselves
    failed: int = 0
    _parts: list[bytes] = field(default_factory=list)  # of the key picture that is coming

    @property
    def enough(self) -> bool:
        """Return two distances between key frames; one will do where it is long."""
        seldom = len(self.keys) == 2 and self.keys[1] - self.keys[0] >= LONG
        return (len(self.keys) >= 3 or seldom) and not self._parts

    def take(self, capture: cv2.VideoCapture) -> Image | None:
        """Note the packet that was grabbed; return a key picture that is whole by now."""
        stamp, key = stamp_of(capture), bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
        again = key and stamp.seconds in self.keys[-1:]  # another part of the same picture
        picture = None if again else self.finish()
        self.stamps.append(stamp)
        if key:
            self.keys += [] if again else [stamp.seconds]
            self._keep(capture)
            if self.codec not in JOINABLE:
                return self.finish()
        return picture

    def finish(self) -> Image | None:
        """Return the key picture whose parts have come, if it decodes by itself."""
        parts, self._parts = self._parts, []
        if not parts:
            return None
        image = decode_key_picture(parts, JOINABLE.get(self.codec, self.codec), self.parameters)
        self.decoded += image is not None
        self.failed += image is None
        return image

    def _keep(self, capture: cv2.VideoCapture) -> None:
        if self.codec in (*JOINABLE, "MJPEG"):
            read, packet = capture.retrieve()
            self._parts.append(packet.tobytes() if read and packet is not None else b"")

    def facts(self, width: int, height: int) -> StreamFacts:
        return StreamFacts(
            codec=self.codec,
            width=width,
            height=height,
            fps=_rate([stamp.seconds for stamp in self.stamps]),
            gop=max((later - earlier for earlier, later in pairwise(self.keys)), default=None),
            whole=not any(later.same_picture(earlier) for earlier, later in pairwise(self.stamps)),
            reordered=any(later.seconds < earlier.seconds for earlier, later in pairwise(self.stamps)),
            alone=self.decoded > self.failed or self.failed == 0,
        )


def _rate(seconds: list[float]) -> float:
    """Pictures per second; parts of one picture and the order of B-frames do not matter."""
    pictures = sorted(set(seconds))
    span = pictures[-1] - pictures[0] if pictures else 0.0
    return (len(pictures) - 1) / span if span > 0 else 0.0


def _codec_name(code: int) -> str:
    """Return a FourCC as people write the codec."""
    letters = code.to_bytes(4, "little").decode("latin-1").strip("\0 ").lower()
    names = {"h264": "H.264", "avc1": "H.264", "hevc": "H.265", "hev1": "H.265", "hvc1": "H.265", "mjpg": "MJPEG"}
    return names.get(letters, letters or "unknown")
