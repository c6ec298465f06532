import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

import pytest

from detector.vision.frame import Frame
from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.source import CameraSource
from streams.camera.state import CameraState
from streams.errors import AddressRefused
from streams.frames.file_source import FileSource
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault
from tests.streams.scripted import Notebook

SECOND = timedelta(seconds=1)


def camera(
    url: str,
    sink: Notebook,
    every: timedelta = SECOND,
    transport: Literal["tcp", "udp"] = "tcp",
    name: str = "gate",
) -> CameraSource:
    """A camera with short deadlines and short pauses."""
    return CameraSource(
        url,
        name=name,
        every=every,
        transport=transport,
        deadlines=Deadlines(open=1.0, read=1.0),
        backoff=Backoff(base=0.1, cap=0.2),
        budget=OpeningBudget(per_second=50),
        on_note=sink.note,
    )


def collect(source: CameraSource, enough: Callable[[list[Frame]], bool], patience: float = 15.0) -> list[Frame]:
    """Frames until `enough` says so; what came until then when it never does."""
    timer = threading.Timer(patience, source.stop)
    timer.start()
    frames: list[Frame] = []
    for frame in source.frames():
        frames.append(frame)
        if enough(frames):
            source.stop()
    timer.cancel()
    return frames


def count(number: int) -> Callable[[list[Frame]], bool]:
    return lambda frames: len(frames) >= number


@pytest.mark.parametrize(("name", "transport"), [("small", "tcp"), ("small", "udp"), ("hevc", "tcp")])
def test_a_camera_gives_one_frame_a_period_from_key_frames(
    bad_cameras: BadCameras, clips: Clips, name: str, transport: Literal["tcp", "udp"]
) -> None:
    half = timedelta(seconds=0.5)
    source = camera(bad_cameras.add("gate", clips[name]), Notebook(), every=half, transport=transport)
    frames = collect(source, count(5))
    times = [frame.captured_at.timestamp() for frame in frames]
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert source.counts.mode == "key frames"
    assert all(0.3 < gap < 0.9 for gap in gaps)  # key frames come every 0.4 s
    assert datetime.now(UTC) - frames[-1].captured_at < SECOND
    assert source.plan is not None
    assert source.plan.facts is not None
    assert source.plan.facts.gop == pytest.approx(0.4, abs=0.01)
    assert source.plan.facts.fps == pytest.approx(25, rel=0.05)


def test_rare_samples_decode_only_the_key_frames_they_want(bad_cameras: BadCameras, clips: Clips) -> None:
    source = camera(bad_cameras.add("gate", clips["small"]), Notebook(), every=1.5 * SECOND)
    frames = collect(source, count(3))
    assert source.counts.mode == "wanted key frames"
    assert [frame.width for frame in frames] == [320, 320, 320]


def test_key_frames_too_far_apart_mean_decoding_everything(bad_cameras: BadCameras, clips: Clips) -> None:
    source = camera(bad_cameras.add("gate", clips["long-gop"]), Notebook(), every=0.5 * SECOND)
    frames = collect(source, count(4))
    assert source.counts.mode == "every frame"
    assert (frames[-1].captured_at - frames[1].captured_at).total_seconds() == pytest.approx(1.0, abs=0.2)


FAULTS = [
    (Fault.STALL, 1.5, "timed out"),
    (Fault.CUT, 1.5, "cut"),
    (Fault.HANG, 0.0, "timed out"),
    (Fault.SILENT, 0.0, "no frames"),
    (Fault.MISSING, 0.0, "not found"),
    (Fault.CODEC, 0.0, "unsupported codec"),
    (Fault.GARBAGE, 0.0, "no frames"),
]


def test_cameras_say_what_is_wrong_and_come_back_by_themselves(bad_cameras: BadCameras, clips: Clips) -> None:
    sink, clip = Notebook(), clips["small"]
    sources = {
        fault: camera(bad_cameras.add(fault, clip, fault, after=after), sink, every=0.4 * SECOND, name=fault)
        for fault, after, _ in FAULTS
    }
    reasons: dict[Fault, str] = {}
    after_mending: dict[Fault, int] = {}

    def run(fault: Fault) -> None:
        source = sources[fault]
        timer = threading.Timer(20, source.stop)
        timer.start()
        for _ in source.frames():
            if fault not in reasons:
                continue
            after_mending[fault] = after_mending.get(fault, 0) + 1
            if after_mending[fault] == 3:
                source.stop()
        timer.cancel()

    threads = [threading.Thread(target=run, args=(fault,)) for fault, _, _ in FAULTS]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for fault, source in sources.items():
            if source.state is CameraState.WAITING and fault not in reasons:
                bad_cameras[fault].fault = Fault.NONE
                reasons[fault] = source.counts.last_reason
        time.sleep(0.01)
    assert reasons == {fault: reason for fault, _, reason in FAULTS}
    assert after_mending == {fault: 3 for fault, _, _ in FAULTS}
    assert all(sink.states(fault)[-1] == "stopped" for fault in sources)


def test_a_dead_address_is_refused_and_a_name_unknown() -> None:
    for url, reason in [("rtsp://127.0.0.1:9/x", "refused"), ("rtsp://camera.invalid/x", "unreachable")]:
        source = camera(url, Notebook())
        collect(source, count(1), patience=0.5)
        assert source.counts.last_reason == reason
        assert source.counts.delivered == 0


@pytest.mark.parametrize("auth", ["Basic", "Digest"])
def test_passwords_open_the_camera_and_are_shown_nowhere(
    bad_cameras: BadCameras, clips: Clips, auth: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sink, url = Notebook(), bad_cameras.add("gate", clips["small"], auth=auth)
    assert len(collect(camera(url, sink), count(1))) == 1
    wrong = camera(url.replace(PASSWORD, "wr0ng"), sink)
    collect(wrong, count(1), patience=0.5)
    assert wrong.counts.last_reason == "unauthorised"
    said = "".join(capfd.readouterr()) + repr(sink.notes) + repr(wrong.counts) + repr(wrong.address)
    assert PASSWORD not in said
    assert "wr0ng" not in said


def test_half_pictures_are_joined(bad_cameras: BadCameras, clips: Clips) -> None:
    source = camera(bad_cameras.add("gate", clips["sliced"], Fault.SLICES), Notebook(), every=0.4 * SECOND)
    frames = collect(source, count(3))
    assert source.counts.mode == "wanted key frames"
    whole = [frame.image for frame in FileSource(clips.path("sliced")).frames()]
    assert all(any((frame.image == picture).all() for picture in whole) for frame in frames)


@pytest.mark.parametrize("every", [0.4, 1.5])
def test_another_picture_size_begins_a_new_epoch(bad_cameras: BadCameras, clips: Clips, every: float) -> None:
    url = bad_cameras.add("gate", clips["small"])

    def changed(frames: list[Frame]) -> bool:
        if len(frames) == 2:
            bad_cameras["gate"].clip = clips["large"]
            bad_cameras.drop_all()
        return frames[-1].epoch > 0

    frames = collect(camera(url, Notebook(), every=every * SECOND), changed)
    assert [(frame.width, frame.epoch) for frame in (frames[0], frames[-1])] == [(320, 0), (640, 1)]


def test_stop_is_obeyed_while_waiting(bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = CameraSource(
        bad_cameras.add("gate", clips["small"], Fault.MISSING), name="gate", backoff=Backoff(60, 60), on_note=sink.note
    )
    began = time.monotonic()
    assert collect(source, count(1), patience=0.5) == []
    assert time.monotonic() - began < 2
    assert source.state is CameraState.STOPPED


def test_no_frame_of_the_past_is_given_out_as_new(bad_cameras: BadCameras, clips: Clips) -> None:
    source = camera(bad_cameras.add("gate", clips["small"]), Notebook(), every=0.4 * SECOND)
    ages = []
    for frame in source.frames():
        ages.append((datetime.now(UTC) - frame.captured_at).total_seconds())
        time.sleep(0.3)  # a slow consumer: what piles up meanwhile must show as lag
        if len(ages) == 6:
            source.stop()
    assert max(ages) < 1.0


def test_a_bad_address_is_refused_at_once() -> None:
    with pytest.raises(AddressRefused):
        CameraSource("http://10.1.2.3/")
