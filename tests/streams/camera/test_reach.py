"""A host name is looked up whenever a camera is opened: where it leads today counts, not where it led at the import."""

import socket
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from streams.camera.address import PRIVATE_NETWORKS, CameraAddress, Reach
from streams.camera.backoff import Backoff
from streams.camera.check import check_camera
from streams.camera.source import CameraSource
from streams.errors import AddressRefused, Unreachable
from streams.frames.sink import CameraNote
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras
from tests.streams.scripted import Notebook

FAST = Deadlines(1.5, 1.5)
Lead = Callable[..., None]


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Lead:
    """Lets every host name lead to these addresses from now on."""
    numbers = socket.getaddrinfo

    def to(*hosts: str) -> None:
        def answer(host: str, port: int, *rest: int, **more: int) -> object:
            if host[0].isdigit():
                return numbers(host, port, *rest, **more)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port)) for found in hosts]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return to


def test_the_number_stands_in_the_address_and_the_name_is_shown(lead: Lead) -> None:
    lead("fd00::1", "10.1.2.3")
    pinned = CameraAddress.parse("rtsp://me:s3c%40ret@gate.city:8554/main?x=1").pinned(Reach())
    assert (pinned.url, pinned.host) == ("rtsp://me:s3c%40ret@10.1.2.3:8554/main?x=1", "10.1.2.3")
    assert (pinned.user, pinned.password, pinned.port) == ("me", "s3c@ret", 8554)
    assert pinned.masked == str(pinned) == "rtsp://***@gate.city:8554/main/***"
    assert "s3c" not in repr(pinned)
    lead("fd00::1")
    assert CameraAddress.parse("rtsp://gate.city/").pinned(Reach()).url == "rtsp://[fd00::1]:554/"


def test_one_address_outside_is_enough_to_refuse_a_host(lead: Lead) -> None:
    address = CameraAddress.parse("rtsp://gate.city/main")
    for outside in ("8.8.8.8", "127.0.0.1", "169.254.169.254"):
        lead("10.1.2.3", outside)
        with pytest.raises(AddressRefused, match=outside.replace(".", r"\.")):
            address.pinned(Reach())


def test_a_name_that_no_dns_can_hold_does_not_resolve() -> None:
    with pytest.raises(Unreachable):
        CameraAddress.parse(f"rtsp://{'a' * 70}/").check_allowed(PRIVATE_NETWORKS)


def test_a_camera_whose_name_leads_elsewhere_is_not_connected_to(
    bad_cameras: BadCameras, clips: Clips, lead: Lead
) -> None:
    url = bad_cameras.add("gate", clips["small"]).replace("127.0.0.1", "me:s3cret@gate.city")
    lead("127.0.0.1")
    sink = Notebook()

    def note(note: CameraNote) -> None:
        sink.note(note)
        if "outside the camera networks" in note.reason:
            source.stop()

    source = CameraSource(
        url,
        name="gate",
        every=timedelta(seconds=0.4),
        deadlines=FAST,
        backoff=Backoff(base=0.05, cap=0.1),
        reach=Reach(loopback=True),
        on_note=note,
    )
    timer = threading.Timer(20, source.stop)
    timer.start()
    frames = source.frames()
    next(frames)
    plays = bad_cameras["gate"].plays
    lead("8.8.8.8")
    bad_cameras.drop_all()
    list(frames)
    timer.cancel()
    assert source.counts.last_reason == "not allowed"
    assert bad_cameras["gate"].plays == plays
    assert "s3cret" not in "".join(note.reason for note in sink.notes)
    assert "gate.city" in source.counts.last_error


def test_check_looks_the_name_up_too(lead: Lead) -> None:
    lead("8.8.8.8")
    address = CameraAddress.parse("rtsp://me:s3cret@gate.city/main")
    check = check_camera(address, timedelta(seconds=1), deadlines=FAST, reach=Reach())
    assert (check.ok, check.reason) == (False, "not allowed")
    assert "8.8.8.8" in check.verdict
    assert "s3cret" not in check.verdict
