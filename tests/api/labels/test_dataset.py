"""From labels to a version of a data set: complete frames whole, verdicts as crops, what is wrong left out."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest

from api.actor import Actor
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.verdicts import Correction, Decision, RejectReason
from api.cases.payload import write_payload
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import DatasetRefused
from api.evidence.files import EvidenceStore
from api.labels import repository as frames
from api.labels import service
from api.labels.dataset import crop_window, make_version
from api.labels.repository import LabelBox
from api.pages.classes import ClassNames
from api.review.service import decide
from detector.vision.detections import Box
from tests.api.samples import NOON, STALL, a_candidate
from training.datasets.importing import ImportResult
from training.datasets.manifest import DatasetManifest
from training.datasets.version_store import verify_version

# The queries behind it are tried on both engines by tests/api/db/test_scope.py.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LI_WEI = Actor.person("Li Wei")
SIGN: Box = (20.0, 30.0, 120.0, 70.0)


class City:
    """A database with candidates, and what a person does with them."""

    def __init__(self, database: Database, files: EvidenceStore, sink: StoreSink, root: Path) -> None:
        self.database, self.files, self.sink, self.root = database, files, sink, root
        self.number = 0

    def candidate(self, source: str, shade: int, box: Box = STALL) -> UUID:
        self.number += 1
        made = a_candidate(f"place-{self.number}", source=source)
        image = made.evidence.image.copy()
        image[300:] = shade
        self.sink.take(replace(made, evidence=replace(made.evidence, image=image), evidence_box=box))
        with self.database.read() as connection:
            found = candidates.lock_by_key(connection, source, f"place-{self.number}")
        assert found is not None
        return found.id

    def confirm(self, candidate: UUID, correction: Correction = Correction()) -> None:
        self._decide(candidate, Decision.CONFIRMED, None, correction)

    def reject(self, candidate: UUID, reason: RejectReason) -> None:
        self._decide(candidate, Decision.REJECTED, reason, Correction())

    def _decide(self, candidate: UUID, decision: Decision, reason: RejectReason | None, said: Correction) -> None:
        decide(
            EVERYWHERE, self.database, candidate, decision=decision, reason=reason, note="", actor=LI_WEI, now=NOON,
            undo_window=timedelta(0), write_body=partial(write_payload, base_url="http://x"), correction=said,
        )  # fmt: skip

    def complete(self, candidate: UUID, *boxes: LabelBox) -> UUID:
        frame = service.bring_candidate(EVERYWHERE, self.database, candidate, NOON)
        service.save(
            EVERYWHERE, self.database, frame.id, boxes, ClassNames(), version=0, complete=True, actor=LI_WEI, now=NOON
        )
        return frame.id

    def make(self) -> ImportResult:
        return make_version(EVERYWHERE, self.database, self.files, self.root, "street", "street", "Li Wei", NOON)


@pytest.fixture
def city(database: Database, files: EvidenceStore, sink: StoreSink, tmp_path: Path) -> City:
    return City(database, files, sink, tmp_path / "datasets")


def named(manifest: DatasetManifest) -> dict[str, list[tuple[str, str, int]]]:
    """Of each picture by what it was: camera, side, boxes."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for one in manifest.pictures:
        kind = one.original.split("/")[-1].split("-")[0]
        found.setdefault(kind, []).append((str(one.where.camera), one.side, len(one.boxes)))
    return {kind: sorted(rows) for kind, rows in found.items()}


def test_complete_frames_are_taken_whole_and_verdicts_as_crops(city: City) -> None:
    with pytest.raises(DatasetRefused, match="nothing to learn from yet"):
        city.make()
    whole = [city.candidate(source, 10 + n) for n, source in enumerate(("gate", "lane"))]
    for one in whole:
        city.complete(one, LabelBox("stall", STALL), LabelBox("signboard", SIGN))
    city.confirm(whole[0])  # the frame is complete: no crop of it
    city.confirm(city.candidate("gate", 30), Correction("stall", (210.0, 150.0, 330.0, 240.0)))
    city.reject(city.candidate("lane", 40), RejectReason.VEHICLE)
    city.reject(city.candidate("lane", 50, SIGN), RejectReason.BAD_PICTURE)
    result = city.make()
    verify_version(result.folder)
    found = named(result.manifest)
    assert [(camera, boxes) for camera, _, boxes in found["frame"]] == [("gate", 2), ("lane", 2)]
    assert [(camera, boxes) for camera, _, boxes in found["verdict"]] == [("gate", 1), ("lane", 0)]
    both = [row for kind in found.values() for row in kind]
    sides = {camera: {side for name, side, _ in both if name == camera} for camera in ("gate", "lane")}
    assert sides in ({"gate": {"train"}, "lane": {"val"}}, {"gate": {"val"}, "lane": {"train"}})
    assert result.manifest.split_by == "camera"
    assert any("1 verdicts say nothing of the picture" in note for note in result.notes)
    crop = next(one for one in result.manifest.pictures if "verdict" in one.original and one.boxes)
    left, top, _, _ = crop_window((210.0, 150.0, 330.0, 240.0), 640, 360)
    (box,) = crop.boxes
    assert (box.x * crop.width + left, box.y * crop.height + top) == pytest.approx((270, 195), abs=0.01)
    with pytest.raises(DatasetRefused, match="brings nothing new"):
        city.make()
    trained = "gate" if sides["gate"] == {"train"} else "lane"
    city.complete(city.candidate(trained, 90), LabelBox("a_board", SIGN))
    assert (*result.manifest.classes, "a_board") == city.make().manifest.classes  # a new class needs no file


def test_contradicting_verdicts_and_damaged_pictures_are_named_and_left_out(city: City) -> None:
    for number, source in enumerate(("gate", "lane")):
        city.complete(city.candidate(source, 10 + number), LabelBox("stall", STALL))
    right, wrong = city.candidate("gate", 60), city.candidate("gate", 70)
    city.confirm(right)
    city.reject(wrong, RejectReason.NOT_A_STALL)
    spoilt = city.complete(city.candidate("lane", 99), LabelBox("stall", STALL))
    with city.database.read() as connection:
        frame = frames.find(EVERYWHERE, connection, spoilt)
    assert frame is not None
    path = city.files.folder / frame.path
    path.chmod(0o644)
    path.write_bytes(b"changed")
    result = city.make()
    assert "verdict" not in named(result.manifest)
    assert len(named(result.manifest)["frame"]) == 2
    said = "\n".join(result.notes)
    assert "contradicts that on" in said
    assert f"frame {spoilt}: evidence {frame.sha256}: the file was changed" in said


def test_a_frame_overrules_a_verdict_and_what_nobody_decided_is_painted_over(city: City) -> None:
    first = city.candidate("gate", 10)
    city.confirm(first)
    city.complete(first)  # whoever completed it saw no stall
    city.complete(city.candidate("lane", 20), LabelBox("stall", STALL))
    city.candidate("lane", 30, (340.0, 150.0, 420.0, 240.0))  # stands there, undecided
    city.confirm(city.candidate("lane", 40))
    result = city.make()
    assert any("is not drawn in frame" in note and "the frame counts" in note for note in result.notes)
    crop = next(one for one in result.manifest.pictures if "verdict" in one.original)
    image = cv2.imread(str(result.folder / crop.side / "images" / crop.file))
    assert image is not None
    left, top, _, _ = crop_window(STALL, 640, 360)
    assert np.abs(image[200 - top, 380 - left].astype(int) - 114).max() < 6
    assert np.abs(image[220 - top, 300 - left].astype(int) - (40, 40, 190)).max() < 40  # the stall itself stays


def test_pictures_of_one_camera_and_one_day_hold_nothing_out(city: City) -> None:
    city.complete(city.candidate("gate", 10), LabelBox("stall", STALL))
    with pytest.raises(DatasetRefused, match="nothing can be held out: bring pictures of another"):
        city.make()
    assert not list(city.root.glob("street/*-*"))
    assert not list(city.root.glob(".labels-*"))
