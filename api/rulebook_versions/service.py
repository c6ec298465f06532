"""Versions of the rulebook: added as drafts, replayed, and put in force from a time on."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail
from api.db.database import Database
from api.db.scope import Scope
from api.errors import NotFound, RulebookRefused, SettingsInvalid
from api.pages.classes import read_classes
from api.rulebook_versions.replay import ReplayReport, replay
from api.rulebooks import repository as rulebooks
from api.rulebooks.repository import RulebookVersion
from detector.errors import RulebookInvalid
from detector.rules.load import load_rulebook, load_source
from detector.rules.rulebook import Rulebook

LATEST: Final = timedelta(days=366)


def add_version(scope: Scope, database: Database, file: Path, note: str, now: datetime) -> int:
    """Keep a rulebook's file and its permits as a draft, and return its number. Raises RulebookInvalid."""
    book = load_rulebook(file, now=now)
    with database.write() as connection:
        number = rulebooks.add(scope, connection, book.source, note, now)
        details: dict[str, Detail] = {"number": number, "version": book.version}
        audit.record(scope, connection, Act.RULEBOOK_ADDED, book.source.sha256, now, details=details)
    return number


def find_version(scope: Scope, database: Database, number: int, now: datetime) -> RulebookVersion:
    """Return a version. Raises NotFound."""
    with database.read() as connection:
        found = next((one for one in rulebooks.versions(scope, connection, now) if one.number == number), None)
    if found is None:
        raise NotFound(f"there is no version {number} of the rulebook")
    return found


def book_of(scope: Scope, database: Database, sha256: str, now: datetime) -> Rulebook:
    """Return a kept rulebook as it rules. Raises NotFound, or RulebookRefused where it cannot be read any more."""
    with database.read() as connection:
        kept = rulebooks.find(scope, connection, sha256)
    if kept is None:
        raise NotFound(f"there is no rulebook {sha256}")
    try:
        return load_source(kept.source, now=now)
    except RulebookInvalid as error:
        raise RulebookRefused("; ".join(error.faults)) from error


def replay_version(scope: Scope, database: Database, number: int, since: datetime, now: datetime) -> ReplayReport:
    """Rule the stored candidates by a version, and keep what differs. Raises NotFound or RulebookRefused."""
    book = book_of(scope, database, find_version(scope, database, number, now).sha256, now)
    with database.read() as connection:
        report = replay(scope, connection, book, since, now)
    with database.write() as connection:
        rulebooks.keep_replay(scope, connection, number, report.model_dump(mode="json"))
        details = {"number": number, "looked_at": report.looked_at, "changed": report.changed}
        audit.record(scope, connection, Act.RULEBOOK_REPLAYED, book.source.sha256, now, details=details)
    return report


def put_in_force(
    scope: Scope, database: Database, number: int, starts_at: datetime, now: datetime, own_file: Path | None = None
) -> None:
    """Put a version in force from a moment on. Raises NotFound or RulebookRefused.

    Where the service's own file is known, the classes that lie beside it must fit the version.
    """
    version = find_version(scope, database, number, now)
    if not now - timedelta(minutes=1) <= starts_at <= now + LATEST:
        raise RulebookRefused("a rulebook comes into force now or within a year, not in the past")
    book = book_of(scope, database, version.sha256, now)
    try:
        read_classes(own_file, book)
    except SettingsInvalid as error:
        raise RulebookRefused(str(error)) from error
    with database.write() as connection:
        rulebooks.force(scope, connection, version.sha256, now, starts_at)
        details: dict[str, Detail] = {"number": number, "version": version.version, "from": starts_at.isoformat()}
        audit.record(scope, connection, Act.RULEBOOK_FORCED, version.sha256, now, details=details)
