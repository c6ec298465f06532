"""The sample flight as a drone team would bring it: announced, put where uploads lie, and looked at by a worker."""

import hashlib
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from api.announce import announce
from api.clock import wall_clock
from api.drones import BY_VIEW, drone_look
from api.footage import FootageStore
from api.intake import StoreSink
from api.jobs.desk import Desk
from api.jobs.worker import run
from api.manifest import Announced, read_manifest
from api.settings import Settings
from api.settling import Settling
from api.store import Database, surveys
from api.store.surveys import FileState, SurveyState
from api.wiring import ModelShelf
from detector.rulebook import Rulebook


def survey_flight(
    settings: Settings, database: Database, sink: StoreSink, shelf: ModelShelf, book: Rulebook, files: Sequence[Path]
) -> UUID:
    """Bring the files of a flight and work through them; the survey that they made. Raises ApiError."""
    survey_id = _bring(database, FootageStore(settings.footage_dir), files)
    desk = Desk(
        database=database,
        footage=settings.footage_dir,
        data_dir=settings.data_dir,
        sink=sink,
        detector=partial(drone_look, shelf.get),
        rules=lambda _: book,
        name="demo",
        usual_model=BY_VIEW,
        zone=book.timezone,
    )
    run(desk, until_idle=True)
    return survey_id


def _bring(database: Database, footage: FootageStore, files: Sequence[Path]) -> UUID:
    contents = {file.name: file.read_bytes() for file in files}
    announced = [Announced(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in contents.items()]
    survey, wanted, _ = announce(database, footage, read_manifest("sample flight", announced), wall_clock(), 0)
    for file in wanted:
        if file.state is FileState.MISSING:
            with footage.coming(file.id) as partial_file:
                partial_file.write(contents[file.name], 0)
                partial_file.flush()
            with database.write() as connection:
                surveys.set_received(connection, file.id, file.size)
    settling = Settling(database, footage, clock=wall_clock)
    while _state(database, survey.id) is SurveyState.UPLOADING:
        if not settling.settle():
            time.sleep(0.1)  # the service settles too; one of us is at it
    return survey.id


def _state(database: Database, survey_id: UUID) -> SurveyState | None:
    with database.read() as connection:
        survey = surveys.find(connection, survey_id)
    return survey.state if survey else None
