"""Surveys: what a drone team has announced, what has come of it, and which telemetry belongs to which video."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.surveys.jobs.tables import survey_chunks
from api.surveys.tables import survey_files, surveys
from api.web.pagination import Cursor, Page, decode_name, encode_name, page_of


class SurveyState(StrEnum):
    """Uploading until every file has come or was set aside; ready until the batch jobs take it; then their words."""

    UPLOADING = "uploading"
    READY = "ready"
    PROCESSING = "processing"
    DONE = "done"
    DONE_WITH_ERRORS = "done_with_errors"


class FileKind(StrEnum):
    """What a file's name says that it is."""

    VIDEO = "video"
    PHOTO = "photo"
    TELEMETRY = "telemetry"
    OTHER = "other"


class FileState(StrEnum):
    """Missing, then uploading, then stored; corrupt asks to be sent again; duplicate and odd are set aside for good."""

    MISSING = "missing"
    UPLOADING = "uploading"
    STORED = "stored"
    CORRUPT = "corrupt"
    DUPLICATE = "duplicate"
    ODD = "odd"


class FileNote(StrEnum):
    """Why a file was set aside, or what it lacks."""

    EMPTY = "empty"
    NOT_FOOTAGE = "not_footage"  # no kind of file that a survey reads
    PREVIEW = "preview"  # the small copy that an aircraft keeps of its own video
    SAME_AS = "same_as"  # the same content as another file of this survey, which is named
    MISLABELLED = "mislabelled"  # does not begin like what its name says
    DAMAGED = "damaged"  # what came has another hash than was announced
    NO_TELEMETRY = "no_telemetry"
    NO_VIDEO = "no_video"
    REMOVED = "removed"  # its survey ended longer ago than footage is kept


SETTLED = (FileState.STORED, FileState.DUPLICATE, FileState.ODD)


@dataclass(frozen=True, slots=True)
class Survey:
    """One batch of footage; `ground` is the street's height in metres above take-off, `model` what looks at it."""

    id: UUID
    name: str
    manifest: str
    state: SurveyState
    created_at: datetime
    updated_at: datetime
    ground: float | None
    model: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """One announced file; sizes in bytes.

    `name` is for showing only. `path` is where the content lies under `Settings.footage_dir`, as `ab/cd/<sha256>`
    without a suffix, None until it is stored. `pair_id` is a video's telemetry. `note` is a word of `FileNote`, empty
    where there is nothing to say; it may be followed by a space and the name of another file.
    """

    id: UUID
    survey_id: UUID
    name: str
    kind: FileKind
    size: int
    sha256: str
    state: FileState
    received: int
    path: str | None
    pair_id: UUID | None
    note: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a survey has come: files settled of those announced; bytes of those that are wanted.

    And how much of it has been looked at: chunks done, and set aside as dead, of those known so far.
    """

    files: int
    files_settled: int
    size: int
    received: int
    chunks: int = 0
    chunks_done: int = 0
    chunks_dead: int = 0


def add(connection: Connection, survey: Survey, files: Iterable[SurveyFile]) -> bool:
    """Record a survey with its files, or nothing where this manifest is known (False): two may ask at once."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {name: getattr(survey, name) for name in survey.__dataclass_fields__}
    taken = make(surveys).values(row).on_conflict_do_nothing(index_elements=["manifest"]).returning(surveys.c.id)
    if connection.execute(taken).one_or_none() is None:
        return False
    rows = [{name: getattr(file, name) for name in file.__dataclass_fields__} for file in files]
    connection.execute(insert(survey_files), rows)
    return True


def find(connection: Connection, survey_id: UUID) -> Survey | None:
    """The survey with this id."""
    row = connection.execute(select(surveys).where(surveys.c.id == survey_id)).one_or_none()
    return _survey(row) if row else None


def find_by_manifest(connection: Connection, manifest: str) -> Survey | None:
    """The survey that was announced with exactly this manifest."""
    row = connection.execute(select(surveys).where(surveys.c.manifest == manifest)).one_or_none()
    return _survey(row) if row else None


def lock(connection: Connection, survey_id: UUID) -> Survey | None:
    """The survey with this id; nobody else changes it before this transaction ends."""
    row = connection.execute(select(surveys).where(surveys.c.id == survey_id).with_for_update()).one_or_none()
    return _survey(row) if row else None


def page(connection: Connection, cursor: str | None, limit: int) -> Page[Survey]:
    """Surveys, latest first. Raises CursorInvalid."""
    conditions = []
    total = connection.execute(select(func.count()).select_from(surveys)).scalar_one()
    if cursor is not None:
        before = Cursor.from_cursor(cursor)
        created, row_id = surveys.c.created_at, surveys.c.id
        conditions.append(or_(created < before.at, and_(created == before.at, row_id < before.id)))
    query = select(surveys).where(*conditions).order_by(surveys.c.created_at.desc(), surveys.c.id.desc())
    found = [_survey(row) for row in connection.execute(query.limit(limit + 1))]
    return page_of([(Cursor(item.created_at, item.id), item) for item in found], limit, total)


def in_state(connection: Connection, state: SurveyState) -> tuple[Survey, ...]:
    """Every survey in this state, longest waiting first."""
    query = select(surveys).where(surveys.c.state == state).order_by(surveys.c.created_at, surveys.c.id)
    return tuple(_survey(row) for row in connection.execute(query))


def move(connection: Connection, survey_id: UUID, before: SurveyState, after: SurveyState, now: datetime,
         error: str | None = None) -> bool:  # fmt: skip
    """Change the state if it is still `before`; False where somebody was faster."""
    changed = connection.execute(
        update(surveys)
        .where(surveys.c.id == survey_id, surveys.c.state == before)
        .values(state=after, updated_at=now, error=error)
    )
    return changed.rowcount == 1


def files(connection: Connection, survey_id: UUID) -> tuple[SurveyFile, ...]:
    """The files of a survey, by name."""
    query = select(survey_files).where(survey_files.c.survey_id == survey_id).order_by(survey_files.c.name)
    return tuple(_file(row) for row in connection.execute(query))


def files_page(connection: Connection, survey_id: UUID, cursor: str | None, limit: int) -> Page[SurveyFile]:
    """The files of a survey by name. Raises CursorInvalid."""
    conditions = [survey_files.c.survey_id == survey_id]
    total = connection.execute(select(func.count()).select_from(survey_files).where(*conditions)).scalar_one()
    if cursor is not None:
        conditions.append(survey_files.c.name > decode_name(cursor))
    query = select(survey_files).where(*conditions).order_by(survey_files.c.name).limit(limit + 1)
    found = [_file(row) for row in connection.execute(query)]
    more = len(found) > limit
    return Page(tuple(found[:limit]), total, encode_name(found[limit - 1].name) if more else None)


def progress(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """How much of each survey has come, and how much has been looked at."""
    table, ids = survey_files.c, list(ids)
    wanted = table.state.not_in((FileState.DUPLICATE, FileState.ODD))
    query = (
        select(
            table.survey_id,
            func.count(),
            func.count().filter(table.state.in_(SETTLED)),
            func.sum(table.size).filter(wanted),
            func.sum(table.received).filter(wanted),
        )
        .where(table.survey_id.in_(ids))
        .group_by(table.survey_id)
    )
    looked = _looked(connection, ids)
    return {
        key: Progress(count, done, int(size or 0), int(received or 0), *looked.get(key, (0, 0, 0)))
        for key, count, done, size, received in connection.execute(query)
    }


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


def find_file(connection: Connection, file_id: UUID) -> SurveyFile | None:
    """The file with this id."""
    row = connection.execute(select(survey_files).where(survey_files.c.id == file_id)).one_or_none()
    return _file(row) if row else None


def find_by_name(connection: Connection, survey_id: UUID, name: str) -> SurveyFile | None:
    """The file of a survey with this name."""
    query = select(survey_files).where(survey_files.c.survey_id == survey_id, survey_files.c.name == name)
    row = connection.execute(query).one_or_none()
    return _file(row) if row else None


def set_file(connection: Connection, file_id: UUID, state: FileState, received: int, *, path: str | None = None,
             note: str = "") -> None:  # fmt: skip
    """What has become of a file."""
    connection.execute(
        update(survey_files)
        .where(survey_files.c.id == file_id)
        .values(state=state, received=received, path=path, note=note)
    )


def set_received(connection: Connection, file_id: UUID, received: int) -> None:
    """How much of a file has come; nothing where it is settled meanwhile."""
    connection.execute(
        update(survey_files)
        .where(survey_files.c.id == file_id, survey_files.c.state.not_in(SETTLED))
        .values(state=FileState.UPLOADING if received else FileState.MISSING, received=received, note="")
    )


def whole(connection: Connection, limit: int) -> tuple[SurveyFile, ...]:
    """Files of which every byte has come, and that nobody has checked yet."""
    query = (
        select(survey_files)
        .where(survey_files.c.state == FileState.UPLOADING, survey_files.c.received >= survey_files.c.size)
        .order_by(survey_files.c.id)
        .limit(limit)
    )
    return tuple(_file(row) for row in connection.execute(query))


def with_nothing_to_come(connection: Connection) -> tuple[UUID, ...]:
    """Surveys that still count as uploading although every file is settled."""
    waits = exists().where(survey_files.c.survey_id == surveys.c.id, survey_files.c.state.not_in(SETTLED))
    query = select(surveys.c.id).where(surveys.c.state == SurveyState.UPLOADING, ~waits)
    return tuple(connection.execute(query).scalars())


def stored_paths(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """Where each of these contents lies, by SHA-256; those that no survey has brought yet are absent."""
    wanted = sorted(set(hashes))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):  # SQLite takes no more than some thousand parameters
        query = select(survey_files.c.sha256, survey_files.c.path).where(
            survey_files.c.sha256.in_(wanted[start : start + 500]), survey_files.c.path.is_not(None)
        )
        found.update({sha256: path for sha256, path in connection.execute(query) if path is not None})
    return found


def pair(connection: Connection, pairs: Mapping[UUID, UUID], notes: Mapping[UUID, str]) -> None:
    """Record which telemetry belongs to which video, and why a file has none or is of no use."""
    for video, telemetry in pairs.items():
        connection.execute(update(survey_files).where(survey_files.c.id == video).values(pair_id=telemetry))
    for file_id, note in notes.items():
        connection.execute(update(survey_files).where(survey_files.c.id == file_id).values(note=note))


def all_settled(files: Sequence[SurveyFile]) -> bool:
    """Whether nothing of a survey is still to come."""
    return all(file.state in SETTLED for file in files)


def _survey(row: Row[tuple[object, ...]]) -> Survey:
    values = dict(row._mapping)
    return Survey(**values | {"state": SurveyState(values["state"])})


def _file(row: Row[tuple[object, ...]]) -> SurveyFile:
    values = dict(row._mapping)
    return SurveyFile(**values | {"kind": FileKind(values["kind"]), "state": FileState(values["state"])})
