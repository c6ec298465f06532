"""What `cameras check` says of one camera: what it sends, and whether that suits what is wanted of it."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from streams.camera.address import CameraAddress, Reach
from streams.camera.probe import Mode, StreamFacts, choose_mode, measure, reached
from streams.errors import CameraError, StreamCut
from streams.video.capture import Deadlines, rtsp_options


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
    transport: Literal["tcp", "udp"] = "tcp",
    deadlines: Deadlines | None = None,
    reach: Reach | None = None,
) -> CameraCheck:
    """Opens the stream once, measures it for some seconds, and closes it. Never raises for a bad camera."""
    limit = max(2 * every.total_seconds(), 12.0)
    options = rtsp_options(transport=transport, key_frames=False)
    try:
        facts = measure(reached(address, reach), options, deadlines or Deadlines(), limit=limit, stop=threading.Event())
    except CameraError as error:
        return CameraCheck(address.masked, False, error.reason, str(error), None, None, None)
    if facts.broke:
        verdict = f"{address.masked}: sent pictures for a moment and then no more"
        return CameraCheck(address.masked, False, StreamCut.reason, verdict, facts, None, None)
    mode = choose_mode(facts, every)
    return CameraCheck(address.masked, True, "", _verdict(facts, mode, every), facts, mode, _period(facts, mode, every))


def _period(facts: StreamFacts, mode: Mode, every: timedelta) -> float:
    shortest = 1 / facts.fps if mode is Mode.FULL and facts.fps else facts.gop
    return max(every.total_seconds(), shortest or 0.0)


def _verdict(facts: StreamFacts, mode: Mode, every: timedelta) -> str:
    period = every.total_seconds()
    if not facts.whole:
        return "sends each picture in parts that look like pictures; they are joined, at most one key frame a time"
    if mode is Mode.FULL:
        distance = "are further apart than was waited for" if facts.gop is None else f"come every {facts.gop:.1f} s"
        return (
            f"key frames {distance}, seldomer than a sample every {period:g} s: every frame is decoded, which costs "
            f"about nine times as much; set the key-frame distance to {period:g} s or less, or give a sub-stream"
        )
    if facts.reordered:
        return "sends B-frames; key frames are decoded one by one"
    return f"well suited: key frames come every {facts.gop:.1f} s" if facts.gop else "well suited"
