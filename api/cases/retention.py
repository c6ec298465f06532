"""Removes the pictures of candidates whose time is over, and writes into the audit log what was removed.

Each class has its own period: what nobody decided on, and what was rejected. The pictures of a confirmed candidate
stay, also after its case was closed: nothing removes them yet. First the rows go and the candidate says so, then each
file, then the proof is written; a service that is killed between goes on there.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail
from api.candidates import repository as candidates
from api.candidates.repository import State
from api.cases.retention_queries import Expired, expired
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.repository import Discarded
from api.settings import Settings
from api.surveys.retention import Removed

log = logging.getLogger(__name__)

LINGER: Final = timedelta(days=1)
"""How long a file stays after it was replaced: somebody may be deciding by it."""

AT_ONCE: Final = 100


def remove_expired(settings: Settings, database: Database, files: EvidenceStore, now: datetime) -> Iterator[Removed]:
    """Remove what may go, one candidate after the other. Raises DatabaseUnavailable.

    What cannot be removed is logged and tried again by the next sweep.
    """
    with database.read() as connection:
        found = list(expired(connection, settings, now))
    for one in found:
        _release(settings, database, one, now)
    with database.write() as connection:
        evidence.forget_needed(connection)
    with database.read() as connection:
        gone = evidence.discarded(connection, now - LINGER)
    for candidate_id, group in groupby(gone, key=lambda one: one.candidate_id):
        mine = list(group)
        for begin in range(0, len(mine), AT_ONCE):
            size = _remove(database, files, candidate_id, mine[begin : begin + AT_ONCE], now)
            if size is not None:
                yield Removed("evidence", f"{candidate_id} ({mine[begin].why})", size)


def _release(settings: Settings, database: Database, one: Expired, now: datetime) -> None:
    """Take the pictures off a candidate, unless it has been seen again, decided on or put on hold meanwhile."""
    with database.write() as connection:
        candidates.lock(EVERYWHERE, connection, one.candidate_id)
        if one not in expired(connection, settings, now):
            return
        if one.why == "unconfirmed":
            candidates.move(EVERYWHERE, connection, one.candidate_id, State.OPEN, State.EXPIRED, now)
        shown = evidence.of_candidates(EVERYWHERE, connection, [one.candidate_id]).get(one.candidate_id, ())
        evidence.discard(connection, one.candidate_id, shown, now - LINGER, one.why)


def _remove(
    database: Database, files: EvidenceStore, candidate_id: UUID, gone: Sequence[Discarded], now: datetime
) -> int | None:
    """Remove files, then write down that they were; None where one of them could not be removed."""
    try:
        size = sum(files.remove(one.path) for one in gone)
    except OSError as error:
        log.warning("evidence of candidate %s cannot be removed: %s", candidate_id, error)
        return None
    hashes = [one.sha256 for one in gone]
    told: dict[str, Detail] = {"class": gone[0].why, "files": len(gone), "bytes": size, "sha256": " ".join(hashes)}
    with database.write() as connection:
        evidence.forget_discarded(connection, hashes)
        audit.record(EVERYWHERE, connection, Act.EVIDENCE_REMOVED, candidate_id, now, details=told)
    return size
