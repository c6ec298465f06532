"""What `cameras check` says of one camera: what it sends, and whether that suits what is wanted of it."""

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta

from detector.vision.frame import Image
from streams.camera.address import CameraAddress, Reach
from streams.camera.connection import CameraStream, open_stream
from streams.camera.probe import Mode, StreamFacts, choose_mode, deadlines_for, measure
from streams.camera.readers import DecodingReader
from streams.camera.rtsp_relay import Transport
from streams.errors import CameraError, NoMedia, TransportRefused
from streams.video.capture import Deadlines

FREED = 1.0
"""Seconds after which a server has let go of a session whose transport it refused: asked at once, some answer 503."""


@dataclass(frozen=True, slots=True)
class CameraCheck:
    """The answer for one stream; `verdict` is a sentence.

    `facts`, `mode` and `period` are None when it gave nothing. `period` is the seconds that will lie between two
    samples on average: where key frames alone are decoded, never less than from one to the next.
    """

    address: str  # masked
    ok: bool
    reason: str  # of the failure, one of the words of streams.errors; empty when ok
    verdict: str
    facts: StreamFacts | None
    mode: Mode | None
    period: float | None


def check_camera(
    address: CameraAddress,
    every: timedelta,
    transport: Transport = "tcp",
    deadlines: Deadlines | None = None,
    reach: Reach | None = None,
) -> CameraCheck:
    """Open the stream, measure it for some seconds, and decode a picture as it would be read. Never raises for a bad
    camera.
    """
    trial = _Trial(address, every, transport, deadlines or Deadlines(), reach)
    try:
        facts = trial.measured()
        mode = trial.decoding(facts, choose_mode(facts, every))
    except CameraError as error:
        return CameraCheck(address.masked, False, error.reason, str(error), None, None, None)
    verdict = _verdict(facts, mode, every) + trial.remark
    return CameraCheck(address.masked, True, "", verdict, facts, mode, _period(facts, mode, every))


@dataclass(slots=True)
class _Trial:
    """One camera while it is tried out. Its methods raise the CameraError that fits."""

    address: CameraAddress
    every: timedelta
    transport: Transport
    deadlines: Deadlines
    reach: Reach | None
    remark: str = ""
    patient: bool = False

    def measured(self) -> StreamFacts:
        """Return what it sends; a transport that it refuses and a rate that is very low are found out on the way."""
        try:
            return self._measured()
        except TransportRefused as error:
            self.remark = f"; it {str(error).partition(': ')[2]}"
            self.transport = "udp" if self.transport == "tcp" else "tcp"
            time.sleep(FREED)
            try:
                return self._measured()
            except CameraError as second:
                if isinstance(second, TransportRefused):
                    both = f"{self.address.masked}: refuses TCP and UDP: too many viewers, or switched off"
                    raise TransportRefused(both) from second
                raise error from second
        except NoMedia:
            self.patient = True
            return self._measured()

    def decoding(self, facts: StreamFacts, mode: Mode) -> Mode:
        """Return the mode in which a picture was decoded: the one given, or every frame where that gives none."""
        if mode is Mode.PACKETS:
            return mode  # so its key pictures were decoded when it was measured
        for one in dict.fromkeys((mode, Mode.FULL)):
            stream = self._open(one, self._slow(facts))
            try:
                if _decodes(stream):
                    return one
            finally:
                stream.close()
        raise NoMedia(f"{self.address.masked}: sends {facts.codec}, but no picture decodes")

    def _measured(self) -> StreamFacts:
        deadlines = self._slow(None)
        limit = max(2 * self.every.total_seconds(), 12.0, deadlines.read if self.patient else 0.0)
        stream = self._open(Mode.PACKETS, deadlines)
        try:
            stop = threading.Event()
            return _result(measure(stream, self.address.masked, deadlines.read, limit=limit, stop=stop))
        finally:
            stream.close()

    def _open(self, mode: Mode, deadlines: Deadlines) -> CameraStream:
        return open_stream(
            *(self.address, self.reach, self.transport, deadlines),
            answer=self.deadlines.open,
            raw=mode is Mode.PACKETS,
            key_frames=mode is Mode.KEY,
            patient=self.patient,
        )

    def _slow(self, facts: StreamFacts | None) -> Deadlines:
        return deadlines_for(self.deadlines, facts, self.every, key_frames=True, patient=self.patient)


def _decodes(stream: CameraStream) -> bool:
    reader = DecodingReader(stream.capture)
    return reader.grab() is not None and reader.picture() is not None


def _result(measuring: Generator[Image, None, StreamFacts]) -> StreamFacts:
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            facts: StreamFacts = end.value
            return facts


def _period(facts: StreamFacts, mode: Mode, every: timedelta) -> float:
    shortest = 1 / facts.fps if mode is Mode.FULL and facts.fps else facts.gop
    return max(every.total_seconds(), shortest or 0.0)


def _verdict(facts: StreamFacts, mode: Mode, every: timedelta) -> str:
    period = every.total_seconds()
    if not facts.whole:
        return "sends each picture in parts that look like pictures; they are joined, at most one key frame a time"
    if not facts.alone:
        return (
            "its key frames are no whole pictures (intra refresh): every frame is decoded, which costs about nine "
            f"times as much; set it to send whole key frames (IDR) every {period:g} s or more often"
        )
    if mode is Mode.FULL:
        distance = "are further apart than was waited for" if facts.gop is None else f"come every {facts.gop:.1f} s"
        return (
            f"key frames {distance}, rarer than a sample every {period:g} s: every frame is decoded, which costs "
            f"about nine times as much; set the key-frame distance to {period:g} s or less, or give a sub-stream"
        )
    if facts.reordered:
        return "sends B-frames; key frames are decoded one by one"
    return f"well suited: key frames come every {facts.gop:.1f} s" if facts.gop else "well suited"
