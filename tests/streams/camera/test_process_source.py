import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from detector.vision.frame import Frame
from streams.camera.backoff import Backoff, OpeningBudget, Turns
from streams.camera.job import CameraJob
from streams.camera.process_source import MakeSource, ProcessSource
from streams.camera.source import CameraSource
from streams.errors import AddressRefused
from streams.frames.sink import CameraNote
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras
from tests.streams.scripted import Notebook, frame

EVERY = timedelta(seconds=0.4)


class Crashing(CameraSource):
    """A decoder that dies as decoders written in C do."""

    def frames(self) -> Iterator[Frame]:
        yield frame(0, source="crashing")
        os.kill(os.getpid(), signal.SIGSEGV)


class Hanging(CameraSource):
    """A decoder that never comes back."""

    def frames(self) -> Iterator[Frame]:
        yield frame(0, source="hanging")
        self.counts.busy_since = time.monotonic()
        time.sleep(3600)


def crashing(job: CameraJob, budget: Turns, on_note: Callable[[CameraNote], None]) -> CameraSource:
    return Crashing(job.url, budget=budget, on_note=on_note)


def hanging(job: CameraJob, budget: Turns, on_note: Callable[[CameraNote], None]) -> CameraSource:
    return Hanging(job.url, budget=budget, on_note=on_note)


def make(url: str, sink: Notebook, make_source: MakeSource = CameraJob.source) -> ProcessSource:
    job = CameraJob("gate", url, EVERY, deadlines=Deadlines(0.5, 0.5))
    return ProcessSource(
        job, OpeningBudget(per_second=50), sink.note, make_source=make_source, backoff=Backoff(base=0.1, cap=0.2)
    )


def test_frames_come_from_another_process_as_from_this_one(bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    frames = []
    for one in source.frames():
        frames.append(one)
        assert source.counts.delivered == one.index + 1  # told with the frame, not with the next heartbeat
        if len(frames) == 3:
            source.stop()
    assert [(one.index, one.epoch, one.source, one.image.shape) for one in frames] == [
        (number, 0, "gate", (240, 320, 3)) for number in range(3)
    ]
    assert frames[0].image.std() > 20
    assert sink.states("gate") == ["opening", "live", "stopped"]
    assert source.plan is not None


@pytest.mark.parametrize(("make_source", "words"), [(crashing, "ended"), (hanging, "hung")])
def test_a_decoder_that_fails_is_replaced(make_source: MakeSource, words: str) -> None:
    sink = Notebook()
    source = make("rtsp://127.0.0.1:9/x", sink, make_source)
    epochs = []
    for one in source.frames():
        epochs.append(one.epoch)
        if len(epochs) == 3:
            source.stop()
    assert epochs == [0, 1, 2]
    assert source.replaced == 2
    assert all(words in note.reason for note in sink.notes if note.state == "waiting")


def test_a_killed_child_loses_one_camera_for_a_moment(bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    timer = threading.Timer(20, source.stop)
    timer.start()
    killed = False
    for one in source.frames():
        if not killed:
            killed = True
            source.kill()
        elif one.epoch == 1:
            source.stop()
    timer.cancel()
    assert one.epoch == 1
    assert bad_cameras["gate"].plays <= 4  # measured once, played, and played again without measuring


def test_a_child_that_falls_silent_is_replaced(bad_cameras: BadCameras, clips: Clips) -> None:
    """Stopped right after a frame, when it says that it is not inside OpenCV."""
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    timer = threading.Timer(30, source.stop)
    timer.start()
    for one in source.frames():
        if one.epoch == 0 and source._child is not None and source._child.pid is not None:
            os.kill(source._child.pid, signal.SIGSTOP)
        elif one.epoch == 1:
            source.stop()
    timer.cancel()
    assert (one.epoch, source.replaced) == (1, 1)
    assert [note.reason[:15] for note in sink.notes if note.state == "waiting"] == ["its reader hung"]


def test_stopping_leaves_no_child_behind(bad_cameras: BadCameras, clips: Clips) -> None:
    source = make(bad_cameras.add("gate", clips["small"]), Notebook())
    for _ in source.frames():
        child = source._child
        source.stop()
    assert child is not None
    with pytest.raises(ValueError, match="closed"):
        child.is_alive()


def test_a_bad_address_is_refused_before_any_process_starts() -> None:
    with pytest.raises(AddressRefused):
        make("http://me:s3cret@10.1.2.3/", Notebook())
