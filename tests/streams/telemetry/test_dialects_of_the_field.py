"""What other makers print: each dialect by what it alone prints, and what is not read is named."""

import struct
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from streams.errors import NotAVideo, TelemetryUnreadable
from streams.telemetry.alignment import misaligned, nothing_placed
from streams.telemetry.clock import parse_date, parse_zone
from streams.telemetry.cues import cues
from streams.telemetry.flight import PoseTrack
from streams.telemetry.photo import read_photo
from streams.telemetry.photo_pose import pose_of_photo
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Telemetry
from streams.telemetry.srt import read_srt
from streams.video.file_type import kind_of, sniff
from tests.streams.telemetry.test_hostile import box as atom
from tests.streams.telemetry.test_not_known import ATTRIBUTES, NEAR, PIXELS
from tests.streams.telemetry.test_photo import exif, jpeg, read
from tests.streams.telemetry.test_srt import srt

AUTEL = "HOME(E: 113.616776, N: 34.719286) 2026-11-01 15:29:24\nGPS({}, {}, 161.20m)\nISO:105 G.PRY (-89.9, 0.0, 88.0)"
AVATA = "GPS(53.365108,6.460719,69.800) BAROMETER(91.2) HOME(53.365090,6.460700)"


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        ("E: 113.621475", "N: 34.714199", (34.714199, 113.621475)),
        ("W: 97.621475", "S: 34.714199", (-34.714199, -97.621475)),
        ("W: -97.621475", "S: -34.714199", (-34.714199, -97.621475)),
        ("N: 34.714199", "E: 113.621475", (34.714199, 113.621475)),
        ("e:113.621475", "n:34.714199", (34.714199, 113.621475)),
        ("113.621475E", "34.714199N", (34.714199, 113.621475)),
        ("97.621475° W", "34.714199° S", (-34.714199, -97.621475)),
        ("lon: 113.621475", "lat: 34.714199", (34.714199, 113.621475)),
        ("E: 0.000000", "N: 0.000000", (None, None)),
    ],
)
def test_autels_letters(first: str, second: str, place: tuple[float | None, float | None]) -> None:
    (record,) = read_srt(srt(AUTEL.format(first, second)), area=box(0, 0, 1, 1)).records
    assert (record.lat, record.lon, record.dialect, record.height) == (*place, "autel", None)
    assert (record.yaw, record.pitch) == (88.0, -89.9)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("W: -117.-9605", "N: 33.6323"),
        ("E: -117.9", "N: 33.6"),
        ("E: 117.9", "E: 33.6"),
        ("N: 117.9", "E: 33.6"),
        ("W: x", "N: 1"),
    ],
)
def test_a_broken_coordinate_is_named(first: str, second: str) -> None:
    telemetry = read_srt(srt(AUTEL.format(first, second)))
    assert telemetry.records == ()
    assert telemetry.skipped[0].startswith("block 1 at 1.000 s: ")


def test_letters_in_brackets_are_not_dropped() -> None:
    (record,) = read_srt(srt("[latitude: 34.5 S] [longitude: 58.25 W] [rel_alt: 5.0 abs_alt: 9.0]")).records
    assert (record.lat, record.lon) == (-34.5, -58.25)


@pytest.mark.parametrize(
    ("near", "place"),
    [
        (None, (53.365108, 6.460719)),
        ((53.3, 6.4), (53.365108, 6.460719)),
        ((34.7, 113.6), (None, None)),
        ((6.4, 53.3), (6.460719, 53.365108)),
    ],
)
def test_avata_prints_latitude_first(
    near: tuple[float, float] | None, place: tuple[float | None, float | None]
) -> None:
    area = box(near[1] - 1, near[0] - 1, near[1] + 1, near[0] + 1) if near else None
    (record,) = read_srt(srt(AVATA), area=area).records
    assert (record.lat, record.lon, record.height, record.dialect) == (*place, 91.2, "dji-avata")
    assert (record.ambiguous is None) == (place != (None, None))


@pytest.mark.parametrize(
    "line",
    ["HOME(6.4,53.3) GPS(6.46,53.36,12)", "GPS(6.46,53.36,69.8) BAROMETER:1.9", "GPS(6.46,53.36,12) G.PRY (1, 2, 3)"],
)
def test_no_dialect_is_assumed_by_elimination(line: str) -> None:
    (record,) = read_srt(srt(line)).records
    assert (record.lat, record.dialect) == (None, "gps")
    assert record.ambiguous is not None


ASS = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,{\\fs36}2026-11-01 15:29:24\\NGPS(E: 113.621475, N: 34.714199, 161m)
Dialogue: 0,0:00:01.50,0:00:02.00,Default,,0,0,0,,GPS(E: 113.621485, N: 34.714209, 161.40m)
"""


def test_ass_is_read_like_subrip(tmp_path: Path) -> None:
    (tmp_path / "MAX_0001.ass").write_text(ASS)
    found = read_telemetry(tmp_path / "MAX_0001.ass").records
    assert [(record.t, record.lat) for record in found] == [(0.0, 34.714199), (1.5, 34.714209)]
    assert found[0].time is not None


def test_webvtt_without_hours() -> None:
    found = list(cues("WEBVTT\n\n00:01.500 --> 00:02.000\n[latitude: 1.0]\n"))
    assert (found[-1].start, found[-1].end) == (1.5, 2.0)


GOOD = (
    "[latitude: {:.6f}] [longitude: 113.6] [rel_alt: 60.0 abs_alt: 9.0] "
    "[gb_yaw: 5 gb_pitch: -80 gb_roll: 1] [focal_len: 24.00]"
)


@pytest.mark.parametrize("parts", [2, 3])
def test_joined_sidecars_follow_each_other(parts: int) -> None:
    one = [srt(*(GOOD.format(34.7 + part / 10 + i * 1e-5) for i in range(6))) for part in range(parts)]
    telemetry = read_srt("".join(one))
    assert [record.t for record in telemetry.records[5:7]] == [6.0, 8.0]
    assert sum("restart here" in note for note in telemetry.skipped) == parts - 1
    flight = PoseTrack(telemetry)
    for part in range(parts):
        pose = flight.pose_at(7.0 * part + 3.0, size=(1920, 1080))
        assert pose is not None
        assert pose.lat == pytest.approx(34.7 + part / 10 + 2e-5, abs=1e-9)


def test_a_height_that_is_zero_throughout_is_not_known() -> None:
    telemetry = read_srt(srt(*(GOOD.format(34.7).replace("60.0", "0.000") for _ in range(4))))
    assert {record.height for record in telemetry.records} == {None}
    assert any("height is 0" in note for note in telemetry.skipped)
    assert "the height" in (nothing_placed(telemetry) or "")


def test_a_direction_that_is_zero_throughout_is_not_known() -> None:
    zero = "gb_yaw: 0.0 gb_pitch: 0.0 gb_roll: 0.0"
    telemetry = read_srt(
        srt(*(GOOD.format(34.7).replace("gb_yaw: 5 gb_pitch: -80 gb_roll: 1", zero) for _ in range(4)))
    )
    assert {record.yaw for record in telemetry.records} == {None}
    assert any("direction is 0, 0, 0" in note for note in telemetry.skipped)


def test_a_gimbal_at_zero_while_the_airframe_is_turned() -> None:
    (record,) = read_srt(srt(GOOD.format(34.7).replace("gb_yaw: 5", "gb_yaw: 0.0") + " [drone_yaw: 88.0]")).records
    assert (record.yaw, record.pitch) == (None, -80.0)


@pytest.mark.parametrize("date", ["1970-01-01", "0001-01-01", "9999-12-31", "2000-01-01", "1980-01-06"])
def test_a_clock_that_was_never_set_is_no_time(date: str) -> None:
    (record,) = read_srt(srt(f"{date} 00:00:01.000\n{GOOD.format(34.7)}"), zone=timezone(timedelta(hours=8))).records
    assert (record.time, record.lat) == (None, 34.7)
    block = exif().replace(b"2026:03:26 17:52:17", f"{date.replace('-', ':')} 17:52:17".encode())
    assert read(block=block).record.time is None


def test_one_wild_date_does_not_move_the_others() -> None:
    lines = [f"2026-11-20 10:00:0{i}.000\n{GOOD.format(34.7)}" for i in range(8)]
    lines[3] = lines[3].replace("2026", "2029")
    time = PoseTrack(read_srt(srt(*lines))).time_at(4.0)
    assert time is not None
    assert (time.year, time.second) == (2026, 3)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Z", 0.0),
        ("+08:00", 8.0),
        ("+0800", 8.0),
        ("+8", 8.0),
        ("-03:30", -3.5),
        ("UTC+8", 8.0),
        ("GMT", 0.0),
        ("+14:00", 14.0),
    ],
)
def test_zones_as_cameras_write_them(written: str, hours: float) -> None:
    zone = parse_zone(written)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize("written", ["", "   :  ", "+", "08:00", "+25:00", "+08:75", "CST", "?"])
def test_a_blank_zone_is_not_known(written: str) -> None:
    assert parse_zone(written) is None


@given(st.text(max_size=30))
def test_any_text_as_a_date_or_zone(text: str) -> None:
    for found in (parse_date(text, None), parse_zone(text)):
        assert found is None or found


@pytest.mark.parametrize(("zone", "offset"), [(b"Z\0\0\0\0\0\0", 0), (b"   :  \0", -3), (b"+0800\0\0", 8)])
def test_the_photos_zone_or_the_callers(zone: bytes, offset: int) -> None:
    photo = read_photo(jpeg(block=exif().replace(b"+08:00\0", zone)), zone=timezone(timedelta(hours=-3)))
    assert photo is not None
    assert photo.record.time is not None
    assert photo.record.time.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    ("written", "pitch"),
    [
        ("-60", -60.0),
        ("-90", -90.0),
        ("-10.5", -10.5),
        ("0.1", -89.9),
        ("30", -60.0),
        ("0", None),
        ("-0.5", None),
        ("170", None),
    ],
)
@pytest.mark.parametrize("maker", ['tiff:Make="Autel Robotics"', 'rdf:about="AUTEL"'])
def test_autels_pitch_both_ways(maker: str, written: str, pitch: float | None) -> None:
    record = read(f'<rdf:Description {maker} Camera:Pitch="{written}" Camera:Yaw="10" Camera:Roll="1"/>', exif()).record
    assert record.dialect == "xmp-autel"
    assert record.pitch == (None if pitch is None else pytest.approx(pitch))


@pytest.mark.parametrize("side", [b"S", b"s", b"South", b"SOUTH"])
def test_hemispheres_written_out(side: bytes) -> None:
    letters = b"\0\x01\0\x02\0\0\0\x02N\0\0\0"
    assert letters in exif()
    at = len(exif())
    written = exif().replace(letters, b"\0\x01\0\x02" + struct.pack(">II", len(side) + 1, at)) + side + b"\0"
    short = exif().replace(letters, b"\0\x01\0\x02\0\0\0\x02" + side + b"\0\0\0") if len(side) == 1 else written
    record = read(block=short).record
    assert record.lat == pytest.approx(-34.7466, abs=1e-6)


def test_exif_and_xmp_of_two_places_are_not_believed() -> None:
    photo = read_photo(
        jpeg('<rdf:Description drone-dji:GpsLatitude="-34.7466" drone-dji:GpsLongitude="113.6253"/>', exif())
    )
    assert photo is not None
    assert photo.record.lat is None
    assert "two places" in (photo.record.ambiguous or "")


def posed(**changes: str) -> object:
    packet = " ".join(f'drone-dji:{name}="{value}"' for name, value in (ATTRIBUTES | changes).items())
    photo = read_photo(jpeg(f"<rdf:Description {packet}/>", NEAR))
    assert photo is not None
    return photo


@pytest.mark.parametrize("size", [(3000, 4000), (2160, 3840), (3000, 3000)])
def test_upright_pictures_are_not_placed(size: tuple[int, int]) -> None:
    pose, why = pose_of_photo(posed(), size)  # type: ignore[arg-type]
    assert pose is None
    assert "upright" in (why or "")


def test_a_picture_made_smaller_keeps_its_angle_and_not_its_calibrated_pixels() -> None:
    whole, _ = pose_of_photo(posed(), PIXELS)  # type: ignore[arg-type]
    half, _ = pose_of_photo(posed(), (2000, 1500))  # type: ignore[arg-type]
    assert whole is not None
    assert half is not None
    assert half.lens.fx == pytest.approx(whole.lens.fx / 2, rel=0.03)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif", b"avis", b"crx "])
@pytest.mark.parametrize("name", ["a.HEIC", "a.MOV", "a.jpg"])
def test_stills_in_a_videos_container_are_named(tmp_path: Path, brand: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(atom(b"ftyp", brand + bytes(4) + b"mif1heic") + atom(b"meta", bytes(600)))
    with pytest.raises(NotAVideo, match="picture, which is not read: save it as JPEG"):
        sniff(tmp_path / name)
    with pytest.raises(TelemetryUnreadable, match="picture, which is not read"):
        read_telemetry(tmp_path / name)


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  ", b"avc1", b"dash"])
def test_videos_stay_videos(brand: bytes) -> None:
    assert kind_of(atom(b"ftyp", brand + bytes(4) + b"mif1")) == "mp4"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\x1a\x45\xdf\xa3", "subtitles in MKV are not read"),
        (b"RIFF\0\0\0\0AVI ", "subtitles in AVI are not read"),
        (bytes(range(32)) * 20, "neither subtitles"),
    ],
)
def test_binary_files_are_never_read_as_text(tmp_path: Path, head: bytes, said: str) -> None:
    (tmp_path / "x.mkv").write_bytes(head + b"[latitude: 34.7] [longitude: 113.6] " + bytes(range(256)) * 40)
    with pytest.raises(TelemetryUnreadable, match=said):
        read_telemetry(tmp_path / "x.mkv")


def track(handler: bytes, kind: bytes, nested: int = 0) -> bytes:
    table = atom(b"stsd", struct.pack(">II", 0, 1) + struct.pack(">I", 16) + kind + bytes(8))
    media = atom(b"mdhd", bytes(24)) + atom(b"hdlr", bytes(8) + handler) + atom(b"minf", atom(b"stbl", table))
    body = atom(b"mdia", media)
    for _ in range(nested):
        body = atom(b"trak", body)
    return atom(b"trak", body)


@pytest.mark.parametrize(
    ("kind", "said"), [(b"djmd", "DJI's binary telemetry"), (b"gpmd", "GoPro's telemetry"), (b"dbgi", "debug")]
)
def test_binary_tracks_are_named(tmp_path: Path, kind: bytes, said: str) -> None:
    (tmp_path / "a.mp4").write_bytes(atom(b"ftyp", b"isom") + atom(b"moov", track(b"meta", kind)))
    with pytest.raises(TelemetryUnreadable, match=said):
        read_telemetry(tmp_path / "a.mp4")


def test_tracks_within_tracks_cost_the_positions_alone(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(atom(b"ftyp", b"isom") + atom(b"moov", track(b"text", b"text", nested=5000)))
    with pytest.raises(TelemetryUnreadable, match="no subtitle track"):
        read_telemetry(tmp_path / "a.mp4")


@pytest.mark.parametrize("key", ["latitude", "longitude", "rel_alt", "abs_alt", "gb_yaw", "focal_len", "rtk_flag"])
def test_a_number_of_four_hundred_digits_costs_its_line_alone(key: str) -> None:
    telemetry = read_srt(srt(GOOD.format(34.7), f"[{key}: {'9' * 400}] " + GOOD.format(34.7), GOOD.format(34.7)))
    flight = PoseTrack(telemetry)
    assert len(telemetry.records) + len(telemetry.skipped) == 3
    assert flight.pose_at(1.0, size=(1920, 1080)) is not None


def test_a_part_of_a_long_file_is_judged_by_the_whole() -> None:
    lines = [f"GPS({113.6 if i == 0 else 35.0}, {34.7 if i == 0 else 36.0 + i * 1e-6}, 12)" for i in range(40)]
    whole = read_srt(srt(*lines)).records
    part = read_srt(srt(*lines), span=(20.0, 30.0)).records
    assert part == tuple(record for record in whole if 20 <= record.t <= 30)


@pytest.mark.parametrize(
    ("video", "fits"), [(12.0, True), (13.4, True), (0.0, True), (14.0, False), (30.0, False), (6.0, False)]
)
def test_a_sidecar_of_another_length_is_named(video: float, fits: bool) -> None:
    telemetry = read_srt(srt(*(GOOD.format(34.7) for _ in range(11))))
    assert telemetry.ends == 12.0
    assert (misaligned(telemetry, video) is None) == fits


def test_a_sidecar_that_breaks_off_is_right_up_to_there() -> None:
    telemetry = read_srt(
        srt(*(GOOD.format(34.7) for _ in range(6))) + "7\n00:00:07,000 --> 00:00:08,000\n[latitude: 34"
    )
    assert telemetry.cut
    assert misaligned(telemetry, 40.0) is None


def test_nothing_is_said_of_a_whole_flight() -> None:
    assert nothing_placed(read_srt(srt(GOOD.format(34.7)))) is None
    assert nothing_placed(Telemetry(())) is None
