"""What waits for a reviewer: filtered, and what is worth most first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Subquery,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    not_,
    or_,
    select,
)

from api.candidates.repository import State, StoredCandidate, newest_of_rules
from api.candidates.tables import candidates
from api.db.clock import database_now
from api.db.scope import Scope
from api.review.deferrals import DeferralKind
from api.review.leases import candidate_is_elsewhere
from api.review.tables import deferrals
from detector.rules.ruling import Outcome

LONGEST: Final = 24 * 3600.0  # seconds of standing beyond which nothing is added
BEFORE: Final = timedelta(days=30)  # confirmed before, at the same camera and of the same class
MOST_BEFORE: Final = 5


class QueueList(StrEnum):
    """Which of the open candidates."""

    WAITING = "waiting"
    PARKED = "parked"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which candidates a reviewer wants to see; None leaves that side open. `hours`: it has waited so long at least."""

    list: QueueList = QueueList.WAITING
    district: str | None = None
    camera: str | None = None
    class_name: str | None = None
    rule: str | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to, from what is open now; rules each by the newest candidate that names it."""

    districts: tuple[str, ...]
    sources: tuple[str, ...]
    class_names: tuple[str, ...]
    rules: tuple[StoredCandidate, ...]


def page(
    scope: Scope, connection: Connection, wanted: QueueFilter, now: datetime, limit: int
) -> tuple[tuple[UUID, ...], int]:
    """Return the ids of the first candidates, and how many there are; what others look at is left out."""
    where = and_(*_conditions(scope, connection, wanted, now))
    total = connection.execute(select(func.count()).select_from(candidates).where(where)).scalar_one()
    before = _confirmed_before(scope, now)
    same = (before.c.source == candidates.c.source) & (before.c.class_name == candidates.c.class_name)
    worth = _worth(connection, func.coalesce(before.c.times, 0)).desc()
    query = select(candidates.c.id).select_from(candidates.outerjoin(before, same)).where(where)
    query = query.order_by(worth, candidates.c.created_at, candidates.c.id)
    return tuple(connection.execute(query.limit(limit)).scalars()), total


def choices(scope: Scope, connection: Connection) -> Choices:
    """Return what the filters can be set to."""
    seen = (candidates.c.state == State.OPEN, scope.sees(candidates.c.district))

    def values(column: ColumnElement[str | None]) -> tuple[str, ...]:
        found = connection.execute(select(column).where(*seen, column.is_not(None)).distinct()).scalars()
        return tuple(sorted(value for value in found if value is not None))

    of = candidates.c
    rules = newest_of_rules(scope, connection, State.OPEN)
    return Choices(values(of.district), values(of.source), values(of.class_name), rules)


def _conditions(
    scope: Scope, connection: Connection, wanted: QueueFilter, now: datetime
) -> Iterable[ColumnElement[bool]]:
    yield candidates.c.state == State.OPEN
    yield scope.sees(candidates.c.district)
    yield not_(candidate_is_elsewhere(scope, database_now(connection)))
    put_off = exists().where(
        deferrals.c.candidate_id == candidates.c.id, or_(deferrals.c.until.is_(None), deferrals.c.until > now)
    )
    if wanted.list is QueueList.WAITING:
        yield not_(put_off)
    else:
        yield put_off.where(deferrals.c.kind == DeferralKind(wanted.list.value))
    for column, value in (
        (candidates.c.district, wanted.district),
        (candidates.c.source, wanted.camera),
        (candidates.c.class_name, wanted.class_name),
        (candidates.c.rule, wanted.rule),
    ):
        if value is not None:
            yield column == value
    if wanted.hours is not None:
        yield candidates.c.created_at <= now - timedelta(hours=wanted.hours)


def _confirmed_before(scope: Scope, now: datetime) -> Subquery:
    """Return how many candidates of a camera and class were confirmed in the last month."""
    earlier = candidates.alias("earlier")
    return (
        select(earlier.c.source, earlier.c.class_name, func.count().label("times"))
        .where(earlier.c.state == State.CONFIRMED, earlier.c.created_at > now - BEFORE, scope.sees(earlier.c.district))
        .group_by(earlier.c.source, earlier.c.class_name)
        .subquery()
    )


def _worth(connection: Connection, before: ColumnElement[int]) -> ColumnElement[float]:
    """Return how much a verdict is worth: the ruling, how sure, how long it stood, how often it was there before."""
    ruled = case(
        (candidates.c.outcome == Outcome.VIOLATION, 1.0), (candidates.c.outcome == Outcome.UNKNOWN, 0.5), else_=0.0
    )
    stood = _seconds_stood(connection)
    long = case((stood <= 0.0, 0.0), (stood >= LONGEST, 1.0), else_=stood / LONGEST)
    often = case((before >= MOST_BEFORE, 0.5), else_=before * (0.5 / MOST_BEFORE))
    return ruled + candidates.c.confidence + long + often


def _seconds_stood(connection: Connection) -> ColumnElement[float]:
    first, last = candidates.c.first_seen, candidates.c.last_seen
    if connection.dialect.name == "sqlite":
        return (func.julianday(last) - func.julianday(first)) * 86400.0
    return cast(extract("epoch", last - first), Float)
