"""What happens when the last byte has come: the hash is checked, the file gets its place, the survey becomes ready."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api.background import BackgroundLoop
from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import FootageUnwritable, NoRoom, UploadBusy
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import FileNote, SurveyFile
from api.surveys.tables import FileKind, FileState, SurveyState
from api.surveys.upload.storage import FootageStore
from streams.errors import NotAVideo
from streams.survey.media_span import UNKNOWN, telemetry_span, video_span
from streams.survey.telemetry_pairing import Pairs, Span, pair_by_name, pair_by_time
from streams.video.file_type import sniff

log = logging.getLogger(__name__)

IDLE: Final = timedelta(seconds=2)
LATE: Final = timedelta(minutes=30)  # a file of 100 GB on a slow disk is hashed in less
BATCH: Final = 20
_BEGINS_LIKE: Final = {
    FileKind.VIDEO: ("mp4", "mkv", "avi", "ts"),
    FileKind.PHOTO: ("jpeg", "png", "webp"),
}


class Finalizer:
    """Settles one file after the other, in a thread of its own between `start` and `stop`.

    What has to be done is read from the database, so it goes on after a crash where it was; a step may be done twice.
    """

    def __init__(self, database: Database, footage: FootageStore, *, clock: Clock) -> None:
        self._database = database
        self._footage = footage
        self._clock = clock
        self._loop = BackgroundLoop("check of uploads", self.settle, pause=IDLE, late_after=LATE)

    def start(self) -> None:
        """Begin to settle."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Settle nothing more; what is under way is finished or, after `timeout`, left to the next start."""
        self._loop.stop(timeout)

    def wake(self) -> None:
        """Something may have come whole."""
        self._loop.wake()

    def settle(self) -> bool:
        """Return one round over what waits; False where there was nothing to do."""
        done = [self._try_file(file) for file in self._waiting()]
        with self._database.read() as connection:
            complete = surveys.with_nothing_to_come(connection)
        for survey_id in complete:
            self._loop.beat()
            with self._database.read() as connection:
                files = survey_files.files(EVERYWHERE, connection, survey_id)
            pairs = self._pairs(files)
            with self._database.write() as connection:
                survey = surveys.lock(connection, survey_id)
                if survey is not None and survey.state is SurveyState.UPLOADING:
                    _record_pairs(connection, files, pairs)
                    surveys.move(connection, survey_id, survey.state, SurveyState.READY, self._clock())
        return any(done) or bool(complete)

    def _waiting(self) -> Iterator[SurveyFile]:
        """Yield every file that waits once, however many before it fail."""
        after: UUID | None = None
        while True:
            with self._database.read() as connection:
                waiting = survey_files.whole(connection, BATCH, after)
            for file in waiting:
                if self._loop.stopping:
                    return
                yield file
            if len(waiting) < BATCH:
                return
            after = waiting[-1].id

    def _try_file(self, file: SurveyFile) -> bool:
        self._loop.beat()
        try:
            with self._footage.steady():  # a content that lies there already must do so until its row says so
                return self._settle_file(file)
        except (FootageUnwritable, NoRoom, OSError) as error:  # the others may still be well
            note = FileNote.NO_ROOM if isinstance(error, NoRoom) else FileNote.NOT_STORED
            if file.note is not note:  # said once, not every two seconds
                log.error("survey %s: '%s' waits: %s", file.survey_id, file.name, error)
                with self._database.write() as connection:
                    survey_files.note_blocked(connection, file, note)
            return False

    def _settle_file(self, file: SurveyFile) -> bool:
        try:
            path = self._footage.keep(file.id, file.sha256)
        except UploadBusy:
            return False
        except FileNotFoundError:  # put in its place, or thrown away, by one that died before it could say so
            path = f"{file.sha256[:2]}/{file.sha256[2:4]}/{file.sha256}"
            if not self._footage.has(path):
                self._set(file, FileState.MISSING, 0)
                return True
        if path is None:
            log.warning("survey %s: '%s' came with another hash than was announced", file.survey_id, file.name)
            self._set(file, FileState.CORRUPT, 0, note=FileNote.DAMAGED)
        elif _is_mislabelled(file.kind, self._footage.path_of(path)):
            self._set(file, FileState.SUSPECT, file.size, path=path, note=FileNote.MISLABELLED)
        else:
            self._set(file, FileState.STORED, file.size, path=path)
        return True

    def _set(
        self,
        file: SurveyFile,
        state: FileState,
        received: int,
        *,
        path: str | None = None,
        note: FileNote | None = None,
    ) -> None:
        with self._database.write() as connection:
            survey_files.set_file(connection, file.id, state, received, path=path, note=note)

    def _pairs(self, files: Sequence[SurveyFile]) -> Pairs:
        """Telemetry by video, by name: first by what they are called, then by their clocks and lengths."""
        videos, telemetry = (_stored(files, kind) for kind in (FileKind.VIDEO, FileKind.TELEMETRY))
        named = _named_pairs(files)
        alone = [file for file in videos if file.name not in named]
        unused = [file for file in telemetry if file.name not in named.values()]
        if not alone or not unused:
            return named
        return named | pair_by_time(
            {file.name: self._span(file, video_span) for file in alone},
            {file.name: self._span(file, telemetry_span) for file in unused},
        )

    def _span(self, file: SurveyFile, read: Callable[[Path], Span]) -> Span:
        try:
            return read(self._footage.path_of(file.path)) if file.path else UNKNOWN
        except Exception as error:  # noqa: BLE001  # hostile content may break a parser in any way: others go on
            log.warning(
                "survey %s: '%s' cannot be read (%s: %s)", file.survey_id, file.name, type(error).__name__, error
            )
            return UNKNOWN


def _stored(files: Sequence[SurveyFile], kind: FileKind) -> list[SurveyFile]:
    return [file for file in files if file.kind is kind and file.state is FileState.STORED]


def _named_pairs(files: Sequence[SurveyFile]) -> Pairs:
    """Pairs among what is stored; a content that is there under two names may be paired by either."""
    known = [file for file in files if file.state in (FileState.STORED, FileState.DUPLICATE)]
    kept = {file.sha256: file.name for file in files if file.state is FileState.STORED}
    kept_as = {file.name: kept[file.sha256] for file in known if file.sha256 in kept}
    videos, telemetry = (
        [file.name for file in known if file.kind is kind and file.name in kept_as]
        for kind in (FileKind.VIDEO, FileKind.TELEMETRY)
    )
    pairs: Pairs = {}
    own_names_last = sorted(pair_by_name(videos, telemetry).items(), key=lambda pair: kept_as[pair[0]] == pair[0])
    for video, sidecar in own_names_last:
        pairs[kept_as[video]] = kept_as[sidecar]
    return pairs


def _record_pairs(connection: Connection, files: Sequence[SurveyFile], pairs: Pairs) -> None:
    ids = {file.name: file.id for file in files}
    notes = {file.id: FileNote.NO_TELEMETRY for file in _stored(files, FileKind.VIDEO) if file.name not in pairs}
    unused = [file for file in _stored(files, FileKind.TELEMETRY) if file.name not in pairs.values()]
    notes |= {file.id: FileNote.NO_VIDEO for file in unused}
    survey_files.pair(connection, {ids[video]: ids[sidecar] for video, sidecar in pairs.items()}, notes)


def _is_mislabelled(kind: FileKind, path: Path) -> bool:
    try:
        return kind in _BEGINS_LIKE and sniff(path) not in _BEGINS_LIKE[kind]
    except NotAVideo:
        return True
