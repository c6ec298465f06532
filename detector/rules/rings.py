"""The corners of a zone, as people paste them: from GeoJSON with rings and heights, or from KML."""

from collections.abc import Mapping
from typing import Final

_PAIR: Final = 2
_WITH_HEIGHT: Final = 3


def corners_of(value: object) -> object:
    """Return a list of [lon, lat] of a list with heights, one ring in a ring, a GeoJSON geometry, or KML's coordinates.

    What is none of these is handed back as it is. Raises ValueError in words for what is more than one polygon.
    """
    if isinstance(value, Mapping):
        value = _geometry(value)
    if isinstance(value, str):
        value = _kml(value)
    while isinstance(value, list) and value and all(_is_ring(inner) for inner in value):
        if len(value) > 1:
            raise ValueError(f"holds {len(value)} rings: holes and several polygons are not read, draw a zone for each")
        value = value[0]
    return [_flat(corner) for corner in value] if isinstance(value, list) else value


def _geometry(value: Mapping[object, object]) -> object:
    """Return the coordinates of a GeoJSON geometry or feature."""
    features = value.get("features")
    if isinstance(features, list) and len(features) == 1 and isinstance(features[0], Mapping):  # as map editors save it
        value = features[0]
    elif isinstance(features, list):
        raise ValueError(f"holds {len(features)} features: draw a zone for each")
    inner = value.get("geometry", value)
    if isinstance(inner, Mapping) and inner.get("type") in ("Polygon", "MultiPolygon"):
        return inner.get("coordinates")
    raise ValueError("is no list of corners: write [[lon, lat], ...] or a GeoJSON polygon")


def _kml(text: str) -> object:
    corners: list[object] = [corner.split(",") for corner in text.split()]
    if len(corners) > _PAIR and all(isinstance(corner, list) and len(corner) in (2, 3) for corner in corners):
        return corners
    raise ValueError("is a text: write its corners as [[lon, lat], [lon, lat], ...]")


def _is_ring(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _flat(corner: object) -> object:
    """Return a corner without its height, where the height is a number."""
    if not isinstance(corner, list) or len(corner) != _WITH_HEIGHT:
        return corner
    try:
        float(str(corner[2]))
    except ValueError:
        return corner
    return corner[:_PAIR]
