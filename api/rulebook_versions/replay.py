"""What a rulebook would say of the stored candidates, before it is in force."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from api.candidates import repository as candidates
from api.candidates.repository import State, StoredCandidate
from api.db.scope import Scope
from api.evidence import repository as evidence
from api.evidence.kinds import EvidenceKind
from api.evidence.repository import EvidenceFile
from detector.geometry.ground import GroundPoint
from detector.reason import Param, Reason
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome, Ruling

MOST: Final = 50_000
SHOWN: Final = 100
BATCH: Final = 500
HANDED_ON: Final = (EvidenceKind.BREACH, EvidenceKind.LAST, EvidenceKind.FILM)
"""Pictures of moments at which a candidate was handed on, and so ruled on."""


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
    """What a replay found; `changes` are the latest ones, as many as a page shows.

    `left_out` are the earlier candidates that were too many to be looked at.
    """

    at: datetime
    since: datetime
    looked_at: int
    left_out: int = 0
    changed: int
    counts: list[ReplayCount]
    changes: list[ReplayChange]


def replay(scope: Scope, connection: Connection, book: Rulebook, since: datetime, now: datetime) -> ReplayReport:
    """Rule the candidates since a moment anew, the latest 50,000 of them, and return what differs from what was said.

    What was permitted at the time was not kept, so what a stricter rulebook would add is not counted.
    """
    counts: Counter[tuple[Outcome, Outcome]] = Counter()
    changes: list[ReplayChange] = []
    changed = 0
    for one, pictures in _with_pictures(scope, connection, candidates.since(scope, connection, since, MOST)):
        ruling = _ruled_anew(book, one, pictures)
        counts[one.outcome, ruling.outcome] += 1
        if (ruling.outcome, ruling.code) == (one.outcome, one.code):
            continue
        changed += 1
        if len(changes) < SHOWN:
            changes.append(_change(one, ruling))
    looked_at = counts.total()
    table = [ReplayCount(before=was, after=is_, count=count) for (was, is_), count in sorted(counts.items())]
    return ReplayReport(
        at=now,
        since=since,
        looked_at=looked_at,
        left_out=candidates.count_since(scope, connection, since) - looked_at if looked_at >= MOST else 0,
        changed=changed,
        counts=table,
        changes=changes,
    )


def _with_pictures(
    scope: Scope, connection: Connection, found: Iterator[StoredCandidate]
) -> Iterator[tuple[StoredCandidate, Sequence[EvidenceFile]]]:
    """Yield each candidate with its pictures, which are asked for in batches."""
    while batch := list(islice(found, BATCH)):
        pictures = evidence.of_candidates(scope, connection, [one.id for one in batch])
        yield from ((one, pictures.get(one.id, ())) for one in batch)


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


def _ruled_anew(book: Rulebook, one: StoredCandidate, pictures: Sequence[EvidenceFile]) -> Ruling:
    """Rule on what was known of a candidate at each moment at which it was handed on, as far as that was kept.

    As when it came in, the gravest ruling counts, and of several the latest: what broke a rule stands as a violation
    when permitted hours begin. A flight does not tell how long a thing stood.
    """
    position = None
    if one.lat is not None and one.lon is not None:
        position = GroundPoint(one.lat, one.lon, 0.0, float("nan") if one.ce90 is None else one.ce90)

    def ruling(at: datetime | None) -> Ruling:
        dwell = one.dwell if at is None else max(at - one.first_seen, timedelta(0))
        return book.rule(
            class_name=one.class_name,
            at=at,
            position=position,
            dwell=None if one.survey_id is not None else dwell,
            camera=one.source if one.camera_id is not None else None,
            image_point=((one.box[0] + one.box[2]) / 2, one.box[3]),
        )

    rulings = [ruling(at) for at in (_moments(one, pictures) if one.timed else (None,))]
    return max(rulings, key=lambda ruling: candidates.weight(ruling.outcome))


def _moments(one: StoredCandidate, pictures: Sequence[EvidenceFile]) -> list[datetime]:
    """Return when a candidate was handed on, the latest first: its pictures tell, and its row while it is open."""
    if one.survey_id is not None:
        return [one.last_seen]
    handed_on = {file.captured_at for file in pictures if file.kind in HANDED_ON}
    if not handed_on:  # what early versions stored, or what retention has left
        return sorted({one.frame_at, one.last_seen}, reverse=True)
    if one.state is State.OPEN:  # last_seen goes on after a verdict, rulings do not
        handed_on.add(one.last_seen)
    return sorted(handed_on, reverse=True)
