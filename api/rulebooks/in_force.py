"""Which rulebook a process goes by: the service's own file, or the version that somebody put in force since."""

import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import ApiError, DatabaseUnavailable, NotFound, SettingsInvalid
from api.pages.classes import ClassNames, read_classes
from api.rulebooks import repository as rulebooks
from detector.errors import RulebookInvalid
from detector.rules.load import load_rulebook, load_source
from detector.rules.rulebook import Rulebook
from detector.rules.source import NO_RULEBOOK, RulebookSource

log = logging.getLogger(__name__)

OWN: Final = Path("rulebooks") / "own.sha256"
"""The file of the data folder that says which own file was recorded last from there."""
RETRY: Final = 60.0  # seconds before a rulebook that could not be used is tried again


@dataclass(frozen=True, slots=True)
class RulebookInUse:
    """A rulebook as a process goes by it (`book` None: no rulebook), with the classes beside the service's own file."""

    source: RulebookSource
    book: Rulebook | None
    class_names: ClassNames = field(default_factory=ClassNames)


def adopt(database: Database, data_dir: Path, file: Path | None, own: Rulebook | None, now: datetime) -> RulebookInUse:
    """Record the service's own file where it changed, and return what the service goes by.

    That is what is in force or, where it cannot be used here, the own file; `RulebookWatch` says why. Raises
    RulebookInvalid or SettingsInvalid where there is nothing to go by.
    """
    source, note = own.source if own else NO_RULEBOOK, data_dir / OWN
    with database.write() as connection:
        rulebooks.record(connection, source, Actor.service(), now, _recorded(note))
        wanted = rulebooks.current(connection, now)
    if own is not None or wanted == source.sha256:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(source.sha256, "ascii")
    if wanted is not None and wanted != source.sha256:
        try:
            return load_kept(database, wanted, file, now)
        except (RulebookInvalid, SettingsInvalid):
            if own is None:
                raise
    return RulebookInUse(source, own, read_classes(file, own))


def _recorded(note: Path) -> str | None:
    """Return the hash in the file that says what was recorded last; None where it says none."""
    try:
        said = note.read_bytes().strip()
    except FileNotFoundError:
        return None
    return said.decode() if re.fullmatch(rb"[0-9a-f]{64}", said) else None


def load_kept(database: Database, sha256: str, file: Path | None, now: datetime) -> RulebookInUse:
    """Return a kept rulebook, held against the classes that lie beside a service's own file.

    Raises NotFound, RulebookInvalid where it cannot be read any more, or SettingsInvalid where the classes name what it
    does not have.
    """
    with database.read() as connection:
        kept = rulebooks.find(EVERYWHERE, connection, sha256)
    if kept is None:
        raise NotFound(f"there is no rulebook {sha256}")
    book = None if kept.source == NO_RULEBOOK else load_source(kept.source, now=now)
    return RulebookInUse(kept.source, book, read_classes(file, book))


def find_in_force(database: Database, file: Path | None, now: datetime) -> RulebookInUse:
    """Return what is in force, for a process beside the service; before a service ever started, an own file.

    Raises RulebookInvalid.
    """
    with database.read() as connection:
        wanted = rulebooks.current(connection, now)
    if wanted is not None:
        return load_kept(database, wanted, None, now)
    own = load_rulebook(file, now=now) if file else None
    return RulebookInUse(own.source if own else NO_RULEBOOK, own)


def note_use(database: Database, used: RulebookInUse, now: datetime) -> None:
    """Write into the audit log that the service begins to go by a rulebook."""
    with database.write() as connection:
        details: dict[str, audit.Detail] = {"version": used.source.version}
        audit.record(EVERYWHERE, connection, Act.RULEBOOK_USED, used.source.sha256, now, details=details)


class RulebookWatch:
    """Tells a process that another rulebook than the one it uses came into force, once that one can be used.

    One that cannot be used is told of once in the log, and tried again every RETRY seconds.
    """

    def __init__(self, database: Database, file: Path | None, used: RulebookInUse) -> None:
        self._database = database
        self._file = file
        self._used = used
        self._refused: str | None = None
        self._again = 0.0

    def look(self) -> RulebookInUse | None:
        """Return what came into force, loaded; None where nothing else did, or where it cannot be used."""
        try:
            with self._database.read() as connection:
                wanted = rulebooks.current(connection)
        except DatabaseUnavailable:  # it is asked again soon
            return None
        if wanted is None or wanted == self._used.source.sha256:
            self._refused = None
            return None
        if wanted == self._refused and monotonic() < self._again:
            return None
        try:
            return load_kept(self._database, wanted, self._file, datetime.now(UTC))
        except DatabaseUnavailable:
            return None
        except (ApiError, RulebookInvalid) as error:
            if wanted != self._refused:
                log.error(
                    "the rulebook in force cannot be used, %r is gone by until it can: %s",
                    self._used.source.version,
                    error,
                )
            self._refused, self._again = wanted, monotonic() + RETRY
            return None

    def latest(self) -> RulebookInUse:
        """Return what is to be used from now on."""
        self._used = self.look() or self._used
        return self._used
