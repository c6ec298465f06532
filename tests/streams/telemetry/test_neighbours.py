"""Files beside those that the field reported: other letters, writers and damage; "not known" in each carrier."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.telemetry.flight import PoseTrack
from streams.telemetry.klv import read_klv
from streams.telemetry.mp4 import read_subtitles
from streams.telemetry.photo import read_photo
from streams.telemetry.photo_pose import pose_of_photo
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Record, Telemetry
from streams.telemetry.srt import read_srt
from tests.streams.telemetry.test_klv import HERE, SENSOR, packet
from tests.streams.telemetry.test_mp4 import FTYP, box, samples, saved, track
from tests.streams.telemetry.test_not_known import SIZE, place, srt, values_at
from tests.streams.telemetry.test_photo import exif, jpeg, read

PLACE = (34.714199, 113.621475)


def first(line: str) -> Record:
    return read_srt(f"1\n00:00:00,000 --> 00:00:01,000\n{line}\n").records[0]


@pytest.mark.parametrize(
    "inside",
    [
        "E113.621475, N34.714199, 161.20m",
        "E 113.621475, N 34.714199",
        "E=113.621475, N=34.714199",
        "Lon=113.621475, Lat=34.714199, Alt=161.2",
        "lng: 113.621475, lat: 34.714199",
        "LON:113.621475,LAT:34.714199,161.2",
    ],
)
def test_letters_however_they_are_joined_to_their_numbers(inside: str) -> None:
    record = first(f"GPS({inside})")
    assert (record.lat, record.lon, record.dialect) == (*PLACE, "autel")


@pytest.mark.parametrize("inside", ["34°42'51.1, 113°37'17.3", "113.621475; 34.714199; 161"])
def test_a_position_that_is_written_in_another_way_is_named(inside: str) -> None:
    read_one = read_srt(f"1\n00:00:00,000 --> 00:00:01,000\nGPS({inside})\n")
    assert (read_one.records, len(read_one.skipped)) == ((), 1)


@pytest.mark.parametrize("keys", [("lat", "lon"), ("lat", "lng"), ("Latitude", "Longitude")])
def test_keys_of_other_writers(keys: tuple[str, str]) -> None:
    record = first(f"[{keys[0]}: {PLACE[0]}] [{keys[1]}: {PLACE[1]}] [gimbal_yaw: 10.0 gimbal_pitch: -50.0]")
    assert (record.lat, record.lon, record.yaw, record.pitch) == (*PLACE, 10.0, -50.0)


@pytest.mark.parametrize("pair", [(1e-6, -1e-6), (-1.0, -1.0), (0.0, 1.5)])
def test_a_place_in_the_open_sea_is_no_fix(pair: tuple[float, float]) -> None:
    """Seven lines of twelve say it: that more of them do makes it no truer."""
    lines = [values_at(i, 20) for i in range(12)]
    for values in lines[:7]:
        values |= {"latitude": f"{pair[0]:.6f}", "longitude": f"{pair[1]:.6f}"}
    flight = PoseTrack(read_srt(srt(lines, 1)))
    assert [flight.pose_at(t, size=SIZE) is not None for t in (0, 3, 5, 8, 11)] == [False, False, False, True, True]


def test_a_height_of_less_than_a_metre_throughout_is_named() -> None:
    telemetry = read_srt(srt([values_at(i, 20) | {"rel_alt": f"0.{i}00"} for i in range(4)], 1))
    assert "the height is less than 1 m in every line" in telemetry.skipped[0]
    assert {record.height for record in telemetry.records} == {None}


def joined(cut: int, length: int = 6) -> str:
    one = [values_at(i, 20) for i in range(length)]
    other = [values_at(i, 20) | {"latitude": f"{34.8 + i * 5e-5:.6f}"} for i in range(6)]
    return srt(one, 1)[:-cut] + "\n" + srt(other, 1)


def test_the_end_of_a_recording_that_broke_off_is_not_the_next_ones_beginning() -> None:
    flight = PoseTrack(read_srt(joined(60)))
    poses = {t: flight.pose_at(t, size=SIZE) for t in (4.5, 5.5, 6.5)}
    assert poses[5.5] is None  # its line is lost; half a second before the next recording it is not yet there
    assert [round(pose.lat, 1) for t in (4.5, 6.5) if (pose := poses[t])] == [34.7, 34.8]


def test_a_recording_of_one_line_is_followed_by_the_next() -> None:
    records = read_srt(joined(1, length=1)).records
    assert [record.t for record in records] == [0, 1, 2, 3, 4, 5, 6]
    assert [record.part for record in records] == [0] + [1] * 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_zeros_behind_the_end_are_no_text(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.srt").write_bytes(srt([values_at(0, 20)], 1).encode(encoding) + bytes(4096))
    telemetry = read_telemetry(tmp_path / "a.srt")
    assert (len(telemetry.records), telemetry.skipped) == (1, ())


def with_gps(tag: int, text: bytes) -> bytes:
    """The tag of the latitude's letter made another one: 4 bytes of text in its place."""
    return exif().replace(struct.pack(">HHI", 1, 2, 2) + b"N\0\0\0", struct.pack(">HHI", tag, 2, len(text)) + text)


@pytest.mark.parametrize(
    ("side", "sign"), [(b"S.\0\0", -1), (b"s  \0", -1), (b"N,W\0", 1), (b"-\0\0\0", None), (b"Sud\0", None)]
)
def test_the_first_word_of_a_hemisphere_counts(side: bytes, sign: int | None) -> None:
    assert read(block=with_gps(1, side)).record.lat == (pytest.approx(sign * 34.7466) if sign else None)


def test_a_receiver_that_lost_its_fix_gives_no_place() -> None:
    north = exif()
    at = north.index(struct.pack(">HHI", 3, 2, 2) + b"E")  # the fourth entry is enough for the letter: none is missed
    void = north[:at] + struct.pack(">HHI", 9, 2, 2) + b"V\0\0\0" + north[at + 12 :]
    photo = read_photo(jpeg(block=void))
    assert photo is not None
    assert photo.record.lat is None
    pointing = 'drone-dji:GimbalYawDegree="+3.0" drone-dji:GimbalPitchDegree="-60.0" drone-dji:RelativeAltitude="+40"'
    photo = read(f"<rdf:Description {pointing}/>", void)
    assert pose_of_photo(photo, (4000, 3000)) == (None, "its position is not known: not placed")


def test_all_bits_set_is_not_known() -> None:
    block = exif()
    at = block.rfind(b"2026:03:26") - 48
    assert read(block=block[:at] + b"\xff" * 24 + block[at + 24 :]).record.lat is None


@pytest.mark.parametrize(("maker", "pitch"), [("Yuneec", None), ("senseFly", -100.0), ("Parrot", -100.0)])
def test_a_pitch_that_may_count_from_either_side_is_not_assumed(maker: str, pitch: float | None) -> None:
    packet = f'tiff:Make="{maker}" Camera:Pitch="-10" Camera:Yaw="1" Camera:Roll="0"'
    assert read(f"<rdf:Description {packet}/>", exif()).record.pitch == pitch


def ass(text: str) -> str:
    """SubRip as the dialogues of ASS."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    clocks = [[part[1:].replace(",", ".") for part in block[1].split(" --> ")] for block in blocks]
    bodies = ["\\N".join(block[2:]) for block in blocks]
    return "\n".join(
        f"Dialogue: 0,{start},{end},Default,,0,0,0,,{body}" for (start, end), body in zip(clocks, bodies, strict=True)
    )


def vtt(text: str) -> str:
    return "WEBVTT\n\n" + "\n\n".join(
        "\n".join(block.split("\n")[1:]) for block in text.replace(",", ".").split("\n\n")
    )


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, 5),
    key=st.sampled_from(["latitude", "longitude", "rel_alt", "gb_yaw", "gb_pitch"]),
    value=st.sampled_from([None, "", "0", "0.000000", "n/a", "nan"]),
    written=st.sampled_from([ass, vtt]),
)
def test_of_a_line_in_other_subtitles(number: int, key: str, value: str | None, written: Callable[[str], str]) -> None:
    lines = [values_at(i / 2, 20) for i in range(6)]
    whole = PoseTrack(read_srt(written(srt(lines, 0.5))))
    lines[number] = {k: v for k, v in lines[number].items() if k != key} | ({} if value is None else {key: value})
    broken = PoseTrack(read_srt(written(srt(lines, 0.5))))
    for i in range(6):
        truth, there = place(whole.pose_at(i / 2, size=SIZE)), place(broken.pose_at(i / 2, size=SIZE))
        assert truth is not None
        if there is not None:
            north, east = (there.lat - truth.lat) * 111_000, (there.lon - truth.lon) * 91_000
            assert max(abs(north), abs(east)) <= there.ce90_m


@pytest.mark.parametrize("key", ["latitude", "longitude", "rel_alt", "gb_pitch"])
@pytest.mark.parametrize("value", ["", "0", "0.000000", "n/a"])
def test_of_a_track_in_a_video(tmp_path: Path, key: str, value: str) -> None:
    """What no line of a track says is in no place."""
    bodies = ["".join(f"[{k}: {v}] " for k, v in (values_at(i, 20) | {key: value}).items()) for i in range(4)]
    path = saved(tmp_path, FTYP, box(b"mdat", samples(*bodies)), box(b"moov", track(tuple(bodies))))
    flight = PoseTrack(read_srt(read_subtitles(path)))
    assert [flight.pose_at(t, size=SIZE) for t in range(4)] == [None] * 4


@pytest.mark.parametrize("tag", [*HERE, *SENSOR])
@pytest.mark.parametrize("what", ["dropped", "no value", "short"])
def test_of_a_tag_in_a_packet(tag: str, what: str) -> None:
    """The most negative number is how a signed tag says that it is not known; unsigned ones are dropped."""
    whole = HERE | SENSOR
    (truth,) = read_klv(packet(**whole)).records
    raw = whole[tag]
    signed = tag in ("t6", "t7", "t13", "t14", "t19")
    value = raw[:-1] if what == "short" else b"\x80" + bytes(len(raw) - 1) if what == "no value" and signed else None
    rest = {key: one for key, one in whole.items() if key != tag} | ({} if value is None else {tag: value})
    (record,) = read_klv(packet(**rest)).records
    if tag in HERE:
        assert (record.lat, record.lon, record.yaw) == (None, None, truth.yaw)
    else:
        assert (record.yaw, record.pitch, record.lat) == (None, None, truth.lat)


def test_nothing_of_nothing_is_a_place() -> None:
    assert PoseTrack(Telemetry(())).pose_at(0.0, size=SIZE) is None
