"""The announced files of surveys: what has come of each, and which telemetry belongs to which video."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update

from api.db.paging import Page, decode_name, encode_name
from api.db.scope import Scope
from api.surveys.tables import FileKind, FileState, survey_files


class FileNote(StrEnum):
    """Why a file was set aside, or what it lacks."""

    EMPTY = "empty"
    NOT_FOOTAGE = "not_footage"  # a type of file that a survey does not read
    PREVIEW = "preview"  # the small copy that an aircraft keeps of its own video
    SAME_AS = "same_as"  # the same content as another file of this survey
    MISLABELLED = "mislabelled"  # does not begin like what its name says
    DAMAGED = "damaged"  # what came has another hash than was announced
    NO_TELEMETRY = "no_telemetry"
    NO_VIDEO = "no_video"
    REMOVED = "removed"  # its survey ended longer ago than footage is kept
    NO_ROOM = "no_room"  # has come whole, but the disk is too full to put it in its place
    NOT_STORED = "not_stored"  # has come whole, but cannot be put in its place


SETTLED = (FileState.STORED, FileState.DUPLICATE, FileState.SUSPECT)
BLOCKED = (FileNote.NO_ROOM, FileNote.NOT_STORED)


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """One announced file; sizes in bytes.

    `name` is for showing only. `path` is where the content lies under `Settings.footage_dir`, as `ab/cd/<sha256>`
    without a suffix, None until it is stored. `pair_id` is a video's telemetry. `note` is None where there is nothing
    to say; of a file that is the same as another one of its survey, `same_as_id` is that one.
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
    note: FileNote | None
    same_as_id: UUID | None = None


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees_parent(survey_files.c.survey_id, "surveys")


def files(scope: Scope, connection: Connection, survey_id: UUID) -> tuple[SurveyFile, ...]:
    """Return the files of a survey, by name."""
    query = (
        select(survey_files).where(survey_files.c.survey_id == survey_id, _seen_by(scope)).order_by(survey_files.c.name)
    )
    return tuple(_file(row) for row in connection.execute(query))


def files_page(
    scope: Scope, connection: Connection, survey_id: UUID, cursor: str | None, limit: int
) -> Page[SurveyFile]:
    """Return the files of a survey by name. Raises CursorInvalid."""
    conditions = [survey_files.c.survey_id == survey_id, _seen_by(scope)]
    total = connection.execute(select(func.count()).select_from(survey_files).where(*conditions)).scalar_one()
    if cursor is not None:
        conditions.append(survey_files.c.name > decode_name(cursor))
    query = select(survey_files).where(*conditions).order_by(survey_files.c.name).limit(limit + 1)
    found = [_file(row) for row in connection.execute(query)]
    more = len(found) > limit
    return Page(tuple(found[:limit]), total, encode_name(found[limit - 1].name) if more else None)


def find_file(scope: Scope, connection: Connection, file_id: UUID) -> SurveyFile | None:
    """Return the file with this id."""
    row = connection.execute(select(survey_files).where(survey_files.c.id == file_id, _seen_by(scope))).one_or_none()
    return _file(row) if row else None


def find_by_name(scope: Scope, connection: Connection, survey_id: UUID, name: str) -> SurveyFile | None:
    """Return the file of a survey with this name."""
    named = (survey_files.c.survey_id == survey_id, survey_files.c.name == name)
    query = select(survey_files).where(*named, _seen_by(scope))
    row = connection.execute(query).one_or_none()
    return _file(row) if row else None


def set_file(connection: Connection, file_id: UUID, state: FileState, received: int, *, path: str | None = None,
             note: FileNote | None = None) -> None:  # fmt: skip
    """Record the state of a file."""
    connection.execute(
        update(survey_files)
        .where(survey_files.c.id == file_id)
        .values(state=state, received=received, path=path, note=note)
    )


def set_received(scope: Scope, connection: Connection, file_id: UUID, received: int) -> None:
    """How much of a file has come; nothing where it is settled meanwhile."""
    connection.execute(
        update(survey_files)
        .where(survey_files.c.id == file_id, survey_files.c.state.not_in(SETTLED), _seen_by(scope))
        .values(state=FileState.UPLOADING if received else FileState.MISSING, received=received, note=None)
    )


def whole(connection: Connection, limit: int, after: UUID | None = None) -> tuple[SurveyFile, ...]:
    """Return files that are received whole and not checked yet, by their ids; those `after` an id."""
    query = (
        select(survey_files)
        .where(survey_files.c.state == FileState.UPLOADING, survey_files.c.received >= survey_files.c.size)
        .order_by(survey_files.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(survey_files.c.id > after)
    return tuple(_file(row) for row in connection.execute(query))


def note_blocked(connection: Connection, file: SurveyFile, note: FileNote) -> None:
    """Record why a file that has come whole cannot be put in its place; nothing where it was settled meanwhile."""
    mine = (survey_files.c.id == file.id, survey_files.c.state == FileState.UPLOADING)
    connection.execute(update(survey_files).where(*mine).values(note=note))


def try_blocked_again(scope: Scope, connection: Connection, survey_id: UUID) -> None:
    """Forget why files could not be put in their place: whoever asks again is told what holds now."""
    mine = (survey_files.c.survey_id == survey_id, survey_files.c.note.in_(BLOCKED), _seen_by(scope))
    connection.execute(update(survey_files).where(*mine).values(note=None))


def stored_paths(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """Return where each of these contents lies, by SHA-256; those that no survey has brought yet are absent."""
    wanted = sorted(set(hashes))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):  # SQLite takes no more than some thousand parameters
        query = select(survey_files.c.sha256, survey_files.c.path).where(
            survey_files.c.sha256.in_(wanted[start : start + 500]), survey_files.c.path.is_not(None)
        )
        found.update({sha256: path for sha256, path in connection.execute(query) if path is not None})
    return found


def any_removed(scope: Scope, connection: Connection, survey_id: UUID) -> bool:
    """Return whether footage of a survey was removed since it ended."""
    gone = (survey_files.c.survey_id == survey_id, survey_files.c.note == FileNote.REMOVED, _seen_by(scope))
    return connection.execute(select(exists().where(*gone))).scalar_one()


def pair(connection: Connection, pairs: Mapping[UUID, UUID], notes: Mapping[UUID, FileNote]) -> None:
    """Record which telemetry belongs to which video, and why a file has none or is of no use."""
    for video, telemetry in pairs.items():
        connection.execute(update(survey_files).where(survey_files.c.id == video).values(pair_id=telemetry))
    for file_id, note in notes.items():
        connection.execute(update(survey_files).where(survey_files.c.id == file_id).values(note=note))


_FILE = TypeAdapter(SurveyFile)


def _file(row: Row[tuple[object, ...]]) -> SurveyFile:
    return _FILE.validate_python(dict(row._mapping))
