"""Where on the ground a pixel points: WGS-84 positions with an error radius."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """A position on the ground, WGS-84 degrees.

    `range_m` is horizontal metres from the camera; `ce90_m` is the radius that holds the true position nine times in
    ten.
    """

    lat: float
    lon: float
    range_m: float
    ce90_m: float


class Locator(Protocol):
    """Anything that turns a pixel of the full picture into a place on the ground."""

    def locate(self, u: float, v: float) -> GroundPoint:
        """Return the ground point under pixel (u, v); raises RayMissesGround."""
        ...
