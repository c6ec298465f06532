"""What is done to a case of the desk on its page: assign, fix with a photograph, refuse, close; and the photographs."""

from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from starlette.responses import RedirectResponse, Response

from api.accounts.dependencies import FormFields
from api.audit import repository as audit
from api.audit.acts import Act
from api.cameras.dependencies import Live
from api.cases import desk, progress
from api.cases.pages import show_case
from api.cases.photograph_form import SentPhotograph
from api.cases.tables import CaseStatus
from api.db.scope import HIGHEST_GRADE
from api.dependencies import AppSettings, CurrentScope, Db, MayDecide, Now
from api.errors import NotFound, StepFault
from api.evidence.dependencies import EvidenceFiles, MaskedCopies
from api.evidence.files import file_at
from api.pages.base import Render
from api.web.pictures import IfNoneMatch, picture_response

router = APIRouter(include_in_schema=False)


class CasePage:
    """The page of a case, shown again after something was done to it."""

    def __init__(
        self, scope: CurrentScope, database: Db, settings: AppSettings, live: Live, render: Render, now: Now
    ) -> None:
        self._show = partial(show_case, scope, database, settings, live, render, now)

    def after(self, delivery_id: UUID, act: Callable[[], None]) -> Response:
        """Do something and show the case; what is refused is said on its page. Raises NotFound."""
        try:
            act()
        except StepFault as refusal:
            page = self._show(delivery_id, refusal)
            page.status_code = refusal.status
            return page
        return RedirectResponse(f"/cases/{delivery_id}", status.HTTP_303_SEE_OTHER)


Shown = Annotated[CasePage, Depends()]


@router.post("/cases/{delivery_id}/assign", dependencies=[MayDecide])
def assign_case(
    scope: CurrentScope, database: Db, now: Now, page: Shown, form: FormFields, delivery_id: UUID
) -> Response:
    """Say who has a case."""
    return page.after(delivery_id, lambda: desk.assign(scope, database, delivery_id, form.get("assignee", ""), now))


@router.post("/cases/{delivery_id}/fix", dependencies=[MayDecide])
def fix_case(
    scope: CurrentScope,
    database: Db,
    evidence_files: EvidenceFiles,
    now: Now,
    page: Shown,
    form: SentPhotograph,
    delivery_id: UUID,
) -> Response:
    """Say that a case is fixed, with a photograph."""
    return page.after(delivery_id, lambda: desk.fix(scope, database, evidence_files, delivery_id, form, now))


@router.post("/cases/{delivery_id}/refuse", dependencies=[MayDecide])
def refuse_case(
    scope: CurrentScope, database: Db, now: Now, page: Shown, form: FormFields, delivery_id: UUID
) -> Response:
    """Refuse a case, with a reason."""
    reason, note = form.get("reason", ""), form.get("note", "")
    return page.after(delivery_id, lambda: desk.refuse(scope, database, delivery_id, reason, note, now))


@router.post("/cases/{delivery_id}/close", dependencies=[MayDecide])
def close_case(
    scope: CurrentScope, database: Db, now: Now, page: Shown, form: FormFields, delivery_id: UUID
) -> Response:
    """Close a case."""
    note = form.get("note", "")
    return page.after(delivery_id, lambda: desk.move(scope, database, delivery_id, CaseStatus.CLOSED, now, note=note))


@router.get("/cases/{delivery_id}/photographs/{event_id}", response_class=Response)
def show_photograph(
    scope: CurrentScope,
    database: Db,
    evidence_files: EvidenceFiles,
    masks: MaskedCopies,
    now: Now,
    delivery_id: UUID,
    event_id: UUID,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Return a photograph of a case; below the highest grade a masked copy of it, else the view is recorded."""
    with database.read() as connection:
        found = progress.picture_of(scope, connection, delivery_id, event_id)
    if found is None:
        raise NotFound(f"there is no photograph {event_id} of a case {delivery_id}")
    file = file_at(*found, now)
    if scope.grade < HIGHEST_GRADE:
        copy = masks.of(database, file, now)
        return picture_response(copy.sha256, if_none_match, lambda: evidence_files.read(copy))
    told = {"picture": "photograph", "sha256": file.sha256, "reason": "case desk"}
    with database.write() as connection:
        audit.record(scope, connection, Act.ORIGINAL_VIEWED, delivery_id, now, details=told)
    return picture_response(file.sha256, if_none_match, lambda: evidence_files.read(file))
