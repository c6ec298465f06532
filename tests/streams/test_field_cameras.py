"""Cameras as they are in the field: what each sends, refuses or asks for, and what is made of it.

Each situation is made small here. The first tests are those of a folder of recorded situations, where it is there.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

import streams.camera.probe
from detector.vision.frame import Frame
from streams.camera.address import CameraAddress, Reach
from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.check import CameraCheck, check_camera
from streams.camera.probe import Mode
from streams.camera.rtsp_relay import Transport
from streams.camera.source import CameraSource
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault
from tests.streams.scripted import Notebook

FAST = Deadlines(1.0, 1.0)
HERE = Reach(loopback=True)


@pytest.fixture
def sink() -> Notebook:
    return Notebook()


def camera(
    url: str, sink: Notebook, every: float = 1.0, transport: Transport = "tcp", reach: Reach | None = None
) -> CameraSource:
    return CameraSource(
        url,
        name="gate",
        every=timedelta(seconds=every),
        transport=transport,
        deadlines=FAST,
        backoff=Backoff(base=0.1, cap=0.2),
        budget=OpeningBudget(per_second=50),
        reach=reach,
        on_note=sink.note,
    )


def frames_of(source: CameraSource, enough: int, patience: float = 15.0) -> list[Frame]:
    """So many frames, or those that came until patience ended."""
    timer = threading.Timer(patience, source.stop)
    timer.start()
    frames = []
    for frame in source.frames():
        frames.append(frame)
        if len(frames) == enough:
            source.stop()
    timer.cancel()
    return frames


def check(url: str, every: float = 1.0, transport: Transport = "tcp", reach: Reach | None = None) -> CameraCheck:
    return check_camera(CameraAddress.parse(url), timedelta(seconds=every), transport, FAST, reach)


@pytest.mark.parametrize("clip", ["small", "hevc", "hevc-cra"])
def test_parameter_sets_that_stand_in_the_description_alone_are_used(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook, clip: str
) -> None:
    url = bad_cameras.add("gate", clips[clip], Fault.SDP_ONLY)
    source = camera(url, sink)
    frames = frames_of(source, 4)
    assert len(frames) == 4
    assert source.counts.mode == Mode.PACKETS.value
    assert min(frame.image.std() for frame in frames) > 20
    assert (source.counts.failures, sink.states("gate")) == (0, ["opening", "live", "stopped"])
    answer = check(url)
    assert (answer.ok, answer.mode) == (True, Mode.PACKETS)


def test_key_frames_that_are_no_whole_pictures_mean_decoding_everything(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook
) -> None:
    """Periodic intra refresh: recovery points, and no IDR after the first."""
    url = bad_cameras.add("gate", clips["refresh"])
    answer = check(url)
    assert (answer.ok, answer.mode) == (True, Mode.FULL)
    assert "intra refresh" in answer.verdict
    assert "well suited" not in answer.verdict
    source = camera(url, sink)
    times = [frame.captured_at.timestamp() for frame in frames_of(source, 5)]
    assert source.counts.mode == Mode.FULL.value
    assert max(later - earlier for earlier, later in pairwise(times[1:])) < 1.6


@pytest.mark.parametrize("every", [0.4, 1.0])  # key frames, and wanted key frames
def test_packets_without_pictures_are_a_fault_within_three_periods(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook, every: float
) -> None:
    url = bad_cameras.add("gate", clips["small"], Fault.BROKEN, after=3.0)
    source = camera(url, sink, every=every)
    frames_of(source, 100, patience=3.0 + max(3 * every, 2.0) + 3.0)  # the shortest deadline is longer than 0.4 s
    failed = [note.reason for note in sink.notes if note.state == "waiting"]
    assert failed, "live, and silent for ever"
    assert source.counts.last_reason in ("no frames", "timed out")


def test_a_camera_that_comes_to_its_senses_is_read_by_key_frames_again(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook
) -> None:
    url = bad_cameras.add("gate", clips["small"], Fault.BROKEN)
    source = camera(url, sink)
    threading.Timer(5, lambda: setattr(bad_cameras["gate"], "fault", Fault.NONE)).start()
    assert len(frames_of(source, 3, patience=25)) == 3


@pytest.mark.parametrize(("refused", "other"), [("tcp", "udp"), ("udp", "tcp")])
def test_a_camera_that_refuses_a_transport_is_read_over_the_other_and_it_is_said(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook, refused: Transport, other: Transport
) -> None:
    url = bad_cameras.add("gate", clips["small"], Fault.REFUSES, target=refused)
    answer = check(url, transport=refused)
    assert answer.ok
    assert f"refuses {refused.upper()} (461): set transport: {other}" in answer.verdict
    began = time.monotonic()
    assert len(frames_of(camera(url, sink, transport=refused), 2)) == 2
    assert time.monotonic() - began < 8
    assert f"set transport: {other}" in next(note.reason for note in sink.notes if note.state == "waiting")


def test_a_slow_camera_is_not_cut(bad_cameras: BadCameras, clips: Clips, sink: Notebook) -> None:
    """A picture every 2.5 s where silence of a second and a half counts as the end."""
    clip = clips["small"]
    keys = replace(clip, pictures=tuple(one for one in clip.pictures if one.key))
    url = bad_cameras.add("gate", keys, fps=0.4)
    answer = check(url)
    assert answer.ok, answer.verdict
    source = camera(url, sink)
    frames = frames_of(source, 5, patience=30)
    assert len(frames) == 5
    gaps = [later.captured_at - earlier.captured_at for earlier, later in pairwise(frames[2:])]
    assert max(gaps) < timedelta(seconds=3.2)
    assert source.counts.failures <= 2


def test_pictures_that_are_too_large_are_named(
    bad_cameras: BadCameras, clips: Clips, sink: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams.camera.probe, "LARGEST", 300 * 200)
    url = bad_cameras.add("gate", clips["small"])
    answer = check(url)
    assert (answer.ok, answer.reason) == (False, "picture too large")
    assert "320 x 240" in answer.verdict
    source = camera(url, sink, every=0.0)
    frames_of(source, 1, patience=2)
    assert source.counts.last_reason == "picture too large"


@pytest.mark.parametrize("auth", ["Basic", "Digest", "Digest qop", "Digest SHA-256"])
def test_every_usual_way_of_signing_in(bad_cameras: BadCameras, clips: Clips, sink: Notebook, auth: str) -> None:
    url = bad_cameras.add("gate", clips["small"], auth=auth)
    assert len(frames_of(camera(url, sink), 2)) == 2
    wrong = check(url.replace(PASSWORD, "wr0ng"))
    assert (wrong.ok, wrong.reason) == (False, "unauthorised")
    assert "user or password are wrong" in wrong.verdict


def test_an_unknown_way_of_signing_in_is_not_called_a_wrong_password(bad_cameras: BadCameras, clips: Clips) -> None:
    answer = check(bad_cameras.add("gate", clips["small"], auth="Digest SHA-512"))
    assert (answer.ok, answer.reason) == (False, "unauthorised")
    assert "unsupported authentication (Digest SHA-512)" in answer.verdict


@pytest.fixture
def elsewhere() -> Iterator[BadCameras]:
    with BadCameras() as cameras:
        yield cameras


def redirecting(bad_cameras: BadCameras, clips: Clips, target: str, **more: object) -> str:
    return bad_cameras.add("gate", clips["small"], Fault.REDIRECT, target=target, **more)


@pytest.mark.parametrize(
    "target",
    [
        "rtsp://8.8.8.8:554/main",
        "rtsp://169.254.169.254/latest",
        "rtsps://8.8.8.8/main",
        "rtsp://0.0.0.0:22/x",
        "http://10.1.2.3/",
        "file:///etc/passwd",
        "rtsp://[::ffff:8.8.8.8]/x",
    ],
)
@pytest.mark.parametrize("reach", [HERE, None])
def test_a_redirect_out_of_the_camera_networks_is_not_followed(
    bad_cameras: BadCameras, clips: Clips, target: str, reach: Reach | None
) -> None:
    answer = check(redirecting(bad_cameras, clips, target), reach=reach)
    assert (answer.ok, answer.reason) == (False, "not allowed")
    assert "redirects" in answer.verdict


def test_a_redirect_to_this_machine_is_not_followed_from_a_camera_elsewhere(
    bad_cameras: BadCameras, clips: Clips, elsewhere: BadCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = redirecting(bad_cameras, clips, elsewhere.add("main", clips["small"]))
    address = CameraAddress.parse(url)
    # As if the camera stood at an address that may be a camera's; that it does not makes no difference to the redirect.
    monkeypatch.setattr(CameraAddress, "_allowed", first_time_free(CameraAddress._allowed))
    answer = check_camera(address, timedelta(seconds=1), deadlines=FAST, reach=Reach())
    assert (answer.ok, answer.reason) == (False, "not allowed")
    assert "this machine" in answer.verdict
    assert elsewhere["main"].describes == 0


Check = Callable[[CameraAddress, Reach], object]


def first_time_free(check: Check) -> Check:
    """The same check of an address, which lets this machine pass when it is asked for the first time."""
    asked: list[CameraAddress] = []

    def allowed(self: CameraAddress, reach: Reach) -> object:
        asked.append(self)
        return check(self, replace(reach, loopback=True) if len(asked) == 1 else reach)

    return allowed


def test_a_redirect_within_the_camera_networks_is_followed_without_the_password(
    bad_cameras: BadCameras, clips: Clips, elsewhere: BadCameras, sink: Notebook
) -> None:
    target = elsewhere.add("main", clips["small"])
    url = redirecting(bad_cameras, clips, target).replace("rtsp://", f"rtsp://me:{PASSWORD}@")
    assert len(frames_of(camera(url, sink, reach=HERE), 2)) == 2
    elsewhere["main"].auth = "Basic"
    answer = check(url, reach=HERE)
    assert (answer.ok, answer.reason) == (False, "unauthorised")
    assert elsewhere["main"].signed == []
    assert PASSWORD not in answer.verdict


def test_a_redirect_to_another_path_of_the_same_camera_keeps_the_password(
    bad_cameras: BadCameras, clips: Clips
) -> None:
    bad_cameras.add("main", clips["small"], auth="Digest")
    url = redirecting(bad_cameras, clips, "/main", auth="Digest")
    assert check(url, reach=HERE).ok


def test_redirects_in_a_circle_end_at_the_second(bad_cameras: BadCameras, clips: Clips, sink: Notebook) -> None:
    url = redirecting(bad_cameras, clips, "/gate")
    answer = check(url, reach=HERE)
    assert (answer.ok, answer.reason) == (False, "not allowed")
    assert "redirects again" in answer.verdict
    assert bad_cameras["gate"].asked == ["DESCRIBE", "DESCRIBE"]


@pytest.mark.parametrize("method", ["SETUP", "PLAY"])
def test_a_redirect_in_answer_to_anything_else_leads_nowhere(
    bad_cameras: BadCameras, clips: Clips, elsewhere: BadCameras, method: str
) -> None:
    url = redirecting(bad_cameras, clips, elsewhere.add("main", clips["small"]), at=method)
    assert not check(url, reach=HERE).ok
    assert elsewhere["main"].asked == []


def test_a_camera_cannot_have_datagrams_sent_elsewhere(bad_cameras: BadCameras, clips: Clips, sink: Notebook) -> None:
    url = bad_cameras.add("gate", clips["small"], Fault.SOURCE, target="127.0.0.2")
    assert len(frames_of(camera(url, sink, transport="udp", reach=HERE), 2)) == 2
