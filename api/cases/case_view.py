"""One confirmed case as its page shows it: what was sent, how far it is, and what was said of it."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.picture_strip import Strip, strip_of
from api.candidates.repository import StoredCandidate
from api.candidates.verdicts import Verdict
from api.cases import desk, desk_queries, looks, outbox, progress
from api.cases.looks import PlaceCheck
from api.cases.outbox import Delivery
from api.cases.progress import CaseEvent, CaseProgress
from api.cases.tables import CaseStatus
from api.db.scope import Scope
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceFile


@dataclass(frozen=True, slots=True)
class CaseView:
    """What there is of a case; `known` is None until it is delivered, `steps` are where it may go at the desk."""

    delivery: Delivery
    candidate: StoredCandidate
    files: tuple[EvidenceFile, ...]
    strip: Strip
    verdict: Verdict | None
    known: CaseProgress | None
    events: tuple[CaseEvent, ...]
    check: PlaceCheck | None
    steps: frozenset[CaseStatus]
    late: bool
    body: str


def view_of(scope: Scope, connection: Connection, delivery_id: UUID, due: datetime) -> CaseView:
    """Return a case; it is late where it was confirmed before `due` and is not fixed. Raises NotFound."""
    delivery = outbox.find(scope, connection, delivery_id)
    candidate = candidates.find(scope, connection, delivery.candidate_id) if delivery else None
    if delivery is None or candidate is None:
        raise NotFound(f"there is no case {delivery_id}")
    files = evidence.of_candidates(scope, connection, [candidate.id]).get(candidate.id, ())
    known = progress.of_cases(scope, connection, [delivery]).get(delivery.id)
    check = looks.of_cases(scope, connection, [delivery.id]).get(delivery.id)
    steps = frozenset[CaseStatus]()
    if known is not None and desk.is_at_desk(delivery):
        steps = frozenset(
            one for one in CaseStatus if progress.may_say(scope, connection, delivery.id, known.status, one)
        )
    return CaseView(
        delivery=delivery,
        candidate=candidate,
        files=files,
        strip=strip_of(candidate, files, legal_review.zone_of(scope, connection, candidate)),
        verdict=verdicts.standing(scope, connection, [candidate.id]).get(candidate.id),
        known=known,
        events=progress.events(scope, connection, delivery.id),
        check=check,
        steps=steps,
        late=desk_queries.is_late(
            known.status if known else None, check.outcome if check else None, delivery.created_at, due
        ),
        body=json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
    )
