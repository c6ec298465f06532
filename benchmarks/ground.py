"""How good ground positions are: exactness, drone rays by depression, honest circles, fixed cameras by control points.

    python benchmarks/ground.py [--trials 400] [--plot docs/ground-error.png]

Everything is simulated from the written error budget (detector/geometry/error_budget.py) and the published pole
camera: 6 m up, 20 degrees down, f = 1400 on 1920x1080, 2 px of click and 0.3 m of survey noise an axis, points from 9
to 60 m. Ends with 1 when a figure leaves its bounds. The plot needs matplotlib, which comes with the training extra.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.ellipsoid import LENS, VECTORS, depression, hit, random_pose
from detector.errors import RayMissesGround
from detector.geometry.calibration import ControlPoint, calibrate
from detector.geometry.error_budget import RTK, TELEMETRY
from detector.geometry.pose import PoseLocator
from detector.geometry.wgs import Plane, distance
from detector.vision.frame import Lens, Pose

HOME = Plane(34.7466, 113.6253)
CENTRE = (1920.0, 1080.0)
Floats = NDArray[np.float64]
WORST_VECTOR, WORST_POSE, INSIDE, POLE_MEDIAN = (
    0.05,
    0.3,
    (0.85, 0.95),
    0.5,
)  # the bounds: metres, metres, share, metres


def exactness() -> bool:
    """Return the known answers, and 2,000 random poses against the ellipsoid; whether both keep their bounds."""
    off = [distance(*_position(pose, pixel), *target) for pose, pixel, target, _ in VECTORS]
    print(f"known answers: {len(off)}, worst {max(off):.4f} m off (at most {WORST_VECTOR})")
    rng = np.random.default_rng(4)
    apart: list[float] = []
    while len(apart) < 2000:
        pose, pixel = random_pose(rng)
        truth = hit(pose, pixel)
        if truth is not None and depression(pose, pixel) >= 15:
            apart.append(distance(*_position(pose, pixel), *truth))
    print(
        f"random poses against earth-centred coordinates: {len(apart)}, median {np.median(apart):.4f} m, "
        f"worst {max(apart):.3f} m off (at most {WORST_POSE})"
    )
    return max(off) <= WORST_VECTOR and max(apart) <= WORST_POSE


def _position(pose: Pose, pixel: tuple[float, float]) -> tuple[float, float]:
    point = PoseLocator(pose).locate(*pixel)
    return point.lat, point.lon


def erred(said: Pose, rng: np.random.Generator) -> Pose:
    """Return where the drone truly was when its telemetry said `said`: errors drawn from the budget."""
    budget, error = RTK if said.rtk else TELEMETRY, rng.normal(size=7).tolist()
    lat, lon = HOME.degrees(budget.position_m * error[0], budget.position_m * error[1])
    focal = LENS.fx * (1 + budget.focal * error[6])
    return Pose(
        lat,
        lon,
        said.height + budget.height_m * error[2],
        said.yaw + budget.yaw * error[3],
        said.pitch + budget.pitch * error[4],
        said.roll + budget.roll * error[5],
        replace(LENS, fx=focal, fy=focal),
    )


def drone_error(said: Pose, pixel: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    """Metres off in one trial, and the circle that is claimed."""
    claimed = PoseLocator(said).locate(*pixel)
    at = PoseLocator(erred(said, rng), min_depression=0.5).locate(*pixel)
    return distance(at.lat, at.lon, claimed.lat, claimed.lon), claimed.ce90_m


def drone_table(trials: int) -> None:
    """Return the centre of the picture, by height and depression."""
    print("drone: height m, depression, median m, p90 m, claimed CE90 m, inside the circle; the same with RTK")
    for height in (40.0, 60.0, 120.0):
        for down in (90.0, 75.0, 60.0, 45.0, 30.0, 20.0, 15.0):
            parts = []
            for rtk in (False, True):
                rng = np.random.default_rng(int(down * 10 + height))
                said = Pose(HOME.lat, HOME.lon, height, 30.0, -down, 0.0, LENS, rtk)
                off, circle = np.array([drone_error(said, CENTRE, rng) for _ in range(trials)]).T
                held = np.mean(off <= circle)
                parts.append(f"{np.median(off):6.2f} {np.quantile(off, 0.9):6.2f} {circle[0]:6.2f} {held:5.0%}")
            print(f"{height:5.0f} {down:5.0f}  {'    '.join(parts)}")


def coverage(trials: int) -> bool:
    """Any pixel of the picture, any attitude: the share of errors inside of their circles, within its bounds?"""
    shares = []
    for rtk in (False, True):
        rng = np.random.default_rng(7)
        held: list[bool] = []
        while len(held) < 10 * trials:
            turn = (rng.uniform(-180, 180), rng.uniform(-90, -25), rng.uniform(-5, 5))
            said = Pose(HOME.lat, HOME.lon, rng.uniform(30, 120), *turn, LENS, rtk)
            pixel = (rng.uniform(0, 3840), rng.uniform(0, 2160))
            if depression(said, pixel) >= 15:
                off, circle = drone_error(said, pixel, rng)
                held.append(off <= circle)
        shares.append(float(np.mean(held)))
    print(
        f"any pixel, any attitude, {10 * trials} trials: {shares[0]:.1%} inside, with RTK {shares[1]:.1%} (85 to 95 %)"
    )
    return all(INSIDE[0] <= share <= INSIDE[1] for share in shares)


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
    """Return the points as an operator gives them."""
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


def pole_table(trials: int) -> bool:
    """Measure fixed cameras by lens and number of points; whether eight keep the bound with and without distortion."""
    print("fixed camera: k1, points, median m, p95 m, inside the circle; plain homography: median m, p95 m")
    kept = True
    for k1 in (0.0, -0.3):
        for count in (4, 6, 8, 12):
            ours, plain, held = pole_errors(k1, count, trials)
            print(
                f"{k1:5.1f} {count:3d}  {np.median(ours):6.2f} {np.quantile(ours, 0.95):6.2f} {held:5.0%}    "
                f"{np.median(plain):6.2f} {np.quantile(plain, 0.95):6.2f}"
            )
            kept = kept and (count < 8 or float(np.median(ours)) <= POLE_MEDIAN)
    return kept


def plot(path: Path) -> None:
    """Error against depression at 60 m with the claimed circle."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, both = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, rtk in zip(both, (False, True), strict=True):
        rng = np.random.default_rng(5)
        downs = rng.uniform(15, 90, 1500)
        shown = [(Pose(HOME.lat, HOME.lon, 60, 30, -down, 0, LENS, rtk), down) for down in downs.tolist()]
        off, circle = np.array([drone_error(said, CENTRE, rng) for said, _ in shown]).T
        inside = np.mean(off <= circle)
        axes.scatter(downs, off, s=3, alpha=0.3, color="tab:blue", linewidths=0, label="simulated errors")
        order = np.argsort(downs)
        axes.plot(downs[order], circle[order], color="tab:red", label=f"predicted CE90 ({inside:.0%} inside)")
        axes.set(xlabel="depression, degrees", yscale="log", ylim=(0.03, 80))
        axes.set_title("60 m up, " + ("RTK fixed" if rtk else "plain telemetry"), fontsize=10)
        axes.grid(alpha=0.3)
        axes.legend(loc="lower left", fontsize=8)
    both[0].set_ylabel("error on the ground, metres")
    figure.savefig(path, dpi=80, bbox_inches="tight")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--plot", type=Path)
    wanted = parser.parse_args()
    exact = exactness()
    drone_table(wanted.trials)
    honest = coverage(wanted.trials)
    steady = pole_table(max(wanted.trials // 10, 5))
    if wanted.plot is not None:
        plot(wanted.plot)
    return 0 if exact and honest and steady else 1


if __name__ == "__main__":
    sys.exit(main())
