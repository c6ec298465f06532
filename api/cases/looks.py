"""Looks at places that are said to be fixed: who is to look, how often they did, and what they found. Queries only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update
from sqlalchemy import delete as remove

from api.cases.outbox import Delivery
from api.cases.tables import CaseStatus, EventSource, LookOutcome, case_events, case_progress, look_requests, outbox
from api.db.metadata import metadata
from api.db.scope import Scope
from detector.vision.detections import Box
from streams.health.faults import Fault


@dataclass(frozen=True, slots=True)
class PlaceCheck:
    """What is known since a case was said to be fixed; `camera` is None where the next flight is to look.

    `looks` could tell, the last of them at `looked_at`; without an `outcome` nobody knows yet whether it is fixed.
    """

    delivery_id: UUID
    camera: str | None
    asked_at: datetime
    looks: int = 0
    there: int = 0
    gone: int = 0
    looked_at: datetime | None = None
    outcome: LookOutcome | None = None
    seen_at: datetime | None = None
    picture: str | None = None
    picture_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """A place that a camera is to look at: what stood there and where in the picture, in a picture of which size."""

    check: PlaceCheck
    class_name: str
    box: Box
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class UntoldLook:
    """What a look found, on its way to the case system; `event_id` is the event that has its picture."""

    delivery_id: UUID
    case_system: str
    reference: str | None
    outcome: LookOutcome
    seen_at: datetime
    looks: int
    attempts: int
    event_id: UUID | None
    sha256: str | None


def ask(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Ask for a look at the place of a case, anew where there was one; what a drone saw waits for the next flight."""
    candidates = metadata.tables["candidates"].c
    query = select(candidates.source, candidates.survey_id).where(candidates.id == delivery.candidate_id)
    row = connection.execute(query).one()
    camera = row.source if row.survey_id is None else None
    connection.execute(remove(look_requests).where(look_requests.c.delivery_id == delivery.id))
    connection.execute(insert(look_requests).values(delivery_id=delivery.id, camera_id=camera, asked_at=now))


def outcome_of(connection: Connection, delivery_id: UUID) -> LookOutcome | None:
    """Return what was found at the place of a case."""
    query = select(look_requests.c.outcome).where(look_requests.c.delivery_id == delivery_id)
    found = connection.execute(query).scalar_one_or_none()
    return LookOutcome(found) if found else None


def of_cases(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, PlaceCheck]:
    """Return what is known of the places of cases that were said to be fixed."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(look_requests)
        .join(outbox, outbox.c.id == look_requests.c.delivery_id)
        .where(look_requests.c.delivery_id.in_(list(ids)), seen)
    )
    return {row.delivery_id: _check(row) for row in connection.execute(query)}


def for_next_flight(scope: Scope, connection: Connection, limit: int) -> tuple[tuple[PlaceCheck, UUID], ...]:
    """Return the places that the next flight is to look at, with their candidates; those that wait longest first."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(look_requests, outbox.c.candidate_id)
        .join(outbox, outbox.c.id == look_requests.c.delivery_id)
        .join(case_progress, case_progress.c.delivery_id == outbox.c.id)
        .where(look_requests.c.camera_id.is_(None), look_requests.c.outcome.is_(None), seen)
        .where(case_progress.c.status == CaseStatus.FIXED)
        .order_by(look_requests.c.asked_at, look_requests.c.delivery_id)
    )
    return tuple((_check(row), row.candidate_id) for row in connection.execute(query.limit(limit)))


def cameras_asked(connection: Connection) -> frozenset[str]:
    """Return the cameras that are to look at a place whose case is still said to be fixed."""
    query = (
        select(look_requests.c.camera_id)
        .join(case_progress, case_progress.c.delivery_id == look_requests.c.delivery_id)
        .where(look_requests.c.outcome.is_(None), look_requests.c.camera_id.is_not(None))
        .where(case_progress.c.status == CaseStatus.FIXED)
    )
    return frozenset(connection.execute(query.distinct()).scalars())


def asked_of(connection: Connection, camera: str, at: datetime, *, lock: bool = False) -> tuple[AskedPlace, ...]:
    """Return the places that a camera is to look at in a frame of this moment.

    Not those that it saw before it was moved: where they are in the picture is not known.
    """
    candidates, pictures = metadata.tables["candidates"].c, metadata.tables["evidence"].c
    health = metadata.tables["camera_health"].c
    moved = exists().where(
        health.camera == camera, health.fault == Fault.MOVED, health.started_at > candidates.frame_at
    )
    query = (
        select(look_requests, candidates.class_name, candidates.box, pictures.width, pictures.height)
        .join(outbox, outbox.c.id == look_requests.c.delivery_id)
        .join(case_progress, case_progress.c.delivery_id == outbox.c.id)
        .join(candidates.id.table, candidates.id == outbox.c.candidate_id)
        .join(pictures.kind.table, and_(pictures.candidate_id == candidates.id, pictures.kind == "scene"))
        .where(
            look_requests.c.camera_id == camera,
            look_requests.c.outcome.is_(None),
            look_requests.c.asked_at < at,
            case_progress.c.status == CaseStatus.FIXED,
            ~moved,
        )
    )
    if lock:
        query = query.with_for_update(of=outbox)  # as the desk and callbacks do, which touch the look after it
    return tuple(
        AskedPlace(_check(row), row.class_name, tuple(row.box), row.width, row.height)
        for row in connection.execute(query)
    )


def claim_untold(
    connection: Connection, case_systems: Sequence[str], now: datetime, lease: timedelta
) -> UntoldLook | None:
    """Return what was found at a place and its case system was not told yet, this attempt counted and leased."""
    due = or_(look_requests.c.tell_at.is_(None), look_requests.c.tell_at <= now)
    query = (
        select(look_requests, outbox.c.case_system, outbox.c.reference)
        .join(outbox, outbox.c.id == look_requests.c.delivery_id)
        .where(look_requests.c.outcome.is_not(None), look_requests.c.told_at.is_(None), due)
        .where(outbox.c.case_system.in_(case_systems))
        .order_by(look_requests.c.seen_at, look_requests.c.delivery_id)
        .limit(1)
        .with_for_update(of=look_requests, skip_locked=True)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    event = select(case_events.c.id).where(
        case_events.c.delivery_id == row.delivery_id,
        case_events.c.source == EventSource.LOOK,
        case_events.c.said_at == row.seen_at,
    )
    mine = look_requests.c.delivery_id == row.delivery_id
    connection.execute(update(look_requests).where(mine).values(attempts=row.attempts + 1, tell_at=now + lease))
    return UntoldLook(
        delivery_id=row.delivery_id,
        case_system=row.case_system,
        reference=row.reference,
        outcome=LookOutcome(row.outcome),
        seen_at=row.seen_at,
        looks=row.looks,
        attempts=row.attempts + 1,
        event_id=connection.execute(event.limit(1)).scalar_one_or_none(),
        sha256=row.picture_sha256,
    )


def keep_told(connection: Connection, look: UntoldLook, told_at: datetime | None, again_at: datetime | None) -> None:
    """Record that the case system was told, or when to try again; not of a look that was asked for since."""
    mine = and_(look_requests.c.delivery_id == look.delivery_id, look_requests.c.seen_at == look.seen_at)
    connection.execute(update(look_requests).where(mine).values(told_at=told_at, tell_at=again_at))


def picture_of_event(scope: Scope, connection: Connection, event_id: UUID) -> tuple[str, str] | None:
    """Return the path and hash of the picture that a look took, by its event; None where it took none."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = (
        select(case_events.c.picture, case_events.c.picture_sha256)
        .join(outbox, outbox.c.id == case_events.c.delivery_id)
        .where(case_events.c.id == event_id, case_events.c.source == EventSource.LOOK)
        .where(case_events.c.picture.is_not(None), seen)
    )
    row = connection.execute(query).one_or_none()
    return (row.picture, row.picture_sha256) if row else None


def keep(connection: Connection, check: PlaceCheck) -> None:
    """Record what looks have found so far."""
    values = {
        "looks": check.looks,
        "there": check.there,
        "gone": check.gone,
        "looked_at": check.looked_at,
        "outcome": check.outcome,
        "seen_at": check.seen_at,
        "picture": check.picture,
        "picture_sha256": check.picture_sha256,
    }
    mine = look_requests.c.delivery_id == check.delivery_id
    connection.execute(update(look_requests).where(mine).values(**values))


def _check(row: Row[tuple[object, ...]]) -> PlaceCheck:
    values = row._mapping
    return PlaceCheck(
        delivery_id=values["delivery_id"],
        camera=values["camera_id"],
        asked_at=values["asked_at"],
        looks=values["looks"],
        there=values["there"],
        gone=values["gone"],
        looked_at=values["looked_at"],
        outcome=LookOutcome(values["outcome"]) if values["outcome"] else None,
        seen_at=values["seen_at"],
        picture=values["picture"],
        picture_sha256=values["picture_sha256"],
    )
