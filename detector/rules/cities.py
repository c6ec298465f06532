"""Cities: the bounds of each, and the code that its case system has for a class of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from detector.geometry.ground import GroundPoint

_TABLES: Final = files("detector.rules") / "code_tables"


@dataclass(frozen=True, slots=True)
class City:
    """One city: west, south, east and north in degrees WGS-84, and its code by class."""

    name: str
    bounds: tuple[float, float, float, float]
    codes: Mapping[str, str]

    def holds(self, point: GroundPoint) -> bool:
        """Return whether a position lies within the bounds."""
        west, south, east, north = self.bounds
        return west <= point.lon <= east and south <= point.lat <= north


def code_of(cities: tuple[City, ...], class_name: str, position: GroundPoint | None) -> str | None:
    """Return the code of a class in the city that holds a position; None where that is open, or it has none."""
    held = [city for city in cities if position is not None and city.holds(position)]
    codes = {city.codes.get(class_name) for city in held or cities}
    return codes.pop() if len(codes) == 1 else None


def known_tables() -> tuple[str, ...]:
    """Return the names of the code tables that come with the program."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _TABLES.iterdir() if file.name.endswith(".yaml")))


@cache
def code_table(name: str) -> Mapping[str, str]:
    """Return the codes of a table that comes with the program. Raises ValueError that names those there are."""
    if name not in known_tables():
        raise ValueError(
            f"there is no code table {name!r}: write one of {', '.join(known_tables())}, or your own codes"
        )
    table = yaml.safe_load((_TABLES / f"{name}.yaml").read_text("utf-8"))
    return {str(class_name): str(code) for class_name, code in table["codes"].items()}
