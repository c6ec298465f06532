"""How a camera's picture is doing: the last one, what was wrong when, and the new view of one that was moved."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status
from starlette.responses import Response

from api.cameras import health as camera_health
from api.cameras.schemas import FaultEventOut
from api.context import Context
from api.dependencies import CursorQuery, Limit, Service
from api.errors import NotFound, NotMoved
from api.web.pagination import Listing, listing
from api.web.problems import Responses, problem_responses

router = APIRouter(tags=["cameras"])
JPEG: Responses = {200: {"description": "The picture.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}}
CameraId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x20/\\]+$")]


@router.get("/cameras/{camera_id}/picture", response_class=Response,
            responses={**problem_responses(404, 422), **JPEG})  # fmt: skip
def show_picture(service: Service, camera_id: CameraId) -> Response:
    """The camera's last picture, made small. It may be old: `last_frame_age` of the camera says how old."""
    picture = service.picture(camera_id)
    if picture is None:
        raise NotFound(f"there is no picture of a camera {camera_id!r}")
    return Response(picture.jpeg, headers={"Cache-Control": "no-store"}, media_type="image/jpeg")


@router.get("/cameras/{camera_id}/health", responses=problem_responses(404, 422))
def list_health(
    service: Service, camera_id: CameraId, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[FaultEventOut]:
    """What was wrong with a camera's picture, latest first; what lasts has no end."""
    with service.database.read() as connection:
        page = camera_health.page(connection, camera_id, cursor, limit)
    if not page.total:
        _known(service, camera_id)
    return listing(page, [FaultEventOut.of(item) for item in page.items])


@router.get("/cameras/{camera_id}/health/{ailment_id}/picture", response_class=Response,
            responses={**problem_responses(404, 422), **JPEG})  # fmt: skip
def show_fault_picture(service: Service, camera_id: CameraId, ailment_id: UUID) -> Response:
    """The first picture that showed a fault, checked against its hash before it leaves."""
    with service.database.read() as connection:
        found = camera_health.find(connection, camera_id, ailment_id)
    if found is None:
        raise NotFound(f"there is no fault {ailment_id} of a camera {camera_id!r}")
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{found.sha256}"'}
    return Response(service.evidence.read(found.picture), headers=headers, media_type="image/jpeg")


@router.post("/cameras/{camera_id}/accept-view", status_code=status.HTTP_204_NO_CONTENT,
             responses=problem_responses(403, 404, 409, 422))  # fmt: skip
def post_accept_view(service: Service, camera_id: CameraId) -> None:
    """What a moved camera shows now is its view: it is watched again, from the next picture on.

    Draw its zones and its calibration anew first, unless it moved so little that they still hold.
    """
    accept_view(service, camera_id)


def accept_view(service: Context, camera_id: str) -> None:
    """Take a moved camera's new view for the right one; raises NotFound or NotMoved."""
    _known(service, camera_id)
    with service.database.write() as connection:
        if not camera_health.accept_view(connection, camera_id, service.settings.reviewer):
            raise NotMoved(f"camera {camera_id!r} is not known to have been moved")
    service.accept_view(camera_id)


def _known(service: Context, camera_id: str) -> None:
    if not any(view.id == camera_id for view in service.cameras()):
        raise NotFound(f"there is no camera {camera_id!r}")
