import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.camera.state import CameraState
from streams.errors import AddressRefused, CameraUnknown
from streams.fleet import CameraJob, CameraStatus, Fleet
from streams.watcher import Look
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras
from tests.streams.scripted import Notebook

EVERY = timedelta(seconds=0.8)


class Times:
    """Makes looks that note when each camera's frames were taken."""

    def __init__(self) -> None:
        self.of: dict[str, list[float]] = {}

    def __call__(self, camera: str) -> Look:
        taken = self.of.setdefault(camera, [])

        def look(frame: Frame) -> Sequence[Candidate]:
            taken.append(frame.captured_at.timestamp())
            return ()

        return look


@pytest.fixture
def sink() -> Notebook:
    return Notebook()


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def fleet(sink: Notebook, times: Times) -> Iterator[Fleet]:
    fleet = Fleet(times, sink, openings_per_second=40)
    yield fleet
    fleet.close()
    assert fleet.status() == ()


def wait_for(condition: Callable[[], bool], patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.02)


def status(fleet: Fleet, camera: str) -> CameraStatus:
    return next(one for one in fleet.status() if one.camera == camera)


def test_after_a_cut_of_all_cameras_all_are_back_within_the_budget(
    bad_cameras: BadCameras, clips: Clips, fleet: Fleet
) -> None:
    cameras = [f"camera{number}" for number in range(12)]
    for camera in cameras:
        fleet.add(CameraJob(camera, bad_cameras.add(camera, clips["small"]), EVERY))
    wait_for(lambda: all(one.looked > 0 for one in fleet.status()), patience=40)
    before = {camera: bad_cameras[camera].plays for camera in cameras}
    for camera in cameras:
        bad_cameras[camera].opened_at.clear()
    bad_cameras.drop_all()
    wait_for(lambda: all(bad_cameras[camera].plays > before[camera] for camera in cameras), patience=30)
    wait_for(lambda: all(one.state is CameraState.LIVE for one in fleet.status()), patience=30)
    openings = sorted(moment for camera in cameras for moment in bad_cameras[camera].opened_at)
    busiest = max(sum(start <= moment < start + 1 for moment in openings) for start in openings)
    assert busiest <= 41  # 40 a second, and one on the edge


def test_cameras_come_and_go_while_others_are_watched(bad_cameras: BadCameras, clips: Clips, fleet: Fleet) -> None:
    first = CameraJob("first", bad_cameras.add("first", clips["small"]), EVERY)
    second = CameraJob("second", bad_cameras.add("second", clips["small"]), EVERY)
    fleet.add(first)
    fleet.add(second)
    with pytest.raises(CameraUnknown, match="first"):
        fleet.add(first)
    wait_for(lambda: all(one.looked > 0 for one in fleet.status()))
    fleet.remove("first")
    before = status(fleet, "second").looked
    wait_for(lambda: status(fleet, "second").looked > before + 1)
    assert [one.camera for one in fleet.status()] == ["second"]
    for act in (fleet.remove, fleet.pause, fleet.resume):
        with pytest.raises(CameraUnknown, match="first"):
            act("first")


def test_a_paused_camera_is_left_alone_and_resumes(
    bad_cameras: BadCameras, clips: Clips, fleet: Fleet, sink: Notebook
) -> None:
    fleet.add(CameraJob("gate", bad_cameras.add("gate", clips["small"]), EVERY))
    wait_for(lambda: status(fleet, "gate").looked > 0)
    fleet.pause("gate")
    plays = bad_cameras["gate"].plays
    assert status(fleet, "gate").state is CameraState.PAUSED
    threading.Event().wait(0.5)
    assert bad_cameras["gate"].plays == plays
    fleet.resume("gate")
    wait_for(lambda: status(fleet, "gate").state is CameraState.LIVE)
    assert bad_cameras["gate"].plays == plays + 1  # measured before the pause, not again
    assert sink.states("gate")[-2:] == ["opening", "live"]


def test_a_change_takes_effect_and_an_equal_one_disturbs_nothing(
    bad_cameras: BadCameras, clips: Clips, fleet: Fleet
) -> None:
    job = CameraJob("gate", bad_cameras.add("gate", clips["small"]), EVERY)
    fleet.add(job)
    wait_for(lambda: status(fleet, "gate").looked > 0)
    describes = bad_cameras["gate"].describes
    fleet.change(job)
    assert bad_cameras["gate"].describes == describes
    bad_cameras.add("other", clips["large"])
    fleet.change(replace(job, url=bad_cameras.url("other")))
    wait_for(lambda: status(fleet, "gate").looked > 0)
    assert bad_cameras["other"].plays > 0
    fleet.pause("gate")
    fleet.change(job)
    assert status(fleet, "gate").state is CameraState.PAUSED


def test_a_job_with_a_bad_address_is_refused_whole(fleet: Fleet) -> None:
    with pytest.raises(AddressRefused):
        fleet.add(CameraJob("gate", "http://me:s3cret@10.1.2.3/", EVERY))
    assert fleet.status() == ()


def test_a_job_shows_no_password() -> None:
    job = CameraJob("gate", "rtsp://me:s3cret@10.1.2.3/", EVERY, substream="rtsp://me:s3cret@10.1.2.3/sub")
    assert "s3cret" not in repr(job)


def test_with_processes_a_killed_reader_is_replaced_and_nobody_else_notices(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook, times: Times
) -> None:
    fleet = Fleet(times, sink, openings_per_second=40, processes=True)
    try:
        for camera in ("first", "second"):
            fleet.add(CameraJob(camera, bad_cameras.add(camera, clips["small"]), EVERY))
        wait_for(lambda: all(one.looked > 1 for one in fleet.status()), patience=30)
        os.kill(readers()["camera first"], signal.SIGKILL)
        seen = len(times.of["second"])
        wait_for(lambda: "waiting" in sink.states("first") and sink.states("first")[-1] == "live", patience=30)
        wait_for(lambda: len(times.of["second"]) > seen + 4)
        gaps = [later - earlier for earlier, later in pairwise(times.of["second"][1:])]
        assert max(gaps) < 2 * EVERY.total_seconds()
        assert sink.states("second") == ["opening", "live"]
    finally:
        fleet.close()
    assert readers() == {}


def readers() -> dict[str, int]:
    """The processes that read cameras, by their names."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            name = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").rpartition("\0")[2]
            if name.startswith("camera "):
                found[name] = int(pid)
    return found


def test_a_camera_for_which_no_thread_can_be_started_may_be_added_and_resumed_again(
    bad_cameras: BadCameras, clips: Clips, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    job = CameraJob("gate", bad_cameras.add("gate", clips["small"]), EVERY)
    with monkeypatch.context() as none_left:
        none_left.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            fleet.add(job)
    fleet.add(job, paused=True)
    with monkeypatch.context() as none_left:
        none_left.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            fleet.resume("gate")
    fleet.resume("gate")
    wait_for(lambda: status(fleet, "gate").looked > 0)
