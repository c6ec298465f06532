"""What runs on must go on: dead cameras beside a live one, and a machine that has nothing to spare for a moment."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.camera.backoff import OpeningBudget
from streams.camera.state import CameraState
from streams.fleet import CameraJob, Fleet
from streams.watcher import Look
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras
from tests.streams.scripted import Notebook

SECOND = timedelta(seconds=1)


class Moments:
    """Looks that note when frames of the camera `live` come."""

    def __init__(self) -> None:
        self.of: list[float] = []
        self.fails = 0

    def __call__(self, camera: str) -> Look:
        if self.fails:
            self.fails -= 1
            raise OSError(errno.EMFILE, "Too many open files")

        def look(_: Frame) -> Sequence[Candidate]:
            if camera == "live":
                self.of.append(time.monotonic())
            return ()

        return look


def wait_for(condition: Callable[[], bool], patience: float = 20.0) -> float:
    """Seconds until the condition holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + patience, "it did not come in time"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield f"rtsp://127.0.0.1:{listener.getsockname()[1]}/x"


def test_three_hundred_dead_cameras_do_not_keep_a_live_one(bad_cameras: BadCameras, clips: Clips, silent: str) -> None:
    moments = Moments()
    fleet = Fleet(moments, Notebook())
    try:
        dead = ["rtsp://127.0.0.1:9/x", silent, "rtsp://camera.invalid/x"]
        for number in range(300):
            fleet.add(CameraJob(f"dead {number}", dead[number % 3], SECOND))
        fleet.add(CameraJob("live", bad_cameras.add("live", clips["small"]), SECOND))
        assert wait_for(lambda: len(moments.of) > 0) < 3
        wait_for(lambda: len(moments.of) > 3)
        bad_cameras.drop_all()
        cut = time.monotonic()
        assert wait_for(lambda: moments.of[-1] > cut + 0.2) < 8
    finally:
        fleet.close()


def test_the_budget_serves_recently_live_cameras_first() -> None:
    budget, order, stop = OpeningBudget(per_second=20), [], threading.Event()
    budget.wait_turn(stop)

    def camera(name: str, recent: bool) -> None:
        assert budget.wait_turn(stop, recent=recent)
        order.append(name)

    threads = [threading.Thread(target=camera, args=(f"dead {number}", False)) for number in range(10)]
    for thread in threads:
        thread.start()
    late = threading.Thread(target=camera, args=("live", True))
    late.start()
    for thread in (*threads, late):
        thread.join()
    assert "live" in order[:2]


def test_whatever_ends_the_watching_it_is_begun_anew(bad_cameras: BadCameras, clips: Clips) -> None:
    moments, sink = Moments(), Notebook()
    moments.fails = 2
    fleet = Fleet(moments, sink, openings_per_second=40)
    try:
        fleet.add(CameraJob("live", bad_cameras.add("live", clips["small"]), SECOND))
        wait_for(lambda: len(moments.of) > 0)
        assert [note.state for note in sink.notes][:2] == ["waiting", "waiting"]
        assert "Too many open files" in sink.notes[0].reason
        (status,) = fleet.status()
        assert status.state is CameraState.LIVE
    finally:
        fleet.close()
