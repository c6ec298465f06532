"""Recorded situations of real cameras, each with its input and what is right; skipped where the recordings are not."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from streams.camera.address import CameraAddress, Reach
from streams.camera.check import check_camera
from streams.camera.config_file import read_cameras
from streams.camera.probe import Mode
from streams.camera.source import CameraSource
from tests.streams.rtsp_server import BadCameras, Fault
from tests.streams.scripted import Notebook

ROOT = Path(__file__).resolve().parents[2]
SHARED = next((one for one in (ROOT / "shared", ROOT.parent / "shared") if (one / "cases").is_dir()), None)
pytestmark = pytest.mark.skipif(SHARED is None, reason="the recorded situations are not there: shared/cases")
CASES = (SHARED or ROOT) / "cases"
GSTREAMER = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def wait_ready(command: list[str]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def free_port() -> str:
    with BadCameras() as cameras:
        cameras.server.cameras.clear()
        return str(cameras._host.port)


@pytest.fixture
def replay() -> Iterator[str]:
    """A server that plays the recordings; its address."""
    files = {
        "s": CASES / "01-h264-parameters-only-in-sdp/sdponly.h264",
        "c": CASES / "01-h264-parameters-only-in-sdp/a.h264",
        "i": CASES / "03-intra-refresh/intra.h264",
    }
    port = free_port()
    server = (SHARED or ROOT) / "tools/rtsp_server.py"
    process = wait_ready([sys.executable, str(server), port, *(f"{name}={file}" for name, file in files.items())])
    yield f"rtsp://127.0.0.1:{port}"
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def gstreamer() -> Iterator[str]:
    """GStreamer's RTSP server; its address."""
    python = "/usr/bin/python3"
    if (
        not Path(python).exists()
        or subprocess.run([python, "-c", GSTREAMER], capture_output=True, check=False).returncode
    ):
        pytest.skip("GStreamer's RTSP server is not there: apt-get install gir1.2-gst-rtsp-server-1.0 and its plugins")
    port = free_port()
    process = wait_ready([python, str(CASES / "43-udp-only-camera/gstserver.py"), port])
    yield f"rtsp://127.0.0.1:{port}"
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def watched(url: str, every: float, seconds: float) -> tuple[list[float], CameraSource]:
    """When frames came within so many seconds, and the camera."""
    source = CameraSource(url, name="gate", every=timedelta(seconds=every), on_note=Notebook().note)
    timer = threading.Timer(seconds, source.stop)
    timer.start()
    began = time.monotonic()
    times = [time.monotonic() - began for _ in source.frames()]
    timer.cancel()
    return times, source


def test_01_parameters_only_in_the_description(replay: str) -> None:
    times, source = watched(f"{replay}/s/1?fps=5", 5, 25)
    assert len(times) >= 4
    assert source.counts.mode == Mode.PACKETS.value


def test_03_intra_refresh(replay: str) -> None:
    url = f"{replay}/i/1?fps=10"
    answer = check_camera(CameraAddress.parse(url), timedelta(seconds=5))
    assert (answer.ok, answer.mode) == (True, Mode.FULL)
    assert "intra refresh" in answer.verdict
    times, _ = watched(url, 5, 22)
    assert len(times) >= 4


def test_04_a_redirect_that_leaves_the_camera_networks(replay: str) -> None:
    """The case's server needs a second address of this machine; the same answer comes from one that stands here."""
    with BadCameras() as cameras:
        cameras.server.cameras["main"] = _redirecting(f"{replay}/c/1")
        address = CameraAddress.parse(cameras.url("main"))
        inside = check_camera(address, timedelta(seconds=1), reach=Reach(loopback=True))
        assert inside.ok, inside.verdict
        cameras["main"].target = "rtsp://192.0.2.9:554/main"
        outside = check_camera(address, timedelta(seconds=1), reach=Reach(loopback=True))
        assert (outside.ok, outside.reason) == (False, "not allowed")
        assert "192.0.2.9 is outside the camera networks" in outside.verdict


def _redirecting(target: str):  # type: ignore[no-untyped-def]
    from streams.video.rtp import EncodedClip
    from tests.streams.rtsp_server import Camera

    return Camera(EncodedClip("H264", 25.0, ()), Fault.REDIRECT, target=target)


def test_05_a_password_in_the_path() -> None:
    (camera,) = read_cameras(CASES / "05-password-in-path-xiongmai/cameras.yaml")
    assert camera.address.masked == "rtsp://10.1.2.3:554/***"
    assert not re.search("tlJwpbo6|admin", f"{camera} {camera.address} {camera.address!r}")


def test_43_a_camera_that_refuses_tcp(gstreamer: str) -> None:
    answer = check_camera(CameraAddress.parse(f"{gstreamer}/udponly"), timedelta(seconds=5))
    assert answer.ok
    assert "set transport: udp" in answer.verdict


def test_44_a_slow_camera(gstreamer: str) -> None:
    url = f"{gstreamer}/slow"
    answer = check_camera(CameraAddress.parse(url), timedelta(seconds=10))
    assert answer.ok, answer.verdict
    assert answer.period == pytest.approx(10, abs=0.5)
    times, source = watched(url, 10, 40)
    assert len(times) >= 3
    assert source.counts.failures == 0
