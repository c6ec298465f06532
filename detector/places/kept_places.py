"""The places of one camera at one moment: kept over a restart, a thing that stands keeps its key and its dwell."""

from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import AwareDatetime

from detector.places.places import Place


@dataclass(frozen=True, slots=True)
class KeptPlaces:
    """The places as they were after the frame taken `at`."""

    at: AwareDatetime
    places: tuple[Place, ...]

    def moved(self, by: timedelta) -> "KeptPlaces":
        """Return the same with every time later by so much: the clock was set."""
        return KeptPlaces(self.at + by, tuple(_moved(place, by) for place in self.places)) if by else self


def _moved(place: Place, by: timedelta) -> Place:
    return replace(
        place,
        first_seen=place.first_seen + by,
        last_seen=place.last_seen + by,
        missed_since=None if place.missed_since is None else place.missed_since + by,
        evidence=place.evidence.moved(by),
    )
