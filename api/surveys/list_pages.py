"""The list of surveys, and the page from which footage is sent. One survey: `survey_page.py`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from api.dependencies import CurrentScope, Db, MayUpload
from api.pages.base import ROWS, Render
from api.surveys import repository as surveys
from api.surveys.manifest import CLUTTER
from api.surveys.service import known_survey
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)


@router.get("/surveys")
def surveys_page(scope: CurrentScope, database: Db, render: Render, cursor: CursorQuery = None) -> HTMLResponse:
    """Show what drone teams have brought, latest first."""
    with database.read() as connection:
        page = surveys.page(scope, connection, cursor, ROWS)
        progress = surveys.progress(scope, connection, [survey.id for survey in page.items])
    return render.page("surveys.html", active="surveys", page=page, progress=progress)


@router.get("/surveys/new", dependencies=[MayUpload])
def upload_page(
    scope: CurrentScope, database: Db, render: Render, survey: Annotated[UUID | None, Query()] = None
) -> HTMLResponse:
    """Send footage from a browser; with `survey`, go on with one that was cut off."""
    known = None
    if survey is not None:
        with database.read() as connection:
            known = known_survey(surveys.find(scope, connection, survey), survey)
    return render.page("survey_new.html", active="surveys", known=known, clutter=CLUTTER)
