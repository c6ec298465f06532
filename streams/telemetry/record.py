"""One line of telemetry, whatever carried it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

FIXED_RTK: Final = 50
"""DJI's `RtkFlag` of a fixed solution (centimetres); 16 is a single position, 32 to 49 a floating one (decimetres)."""
LOWEST: Final = 1.0
"""Metres: lower, the aircraft stands, or its height is not known; nothing is placed from there."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the carrier says of one moment; None is "not said", and no value is ever invented.

    `t` seconds from the start of the footage (0 for a photo). `time` is timezone-aware where the carrier or the caller
    names the zone, else the aircraft's wall clock. `lat`, `lon` WGS-84 degrees; `height` metres above take-off;
    `altitude` metres above the sea. `yaw`, `pitch`, `roll` of the camera, not of the airframe, as `Pose` has them;
    `focal_35mm` includes digital zoom; `hfov` degrees. `rtk` only for a fixed solution. `ambiguous` says in words why a
    value must not be trusted without a person. `part` counts the recordings that were joined into one carrier.
    """

    t: float
    time: datetime | None
    lat: float | None
    lon: float | None
    height: float | None
    yaw: float | None
    pitch: float | None
    roll: float | None
    focal_35mm: float | None
    dialect: str
    altitude: float | None = None
    hfov: float | None = None
    rtk: bool = False
    ambiguous: str | None = None
    part: int = 0

    def to_json(self) -> dict[str, object]:
        """Return the line that `streetwarden telemetry --json` prints."""
        line: dict[str, object] = {
            "t": round(self.t, 6),
            "time": self.time.isoformat() if self.time else None,
            "lat": self.lat,
            "lon": self.lon,
            "height": self.height,
            "yaw": self.yaw,
            "pitch": self.pitch,
            "roll": self.roll,
            "focal_35mm": self.focal_35mm,
            "dialect": self.dialect,
        }
        extra = {"altitude": self.altitude, "hfov": self.hfov, "ambiguous": self.ambiguous}
        return line | {name: value for name, value in extra.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Everything one carrier says: its good records in order of time, and what was skipped, in words with its place.

    `ends` is the second at which the last line of a sidecar ends, None where it does not say; `cut` whether its last
    line breaks off.
    """

    records: tuple[Record, ...]
    skipped: tuple[str, ...] = ()
    ends: float | None = None
    cut: bool = False
