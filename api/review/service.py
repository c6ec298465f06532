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
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.repository import State, StoredCandidate
from api.candidates.verdicts import Correction, Decision, RejectReason, Verdict
from api.cases import outbox
from api.db.database import Database
from api.db.scope import Scope
from api.errors import AlreadyDecided, Forbidden, LookedAtElsewhere, NotConfirmable, NotFound, NotUndoable
from api.evidence import repository as evidence
from api.evidence.boxes import check_box
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.review import deferrals, leases
from api.review.deferrals import Deferral
from api.roles import Permission
from detector.vision.detections import Box

BodyWriter = Callable[[StoredCandidate, tuple[EvidenceFile, ...], Verdict], bytes]


def decide(
    scope: Scope,
    database: Database,
    stored: EvidenceStore,
    candidate_id: UUID,
    *,
    decision: Decision,
    reason: RejectReason | None,
    note: str,
    actor: Actor,
    now: datetime,
    undo_window: timedelta,
    write_body: BodyWriter,
    correction: Correction = Correction(),
) -> Verdict:
    """Record what a reviewer said; what is confirmed goes into the outbox in the same transaction.

    The case leaves when the undo window is over. Raises NotFound, AlreadyDecided where another reviewer was faster,
    LookedAtElsewhere where another looks at it now, NotConfirmable where a picture of the evidence is missing or
    changed, or the camera's legal review had expired, or LabelInvalid where the corrected box does not lie in the
    picture.
    """
    if decision is Decision.CONFIRMED:  # before the transaction: reading pictures must not hold the one write lock
        _check_confirmable(scope, database, stored, candidate_id)
    verdict = Verdict(uuid4(), candidate_id, actor, decision, reason, note, now, correction.class_name, correction.box)
    try:
        with database.write() as connection:
            candidate = candidates.lock(scope, connection, candidate_id)
            if candidate is None:
                raise NotFound(f"there is no candidate {candidate_id}")
            if not candidates.move(scope, connection, candidate_id, State.OPEN, State(decision.value), now):
                raise AlreadyDecided(f"candidate {candidate_id} was decided elsewhere")
            _check_lease(scope, connection, candidate_id)
            files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
            _check_box(correction.box, files)
            verdicts.add(scope, connection, verdict)
            leases.remove(scope, connection, candidate_id)
            deferrals.remove(scope, connection, candidate_id)
            if decision is Decision.CONFIRMED:
                body = write_body(candidate, files, verdict)
                outbox.add(scope, connection, verdict.id, candidate_id, body, now, now + undo_window)
            _record(scope, connection, Act.VERDICT_GIVEN, verdict, now, files)
    except IntegrityError as error:  # the index on standing verdicts: two reviewers in the same instant
        raise AlreadyDecided(f"candidate {candidate_id} was decided elsewhere") from error
    return verdict


def _check_confirmable(scope: Scope, database: Database, stored: EvidenceStore, candidate_id: UUID) -> None:
    with database.read() as connection:
        candidate = candidates.find(scope, connection, candidate_id)
        if candidate is None or candidate.state is not State.OPEN:
            return  # which the transaction says better
        files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
        expired = legal_review.expired(scope, connection, [candidate]).get(candidate_id)
    if expired is not None:
        raise NotConfirmable(
            f"the legal review of camera {candidate.camera_id} ended on {expired}, before the picture was taken: it is "
            "no evidence"
        )
    if fault := stored.fault(files):
        raise NotConfirmable(fault)


def _check_box(box: Box | None, files: tuple[EvidenceFile, ...]) -> None:
    scene = next((file for file in files if file.kind is EvidenceKind.SCENE), None)
    if box is not None and scene is not None:
        check_box(box, scene.width, scene.height, "box")


def undo(
    scope: Scope, database: Database, candidate_id: UUID, *, actor: Actor, now: datetime, undo_window: timedelta
) -> None:
    """Take the standing verdict back within the window, and open the candidate again.

    Raises NotFound, Forbidden where the verdict is another's and the reader no supervisor, or NotUndoable where there
    is no verdict, it is too old, or its case may have left.
    """
    with database.write() as connection:
        candidate, verdict = _lock_decided(scope, connection, candidate_id, "take it back")
        if now >= verdict.decided_at + undo_window:
            seconds = undo_window.total_seconds()
            raise NotUndoable(f"the verdict is older than {seconds:g} s, the time in which it can be taken back")
        _take_back(scope, connection, candidate, verdict, actor, now)
        _record(scope, connection, Act.VERDICT_UNDONE, verdict, now)


def reopen(scope: Scope, database: Database, candidate_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Open a candidate again whose verdict was wrong, whenever that is seen; a new verdict follows, none is edited.

    Raises NotFound, Forbidden where the verdict is another's and the reader no supervisor, or NotUndoable where there
    is no verdict, or its case has left.
    """
    with database.write() as connection:
        candidate, verdict = _lock_decided(scope, connection, candidate_id, "reopen it")
        _take_back(scope, connection, candidate, verdict, actor, now)
        _record(scope, connection, Act.VERDICT_REOPENED, verdict, now)


def may_reopen(scope: Scope, verdict: Verdict) -> bool:
    """Tell whether the reader may reopen a verdict: their own, or as a supervisor any."""
    own = verdict.actor.id == scope.actor.id
    return scope.may(Permission.DECIDE) and (own or scope.may(Permission.OPERATE))


def _lock_decided(
    scope: Scope, connection: Connection, candidate_id: UUID, wish: str
) -> tuple[StoredCandidate, Verdict]:
    candidate = candidates.lock(scope, connection, candidate_id)
    if candidate is None:
        raise NotFound(f"there is no candidate {candidate_id}")
    verdict = verdicts.standing(scope, connection, [candidate_id]).get(candidate_id)
    if verdict is None:
        raise NotUndoable(f"candidate {candidate_id} has no verdict")
    if not may_reopen(scope, verdict):
        raise Forbidden(f"only who gave a verdict, or a supervisor, may {wish}")
    return candidate, verdict


def _take_back(
    scope: Scope, connection: Connection, candidate: StoredCandidate, verdict: Verdict, actor: Actor, now: datetime
) -> None:
    if verdict.decision is Decision.CONFIRMED and not outbox.withdraw(scope, connection, verdict.id):
        raise NotUndoable("the case is on its way to the case system already")
    verdicts.take_back(scope, connection, verdict.id, actor, now)
    candidates.move(scope, connection, candidate.id, candidate.state, State.OPEN, now)


def lease(scope: Scope, database: Database, candidate_id: UUID) -> datetime:
    """Keep a candidate for who looks at it, and return until when, by the database's clock.

    Raises NotFound, AlreadyDecided, or LookedAtElsewhere.
    """
    with database.write() as connection:
        _lock_open(scope, connection, candidate_id)
        ends = leases.take(scope, connection, candidate_id)
    if ends is None:
        raise LookedAtElsewhere(f"somebody else looks at candidate {candidate_id}")
    return ends


def give_back(scope: Scope, database: Database, candidate_id: UUID) -> None:
    """End one's own lease, if there is one. Raises NotFound."""
    with database.write() as connection:
        if candidates.find(scope, connection, candidate_id) is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        leases.give_back(scope, connection, candidate_id)


def defer(scope: Scope, database: Database, deferral: Deferral) -> None:
    """Take an open candidate out of the queue: parked for a while, or escalated.

    Raises NotFound, AlreadyDecided, or LookedAtElsewhere.
    """
    with database.write() as connection:
        _lock_open(scope, connection, deferral.candidate_id)
        _check_lease(scope, connection, deferral.candidate_id)
        before = deferrals.find(scope, connection, deferral.candidate_id)
        deferrals.put(scope, connection, deferral)
        leases.give_back(scope, connection, deferral.candidate_id)
        audit.record(
            scope, connection, Act.CANDIDATE_DEFERRED, deferral.candidate_id, deferral.since,
            before=asdict(before) if before else None, after=asdict(deferral), details={"kind": deferral.kind},
        )  # fmt: skip


def resume(scope: Scope, database: Database, candidate_id: UUID, now: datetime) -> None:
    """Bring a candidate that one put off oneself back into the queue; nothing happens where it was not put off.

    Raises NotFound, or Forbidden where another put it off, who may have had a reason since.
    """
    with database.write() as connection:
        if candidates.lock(scope, connection, candidate_id) is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        before = deferrals.find(scope, connection, candidate_id)
        if before is not None:
            if before.actor.id != scope.actor.id:
                raise Forbidden("only who put a candidate off may bring it back; decide on it instead")
            deferrals.remove(scope, connection, candidate_id)
            audit.record(
                scope, connection, Act.CANDIDATE_RESUMED, candidate_id, now,
                before=asdict(before), details={"kind": before.kind},
            )  # fmt: skip


def _lock_open(scope: Scope, connection: Connection, candidate_id: UUID) -> None:
    candidate = candidates.lock(scope, connection, candidate_id)
    if candidate is None:
        raise NotFound(f"there is no candidate {candidate_id}")
    if candidate.state is not State.OPEN:
        raise AlreadyDecided(f"candidate {candidate_id} was decided elsewhere")


def _check_lease(scope: Scope, connection: Connection, candidate_id: UUID) -> None:
    if leases.is_elsewhere(scope, connection, candidate_id):
        raise LookedAtElsewhere(f"somebody else looks at candidate {candidate_id}")


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
