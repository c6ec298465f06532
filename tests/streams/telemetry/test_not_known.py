"""A value that is dropped, zeroed or printed as "not known" never moves a place: it goes, or its circle grows."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.geometry.pose import PoseLocator
from detector.geometry.wgs import Plane, distance
from detector.vision.frame import Pose
from streams.telemetry.flight import PoseTrack
from streams.telemetry.photo import read_photo
from streams.telemetry.photo_pose import pose_of_photo
from streams.telemetry.record import Telemetry
from streams.telemetry.srt import read_srt
from tests.streams.telemetry.test_photo import exif, jpeg

SIZE = (3840, 2160)
HOME = Plane(34.7466, 113.6253)
KEYS = ("latitude", "longitude", "rel_alt", "gb_yaw", "gb_pitch", "gb_roll", "focal_len")
NOT_KNOWN = ("", "0", "0.0", "0.000000", "n/a", "N/A", "nan", "-", "9" * 400)


def values_at(t: float, yaw: float) -> dict[str, str]:
    """A drone that flies in a bow and turns with it, as its telemetry prints it."""
    lat, lon = HOME.degrees(8 * t, 12 * math.sin(t / 4))
    return {
        "focal_len": "24.00",
        "latitude": f"{lat:.6f}",
        "longitude": f"{lon:.6f}",
        "rel_alt": f"{60 + t:.3f}",
        "gb_yaw": f"{(yaw + 6 * t + 180) % 360 - 180:.1f}",
        "gb_pitch": f"{-60 - t:.1f}",
        "gb_roll": f"{0.2 + t / 10:.1f}",
    }


def srt(lines: list[dict[str, str]], step: float) -> str:
    cues = []
    for i, values in enumerate(lines):
        clock = [f"00:00:{int(t):02d},{round(t % 1 * 1000):03d}" for t in (i * step, (i + 1) * step)]
        body = " ".join(f"[{key}: {value}]" for key, value in values.items())
        cues.append(f"{i + 1}\n{clock[0]} --> {clock[1]}\n2026-11-20 10:00:{int(i * step):02d}.000\n{body}\n")
    return "\n".join(cues)


def place(pose: Pose | None) -> GroundPoint | None:
    return PoseLocator(pose, min_depression=1.0).locate(SIZE[0] / 3, SIZE[1] / 2) if pose else None


def holds(there: GroundPoint | None, truth: GroundPoint) -> bool:
    return there is None or distance(there.lat, there.lon, truth.lat, truth.lon) <= there.ce90_m


@settings(max_examples=50, deadline=None)
@given(data=st.data(), yaw=st.floats(-180, 180), rate=st.sampled_from([1, 2, 10]))
def test_of_a_line_of_subtitles(data: st.DataObject, yaw: float, rate: int) -> None:
    step, count = 1 / rate, max(8, 4 * rate)
    lines = [values_at(i * step, yaw) for i in range(count)]
    whole = PoseTrack(read_srt(srt(lines, step)))
    first = data.draw(st.integers(0, count - 1))
    span = data.draw(st.integers(1, max(1, rate)))  # lines in a row that lost it, up to a second of them
    for key in data.draw(st.sets(st.sampled_from(KEYS), min_size=1)):
        value = data.draw(st.sampled_from((None, *NOT_KNOWN)))
        for i in range(first, min(first + span, count)):
            lines[i] = {k: v for k, v in lines[i].items() if k != key} | ({} if value is None else {key: value})
    broken = PoseTrack(read_srt(srt(lines, step)))
    for t in [i * step / 2 for i in range(2 * count)]:
        truth = place(whole.pose_at(t, size=SIZE))
        if truth is not None:
            assert holds(place(broken.pose_at(t, size=SIZE)), truth), t


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, *NOT_KNOWN])
def test_of_a_value_that_no_line_has(key: str, value: str | None) -> None:
    """What was never known is never in a place, but for the roll, which a gimbal holds."""
    lines = [
        {k: v for k, v in values_at(i / 2, 88).items() if k != key} | ({} if value is None else {key: value})
        for i in range(12)
    ]
    flight = PoseTrack(read_srt(srt(lines, 0.5)))
    truth = PoseTrack(read_srt(srt([values_at(i / 2, 88) for i in range(12)], 0.5)))
    for i in range(12):
        there, known = place(flight.pose_at(i / 2, size=SIZE)), place(truth.pose_at(i / 2, size=SIZE))
        if key == "gb_yaw" and value in ("0", "0.0", "0.000000"):
            continue  # a camera that looks north all the time says the same
        assert known is not None
        assert holds(there, known)
        assert there is None or key == "gb_roll"


ATTRIBUTES = {
    "GpsLatitude": "+34.74701779",
    "GpsLongitude": "+113.62529864",
    "RelativeAltitude": "+39.92",
    "AbsoluteAltitude": "+143.92",
    "GimbalYawDegree": "-83.60",
    "GimbalPitchDegree": "-59.90",
    "GimbalRollDegree": "+0.10",
    "FlightYawDegree": "-80.10",
    "DewarpData": "2022-05-27;2790.1,2790.1,4.02,-3.72,-0.0112,0.0049,-0.0001,0.0002,-0.0057",
    "RtkFlag": "16",
}
PIXELS = (4000, 3000)


def photo_place(attributes: dict[str, str], block: bytes) -> GroundPoint | None:
    packet = " ".join(f'drone-dji:{name}="{value}"' for name, value in attributes.items())
    photo = read_photo(jpeg(f"<rdf:Description {packet}/>", block))
    pose, _ = pose_of_photo(photo, PIXELS) if photo else (None, None)
    return PoseLocator(pose).locate(1500, 1700) if pose else None


NEAR = exif(34.74701779, 113.62529864)


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("value", [None, "", "0", "+0.00", "0.0", "0/0", "N/A", "nan", "+0.000000000"])
def test_of_a_photo(name: str, value: str | None) -> None:
    truth = photo_place(ATTRIBUTES, NEAR)
    assert truth is not None
    rest = {key: one for key, one in ATTRIBUTES.items() if key != name}
    assert holds(photo_place(rest if value is None else rest | {name: value}, NEAR), truth)


def test_a_gimbal_that_says_nothing_is_not_looked_through() -> None:
    zeros = dict.fromkeys(("GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"), "+0.00")
    assert photo_place(ATTRIBUTES | zeros, NEAR) is None


def without_xmp_position(block: bytes) -> GroundPoint | None:
    return photo_place({k: v for k, v in ATTRIBUTES.items() if not k.startswith("Gps")}, block)


def zeroed(block: bytes, number: int) -> bytes:
    """One of the six rationals of the position as 0/0, which EXIF has for "not known"."""
    at = block.rfind(b"2026:03:26") - 48 + 8 * number
    return block[:at] + bytes(8) + block[at + 8 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    **{f"rational {number}": lambda block, number=number: zeroed(block, number) for number in range(6)},  # type: ignore[misc]
    "no side of the equator": lambda block: block.replace(b"\0\x01\0\x02\0\0\0\x02N\0", b"\0\x01\0\x02\0\0\0\x02\0\0"),
    "no side of Greenwich": lambda block: block.replace(b"\0\x03\0\x02\0\0\0\x02E\0", b"\0\x03\0\x02\0\0\0\x02 \0"),
    "a letter that is none": lambda block: block.replace(b"\0\x01\0\x02\0\0\0\x02N\0", b"\0\x01\0\x02\0\0\0\x02X\0"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_of_an_exif_position(what: str) -> None:
    assert without_xmp_position(NEAR) is not None
    damaged = DAMAGE[what](NEAR)
    assert damaged != NEAR
    assert without_xmp_position(damaged) is None


WILD = {"latitude": "34.100000", "longitude": "113.000000", "rel_alt": "900.0", "gb_yaw": "-140.0", "gb_pitch": "-5.0"}


@settings(max_examples=25, deadline=None)
@given(key=st.sampled_from(sorted(WILD)), number=st.integers(1, 38))
def test_of_one_wild_line(key: str, number: int) -> None:
    lines = [values_at(i / 10, 20) for i in range(40)]
    whole = PoseTrack(read_srt(srt(lines, 0.1)))
    lines[number] = lines[number] | {key: WILD[key]}
    wild = PoseTrack(read_srt(srt(lines, 0.1)))
    for i in range(80):
        truth = place(whole.pose_at(i / 20, size=SIZE))
        assert truth is not None
        assert holds(place(wild.pose_at(i / 20, size=SIZE)), truth)


@pytest.mark.parametrize("lost", [(0, 14), (26, 40), (10, 30), (18, 21)])
def test_a_lost_fix_is_bridged_over_two_seconds_at_the_most(lost: tuple[int, int]) -> None:
    """Two lines a second: a gap of 1.5 s is interpolated and said to be, a longer one and those at the ends are not."""
    lines = [values_at(i / 2, 20) for i in range(40)]
    for i in range(*lost):
        lines[i] = lines[i] | {"latitude": "0.000000", "longitude": "0.000000"}
    flight = PoseTrack(read_srt(srt(lines, 0.5)))
    poses = {i: flight.pose_at(i / 2, size=SIZE) for i in range(40)}
    bridged = lost == (18, 21)
    for i, pose in poses.items():
        inside = lost[0] <= i < lost[1]
        beside = i in (lost[0], lost[1] - 1) and (lost[0] == 0 or lost[1] == 40)
        if not inside:
            assert pose is not None
            assert not pose.interpolated
        elif bridged:
            assert pose is not None
            assert pose.interpolated == ("position",)
            assert pose.gap > 0
        elif not beside:
            assert pose is None


def test_a_pose_says_what_is_absent() -> None:
    lines = [{k: v for k, v in values_at(i / 2, 20).items() if k != "gb_roll"} for i in range(8)]
    pose = PoseTrack(read_srt(srt(lines, 0.5))).pose_at(1.0, size=SIZE)
    assert pose is not None
    assert (pose.absent, pose.interpolated, pose.roll) == (("roll",), (), 0.0)


def test_nothing_is_known_of_nothing() -> None:
    assert PoseTrack(Telemetry(())).time_at(0.0) is None
    assert not PoseTrack(Telemetry(())).points
