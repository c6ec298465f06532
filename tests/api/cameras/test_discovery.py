"""Cameras found by ONVIF: a scripted device each, some of them hostile."""

import io
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path

import pytest

from api.cameras import discovery
from api.cameras.discovery import discover, parse_network, write_camera_file
from api.errors import DiscoveryFailed
from streams.camera.address import PRIVATE_NETWORKS, Network
from streams.camera.config_file import read_cameras
from streams.camera.soap import Login
from tests.api.cli.conftest import Typed, streetwarden
from tests.streams.camera.onvif_device import PASSWORD, USER, OnvifDevice

__all__ = ["streetwarden"]
NETWORK: Network = ip_network("127.77.16.0/28")
LOGIN = Login(USER, PASSWORD)
Start = Callable[..., OnvifDevice]


@pytest.fixture
def device() -> Iterator[Start]:
    """Starts devices, each at the next address of the network."""
    with ExitStack() as stack:
        addresses = map(str, NETWORK.hosts())

        def start(**how: object) -> OnvifDevice:
            return stack.enter_context(OnvifDevice(next(addresses), **how))  # type: ignore[arg-type]  # its fields

        yield start


def test_what_is_found_is_a_camera_file_with_main_and_sub_streams(device: Start, tmp_path: Path) -> None:
    one, recorder = device(behind_years=4), device(name="", sources=2)
    found = discover(NETWORK, LOGIN, loopback=True, wait=0.3)
    assert found.refused == ()
    file = tmp_path / "found.yaml"
    write_camera_file(file, found.cameras)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    cameras = {camera.id: camera for camera in read_cameras(file, loopback=True)}
    assert list(cameras) == [one.ip, f"{recorder.ip}-1", f"{recorder.ip}-2"]
    gate = cameras[one.ip]
    assert gate.name == "Gate North"
    assert (gate.address.user, gate.address.password) == (USER, PASSWORD)
    assert gate.address.url.endswith(f"@{one.ip}:554/Streaming/main0?a=1&b=2")
    assert gate.substream is not None
    assert gate.substream.url.endswith("/Streaming/sub0?a=1&b=2")  # 704 pixels: 320 would be too few
    assert cameras[f"{recorder.ip}-2"].name == "Acme IPC-100 # x 2"
    text = file.read_text(encoding="utf-8")
    assert "# Acme IPC-100 # x: main stream MainStream H264 2560x1440, sub-stream SubStream H264 704x576" in text
    assert all(PASSWORD not in body for body in (*one.bodies, *recorder.bodies))  # only its digest is sent
    with pytest.raises(DiscoveryFailed, match="is there already"):
        write_camera_file(file, found.cameras)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"fault": "udp bomb"}, "declares a document type"),
        ({"fault": "bomb"}, "declares a document type"),
        ({"fault": "unasked"}, "not asked"),
        ({"fault": "elsewhere"}, "service is at no address within 127.77.16.0/28"),
        ({"fault": "redirect"}, "redirects to http://***@8.8.8.8/onvif, which is not followed"),
        ({"fault": "huge"}, "more than 1024 kB"),
        ({"fault": "many"}, "too many elements"),
        ({"media": "8.8.8.8"}, "media service is at no address within"),
        ({"media": "127.0.0.1"}, "media service is at no address within"),
        ({"stream": "8.8.8.8"}, "stream is at no address within"),
        ({"stream": "127.0.0.1"}, "stream is at no address within"),
        ({"stream": "camera.invalid"}, "stream is at no address within"),
    ],
)
def test_a_hostile_answer_is_refused_in_one_line(device: Start, how: dict[str, str], said: str) -> None:
    device(**how)
    honest = device()
    found = discover(NETWORK, LOGIN, loopback=True, wait=0.3)
    assert [camera.id for camera in found.cameras] == [honest.ip]
    (refused,) = found.refused
    assert said in refused.why
    assert "\n" not in refused.why
    assert "hunter2" not in refused.why


def test_the_command_shows_no_password_and_names_a_wrong_one(
    device: Start, streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery.discover, "__kwdefaults__", {"wait": 0.3, "port": 3702})
    monkeypatch.chdir(tmp_path)
    device()
    typed = ("cameras", "discover", "--network", str(NETWORK), "--sign-in", "--loopback")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{USER}:wrong\n"))
    wrong = streetwarden(*typed)
    assert (wrong.code, "user or password are wrong" in wrong.err) == (2, True)
    assert not Path("discovered.yaml").exists()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{USER}:{PASSWORD}\n"))
    right = streetwarden(*typed, "--json")
    assert right.code == 0
    assert right.records[0]["url"] == "rtsp://***@127.77.16.1:554/Streaming/***"
    assert PASSWORD not in right.out + right.err + wrong.err
    listed = streetwarden("cameras", "list", "discovered.yaml", "--loopback", "--json")
    assert [record["name"] for record in listed.records] == ["Gate North"]


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("8.8.8.0/24", "outside the camera networks"),
        ("127.0.0.0/24", "outside the camera networks"),
        ("10.0.0.0/8", "at most 4096 addresses"),
        ("10.1.2.3/24", "write it like"),
    ],
)
def test_a_network_that_is_not_asked(network: str, said: str) -> None:
    with pytest.raises(DiscoveryFailed, match=said):
        parse_network(network, PRIVATE_NETWORKS, loopback=False)
