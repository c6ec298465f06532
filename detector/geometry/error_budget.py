"""How far off a ground position may be: the error budget of a drone's telemetry, and CE90 from a covariance."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Pose

# 90 % radius of a centred normal distribution in the plane, in units of its larger standard deviation, for the ratio
# smaller / larger = 0, 0.1, ... 1 (numerical integration; the ends are 1.6449 and sqrt(2 ln 10) = 2.1460).
_CE90_FACTORS: Final = (1.6449, 1.6479, 1.6573, 1.6738, 1.6992, 1.7371, 1.7915, 1.8625, 1.9472, 2.0424, 2.1460)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """One standard deviation of everything that a position computed from telemetry rests on.

    `position_m` per horizontal axis; `height_m` of the camera above the ground it looks at, so barometer *and*
    terrain; angles in degrees; `focal` as a share of the focal length.
    """

    position_m: float
    height_m: float
    yaw: float
    pitch: float
    roll: float
    focal: float


# Yaw and pitch as seen in 59 surveyed pictures of a real drone and 18 of another (pitch bias 1.3, yaw scatter 3.0,
# +-1.9..3.5 degrees); 3 % focal length is what rules for "35 mm equivalent" differ by.
TELEMETRY: Final = ErrorBudget(position_m=2.0, height_m=2.0, yaw=3.0, pitch=0.5, roll=0.5, focal=0.03)
# What a second without telemetry adds: survey flights turn and slow down at their corners.
A_SECOND: Final = ErrorBudget(position_m=6.0, height_m=2.0, yaw=30.0, pitch=15.0, roll=5.0, focal=0.0)
ROLL_ABSENT: Final = 2.0  # degrees: gimbals hold the horizon, and the telemetry does not say how well
# A fixed RTK solution mends the position; the height keeps the roughness of the ground, the angles stay as they were.
RTK: Final = ErrorBudget(position_m=0.05, height_m=0.5, yaw=3.0, pitch=0.5, roll=0.5, focal=0.03)


def budget_of(pose: Pose) -> ErrorBudget:
    """Return the budget of plain or RTK telemetry, larger by what was interpolated, is absent or in doubt."""
    plain = RTK if pose.rtk else TELEMETRY
    off = dict.fromkeys(pose.interpolated, pose.gap)
    absent = ROLL_ABSENT if "roll" in pose.absent else 0.0
    return replace(
        plain,
        position_m=plain.position_m + A_SECOND.position_m * off.get("position", 0.0) + pose.doubt,
        height_m=plain.height_m + A_SECOND.height_m * off.get("height", 0.0),
        yaw=plain.yaw + A_SECOND.yaw * off.get("yaw", 0.0),
        pitch=plain.pitch + A_SECOND.pitch * off.get("pitch", 0.0),
        roll=plain.roll + A_SECOND.roll * off.get("roll", 0.0) + absent,
    )


def ce90(covariance: NDArray[np.float64]) -> float:
    """Radius in metres that holds 90 % of a centred normal distribution with this (2, 2) covariance in metres^2."""
    small, large = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0.0))
    if large == 0.0:
        return 0.0
    return float(large * np.interp(small / large, np.linspace(0, 1, len(_CE90_FACTORS)), _CE90_FACTORS))
