"""What left: the outbox, and the built-in case list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.cases import looks, outbox, progress, service
from api.cases import repository as cases
from api.cases.callbacks import CallbackOut, callback_schema
from api.cases.dependencies import Gate, Links
from api.cases.schemas import CaseOut, DeliveryOut
from api.cases.systems import NAME
from api.cases.tables import DeliveryState
from api.cases.updates import LOOK, LookPicture
from api.db.scope import EVERYWHERE, Scope
from api.dependencies import CurrentScope, Db, MayOperate, Now
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.dependencies import EvidenceFiles
from api.evidence.files import file_at
from api.evidence.repository import EvidenceKind
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.pictures import picture_response
from api.web.problems import problem_responses

router = APIRouter(tags=["cases"])
shared = APIRouter(include_in_schema=False)


SystemName = Annotated[str, Path(pattern=NAME)]


async def raw_body(request: Request) -> bytes:
    """Return the bytes that were sent: a signature is over those."""
    return await request.body()


@router.get("/cases", responses=problem_responses(422))
def list_cases(scope: CurrentScope, database: Db, cursor: CursorQuery = None, limit: Limit = 50) -> Listing[CaseOut]:
    """Return the built-in case list, latest first; empty where a case API is configured."""
    with database.read() as connection:
        page = cases.page(scope, connection, cursor, limit)
    return listing(page, [CaseOut.of(case) for case in page.items])


@router.get("/cases/{case_id}", responses=problem_responses(404, 422))
def show_case(scope: CurrentScope, database: Db, case_id: UUID) -> CaseOut:
    """Return one case of the built-in list."""
    with database.read() as connection:
        case = cases.find(scope, connection, case_id)
    if case is None:
        raise NotFound(f"there is no case {case_id} in the built-in list")
    return CaseOut.of(case)


@router.get("/outbox", responses=problem_responses(422))
def list_outbox(
    scope: CurrentScope, database: Db, state: DeliveryState | None = None, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[DeliveryOut]:
    """Return the deliveries of confirmed cases, latest first."""
    with database.read() as connection:
        page = outbox.page(scope, connection, state, cursor, limit)
        known = progress.of_cases(scope, connection, page.items)
    return listing(page, [DeliveryOut.of(item, known.get(item.id)) for item in page.items])


@router.post(
    "/outbox/{delivery_id}/retry", dependencies=[MayOperate], responses=problem_responses(403, 404, 409, 413, 422)
)
def retry_delivery(scope: CurrentScope, database: Db, now: Now, delivery_id: UUID) -> DeliveryOut:
    """Send a case again that the case API refused for good: same key, same body."""
    return DeliveryOut.of(service.retry(scope, database, delivery_id, now))


@router.post(
    "/case-callbacks/{system}",
    responses=problem_responses(401, 404, 413, 422),
    openapi_extra={
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": callback_schema()}},
        },
    },
)
def receive_callback(
    database: Db, gate: Gate, now: Now, request: Request, system: SystemName, body: Annotated[bytes, Depends(raw_body)]
) -> CallbackOut:
    """Take what a case system says of a case; signed as Standard Webhooks says, so it needs no session.

    A case moves forward alone. What comes late or again is answered 200, changes nothing and is recorded.
    """
    address = request.client.host if request.client else ""
    return gate.receive(database, system, request.headers, body, address, now)


@shared.get("/shared/pictures/{candidate_id}/{kind}")
def shared_picture(
    database: Db,
    evidence_files: EvidenceFiles,
    links: Links,
    now: Now,
    request: Request,
    candidate_id: UUID,
    kind: EvidenceKind | LookPicture,
    expires: Annotated[int, Query(ge=0, le=2**40)],
    signature: Annotated[str, Query(max_length=64)],
) -> Response:
    """Return a picture to whoever has a link to it that holds; recorded where it is of the whole scene.

    The picture of a look at a place is named by its event.
    """
    with database.read() as connection:
        files = evidence.of_candidates(EVERYWHERE, connection, [candidate_id]).get(candidate_id, ())
        looked = looks.picture_of_event(EVERYWHERE, connection, candidate_id) if kind == LOOK else None
    file = file_at(*looked, now) if looked else next((one for one in files if one.kind is kind), None)
    if file is None or not links.holds(candidate_id, kind, expires, signature, now):
        raise NotFound("there is no such picture, or the link to it has expired")
    if kind is not EvidenceKind.CROP:
        scope = Scope(actor=Actor.service("link in a case"), address=request.client.host if request.client else "")
        told = {"picture": str(kind), "sha256": file.sha256, "reason": "link in a case"}
        with database.write() as connection:
            audit.record(scope, connection, Act.ORIGINAL_VIEWED, candidate_id, now, details=told)
    return picture_response(file.sha256, "", lambda: evidence_files.read(file))
