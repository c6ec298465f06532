"""Two districts' things in one database: of each district one of every kind that a scope decides on."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import Connection

from api.cameras import health
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.repository import RegisteredCamera
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import State
from api.candidates.verdicts import Decision, Verdict
from api.cases import outbox
from api.cases import repository as cases
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.labels import repository as labels
from api.labels.repository import LabelFrame, NewFrame
from api.labels.tables import FrameOrigin
from api.models import repository as shadows
from api.reports import repository as reports
from api.reports.content import ReportContent
from api.reports.repository import KeptReport
from api.reports.tables import ReportKind
from api.surveys import frames, places
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.jobs import chunks
from api.surveys.jobs.tables import ChunkKind
from api.surveys.manifest import Announced, plan, read_manifest
from api.surveys.places import SurveyPlace, source_of
from api.surveys.repository import Survey
from detector.candidate import Origin
from detector.rules.ruling import Outcome
from detector.vision.frame import Frame, Lens, Pose
from streams.health.faults import Fault
from streams.survey.features import Features, View
from streams.survey.pipeline import FrameObservations
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.samples import NOON, a_candidate, street

BOX = SecretBox.of(make_key())
PLACE_ID = "0123456789ab"
POSE = Pose(34.7466, 113.6253, 60.0, 0.0, -90.0, 0.0, Lens(1000.0, 1000.0, 500.0, 400.0))
NOTHING = Features(np.zeros((0, 2)), np.zeros((0, 32), np.uint8))


@dataclass(frozen=True, slots=True)
class District:
    """What one district has. `open` waits; `confirmed` has its verdict, its delivery and its case."""

    name: str | None
    camera: str
    open: UUID
    confirmed: UUID
    verdict: UUID
    case: UUID
    fault: UUID
    survey: Survey
    frame: LabelFrame
    disagreement: UUID
    files: tuple[SurveyFile, ...]
    report: UUID
    photograph: UUID | None = None

    @property
    def candidates(self) -> set[UUID]:
        return {self.open, self.confirmed}


def seed(database: Database, store: EvidenceStore, *names: str | None) -> tuple[District, ...]:
    """Store the things of these districts; None is what belongs to no district."""
    registered = [_camera(name) for name in names]
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, registered, A_CHANGE)
    return tuple(_seed(database, store, name) for name in names)


def _camera(district: str | None) -> RegisteredCamera:
    camera = a_camera(f"gate-{district}")
    return replace(camera, config=replace(camera.config, district=district or ""))


def _seed(database: Database, store: EvidenceStore, name: str | None) -> District:
    camera = f"gate-{name}"
    survey, files = plan(read_manifest(f"flight {name}", [Announced("v.mp4", 9, "a" * 64)], district=name), {}, NOON)
    key = f"{source_of(survey.id)}-{PLACE_ID}"
    with database.write() as connection:
        assert surveys.add(EVERYWHERE, connection, survey, files)
        _look_at(connection, survey, key, files)
    seen = Origin(district=name, camera_id=camera, camera_version=1)
    flown = Origin(district=name, survey_id=survey.id)
    waits = a_candidate("a", source=camera, origin=seen)
    decided = a_candidate(key, source=source_of(survey.id), origin=flown)
    with database.write() as connection:
        ids = [candidates.add(connection, one, NOON) for one in (waits, decided)]
        for candidate_id, one in zip(ids, (waits, decided), strict=True):
            evidence.add(connection, candidate_id, store.keep(one))
        verdict = Verdict(uuid4(), ids[1], LI_WEI, Decision.CONFIRMED, None, "", NOON)
        assert candidates.move(EVERYWHERE, connection, ids[1], State.OPEN, State.CONFIRMED, NOON)
        verdicts.add(EVERYWHERE, connection, verdict)
        outbox.add(EVERYWHERE, connection, verdict.id, ids[1], b"{}", NOON, NOON)
        case, _ = cases.receive(connection, verdict.id, b"{}", NOON)
        health.begin(connection, camera, Fault.MOVED, store.keep_frame(waits.evidence))
        (fault,) = health.lasting(connection, camera)
        frame = _labelled(connection, store, camera, name)
        two = shadows.Pair("street-ads", "1", "2")
        content = ReportContent(zone="UTC", allowed_hours=24, sections=())
        day = date(2026, 11, 16)
        kept = KeptReport(uuid4(), ReportKind.WEEK, day, day + timedelta(days=6), name, 2, content, NOON)
        assert reports.add(EVERYWHERE, connection, kept)
        differs = shadows.keep(connection, two, camera, seen, frame.picture, (), (), 1)
    return District(name, camera, ids[0], ids[1], verdict.id, case.id, fault.id, survey, frame, differs, files, kept.id)


def _labelled(connection: Connection, store: EvidenceStore, camera: str, district: str | None) -> LabelFrame:
    """Store two frames of a camera on which somebody drew, and return the later one."""
    for minute in (0, 1):
        image = street() + np.uint8(len(district or "") + minute)
        shown = store.keep_frame(Frame(image, NOON + timedelta(minutes=minute), camera))
        new = NewFrame(shown, camera, FrameOrigin.CAMERA, camera_id=camera, district=district)
        assert labels.add(EVERYWHERE, connection, new, NOON)
        frame = labels.find_by_picture(EVERYWHERE, connection, shown.sha256)
        assert frame is not None
        assert labels.save(EVERYWHERE, connection, frame, [], LI_WEI, NOON, complete=True)
    found = labels.find_by_picture(EVERYWHERE, connection, shown.sha256)
    assert found is not None
    return found


def _look_at(connection: Connection, survey: Survey, key: str, files: tuple[SurveyFile, ...]) -> None:
    """Store one chunk with one frame, and the place that it shows."""
    chunks.add(connection, survey.id, ChunkKind.LOOK, [file.id for file in files], 0, 0.0, None, NOON)
    (chunk,) = chunks.of_survey(EVERYWHERE, connection, survey.id)
    frames.add(
        connection,
        chunk,
        [FrameObservations("v.mp4", 0, NOON, View((9, 9), POSE, NOTHING), (), Path("best.jpg"))],
        Path(),
    )
    place = SurveyPlace(
        survey_id=survey.id,
        key=key,
        class_name="stall",
        lat=34.7466,
        lon=113.6253,
        ce90=2.0,
        confidence=0.9,
        first_seen=NOON,
        last_seen=NOON,
        frames=3,
        outcome=Outcome.VIOLATION,
        box=(0.0, 0.0, 4.0, 4.0),
        width=9,
        height=9,
        picture="best.jpg",
    )
    places.add(connection, [place])
