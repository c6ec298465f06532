"""What happens in a clip and when: actors with paths, and the light. Pure and repeatable by seed; no Blender here.

Times are seconds of scene time since the script's start; positions are local metres (see camera.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from training.scenes.camera import ORIGIN

Class = Literal["stall", "signboard", "car", "person", "cantilever_sign"]
Role = Literal["violation", "permitted", "short", "context"]
CLOUDS = ((175, 30), (400, 55), (600, 25))  # middle and half width in seconds
PAVEMENT = 0.1  # metres the pavement lies above the carriageway


@dataclass(frozen=True, slots=True)
class Stop:
    """At time `t` the actor is at `x`, `y`."""

    t: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an actor is at one moment; `turn` is the mathematical heading in radians."""

    x: float
    y: float
    turn: float
    moving: bool


@dataclass(frozen=True, slots=True)
class SceneActor:
    """Something that comes, stands or moves, and goes. It is there from its first stop's time to its last's."""

    number: int
    name: str
    label: Class
    role: Role
    kind: str
    look: int
    turn: float
    path: tuple[Stop, ...]

    @property
    def first(self) -> float:
        return self.path[0].t

    @property
    def last(self) -> float:
        return self.path[-1].t

    def at(self, t: float) -> Placement | None:
        """Return where it is at `t`, or None when it is not there."""
        if not self.first <= t <= self.last:
            return None
        for one, two in zip(self.path[:-1], self.path[1:], strict=True):
            if one.t <= t <= two.t:
                share = (t - one.t) / (two.t - one.t) if two.t > one.t else 0.0
                dx, dy = two.x - one.x, two.y - one.y
                moving = math.hypot(dx, dy) > 0.01
                turn = math.atan2(dy, dx) if moving else self.turn
                return Placement(one.x + share * dx, one.y + share * dy, turn, moving)
        return Placement(self.path[-1].x, self.path[-1].y, self.turn, False)

    def ground(self) -> float:
        """Height of what it stands on: roadway for cars, pavement for the rest."""
        return 0.0 if self.label == "car" else PAVEMENT


@dataclass(frozen=True, slots=True)
class Light:
    """The sun's direction (degrees) and how much of it comes through the clouds, 0..1."""

    azimuth: float
    elevation: float
    through: float


@dataclass(frozen=True, slots=True)
class SceneScript:
    """A clip: `step` scene seconds from frame to frame, shown `speed` times faster than life.

    `lit` is the hour whose sun shines when the clip starts.
    """

    seed: int
    start: datetime
    lit: datetime
    frames: int
    step: float
    speed: float
    actors: tuple[SceneActor, ...]

    def light(self, t: float) -> Light:
        """Return the true sun over the block behind clouds that drift by.

        The sun moves on only while a cloud hides it: shadows of what stands still need few renderings then.
        """
        shift = float(np.random.default_rng(self.seed + 11).uniform(0, 20))
        centres = [centre + shift for centre, _ in CLOUDS]
        seen_from = max((c for c in centres if c <= t), default=0.0)
        azimuth, elevation = sun(self.lit + timedelta(seconds=seen_from))
        dark = sum(_bump(t, centre, half) for centre, (_, half) in zip(centres, CLOUDS, strict=True))
        return Light(azimuth, elevation, 1 - 0.88 * min(1.0, dark))


def _bump(t: float, centre: float, half: float) -> float:
    distance = abs(t - centre) - half
    return min(1.0, max(0.0, 1 - distance / 20)) if distance > 0 else 1.0


def sun(when: datetime) -> tuple[float, float]:
    """Azimuth (from north) and elevation of the sun over the block, degrees; good to about half a degree.

    Source: the low-precision formulas of the Astronomical Almanac (mean longitude, mean anomaly, obliquity).
    """
    days = (when - datetime.fromisoformat("2000-01-01T12:00:00+00:00")).total_seconds() / 86400
    mean = math.radians((280.46 + 0.9856474 * days) % 360)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    longitude = mean + math.radians(1.915 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(tilt) * math.sin(longitude))
    ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    sidereal = math.radians((280.46062 + 360.9856474 * days + ORIGIN[1]) % 360)
    hour, lat = sidereal - ascension, math.radians(ORIGIN[0])
    up = math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(lat) * math.sin(declination) - math.sin(lat) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.atan2(east, north)) % 360, math.degrees(math.asin(up))
