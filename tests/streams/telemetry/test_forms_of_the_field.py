"""Forms of one value: units, sides, clocks of twelve hours, other digits; read right, or not known."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from detector.geometry.coordinate import coordinate
from streams.errors import TelemetryUnreadable
from streams.telemetry.clock import parse_date
from streams.telemetry.cues import decode
from streams.telemetry.exif import Exif
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Record
from streams.telemetry.srt import read_srt
from tests.streams.telemetry.test_photo import read
from tests.streams.telemetry.test_srt import srt

PLACE = "[latitude: 34.7466] [longitude: 113.6253]"
HEIGHT = "[rel_alt: 50.2 abs_alt: 100.2]"
SHANGHAI = timezone(timedelta(hours=8))


def record(line: str) -> Record:
    (found,) = read_srt(decode(srt(line).encode()), zone=SHANGHAI).records
    return found


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [
        ("34°44'47.8\"N", "113°37'31.1\"E", (34.746611, 113.625306)),
        ("34°44'47.8\"S", "58°37'31.1\"W", (-34.746611, -58.625306)),
        ("S34.7466", "W58.6253", (-34.7466, -58.6253)),
        ("S 34.7466", "W 58.6253", (-34.7466, -58.6253)),
        ("34.7466° S", "58.6253° W", (-34.7466, -58.6253)),
        ("34.7466 South", "58.6253 West", (-34.7466, -58.6253)),
        ("34.7466 Sur", "58.6253 Oeste", (-34.7466, -58.6253)),
        ("南纬34.7466", "西经58.6253", (-34.7466, -58.6253)),
        ("\u221234.7466", "\u221258.6253", (-34.7466, -58.6253)),
        ("３４．7466", "１１３．6253", (34.7466, 113.6253)),
        ("3.47466e+01", "1.136253E2", (34.7466, 113.6253)),
        ("-34,7466", "-58,6253", (-34.7466, -58.6253)),
    ],
)
def test_a_coordinate_however_it_is_written(lat: str, lon: str, place: tuple[float, float]) -> None:
    found = record(f"[latitude: {lat}] [longitude: {lon}] {HEIGHT}")
    assert (found.lat, found.lon, found.height) == (*map(pytest.approx, place), 50.2)


@pytest.mark.parametrize(
    "line",
    [
        "latitude: 34.7466 longitude: 113.6253",
        "lat: 34.7466 lon: 113.6253 alt: 20",
        "[latitude: 34.7466 longitude: 113.6253]",
        "[latitude: 34.7466 longitude: 113.6253 altitude: 20.0]",
        "latitude: 34.7466\nlongitude: 113.6253\nrel_alt: 20",
        "latitude: 34.7466 | longitude: 113.6253 | rel_alt: 20",
        "latitude: 34.7466|longitude: 113.6253",
        "latitude: 34.7466, longitude: 113.6253",
        "latitude:34.7466,longitude:113.6253,rel_alt:20",
        "latitude: 34.7466° longitude: 113.6253° elevation: 20",
        "latitude: 34.7466 N longitude: 113.6253 E satellites: 12",
        "latitude: 34.7466º longitude: 113.6253º",
        "latitude: N34.7466 longitude: E113.6253",
    ],
)
def test_keys_that_nothing_but_a_space_or_a_bar_parts(line: str) -> None:
    found = record(line)
    assert (found.lat, found.lon) == (34.7466, 113.6253)


@pytest.mark.parametrize(
    "lat", ["34.7466E", "34°74'10\"N", "N -34.7466", "34.7.466", "34:44:47", "34 44 47", "34°44", "N 34.7 S", "n/a"]
)
def test_a_coordinate_that_is_none_is_not_known(lat: str) -> None:
    found = record(f"[latitude: {lat}] [longitude: 113.6253] {HEIGHT}")
    assert (found.lat, found.lon) == (None, None)


@given(st.floats(-180, 180, allow_nan=False), st.integers(1, 9))
def test_a_printed_coordinate_is_read(value: float, digits: int) -> None:
    said = coordinate(f"{value:.{digits}f}")
    assert said is not None
    assert said[0] == pytest.approx(value, abs=10**-digits)
    assert said[1] == ""


@given(st.text(max_size=30))
def test_no_text_breaks_a_coordinate(text: str) -> None:
    said = coordinate(text)
    assert said is None or abs(said[0]) < 1e102


@pytest.mark.parametrize(
    ("line", "metres"),
    [
        (f"{PLACE} [rel_alt: 164.5ft abs_alt: 480.1ft]", 50.14),
        (f"{PLACE} [rel_alt: 164.5 feet abs_alt: 480.1 feet]", 50.14),
        ("GPS(113.6253,34.7466,16) BAROMETER:164.5ft", 50.14),
        ("F/2.8, SS 30.15, ISO 260, EV 0, GPS (113.6253, 34.7466, 17), D 221.2ft, H 164.5ft", 50.14),
        *(
            (f"{PLACE} [rel_alt: 164.5{feet} abs_alt: 480.1{feet}]", 50.14)
            for feet in (" 英尺", "英尺", "呎", "'", " '", "_ft", "′", "ft.", "FT")
        ),
        *((f"{PLACE} [abs_alt: 480.1{feet} rel_alt: 164.5{feet}]", 50.14) for feet in ("英尺", "'", "_ft")),
        ("GPS(113.6253,34.7466,16) BAROMETER:164.5英尺", 50.14),
        ("GPS(113.6253,34.7466,16) BAROMETER:164.5'", 50.14),
        ("F/2.8, SS 30.15, ISO 260, EV 0, GPS (113.6253, 34.7466, 17), D 221.2ft, H 164.5 英尺", 50.14),
        *(
            (f"{PLACE} [rel_alt: 50.2{metres} abs_alt: 100{metres}]", 50.2)
            for metres in ("m", " m", "米", " 公尺", " metres", "meters", "M", "_m")
        ),
        *(
            (f"{PLACE} [rel_alt: 50.2{other} abs_alt: 100.2]", None)
            for other in ("yd", " km", "公里", "尺", " 丈", "_yd", "ftm", "²", " cm", "x")
        ),
        *((f"{PLACE} [rel_alt: 1,234.5{unit} abs_alt: 2,234.5{unit}]", None) for unit in ("", " ft", "ft", " m")),
        (f"{PLACE} rel_alt: 50.2 km [abs_alt: 100.2]", None),
        ("GPS(113.6253,34.7466,16) BAROMETER:1,234.5", None),
        ("GPS(113.6253,34.7466,16) BAROMETER:164.5yd", None),
        ("GPS(113.6253,34.7466,16) Hb:1,234.5 Hs:1.9", None),
        ("GPS(113.6253,34.7466,16) BAROMETER:50.2 ISO:100", 50.2),
        ("GPS(113.6253,34.7466,16) BAROMETER:50.2M ISO 100", 50.2),
        (f"{PLACE} rel_alt: 50.2 ISO 100", 50.2),
        (f"{PLACE} rel_alt: 50.2 G.PRY (1, 2, 3)", 50.2),
        (f"{PLACE} rel_alt: 50.2\nDJI Mini 4", 50.2),
        (f"{PLACE} [rel_alt: 5.02e1 abs_alt: 1e2]", 50.2),
        *((f"{PLACE} [rel_alt: {none} abs_alt: 100.2]", None) for none in ("9999.0", "-9999.0", "3276.7", "-32768")),
    ],
)
def test_a_height_in_its_unit(line: str, metres: float | None) -> None:
    assert record(line).height == (None if metres is None else pytest.approx(metres, abs=0.01))


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [("999", "999", "999"), ("372.1", "-190", "200"), ("n/a", "n/a", "")]
)
def test_a_direction_that_no_gimbal_has(yaw: str, pitch: str, roll: str) -> None:
    found = record(f"{PLACE} {HEIGHT} [gb_yaw: {yaw} gb_pitch: {pitch} gb_roll: {roll}]")
    assert (found.yaw, found.pitch, found.roll) == (None, None, None)


def test_a_gimbal_at_zero_over_a_turned_airframe_in_a_line_without_keys() -> None:
    line = (
        "F/2.8, SS 30.15, ISO 260, EV 0, GPS (113.6253, 34.7466, 17), D 1m, H 20m, F.PRY ({}), G.PRY (-90°, 0°, 0.0°)"
    )
    assert record(line.format("1.0°, 2.0°, 130.0°")).yaw is None
    assert record(line.format("1.0°, 2.0°, 3.0°")).yaw == 0


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-05-01 02:00:00 PM", 14),
        ("2026/05/01 12:00:00 AM", 0),
        ("2026-05-01 下午 02:00:00", 14),
        ("2026年05月01日 14:00:00", 14),
        ("2026-05-01T06:00:00Z", 14),
        ("2026-05-01 06:00:00 UTC", 14),
        ("2026-05-01T15:00:00+09:00", 14),
        ("2026-05-01 14:00:00,123,456", 14),
    ],
)
def test_a_clock_with_its_half_of_the_day_or_its_zone(written: str, hour: int) -> None:
    time = record(f"{written}\n{PLACE} {HEIGHT}").time
    assert time is not None
    assert (time.astimezone(SHANGHAI).day, time.astimezone(SHANGHAI).hour) == (1, hour)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026:11:20 02:50:10 PM", datetime(2026, 11, 20, 6, 50, 10, tzinfo=UTC)),
        ("2026:11:20 下午02:50:10", datetime(2026, 11, 20, 6, 50, 10, tzinfo=UTC)),
        ("2026:11:20 10:50:10+09", datetime(2026, 11, 20, 1, 50, 10, tzinfo=UTC)),
        ("2026: 1: 2  9:50:10", datetime(2026, 1, 2, 1, 50, 10, tzinfo=UTC)),
        ("2026:11:20 13:50:10 PM", None),
        ("2026:11:20 24:00:00", None),
    ],
)
def test_dates_of_other_cameras(written: str, at: datetime | None) -> None:
    assert parse_date(written, SHANGHAI) == at


def test_two_places_in_one_line_are_none() -> None:
    found = record(f"{PLACE} {HEIGHT} [latitude: 34.8]")
    assert (found.lat, found.lon, found.ambiguous) == (None, None, "it names two places")
    home = record(f"{PLACE} {HEIGHT} [home latitude: 30.0] [home longitude: 110.0]")
    assert (home.lat, home.lon) == (34.7466, 113.6253)


@pytest.mark.parametrize(("at", "known"), [((6.46, 53.36), True), ((53.36, 6.46), False), ((30.0, 30.0), True)])
def test_where_it_was_flown_outranks_names_that_are_swapped(at: tuple[float, float], known: bool) -> None:
    lat, lon = at
    area = box(lon - 1, lat - 1, lon + 1, lat + 1)
    (found,) = read_srt(srt(f"[latitude: 6.46] [longitude: 53.36] {HEIGHT}"), area=area).records
    assert ((found.lat, found.lon) == (6.46, 53.36)) is known
    assert (found.ambiguous is None) is known


def test_times_without_fractions_and_times_in_frames() -> None:
    lines = "1\n00:00:{0} --> 00:00:{1}\n{2} {3}\n\n2\n00:00:{1} --> 00:00:{4}\n{2} {3}\n"
    whole = read_srt(lines.format("01", "02", PLACE, HEIGHT, "03")).records
    assert [found.t for found in whole] == [1.0, 2.0]
    frames = read_srt(lines.format("01:12", "02:12", PLACE, HEIGHT, "03:00")).records
    assert all(found.ambiguous and "neither a time nor a date" in found.ambiguous for found in frames)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latitude,longitude,altitude(feet)\n34.7,113.6,100\n", "a flight log as a table"),
        ("time(millisecond);datetime(utc);Latitude;Longitude\n0;x;34.7;113.6\n", "a flight log as a table"),
        ('<?xml version="1.0"?><gpx><trk/></gpx>', "a GPX track"),
        ("<kml><Document/></kml>", "a KML track"),
        ('{"frames": [{"latitude": 34.7}]}', "a JSON log"),
        ("$GNGGA,123519,4807.038,N,01131.000,E,1,08,0.9\n", "an NMEA log"),
        ("1\t439999.1\t[2100]\t 0,N\t 0,E\t 0,V\t34.7466,Lat\t113.6253,Lon\t50.1,Ellh\n", "a .MRK file"),
    ],
)
def test_logs_of_another_kind_are_named(tmp_path: Path, text: str, said: str) -> None:
    (path := tmp_path / "a.srt").write_text(text)
    with pytest.raises(TelemetryUnreadable, match=f"{said}.* is not read: give the subtitles"):
        read_telemetry(path)


@pytest.mark.parametrize(
    ("value", "degrees"),
    [((34.5,), 34.5), ((34.0, 30.25), 34.504167), ((34.0, 30.0), None), ((34.0,), None), ((34.0, float("nan")), None)],
)
def test_exif_degrees_that_end_early_have_a_fraction(value: tuple[float, ...], degrees: float | None) -> None:
    found = Exif({}, {}, {1: b"N", 2: value}).degrees(2)
    assert found == (None if degrees is None else pytest.approx(degrees, abs=1e-6))


@pytest.mark.parametrize(
    ("datum", "other"),
    [(b"TOKYO", True), (b"GCJ-02", True), (b"BD09", True), (b"WGS-84", False), (b"CGCS2000", False), (b"", False)],
)
def test_another_datum_is_not_wgs84(datum: bytes, other: bool) -> None:
    assert bool(Exif({}, {}, {0x12: datum}).other_datum) is other


def test_a_photo_of_a_gimbal_that_points_nowhere() -> None:
    found = read('<rdf:Description drone-dji:GimbalYawDegree="10" drone-dji:GimbalPitchDegree="-180"/>').record
    assert (found.pitch, found.ambiguous) == (None, "no gimbal reaches a pitch of -180")
