"""Candidates to store: a drawn street with a stall on it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from detector.candidate import Candidate, FinderPicture, Origin
from detector.geometry.ground import GroundPoint
from detector.places.place_evidence import Evidence, FinderRecord
from detector.places.sighting import Sighting
from detector.reason import Reason
from detector.rules.ruling import Outcome, Ruling
from detector.rules.source import RulebookSource
from detector.vision.detections import Box
from detector.vision.frame import Frame, Image
from models.card import ModelVersion

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
STALL: Box = (220.0, 150.0, 330.0, 240.0)


def street(width: int = 640, height: int = 360) -> Image:
    """A grey street with a red stall under its umbrella at STALL."""
    image = np.full((height, width, 3), 150, np.uint8)
    image[: height // 3] = (200, 180, 160)
    cv2.rectangle(image, (220, 190), (330, 240), (40, 40, 190), -1)
    cv2.ellipse(image, (275, 175), (55, 22), 0, 180, 360, (30, 160, 220), -1)
    return image


RULEBOOK = RulebookSource.of("2026-11-01", b"version: 2026-11-01\n", b"id,class\n")
VIOLATION = Ruling(
    Outcome.VIOLATION,
    (
        Reason("inside_zone", {"zone": "daxue-road", "kind": "main_road"}),
        Reason("stood", {"dwell_s": 360.0, "allowed_s": 300.0}),
    ),
    code="0501",
    rule="stall-on-main-road",
    zone="daxue-road",
    rulebook=RULEBOOK,
)
SMALL = cv2.imencode(".jpg", np.full((4, 4, 3), 90, np.uint8))[1].tobytes()
HEARD = Evidence(
    (
        FinderRecord("model", 6, 5, 4.0, 3.5, 0.83, NOON, NOON + timedelta(minutes=5), NOON + timedelta(minutes=2)),
        FinderRecord("objects", 6),
    )
)
"""A trained model saw it in five of six looks, and the model of everyday objects in none."""
MODEL = ModelVersion("street-ads", "3", "a" * 64)


def a_candidate(
    key: str = "place-0",
    *,
    source: str = "cam-1",
    class_name: str = "stall",
    ruling: Ruling = VIOLATION,
    position: GroundPoint | None = GroundPoint(34.7465, 113.6254, 21.0, 2.4),
    minutes: float = 6.0,
    frames: int = 72,
    confidence: float = 0.87,
    origin: Origin = Origin(),  # frozen
    evidence: Evidence = Evidence(),  # frozen
) -> Candidate:
    """A stall that has stood for `minutes`."""
    seen = Sighting(
        key,
        source,
        class_name,
        STALL,
        confidence,
        NOON,
        NOON + timedelta(minutes=minutes),
        frames,
        "occupancy",
        position,
        evidence,
    )
    shown = tuple(
        FinderPicture(one.finder, one.best_at, SMALL, 4, 4) for one in evidence.records if one.best_at is not None
    )
    return Candidate(seen, ruling, Frame(street(), seen.last_seen, source), STALL, (MODEL,), origin, shown)


def ruled(outcome: Outcome, *reasons: Reason) -> Ruling:
    """The sample ruling with another outcome."""
    return replace(VIOLATION, outcome=outcome, reasons=reasons or VIOLATION.reasons)
