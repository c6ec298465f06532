import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from detector.candidate import Candidate
from detector.frame import Frame
from streams.camera import CameraSource
from streams.file import FileSource
from streams.loopback import LoopbackCamera
from streams.states import CameraState
from streams.watcher import watch
from tests.streams.conftest import Clips
from tests.streams.scripted import Notebook

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
