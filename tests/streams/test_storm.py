"""All ways in which a camera fails, at once: each comes back by itself, and no other camera misses a sample."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.camera.backoff import Backoff
from streams.camera.state import CameraState
from streams.fleet import CameraJob, Fleet
from streams.health.faults import Fault as Ill
from streams.health.faults import HealthEvent, HealthWatch
from streams.health.health_gate import health_gated
from streams.video.capture import Deadlines
from streams.watcher import Look
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault
from tests.streams.scripted import Notebook

EVERY = timedelta(seconds=0.8)
WELL = ("well 0", "well 1", "well 2", "Basic", "Digest")
BROKEN = {  # what each says of itself while it fails; None: pictures go on coming
    Fault.STALL: "timed out",
    Fault.CUT: "cut",
    Fault.HANG: "timed out",
    Fault.SILENT: "no frames",
    Fault.MISSING: "not found",
    Fault.CODEC: "unsupported codec",
    Fault.GARBAGE: "no frames",
    Fault.RESIZE: None,
    Fault.FROZEN: None,
    Fault.SLICES: None,
}


class Ward:
    """Looks that keep what they saw of each camera, behind its guard."""

    def __init__(self) -> None:
        self.frames: dict[str, list[tuple[float, int, int]]] = {}  # when taken, width, epoch
        self.events: list[HealthEvent] = []

    def __call__(self, camera: str) -> Look:
        seen = self.frames.setdefault(camera, [])
        look = health_gated(lambda _: (), HealthWatch(camera), self.events.append)

        def noting(frame: Frame) -> Sequence[Candidate]:
            seen.append((frame.captured_at.timestamp(), frame.width, frame.epoch))
            return look(frame)

        return noting

    def since(self, camera: str, moment: float) -> int:
        return sum(taken > moment for taken, *_ in self.frames[camera])


@pytest.fixture
def ward() -> Ward:
    return Ward()


@pytest.fixture
def fleet(ward: Ward) -> Iterator[Fleet]:
    fleet = Fleet(ward, Notebook(), openings_per_second=40)
    yield fleet
    fleet.close()


def wait_for(condition: Callable[[], bool], what: str | Callable[[], str], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.02)


def test_every_fault_is_named_and_mends_itself_and_no_other_camera_misses_a_sample(
    bad_cameras: BadCameras, clips: Clips, fleet: Fleet, ward: Ward
) -> None:
    def add(camera: str, url: str, every: timedelta = EVERY) -> CameraJob:
        job = CameraJob(camera, url, every, deadlines=Deadlines(open=1.5, read=1.5))
        fleet.add(job)
        return job

    for camera in WELL:
        auth = camera if camera in ("Basic", "Digest") else ""
        add(camera, bad_cameras.add(camera.replace(" ", ""), clips["small"], auth=auth))
    for fault in BROKEN:
        clip = clips["sliced" if fault is Fault.SLICES else "small"]
        url = bad_cameras.add(fault, clip, fault, after=0.0 if fault is Fault.SILENT else 2.0, other=clips["large"])
        # Read packet by packet, a picture of another size is seen as such also when the connection stays.
        add(fault, url, 1.8 * EVERY if fault is Fault.RESIZE else EVERY)
    wrong = add("wrong password", bad_cameras.add("locked", clips["small"], auth="Digest").replace(PASSWORD, "wr0ng"))

    reasons: dict[str, str] = {}

    def failing() -> dict[str, str]:
        for one in fleet.status():
            if one.state is CameraState.WAITING:
                reasons.setdefault(one.camera, one.reason)
        return reasons

    expected = {str(fault): said for fault, said in BROKEN.items() if said} | {"wrong password": "unauthorised"}
    wait_for(lambda: failing().keys() >= expected.keys(), f"not all failed: {reasons}")
    wait_for(lambda: any(event.fault is Ill.FROZEN for event in ward.events), "nobody saw the frozen picture")
    wait_for(lambda: {320, 640} <= {width for _, width, _ in ward.frames[Fault.RESIZE]}, "no other size was seen")
    assert reasons == expected

    for fault in BROKEN:
        bad_cameras[fault].fault = Fault.NONE
    fleet.change(replace(wrong, url=bad_cameras.url("locked")))  # this one needs a person
    mended, names = time.time(), [*BROKEN, "wrong password"]

    def back() -> dict[str, int]:
        return {str(name): ward.since(name, mended) for name in names}

    longest = Backoff().cap + 10  # a pause is drawn, at most the cap; then it opens and takes three samples
    wait_for(lambda: min(back().values()) >= 3, lambda: f"not all came back: {back()}, {fleet.status()}", longest)
    wait_for(lambda: any(event.ended_at for event in ward.events), "the picture still counts as frozen")
    states = {one.camera: one.state for one in fleet.status()}
    assert set(states.values()) == {CameraState.LIVE}

    for camera in WELL:
        taken = [moment for moment, *_ in ward.frames[camera][1:]]
        gaps = [later - earlier for earlier, later in pairwise(taken)]
        assert len(gaps) > 12
        assert max(gaps) < 2 * EVERY.total_seconds(), (camera, gaps)
    assert {(event.camera, event.fault) for event in ward.events} == {(str(Fault.FROZEN), Ill.FROZEN)}
    assert len({epoch for *_, epoch in ward.frames[Fault.RESIZE]}) > 1
