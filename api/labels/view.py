"""A frame as a client is shown it: with what was drawn last, and with every proposal and what became of it."""

from sqlalchemy import Connection

from api.candidates import verdicts
from api.candidates.verdicts import Verdict
from api.db.scope import Scope
from api.labels import repository as frames
from api.labels.repository import LabelFrame, ProposedBox
from api.labels.schemas import LabelFrameOut, ProposedBoxOut
from api.labels.verdict_labels import kind_of


def frames_out(scope: Scope, connection: Connection, found: tuple[LabelFrame, ...]) -> list[LabelFrameOut]:
    """Return frames with what is drawn and proposed in them, in their order."""
    saved = frames.newest_saves(scope, connection, [one.id for one in found])
    ids = [proposal.candidate_id for one in found for proposal in one.proposals if proposal.candidate_id]
    said = verdicts.standing(scope, connection, ids)
    return [LabelFrameOut.of(one, saved.get(one.id), [_out(p, said.get(p.candidate_id) if p.candidate_id else None)
            for p in one.proposals]) for one in found]  # fmt: skip


def _out(proposed: ProposedBox, verdict: Verdict | None) -> ProposedBoxOut:
    """Return a proposal; the box and class that a reviewer corrected take the place of those that were proposed."""
    return ProposedBoxOut(
        class_name=(verdict.class_name if verdict else None) or proposed.class_name,
        box=(verdict.box if verdict else None) or proposed.box,
        confidence=proposed.confidence,
        by=proposed.by,
        candidate_id=proposed.candidate_id,
        verdict=kind_of(verdict) if verdict else None,
    )
