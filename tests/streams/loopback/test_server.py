import socket
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Literal

import pytest

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.camera.source import CameraSource
from streams.camera.state import CameraState
from streams.frames.file_source import FileSource
from streams.loopback.server import LoopbackCamera, RtspServer, ServerThread
from streams.watcher import watch
from tests.streams.conftest import Clips
from tests.streams.scripted import Notebook

PICTURES = 10
START = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(("name", "transport"), [("small", "tcp"), ("hevc", "tcp"), ("small", "udp")])
def test_a_clip_played_over_rtsp_is_the_clip(clips: Clips, name: str, transport: Literal["tcp", "udp"]) -> None:
    expected = list(FileSource(clips.path(name), start=START, speed=60.0).frames())
    with LoopbackCamera(clips.path(name)) as camera:
        source = CameraSource(camera.url, name="demo", start=START, speed=60.0, transport=transport)
        frames = list(source.frames())
    assert source.state is CameraState.ENDED
    assert [frame.captured_at for frame in frames] == [frame.captured_at for frame in expected[: len(frames)]]
    # UDP has no goodbye that reaches past the last packets: the end may cost one picture that the decoder still holds.
    assert len(frames) >= len(expected) - (0 if transport == "tcp" else 2)
    assert all((one.image == other.image).all() for one, other in zip(frames, expected, strict=False))


def test_a_recording_is_sampled_in_scene_time(clips: Clips) -> None:
    with LoopbackCamera(clips.path("small")) as camera:
        source = CameraSource(camera.url, start=START, speed=60.0, every=timedelta(seconds=30))
        seconds = [(frame.captured_at - START).total_seconds() for frame in source.frames()]
    assert seconds == pytest.approx([0, 31.2, 60, 91.2, 120, 151.2])


def test_a_loop_goes_on_past_its_end(clips: Clips) -> None:
    with LoopbackCamera(clips.path("small"), loop=True) as camera:
        source = CameraSource(camera.url, start=START)
        for frame in source.frames():
            if frame.index == 80:
                source.stop()
    assert frame.captured_at == START + timedelta(seconds=80 / 25)


def test_a_recording_over_rtsp_waits_for_a_slow_look(clips: Clips) -> None:
    def look(frame: Frame) -> Sequence[Candidate]:
        time.sleep(0.05)  # 75 frames take longer than the clip's three seconds
        return ()

    with LoopbackCamera(clips.path("small")) as camera:
        counts = watch(CameraSource(camera.url, start=START), look, Notebook())
    assert (counts.looked, counts.dropped) == (75, 0)


def test_a_reader_that_is_behind_at_the_end_gets_all_of_it(clips: Clips) -> None:
    """It says a word after the last packet was sent: to a connection that is closed by then the answer is a reset."""
    clip = clips["small"]
    player = ServerThread(RtspServer(replace(clip, pictures=clip.pictures[:PICTURES])))
    player.start()
    try:
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # so that most of it waits at the other end
            line.settimeout(10)
            line.connect(("127.0.0.1", player.port))
            ask(line, player.port, "SETUP", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
            ask(line, player.port, "PLAY")
            time.sleep(PICTURES / clip.fps + 0.3)
            ask(line, player.port, "GET_PARAMETER")
            time.sleep(0.1)
            with line.makefile("rb") as said:
                pictures = sum(packet[1] >> 7 for packet in rtp_until_goodbye(said))
    finally:
        player.close()
    assert pictures == PICTURES


def ask(line: socket.socket, port: int, method: str, headers: str = "") -> None:
    line.sendall(f"{method} rtsp://127.0.0.1:{port}/loopback RTSP/1.0\r\nCSeq: 1\r\n{headers}\r\n".encode())


def rtp_until_goodbye(said: BinaryIO) -> Iterator[bytes]:
    """The RTP packets of an interleaved connection, up to RTCP's goodbye: all that comes on the second channel."""
    while (first := said.read(1)) in (b"$", b"R"):
        if first == b"R":  # an answer: nothing here has a body
            while said.readline() != b"\r\n":
                pass
            continue
        channel, length = struct.unpack(">BH", said.read(3))
        packet = said.read(length)
        if channel == 1:
            return
        yield packet
