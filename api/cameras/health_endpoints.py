"""How a camera's picture is doing: the last one, what was wrong when, and the new view of one that was moved."""

from uuid import UUID

from fastapi import APIRouter, status
from starlette.responses import Response

from api.cameras import health as camera_health
from api.cameras import service
from api.cameras.dependencies import CameraId, Live
from api.cameras.schemas import FaultEventOut
from api.dependencies import AppSettings, CurrentScope, Db, MayOperate
from api.errors import NotFound
from api.evidence.dependencies import EvidenceFiles
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.parameters import Stamp
from api.web.pictures import PICTURE, IfNoneMatch, picture_response
from api.web.problems import Responses, problem_responses

router = APIRouter(tags=["cameras"])
JPEG: Responses = {200: PICTURE[200]}


@router.get("/cameras/{camera_id}/picture", response_class=Response,
            responses={**problem_responses(404, 422), **JPEG})  # fmt: skip
def show_picture(live: Live, camera_id: CameraId, at: Stamp = "") -> Response:
    """Return the camera's last picture, made small. It may be old: `last_frame_age` of the camera says how old."""
    picture = live.picture(camera_id)
    if picture is None:
        raise NotFound(f"there is no picture of a camera {camera_id!r}")
    return Response(picture.jpeg, headers={"Cache-Control": "no-store"}, media_type="image/jpeg")


@router.get("/cameras/{camera_id}/health", responses=problem_responses(404, 422))
def list_health(
    scope: CurrentScope, live: Live, database: Db, camera_id: CameraId, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[FaultEventOut]:
    """Return what was wrong with a camera's picture, latest first; what lasts has no end."""
    with database.read() as connection:
        page = camera_health.page(scope, connection, camera_id, cursor, limit)
    if not page.total:
        live.check_known(camera_id)
    return listing(page, [FaultEventOut.of(item) for item in page.items])


@router.get("/cameras/{camera_id}/health/{fault_id}/picture", response_class=Response,
            responses={**problem_responses(404, 422), **PICTURE})  # fmt: skip
def show_fault_picture(
    scope: CurrentScope,
    database: Db,
    evidence_files: EvidenceFiles,
    camera_id: CameraId,
    fault_id: UUID,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Return the first picture that showed a fault, checked against its hash before it leaves."""
    with database.read() as connection:
        found = camera_health.find(scope, connection, camera_id, fault_id)
    if found is None:
        raise NotFound(f"there is no fault {fault_id} of a camera {camera_id!r}")
    return picture_response(found.sha256, if_none_match, lambda: evidence_files.read(found.picture))


@router.post("/cameras/{camera_id}/accept-view", dependencies=[MayOperate], status_code=status.HTTP_204_NO_CONTENT,
             responses=problem_responses(403, 404, 409, 422))  # fmt: skip
def post_accept_view(scope: CurrentScope, database: Db, settings: AppSettings, live: Live, camera_id: CameraId) -> None:
    """Accept what a moved camera shows now as its view; analysis goes on with the next picture.

    Draw its zones and its calibration anew first, unless it moved so little that they still hold.
    """
    service.accept_view(scope, database, settings, live, camera_id)
