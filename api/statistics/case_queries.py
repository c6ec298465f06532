"""How far cases are, how long each step took, which are overdue, and which places come again."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Integer,
    Label,
    ScalarSelect,
    Subquery,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from api.candidates.repository import State
from api.candidates.tables import candidates
from api.cases.tables import CaseStatus, EventResult, LookOutcome, case_events, case_progress, look_requests, outbox
from api.db.scope import Scope
from api.statistics.period import Selection
from api.statistics.repository import METRES_A_DEGREE, wanted
from api.statistics.sql_functions import seconds_between

UNFIXED: Final = (CaseStatus.REPORTED, CaseStatus.ACCEPTED, CaseStatus.DISPATCHED)


class Step(StrEnum):
    """A part of a case's way."""

    CONFIRMED = "confirmed"  # from first seen
    DISPATCHED = "dispatched"  # from confirmed
    FIXED = "fixed"  # from dispatched
    WHOLE = "whole"  # from first seen to fixed


class Pace(StrEnum):
    """How a case fares: fixed within the time allowed, fixed late, overdue, with time left, or refused."""

    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"
    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took, of the `count` cases that have both its ends: the nearest-rank median and 90th percentile.

    None where no case has both.
    """

    step: Step
    count: int
    median: timedelta | None
    ninetieth: timedelta | None


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many cases were fixed within the time allowed, fixed late, are overdue, or have time left.

    `refused` are those that the case system refused: they are in none of the others.
    """

    in_time: int
    late: int
    overdue: int
    pending: int
    refused: int

    @property
    def total(self) -> int:
        return self.in_time + self.late + self.overdue + self.pending + self.refused


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Of `fixed` cases with a position, after how many the same class was confirmed at the same place again."""

    fixed: int
    recurred: int


def statuses(scope: Scope, connection: Connection, asked: Selection) -> dict[CaseStatus, int]:
    """Return how many cases are how far; each status is there."""
    status = func.coalesce(case_progress.c.status, CaseStatus.REPORTED.value).label("status")
    query = (
        select(status, func.count().label("count"))
        .select_from(_CASES)
        .where(case_condition(scope, asked))
        .group_by(status)
    )
    found = {CaseStatus(row.status): row._mapping["count"] for row in connection.execute(query)}
    return {one: found.get(one, 0) for one in CaseStatus}


def step_times(scope: Scope, connection: Connection, asked: Selection) -> tuple[StepTime, ...]:
    """Return how long each step took; a case whose step took less than nothing has clocks that differ, and no step."""
    case_ = case_moments(scope, asked)
    seen = case((case_.c.timed, case_.c.first_seen))
    ends = {
        Step.CONFIRMED: (seen, case_.c.confirmed_at),
        Step.DISPATCHED: (case_.c.confirmed_at, case_.c.dispatched_at),
        Step.FIXED: (case_.c.dispatched_at, case_.c.fixed_at),
        Step.WHOLE: (seen, case_.c.fixed_at),
    }
    took = {step: seconds_between(connection, start, end) for step, (start, end) in ends.items()}
    times = select(*(case((span >= 0, span)).label(step) for step, span in took.items())).subquery("times")
    ranked = select(*(column for step in Step for column in _ranked(times.c[step], step))).subquery("ranked")
    found = connection.execute(select(*(one for step in Step for one in _percentiles(ranked, step)))).one()._mapping
    return tuple(
        StepTime(step, found[f"{step}_count"] or 0, _span(found[f"{step}_median"]), _span(found[f"{step}_ninetieth"]))
        for step in Step
    )


def punctuality(
    scope: Scope, connection: Connection, asked: Selection, allowed: timedelta, now: datetime
) -> Punctuality:
    """Return how many cases were fixed within `allowed` from the verdict, and how the others stand at `now`."""
    case_ = case_moments(scope, asked)
    fares = _paces(connection, case_, allowed, now)
    row = connection.execute(select(*(func.count(case((is_so, 1))).label(pace) for pace, is_so in fares.items()))).one()
    return Punctuality(row.in_time, row.late, row.overdue, row.pending, row.refused)


def of_pace(
    scope: Scope, connection: Connection, asked: Selection, pace: Pace, allowed: timedelta, now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a candidate has a case that fares so."""
    case_ = case_moments(scope, asked)
    return candidates.c.id.in_(select(case_.c.candidate_id).where(_paces(connection, case_, allowed, now)[pace]))


def of_status(scope: Scope, asked: Selection, status: CaseStatus) -> ColumnElement[bool]:
    """Return the condition that a candidate has a case that is so far."""
    case_ = case_moments(scope, asked)
    return candidates.c.id.in_(select(case_.c.candidate_id).where(case_.c.status == status))


def recurrence(scope: Scope, connection: Connection, asked: Selection, within: timedelta, radius: float) -> Recurrence:
    """Return how often a place comes again within so many days after it was fixed.

    The same place: in a square of `radius` metres to each side.
    """
    case_ = case_moments(scope, asked)
    fixed = select(case_).where(case_.c.lat.is_not(None), case_.c.fixed_at.is_not(None)).subquery("fixed")
    middle = connection.execute(select(func.avg(candidates.c.lat)).where(case_condition(scope, asked))).scalar_one()
    north = radius / METRES_A_DEGREE
    east = north / max(math.cos(math.radians(middle or 0.0)), 0.01)
    again = candidates.alias("again")
    later = seconds_between(connection, fixed.c.fixed_at, again.c.first_seen)
    seen = select(literal(1)).where(
        again.c.class_name == fixed.c.class_name,
        again.c.lat.between(fixed.c.lat - north, fixed.c.lat + north),
        again.c.lon.between(fixed.c.lon - east, fixed.c.lon + east),
        again.c.state == State.CONFIRMED,
        again.c.timed,
        again.c.first_seen > fixed.c.fixed_at,
        later <= within.total_seconds(),
        scope.sees(again.c.district),
    )
    count, recurred = connection.execute(
        select(func.count(), func.count(case((seen.exists(), 1)))).select_from(fixed)
    ).one()
    return Recurrence(count, recurred)


_CASES: Final = candidates.join(outbox, outbox.c.candidate_id == candidates.c.id).outerjoin(
    case_progress, case_progress.c.delivery_id == outbox.c.id
)
"""The candidates that are cases, their deliveries, and how far they are."""
_FIRST: Final = func.min(case_events.c.said_at)
_LAST: Final = func.max(case_events.c.said_at)


def case_condition(scope: Scope, asked: Selection) -> ColumnElement[bool]:
    """Return the condition that a candidate is confirmed and among what is asked for."""
    return and_(wanted(scope, asked), candidates.c.state == State.CONFIRMED)


def case_moments(scope: Scope, asked: Selection) -> CTE:
    """Return the cases of what is asked for: when each was dispatched, fixed, and said to be done (checked, closed).

    Of several fixes the last one counts, and none where a look has seen since that the thing is still there.
    """
    own = (candidates.c[name] for name in ("class_name", "lat", "lon", "first_seen", "timed"))
    stands = func.coalesce(look_requests.c.outcome, "") != LookOutcome.STILL_THERE
    return (
        select(
            candidates.c.id.label("candidate_id"),
            outbox.c.id.label("delivery_id"),
            *own,
            outbox.c.created_at.label("confirmed_at"),
            func.coalesce(case_progress.c.status, CaseStatus.REPORTED.value).label("status"),
            _moved(_FIRST, CaseStatus.DISPATCHED).label("dispatched_at"),
            case((stands, _moved(_LAST, CaseStatus.FIXED))).label("fixed_at"),
            _moved(_FIRST, CaseStatus.CHECKED, CaseStatus.CLOSED).label("ended_at"),
        )
        .select_from(_CASES.outerjoin(look_requests, look_requests.c.delivery_id == outbox.c.id))
        .where(case_condition(scope, asked))
        .cte("cases_asked")
        .prefix_with("MATERIALIZED")  # else SQLite looks each moment up again wherever it is named
    )


def _moved(when: ColumnElement[datetime], *statuses: CaseStatus) -> ScalarSelect[datetime]:
    """Return when a case came to one of these statuses: first or last."""
    return (
        select(when)
        .where(
            case_events.c.delivery_id == outbox.c.id,
            case_events.c.status.in_(statuses),
            case_events.c.result == EventResult.MOVED,
        )
        .scalar_subquery()
    )


def _paces(connection: Connection, case_: CTE, allowed: timedelta, now: datetime) -> dict[Pace, ColumnElement[bool]]:
    """Return for each pace the condition that a case fares so; exactly one of them holds."""
    took = seconds_between(connection, case_.c.confirmed_at, func.coalesce(case_.c.fixed_at, case_.c.ended_at))
    refused = case_.c.status == CaseStatus.REFUSED
    refuted = and_(case_.c.status == CaseStatus.FIXED, case_.c.fixed_at.is_(None))
    unfixed = or_(case_.c.status.in_(UNFIXED), refuted)
    late, over = func.coalesce(took, 0) > allowed.total_seconds(), case_.c.confirmed_at < now - allowed
    return {
        Pace.IN_TIME: and_(~refused, ~unfixed, ~late),
        Pace.LATE: and_(~refused, ~unfixed, late),
        Pace.OVERDUE: and_(unfixed, over),
        Pace.PENDING: and_(unfixed, ~over),
        Pace.REFUSED: refused,
    }


def _ranked(took: ColumnElement[float], step: Step) -> tuple[ColumnElement[float] | Label[int], ...]:
    """Return the times of a step, each with its place among them and how many there are."""
    return (
        took,
        func.row_number().over(order_by=took.asc().nulls_last()).label(f"{step}_place"),
        func.count(took).over().label(f"{step}_of"),
    )


def _percentiles(ranked: Subquery, step: Step) -> tuple[ColumnElement[object], ...]:
    """Return how many times a step has, and those at half and at nine tenths of them: by the nearest rank."""
    took, place, count = ranked.c[step], ranked.c[f"{step}_place"], ranked.c[f"{step}_of"]
    return (
        func.max(count).label(f"{step}_count"),
        func.max(case((place == (count + 1) // literal_column("2", Integer), took))).label(f"{step}_median"),
        func.max(case((place == (count * 9 + 9) // literal_column("10", Integer), took))).label(f"{step}_ninetieth"),
    )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
