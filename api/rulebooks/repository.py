"""Rulebooks: each one that judged something, kept to be read back, and the one that the service goes by."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text

from api.accounts import repository as accounts
from api.actor import Actor
from api.db.inserts import insert_new
from api.db.scope import Scope
from api.rulebooks.tables import rulebook_changes, rulebooks
from detector.rules.source import RulebookSource


@dataclass(frozen=True, slots=True)
class StoredRulebook:
    """A rulebook as it was when it was first used."""

    source: RulebookSource
    first_used_at: datetime


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


def record(connection: Connection, source: RulebookSource, actor: Actor, now: datetime) -> None:
    """Put this rulebook in force; do nothing where it is so already."""
    if connection.dialect.name == "postgresql":  # of two services that start at once the second one waits here
        connection.execute(text("LOCK TABLE rulebook_changes IN EXCLUSIVE MODE"))
    if current(connection) == keep(connection, source, now):
        return
    number = connection.execute(select(func.max(rulebook_changes.c.number))).scalar_one() or 0
    change = {
        "number": number + 1,
        "rulebook_hash": source.sha256,
        "at": now,
        "actor_id": accounts.keep(connection, actor),
    }
    connection.execute(insert(rulebook_changes).values(**change))


def current(connection: Connection) -> str | None:
    """Return the hash of the rulebook that the service goes by; None before a service has ever started."""
    newest = select(rulebook_changes.c.rulebook_hash).order_by(rulebook_changes.c.number.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none()


def find(scope: Scope, connection: Connection, sha256: str) -> StoredRulebook | None:
    """Return the rulebook with this hash."""
    row = connection.execute(select(rulebooks).where(rulebooks.c.sha256 == sha256)).one_or_none()
    if row is None:
        return None
    return StoredRulebook(RulebookSource(row.version, row.sha256, row.content, row.permits), row.first_used_at)
