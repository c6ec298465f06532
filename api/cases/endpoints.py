"""What left: the outbox, and the built-in case list."""

from uuid import UUID

from fastapi import APIRouter

from api.cases import outbox, service
from api.cases import repository as cases
from api.cases.schemas import CaseOut, DeliveryOut
from api.cases.tables import DeliveryState
from api.dependencies import CurrentScope, Db, MayOperate, Now
from api.errors import NotFound
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.problems import problem_responses

router = APIRouter(tags=["cases"])


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
    return listing(page, [DeliveryOut.of(item) for item in page.items])


@router.post(
    "/outbox/{delivery_id}/retry", dependencies=[MayOperate], responses=problem_responses(403, 404, 409, 413, 422)
)
def retry_delivery(scope: CurrentScope, database: Db, now: Now, delivery_id: UUID) -> DeliveryOut:
    """Send a case again that the case API refused for good: same key, same body."""
    return DeliveryOut.of(service.retry(scope, database, delivery_id, now))
