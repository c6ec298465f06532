"""One thing at one place, from its first frame to its last."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from detector.geometry.ground import GroundPoint
from detector.places.place_evidence import Evidence
from detector.vision.detections import Box


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing at one place.

    `key` is stable for as long as the place is watched and survives occlusion and restart; `box` is the place in the
    picture (median of what was seen); `found_by` says which finder proposed it: `model`, `objects` or `occupancy`;
    `evidence` is what each finder said of it in how many looks, and `confidence` the probability that comes of it.
    Where the footage does not say when it was taken (not `timed`), the two moments only order it.
    """

    key: str
    source: str
    class_name: str
    box: Box
    confidence: float
    first_seen: datetime
    last_seen: datetime
    frames: int
    found_by: str
    position: GroundPoint | None = None
    evidence: Evidence = field(default=Evidence())
    timed: bool = True

    @property
    def dwell(self) -> timedelta:
        """Return how long the thing has stood here, first to last frame, forgiven gaps included; never negative."""
        return max(self.last_seen - self.first_seen, timedelta(0))

    @property
    def contact(self) -> tuple[float, float]:
        """Return the pixel where the thing touches the ground: the middle of the box's lower edge."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]
