"""Cases put into a store without the service: delivered to a case system, or still on their way."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection

from api.candidates import repository as candidates
from api.cases import outbox, progress
from api.cases.outbox import Delivery
from api.cases.progress import Said
from api.cases.tables import BUILT_IN, CaseStatus, EventResult, EventSource
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from detector.candidate import Candidate, Origin
from tests.api.samples import NOON, a_candidate


def stored_case(
    connection: Connection,
    *,
    files: EvidenceStore | None = None,
    source: str = "cam-1",
    system: str | None = BUILT_IN,
    district: str | None = None,
    at: datetime = NOON,
) -> UUID:
    """Store a case that was confirmed at a moment; where it has no system it is not delivered yet."""
    key = uuid4()
    seen: Candidate = a_candidate(key.hex, source=source, origin=Origin(district))
    item = candidates.add(connection, seen, NOON)
    if files is not None:
        evidence.add(connection, item, files.keep(seen))
    outbox.add(EVERYWHERE, connection, key, item, b"{}", at, at)
    if system is not None:
        outbox.assign(connection, {system}, {b"{}": system}.__getitem__)
        assert outbox.claim(connection, at, timedelta(minutes=1), system) is not None
        outbox.delivered(connection, key, at, 201, f"r-{key}")
    return key


def case_of(connection: Connection, key: UUID) -> Delivery:
    delivery = outbox.find(EVERYWHERE, connection, key)
    assert delivery is not None
    return delivery


def status_of(connection: Connection, key: UUID) -> CaseStatus:
    return progress.of_cases(EVERYWHERE, connection, [case_of(connection, key)])[key].status


def say(
    connection: Connection, key: UUID, status: CaseStatus, *, at: datetime = NOON, event: str | None = None
) -> EventResult:
    """Let the case system of a case say how far it is."""
    delivery = case_of(connection, key)
    said = Said(event or uuid4().hex, EventSource.CALLBACK, status, at)
    return progress.apply(EVERYWHERE, connection, delivery, delivery.case_system or BUILT_IN, said, at)[0]
