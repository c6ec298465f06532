"""Fixed cameras from control points: accuracy on a simulated pole, honest residuals, faults named."""

import math
from pathlib import Path

import numpy as np
import pytest

from detector.errors import CalibrationError, RayMissesGround
from detector.geometry.calibration import Calibration, ControlPoint, calibrate, read_points
from detector.geometry.pose import PoseLocator
from detector.geometry.wgs import distance
from detector.vision.frame import Lens, Pose

HEAD = "u,v,lat,lon\n"


def pole(k1: float, pitch: float = -20.0, height: float = 6.0) -> PoseLocator:
    """The simulated camera of the published figures: 6 m up, 20 degrees down, f = 1400 on 1920x1080."""
    lens = Lens(1400, 1400, 960, 540, (k1, 0, 0, 0, 0))
    return PoseLocator(Pose(34.7466, 113.6253, height, 35.0, pitch, 0.0, lens), min_depression=0.5)


def ground_truth(camera: PoseLocator, count: int, rng: np.random.Generator) -> list[ControlPoint]:
    """Exact control points between 9 and 60 m from the camera."""
    points: list[ControlPoint] = []
    while len(points) < count:
        u, v = rng.uniform(0, 1920), rng.uniform(0, 1080)
        try:
            at = camera.locate(u, v)
        except RayMissesGround:
            continue
        if 9 < at.range_m < 60:
            points.append(ControlPoint(u, v, at.lat, at.lon))
    return points


def noisy(points: list[ControlPoint], rng: np.random.Generator) -> list[ControlPoint]:
    """The points as an operator gives them: 2 px of click and 0.3 m of survey noise an axis."""
    metre_lat, metre_lon = 1 / 111_000, 1 / (111_000 * math.cos(math.radians(34.7466)))
    moved = []
    for point in points:
        click, survey = rng.normal(0, 2, 2), rng.normal(0, 0.3, 2)
        moved.append(
            ControlPoint(
                point.u + click[0],
                point.v + click[1],
                point.lat + survey[0] * metre_lat,
                point.lon + survey[1] * metre_lon,
            )
        )
    return moved


def errors(calibration: Calibration, truth: list[ControlPoint]) -> list[tuple[float, float]]:
    """(metres off, radius claimed) for each true point that the fitted camera sees."""
    found = []
    for point in truth:
        try:
            at = calibration.camera.locate(point.u, point.v)
        except RayMissesGround:
            continue
        found.append((distance(at.lat, at.lon, point.lat, point.lon), at.ce90_m))
    return found


@pytest.mark.parametrize("k1", [0.0, -0.3])
def test_eight_points_give_half_a_metre(k1: float) -> None:
    rng = np.random.default_rng(8)
    medians, held = [], []
    for _ in range(10):
        calibration = calibrate(noisy(ground_truth(pole(k1), 8, rng), rng), (1920, 1080))
        measured = errors(calibration, ground_truth(pole(k1), 60, rng))
        assert len(measured) >= 54
        medians.append(np.median([off for off, _ in measured]))
        held += [off <= radius for off, radius in measured]
    assert np.median(medians) <= 0.5
    assert 0.85 <= np.mean(held) <= 0.97


@pytest.mark.parametrize("k1", [0.0, -0.25, 0.05])
def test_exact_points_give_the_camera_back(k1: float) -> None:
    calibration = calibrate(ground_truth(pole(k1), 20, np.random.default_rng(3)), (1920, 1080))
    assert calibration.rmse_m < 0.05
    assert calibration.leave_one_out_m is not None
    assert calibration.leave_one_out_m < 0.2
    assert calibration.distortion == pytest.approx(k1, abs=0.03)
    assert distance(calibration.camera.pose.lat, calibration.camera.pose.lon, 34.7466, 113.6253) < 0.3


def test_four_points_are_enough_but_cannot_check_themselves() -> None:
    corners = [(400.0, 500.0), (1500.0, 480.0), (1700.0, 900.0), (200.0, 950.0)]
    camera = pole(0.0)
    points = [ControlPoint(u, v, at.lat, at.lon) for u, v in corners if (at := camera.locate(u, v))]
    calibration = calibrate(points)
    assert calibration.leave_one_out_m is None
    assert max(off for off, _ in errors(calibration, points)) < 0.2


def test_one_wild_click_is_outvoted_and_shown() -> None:
    rng = np.random.default_rng(11)
    points = noisy(ground_truth(pole(0.0), 12, rng), rng)
    points[0] = ControlPoint(points[0].u + 250, points[0].v + 60, points[0].lat, points[0].lon)
    calibration = calibrate(points, (1920, 1080))
    assert int(np.argmax(calibration.residuals_m)) == 0
    assert np.median([off for off, _ in errors(calibration, ground_truth(pole(0.0), 60, rng))]) < 0.6


def test_the_size_is_guessed_when_nobody_says() -> None:
    points = ground_truth(pole(0.0), 12, np.random.default_rng(1))
    assert calibrate(points).camera.size == (1920, 1080)


def test_points_on_one_line_are_refused() -> None:
    points = [ControlPoint(100.0 * i, 900.0 - 50 * i, 34.7466 + 1e-4 * i, 113.6253) for i in range(6)]
    with pytest.raises(CalibrationError, match="one line"):
        calibrate(points)


def test_points_of_another_picture_are_refused() -> None:
    rng = np.random.default_rng(2)
    points = ground_truth(pole(0.0), 10, rng)
    mixed = [ControlPoint(p.u, p.v, q.lat, q.lon) for p, q in zip(points, points[4:] + points[:4], strict=True)]
    with pytest.raises(CalibrationError, match="check"):
        calibrate(mixed)


def test_every_faulty_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(HEAD + "1,2,34.7,113.6\n1,two,34.7,113.6\n1,2,113.6,34.7\n1,2,34.7\n5,nan,34.7,113.6\n")
    with pytest.raises(CalibrationError) as fault:
        read_points(path)
    for words in ("line 3: v is 'two'", "line 4: lat is 113.6", "swapped", "line 5: lon is ''", "line 6: v is 'nan'"):
        assert words in str(fault.value)
    assert "line 2" not in str(fault.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing: u, v, lat, lon"),
        ("u,v,lat\n1,2,3\n", "missing: lon"),
        (HEAD + "1,2,34.7,113.6\n", "1 points: at least 4"),
        ("\x00\xff", "CSV|missing"),
    ],
)
def test_files_that_hold_no_points(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CalibrationError, match=words):
        read_points(path)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"nowhere\.csv"):
        read_points(tmp_path / "nowhere.csv")


def test_a_spreadsheet_file_with_mark_and_extra_columns(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    rows = "".join(f"p{i},{i},2.5,34.7,113.6\r\n" for i in range(4))
    path.write_bytes(("\ufeffname,u,v,lat,lon\r\n" + rows).encode())
    assert read_points(path)[3] == ControlPoint(3.0, 2.5, 34.7, 113.6)
