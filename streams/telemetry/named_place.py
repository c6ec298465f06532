"""The position of a line that names it: by keys in any spelling, or not at all."""

import re
from typing import Final

from detector.geometry.coordinate import coordinate

_COORDINATE: Final = re.compile(
    r"(?<![A-Za-z_])(?<!home )(?:(latitude|lat)|longt?itude|lon|lng)\s*[:=]\s*(?=([^\[\]=]{1,60}=?))", re.IGNORECASE
)


def named_place(text: str) -> tuple[float | None, float | None, str | None]:
    """Latitude and longitude by their names, and what makes them doubtful: two values of one axis."""
    found: dict[str, set[float]] = {"latitude": set(), "longitude": set()}
    for is_latitude, written in _COORDINATE.findall(text):
        said, axis = coordinate(written), "latitude" if is_latitude else "longitude"
        if said is not None and said[1] in ("", axis):
            found[axis].add(said[0])
    if max(map(len, found.values())) > 1:
        return None, None, "it names two places"
    lat, lon = (next(iter(values), None) for values in found.values())
    return lat, lon, None
