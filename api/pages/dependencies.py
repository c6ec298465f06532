"""What pages with a map ask for in their signatures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from api.dependencies import provided
from api.pages.svg_map import MapZone

ZonesProvider = Callable[[], Sequence[MapZone]]


@dataclass(frozen=True, slots=True)
class MapZones:
    """The zones of the rulebook in force, asked each time a map is drawn."""

    get: ZonesProvider = field(default=tuple)

    def __call__(self) -> Sequence[MapZone]:
        return self.get()


Zones = Annotated[MapZones, Depends(provided(MapZones))]
