"""The pages of the rulebook's versions: what each would change, and from when on it is in force."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, status
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts.dependencies import FormFields
from api.candidates import legal_review
from api.candidates.messages import OUTCOMES
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, MayView, Now, OfEverything
from api.errors import NotFound, RulebookRefused
from api.pages.base import Render
from api.pages.i18n import register_names
from api.rulebook_versions import service
from api.rulebook_versions.messages import VERSION_STATES
from api.rulebook_versions.replay import ReplayReport
from api.rulebooks import repository as rulebooks
from detector.office_text import decode_text

router = APIRouter(include_in_schema=False, dependencies=[MayView, OfEverything])  # a rulebook is of no district
register_names("version_state", VERSION_STATES)
register_names("outcome_word", OUTCOMES)
Number = Annotated[int, Path(ge=1, le=10**9)]
LOOKS_BACK: Final = timedelta(days=30)


@router.get("/rulebooks")
def rulebooks_page(scope: CurrentScope, database: Db, now: Now, render: Render) -> HTMLResponse:
    """Show all versions, the newest first."""
    with database.read() as connection:
        versions = rulebooks.versions(scope, connection, now)
        zone = legal_review.zone_now(scope, connection)
    rows = [(one, ReplayReport.model_validate(one.replay) if one.replay else None) for one in versions]
    return render.page("rulebooks.html", active="rulebooks", rows=rows, zone=zone, zone_name=str(zone))


@router.get("/rulebooks/{number}")
def version_page(scope: CurrentScope, database: Db, now: Now, render: Render, number: Number) -> HTMLResponse:
    """Show one version: its text, what is odd in it, and what its replay changed."""
    return _version(scope, database, now, render, number, "")


@router.post("/rulebooks/{number}/replay", dependencies=[MayManage])
def replay_from_page(scope: CurrentScope, database: Db, now: Now, number: Number) -> RedirectResponse:
    """Rule the candidates of the last 30 days by a version, then show what differs."""
    service.replay_version(scope, database, number, now - LOOKS_BACK, now)
    return RedirectResponse(f"/rulebooks/{number}", status.HTTP_303_SEE_OTHER)


@router.post("/rulebooks/{number}/force", dependencies=[MayManage])
def force_from_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    now: Now,
    render: Render,
    number: Number,
    form: FormFields,
) -> Response:
    """Put a version in force, now or from the time that the form says in the rulebook's time zone."""
    version = service.find_version(scope, database, number, now)
    book = service.book_of(scope, database, version.sha256, now)
    try:
        wanted = form.get("starts_at", "").strip()
        starts_at = datetime.fromisoformat(wanted).replace(tzinfo=book.timezone) if wanted else now
        service.put_in_force(scope, database, number, starts_at, now, settings.rulebook_file)
    except (ValueError, RulebookRefused) as error:
        fault = str(error) if isinstance(error, RulebookRefused) else f"{wanted[:40]!r} is no time"
        answer = _version(scope, database, now, render, number, fault)
        answer.status_code = status.HTTP_422_UNPROCESSABLE_CONTENT
        return answer
    return RedirectResponse("/rulebooks", status.HTTP_303_SEE_OTHER)


def _version(scope: CurrentScope, database: Db, now: Now, render: Render, number: int, fault: str) -> HTMLResponse:
    version = service.find_version(scope, database, number, now)
    with database.read() as connection:
        kept = rulebooks.find(scope, connection, version.sha256)
        zone = legal_review.zone_now(scope, connection)
    if kept is None:
        raise NotFound(f"there is no version {number} of the rulebook")
    try:
        book, unreadable = service.book_of(scope, database, version.sha256, now), ""
    except RulebookRefused as error:
        book, unreadable = None, str(error)
    return render.page(
        "rulebook.html",
        active="rulebooks",
        version=version,
        report=ReplayReport.model_validate(version.replay) if version.replay else None,
        text=decode_text(kept.source.content),
        advice=book.advice if book else (),
        timezone=str(book.timezone) if book else "",
        fault=fault or unreadable,
        zone=zone,
        zone_name=str(zone),
    )
