"""How a sign is put up: what rules forbid whatever permits say, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from detector.rules.zones import Area, Spot, Where, Zone


class SignPlacement(StrEnum):
    """One way to put up a sign that a city may forbid."""

    OVER_WINDOW = "over_window"
    ABOVE_ROOF = "above_roof"
    STANDING_OUT = "standing_out"
    ACROSS_ROAD = "across_road"
    ON_PAVEMENT = "on_pavement"
    SECOND_SIGN = "second_sign"


@dataclass(frozen=True, slots=True)
class SignSize:
    """Width and height in metres, as measured; `error_m` is how far either may be off. None: not measured."""

    width_m: float | None
    height_m: float | None
    error_m: float


@dataclass(frozen=True, slots=True)
class SignFacts:
    """What was seen of a sign beside its place; what is in `seen` neither way is not known.

    `facing_deg` is where its face looks, clockwise from north.
    """

    size: SignSize | None = None
    facing_deg: float | None = None
    seen: Mapping[SignPlacement, bool] = field(default_factory=dict)


NO_FACTS: Final = SignFacts()
_GROUND: Final = {
    SignPlacement.ACROSS_ROAD: ("main_road", "secondary_road", "back_street"),
    SignPlacement.ON_PAVEMENT: ("pavement",),
}
"""What is told by where a thing is: in zones of which kinds."""
_CLASSES: Final = {"window_ad": SignPlacement.OVER_WINDOW, "cantilever_sign": SignPlacement.STANDING_OUT}
"""What is told by what a thing is; of other classes it is not known."""


def grounds(zones: tuple[Zone, ...]) -> dict[SignPlacement, Area]:
    """Return the areas that tell how a thing is placed, of those kinds that were drawn."""
    drawn = {placement: [zone for zone in zones if zone.kind in kinds] for placement, kinds in _GROUND.items()}
    return {placement: Area.of(found) for placement, found in drawn.items() if found}


def is_placed(
    placement: SignPlacement, class_name: str, spot: Spot, facts: SignFacts, areas: Mapping[SignPlacement, Area]
) -> bool | None:
    """Return whether a thing is put up in this way; None where that is not known."""
    if placement in facts.seen:
        return facts.seen[placement]
    if _CLASSES.get(class_name) is placement:
        return True
    if placement not in areas:
        return None
    return {Where.INSIDE: True, Where.OUTSIDE: False, Where.UNSURE: None}[areas[placement].standing(spot).where]
