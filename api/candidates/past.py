"""What was handed on of one camera before, and what was decided on it: what its watcher learns from."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, func, select

from api.candidates.repository import State
from api.candidates.tables import candidates, verdicts
from api.candidates.verdicts import RejectReason
from api.db.metadata import metadata
from api.evidence.repository import EvidenceKind
from api.evidence.tables import evidence
from detector.places.past_sightings import PastSighting, PastVerdict

NOTHING: Final = (RejectReason.NOT_A_STALL, RejectReason.VEHICLE, RejectReason.IN_SHOP)
"""Reasons that say what stands there, and not what a stall may do there or how good its picture is."""

MOST: Final = 500
"""Things of one camera that are remembered, the latest."""


def past_sightings(connection: Connection, source: str, since: datetime) -> tuple[PastSighting, ...]:
    """Return the things of a camera that were there after a moment, latest first, with the verdict that counts.

    Those of before its view was last accepted anew are left out: they stood elsewhere in the picture.
    """
    health = metadata.tables["camera_health"].c
    moved = select(func.max(health.ended_at)).where(
        health.camera == source, health.fault == "moved", health.accepted_by.is_not(None)
    )
    view_since = connection.execute(moved).scalar()
    standing = and_(verdicts.c.candidate_id == candidates.c.id, verdicts.c.undone_at.is_(None))
    scene = and_(evidence.c.candidate_id == candidates.c.id, evidence.c.kind == EvidenceKind.SCENE)
    seen = candidates.c
    query = (
        select(seen.class_name, seen.box, seen.first_seen, seen.last_seen, seen.state, verdicts.c.reason)
        .add_columns(evidence.c.width, evidence.c.height)
        .join(evidence, scene)
        .outerjoin(verdicts, standing)
        .where(seen.source == source, seen.survey_id.is_(None), seen.timed, seen.last_seen > since)
        .order_by(seen.last_seen.desc())
        .limit(MOST)
    )
    if view_since is not None:
        query = query.where(seen.first_seen >= view_since)
    found = []
    for row in connection.execute(query):
        x1, y1, x2, y2 = row.box
        box = (x1 / row.width, y1 / row.height, x2 / row.width, y2 / row.height)
        found.append(PastSighting(row.class_name, box, row.first_seen, row.last_seen, _verdict(row.state, row.reason)))
    return tuple(found)


def _verdict(state: str, reason: str | None) -> PastVerdict:
    if state == State.CONFIRMED:
        return PastVerdict.CONFIRMED
    if state != State.REJECTED:
        return PastVerdict.OPEN
    return PastVerdict.NOTHING if reason in NOTHING else PastVerdict.REJECTED
