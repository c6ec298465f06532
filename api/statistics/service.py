"""Puts the figures of each page together: what is counted stands in the queries, sums and shares here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from api.candidates.repository import State
from api.cases.tables import CaseStatus
from api.db.scope import Scope
from api.models.drift import Share
from api.statistics import case_queries, place_queries, repository, watch_queries
from api.statistics.case_queries import Punctuality, Recurrence, StepTime
from api.statistics.coverage import CameraCoverage, coverage
from api.statistics.period import Selection
from api.statistics.place_queries import Grid, ZoneCount
from api.statistics.repository import Judged

WEEKLY_FROM: Final = 93
"""Days from which on a trend is by week."""
RADIUS: Final = 15.0
"""Metres within which the same class is the same place."""


@dataclass(frozen=True, slots=True)
class StateTally:
    """How many candidates of a group are in each state; `key` is a district or class, None where there is none."""

    key: str | None
    open: int
    confirmed: int
    rejected: int
    expired: int
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Candidates by state: all, by district and by class."""

    states: StateTally
    districts: tuple[StateTally, ...]
    classes: tuple[StateTally, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TrendStretch:
    """A day or a week of a trend: its first and last day, and how many candidates by class and by district."""

    first: date
    last: date
    classes: dict[str, int]
    districts: dict[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Trend:
    """How many candidates were handed on in each day or week; in which hours of the day they were first seen."""

    weekly: bool
    stretches: tuple[TrendStretch, ...]
    classes: tuple[str, ...]
    hours: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """How cases fare."""

    statuses: dict[CaseStatus, int]
    steps: tuple[StepTime, ...]
    punctuality: Punctuality
    recurrence: Recurrence
    total: int


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """Of `total` finds with a verdict that says so, `right` were what the model said; Wilson's interval at 95 %."""

    key: str
    right: int
    total: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PrecisionFigures:
    """Precision in all, by class, by camera and by hour of the day."""

    all: PrecisionRow
    classes: tuple[PrecisionRow, ...]
    cameras: tuple[PrecisionRow, ...]
    hours: tuple[PrecisionRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CoverageFigures:
    """How long the cameras watched, and were blind, until a moment."""

    cameras: tuple[CameraCoverage, ...]
    watched: timedelta
    blind: timedelta
    until: datetime
    total: int


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """Where candidates stand. `unplaced` have no position; `total` are all."""

    grid: Grid
    zones: tuple[ZoneCount, ...]
    unplaced: int
    total: int


def counts(scope: Scope, connection: Connection, asked: Selection) -> Counts:
    """Return the candidates by state, district and class."""
    found = repository.groups(scope, connection, asked)
    all_ = _tallies((None, one.state, one.count) for one in found)
    whole = all_[0] if all_ else StateTally(None, 0, 0, 0, 0, 0)
    return Counts(
        whole,
        _tallies((one.district, one.state, one.count) for one in found),
        _tallies((one.class_name, one.state, one.count) for one in found),
        whole.total,
    )


def trend(scope: Scope, connection: Connection, asked: Selection) -> Trend:
    """Return the candidates by day, or by week (Monday to Sunday) where the period is long, and by hour."""
    weekly = asked.period.days >= WEEKLY_FROM
    classes: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    districts: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    sums: dict[str, int] = defaultdict(int)
    for one in repository.stretches(scope, connection, asked, weekly=weekly):
        classes[one.first][one.class_name] += one.count
        districts[one.first][one.district or ""] += one.count
        sums[one.class_name] += one.count
    stretches = []
    begin = _monday(asked.period.first) if weekly else asked.period.first
    while begin <= asked.period.last:
        over = begin + timedelta(days=7 if weekly else 1)
        first, last = max(begin, asked.period.first), min(over - timedelta(days=1), asked.period.last)
        own = dict(classes[begin])
        stretches.append(TrendStretch(first, last, own, dict(districts[begin]), sum(own.values())))
        begin = over
    order = tuple(sorted(sums, key=lambda name: (-sums[name], name)))
    hours = repository.hours(scope, connection, asked)
    return Trend(weekly, tuple(stretches), order, hours, sum(sums.values()))


def case_figures(
    scope: Scope, connection: Connection, asked: Selection, allowed: timedelta, within: timedelta, now: datetime
) -> CaseFigures:
    """Return how cases fare: they are to be fixed within `allowed`, and places looked for again `within`."""
    statuses = case_queries.statuses(scope, connection, asked)
    return CaseFigures(
        statuses,
        case_queries.step_times(scope, connection, asked),
        case_queries.punctuality(scope, connection, asked, allowed, now),
        case_queries.recurrence(scope, connection, asked, within, RADIUS),
        sum(statuses.values()),
    )


def precision(scope: Scope, connection: Connection, asked: Selection) -> PrecisionFigures:
    """Return how right the models were, by what reviewers say."""
    found = repository.judged_by_class(scope, connection, asked)
    cameras = repository.judged_by_camera(scope, connection, asked)
    whole = _precision_row("", sum(one.right for one in found.values()), sum(one.total for one in found.values()))
    hours = _precision_rows((f"{hour:02d}", one) for (_, hour), one in found.items() if hour is not None)
    return PrecisionFigures(
        whole,
        _precision_rows((class_name, one) for (class_name, _), one in found.items()),
        _precision_rows(cameras.items()),
        tuple(sorted(hours, key=lambda row: row.key)),
        whole.total,
    )


def coverage_figures(scope: Scope, connection: Connection, asked: Selection, now: datetime) -> CoverageFigures:
    """Return how long each camera watched in the period, as far as it is over."""
    until = min(asked.period.until, now)
    cameras = coverage(
        watch_queries.registry_spans(scope, connection, asked),
        watch_queries.switches(scope, connection, until),
        watch_queries.faults(scope, connection, asked),
        asked.period.since,
        until,
    )
    watched = sum((one.watched for one in cameras), timedelta(0))
    blind = sum((one.blind for one in cameras), timedelta(0))
    return CoverageFigures(cameras, watched, blind, until, len(cameras))


def places(scope: Scope, connection: Connection, asked: Selection) -> PlaceFigures:
    """Return where candidates stand."""
    grid = place_queries.grid(scope, connection, asked)
    zones = place_queries.zones(scope, connection, asked)
    total = sum(one.count for one in zones)
    return PlaceFigures(grid, zones, total - grid.total, total)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _tallies(found: Iterable[tuple[str | None, State, int]]) -> tuple[StateTally, ...]:
    """Return the sums by key, the largest first."""
    sums: dict[str | None, dict[State, int]] = defaultdict(lambda: dict.fromkeys(State, 0))
    for key, state, count in found:
        sums[key][state] += count
    rows = [
        StateTally(key, by[State.OPEN], by[State.CONFIRMED], by[State.REJECTED], by[State.EXPIRED], sum(by.values()))
        for key, by in sums.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.key or "")))


def _precision_rows(found: Iterable[tuple[str, Judged]]) -> tuple[PrecisionRow, ...]:
    """Return the precision of each group, those with most verdicts first."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, one in found:
        sums[name][0] += one.right
        sums[name][1] += one.total
    rows = [_precision_row(name, right, total) for name, (right, total) in sums.items()]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.key)))


def _precision_row(key: str, right: int, total: int) -> PrecisionRow:
    share = Share(right, total)
    low, high = share.interval
    return PrecisionRow(key, right, total, share.value, low, high)
