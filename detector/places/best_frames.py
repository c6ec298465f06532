"""The frames that show each place: the first, the best, and the one by which it is handed on; of a bounded number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detector.places.pictures import Moment, MomentPicture, picture_of
from detector.places.places import Place
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box
from detector.vision.frame import Frame

FRAMES = 6
"""Frames held at most: 37 MB of 1080p pictures for one camera."""


@dataclass(frozen=True, slots=True)
class BestFrame:
    """One place in one frame; `worth` is how well it shows there."""

    frame: Frame
    box: Box
    worth: float


class BestFrames:
    """Holds, for each place, the frame that shows it best since it was last taken out."""

    def __init__(self) -> None:
        self._shots: dict[str, BestFrame] = {}
        self._firsts: dict[str, MomentPicture] = {}  # as JPEG, until the place is handed on

    def keep(self, frame: Frame, places: Sequence[Place], hidden: Sequence[Box]) -> None:
        """Consider a frame for the places that are seen in it; what stands behind `hidden` boxes shows badly."""
        boxes = [place.boxes[-1] for place in places]
        _, covered, _ = overlap(as_array(boxes), as_array(hidden))
        sizes, usual = (as_array(some) for some in (boxes, [place.box for place in places]))
        for index, place in enumerate(places):
            agreement, _, _ = overlap(sizes[index : index + 1], usual[index : index + 1])
            worth = float(agreement[0, 0]) * (1 - float(covered[index].max(initial=0.0)))
            best = self._shots.get(place.key)
            if best is None or worth >= best.worth - 0.02:
                self._shots[place.key] = BestFrame(frame, boxes[index], worth)
        self._make_room()

    def take(self, key: str) -> BestFrame | None:
        """Return the best shot of a place, which then starts anew; None when it was not seen since."""
        return self._shots.pop(key, None)

    def keep_first(self, frame: Frame, places: Sequence[Place]) -> None:
        """Keep the frame for the places that are seen in it for the first time."""
        jpeg: bytes | None = None
        for place in places:
            if place.first_seen == place.last_seen == frame.captured_at and not place.reported:
                first = picture_of(Moment.FIRST, frame, place.boxes[-1], jpeg)
                jpeg, self._firsts[place.key] = first.jpeg, first

    def moments(self, place: Place, frame: Frame) -> tuple[MomentPicture, ...]:
        """Return the picture of now and, once, the one of the first sighting, where that is still known."""
        first = self._firsts.pop(place.key, None)
        now = picture_of(Moment.NOW, frame, place.boxes[-1])
        return (now,) if first is None else (first, now)

    def drop_all_but(self, keys: Iterable[str]) -> None:
        """Let go of places that have ended."""
        alive = set(keys)
        self._shots = {key: shot for key, shot in self._shots.items() if key in alive}
        self._firsts = {key: first for key, first in self._firsts.items() if key in alive}

    def _make_room(self) -> None:
        """With too many frames in hand, the oldest one goes; its places will be seen again."""
        while len(held := {id(shot.frame): shot.frame for shot in self._shots.values()}) > FRAMES:
            oldest = min(held.values(), key=lambda one: one.captured_at)
            self._shots = {key: shot for key, shot in self._shots.items() if shot.frame is not oldest}
