"""Candidates: what waits for a person, and what a person has decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from api.store.paging import Page, Place, page_of
from api.store.tables import candidates
from detector.candidate import Candidate
from detector.detections import Box
from detector.rulings import Outcome


class State(StrEnum):
    """Open until a person decides."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """One candidate as the database knows it; `box` is in pixels of the scene picture, times are UTC.

    Where the footage does not say when it was taken (not `timed`), `first_seen` and `last_seen` only order it.
    """

    id: UUID
    source: str
    key: str
    class_name: str
    outcome: Outcome
    reasons: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    code: str | None
    rule: str | None
    zone: str | None
    rulebook_version: str
    lat: float | None
    lon: float | None
    ce90: float | None
    box: Box
    confidence: float
    first_seen: datetime
    last_seen: datetime
    frames: int
    found_by: str
    models: tuple[str, ...]
    state: State
    created_at: datetime
    updated_at: datetime
    timed: bool = True

    @property
    def dwell(self) -> timedelta:
        """How long the thing has stood there, as far as we saw."""
        return self.last_seen - self.first_seen


@dataclass(frozen=True, slots=True)
class Filter:
    """Which candidates are asked for; None leaves that side open."""

    state: State | None = None
    class_name: str | None = None
    outcome: Outcome | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        if self.state is not None:
            yield candidates.c.state == self.state
        if self.class_name is not None:
            yield candidates.c.class_name == self.class_name
        if self.outcome is not None:
            yield candidates.c.outcome == self.outcome


EVERYTHING = Filter()


def add(connection: Connection, candidate: Candidate, now: datetime) -> UUID:
    """Store a candidate that is not known yet, open. Raises IntegrityError where its source and key are known."""
    sighting, position = candidate.sighting, candidate.sighting.position
    candidate_id = uuid4()
    connection.execute(
        insert(candidates).values(
            id=candidate_id,
            source=sighting.source,
            key=sighting.key,
            class_name=sighting.class_name,
            lat=position.lat if position else None,
            lon=position.lon if position else None,
            ce90=position.ce90_m if position else None,
            box=list(candidate.evidence_box),
            first_seen=sighting.first_seen,
            timed=sighting.timed,
            found_by=sighting.found_by,
            models=list(candidate.models),
            state=State.OPEN,
            created_at=now,
            **_seen(candidate, now),
            **_ruled(candidate),
        )
    )
    return candidate_id


def see_again(connection: Connection, known: StoredCandidate, candidate: Candidate, now: datetime) -> None:
    """The same thing is still there: its times move on, a verdict stands.

    What a reviewer decided on stays as it was then, and a violation that was seen stays one when permitted hours begin.
    """
    values = _seen(candidate, now)
    values["frames"] = max(candidate.sighting.frames, known.frames)
    values["last_seen"] = max(candidate.sighting.last_seen, known.last_seen)
    values["confidence"] = max(candidate.sighting.confidence, known.confidence)
    if known.state is State.OPEN and _weight(candidate.ruling.outcome) >= _weight(known.outcome):
        values |= _ruled(candidate)
    connection.execute(update(candidates).where(candidates.c.id == known.id).values(**values))


def find(connection: Connection, candidate_id: UUID) -> StoredCandidate | None:
    """The candidate with this id."""
    row = connection.execute(select(candidates).where(candidates.c.id == candidate_id)).one_or_none()
    return _from_row(row) if row else None


def lock(connection: Connection, candidate_id: UUID) -> StoredCandidate | None:
    """The candidate with this id; nobody else changes it before this transaction ends."""
    query = select(candidates).where(candidates.c.id == candidate_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return _from_row(row) if row else None


def lock_by_key(connection: Connection, source: str, key: str) -> StoredCandidate | None:
    """The candidate of this place, locked: keys are unique within their source."""
    query = select(candidates).where(candidates.c.source == source, candidates.c.key == key).with_for_update()
    row = connection.execute(query).one_or_none()
    return _from_row(row) if row else None


def page(connection: Connection, wanted: Filter, cursor: str | None, limit: int) -> Page[StoredCandidate]:
    """Candidates, longest waiting first. Raises CursorInvalid."""
    conditions = list(wanted.conditions())
    total = connection.execute(select(func.count()).select_from(candidates).where(*conditions)).scalar_one()
    if cursor is not None:
        after = Place.from_cursor(cursor)
        created, row_id = candidates.c.created_at, candidates.c.id
        conditions.append(or_(created > after.at, and_(created == after.at, row_id > after.id)))
    query = select(candidates).where(*conditions).order_by(candidates.c.created_at, candidates.c.id).limit(limit + 1)
    found = [_from_row(row) for row in connection.execute(query)]
    return page_of([(Place(item.created_at, item.id), item) for item in found], limit, total)


def move(connection: Connection, candidate_id: UUID, before: State, after: State, now: datetime) -> bool:
    """Change the state if it is still `before`; False where somebody was faster."""
    changed = connection.execute(
        update(candidates)
        .where(candidates.c.id == candidate_id, candidates.c.state == before)
        .values(state=after, updated_at=now)
    )
    return changed.rowcount == 1


def _seen(candidate: Candidate, now: datetime) -> dict[str, object]:
    sighting = candidate.sighting
    return {
        "confidence": sighting.confidence,
        "last_seen": sighting.last_seen,
        "frames": sighting.frames,
        "updated_at": now,
    }


def _ruled(candidate: Candidate) -> dict[str, object]:
    ruling = candidate.ruling
    return {
        "outcome": ruling.outcome,
        "reasons": list(ruling.reasons),
        "reasons_zh": list(ruling.reasons_zh),
        "code": ruling.code,
        "rule": ruling.rule,
        "zone": ruling.zone,
        "rulebook_version": ruling.rulebook_version,
    }


def _weight(outcome: Outcome) -> int:
    return (Outcome.PERMITTED, Outcome.UNKNOWN, Outcome.VIOLATION).index(outcome)


def _from_row(row: Row[tuple[object, ...]]) -> StoredCandidate:
    values = dict(row._mapping)
    return StoredCandidate(
        **values
        | {
            "outcome": Outcome(values["outcome"]),
            "state": State(values["state"]),
            "reasons": tuple(values["reasons"]),
            "reasons_zh": tuple(values["reasons_zh"]),
            "models": tuple(values["models"]),
            "box": tuple(values["box"]),
        }
    )
