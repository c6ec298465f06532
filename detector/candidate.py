"""A sighting ruled a violation, or unknown and worth a look, with the picture that shows it."""

from dataclasses import dataclass

from detector.places.sighting import Sighting
from detector.rules.ruling import Ruling
from detector.vision.detections import Box
from detector.vision.frame import Frame


@dataclass(frozen=True, slots=True)
class Candidate:
    """What waits for a person.

    `evidence` is the whole frame that shows the thing best and `evidence_box` where it is in that frame; `models` are
    the names of the models that had a say. The same sighting may come again (same key) with a later `last_seen`.
    """

    sighting: Sighting
    ruling: Ruling
    evidence: Frame
    evidence_box: Box
    models: tuple[str, ...] = ()
