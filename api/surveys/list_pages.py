"""The list of surveys, and the page from which footage is sent. One survey: `survey_page.py`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from api.dependencies import CursorQuery, Service
from api.pages.base import ROWS, Speaks, draw_page
from api.surveys import repository as surveys
from api.surveys.endpoints import known_survey

router = APIRouter(include_in_schema=False)


@router.get("/surveys")
def surveys_page(service: Service, speaks: Speaks, cursor: CursorQuery = None) -> HTMLResponse:
    """What drone teams have brought, latest first."""
    with service.database.read() as connection:
        page = surveys.page(connection, cursor, ROWS)
        progress = surveys.progress(connection, [survey.id for survey in page.items])
    return draw_page(service, speaks, "surveys.html", active="surveys", page=page, progress=progress)


@router.get("/surveys/new")
def upload_page(service: Service, speaks: Speaks, survey: Annotated[UUID | None, Query()] = None) -> HTMLResponse:
    """Send footage from a browser; with `survey`, go on with one that was cut off."""
    known = None
    if survey is not None:
        with service.database.read() as connection:
            known = known_survey(surveys.find(connection, survey), survey)
    return draw_page(service, speaks, "survey_new.html", active="surveys", known=known)
