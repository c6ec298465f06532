"""Poses between the lines of telemetry."""

from dataclasses import replace

import pytest

from detector.vision.frame import Lens
from streams.telemetry.flight import PoseTrack, lens_from
from streams.telemetry.record import Record, Telemetry

LENS = Lens(1000, 1000, 500, 500)


def line(t: float, lat: float | None = 34.0, yaw: float | None = 0.0, **more: float | str | None) -> Record:
    height = more.get("height", 60.0)
    assert height is None or isinstance(height, float)
    note = more.get("ambiguous")
    lon = None if lat is None else 113.0
    return Record(
        t, None, lat, lon, height, yaw, -90.0, 0.0, 24.0, "dji-gimbal", ambiguous=None if note is None else str(note)
    )


def test_positions_move_evenly_between_their_changes() -> None:
    """Thirty lines a second, a new position once a second: at half time the drone is half way."""
    lines = [line(i / 30, lat=34.0 + 1e-4 * (i // 30)) for i in range(91)]
    flight = PoseTrack(Telemetry(tuple(lines)))
    for t in (0.5, 1.0, 1.75, 2.9):
        pose = flight.pose_at(t, LENS)
        assert pose is not None
        assert pose.lat == pytest.approx(34.0 + 1e-4 * t, abs=1e-9)


def test_a_rest_is_not_a_creep() -> None:
    """Hovering from 2 s to 20 s, then on: at 10 s the drone is where it stood."""
    times = [*range(0, 3), *range(3, 20), *range(20, 24)]
    lines = [line(float(t), lat=34.0 + 1e-4 * (t if t <= 2 else 2 if t < 20 else t - 17)) for t in times]
    pose = PoseTrack(Telemetry(tuple(lines))).pose_at(10.0, LENS)
    assert pose is not None
    assert pose.lat == pytest.approx(34.0002, abs=1e-9)


def test_yaw_takes_the_short_way_round() -> None:
    flight = PoseTrack(Telemetry((line(0.0, yaw=179.0), line(1.0, yaw=-179.0))))
    pose = flight.pose_at(0.5, LENS)
    assert pose is not None
    assert abs(pose.yaw) == pytest.approx(180.0)


def test_a_turn_on_the_spot_is_quick() -> None:
    """Yaw rests for three seconds and is another one in the next line: it did not turn for three seconds."""
    lines = [line(i / 10, lat=34.0 + i * 1e-6, yaw=0.0 if i < 30 else 180.0) for i in range(60)]
    flight = PoseTrack(Telemetry(tuple(lines)))
    poses = [flight.pose_at(t, LENS) for t in (2.0, 3.0)]
    assert [pose and abs(pose.yaw) for pose in poses] == [pytest.approx(0.0), pytest.approx(180.0)]


def test_long_after_the_last_line_nothing_is_known() -> None:
    flight = PoseTrack(Telemetry((line(0.0), line(1.0, lat=34.0001))))
    assert flight.pose_at(2.5, LENS) is not None
    assert flight.pose_at(20.0, LENS) is None


def test_over_the_date_line() -> None:
    east, west = (replace(line(t), lon=lon) for t, lon in ((0.0, 179.9999), (1.0, -179.9999)))
    pose = PoseTrack(Telemetry((east, west))).pose_at(0.5, LENS)
    assert pose is not None
    assert abs(pose.lon) == pytest.approx(180.0)


def test_no_fix_is_bridged_and_never_zero() -> None:
    flight = PoseTrack(Telemetry((line(0.0), line(1.0, lat=None), line(2.0, lat=34.0002))))
    pose = flight.pose_at(1.0, LENS)
    assert pose is not None
    assert pose.lat == pytest.approx(34.0001)


@pytest.mark.parametrize(
    "record",
    [line(0.0, lat=None), line(0.0, yaw=None), line(0.0, height=None), line(0.0, ambiguous="which altitude?")],
)
def test_without_position_height_or_pointing_there_is_no_pose(record: Record) -> None:
    assert PoseTrack(Telemetry((record,))).pose_at(0.0, LENS) is None
    assert PoseTrack(Telemetry(())).pose_at(0.0, LENS) is None


def test_the_lens_comes_from_the_telemetry() -> None:
    pose = PoseTrack(Telemetry((line(0.0),))).pose_at(0.0, size=(3840, 2160))
    assert pose is not None
    assert pose.lens == lens_from(24.0, 3840, 2160)
    assert PoseTrack(Telemetry((line(0.0),))).pose_at(0.0) is None


@pytest.mark.parametrize(
    ("focal", "size", "pixels"),
    [
        (20.0, (4000, 2250), 2311),  # FC300S, measured: 2391 by adjustment, 2121 by the picture's own diagonal
        (24.0, (4000, 3000), 2773),
        (36.0, (5400, 3600), 5400),
    ],
)
def test_focal_length_compares_diagonals_of_the_whole_sensor(
    focal: float, size: tuple[int, int], pixels: float
) -> None:
    assert lens_from(focal, *size).fx == pytest.approx(pixels, rel=0.001)
