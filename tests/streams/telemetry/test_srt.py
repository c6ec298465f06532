"""Subtitles of every known dialect, with the truth read from the lines by eye."""

from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from detector.geometry.pose import PoseLocator
from streams.telemetry.cues import decode
from streams.telemetry.flight import PoseTrack
from streams.telemetry.record import Telemetry
from streams.telemetry.srt import read_srt

NO = None
# file: records, skipped, then the first and the last record's t, lat, lon, height as a person reads them in the file
SHARED: dict[str, tuple[int, int, list[tuple[float, float | None, float | None, float | None]]]] = {
    "MAVIC3.srt": (12318, 0, [(0.0, 3.41531, -3.3744, -2.4), (246.34, 3.41368, -3.37721, 3.6)]),
    "air2s.srt": (17, 0, [(0.0, 41.424724, 2.234156, 117.0), (0.533, 41.42473, 2.234102, 117.1)]),
    "broken_empty.SRT": (0, 0, []),
    "broken_empty2.SRT": (0, 1, []),
    "broken_incomplete.SRT": (19, 1, [(1.0, -34.7383, -58.4563, 20.1), (19.0, -34.7383, -58.4563, 7.7)]),
    "broken_incomplete2.SRT": (
        4, 2, [(0.0, -34.86995, -57.823395, 74.725998), (0.16, -34.869945, -57.823383, 74.725998)]
    ),
    "m2zoom.SRT": (7113, 0, [(0.0, 31.452012, 74.398751, 213.983002), (118.651, 31.450438, 74.398905, 264.541992)]),
    "matrice_300.srt": (381, 0, [(0.0, 36.6146, -6.112, 0.3), (380.0, 36.6146, -6.112, 0.0)]),
    "mavic_2_style.SRT": (468, 0, [(0.0, -20.2533, 149.0251, NO), (468.0, -20.2532, 149.0251, NO)]),
    "mavic_air.SRT": (2, 0, [(0.0, NO, NO, NO), (0.039, NO, NO, NO)]),
    "mavic_air2.srt": (25, 0, [(0.0, 41.420684, 2.162162, 27.3), (0.4, 41.420686, 2.162162, 29.2)]),
    "mavic_mini.SRT": (117, 0, [(0.0, 48.0771, -121.7458, 200.7), (116.0, 48.0775, -121.7476, 200.8)]),
    "mavic_pro.SRT": (468, 0, [(1.0, -20.2533, 149.0251, 1.9), (468.0, -20.2532, 149.0251, 0.0)]),
    "mavic_pro_buggy.SRT": (546, 0, [(1.0, 42.4668, -1.2218, 0.0), (546.0, 42.4668, -1.2217, 15.8)]),
    "mix_p4rtk_mavic2pro.srt": (
        12, 0, [(904.904, -34.6502, -59.409424, 17.39), (910.242, -34.65118, -59.409483, 120.140999)]
    ),
    "old_format.SRT": (468, 0, [(1.0, -20.2533, 149.0251, 1.9), (468.0, -20.2532, 149.0251, 0.0)]),
    "p4_rtk.SRT": (55, 0, [(0.0, -34.237922, -58.851745, 85.8), (54.0, -34.232349, -58.849196, 85.8)]),
    "p4p_sample.SRT": (5, 0, [(0.0, 47.4692, 8.209, 45.6), (4.0, 47.4692, 8.209, 45.6)]),
}  # fmt: skip


def srt(*bodies: str) -> str:
    return "".join(f"{i}\n00:00:{i:02d},000 --> 00:00:{i + 1:02d},000\n{body}\n\n" for i, body in enumerate(bodies, 1))


@pytest.mark.parametrize("name", SHARED)
def test_real_files(shared: Path, name: str) -> None:
    count, skipped, ends = SHARED[name]
    telemetry = read_srt(decode((shared / "telemetry" / "dji_srt" / name).read_bytes()))
    assert (len(telemetry.records), len(telemetry.skipped)) == (count, skipped)
    found = [(r.t, r.lat, r.lon, r.height) for r in (*telemetry.records[:1], *telemetry.records[-1:])]
    assert found == [pytest.approx(end, abs=1e-9) if None not in end else end for end in ends]
    assert all((r.lat, r.lon) != (0, 0) for r in telemetry.records)


def test_the_table_covers_every_real_file(shared: Path) -> None:
    assert {path.name for path in (shared / "telemetry" / "dji_srt").iterdir()} == set(SHARED)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Mini 4 Pro: nonsense altitude above the sea, true height above take-off
        (
            "[iso: 100] [fnum: 1.8] [focal_len: 24.00] [latitude: 53.365108] [longitude: 6.460719] "
            "[rel_alt: 6.000 abs_alt: -122.769] [ct: 5263]",
            {"lat": 53.365108, "lon": 6.460719, "height": 6.0, "altitude": -122.769, "focal_35mm": 24.0},
        ),
        # Mavic 3 Enterprise: gimbal, zoom that is in the focal length already
        (
            "[iso: 100] [focal_len: 284.80] [dzoom_ratio: 1.77], [latitude: 34.7466] [longitude: 113.6253] "
            "[rel_alt: 60.1 abs_alt: 160.0] [gb_yaw: -83.6 gb_pitch: -9.1 gb_roll: 0.5]",
            {"lat": 34.7466, "height": 60.1, "yaw": -83.6, "pitch": -9.1, "roll": 0.5, "focal_35mm": 284.8},
        ),
        (
            "[focal_len: 240] [dzoom_ratio: 10000, delta:0],[latitude: 34.1] [longitude: 113.2] "
            "[rel_alt: 5.0 abs_alt: 9] [gb_yaw: 1.0] [gb_pitch: -90.0] [gb_roll: 0.0]",
            {"lat": 34.1, "lon": 113.2, "yaw": 1.0, "pitch": -90.0, "focal_35mm": 24.0},
        ),
        # the airframe's angles are not the camera's; number and date on one line, as in embedded tracks
        (
            "FrameCnt: 0 2026-07-25 14:38:26.477\n[latitude: 34.1] [longitude: 113.2] [rel_alt: 5.0 abs_alt: 9] "
            "[drone_yaw: 12.5] [drone_pitch: 1.5] [drone_roll: -2.0]",
            {"lat": 34.1, "lon": 113.2, "height": 5.0, "yaw": None, "pitch": None, "roll": None},
        ),
        # no fix is printed as null island
        (
            "[latitude: 0.000000] [longitude: 0.000000] [rel_alt: 1.200 abs_alt: 3.0] "
            "[gb_yaw: 4 gb_pitch: 5 gb_roll: 6]",
            {"lat": None, "lon": None, "height": 1.2, "yaw": 4.0},
        ),
        ("[latitude : 0.000000] [longtitude : 0.000000] [altitude: 0.000000]", {"lat": None, "height": None}),
        ("F/2.8, SS 60, ISO 100, EV 0, GPS (0.0000, 0.0000, 0), D n/a, H 1.20m", {"lat": None, "height": 1.2}),
        ("F/2.8, SS 60, ISO 100, EV 0, GPS (n/a, n/a, n/a), D n/a, H n/a", {"lat": None, "height": None}),
        # decoys before the position, and the RTK spelling
        (
            "FaceDetectRect (0,0,0,0,) , F/2.8, SS 155.55, ISO 100, A.T (126,109), Coef(1.0, 1.0), "
            "GPS (-2.5927, 52.0035, 15)",
            {"lat": 52.0035, "lon": -2.5927, "height": None},
        ),
        (
            "F/6.3, SS 60, ISO 100, EV 0, RTK (120.083799, 30.213635, 28), HOME (120.084146, 30.214243, 103.55m), "
            "D 75.36m, H 76.19m, H.S 0.30m/s, V.S 0.00m/s, F.PRY (-5.3°, 2.1°, 28.3°), G.PRY (-40.0°, 0.0°, 28.2°)",
            {"lat": 30.213635, "lon": 120.083799, "height": 76.19, "yaw": 28.2, "pitch": -40.0, "roll": 0.0},
        ),
        # decimal commas
        ("[latitude: 34,7466] [longitude: 113,6253] [rel_alt: 60,1 abs_alt: 100,0]", {"lat": 34.7466, "height": 60.1}),
        ("GPS(149,0251,-20,2533,16) BAROMETER:1,9", {"lat": -20.2533, "lon": 149.0251, "height": 1.9}),
    ],
)
def test_lines_of_other_aircraft(body: str, expected: dict[str, float | None]) -> None:
    (record,) = read_srt(srt(body)).records
    assert {name: getattr(record, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("flag", "rtk"), [("[rtk_flag: 50]", True), ("[rtk_flag: 34]", False), ("[rtk_flag: 1]", False), ("", False)]
)
def test_a_fixed_solution_draws_a_smaller_circle(flag: str, rtk: bool) -> None:
    line = "[latitude: 34.7466] [longitude: 113.6253] [rel_alt: 60.0 abs_alt: 164.0] [focal_len: 24.00]"
    said = read_srt(srt(f"{line} [gb_yaw: 0 gb_pitch: -60 gb_roll: 0] {flag}"))
    pose = PoseTrack(said).pose_at(0.0, size=(1920, 1080))
    assert pose is not None
    circle = PoseLocator(pose).locate(960, 540).ce90_m
    plain = PoseLocator(replace(pose, rtk=False)).locate(960, 540).ce90_m
    assert (pose.rtk, circle < plain) == (rtk, rtk)


def test_a_receiver_that_could_be_fixed_is_not_taken_for_one_that_is() -> None:
    line = "F/6.3, SS 60, RTK (120.083799, 30.213635, 28), HOME (120.084146, 30.214243, 103.55m), D 75.36m, H 76.19m"
    (record,) = read_srt(srt(line)).records
    assert not record.rtk


def test_the_printed_distance_to_home_overrules_the_dialect() -> None:
    """This line puts latitude first although its kind is known to print longitude first: D tells."""
    body = "F/5.6, SS 400, GPS (-34.237922, -58.851745, 15), HOME (-34.232707, -58.847509, 7m), D 698.70m, H 85.80m"
    (record,) = read_srt(srt(body)).records
    assert (record.lat, record.lon) == (-34.237922, -58.851745)


def test_nothing_to_tell_the_order_by_is_said_and_not_guessed() -> None:
    (record,) = read_srt(srt("GPS(36.6, -6.1, 12)")).records
    assert (record.lat, record.lon) == (None, None)
    assert record.ambiguous is not None
    assert "latitude" in record.ambiguous


def test_the_area_of_the_order_decides_what_nothing_else_does() -> None:
    (record,) = read_srt(srt("GPS(36.6, -6.1, 12)"), area=box(-7, 36, -5, 37)).records
    assert (record.lat, record.lon, record.ambiguous) == (36.6, -6.1, None)


def test_a_value_that_no_latitude_can_have_decides_for_the_whole_file() -> None:
    """Longitudes on both sides of 90 degrees: the lines below it are read like those above it."""
    records = read_srt(srt("GPS(35.0, 90.0002, 12)", "GPS(35.0, 89.9998, 12)")).records
    assert [(r.lat, r.lon) for r in records] == [(35.0, 90.0002), (35.0, 89.9998)]


def test_altitude_above_nothing_named_is_flagged() -> None:
    (record,) = read_srt(srt("[latitude : 31.45] [longtitude : 74.39] [altitude: 213.98]")).records
    assert record.height == 213.98
    assert record.ambiguous is not None


def test_the_zone_makes_times_aware() -> None:
    body = "2026-07-25 14:38:26.477\n[latitude: 1.0] [longitude: 2.0] [rel_alt: 3.0 abs_alt: 4.0]"
    assert read_srt(srt(body)).records[0].time is not None
    (record,) = read_srt(srt(body), zone=timezone(timedelta(hours=8))).records
    assert record.time is not None
    assert record.time.isoformat() == "2026-07-25T14:38:26.477000+08:00"


def test_an_impossible_date_is_unknown() -> None:
    (record,) = read_srt(srt("2026-13-45 14:38:26\n[latitude: 1.0] [longitude: 2.0]")).records
    assert record.time is None


def test_blocks_that_cannot_be_read_are_named() -> None:
    good = "[latitude: 1.0] [longitude: 2.0] [rel_alt: 3.0 abs_alt: 4.0]"
    telemetry = read_srt(srt(good, "[latitude: 1.0] [lon", "hello", "[latitude: 91.0] [longitude: 2.0]", good))
    assert len(telemetry.records) == 2
    assert [line.split(":")[0] for line in telemetry.skipped] == [
        "block 2 at 2.000 s",
        "block 3 at 3.000 s",
        "block 4 at 4.000 s",
    ]


SEEDS = [
    srt(*["HOME(149.0251,-20.2532) 2017.08.05 14:11:51\nGPS(149.0251,-20.2533,16) BAROMETER:1.9"] * 3),
    srt(
        *["F/5.6, SS 4, GPS (-58.85, -34.23, 15), HOME (-58.84, -34.23, -57m), D 698.7m, H 85.8m, G.PRY (1°, 2°, 3°)"]
        * 3
    ),
    srt(
        *["[focal_len: 24.00] [latitude: 34.7] [longitude: 113.6] [rel_alt: 60 abs_alt: 9] [gb_yaw: 1 gb_pitch: 2]"] * 3
    ),
]


def sound(telemetry: Telemetry) -> bool:
    return all(
        ((r.lat is None) == (r.lon is None))
        and (r.lat is None or r.lon is None or (abs(r.lat) <= 90 and abs(r.lon) <= 180 and (r.lat, r.lon) != (0, 0)))
        and r.t >= 0
        for r in telemetry.records
    )


@given(seed=st.sampled_from(SEEDS), data=st.data())
@settings(max_examples=80, deadline=None)
def test_mutated_files_never_crash_and_never_leave_the_earth(seed: str, data: st.DataObject) -> None:
    raw = bytearray(seed.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "drop", "double"])):
            case "flip" if raw:
                raw[at] = data.draw(st.integers(0, 255))
            case "cut":
                del raw[at:]
            case "drop":
                del raw[at : at + 20]
            case _:
                raw[at:at] = raw[at : at + 30]
    assert sound(read_srt(decode(bytes(raw))))


@given(keep=st.integers(0, len(SEEDS[2])))
@settings(max_examples=40, deadline=None)
def test_a_cut_file_keeps_every_whole_block(keep: int) -> None:
    """However much of the end is missing, whole blocks are read, and of the last one nothing but the truth."""
    telemetry = read_srt(SEEDS[2][:keep])
    assert len(telemetry.records) >= SEEDS[2][:keep].count("gb_pitch: 2]")
    assert all((r.lat, r.lon) == (34.7, 113.6) and r.height in (60.0, None) for r in telemetry.records)
