"""The pages: review and cases. Each is made on the server, in the reader's language."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse

from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import Filter, State, StoredCandidate
from api.candidates.verdicts import Verdict
from api.context import Context
from api.dependencies import Service
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.pages.base import Speaks, draw_page
from api.pages.i18n import Language
from api.pages.svg_map import MapPicture, camera_of, draw_map
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.repository import Survey

router = APIRouter(include_in_schema=False)
QUEUE = 100  # ids a page knows ahead; it asks for more long before they end


class Queue(BaseModel):
    """What waits, longest waiting first."""

    ids: list[UUID]
    total: int


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
