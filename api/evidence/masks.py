"""Masked copies: pictures in which nobody's face and no number plate can be made out.

Faces are not looked for: the upper part of each person is covered, and the lower part of each vehicle, where its plates
are. Where the detector cannot be asked there is no masked copy, and so no picture.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from api.db.database import Database
from api.errors import MaskingFailed
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceFile
from detector.errors import DetectorError
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from detector.vision.jpeg import decode, encode
from detector.vision.tiles import detect_tiled
from models.errors import ModelError

PERSONS: Final = ("person",)
VEHICLES: Final = ("car", "bus", "truck", "motorcycle")
CONFIDENCE: Final = 0.1
"""Confidence from which on a thing is covered: one too many costs less than one too few."""

HEAD, ASIDE, ABOVE = 0.25, 0.1, 0.06
"""Share of a person's height that is covered from the top; how far beyond the box, in widths and heights."""

PLATES: Final = 0.5
"""Share of a vehicle's height that is covered from below."""

GetModel = Callable[[], OnnxModel]
"""Gives the model that finds persons and vehicles; raises ModelError or DetectorError."""


class Masks:
    """Makes a masked copy of each picture that one is asked of, once; safe to share between threads."""

    def __init__(self, files: EvidenceStore, get_model: GetModel) -> None:
        self._files = files
        self._get_model = get_model
        self._lock = threading.Lock()

    def of(self, database: Database, file: EvidenceFile, now: datetime) -> EvidenceFile:
        """Return the masked copy of a picture, made if there is none.

        Raises MaskingFailed where it cannot be made, EvidenceError, and DatabaseUnavailable.
        """
        with self._lock:
            known = self._known(database, file)
            return known or self._make(database, file, now)

    def _known(self, database: Database, file: EvidenceFile) -> EvidenceFile | None:
        with database.read() as connection:
            return evidence.mask_of(connection, file)

    def _make(self, database: Database, file: EvidenceFile, now: datetime) -> EvidenceFile:
        content = self._files.read(file)
        try:
            model = self._get_model()
            missing = {*PERSONS, *VEHICLES} - set(model.names)
            if missing:
                raise MaskingFailed(f"model {model.name} does not know {', '.join(sorted(missing))}: nothing is shown")
            image = decode(content)
            copy = encode(cover(image, detect_tiled(model, image, confidence=CONFIDENCE)))
        except (ModelError, DetectorError) as error:
            raise MaskingFailed(f"the picture cannot be masked, and is not shown: {error}") from error
        digest, path = self._files.put(copy)
        masked, by = replace(file, sha256=digest, path=path), f"{model.identity.name} {model.identity.version or ''}"
        with database.write() as connection:
            evidence.keep_mask(connection, file, masked, by.strip(), now)
        return masked


def cover(image: Image, seen: Detections) -> Image:
    """Return a copy in which the heads of persons and the lower parts of vehicles are of one colour."""
    copy = image.copy()
    for one in seen.of_class(*PERSONS):
        x1, y1, x2, y2 = one.box
        width, height = x2 - x1, y2 - y1
        _fill(copy, x1 - ASIDE * width, y1 - ABOVE * height, x2 + ASIDE * width, y1 + HEAD * height)
    for one in seen.of_class(*VEHICLES):
        x1, y1, x2, y2 = one.box
        _fill(copy, x1, y2 - PLATES * (y2 - y1), x2, y2)
    return copy


def _fill(image: Image, left: float, top: float, right: float, bottom: float) -> None:
    rows = slice(max(0, int(top)), max(0, int(np.ceil(bottom))))
    columns = slice(max(0, int(left)), max(0, int(np.ceil(right))))
    part = image[rows, columns]
    if part.size:
        part[:] = part.reshape(-1, 3).mean(axis=0).astype(np.uint8)
