"""Surveys that have been uploaded: the sample flight, or a small drawn one; and a worker to look at them."""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from api.candidates.intake import StoreSink
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.rulebooks.fallback import rules_without_book
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.jobs.context import LEASE, WorkerContext
from api.surveys.repository import Survey
from api.surveys.tables import FileKind, FileState, SurveyState
from detector.vision.detections import Detections
from detector.vision.frame import Frame
from models.card import ModelVersion
from tests.conftest import REPO
from tests.streams.aerial import Town, leg, red_things, write_video

TOWN = Town(((0, 0), (0, 2.5), (12, -8)))
SAMPLE = (REPO / "samples" / "flight.mp4", REPO / "samples" / "flight.srt")
KINDS = {".srt": FileKind.TELEMETRY, ".jpg": FileKind.PHOTO, ".png": FileKind.PHOTO}


def uploaded(
    database: Database,
    data_dir: Path,
    files: Sequence[Path] = SAMPLE,
    *,
    name: str = "sample flight",
    model: str | None = None,
) -> UUID:
    """A survey that is ready, of copies of these files; telemetry belongs to the video of its stem."""
    survey_id, now = uuid4(), datetime.now(UTC)
    folder = data_dir / "footage"
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[Path, SurveyFile] = {}
    for file in sorted(files, key=lambda path: (KINDS.get(path.suffix) is not FileKind.TELEMETRY, path.name)):
        stored = folder / uuid4().hex
        shutil.copyfile(file, stored)
        pair = next((row.id for path, row in rows.items() if path.stem == file.stem), None)
        kind = KINDS.get(file.suffix, FileKind.VIDEO)
        rows[file] = SurveyFile(
            id=uuid4(),
            survey_id=survey_id,
            name=file.name,
            kind=kind,
            size=file.stat().st_size,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            state=FileState.STORED,
            received=file.stat().st_size,
            path=stored.name,
            pair_id=pair if kind is FileKind.VIDEO else None,
            note=None,
        )
    survey = Survey(survey_id, name, survey_id.hex, SurveyState.READY, now, now, 0.0, model, "erqi")
    with database.write() as connection:
        assert surveys.add(EVERYWHERE, connection, survey, list(rows.values()))
    return survey_id


def drawn_flight(folder: Path) -> list[Path]:
    """A video over TOWN and its telemetry."""
    folder.mkdir(exist_ok=True)
    return [write_video(folder, TOWN, leg((-20, 0), (20, 0), 40)), folder / "flight.srt"]


def context_over(database: Database, data_dir: Path, sink: StoreSink, lease: timedelta = LEASE) -> WorkerContext:
    """A context whose model takes what is red for a stall, without a rulebook."""
    return WorkerContext(
        database=database,
        footage=data_dir / "footage",
        pictures_dir=data_dir / "survey_pictures",
        sink=sink,
        detector=lambda _: _stalls,
        rules=rules_without_book,
        name="test",
        usual_model="stalls",
        zone=lambda: ZoneInfo("UTC"),
        lease=lease,
        identify=lambda name: lambda _: ModelVersion(name, "1", "b" * 64),
    )


def _stalls(frame: Frame) -> Detections:
    found = red_things(frame)
    return Detections(found.boxes, found.scores, found.class_ids, ("stall",))
