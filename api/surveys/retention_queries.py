"""What may be removed of surveys: the footage of those that ended long ago, and that nothing else refers to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, not_, select, update

from api.candidates.repository import State
from api.candidates.tables import candidates
from api.surveys.files import FileNote
from api.surveys.tables import ENDED, survey_files, surveys


@dataclass(frozen=True, slots=True)
class Content:
    """One stored content: where it lies under the footage folder, how a survey calls it, and its size in bytes."""

    path: str
    survey_id: UUID
    name: str
    size: int


def old_surveys(connection: Connection, before: datetime) -> tuple[UUID, ...]:
    """Surveys that ended before a moment, and none of whose candidates still waits for a verdict."""
    return tuple(connection.execute(select(surveys.c.id).where(_old(before))).scalars())


def old_contents(connection: Connection, before: datetime, path: str | None = None) -> tuple[Content, ...]:
    """Contents that old surveys brought and no other survey has; of `path` alone where it is given."""
    mine = survey_files.join(surveys, surveys.c.id == survey_files.c.survey_id)
    old, there = _old(before), survey_files.c.path.is_not(None)
    needed = select(survey_files.c.path).select_from(mine).where(there, not_(old))
    query = (
        select(survey_files.c.path, survey_files.c.survey_id, survey_files.c.name, survey_files.c.size)
        .select_from(mine)
        .where(there, old, survey_files.c.path.not_in(needed))
        .order_by(survey_files.c.path, survey_files.c.id)
    )
    if path is not None:
        query = query.where(survey_files.c.path == path)
    found = {row.path: Content(row.path, row.survey_id, row.name, row.size) for row in connection.execute(query)}
    return tuple(found.values())


def forget_content(connection: Connection, path: str) -> None:
    """Forget a removed content: whoever announces it again is asked to upload it again."""
    gone = update(survey_files).where(survey_files.c.path == path)
    connection.execute(gone.values(path=None, note=FileNote.REMOVED))


def _old(before: datetime) -> ColumnElement[bool]:
    # who decides may want to see the footage once more
    still_open = exists().where(candidates.c.survey_id == surveys.c.id, candidates.c.state == State.OPEN)
    return and_(
        surveys.c.state.in_(ENDED),
        surveys.c.updated_at < before,
        ~still_open,
    )
