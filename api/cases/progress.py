"""How far a case is, and everything that was said of it. A case moves forward alone; what came is never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, or_, select, update

from api.accounts import repository as accounts
from api.accounts.tables import actors
from api.actor import Actor
from api.cases import looks
from api.cases.outbox import Delivery
from api.cases.outbox import find as find_delivery
from api.cases.outbox import lock as lock_delivery
from api.cases.tables import (
    CaseStatus,
    DeliveryState,
    EventResult,
    EventSource,
    LookOutcome,
    case_events,
    case_progress,
    look_requests,
    outbox,
)
from api.db.inserts import insert_new
from api.db.scope import Scope

ORDER: Final = (
    CaseStatus.REPORTED,
    CaseStatus.ACCEPTED,
    CaseStatus.DISPATCHED,
    CaseStatus.FIXED,
    CaseStatus.CHECKED,
    CaseStatus.CLOSED,
)
ENDS: Final = frozenset({CaseStatus.CLOSED, CaseStatus.REFUSED})


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """How far a case is, since when, and who has it at the desk."""

    status: CaseStatus
    status_at: datetime
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a case; `event_id` is what they call the message, `reason` why a case is refused."""

    event_id: str
    source: EventSource
    status: CaseStatus
    at: datetime
    note: str = ""
    reason: str | None = None
    actor: Actor | None = None
    picture: str | None = None
    picture_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What was said of a case, and what it did."""

    id: UUID
    source: EventSource
    status: CaseStatus
    said_at: datetime
    received_at: datetime
    reason: str | None
    note: str
    picture_sha256: str | None
    result: EventResult
    actor: str | None = None


def can_move(current: CaseStatus, wanted: CaseStatus) -> bool:
    """Tell whether a case may go from one status to another: forward, steps may be left out, and never from an end.

    What is said to be fixed cannot be refused any more.
    """
    if current in ENDS:
        return False
    if wanted is CaseStatus.REFUSED:
        return ORDER.index(current) < ORDER.index(CaseStatus.FIXED)
    return ORDER.index(wanted) > ORDER.index(current)


def may_say(scope: Scope, connection: Connection, delivery_id: UUID, current: CaseStatus, wanted: CaseStatus) -> bool:
    """Tell whether this may be said of a case: what moves it, or "fixed" again where a look found it still there."""
    if wanted is CaseStatus.FIXED and current is CaseStatus.FIXED:
        return looks.outcome_of(connection, delivery_id) is LookOutcome.STILL_THERE
    return can_move(current, wanted)


def apply(
    scope: Scope, connection: Connection, delivery: Delivery, case_system: str, said: Said, now: datetime
) -> tuple[EventResult, CaseStatus]:
    """Record what was said of a case and move it where that moves it; return what came of it, and the status now."""
    lock_delivery(scope, connection, delivery.id)
    current = of_cases(scope, connection, [delivery]).get(delivery.id, CaseProgress(CaseStatus.REPORTED, now))
    moves = may_say(scope, connection, delivery.id, current.status, said.status)
    result = EventResult.MOVED if moves else EventResult.OUTDATED
    if not _add(connection, delivery, case_system, said, result, now):
        return EventResult.REPLAYED, current.status
    if not moves:
        return result, current.status
    _keep(connection, delivery.id, now)
    _set(connection, delivery.id, status=said.status, status_at=now)
    if said.status is CaseStatus.FIXED:
        looks.ask(connection, delivery, now)
    return result, said.status


def record(
    scope: Scope, connection: Connection, delivery: Delivery, case_system: str, said: Said, now: datetime
) -> tuple[EventResult, CaseStatus]:
    """Record what was said of a case without moving it: that it is not fixed moves it neither forward nor back."""
    current = of_cases(scope, connection, [delivery]).get(delivery.id, CaseProgress(CaseStatus.REPORTED, now))
    new = _add(connection, delivery, case_system, said, EventResult.OUTDATED, now)
    return EventResult.OUTDATED if new else EventResult.REPLAYED, current.status


def of_cases(scope: Scope, connection: Connection, items: Iterable[Delivery]) -> dict[UUID, CaseProgress]:
    """Return how far each delivered case is; one that was not delivered yet is absent."""
    known = {
        item.id: CaseProgress(CaseStatus.REPORTED, item.delivered_at) for item in items if item.delivered_at is not None
    }
    ids = [item.id for item in items]
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(case_progress)
        .join(outbox, outbox.c.id == case_progress.c.delivery_id)
        .where(case_progress.c.delivery_id.in_(ids), seen)
    )
    for row in connection.execute(query):
        known[row.delivery_id] = CaseProgress(CaseStatus(row.status), row.status_at, row.assignee)
    return known


def events(scope: Scope, connection: Connection, delivery_id: UUID) -> tuple[CaseEvent, ...]:
    """Return what was said of a case, in the order in which it came."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(case_events, actors.c.name.label("actor"))
        .join(outbox, outbox.c.id == case_events.c.delivery_id)
        .outerjoin(actors, actors.c.id == case_events.c.actor_id)
        .where(case_events.c.delivery_id == delivery_id, seen)
        .order_by(case_events.c.received_at, case_events.c.id)
    )
    return tuple(_event(row) for row in connection.execute(query))


def picture_of(scope: Scope, connection: Connection, delivery_id: UUID, event_id: UUID) -> tuple[str, str] | None:
    """Return the path and hash of the picture that came with an event of a case; None where none did."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(case_events.c.picture, case_events.c.picture_sha256)
        .join(outbox, outbox.c.id == case_events.c.delivery_id)
        .where(
            case_events.c.id == event_id,
            case_events.c.delivery_id == delivery_id,
            case_events.c.picture.is_not(None),
            seen,
        )
    )
    row = connection.execute(query).one_or_none()
    return (row.picture, row.picture_sha256) if row else None


def picture_hashes(connection: Connection) -> frozenset[str]:
    """Return the hashes of all pictures that came with cases or that looks at their places took."""
    columns = (case_events.c.picture_sha256, look_requests.c.picture_sha256)
    found = (connection.execute(select(one).where(one.is_not(None)).distinct()).scalars() for one in columns)
    return frozenset(sha256 for some in found for sha256 in some)


def refused(scope: Scope, connection: Connection, candidate_ids: Iterable[UUID]) -> dict[UUID, str | None]:
    """Return why the city refused the case of a candidate, None where it did not say; others are absent."""
    query = (
        select(outbox.c.candidate_id, case_events.c.reason)
        .join(outbox, outbox.c.id == case_events.c.delivery_id)
        .where(
            outbox.c.candidate_id.in_(list(candidate_ids)),
            case_events.c.status == CaseStatus.REFUSED,
            case_events.c.result == EventResult.MOVED,
            scope.sees_parent(outbox.c.candidate_id, "candidates"),
        )
    )
    return {row.candidate_id: row.reason for row in connection.execute(query)}


def give_to(scope: Scope, connection: Connection, delivery: Delivery, assignee: str, now: datetime) -> None:
    """Say who has a case at the desk."""
    _keep(connection, delivery.id, delivery.delivered_at or now)
    _set(connection, delivery.id, assignee=assignee)


def next_to_poll(connection: Connection, case_system: str, every: timedelta, now: datetime) -> Delivery | None:
    """Return the open case of a system that was not asked about for longest, if that is long enough; notes the time."""
    query = (
        select(outbox.c.id)
        .outerjoin(case_progress, case_progress.c.delivery_id == outbox.c.id)
        .where(
            outbox.c.case_system == case_system,
            outbox.c.state == DeliveryState.DELIVERED,
            outbox.c.reference.is_not(None),
            or_(case_progress.c.status.is_(None), case_progress.c.status.not_in(sorted(ENDS))),
            or_(
                case_progress.c.polled_at <= now - every,
                and_(case_progress.c.polled_at.is_(None), outbox.c.delivered_at <= now - every),
            ),
        )
        .order_by(case_progress.c.polled_at.is_not(None), case_progress.c.polled_at, outbox.c.delivered_at)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    delivery = find_delivery(Scope(), connection, found) if found else None
    if delivery is not None:
        _keep(connection, delivery.id, delivery.delivered_at or now)
        _set(connection, delivery.id, polled_at=now)
    return delivery


def rename(connection: Connection, delivery_id: UUID, reference: str) -> None:
    """Note what the case system calls a case, now that it says so."""
    connection.execute(update(outbox).where(outbox.c.id == delivery_id).values(reference=reference))


def _add(
    connection: Connection, delivery: Delivery, case_system: str, said: Said, result: EventResult, now: datetime
) -> bool:
    """Keep what was said, once for what its sender calls it; False where it was there already."""
    row = {
        "id": uuid4(),
        "delivery_id": delivery.id,
        "case_system": case_system,
        "event_id": said.event_id,
        "source": said.source,
        "status": said.status,
        "said_at": said.at,
        "received_at": now,
        "actor_id": accounts.keep(connection, said.actor) if said.actor else None,
        "reason": said.reason,
        "note": said.note,
        "picture": said.picture,
        "picture_sha256": said.picture_sha256,
        "result": result,
    }
    return bool(insert_new(connection, case_events, [row], ["case_system", "event_id"]))


def _keep(connection: Connection, delivery_id: UUID, at: datetime) -> None:
    row = {"delivery_id": delivery_id, "status": CaseStatus.REPORTED, "status_at": at}
    insert_new(connection, case_progress, [row], ["delivery_id"])


def _set(connection: Connection, delivery_id: UUID, **values: object) -> None:
    connection.execute(update(case_progress).where(case_progress.c.delivery_id == delivery_id).values(**values))


def _event(row: Row[tuple[object, ...]]) -> CaseEvent:
    values = row._mapping
    return CaseEvent(
        id=values["id"],
        source=EventSource(values["source"]),
        status=CaseStatus(values["status"]),
        said_at=values["said_at"],
        received_at=values["received_at"],
        reason=values["reason"],
        note=values["note"],
        picture_sha256=values["picture_sha256"],
        result=EventResult(values["result"]),
        actor=values["actor"],
    )
