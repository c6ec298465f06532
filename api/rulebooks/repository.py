"""Rulebooks: each one that judged something, kept to be read back, and the one that the service goes by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, insert, or_, select, text, update

from api.accounts import repository as accounts
from api.accounts.tables import actors
from api.actor import Actor
from api.clock import wall_clock
from api.db.inserts import insert_new
from api.db.scope import Scope
from api.rulebooks.tables import rulebook_changes, rulebook_versions, rulebooks
from detector.rules.source import NO_RULEBOOK, RulebookSource


@dataclass(frozen=True, slots=True)
class StoredRulebook:
    """A rulebook as it was when it was first used."""

    source: RulebookSource
    first_used_at: datetime


class VersionState(StrEnum):
    """How far a version of the rulebook is."""

    DRAFT = "draft"
    COMING = "coming"
    IN_FORCE = "in_force"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class RulebookVersion:
    """One version; `starts_at` where it comes into force later, `replay` as `ReplayReport` writes it."""

    number: int
    sha256: str
    version: str
    note: str
    added_at: datetime
    added_by: str
    state: VersionState
    starts_at: datetime | None
    replay: Mapping[str, object] | None


def keep(connection: Connection, source: RulebookSource, now: datetime) -> str:
    """Return the hash of a rulebook, which can be read back from now on."""
    row = {
        "sha256": source.sha256,
        "version": source.version,
        "content": source.content,
        "permits": source.permits,
        "first_used_at": now,
    }
    insert_new(connection, rulebooks, [row], ["sha256"])
    return source.sha256


def record(
    connection: Connection, source: RulebookSource, actor: Actor, now: datetime, before: str | None = None
) -> None:
    """Put the rulebook of the service's file in force; do nothing where the file says what it said before.

    What somebody put in force since then thus stays in force; so it does where the service has no file any more.
    `before` is the hash that this service recorded last; where it does not know, what any service did counts.
    """
    _lock(connection)
    kept = keep(connection, source, now)
    newest = rulebook_changes.c.number.desc()
    of_file = select(rulebook_changes.c.rulebook_hash).where(rulebook_changes.c.starts_at.is_(None)).order_by(newest)
    if before is not None:
        of_file = of_file.where(rulebook_changes.c.rulebook_hash == before)
    if connection.execute(of_file.limit(1)).scalar_one_or_none() == kept:
        return
    if source == NO_RULEBOOK and current(connection, now) not in (None, kept):
        started = select(rulebook_changes.c.starts_at).order_by(newest).limit(1)
        if connection.execute(started).scalar_one_or_none() is not None:
            return
    _change(connection, kept, actor, now, None)
    if source != NO_RULEBOOK:
        _add(connection, source, "", actor, now)


def force(scope: Scope, connection: Connection, sha256: str, now: datetime, starts_at: datetime) -> None:
    """Put a rulebook in force from a moment on."""
    _lock(connection)
    _change(connection, sha256, scope.actor, now, starts_at)


def add(scope: Scope, connection: Connection, source: RulebookSource, note: str, now: datetime) -> int:
    """Return the number of the version with this content, which is new unless there is one."""
    return _add(connection, source, note, scope.actor, now)


def _add(connection: Connection, source: RulebookSource, note: str, actor: Actor, now: datetime) -> int:
    _lock(connection)
    kept = keep(connection, source, now)
    known = select(rulebook_versions.c.number).where(rulebook_versions.c.rulebook_hash == kept)
    there: int | None = connection.execute(known).scalar_one_or_none()
    if there is not None:
        return there
    last: int | None = connection.execute(select(func.max(rulebook_versions.c.number))).scalar_one()
    number = (last or 0) + 1
    row = {"number": number, "rulebook_hash": kept, "note": note, "added_at": now}
    connection.execute(insert(rulebook_versions).values(**row, actor_id=accounts.keep(connection, actor)))
    return number


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # of two that change it at once the second one waits here
        connection.execute(text("LOCK TABLE rulebook_changes IN EXCLUSIVE MODE"))


def _change(connection: Connection, sha256: str, actor: Actor, now: datetime, starts_at: datetime | None) -> None:
    number = connection.execute(select(func.max(rulebook_changes.c.number))).scalar_one() or 0
    change = {"number": number + 1, "rulebook_hash": sha256, "at": now, "starts_at": starts_at}
    connection.execute(insert(rulebook_changes).values(**change, actor_id=accounts.keep(connection, actor)))


def current(connection: Connection, now: datetime | None = None) -> str | None:
    """Return the hash of the rulebook in force now; None before a service has ever started.

    What is of the service's file counts from its row on.
    """
    now = now or wall_clock()
    begun = or_(rulebook_changes.c.starts_at.is_(None), rulebook_changes.c.starts_at <= now)
    since = func.coalesce(rulebook_changes.c.starts_at, rulebook_changes.c.at)
    query = select(rulebook_changes.c.rulebook_hash).where(begun)
    latest = query.order_by(since.desc(), rulebook_changes.c.number.desc()).limit(1)
    return connection.execute(latest).scalar_one_or_none()


def versions(scope: Scope, connection: Connection, now: datetime) -> list[RulebookVersion]:
    """Return all versions, the newest first, each with its state."""
    in_force = current(connection, now)
    coming = select(rulebook_changes.c.rulebook_hash, rulebook_changes.c.starts_at).where(
        rulebook_changes.c.starts_at > now
    )
    latest_first = coming.order_by(rulebook_changes.c.starts_at.desc())
    starts = {row.rulebook_hash: row.starts_at for row in connection.execute(latest_first)}  # the soonest remains
    used = set(connection.execute(select(rulebook_changes.c.rulebook_hash)).scalars())
    joined = rulebook_versions.join(rulebooks).join(actors)
    query = select(rulebook_versions, rulebooks.c.version, actors.c.name).select_from(joined)
    found = []
    for row in connection.execute(query.order_by(rulebook_versions.c.number.desc())):
        state = VersionState.DRAFT
        if row.rulebook_hash == in_force:
            state = VersionState.IN_FORCE
        elif row.rulebook_hash in starts:
            state = VersionState.COMING
        elif row.rulebook_hash in used:
            state = VersionState.EARLIER
        said = (row.number, row.rulebook_hash, row.version, row.note, row.added_at, row.name)
        found.append(RulebookVersion(*said, state, starts.get(row.rulebook_hash), row.replay))
    return found


def keep_replay(scope: Scope, connection: Connection, number: int, said: dict[str, object]) -> None:
    """Keep what the last replay of a version said."""
    connection.execute(update(rulebook_versions).where(rulebook_versions.c.number == number).values(replay=said))


def find(scope: Scope, connection: Connection, sha256: str) -> StoredRulebook | None:
    """Return the rulebook with this hash."""
    row = connection.execute(select(rulebooks).where(rulebooks.c.sha256 == sha256)).one_or_none()
    if row is None:
        return None
    return StoredRulebook(RulebookSource(row.version, row.sha256, row.content, row.permits), row.first_used_at)
