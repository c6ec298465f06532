import socket
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.address import parse_networks
from streams.camera.config_file import check_gb28181, parse_period, read_cameras
from streams.errors import CamerasInvalid

GOOD = """\
cameras:
  - id: "41010300081320000017"
    name: Daxue Road north
    url: rtsp://user:s3cret@10.1.2.3:554/main
    substream: rtsp://user:s3cret@10.1.2.3:554/sub
    every: 5s
    models: [street-ads]
    position: {lat: 34.7466, lon: 113.6253}
    calibration: daxue-north.csv
    district: erqi
    grade: 2
    legal_review: {reference: "ZZCG-2026-118", valid_to: 2027-06-30}
  - id: yard
    url: rtsp://10.1.2.4/
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cameras.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def faults(path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CamerasInvalid) as refusal:
        read_cameras(path)
    assert "s3cret" not in str(refusal.value)
    return refusal.value.faults


def test_a_good_file_is_read(file: Path) -> None:
    first, second = read_cameras(file)
    assert (first.id, first.address.host, first.every) == ("41010300081320000017", "10.1.2.3", timedelta(seconds=5))
    assert first.substream is not None
    assert first.substream.url == "rtsp://user:s3cret@10.1.2.3:554/sub"
    assert (first.lat, first.lon, first.grade, first.models) == (34.7466, 113.6253, 2, ("street-ads",))
    assert first.legal_review is not None
    assert first.legal_review.valid_to == date(2027, 6, 30)
    assert (second.name, second.every, second.substream, second.lat) == ("yard", timedelta(seconds=5), None, None)


def test_what_was_read_shows_no_password(file: Path) -> None:
    assert "s3cret" not in repr(read_cameras(file))


def test_every_fault_is_listed_with_its_line(file: Path) -> None:
    text = GOOD.replace("every: 5s", "every: soon").replace("lat: 34.7466", "lat: 134.7466") + (
        "    colour: red\n  - id: yard\n    url: http://user:s3cret@10.1.2.5/\n  - name: nameless\n"
    )
    listed = faults(file, text)
    for line, words in [
        (6, "every"),
        (8, "position.lat"),
        (15, "colour: unknown key"),
        (16, "already used in line 13"),
    ]:
        assert any(fault.startswith(f"line {line}:") and words in fault for fault in listed), (line, words, listed)
    assert any("line 17" in fault and "rtsp://" in fault for fault in listed)
    assert any("line 18" in fault and "camera number 4: id" in fault for fault in listed)
    assert any("line 18" in fault and "url" in fault for fault in listed)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("10.1.2.4", "127.0.0.1", 14, "this machine"),
        ("10.1.2.4", "8.8.4.4", 14, "outside the camera networks"),
        ("10.1.2.4", "169.254.169.254", 14, "link-local"),
        ("41010300081320000017", "99010300081320000017", 2, "province"),
        ("41010300081320000017", "41010300081180000017", 2, "131 or 132"),
        ("grade: 2", "grade: 4", 11, "grade"),
        ("2027-06-30", "soon", 12, "valid_to"),
        ("2027-06-30", "1900000000", 12, "valid_to"),
        ("lat: 34.7466", "lat: nan", 8, "position.lat"),
        ("grade: 2", "grade: true", 11, "grade"),
        ("name: Daxue Road north", "name:", 3, "name"),
        ("url: rtsp://10.1.2.4/", "url: &u rtsp://user:s3cret@10.1.2.4/\n    substream: *u", 15, "aliases"),
        ("url: rtsp://10.1.2.4/", "url: {rtsp://user:s3cret@10.1.2.4/: 1}", 14, "url"),
        ("[street-ads]", "street-ads", 7, "models"),
        ("id: yard", "id: yard\n    id: yard2", 14, "is there already, in line 13"),
        ("cameras:", "kameras:", 1, "cameras"),
        ("name: Daxue", "name: [Daxue", 4, "not YAML"),
    ],
)
def test_one_fault_at_a_time(file: Path, old: str, new: str, line: int, words: str) -> None:
    (fault,) = faults(file, GOOD.replace(old, new))
    assert fault.startswith(f"line {line}:")
    assert words in fault


def test_an_id_of_digits_needs_no_quotes(file: Path) -> None:
    """Read as a number it would be too large to be told from its neighbours, or octal."""
    file.write_text(GOOD.replace('"41010300081320000017"', "41010300081320000017").replace("id: yard", "id: 007"))
    assert [camera.id for camera in read_cameras(file)] == ["41010300081320000017", "007"]


def test_one_name_that_does_not_resolve_takes_no_other_camera_with_it(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    more = "".join(f"  - {{id: c{n}, url: 'rtsp://me:s3cret@10.1.3.{n}/'}}\n" for n in range(1, 200))
    file.write_text(GOOD + more + "  - {id: away, url: 'rtsp://me:s3cret@no-such-host.invalid/'}\n")
    assert len(read_cameras(file)) == 202
    (said,) = caplog.messages
    assert said.startswith("line 214: url: rtsp://***@no-such-host.invalid")
    assert "does not resolve" in said
    assert "s3cret" not in said


def test_a_name_that_leads_outside_is_a_fault_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 554))])
    (fault,) = faults(file, GOOD.replace("10.1.2.4", "gate.city"))
    assert "8.8.8.8 is outside the camera networks" in fault


def test_loopback_and_other_networks_when_configured(file: Path) -> None:
    file.write_text("cameras:\n  - {id: a, url: 'rtsp://127.0.0.1:8554/a'}\n  - {id: b, url: 'rtsp://8.8.4.4/b'}\n")
    assert len(read_cameras(file, parse_networks(["8.8.4.0/24"]), loopback=True)) == 2


@pytest.mark.parametrize("text", ["", "[]", "cameras: 3", "a: &a [*a]", "\0"])
def test_what_is_no_camera_file_is_one_clear_fault(file: Path, text: str) -> None:
    assert len(faults(file, text)) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamerasInvalid, match="cannot be read"):
        read_cameras(tmp_path / "gone.yaml")


@given(st.floats(0.04, 3600), st.sampled_from(["s"]))
@settings(max_examples=30)
def test_periods(seconds: float, unit: str) -> None:
    assert parse_period(f"{seconds:.3f}{unit}").total_seconds() == pytest.approx(seconds, abs=1e-3)


@pytest.mark.parametrize("text", ["0s", "-1s", None, "2h", "1s 2s", "1e3s"])
def test_bad_periods(text: object) -> None:
    with pytest.raises(ValueError, match=r"length of time|out of range"):
        parse_period(text)


def test_other_ids_are_free_text() -> None:
    check_gb28181("camera-1")
    check_gb28181("4101030008132000001")  # nineteen digits
    with pytest.raises(ValueError, match="GB/T 28181"):
        check_gb28181("0" * 20)  # twenty digits claim to be such an id


def test_aliases_of_aliases_are_refused_in_a_moment(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 60))]
    (tmp_path / "cameras.yaml").write_text("\n".join(lines))
    with pytest.raises(CamerasInvalid, match=r"line 2: aliases \(\*a0\) are not read"):
        read_cameras(tmp_path / "cameras.yaml")


def test_a_device_is_no_camera_file() -> None:
    with pytest.raises(CamerasInvalid, match="no regular file"):
        read_cameras(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    password: '0123'\n", "password: unknown key: it stands in the address"),
        ("    lat: 34.7\n", "unknown key: write position: {lat"),
        ("    position: [34.7, 113.6]\n", "position: write it as {lat"),
        ("    position: {lat: 113.6, lon: 34.7}\n", "position.lat: must be at most 90"),
        ("    position: {lat: 0, lon: 113.6}\n", "is 0: that is how no place is written"),
        ("    transport: http\n", "transport: must be 'tcp' or 'udp'"),
        ("    models: stalls\n", "models: must be a list"),
        ("    grade: 4\n", "grade: must be 1, 2 or 3"),
    ],
)
def test_faults_are_said_in_our_words(tmp_path: Path, more: str, said: str) -> None:
    (path := tmp_path / "cameras.yaml").write_text(f"cameras:\n  - id: a\n    url: rtsp://10.0.0.9/h264\n{more}")
    with pytest.raises(CamerasInvalid) as raised:
        read_cameras(path)
    assert said in str(raised.value)
    assert "Input" not in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_file_as_a_chinese_editor_saves_it(tmp_path: Path, encoding: str) -> None:
    text = (
        "cameras:\n  - id: 0123\n    name: 大学路与航海路口东北角\n    url: 'rtsp://admin:0123@10.0.0.9/h264 '\n"
        "    transport: TCP\n    position: {lat: '34,7', lng: '113,6'}\n"
        "    legal_review: {reference: 郑公〔2026〕1号, valid_to: 2027年6月30日}\n"
    )
    (path := tmp_path / "cameras.yaml").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    (camera,) = read_cameras(path)
    assert (camera.id, camera.name, camera.address.password) == ("0123", "大学路与航海路口东北角", "0123")
    assert (camera.lat, camera.lon, camera.transport) == (34.7, 113.6, "tcp")
    assert camera.legal_review is not None
    assert camera.legal_review.valid_to.isoformat() == "2027-06-30"
