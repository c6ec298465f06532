"""A sighting ruled a violation, or unknown and worth a look, with the picture that shows it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from detector.places.pictures import MomentPicture
from detector.places.sighting import Sighting
from detector.recording import Recording
from detector.rules.ruling import Ruling
from detector.vision.detections import Box
from detector.vision.frame import Frame
from models.card import ModelVersion


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate's pictures come from; what is not known is None.

    Either a registered camera, in the version of its configuration and with the SHA-256 of its calibration's control
    points, or a survey, with the SHA-256 of the file that shows the thing best. `grade` (1 to 3) says who may see it.
    """

    district: str | None = None
    camera_id: str | None = None
    camera_version: int | None = None
    calibration: str | None = None
    survey_id: UUID | None = None
    file_sha256: str | None = None
    grade: int = 2


@dataclass(frozen=True, slots=True)
class FinderPicture:
    """The place in the look in which one finder was surest, as a JPEG; `captured_at` is that look's frame."""

    finder: str
    captured_at: datetime
    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """What waits for a person.

    `evidence` is the whole frame that shows the thing best and `evidence_box` where it is in that frame; `models` are
    those that had a say; `finder_pictures` show the look in which each finder was surest. The same sighting may come
    again (same key) with a later `last_seen`. `pictures` are those of other moments, `recording` is None where
    nothing is known of how the frames were taken.
    """

    sighting: Sighting
    ruling: Ruling
    evidence: Frame
    evidence_box: Box
    models: tuple[ModelVersion, ...] = ()
    origin: Origin = Origin()
    finder_pictures: tuple[FinderPicture, ...] = ()
    pictures: tuple[MomentPicture, ...] = ()
    recording: Recording | None = None
