"""The cameras: as the fleet reports them, and switched off, on, or out of the registry."""

from fastapi import APIRouter, status

from api.cameras import service
from api.cameras.dependencies import CameraId, Live
from api.cameras.schemas import CameraOut, HistoryEntryOut
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, MayOperate, Now
from api.errors import NotFound
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.problems import problem_responses

router = APIRouter(tags=["cameras"])
REFUSALS = problem_responses(403, 404, 422)


@router.get("/cameras")
def list_cameras(now: Now, live: Live) -> Listing[CameraOut]:
    """Return every camera with its state and the age of its last picture, in one page."""
    items = [CameraOut.of(view, now) for view in live.views()]
    return Listing(items=items, total=len(items), next=None)


@router.post(
    "/cameras/{camera_id}/pause", dependencies=[MayOperate], status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS
)
def pause_camera(scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId) -> None:
    """Switch a camera of the registry off until somebody resumes it; its connection closes within seconds."""
    service.set_paused(scope, database, settings, now, camera_id, paused=True)


@router.post(
    "/cameras/{camera_id}/resume", dependencies=[MayOperate], status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS
)
def resume_camera(scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId) -> None:
    """Watch a paused camera again."""
    service.set_paused(scope, database, settings, now, camera_id, paused=False)


@router.delete(
    "/cameras/{camera_id}", dependencies=[MayManage], status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS
)
def delete_camera(scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId) -> None:
    """Take a camera out of the registry; what it has seen stays, and an import can bring it back."""
    service.remove(scope, database, settings, now, camera_id)


@router.get("/cameras/{camera_id}/history", responses=problem_responses(404, 422))
def list_history(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    live: Live,
    camera_id: CameraId,
    cursor: CursorQuery = None,
    limit: Limit = 50,
) -> Listing[HistoryEntryOut]:
    """Return who changed a camera of the registry when, and what of it, latest first.

    One that was removed has its history.
    """
    page = service.history_of(scope, database, settings, camera_id, cursor, limit)
    if not page.total and not any(view.id == camera_id for view in live.views()):
        raise NotFound(f"there is no camera {camera_id!r}")
    return listing(page, [HistoryEntryOut.of(past) for past in page.items])
