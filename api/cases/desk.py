"""The case desk: what people of the city do to the cases that no other case system has."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection

from api.audit import repository as audit
from api.audit.acts import Act
from api.candidates.verdicts import RejectReason
from api.cases import outbox, progress
from api.cases.outbox import Delivery
from api.cases.photograph_form import PhotographForm
from api.cases.photographs import read_photograph
from api.cases.progress import Said
from api.cases.replies import printable
from api.cases.tables import BUILT_IN, CaseStatus, DeliveryState, EventResult, EventSource
from api.db.database import Database
from api.db.scope import Scope
from api.errors import NotFound, PhotographRefused, StepInvalid, StepRefused
from api.evidence.files import EvidenceStore

LONGEST_NOTE: Final = 2000
LONGEST_NAME: Final = 80


def is_at_desk(delivery: Delivery) -> bool:
    """Tell whether the desk of this service has a case, and so may move it."""
    return delivery.case_system == BUILT_IN and delivery.state is DeliveryState.DELIVERED


def assign(scope: Scope, database: Database, delivery_id: UUID, assignee: str, now: datetime) -> None:
    """Say who has a case; one that nobody had is dispatched by that.

    Raises NotFound, StepInvalid without a name, or StepRefused where the case has ended or is not at the desk.
    """
    name = printable(assignee)[:LONGEST_NAME]

    def act(connection: Connection, delivery: Delivery) -> None:
        if not name:
            raise StepInvalid("say who has the case")
        current = progress.of_cases(scope, connection, [delivery])[delivery.id].status
        if current in progress.ENDS:
            raise StepRefused(f"the case is {current.value}: nobody is to do anything")
        if progress.can_move(current, CaseStatus.DISPATCHED):
            progress.apply(scope, connection, delivery, BUILT_IN, _said(scope, CaseStatus.DISPATCHED, now), now)
        progress.give_to(scope, connection, delivery, name, now)
        audit.record(scope, connection, Act.CASE_ASSIGNED, delivery.id, now, details={"to": name})

    _at_desk(scope, database, delivery_id, act)


def fix(
    scope: Scope, database: Database, files: EvidenceStore, delivery_id: UUID, form: PhotographForm, now: datetime
) -> None:
    """Say that a case is fixed, with the photograph that shows it.

    Raises NotFound, PhotographRefused, or StepRefused where the case is not open at the desk.
    """

    def allowed(_: Connection, delivery: Delivery) -> None:
        if form.fault is not None:
            raise PhotographRefused(form.fault)

    _at_desk(scope, database, delivery_id, allowed, CaseStatus.FIXED)
    digest, path = files.put(read_photograph(form.photograph))  # before the transaction: it takes a second
    note = form.texts.get("note", "")
    move(scope, database, delivery_id, CaseStatus.FIXED, now, note=note, picture=(path, digest))


def refuse(scope: Scope, database: Database, delivery_id: UUID, reason: str, note: str, now: datetime) -> None:
    """Refuse a case, for a reason. Raises NotFound, StepInvalid without a reason that there is, or StepRefused."""
    move(scope, database, delivery_id, CaseStatus.REFUSED, now, note=note, reason=reason)


def move(
    scope: Scope,
    database: Database,
    delivery_id: UUID,
    status: CaseStatus,
    now: datetime,
    *,
    note: str = "",
    reason: str | None = None,
    picture: tuple[str, str] | None = None,
) -> None:
    """Move a case of the desk forward. Raises NotFound, StepInvalid, or StepRefused where it cannot go there."""

    def act(connection: Connection, delivery: Delivery) -> None:
        if status is CaseStatus.REFUSED and reason not in list(RejectReason):
            raise StepInvalid("choose a reason")
        path, digest = picture or (None, None)
        said = _said(scope, status, now, note=_text(note), reason=reason, picture=path, picture_sha256=digest)
        result, current = progress.apply(scope, connection, delivery, BUILT_IN, said, now)
        if result is not EventResult.MOVED:
            raise StepRefused(f"the case is {current.value} and cannot become {status.value}")
        details = {"status": status.value, "result": result.value, "by": EventSource.DESK.value, "photograph": digest}
        audit.record(scope, connection, Act.CASE_MOVED, delivery.id, now, details=details)

    _at_desk(scope, database, delivery_id, act)


def _at_desk(
    scope: Scope,
    database: Database,
    delivery_id: UUID,
    act: Callable[[Connection, Delivery], None],
    wanted: CaseStatus | None = None,
) -> None:
    """Act on a case of the desk in one transaction; `wanted` is where it must be able to go."""
    with database.write() as connection:
        delivery = outbox.lock(scope, connection, delivery_id)
        if delivery is None:
            raise NotFound(f"there is no case {delivery_id}")
        if not is_at_desk(delivery):
            raise StepRefused("this case is not at the desk: its case system says how far it is")
        if wanted is not None:
            current = progress.of_cases(scope, connection, [delivery])[delivery.id].status
            if not progress.may_say(scope, connection, delivery.id, current, wanted):
                raise StepRefused(f"the case is {current.value} and cannot become {wanted.value}")
        act(connection, delivery)


def _said(
    scope: Scope,
    status: CaseStatus,
    now: datetime,
    *,
    note: str = "",
    reason: str | None = None,
    picture: str | None = None,
    picture_sha256: str | None = None,
) -> Said:
    return Said(
        uuid4().hex, EventSource.DESK, status, now, note=note, reason=reason, actor=scope.actor,
        picture=picture, picture_sha256=picture_sha256,
    )  # fmt: skip


def _text(note: str) -> str:
    """Return a note as it is kept: no control characters but line breaks."""
    lines = note.replace("\r\n", "\n").split("\n")
    return "\n".join("".join(one for one in line if one.isprintable()) for line in lines).strip()[:LONGEST_NOTE]
