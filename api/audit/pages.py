"""The page of the audit log, for auditors of all districts."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from api.audit import repository as audit
from api.audit.messages import ACTS
from api.audit.repository import Search
from api.dependencies import CurrentScope, Db, MayAudit, OfEverything
from api.pages.base import ROWS, Render
from api.pages.i18n import register_names
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)
register_names("audit_act", ACTS)
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
ORIGINAL: Final = (
    r"^/api/v1/(candidates/[0-9a-f-]{36}/evidence|surveys/[0-9a-f-]{36}/places/[0-9a-f]{12})/[a-z_]{1,12}$"
)
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


@router.get("/audit", dependencies=[MayAudit, OfEverything])
def audit_page(
    scope: CurrentScope,
    database: Db,
    render: Render,
    actor: Word = "",
    act: Word = "",
    subject: Word = "",
    since: Day = "",
    until: Day = "",
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Show the events that are searched for, latest first, and the end of the chain. Days are UTC's."""
    search = Search(actor.strip(), act, subject.strip(), since, f"{until}T99" if until else "")
    with database.read() as connection:
        page = audit.page(scope, connection, search, cursor, ROWS)
        head = audit.head(connection)
    asked = {"actor": actor, "act": act, "subject": subject, "since": since, "until": until}
    return render.page("audit.html", active="audit", page=page, head=head, acts=tuple(ACTS), asked=asked)


@router.get("/original")
def original_page(render: Render, picture: Annotated[str, Query(max_length=200, pattern=ORIGINAL)]) -> HTMLResponse:
    """Ask for the reason to look at an original; the picture itself records it."""
    return render.page("original.html", active="original", picture=picture)
