"""Verdicts: who decided what, when and why. A row is never changed, only marked as taken back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update

from api.accounts import repository as accounts
from api.actor import Actor
from api.candidates.tables import candidates, verdicts
from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from detector.vision.detections import Box
from models.card import ModelVersion


class Decision(StrEnum):
    """What a reviewer can say."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why a candidate was none: at once the negative classes that training learns from."""

    PERMITTED = "permitted"
    NOT_A_STALL = "not_a_stall"
    MOVING_VENDOR = "moving_vendor"
    IN_SHOP = "in_shop"
    DUPLICATE = "duplicate"
    VEHICLE = "vehicle"
    BAD_POSITION = "bad_position"
    BAD_PICTURE = "bad_picture"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Correction:
    """What a confirming reviewer says otherwise than the candidate; None leaves it as it is."""

    class_name: str | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision by one actor; `reason` is given exactly where the candidate was rejected.

    `class_name` and `box` (pixels of the scene picture) are what a confirming reviewer corrected, else None.
    """

    id: UUID
    candidate_id: UUID
    actor: Actor
    decision: Decision
    reason: RejectReason | None
    note: str
    decided_at: datetime
    class_name: str | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """A verdict as it stays on record; when and by whom it was taken back, None where it counts."""

    verdict: Verdict
    undone_at: datetime | None
    undone_by: Actor | None


@dataclass(frozen=True, slots=True)
class JudgedFind:
    """What a standing verdict says of a find; `hour` (UTC) is None where the footage does not say when it was taken."""

    decision: Decision
    reason: RejectReason | None
    decided_at: datetime
    class_name: str
    camera: str | None
    hour: int | None
    models: tuple[ModelVersion, ...]


def judged_since(scope: Scope, connection: Connection, since: datetime) -> Iterator[JudgedFind]:
    """Yield what each verdict after `since` says, with what it was given on."""
    query = (
        select(
            verdicts.c.decision,
            verdicts.c.reason,
            verdicts.c.decided_at,
            candidates.c.class_name,
            candidates.c.camera_id,
            candidates.c.frame_at,
            candidates.c.timed,
            candidates.c.models,
        )
        .join(candidates, candidates.c.id == verdicts.c.candidate_id)
        .where(verdicts.c.undone_at.is_(None), verdicts.c.decided_at > since, scope.sees(candidates.c.district))
    )
    for row in connection.execute(query):
        yield JudgedFind(
            decision=Decision(row.decision),
            reason=RejectReason(row.reason) if row.reason else None,
            decided_at=row.decided_at,
            class_name=row.class_name,
            camera=row.camera_id,
            hour=row.frame_at.hour if row.timed else None,
            models=tuple(ModelVersion(**model) for model in row.models),
        )


def add(scope: Scope, connection: Connection, verdict: Verdict) -> None:
    """Record a verdict. Raises IntegrityError where one stands already."""
    connection.execute(
        insert(verdicts).values(
            id=verdict.id,
            candidate_id=verdict.candidate_id,
            actor_id=accounts.keep(connection, verdict.actor),
            decision=verdict.decision,
            reason=verdict.reason,
            note=verdict.note,
            decided_at=verdict.decided_at,
            class_name=verdict.class_name,
            box=list(verdict.box) if verdict.box else None,
        )
    )


def standing(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Verdict]:
    """Return the verdict that counts, by candidate; those without one are absent."""
    query = select(verdicts).where(
        verdicts.c.candidate_id.in_(list(ids)),
        verdicts.c.undone_at.is_(None),
        scope.sees_parent(verdicts.c.candidate_id, "candidates"),
    )
    rows = connection.execute(query).all()
    actors = accounts.by_id(connection, (row.actor_id for row in rows))
    return {row.candidate_id: _verdict(row, actors) for row in rows}


def history(scope: Scope, connection: Connection, candidate_id: UUID) -> tuple[KeptVerdict, ...]:
    """Return every verdict on a candidate, those taken back too, in the order in which they were given."""
    query = (
        select(verdicts)
        .where(verdicts.c.candidate_id == candidate_id, scope.sees_parent(verdicts.c.candidate_id, "candidates"))
        .order_by(verdicts.c.decided_at, verdicts.c.id)
    )
    rows = connection.execute(query).all()
    ids = {one for row in rows for one in (row.actor_id, row.undone_by) if one is not None}
    actors = accounts.by_id(connection, ids)
    return tuple(KeptVerdict(_verdict(row, actors), row.undone_at, actors.get(row.undone_by)) for row in rows)


def page(scope: Scope, connection: Connection, cursor: str | None, limit: int) -> Page[Verdict]:
    """Verdicts that count, latest first. Raises CursorInvalid."""
    where = (verdicts.c.undone_at.is_(None), scope.sees_parent(verdicts.c.candidate_id, "candidates"))
    found = page_by_time(connection, verdicts.c.decided_at, _candidate_of, cursor, limit, where=where)
    by_candidate = standing(scope, connection, found.items)
    return Page(tuple(by_candidate[one] for one in found.items), found.total, found.next)


def _candidate_of(row: Row[tuple[object, ...]]) -> UUID:
    candidate_id: UUID = row.candidate_id
    return candidate_id


def _verdict(row: Row[tuple[object, ...]], actors: Mapping[UUID, Actor]) -> Verdict:
    return Verdict(
        id=row.id,
        candidate_id=row.candidate_id,
        actor=actors[row.actor_id],
        decision=Decision(row.decision),
        reason=RejectReason(row.reason) if row.reason else None,
        note=row.note,
        decided_at=row.decided_at,
        class_name=row.class_name,
        box=_BOX.validate_python(row.box) if row.box else None,
    )


_BOX: Final[TypeAdapter[Box]] = TypeAdapter(Box)


def take_back(scope: Scope, connection: Connection, verdict_id: UUID, actor: Actor, now: datetime) -> None:
    """Mark a verdict as undone by an actor; it stays on record."""
    undone = {"undone_at": now, "undone_by": accounts.keep(connection, actor)}
    seen = scope.sees_parent(verdicts.c.candidate_id, "candidates")
    connection.execute(update(verdicts).where(verdicts.c.id == verdict_id, seen).values(**undone))
