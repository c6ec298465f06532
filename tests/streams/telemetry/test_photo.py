"""Photos: what DJI, Skydio, Parrot, Autel and Teal write, and files that write nothing."""

import struct
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.telemetry.exif import Exif
from streams.telemetry.photo import Photo, read_photo


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif(lat: float = 34.7466, lon: float = 113.6253) -> bytes:
    """A big-endian TIFF block with GPS position, date, zone and a 24 mm equivalent."""

    def rationals(value: float) -> bytes:
        whole = abs(value)
        minutes = (whole % 1) * 60
        return struct.pack(">6I", int(whole), 1, int(minutes), 1, round((minutes % 1) * 60 * 10000), 10000)

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack(">HHI", tag, kind, count) + value.ljust(4, b"\0")

    date, zone = b"2026:03:26 17:52:17\0", b"+08:00\0"
    camera_at, gps_at = 8 + 2 + 24 + 4, 8 + 2 + 24 + 4 + 2 + 36 + 4
    data_at = gps_at + 2 + 48 + 4
    main = struct.pack(">H", 2) + entry(0x8769, 4, 1, struct.pack(">I", camera_at))
    main += entry(0x8825, 4, 1, struct.pack(">I", gps_at)) + bytes(4)
    camera = struct.pack(">H", 3) + entry(0x9003, 2, 20, struct.pack(">I", data_at + 48))
    camera += (
        entry(0x9011, 2, 7, struct.pack(">I", data_at + 68)) + entry(0xA405, 3, 1, struct.pack(">H", 24)) + bytes(4)
    )
    gps = struct.pack(">H", 4) + entry(1, 2, 2, b"N" if lat >= 0 else b"S") + entry(2, 5, 3, struct.pack(">I", data_at))
    gps += entry(3, 2, 2, b"E" if lon >= 0 else b"W") + entry(4, 5, 3, struct.pack(">I", data_at + 24)) + bytes(4)
    return b"MM\0*" + struct.pack(">I", 8) + main + camera + gps + rationals(lat) + rationals(lon) + date + zone


def jpeg(xmp: str = "", block: bytes | None = None) -> bytes:
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{xmp}</x:xmpmeta>'.encode()
    parts = [b"\xff\xd8"]
    if block is not None:
        parts.append(segment(0xE1, b"Exif\0\0" + block))
    if xmp:
        parts.append(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))
    parts.append(segment(0xC0, struct.pack(">BHHB", 8, 3000, 4000, 3) + bytes(9)))
    return b"".join(parts) + segment(0xDA, bytes(10)) + b"picture"


def read(xmp: str = "", block: bytes | None = None) -> Photo:
    photo = read_photo(jpeg(xmp, block))
    assert photo is not None
    return photo


@pytest.mark.parametrize(
    ("name", "lat", "lon", "height", "pitch"),
    [("DJI_0019", 53.91963025, 27.57543253, 119.8, -40.9), ("DJI_0022", 53.91963339, 27.57543619, 119.4, -76.9)],
)
def test_real_photos(shared: Path, name: str, lat: float, lon: float, height: float, pitch: float) -> None:
    photo = read_photo((shared / "telemetry" / "dji_photos" / f"{name}.JPG").read_bytes())
    assert photo is not None
    record = photo.record
    assert (record.lat, record.lon) == pytest.approx((lat, lon), abs=1e-7)
    assert (record.height, record.yaw, record.pitch, record.roll) == (height, 126.2, pitch, 0.0)
    assert (record.focal_35mm, record.dialect, photo.width, photo.height) == (26.0, "xmp-dji", 4000, 2250)


@pytest.mark.parametrize("spelling", ["GpsLongitude", "GpsLongtitude"])
def test_dji_position_in_attributes(spelling: str) -> None:
    photo = read(
        f'<rdf:Description drone-dji:GpsLatitude="+34.7466" drone-dji:{spelling}="+113.6253" '
        'drone-dji:RelativeAltitude="+60.10" drone-dji:GimbalYawDegree="-83.60" drone-dji:GimbalPitchDegree="-90.00" '
        'drone-dji:GimbalRollDegree="+0.00" drone-dji:FlightYawDegree="+12.0" drone-dji:RtkFlag="50"/>'
    )
    record = photo.record
    assert (record.lat, record.lon, record.height) == (34.7466, 113.6253, 60.1)
    assert (record.yaw, record.pitch, record.roll, record.rtk) == (-83.6, -90.0, 0.0, True)


def test_attributes_in_single_quotes() -> None:
    record = read("<rdf:Description drone-dji:GpsLatitude='+34.7466' drone-dji:GpsLongitude='+113.6253'/>").record
    assert (record.lat, record.lon) == (34.7466, 113.6253)


@pytest.mark.parametrize(("reference", "metres"), [(b"\0", 12.5), (b"\1", -12.5)])
def test_altitude_below_the_sea(reference: bytes, metres: float) -> None:
    assert Exif({}, {}, {5: reference, 6: (12.5,)}).altitude() == metres


@pytest.mark.parametrize("flag", ["0", "16", "34"])
def test_only_a_fixed_solution_is_rtk(flag: str) -> None:
    assert not read(f'<rdf:Description drone-dji:GpsLatitude="1" drone-dji:RtkFlag="{flag}"/>').record.rtk


def test_dji_as_elements_with_no_fix() -> None:
    record = read(
        "<drone-dji:GpsLatitude>0.0</drone-dji:GpsLatitude><drone-dji:GpsLongitude>0.0</drone-dji:GpsLongitude>"
        "<drone-dji:RelativeAltitude>+5.0</drone-dji:RelativeAltitude>"
    ).record
    assert (record.lat, record.lon, record.height) == (None, None, 5.0)


def test_dji_calibrated_lens() -> None:
    warp = "2022-05-27;3713.29,3713.29,7.02,-8.72,-0.1125,0.0149,-0.0001,0.0002,-0.0257"
    lens = read(f'<rdf:Description drone-dji:DewarpData="{warp}" drone-dji:DewarpFlag="0"/>').lens
    assert lens is not None
    assert (lens.fx, lens.cx, lens.cy) == (3713.29, 2007.02, 1491.28)
    assert lens.distortion == (-0.1125, 0.0149, -0.0001, 0.0002, -0.0257)
    straight = read(f'<rdf:Description drone-dji:DewarpData="{warp}" drone-dji:DewarpFlag="1"/>').lens
    assert straight is not None
    assert not any(straight.distortion)


@pytest.mark.parametrize(
    "orientation",
    [
        '<drone-skydio:CameraOrientationNED drone-skydio:Roll="0.5" drone-skydio:Pitch="-45.5" '
        'drone-skydio:Yaw="12.25"/>',
        '<drone-skydio:CameraOrientationNED rdf:parseType="Resource"><drone-skydio:Roll>0.5</drone-skydio:Roll>'
        "<drone-skydio:Pitch>-45.5</drone-skydio:Pitch><drone-skydio:Yaw>12.25</drone-skydio:Yaw>"
        "</drone-skydio:CameraOrientationNED>",
    ],
)
def test_skydio_in_both_forms(orientation: str) -> None:
    other = (
        '<drone-skydio:CameraOrientationFLU drone-skydio:Roll="9" drone-skydio:Pitch="8" drone-skydio:Yaw="7"/>'
        "<drone-skydio:Latitude>34.7466</drone-skydio:Latitude>"
        "<drone-skydio:Longitude>113.6253</drone-skydio:Longitude>"
        "<drone-skydio:RelativeAltitude>33.25</drone-skydio:RelativeAltitude>"
    )
    record = read(other + orientation).record
    assert (record.lat, record.lon, record.height) == (34.7466, 113.6253, 33.25)
    assert (record.yaw, record.pitch, record.roll, record.dialect) == (12.25, -45.5, 0.5, "xmp-skydio")


def test_parrot_counts_pitch_from_the_horizon_in_its_own_name() -> None:
    record = read(
        "<drone-parrot:CameraPitchDegree>-78.362686</drone-parrot:CameraPitchDegree>"
        "<drone-parrot:CameraYawDegree>176.310745</drone-parrot:CameraYawDegree>"
        "<Camera:Pitch>11.6</Camera:Pitch><Camera:AboveGroundAltitude>49.5</Camera:AboveGroundAltitude>",
        exif(),
    ).record
    assert (record.yaw, record.pitch, record.height, record.dialect) == (176.310745, -78.362686, 49.5, "xmp-parrot")
    assert record.lat == pytest.approx(34.7466, abs=1e-6)


@pytest.mark.parametrize(("written", "pitch"), [("0", -90.0), ("30", -60.0), ("-78.4", -78.4)])
def test_the_shared_name_counts_pitch_from_straight_down(written: str, pitch: float) -> None:
    record = read(f'<rdf:Description Camera:Pitch="{written}" Camera:Yaw="10" Camera:Roll="1"/>', exif()).record
    assert (record.yaw, record.roll) == (10.0, 1.0)
    assert record.pitch == pytest.approx(pitch)


def test_autel() -> None:
    new = read(
        '<rdf:Description rdf:about="DJI Meta Data" drone:GpsLatitude="34.7466" drone:GpsLongtitude="113.6253" '
        'drone:RelativeAltitude="60.0" drone:GimbalYawDegree="5" drone:GimbalPitchDegree="-45"/>'
    ).record
    assert (new.lat, new.lon, new.height, new.yaw, new.pitch) == (34.7466, 113.6253, 60.0, 5.0, -45.0)
    old = '<rdf:Description rdf:about="Autel Robotics Meta Data" Camera:Pitch="30" Camera:Yaw="5"/>'
    assert read(old, exif()).record.pitch == -60.0


def test_teal_writes_fractions_and_minutes() -> None:
    record = read(
        "<exif:CameraPitch>-86831/1600</exif:CameraPitch><exif:CameraYaw>100/8</exif:CameraYaw>"
        "<exif:GPSLatitude>40,42.62N</exif:GPSLatitude><exif:GPSLongitude>111,53.5W</exif:GPSLongitude>"
    ).record
    assert (record.lat, record.lon) == pytest.approx((40.710333, -111.891667), abs=1e-6)
    assert (record.pitch, record.yaw) == pytest.approx((-54.269375, 12.5))


@pytest.mark.parametrize(("lat", "lon"), [(34.7466, 113.6253), (-34.5, -58.25)])
def test_exif_alone_gives_position_time_and_lens(lat: float, lon: float) -> None:
    record = read(block=exif(lat, lon)).record
    assert (record.lat, record.lon) == pytest.approx((lat, lon), abs=1e-6)
    assert (record.focal_35mm, record.height, record.yaw, record.dialect) == (24.0, None, None, "exif")
    assert record.time is not None
    assert record.time.utcoffset() == timedelta(hours=8)


def test_the_callers_zone_is_used_where_the_photo_names_none() -> None:
    block = exif().replace(b"+08:00", b"\0\0\0\0\0\0")
    photo = read_photo(jpeg(block=block), zone=timezone(timedelta(hours=-3)))
    assert photo is not None
    assert photo.record.time is not None
    assert photo.record.time.isoformat() == "2026-03-26T17:52:17-03:00"


def test_a_picture_that_says_nothing() -> None:
    assert read_photo(jpeg()) is None


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_mutated_photos_never_crash(data: st.DataObject) -> None:
    raw = bytearray(jpeg('<rdf:Description drone-dji:GpsLatitude="+34.7" drone-dji:GpsLongitude="+113.6"/>', exif()))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(2, len(raw) - 1))] = data.draw(st.integers(0, 255))
    photo = read_photo(bytes(raw[: data.draw(st.integers(2, len(raw)))]))
    assert photo is None or photo.record.lat is None or abs(photo.record.lat) <= 90
