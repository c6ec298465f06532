"""The corners of a zone, as people paste them: from GeoJSON with rings and heights, or from KML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from detector.geometry.datum import Datum, datum_of

_WKT: Final = re.compile(r"\s*(?:SRID=(\d{1,6})\s*;)?\s*POLYGON\s*Z?\s*\(\s*\(([^()]*)\)\s*\)\s*", re.IGNORECASE)
_PAIR: Final = 2
_WITH_HEIGHT: Final = 3


def corners_of(value: object) -> object:
    """Return a list of [lon, lat] of a list with heights, one ring in a ring, GeoJSON, WKT, or KML's coordinates.

    What is none of these is handed back as it is. Raises ValueError in words for what is more than one polygon.
    """
    if isinstance(value, Mapping):
        value = _geometry(value)
    if isinstance(value, str):
        value = _text(value)
    while isinstance(value, list) and value and all(_is_ring(inner) for inner in value):
        if len(value) > 1:
            raise ValueError(f"holds {len(value)} rings: holes and several polygons are not read, draw a zone for each")
        value = value[0]
    return [_flat(corner) for corner in value] if isinstance(value, list) else value


def _geometry(value: Mapping[object, object]) -> object:
    """Return the coordinates of a GeoJSON geometry, feature, or collection of one of them."""
    for named in _systems(value):
        if datum_of(named) is not Datum.WGS84:
            raise ValueError(f"counts in {named[:60]!r}: write it in degrees of WGS-84, as `zones import` does")
    for key in ("features", "geometries"):  # as map editors save it
        inner = value.get(key)
        if isinstance(inner, list) and len(inner) != 1:
            raise ValueError(f"holds {len(inner)} {key}: draw a zone for each")
        if isinstance(inner, list) and isinstance(inner[0], Mapping):
            return _geometry(inner[0])
    inner = value.get("geometry")
    if isinstance(inner, Mapping):
        return _geometry(inner)
    if value.get("type") in ("Polygon", "MultiPolygon"):
        return value.get("coordinates")
    raise ValueError("is no list of corners: write [[lon, lat], ...] or a GeoJSON polygon")


def _systems(value: Mapping[object, object]) -> Iterator[str]:
    """Yield what a GeoJSON object says that its numbers count in."""
    crs = value.get("crs")
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    named = properties.get("name") if isinstance(properties, Mapping) else crs
    yield from (str(name) for name in (value.get("datum"), named) if name and not isinstance(name, Mapping))


def _text(text: str) -> object:
    """Return what a text holds: GeoJSON in quotes, WKT, or KML's coordinates."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text, parse_float=str, parse_int=str)
        except (ValueError, RecursionError) as error:
            raise ValueError("is no list of corners: write [[lon, lat], ...] or a GeoJSON polygon") from error
        return _geometry(value) if isinstance(value, Mapping) else value
    if found := _WKT.fullmatch(text):
        if found[1] not in (None, "4326"):
            raise ValueError(f"counts in the system {found[1]}: write it in degrees of WGS-84 (4326)")
        return [corner.split() for corner in found[2].split(",")]
    return _kml(text)


def _kml(text: str) -> object:
    corners: list[object] = [corner.split(",") for corner in text.split()]
    if len(corners) > _PAIR and all(isinstance(corner, list) and len(corner) in (2, 3) for corner in corners):
        return corners
    raise ValueError("is a text: write its corners as [[lon, lat], [lon, lat], ...]")


def _is_ring(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _flat(corner: object) -> object:
    """Return a corner without its height, where the height is a number; one with names for its numbers as a list."""
    if isinstance(corner, str) and corner.count(",") == 1:
        return [part.strip() for part in corner.split(",")]
    if isinstance(corner, Mapping):
        named = {str(key).lower(): value for key, value in corner.items()}
        lon = [named[key] for key in ("lon", "lng", "longitude") if key in named]
        lat = [named[key] for key in ("lat", "latitude") if key in named]
        return [lon[0], lat[0]] if len(lon) == len(lat) == 1 else corner
    if not isinstance(corner, list) or len(corner) != _WITH_HEIGHT:
        return corner
    try:
        float(str(corner[2]))
    except ValueError:
        return corner
    return corner[:_PAIR]
