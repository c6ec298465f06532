"""What a rulebook would say of the stored candidates, before it is in force."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from api.candidates import repository as candidates
from api.candidates.repository import StoredCandidate
from api.db.scope import Scope
from detector.geometry.ground import GroundPoint
from detector.reason import Param, Reason
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome, Ruling

MOST: Final = 50_000
SHOWN: Final = 100


class ReplayReason(BaseModel):
    """A reason of a ruling, as it is stored."""

    code: str
    params: dict[str, Param]


class ReplayChange(BaseModel):
    """One candidate that would be ruled otherwise."""

    candidate_id: UUID
    class_name: str
    seen_at: datetime
    before: Outcome
    after: Outcome
    code_before: str | None
    code_after: str | None
    reasons: list[ReplayReason]

    @property
    def why(self) -> tuple[Reason, ...]:
        """Return the reasons as the pages word them."""
        return tuple(Reason(one.code, one.params) for one in self.reasons)


class ReplayCount(BaseModel):
    """How many candidates go from one outcome to another."""

    before: Outcome
    after: Outcome
    count: int


class ReplayReport(BaseModel):
    """What a replay found; `changes` are the latest ones, as many as a page shows."""

    at: datetime
    since: datetime
    looked_at: int
    changed: int
    counts: list[ReplayCount]
    changes: list[ReplayChange]


def replay(scope: Scope, connection: Connection, book: Rulebook, since: datetime, now: datetime) -> ReplayReport:
    """Rule the candidates since a moment anew, 50,000 at most, and return what differs from what was said of them.

    What was permitted at the time was not kept, so what a stricter rulebook would add is not counted.
    """
    counts: Counter[tuple[Outcome, Outcome]] = Counter()
    changes: list[ReplayChange] = []
    looked_at = changed = 0
    for one in candidates.since(scope, connection, since, MOST):
        ruling = _ruled_anew(book, one)
        looked_at += 1
        counts[one.outcome, ruling.outcome] += 1
        if (ruling.outcome, ruling.code) == (one.outcome, one.code):
            continue
        changed += 1
        if len(changes) < SHOWN:
            changes.append(_change(one, ruling))
    table = [ReplayCount(before=was, after=is_, count=count) for (was, is_), count in sorted(counts.items())]
    return ReplayReport(at=now, since=since, looked_at=looked_at, changed=changed, counts=table, changes=changes)


def _change(one: StoredCandidate, ruling: Ruling) -> ReplayChange:
    return ReplayChange(
        candidate_id=one.id,
        class_name=one.class_name,
        seen_at=one.last_seen,
        before=one.outcome,
        after=ruling.outcome,
        code_before=one.code,
        code_after=ruling.code,
        reasons=[ReplayReason(code=reason.code, params=dict(reason.params)) for reason in ruling.reasons],
    )


def _ruled_anew(book: Rulebook, one: StoredCandidate) -> Ruling:
    """Rule on what was known of a candidate when it was last seen; a flight does not tell how long a thing stood."""
    position = None
    if one.lat is not None and one.lon is not None:
        position = GroundPoint(one.lat, one.lon, 0.0, float("nan") if one.ce90 is None else one.ce90)
    dwell: timedelta | None = None if one.survey_id is not None else one.dwell
    return book.rule(
        class_name=one.class_name,
        at=one.last_seen if one.timed else None,
        position=position,
        dwell=dwell,
        camera=one.source if one.camera_id is not None else None,
        image_point=((one.box[0] + one.box[2]) / 2, one.box[3]),
    )
