"""The frame that shows each place best, of a bounded number of frames."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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

    def drop_all_but(self, keys: Iterable[str]) -> None:
        """Let go of places that have ended."""
        alive = set(keys)
        self._shots = {key: shot for key, shot in self._shots.items() if key in alive}

    def _make_room(self) -> None:
        """With too many frames in hand, the oldest one goes; its places will be seen again."""
        while len(held := {id(shot.frame): shot.frame for shot in self._shots.values()}) > FRAMES:
            oldest = min(held.values(), key=lambda one: one.captured_at)
            self._shots = {key: shot for key, shot in self._shots.items() if shot.frame is not oldest}
