"""Pixels on the ground under every pose: turns, heights and errors do to the point what geometry says they do."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import RayMissesGround
from detector.geometry.error_budget import A_SECOND, ROLL_ABSENT, RTK, TELEMETRY, ErrorBudget, budget_of, ce90
from detector.geometry.pose import MIN_DEPRESSION, PoseLocator
from detector.geometry.wgs import Plane, distance, offset
from detector.vision.frame import Lens, Part, Pose

FEW = settings(max_examples=50, deadline=None)
LAT, LON = 34.7466, 113.6253
HOME = Plane(LAT, LON)
LENS = Lens(2880, 2880, 1920, 1080)
NO_ERROR = ErrorBudget(0, 0, 0, 0, 0, 0)

heights, yaws, pitches = st.floats(5, 150), st.floats(-180, 180), st.floats(-90, -40)
us, vs = st.floats(0, 3840), st.floats(0, 2160)


def pose(height: float = 60.0, yaw: float = 0.0, pitch: float = -60.0, roll: float = 0.0) -> Pose:
    return Pose(LAT, LON, height, yaw, pitch, roll, LENS)


def metres(at: Pose, u: float, v: float) -> tuple[float, float]:
    point = PoseLocator(at).locate(u, v)
    return HOME.metres(point.lat, point.lon)


@FEW
@given(heights, pitches, us, vs, yaws)
def test_turning_the_camera_turns_the_point_about_it(h: float, pitch: float, u: float, v: float, turn: float) -> None:
    north, east = metres(pose(h, 0, pitch), u, v)
    turned = metres(pose(h, turn, pitch), u, v)
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    assert turned == pytest.approx((c * north - s * east, s * north + c * east), abs=1e-3)


@FEW
@given(heights, yaws, pitches, us, vs)
def test_twice_as_high_is_twice_as_far(height: float, yaw: float, pitch: float, u: float, v: float) -> None:
    low, high = (np.array(metres(pose(one, yaw, pitch), u, v)) for one in (height, 2 * height))
    assert high == pytest.approx(2 * low, rel=1e-3, abs=1e-3)  # but for the curve of the earth


@FEW
@given(heights, yaws, pitches, st.floats(0, 1900))
def test_the_picture_is_mirrored_left_and_right(height: float, yaw: float, pitch: float, aside: float) -> None:
    left, right = (np.array(metres(pose(height, 0, pitch), 1920 + one, 1080)) for one in (-aside, aside))
    assert left == pytest.approx(right * (1, -1), abs=1e-3)
    assert right[1] >= 0, "right of a camera that looks north is east"


@FEW
@given(heights, yaws, pitches, st.floats(0, 2159), st.floats(1, 500))
def test_lower_in_the_picture_is_nearer(height: float, yaw: float, pitch: float, v: float, more: float) -> None:
    far = PoseLocator(pose(height, yaw, max(pitch, -65))).locate(1920, min(v, 1080))
    near = PoseLocator(pose(height, yaw, max(pitch, -65))).locate(1920, min(v, 1080) + more)
    assert near.range_m < far.range_m
    assert far.range_m == pytest.approx(distance(LAT, LON, far.lat, far.lon), abs=1e-3)


@FEW
@given(heights, yaws, pitches, us, vs, st.sampled_from(["position_m", "height_m", "yaw", "pitch", "roll", "focal"]))
def test_every_part_of_the_budget_widens_the_circle(
    height: float, yaw: float, pitch: float, u: float, v: float, part: str
) -> None:
    at = pose(height, yaw, pitch)
    plain = PoseLocator(at, budget=TELEMETRY).locate(u, v)
    wider = replace(TELEMETRY, **{part: 2 * getattr(TELEMETRY, part)})
    more = PoseLocator(at, budget=wider).locate(u, v)
    assert (more.lat, more.lon) == (plain.lat, plain.lon)
    assert more.ce90_m >= plain.ce90_m * 0.999
    assert PoseLocator(at, budget=NO_ERROR).locate(u, v).ce90_m == pytest.approx(0, abs=1e-6)
    alone = PoseLocator(at, budget=replace(NO_ERROR, position_m=3.0)).locate(u, v)
    assert alone.ce90_m == pytest.approx(3 * 2.146, rel=1e-3), "an error of the position moves the point as far"


@pytest.mark.parametrize(("pitch", "trusted"), [(-MIN_DEPRESSION, True), (-MIN_DEPRESSION + 0.1, False), (-15.1, True)])
def test_the_flattest_ray_that_is_trusted(pitch: float, trusted: bool) -> None:
    locator = PoseLocator(pose(pitch=pitch))
    if trusted:
        assert locator.locate(1920, 1080).range_m > 200
    else:
        with pytest.raises(RayMissesGround, match="not to be trusted"):
            locator.locate(1920, 1080)


@pytest.mark.parametrize(
    ("parts", "field", "expected"),
    [
        (("position",), "position_m", TELEMETRY.position_m + 0.5 * A_SECOND.position_m),
        (("height",), "height_m", TELEMETRY.height_m + 0.5 * A_SECOND.height_m),
        (("yaw",), "yaw", TELEMETRY.yaw + 0.5 * A_SECOND.yaw),
        (("pitch",), "pitch", TELEMETRY.pitch + 0.5 * A_SECOND.pitch),
        (("roll",), "roll", TELEMETRY.roll + 0.5 * A_SECOND.roll),
    ],
)
def test_what_was_interpolated_costs_for_itself_alone(parts: tuple[Part, ...], field: str, expected: float) -> None:
    budget = budget_of(replace(pose(), interpolated=parts, gap=0.5))
    assert getattr(budget, field) == pytest.approx(expected)
    assert replace(budget, **{field: getattr(TELEMETRY, field)}) == TELEMETRY
    assert budget_of(replace(pose(), interpolated=parts, gap=0.0)) == TELEMETRY


def test_an_absent_roll_and_a_fixed_position_are_told() -> None:
    assert budget_of(replace(pose(), absent=("roll",))) == replace(TELEMETRY, roll=TELEMETRY.roll + ROLL_ABSENT)
    assert budget_of(replace(pose(), absent=("height",))) == TELEMETRY
    assert budget_of(replace(pose(), rtk=True)) == RTK


spreads = st.floats(0.01, 50)


@FEW
@given(spreads, spreads, st.floats(0, math.pi), st.floats(0.1, 10))
def test_a_circle_turns_with_nothing_and_grows_with_its_axes(a: float, b: float, turn: float, times: float) -> None:
    axes = np.array(((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))))
    covariance = axes @ np.diag((a**2, b**2)) @ axes.T
    assert ce90(covariance) == pytest.approx(ce90(np.diag((b**2, a**2))), rel=1e-6)
    assert ce90(covariance * times**2) == pytest.approx(times * ce90(covariance), rel=1e-6)
    assert 1.6448 * max(a, b) <= ce90(covariance) <= 2.1461 * max(a, b)
    assert ce90(np.diag((a**2, (b * times) ** 2))) >= ce90(np.diag((a**2, (b * min(1, times)) ** 2))) * 0.9999


@FEW
@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_a_way_is_as_long_there_as_back(lat: float, lon: float, north: float, east: float) -> None:
    there = offset(lat, lon, north, east)
    assert distance(lat, lon, *there) == pytest.approx(math.hypot(north, east), abs=1e-5)
    assert distance(*there, lat, lon) == pytest.approx(distance(lat, lon, *there), abs=1e-6)
    assert distance(lat, lon, lat, lon) == 0
    assert -180 <= there[1] <= 180
    many = Plane(lat, lon).metres_of(np.array([there, (lat, lon)]))
    assert many == pytest.approx(np.array([(north, east), (0, 0)]), abs=1e-4)
