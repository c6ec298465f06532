"""A verdict and what follows from it: one transaction, so that nothing confirmed can be lost."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import State, StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.cases import outbox
from api.db.database import Database
from api.db.scope import Scope
from api.errors import AlreadyDecided, NotFound, NotUndoable
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceFile

BodyWriter = Callable[[StoredCandidate, tuple[EvidenceFile, ...], Verdict], bytes]


def decide(
    scope: Scope,
    database: Database,
    candidate_id: UUID,
    *,
    decision: Decision,
    reason: RejectReason | None,
    note: str,
    actor: Actor,
    now: datetime,
    undo_window: timedelta,
    write_body: BodyWriter,
) -> Verdict:
    """Record what a reviewer said; what is confirmed goes into the outbox in the same transaction.

    The case leaves when the undo window is over. Raises NotFound, or AlreadyDecided where another reviewer was faster.
    """
    verdict = Verdict(uuid4(), candidate_id, actor, decision, reason, note, now)
    try:
        with database.write() as connection:
            candidate = candidates.lock(scope, connection, candidate_id)
            if candidate is None:
                raise NotFound(f"there is no candidate {candidate_id}")
            if not candidates.move(scope, connection, candidate_id, State.OPEN, State(decision.value), now):
                raise AlreadyDecided(f"candidate {candidate_id} is {candidate.state} already")
            verdicts.add(scope, connection, verdict)
            files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
            if decision is Decision.CONFIRMED:
                body = write_body(candidate, files, verdict)
                outbox.add(scope, connection, verdict.id, candidate_id, body, now, now + undo_window)
            _record(scope, connection, Act.VERDICT_GIVEN, verdict, now, files)
    except IntegrityError as error:  # the index on standing verdicts: two reviewers in the same instant
        raise AlreadyDecided(f"candidate {candidate_id} is decided already") from error
    return verdict


def undo(
    scope: Scope, database: Database, candidate_id: UUID, *, actor: Actor, now: datetime, undo_window: timedelta
) -> None:
    """Take the standing verdict back within the window, and open the candidate again.

    Raises NotFound, or NotUndoable where there is no verdict, it is too old, or its case may have left.
    """
    with database.write() as connection:
        candidate = candidates.lock(scope, connection, candidate_id)
        if candidate is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        verdict = verdicts.standing(scope, connection, [candidate_id]).get(candidate_id)
        if verdict is None:
            raise NotUndoable(f"candidate {candidate_id} has no verdict")
        if now >= verdict.decided_at + undo_window:
            seconds = undo_window.total_seconds()
            raise NotUndoable(f"the verdict is older than {seconds:g} s, the time in which it can be taken back")
        if verdict.decision is Decision.CONFIRMED and not outbox.withdraw(scope, connection, verdict.id):
            raise NotUndoable("the case is on its way to the case system already")
        verdicts.take_back(scope, connection, verdict.id, actor, now)
        candidates.move(scope, connection, candidate_id, candidate.state, State.OPEN, now)
        _record(scope, connection, Act.VERDICT_UNDONE, verdict, now)


def _record(
    scope: Scope,
    connection: Connection,
    act: Act,
    verdict: Verdict,
    now: datetime,
    files: tuple[EvidenceFile, ...] = (),
) -> None:
    """Record a verdict with the hashes of the pictures that it was given on."""
    told: dict[str, Detail] = {"verdict": str(verdict.id), "decision": verdict.decision, "reason": verdict.reason}
    told |= {file.kind.value: file.sha256 for file in files}
    before, after = (None, asdict(verdict)) if act is Act.VERDICT_GIVEN else (asdict(verdict), None)
    audit.record(scope, connection, act, verdict.candidate_id, now, before=before, after=after, details=told)
