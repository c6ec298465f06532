"""Where the camera was between two lines of telemetry."""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from detector.geometry.rays import Floats
from detector.vision.frame import Lens, Part, Pose
from streams.telemetry.outliers import HEIGHT, POSITION, TURN, degrees_apart, metres_apart, without_outliers
from streams.telemetry.record import LOWEST, Record, Telemetry

_FULL_FRAME_DIAGONAL: Final = math.hypot(36, 24)
_SENSOR_DIAGONAL: Final = 1.25  # of a 4:3 sensor, in units of its width: wider pictures are cut from one
_PORTRAIT: Final = 1.25  # width by height; what is narrower was cut from a sensor that nobody describes, or turned
_RESTS: Final = 3.0  # a value that stays for longer than this many usual updates rested; it did not creep
_TELLING: Final = 3  # fewer changes do not tell how often a value is updated
_POSITION_LAG: Final = 2.0  # seconds: the slowest that positions are updated while the aircraft moves
_OTHER_LAG: Final = 0.5  # and all other values, which are printed nearly as often as they are measured
_BRIDGED: Final = 2.0  # seconds without a value that are interpolated, or held before the first and after the last
_HELD: Final = 0.5  # seconds that a value is held beside lines that do not know it
_TINY: Final = 1e-9
_USUAL: Final = 1.5  # usual distances of lines between two lines are still one step
_TIMES: Final = 5  # lines whose clocks are asked for the time of one moment


def lens_from(focal_35mm: float, width: int, height: int) -> Lens:
    """Pinhole lens of a picture from the 35 mm equivalent, which compares diagonals of the whole sensor.

    A 16:9 or 17:9 picture is cut from a 4:3 sensor at full width; taking its own diagonal is wrong by 9 %.
    """
    diagonal = _SENSOR_DIAGONAL * width if width / height > 1.6 else math.hypot(width, height)
    focal = focal_35mm / _FULL_FRAME_DIAGONAL * diagonal
    return Lens(focal, focal, width / 2, height / 2)


def is_portrait(size: tuple[int, int]) -> bool:
    """Return whether a picture of this width and height is upright or square.

    Which part of the sensor it is, is not known.
    """
    return size[0] < _PORTRAIT * size[1]


@dataclass(frozen=True, slots=True)
class _Track:
    """A value over time: what is printed between two changes is old, so only the changes are knots.

    `known` are the seconds of all lines that carry the value, `lines` the first and the last line of all, `step` the
    usual seconds between two lines.
    """

    times: Floats
    values: Floats
    known: Floats
    lines: tuple[float, float]
    step: float

    def at(self, t: float) -> float:
        return float(np.interp(t, self.times, self.values))

    def gap(self, t: float) -> float | None:
        """Seconds to the nearest line that has the value, 0 within a usual step; None where it is not known."""
        after = int(np.searchsorted(self.known, t))
        around = [float(self.known[i]) for i in (after - 1, after) if 0 <= i < len(self.known)]
        least = min(abs(t - one) for one in around)
        if least == 0:
            return 0.0
        if len(around) == 2:
            width = around[1] - around[0]
            return 0.0 if width <= min(_USUAL * self.step, _BRIDGED) else least if width <= _BRIDGED + _TINY else None
        # before the first or after the last value: held, but hardly where lines stand that say that it is not known
        said_unknown = self.lines[0] < self.known[0] if t < around[0] else self.lines[1] > self.known[-1]
        return least if least <= (min(self.step, _HELD) if said_unknown else _BRIDGED) + _TINY else None


class _Leg:
    """Poses of one recording, from its first line to its last."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        times = [record.t for record in records]
        self.starts = np.array(times)
        self.step = float(np.median(np.diff(self.starts))) if len(times) > 1 else 0.0
        positions = [None if r.lat is None or r.lon is None else (r.lat, r.lon) for r in records]
        found = without_outliers(times, positions, metres_apart, POSITION)
        lons = _unwrapped([place[1] if place else None for place in found])
        pairs = [
            None if place is None or lon is None else (place[0], lon) for place, lon in zip(found, lons, strict=True)
        ]
        self.lat, self.lon = _tracks(self.starts, pairs, _POSITION_LAG, 2)
        heights: list[float | None] = [record.height or None for record in records]  # 0 is printed for "not known"
        self.height = _track(self.starts, without_outliers(times, heights, _metres, HEIGHT))
        pitches = [record.pitch or None for record in records]
        self.pitch = _track(self.starts, without_outliers(times, pitches, degrees_apart, TURN))
        self.yaw, self.roll = (
            _track(self.starts, _unwrapped(without_outliers(times, turns, degrees_apart, TURN, is_zero=_is_zero)))
            for turns in ([record.yaw for record in records], [record.roll for record in records])
        )


class PoseTrack:
    """Poses of one flight at any moment of its footage.

    Aircraft print far more lines than they have new positions (1.2 changes in 60 lines a second): holding the last line
    costs 5 to 8 m at 10 m/s, so values are interpolated between their changes. Where lines are missing, or their values
    cannot be, a value is interpolated over at most two seconds, and the pose says so.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        usable = [record for record in telemetry.records if record.ambiguous is None]
        self._legs = [_Leg(list(group)) for _, group in itertools.groupby(usable, key=lambda record: record.part)]
        self._timed = [record for record in telemetry.records if record.time is not None]
        self._ticks = [record.t for record in self._timed]

    @property
    def points(self) -> bool:
        """Return whether any moment of the footage has a position and a direction."""
        return any(leg.lat is not None and leg.yaw is not None and leg.pitch is not None for leg in self._legs)

    def pose_at(self, t: float, lens: Lens | None = None, *, size: tuple[int, int] | None = None) -> Pose | None:
        """Return the pose `t` seconds into the footage, None when position, height or pointing are not known then.

        Without a `lens` it is made from the telemetry's focal length and the picture's `size` (width, height);
        None when both are missing, or where the picture is upright.
        """
        leg = self._leg(t)
        if leg is None or leg.lat is None or leg.lon is None:
            return None
        height, yaw, pitch = leg.height, leg.yaw, leg.pitch
        if height is None or yaw is None or pitch is None:
            return None
        gaps: dict[Part, float | None] = {
            "position": leg.lat.gap(t),
            "height": height.gap(t),
            "yaw": yaw.gap(t),
            "pitch": pitch.gap(t),
        }
        if None in gaps.values() or abs(height.at(t)) < LOWEST:
            return None
        roll_gap = leg.roll.gap(t) if leg.roll is not None else None
        known = {part: gap for part, gap in (*gaps.items(), ("roll", roll_gap)) if gap is not None}
        nearest = leg.records[int(np.argmin(np.abs(leg.starts - t)))]
        if lens is None:
            if nearest.focal_35mm is None or size is None or is_portrait(size):
                return None
            lens = lens_from(nearest.focal_35mm, *size)
        roll = leg.roll.at(t) if leg.roll is not None and roll_gap is not None else 0.0
        return Pose(
            lat=leg.lat.at(t),
            lon=_half_turn(leg.lon.at(t)),
            height=height.at(t),
            yaw=_half_turn(yaw.at(t)),
            pitch=pitch.at(t),
            roll=_half_turn(roll),
            lens=lens,
            rtk=nearest.rtk,
            interpolated=tuple(part for part, gap in known.items() if gap > 0),
            absent=("roll",) if roll_gap is None else (),
            gap=max(known.values()),
        )

    def time_at(self, t: float) -> datetime | None:
        """Return what the aircraft's clock showed `t` seconds into the footage.

        The clocks of the nearest lines are asked.
        """
        if not self._timed:
            return None
        after = bisect_left(self._ticks, t)
        first = max(0, min(after - _TIMES // 2, len(self._timed) - _TIMES))
        near = self._timed[first : first + _TIMES]
        part = min(near, key=lambda record: abs(record.t - t)).part
        starts = [record.time - timedelta(seconds=record.t) for record in near if record.time and record.part == part]
        return sorted(starts)[len(starts) // 2] + timedelta(seconds=t)

    def _leg(self, t: float) -> _Leg | None:
        """Return the recording that the moment lies in; None where nothing tells to which of two it belongs."""
        before = [leg for leg in self._legs if leg.starts[0] <= t]
        if len(before) in (0, len(self._legs)):  # no other recording follows or comes before
            return self._legs[0 if not before else -1] if self._legs else None
        return before[-1] if t <= before[-1].starts[-1] + before[-1].step else None


def _half_turn(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _metres(a: float, b: float) -> float:
    return abs(a - b)


def _is_zero(degrees: float) -> bool:
    return degrees % 360 == 0


def _unwrapped(angles: Sequence[float | None]) -> list[float | None]:
    """Angles that run on over 360 degrees, so that 359 to 1 is a turn by 2."""
    turned = iter(np.unwrap([angle for angle in angles if angle is not None], period=360).tolist())
    return [None if angle is None else next(turned) for angle in angles]


def _track(times: Floats, values: Sequence[float | None]) -> _Track | None:
    return _tracks(times, [None if value is None else (value,) for value in values], _OTHER_LAG, 1)[0]


def _tracks(
    times: Floats, values: Sequence[tuple[float, ...] | None], slowest: float, columns: int
) -> list[_Track | None]:
    """Return one track for each column of `values`; its knots are the moments where any column changed.

    A change is spread over the usual time between changes, which is never more than `slowest` seconds (or one line).
    """
    known = [(t, value) for t, value in zip(times.tolist(), values, strict=True) if value is not None]
    if not known:
        return [None] * columns
    changes = [(now, before[0]) for before, now in itertools.pairwise(known) if now[1] != before[1]]
    knots = [known[0], *(now for now, _ in changes)]
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(knots)]
    line = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    usual = min(float(np.median(gaps)), max(slowest, line)) if len(gaps) >= _TELLING else line
    placed = knots[:1]
    for gap, (knot, confirmed) in zip(gaps, changes, strict=True):
        rested = min(knot[0] - usual, confirmed)  # where lines are missing, nothing says that it rested
        if gap > _RESTS * usual and rested > placed[-1][0]:
            placed.append((rested, placed[-1][1]))
        placed.append(knot)
    at, seconds = np.array([t for t, _ in placed]), np.array([t for t, _ in known])
    ends = float(times[0]), float(times[-1])
    return [
        _Track(at, np.array([value[i] for _, value in placed], np.float64), seconds, ends, line) for i in range(columns)
    ]
