"""Reads a rulebook file and the permits beside it: the whole file or nothing, every fault with its place."""

import difflib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from shapely import MultiPoint, Polygon, is_valid_reason

from detector.durations import parse_duration
from detector.errors import RulebookInvalid, YamlUnreadable
from detector.marked_yaml import MarkedYaml, Trail, Tree, read_marked_yaml
from detector.rules.hours import HoursInvalid, check_country, check_hours, read_hours
from detector.rules.permits import Registry, read_permits
from detector.rules.rings import corners_of
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.source import RulebookSource
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


class RuleEntry(_Strict):
    """One rule; see `docs/rules.md` for what each key means."""

    id: Text
    classes: Annotated[list[Text], Field(min_length=1)]
    zones: Annotated[list[Text], Field(min_length=1)]
    permitted: Annotated[Text | None, _checked(check_hours)] = None
    dwell: Duration = timedelta()
    gap: Duration = timedelta(seconds=90)
    permit: Literal["required"] | None = None
    code: Text | None = None


class RulebookEntry(_Strict):
    """The whole file."""

    version: Text
    timezone: Annotated[ZoneInfo, BeforeValidator(time_zone)]
    country: Annotated[Text | None, _checked(check_country)] = None
    zones: list[ZoneEntry] = []
    rules: Annotated[list[RuleEntry], Field(min_length=1)]
    permits: Text | None = None
    permits_as_of: AwareDatetime | None = None
    permits_max_age: Duration = timedelta(days=7)


def load_rulebook(path: Path, *, now: datetime | None = None) -> Rulebook:
    """Return the rulebook in a YAML file (UTF-8, 5 MB at most), with the permits that it names.

    With `now` (aware), a registry from the future is a fault; the detector has no clock of its own. Raises
    RulebookInvalid with every fault of the file and of its permits, each with its line and how to mend it.
    """
    try:
        document = read_marked_yaml(path)
    except YamlUnreadable as error:
        raise RulebookInvalid(str(path), (error.fault,)) from error
    faults: list[tuple[int, str]] = list(document.faults)
    entry = None
    try:
        entry = RulebookEntry.model_validate({} if document.root is None else document.root)
    except ValidationError as error:
        faults += [_worded(document, fault) for fault in error.errors(include_url=False)]
    faults += [(document.line(trail), text) for trail, text in _across(document.root)]
    registry, listed = None, None
    permits = document.root.get("permits") if isinstance(document.root, dict) else None
    if isinstance(permits, str) and permits:
        listed = read_permits(path.parent / permits)
        faults += [(0, fault) for fault in listed.faults]  # they name lines of their own
        if entry and entry.permits_as_of:
            registry = Registry.of(listed.permits, entry.permits_as_of, entry.permits_max_age, entry.timezone)
    if entry and entry.permits_as_of and now is not None and entry.permits_as_of > now:
        faults.append((document.line(("permits_as_of",)), f"permits_as_of {entry.permits_as_of} is in the future"))
    rules = _rules(entry, document, faults) if entry else []
    if faults or entry is None:
        lines = [f"line {line}: {text}" if line else text for line, text in sorted(faults, key=lambda fault: fault[0])]
        raise RulebookInvalid(str(path), tuple(dict.fromkeys(lines)))
    source = RulebookSource.of(entry.version, document.content, listed.content if listed else None)
    zones = [zone.zone() for zone in entry.zones]
    return Rulebook.of(entry.version, entry.timezone, zones, rules, registry, source)


def _rules(entry: RulebookEntry, document: MarkedYaml, faults: list[tuple[int, str]]) -> list[Rule]:
    corners = [corner for zone in entry.zones for corner in zone.polygon or ()]
    place = (corners[0][1], corners[0][0]) if corners else None
    rules = []
    for index, rule in enumerate(entry.rules):
        hours = None
        try:
            if rule.permitted is not None:
                hours = read_hours(rule.permitted, entry.timezone, entry.country, place)
        except HoursInvalid as error:
            faults.append((document.line(("rules", index, "permitted")), f"rule {rule.id!r}: {error}"))
        classes, kinds = tuple(rule.classes), tuple(rule.zones)
        needs = rule.permit is not None
        rules.append(Rule(rule.id, classes, kinds, hours, rule.dwell, rule.gap, needs, rule.code))
    return rules


def _ring_fault(ring: list[tuple[float, float]], on_ground: bool) -> str | None:
    for a, b in ring:
        if on_ground and not (abs(a) <= 180 and abs(b) <= 90):
            swapped = abs(a) <= 90 and abs(b) <= 180
            hint = "they look swapped, write longitude first" if swapped else "write [longitude, latitude] in degrees"
            return f"has a corner [{a:g}, {b:g}] that is no place on earth: {hint}"
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


def _across(root: Tree) -> Iterator[tuple[Trail, str]]:
    """Faults between entries, read from the raw tree so that they are told even where an entry has its own."""
    if not isinstance(root, dict):
        return
    zones, rules = _entries(root, "zones"), _entries(root, "rules")
    for name, entries in (("zone", zones), ("rule", rules)):
        seen: set[str] = set()
        for trail, entry in entries:
            if isinstance(found := entry.get("id"), str) and found in seen:
                yield (*trail, "id"), f"{name} {found!r} is there twice: give each its own id"
            elif isinstance(found, str):
                seen.add(found)
    kinds = {kind for _, zone in zones if isinstance(kind := zone.get("kind"), str)}
    ids = {found: zone.get("kind") for _, zone in zones if isinstance(found := zone.get("id"), str)}
    for trail, rule in rules:
        wanted = rule.get("zones")
        for index, kind in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(kind, str) and kind and kind not in kinds:
                hint = f"that is a zone, of kind {ids[kind]}" if kind in ids else _known(kind, sorted(kinds))
                yield (*trail, "zones", index), f"rule {rule.get('id')!r}: no zone is of kind {kind!r}: {hint}"
    if root.get("permits") is not None and root.get("permits_as_of") is None:
        yield ("permits",), "permits without permits_as_of: say when the registry was exported"


def _entries(root: dict[str, Tree], key: str) -> list[tuple[Trail, dict[str, Tree]]]:
    found = root.get(key)
    entries = enumerate(found) if isinstance(found, list) else ()
    return [((key, index), entry) for index, entry in entries if isinstance(entry, dict)]


def _known(word: str, words: list[str]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(words) or 'none'}"


_KEYS: Final = {
    0: sorted(RulebookEntry.model_fields),
    "zones": sorted(ZoneEntry.model_fields),
    "rules": sorted(RuleEntry.model_fields),
}


def _worded(document: MarkedYaml, fault: ErrorDetails) -> tuple[int, str]:
    """Return a fault as pydantic tells it, in the words of the file."""
    trail: Trail = tuple(fault["loc"])
    where, key = _name(document.root, trail)
    limits = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            text = f"unknown key {key!r}: {_known(key, _KEYS[trail[0] if len(trail) > 1 else 0])}"
        case "missing" if isinstance(trail[-1], int):
            text = f"{key}: two numbers make a corner"
        case "too_long":
            text = f"{key}: two numbers make a corner, {limits['actual_length']} given"
        case "missing":
            text = f"{key!r} is missing"
        case "timezone_aware":
            text = f"{key} {fault['input']!r} has no time zone: write it like 2026-11-20T00:00:00+08:00"
        case "too_short":
            text = f"{key}: at least {limits['min_length']} needed, {limits['actual_length']} given"
        case "string_too_short" | "string_type" if fault["input"] in ("", None):
            text = f"{key} is empty: write a value or leave the key out"
        case "float_parsing" | "float_type" | "finite_number":
            text = f"{key} {fault['input']!r} is not a number"
        case "list_type" | "tuple_type":
            text = f"{key}: must be a list"
        case "model_type" | "model_attributes_type":
            text = f"{key or 'the file'}: must be keys with values"
        case "value_error":
            text = fault["msg"].removeprefix("Value error, ")
        case "string_type":
            text = f"{key}: must be a word or a text"
        case "string_too_long":
            text = f"{key}: longer than {limits['max_length']} letters"
        case "literal_error":
            text = f"{key}: {fault['input']!r} is not known, write {limits['expected']}"
        case _ if fault["type"].startswith("datetime"):
            text = f"{key} {fault['input']!r} is no time: write it like 2026-11-20T00:00:00+08:00"
        case _:
            text = f"{key} {str(fault['input'])[:60]!r} is not what stands here"
    return document.line(trail), where + text


def _name(root: Tree, trail: Trail) -> tuple[str, str]:
    """(`rule 'x': `, `polygon[2]`) for what stands inside an entry that has an id; else (``, the path)."""
    entry: Tree = None
    if isinstance(root, dict) and len(trail) > 2 and isinstance(trail[1], int):
        entries = root.get(str(trail[0]))
        entry = entries[trail[1]] if isinstance(entries, list) else None
    named = entry.get("id") if isinstance(entry, dict) else None
    rest = trail[2:] if isinstance(named, str) else trail
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest).removeprefix(".")
    return (f"{str(trail[0])[:-1]} {named!r}: " if isinstance(named, str) else ""), path
