"""The entries of a rulebook file, each checked by itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from shapely import MultiPoint, Polygon, is_valid_reason

from detector.durations import parse_duration
from detector.rules.cities import City, code_table
from detector.rules.hours import check_country, check_hours
from detector.rules.landmarks import Landmark, Limit, Measure
from detector.rules.placement import SignPlacement
from detector.rules.rings import corners_of
from detector.rules.season import check_season
from detector.rules.time_zones import time_zone
from detector.rules.zones import Zone, area_m2, extent_m

SMALLEST_M2: Final = 1.0
SMALLEST_PX: Final = 16.0
WIDEST_M: Final = 200_000.0  # a street zone that spans more has a digit wrong


def _checked(check: Callable[[str], None]) -> BeforeValidator:
    def run(value: object) -> object:
        if isinstance(value, str):
            check(value)
        return value

    return BeforeValidator(run)


Text = Annotated[str, Field(min_length=1, max_length=200)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
Line = Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=2)]
Ring = Annotated[list[tuple[Coordinate, Coordinate]], BeforeValidator(corners_of), Field(min_length=3)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class ZoneEntry(_Strict):
    """One zone: `polygon` in (lon, lat) degrees WGS-84, or `image` in pixels of the full picture of `camera`.

    `name` and `name_zh` are what the pages call it.
    """

    id: Text
    kind: Text
    polygon: Ring | None = None
    image: Ring | None = None
    camera: Text | None = None
    name: Text | None = None
    name_zh: Text | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "ZoneEntry":
        if (self.polygon is None) == (self.image is None):
            raise ValueError(f"zone {self.id!r} needs either `polygon` (lon, lat) or `image` (pixels), one of them")
        if self.image is not None and self.camera is None:
            raise ValueError(f"zone {self.id!r} is drawn in a picture: add `camera`, the id of the camera")
        if self.polygon is not None and self.camera is not None:
            raise ValueError(f"zone {self.id!r} is on the ground: `camera` belongs to `image` zones only")
        fault = _ring_fault(self.image, on_ground=False) if self.image else _ring_fault(self.polygon or [], True)
        if fault:
            raise ValueError(f"zone {self.id!r} {fault}")
        return self

    def zone(self) -> Zone:
        return Zone(self.id, self.kind, tuple(self.polygon or self.image or ()), self.camera, self.name, self.name_zh)


class LandmarkEntry(_Strict):
    """What a distance is measured from: a `point`, a `line` or a `polygon` in (lon, lat) degrees WGS-84."""

    id: Text
    kind: Text
    point: tuple[Coordinate, Coordinate] | None = None
    line: Line | None = None
    polygon: Ring | None = None
    name: Text | None = None
    name_zh: Text | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "LandmarkEntry":
        if sum(shape is not None for shape in (self.point, self.line, self.polygon)) != 1:
            raise ValueError(f"landmark {self.id!r} needs `point`, `line` or `polygon`, one of them")
        fault = _ring_fault(self.polygon, True) if self.polygon else _line_fault(self._corners())
        if fault:
            raise ValueError(f"landmark {self.id!r} {fault}")
        return self

    def _corners(self) -> list[tuple[float, float]]:
        return self.polygon or self.line or ([self.point] if self.point else [])

    def landmark(self) -> Landmark:
        """Return the landmark."""
        closed = self.polygon is not None
        return Landmark(self.id, self.kind, tuple(self._corners()), closed, self.name, self.name_zh)


class LimitEntry(_Strict):
    """A distance from landmarks of a kind."""

    kind: Text
    metres: Annotated[float, Field(gt=0, le=2000, allow_inf_nan=False)]


class RuleEntry(_Strict):
    """One rule; see `docs/rules.md` for what each key means."""

    id: Text
    classes: Annotated[list[Text], Field(min_length=1)]
    zones: list[Text] = []
    near: LimitEntry | None = None
    beyond: LimitEntry | None = None
    clear: LimitEntry | None = None
    season: Text | None = None
    placement: list[SignPlacement] = []
    size_within: Annotated[float | None, Field(ge=0, le=2)] = None
    bearing_within: Annotated[float | None, Field(gt=0, le=180)] = None
    permitted: Annotated[Text | None, _checked(check_hours)] = None
    dwell: Duration = timedelta()
    gap: Duration = timedelta(seconds=90)
    permit: Literal["required"] | None = None
    code: Text | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "RuleEntry":
        if sum(limit is not None for limit in (self.near, self.beyond, self.clear)) > 1:
            raise ValueError(f"rule {self.id!r} has more than one of near, beyond and clear: write a rule for each")
        if self.permit is None and (self.size_within is not None or self.bearing_within is not None):
            raise ValueError(f"rule {self.id!r}: size_within and bearing_within are of permits: add permit: required")
        if self.placement and self.permit:
            raise ValueError(f"rule {self.id!r}: no permit clears a placement: write a rule for each")
        if not self.zones and self.near is None:
            raise ValueError(f"rule {self.id!r}: 'zones' is missing or empty")
        return self

    def limit(self) -> Limit | None:
        """Return the distance that it asks for."""
        entries = ((Measure.NEAR, self.near), (Measure.BEYOND, self.beyond), (Measure.CLEAR, self.clear))
        return next((Limit(measure, one.kind, one.metres) for measure, one in entries if one is not None), None)


class CityEntry(_Strict):
    """A city: `bounds` [west, south, east, north] in degrees, and `codes` (the name of a table, or class: code)."""

    name: Text
    bounds: tuple[Coordinate, Coordinate, Coordinate, Coordinate]
    codes: Text | dict[Text, Text] = {}

    @model_validator(mode="after")
    def _sound(self) -> "CityEntry":
        west, south, east, north = self.bounds
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError(f"city {self.name!r}: bounds are [west, south, east, north] in degrees")
        if isinstance(self.codes, str):
            code_table(self.codes)
        return self

    def city(self) -> City:
        """Return the city."""
        return City(self.name, self.bounds, code_table(self.codes) if isinstance(self.codes, str) else self.codes)


class RulebookEntry(_Strict):
    """The whole file."""

    version: Text
    timezone: Annotated[ZoneInfo, BeforeValidator(time_zone)]
    country: Annotated[Text | None, _checked(check_country)] = None
    cities: list[CityEntry] = []
    seasons: dict[Text, Annotated[Text, _checked(check_season)]] = {}
    landmarks: list[LandmarkEntry] = []
    zones: list[ZoneEntry] = []
    rules: Annotated[list[RuleEntry], Field(min_length=1)]
    permits: Text | None = None
    permits_as_of: AwareDatetime | None = None
    permits_max_age: Duration = timedelta(days=7)


def _ring_fault(ring: list[tuple[float, float]], on_ground: bool) -> str | None:
    if on_ground and (nowhere := _nowhere(ring)):
        return nowhere
    if len(set(ring)) < 3:
        return "has fewer than three different corners"
    if on_ground and (wide := extent_m(ring)) > WIDEST_M:
        return f"spans {ceil(wide / 1000)} km: check its numbers for a wrong digit"
    polygon, hull = Polygon(ring), MultiPoint(ring).convex_hull  # the hull of corners on a line is no polygon
    if not isinstance(hull, Polygon) or (polygon.is_valid and _too_small(polygon, on_ground)):
        least = f"{SMALLEST_M2:g} square metre" if on_ground else f"{SMALLEST_PX:g} pixels"
        return f"is smaller than {least}: check its corners"
    if not polygon.is_valid:
        found = re.search(r"\[(\S+) (\S+)\]", is_valid_reason(polygon))
        place = f" near [{found[1]}, {found[2]}]" if found else ""
        return f"crosses or touches itself{place}: give its corners in order around the edge"
    return None


def _too_small(polygon: Polygon, on_ground: bool) -> bool:
    return area_m2(polygon.exterior.coords) < SMALLEST_M2 if on_ground else polygon.area < SMALLEST_PX


def _nowhere(corners: list[tuple[float, float]]) -> str | None:
    for a, b in corners:
        if not (abs(a) <= 180 and abs(b) <= 90):
            swapped = abs(a) <= 90 and abs(b) <= 180
            hint = "they look swapped, write longitude first" if swapped else "write [longitude, latitude] in degrees"
            return f"has a corner [{a:g}, {b:g}] that is no place on earth: {hint}"
    return None


def _line_fault(corners: list[tuple[float, float]]) -> str | None:
    if nowhere := _nowhere(corners):
        return nowhere
    if len(corners) > 1 and len(set(corners)) < 2:
        return "is a line of one point only"
    if len(corners) > 1 and (wide := extent_m(corners)) > WIDEST_M:
        return f"spans {ceil(wide / 1000)} km: check its numbers for a wrong digit"
    return None
