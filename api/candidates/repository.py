"""Candidates: what waits for a person, and what a person has decided."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import Column, ColumnElement, Connection, Row, func, insert, select, update

from api.candidates.conditions import Conditions
from api.candidates.tables import candidates
from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from api.rulebooks import repository as rulebooks
from detector.candidate import Candidate, Origin
from detector.places.place_evidence import FinderSummary
from detector.places.sighting import Sighting
from detector.reason import Reason
from detector.rules.ruling import Outcome, Ruling
from detector.vision.detections import Box
from models.card import ModelVersion


class State(StrEnum):
    """Open until a person decides, or until its pictures had to be removed undecided (`expired`)."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """One candidate as the database knows it; `box` is in pixels of the scene picture, times are UTC.

    Each field is a column. From `district` on: where its pictures come from and what judged it, None where that is not
    known (`detector.candidate.Origin` says what each is). `frame_at` is when the frame that shows it best was taken.
    `finders` is what each finder said of the place until it was last handed on, or decided on.
    Where the footage does not say when (not `timed`), `first_seen`, `last_seen` and `frame_at` only order it.
    """

    id: UUID
    source: str
    key: str
    class_name: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    code: str | None
    rule: str | None
    zone: str | None
    lat: float | None
    lon: float | None
    ce90: float | None
    box: Box
    confidence: float
    first_seen: datetime
    last_seen: datetime
    frames: int
    found_by: str
    state: State
    created_at: datetime
    updated_at: datetime
    district: str | None
    grade: int
    camera_id: str | None
    camera_version: int | None
    calibration: str | None
    survey_id: UUID | None
    file_sha256: str | None
    frame_at: datetime
    models: tuple[ModelVersion, ...]
    rulebook_version: str
    rulebook_hash: str | None
    timed: bool
    finders: tuple[FinderSummary, ...]
    conditions: Conditions | None = None

    @property
    def dwell(self) -> timedelta:
        """Return how long the thing has stood there, as far as we saw; never negative."""
        return max(self.last_seen - self.first_seen, timedelta(0))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which candidates are asked for; None leaves that side open. `since` and `before` are of when they came in."""

    state: State | None = None
    class_name: str | None = None
    outcome: Outcome | None = None
    district: str | None = None
    camera: str | None = None
    survey: UUID | None = None
    rule: str | None = None
    zone: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        if self.state is not None:
            yield candidates.c.state == self.state
        if self.class_name is not None:
            yield candidates.c.class_name == self.class_name
        if self.outcome is not None:
            yield candidates.c.outcome == self.outcome
        if self.district is not None:
            yield candidates.c.district == self.district
        if self.camera is not None:
            yield candidates.c.camera_id == self.camera
        if self.survey is not None:
            yield candidates.c.survey_id == self.survey
        if self.rule is not None:
            yield candidates.c.rule == self.rule
        if self.zone is not None:
            yield candidates.c.zone == self.zone
        if self.since is not None:
            yield candidates.c.created_at >= self.since
        if self.before is not None:
            yield candidates.c.created_at < self.before


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class KnownValues:
    """What candidates can be asked for by; rules and zones each by a candidate that names it."""

    districts: tuple[str, ...]
    classes: tuple[str, ...]
    rules: tuple[StoredCandidate, ...]
    zones: tuple[StoredCandidate, ...]


def add(connection: Connection, candidate: Candidate, now: datetime, conditions: Conditions | None = None) -> UUID:
    """Store a candidate that is not known yet, open. Raises IntegrityError where its source and key are known."""
    rulebooks.keep(connection, candidate.ruling.rulebook, now)
    added = uuid4()
    row: dict[str, object] = {"id": added, "state": State.OPEN, "created_at": now, "updated_at": now}
    row["conditions"] = None if conditions is None else conditions.model_dump(mode="json")
    connection.execute(insert(candidates).values(**row, **columns_of(candidate)))
    return added


def update_last_seen(connection: Connection, known: StoredCandidate, candidate: Candidate, now: datetime) -> None:
    """Update the times of a candidate that is still there; a verdict stands.

    What a reviewer decided on stays as it was then, and a violation that was seen stays one when permitted hours begin.
    Where the clock was set since, its times follow, so that it stands there no longer than it does.
    """
    sighting, values = candidate.sighting, _seen(candidate) | {"updated_at": now}
    values["frames"] = max(sighting.frames, known.frames)
    values["confidence"] = max(sighting.confidence, known.confidence)
    if sighting.key == known.key and sighting.first_seen != known.first_seen:
        values["first_seen"] = sighting.first_seen
    else:
        values["last_seen"] = max(sighting.last_seen, known.last_seen)
    if known.state is State.OPEN and weight(candidate.ruling.outcome) >= weight(known.outcome):
        rulebooks.keep(connection, candidate.ruling.rulebook, now)
        values |= _ruled(candidate)
    heard = [one.summary() for one in sighting.evidence.records]
    # A look that began anew, as another service had the camera, has heard less than what is known.
    if known.state is State.OPEN and sum(one.looks for one in heard) >= sum(one.looks for one in known.finders):
        values["finders"] = finders_of(sighting)
    connection.execute(update(candidates).where(candidates.c.id == known.id).values(**values))


def set_conditions(connection: Connection, candidate_id: UUID, conditions: Conditions) -> None:
    """Record how the pictures of a candidate were taken."""
    said = conditions.model_dump(mode="json")
    connection.execute(update(candidates).where(candidates.c.id == candidate_id).values(conditions=said))


def find(scope: Scope, connection: Connection, candidate_id: UUID) -> StoredCandidate | None:
    """Return the candidate with this id."""
    row = connection.execute(select(candidates).where(candidates.c.id == candidate_id, _seen_by(scope))).one_or_none()
    return _from_row(row) if row else None


def by_id(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, StoredCandidate]:
    """Return the candidates with these ids."""
    rows = connection.execute(select(candidates).where(candidates.c.id.in_(list(ids)), _seen_by(scope)))
    return {one.id: one for one in map(_from_row, rows)}


def latest(scope: Scope, connection: Connection, limit: int) -> tuple[StoredCandidate, ...]:
    """Return the newest candidates, latest first."""
    query = select(candidates).where(_seen_by(scope)).order_by(candidates.c.created_at.desc(), candidates.c.id)
    return tuple(_from_row(row) for row in connection.execute(query.limit(limit)))


def since(scope: Scope, connection: Connection, moment: datetime, limit: int) -> Iterator[StoredCandidate]:
    """Yield what was handed on since a moment, the latest first, read as it is asked for."""
    query = select(candidates).where(_seen_by(scope), candidates.c.created_at >= moment)
    latest_first = query.order_by(candidates.c.created_at.desc(), candidates.c.id).limit(limit)
    for row in connection.execute(latest_first.execution_options(yield_per=500)):
        yield _from_row(row)


def count_since(scope: Scope, connection: Connection, moment: datetime) -> int:
    """Return how many were handed on since a moment."""
    query = select(func.count()).select_from(candidates).where(_seen_by(scope), candidates.c.created_at >= moment)
    return int(connection.execute(query).scalar_one())


def standing_at(scope: Scope, connection: Connection, source: str, at: datetime) -> tuple[StoredCandidate, ...]:
    """Return what stood before a camera at that time, as far as it was put before a person."""
    query = select(candidates).where(
        candidates.c.source == source,
        candidates.c.first_seen <= at,
        candidates.c.last_seen >= at,
        candidates.c.timed,
        _seen_by(scope),
    )
    return tuple(_from_row(row) for row in connection.execute(query.order_by(candidates.c.id)))


def lock(scope: Scope, connection: Connection, candidate_id: UUID) -> StoredCandidate | None:
    """Return the candidate with this id; locked until this transaction ends."""
    query = select(candidates).where(candidates.c.id == candidate_id, _seen_by(scope)).with_for_update()
    row = connection.execute(query).one_or_none()
    return _from_row(row) if row else None


def lock_by_key(connection: Connection, source: str, key: str) -> StoredCandidate | None:
    """Return the candidate of this place, locked: keys are unique within their source."""
    query = select(candidates).where(candidates.c.source == source, candidates.c.key == key).with_for_update()
    row = connection.execute(query).one_or_none()
    return _from_row(row) if row else None


def state_of(connection: Connection, source: str, key: str) -> State | None:
    """Return the state of the candidate of this place; None where there is none."""
    query = select(candidates.c.state).where(candidates.c.source == source, candidates.c.key == key)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return None if found is None else State(found)


def lock_source(connection: Connection, source: str) -> None:
    """Let no other service look for, and add, a candidate of this camera until this transaction ends.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(source, 0))))


def seen_since(connection: Connection, source: str, since: datetime) -> tuple[StoredCandidate, ...]:
    """Return a camera's candidates that were there after a moment, whatever was decided on them; latest first."""
    found = (
        select(candidates)
        .where(candidates.c.source == source, candidates.c.survey_id.is_(None), candidates.c.last_seen > since)
        .order_by(candidates.c.last_seen.desc())
    )
    return tuple(_from_row(row) for row in connection.execute(found))


def page(
    scope: Scope, connection: Connection, wanted: Filter, cursor: str | None, limit: int, *, oldest_first: bool = True
) -> Page[StoredCandidate]:
    """Candidates, longest waiting first unless told otherwise. Raises CursorInvalid."""
    at, where = candidates.c.created_at, (*wanted.conditions(), _seen_by(scope))
    return page_by_time(connection, at, _from_row, cursor, limit, where=where, oldest_first=oldest_first)


def count_by_state(scope: Scope, connection: Connection, wanted: Filter) -> dict[State, int]:
    """Return how many candidates of each state there are, whatever state is asked for."""
    where = (*replace(wanted, state=None).conditions(), _seen_by(scope))
    query = select(candidates.c.state, func.count()).where(*where).group_by(candidates.c.state)
    return dict.fromkeys(State, 0) | {State(state): count for state, count in connection.execute(query)}


def known_values(scope: Scope, connection: Connection) -> KnownValues:
    """Return which districts, classes, rules and zones candidates have."""
    seen, of = _seen_by(scope), candidates.c
    districts, classes = (
        tuple(sorted(one for one in connection.execute(select(column).where(seen).distinct()).scalars() if one))
        for column in (of.district, of.class_name)
    )
    zones = _newest_by(connection, of.zone, seen)
    return KnownValues(districts, classes, newest_of_rules(scope, connection), zones)


def newest_of_rules(scope: Scope, connection: Connection, state: State | None = None) -> tuple[StoredCandidate, ...]:
    """Return the newest candidate of each rule, also one of a state alone; sorted by the ids of the rules."""
    return _newest_by(connection, candidates.c.rule, *Filter(state=state).conditions(), _seen_by(scope))


def _newest_by(connection: Connection, column: Column[str], *where: ColumnElement[bool]) -> tuple[StoredCandidate, ...]:
    """Return one candidate, the newest, of each value of a column."""
    latest_first = (candidates.c.created_at.desc(), candidates.c.id)
    place = func.row_number().over(partition_by=column, order_by=latest_first).label("place")
    placed = select(candidates.c.id, place).where(column.is_not(None), *where).subquery()
    query = select(candidates).join(placed, placed.c.id == candidates.c.id).where(placed.c.place == 1)
    return tuple(_from_row(row) for row in connection.execute(query.order_by(column)))


def move(scope: Scope, connection: Connection, candidate_id: UUID, before: State, after: State, now: datetime) -> bool:
    """Change the state if it is still `before`; False where another request was faster."""
    changed = connection.execute(
        update(candidates)
        .where(candidates.c.id == candidate_id, candidates.c.state == before, _seen_by(scope))
        .values(state=after, updated_at=now)
    )
    return changed.rowcount == 1


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees(candidates.c.district)


def columns_of(candidate: Candidate) -> dict[str, object]:
    """Return what a row says of a candidate, by column."""
    return _first_seen(candidate) | _seen(candidate) | _ruled(candidate)


def _first_seen(candidate: Candidate) -> dict[str, object]:
    """Return what stays as it was when the thing was first handed on; a column is called as the field that it holds."""
    position = candidate.sighting.position
    values = _columns(candidate.origin) | _columns(candidate.sighting)
    return values | {
        "lat": position.lat if position else None,
        "lon": position.lon if position else None,
        "ce90": position.ce90_m if position else None,
        "box": list(candidate.evidence_box),
        "frame_at": candidate.evidence.captured_at,
        "models": [asdict(model) for model in candidate.models],
        "finders": finders_of(candidate.sighting),
    }


def finders_of(sighting: Sighting) -> list[dict[str, object]]:
    """Return what each finder said of a place, as plain values of JSON; no times where the footage gives none."""
    said = [one.summary() for one in sighting.evidence.records]
    if not sighting.timed:
        said = [replace(one, first=None, last=None) for one in said]
    plain: list[dict[str, object]] = _FINDERS.dump_python(said, mode="json")
    return plain


def _seen(candidate: Candidate) -> dict[str, object]:
    sighting = candidate.sighting
    return {"confidence": sighting.confidence, "last_seen": sighting.last_seen, "frames": sighting.frames}


def _ruled(candidate: Candidate) -> dict[str, object]:
    ruling = candidate.ruling
    return _columns(ruling) | {
        "reasons": [asdict(reason) for reason in ruling.reasons],
        "rulebook_version": ruling.rulebook.version,
        "rulebook_hash": ruling.rulebook.sha256,
    }


def _columns(value: Sighting | Origin | Ruling) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value) if field.name in candidates.c}


def weight(outcome: Outcome) -> int:
    """Return how grave an outcome is: the gravest that was ever said of a candidate stays."""
    return (Outcome.PERMITTED, Outcome.UNKNOWN, Outcome.VIOLATION).index(outcome)


_STORED = TypeAdapter(StoredCandidate)
_FINDERS = TypeAdapter(list[FinderSummary])


def _from_row(row: Row[tuple[object, ...]]) -> StoredCandidate:
    return _STORED.validate_python(dict(row._mapping))
