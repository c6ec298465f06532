"""The cameras: as the fleet reports them, and switched off, on, or out of the registry."""

from fastapi import APIRouter, status

from api.cameras import history as camera_history
from api.cameras import repository as cameras
from api.cameras.health_endpoints import CameraId
from api.cameras.history import HistoryEntry, switch_words
from api.cameras.repository import Change
from api.cameras.schemas import CameraOut, HistoryEntryOut
from api.context import Context
from api.dependencies import CursorQuery, Limit, Service
from api.errors import NotFound
from api.web.pagination import Listing, Page, listing
from api.web.problems import problem_responses

router = APIRouter(tags=["cameras"])
REFUSALS = problem_responses(403, 404, 422)


@router.get("/cameras")
def list_cameras(service: Service) -> Listing[CameraOut]:
    """Every camera with its state and the age of its last picture, in one page."""
    now = service.clock()
    items = [CameraOut.of(view, now) for view in service.cameras()]
    return Listing(items=items, total=len(items), next=None)


@router.post("/cameras/{camera_id}/pause", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def pause_camera(service: Service, camera_id: CameraId) -> None:
    """Switch a camera of the registry off until somebody resumes it; its connection closes within seconds."""
    set_paused(service, camera_id, paused=True)


@router.post("/cameras/{camera_id}/resume", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def resume_camera(service: Service, camera_id: CameraId) -> None:
    """Watch a paused camera again."""
    set_paused(service, camera_id, paused=False)


@router.delete("/cameras/{camera_id}", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def delete_camera(service: Service, camera_id: CameraId) -> None:
    """Take a camera out of the registry; what it has seen stays, and an import can bring it back."""
    remove(service, camera_id)


@router.get("/cameras/{camera_id}/history", responses=problem_responses(404, 422))
def list_history(
    service: Service, camera_id: CameraId, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[HistoryEntryOut]:
    """Who changed a camera of the registry when, and what of it, latest first. One that was removed has its history."""
    page = history(service, camera_id, cursor, limit)
    if not page.total and not any(view.id == camera_id for view in service.cameras()):
        raise NotFound(f"there is no camera {camera_id!r}")
    return listing(page, [HistoryEntryOut.of(past) for past in page.items])


def history(service: Context, camera_id: str, cursor: str | None, limit: int) -> Page[HistoryEntry]:
    """What was done to a camera, latest first. Raises CursorInvalid."""
    with service.database.read() as connection:
        return camera_history.page(connection, service.settings.secret_box(), camera_id, cursor, limit)


def set_paused(service: Context, camera_id: str, *, paused: bool) -> None:
    """Switch a camera off or on; whoever watches follows. Raises NotFound."""
    change = Change(service.settings.reviewer, service.clock(), switch_words(camera_id, paused=paused))
    with service.database.write() as connection:
        cameras.pause(connection, camera_id, change, paused=paused)


def remove(service: Context, camera_id: str) -> None:
    """Take a camera out of the registry. Raises NotFound."""
    change = Change(service.settings.reviewer, service.clock(), f"remove {camera_id}")
    with service.database.write() as connection:
        cameras.remove(connection, camera_id, change)
