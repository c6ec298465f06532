"""The sample flight as a drone team would bring it: announced, put where uploads lie, and looked at by a worker."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from api.candidates.intake import StoreSink
from api.clock import wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.inference.model_cache import ModelCache
from api.inference.model_choice import BY_VIEW, DroneLooks
from api.settings import Settings
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.jobs.context import WorkerContext
from api.surveys.jobs.worker import run
from api.surveys.manifest import Announced, read_manifest
from api.surveys.service import create_survey
from api.surveys.tables import FileState, SurveyState
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.storage import FootageStore
from detector.rules.rulebook import Rulebook


def survey_flight(
    settings: Settings, database: Database, sink: StoreSink, shelf: ModelCache, book: Rulebook, files: Sequence[Path]
) -> UUID:
    """Bring the files of a flight and work through them; the survey that they made. Raises ApiError."""
    survey_id = _bring(database, FootageStore(settings.footage_dir), files)
    looks = DroneLooks(shelf.get)
    context = WorkerContext(
        database=database,
        footage=settings.footage_dir,
        pictures_dir=settings.pictures_dir,
        sink=sink,
        detector=looks.detector,
        rules=lambda _: book,
        name="demo",
        usual_model=BY_VIEW,
        zone=lambda: book.timezone,
        identify=looks.identify,
    )
    run(context, until_idle=True)
    return survey_id


def _bring(database: Database, footage: FootageStore, files: Sequence[Path]) -> UUID:
    contents = {file.name: file.read_bytes() for file in files}
    announced = [Announced(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in contents.items()]
    survey, wanted, _ = create_survey(
        EVERYWHERE, database, footage, read_manifest("sample flight", announced), wall_clock(), 0
    )
    for file in wanted:
        if file.state is FileState.MISSING:
            with footage.coming(file.id) as partial_file:
                partial_file.write(contents[file.name], 0)
                partial_file.flush()
            with database.write() as connection:
                survey_files.set_received(EVERYWHERE, connection, file.id, file.size)
    settling = Finalizer(database, footage, clock=wall_clock)
    while _state(database, survey.id) is SurveyState.UPLOADING:
        if not settling.settle():
            time.sleep(0.1)  # the service settles too; one of us is at it
    return survey.id


def _state(database: Database, survey_id: UUID) -> SurveyState | None:
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    return survey.state if survey else None
