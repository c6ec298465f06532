"""The pages: review and cases. Each is made on the server, in the reader's language."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Cookie, Depends, Header, Query, status
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import Filter, State, StoredCandidate
from api.candidates.verdicts import Verdict
from api.cases import outbox
from api.context import Context
from api.dependencies import CursorQuery, Service
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.pages import i18n as words
from api.pages.i18n import Language
from api.pages.svg_map import MapPicture, camera_of, draw_map
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.repository import Survey

router = APIRouter(include_in_schema=False)
STATIC = Path(__file__).parent / "static"
QUEUE = 100  # ids a page knows ahead; it asks for more long before they end
ROWS = 50
YEAR = 365 * 24 * 3600


class Assets(StaticFiles):
    """Scripts and styles: kept by the browser, asked about each time (a new version counts at once)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Queue(BaseModel):
    """What waits, longest waiting first."""

    ids: list[UUID]
    total: int


def page_language(
    service: Service,
    lang: Annotated[str | None, Query(max_length=8)] = None,
    language: Annotated[str | None, Cookie()] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Language:
    """The language to answer in."""
    return words.language(words.choose_language(lang, language, accept_language, service.settings.language))


Speaks = Annotated[Language, Depends(page_language)]


@router.get("/")
def home() -> RedirectResponse:
    return RedirectResponse("/review", status.HTTP_307_TEMPORARY_REDIRECT)


@router.get("/review")
def review(service: Service, speaks: Speaks) -> HTMLResponse:
    """The candidate that waits longest, or the news that none does."""
    queue = _queue(service)
    card = _card(service, speaks, queue.ids[0]) if queue.ids else None
    cameras = len(service.cameras())
    return draw_page(service, speaks, "review.html", active="review", card=card, queue=queue, cameras=cameras)


@router.get("/review/queue")
def review_queue(service: Service) -> Queue:
    """Which candidates wait."""
    return _queue(service)


@router.get("/review/{candidate_id}")
def review_one(service: Service, speaks: Speaks, candidate_id: UUID) -> HTMLResponse:
    """The review page, beginning with this candidate."""
    card = _card(service, speaks, candidate_id)
    cameras = len(service.cameras())
    return draw_page(service, speaks, "review.html", active="review", card=card, queue=_queue(service), cameras=cameras)


@router.get("/review/{candidate_id}/card")
def review_card(service: Service, speaks: Speaks, candidate_id: UUID) -> HTMLResponse:
    """The candidate alone: what the page puts in place of the one before."""
    return HTMLResponse(_card(service, speaks, candidate_id))


@router.get("/cases")
def cases_page(service: Service, speaks: Speaks, cursor: CursorQuery = None) -> HTMLResponse:
    """What was confirmed, and how far it got."""
    with service.database.read() as connection:
        page = outbox.page(connection, None, cursor, ROWS)
        known = {item.candidate_id: candidates.find(connection, item.candidate_id) for item in page.items}
        flights = _flights(connection, (item.source for item in known.values() if item))
    return draw_page(
        service,
        speaks,
        "cases.html",
        active="cases",
        page=page,
        known=known,
        names={view.id: view.name for view in service.cameras()} | flights,
        pause=service.delivering.paused,
        built_in=service.settings.case_api_url is None,
    )


@router.get("/cases/{delivery_id}")
def case_page(service: Service, speaks: Speaks, delivery_id: UUID) -> HTMLResponse:
    """One confirmed case: what was sent, when, and what came back."""
    with service.database.read() as connection:
        delivery = outbox.find(connection, delivery_id)
        if delivery is None:
            raise NotFound(f"there is no case {delivery_id}")
        candidate = candidates.find(connection, delivery.candidate_id)
        files = evidence.of_candidates(connection, [delivery.candidate_id]).get(delivery.candidate_id, ())
        verdict = verdicts.standing(connection, [delivery.candidate_id]).get(delivery.candidate_id)
    return draw_page(
        service,
        speaks,
        "case.html",
        active="cases",
        delivery=delivery,
        candidate=candidate,
        files=files,
        verdict=verdict,
        body=json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
    )


@router.post("/cases/{delivery_id}/retry")
def retry_case(service: Service, delivery_id: UUID) -> RedirectResponse:
    """Send a refused case again, then show it."""
    with service.database.write() as connection:
        outbox.revive(connection, delivery_id, service.clock())
    return RedirectResponse(f"/cases/{delivery_id}", status.HTTP_303_SEE_OTHER)


def _flights(connection: Connection, sources: Iterable[str]) -> dict[str, str]:
    """The names of the surveys that are among some candidates' sources."""
    found = {source: places.survey_of(source) for source in set(sources)}
    flown = {source: surveys.find(connection, survey_id) for source, survey_id in found.items() if survey_id}
    return {source: survey.name for source, survey in flown.items() if survey}


def _queue(service: Context) -> Queue:
    with service.database.read() as connection:
        page = candidates.page(connection, Filter(State.OPEN), None, QUEUE)
    return Queue(ids=[item.id for item in page.items], total=page.total)


def _card(service: Context, speaks: Language, candidate_id: UUID) -> str:
    with service.database.read() as connection:
        candidate = candidates.find(connection, candidate_id)
        if candidate is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        files = evidence.of_candidates(connection, [candidate_id]).get(candidate_id, ())
        verdict = verdicts.standing(connection, [candidate_id]).get(candidate_id)
        survey_id = places.survey_of(candidate.source)
        survey = surveys.find(connection, survey_id) if survey_id else None
        path = seen.path_of(connection, survey.id) if survey else []
    return _draw_card(service, speaks, candidate, files, verdict, survey, [(point.lat, point.lon) for point in path])


def _draw_card(
    service: Context,
    speaks: Language,
    candidate: StoredCandidate,
    files: tuple[EvidenceFile, ...],
    verdict: Verdict | None,
    survey: Survey | None,
    path: Sequence[tuple[float, float]],
) -> str:
    camera = camera_of(candidate.source, service.cameras())
    chart: MapPicture | None = None
    if candidate.lat is not None and candidate.lon is not None:
        chart = draw_map(candidate.lat, candidate.lon, candidate.ce90, service.zones(), camera, path)
    by_kind = {file.kind: file for file in files}
    return speaks.render(
        "card.html",
        candidate=candidate,
        scene=by_kind[EvidenceKind.SCENE],
        crop=by_kind[EvidenceKind.CROP],
        files=files,
        verdict=verdict,
        camera=camera,
        survey=survey,
        chart=chart,
    )


def draw_page(service: Context, speaks: Language, template: str, **values: object) -> HTMLResponse:
    """A page in the reader's language, which the browser is asked to remember."""
    text = speaks.render(template, reviewer=service.settings.reviewer, **values)
    response = HTMLResponse(text, headers={"Content-Language": words.HTML_LANG[speaks.code], "Vary": "Accept-Language"})
    response.set_cookie("language", speaks.code, max_age=YEAR, samesite="lax", httponly=True)
    return response
