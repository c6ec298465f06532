"""Removes what is no longer needed: uploads that were given up, and footage and pictures of surveys long ended.

Evidence has periods of its own (`api.cases.retention`). Every removal holds what a
client, the settling or an announcement would need at that moment, or is left to the next round.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from api.background import BackgroundLoop
from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import FootageUnwritable, UploadBusy
from api.settings import Settings
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys import retention_queries as sweeping
from api.surveys.files import SETTLED
from api.surveys.upload.storage import FootageStore

log = logging.getLogger(__name__)

FIRST: Final = timedelta(minutes=1)  # after a start: other things come first
PERIOD: Final = timedelta(hours=1)
LATE: Final = timedelta(minutes=30)  # one removal takes less, even of a folder of a million pictures


@dataclass(frozen=True, slots=True)
class Removed:
    """One thing that was removed, what people call it, and how many bytes it took."""

    kind: Literal["upload", "footage", "pictures", "evidence"]
    name: str
    size: int


def sweep(settings: Settings, database: Database, now: datetime) -> Iterator[Removed]:
    """Remove what may go, one thing after the other. Raises DatabaseUnavailable.

    What cannot be removed is logged and tried again by the next sweep.
    """
    footage = FootageStore(settings.footage_dir)
    yield from _uploads(footage, database, now - timedelta(days=settings.upload_days))
    if settings.footage_days is not None:
        before = now - timedelta(days=settings.footage_days)
        yield from _footage(footage, database, before)
        yield from _pictures(settings.pictures_dir, database, before)


def _uploads(footage: FootageStore, database: Database, before: datetime) -> Iterator[Removed]:
    for file_id in footage.untouched(before):
        try:
            removed = _give_up(footage, database, file_id, before)
        except (UploadBusy, FileNotFoundError):  # somebody goes on with it at this moment, or has put it in its place
            continue
        except (FootageUnwritable, OSError) as error:
            log.warning("upload %s cannot be removed: %s", file_id, error)
            continue
        if removed is not None:
            yield removed


def _give_up(footage: FootageStore, database: Database, file_id: UUID, before: datetime) -> Removed | None:
    """Remove the beginning of a file, held as a client would hold it; one that has come whole waits to be settled."""
    with footage.coming(file_id, make=False) as partial:
        size = partial.size
        with database.read() as connection:
            file = survey_files.find_file(EVERYWHERE, connection, file_id)
        if not partial.untouched(before) or (file and file.state not in SETTLED and size >= file.size):
            return None
        with database.write() as connection:
            survey_files.set_received(EVERYWHERE, connection, file_id, 0)
        partial.discard()
    return Removed("upload", file.name if file else str(file_id), size)


def _footage(footage: FootageStore, database: Database, before: datetime) -> Iterator[Removed]:
    with database.read() as connection:
        contents = sweeping.old_contents(connection, before)
    for content in contents:
        try:
            with footage.alone():
                with database.read() as connection:
                    if not sweeping.old_contents(connection, before, content.path):
                        continue  # another survey has it by now
                # First the file, then its rows: one that is killed between the two leaves rows for the next sweep.
                footage.path_of(content.path).unlink(missing_ok=True)
                with database.write() as connection:
                    sweeping.forget_content(connection, content.path)
        except UploadBusy:
            return  # footage is being announced or settled: the next sweep is soon enough
        except (FootageUnwritable, OSError) as error:
            log.warning("footage '%s' cannot be removed: %s", content.name, error)
        else:
            yield Removed("footage", content.name, content.size)


def _pictures(folder: Path, database: Database, before: datetime) -> Iterator[Removed]:
    with database.read() as connection:
        old = [
            surveys.find(EVERYWHERE, connection, survey_id) for survey_id in sweeping.old_surveys(connection, before)
        ]
    for survey in old:
        if survey is None or not (folder / str(survey.id)).is_dir():
            continue
        size = _remove_folder(folder / str(survey.id))
        if size is not None:
            yield Removed("pictures", survey.name, size)


def _remove_folder(folder: Path) -> int | None:
    """Return the bytes that were freed; None where something of it could not be removed."""
    faults: list[BaseException] = []

    def missed(_: object, path: str, fault: tuple[type[BaseException], BaseException, object]) -> None:
        if not isinstance(fault[1], FileNotFoundError):  # what has gone meanwhile is gone
            faults.append(fault[1])

    size = sum(_size(Path(inside, name)) for inside, _, names in os.walk(folder) for name in names)
    shutil.rmtree(folder, onerror=missed)
    for fault in faults[:1]:
        log.warning("pictures cannot be removed: %s", fault)
    return None if faults else size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Sweeper:
    """Sweeps a minute after its start and then every hour, in a thread of its own between `start` and `stop`."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        clock: Clock,
        more: Callable[[datetime], Iterator[Removed]] = lambda _: iter(()),
    ) -> None:
        """`more` removes what other domains no longer need."""
        self._more = more
        self._settings = settings
        self._database = database
        self._clock = clock
        self._loop = BackgroundLoop("sweep", self._sweep, pause=PERIOD, first_pause=FIRST, late_after=LATE)

    def start(self) -> None:
        """Begin to sweep."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Remove nothing more; what is being removed is finished or, after `timeout`, left to the next start."""
        self._loop.stop(timeout)

    def _sweep(self) -> bool:
        now = self._clock()
        for removed in chain(sweep(self._settings, self._database, now), self._more(now)):
            log.info("removed %s '%s', %d bytes", removed.kind, removed.name, removed.size)
            self._loop.beat()
            if self._loop.stopping:
                break
        return False
