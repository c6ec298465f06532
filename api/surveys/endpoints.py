"""Surveys: what drone teams bring, and how much of it has come. The files themselves: `uploads.py`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from api.dependencies import AppSettings, CurrentScope, Db, MayUpload, Now
from api.pages.base import Render
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.dependencies import Finalizing, Footage
from api.surveys.schemas import AnnouncedOut, FileOut, SurveyIn, SurveyOut
from api.surveys.service import create_survey, known_survey
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.problems import problem_responses

router = APIRouter(tags=["surveys"])
NameCursor = Annotated[str | None, Query(max_length=1200, description="`next` of the page before.")]


@router.post(
    "/surveys",
    dependencies=[MayUpload],
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": AnnouncedOut, "description": "Known"}, **problem_responses(400, 403, 413, 422, 507)},
)
def announce_survey(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    now: Now,
    footage: Footage,
    finalizer: Finalizing,
    said: SurveyIn,
    response: Response,
) -> AnnouncedOut:
    """Announce files; the answer says of each whether it is wanted, and where.

    The same manifest is the same survey. Once that has ended, `again` makes a new one over the same footage, looked at
    by today's models; so does announcing footage that was removed since.
    """
    survey, files, new = create_survey(
        scope, database, footage, said.manifest(), now, settings.min_free_mb * 2**20, again=said.again
    )
    if not new:
        response.status_code = status.HTTP_200_OK
    finalizer.wake()
    with database.read() as connection:
        progress = surveys.progress(scope, connection, [survey.id])[survey.id]
    return AnnouncedOut(
        survey=SurveyOut.of(survey, progress, render.language.translate), files=[FileOut.of(file) for file in files]
    )


@router.get("/surveys", responses=problem_responses(422))
def list_surveys(
    scope: CurrentScope, database: Db, render: Render, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[SurveyOut]:
    """Surveys, latest first."""
    with database.read() as connection:
        page = surveys.page(scope, connection, cursor, limit)
        progress = surveys.progress(scope, connection, [survey.id for survey in page.items])
    return listing(
        page, [SurveyOut.of(survey, progress[survey.id], render.language.translate) for survey in page.items]
    )


@router.get("/surveys/{survey_id}", responses=problem_responses(404, 422))
def show_survey(scope: CurrentScope, database: Db, render: Render, survey_id: UUID) -> SurveyOut:
    """Return one survey: its state and its progress."""
    with database.read() as connection:
        survey = known_survey(surveys.find(scope, connection, survey_id), survey_id)
        progress = surveys.progress(scope, connection, [survey_id])[survey_id]
    return SurveyOut.of(survey, progress, render.language.translate)


@router.get("/surveys/{survey_id}/files", responses=problem_responses(404, 422))
def list_survey_files(
    scope: CurrentScope, database: Db, survey_id: UUID, cursor: NameCursor = None, limit: Limit = 50
) -> Listing[FileOut]:
    """Return the files of a survey by name: those that have come, those that are missing, those that were set aside."""
    with database.read() as connection:
        known_survey(surveys.find(scope, connection, survey_id), survey_id)
        page = survey_files.files_page(scope, connection, survey_id, cursor, limit)
    return listing(page, [FileOut.of(file) for file in page.items])
