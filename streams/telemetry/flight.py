"""Where the camera was between two lines of telemetry."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detector.geometry.rays import Floats
from detector.vision.frame import Lens, Pose
from streams.telemetry.record import Telemetry

_FULL_FRAME_DIAGONAL: Final = math.hypot(36, 24)
_SENSOR_DIAGONAL: Final = 1.25  # of a 4:3 sensor, in units of its width: wider pictures are cut from one
_RESTS: Final = 3.0  # a value that stays for longer than this many usual updates rested; it did not creep
_TELLING: Final = 3  # fewer changes do not tell how often a value is updated
_POSITION_LAG: Final = 2.0  # seconds: the slowest that positions are updated while the aircraft moves
_OTHER_LAG: Final = 0.5  # and all other values, which are printed nearly as often as they are measured
_BEYOND: Final = 2.0  # seconds before the first and after the last line for which they still hold


def lens_from(focal_35mm: float, width: int, height: int) -> Lens:
    """Pinhole lens of a picture from the 35 mm equivalent, which compares diagonals of the whole sensor.

    A 16:9 or 17:9 picture is cut from a 4:3 sensor at full width; taking its own diagonal is wrong by 9 %.
    """
    diagonal = _SENSOR_DIAGONAL * width if width / height > 1.6 else math.hypot(width, height)
    focal = focal_35mm / _FULL_FRAME_DIAGONAL * diagonal
    return Lens(focal, focal, width / 2, height / 2)


@dataclass(frozen=True, slots=True)
class _Track:
    """A value over time: what is printed between two changes is old, so only the changes are knots."""

    times: Floats
    values: Floats

    def at(self, t: float) -> float:
        return float(np.interp(t, self.times, self.values))


class PoseTrack:
    """Poses of one flight at any moment of its footage.

    Aircraft print far more lines than they have new positions (1.2 changes in 60 lines a second): holding the last line
    costs 5 to 8 m at 10 m/s, so values are interpolated between their changes.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        usable = [record for record in telemetry.records if record.ambiguous is None]
        self._records = usable
        self._starts = np.array([record.t for record in usable])
        lons = _unwrapped([r.lon for r in usable])
        self._lat, self._lon = _tracks(
            self._starts, list(zip((r.lat for r in usable), lons, strict=True)), _POSITION_LAG
        )
        self._height, self._pitch, self._yaw, self._roll = (
            _tracks(self._starts, [(value,) for value in column], _OTHER_LAG)[0]
            for column in (
                [r.height for r in usable],
                [r.pitch for r in usable],
                _unwrapped([r.yaw for r in usable]),
                _unwrapped([r.roll for r in usable]),
            )
        )

    def pose_at(self, t: float, lens: Lens | None = None, *, size: tuple[int, int] | None = None) -> Pose | None:
        """The pose `t` seconds into the footage, None when position, height or pointing are not known then.

        Without a `lens` it is made from the telemetry's focal length and the picture's `size` (width, height);
        None when both are missing.
        """
        known = (self._lat, self._lon, self._height, self._yaw, self._pitch)
        if any(track is None for track in known):
            return None
        if not self._starts[0] - _BEYOND <= t <= self._starts[-1] + _BEYOND:
            return None
        lat, lon, height, yaw, pitch = (track.at(t) for track in known if track is not None)
        nearest = self._records[int(np.argmin(np.abs(self._starts - t)))]
        if lens is None:
            if nearest.focal_35mm is None or size is None:
                return None
            lens = lens_from(nearest.focal_35mm, *size)
        roll = self._roll.at(t) if self._roll is not None else 0.0
        yaw, roll = ((angle + 180) % 360 - 180 for angle in (yaw, roll))
        return Pose(lat, (lon + 180) % 360 - 180, height, yaw, pitch, roll, lens, nearest.rtk)


def _unwrapped(angles: Sequence[float | None]) -> list[float | None]:
    """Angles that run on over 360 degrees, so that 359 to 1 is a turn by 2."""
    turned = iter(np.unwrap([angle for angle in angles if angle is not None], period=360).tolist())
    return [None if angle is None else next(turned) for angle in angles]


def _tracks(times: Floats, values: Sequence[tuple[float | None, ...]], slowest: float) -> list[_Track | None]:
    """One track for each column of `values`; its knots are the moments where any column changed.

    A change is spread over the usual time between changes, which is never more than `slowest` seconds (or one line).
    """
    known = [(t, value) for t, value in zip(times.tolist(), values, strict=True) if None not in value]
    if not known:
        return [None, None]
    knots = [known[0], *(now for before, now in itertools.pairwise(known) if now[1] != before[1])]
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(knots)]
    line = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    usual = min(float(np.median(gaps)), max(slowest, line)) if len(gaps) >= _TELLING else line
    placed = knots[:1]
    for gap, knot in zip(gaps, knots[1:], strict=True):
        if gap > _RESTS * usual:
            placed.append((knot[0] - usual, placed[-1][1]))
        placed.append(knot)
    at = np.array([t for t, _ in placed])
    return [_Track(at, np.array([value[i] for _, value in placed], np.float64)) for i in range(len(placed[0][1]))]
