from datetime import timedelta

import pytest

from streams.camera.address import CameraAddress
from streams.camera.check import check_camera
from streams.camera.probe import Mode
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault

FAST = Deadlines(1.0, 1.0)


@pytest.mark.parametrize(
    ("name", "every", "mode", "words"),
    [
        ("small", 0.5, Mode.KEY, "well suited"),
        ("small", 1.0, Mode.PACKETS, "well suited"),
        ("long-gop", 1.0, Mode.FULL, "key-frame distance to 1 s"),
        ("hevc", 0.5, Mode.KEY, "well suited"),
        ("b-frames", 1.0, Mode.PACKETS, "B-frames"),
    ],
)
def test_a_camera_is_measured_and_judged(
    bad_cameras: BadCameras, clips: Clips, name: str, every: float, mode: Mode, words: str
) -> None:
    address = CameraAddress.parse(bad_cameras.add("gate", clips[name]))
    check = check_camera(address, timedelta(seconds=every), deadlines=FAST)
    assert check.ok
    assert check.facts is not None
    assert check.facts.codec == ("H.265" if name == "hevc" else "H.264")
    assert (check.facts.width, check.facts.height) == (320, 240)
    assert check.facts.fps == pytest.approx(25, rel=0.1)
    assert check.mode is mode
    assert words in check.verdict


def test_half_pictures_are_seen(bad_cameras: BadCameras, clips: Clips) -> None:
    address = CameraAddress.parse(bad_cameras.add("gate", clips["sliced"], Fault.SLICES))
    check = check_camera(address, timedelta(seconds=1), deadlines=FAST)
    assert check.mode is Mode.PACKETS
    assert "joined" in check.verdict


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.MISSING, "not found"), (Fault.CODEC, "unsupported codec"), (Fault.SILENT, "no frames")],
)
def test_a_bad_camera_is_an_answer_not_an_error(
    bad_cameras: BadCameras, clips: Clips, fault: Fault, reason: str
) -> None:
    url = bad_cameras.add("gate", clips["small"], fault, auth="Digest")
    check = check_camera(CameraAddress.parse(url), timedelta(seconds=1), deadlines=FAST)
    assert (check.ok, check.reason, check.facts) == (False, reason, None)
    assert PASSWORD not in repr(check)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.STALL])
def test_a_stream_that_ends_while_it_is_measured_is_not_called_good(
    bad_cameras: BadCameras, clips: Clips, fault: Fault
) -> None:
    address = CameraAddress.parse(bad_cameras.add("gate", clips["long-gop"], fault, after=1.0))
    check = check_camera(address, timedelta(seconds=1), deadlines=FAST)
    assert (check.ok, check.reason, check.mode) == (False, "cut", None)
