"""Zones and landmarks from GeoJSON or KML, as map editors save them, in the datum that the file names."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from shapely import Polygon, STRtree

from detector.geometry.datum import Datum, datum_of, to_wgs84
from detector.geometry.wgs import Plane
from detector.input_faults import in_words
from detector.office_text import TextUnreadable, decode_text
from detector.regular_file import read_regular
from detector.rules.entries import LandmarkEntry, ZoneEntry

MAX_BYTES: Final = 20_000_000
LEAST_OVERLAP_M2: Final = 1.0
HOW: Final = 'name it in the file: "datum": "WGS-84", "GCJ-02" or "BD-09" (KML: <Data name="datum"> in ExtendedData)'
_COLUMNS: Final = {
    "id": ("id", "编号", "代码"),
    "kind": ("kind", "type", "类型", "种类", "类别"),
    "name": ("name", "name_en", "英文名", "英文名称"),
    "name_zh": ("name_zh", "名称", "中文名", "中文名称"),
}
Bounds = tuple[float, float, float, float]
"""West, south, east and north in degrees WGS-84."""


@dataclass(frozen=True, slots=True)
class MapShape:
    """One shape of a file: which feature it is, its type, its properties, and its rings or line in (lon, lat)."""

    where: str
    type: str
    properties: Mapping[str, str]
    rings: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What was read from a file, in WGS-84. With `faults` it is not to be used; `warnings` are for a person."""

    zones: tuple[ZoneEntry, ...] = ()
    landmarks: tuple[LandmarkEntry, ...] = ()
    datum: Datum | None = None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Unreadable(ValueError):
    """A file is none that we read; its text says how to mend it."""


def read_zone_file(path: Path, kind: str | None = None, bounds: Bounds | None = None) -> ZoneFile:
    """Return the zones and landmarks of a GeoJSON or KML file, each fault with its feature.

    `kind` is that of what names none. What lies outside the `bounds` of the city is warned of.
    """
    try:
        text = decode_text(read_regular(path, MAX_BYTES))
        named, shapes = _kml(text) if text.lstrip().startswith("<") else _geojson(text)
        datum = datum_of(named) if named else None
        if datum is None:
            what = f"datum {named!r} is not known" if named else "the file names no datum"
            raise _Unreadable(f"{what}: {HOW}")
    except OSError as error:
        return ZoneFile(faults=(f"{path.name}: cannot be read ({error.strerror})",))
    except (_Unreadable, TextUnreadable, ValueError, RecursionError) as error:
        return ZoneFile(faults=(f"{path.name}: {error}",))
    return _entries(path.name, shapes, datum, kind, bounds)


def _entries(file: str, shapes: list[MapShape], datum: Datum, kind: str | None, bounds: Bounds | None) -> ZoneFile:
    zones: list[tuple[str, ZoneEntry]] = []
    landmarks: list[LandmarkEntry] = []
    faults: list[str] = [] if shapes else [f"{file}: holds no shape"]
    warnings: list[str] = []
    seen: dict[str, str] = {}
    for number, shape in enumerate(shapes, 1):
        where = f"{file} {shape.where}"
        try:
            entry = _entry(shape, number, datum, kind)
        except ValidationError as error:
            faults += [f"{where}: {_worded(fault)}" for fault in error.errors(include_url=False)]
            continue
        except ValueError as error:
            faults.append(f"{where}: {error}")
            continue
        if entry.id in seen:
            faults.append(f"{where}: {entry.id!r} is there already, in {seen[entry.id]}")
            continue
        seen[entry.id] = shape.where
        if isinstance(entry, ZoneEntry):
            zones.append((where, entry))
            corners = entry.polygon or []
        else:
            landmarks.append(entry)
            corners = list(entry.landmark().corners)
        if bounds is not None and not inside(bounds, corners):
            warnings.append(f"{where}: {entry.id!r} lies outside of the city: check its datum and its numbers")
    warnings += overlaps(zones)
    return ZoneFile(tuple(zone for _, zone in zones), tuple(landmarks), datum, tuple(faults), tuple(warnings))


def _worded(fault: ErrorDetails) -> str:
    """Return what is wrong with a shape; where only one of its properties is, with its name."""
    name = next((f"{part} " for part in fault["loc"][:1] if fault["type"] != "value_error"), "")
    return name + in_words(fault)


def inside(bounds: Bounds, corners: list[tuple[float, float]]) -> bool:
    """Return whether all corners lie within bounds."""
    west, south, east, north = bounds
    return all(west <= lon <= east and south <= lat <= north for lon, lat in corners)


def overlaps(zones: list[tuple[str, ZoneEntry]]) -> Iterator[str]:
    """Yield a warning for each two zones of one kind that share more than a square metre; each with where it stands."""
    kinds: defaultdict[str, list[tuple[str, ZoneEntry]]] = defaultdict(list)
    for where, zone in zones:
        if zone.polygon:
            kinds[zone.kind].append((where, zone))
    for same in kinds.values():
        lots = [Polygon(zone.polygon or []) for _, zone in same]
        first, second = STRtree(lots).query(lots, predicate="intersects")
        for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
            if a >= b:
                continue
            shared = lots[a].intersection(lots[b])
            degree = Plane(shared.centroid.y, shared.centroid.x).metres(shared.centroid.y, shared.centroid.x + 0.001)[1]
            area = shared.area * (degree / 0.001) * 110_900
            if area > LEAST_OVERLAP_M2:
                other = same[a][1].id
                yield f"{same[b][0]}: {same[b][1].id!r} overlaps {other!r} of the same kind by {area:.0f} m²"


def _entry(shape: MapShape, number: int, datum: Datum, kind: str | None) -> ZoneEntry | LandmarkEntry:
    said = {
        key: next((shape.properties[one] for one in names if shape.properties.get(one)), None)
        for key, names in _COLUMNS.items()
    }
    if not (said["kind"] or kind):
        raise ValueError("has no kind: give it a property `kind` (类型), or say --kind")
    named = {"id": said["id"] or f"{said['kind'] or kind}-{number}", "kind": said["kind"] or kind}
    named |= {key: said[key] for key in ("name", "name_zh") if said[key]}
    if len(shape.rings) > 1:
        raise ValueError("has a hole: holes are not read, draw a zone for each part")
    corners = [_placed(lat, lon, datum) for lon, lat in shape.rings[0]]
    if shape.type == "polygon" and len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    if shape.type == "polygon":
        return ZoneEntry.model_validate({**named, "polygon": [list(corner) for corner in corners]})
    drawn: object = [list(corner) for corner in corners] if shape.type == "line" else list(corners[0])
    return LandmarkEntry.model_validate({**named, shape.type: drawn})


def _placed(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise ValueError("has a corner that is no number")
    north, east = to_wgs84(lat, lon, datum)
    return round(east, 8), round(north, 8)


def _geojson(text: str) -> tuple[str, list[MapShape]]:
    try:
        root = json.loads(text)
    except json.JSONDecodeError as error:
        raise _Unreadable(f"line {error.lineno}: is neither GeoJSON nor KML ({error.msg})") from error
    if not isinstance(root, dict):
        raise _Unreadable("is no GeoJSON: a FeatureCollection is needed")
    features = root.get("features") if root.get("type") == "FeatureCollection" else [root]
    if not isinstance(features, list):
        raise _Unreadable("has no list of features")
    named = root.get("datum")
    crs = root.get("crs")
    if named is None and isinstance(crs, dict) and isinstance(crs.get("properties"), dict):
        named = crs["properties"].get("name")
    return str(named or ""), [shape for n, one in enumerate(features, 1) for shape in _feature(one, f"feature {n}")]


def _feature(feature: object, where: str) -> Iterator[MapShape]:
    geometry = feature.get("geometry", feature) if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(geometry, dict):
        raise _Unreadable(f"{where}: has no geometry")
    given = feature.get("properties")
    properties = (
        {str(key): str(value) for key, value in given.items() if value is not None} if isinstance(given, dict) else {}
    )
    if feature.get("id") is not None:
        properties.setdefault("id", str(feature["id"]))
    if properties.get("name") or properties.get("id"):
        where += f" ({properties.get('name') or properties['id']})"
    kind, drawn = geometry.get("type"), geometry.get("coordinates")
    parts = {"Polygon": [drawn], "LineString": [[drawn]], "Point": [[[drawn]]], "MultiPolygon": drawn}.get(str(kind))
    if not isinstance(parts, list) or not parts:
        raise _Unreadable(f"{where}: {kind!r} is not read: draw polygons, lines and points")
    word = {"LineString": "line", "Point": "point"}.get(str(kind), "polygon")
    for number, part in enumerate(parts, 1):
        own = (
            {**properties, "id": f"{properties['id']}-{number}"}
            if len(parts) > 1 and "id" in properties
            else properties
        )
        yield MapShape(where, word, own, _rings(part, where))


def _rings(part: object, where: str) -> tuple[tuple[tuple[float, float], ...], ...]:
    try:
        rings = tuple(
            tuple(_corner(corner) for corner in ring)
            for ring in part  # type: ignore[attr-defined]  # whatever it is, what is no list of corners is told below
        )
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise _Unreadable(f"{where}: its coordinates are no lists of [lon, lat]") from error
    if not rings or not all(rings):
        raise _Unreadable(f"{where}: has no corners")
    return rings


def _corner(corner: object) -> tuple[float, float]:
    if not isinstance(corner, list):  # the letters of a text are numbers too
        raise TypeError("a corner is a list")
    return float(corner[0]), float(corner[1])


def _kml(text: str) -> tuple[str, list[MapShape]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _Unreadable("declares a document type: save it as plain KML")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # without a document type there is nothing to expand
    except ElementTree.ParseError as error:
        raise _Unreadable(f"line {error.position[0]}: is no KML ({error})") from error
    if _tag(root) != "kml":
        raise _Unreadable("is no KML")
    placemarks = [one for one in root.iter() if _tag(one) == "Placemark"]
    own = {id(data) for one in placemarks for data in one.iter()}
    named = next((word for key, word in _data(one for one in root.iter() if id(one) not in own) if key == "datum"), "")
    return named, [shape for n, one in enumerate(placemarks, 1) for shape in _placemark(one, f"placemark {n}")]


def _placemark(placemark: ElementTree.Element, where: str) -> Iterator[MapShape]:
    properties = dict(_data(placemark.iter()))
    if placemark.get("id"):
        properties.setdefault("id", str(placemark.get("id")))
    name = next((one.text.strip() for one in placemark if _tag(one) == "name" and one.text), "")
    if name:
        properties.setdefault("name" if name.isascii() else "name_zh", name)
        where += f" ({name})"
    drawn = [one for one in placemark.iter() if _tag(one) in ("Polygon", "LineString", "Point")]
    if not drawn:
        raise _Unreadable(f"{where}: has no polygon, line or point")
    for number, one in enumerate(drawn, 1):
        texts = [part.text or "" for part in one.iter() if _tag(part) == "coordinates"]
        rings = _rings([[corner.split(",") for corner in text.split()] for text in texts], where)
        word = {"Polygon": "polygon", "LineString": "line", "Point": "point"}[_tag(one)]
        shape = MapShape(where, word, properties, rings)
        if len(drawn) > 1 and "id" in properties:
            shape = replace(shape, properties={**properties, "id": f"{properties['id']}-{number}"})
        yield shape


def _data(elements: Iterator[ElementTree.Element]) -> Iterator[tuple[str, str]]:
    """Yield what ExtendedData says: Data with its value, and SimpleData."""
    for one in elements:
        key = one.get("name") or ""
        if _tag(one) == "Data":
            value = next((inner.text for inner in one if _tag(inner) == "value"), None)
        elif _tag(one) == "SimpleData":
            value = one.text
        else:
            continue
        if key and value:
            yield key, value.strip()


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
