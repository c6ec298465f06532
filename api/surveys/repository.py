"""Surveys: what a drone team has announced, what has come of it, and which telemetry belongs to which video."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from api.surveys.files import BLOCKED, SETTLED, SurveyFile
from api.surveys.jobs.tables import survey_chunks
from api.surveys.tables import FileState, SurveyState, survey_files, surveys
from detector.reason import Reason

_MOST_BLOCKED: Final = 100


@dataclass(frozen=True, slots=True)
class Survey:
    """One batch of footage; `ground` is the street's height in metres above take-off, `model` what looks at it.

    `errors` say what of its footage was set aside, and why: `file` names the file, `last_file` the last of several
    photos, `start` and `end` the seconds of a video that are meant.
    """

    id: UUID
    name: str
    manifest: str
    state: SurveyState
    created_at: datetime
    updated_at: datetime
    ground: float | None
    model: str | None
    district: str | None = None
    errors: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a survey has come: files settled of those announced; bytes of those that are wanted.

    And how much of it has been looked at: chunks done, and set aside as dead, of those known so far. `blocked` names
    files that have come whole and cannot be stored, and says why.
    """

    files: int
    files_settled: int
    size: int
    received: int
    chunks: int = 0
    chunks_done: int = 0
    chunks_dead: int = 0
    blocked: tuple[Reason, ...] = ()


def add(scope: Scope, connection: Connection, survey: Survey, files: Iterable[SurveyFile]) -> bool:
    """Record a survey with its files, or nothing where this manifest is known (False): two may ask at once."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = asdict(survey)
    taken = make(surveys).values(row).on_conflict_do_nothing(index_elements=["manifest"]).returning(surveys.c.id)
    if connection.execute(taken).one_or_none() is None:
        return False
    connection.execute(insert(survey_files), [asdict(file) for file in files])
    return True


def find(scope: Scope, connection: Connection, survey_id: UUID) -> Survey | None:
    """Return the survey with this id."""
    row = connection.execute(select(surveys).where(surveys.c.id == survey_id, _seen_by(scope))).one_or_none()
    return _survey(row) if row else None


def by_id(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Survey]:
    """Return the surveys with these ids."""
    rows = connection.execute(select(surveys).where(surveys.c.id.in_(list(ids)), _seen_by(scope)))
    return {row.id: _survey(row) for row in rows}


def find_by_manifest(scope: Scope, connection: Connection, manifest: str) -> Survey | None:
    """Return the survey that was announced with exactly this manifest."""
    row = connection.execute(select(surveys).where(surveys.c.manifest == manifest, _seen_by(scope))).one_or_none()
    return _survey(row) if row else None


def lock(connection: Connection, survey_id: UUID) -> Survey | None:
    """Return the survey with this id; locked until this transaction ends."""
    row = connection.execute(select(surveys).where(surveys.c.id == survey_id).with_for_update()).one_or_none()
    return _survey(row) if row else None


def page(scope: Scope, connection: Connection, cursor: str | None, limit: int) -> Page[Survey]:
    """Surveys, latest first. Raises CursorInvalid."""
    return page_by_time(connection, surveys.c.created_at, _survey, cursor, limit, where=[_seen_by(scope)])


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees(surveys.c.district)


def in_state(connection: Connection, state: SurveyState) -> tuple[Survey, ...]:
    """Return every survey in this state, longest waiting first."""
    query = select(surveys).where(surveys.c.state == state).order_by(surveys.c.created_at, surveys.c.id)
    return tuple(_survey(row) for row in connection.execute(query))


def with_nothing_to_come(connection: Connection) -> tuple[UUID, ...]:
    """Surveys that still count as uploading although every file is settled."""
    waits = exists().where(survey_files.c.survey_id == surveys.c.id, survey_files.c.state.not_in(SETTLED))
    query = select(surveys.c.id).where(surveys.c.state == SurveyState.UPLOADING, ~waits)
    return tuple(connection.execute(query).scalars())


def move(connection: Connection, survey_id: UUID, before: SurveyState, after: SurveyState, now: datetime,
         errors: Sequence[Reason] = ()) -> bool:  # fmt: skip
    """Change the state if it is still `before`; False where another request was faster."""
    changed = connection.execute(
        update(surveys)
        .where(surveys.c.id == survey_id, surveys.c.state == before)
        .values(state=after, updated_at=now, errors=[asdict(error) for error in errors])
    )
    return changed.rowcount == 1


def progress(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """Return how much of each survey has come, and how much has been looked at."""
    table, ids = survey_files.c, list(ids)
    wanted = table.state.not_in((FileState.DUPLICATE, FileState.SUSPECT))
    query = (
        select(
            table.survey_id,
            func.count(),
            func.count().filter(table.state.in_(SETTLED)),
            func.sum(table.size).filter(wanted),
            func.sum(table.received).filter(wanted),
        )
        .where(table.survey_id.in_(ids), scope.sees_parent(table.survey_id, "surveys"))
        .group_by(table.survey_id)
    )
    looked, blocked = _looked(connection, ids), _blocked(connection, ids)
    return {
        key: Progress(
            count, done, int(size or 0), int(received or 0), *looked.get(key, (0, 0, 0)), blocked.get(key, ())
        )
        for key, count, done, size, received in connection.execute(query)
    }


def _blocked(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[Reason, ...]]:
    """Files that have come whole and cannot be put in their place, with the reason."""
    table = survey_files.c
    query = (
        select(table.survey_id, table.name, table.note)
        .where(table.survey_id.in_(ids), table.state == FileState.UPLOADING, table.note.in_(BLOCKED))
        .order_by(table.name)
        .limit(_MOST_BLOCKED)
    )
    found: dict[UUID, tuple[Reason, ...]] = {}
    for survey_id, name, note in connection.execute(query):
        found[survey_id] = (*found.get(survey_id, ()), Reason(note, {"file": name}))
    return found


def _looked(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Chunks in all, done, and dead; a video that has been asked for its length has become other chunks."""
    table = survey_chunks.c
    query = (
        select(
            table.survey_id,
            func.count(),
            func.count().filter(table.state == "done"),
            func.count().filter(table.state == "dead"),
        )
        .where(table.survey_id.in_(ids), or_(table.kind != "probe", table.state != "done"))
        .group_by(table.survey_id)
    )
    return {key: (count, done, dead) for key, count, done, dead in connection.execute(query)}


_SURVEY = TypeAdapter(Survey)


def _survey(row: Row[tuple[object, ...]]) -> Survey:
    return _SURVEY.validate_python(dict(row._mapping))
