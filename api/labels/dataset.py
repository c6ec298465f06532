"""A version of a data set from what the city labelled: complete frames whole, verdicts on other frames as crops.

A picture with one known box is not a labelled picture: of a frame that nobody completed, only the surroundings of what
a reviewer decided are taken, and what else was proposed there is painted over.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np
import yaml
from sqlalchemy import Connection

from api.candidates import repository as candidates
from api.db.database import Database
from api.db.scope import Scope
from api.errors import DatasetRefused, EvidenceDamaged
from api.evidence.boxes import check_box
from api.evidence.files import EvidenceStore, encode
from api.labels import repository as frames
from api.labels import verdict_labels
from api.labels.repository import LabelBox, LabelFrame, LabelSave
from api.labels.sources import place_of
from api.labels.verdict_labels import POSITIVE, LabelKind, VerdictLabel
from detector.vision.boxes import iou
from detector.vision.detections import Box
from detector.vision.frame import Image
from training.datasets.import_tables import COLUMNS
from training.datasets.importing import ImportResult, ImportWish, import_export
from training.errors import DatasetInvalid, ImportFaults

VIEWS_OF_CAMERAS: Final = frozenset({"street", "pole"})
LICENCE: Final = "the city's own"
SURROUNDINGS: Final = 1.5
"""Of a box on each side, in a crop: a network that sees a thing alone learns nothing of where it ends."""
LEAST: Final = 320
"""Pixels of a crop's side, where the picture is as large."""
GREY: Final = 114  # of the letterbox: networks know it as a place where nothing stands


@dataclass(slots=True)
class _Export:
    """Pictures with their boxes on their way into an export, and what to know of those that were left out."""

    folder: Path
    rows: list[dict[str, str]] = field(default_factory=list)
    labels: dict[str, Sequence[LabelBox]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(
        self, name: str, content: bytes, size: tuple[int, int], boxes: Sequence[LabelBox], row: dict[str, str]
    ) -> None:
        """Write a picture; `row` says where it was taken."""
        (self.folder / "images" / "all" / name).write_bytes(content)
        self.rows.append({"file": f"images/all/{name}", "licence": LICENCE, **row})
        self.labels[name] = boxes
        self.sizes[name] = size


def make_version(
    scope: Scope, database: Database, files: EvidenceStore, root: Path, name: str, view: str, by: str, now: datetime
) -> ImportResult:
    """Write the next version of `root/NAME` from complete frames and verdicts, and return it with what was left out.

    Views `street` and `pole` take what fixed cameras saw, the others what drones saw.

    Raises:
        DatasetRefused: there is nothing to learn from, or the data set so far cannot go on; no version was made.
    """
    root.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=".labels-", dir=root) as work:
            export = _Export(Path(work) / "labels of this service")
            for part in ("images", "labels"):
                (export.folder / part / "all").mkdir(parents=True)
            with database.read() as connection:
                _collect(scope, connection, files, export, view in VIEWS_OF_CAMERAS)
            classes = _write(export, Path(work))
            wish = ImportWish(name, by, "yolo", view, classes=classes)
            result = import_export(export.folder, root, wish, now)
    except ImportFaults as error:
        raise DatasetRefused(str(error), error.faults) from error
    except DatasetInvalid as error:
        raise DatasetRefused(str(error)) from error
    except OSError as error:
        raise DatasetRefused(f"{root}: cannot be written ({error.strerror}); no version was made") from error
    return ImportResult(result.folder, result.manifest, result.added, (*export.notes, *result.notes))


def _collect(scope: Scope, connection: Connection, files: EvidenceStore, export: _Export, of_cameras: bool) -> None:
    saves = frames.complete_saves(scope, connection)
    complete = {one.sha256: one for one in frames.complete(scope, connection) if (one.survey_id is None) == of_cameras}
    said = [one for one in verdict_labels.every(scope, connection) if (one.candidate.survey_id is None) == of_cameras]
    by_picture: dict[str, list[VerdictLabel]] = {}
    for one in said:
        by_picture.setdefault(one.scene.sha256, []).append(one)
    for sha256, frame in complete.items():
        _note_overruled(frame, saves[frame.id], by_picture.get(sha256, ()), export)
        _add_frame(frame, saves[frame.id], files, export)
    left_out: Counter[LabelKind] = Counter()
    for label in said:
        if label.kind is LabelKind.CONTRADICTED:
            export.notes.append(
                f"verdict on candidate {label.candidate.id} contradicts that on {label.contradicts} at one place of "
                f"{label.candidate.source}: both were left out"
            )
        elif label.kind is LabelKind.UNSURE:
            left_out[label.kind] += 1
        elif label.scene.sha256 not in complete:
            _add_crop(scope, connection, label, by_picture[label.scene.sha256], files, export)
    if left_out:
        export.notes.append(f"{left_out.total()} verdicts say nothing of the picture by their reason: left out")


def _add_frame(frame: LabelFrame, saved: LabelSave, files: EvidenceStore, export: _Export) -> None:
    try:
        content = files.read(frame.picture)
    except EvidenceDamaged as error:
        export.notes.append(f"frame {frame.id}: {error}; left out")
        return
    where = {"camera": frame.source if frame.survey_id is None else "", "place": place_of(frame.lat, frame.lon) or ""}
    if frame.survey_id is None:
        where["place"] = ""  # a fixed camera is its own place
    row = {**where, "day": frame.captured_at.date().isoformat() if frame.timed else "", "origin": "labelled frames"}
    export.put(f"frame-{frame.sha256[:20]}.jpg", content, (frame.width, frame.height), saved.boxes, row)


def _add_crop(
    scope: Scope,
    connection: Connection,
    label: VerdictLabel,
    same_picture: Sequence[VerdictLabel],
    files: EvidenceStore,
    export: _Export,
) -> None:
    seen, scene = label.candidate, label.scene
    try:
        image = cv2.imdecode(np.frombuffer(files.read(scene), np.uint8), cv2.IMREAD_COLOR)
    except EvidenceDamaged as error:
        export.notes.append(f"verdict on candidate {seen.id}: {error}; left out")
        return
    if image is None:
        export.notes.append(f"verdict on candidate {seen.id}: its picture is no JPEG any more; left out")
        return
    window = crop_window(label.box, scene.width, scene.height)
    known = [one for one in same_picture if one.kind in POSITIVE and _inside(one.box, window)]
    decided = {one.candidate.id for one in same_picture if one.kind in (*POSITIVE, LabelKind.NEGATIVE)}
    there = () if seen.survey_id else candidates.standing_at(scope, connection, seen.source, seen.frame_at)
    picture = image.astype(np.uint8)  # a copy
    for other in there:
        if other.id not in decided and other.id != seen.id:
            _paint_over(picture, other.box, [one.box for one in (*known, label)])
    left, top, right, bottom = window
    saw = ", ".join(f"{one.name} {one.version}".strip() for one in seen.models) or seen.found_by
    boxes = [LabelBox(one.class_name, _moved(one.box, left, top)) for one in known]
    row = {
        "camera": seen.source if seen.survey_id is None else "",
        "place": (place_of(seen.lat, seen.lon) or "") if seen.survey_id is not None else "",
        "day": seen.frame_at.date().isoformat() if seen.timed else "",
        "origin": f"verdicts on {saw}",
    }
    content = encode(np.ascontiguousarray(picture[top:bottom, left:right]))
    export.put(f"verdict-{seen.id}.jpg", content, (right - left, bottom - top), boxes, row)


def crop_window(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the surroundings of a box inside a picture, as left, top, right, bottom in whole pixels."""
    found: list[tuple[int, int]] = []
    for low, high, size in ((box[0], box[2], width), (box[1], box[3], height)):
        side = min(float(size), max(LEAST, (high - low) * (1 + 2 * SURROUNDINGS)))
        begin = min(max(0.0, (low + high - side) / 2), size - side)
        found.append((int(begin), min(size, int(begin + side))))
    (left, right), (top, bottom) = found
    return left, top, right, bottom


def _inside(box: Box, window: tuple[int, int, int, int]) -> bool:
    return box[0] >= window[0] and box[1] >= window[1] and box[2] <= window[2] and box[3] <= window[3]


def _moved(box: Box, left: int, top: int) -> Box:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def _paint_over(picture: Image, box: Box, kept: Sequence[Box]) -> None:
    """Paint over what nobody has decided on, but nothing of what is known."""
    saved = [(one, picture[_slice(one)].copy()) for one in kept if iou(one, box) > 0]
    picture[_slice(box)] = GREY
    for one, pixels in saved:
        picture[_slice(one)] = pixels


def _slice(box: Box) -> tuple[slice, slice]:
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    return slice(top, bottom), slice(left, right)


def _note_overruled(frame: LabelFrame, saved: LabelSave, said: Sequence[VerdictLabel], export: _Export) -> None:
    """Note each verdict that a complete frame does not bear out: whoever completed the frame saw all of it."""
    for one in said:
        drawn = any(box.class_name == one.class_name and iou(box.box, one.box) >= 0.3 for box in saved.boxes)
        if (one.kind in POSITIVE) != drawn and one.kind in (*POSITIVE, LabelKind.NEGATIVE):
            what = "is not drawn" if one.kind in POSITIVE else "is drawn although it was rejected"
            export.notes.append(
                f"candidate {one.candidate.id}, {one.class_name}, {what} in frame {frame.id}, which "
                f"{saved.actor.name} completed: the frame counts"
            )


def _write(export: _Export, work: Path) -> Path:
    """Write labels and description of the export, and return the file that adds its classes to the data set.

    Raises:
        DatasetRefused: nothing to learn from.
    """
    classes = sorted({box.class_name for boxes in export.labels.values() for box in boxes})
    if not classes:
        raise DatasetRefused(
            "nothing to learn from yet: complete frames on the page Labels, or confirm candidates", tuple(export.notes)
        )
    for name, boxes in export.labels.items():
        lines = [_line(classes.index(one.class_name), one.box, *export.sizes[name]) for one in boxes]
        target = export.folder / "labels" / "all" / f"{Path(name).stem}.txt"
        target.write_text("".join(lines), encoding="utf-8")
    described = {"names": dict(enumerate(classes)), "val": "images/all"}  # one side: the import parts it
    (export.folder / "data.yaml").write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    with (export.folder / "pictures.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(export.rows)
    mapping = work / "classes.yaml"
    mapping.write_text(yaml.safe_dump({name: name for name in classes}, allow_unicode=True), encoding="utf-8")
    return mapping


def _line(cls: int, box: Box, width: int, height: int) -> str:
    check_box(box, width, height, "label")
    x, y = (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height
    return f"{cls} {x:.6f} {y:.6f} {(box[2] - box[0]) / width:.6f} {(box[3] - box[1]) / height:.6f}\n"
