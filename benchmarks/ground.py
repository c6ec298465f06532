"""How good ground positions are: drone rays by depression, honest circles, and fixed cameras by control points.

    python benchmarks/ground.py [--trials 200] [--plot errors.png]

Everything is simulated from the written error budget (detector/error_budget.py) and the published pole camera: 6 m up,
20 degrees down, f = 1400 on 1920x1080, 2 px of click and 0.3 m of survey noise an axis, points from 9 to 60 m. The plot
needs matplotlib.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detector.calibration import ControlPoint, calibrate
from detector.error_budget import RTK, TELEMETRY
from detector.errors import RayMissesGround
from detector.frame import Lens, Pose
from detector.pose import PoseLocator
from detector.wgs import Plane, distance

HOME = Plane(34.7466, 113.6253)
LENS = Lens(2880, 2880, 1920, 1080)
Floats = NDArray[np.float64]


def drone_errors(depression: float, height: float, trials: int, rtk: bool) -> tuple[Floats, float]:
    """Metres off in each trial for the centre of the picture, and the circle that is claimed."""
    rng = np.random.default_rng(int(depression * 10 + height))
    budget = RTK if rtk else TELEMETRY
    said = Pose(HOME.lat, HOME.lon, height, 30.0, -depression, 0.0, LENS, rtk)
    claimed = PoseLocator(said).locate(1920, 1080)
    off = []
    for error in rng.normal(size=(trials, 7)).tolist():
        lat, lon = HOME.degrees(budget.position_m * error[0], budget.position_m * error[1])
        focal = LENS.fx * (1 + budget.focal * error[6])
        true = Pose(
            lat,
            lon,
            height + budget.height_m * error[2],
            said.yaw + budget.yaw * error[3],
            said.pitch + budget.pitch * error[4],
            budget.roll * error[5],
            replace(LENS, fx=focal, fy=focal),
        )
        at = PoseLocator(true, min_depression=0.5).locate(1920, 1080)
        off.append(distance(at.lat, at.lon, claimed.lat, claimed.lon))
    return np.array(off), claimed.ce90_m


def pole_points(k1: float, count: int, rng: np.random.Generator) -> list[ControlPoint]:
    """Exact points of the simulated street, as the camera sees them."""
    lens = Lens(1400, 1400, 960, 540, (k1, 0, 0, 0, 0))
    camera = PoseLocator(Pose(HOME.lat, HOME.lon, 6, 0, -20, 0, lens), min_depression=0.5)
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
    """The points as an operator gives them."""
    given = []
    for point in points:
        north, east = HOME.metres(point.lat, point.lon)
        lat, lon = HOME.degrees(north + rng.normal(0, 0.3), east + rng.normal(0, 0.3))
        given.append(ControlPoint(point.u + rng.normal(0, 2), point.v + rng.normal(0, 2), lat, lon))
    return given


def pole_errors(k1: float, count: int, trials: int) -> tuple[Floats, Floats, float]:
    """Metres off for our camera and for a plain homography, and the share of points inside of the claimed circle."""
    rng = np.random.default_rng(count)
    ours: list[float] = []
    plain: list[float] = []
    held: list[bool] = []
    for _ in range(trials):
        given, truth = noisy(pole_points(k1, count, rng), rng), pole_points(k1, 40, rng)
        camera = calibrate(given, (1920, 1080)).camera
        pixels = np.array([(p.u, p.v) for p in given])
        mapping, _ = cv2.findHomography(pixels, np.array([HOME.metres(p.lat, p.lon) for p in given]), 0)
        for point in truth:
            try:
                at = camera.locate(point.u, point.v)
            except RayMissesGround:
                continue
            off = distance(at.lat, at.lon, point.lat, point.lon)
            ours.append(off)
            held.append(off <= at.ce90_m)
            guess = mapping @ (point.u, point.v, 1)
            plain.append(float(np.hypot(*(guess[:2] / guess[2] - HOME.metres(point.lat, point.lon)))))
    return np.array(ours), np.array(plain), float(np.mean(held))


def plot(path: Path, rows: list[tuple[float, float, Floats, float]]) -> None:
    """Error against depression at 60 m with the claimed circle."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    shown = [(depression, off, claimed) for height, depression, off, claimed in rows if height == 60]
    for depression, off, _ in shown:
        axes.scatter(np.full(len(off), depression), off, s=4, alpha=0.25, color="tab:blue")
    axes.plot([row[0] for row in shown], [row[2] for row in shown], color="tab:red", label="claimed CE90")
    axes.set(xlabel="depression, degrees", ylabel="error, metres", yscale="log", title="60 m above the street")
    axes.legend()
    figure.savefig(path, dpi=150, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--plot", type=Path)
    wanted = parser.parse_args()
    print("drone, plain telemetry: height m, depression, median m, p90 m, claimed CE90 m, inside the circle; RTK: same")
    rows = []
    for height in (40.0, 60.0, 120.0):
        for depression in (90.0, 75.0, 60.0, 45.0, 30.0, 20.0, 15.0):
            off, claimed = drone_errors(depression, height, wanted.trials, rtk=False)
            rows.append((height, depression, off, claimed))
            fixed, small = drone_errors(depression, height, wanted.trials, rtk=True)
            ours = f"{np.median(off):6.2f} {np.quantile(off, 0.9):6.2f} {claimed:6.2f} {np.mean(off <= claimed):5.0%}"
            rtk = f"{np.median(fixed):6.2f} {np.quantile(fixed, 0.9):6.2f} {small:6.2f} {np.mean(fixed <= small):5.0%}"
            print(f"{height:5.0f} {depression:5.0f}  {ours}    {rtk}")
    print("fixed camera: k1, points, median m, p95 m, inside the circle; plain homography: median m, p95 m")
    for k1 in (0.0, -0.3):
        for count in (4, 6, 8, 12):
            pole, plain, held = pole_errors(k1, count, max(wanted.trials // 8, 5))
            print(
                f"{k1:5.1f} {count:3d}  {np.median(pole):6.2f} {np.quantile(pole, 0.95):6.2f} {held:5.0%}    "
                f"{np.median(plain):6.2f} {np.quantile(plain, 0.95):6.2f}"
            )
    if wanted.plot is not None:
        plot(wanted.plot, rows)


if __name__ == "__main__":
    main()
