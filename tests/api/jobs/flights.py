"""A survey that has been uploaded: the sample flight, or files that a test has made, as the upload would leave them."""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from api.store import Database, surveys
from api.store.surveys import FileKind, FileState, Survey, SurveyFile, SurveyState
from tests.conftest import REPO

SAMPLE = (REPO / "samples" / "flight.mp4", REPO / "samples" / "flight.srt")
KINDS = {".srt": FileKind.TELEMETRY, ".jpg": FileKind.PHOTO}


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
            note="",
        )
    survey = Survey(survey_id, name, survey_id.hex, SurveyState.READY, now, now, 0.0, model, None)
    with database.write() as connection:
        assert surveys.add(connection, survey, list(rows.values()))
    return survey_id
