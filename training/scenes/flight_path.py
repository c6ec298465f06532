"""The drone's way over the block, frame by frame. No Blender here."""

from __future__ import annotations

import math

from training.scenes.camera import CameraPose
from training.scenes.script import SceneScript
from training.scenes.timeline import FLIGHT_HEIGHT

FOCAL_35MM = 24.0
NADIR = -89.9
GROUND_ALTITUDE = 104.0  # metres above sea level in the middle of Zhengzhou


def poses(script: SceneScript, width: int, above: float = FLIGHT_HEIGHT, tilt: float = NADIR) -> list[CameraPose]:
    """Return one pose a frame, with a pilot's small wobble; angles to 0.1 degree, as the telemetry tells them.

    Flown `above` metres over the roadway with the camera pitched to `tilt` degrees; a camera that looks ahead starts
    so much further back that it passes over the same street.
    """
    # 24 mm is meant for the whole 4:3 sensor, of which video keeps the full width.
    back = above * math.tan(math.radians(tilt + 90.0)) if tilt > NADIR else 0.0
    focal = FOCAL_35MM / math.hypot(36.0, 24.0) * width * 1.25
    found = []
    for k in range(script.frames):
        share = k / (script.frames - 1)
        wave = math.sin(k * 0.35 + script.seed)
        height = round(above + 0.25 * wave, 3)
        yaw, roll = round(2.0 * math.sin(k * 0.22), 1), round(0.3 * wave, 1)
        pitch = round(tilt + 0.3 * math.sin(k * 0.5), 1)
        east, north = 0.4 * wave, 2.0 - back + 68.0 * share
        found.append(CameraPose(east, north, height, yaw, pitch, roll, focal, width, width * 9 // 16))
    return found
